//! The loop of a stage: order of pictures, losses, update, checkpoints. A [`Stage`] defines what a batch and its losses are.

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
use order::{Pace, PlannedStep, planned_steps};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// The losses of a batch, each `[1]`; what is minimised is `cls + lambda * extra`, and the second one with its own weight.
pub struct Losses {
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
    pub batch: Cow<'a, B>,
    /// Its share of the classification loss; all shards' add up to 1.
    pub cls: f64,
    /// Its share of the other loss.
    pub extra: f64,
}

impl<'a, B: Clone> Shard<'a, B> {
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
    type Model: Module + Sync;
    /// Host data of a batch.
    type Batch: Clone + Send + Sync;

    /// 1, 2, or 3 for both at once.
    fn number(&self) -> u8;
    fn images(&self) -> usize;
    /// Prepares a batch on the host; runs on a thread of its own. `before`: how often each picture was taken before.
    fn load(&self, indices: &[usize], before: &[usize]) -> Self::Batch;
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
    fn group(&self, path: &str, rank: usize) -> Group;
    /// Share of a parameter's rate at a step; 0: it does not learn yet.
    fn share(&self, path: &str, step: usize) -> f64 {
        let _ = (path, step);
        1.0
    }
    /// The rate that is reported (the heads', the prompts').
    fn reported_lr(&self) -> f64;
}

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
    pub cls: f32,
    /// The other loss, unweighted.
    pub extra: f32,
    /// The second other loss, unweighted, where both are trained at once.
    pub second: Option<f32>,
    pub lr: f64,
    /// Pictures a second over the last steps.
    pub images_per_s: f64,
}

/// What a running stage reports to the engine.
pub trait Hooks<M> {
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
    fn warning(&mut self, code: &str, message: String);
    /// Asked between steps: pause or cancel.
    fn should_stop(&mut self) -> bool;
}

#[derive(Clone, Debug, PartialEq)]
pub enum Finish {
    /// All steps are done; the model's fingerprint.
    Done(String),
    /// Stopped on request at this step, checkpointed.
    Stopped(usize),
}

/// Why training cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("stage {stage}, step {step}: {source}")]
    Compute {
        /// 1 or 2.
        stage: u8,
        step: usize,
        source: ComputeError,
    },
    #[error(transparent)]
    Checkpoint(#[from] RunCheckpointError),
    #[error("the checkpoint does not fit this run: {0}")]
    Foreign(String),
    #[error("{failed} of {of} training pictures could not be read, the first: {first}")]
    Unreadable {
        failed: usize,
        of: usize,
        /// The first failure.
        first: String,
    },
    #[error("{0}")]
    NoData(String),
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
    let steps = planned_steps(plan, stage.number(), stage.images());
    let left = steps.get(state.step..).unwrap_or_default();
    // A folder that cannot be written is found now and not after the first minute.
    if checkpoint::exists(&plan.folder) {
        checkpoint::probe(&plan.folder)?;
    } else {
        save(plan, stage.number(), &state, false)?;
    }
    let mut running = Running {
        stage,
        plan,
        hooks,
        state: Some(state),
        micro_batch: plan.micro_batch,
        pace: Pace::new(),
        saved: Instant::now(),
        ending: Ending::AllSteps,
        last_epoch: None,
        failures: Failures::default(),
    };
    prefetch(
        left,
        |step| stage.load(&step.indices, &step.before),
        |step, batch| running.step(step, &batch),
    )?;
    running.finish()
}

/// Why the loop ended.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    AllSteps,
    /// No epoch was better for a while.
    Early,
    Asked,
}

/// A stage between its first and its last step.
struct Running<'a, S: Stage> {
    stage: &'a S,
    plan: &'a Plan,
    hooks: &'a mut dyn Hooks<S::Model>,
    /// `None` only within a step, and after one that failed.
    state: Option<State<S::Model>>,
    micro_batch: Option<usize>,
    pace: Pace,
    /// When the newest checkpoint was written.
    saved: Instant,
    ending: Ending,
    /// The epoch that ended last, and its mAP.
    last_epoch: Option<(usize, Option<f64>)>,
    failures: Failures,
}

