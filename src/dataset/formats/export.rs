//! Writing a data set: what the format cannot express is refused before anything is written, and what is written appears whole
//! or not at all.

use super::losses::with_number;
use super::{Format, Progress, TableShape, cvat, label_studio, voc, yolo};
use crate::dataset::error::DatasetError;
use crate::dataset::files::absolute;
use crate::dataset::model::{Dataset, Picture, Warning};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// How pictures come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Where an export is made before it appears.
pub struct Staging<'a> {
    /// The folder to write into; for a single file, the file.
    pub path: PathBuf,
    /// The request.
    pub request: &'a ExportRequest,
    /// How pictures come along.
    pub pictures: PicturesAs,
    /// What was written so far.
    pub report: ExportReport,
    taken: HashSet<PathBuf>,
}

impl Staging<'_> {
    /// Whether the export is one file rather than a folder.
    pub fn is_file(&self) -> bool {
        single_file(self.request)
    }

    /// Writes a file of the export, at a path below the folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, relative: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
        let path = if self.is_file() {
            self.path.clone()
        } else {
            self.path.join(relative)
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(DatasetError::io(folder))?;
        }
        std::fs::write(&path, bytes).map_err(DatasetError::io(&path))?;
        self.report.files += 1;
        Ok(())
    }

    /// Begins a file of the export, at a path below the folder, for content that need not be in memory at once.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(&mut self, relative: &Path) -> Result<Output, DatasetError> {
        let path = if self.is_file() {
            self.path.clone()
        } else {
            self.path.join(relative)
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(DatasetError::io(folder))?;
        }
        let file = BufWriter::new(File::create(&path).map_err(DatasetError::io(&path))?);
        self.report.files += 1;
        Ok(Output { file, path })
    }

    /// Brings a picture along, below `folder` in the export, and returns its path there, relative to `folder`. Pictures that are only
    /// named are not touched.
    ///
    /// # Errors
    /// The picture cannot be read, or its copy not written.
    pub fn picture(&mut self, folder: &Path, picture: &Picture) -> Result<PathBuf, DatasetError> {
        self.picture_as(folder, picture, safe_name(&picture.name))
    }

    /// As [`picture`](Self::picture), under a name of the caller's choice, which stays below the folder.
    ///
    /// # Errors
    /// As [`picture`](Self::picture).
    pub fn picture_as(&mut self, folder: &Path, picture: &Picture, name: PathBuf) -> Result<PathBuf, DatasetError> {
        if self.pictures == PicturesAs::Named {
            return Ok(name);
        }
        let mut relative = name.clone();
        for n in 2.. {
            // What is there already may be a link to another picture, where the file system does not tell upper from lower case.
            let target = self.path.join(folder).join(&relative);
            if self.taken.insert(folder.join(&relative)) && target.symlink_metadata().is_err() {
                break;
            }
            relative = with_number(&name, n);
        }
        let target = self.path.join(folder).join(&relative);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(DatasetError::io(parent))?;
        }
        // A link to a link would move with it, so the file itself is taken.
        let source = picture.path.canonicalize().map_err(DatasetError::io(&picture.path))?;
        let linked = self.pictures == PicturesAs::Links && std::fs::hard_link(&source, &target).is_ok();
        if !linked {
            std::fs::copy(&source, &target).map_err(DatasetError::io(&source))?;
        }
        Ok(relative)
    }
}

