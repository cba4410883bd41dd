//! What can be typed, and the request it means.

mod data;
mod learn;
mod tags;

use crate::compute::DeviceChoice;
use crate::dataset::preprocess::Mode;
use crate::engine::Failure;
use crate::engine::request::{BenchFewShot, BenchImport, BenchTag, Request, TagSource};
use clap::{Parser, Subcommand, ValueEnum};
use data::{ExportArguments, LabelArguments, ProjectCommand, SplitArguments};
use learn::{DemoArguments, EvaluateArguments, StarterArguments, TrainArguments};
use std::path::PathBuf;
use tags::{ExportModelArguments, ModelCommand, ScoreArguments, TagArguments};

/// Tag pictures with several labels each, learn your own labels from few examples, and see the patches behind each label.
#[derive(Parser, Debug)]
#[command(name = "patchlight", version, propagate_version = true)]
pub struct Arguments {
    /// Where to compute: a real GPU if there is one, else the CPU
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub device: Device,
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

/// `--device`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Device {
    /// A real GPU, else the CPU
    Auto,
    /// A GPU, software Vulkan included
    Gpu,
    /// The CPU
    Cpu,
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Gpu => Self::Gpu,
            Device::Cpu => Self::Cpu,
        }
    }
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
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

/// `bench`.
#[derive(Subcommand, Debug)]
pub enum BenchCommand {
    /// Import of a generated COCO set: time and memory
    Import {
        /// Pictures
        #[arg(long, default_value_t = 100_000)]
        images: usize,
        /// Boxes
        #[arg(long, default_value_t = 1_000_000)]
        annotations: usize,
    },
    /// Tagging from end to end, and the speed of its parts
    Tag {
        /// Pictures, and folders with pictures
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// A tagger (default: the built-in model with a few words)
        #[arg(long)]
        tagger: Option<PathBuf>,
        /// Checkpoint of an untrained CLIP
        #[arg(long)]
        model: Option<String>,
        /// Times that the pictures are gone through
        #[arg(long, default_value_t = 1)]
        rounds: usize,
    },
    /// What K pictures of each label are worth: untrained, linear probe, a global prompt alone, both stages
    FewShot {
        /// Pictures of each label
        #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
        shots: Vec<usize>,
        /// Draws of pictures, from --seed on
        #[arg(long, default_value_t = 3)]
        draws: u64,
        /// A setting for both stages, for example lambda_kd=10
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Keep pictures and projects in this new folder
        #[arg(long)]
        out: Option<PathBuf>,
        /// Leave the simpler ways out: to compare settings
        #[arg(long)]
        ours_alone: bool,
    },
    #[cfg(feature = "window")]
    /// CPU time of a frame: a grid of 100,000 pictures, and the inspector with 80 labels
    Window {
        /// Frames of each
        #[arg(long, default_value_t = 300)]
        frames: usize,
    },
}

impl Command {
    /// The request that a command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        Ok(match self {
            Self::Score(a) => a.request()?,
            Self::Project(a) => a.request()?,
            Self::Split(a) => a.request(seed)?,
            Self::Label(a) => a.request()?,
            Self::Export(a) => a.request()?,
            Self::Train(a) => a.request(seed)?,
            Self::Evaluate(a) => a.request()?,
            Self::Demo(a) => a.request(seed)?,
            Self::Starter(a) => a.request(seed)?,
            Self::Tag(a) => a.request()?,
            Self::ExportModel(a) => a.request(),
            Self::Model(a) => a.request(),
            Self::Bench(BenchCommand::Import { images, annotations }) => Request::BenchImport(BenchImport {
                images,
                annotations,
                seed,
            }),
            Self::Bench(BenchCommand::Tag {
                paths,
                tagger,
                model,
                rounds,
            }) => Request::BenchTag(BenchTag {
                source: match tagger {
                    Some(path) => TagSource::Tagger { path },
                    None => TagSource::Words {
                        model,
                        labels: ["person", "dog", "cat", "car", "tree"].map(str::to_owned).to_vec(),
                        template: "a photo of a {c}.".to_owned(),
                        preprocess: Mode::Stretch,
                    },
                },
                paths,
                rounds,
            }),
            Self::Bench(BenchCommand::FewShot {
                shots,
                draws,
                set,
                out,
                ours_alone,
            }) => Request::BenchFewShot(BenchFewShot {
                shots: shots
                    .into_iter()
                    .map(|k| at_least_one("--shots", k))
                    .collect::<Result<_, _>>()?,
                draws,
                seed,
                set,
                out,
                ours_alone,
            }),
            #[cfg(feature = "window")]
            Self::Open { .. } | Self::Bench(BenchCommand::Window { .. }) => Request::Doctor,
            Self::Doctor | Self::Worker => Request::Doctor,
        })
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
