//! Making, extending, mending and exporting projects.

use crate::dataset::formats::{ExportRequest, ImportRequest};
use crate::dataset::model::Split;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// See [`Request::ProjectNew`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProjectNew {
    /// The project's folder, to be made.
    pub project: PathBuf,
    /// What to import.
    pub import: ImportRequest,
    /// The project's model.
    pub model: Option<String>,
}

/// See [`Request::ProjectAdd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectAdd {
    /// The project's folder.
    pub project: PathBuf,
    /// What to import.
    pub import: ImportRequest,
    /// Tells the difference, and writes nothing.
    pub dry_run: bool,
}

/// See [`Request::Relink`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relink {
    /// The project's folder.
    pub project: PathBuf,
    /// Where the pictures were; unset: found out.
    pub from: Option<PathBuf>,
    /// Where they are now.
    pub to: PathBuf,
    /// Tells what would be found, and writes nothing.
    pub dry_run: bool,
}

/// See [`Request::Export`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportLabels {
    /// The project's folder.
    pub project: PathBuf,
    /// Format, place, and how pictures come along.
    pub export: ExportRequest,
    /// Only the pictures of these splits; empty: all.
    pub splits: Vec<Split>,
}

/// See [`Request::ExportXmp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportXmp {
    /// The project's folder.
    pub project: PathBuf,
    /// Only the pictures of these splits; empty: all.
    pub splits: Vec<Split>,
    /// `img.xmp` instead of `img.jpg.xmp`.
    pub stem: bool,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
}
