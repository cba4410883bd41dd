//! What an export leaves out, in words and numbers, and names that files can have.

use super::staging::safe_name;
use crate::dataset::error::DatasetError;
use crate::dataset::files::{is_picture_name, slashed};
use crate::dataset::model::{BoxAnnotation, Dataset, LabelDetails, Picture, Warning};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

/// What a format can say beside the labels that are there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Says {
    /// That a label is not there.
    pub negatives: bool,
    /// That a label is not known.
    pub unknowns: bool,
    /// Where an object is that may be one of a label.
    pub unknown_boxes: bool,
}

/// Whether a box is written: its label is on the picture, or may be where the format can say so.
pub(crate) fn is_written(annotation: &BoxAnnotation, picture: &Picture, says: Says) -> bool {
    picture.positives.contains(&annotation.label)
        || (says.unknown_boxes && picture.unknowns.contains(&annotation.label))
}

/// Tells what `format` will leave out of a set.
pub(crate) fn warnings(dataset: &Dataset, format: &str, says: Says) -> Vec<Warning> {
    let (mut negatives, mut unknowns, mut boxes) = (0, 0, 0);
    for picture in &dataset.pictures {
        negatives += picture.negatives.len();
        unknowns += picture.unknowns.len();
        let left_out = picture.boxes.iter().filter(|b| !is_written(b, picture, says));
        boxes += left_out.count();
    }
    let details = dataset.details.iter().filter(|d| **d != LabelDetails::default());
    let details = details.count();
    let lines = [
        (
            if says.negatives { 0 } else { negatives },
            "negatives-lost",
            "labels are known not to be on their pictures; they will be labels that are not mentioned",
        ),
        (
            if says.unknowns { 0 } else { unknowns },
            "unknowns-lost",
            "labels are marked as not known on their pictures; they will be labels that are not mentioned",
        ),
        (
            boxes,
            "boxes-lost",
            "boxes are of labels that their pictures do not have; they will be left out",
        ),
        (
            details,
            "details-lost",
            "labels have a colour, description or prompt words; these will be left out",
        ),
    ];
    lines
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, code, text)| Warning::new(code, format!("{format} cannot say this: {count} {text}")))
        .collect()
}

/// Names for pictures that lie in a folder each and have a file of annotations beside it, which goes by the name without its
/// extension: no two of a folder are the same without it.
///
/// # Errors
/// A name is not one that the format's readers find again.
pub(crate) fn picture_names(
    dataset: &Dataset,
    format: &'static str,
    folder: impl Fn(&Picture) -> &'static str,
) -> Result<Vec<PathBuf>, DatasetError> {
    let mut taken: HashSet<(&'static str, String)> = HashSet::new();
    let mut names = Vec::with_capacity(dataset.pictures.len());
    for picture in &dataset.pictures {
        let name = safe_name(&picture.name);
        check_name(&name, format)?;
        let mut numbered = name.clone();
        for n in 2.. {
            // Not every file system tells upper from lower case.
            let mut key = slashed(&numbered.with_extension(""));
            if cfg!(any(windows, target_vendor = "apple")) {
                key = key.to_lowercase();
            }
            if taken.insert((folder(picture), key)) {
                break;
            }
            numbered = with_number(&name, n);
        }
        names.push(numbered);
    }
    Ok(names)
}

/// `a/b.jpg` as `a/b (2).jpg`.
pub(crate) fn with_number(name: &Path, number: usize) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = match name.extension() {
        Some(_) => format!(".{}", part(name.extension())),
        None => String::new(),
    };
    name.with_file_name(format!("{} ({number}){extension}", part(name.file_stem())))
}

fn check_name(name: &Path, format: &'static str) -> Result<(), DatasetError> {
    let refuse = |problem: &str| {
        Err(DatasetError::Inexpressible {
            format,
            what: format!("the picture {}", name.display()),
            problem: problem.to_owned(),
        })
    };
    let hidden = |c: Component<'_>| c.as_os_str().as_encoded_bytes().starts_with(b".");
    if name.components().any(hidden) {
        return refuse("its name begins with a dot, and such files are hidden");
    }
    if !is_picture_name(name) {
        return refuse("its name does not end as names of pictures do");
    }
    let id = slashed(&name.with_extension(""));
    if id.chars().any(|c| c.is_control()) || id.trim() != id || id.starts_with('\u{feff}') {
        return refuse("its name has line breaks, control characters, or blanks around it");
    }
    Ok(())
}
