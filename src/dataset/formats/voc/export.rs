//! Writing VOC: objects with boxes go to the XML files, every other label of a picture to the class lists, which say positive (1),
//! negative (-1) and not known (0). Reading both gives what was written.

use super::super::Progress;
use super::super::export_request::ExportRequest;
use super::super::losses::{self, Says};
use super::super::staging::Staging;
use super::super::xml::{escaped, expressible};
use super::sets::UNSPLIT;
use crate::dataset::error::DatasetError;
use crate::dataset::files::slashed;
use crate::dataset::model::{Dataset, Picture, Split, Warning};
use std::fmt::Write;
use std::path::Path;

const FORMAT: &str = "Pascal VOC";
const SAYS: Says = Says {
    negatives: true,
    unknowns: true,
    unknown_boxes: true,
};
/// Bytes of a file's name on most file systems.
const MAX_NAME: usize = 255;

fn set_name(split: Option<Split>) -> &'static str {
    split.map_or(UNSPLIT, Split::name)
}

/// For each label: where it is mentioned, as indices of pictures with the number of the class lists, and whether objects alone
/// would say the same.
struct Mentions {
    states: Vec<(usize, i8)>,
    needs_list: bool,
}

fn mentions(dataset: &Dataset) -> Vec<Mentions> {
    let none = || Mentions {
        states: Vec::new(),
        needs_list: false,
    };
    let mut all: Vec<Mentions> = dataset.labels.iter().map(|_| none()).collect();
    for (i, picture) in dataset.pictures.iter().enumerate() {
        let states = [
            (&picture.positives, 1),
            (&picture.negatives, -1),
            (&picture.unknowns, 0),
        ];
        for (labels, state) in states {
            for label in labels {
                if let Some(mention) = all.get_mut(*label) {
                    mention.states.push((i, state));
                    mention.needs_list |= state < 0 || !picture.boxes.iter().any(|b| b.label == *label);
                }
            }
        }
    }
    // Without any mention, only an empty list says that the label exists.
    all.iter_mut().for_each(|m| m.needs_list |= m.states.is_empty());
    all
}

/// Why a label cannot be part of a file's name.
fn no_file_name(label: &str) -> Option<&'static str> {
    let reserved = |c: char| c == '/' || c.is_control() || (cfg!(windows) && "<>:\"\\|?*".contains(c));
    if label.is_empty() {
        Some("it is empty")
    } else if label.starts_with('.') {
        Some("it begins with a dot")
    } else if label.chars().any(reserved) {
        Some("it has a slash, line break or other character that names of files cannot have")
    } else if label.len() + "_default.txt".len() > MAX_NAME {
        Some("it is too long for the name of a file")
    } else {
        None
    }
}

/// Whether `labelmap.txt` can hold a label.
fn fits_label_map(label: &str) -> bool {
    let plain = !label.is_empty() && !label.starts_with('#') && label != "background";
    plain && !label.chars().any(|c| c == ':' || c.is_control()) && label.trim() == label
}

