//! Writing YOLO as Ultralytics reads it: `images/SPLIT`, `labels/SPLIT` and `data.yaml`. Labels with boxes are lines with boxes, other
//! labels lines of the class number alone.

use super::super::Progress;
use super::super::export_request::ExportRequest;
use super::super::losses::{self, Says};
use super::super::staging::Staging;
use super::config::quoted;
use super::{UNSPLIT, WITHOUT_LABELS, in_labels};
use crate::dataset::error::DatasetError;
use crate::dataset::model::{Dataset, Picture, Split, Warning};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const FORMAT: &str = "YOLO";

fn folder(picture: &Picture) -> &'static str {
    picture.split.map_or(UNSPLIT, Split::name)
}

fn without_box(picture: &Picture) -> impl Iterator<Item = usize> {
    let boxed = |label: usize| picture.boxes.iter().any(|b| b.label == label);
    picture.positives.iter().copied().filter(move |label| !boxed(*label))
}

/// Refuses pictures that cannot be found again; tells what will be lost.
///
/// # Errors
/// [`DatasetError::Inexpressible`].
pub(crate) fn check(dataset: &Dataset, _request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    losses::picture_names(dataset, FORMAT, folder)?;
    let mut warnings = losses::warnings(dataset, FORMAT, Says::default());
    let alone: usize = dataset.pictures.iter().map(|p| without_box(p).count()).sum();
    if alone > 0 {
        let message = format!(
            "{alone} labels have no box and become lines of a class number alone, which programs that train detectors do not read"
        );
        warnings.push(Warning::new("labels-without-box", message));
    }
    let unsplit = dataset.pictures.iter().filter(|p| p.split.is_none()).count();
    if unsplit > 0 {
        let message = format!("{unsplit} pictures have no split; other programs will not see them");
        warnings.push(Warning::new("without-split", message));
    }
    Ok(warnings)
}

/// Writes the folder.
///
/// # Errors
/// Something cannot be read or written, or `progress` stopped it.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let total = dataset.pictures.len();
    let names = losses::picture_names(dataset, FORMAT, folder)?;
    let mut keys = vec!["train", "val"];
    for (i, (picture, name)) in dataset.pictures.iter().zip(names).enumerate() {
        if i % 64 == 0 && progress(i, total).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let key = folder(picture);
        if !keys.contains(&key) {
            keys.push(key);
        }
        let images = Path::new("images").join(key);
        let name = staging.picture_as(&images, picture, name)?;
        let labels = in_labels(&images.join(name), "images").with_extension("txt");
        staging.write(&labels, lines(picture).as_bytes())?;
    }
    // Training programs want both keys; a folder without pictures is still one.
    for key in &keys {
        let path: PathBuf = staging.path.join("images").join(key);
        std::fs::create_dir_all(&path).map_err(DatasetError::io(&path))?;
    }
    let mut yaml: String = keys.iter().map(|key| format!("{key}: images/{key}\n")).collect();
    let empty = dataset
        .pictures
        .iter()
        .filter(|picture| lines(picture).is_empty())
        .count();
    let _ = writeln!(yaml, "{WITHOUT_LABELS}: {empty}\nnc: {}", dataset.labels.len());
    yaml.push_str(if dataset.labels.is_empty() {
        "names: {}\n"
    } else {
        "names:\n"
    });
    for (id, label) in dataset.labels.iter().enumerate() {
        let _ = writeln!(yaml, "  {id}: {}", quoted(label));
    }
    staging.write(Path::new("data.yaml"), yaml.as_bytes())
}

fn lines(picture: &Picture) -> String {
    let mut text = String::new();
    let (width, height) = (f64::from(picture.width.max(1)), f64::from(picture.height.max(1)));
    for annotation in picture
        .boxes
        .iter()
        .filter(|b| losses::is_written(b, picture, Says::default()))
    {
        let [x, y, w, h] = annotation.bounds.map(f64::from);
        let _ = writeln!(
            text,
            "{} {:.9} {:.9} {:.9} {:.9}",
            annotation.label,
            (x + w / 2.0) / width,
            (y + h / 2.0) / height,
            w / width,
            h / height
        );
    }
    for label in without_box(picture) {
        let _ = writeln!(text, "{label}");
    }
    text
}
