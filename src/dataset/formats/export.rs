//! Writing a data set: what the format cannot express is refused before anything is written, and what is written appears whole
//! or not at all.

use super::export_request::{ExportReport, ExportRequest, PicturesAs, pictures_as, single_file};
use super::staging::Staging;
use super::{Format, Progress, coco, csv, cvat, folder, label_studio, list, valid, voc, yolo};
use crate::dataset::decode::recognise;
use crate::dataset::error::DatasetError;
use crate::dataset::files::absolute;
use crate::dataset::model::{Dataset, Picture, Warning};
use crate::support::leftovers;
use rayon::prelude::*;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Writes a data set. Pictures are read at most, never changed: hard links share them, and nothing is ever written through what
/// stands at a path. `out` may be a symbolic link only where it may be replaced; then the link goes and its target stays.
///
/// A kill leaves what stood at `out`, or the new. Where a folder replaces a folder there is a moment between two renames in which a kill
/// leaves the old one in `.patchlight-..` beside `out`.
///
/// # Errors
/// The format cannot express the data ([`DatasetError::Inexpressible`]; nothing was written), `out` is taken or is not replaced
/// because pictures of the data lie in it, something cannot be written, or `progress` stopped it. Nothing of the new is at
/// `out` then, and what stood there still does.
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
    let there = place(dataset, request)?;
    let (dataset, refused) = only_pictures(dataset, request)?;
    let dataset = &*dataset;
    let mut warnings = valid::check(dataset, request)?;
    warnings.extend(refused);
    warnings.extend(check(dataset, request)?);
    let parent = out.parent().unwrap_or(Path::new("/"));
    let mut made = Made::new(parent);
    std::fs::create_dir_all(parent).map_err(DatasetError::io(parent))?;
    let staged = leftovers::Folder::new(parent).map_err(DatasetError::io(parent))?;
    let path = staged.path().join("new");
    let report = ExportReport {
        images: dataset.pictures.len(),
        labels: dataset.labels.len(),
        annotations: dataset.pictures.iter().map(|p| p.positives.len()).sum(),
        files: 0,
        warnings,
    };
    let mut staging = Staging::new(path.clone(), request, pictures_as(request), report);
    if !staging.is_file() {
        std::fs::create_dir(&path).map_err(DatasetError::io(&path))?;
    }
    write(dataset, &mut staging, progress)?;
    let report = staging.report;
    if progress(report.images, report.images).is_break() {
        return Err(DatasetError::Cancelled);
    }
    // A folder cannot be renamed over a full one: what stands there is moved aside first and only then removed.
    let old = staged.path().join("old");
    let aside = there
        && out
            .symlink_metadata()
            .is_ok_and(|about| about.is_dir() || path.is_dir());
    if aside {
        std::fs::rename(&out, &old).map_err(DatasetError::io(&out))?;
    }
    if let Err(source) = std::fs::rename(&path, &out) {
        if aside && let Err(error) = std::fs::rename(&old, &out) {
            tracing::error!(%error, "what stood at the export's place could not be moved back");
            // It must not go with the temporary folder.
            let _ = staged.keep();
        }
        return Err(DatasetError::Io { path: out, source });
    }
    made.0.clear();
    crate::support::atomic::sync_folder(parent);
    Ok(report)
}