/// A file of an export that is being written.
pub struct Output {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Output {
    /// Adds a text.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, text: &str) -> Result<(), DatasetError> {
        self.file
            .write_all(text.as_bytes())
            .map_err(DatasetError::io(&self.path))
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<(), DatasetError> {
        self.file.flush().map_err(DatasetError::io(&self.path))
    }
}

/// A picture's name as a path that stays below a folder: no root, no `..`.
pub fn safe_name(name: &str) -> PathBuf {
    let kept: PathBuf = Path::new(name)
        .components()
        .filter(|c| matches!(c, Component::Normal(_)))
        .collect();
    if kept.as_os_str().is_empty() {
        PathBuf::from("picture")
    } else {
        kept
    }
}

/// Whether this request makes one file: its format can be one, and `out` ends as such files do.
pub(super) fn single_file(request: &ExportRequest) -> bool {
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

/// How pictures come along where nothing was asked for.
fn usual_pictures(format: Format) -> PicturesAs {
    match format {
        // Their readers find a picture only at its place in the folder.
        Format::Folder | Format::Yolo | Format::Voc => PicturesAs::Links,
        _ => PicturesAs::Named,
    }
}

/// Writes a data set. Pictures are read at most, never changed.
///
/// # Errors
/// The format cannot express the data ([`DatasetError::Inexpressible`]; nothing was written), `out` is taken, something cannot be
/// written, or `progress` stopped it.
pub fn export(
    dataset: &Dataset,
    request: &ExportRequest,
    progress: &mut Progress<'_>,
) -> Result<ExportReport, DatasetError> {
    let out = absolute(&request.out)?;
    let request = &ExportRequest {
        out: out.clone(),
        ..request.clone()
    };
    let empty = || std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_none());
    if out.symlink_metadata().is_ok() && !request.replace && !empty() {
        return Err(DatasetError::Exists { path: out });
    }
    let warnings = check(dataset, request)?;
    let parent = out.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent).map_err(DatasetError::io(parent))?;
    let staged = tempfile::Builder::new()
        .prefix(".patchlight-export-")
        .tempdir_in(parent)
        .map_err(DatasetError::io(parent))?;
    let path = staged.path().join("new");
    let mut staging = Staging {
        path: path.clone(),
        request,
        pictures: request.pictures.unwrap_or(usual_pictures(request.format)),
        report: ExportReport {
            images: dataset.pictures.len(),
            labels: dataset.labels.len(),
            annotations: dataset.pictures.iter().map(|p| p.positives.len()).sum(),
            files: 0,
            warnings,
        },
        taken: HashSet::new(),
    };
    if !staging.is_file() {
        std::fs::create_dir(&path).map_err(DatasetError::io(&path))?;
    }
    write(dataset, &mut staging, progress)?;
    let report = staging.report;
    if progress(report.images, report.images).is_break() {
        return Err(DatasetError::Cancelled);
    }
    // What stood there is moved aside first and only then removed, so that a kill leaves the old or the new.
    let old = staged.path().join("old");
    let replaced = out.symlink_metadata().is_ok();
    if replaced {
        std::fs::rename(&out, &old).map_err(DatasetError::io(&out))?;
    }
    if let Err(source) = std::fs::rename(&path, &out) {
        if replaced && let Err(error) = std::fs::rename(&old, &out) {
            tracing::error!(%error, "what stood at the export's place could not be moved back");
            // It must not go with the temporary folder.
            let _ = staged.keep();
        }
        return Err(DatasetError::Io { path: out, source });
    }
    crate::support::atomic::sync_folder(parent);
    Ok(report)
}

/// Refuses what the format cannot express; tells what it will lose.
fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    match request.format {
        Format::Voc => voc::check(dataset, request),
        Format::Yolo => yolo::check(dataset, request),
        Format::Cvat => cvat::check(dataset, request),
        Format::LabelStudio => label_studio::check(dataset, request),
        _ => Err(unwritable(request)),
    }
}

fn write(dataset: &Dataset, staging: &mut Staging<'_>, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    match staging.request.format {
        Format::Voc => voc::write(dataset, staging, progress),
        Format::Yolo => yolo::write(dataset, staging, progress),
        Format::Cvat => cvat::write(dataset, staging, progress),
        Format::LabelStudio => label_studio::write(dataset, staging, progress),
        _ => Err(unwritable(staging.request)),
    }
}

fn unwritable(request: &ExportRequest) -> DatasetError {
    DatasetError::Layout {
        path: request.out.clone(),
        problem: format!("{} cannot be written", request.format.title()),
    }
}
