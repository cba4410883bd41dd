//! Arguments of the commands that train.

use super::at_least_one;
use crate::engine::Failure;
use crate::engine::request::{DemoRequest, Request, Stages, StarterRequest, TrainRequest};
use clap::Args;
use std::path::PathBuf;

/// `train`.
#[derive(Args, Debug)]
pub(crate) struct TrainArguments {
    /// The project's folder
    project: PathBuf,
    /// 1, 2 or both
    #[arg(long, value_enum, default_value = "both")]
    stage: Stages,
    /// CLIP checkpoint (default: the project's)
    #[arg(long)]
    model: Option<String>,
    /// Stage 1 run that Stage 2 starts from (default: the untrained CLIP)
    #[arg(long)]
    from: Option<String>,
    /// Go on with a stopped run
    #[arg(long, conflicts_with = "from")]
    resume: Option<String>,
    /// TOML file of settings
    #[arg(long)]
    config: Option<PathBuf>,
    /// A setting, for example alpha=0.4
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Steps between reported steps
    #[arg(long, default_value_t = 10)]
    log_every: usize,
    /// Steps between checkpoints (default: one a minute)
    #[arg(long)]
    checkpoint_every: Option<usize>,
    /// Start from the settings that the program proposes for these pictures; --config and --set override them
    #[arg(long)]
    propose: bool,
    /// Only tell what the training would do, what the program proposes, and how long it would take
    #[arg(long, conflicts_with = "resume")]
    plan: bool,
    /// A picture, by its name, whose patches are kept after each epoch (default: four are chosen)
    #[arg(long, value_name = "PICTURE")]
    watch: Vec<String>,
}

/// `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// A new folder for pictures, project and report (default: patchlight-demo here)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Fewer pictures and epochs: a minute or two
    #[arg(long)]
    quick: bool,
    /// A setting to train with, for example loss=bce
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// `starter`.
#[derive(Args, Debug)]
pub(crate) struct StarterArguments {
    /// Folder for checkpoints, the curve and the finished model; called again, the training goes on
    #[arg(long)]
    out: PathBuf,
    /// Steps
    #[arg(long, default_value_t = 6000)]
    steps: usize,
    /// Scenes a step
    #[arg(long, default_value_t = 48)]
    batch: usize,
    /// Peak learning rate of the image tower
    #[arg(long, default_value_t = 1e-3)]
    lr: f64,
    /// Steps between checkpoints and looks at held-out scenes
    #[arg(long, default_value_t = 250)]
    probe_every: usize,
}

impl TrainArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where an option is out of its range.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        let train = TrainRequest {
            project: self.project,
            stages: self.stage,
            model: self.model,
            from: self.from,
            resume: self.resume,
            config: self.config,
            set: self.set,
            seed,
            log_every: at_least_one("--log-every", self.log_every)?,
            checkpoint_every: self
                .checkpoint_every
                .map(|n| at_least_one("--checkpoint-every", n))
                .transpose()?,
            watch: self.watch,
            propose: self.propose,
        };
        Ok(if self.plan {
            Request::Plan(train)
        } else {
            Request::Train(train)
        })
    }
}

impl DemoArguments {
    /// The request that the command means.
    pub fn request(self, seed: u64) -> Request {
        Request::Demo(DemoRequest {
            out: self.out,
            quick: self.quick,
            seed,
            set: self.set,
        })
    }
}

impl StarterArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where an option is out of its range.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        Ok(Request::Starter(StarterRequest {
            out: self.out,
            steps: at_least_one("--steps", self.steps)?,
            batch: at_least_one("--batch", self.batch)?,
            lr: self.lr,
            probe_every: at_least_one("--probe-every", self.probe_every)?,
            seed,
        }))
    }
}
