//! The loop of a stage: order of pictures, losses, update, checkpoints. What a batch and its losses are, a [`Stage`] says.

use super::checkpoint::{self, RunCheckpointError, Saved, Tensors};
use super::loader::{on_threads, prefetch};
use super::optimizer::{AdamW, Group, NamedGradients};
use super::params;
use super::schedule::Schedule;
use crate::compute::ComputeError;
use crate::method::score::host_values;
use crate::support::rng::{self, SliceRandom};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The losses of a batch, each `[1]`; what is minimised is `cls + lambda * extra`.
pub struct Losses {
    /// Classification.
    pub cls: Tensor<1>,
    /// Distillation (Stage 1) or semantic consistency (Stage 2), unweighted.
    pub extra: Tensor<1>,
    /// The weight of `extra`.
    pub lambda: f64,
}

/// A part of a batch that is computed apart, and how much its mean losses count in the batch's.
pub struct Shard<B> {
    /// The part.
    pub batch: B,
    /// Its share of the classification loss; all shards' add up to 1.
    pub cls: f64,
    /// Its share of the other loss.
    pub extra: f64,
}

/// What distinguishes the two stages.
pub trait Stage: Sync {
    /// The trainable parameters.
    type Model: Module + Sync;
    /// Host data of a batch.
    type Batch: Send + Sync;

    /// 1 or 2.
    fn number(&self) -> u8;
    /// Training pictures.
    fn images(&self) -> usize;
    /// Prepares a batch on the host; runs on a thread of its own.
    fn load(&self, epoch: usize, indices: &[usize]) -> Self::Batch;
    /// Pictures in the batch, and those that could not be read, with the reason.
    fn outcome(&self, batch: &Self::Batch) -> (usize, Vec<(usize, String)>);
    /// The batch in at most `parts` parts whose weighted losses and gradients add up to its own.
    fn shards(&self, batch: Self::Batch, parts: usize) -> Vec<Shard<Self::Batch>> {
        let _ = parts;
        vec![Shard {
            batch,
            cls: 1.0,
            extra: 1.0,
        }]
    }
    /// The losses of a batch.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    fn losses(&self, model: &Self::Model, batch: &Self::Batch) -> Result<Losses, ComputeError>;
    /// Learning rate and decay of a parameter.
    fn group(&self, path: &str, rank: usize) -> Group;
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
    /// The reported learning rate.
    pub lr: f64,
    /// Pictures a second over the last steps.
    pub images_per_s: f64,
}

/// What the engine hears of a running stage.
pub trait Hooks<M> {
    /// After each step.
    fn step(&mut self, report: &StepReport);
    /// After each epoch, with the model as it is.
    ///
    /// # Errors
    /// [`TrainError`] where evaluating fails.
    fn epoch(&mut self, epoch: usize, model: &M) -> Result<(), TrainError>;
    /// Something that the user should know.
    fn warning(&mut self, code: &str, message: String);
    /// Asked between steps: pause or cancel.
    fn should_stop(&mut self) -> bool;
}

/// How the loop runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run's folder.
    pub folder: PathBuf,
    /// Steps and rates.
    pub schedule: Schedule,
    /// Pictures a step.
    pub batch: usize,
    /// Whether to shuffle.
    pub shuffle: bool,
    /// The run's seed.
    pub seed: u64,
    /// Largest norm of all gradients together.
    pub clip_norm: f64,
    /// Checkpoint after this many steps; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Parts of a batch that are computed at the same time.
    pub parts: usize,
}

