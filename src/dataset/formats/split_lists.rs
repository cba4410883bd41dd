//! Lists that only say which split a picture is of: file names alone, in lists called after splits, or with 0, 1 and 2 behind them as
//! in CelebA's partition.

use super::collect::Findings;
use super::lines::{self, Line};
use super::locate::stem;
use super::{Progress, list};
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use crate::dataset::model::{Split, Warning};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Lines of a list that are looked at.
const TRIES: usize = 50;

/// What the lists of a folder say beside their pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Labels,
    Splits,
}

fn split_of_list(path: &Path) -> Option<Split> {
    stem(path).split(['_', '-', '.', ' ']).find_map(Split::of_name)
}

fn is_partition(path: &Path) -> bool {
    stem(path).to_ascii_lowercase().contains("partition")
}

/// What a list says; `None` where it is none: its first line names no picture.
pub(crate) fn says(path: &Path) -> Option<Says> {
    let lines = lines::some(path, TRIES)?;
    let first = lines.first()?;
    if !is_picture_name(&first.path) && !is_picture_name(&first.whole()) {
        return None;
    }
    let number = |line: &Line| matches!(line.ids[..], [0..=2]);
    if is_partition(path) && lines.iter().all(number) {
        return Some(Says::Splits);
    }
    let bare = lines.iter().all(|line| line.ids.is_empty());
    Some(if bare && split_of_list(path).is_some() {
        Says::Splits
    } else {
        Says::Labels
    })
}

/// Whether a list has nothing but pictures and the numbers of their splits.
pub(crate) fn is_partition_list(path: &Path) -> bool {
    is_partition(path) && says(path) == Some(Says::Splits)
}

/// The lists of a folder that only say splits.
pub(crate) fn lists(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut found = list::list_files(folder)?;
    found.retain(|path| says(path) == Some(Says::Splits));
    Ok(found)
}

/// Gives pictures that have no split that of the list which names them.
///
/// # Errors
/// A list cannot be read, or `progress` stopped it.
pub(crate) fn assign(lists: &[PathBuf], found: &mut Findings, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    if lists.is_empty() || found.entries.iter().any(|entry| entry.split.is_some()) {
        return Ok(());
    }
    let mut by_name: HashMap<String, Option<usize>> = HashMap::new();
    for (i, entry) in found.entries.iter().enumerate() {
        let path = Path::new(&entry.name);
        let file = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let id = stem(path);
        let mut keys = vec![entry.name.clone(), file, id];
        keys.dedup();
        for key in keys {
            // A name that several pictures have tells none.
            by_name
                .entry(key)
                .and_modify(|known| *known = known.filter(|k| *k == i))
                .or_insert(Some(i));
        }
    }
    for list in lists {
        let (mut taken, mut other) = (0, 0);
        for line in lines::read_with(list, progress)? {
            let split = match line.ids[..] {
                [number] if is_partition(list) => usize::try_from(number).ok().and_then(|n| Split::ALL.get(n).copied()),
                _ => split_of_list(list),
            };
            let name = line.path.to_string_lossy().into_owned();
            let file = line
                .path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            let entry = [name, file]
                .iter()
                .find_map(|name| by_name.get(name).copied().flatten());
            match entry.and_then(|i| found.entries.get_mut(i)) {
                Some(entry) if entry.split.is_none() => {
                    entry.split = split;
                    taken += 1;
                }
                _ => other += 1,
            }
        }
        let more = if other > 0 {
            format!("; {other} more lines name other pictures, or the same again")
        } else {
            String::new()
        };
        found.warnings.push(Warning {
            file: Some(list.display().to_string()),
            ..Warning::new(
                "splits-taken",
                format!("the splits of {taken} pictures were taken from this list{more}"),
            )
        });
    }
    Ok(())
}
