//! COCO instance annotations: one file, or a folder with `annotations/*.json` or `*.json`; several files become one set.
//!
//! Boxes may have been drawn on the picture as stored or as shown (after EXIF rotation). The declared width and height tell: if
//! they are those of the stored picture and the shown one is turned, boxes are turned along; otherwise they are taken as
//! they are. Orientations that keep the size (mirrored, upside down) cannot be told apart; boxes count as drawn on the
//! picture as shown, which is how annotation tools in browsers work.

pub mod lenient;
mod parse;

use super::collect::{Entry, Findings, Tally};
use super::locate::{self, Locator, stem};
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::model::{Split, Warning};
use parse::{Bounds, Coco, Id};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The first 64 KiB of a regular file.
pub fn head(path: &Path) -> Result<Vec<u8>, DatasetError> {
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

fn looks_like_coco(path: &Path) -> bool {
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

/// The files to import from a folder: instances only, where COCO's captions and keypoints lie beside them.
pub fn annotation_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let all = all_files(folder)?;
    let instances: Vec<PathBuf> = all
        .iter()
        .filter(|path| stem(path).starts_with("instances"))
        .cloned()
        .collect();
    Ok(if instances.is_empty() { all } else { instances })
}

/// Reads the annotations and finds their pictures.
pub fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let mut found = Findings::default();
    let files = if request.data.is_dir() {
        annotation_files(&request.data)?
    } else {
        vec![request.data.clone()]
    };
    if files.is_empty() {
        let problem = "no COCO annotations were found (annotations/*.json or *.json with \"images\")".to_owned();
        return Err(DatasetError::Layout {
            path: request.data.clone(),
            problem,
        });
    }
    if request.data.is_dir() {
        let skipped = all_files(&request.data)?.len() - files.len();
        if skipped > 0 {
            let text = format!("{skipped} annotation files that are not named instances* were left out");
            found.warnings.push(Warning::new("annotations-skipped", text));
        }
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
        reader.file(path, parse::read(path)?, progress)?;
    }
    let Reader { locator, mut found, .. } = reader;
    locator.warn(&mut found.warnings);
    if found.entries.is_empty() {
        let first = found.unmatched.first().map_or("(no picture is listed)", String::as_str);
        let looked_for = format!(
            "{} annotated pictures, such as {first}, in {}",
            found.unmatched.len(),
            locator.places()
        );
        return Err(DatasetError::NoPictures {
            path: request.data.clone(),
            looked_for,
        });
    }
    Ok(found)
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
    fn file(&mut self, path: &Path, coco: Coco, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let categories = self.categories(path, &coco)?;
        let split = locate::split_of_file(path, self.locator.root());
        let mut names: HashMap<&Id, &str> = HashMap::new();
        let mut entries: HashMap<&Id, Option<usize>> = HashMap::new();
        let mut tally = Tally::default();
        for (i, image) in coco.images.iter().enumerate() {
            if i % 4096 == 0 && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            if let Some(first) = names.insert(&image.id, &image.file_name) {
                let (path, id) = (path.to_owned(), image.id.to_string());
                let (first, second) = (first.to_owned(), image.file_name.clone());
                return Err(DatasetError::DuplicateId {
                    path,
                    what: "image",
                    id,
                    first,
                    second,
                });
            }
            let split = split.or_else(|| locate::split_of_name(&image.file_name));
            let Some(picture) = self.locator.find(&image.file_name, path, split, progress)? else {
                self.found.unmatched.push(image.file_name.clone());
                entries.insert(&image.id, None);
                continue;
            };
            let new = self.found.entries.len();
            let index = *self.at.entry(picture.clone()).or_insert(new);
            if index == new {
                let size = |side: Option<f64>| side.filter(|v| (1.0..4e9).contains(v)).map(|v| v as u32);
                self.found.entries.push(Entry {
                    path: picture,
                    name: image.file_name.clone(),
                    split,
                    declared: size(image.width).zip(size(image.height)),
                    ..Entry::default()
                });
            } else {
                let code = if self.found.entries[index].split == split {
                    "repeated"
                } else {
                    "leakage"
                };
                tally.add(code, || image.file_name.clone());
            }
            entries.insert(&image.id, Some(index));
        }
        self.annotations(&coco, &categories, &entries, &mut tally);
        let before = self.found.warnings.len();
        for (code, text) in [
            (
                "repeated",
                "pictures are listed more than once; their labels were joined",
            ),
            ("leakage", "pictures are listed in several splits; the first one counts"),
            (
                "duplicate-annotation-id",
                "annotation ids are used more than once; all these annotations count",
            ),
            (
                "unknown-image",
                "annotations are of a picture that is not listed and were left out",
            ),
            (
                "unknown-category",
                "annotations have no category that is listed and were left out",
            ),
            (
                "box-malformed",
                "boxes are not four numbers and were dropped (their labels stay)",
            ),
        ] {
            tally.warn(code, text, &mut self.found.warnings);
        }
        self.found.warnings[before..]
            .iter_mut()
            .for_each(|w| w.file = Some(path.display().to_string()));
        Ok(())
    }

    /// Label indices by category id; labels are joined with those of earlier files by name.
    fn categories(&mut self, path: &Path, coco: &Coco) -> Result<HashMap<Id, usize>, DatasetError> {
        let mut categories = HashMap::new();
        let mut names: HashMap<&str, &Id> = HashMap::new();
        for category in &coco.categories {
            let next = self.found.labels.len();
            let index = *self.labels.entry(category.name.clone()).or_insert(next);
            if index == next {
                self.found.labels.push(category.name.clone());
            }
            match categories.insert(category.id.clone(), index) {
                Some(first) if first != index => {
                    let (first, second) = (self.found.labels[first].clone(), category.name.clone());
                    let (path, id) = (path.to_owned(), category.id.to_string());
                    return Err(DatasetError::DuplicateId {
                        path,
                        what: "category",
                        id,
                        first,
                        second,
                    });
                }
                _ => {}
            }
            if let Some(first) = names
                .insert(&category.name, &category.id)
                .filter(|first| **first != category.id)
            {
                let text = format!(
                    "categories {first} and {} are both named {}; they became one label",
                    category.id, category.name
                );
                let file = Some(path.display().to_string());
                self.found.warnings.push(Warning {
                    file,
                    ..Warning::new("duplicate-category", text)
                });
            }
        }
        Ok(categories)
    }

    fn annotations(
        &mut self,
        coco: &Coco,
        categories: &HashMap<Id, usize>,
        entries: &HashMap<&Id, Option<usize>>,
        tally: &mut Tally,
    ) {
        let mut ids: HashSet<&Id> = HashSet::new();
        for annotation in &coco.annotations {
            let id = annotation.id.as_ref();
            let name = || id.map_or("one without id".to_owned(), |id| format!("annotation {id}"));
            if id.is_some_and(|id| !ids.insert(id)) {
                tally.add("duplicate-annotation-id", name);
            }
            let Some(label) = annotation.category_id.as_ref().and_then(|id| categories.get(id)) else {
                let category = annotation.category_id.as_ref().map_or("none".to_owned(), Id::to_string);
                tally.add("unknown-category", || format!("category {category} of {}", name()));
                continue;
            };
            let Some(entry) = entries.get(&annotation.image_id) else {
                tally.add("unknown-image", || {
                    format!("picture {} of {}", annotation.image_id, name())
                });
                continue;
            };
            // A picture without a file was reported; its annotations go with it.
            let Some(entry) = entry.and_then(|i| self.found.entries.get_mut(i)) else {
                continue;
            };
            entry.positives.push(*label);
            match annotation.bbox {
                Bounds::Given(bounds) => entry.boxes.push((*label, bounds)),
                Bounds::Bad => tally.add("box-malformed", name),
                Bounds::None => {}
            }
        }
    }
}
