//! The thread that looks at files and folders before anything is done with them: what a path is, what a folder holds, whether a file is
//! a tagger. The window never reads a file itself.

use super::{paths, tag_list};
use crate::app::model::command::Pixels;
use crate::app::model::file_probe::{Holds, LeftOut, Reply, Request};
use crate::app::model::paths::expand;
use crate::app::model::words::counted;
use crate::dataset::files::{absolute, is_picture_name, walk};
use crate::engine::{Failure, jobs};
use crate::tagging::tagger::Tagger;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// The window's end.
pub struct FileProbe {
    requests: Sender<Request>,
    replies: Receiver<Reply>,
}

impl FileProbe {
    /// Starts the thread; `wake` is called after each reply.
    pub fn new(wake: impl Fn() + Send + 'static) -> Self {
        let (requests, inbox) = channel();
        let (sender, replies) = channel();
        let body = move || {
            for request in inbox {
                if sender.send(answer(request)).is_err() {
                    return;
                }
                wake();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("file probe".to_owned()).spawn(body) {
            tracing::error!(%error, "a thread that looks at files cannot be started");
        }
        Self { requests, replies }
    }

    /// Asks for something.
    pub fn ask(&self, request: Request) {
        if self.requests.send(request).is_err() {
            tracing::error!("the thread that looks at files has ended");
        }
    }

    /// Waits until everything that was asked for is done, or so long.
    pub fn finish(&mut self, within: Duration) {
        let (own, _) = channel();
        // The end of the requests ends the thread, and with it the replies.
        self.requests = own;
        let until = Instant::now() + within;
        while self
            .replies
            .recv_timeout(until.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
    }

    /// The next reply, without waiting.
    pub fn next(&self) -> Option<Reply> {
        self.replies.try_recv().ok()
    }
}

/// Where the list of Tag is kept.
pub fn kept_tags() -> PathBuf {
    paths::data_folder().join("tag list.json")
}

fn answer(request: Request) -> Reply {
    match request {
        Request::Kind(brought) => {
            let (kind, all) = paths::kind_of_all(brought);
            Reply::Kind(kind, all)
        }
        Request::Pasted(text) => Reply::Pasted(paths::pasted(&text)),
        Request::DataChosen(path) => {
            let is_project = paths::kind(&path) == crate::app::model::file_probe::PathKind::Project;
            Reply::DataChosen(path, is_project)
        }
        Request::Pictures(brought) => {
            let (found, left_out) = pictures(&brought);
            Reply::Pictures(found, left_out)
        }
        Request::Folder(path) => {
            let holds = holds(&path);
            Reply::Folder(path, holds)
        }
        Request::File(path) => match Tagger::describe(&path) {
            Ok(config) => Reply::Tagger(path, config.name, config.labels.len()),
            Err(error) => Reply::NoTagger(path, Failure::new(error.to_string(), error.hint())),
        },
        Request::WatchFolder(folder) => {
            let pictures = folder.is_dir().then(|| {
                let walked = walk(&folder, &mut |_| ControlFlow::Continue(()));
                walked.map(|walked| walked.pictures).unwrap_or_default()
            });
            Reply::WatchFolder(folder, pictures)
        }
        Request::ProjectFor(data) => Reply::ProjectFor {
            project: paths::project_for(&data),
            data,
        },
        Request::DemoFolder(quick) => Reply::DemoFolder(paths::free_name(&paths::data_folder(), "demo", ""), quick),
        Request::ExportName(folder, name, ending) => {
            Reply::ExportName(paths::free_name(&folder, &name, ending), name, ending)
        }
        Request::Keep(picture) => Reply::Kept(keep(&picture)),
        Request::Room(path) => {
            let there = path.ancestors().find(|p| p.exists()).map(Path::to_owned);
            Reply::Room(there.and_then(|p| fs4::available_space(&p).ok()).unwrap_or(0))
        }
        Request::Watched(job, path) => {
            let read = jobs::read_watched(&path).map_err(|e| Failure::io("read", &path, &e));
            // runs/ID/watch/EPOCH.safetensors
            let run = path.parent().and_then(Path::parent).and_then(Path::file_name);
            let run = run.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Reply::Watched(job, run, read)
        }
        Request::History(run) => {
            let read = jobs::history(&run);
            Reply::History(run, read)
        }
        Request::TaggerName(folder, name, ending) => Reply::TaggerName(paths::free_name(&folder, &name, ending)),
        Request::KeptTags(file) => Reply::KeptTags(tag_list::read(&file).map(Box::new)),
        Request::KeepTags(file, kept) => Reply::TagsKept(tag_list::write(&file, &kept)),
        Request::Keywords(pictures) => {
            let read = pictures.into_iter().map(|picture| {
                let keywords = jobs::carried_keywords(&picture);
                (picture, keywords)
            });
            Reply::Keywords(read.collect())
        }
    }
}

/// Files as they are, folders with all below them; and in words what is left out.
fn pictures(brought: &[PathBuf]) -> (Vec<PathBuf>, Vec<LeftOut>) {
    let (mut found, mut said) = (Vec::new(), Vec::new());
    for path in brought {
        let path = expand(path);
        let path = absolute(&path).unwrap_or(path);
        if !path.is_dir() {
            if path.exists() {
                found.push(path);
            } else {
                said.push(LeftOut::Other(format!("There is nothing at {}", path.display())));
            }
            continue;
        }
        match walk(&path, &mut |_| ControlFlow::Continue(())) {
            Ok(walked) => {
                said.extend(walked.warnings.into_iter().map(|w| LeftOut::Other(w.message)));
                let mut foreign: BTreeMap<&'static str, usize> = BTreeMap::new();
                if walked.others > 0 {
                    for folder in std::iter::once(&path).chain(&walked.folders) {
                        count_foreign(folder, &mut foreign);
                    }
                }
                for (kind, count) in foreign {
                    let files = counted(count, "file", "files");
                    let words = format!("{files} of the kind {kind} in {} cannot be read", path.display());
                    said.push(LeftOut::Foreign(words));
                }
                if walked.pictures.is_empty() {
                    said.push(LeftOut::Other(format!("There is no picture in {}", path.display())));
                }
                found.extend(walked.pictures);
            }
            Err(error) => said.push(LeftOut::Other(error.to_string())),
        }
    }
    (found, said)
}

/// Counts pictures of kinds that are not read, by their names.
fn count_foreign(folder: &Path, counts: &mut BTreeMap<&'static str, usize>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for kind in entries.filter_map(|e| paths::foreign(&e.path())) {
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
fn keep(pixels: &Pixels) -> Result<PathBuf, Failure> {
    let folder = paths::data_folder().join("pasted");
    let failed = |e: &dyn std::fmt::Display| {
        Failure::new(
            format!("the pasted picture cannot be kept in {}: {e}", folder.display()),
            "Save it to a file with the program that it comes from, then drop that file here.",
        )
    };
    std::fs::create_dir_all(&folder).map_err(|e| failed(&e))?;
    let path = paths::free_name(&folder, "pasted", ".png");
    let [width, height] = pixels.size;
    let picture = image::RgbImage::from_raw(width as u32, height as u32, pixels.rgb.clone());
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
        assert!(
            matches!(&said[0], LeftOut::Foreign(words) if words.starts_with("2 files of the kind HEIC")),
            "{said:?}"
        );
    }
}
