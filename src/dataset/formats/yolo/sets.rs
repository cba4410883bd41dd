//! Which pictures a set has: folders or lists that `data.yaml` names, lists named after splits, or all pictures that are there.

use super::super::locate::{self, stem};
use super::super::written;
use super::super::{Progress, lines};
use super::{Reader, UNSPLIT, in_labels};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{Walk, is_picture_name, relative_name};
use crate::dataset::model::Split;
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

/// Pictures of one split with their names.
#[derive(Default)]
pub(crate) struct Set {
    pub split: Option<Split>,
    pub pictures: Vec<(PathBuf, String)>,
}

/// What an entry of `data.yaml` leads to.
enum Place {
    Folder(PathBuf),
    List(PathBuf),
    Missing,
    Outside,
}

/// The sets, each with its pictures.
pub(crate) fn read(
    reader: &mut Reader,
    config_file: Option<&Path>,
    walked: &Walk,
    progress: &mut Progress<'_>,
) -> Result<Vec<Set>, DatasetError> {
    let mut sets = Vec::new();
    let base = config_file
        .and_then(Path::parent)
        .unwrap_or(&reader.folder)
        .to_path_buf();
    let configured = std::mem::take(&mut reader.config.sets);
    let mut keys: Vec<&(String, Vec<String>)> = configured.iter().collect();
    // A picture that is in several counts for the first; these are the ones to keep apart.
    keys.sort_by_key(|(key, _)| Split::of_name(key).map_or(3, |split| split as usize));
    for (key, entries) in keys {
        let mut set = Set {
            split: if key == UNSPLIT { None } else { Split::of_name(key) },
            pictures: Vec::new(),
        };
        for entry in entries {
            let place = place(reader, &base, entry);
            match &place {
                Place::Folder(folder) => {
                    let below = walked.pictures.iter().filter(|path| path.starts_with(folder));
                    set.pictures
                        .extend(below.map(|path| (path.clone(), relative_name(path, folder))));
                }
                Place::List(list) => listed(reader, list, &base, &mut set, progress)?,
                // The pictures lie in a folder of their own, so their label files tell which are of this set.
                Place::Missing | Place::Outside if flat(reader, &base, entry, walked, &mut set, progress)? => {}
                Place::Missing | Place::Outside => {
                    let named = format!("{key}: {entry}");
                    reader.missing.get_or_insert_with(|| named.clone());
                    let is_missing = matches!(place, Place::Missing);
                    let code = if is_missing { "set-missing" } else { "set-outside" };
                    reader.gather.tally.add(code, || named);
                }
            }
        }
        sets.push(set);
    }
    let configured = configured.iter().any(|(_, entries)| !entries.is_empty());
    if !configured {
        for list in lists(&reader.folder)? {
            let mut set = Set {
                split: Split::of_name(&stem(&list)),
                pictures: Vec::new(),
            };
            listed(reader, &list, &base, &mut set, progress)?;
            reader.used.insert(list);
            sets.push(set);
        }
    }
    if configured || !sets.is_empty() {
        let inside: HashSet<&Path> = sets
            .iter()
            .flat_map(|s| &s.pictures)
            .map(|(path, _)| path.as_path())
            .collect();
        for path in walked.pictures.iter().filter(|path| !inside.contains(path.as_path())) {
            reader.gather.tally.add("not-in-a-set", || path.display().to_string());
            let file = reader.label_file(path, walked);
            reader.used.extend(file);
        }
        return Ok(sets);
    }
    // `images/train/a.jpg` and `train/images/a.jpg`.
    let root = reader.locator.root();
    let all = walked.pictures.iter().map(|path| {
        let name = relative_name(path, root);
        let split = locate::split_of_name(&name);
        Set {
            split,
            pictures: vec![(path.clone(), name)],
        }
    });
    Ok(all.collect())
}

/// `train.txt`, `val.txt` and the like in a folder, if they list pictures.
pub(crate) fn lists(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "txt") && Split::of_name(&stem(&path)).is_some() && path.is_file() {
            found.push(path);
        }
    }
    found.retain(|path| lines::first(path).is_some_and(|line| is_picture_name(&line.whole())));
    found.sort();
    found.sort_by_key(|path| Split::of_name(&stem(path)).map_or(3, |split| split as usize));
    Ok(found)
}