/// Refuses labels and pictures that VOC cannot name; tells what will be lost.
///
/// # Errors
/// [`DatasetError::Inexpressible`].
pub(crate) fn check(dataset: &Dataset, _request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    let refuse = |what: String, problem: String| {
        Err(DatasetError::Inexpressible {
            format: FORMAT,
            what,
            problem,
        })
    };
    for (label, mention) in dataset.labels.iter().zip(mentions(dataset)) {
        if !expressible(label) {
            return refuse(format!("the label {label:?}"), "XML has no such characters".to_owned());
        }
        if let Some(why) = no_file_name(label).filter(|_| mention.needs_list) {
            let problem = format!("labels without boxes need a list that goes by their name, and {why}");
            return refuse(format!("the label {label:?}"), problem);
        }
        if label.is_empty() {
            return refuse("a label without a name".to_owned(), "objects need a name".to_owned());
        }
    }
    for name in losses::picture_names(dataset, FORMAT, |_| "")? {
        if !expressible(&slashed(&name)) {
            return refuse(
                format!("the picture {}", name.display()),
                "XML has no such characters".to_owned(),
            );
        }
    }
    let mut warnings = losses::warnings(dataset, FORMAT, SAYS);
    let boxes = dataset.pictures.iter().flat_map(|p| &p.boxes);
    let rounded = boxes.filter(|b| b.bounds.iter().any(|v| v.fract() != 0.0)).count();
    if rounded > 0 {
        let message = format!("{rounded} boxes will be rounded to whole pixels");
        warnings.push(Warning::new("boxes-rounded", message));
    }
    if !dataset.labels.iter().all(|label| fits_label_map(label)) {
        let message =
            "the labels' order will be lost: a label has a colon or blanks around it, which labelmap.txt cannot have";
        warnings.push(Warning::new("label-order", message));
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
    let mut ids = Vec::with_capacity(total);
    let names = losses::picture_names(dataset, FORMAT, |_| "")?;
    for (i, (picture, name)) in dataset.pictures.iter().zip(names).enumerate() {
        if i % 64 == 0 && progress(i, total).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let name = staging.picture_as(Path::new("JPEGImages"), picture, name)?;
        let id = slashed(&name.with_extension(""));
        let xml = annotation(dataset, picture, &slashed(&name));
        staging.write(Path::new(&format!("Annotations/{id}.xml")), xml.as_bytes())?;
        ids.push(id);
    }
    lists(dataset, &ids, staging)?;
    if dataset.labels.iter().all(|label| fits_label_map(label)) {
        let mut map = String::from("# label:color_rgb:parts:actions\n");
        for label in &dataset.labels {
            let _ = writeln!(map, "{label}:::");
        }
        staging.write(Path::new("labelmap.txt"), map.as_bytes())?;
    }
    Ok(())
}

fn annotation(dataset: &Dataset, picture: &Picture, name: &str) -> String {
    let mut xml = String::from("<annotation>\n  <folder>JPEGImages</folder>\n");
    let _ = write!(
        xml,
        "  <filename>{}</filename>\n  <size>\n    <width>{}</width>\n    <height>{}</height>\n    <depth>3</depth>\n  </size>\n  \
         <segmented>0</segmented>\n",
        escaped(name),
        picture.width,
        picture.height
    );
    for annotation in picture.boxes.iter().filter(|b| losses::is_written(b, picture, SAYS)) {
        let Some(label) = dataset.labels.get(annotation.label) else {
            continue;
        };
        let difficult = u8::from(!picture.positives.contains(&annotation.label));
        let [x, y, w, h] = annotation.bounds.map(f64::from);
        // Pixels count from 1, and the last one is inside. A box has at least one.
        let side = |start: f64, length: f64, whole: u32| {
            let first = start.round().min(f64::from(whole) - 1.0).max(0.0);
            (first + 1.0, (start + length).round().max(first + 1.0))
        };
        let ((left, right), (top, bottom)) = (side(x, w, picture.width), side(y, h, picture.height));
        let _ = write!(
            xml,
            "  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n    <truncated>0</truncated>\n    \
             <difficult>{difficult}</difficult>\n    <bndbox>\n      <xmin>{left}</xmin>\n      <ymin>{top}</ymin>\n      \
             <xmax>{right}</xmax>\n      <ymax>{bottom}</ymax>\n    </bndbox>\n  </object>\n",
            escaped(label)
        );
    }
    xml.push_str("</annotation>\n");
    xml
}

/// `ImageSets/Main`: which pictures a set has, and for each label the pictures that mention it.
fn lists(dataset: &Dataset, ids: &[String], staging: &mut Staging<'_>) -> Result<(), DatasetError> {
    let file = |name: &str| format!("ImageSets/Main/{name}.txt");
    let splits = [Some(Split::Train), Some(Split::Val), Some(Split::Test), None];
    for split in splits {
        let of_split = dataset.pictures.iter().zip(ids).filter(|(p, _)| p.split == split);
        let text = of_split.fold(String::new(), |text, (_, id)| text + id + "\n");
        if !text.is_empty() {
            staging.write(Path::new(&file(set_name(split))), text.as_bytes())?;
        }
    }
    let first = dataset.pictures.first().and_then(|p| p.split);
    for (label, mention) in dataset.labels.iter().zip(mentions(dataset)) {
        if no_file_name(label).is_some() {
            continue;
        }
        for split in splits {
            let mut text = String::new();
            let of_split = mention
                .states
                .iter()
                .filter(|(i, _)| dataset.pictures[*i].split == split);
            for (i, state) in of_split {
                let _ = writeln!(text, "{} {state:>2}", ids[*i]);
            }
            if text.is_empty() && !(mention.states.is_empty() && split == first) {
                continue;
            }
            let path = file(&format!("{label}_{}", set_name(split)));
            // Not every file system tells upper from lower case.
            if staging.path.join(&path).symlink_metadata().is_ok() {
                return Err(DatasetError::Inexpressible {
                    format: FORMAT,
                    what: format!("the label {label:?}"),
                    problem: "another label has the same name but for case or accents, and this disk cannot tell files of both \
                              apart"
                        .to_owned(),
                });
            }
            // A file of no bytes would look cut off.
            let text = if text.is_empty() { "\n" } else { &text };
            staging.write(Path::new(&path), text.as_bytes())?;
        }
    }
    Ok(())
}
