//! COCO instance annotations: one file, or a folder with `annotations/*.json` or `*.json`; several files become one set.
//!
//! Boxes may have been drawn on the picture as stored or as shown (after EXIF rotation). The declared width and height tell: if
//! they are those of the stored picture and the shown one is turned, boxes are turned along; otherwise they are taken as
//! they are. Orientations that keep the size (mirrored, upside down) cannot be told apart; boxes count as drawn on the
//! picture as shown, which is how annotation tools in browsers work.

mod id;
pub(crate) mod lenient;
mod parse;
mod write;

pub(crate) use write::{check, write};

use super::collect::{Entry, Findings, Tally};
use super::locate::{self, Locator, stem};
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::model::{Split, Warning};
use id::Id;
use parse::Coco;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The first 64 KiB of a regular file.
pub(crate) fn head(path: &Path) -> Result<Vec<u8>, DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(DatasetError::io(path))?;
    file.take(1 << 16)
        .read_to_end(&mut head)
        .map_err(DatasetError::io(path))?;
    Ok(head)
}

pub(crate) fn looks_like_coco(path: &Path) -> bool {
    let Ok(head) = head(path) else { return false };
    let text = String::from_utf8_lossy(&head);
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && ["\"images\"", "\"annotations\"", "\"categories\""]
            .iter()
            .any(|key| text.contains(key))
}

/// COCO files in a folder, in `annotations` in it, and in its folders named after splits; byte-sorted.
fn all_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let list = |folder: &Path| -> Result<Vec<PathBuf>, DatasetError> {
        let entries = std::fs::read_dir(folder).map_err(DatasetError::io(folder))?;
        let mut paths: Vec<PathBuf> = entries
            .map(|e| e.map(|e| e.path()))
            .collect::<Result<_, _>>()
            .map_err(DatasetError::io(folder))?;
        paths.sort_by(|a, b| by_bytes(a, b));
        Ok(paths)
    };
    let mut files = Vec::new();
    let top = list(folder)?;
    let is_split = |path: &Path| {
        path.file_name()
            .is_some_and(|n| Split::of_name(&n.to_string_lossy()).is_some())
    };
    let inner = top
        .iter()
        .filter(|path| path.is_dir() && (path.ends_with("annotations") || is_split(path)));
    for place in [folder].into_iter().chain(inner.map(PathBuf::as_path)) {
        // Thousands of pictures beside the JSON are only looked at by name.
        files.extend(
            list(place)?
                .into_iter()
                .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))),
        );
    }
    files.retain(|path| path.is_file() && looks_like_coco(path));
    Ok(files)
}

/// The files to import from a folder: instances only, where COCO's captions and keypoints lie beside them, and how many of those.
pub(crate) fn annotation_files(folder: &Path) -> Result<(Vec<PathBuf>, usize), DatasetError> {
    let (instances, others): (Vec<PathBuf>, Vec<PathBuf>) = all_files(folder)?
        .into_iter()
        .partition(|path| stem(path).starts_with("instances"));
    Ok(if instances.is_empty() {
        (others, 0)
    } else {
        (instances, others.len())
    })
}

/// Reads the annotations and finds their pictures.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let mut found = Findings::default();
    let (files, skipped) = if request.data.is_dir() {
        annotation_files(&request.data)?
    } else {
        (vec![request.data.clone()], 0)
    };
    if files.is_empty() {
        let problem = "no COCO annotations were found (annotations/*.json or *.json with \"images\")".to_owned();
        return Err(DatasetError::Layout {
            path: request.data.clone(),
            problem,
        });
    }
    if skipped > 0 {
        let text = format!("{skipped} annotation files that are not named instances* were left out");
        found.warnings.push(Warning::new("annotations-skipped", text));
    }
    let mut reader = Reader {
        locator: Locator::new(request),
        at: HashMap::new(),
        labels: HashMap::new(),
        found,
    };
    for path in &files {
        if progress(0, 0).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let coco = parse::read(path, progress)?;
        reader.file(path, coco, progress)?;
    }
    let Reader { locator, found, .. } = reader;
    locator.complete(found, &request.data, "annotated", "(no picture is listed)")
}

struct Reader {
    locator: Locator,
    /// Entries by path.
    at: HashMap<PathBuf, usize>,
    /// Labels by name.
    labels: HashMap<String, usize>,
    found: Findings,
}