/// Leaves out what is no picture by its content, with a word for each: data that came from elsewhere may name any file of this machine,
/// and a copy of it would be given away with the pictures. Files that are only named are not looked at.
fn only_pictures<'a>(
    dataset: &'a Dataset,
    request: &ExportRequest,
) -> Result<(Cow<'a, Dataset>, Vec<Warning>), DatasetError> {
    if pictures_as(request) == PicturesAs::Named {
        return Ok((Cow::Borrowed(dataset), Vec::new()));
    }
    let look = |picture: &Picture| match recognise(&picture.path) {
        // A file that cannot be read is an error when its turn comes: it may be back by then.
        Ok(()) | Err(DatasetError::Io { .. }) => None,
        Err(error) => Some(error.to_string()),
    };
    let reasons: Vec<Option<String>> = dataset.pictures.par_iter().map(look).collect();
    let refused: Vec<Warning> = dataset
        .pictures
        .iter()
        .zip(&reasons)
        .filter_map(|(picture, reason)| {
            Some(Warning {
                file: Some(picture.path.display().to_string()),
                ..Warning::new("refused", format!("left out: {}", reason.as_ref()?))
            })
        })
        .collect();
    let Some(first) = reasons.iter().flatten().next() else {
        return Ok((Cow::Borrowed(dataset), Vec::new()));
    };
    if refused.len() == dataset.pictures.len() {
        return Err(DatasetError::NoneReadable {
            path: request.out.clone(),
            count: refused.len(),
            first: first.clone(),
        });
    }
    let mut kept = dataset.clone();
    let mut reasons = reasons.iter();
    kept.pictures.retain(|_| reasons.next().is_some_and(Option::is_none));
    Ok((Cow::Owned(kept), refused))
}

/// Whether something stands at `out` that will be replaced.
fn place(dataset: &Dataset, request: &ExportRequest) -> Result<bool, DatasetError> {
    let out = &request.out;
    let Ok(about) = out.symlink_metadata() else {
        return Ok(false);
    };
    let empty = about.is_dir() && std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    let file = single_file(request);
    if !request.replace && (!empty || file) {
        return Err(DatasetError::Exists { path: out.clone() });
    }
    let refuse = |problem: String| {
        Err(DatasetError::NotReplaced {
            path: out.clone(),
            problem,
        })
    };
    if about.is_dir() && file {
        return refuse("it is a folder, and the export is one file".to_owned());
    }
    if about.is_symlink() {
        return Ok(true);
    }
    // Whatever the user allows, source pictures are not removed.
    let real = out.canonicalize().map_err(DatasetError::io(out))?;
    let inside = |path: &Path| {
        let linked = path.canonicalize().is_ok_and(|path| path.starts_with(&real));
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        linked || folder.is_some_and(|folder| folder.join(path.file_name().unwrap_or_default()).starts_with(&real))
    };
    match dataset.pictures.iter().find(|picture| inside(&picture.path)) {
        Some(picture) => refuse(format!("the picture {} of the data lies there", picture.path.display())),
        None => Ok(true),
    }
}

/// Folders above an export that were made for it; they go again if it fails.
struct Made(Vec<PathBuf>);

impl Made {
    fn new(parent: &Path) -> Self {
        let missing = parent
            .ancestors()
            .take_while(|folder| folder.symlink_metadata().is_err());
        Self(missing.map(Path::to_path_buf).collect())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Only if nobody put anything there.
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Refuses what the format cannot express; tells what it will lose.
fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    match request.format {
        Format::Coco => coco::check(dataset, request),
        Format::Csv => csv::check(dataset, request),
        Format::List => list::check(dataset, request),
        Format::Folder => folder::check(dataset, request),
        Format::Voc => voc::check(dataset, request),
        Format::Yolo => yolo::check(dataset, request),
        Format::Cvat => cvat::check(dataset, request),
        Format::LabelStudio => label_studio::check(dataset, request),
        Format::Auto | Format::Project => Err(unwritable(request)),
    }
}

fn write(dataset: &Dataset, staging: &mut Staging<'_>, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    match staging.request.format {
        Format::Coco => coco::write(dataset, staging, progress),
        Format::Csv => csv::write(dataset, staging, progress),
        Format::List => list::write(dataset, staging, progress),
        Format::Folder => folder::write(dataset, staging, progress),
        Format::Voc => voc::write(dataset, staging, progress),
        Format::Yolo => yolo::write(dataset, staging, progress),
        Format::Cvat => cvat::write(dataset, staging, progress),
        Format::LabelStudio => label_studio::write(dataset, staging, progress),
        Format::Auto | Format::Project => Err(unwritable(staging.request)),
    }
}

fn unwritable(request: &ExportRequest) -> DatasetError {
    DatasetError::Layout {
        path: request.out.clone(),
        problem: format!("{} cannot be written", request.format.title()),
    }
}