/// Model and optimizer between two steps.
pub struct State<M> {
    /// The parameters.
    pub model: M,
    /// Their moments.
    pub optimizer: AdamW,
    /// Steps done.
    pub step: usize,
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

/// Where the run left off, or the start: restores `fresh` from the newest checkpoint of the run's folder.
///
/// # Errors
/// [`TrainError`] where a checkpoint exists and does not fit.
pub fn resume<M: Module>(
    plan: &Plan,
    fresh: M,
    device: &Device,
    warn: &mut dyn FnMut(String),
) -> Result<(State<M>, bool), TrainError> {
    let optimizer = AdamW::new(plan.clip_norm);
    if !checkpoint::exists(&plan.folder) {
        return Ok((
            State {
                model: params::trainable(fresh),
                optimizer,
                step: 0,
            },
            false,
        ));
    }
    let (
        Saved {
            step,
            finished,
            model,
            optimizer: moments,
            ..
        },
        warnings,
    ) = checkpoint::load_newest(&plan.folder)?;
    warnings.into_iter().for_each(warn);
    let model = params::restore(fresh, model, device).map_err(TrainError::Foreign)?;
    let mut state = State {
        model: params::trainable(model),
        optimizer,
        step,
    };
    if let Some(moments) = moments {
        state
            .optimizer
            .restore(moments, &device.clone().without_autodiff())
            .map_err(TrainError::Foreign)?;
    }
    Ok((state, finished))
}

/// Runs the steps that are left, checkpointing by time, on request and at the end.
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
    let mut current = Some(state);
    let mut pace = Pace::new();
    let mut last_checkpoint = Instant::now();
    let mut stopped = false;
    let mut failures: (usize, usize, String) = (0, 0, String::new());
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
            failures.1 += count + failed.len();
            for (index, reason) in failed {
                if failures.0 == 0 {
                    failures.2.clone_from(&reason);
                }
                failures.0 += 1;
                hooks.warning("unreadable", format!("picture {index} is skipped: {reason}"));
            }
            if failures.0 >= 5 && failures.0 * 10 > failures.1 {
                save(plan, &state, false)?;
                return Err(TrainError::Unreadable {
                    failed: failures.0,
                    of: failures.1,
                    first: failures.2.clone(),
                });
            }
            let at = |source| TrainError::Compute {
                stage: number,
                step: job.step,
                source,
            };
            let factor = plan.schedule.factor(job.step);
            if count > 0 {
                let (values, gradients) = learn(stage, &state.model, batch, plan.parts).map_err(at)?;
                if !values[0].is_finite() {
                    // The update before this step may have made it so: the checkpoint before stays the newest.
                    return Err(at(ComputeError::NotFinite {
                        what: "the loss".to_owned(),
                    }));
                }
                let grouping = |path: &str, rank| stage.group(path, rank);
                state.model = state
                    .optimizer
                    .step(state.model, gradients, &grouping, factor)
                    .map_err(at)?;
                hooks.step(&StepReport {
                    epoch: job.epoch,
                    step: job.step,
                    steps: plan.schedule.total,
                    loss: values[0],
                    cls: values[1],
                    extra: values[2],
                    lr: stage.reported_lr() * factor,
                    images_per_s: pace.after(count),
                });
            }
            state.step = job.step + 1;
            // Before the checkpoint: a run killed in between repeats the step and the measuring, and loses neither.
            if job.ends_epoch {
                hooks.epoch(job.epoch, &state.model)?;
            }
            let due = match plan.checkpoint_every {
                Some(every) => state.step.is_multiple_of(every.max(1)),
                None => last_checkpoint.elapsed() >= CHECKPOINT_INTERVAL,
            };
            if due && state.step < plan.schedule.total {
                save(plan, &state, false)?;
                last_checkpoint = Instant::now();
            }
            current = Some(state);
            Ok(true)
        },
    )?;
    let Some(state) = current else {
        return Err(TrainError::NoData("the stage has no steps".to_owned()));
    };
    let fingerprint = save(plan, &state, !stopped)?;
    Ok(if stopped {
        Finish::Stopped(state.step)
    } else {
        Finish::Done(fingerprint)
    })
}

/// The losses of a batch (total, classification, other) and the gradients of the total. On the CPU each part has a thread: much of
/// a small transformer is element by element, which the tensor library computes on one core.
fn learn<S: Stage>(
    stage: &S,
    model: &S::Model,
    batch: S::Batch,
    parts: usize,
) -> Result<([f32; 3], NamedGradients), ComputeError> {
    let one = |shard: &Shard<S::Batch>, model: &S::Model| -> Result<([f32; 3], NamedGradients), ComputeError> {
        let losses = stage.losses(model, &shard.batch)?;
        let cls = losses.cls.mul_scalar(shard.cls);
        let extra = losses.extra.mul_scalar(shard.extra);
        let total = cls.clone() + extra.clone().mul_scalar(losses.lambda);
        let values = host_values(Tensor::cat(vec![total.clone(), cls, extra], 0).detach())?;
        let gradients = NamedGradients::take(model, &mut total.backward());
        Ok(([values[0], values[1], values[2]], gradients))
    };
    let shards = stage.shards(batch, parts);
    if let [shard] = shards.as_slice() {
        return one(shard, model);
    }
    // Leaves of its own keep the shards' graphs apart.
    let results = on_threads(shards, |shard| one(&shard, &params::trainable(model.clone())));
    let (mut sums, mut all) = ([0.0; 3], NamedGradients::default());
    for result in results {
        let (values, gradients) = result?;
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
        all = all.plus(gradients);
    }
    Ok((sums, all))
}

