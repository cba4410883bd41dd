//! Which pictures and labels of a source the project knows already.
//!
//! A picture of the source is, in this order:
//! 1. the one with the same file, whatever its name: the source may call it otherwise by now;
//! 2. one whose file is gone, if the content is the same (where its hash is known): it was moved;
//! 3. the only one of this name whose file is gone, if its content is not known and its size is the same;
//! 4. new.
//!
//! Copies of pictures whose files are still there are new pictures: the content check finds them. A file that a source names twice is one
//! picture with all that the source says of it.

use super::diff::Suspect;
use super::error::{ProjectError, Result};
use super::pictures::{PATH, split_of};
use super::relink::is_gone;
use super::store::Project;
use crate::dataset::formats::Progress;
use crate::dataset::model::{Dataset, Picture, Split};
use crate::support::hash;
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// A picture of the project.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: i64,
    pub path: PathBuf,
    pub name: String,
    pub size: (u32, u32),
    pub split: Option<Split>,
    pub source_split: Option<Split>,
    pub absent: i8,
    pub import: i64,
    /// SHA-256 and bytes of its file, where they were read once.
    pub content: Option<(String, i64)>,
    /// When its file was changed last, in Unix nanoseconds, when it was read.
    pub modified: Option<i64>,
}

/// A picture of the source.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What the source says of it.
    pub picture: Cow<'a, Picture>,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Index into [`Matches::known`].
    pub known: Option<usize>,
}

/// The pictures of a source beside those of the project.
#[derive(Debug, Default)]
pub struct Matches<'a> {
    pub known: Vec<Known>,
    /// In the source's order.
    pub entries: Vec<Entry<'a>>,
    /// Pictures that the source names several times, by their first names.
    pub repeated: Vec<String>,
    /// Pictures of the same name as one that is gone, with other content.
    pub suspects: Vec<Suspect>,
}

impl Project {
    /// All pictures, in data order.
    pub(super) fn known(&self) -> Result<Vec<Known>> {
        let sql = format!(
            "SELECT {PATH}, p.id, p.name, p.width, p.height, p.split, p.source_split, p.absent, p.import, p.hash, p.hash_size,
                 p.hash_modified
             FROM pictures p JOIN imports i ON i.id = p.import ORDER BY p.position"
        );
        self.read(|db| {
            db.prepare(&sql)?
                .query_map([], |row| {
                    Ok(Known {
                        path: self.path(row)?,
                        id: row.get(3)?,
                        name: row.get(4)?,
                        size: (row.get(5)?, row.get(6)?),
                        split: split_of(row, 7)?,
                        source_split: split_of(row, 8)?,
                        absent: row.get(9)?,
                        import: row.get(10)?,
                        content: Option::zip(row.get(11)?, row.get(12)?),
                        modified: row.get(13)?,
                    })
                })?
                .collect()
        })
    }

    /// Finds the source's pictures in the project. Files are read only where one may have been moved.
    ///
    /// # Errors
    /// Where the database cannot be read, or `progress` stopped it.
    pub(super) fn matches<'a>(&self, dataset: &'a Dataset, progress: &mut Progress<'_>) -> Result<Matches<'a>> {
        let mut matches = Matches {
            known: self.known()?,
            ..Matches::default()
        };
        let mut paths = Vec::with_capacity(dataset.pictures.len());
        for (i, picture) in dataset.pictures.iter().enumerate() {
            asked(i, progress)?;
            let path = std::path::absolute(&picture.path).map_err(|e| ProjectError::io("find", &picture.path, e))?;
            paths.push(path);
        }
        let mut claimed = vec![false; matches.known.len()];
        let found = by_path(&matches.known, dataset, &paths, &mut claimed);
        let (mut places, mut repeated): (HashMap<PathBuf, usize>, HashSet<usize>) = Default::default();
        for (i, ((picture, path), known)) in dataset.pictures.iter().zip(paths).zip(found).enumerate() {
            asked(i, progress)?;
            if known.is_none()
                && let Some(first) = places.get(&path)
            {
                let entry = &mut matches.entries[*first];
                if repeated.insert(*first) {
                    matches.repeated.push(entry.picture.name.clone());
                }
                join(entry.picture.to_mut(), picture);
                continue;
            }
            places.entry(path.clone()).or_insert(matches.entries.len());
            matches.entries.push(Entry {
                picture: Cow::Borrowed(picture),
                path,
                known,
            });
        }
        moved(&mut matches, &mut claimed, progress)?;
        Ok(matches)
    }
}

