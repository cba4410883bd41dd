//! Entries of what is listed: models, labels, runs, checks, warnings of an import.

use crate::engine::Stage;
use serde::{Deserialize, Serialize};

/// A model in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// What `--model` takes.
    pub name: String,
    /// For people.
    pub title: String,
    /// In one sentence.
    pub good_for: String,
    /// Of the weights.
    pub licence: String,
    /// Bytes on the disk, or about how many the download has.
    pub bytes: u64,
    /// Whether it has a text tower: a CLIP, not an image model alone.
    pub clip: bool,
    /// Side of the input in pixels; 0 where it is not known.
    pub image_size: usize,
    /// Side of a patch in pixels; 0 where it is not known.
    pub patch: usize,
    /// Where it is, if it is here.
    pub path: Option<String>,
    /// Files for which the source declares no checksum.
    pub unverified: Vec<String>,
}

/// A warning of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportWarning {
    /// A stable word for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// The line it is about.
    pub line: Option<usize>,
}

/// Positives of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelCounts {
    /// The label.
    pub label: String,
    /// In the training split.
    pub train: usize,
    /// In the validation split.
    pub val: usize,
    /// In the test split.
    pub test: usize,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub run: String,
    /// Which stage.
    pub stage: Stage,
    /// `running`, `stopped`, `interrupted`, `failed` or `done`.
    pub state: String,
    /// What a person calls its training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A check of `doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// Numbers or the reason.
    pub detail: String,
}
