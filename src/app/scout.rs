//! The thread that looks at files and folders before anything is done with them: what a folder holds, whether a file is a tagger. The
//! window never reads a file itself.

use super::bring;
use crate::dataset::files::{absolute, is_picture_name, walk};
use crate::engine::jobs::{self, WatchedEpoch};
use crate::engine::{Event, Failure};
use crate::tagging::tagger::Tagger;
use eframe::egui::ColorImage;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Annotations, or a folder for each label: a data set.
    Labels,
    /// Pictures alone.
    Pictures,
    /// No picture.
    Nothing,
}

enum Errand {
    Pictures(Vec<PathBuf>),
    Folder(PathBuf),
    File(PathBuf),
    Keep(Arc<ColorImage>),
    Room(PathBuf),
    Watched(u64, PathBuf),
    History(PathBuf),
}

/// What the thread found.
#[derive(Debug)]
pub enum Finding {
    /// Pictures, each an absolute path, and what is to be said about the rest.
    Pictures(Vec<PathBuf>, Vec<String>),
    /// What a folder holds.
    Folder(PathBuf, Holds),
    /// A tagger: its file, name and labels.
    Tagger(PathBuf, String, usize),
    /// A file that may hold a model, and why it is no tagger.
    NoTagger(PathBuf, Failure),
    /// A pasted picture was kept in a file.
    Kept(Result<PathBuf, Failure>),
    /// Free room on the disk of a folder, in bytes.
    Room(u64),
    /// The watched pictures of a training job's run after an epoch.
    Watched(u64, String, Result<WatchedEpoch, Failure>),
    /// What a run's folder says of its training: what was told, and the watched pictures.
    History(PathBuf, Result<(Vec<Event>, Vec<WatchedEpoch>), Failure>),
}

/// The window's end.
pub struct Scout {
    errands: Sender<Errand>,
    findings: Receiver<Finding>,
}

impl Scout {
    /// Starts the thread; `wake` is called after each finding.
    pub fn new(wake: impl Fn() + Send + 'static) -> Self {
        let (errands, inbox) = channel();
        let (sender, findings) = channel();
        let body = move || {
            for errand in inbox {
                if sender.send(go(errand)).is_err() {
                    return;
                }
                wake();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("scout".to_owned()).spawn(body) {
            tracing::error!(%error, "a thread that looks at files cannot be started");
        }
        Self { errands, findings }
    }

    /// Looks for the pictures of files and folders.
    pub fn pictures(&self, paths: Vec<PathBuf>) {
        self.send(Errand::Pictures(paths));
    }

    /// Looks what a folder holds.
    pub fn folder(&self, path: PathBuf) {
        self.send(Errand::Folder(path));
    }

    /// Looks whether a file is a tagger.
    pub fn file(&self, path: PathBuf) {
        self.send(Errand::File(path));
    }

    /// Keeps a pasted picture in a file.
    pub fn keep(&self, image: Arc<ColorImage>) {
        self.send(Errand::Keep(image));
    }

    /// Asks for the free room on the disk of a folder.
    pub fn room(&self, path: PathBuf) {
        self.send(Errand::Room(path));
    }

    /// Reads the watched pictures of a training job after an epoch.
    pub fn watched(&self, job: u64, path: PathBuf) {
        self.send(Errand::Watched(job, path));
    }

    /// Reads what the folder of a run says of its training.
    pub fn history(&self, run: PathBuf) {
        self.send(Errand::History(run));
    }

    fn send(&self, errand: Errand) {
        if self.errands.send(errand).is_err() {
            tracing::error!("the thread that looks at files has ended");
        }
    }

    /// The next finding, without waiting.
    pub fn next(&self) -> Option<Finding> {
        self.findings.try_recv().ok()
    }
}

fn go(errand: Errand) -> Finding {
    match errand {
        Errand::Pictures(paths) => {
            let (found, said) = pictures(&paths);
            Finding::Pictures(found, said)
        }
        Errand::Folder(path) => {
            let holds = holds(&path);
            Finding::Folder(path, holds)
        }
        Errand::File(path) => match Tagger::describe(&path) {
            Ok(config) => Finding::Tagger(path, config.name, config.labels.len()),
            Err(error) => Finding::NoTagger(path, Failure::new(error.to_string(), error.hint())),
        },
        Errand::Keep(image) => Finding::Kept(keep(&image)),
        Errand::Room(path) => {
            let there = path.ancestors().find(|p| p.exists()).map(Path::to_owned);
            Finding::Room(there.and_then(|p| fs4::available_space(&p).ok()).unwrap_or(0))
        }
        Errand::Watched(job, path) => {
            let read = jobs::read_watched(&path).map_err(|e| Failure::io("read", &path, &e));
            // runs/ID/watch/EPOCH.safetensors
            let run = path.parent().and_then(Path::parent).and_then(Path::file_name);
            let run = run.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Finding::Watched(job, run, read)
        }
        Errand::History(run) => {
            let read = jobs::history(&run);
            Finding::History(run, read)
        }
    }
}

/// Files as they are, folders with all below them; and in words what is left out.
fn pictures(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut said) = (Vec::new(), Vec::new());
    for path in paths {
        let path = bring::expand(path);
        let path = absolute(&path).unwrap_or(path);
        if !path.is_dir() {
            if path.exists() {
                found.push(path);
            } else {
                said.push(format!("There is nothing at {}", path.display()));
            }
            continue;
        }
        match walk(&path, &mut |_| ControlFlow::Continue(())) {
            Ok(walked) => {
                said.extend(walked.warnings.into_iter().map(|w| w.message));
                let mut foreign: BTreeMap<&'static str, usize> = BTreeMap::new();
                if walked.others > 0 {
                    for folder in std::iter::once(&path).chain(&walked.folders) {
                        count_foreign(folder, &mut foreign);
                    }
                }
                for (kind, count) in foreign {
                    let files = super::widgets::counted(count, "file", "files");
                    said.push(format!(
                        "{files} of the kind {kind} in {} cannot be read",
                        path.display()
                    ));
                }
                if walked.pictures.is_empty() {
                    said.push(format!("There is no picture in {}", path.display()));
                }
                found.extend(walked.pictures);
            }
            Err(error) => said.push(error.to_string()),
        }
    }
    (found, said)
}

/// Counts pictures of kinds that are not read, by their names.
fn count_foreign(folder: &Path, counts: &mut BTreeMap<&'static str, usize>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for kind in entries.filter_map(|e| bring::foreign(&e.path())) {
        *counts.entry(kind).or_default() += 1;
    }
}

