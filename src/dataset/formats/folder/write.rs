//! Writing folders: `label/picture`, or `split/label/picture` where pictures have splits; those without one are in `no-split` then. A
//! picture with several labels is linked into each folder; one without labels lies beside the label folders.

use super::super::export_request::{ExportRequest, PicturesAs, pictures_as};
use super::super::staging::{Staging, safe_name};
use super::super::valid::{self, Says, inexpressible};
use super::super::watched::Wanted;
use super::super::{NO_SPLIT, Progress, content};
use super::splits;
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use crate::dataset::model::{Dataset, Picture, Warning};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// Refuses what folders cannot say.
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    if pictures_as(request) == PicturesAs::Named {
        let problem = "labels are told by where pictures lie: they have to come along, as links or copies";
        return Err(inexpressible(request, "a set without its pictures", problem));
    }
    labels(dataset, request)?;
    if let Some(picture) = dataset.pictures.iter().find(|picture| file_name(picture).is_none()) {
        let problem = "its name does not end as a picture's does, so it would not be found in a folder";
        return Err(inexpressible(request, format!("the picture {}", picture.name), problem));
    }
    // Copies in several label folders are read as one picture.
    let paths: Vec<&Path> = dataset.pictures.iter().map(|p| p.path.as_path()).collect();
    for group in content::same(&paths, &Wanted::default()) {
        let pictures = || group.iter().map(|i| &dataset.pictures[*i]);
        for picture in pictures() {
            let alone = |other: &&Picture| other.positives == picture.positives && picture.positives.len() < 2;
            let same_split = |other: &&Picture| other.split == picture.split;
            if let Some(other) = pictures()
                .filter(same_split)
                .find(|other| !alone(other) && other.name != picture.name)
            {
                let what = format!("the pictures {} and {}", picture.name, other.name);
                let problem = "they have the same content, which in several label folders is one picture";
                return Err(inexpressible(request, what, problem));
            }
        }
    }
    Ok(valid::losses(
        dataset,
        Says {
            boxes: false,
            truths: false,
            all: false,
            splits: true,
            unused: true,
        },
    ))
}

/// Refuses labels that are no folders' names, or whose folders would be one.
fn labels(dataset: &Dataset, request: &ExportRequest) -> Result<(), DatasetError> {
    let refuse = |label: &str, problem: String| Err(inexpressible(request, format!("the label {label:?}"), problem));
    let mut folders: HashMap<String, &str> = HashMap::new();
    for label in &dataset.labels {
        for name in label.split('/') {
            if let Some(problem) = no_folder(name) {
                return refuse(label, format!("a folder cannot be called {name:?}: {problem}"));
            }
        }
        for (end, _) in label.match_indices('/').chain([(label.len(), "")]) {
            let way = &label[..end];
            let folded: String = way.to_lowercase().nfc().collect();
            let first = *folders.entry(folded).or_insert(way);
            if first != way {
                let problem = format!("on some disks its folder {way:?} is the same as {first:?}");
                return refuse(label, problem);
            }
        }
    }
    let used: BTreeSet<usize> = dataset
        .pictures
        .iter()
        .flat_map(|p| p.positives.iter().copied())
        .collect();
    for (i, label) in dataset.labels.iter().enumerate().filter(|(i, _)| !used.contains(i)) {
        let below = format!("{label}/");
        if let Some(other) = dataset.labels.iter().find(|other| other.starts_with(&below)) {
            let problem = format!("no picture has it, and its folder would only hold that of {other:?}");
            return refuse(&dataset.labels[i], problem);
        }
    }
    Ok(())
}

/// Why no folder can be called `name`, or none that is found again.
fn no_folder(name: &str) -> Option<&'static str> {
    let windows = |c: char| c.is_control() || "<>:\"\\|?*".contains(c);
    match name {
        "" => Some("it is empty"),
        "." | ".." => Some("it means another folder"),
        _ if name.starts_with('.') => Some("folders with a dot in front are hidden"),
        _ if name.contains('\0') => Some("it has a zero byte"),
        _ if name.len() > 255 => Some("it is longer than 255 bytes"),
        _ if cfg!(windows) && name.contains(windows) => Some("Windows does not allow one of its characters"),
        _ if cfg!(windows) && name.ends_with([' ', '.']) => Some("Windows drops its end"),
        _ => None,
    }
}

/// The file's own name, if folders are looked through for such.
fn file_name(picture: &Picture) -> Option<PathBuf> {
    let names = [safe_name(&picture.name), picture.path.clone()];
    let name = names
        .iter()
        .find(|name| is_picture_name(name))?
        .file_name()?
        .to_string_lossy()
        .into_owned();
    // A dot in front would hide it.
    let seen = name.trim_start_matches('.');
    Some(PathBuf::from(if seen == name { name } else { format!("_{name}") }))
}

/// The folder of a picture's split.
fn place(picture: &Picture, by_split: bool) -> PathBuf {
    match picture.split {
        Some(split) => PathBuf::from(split.name()),
        None if by_split => PathBuf::from(NO_SPLIT),
        None => PathBuf::new(),
    }
}

/// Writes the folders.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let used: BTreeSet<&str> = dataset
        .pictures
        .iter()
        .flat_map(|p| &p.positives)
        .filter_map(|label| dataset.labels[*label].split('/').next())
        .collect();
    // Labels that are all called like splits would be taken for splits, were they not in a folder of none.
    let misread = splits(used.iter().map(Path::new));
    let by_split = misread || dataset.pictures.iter().any(|p| p.split.is_some());
    let places: BTreeSet<PathBuf> = dataset.pictures.iter().map(|p| place(p, by_split)).collect();
    // Every folder first, so that no picture takes the name of one.
    let first = places.first().cloned().unwrap_or_default();
    for label in &dataset.labels {
        staging.folder(&first.join(label))?;
    }
    for picture in &dataset.pictures {
        for label in &picture.positives {
            staging.folder(&place(picture, by_split).join(&dataset.labels[*label]))?;
        }
    }
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if progress(i, dataset.pictures.len()).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let Some(name) = file_name(picture) else { continue };
        let place = place(picture, by_split);
        for label in &picture.positives {
            staging.bring(&place.join(&dataset.labels[*label]).join(&name), picture)?;
        }
        if picture.positives.is_empty() {
            staging.bring(&place.join(&name), picture)?;
        }
    }
    Ok(())
}
