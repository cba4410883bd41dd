//! What can be typed, and the request it means.

use crate::clip::vision::PatchFeatures;
use crate::compute::DeviceChoice;
use crate::dataset::formats::Format;
use crate::dataset::model::{Absent, Split};
use crate::dataset::preprocess::Mode;
use crate::engine::Failure;
use crate::engine::request::{
    DemoRequest, EvaluateRequest, ProjectNew, Request, Scheme, ScoreRequest, SplitRequest, Stages, StarterRequest,
    TrainRequest,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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
    /// Train on a project: Stage 1 aligns the image tower, Stage 2 tunes the prompts
    Train(TrainArguments),
    /// Measure a run, or the untrained model, on a split
    Evaluate(EvaluateArguments),
    /// See what a checkpoint is
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
    #[cfg(feature = "window")]
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Serve requests on standard input (used by Patchlight itself)
    #[command(hide = true)]
    Worker,
}

/// `bench`.
#[cfg(feature = "window")]
#[derive(Subcommand, Debug)]
pub enum BenchCommand {
    /// CPU time of a frame: a grid of 100,000 pictures, and the inspector with 80 labels
    Window {
        /// Frames of each
        #[arg(long, default_value_t = 300)]
        frames: usize,
    },
}

/// `score`.
#[derive(Args, Debug)]
pub struct ScoreArguments {
    /// Pictures
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// CLIP checkpoint: a folder or a file
    #[arg(long)]
    model: Option<String>,
    /// Labels, separated by commas
    #[arg(long, required = true, value_delimiter = ',')]
    labels: Vec<String>,
    /// Prompt with {c} for the label; several separated by | are averaged
    #[arg(long, default_value = "a photo of a {c}.")]
    template: String,
    /// How much the whole picture counts against its details, 0 to 1
    #[arg(long, default_value_t = 0.5, allow_negative_numbers = true)]
    alpha: f64,
    /// Patches pooled per label (default: 32 of 196, scaled to the grid)
    #[arg(long)]
    top_k: Option<usize>,
    /// How a picture becomes a square: stretch, crop or pad
    #[arg(long, default_value = "stretch")]
    preprocess: Mode,
    /// Where patch features come from: value or token
    #[arg(long, default_value = "value")]
    patch_features: PatchFeatures,
    /// Side of the input in pixels (default: the checkpoint's)
    #[arg(long)]
    input_size: Option<usize>,
}

/// `project`.
#[derive(Subcommand, Debug)]
pub enum ProjectCommand {
    /// Import data into a new project
    New(NewArguments),
    /// Tell pictures, splits, labels and runs
    Info {
        /// The project's folder
        project: PathBuf,
    },
}

/// `project new`.
#[derive(Args, Debug)]
pub struct NewArguments {
    /// The project's folder, to be made
    project: PathBuf,
    /// What to import: a COCO file or folder, a list, a folder of pictures
    #[arg(long)]
    data: PathBuf,
    /// auto, coco, list or folder
    #[arg(long, default_value = "auto")]
    format: Format,
    /// Where the pictures are, if not beside the data
    #[arg(long)]
    images: Option<PathBuf>,
    /// Label file of a list (`name id` a line)
    #[arg(long)]
    labels: Option<PathBuf>,
    /// What it means that a label is not given for a picture
    #[arg(long, value_enum, default_value = "negative")]
    absent: AbsentArgument,
    /// The project's CLIP checkpoint
    #[arg(long)]
    model: Option<String>,
}

/// `--absent`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AbsentArgument {
    /// The label is not on the picture
    Negative,
    /// Nobody looked: left out of loss and metrics
    Unknown,
}

/// `split`.
#[derive(Args, Debug)]
pub struct SplitArguments {
    /// The project's folder
    project: PathBuf,
    /// How to split
    #[arg(long, value_enum)]
    scheme: SchemeArgument,
    /// Shares of train, val and test (random)
    #[arg(long, value_delimiter = ',', default_values_t = [0.7, 0.1, 0.2])]
    fractions: Vec<f64>,
    /// Positives of the most frequent label (pareto)
    #[arg(long, default_value_t = 500)]
    max: usize,
    /// Positives of the rarest label (pareto)
    #[arg(long, default_value_t = 4)]
    min: usize,
    /// Exponent of the curve (pareto)
    #[arg(long, default_value_t = 6.0)]
    exponent: f64,
    /// Positives of every label (few-shot)
    #[arg(long)]
    shots: Option<usize>,
    /// List of training pictures (list)
    #[arg(long)]
    train: Option<PathBuf>,
    /// List of validation pictures (list)
    #[arg(long)]
    val: Option<PathBuf>,
    /// List of test pictures (list)
    #[arg(long)]
    test: Option<PathBuf>,
}

/// `--scheme`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemeArgument {
    /// At random, each label in its share
    Random,
    /// A long tail cut from the training pictures
    Pareto,
    /// A few pictures of every label
    FewShot,
    /// From list files
    List,
}

/// `train`.
#[derive(Args, Debug)]
pub struct TrainArguments {
    /// The project's folder
    project: PathBuf,
    /// 1, 2 or both
    #[arg(long, value_enum, default_value = "both")]
    stage: StageArgument,
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
}

/// `--stage`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StageArgument {
    /// Dual-view alignment
    #[value(name = "1")]
    One,
    /// Prompt tuning
    #[value(name = "2")]
    Two,
    /// One after the other
    Both,
    /// Student and prompts together
    Joint,
}

