//! Requests: what a job is asked to do.

use crate::clip::vision::PatchFeatures;
use crate::dataset::formats::Format;
use crate::dataset::model::{Absent, Split};
use crate::dataset::preprocess::Mode;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Request {
    /// Dual-view scores of an untrained CLIP.
    Score(ScoreRequest),
    /// Makes a project from data.
    ProjectNew(ProjectNew),
    /// What a project holds.
    ProjectInfo {
        /// The project's folder.
        project: PathBuf,
    },
    /// Makes splits.
    Split(SplitRequest),
    /// Trains one stage or both.
    Train(TrainRequest),
    /// Measures a model.
    Evaluate(EvaluateRequest),
    /// Scores all pictures of a project and keeps the results in it.
    Predict(PredictRequest),
    /// Draws the demo's pictures and makes its project, without training.
    DemoData(DemoRequest),
    /// Draws, trains and measures the demo.
    Demo(DemoRequest),
    /// What a checkpoint is.
    InspectModel {
        /// File or folder.
        path: PathBuf,
    },
    /// Checks the machine.
    Doctor,
    /// Trains the built-in model.
    Starter(StarterRequest),
}

impl Request {
    /// Whether the job computes with tensors, and so belongs on the chosen device.
    pub fn computes(&self) -> bool {
        matches!(
            self,
            Self::Score(_)
                | Self::Train(_)
                | Self::Evaluate(_)
                | Self::Doctor
                | Self::Starter(_)
                | Self::Demo(_)
                | Self::Predict(_)
        )
    }
}

/// See [`Request::Score`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreRequest {
    /// Checkpoint: file, folder or known name.
    pub model: Option<String>,
    /// Labels, in order.
    pub labels: Vec<String>,
    /// Pictures, in order.
    pub images: Vec<PathBuf>,
    /// Templates, separated by `|`.
    pub template: String,
    /// Weight of the global view.
    pub alpha: f64,
    /// K; unset: scaled to the grid.
    pub top_k: Option<usize>,
    /// How a picture becomes a square.
    pub preprocess: Mode,
    /// Where patch features come from.
    pub patch_features: PatchFeatures,
    /// Side of the input; unset: the checkpoint's.
    pub input_size: Option<usize>,
}

/// See [`Request::ProjectNew`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProjectNew {
    /// The project's folder, to be made.
    pub project: PathBuf,
    /// Data to import.
    pub data: PathBuf,
    /// Its format.
    pub format: Format,
    /// Where pictures are, if not beside the data.
    pub images: Option<PathBuf>,
    /// Label file of a list.
    pub labels: Option<PathBuf>,
    /// What an absent label means.
    pub absent: Absent,
    /// The project's model.
    pub model: Option<String>,
}

/// See [`Request::Split`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SplitRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// How.
    pub scheme: Scheme,
    /// Seed of the random schemes.
    pub seed: u64,
}

/// How splits are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case")]
pub enum Scheme {
    /// Random, stratified by label.
    Random {
        /// Shares of train, val and test.
        fractions: [f64; 3],
    },
    /// A long tail cut from the training pictures.
    Pareto {
        /// Positives of the most frequent class.
        max: usize,
        /// Positives of the rarest class.
        min: usize,
        /// Exponent of the Pareto curve.
        exponent: f64,
    },
    /// K positives a class, as few pictures as possible.
    FewShot {
        /// K.
        shots: usize,
    },
    /// From list files.
    List {
        /// Training pictures.
        train: Option<PathBuf>,
        /// Validation pictures.
        val: Option<PathBuf>,
        /// Test pictures.
        test: Option<PathBuf>,
    },
}

/// Which stages to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stages {
    /// Dual-view alignment.
    #[serde(rename = "1")]
    One,
    /// Prompt tuning.
    #[serde(rename = "2")]
    Two,
    /// One after the other, as two runs.
    Both,
    /// Student and prompts together, as one run.
    Joint,
}

/// See [`Request::Train`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// What to train.
    pub stages: Stages,
    /// Checkpoint; unset: the parent run's, else the project's.
    pub model: Option<String>,
    /// Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// Run to go on with.
    pub resume: Option<String>,
    /// Settings file.
    pub config: Option<PathBuf>,
    /// `key=value` settings.
    pub set: Vec<String>,
    /// Seed of all random choices.
    pub seed: u64,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Steps between checkpoints; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Ids of pictures whose evidence is kept after each epoch; empty: four are chosen.
    #[serde(default)]
    pub watch: Vec<i64>,
}

/// See [`Request::Predict`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PredictRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id or `zero-shot`.
    pub run: String,
    /// Checkpoint of `zero-shot`; unset: the project's.
    pub model: Option<String>,
}

/// See [`Request::Demo`] and [`Request::DemoData`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoRequest {
    /// A new folder; unset: `patchlight-demo` where the program runs.
    pub out: Option<PathBuf>,
    /// Fewer pictures and epochs.
    pub quick: bool,
    /// Seed of pictures and training.
    pub seed: u64,
    /// `key=value` settings over the demo's.
    pub set: Vec<String>,
}

/// See [`Request::Starter`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StarterRequest {
    /// Folder of checkpoints, curve and finished model.
    pub out: PathBuf,
    /// Steps.
    pub steps: usize,
    /// Scenes a step.
    pub batch: usize,
    /// Peak learning rate of the image tower.
    pub lr: f64,
    /// Steps between checkpoints and probes.
    pub probe_every: usize,
    /// Seed of weights and scenes.
    pub seed: u64,
}

/// See [`Request::Evaluate`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EvaluateRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id or `zero-shot`.
    pub run: String,
    /// Checkpoint of `zero-shot`; unset: the project's.
    pub model: Option<String>,
    /// Unset: test, else val.
    pub split: Option<Split>,
    /// Where to write every score.
    pub scores: Option<PathBuf>,
    /// `key=value` settings over the run's.
    pub set: Vec<String>,
    /// Another project, whose pictures and labels are scored with this project's run.
    #[serde(default)]
    pub on: Option<PathBuf>,
}

impl EvaluateRequest {
    /// Measures `run` as it is on the test split.
    pub fn on_test(project: &Path, run: &str) -> Self {
        Self {
            project: project.to_owned(),
            run: run.to_owned(),
            model: None,
            split: Some(Split::Test),
            scores: None,
            set: Vec::new(),
            on: None,
        }
    }
}
