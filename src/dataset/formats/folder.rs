//! One folder a label: `root/label/..`, or `root/train/label/..` with folders named after splits (and `no-split` beside them). A
//! folder inside a label's is a label below it: pictures in `cat/lion` have the label `cat/lion`. A picture whose content lies
//! in several label folders is one picture with several labels. Pictures in no label folder have no labels.

mod write;

pub(crate) use write::{check, write};

use super::collect::{Entry, Findings};
use super::{ImportRequest, NO_SPLIT, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{relative_name, walk};
use crate::dataset::model::{Split, Warning};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

/// Reads the folder.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let root = request.images.as_ref().unwrap_or(&request.data);
    if !root.is_dir() {
        let problem = "a folder with one folder for each label was expected".to_owned();
        return Err(DatasetError::Layout {
            path: root.clone(),
            problem,
        });
    }
    let mut found = Findings {
        merge_same: true,
        ..Findings::default()
    };
    let walked = walk(root, &mut |seen| progress(seen, 0))?;
    found.warnings.extend(walked.warnings);
    let others = walked.others - walked.left_out.len();
    if others > 0 {
        found.warnings.push(Warning::new(
            "not-pictures",
            format!("{others} files are no pictures by their extension"),
        ));
    }
    found.left_out = walked.left_out;
    if walked.pictures.is_empty() {
        let looked_for = "pictures (JPEG, PNG, GIF, WebP, BMP, TIFF) in it and below".to_owned();
        return Err(DatasetError::NoPictures {
            path: root.clone(),
            looked_for,
        });
    }
    let in_use: HashSet<&Path> = walked.pictures.iter().filter_map(|path| path.parent()).collect();
    let layout = Layout {
        root,
        splits: splits(in_use.iter().filter_map(|folder| first(folder, root))),
    };
    let names = label_folders(&layout, &walked.folders, &in_use);
    let mut labels: HashMap<PathBuf, usize> = HashMap::new();
    let mut texts: HashMap<String, usize> = HashMap::new();
    for name in names {
        let text = relative_name(&name, Path::new(""));
        if name.to_str().is_none() {
            let message =
                format!("the name of the label folder {text} is no text; its label has replacement characters");
            found.warnings.push(Warning::new("label-name", message));
        }
        let index = *texts.entry(text.clone()).or_insert_with(|| {
            found.labels.push(text);
            found.labels.len() - 1
        });
        labels.insert(name, index);
    }
    let nested: Vec<&String> = found.labels.iter().filter(|label| label.contains('/')).collect();
    if let Some(first) = nested.first() {
        let message = format!(
            "{} labels are named by folders inside label folders, such as {first}",
            nested.len()
        );
        found.warnings.push(Warning::new("nested-labels", message));
    }
    let mut without = 0;
    for path in walked.pictures {
        let folder = path.parent().unwrap_or(root);
        let label = layout.label(folder).and_then(|name| labels.get(&name).copied());
        without += usize::from(label.is_none());
        found.entries.push(Entry {
            name: relative_name(&path, root),
            split: layout.split(folder),
            positives: label.into_iter().collect(),
            path,
            ..Entry::default()
        });
    }
    if without > 0 {
        let message = format!("{without} pictures lie in no label folder and have no labels");
        found.warnings.push(Warning::new("without-labels", message));
    }
    Ok(found)
}

/// Folders that are labels, byte-sorted: those that hold pictures, and those that hold nothing at all. A folder at the first level of
/// labels counts whatever it holds, unless that is only folders.
fn label_folders(layout: &Layout<'_>, folders: &[PathBuf], in_use: &HashSet<&Path>) -> Vec<PathBuf> {
    let parents: HashSet<&Path> = folders.iter().filter_map(|folder| folder.parent()).collect();
    let is_label = |folder: &&PathBuf| {
        let leaf = !parents.contains(folder.as_path());
        let first = || {
            layout
                .label(folder)
                .is_some_and(|name| name.components().nth(1).is_none())
        };
        let empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        in_use.contains(folder.as_path()) || (leaf && (first() || empty()))
    };
    let names: BTreeSet<Vec<u8>> = folders
        .iter()
        .filter(is_label)
        .filter_map(|folder| layout.label(folder))
        .map(|name| name.into_os_string().into_encoded_bytes())
        .collect();
    let path = |name: Vec<u8>| super::lines::to_path(&name);
    names.into_iter().map(path).collect()
}

/// Whether folders at the first level are splits. They are taken for such only if all that hold pictures are: `train` may be a label.
fn splits<'a>(first: impl Iterator<Item = &'a Path>) -> bool {
    let mut first = first.peekable();
    let is_split = |name: &Path| {
        let name = name.to_string_lossy();
        name == NO_SPLIT || Split::of_name(&name).is_some()
    };
    first.peek().is_some() && first.all(is_split)
}

/// The folder at the first level below `root` that `folder` is or is in.
fn first<'a>(folder: &'a Path, root: &Path) -> Option<&'a Path> {
    let relative = folder.strip_prefix(root).ok()?;
    let first = relative.components().next()?;
    matches!(first, Component::Normal(_)).then(|| Path::new(first.as_os_str()))
}

struct Layout<'a> {
    root: &'a Path,
    /// The first level are splits.
    splits: bool,
}

impl Layout<'_> {
    /// The label of pictures in `folder`: the way to it, without the split.
    fn label(&self, folder: &Path) -> Option<PathBuf> {
        let mut way = folder.strip_prefix(self.root).ok()?.components();
        if self.splits {
            way.next()?;
        }
        let name = way.as_path();
        (!name.as_os_str().is_empty()).then(|| name.to_owned())
    }

    fn split(&self, folder: &Path) -> Option<Split> {
        let first = first(folder, self.root).filter(|_| self.splits)?;
        let name = first.to_string_lossy();
        Split::of_name(&name).filter(|_| name != NO_SPLIT)
    }
}
