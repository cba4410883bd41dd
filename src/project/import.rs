//! Taking over what an importer read.

use super::boxes::Heirs;
use super::error::{ProjectError, Result};
use super::matching::{Entry, Known, LabelMap};
use super::place::{self, StoredPath};
use super::source::{BoxChange, Source, box_changes, source_values};
use super::store::{Project, Stop, now};
use crate::dataset::formats::Progress;
use crate::dataset::model::{Dataset, ImportReport, LabelDetails, Picture, Split};
use rusqlite::{Transaction, params};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// An import, and what it found.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRecord {
    /// Its number, ascending.
    pub id: i64,
    /// When it was, in Unix seconds.
    pub created: i64,
    /// What it found.
    pub report: ImportReport,
}

impl Project {
    /// Adds the pictures and labels of a source, or renews what it said: all or nothing. [`Self::plan_import`] tells beforehand what
    /// will be new or other.
    ///
    /// - Labels are taken by their exact names; a label that was renamed or merged here is known by the name it came with. Prompt words,
    ///   colours and descriptions of the source are for new labels only.
    /// - Pictures are known by their file, whatever its name in the source; where their file is gone by their content, or by their name
    ///   and size as long as their content was never read. A file that the source names twice is one picture.
    /// - Known pictures get the source's name, path, size and boxes, and its values of the labels that it lists; labels that it does not
    ///   list stay. They get its split unless they were put into another one here.
    /// - What people edited stays. Pictures that the source no longer has stay.
    ///
    /// # Errors
    /// Where the data refer to labels that they do not have, or the database cannot be written.
    pub fn import(&mut self, dataset: &Dataset, report: &ImportReport) -> Result<()> {
        self.import_with(dataset, report, &mut |_, _| ControlFlow::Continue(()))
    }

