//! Data sets on disk, in and out: which format, the common way from any format to a [`Dataset`], a look before anything is
//! imported, and the way back.
//!
//! Each format has a module with `read` (to [`collect::Findings`]) and, where it can be written, `check` (refuses what the format
//! cannot express, before anything is written) and `write`.

mod beside;
mod bounds;
mod coco;
mod collect;
mod content;
mod csv;
mod cvat;
mod detect;
mod encoding;
mod export;
mod export_request;
mod folder;
mod gather;
mod label_studio;
pub mod lines;
mod list;
mod locate;
mod lookup;
mod losses;
mod meter;
mod preview;
mod split_lists;
mod staging;
#[cfg(test)]
mod tests;
mod text;
mod trouble;
mod unreadable;
mod valid;
mod voc;
mod watched;
mod written;
mod xml;
mod yolo;

pub use export::export;
pub use export_request::{ExportReport, ExportRequest, PicturesAs};
pub use preview::{Preview, PreviewRow, preview};

use super::error::DatasetError;
use super::files::absolute;
use super::model::{Absent, Dataset, ImportReport};
use collect::Findings;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What stands for no split where pictures with and without one lie side by side: the name of a folder, and of a list.
pub const NO_SPLIT: &str = "no-split";

/// How labels are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Told from the content.
    #[default]
    Auto,
    /// COCO instance annotations (JSON).
    Coco,
    /// Pascal VOC: an XML file for each picture.
    Voc,
    /// YOLO: a text file for each picture, with boxes or class numbers alone.
    Yolo,
    /// A table: a column for each label, a column of labels, or a line for each label.
    Csv,
    /// Lists of `path id id ..`.
    List,
    /// A folder for each label.
    Folder,
    /// Label Studio's JSON export.
    LabelStudio,
    /// CVAT's "CVAT for images" XML export.
    Cvat,
    /// A project of this program.
    Project,
}

impl Format {
    /// All formats, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Auto,
        Self::Coco,
        Self::Voc,
        Self::Yolo,
        Self::Csv,
        Self::List,
        Self::Folder,
        Self::LabelStudio,
        Self::Cvat,
        Self::Project,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Coco => "coco",
            Self::Voc => "voc",
            Self::Yolo => "yolo",
            Self::Csv => "csv",
            Self::List => "list",
            Self::Folder => "folder",
            Self::LabelStudio => "label-studio",
            Self::Cvat => "cvat",
            Self::Project => "project",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Auto => "Find out",
            Self::Coco => "COCO",
            Self::Voc => "Pascal VOC",
            Self::Yolo => "YOLO",
            Self::Csv => "Table (CSV)",
            Self::List => "Lists",
            Self::Folder => "A folder for each label",
            Self::LabelStudio => "Label Studio",
            Self::Cvat => "CVAT",
            Self::Project => "Patchlight project",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| {
                let names: Vec<&str> = Self::ALL.iter().map(|f| f.name()).collect();
                format!("{text} is no format; use one of {}", names.join(", "))
            })
    }
}

/// The shapes of a table of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TableShape {
    /// `filename,cat,dog` with 1, 0 or nothing (not known).
    Wide,
    /// `filename,labels` with `cat|dog`.
    Joined,
    /// `filename,label` or `filename,label,score`: a line for each label.
    Long,
}

/// What the columns of a table mean; whatever is unset is told from the header and the content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Columns {
    /// How labels lie in the table.
    pub shape: Option<TableShape>,
    /// Column of file names.
    pub image: Option<String>,
    /// Column of labels (joined and long tables); `a + b` where two have labels.
    pub labels: Option<String>,
    /// Column of labels that are not there (joined tables).
    pub negatives: Option<String>,
    /// Column of scores (long tables).
    pub score: Option<String>,
    /// Column of splits.
    pub split: Option<String>,
    /// What stands between the labels of a joined table.
    pub separator: Option<char>,
    /// From which score on a label counts (long tables); unset: 0.5.
    pub threshold: Option<f64>,
    /// What is added to a name to make that of a file, such as `_green.png` where an id has several files.
    pub suffix: Option<String>,
}