/// Entries of a folder that are looked at.
const ENTRIES: usize = 20_000;

/// Endings of files with annotations.
const ANNOTATIONS: [&str; 6] = ["json", "xml", "csv", "tsv", "yaml", "yml"];

/// What a folder holds, by the names in it and in the folders right below.
fn holds(folder: &Path) -> Holds {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.take(ENTRIES).map(|e| e.path()).collect()
    };
    let annotates = |path: &PathBuf| {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        // A picture's own text or sidecar beside it says nothing about the folder; a list has a name of its own.
        let beside = ["jpg", "jpeg", "png", "JPG"]
            .iter()
            .any(|e| path.with_extension(e).exists());
        match ending.as_deref() {
            Some("txt") => {
                let name = path
                    .file_stem()
                    .map_or_else(String::new, |n| n.to_string_lossy().to_lowercase());
                beside || ["train", "val", "test", "classes", "labels"].contains(&name.as_str())
            }
            Some(ending) => ANNOTATIONS.contains(&ending),
            None => false,
        }
    };
    let here = list(folder);
    if here.iter().any(annotates) {
        return Holds::Labels;
    }
    let pictures = here.iter().any(|p| is_picture_name(p));
    let mut below = false;
    for inside in here.iter().filter(|p| p.is_dir()) {
        let files = list(inside);
        let named = inside
            .file_name()
            .is_some_and(|n| n == "annotations" || n == "labels" || n == "Annotations");
        if named
            && files
                .iter()
                .any(|f| annotates(f) || f.extension().is_some_and(|e| e == "txt"))
        {
            return Holds::Labels;
        }
        below |= files.iter().any(|p| is_picture_name(p) || p.is_dir());
    }
    match (pictures, below) {
        (true, _) => Holds::Pictures,
        (false, true) => Holds::Labels,
        (false, false) => Holds::Nothing,
    }
}

/// Writes a pasted picture to the program's own folder.
fn keep(image: &ColorImage) -> Result<PathBuf, Failure> {
    let folder = bring::data_folder().join("pasted");
    let failed = |e: &dyn std::fmt::Display| {
        Failure::new(
            format!("the pasted picture cannot be kept in {}: {e}", folder.display()),
            "Save it to a file with the program that it comes from, then drop that file here.",
        )
    };
    std::fs::create_dir_all(&folder).map_err(|e| failed(&e))?;
    let path = bring::free_name(&folder, "pasted", ".png");
    let [width, height] = image.size;
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    let picture = image::RgbImage::from_raw(width as u32, height as u32, bytes);
    let picture = picture.ok_or_else(|| failed(&"it has no pixels"))?;
    picture.save(&path).map_err(|e| failed(&e))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_apart_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let put = |name: &str| {
            let path = at(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        };
        put("plain/a.jpg");
        put("plain/2023/b.jpg");
        put("plain/readme.txt");
        put("labels/cat/a.jpg");
        put("coco/a.jpg");
        put("coco/annotations.json");
        put("yolo/images/a.jpg");
        put("yolo/labels/a.txt");
        put("none/a.odt");
        assert_eq!(holds(&at("plain")), Holds::Pictures);
        assert_eq!(holds(&at("labels")), Holds::Labels);
        assert_eq!(holds(&at("coco")), Holds::Labels);
        assert_eq!(holds(&at("yolo")), Holds::Labels);
        assert_eq!(holds(&at("none")), Holds::Nothing);
        put("plain/c.HEIC");
        put("plain/2023/d.heic");
        let (found, said) = pictures(&[at("plain"), at("gone.jpg"), at("none/a.odt")]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("2 files of the kind HEIC"), "{said:?}");
    }
}
