//! Writing CVAT: a tag for each label of a picture, and a box for each box.

use super::super::Progress;
use super::super::export_request::ExportRequest;
use super::super::losses::{self, Says};
use super::super::staging::{Staging, safe_name};
use super::super::xml::{escaped, expressible};
use crate::dataset::error::DatasetError;
use crate::dataset::files::slashed;
use crate::dataset::model::{Dataset, Picture, Split, Warning};
use std::fmt::Write;
use std::path::Path;

const FORMAT: &str = "CVAT";
/// CVAT's own subset of pictures without one.
const UNSPLIT: &str = "default";

/// Refuses names that XML cannot hold; tells what will be lost.
///
/// # Errors
/// [`DatasetError::Inexpressible`].
pub(crate) fn check(dataset: &Dataset, _request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    let refuse = |what: String, problem: &str| {
        Err(DatasetError::Inexpressible {
            format: FORMAT,
            what,
            problem: problem.to_owned(),
        })
    };
    for label in &dataset.labels {
        if label.is_empty() {
            return refuse("a label without a name".to_owned(), "CVAT's labels need one");
        }
        if !expressible(label) {
            return refuse(format!("the label {label:?}"), "XML has no such characters");
        }
    }
    if let Some(picture) = dataset
        .pictures
        .iter()
        .find(|p| !expressible(&slashed(&safe_name(&p.name))))
    {
        return refuse(format!("the picture {:?}", picture.name), "XML has no such characters");
    }
    Ok(losses::warnings(dataset, FORMAT, Says::default()))
}

/// Writes the file, or the folder with it.
///
/// # Errors
/// Something cannot be read or written, or `progress` stopped it.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let total = dataset.pictures.len();
    let mut out = staging.create(Path::new("annotations.xml"))?;
    out.put(&head(dataset))?;
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if i % 64 == 0 && progress(i, total).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let name = staging.picture(Path::new("images"), picture)?;
        out.put(&image(dataset, picture, i, &slashed(&name)))?;
    }
    out.put("</annotations>\n")?;
    out.finish()
}

fn head(dataset: &Dataset) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n");
    let _ = write!(
        xml,
        "  <meta>\n    <task>\n      <size>{}</size>\n      <labels>\n",
        dataset.pictures.len()
    );
    for label in &dataset.labels {
        let label = escaped(label);
        let _ = writeln!(
            xml,
            "        <label>\n          <name>{label}</name>\n          <type>any</type>\n          <attributes></attributes>\n        \
             </label>"
        );
    }
    xml.push_str("      </labels>\n    </task>\n  </meta>\n");
    xml
}

fn image(dataset: &Dataset, picture: &Picture, id: usize, name: &str) -> String {
    let mut xml = String::new();
    let _ = writeln!(
        xml,
        "  <image id=\"{id}\" name=\"{}\" subset=\"{}\" width=\"{}\" height=\"{}\">",
        escaped(name),
        picture.split.map_or(UNSPLIT, Split::name),
        picture.width,
        picture.height
    );
    for label in picture.positives.iter().filter_map(|label| dataset.labels.get(*label)) {
        let _ = writeln!(xml, "    <tag label=\"{}\" source=\"manual\"></tag>", escaped(label));
    }
    for annotation in picture
        .boxes
        .iter()
        .filter(|b| losses::is_written(b, picture, Says::default()))
    {
        let Some(label) = dataset.labels.get(annotation.label) else {
            continue;
        };
        let [x, y, w, h] = annotation.bounds.map(f64::from);
        let _ = writeln!(
            xml,
            "    <box label=\"{}\" source=\"manual\" occluded=\"0\" xtl=\"{:.4}\" ytl=\"{:.4}\" xbr=\"{:.4}\" ybr=\"{:.4}\" \
             z_order=\"0\"></box>",
            escaped(label),
            x,
            y,
            x + w,
            y + h
        );
    }
    xml.push_str("  </image>\n");
    xml
}