/// Finds a folder or list: from `path` of the file, from the file's own folder, from the root; `../` of moved sets is passed over.
fn place(reader: &Reader, base: &Path, entry: &str) -> Place {
    let root = reader.locator.root();
    let Ok(real_root) = root.canonicalize() else {
        return Place::Missing;
    };
    let entry = entry.trim().replace('\\', "/");
    let plain: PathBuf = Path::new(&entry)
        .components()
        .filter(|c| matches!(c, Component::Normal(_)))
        .collect();
    let mut candidates = Vec::new();
    if let Some(path) = &reader.config.path {
        candidates.push(base.join(path).join(&entry));
    }
    candidates.extend([base.join(&entry), reader.folder.join(&entry)]);
    candidates.extend([base.join(&plain), reader.folder.join(&plain), root.join(&plain)]);
    // The set's own folder, or folders of another machine, in front.
    let is_whole = |end: &PathBuf| {
        let folder = end
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        end.components().nth(1).is_some() || Split::of_name(&folder).is_some()
    };
    for end in written::ends(&plain).skip(1).filter(is_whole) {
        candidates.extend([base.join(&end), reader.folder.join(&end), root.join(&end)]);
    }
    // The folder of pictures may be given by itself.
    let below_images = plain.strip_prefix("images").ok().filter(|_| root != reader.folder);
    candidates.extend(below_images.map(|below| root.join(below)));
    let mut outside = false;
    for candidate in candidates {
        let Ok(real) = candidate.canonicalize() else { continue };
        let Ok(relative) = real.strip_prefix(&real_root) else {
            outside = true;
            continue;
        };
        let clean = candidate.starts_with(root) && !candidate.components().any(|c| c == Component::ParentDir);
        let path = if clean { candidate } else { root.join(relative) };
        return if real.is_dir() {
            Place::Folder(path)
        } else {
            Place::List(path)
        };
    }
    if outside { Place::Outside } else { Place::Missing }
}

/// Adds the pictures, wherever they lie below the folder that the user named, that have a label file where those of `entry` are. Says
/// whether there are such label files.
fn flat(
    reader: &mut Reader,
    base: &Path,
    entry: &str,
    walked: &Walk,
    set: &mut Set,
    progress: &mut Progress<'_>,
) -> Result<bool, DatasetError> {
    if !reader.flat {
        return Ok(false);
    }
    let entry = PathBuf::from(entry.trim().replace('\\', "/"));
    let labels = |end: PathBuf| {
        let labels = in_labels(&end.join("_"), "images");
        [
            base.join(labels.parent().unwrap_or(&labels)),
            reader.folder.join(labels.parent().unwrap_or(&labels)),
        ]
    };
    // Without a folder `images` in it, the path is that of pictures and not of labels.
    let all = written::ends(&entry).filter(|end| end.components().any(|c| c.as_os_str() == "images"));
    let Some(folder) = all.flat_map(labels).find(|folder| folder.is_dir()) else {
        return Ok(false);
    };
    for file in walked.files.iter().filter(|file| file.starts_with(&folder)) {
        let id = Path::new(file.file_name().unwrap_or_default()).with_extension("");
        match reader.locator.find_stem(&id, &[PathBuf::new()], progress)? {
            Some(path) => {
                let name = relative_name(&path, reader.locator.root());
                set.pictures.push((path, name));
            }
            None => {
                let file = file.strip_prefix(&reader.folder).unwrap_or(file).display().to_string();
                reader.locator.miss(&mut reader.gather.found.unmatched, file);
            }
        }
        reader.used.insert(file.clone());
    }
    Ok(true)
}

/// The pictures that a list names, a line each.
fn listed(
    reader: &mut Reader,
    list: &Path,
    base: &Path,
    set: &mut Set,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let folders = [list.parent(), Some(base), Some(&reader.folder)];
    let mut places: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .filter_map(|f| reader.locator.relative(f))
        .collect();
    places.push(PathBuf::new());
    places.dedup();
    for line in lines::read_with(list, progress)? {
        let name = line.whole();
        let name: PathBuf = name.components().filter(|c| *c != Component::CurDir).collect();
        match reader.locator.find_at(&[&name], &places, set.split, progress)? {
            Some(path) => {
                let name = relative_name(&path, reader.locator.root());
                set.pictures.push((path, name));
            }
            None => reader
                .locator
                .miss(&mut reader.gather.found.unmatched, name.display().to_string()),
        }
    }
    Ok(())
}
