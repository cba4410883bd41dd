//! Writing Label Studio: a task for each picture with all its labels as choices and its boxes as labels of rectangles. What Label
//! Studio cannot say (labels that are not there or not known) is in `meta`, which it keeps.

use super::super::Progress;
use super::super::export_request::{ExportRequest, single_file};
use super::super::losses::{self, Says};
use super::super::staging::Staging;
use super::super::xml::expressible;
use super::{BOXES, CHOICES, NEGATIVES, UNKNOWNS, config};
use crate::dataset::error::DatasetError;
use crate::dataset::files::slashed;
use crate::dataset::model::{Absent, Dataset, Picture, Warning};
use serde_json::{Map, Value, json};
use std::path::Path;

const FORMAT: &str = "Label Studio";
const SAYS: Says = Says {
    negatives: true,
    unknowns: true,
    // A region's label is one that is there.
    unknown_boxes: false,
};

/// Refuses names that the labelling configuration cannot hold; tells what will be lost.
///
/// # Errors
/// [`DatasetError::Inexpressible`].
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    let alone = single_file(request);
    for label in &dataset.labels {
        let problem = if label.is_empty() {
            "Label Studio's labels need a name"
        } else if !alone && !expressible(label) {
            "the labelling configuration is XML, which has no such characters (a single .json file can have them)"
        } else {
            continue;
        };
        return Err(DatasetError::Inexpressible {
            format: FORMAT,
            what: format!("the label {label:?}"),
            problem: problem.to_owned(),
        });
    }
    let mut warnings = losses::warnings(dataset, FORMAT, SAYS);
    let extra: usize = dataset
        .pictures
        .iter()
        .map(|p| p.negatives.len() + p.unknowns.len())
        .sum();
    if extra > 0 {
        let message = format!(
            "{extra} labels are known not to be on their pictures or marked as not known; this is written to the tasks' meta data, \
             which only this program reads"
        );
        warnings.push(Warning::new("in-meta", message));
    }
    let mut used = vec![false; dataset.labels.len()];
    let mentioned = dataset
        .pictures
        .iter()
        .flat_map(|p| [&p.positives, &p.negatives, &p.unknowns]);
    for label in mentioned.flatten() {
        if let Some(used) = used.get_mut(*label) {
            *used = true;
        }
    }
    let unused = used.iter().filter(|used| !**used).count();
    if alone && unused > 0 {
        let message =
            format!("{unused} labels are on no picture and will be lost; a folder has a configuration with all labels");
        warnings.push(Warning::new("labels-unused", message));
    }
    Ok(warnings)
}

/// Writes the file, or the folder with it and the labelling configuration.
///
/// # Errors
/// Something cannot be read or written, or `progress` stopped it.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let total = dataset.pictures.len();
    let mut out = staging.create(Path::new("tasks.json"))?;
    out.put("[")?;
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if i % 64 == 0 && progress(i, total).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let name = staging.picture(Path::new("images"), picture)?;
        out.put(if i == 0 { "\n" } else { ",\n" })?;
        out.put(&task(dataset, picture, i + 1, &slashed(&name)).to_string())?;
    }
    out.put("\n]\n")?;
    out.finish()?;
    if staging.is_file() {
        return Ok(());
    }
    staging.write(
        Path::new("label-config.xml"),
        config::written(&dataset.labels).as_bytes(),
    )
}

fn task(dataset: &Dataset, picture: &Picture, id: usize, name: &str) -> Value {
    let names = |labels: &[usize]| -> Vec<&str> {
        labels
            .iter()
            .filter_map(|l| dataset.labels.get(*l))
            .map(String::as_str)
            .collect()
    };
    let mut results = Vec::new();
    let positives = names(&picture.positives);
    if !positives.is_empty() {
        results.push(json!({
            "id": "labels", "from_name": CHOICES, "to_name": "image", "type": "choices", "value": {"choices": positives}
        }));
    }
    let (width, height) = (f64::from(picture.width.max(1)), f64::from(picture.height.max(1)));
    let written = picture.boxes.iter().filter(|b| losses::is_written(b, picture, SAYS));
    for (i, annotation) in written.enumerate() {
        let Some(label) = dataset.labels.get(annotation.label) else {
            continue;
        };
        let [x, y, w, h] = annotation.bounds.map(f64::from);
        results.push(json!({
            "id": format!("box{i}"), "from_name": BOXES, "to_name": "image", "type": "rectanglelabels",
            "original_width": picture.width, "original_height": picture.height, "image_rotation": 0,
            "value": {
                "x": x / width * 100.0, "y": y / height * 100.0, "width": w / width * 100.0, "height": h / height * 100.0,
                "rotation": 0, "rectanglelabels": [label]
            }
        }));
    }
    // Where what is not mentioned is not known, a picture without any label was not looked at.
    let untouched = dataset.absent == Absent::Unknown && picture.positives.is_empty() && picture.negatives.is_empty();
    let annotations = if untouched {
        json!([])
    } else {
        json!([{"result": results, "was_cancelled": false}])
    };
    let mut meta = Map::new();
    for (key, labels) in [(NEGATIVES, &picture.negatives), (UNKNOWNS, &picture.unknowns)] {
        if !labels.is_empty() {
            meta.insert(key.to_owned(), names(labels).into());
        }
    }
    json!({
        "id": id, "data": {"image": name, "split": picture.split.map(|s| s.name())}, "annotations": annotations,
        "predictions": [], "meta": meta
    })
}