impl<S: Stage> Running<'_, S> {
    /// One step with what belongs to it: the epoch's end, the checkpoint. `false` ends the loop.
    fn step(&mut self, step: &PlannedStep, batch: &S::Batch) -> Result<bool, TrainError> {
        let Some(mut state) = self.state.take() else {
            return Ok(false);
        };
        if self.hooks.should_stop() {
            self.ending = Ending::Asked;
            self.state = Some(state);
            return Ok(false);
        }
        let (count, failed) = self.stage.outcome(batch);
        if let Err(error) = self.failures.note(count, failed, self.hooks) {
            save(self.plan, self.stage.number(), &state, false)?;
            return Err(error);
        }
        if count > 0 {
            state = self.learn(state, step, batch, count)?;
        }
        state.step = step.step + 1;
        let total = self.plan.schedule.total;
        // Before the checkpoint: a run killed in between repeats the step and the measuring, and loses neither.
        if step.ends_epoch && self.end_epoch(&mut state, step.epoch)? {
            if state.step < total {
                self.ending = Ending::Early;
            }
            self.state = Some(state);
            return Ok(false);
        }
        let due = match self.plan.checkpoint_every {
            Some(every) => state.step.is_multiple_of(every.max(1)),
            None => self.saved.elapsed() >= CHECKPOINT_INTERVAL,
        };
        if due && state.step < total {
            save(self.plan, self.stage.number(), &state, false)?;
            self.saved = Instant::now();
        }
        self.state = Some(state);
        Ok(true)
    }

    /// Learns from the `count` readable pictures of a batch and reports the step.
    fn learn(
        &mut self,
        state: State<S::Model>,
        step: &PlannedStep,
        batch: &S::Batch,
        count: usize,
    ) -> Result<State<S::Model>, TrainError> {
        let factor = self.plan.schedule.factor(step.step);
        let what = (step.step, batch, count);
        let advanced = step::advance(
            self.stage,
            self.plan,
            state,
            what,
            &mut self.micro_batch,
            factor,
            self.hooks,
        );
        let (state, values) = advanced.map_err(|source| TrainError::Compute {
            stage: self.stage.number(),
            step: step.step,
            source,
        })?;
        self.hooks.step(&StepReport {
            epoch: step.epoch,
            step: step.step,
            steps: self.plan.schedule.total,
            loss: values.total,
            cls: values.cls,
            extra: values.extra,
            second: values.second,
            lr: self.stage.reported_lr() * factor,
            images_per_s: self.pace.after(count),
        });
        Ok(state)
    }

    /// Measures and notes an epoch; `true` where none was better for as long as the plan waits.
    fn end_epoch(&mut self, state: &mut State<S::Model>, epoch: usize) -> Result<bool, TrainError> {
        let map = self.hooks.epoch(epoch, state.shown(), state.progress.best.as_ref())?;
        self.last_epoch = Some((epoch, map));
        note_epoch(self.plan, self.stage.number(), state, epoch, map)?;
        let waited = state.progress.best.as_ref().map(|best| epoch - best.epoch);
        let patience = waited.zip(self.plan.early_stop);
        Ok(patience.is_some_and(|(waited, most)| waited >= most))
    }

    /// Saves what the loop ended with, and says which epoch is kept.
    fn finish(self) -> Result<Finish, TrainError> {
        let number = self.stage.number();
        let Some(state) = self.state else {
            return Err(TrainError::NoData("the stage has no steps".to_owned()));
        };
        if self.ending == Ending::Asked {
            save(self.plan, number, &state, false)?;
            return Ok(Finish::Stopped(state.step));
        }
        let best = state.progress.best.as_ref().filter(|best| best.kept);
        let kept = match (best, self.last_epoch) {
            (Some(best), _) => Some((best.epoch, Some(best.map), true)),
            (None, Some((epoch, map))) => Some((epoch, map, false)),
            (None, None) => None,
        };
        // Before the last checkpoint: a run killed in between repeats this.
        if let Some((epoch, map, best)) = kept {
            self.hooks.kept(&Kept {
                epoch,
                map,
                best,
                stopped_early: self.ending == Ending::Early,
            });
        }
        Ok(Finish::Done(save(self.plan, number, &state, true)?))
    }
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
