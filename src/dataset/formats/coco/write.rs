//! Writing COCO: `annotations/instances_<split>.json` for each split and `instances.json` for pictures without one, or everything in
//! one file.
//!
//! What COCO has no field for is in fields that other readers pass over: `split` of a picture, and, as LVIS has them,
//! `neg_category_ids` (looked for, and not there) and `not_exhaustive_category_ids` (not known). A label without a box is an annotation
//! without `bbox` (an empty one is an error to some readers), with area 0.

use super::super::export_request::{ExportRequest, PicturesAs};
use super::super::staging::Staging;
use super::super::valid::{self, Says, inexpressible};
use super::super::{Progress, locate};
use crate::dataset::error::DatasetError;
use crate::dataset::model::{Dataset, Picture, Split, Warning};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Image<'a> {
    id: usize,
    file_name: &'a str,
    width: u32,
    height: u32,
    /// Outer `None`: no field.
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<Option<Split>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    neg_category_ids: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_exhaustive_category_ids: Vec<usize>,
}

#[derive(Serialize)]
struct Annotation {
    id: usize,
    image_id: usize,
    category_id: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    bbox: Option<[f32; 4]>,
    area: f32,
    iscrowd: u8,
}

#[derive(Serialize)]
struct Category<'a> {
    id: usize,
    name: &'a str,
    supercategory: &'static str,
}

/// Tells what is lost: COCO can say nearly all.
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    if let Some(picture) = dataset.pictures.iter().find(|p| p.name.is_empty()) {
        let what = format!("the picture {}", picture.path.display());
        return Err(inexpressible(request, what, "it has no name"));
    }
    let mut warnings = valid::losses(
        dataset,
        Says {
            boxes: true,
            truths: true,
            all: false,
            splits: true,
            unused: true,
        },
    );
    let boxes = dataset
        .pictures
        .iter()
        .map(|p| p.boxes.len() - boxes(p).count())
        .sum::<usize>();
    if boxes > 0 {
        let text = format!("{boxes} boxes are of labels that their pictures do not have, and are left out");
        warnings.push(Warning::new("boxes-left-out", text));
    }
    Ok(warnings)
}

/// Boxes of labels that are there: a box alone would bring its label back.
fn boxes(picture: &Picture) -> impl Iterator<Item = (usize, [f32; 4])> {
    let there = picture.boxes.iter().filter(|b| picture.positives.contains(&b.label));
    there.map(|b| (b.label, b.bounds))
}

/// A picture of the set with its number and how the file calls it.
struct Listed<'a> {
    id: usize,
    name: String,
    picture: &'a Picture,
}

/// Writes the set.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let single = staging.is_file();
    let mut files: BTreeMap<Option<Split>, Vec<Listed<'_>>> = BTreeMap::new();
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if progress(i, dataset.pictures.len()).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let name = match staging.picture(Path::new("images"), picture)? {
            name if staging.pictures == PicturesAs::Named => name,
            name => Path::new("images").join(name),
        };
        let name = name.to_string_lossy().into_owned();
        let name = if cfg!(windows) { name.replace('\\', "/") } else { name };
        let id = i + 1;
        let split = picture.split.filter(|_| !single);
        files.entry(split).or_default().push(Listed { id, name, picture });
    }
    // A folder's name would otherwise be taken for a split that the picture does not have.
    let announced = |listed: &Listed<'_>| locate::split_of_name(&listed.name).is_some();
    let by_file = single && locate::split_of_file(&staging.request.out, Path::new("")).is_some();
    let splits =
        by_file || dataset.pictures.iter().any(|p| p.split.is_some()) || files.values().flatten().any(announced);
    let mut next = 1;
    for (split, pictures) in files {
        let name = split.map_or("instances.json".to_owned(), |split| format!("instances_{split}.json"));
        let path = PathBuf::from("annotations").join(name);
        staging.write_with(&path, |file| file_of(dataset, &pictures, splits, &mut next, file))?;
    }
    Ok(())
}

fn file_of(
    dataset: &Dataset,
    pictures: &[Listed<'_>],
    splits: bool,
    next: &mut usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ids = |labels: &[usize]| labels.iter().map(|label| label + 1).collect::<Vec<_>>();
    out.write_all(b"{\"info\":{\"description\":\"written by Patchlight\"},\"licenses\":[],\"images\":[")?;
    let images = pictures.iter().map(|listed| Image {
        id: listed.id,
        file_name: &listed.name,
        width: listed.picture.width,
        height: listed.picture.height,
        split: splits.then_some(listed.picture.split),
        neg_category_ids: ids(&listed.picture.negatives),
        not_exhaustive_category_ids: ids(&listed.picture.unknowns),
    });
    records(out, images)?;
    out.write_all(b"],\"annotations\":[")?;
    let annotations = pictures.iter().flat_map(|listed| {
        let mut boxed: Vec<usize> = boxes(listed.picture).map(|(label, _)| label).collect();
        boxed.sort_unstable();
        let alone = listed
            .picture
            .positives
            .iter()
            .filter(move |l| boxed.binary_search(l).is_err());
        let boxes = boxes(listed.picture).map(|(label, bounds)| (label, Some(bounds)));
        boxes
            .chain(alone.map(|label| (*label, None)))
            .map(|said| (listed.id, said))
    });
    records(
        out,
        annotations.map(|(image_id, (label, bbox))| {
            let id = *next;
            *next += 1;
            Annotation {
                id,
                image_id,
                category_id: label + 1,
                bbox,
                area: bbox.map_or(0.0, |[_, _, w, h]| w * h),
                iscrowd: 0,
            }
        }),
    )?;
    out.write_all(b"],\"categories\":[")?;
    let categories = dataset.labels.iter().enumerate().map(|(i, name)| Category {
        id: i + 1,
        name,
        supercategory: "",
    });
    records(out, categories)?;
    out.write_all(b"]}\n")?;
    Ok(())
}

/// One record a line, so that versions of a file can be compared.
fn records<T: Serialize>(out: &mut dyn Write, records: impl Iterator<Item = T>) -> io::Result<()> {
    for (i, record) in records.enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &record).map_err(io::Error::from)?;
    }
    Ok(())
}
