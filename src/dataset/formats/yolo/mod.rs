//! YOLO: a text file beside each picture, or in `labels/` where the picture is in `images/`; class names in `data.yaml`,
//! `classes.txt` or `obj.names`. The set of class numbers in a file is the picture's set of labels, with boxes or without.

mod config;
mod export;
mod labels;
mod sets;

pub(crate) use config::check as check_yaml;
pub(crate) use config::looks_like as looks_like_config;
pub(crate) use export::{check, write};
pub(crate) use labels::{is_class_file, looks_like as looks_like_line};

use super::collect::{Entry, Findings};
use super::gather::Gather;
use super::locate::{self, Locator};
use super::{ImportRequest, Progress, coco};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{Walk, by_bytes, relative_name, walk_with};
use crate::dataset::model::Warning;
use config::Config;
use sets::Set;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The key in `data.yaml` of pictures without a split; other programs pass over it.
const UNSPLIT: &str = "unsplit";

/// The key in our `data.yaml` of the number of pictures without labels; other programs pass over it.
const WITHOUT_LABELS: &str = "without_labels";

pub(crate) fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_ascii_lowercase());
    extension.is_some_and(|e| e == "yaml" || e == "yml")
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "txt")
}

/// The file of class names and splits in a folder.
pub(crate) fn config_file(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| is_yaml(p))
        .collect();
    files.sort_by(|a, b| by_bytes(a, b));
    let rank = |path: &PathBuf| {
        let usual = ["data.yaml", "dataset.yaml", "data.yml", "dataset.yml"];
        usual
            .iter()
            .position(|name| path.ends_with(name))
            .unwrap_or(usual.len())
    };
    files.sort_by_key(rank);
    files.into_iter().find(|path| {
        path.is_file() && coco::head(path).is_ok_and(|head| looks_like_config(&String::from_utf8_lossy(&head)))
    })
}

/// Reads the set.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let data = &request.data;
    let folder = if data.is_dir() {
        data
    } else {
        data.parent().unwrap_or(data)
    };
    let folder = locate::set_folder(folder);
    let config_file = if data.is_file() && is_yaml(data) {
        Some(data.clone())
    } else {
        config_file(folder)
    };
    let config = config_file
        .as_deref()
        .map(config::read)
        .transpose()?
        .unwrap_or_default();
    let locator = Locator::new(request);
    let also = |path: &Path| is_text(path) || is_class_file(path);
    let mut walked = walk_with(locator.root(), &also, &mut |seen| progress(seen, 0))?;
    if !folder.starts_with(locator.root()) {
        walked
            .files
            .extend(walk_with(folder, &also, &mut |seen| progress(seen, 0))?.files);
    }
    let mut reader = Reader {
        folder: folder.to_path_buf(),
        gather: Gather::new(request),
        names: Names::default(),
        config,
        used: HashSet::new(),
        empty: 0,
        first_empty: None,
        missing: None,
        flat: request.images.is_some(),
        by_stem: OnceCell::new(),
        locator,
    };
    reader.gather.found.warnings.append(&mut walked.warnings);
    reader.read_names(request, config_file.as_deref(), &walked)?;
    let sets = sets::read(&mut reader, config_file.as_deref(), &walked, progress)?;
    for set in &sets {
        reader.set(set, &walked, progress)?;
    }
    reader.finish(request, &walked)
}

/// Class numbers to labels.
#[derive(Default)]
struct Names {
    labels: HashMap<u64, usize>,
    /// Where they come from; unset: nothing names the classes, and their numbers do.
    file: Option<PathBuf>,
}

struct Reader {
    /// The set's folder.
    folder: PathBuf,
    locator: Locator,
    gather: Gather,
    names: Names,
    config: Config,
    /// Label files of pictures.
    used: HashSet<PathBuf>,
    /// Label files without a line, which usually say that a picture has no labels, and the first of them.
    empty: u64,
    first_empty: Option<PathBuf>,
    /// A folder or list that is not to be had.
    missing: Option<String>,
    /// The user named the folder of pictures: it need not have the folders of the set.
    flat: bool,
    /// Label files by their names without extension; `None` where several have one. Made when first asked for.
    by_stem: OnceCell<HashMap<OsString, Option<PathBuf>>>,
}

