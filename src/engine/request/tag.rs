//! Tagging pictures, and what becomes of the tags.

use crate::dataset::preprocess::Mode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What gives labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TagSource {
    /// A tagger file.
    Tagger {
        /// The file.
        path: PathBuf,
    },
    /// A run of a project, or `zero-shot`.
    Run {
        /// The project's folder.
        project: PathBuf,
        /// The run.
        run: String,
        /// Whether something else of the run may stand in for what is damaged; the result then says so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        allow_fallback: bool,
    },
    /// An untrained CLIP with words.
    Words {
        /// Checkpoint: file, folder or known name; unset: the built-in one.
        model: Option<String>,
        /// Labels, in order.
        labels: Vec<String>,
        /// Templates, separated by `|`.
        template: String,
        /// How a picture becomes a square.
        preprocess: Mode,
    },
}

/// How tags are written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum TagWrite {
    /// A table.
    Csv {
        /// The file; unset: standard output.
        out: Option<PathBuf>,
        /// One line a picture instead of one a tag.
        wide: bool,
        /// Cells that a spreadsheet would take for a formula get a leading apostrophe.
        spreadsheet_safe: bool,
    },
    /// An array of pictures with their tags.
    Json {
        /// The file; unset: standard output.
        out: Option<PathBuf>,
    },
    /// COCO annotations without boxes.
    Coco {
        /// The file.
        out: PathBuf,
    },
    /// XMP sidecars beside the pictures.
    Xmp {
        /// `img.xmp` instead of `img.jpg.xmp`.
        stem: bool,
    },
    /// Pictures in a folder for each label.
    Folders {
        /// The folder of folders.
        out: PathBuf,
        /// Copies rather than hard links.
        copies: bool,
    },
}

impl TagWrite {
    /// Whether it goes to standard output.
    pub fn to_output(&self) -> bool {
        matches!(self, Self::Csv { out: None, .. } | Self::Json { out: None })
    }
}

/// See [`Request::Tag`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagRequest {
    /// What gives labels.
    pub source: TagSource,
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// How tags are written down.
    pub write: Vec<TagWrite>,
    /// One threshold for all labels; unset: each label's own.
    pub threshold: Option<f32>,
    /// Thresholds of single labels, by name; they go before the others.
    #[serde(default)]
    pub thresholds: BTreeMap<String, f32>,
    /// The same as the logarithm of odds, for labels whose probabilities are not calibrated and crowd next to 1; they go before both.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub log_odds: BTreeMap<String, f32>,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
    /// Events have the probability of every label and the patches behind it.
    pub evidence: bool,
    /// Goes on for new pictures in the folders until it is stopped.
    pub watch: bool,
    /// Does not go on with an interrupted batch.
    pub fresh: bool,
}

/// A picture with its labels and their probabilities; a label that a person gave has none.
pub type TaggedPicture = (PathBuf, Vec<(String, Option<f32>)>);

/// See [`Request::WriteTags`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WriteTags {
    /// Pictures with their labels.
    pub items: Vec<TaggedPicture>,
    /// How they are written down.
    pub write: Vec<TagWrite>,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
    /// Who gave the tags, for the record in sidecars.
    pub by: String,
}

/// See [`Request::RemoveTags`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoveTags {
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// Only sidecars named `img.xmp` (`true`) or `img.jpg.xmp` (`false`); unset: both.
    pub stem: Option<bool>,
    /// Tells what would be taken away, and writes nothing.
    pub dry_run: bool,
}
