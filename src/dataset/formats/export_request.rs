//! What is exported and how, and what an export tells: shared by the export itself and the formats' writers.

use super::{Format, TableShape};
use crate::dataset::model::Warning;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How pictures come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PicturesAs {
    /// Not at all: they are named, and stay where they are.
    Named,
    /// As copies.
    Copies,
    /// As hard links where the disk allows it, else as copies: no space is taken.
    Links,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// The format.
    pub format: Format,
    /// A new folder, or a new file where the format needs only one and the name ends as its files do.
    pub out: PathBuf,
    /// How pictures come along; unset: as the format needs it.
    pub pictures: Option<PicturesAs>,
    /// The shape of a table.
    pub table: TableShape,
    /// Cells of a table that a spreadsheet would take for a formula get a leading apostrophe. They are then not the same when they are
    /// read back.
    pub spreadsheet_safe: bool,
    /// Whether what stands at `out` may be replaced.
    pub replace: bool,
}

impl ExportRequest {
    /// Writes `format` to `out`, everything else as usual.
    pub fn new(format: Format, out: &Path) -> Self {
        Self {
            format,
            out: out.to_owned(),
            pictures: None,
            table: TableShape::Wide,
            spreadsheet_safe: false,
            replace: false,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportReport {
    /// Pictures.
    pub images: usize,
    /// Labels.
    pub labels: usize,
    /// Positive image-label pairs.
    pub annotations: usize,
    /// Files written, pictures left out.
    pub files: usize,
    /// What the format could not say, and whatever else the user should know.
    pub warnings: Vec<Warning>,
}

/// Whether this request makes one file: its format can be one, and `out` ends as such files do.
pub fn single_file(request: &ExportRequest) -> bool {
    let end = request
        .out
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let wanted = match request.format {
        Format::Coco | Format::LabelStudio => "json",
        Format::Csv => "csv",
        Format::Cvat => "xml",
        _ => return false,
    };
    end.as_deref() == Some(wanted) && request.pictures.is_none_or(|p| p == PicturesAs::Named)
}

/// How pictures come along.
pub fn pictures_as(request: &ExportRequest) -> PicturesAs {
    request.pictures.unwrap_or(match request.format {
        // Their readers find a picture only at its place in the folder.
        Format::Folder | Format::Yolo | Format::Voc => PicturesAs::Links,
        _ => PicturesAs::Named,
    })
}