/// Pieces of a file that are hashed between two questions whether to go on: 4 MB.
const PIECES: usize = 64;

/// Asks now and then, in a loop over many pictures, whether to go on.
fn asked(i: usize, progress: &mut Progress<'_>) -> Result<()> {
    if i.is_multiple_of(4096) && progress(0, 0).is_break() {
        return Err(ProjectError::Cancelled);
    }
    Ok(())
}

/// For each picture of the source the known picture with the same file: of several the one of the same name, else any that is left.
fn by_path(known: &[Known], dataset: &Dataset, paths: &[PathBuf], claimed: &mut [bool]) -> Vec<Option<usize>> {
    let mut places: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (i, picture) in known.iter().enumerate() {
        places.entry(&picture.path).or_default().push(i);
    }
    let mut found = vec![None; paths.len()];
    for same_name in [true, false] {
        for (i, path) in paths
            .iter()
            .enumerate()
            .filter(|(i, _)| found[*i].is_none())
            .collect::<Vec<_>>()
        {
            let candidates = places.get(path.as_path()).into_iter().flatten().copied();
            let named = |k: &usize| !same_name || known[*k].name == dataset.pictures[i].name;
            if let Some(k) = candidates.filter(|k| !claimed[*k]).find(named) {
                claimed[k] = true;
                found[i] = Some(k);
            }
        }
    }
    found
}

/// Adds what a source says of the same picture a second time.
fn join(first: &mut Picture, again: &Picture) {
    first.positives.extend(&again.positives);
    first.negatives.extend(&again.negatives);
    first.unknowns.extend(&again.unknowns);
    first.boxes.extend(again.boxes.iter().cloned());
    first.split = first.split.or(again.split);
}

