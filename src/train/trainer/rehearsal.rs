//! A few steps to see how long they take; nothing is kept.

use super::keep::resume;
use super::order::{PlannedStep, planned_steps};
use super::step::advance;
use super::{Hooks, Kept, Plan, Stage, StepReport, TrainError};
use crate::train::checkpoint::Best;
use burn::tensor::Device;
use std::time::Instant;

/// Seconds of each of the first `steps` steps of a stage that starts from `fresh`, with reading and varying the pictures. The first
/// one compiles kernels and allocates on a GPU: it says little. Ends early where `stop` says so.
///
/// # Errors
/// [`TrainError`] where a step fails.
pub fn try_steps<S: Stage>(
    stage: &S,
    plan: &Plan,
    fresh: S::Model,
    device: &Device,
    steps: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<f64>, TrainError> {
    let (state, _) = resume(
        plan,
        fresh,
        device,
        &mut |warning| tracing::debug!(%warning, "rehearsal"),
    )?;
    let mut current = Some(state);
    let mut micro_batch = plan.micro_batch;
    let mut seconds = Vec::new();
    for planned in planned_steps(plan, stage.number(), stage.images())
        .iter()
        .cycle()
        .take(steps)
    {
        let PlannedStep {
            step, indices, before, ..
        } = planned;
        if stop() {
            break;
        }
        let begin = Instant::now();
        let batch = stage.load(indices, before);
        let (count, _) = stage.outcome(&batch);
        let Some(state) = current.take().filter(|_| count > 0) else {
            break;
        };
        let at = |source| TrainError::Compute {
            stage: stage.number(),
            step: *step,
            source,
        };
        let what = (*step, &batch, count);
        let factor = plan.schedule.factor(*step);
        let (next, _) = advance(stage, plan, state, what, &mut micro_batch, factor, &mut Silent).map_err(at)?;
        current = Some(next);
        seconds.push(begin.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// Ignores all reports.
struct Silent;

impl<M> Hooks<M> for Silent {
    fn step(&mut self, _: &StepReport) {}

    fn epoch(&mut self, _: usize, _: &M, _: Option<&Best>) -> Result<Option<f64>, TrainError> {
        Ok(None)
    }

    fn memory(&mut self, _: usize, _: usize, _: usize) {}

    fn kept(&mut self, _: &Kept) {}

    fn warning(&mut self, _: &str, _: String) {}

    fn should_stop(&mut self) -> bool {
        false
    }
}
