//! What every stage does with its trainer: resume, report, run.

use super::reporter::{Reporter, Snapshot, Validate};
use super::{Ended, StageJob};
use crate::compute::Work;
use crate::engine::event::warnings;
use crate::engine::jobs::run_folder::MetricsLog;
use crate::engine::jobs::training_diagnostics::TrainingDiagnostics;
use crate::engine::{Context, Event, Failure};
use crate::train::trainer::{self, Finish, Plan, Stage};
use burn::tensor::Device;
use std::path::PathBuf;

/// What is done beside the steps of a stage.
pub(super) struct StageCallbacks<'a, M> {
    /// Measures on validation pictures, where there are any.
    pub validate: Option<Box<Validate<'a, M>>>,
    /// Keeps the evidence of a few pictures.
    pub snapshot: Option<Box<Snapshot<'a, M>>>,
    pub diagnostics: TrainingDiagnostics,
    /// Whether the model is measured before the first step too.
    pub measures_start: bool,
    /// Where it stands, where it is one of the trainings that make a run and were announced together.
    pub place: Option<Place>,
}

/// A training among several that make one run: they follow one another in the run's curves and in what is said of its progress.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Where its checkpoints lie.
    pub folder: PathBuf,
    /// Steps and epochs of those before it.
    pub before: (usize, usize),
    /// Steps of all.
    pub steps: usize,
    /// For people.
    pub name: String,
    /// Whether no other one follows or went before.
    pub only: bool,
}

/// Trains a stage from `fresh`, or from where its run left off.
///
/// # Errors
/// [`Failure`]; the newest checkpoint is kept.
pub(super) fn run_stage<S: Stage>(
    job: &StageJob<'_>,
    (stage, plan): (&S, &Plan),
    (fresh, training): (S::Model, &Device),
    callbacks: StageCallbacks<'_, S::Model>,
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
    let mut passed_over = Vec::new();
    let (state, finished) = trainer::resume(plan, fresh, training, &mut |w| passed_over.push(w))?;
    passed_over
        .into_iter()
        .for_each(|w| context.warn(warnings::CHECKPOINT, w));
    let place = callbacks.place;
    if place.is_none() {
        context.emit(Event::Run {
            run: job.id.clone(),
            stage: job.config.stage,
            resumed_at: state.step,
        });
    }
    if finished {
        let finish = Finish::Done(String::new());
        return Ok(Ended::new(finish, encoded));
    }
    let epochs_done = state.step / plan.schedule.per_epoch.max(1);
    let (steps_before, epochs_before) = place.as_ref().map_or((0, 0), |place| place.before);
    let mut reporter = Reporter {
        context,
        folder: job.folder.clone(),
        log: MetricsLog::open(&job.folder, steps_before + state.step, epochs_before + epochs_done)?,
        stage: job.config.stage,
        place,
        log_every: job.log_every,
        validate: callbacks.validate,
        snapshot: callbacks.snapshot,
        diagnostics: callbacks.diagnostics,
        first: true,
        failure: None,
    };
    if state.step == 0 && callbacks.measures_start {
        reporter.measure_start(state.shown())?;
    }
    reporter.context.preparing(job.compute, Work::Training);
    let result = trainer::run(stage, plan, state, &mut reporter);
    if !reporter.first {
        job.compute.has_done(Work::Training);
    }
    match result {
        Ok(Finish::Stopped(step)) => Ok(Ended::new(Finish::Stopped(steps_before + step), encoded)),
        Ok(finish) => Ok(Ended::new(finish, encoded)),
        Err(error) => Err(reporter.failure.unwrap_or_else(|| error.into())),
    }
}
