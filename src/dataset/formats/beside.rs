//! What lies in a folder beside the annotations that are read: files that nobody can read or understand, and lists of splits.

use super::collect::Findings;
use super::unreadable::{self, Kind};
use super::{Format, Progress, coco, csv, cvat, label_studio, list, split_lists, voc, yolo};
use crate::dataset::error::DatasetError;
use crate::dataset::model::Warning;
use std::path::{Path, PathBuf};

/// Looks at the annotation-like files of a folder that no importer takes. Returns those that can be read and hold nothing that is known.
///
/// # Errors
/// With file and line: one cannot be read that could hold the labels. `told`: the format was told from the data, not chosen.
pub(crate) fn examine(
    data: &Path,
    format: Format,
    told: bool,
    notices: &mut Vec<Warning>,
    progress: &mut Progress<'_>,
) -> Result<Vec<PathBuf>, DatasetError> {
    let mut unknown = Vec::new();
    if !data.is_dir() {
        return Ok(unknown);
    }
    for (path, kind) in unreadable::candidates(data, format) {
        if is_known(&path, kind) {
            if !told && format == Format::Folder && kind != Kind::Text {
                notices.push(Warning {
                    file: Some(path.display().to_string()),
                    ..Warning::new("not-read", "this file was left out: the pictures alone were chosen")
                });
            }
            continue;
        }
        match unreadable::check(&path, kind, progress) {
            Ok(()) if kind != Kind::Text => unknown.push(path),
            Ok(()) => {}
            Err(DatasetError::Cancelled) => return Err(DatasetError::Cancelled),
            // Lists of pictures alone have no names of labels; a class number that is in no such file is an error with its line.
            Err(DatasetError::Empty { .. }) if format == Format::List && list::is_label_file(&path) => {}
            Err(error) if kind.is_of(format) && (told || format != Format::Folder) => return Err(error),
            Err(error) => notices.push(Warning {
                file: Some(path.display().to_string()),
                ..Warning::new("not-read", format!("this file was left out: {error}"))
            }),
        }
    }
    Ok(unknown)
}

/// Whether a file begins as those of a format that is read.
fn is_known(path: &Path, kind: Kind) -> bool {
    match kind {
        Kind::Json => coco::looks_like_coco(path) || coco::head(path).is_ok_and(|head| label_studio::looks_like(&head)),
        Kind::Table => csv::looks_like_a_table(path) || csv::is_descriptions(path),
        Kind::Xml => voc::is_annotation(path) || cvat::is_annotations(path) || label_studio::is_config(path),
        Kind::Yaml => coco::head(path).is_ok_and(|head| yolo::looks_like_config(&String::from_utf8_lossy(&head))),
        Kind::Text => split_lists::says(path).is_some() || csv::is_counted_table(path),
    }
}

/// Takes the splits of lists beside annotations that say none.
///
/// # Errors
/// A list cannot be read.
pub(crate) fn splits(
    data: &Path,
    format: Format,
    found: &mut Findings,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let takes = [
        Format::Coco,
        Format::Csv,
        Format::Cvat,
        Format::Folder,
        Format::LabelStudio,
    ];
    if data.is_dir() && takes.contains(&format) {
        split_lists::assign(&split_lists::lists(data)?, found, progress)?;
    }
    Ok(())
}

/// A project without labels is not made in silence.
///
/// # Errors
/// There are no labels, nothing but the folders was to give some, and files that may hold some are not understood. `pictures_alone`: the
/// user wants the pictures whatever lies beside them.
pub(crate) fn no_labels(
    unknown: &[PathBuf],
    format: Format,
    pictures_alone: bool,
    found: &mut Findings,
) -> Result<(), DatasetError> {
    let labelled = found.entries.iter().any(|entry| !entry.positives.is_empty());
    match unknown.first() {
        Some(path) if !labelled && format == Format::Folder && !pictures_alone => {
            return Err(DatasetError::Layout {
                path: path.clone(),
                problem: "no labels were found, and this file is of no kind that is known (COCO, VOC, YOLO, CVAT, Label Studio, \
                          a table with a column of picture names); to import the pictures alone, choose the format \"folder\""
                    .to_owned(),
            });
        }
        Some(path) => {
            let text = format!("{} files beside the pictures hold nothing that is known", unknown.len());
            found.warnings.push(Warning {
                file: Some(path.display().to_string()),
                ..Warning::new("not-understood", text)
            });
        }
        None => {}
    }
    if !labelled {
        let text = "no picture has a label: nothing that is read here says one";
        found.warnings.push(Warning::new("no-labels", text));
    }
    Ok(())
}