impl Reader {
    fn read_names(
        &mut self,
        request: &ImportRequest,
        config_file: Option<&Path>,
        walked: &Walk,
    ) -> Result<(), DatasetError> {
        let depth = |path: &PathBuf| path.components().count();
        let beside = walked
            .files
            .iter()
            .filter(|path| is_class_file(path))
            .min_by_key(|path| depth(path));
        let (file, names) = match (&request.labels, config_file, beside) {
            (Some(file), _, _) => (file.clone(), labels::names(file)?),
            (None, Some(file), _) if !self.config.names.is_empty() => (file.to_owned(), self.config.names.clone()),
            (None, _, Some(file)) => (file.clone(), labels::names(file)?),
            _ => return Ok(()),
        };
        if let Some(count) = self
            .config
            .count
            .filter(|count| self.config.names.len() as u64 != *count && config_file == Some(&file))
        {
            let text = format!(
                "this file says nc: {count}, and names {} classes; it may be cut off",
                self.config.names.len()
            );
            self.gather.found.warnings.push(Warning {
                file: Some(file.display().to_string()),
                ..Warning::new("names-count", text)
            });
        }
        for (id, name) in names {
            let before = self.gather.found.labels.len();
            let label = self.gather.label(&name);
            if label < before {
                let message = format!("class {id} has the name of an earlier one, {name}; they became one label");
                let warning = Warning::new("duplicate-category", message);
                self.gather.found.warnings.push(Warning {
                    file: Some(file.display().to_string()),
                    ..warning
                });
            }
            self.names.labels.insert(id, label);
        }
        self.names.file = Some(file);
        Ok(())
    }

    fn set(&mut self, set: &Set, walked: &Walk, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        for (i, (path, name)) in set.pictures.iter().enumerate() {
            if i % 256 == 0 && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            let mut entry = Entry {
                path: path.clone(),
                name: name.clone(),
                split: set.split,
                relative: true,
                ..Entry::default()
            };
            if self.gather.knows(path) {
                self.gather.entry(entry);
                continue;
            }
            match self.label_file(path, walked) {
                Some(file) => {
                    if self.flat && entry.split.is_none() {
                        entry.split = locate::split_of_name(&relative_name(&file, &self.folder));
                    }
                    let read = self.read_file(&file, &mut entry);
                    if self.gather.trouble.of(&file, read)?.is_none() {
                        entry.unlabelled = true;
                        entry.positives.clear();
                        entry.boxes.clear();
                    } else if entry.positives.is_empty() {
                        self.empty += 1;
                        self.first_empty.get_or_insert_with(|| file.clone());
                    }
                    self.used.insert(file);
                }
                None => self.gather.tally.add("without-labels", || name.clone()),
            }
            self.gather.entry(entry);
        }
        Ok(())
    }

    fn read_file(&self, file: &Path, entry: &mut Entry) -> Result<(), DatasetError> {
        for object in labels::read(file, self.config.keypoints)? {
            let class = object.class;
            let label = match (&self.names.file, self.names.labels.get(&class)) {
                (_, Some(label)) => *label,
                // Replaced by labels once all are known.
                (None, None) => usize::try_from(class).unwrap_or(usize::MAX),
                (Some(names), None) => {
                    let count = self.names.labels.len();
                    return Err(DatasetError::Parse {
                        path: file.to_owned(),
                        line: Some(object.line),
                        problem: format!("class {class} is not one of the {count} classes of {}", names.display()),
                    });
                }
            };
            entry.positives.push(label);
            entry.boxes.extend(object.bounds.map(|bounds| (label, bounds)));
        }
        Ok(())
    }

    /// The label file of a picture: in `labels` where the picture is in `images`, beside it, or in the labels' own folder.
    fn label_file(&self, picture: &Path, walked: &Walk) -> Option<PathBuf> {
        let text = picture.with_extension("txt");
        let root = self.locator.root();
        let relative = text.strip_prefix(root).unwrap_or(&text);
        let mut places = vec![root.join(in_labels(relative, "images")), text.clone()];
        if let (Some(folder), Some(name)) = (text.parent(), text.file_name()) {
            places.push(folder.join("labels").join(name));
        }
        places.push(root.join(in_labels(relative, "JPEGImages")));
        places.push(self.folder.join("labels").join(relative));
        places.push(self.folder.join(relative));
        // The folder of pictures may be given by itself.
        if let Some(beside) = root.parent().filter(|_| root.ends_with("images")) {
            places.push(beside.join("labels").join(relative));
        }
        let found = places
            .into_iter()
            .find(|place| place.is_file() && self.names.file.as_ref() != Some(place));
        found.or_else(|| self.by_stem(picture, walked))
    }

