//! What every export needs of a data set, and what a format cannot say of it.

use super::export_request::{ExportRequest, PicturesAs, pictures_as};
use super::staging::safe_name;
use crate::dataset::error::DatasetError;
use crate::dataset::files::relative_name;
use crate::dataset::model::{Absent, Dataset, LabelDetails, Picture, Warning};
use std::collections::HashSet;
use std::path::Path;

/// [`DatasetError::Inexpressible`] in the format of the request.
pub(crate) fn inexpressible(
    request: &ExportRequest,
    what: impl Into<String>,
    problem: impl Into<String>,
) -> DatasetError {
    DatasetError::Inexpressible {
        format: request.format.title(),
        what: what.into(),
        problem: problem.into(),
    }
}

/// Refuses data that no format can express: without pictures, with names that are used twice, with labels that there are not.
///
/// # Errors
/// [`DatasetError::Inexpressible`].
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    if dataset.pictures.is_empty() {
        return Err(inexpressible(
            request,
            "a set without pictures",
            "there is nothing to write",
        ));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = dataset.labels.iter().find(|name| !seen.insert(name.as_str())) {
        let what = format!("the label \"{twice}\"");
        return Err(inexpressible(request, what, "two labels have this name"));
    }
    seen.clear();
    let labels = dataset.labels.len();
    for picture in &dataset.pictures {
        if !seen.insert(picture.name.as_str()) {
            let what = format!("the picture {}", picture.name);
            return Err(inexpressible(request, what, "two pictures have this name"));
        }
        let lists = [&picture.positives, &picture.negatives, &picture.unknowns];
        let boxes = picture.boxes.iter().map(|b| &b.label);
        if let Some(label) = lists.into_iter().flatten().chain(boxes).find(|label| **label >= labels) {
            let problem = format!("it refers to label {label}, but there are {labels}");
            return Err(inexpressible(request, format!("the picture {}", picture.name), problem));
        }
    }
    let mut warnings = Vec::new();
    warnings.extend(names(dataset, request));
    warnings.extend(inside(dataset, request));
    Ok(warnings)
}

/// Pictures that are only named have to be found again by their names.
fn names(dataset: &Dataset, request: &ExportRequest) -> Option<Warning> {
    if pictures_as(request) != PicturesAs::Named {
        return None;
    }
    let other = |picture: &&Picture| {
        let path = relative_name(&picture.path, Path::new(""));
        !path.ends_with(&*safe_name(&picture.name).to_string_lossy())
    };
    let mut others = dataset.pictures.iter().filter(other);
    let first = others.next()?;
    let text = format!(
        "{} pictures are called otherwise than their files, such as {} ({}); reading the export may not find them; with copies or \
         links it will",
        others.count() + 1,
        first.name,
        first.path.display()
    );
    Some(Warning::new("names", text))
}

/// Copies below the folder that the pictures came from would be found twice there.
fn inside(dataset: &Dataset, request: &ExportRequest) -> Option<Warning> {
    if pictures_as(request) == PicturesAs::Named {
        return None;
    }
    let root = |picture: &Picture| {
        let depth = Path::new(&picture.name).components().count();
        let root = picture.path.ancestors().nth(depth.max(1)).map(Path::to_path_buf);
        root.filter(|_| picture.path.ends_with(&picture.name))
    };
    let mut roots: HashSet<_> = dataset.pictures.iter().filter_map(root).collect();
    roots.retain(|root| root.parent().is_some() && request.out.starts_with(root));
    let first = roots.iter().min()?;
    let text = format!(
        "the export lies in {}, where its pictures come from: importing that folder again would find them twice",
        first.display()
    );
    Some(Warning::new("inside", text))
}

/// What a format can say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Says {
    pub boxes: bool,
    /// That a label is not there, or not known.
    pub truths: bool,
    /// Every label of every picture, so that nothing is left to what absence means.
    pub all: bool,
    pub splits: bool,
    /// Labels that no picture has.
    pub unused: bool,
}

/// Tells what of the data a format will lose.
pub(crate) fn losses(dataset: &Dataset, says: Says) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut tell = |code: &str, count: usize, text: &str| {
        if count > 0 {
            warnings.push(Warning::new(code, format!("{count} {text}")));
        }
    };
    let pictures = &dataset.pictures;
    if !says.boxes {
        let boxes = pictures.iter().map(|p| p.boxes.len()).sum();
        tell("boxes-lost", boxes, "boxes are left out: the format has none");
    }
    if !says.truths {
        // A value that says no more than its absence is not lost.
        let (count, text) = match dataset.absent {
            Absent::Negative => (
                pictures.iter().map(|p| p.unknowns.len()).sum(),
                "labels are not known on pictures, and become \"not there\": the format cannot say it",
            ),
            Absent::Unknown => (
                pictures.iter().map(|p| p.negatives.len()).sum(),
                "labels are known not to be on pictures, and become \"not known\": the format cannot say it",
            ),
        };
        tell("truths-lost", count, text);
    }
    if !says.splits {
        let splits = pictures.iter().filter(|p| p.split.is_some()).count();
        tell("splits-lost", splits, "pictures lose their split: the format has none");
    }
    if !says.unused {
        let mut used = vec![false; dataset.labels.len()];
        for picture in pictures {
            let stated = match dataset.absent {
                _ if !says.truths => &[][..],
                Absent::Negative => &picture.unknowns[..],
                Absent::Unknown => &picture.negatives[..],
            };
            picture
                .positives
                .iter()
                .chain(stated)
                .for_each(|label| used[*label] = true);
        }
        let unused = used.iter().filter(|used| !**used).count();
        tell(
            "labels-lost",
            unused,
            "labels are on no picture and are left out: the format cannot name them",
        );
    }
    let details = dataset
        .details
        .iter()
        .filter(|d| **d != LabelDetails::default())
        .count();
    tell(
        "details-lost",
        details,
        "labels lose their prompt words, colour or description: the format has none",
    );
    if dataset.absent == Absent::Unknown && !says.all {
        let text = "a label that a picture does not mention is not known in these data; the format cannot say it: say it when \
                    reading them (--absent unknown)";
        warnings.push(Warning::new("absent", text));
    }
    warnings
}
