//! What every stage does with its trainer: resume, report, run.

use super::reporter::{Reporter, Snapshot, Validate};
use super::run_folder::MetricsLog;
use super::train::{Ended, Job};
use super::watch::Watch;
use crate::compute::Work;
use crate::engine::{Context, Event, Failure};
use crate::train::trainer::{self, Finish, Plan, Stage};
use burn::tensor::Device;

/// How a stage is looked at while it trains.
pub struct Looks<'a, M> {
    /// Measures on validation pictures, where there are any.
    pub validate: Option<Box<Validate<'a, M>>>,
    /// Keeps the evidence of watched pictures.
    pub snapshot: Option<Box<Snapshot<'a, M>>>,
    /// Sees what goes wrong.
    pub watch: Watch,
    /// Whether what it starts from is measured too.
    pub from_start: bool,
}

/// Trains a stage from `fresh`, or from where its run left off.
///
/// # Errors
/// [`Failure`]; the newest checkpoint is kept.
pub fn drive<S: Stage>(
    job: &Job<'_>,
    (stage, plan): (&S, &Plan),
    (fresh, training): (S::Model, &Device),
    looks: Looks<'_, S::Model>,
    encoded: usize,
    context: &mut Context<'_>,
) -> Result<Ended, Failure> {
    if let Some(steps) = job.rehearsal {
        context.preparing(job.compute, Work::Training);
        let tried = trainer::try_steps(stage, plan, fresh, training, steps, &|| context.cancelled())?;
        if !tried.is_empty() {
            job.compute.has_done(Work::Training);
        }
        return Ok(Ended {
            finish: Finish::Done(String::new()),
            encoded,
            tried,
        });
    }
    let mut warnings = Vec::new();
    let (state, finished) = trainer::resume(plan, fresh, training, &mut |w| warnings.push(w))?;
    warnings.into_iter().for_each(|w| context.warn("checkpoint", w));
    context.emit(Event::Run {
        run: job.id.clone(),
        stage: stage.number(),
        resumed_at: state.step,
    });
    if finished {
        let finish = Finish::Done(String::new());
        return Ok(Ended::new(finish, encoded));
    }
    let epochs_done = state.step / plan.schedule.per_epoch.max(1);
    let mut reporter = Reporter {
        context,
        folder: job.folder.clone(),
        log: MetricsLog::open(&job.folder, state.step, epochs_done)?,
        stage: stage.number(),
        log_every: job.log_every,
        validate: looks.validate,
        snapshot: looks.snapshot,
        watch: looks.watch,
        first: true,
    };
    if state.step == 0 && looks.from_start {
        reporter.measure_start(state.shown())?;
    }
    reporter.context.preparing(job.compute, Work::Training);
    let finish = trainer::run(stage, plan, state, &mut reporter)?;
    if !reporter.first {
        job.compute.has_done(Work::Training);
    }
    Ok(Ended::new(finish, encoded))
}