    /// The only label file of a picture's name, where pictures lie in a folder of their own.
    fn by_stem(&self, picture: &Path, walked: &Walk) -> Option<PathBuf> {
        let stem = picture.file_stem().filter(|_| self.flat)?;
        let by_stem = self.by_stem.get_or_init(|| {
            let mut by_stem = HashMap::new();
            for file in walked.files.iter().filter(|file| self.is_label_file(file)) {
                let Some(stem) = file.file_stem() else { continue };
                let known = by_stem.entry(stem.to_owned()).or_insert_with(|| Some(file.clone()));
                *known = known.take().filter(|known| known == file);
            }
            by_stem
        });
        by_stem.get(stem).cloned().flatten()
    }

    fn finish(mut self, request: &ImportRequest, walked: &Walk) -> Result<Findings, DatasetError> {
        for file in &walked.files {
            if !self.used.contains(file) && self.is_label_file(file) {
                let name = file.strip_prefix(&self.folder).unwrap_or(file);
                self.gather.found.unmatched.push(name.display().to_string());
            }
        }
        if self.names.file.is_none() {
            self.number_labels();
        }
        if let (Some(first), Some(count)) = (&self.first_empty, self.config.without_labels)
            && self.empty > count
        {
            let text = format!(
                "{} label files are empty, and data.yaml says that {count} pictures have no labels; others may be cut off",
                self.empty
            );
            self.gather.found.warnings.push(Warning {
                file: Some(first.display().to_string()),
                ..Warning::new("empty-label-file", text)
            });
        }
        if let Some(missing) = self.missing.filter(|_| self.gather.found.entries.is_empty()) {
            return Err(DatasetError::NoPictures {
                path: request.data.clone(),
                looked_for: format!("what data.yaml names, such as {missing}, in {}", self.locator.places()),
            });
        }
        self.gather.finish(
            request,
            &self.locator,
            &[
                ("without-labels", "pictures have no label file; they have no labels"),
                (
                    "set-missing",
                    "folders or lists that data.yaml names are not here and were left out",
                ),
                (
                    "set-outside",
                    "folders or lists that data.yaml names lead out of the folder and were refused",
                ),
                (
                    "not-in-a-set",
                    "pictures are in no set that data.yaml or the lists name and were left out",
                ),
            ],
        )
    }

    /// A label file without a picture, rather than a list or a note.
    fn is_label_file(&self, file: &Path) -> bool {
        if is_class_file(file) || !is_text(file) {
            return false;
        }
        let relative = file.strip_prefix(&self.folder).unwrap_or(file);
        let folder = relative.parent().unwrap_or(relative);
        let in_labels = folder.components().any(|c| c.as_os_str() == "labels");
        let line = coco::head(file)
            .ok()
            .map(|head| String::from_utf8_lossy(&head).into_owned());
        let line = line
            .as_deref()
            .and_then(|text| text.lines().find(|line| !line.trim().is_empty()));
        in_labels || (folder != Path::new("") && line.is_some_and(looks_like_line))
    }

    /// Labels are named by the class numbers that occur.
    fn number_labels(&mut self) {
        let entries = &mut self.gather.found.entries;
        let ids: BTreeSet<usize> = entries.iter().flat_map(|e| &e.positives).copied().collect();
        let at: BTreeMap<usize, usize> = ids.iter().copied().zip(0..).collect();
        let label = |id: usize| at.get(&id).copied().unwrap_or_default();
        for entry in entries {
            entry.positives.iter_mut().for_each(|id| *id = label(*id));
            entry.boxes.iter_mut().for_each(|(id, _)| *id = label(*id));
        }
        self.gather.found.labels = ids.iter().map(usize::to_string).collect();
        if !ids.is_empty() {
            let message = "no names of classes were found (data.yaml, classes.txt, obj.names); labels are named by their numbers \
                           (--labels FILE names them)";
            self.gather.found.warnings.push(Warning::new("label-names", message));
        }
    }
}

/// A path with the last folder named `folder` replaced by `labels`, as Ultralytics does.
fn in_labels(path: &Path, folder: &str) -> PathBuf {
    let parts: Vec<_> = path.components().collect();
    let inner = parts.len().saturating_sub(1);
    let last = parts[..inner].iter().rposition(|part| part.as_os_str() == folder);
    let part = |(i, part): (usize, &std::path::Component<'_>)| match last {
        Some(last) if last == i => PathBuf::from("labels"),
        _ => PathBuf::from(part.as_os_str()),
    };
    parts.iter().enumerate().map(part).collect()
}
