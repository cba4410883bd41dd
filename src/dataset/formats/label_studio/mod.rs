//! Label Studio's exports: JSON (tasks with annotations) and JSON-MIN (a record for each annotation).
//!
//! Choices, taxonomies (`A/B`) and labels of regions are labels of the picture; of several annotators, all that one of them gave.
//! Where several controls ask for choices, labels are named `control/choice`, because one word can answer two questions. Labels of
//! regions have no such prefix.

mod config;
mod export;
mod lean;
mod location;
mod table;
mod task;

pub(crate) use config::is_config;
pub(crate) use export::{check, write};
pub(crate) use table::read_table;

use super::collect::{Entry, Findings};
use super::gather::Gather;
use super::locate::{self, Locator};
use super::{ImportRequest, Progress, coco};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, relative_name};
use crate::dataset::model::{Split, Warning};
use config::Config;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use task::{Annotation, Task};

/// The control of our exports that asks for choices, and the one that asks for boxes.
const CHOICES: &str = "labels";
const BOXES: &str = "boxes";
/// Fields of `meta` in our exports: names of labels that are not there, and of labels that are not known.
const NEGATIVES: &str = "not_there";
const UNKNOWNS: &str = "not_known";
/// How many controls are named in a warning.
const SHOWN: usize = 5;
/// Characters of a location that are told.
const MAX_NAME: usize = 200;

/// Whether a file that begins with `head` is an export: a list of tasks.
pub(crate) fn looks_like(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    // Lists of COCO results have other keys.
    text.starts_with('[')
        && !has("image_id")
        && ((has("data") && (has("annotations") || has("completions") || has("predictions")))
            || has("annotation_id")
            || has("annotator")
            || has("lead_time")
            || has("rectanglelabels")
            || (has("image") && has("id") && (text.contains("\"choice") || text.contains("labels\""))))
}

/// Whether a file that begins with `head` ends before it says what it is.
fn looks_cut_off(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim();
    text.is_empty()
        || (text.starts_with('[') && !text.ends_with(']') && !text.contains("\"image_id\"") && head.len() < 1 << 16)
}

/// The exports in a folder, byte-sorted.
pub(crate) fn export_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        if is_json && path.is_file() {
            files.push(path);
        }
    }
    let heads = |path: &PathBuf, is: &dyn Fn(&[u8]) -> bool| coco::head(path).is_ok_and(|head| is(&head));
    if !files.iter().any(|path| heads(path, &looks_like)) {
        return Ok(Vec::new());
    }
    // One that is cut off beside others is listed, not passed over.
    files.retain(|path| heads(path, &|head| looks_like(head) || looks_cut_off(head)));
    files.sort_by(|a, b| by_bytes(a, b));
    Ok(files)
}

/// Reads the tasks and finds their pictures.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let files = if request.data.is_dir() {
        export_files(&request.data)?
    } else {
        vec![request.data.clone()]
    };
    let Some(first) = files.first() else {
        return Err(DatasetError::Layout {
            path: request.data.clone(),
            problem: "no Label Studio export was found (*.json with a list of tasks)".to_owned(),
        });
    };
    let config = config::find(first.parent().unwrap_or(first))
        .map(|path| config::read(&path))
        .transpose()?;
    let mut reader = Reader::new(request, config);
    for file in &files {
        let mut count = 0_usize;
        let read = lean::each(file, &["rle", "predictions"], &mut |json| {
            count += 1;
            if count.is_multiple_of(1024) && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            let controls = reader.config.as_ref().map(|config| config.controls.as_slice());
            let task = Task::new(&json, controls);
            reader.task(task, file, progress)
        });
        reader.gather.trouble.of(file, read)?;
    }
    reader.finish(request)
}

/// A label as given: by whom where that matters, and its name.
type Raw = (Option<String>, String);

struct Reader {
    config: Option<Config>,
    locator: Locator,
    gather: Gather,
    raw: Vec<Raw>,
    at: HashMap<Raw, usize>,
    /// Labels that the first annotation of a picture gave, to tell whether a later one differs.
    firsts: HashMap<PathBuf, BTreeSet<usize>>,
}

impl Reader {
    fn new(request: &ImportRequest, config: Option<Config>) -> Self {
        let mut reader = Self {
            locator: Locator::new(request),
            gather: Gather::new(request),
            raw: Vec::new(),
            at: HashMap::new(),
            firsts: HashMap::new(),
            config: None,
        };
        for (control, name) in config.iter().flat_map(|config| &config.labels) {
            reader.raw(control.clone(), name);
        }
        reader.config = config;
        reader
    }

    fn raw(&mut self, control: Option<String>, name: &str) -> usize {
        let next = self.raw.len();
        let raw = (control, name.to_owned());
        if let Some(index) = self.at.get(&raw) {
            return *index;
        }
        self.at.insert(raw.clone(), next);
        self.raw.push(raw);
        next
    }