fn save<M: Module>(plan: &Plan, state: &State<M>, finished: bool) -> Result<String, TrainError> {
    let at = |source| TrainError::Compute {
        stage: 0,
        step: state.step,
        source,
    };
    let model: Tensors = params::collect(&state.model).map_err(at)?;
    if model
        .values()
        .any(|tensor| tensor.data.iter().any(|value| !value.is_finite()))
    {
        let what = "a parameter".to_owned();
        return Err(at(ComputeError::NotFinite { what }));
    }
    let moments = if finished {
        None
    } else {
        Some(state.optimizer.save().map_err(at)?)
    };
    Ok(checkpoint::save(&plan.folder, state.step, &model, moments.as_ref())?)
}

/// One step's pictures.
struct Job {
    epoch: usize,
    step: usize,
    indices: Vec<usize>,
    ends_epoch: bool,
}

fn jobs(plan: &Plan, stage: u8, images: usize) -> Vec<Job> {
    let mut jobs = Vec::with_capacity(plan.schedule.total);
    for epoch in 0..plan.schedule.epochs() {
        let mut order: Vec<usize> = (0..images).collect();
        if plan.shuffle {
            order.shuffle(&mut rng::stream(
                plan.seed,
                &format!("shuffle stage {stage}"),
                epoch as u64,
            ));
        }
        let batches = order.chunks(plan.batch.max(1));
        let last = batches.len().saturating_sub(1);
        for (i, indices) in batches.enumerate() {
            let step = jobs.len();
            if step == plan.schedule.total {
                break;
            }
            let ends_epoch = i == last || step + 1 == plan.schedule.total;
            jobs.push(Job {
                epoch,
                step,
                indices: indices.to_vec(),
                ends_epoch,
            });
        }
    }
    jobs
}

/// Pictures a second over the last steps; monotonic, so a changed clock does no harm.
struct Pace {
    marks: Vec<(Instant, usize)>,
}

impl Pace {
    fn new() -> Self {
        Self {
            marks: vec![(Instant::now(), 0)],
        }
    }

    fn after(&mut self, images: usize) -> f64 {
        let total = self.marks.last().map_or(0, |m| m.1) + images;
        self.marks.push((Instant::now(), total));
        if self.marks.len() > SPEED_WINDOW + 1 {
            self.marks.remove(0);
        }
        let (first, last) = (self.marks[0], self.marks[self.marks.len() - 1]);
        (last.1 - first.1) as f64 / last.0.duration_since(first.0).as_secs_f64().max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(shuffle: bool, max_steps: Option<usize>) -> Plan {
        Plan {
            folder: PathBuf::new(),
            schedule: Schedule::new(10, 4, 3, max_steps, 0.05),
            batch: 4,
            shuffle,
            seed: 7,
            clip_norm: 1.0,
            checkpoint_every: None,
            parts: 1,
        }
    }

    #[test]
    fn a_short_last_batch_is_kept_and_every_epoch_sees_all() {
        let jobs = jobs(&plan(true, None), 1, 10);
        assert_eq!(jobs.len(), 9);
        assert_eq!(
            jobs.iter().map(|j| j.indices.len()).collect::<Vec<_>>(),
            [4, 4, 2, 4, 4, 2, 4, 4, 2]
        );
        for epoch in 0..3 {
            let mut seen: Vec<usize> = jobs
                .iter()
                .filter(|j| j.epoch == epoch)
                .flat_map(|j| j.indices.clone())
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(jobs[0].indices, jobs[3].indices, "each epoch has its own order");
    }

    #[test]
    fn max_steps_ends_inside_an_epoch() {
        let jobs = jobs(&plan(false, Some(5)), 1, 10);
        assert_eq!(jobs.len(), 5);
        assert_eq!(jobs[0].indices, [0, 1, 2, 3]);
        assert_eq!(
            jobs.iter().map(|j| j.ends_epoch).collect::<Vec<_>>(),
            [false, false, true, false, true]
        );
    }
}