/// Finds pictures whose files were moved.
fn moved(matches: &mut Matches<'_>, claimed: &mut [bool], progress: &mut Progress<'_>) -> Result<()> {
    let left: Vec<usize> = (0..claimed.len()).filter(|k| !claimed[*k]).collect();
    if left.is_empty() || matches.entries.iter().all(|entry| entry.known.is_some()) {
        return Ok(());
    }
    let known = &matches.known;
    let gone: Vec<usize> = left.into_par_iter().filter(|k| is_gone(&known[*k].path)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut contents: HashMap<(&str, i64), Vec<usize>> = HashMap::new();
    for k in &gone {
        names.entry(&known[*k].name).or_default().push(*k);
        if let Some((hash, bytes)) = &known[*k].content {
            contents.entry((hash, *bytes)).or_default().push(*k);
        }
    }
    let sizes: HashSet<i64> = contents.keys().map(|(_, bytes)| *bytes).collect();
    let total = matches.entries.len();
    for (i, entry) in matches
        .entries
        .iter_mut()
        .enumerate()
        .filter(|(_, entry)| entry.known.is_none())
    {
        if progress(i, total).is_break() {
            return Err(ProjectError::Cancelled);
        }
        let mut same: Option<Vec<usize>> = None;
        if !sizes.is_empty()
            && let Ok(about) = std::fs::metadata(&entry.path)
            && let bytes = about.len() as i64
            && sizes.contains(&bytes)
        {
            let mut pieces = 0usize;
            let mut go_on = || {
                pieces += 1;
                !pieces.is_multiple_of(PIECES) || progress(i, total).is_continue()
            };
            match hash::of_file_while(&entry.path, &mut go_on) {
                Ok(Some(hash)) => same = contents.get(&(hash.as_str(), bytes)).cloned(),
                Ok(None) => return Err(ProjectError::Cancelled),
                // A file that cannot be read has no content to be known by.
                Err(_) => {}
            }
        }
        let free = same.into_iter().flatten().filter(|k| !claimed[*k]);
        // Of copies, the one of the same name.
        let chosen = free.max_by_key(|k| (known[*k].name == entry.picture.name, std::cmp::Reverse(*k)));
        let chosen = chosen.or_else(|| {
            let named = names.get(entry.picture.name.as_str())?.iter().filter(|k| !claimed[**k]);
            let named: Vec<usize> = named.copied().collect();
            let [one] = named[..] else { return None };
            if known[one].content.is_none() && known[one].size == (entry.picture.width, entry.picture.height) {
                return Some(one);
            }
            matches.suspects.push(Suspect {
                name: entry.picture.name.clone(),
                picture: known[one].id,
                path: entry.path.clone(),
            });
            None
        });
        if let Some(k) = chosen {
            claimed[k] = true;
            entry.known = Some(k);
        }
    }
    Ok(())
}

/// What the source's labels are in the project.
#[derive(Debug)]
pub struct LabelMap {
    /// Ids, one for each of the source's labels; new ones are negative: -1 is the first of `new`.
    pub ids: Vec<i64>,
    /// Names of new labels.
    pub new: Vec<String>,
    /// Names of new labels that were deleted here before.
    pub deleted: Vec<String>,
}

impl LabelMap {
    /// Finds the source's labels: by name, else by the name that a source gave a label which was renamed or merged since.
    ///
    /// `stop` is asked now and then; `None` where it stopped the search.
    pub fn find(db: &Connection, names: &[String], stop: &mut dyn FnMut() -> bool) -> rusqlite::Result<Option<Self>> {
        let mut live = db.prepare_cached("SELECT id FROM labels WHERE name = ?1 AND deleted = 0")?;
        let mut renamed =
            db.prepare_cached("SELECT id FROM labels WHERE source_name = ?1 AND deleted = 0 ORDER BY id DESC LIMIT 1")?;
        let mut gone = db.prepare_cached(
            // A label whose making was undone is deleted as well, but by no edit that counts.
            "SELECT id, merged_into IS NOT NULL FROM labels WHERE (source_name = ?1 OR name = ?1) AND deleted = 1
             AND EXISTS (SELECT 1 FROM label_edits e JOIN edit_groups g ON g.id = e.edit_group
                         WHERE e.label = labels.id AND g.state = 'applied')
             ORDER BY merged_into IS NULL, id DESC LIMIT 1",
        )?;
        let heirs = super::boxes::Heirs::load(db)?;
        let mut map = Self {
            ids: Vec::with_capacity(names.len()),
            new: Vec::new(),
            deleted: Vec::new(),
        };
        let mut fresh: HashMap<&str, i64> = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            if i % 1024 == 0 && stop() {
                return Ok(None);
            }
            let mut id: Option<i64> = live.query_row([name], |row| row.get(0)).optional()?;
            if id.is_none() {
                id = renamed.query_row([name], |row| row.get(0)).optional()?;
            }
            let mut was_deleted = false;
            if id.is_none()
                && let Some((old, merged)) = gone
                    .query_row([name], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))
                    .optional()?
            {
                id = if merged { heirs.merged(old) } else { None };
                was_deleted = id.is_none();
            }
            let id = id.or_else(|| fresh.get(name.as_str()).copied());
            map.ids.push(id.unwrap_or_else(|| {
                map.new.push(name.clone());
                if was_deleted {
                    map.deleted.push(name.clone());
                }
                let id = -(map.new.len() as i64);
                fresh.insert(name, id);
                id
            }));
        }
        Ok(Some(map))
    }
}
