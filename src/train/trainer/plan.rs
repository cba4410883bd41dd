//! How the loop runs, and what it holds between two steps.

use super::fault::Fault;
use crate::train::checkpoint::Progress;
use crate::train::optimizer::AdamW;
use crate::train::sampler::ClassAware;
use crate::train::schedule::Schedule;
use burn::tensor::Device;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Plan {
    pub folder: PathBuf,
    pub schedule: Schedule,
    /// The device, without differentiation.
    pub device: Device,
    /// Pictures a step.
    pub batch: usize,
    pub shuffle: bool,
    /// Draws label by label; `None`: every picture once a pass.
    pub sampler: Option<ClassAware>,
    pub seed: u64,
    /// Largest norm of all gradients together.
    pub clip_norm: f64,
    /// Checkpoint after this many steps; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Parts of a batch that are computed at the same time.
    pub parts: usize,
    /// Pictures computed at once; unset: the whole batch, until the memory does not hold it.
    pub micro_batch: Option<usize>,
    pub keep_best: bool,
    /// Stop after this many epochs without a better one.
    pub early_stop: Option<usize>,
    /// Decay of the moving average of the parameters; 0: none.
    pub ema: f64,
    /// A fault that a test asks for.
    pub fault: Option<Fault>,
}

impl Plan {
    /// A plan that computes whole batches of 1 and keeps the last epoch, to be filled in.
    pub fn new(folder: PathBuf, schedule: Schedule, device: Device) -> Self {
        Self {
            folder,
            schedule,
            device,
            batch: 1,
            shuffle: false,
            sampler: None,
            seed: 0,
            clip_norm: 1.0,
            checkpoint_every: None,
            parts: 1,
            micro_batch: None,
            keep_best: false,
            early_stop: None,
            ema: 0.0,
            fault: None,
        }
    }
}

/// Model and optimizer between two steps.
pub struct State<M> {
    pub model: M,
    /// Their moving average, where there is one: what is validated and kept.
    pub average: Option<M>,
    /// Their moments.
    pub optimizer: AdamW,
    pub step: usize,
    /// The best epoch so far, the loss's scale.
    pub progress: Progress,
}

impl<M> State<M> {
    /// What is validated and kept.
    pub fn shown(&self) -> &M {
        self.average.as_ref().unwrap_or(&self.model)
    }
}

/// Which parameters a finished stage is used with.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Its mAP on the validation pictures, where it was measured.
    pub map: Option<f64>,
    /// Whether it was chosen as the best, rather than being the last.
    pub best: bool,
    /// Whether the stage stopped before its last epoch because none was better for a while.
    pub stopped_early: bool,
}