    /// As [`Self::import`]; `progress` hears of pictures done and in all, and may stop it, which leaves the project as it was.
    ///
    /// # Errors
    /// As [`Self::import`], and [`ProjectError::Cancelled`].
    pub fn import_with(&mut self, dataset: &Dataset, report: &ImportReport, progress: &mut Progress<'_>) -> Result<()> {
        let folder = self.folder.clone();
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let report = serde_json::to_string(report).map_err(|e| ProjectError::io("write", &folder, e.into()))?;
        let matches = self.matches(dataset, progress)?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO imports (created, folder, report) VALUES (?1, ?2, ?3)",
                params![now(), StoredPath(folder.clone()), report],
            )?;
            let import = tx.last_insert_rowid();
            let total = matches.entries.len();
            let mut stop = || progress(0, total).is_break();
            let source = Source::new(labels(tx, dataset, &mut stop)?, dataset.absent, Heirs::load(tx)?);
            let start: i64 = tx.query_row("SELECT ifnull(max(position) + 1, 0) FROM pictures", [], |row| {
                row.get(0)
            })?;
            let unlisted: Vec<i64> = tx
                .prepare("SELECT id FROM labels WHERE deleted = 0")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()?;
            let writer = Writer {
                tx,
                import,
                unlisted: unlisted.into_iter().filter(|label| !source.lists(*label)).collect(),
                source,
                folders: [&folder, &real],
            };
            for (done, entry) in matches.entries.iter().enumerate() {
                if done % 256 == 0 && progress(done, total).is_break() {
                    return Err(ProjectError::Cancelled.into());
                }
                match entry.known {
                    Some(k) => writer.renew(&matches.known[k], entry)?,
                    None => writer.add(start + done as i64, entry)?,
                }
            }
            // The last moment at which nothing is kept.
            if progress(total, total).is_break() {
                return Err(ProjectError::Cancelled.into());
            }
            Ok(())
        })
    }

    /// What the imports found, oldest first.
    pub fn import_reports(&self) -> Result<Vec<ImportReport>> {
        Ok(self.imports()?.into_iter().map(|import| import.report).collect())
    }

    /// The imports, oldest first.
    pub fn imports(&self) -> Result<Vec<ImportRecord>> {
        let rows: Vec<(i64, i64, String)> = self.read(|db| {
            db.prepare("SELECT id, created, report FROM imports ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        let parse = |(id, created, text): &(i64, i64, String)| {
            let report = serde_json::from_str(text).map_err(|e| ProjectError::io("read", &self.folder, e.into()))?;
            Ok(ImportRecord {
                id: *id,
                created: *created,
                report,
            })
        };
        rows.iter().map(parse).collect()
    }
}

/// The ids of the source's labels; those that are missing are added at the end.
fn labels(
    tx: &Transaction<'_>,
    dataset: &Dataset,
    stop: &mut dyn FnMut() -> bool,
) -> std::result::Result<Vec<i64>, Stop> {
    let map = LabelMap::find(tx, &dataset.labels, stop)?.ok_or(ProjectError::Cancelled)?;
    let mut insert = tx.prepare(
        "INSERT INTO labels (name, source_name, prompt_words, colour, description, position)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5) RETURNING id",
    )?;
    // Asked once: a source may have hundreds of thousands.
    let first: i64 = tx.query_row("SELECT ifnull(max(position) + 1, 0) FROM labels", [], |row| row.get(0))?;
    let mut named = tx.prepare("UPDATE labels SET source_name = ?2 WHERE id = ?1 AND source_name IS NULL")?;
    let (mut made, mut ids): (HashMap<i64, i64>, Vec<i64>) = Default::default();
    for (i, (name, id)) in dataset.labels.iter().zip(&map.ids).enumerate() {
        if i % 1024 == 0 && stop() {
            return Err(ProjectError::Cancelled.into());
        }
        let id = match (id, made.get(id)) {
            (_, Some(made)) => *made,
            (0.., None) => {
                named.execute(params![id, name])?;
                *id
            }
            (_, None) => {
                let none = LabelDetails::default();
                let details = dataset.details.get(i).unwrap_or(&none);
                let colour = details.colour.map(|colour| colour & 0xFF_FFFF);
                let position = first + made.len() as i64;
                let values = params![name, details.prompt_words, colour, details.description, position];
                let new = insert.query_row(values, |row| row.get(0))?;
                made.insert(*id, new);
                new
            }
        };
        ids.push(id);
    }
    Ok(ids)
}

struct Writer<'a> {
    tx: &'a Transaction<'a>,
    import: i64,
    source: Source,
    /// Labels of which the source says nothing.
    unlisted: Vec<i64>,
    folders: [&'a Path; 2],
}

impl Writer<'_> {
    /// From the project's folder to a picture. The source may name it through a symbolic link or not; the way that shares more is the
    /// shorter one.
    fn relative(&self, path: &Path) -> Option<StoredPath> {
        let ways = self.folders.iter().filter_map(|folder| place::relative(folder, path));
        let shortest: Option<PathBuf> = ways.min_by_key(|way| way.components().count());
        shortest.map(StoredPath)
    }

    /// Adds a picture.
    fn add(&self, position: i64, entry: &Entry<'_>) -> std::result::Result<(), Stop> {
        const ADD: &str = "INSERT INTO pictures
            (position, import, path, relative, name, width, height, split, source_split, absent)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)";
        let picture = &entry.picture;
        let said = self.source.said(picture)?;
        self.tx.prepare_cached(ADD)?.execute(params![
            position,
            self.import,
            StoredPath(entry.path.clone()),
            self.relative(&entry.path),
            picture.name,
            picture.width,
            picture.height,
            picture.split.map(Split::name),
            self.source.absent,
        ])?;
        let id = self.tx.last_insert_rowid();
        self.values(id, &said)?;
        self.boxes(id, picture)
    }

    /// Renews what a source says of a picture.
    fn renew(&self, known: &Known, entry: &Entry<'_>) -> std::result::Result<(), Stop> {
        const RENEW: &str =
            "UPDATE pictures SET import = ?2, path = ?3, relative = ?4, name = ?5, width = ?6, height = ?7,
            split = ?8, source_split = ?9, absent = ?10 WHERE id = ?1";
        let (id, picture) = (known.id, &entry.picture);
        let said = self.source.said(picture)?;
        // A split that was chosen here is kept.
        let split = if known.split == known.source_split {
            picture.split
        } else {
            known.split
        };
        self.tx.prepare_cached(RENEW)?.execute(params![
            id,
            self.import,
            StoredPath(entry.path.clone()),
            self.relative(&entry.path),
            picture.name,
            picture.width,
            picture.height,
            split.map(Split::name),
            picture.split.map(Split::name),
            self.source.absent,
        ])?;
        let old = source_values(self.tx, id)?;
        let mut remove = self
            .tx
            .prepare_cached("DELETE FROM source_values WHERE picture = ?1 AND label = ?2")?;
        for (label, value) in &old {
            let stays = match said.binary_search_by_key(label, |(label, _)| *label) {
                Ok(again) => said[again].1 == *value,
                Err(_) => !self.source.lists(*label),
            };
            if !stays {
                remove.execute([id, *label])?;
            }
        }
        let changed: Vec<(i64, i8)> = said.iter().copied().filter(|new| !old.contains(new)).collect();
        self.values(id, &changed)?;
        if known.absent != self.source.absent {
            // Silence of this source says nothing of labels that it does not list.
            let silent = |label: &&i64| !old.iter().any(|(said, _)| said == *label);
            let kept: Vec<(i64, i8)> = self
                .unlisted
                .iter()
                .filter(silent)
                .map(|l| (*l, known.absent))
                .collect();
            self.values(id, &kept)?;
        }
        if let BoxChange::Renewed(gone) = box_changes(self.tx, id, picture, &self.source)? {
            let mut remove = self.tx.prepare_cached("DELETE FROM boxes WHERE id = ?1")?;
            for id in gone {
                remove.execute([id])?;
            }
            self.boxes(id, picture)?;
        }
        Ok(())
    }

    fn values(&self, id: i64, values: &[(i64, i8)]) -> rusqlite::Result<()> {
        let mut insert = self
            .tx
            .prepare_cached("INSERT INTO source_values VALUES (?1, ?2, ?3)")?;
        for (label, value) in values {
            insert.execute(params![id, label, value])?;
        }
        Ok(())
    }

    fn boxes(&self, id: i64, picture: &Picture) -> std::result::Result<(), Stop> {
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO boxes (picture, label, x, y, width, height) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (label, [x, y, width, height]) in self.source.boxes(picture)? {
            insert.execute(params![id, label, x, y, width, height])?;
        }
        Ok(())
    }
}
