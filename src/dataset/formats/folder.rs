//! One folder a label: `root/label/..`, or `root/train/label/..` with folders named after splits. A picture whose content lies
//! in several label folders is one picture with several labels. A folder without label folders gives pictures without
//! labels.

use super::collect::{Entry, Findings};
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{relative_name, walk};
use crate::dataset::model::{Split, Warning};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Reads the folder.
pub fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
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
    if walked.others > 0 {
        found.warnings.push(Warning::new(
            "not-pictures",
            format!("{} files are no pictures by their extension", walked.others),
        ));
    }
    if walked.pictures.is_empty() {
        let looked_for = "pictures (JPEG, PNG, GIF, WebP, BMP, TIFF) in it and below".to_owned();
        return Err(DatasetError::NoPictures {
            path: root.clone(),
            looked_for,
        });
    }
    let layout = Layout::of(root, &walked.folders, &walked.pictures);
    let names: BTreeSet<Vec<u8>> = walked
        .folders
        .iter()
        .filter_map(|folder| layout.label_folder(folder))
        .map(bytes)
        .collect();
    let mut labels: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for name in names {
        let text = String::from_utf8_lossy(&name).into_owned();
        if matches!(text, ref t if t.as_bytes() != name) {
            let message =
                format!("the name of the label folder {text} is no text; its label has replacement characters");
            found.warnings.push(Warning::new("label-name", message));
        }
        let index = found.labels.iter().position(|label| *label == text).unwrap_or_else(|| {
            found.labels.push(text);
            found.labels.len() - 1
        });
        labels.insert(name, index);
    }
    let mut without = 0;
    for path in walked.pictures {
        let folder = path.parent().unwrap_or(root);
        let label = layout
            .label_of(folder)
            .and_then(|name| labels.get(&bytes(name)).copied());
        without += usize::from(label.is_none());
        found.entries.push(Entry {
            name: relative_name(&path, root),
            split: layout.split_of(folder),
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

fn bytes(name: PathBuf) -> Vec<u8> {
    name.as_os_str().as_encoded_bytes().to_vec()
}

struct Layout<'a> {
    root: &'a Path,
    /// The first level are splits.
    splits: bool,
}

impl<'a> Layout<'a> {
    /// Split folders are taken for such only if all first-level folders that hold pictures are: `train` may be a label.
    fn of(root: &'a Path, folders: &[PathBuf], pictures: &[PathBuf]) -> Self {
        let first_level = folders.iter().filter(|folder| folder.parent() == Some(root));
        let mut in_use = first_level
            .filter(|folder| pictures.iter().any(|p| p.starts_with(folder)))
            .peekable();
        let splits = in_use.peek().is_some()
            && in_use.all(|folder| {
                folder
                    .file_name()
                    .is_some_and(|n| Split::of_name(&n.to_string_lossy()).is_some())
            });
        Self { root, splits }
    }

    fn component(&self, folder: &Path, level: usize) -> Option<PathBuf> {
        let relative = folder.strip_prefix(self.root).ok()?;
        let mut names = relative.components().filter(|c| matches!(c, Component::Normal(_)));
        names.nth(level).map(|c| PathBuf::from(c.as_os_str()))
    }

    fn level(&self) -> usize {
        usize::from(self.splits)
    }

    /// The label of pictures in `folder`: deeper folders belong to their label folder.
    fn label_of(&self, folder: &Path) -> Option<PathBuf> {
        self.component(folder, self.level())
    }

    /// The name of `folder` if it is itself a label folder.
    fn label_folder(&self, folder: &Path) -> Option<PathBuf> {
        let deeper = self.component(folder, self.level() + 1).is_some();
        if deeper { None } else { self.label_of(folder) }
    }

    fn split_of(&self, folder: &Path) -> Option<Split> {
        let first = self.component(folder, 0).filter(|_| self.splits)?;
        Split::of_name(&first.to_string_lossy())
    }
}