impl Reader {
    fn file(&mut self, path: &Path, mut coco: Coco, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        if coco.captions > 0 && coco.categories.iter().all(|category| category.name.is_none()) {
            return Err(DatasetError::Layout {
                path: path.to_owned(),
                problem: "these are captions, and captions are no labels; the labels of such sets are in files called instances_*"
                    .to_owned(),
            });
        }
        let before = self.found.warnings.len();
        let labels = self.labels(&coco);
        let split = locate::split_of_file(path, self.locator.root());
        let mut tally = Tally::default();
        for (i, image) in std::mem::take(&mut coco.images).into_iter().enumerate() {
            if i % 4096 == 0 && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            let mut label = |place: u32| -> Option<usize> {
                let label = labels[place as usize];
                if label.is_none() {
                    let category = &coco.categories[place as usize];
                    let user = || {
                        category
                            .first
                            .as_ref()
                            .map_or("one without id".to_owned(), Id::to_string)
                    };
                    tally.add("unknown-category", || {
                        format!("category {} of annotation {}", category.id, user())
                    });
                }
                label
            };
            let boxes = image
                .boxes
                .iter()
                .filter_map(|(place, bounds)| Some((label(*place)?, *bounds)));
            let boxes: Vec<(usize, [f64; 4])> = boxes.collect();
            let mut all = |places: &[u32]| -> Vec<usize> { places.iter().filter_map(|place| label(*place)).collect() };
            let (mut positives, negatives, unknowns) =
                (all(&image.labels), all(&image.negatives), all(&image.unknowns));
            positives.extend(boxes.iter().map(|(label, _)| *label));
            let split = match image.split {
                Some(own) => own,
                None => split.or_else(|| locate::split_of_name(&image.name)),
            };
            // A picture without a file is reported; its annotations go with it.
            // A split that the picture's own record says need not be that of its folder.
            let folder = split.filter(|_| image.split.is_none());
            let Some(picture) = self.locator.find(&image.name, path, split, folder, progress)? else {
                self.locator.miss(&mut self.found.unmatched, image.name);
                continue;
            };
            let new = self.found.entries.len();
            let index = *self.at.entry(picture.clone()).or_insert(new);
            if index == new {
                let size = |side: Option<f64>| side.filter(|v| (1.0..4e9).contains(v)).map(|v| v as u32);
                self.found.entries.push(Entry {
                    path: picture,
                    name: image.name,
                    split,
                    positives,
                    negatives,
                    unknowns,
                    boxes,
                    declared: size(image.width).zip(size(image.height)),
                    ..Entry::default()
                });
                continue;
            }
            let entry = &mut self.found.entries[index];
            let code = if entry.split == split { "repeated" } else { "leakage" };
            tally.add(code, || image.name);
            entry.positives.extend(positives);
            entry.negatives.extend(negatives);
            entry.unknowns.extend(unknowns);
            entry.boxes.extend(boxes);
        }
        self.warn(&coco, &tally);
        self.found.warnings[before..]
            .iter_mut()
            .for_each(|w| w.file = Some(path.display().to_string()));
        Ok(())
    }

    /// Label indices by the places of categories; labels are joined with those of earlier files by name.
    fn labels(&mut self, coco: &Coco) -> Vec<Option<usize>> {
        let mut labels = Vec::with_capacity(coco.categories.len());
        let mut ids: HashMap<&str, &Id> = HashMap::new();
        for category in &coco.categories {
            let Some(name) = category.name.as_deref() else {
                labels.push(None);
                continue;
            };
            let next = self.found.labels.len();
            let index = *self.labels.entry(name.to_owned()).or_insert(next);
            if index == next {
                self.found.labels.push(name.to_owned());
            }
            labels.push(Some(index));
            if let Some(first) = ids.insert(name, &category.id) {
                let text = format!(
                    "categories {first} and {} are both named {name}; they became one label",
                    category.id
                );
                self.found.warnings.push(Warning::new("duplicate-category", text));
            }
        }
        labels
    }

    fn warn(&mut self, coco: &Coco, tally: &Tally) {
        let warnings = &mut self.found.warnings;
        let many = |many: &parse::Many, code: &str, text: &str| {
            let text = format!("{} {text}; the first: {}", many.count, many.first);
            (many.count > 0).then(|| Warning::new(code, text))
        };
        for (code, text) in [
            (
                "repeated",
                "pictures are listed more than once; their labels were joined",
            ),
            ("leakage", "pictures are listed in several splits; the first one counts"),
        ] {
            tally.warn(code, text, warnings);
        }
        warnings.extend(many(
            &coco.repeated_ids,
            "duplicate-annotation-id",
            "annotation ids are used more than once; all these annotations count",
        ));
        warnings.extend(many(
            &coco.unknown_images,
            "unknown-image",
            "annotations are of a picture that is not listed and were left out",
        ));
        tally.warn(
            "unknown-category",
            "annotations have no category that is listed and were left out",
            warnings,
        );
        warnings.extend(many(
            &coco.malformed,
            "box-malformed",
            "boxes are not four numbers and were dropped (their labels stay)",
        ));
    }
}
