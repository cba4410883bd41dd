//! The loop of a stage: order of pictures, losses, update, checkpoints. What a batch and its losses are, a [`Stage`] says.

mod fault;
mod keep;
mod order;
mod plan;
mod rehearsal;
mod step;

pub use fault::Fault;
pub use keep::resume;
pub use plan::{Kept, Plan, State};
pub use rehearsal::try_steps;

use super::checkpoint::{self, Best, RunCheckpointError};
use super::loader::prefetch;
use super::optimizer::Group;
use crate::compute::ComputeError;
use burn::module::Module;
use burn::tensor::Tensor;
use keep::{note_epoch, save};
use order::{Job, Pace, jobs};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// The losses of a batch, each `[1]`; what is minimised is `cls + lambda * extra`, and the second one with its own weight.
pub struct Losses {
    /// Classification.
    pub cls: Tensor<1>,
    /// Distillation (Stage 1) or semantic consistency (Stage 2), unweighted.
    pub extra: Tensor<1>,
    /// The weight of `extra`.
    pub lambda: f64,
    /// Semantic consistency beside distillation where both are trained at once, unweighted, and its weight.
    pub second: Option<(Tensor<1>, f64)>,
}

/// A part of a batch that is computed apart, and how much its mean losses count in the batch's.
pub struct Shard<'a, B: Clone> {
    /// The part.
    pub batch: Cow<'a, B>,
    /// Its share of the classification loss; all shards' add up to 1.
    pub cls: f64,
    /// Its share of the other loss.
    pub extra: f64,
}

impl<'a, B: Clone> Shard<'a, B> {
    /// The whole batch.
    pub fn whole(batch: &'a B) -> Self {
        Self {
            batch: Cow::Borrowed(batch),
            cls: 1.0,
            extra: 1.0,
        }
    }
}

/// What distinguishes the two stages.
pub trait Stage: Sync {
    /// The trainable parameters.
    type Model: Module + Sync;
    /// Host data of a batch.
    type Batch: Clone + Send + Sync;

    /// 1, 2, or 3 for both at once.
    fn number(&self) -> u8;
    /// Training pictures.
    fn images(&self) -> usize;
    /// Prepares a batch on the host; runs on a thread of its own.
    fn load(&self, epoch: usize, indices: &[usize]) -> Self::Batch;
    /// Pictures in the batch, and those that could not be read, with the reason.
    fn outcome(&self, batch: &Self::Batch) -> (usize, Vec<(usize, String)>);
    /// The batch in at most `parts` parts that are computed at the same time; their weighted losses and gradients add up to its own.
    fn shards<'a>(&self, batch: &'a Self::Batch, parts: usize) -> Vec<Shard<'a, Self::Batch>> {
        let _ = parts;
        vec![Shard::whole(batch)]
    }
    /// The batch in parts of at most `size` pictures that are computed one after the other, weighted likewise.
    fn micro_batches<'a>(&self, batch: &'a Self::Batch, size: usize) -> Vec<Shard<'a, Self::Batch>>;
    /// Whether a part is computed in half precision, which wants a scaled loss.
    fn is_half(&self) -> bool {
        false
    }
    /// The losses of a batch.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    fn losses(&self, model: &Self::Model, batch: &Self::Batch) -> Result<Losses, ComputeError>;
    /// Learning rate and decay of a parameter.
    fn group(&self, path: &str, rank: usize) -> Group;
    /// Share of a parameter's rate at a step; 0: it does not learn yet.
    fn share(&self, path: &str, step: usize) -> f64 {
        let _ = (path, step);
        1.0
    }
    /// The rate that is reported (the heads', the prompts').
    fn reported_lr(&self) -> f64;
}

/// One step as reported.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Step in the stage, from 0.
    pub step: usize,
    /// All steps of the stage.
    pub steps: usize,
    /// The total loss before the update.
    pub loss: f32,
    /// The classification loss.
    pub cls: f32,
    /// The other loss, unweighted.
    pub extra: f32,
    /// The second other loss, unweighted, where both are trained at once.
    pub second: Option<f32>,
    /// The reported learning rate.
    pub lr: f64,
    /// Pictures a second over the last steps.
    pub images_per_s: f64,
}

/// What the engine hears of a running stage.
pub trait Hooks<M> {
    /// After each step.
    fn step(&mut self, report: &StepReport);
    /// After each epoch, with the model that would be kept and the best epoch before it: mAP on the validation pictures, where there
    /// are any.
    ///
    /// # Errors
    /// [`TrainError`] where evaluating fails.
    fn epoch(&mut self, epoch: usize, model: &M, best: Option<&Best>) -> Result<Option<f64>, TrainError>;
    /// The device's memory did not hold `failed` pictures at once; from now on `next` are computed at once.
    fn memory(&mut self, step: usize, failed: usize, next: usize);
    /// The stage is done, and about to be saved.
    fn kept(&mut self, kept: &Kept);
    /// Something that the user should know.
    fn warning(&mut self, code: &str, message: String);
    /// Asked between steps: pause or cancel.
    fn should_stop(&mut self) -> bool;
}

/// How a stage ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Finish {
    /// All steps are done; the model's fingerprint.
    Done(String),
    /// Stopped on request at this step, checkpointed.
    Stopped(usize),
}

