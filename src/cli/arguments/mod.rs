//! What can be typed, and what it means: a job of the engine, the window, or serving as its worker.

mod bench;
mod export;
mod import;
mod label;
mod learn;
mod measure;
mod project;
mod split;
mod tags;

use crate::compute::DeviceChoice;
use crate::engine::{Failure, Request};
use bench::BenchCommand;
use clap::{Parser, Subcommand};
use export::ExportArguments;
use label::LabelArguments;
use learn::{DemoArguments, StarterArguments, TrainArguments};
use measure::{CompareArguments, EvaluateArguments, ThresholdsArguments};
use project::ProjectCommand;
use split::SplitArguments;
#[cfg(feature = "window")]
use std::path::PathBuf;
use tags::{ExportModelArguments, ModelCommand, ScoreArguments, TagArguments};

/// Tag pictures with several labels each, learn your own labels from few examples, and see the patches behind each label.
#[derive(Parser, Debug)]
#[command(name = "patchlight", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Where to compute: a real GPU if there is one, else the CPU
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
    /// Seed of all random choices
    #[arg(long, global = true, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON lines on standard output, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Print more on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// See it all in minutes: draws pictures, trains both stages on them, writes a report; needs no download
    Demo(DemoArguments),
    /// Score labels on pictures with an untrained CLIP, and list the patches behind each score
    Score(ScoreArguments),
    /// Make a project from your data, or see what one holds
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Choose which pictures train, validate and test
    Split(SplitArguments),
    /// Rename, merge, split and describe a project's labels
    Label(LabelArguments),
    /// Write a project's labels in another format
    Export(ExportArguments),
    /// Train on a project: Stage 1 aligns the image tower, Stage 2 tunes the prompts
    Train(TrainArguments),
    /// Measure a run, or the untrained model, on a split
    Evaluate(EvaluateArguments),
    /// Choose from which probability each label is given, on validation pictures, and keep it with a run
    Thresholds(ThresholdsArguments),
    /// Measure two runs on the same pictures, label by label
    Compare(CompareArguments),
    /// Give pictures their labels: as XMP beside them, as a table, or in folders
    Tag(TagArguments),
    /// Write a trained model as one file for Patchlight, or as a folder for transformers
    ExportModel(ExportModelArguments),
    /// Download a CLIP by name, list those that are here, see what a checkpoint is
    #[command(subcommand)]
    Model(ModelCommand),
    /// Check the device and print a report to paste into a bug
    Doctor,
    /// Train the built-in model anew on generated scenes (hours on a CPU; how the one inside was made)
    Starter(StarterArguments),
    /// Open the window, with pictures, data, a project or a model if given
    #[cfg(feature = "window")]
    Open {
        /// What to open
        paths: Vec<PathBuf>,
    },
    /// Measure how fast the program is on this machine
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Serve requests on standard input (used by Patchlight itself)
    #[command(hide = true)]
    Worker,
}

/// What the program is asked to be.
#[derive(Debug)]
pub(crate) enum Action {
    /// A job of the engine.
    Job(Box<Request>),
    /// The window, with what it opens.
    #[cfg(feature = "window")]
    Open(Vec<PathBuf>),
    /// A measurement of the window's frames.
    #[cfg(feature = "window")]
    MeasureWindow {
        /// Frames of each scene.
        frames: usize,
    },
    /// The worker of another process.
    Worker,
}

impl Action {
    fn job(request: Request) -> Self {
        Self::Job(Box::new(request))
    }

    /// Whether it shows the window, for which a panic is the end.
    pub fn is_window(&self) -> bool {
        #[cfg(feature = "window")]
        if matches!(self, Self::Open(_)) {
            return true;
        }
        false
    }
}

impl Command {
    /// What a command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn action(self, seed: u64) -> Result<Action, Failure> {
        let request = match self {
            Self::Score(a) => a.request()?,
            Self::Project(a) => a.request()?,
            Self::Split(a) => a.request(seed)?,
            Self::Label(a) => a.request(),
            Self::Export(a) => a.request()?,
            Self::Train(a) => a.request(seed)?,
            Self::Evaluate(a) => a.request(seed),
            Self::Thresholds(a) => a.request()?,
            Self::Compare(a) => a.request(seed),
            Self::Demo(a) => a.request(seed),
            Self::Starter(a) => a.request(seed)?,
            Self::Tag(a) => a.request()?,
            Self::ExportModel(a) => a.request(),
            Self::Model(a) => a.request(),
            Self::Doctor => Request::Doctor,
            Self::Bench(a) => return a.action(seed),
            #[cfg(feature = "window")]
            Self::Open { paths } => return Ok(Action::Open(paths)),
            Self::Worker => return Ok(Action::Worker),
        };
        Ok(Action::job(request))
    }
}

fn at_least_one(name: &str, value: usize) -> Result<usize, Failure> {
    if value == 0 {
        Err(Failure::usage(
            format!("{name} must be at least 1"),
            "Leave it out for the default.",
        ))
    } else {
        Ok(value)
    }
}
