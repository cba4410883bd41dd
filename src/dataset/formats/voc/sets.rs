//! `ImageSets/Main`: lists of pictures for each split, and lists for each class and split with 1, -1 or 0 behind each picture.

use super::super::collect::Tally;
use super::super::lines::{self, Line, to_path};
use super::super::locate::stem;
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, is_picture_name};
use crate::dataset::model::{Split, Truth};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The set of pictures without a split, as other programs name it.
pub(crate) const UNSPLIT: &str = "default";

/// What the lists of a folder say, by pictures' ids: their paths below `JPEGImages`, without extension.
#[derive(Default)]
pub(crate) struct Sets {
    /// Listed pictures in the lists' order, with their splits.
    pub order: Vec<PathBuf>,
    pub splits: HashMap<PathBuf, Option<Split>>,
    /// Classes that have a list.
    pub classes: Vec<String>,
    /// What the class lists say: an index into `classes` and the truth.
    pub states: HashMap<PathBuf, Vec<(usize, Truth)>>,
}

/// What a list is.
enum Kind {
    Pictures(Option<Split>),
    Class(String, Option<Split>),
}

/// The split of a set's name, if it is a name of a set.
fn set(name: &str) -> Option<Option<Split>> {
    match Split::of_name(name) {
        Some(split) => Some(Some(split)),
        None => (name == UNSPLIT).then_some(None),
    }
}

fn kind(path: &Path, first: Option<&Line>) -> Option<Kind> {
    let name = stem(path);
    let has_states = first.is_some_and(|line| state(line).is_some());
    if let Some((class, last)) = name.rsplit_once('_')
        && let Some(split) = set(last)
        // An empty list is of a class that no picture of the set mentions.
        && (has_states || first.is_none())
    {
        return Some(Kind::Class(class.to_owned(), split));
    }
    let last = name.rsplit_once('_').and_then(|(_, last)| set(last));
    last.or_else(|| set(&name)).filter(|_| !has_states).map(Kind::Pictures)
}

/// A picture's id and the number behind it.
fn state(line: &Line) -> Option<(PathBuf, Truth)> {
    let whole = line.whole();
    let bytes = whole.as_os_str().as_encoded_bytes();
    let blank = bytes.iter().rposition(u8::is_ascii_whitespace)?;
    let truth = match &bytes[blank + 1..] {
        b"1" | b"+1" => Truth::Positive,
        b"-1" => Truth::Negative,
        b"0" => Truth::Unknown,
        _ => return None,
    };
    Some((to_path(bytes[..blank].trim_ascii_end()), truth))
}

/// `./a` is `a`.
fn id(path: PathBuf) -> PathBuf {
    path.components().collect()
}

/// Reads the lists of a folder; of a set that is `trainval`, only what the others do not say.
///
/// # Errors
/// A list cannot be read, or a line of a class list has no 1, -1 or 0.
pub(crate) fn read(folder: &Path, tally: &mut Tally) -> Result<Sets, DatasetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "txt") && path.is_file() {
            files.push(path);
        }
    }
    files.sort_by(|a, b| by_bytes(a, b));
    let rank = |path: &PathBuf| {
        let name = stem(path);
        let (class, set) = name
            .rsplit_once('_')
            .map_or(("", name.as_str()), |(class, set)| (class, set));
        let first_sets = ["train", "val", "test"].iter().position(|s| *s == set);
        (set.starts_with("trainval"), !class.is_empty(), first_sets.unwrap_or(3))
    };
    files.sort_by_key(rank);
    let mut sets = Sets::default();
    let mut classes: HashMap<String, usize> = HashMap::new();
    // Pictures in the list of each set, by the set's name.
    let mut counts: HashMap<String, usize> = HashMap::new();
    for file in &files {
        let lines = lines::read(file)?;
        let both = rank(file).0;
        // A list of a class that no picture has is a line end where we wrote it.
        let empty = lines.is_empty() && file.metadata().is_ok_and(|about| about.len() == 0);
        let kind = kind(file, lines.first());
        if empty && kind.is_some() {
            tally.add("list-empty", || file.display().to_string());
        }
        match kind {
            Some(Kind::Pictures(split)) => {
                counts.insert(stem(file), lines.len());
                for line in &lines {
                    sets.list(id(line.whole()), split, both, tally);
                }
            }
            Some(Kind::Class(class, split)) => {
                let set = stem(file).strip_prefix(&format!("{class}_")).map(str::to_owned);
                let whole = set.and_then(|set| counts.get(&set)).copied().unwrap_or_default();
                if lines.len() < whole && !lines.is_empty() {
                    tally.add("list-short", || {
                        format!("{} has {} of {whole}", file.display(), lines.len())
                    });
                }
                let next = sets.classes.len();
                let class = *classes.entry(class).or_insert_with_key(|class| {
                    sets.classes.push(class.clone());
                    next
                });
                for line in &lines {
                    let (picture, truth) = state(line).ok_or_else(|| DatasetError::Parse {
                        path: file.clone(),
                        line: Some(line.number),
                        problem: "a picture and 1, -1 or 0 were expected".to_owned(),
                    })?;
                    let picture = id(picture);
                    sets.states.entry(picture.clone()).or_default().push((class, truth));
                    // The list of the class is of the same pictures as that of the set.
                    sets.list(picture, split, true, tally);
                }
            }
            None => tally.add("lists-skipped", || file.display().to_string()),
        }
    }
    Ok(sets)
}

impl Sets {
    /// `weak`: other lists that name the picture count more.
    fn list(&mut self, id: PathBuf, split: Option<Split>, weak: bool, tally: &mut Tally) {
        match self.splits.get(&id) {
            None => {
                self.order.push(id.clone());
                self.splits.insert(id, split);
            }
            Some(first) if *first != split && !weak => tally.add("leakage", || id.display().to_string()),
            Some(_) => {}
        }
    }

    /// The name under which the lists know a picture: its id, or, where they write extensions, its path. Lists of some sets do.
    pub fn key(&self, id: &Path, picture: &Path) -> PathBuf {
        if self.splits.contains_key(id) {
            return id.to_path_buf();
        }
        let named = id.with_file_name(picture.file_name().unwrap_or_default());
        if is_picture_name(&named) && self.splits.contains_key(&named) {
            named
        } else {
            id.to_path_buf()
        }
    }
}