/// Training cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The device failed, or a value is not finite.
    #[error("stage {stage}, step {step}: {source}")]
    Compute {
        /// 1 or 2.
        stage: u8,
        /// The step.
        step: usize,
        /// What failed.
        source: ComputeError,
    },
    /// The checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] RunCheckpointError),
    /// The checkpoint is not one of this run.
    #[error("the checkpoint does not fit this run: {0}")]
    Foreign(String),
    /// Too many pictures cannot be read.
    #[error("{failed} of {of} training pictures could not be read, the first: {first}")]
    Unreadable {
        /// How many failed.
        failed: usize,
        /// Pictures seen.
        of: usize,
        /// The first failure.
        first: String,
    },
    /// There is nothing to train on.
    #[error("{0}")]
    NoData(String),
    /// Cached features cannot be read or written.
    #[error("cached features: {0}")]
    Features(#[from] std::io::Error),
}

/// Time between checkpoints where no step count is given.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(60);

/// Steps over which the speed is averaged.
const SPEED_WINDOW: usize = 10;

/// Runs the steps that are left, checkpointing at the start, by time, on request and at the end.
///
/// # Errors
/// [`TrainError`]; the newest checkpoint then holds the last state worth keeping.
pub fn run<S: Stage>(
    stage: &S,
    plan: &Plan,
    state: State<S::Model>,
    hooks: &mut dyn Hooks<S::Model>,
) -> Result<Finish, TrainError> {
    let number = stage.number();
    let jobs: Vec<Job> = jobs(plan, number, stage.images())
        .into_iter()
        .skip(state.step)
        .collect();
    // A folder that cannot be written is found now and not after the first minute.
    if checkpoint::exists(&plan.folder) {
        checkpoint::probe(&plan.folder)?;
    } else {
        save(plan, number, &state, false)?;
    }
    let mut current = Some(state);
    let mut micro_batch = plan.micro_batch;
    let mut pace = Pace::new();
    let mut last_checkpoint = Instant::now();
    let (mut stopped, mut stopped_early) = (false, false);
    let mut last_epoch: Option<(usize, Option<f64>)> = None;
    let mut failures = Failures::default();
    prefetch(
        &jobs,
        |job| stage.load(job.epoch, &job.indices),
        |job, batch| -> Result<bool, TrainError> {
            let Some(mut state) = current.take() else {
                return Ok(false);
            };
            if hooks.should_stop() {
                stopped = true;
                current = Some(state);
                return Ok(false);
            }
            let (count, failed) = stage.outcome(&batch);
            if let Err(error) = failures.note(count, failed, hooks) {
                save(plan, number, &state, false)?;
                return Err(error);
            }
            let at = |source| TrainError::Compute {
                stage: number,
                step: job.step,
                source,
            };
            let factor = plan.schedule.factor(job.step);
            if count > 0 {
                let what = (job.step, &batch, count);
                let advanced = step::advance(stage, plan, state, what, &mut micro_batch, factor, hooks);
                let (next, values) = advanced.map_err(at)?;
                state = next;
                hooks.step(&StepReport {
                    epoch: job.epoch,
                    step: job.step,
                    steps: plan.schedule.total,
                    loss: values.total,
                    cls: values.cls,
                    extra: values.extra,
                    second: values.second,
                    lr: stage.reported_lr() * factor,
                    images_per_s: pace.after(count),
                });
            }
            state.step = job.step + 1;
            // Before the checkpoint: a run killed in between repeats the step and the measuring, and loses neither.
            if job.ends_epoch {
                let map = hooks.epoch(job.epoch, state.shown(), state.progress.best.as_ref())?;
                last_epoch = Some((job.epoch, map));
                note_epoch(plan, number, &mut state, job.epoch, map)?;
                let since = |best: &Best| job.epoch - best.epoch;
                let waited = state.progress.best.as_ref().map(since);
                if waited.zip(plan.early_stop).is_some_and(|(waited, most)| waited >= most) {
                    stopped_early = state.step < plan.schedule.total;
                    current = Some(state);
                    return Ok(false);
                }
            }
            let due = match plan.checkpoint_every {
                Some(every) => state.step.is_multiple_of(every.max(1)),
                None => last_checkpoint.elapsed() >= CHECKPOINT_INTERVAL,
            };
            if due && state.step < plan.schedule.total {
                save(plan, number, &state, false)?;
                last_checkpoint = Instant::now();
            }
            current = Some(state);
            Ok(true)
        },
    )?;
    let Some(state) = current else {
        return Err(TrainError::NoData("the stage has no steps".to_owned()));
    };
    if stopped {
        save(plan, number, &state, false)?;
        return Ok(Finish::Stopped(state.step));
    }
    let best = state.progress.best.as_ref().filter(|best| best.kept);
    let kept = match (best, last_epoch) {
        (Some(best), _) => Some((best.epoch, Some(best.map), true)),
        (None, Some((epoch, map))) => Some((epoch, map, false)),
        (None, None) => None,
    };
    // Before the last checkpoint: a run killed in between comes here again.
    if let Some((epoch, map, best)) = kept {
        hooks.kept(&Kept {
            epoch,
            map,
            best,
            stopped_early,
        });
    }
    Ok(Finish::Done(save(plan, number, &state, true)?))
}

/// Pictures that could not be read.
#[derive(Default)]
struct Failures {
    failed: usize,
    of: usize,
    first: String,
}

impl Failures {
    /// Counts those of a batch; too many are an error.
    fn note<M>(
        &mut self,
        count: usize,
        failed: Vec<(usize, String)>,
        hooks: &mut dyn Hooks<M>,
    ) -> Result<(), TrainError> {
        self.of += count + failed.len();
        for (index, reason) in failed {
            if self.failed == 0 {
                self.first.clone_from(&reason);
            }
            self.failed += 1;
            hooks.warning("unreadable", format!("picture {index} is skipped: {reason}"));
        }
        if self.failed >= 5 && self.failed * 10 > self.of {
            return Err(TrainError::Unreadable {
                failed: self.failed,
                of: self.of,
                first: self.first.clone(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
