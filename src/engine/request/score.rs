//! Scoring and measuring: an untrained CLIP on pictures, a run on a split, a run on a whole project.

use crate::clip::vision::PatchFeatures;
use crate::dataset::model::Split;
use crate::dataset::preprocess::Mode;
use crate::eval::Rule;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    /// Whether something else of the run may stand in for what is damaged; the result then says so.
    #[serde(default)]
    pub allow_fallback: bool,
    /// Where to write the report: a page where it ends in `.html`, else a folder.
    #[serde(default)]
    pub report: Option<PathBuf>,
    /// Draws of the bootstrap; 0: no intervals.
    #[serde(default = "draws")]
    pub bootstrap: usize,
    /// Seed of the draws.
    #[serde(default)]
    pub seed: u64,
}

/// Draws of the bootstrap where none are asked for.
pub const DRAWS: usize = 1000;

fn draws() -> usize {
    DRAWS
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
            allow_fallback: false,
            report: None,
            bootstrap: DRAWS,
            seed: 0,
        }
    }
}

/// See [`Request::Thresholds`](super::Request::Thresholds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdsRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id.
    pub run: String,
    /// What the thresholds are chosen for.
    pub rule: Rule,
    /// Labels that get a threshold; empty: all.
    pub labels: Vec<String>,
    /// Validation pictures that a label needs for a threshold of its own.
    pub min_positives: usize,
}

/// See [`Request::Compare`](super::Request::Compare).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompareRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id or `zero-shot`.
    pub a: String,
    /// What it is compared with: another one.
    pub b: String,
    /// Unset: test, else val.
    pub split: Option<Split>,
    /// Draws of the bootstrap; 0: no intervals.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Flipped labels that are listed each way.
    pub flips: usize,
    /// See [`EvaluateRequest::allow_fallback`].
    #[serde(default)]
    pub allow_fallback: bool,
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
    /// See [`EvaluateRequest::allow_fallback`].
    #[serde(default)]
    pub allow_fallback: bool,
}