    fn picture(
        &mut self,
        location: &str,
        file: &Path,
        split: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<PathBuf>, DatasetError> {
        let names = location::names(location);
        let paths: Vec<&Path> = names.iter().map(Path::new).collect();
        let places = self.locator.usual_places(file, split);
        if let Some(found) = self.locator.find_at(&paths, &places, None, progress)? {
            return Ok(Some(found));
        }
        // Uploads lose blanks and signs.
        let name = names
            .last()
            .and_then(|name| name.rsplit('/').next())
            .unwrap_or_default();
        if location.contains("upload/") {
            return self.locator.find_form(name, location::uploaded, progress);
        }
        Ok(None)
    }

    fn task(&mut self, task: Task, file: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let tally = &mut self.gather.tally;
        if task.predictions > 0 {
            tally.add("predictions", || format!("task {}", task.id));
        }
        let Some(location) = &task.image else {
            self.gather.found.unmatched.push(format!("task {}", task.id));
            return Ok(());
        };
        let split = match &task.split {
            Some(split) => split.as_deref().and_then(Split::of_name),
            None => location::names(location)
                .first()
                .and_then(|name| locate::split_of_name(name)),
        };
        let Some(path) = self.picture(location, file, split, progress)? else {
            // It may be a picture itself, as text.
            let name: String = location.chars().take(MAX_NAME).collect();
            self.locator.miss(&mut self.gather.found.unmatched, name);
            return Ok(());
        };
        let plain = location::names(location).first() == Some(location);
        let name = if plain {
            location.clone()
        } else {
            relative_name(&path, self.locator.root())
        };
        let mut entry = Entry {
            path: path.clone(),
            name,
            split,
            declared: task.size,
            relative: true,
            ..Entry::default()
        };
        let mut told = false;
        let counted: Vec<&Annotation> = task.annotations.iter().filter(|a| !a.cancelled).collect();
        for _ in counted.len()..task.annotations.len() {
            self.gather.tally.add("cancelled", || format!("task {}", task.id));
        }
        if counted.is_empty() {
            self.gather.tally.add("not-annotated", || format!("task {}", task.id));
        }
        for annotation in counted {
            let labels = self.annotation(annotation, &mut entry);
            match self.firsts.get(&path) {
                None => {
                    self.firsts.insert(path.clone(), labels);
                }
                Some(first) if *first != labels && !told => {
                    told = true;
                    self.gather.tally.add("disagreement", || location.clone());
                }
                Some(_) => {}
            }
        }
        // Names in `meta` are those of our own control.
        let own = |reader: &mut Self, names: &[String]| -> Vec<usize> {
            names
                .iter()
                .map(|name| reader.raw(Some(CHOICES.to_owned()), name))
                .collect()
        };
        entry.negatives = own(self, &task.negatives);
        entry.unknowns = own(self, &task.unknowns);
        // JSON-MIN has a record for each annotation.
        self.gather.join(entry, task.is_min);
        Ok(())
    }

    /// Adds an annotation's labels and boxes to an entry and returns the labels.
    fn annotation(&mut self, annotation: &Annotation, entry: &mut Entry) -> BTreeSet<usize> {
        for kind in &annotation.others {
            self.gather.tally.add("other-answers", || kind.clone());
        }
        let mut labels = BTreeSet::new();
        for given in &annotation.given {
            if given.name.is_empty() {
                self.gather.tally.add("no-name", || entry.name.clone());
                continue;
            }
            let label = self.raw(given.control.clone(), &given.name);
            labels.insert(label);
            entry.positives.push(label);
            entry.boxes.extend(given.bounds.map(|bounds| (label, bounds)));
            if given.turned {
                self.gather
                    .tally
                    .add("rotated", || format!("{} on {}", given.name, entry.name));
            }
        }
        labels
    }

    fn finish(mut self, request: &ImportRequest) -> Result<Findings, DatasetError> {
        let controls: BTreeSet<String> = self.raw.iter().filter_map(|(control, _)| control.clone()).collect();
        let mut at = Vec::with_capacity(self.raw.len());
        for (control, name) in std::mem::take(&mut self.raw) {
            let name = match control.filter(|_| controls.len() > 1) {
                Some(control) => format!("{control}/{name}"),
                None => name,
            };
            at.push(self.gather.label(&name));
        }
        let label = |raw: usize| at.get(raw).copied().unwrap_or_default();
        for entry in &mut self.gather.found.entries {
            let lists = [&mut entry.positives, &mut entry.negatives, &mut entry.unknowns];
            lists.into_iter().flatten().for_each(|raw| *raw = label(*raw));
            entry.boxes.iter_mut().for_each(|(raw, _)| *raw = label(*raw));
        }
        if controls.len() > 1 {
            let names: Vec<&str> = controls.iter().take(SHOWN).map(String::as_str).collect();
            let message = format!(
                "{} controls ask for choices ({}); labels are named control/choice",
                controls.len(),
                names.join(", ")
            );
            self.gather.found.warnings.push(Warning::new("controls", message));
        }
        let texts: [(&'static str, &str); 7] = [
            (
                "disagreement",
                "pictures have annotations that differ; labels that one of them gives count",
            ),
            ("cancelled", "annotations were skipped by their annotators and left out"),
            (
                "not-annotated",
                "tasks have no annotation; their pictures have no labels",
            ),
            ("predictions", "tasks have predictions, which were left out"),
            (
                "other-answers",
                "answers are no labels (texts, ratings, ..) and were left out",
            ),
            (
                "rotated",
                "regions are rotated; the upright boxes around them were taken",
            ),
            ("no-name", "labels are empty and were left out"),
        ];
        self.gather.finish(request, &self.locator, &texts)
    }
}