/// When the content of pictures is looked at for copies (their headers always are).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contents {
    /// During the import.
    #[default]
    Now,
    /// Later, by a check of the project.
    Later,
}

/// What to import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// An annotation file, or a folder.
    pub data: PathBuf,
    /// The format of `data`.
    pub format: Format,
    /// Where the pictures are; the usual places around `data` otherwise.
    pub images: Option<PathBuf>,
    /// File of label names (`name id` a line), for lists and YOLO.
    pub labels: Option<PathBuf>,
    /// What it means that a picture does not mention a label.
    pub absent: Absent,
    /// What the columns of a table mean.
    #[serde(default)]
    pub columns: Columns,
    /// When copies are looked for.
    #[serde(default)]
    pub contents: Contents,
    /// The first annotation file that cannot be read stops the import; otherwise a few of many are only listed.
    #[serde(default)]
    pub strict: bool,
}

impl ImportRequest {
    /// Imports `data`, everything else told from it.
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            format: Format::Auto,
            images: None,
            labels: None,
            absent: Absent::default(),
            columns: Columns::default(),
            contents: Contents::default(),
            strict: false,
        }
    }
}

/// Hears how far the work is, and may stop it: first, for formats with one file of annotations, kilobytes read and in all; then
/// pictures read and in all (0 while that is not known).
pub type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// Imports a set. Sources are only read. Whatever cannot be used is in the report: listed, counted and explained.
///
/// # Errors
/// The data cannot be read or understood, hold no usable picture, or `progress` stopped the import
/// ([`DatasetError::Cancelled`]).
pub fn import(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<(Dataset, ImportReport), DatasetError> {
    let (request, _, found) = read(request, progress)?;
    found.finish(&request, progress)
}

/// What the source says, before any picture is opened: the request with absolute paths, the format, the findings.
fn read(
    request: &ImportRequest,
    progress: &mut Progress<'_>,
) -> Result<(ImportRequest, Format, Findings), DatasetError> {
    let data = absolute(&request.data)?;
    let about = std::fs::metadata(&data).map_err(DatasetError::io(&data))?;
    if !about.is_file() && !about.is_dir() {
        return Err(DatasetError::NotAFile { path: data });
    }
    let images = request.images.as_deref().map(absolute).transpose()?;
    if let Some(images) = &images {
        let about = std::fs::metadata(images).map_err(DatasetError::io(images))?;
        if !about.is_dir() {
            let problem = "a folder of pictures was expected here".to_owned();
            return Err(DatasetError::Layout {
                path: images.clone(),
                problem,
            });
        }
    }
    let request = ImportRequest {
        data,
        images,
        ..request.clone()
    };
    let mut notices = Vec::new();
    let told = request.format == Format::Auto;
    let format = match request.format {
        Format::Auto => detect::format(&request.data, &mut notices)?,
        chosen => chosen,
    };
    let unknown = beside::examine(&request.data, format, told, &mut notices, progress)?;
    let mut found = match format {
        Format::Coco => coco::read(&request, progress)?,
        Format::Csv => match label_studio::read_table(&request, progress)? {
            Some(found) => found,
            None => csv::read(&request, progress)?,
        },
        Format::List => list::read(&request, progress)?,
        Format::Folder => folder::read(&request, progress)?,
        Format::Voc => voc::read(&request, progress)?,
        Format::Yolo => yolo::read(&request, progress)?,
        Format::Cvat => cvat::read(&request, progress)?,
        Format::LabelStudio => label_studio::read(&request, progress)?,
        Format::Auto | Format::Project => {
            let problem = format!("{} cannot be read from here", format.title());
            return Err(DatasetError::Layout {
                path: request.data,
                problem,
            });
        }
    };
    found.warnings.splice(0..0, notices);
    beside::splits(&request.data, format, &mut found, progress)?;
    beside::no_labels(&unknown, format, !told, &mut found)?;
    Ok((request, format, found))
}
