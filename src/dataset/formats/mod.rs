//! Importing pictures with labels: which format, and the common way from any format to a [`Dataset`].

mod coco;
mod collect;
mod content;
mod detect;
mod folder;
pub mod lines;
mod list;
#[cfg(test)]
mod tests;

use super::error::DatasetError;
use super::files::absolute;
use super::model::{Absent, Dataset, ImportReport};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How labels are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Told from the content.
    #[default]
    Auto,
    /// COCO instance annotations (JSON).
    Coco,
    /// Lists of `path id id ..`.
    List,
    /// A folder for each label.
    Folder,
}

impl Format {
    const ALL: [Self; 4] = [Self::Auto, Self::Coco, Self::List, Self::Folder];

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Coco => "coco",
            Self::List => "list",
            Self::Folder => "folder",
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
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| format!("{text} is no format that can be read; use auto, coco, list or folder"))
    }
}

/// What to import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRequest {
    /// An annotation file, or a folder.
    pub data: PathBuf,
    /// The format of `data`.
    pub format: Format,
    /// Where the pictures are; the usual places around `data` otherwise.
    pub images: Option<PathBuf>,
    /// File of label names (`name id` a line), for lists.
    pub labels: Option<PathBuf>,
    /// What it means that a picture does not mention a label.
    pub absent: Absent,
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
        }
    }
}

/// Hears of pictures read and pictures in all (0 while that is not known), and may stop the work.
pub type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// Imports a set. Sources are only read. Whatever cannot be used is in the report: listed, counted and explained.
///
/// # Errors
/// The data cannot be read or understood, hold no usable picture, or `progress` stopped the import
/// ([`DatasetError::Cancelled`]).
pub fn import(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<(Dataset, ImportReport), DatasetError> {
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
    let format = match request.format {
        Format::Auto => detect::format(&request.data, &mut notices)?,
        chosen => chosen,
    };
    let mut found = match format {
        Format::Coco => coco::read(&request, progress)?,
        Format::List => list::read(&request, progress)?,
        Format::Folder | Format::Auto => folder::read(&request, progress)?,
    };
    found.warnings.splice(0..0, notices);
    found.finish(&request, progress)
}
