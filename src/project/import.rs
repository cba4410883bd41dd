//! Taking over what an importer read.

use super::error::{ProjectError, Result};
use super::place::{self, StoredPath};
use super::store::{Project, Stop, now};
use crate::dataset::model::{Absent, Dataset, ImportReport, Picture, Split, Truth};
use rusqlite::{OptionalExtension, Transaction, params};
use std::path::{Path, PathBuf};

impl Project {
    /// Adds the pictures and labels of a source: all or nothing. Labels that exist are taken by their exact name.
    /// Pictures that exist (same file, same name) get the source's new values, boxes and split, and keep what people
    /// edited.
    ///
    /// # Errors
    /// Where the data refer to labels that they do not have, or the database cannot be written.
    pub fn import(&mut self, dataset: &Dataset, report: &ImportReport) -> Result<()> {
        let folder = self.folder.clone();
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let report = serde_json::to_string(report).map_err(|e| ProjectError::io("write", &folder, e.into()))?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO imports (created, folder, report) VALUES (?1, ?2, ?3)",
                params![now(), StoredPath(folder.clone()), report],
            )?;
            let import = tx.last_insert_rowid();
            let labels = labels(tx, &dataset.labels)?;
            let absent = match dataset.absent {
                Absent::Negative => Truth::Negative,
                Absent::Unknown => Truth::Unknown,
            };
            let start: i64 = tx.query_row("SELECT ifnull(max(position) + 1, 0) FROM pictures", [], |row| {
                row.get(0)
            })?;
            let mut writer = Writer {
                tx,
                import,
                labels,
                absent,
                folders: [&folder, &real],
            };
            for (position, picture) in (start..).zip(&dataset.pictures) {
                writer.picture(position, picture)?;
            }
            Ok(())
        })
    }

    /// What the imports found, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn import_reports(&self) -> Result<Vec<ImportReport>> {
        let texts: Vec<String> = self.read(|db| {
            db.prepare("SELECT report FROM imports ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        let parse =
            |text: &String| serde_json::from_str(text).map_err(|e| ProjectError::io("read", &self.folder, e.into()));
        texts.iter().map(parse).collect()
    }
}

/// The ids of the labels of these names; those that are missing are added at the end.
fn labels(tx: &Transaction<'_>, names: &[String]) -> rusqlite::Result<Vec<i64>> {
    let mut find = tx.prepare("SELECT id FROM labels WHERE name = ?1 AND deleted = 0")?;
    let mut insert = tx.prepare(
        "INSERT INTO labels (name, position) VALUES (?1, (SELECT ifnull(max(position) + 1, 0) FROM labels)) RETURNING id",
    )?;
    let id = |name: &String| match find.query_row([name], |row| row.get(0)).optional()? {
        Some(id) => Ok(id),
        None => insert.query_row([name], |row| row.get(0)),
    };
    names.iter().map(id).collect()
}

struct Writer<'a> {
    tx: &'a Transaction<'a>,
    import: i64,
    labels: Vec<i64>,
    absent: Truth,
    folders: [&'a Path; 2],
}

impl Writer<'_> {
    fn picture(&mut self, position: i64, picture: &Picture) -> std::result::Result<(), Stop> {
        let path = std::path::absolute(&picture.path).map_err(|e| ProjectError::io("find", &picture.path, e))?;
        // The source may name a picture through a symbolic link or not; the way that shares more is the shorter one.
        let relative: Option<PathBuf> = self
            .folders
            .iter()
            .filter_map(|folder| place::relative(folder, &path))
            .min_by_key(|way| way.components().count());
        let split = picture.split.map(Split::name);
        let id: i64 = self
            .tx
            .prepare_cached(
                "INSERT INTO pictures (position, import, path, relative, name, width, height, split, source_split, absent)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)
                 ON CONFLICT (path, name) DO UPDATE SET import = excluded.import, relative = excluded.relative,
                     width = excluded.width, height = excluded.height, split = excluded.split,
                     source_split = excluded.source_split, absent = excluded.absent
                 RETURNING id",
            )?
            .query_row(
                params![
                    position,
                    self.import,
                    StoredPath(path),
                    relative.map(StoredPath),
                    picture.name,
                    picture.width,
                    picture.height,
                    split,
                    self.absent.value(),
                ],
                |row| row.get(0),
            )?;
        self.tx
            .prepare_cached("DELETE FROM source_values WHERE picture = ?1")?
            .execute([id])?;
        self.tx
            .prepare_cached("DELETE FROM boxes WHERE picture = ?1")?
            .execute([id])?;
        // Positive last: where a source contradicts itself, what it saw counts.
        let values = [
            (Truth::Unknown, &picture.unknowns),
            (Truth::Negative, &picture.negatives),
            (Truth::Positive, &picture.positives),
        ];
        let mut insert = self
            .tx
            .prepare_cached("INSERT OR REPLACE INTO source_values VALUES (?1, ?2, ?3)")?;
        for (truth, indices) in values {
            for index in indices {
                insert.execute(params![id, self.label(picture, *index)?, truth.value()])?;
            }
        }
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO boxes (picture, label, x, y, width, height) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for annotation in &picture.boxes {
            let [x, y, width, height] = annotation.bounds;
            insert.execute(params![id, self.label(picture, annotation.label)?, x, y, width, height])?;
        }
        Ok(())
    }

    fn label(&self, picture: &Picture, index: usize) -> Result<i64> {
        self.labels.get(index).copied().ok_or_else(|| ProjectError::LabelIndex {
            name: picture.name.clone(),
            label: index,
            labels: self.labels.len(),
        })
    }
}