/// `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArguments {
    /// The project's folder
    project: PathBuf,
    /// A run's id, or zero-shot for the untrained CLIP
    #[arg(long)]
    run: String,
    /// CLIP checkpoint for zero-shot (default: the project's)
    #[arg(long)]
    model: Option<String>,
    /// train, val or test (default: test, else val)
    #[arg(long)]
    split: Option<Split>,
    /// Write every score to a CSV file
    #[arg(long)]
    scores: Option<PathBuf>,
    /// A setting to score with, for example alpha=1
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Measure on another project, with its labels: how the run does on words that it never saw
    #[arg(long, value_name = "PROJECT")]
    on: Option<PathBuf>,
}

/// `demo`.
#[derive(Args, Debug)]
pub struct DemoArguments {
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
pub struct StarterArguments {
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

/// `model`.
#[derive(Subcommand, Debug)]
pub enum ModelCommand {
    /// Tell a checkpoint's layout and sizes
    Inspect {
        /// Folder or file
        path: PathBuf,
    },
}

impl Command {
    /// The request that a command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        Ok(match self {
            Self::Score(a) => Request::Score(score(a)?),
            Self::Project(ProjectCommand::Info { project }) => Request::ProjectInfo { project },
            Self::Project(ProjectCommand::New(a)) => Request::ProjectNew(ProjectNew {
                project: a.project,
                data: a.data,
                format: a.format,
                images: a.images,
                labels: a.labels,
                absent: match a.absent {
                    AbsentArgument::Negative => Absent::Negative,
                    AbsentArgument::Unknown => Absent::Unknown,
                },
                model: a.model,
            }),
            Self::Split(a) => {
                let (project, scheme) = (a.project.clone(), scheme(a)?);
                Request::Split(SplitRequest { project, scheme, seed })
            }
            Self::Train(a) => Request::Train(TrainRequest {
                project: a.project,
                stages: match a.stage {
                    StageArgument::One => Stages::One,
                    StageArgument::Two => Stages::Two,
                    StageArgument::Both => Stages::Both,
                    StageArgument::Joint => Stages::Joint,
                },
                model: a.model,
                from: a.from,
                resume: a.resume,
                config: a.config,
                set: a.set,
                seed,
                log_every: at_least_one("--log-every", a.log_every)?,
                checkpoint_every: a
                    .checkpoint_every
                    .map(|n| at_least_one("--checkpoint-every", n))
                    .transpose()?,
                watch: Vec::new(),
            }),
            Self::Evaluate(a) => Request::Evaluate(EvaluateRequest {
                project: a.project,
                run: a.run,
                model: a.model,
                split: a.split,
                scores: a.scores,
                set: a.set,
                on: a.on,
            }),
            Self::Demo(a) => Request::Demo(DemoRequest {
                out: a.out,
                quick: a.quick,
                seed,
                set: a.set,
            }),
            Self::Starter(a) => Request::Starter(StarterRequest {
                out: a.out,
                steps: at_least_one("--steps", a.steps)?,
                batch: at_least_one("--batch", a.batch)?,
                lr: a.lr,
                probe_every: at_least_one("--probe-every", a.probe_every)?,
                seed,
            }),
            Self::Model(ModelCommand::Inspect { path }) => Request::InspectModel { path },
            #[cfg(feature = "window")]
            Self::Open { .. } | Self::Bench(_) => Request::Doctor,
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

fn score(a: ScoreArguments) -> Result<ScoreRequest, Failure> {
    let labels: Vec<String> = a
        .labels
        .iter()
        .map(|l| l.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect();
    if labels.is_empty() {
        return Err(Failure::usage(
            "no label is given",
            "For example: --labels cat,dog,\"traffic light\"",
        ));
    }
    // The same names and ranges as a run's settings.
    let check = crate::train::settings::Settings {
        alpha: a.alpha,
        top_k: a.top_k,
        input_size: a.input_size,
        template: a.template.clone(),
        ..Default::default()
    };
    check.check()?;
    Ok(ScoreRequest {
        model: a.model,
        labels,
        images: a.images,
        template: a.template,
        alpha: a.alpha,
        top_k: a.top_k,
        preprocess: a.preprocess,
        patch_features: a.patch_features,
        input_size: a.input_size,
    })
}

fn scheme(a: SplitArguments) -> Result<Scheme, Failure> {
    Ok(match a.scheme {
        SchemeArgument::Random => match a.fractions.as_slice() {
            &[train, val, test] if [train, val, test].iter().all(|f| (0.0..=1.0).contains(f)) => Scheme::Random {
                fractions: [train, val, test],
            },
            _ => {
                return Err(Failure::usage(
                    "--fractions needs three numbers between 0 and 1",
                    "For example: --fractions 0.7,0.1,0.2 for train, val and test",
                ));
            }
        },
        SchemeArgument::Pareto if a.min > a.max || !(a.exponent.is_finite() && a.exponent > 0.0) => {
            return Err(Failure::usage(
                "pareto needs --min up to --max and an --exponent above 0",
                "For example: --max 100 --min 4 --exponent 6",
            ));
        }
        SchemeArgument::Pareto => Scheme::Pareto {
            max: a.max,
            min: a.min,
            exponent: a.exponent,
        },
        SchemeArgument::FewShot => Scheme::FewShot {
            shots: a
                .shots
                .filter(|shots| *shots > 0)
                .ok_or_else(|| Failure::usage("few-shot needs --shots, at least 1", "For example: --shots 4"))?,
        },
        SchemeArgument::List => {
            if a.train.is_none() && a.val.is_none() && a.test.is_none() {
                return Err(Failure::usage(
                    "list needs at least one of --train, --val and --test",
                    "For example: --train voc_lt_train.txt --test voc_lt_test.txt",
                ));
            }
            Scheme::List {
                train: a.train,
                val: a.val,
                test: a.test,
            }
        }
    })
}
