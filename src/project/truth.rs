//! What is known of labels on pictures.

use super::error::{ProjectError, Result};
use super::rows::{LabelMatrix, LabelValue, Provenance};
use super::store::Project;
use crate::dataset::model::Truth;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

impl Project {
    /// Truth of these pictures in their order, for all labels in order: the latest human edit, else the source, else
    /// what the import said that silence means. Suggestions of the machine do not count.
    ///
    /// # Errors
    /// Where a picture does not exist or the database cannot be read.
    pub fn truth(&self, ids: &[i64]) -> Result<LabelMatrix> {
        let columns: HashMap<i64, usize> = self
            .labels()?
            .into_iter()
            .enumerate()
            .map(|(column, label)| (label.id, column))
            .collect();
        let cols = columns.len();
        let mut values = Vec::with_capacity(ids.len() * cols);
        for id in ids {
            let absent: Option<i8> = self.read(|db| {
                db.prepare_cached("SELECT absent FROM pictures WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))
                    .optional()
            })?;
            let start = values.len();
            values.resize(start + cols, absent.ok_or(ProjectError::NoPicture { id: *id })?);
            self.read(|db| {
                let mut query = db.prepare_cached("SELECT label, value FROM truth WHERE picture = ?1")?;
                let mut rows = query.query([id])?;
                while let Some(row) = rows.next()? {
                    if let Some(column) = columns.get(&row.get(0)?) {
                        values[start + column] = row.get(1)?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(LabelMatrix {
            rows: ids.len(),
            cols,
            values,
        })
    }

    /// Ids of the pictures on which a person gave or took a label, ascending.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn edited_pictures(&self) -> Result<Vec<i64>> {
        const SQL: &str = "SELECT DISTINCT picture FROM edited_values WHERE origin = 'human' ORDER BY picture";
        self.read(|db| db.prepare_cached(SQL)?.query_map([], |row| row.get(0))?.collect())
    }

    /// Ids of the pictures that a step of undo changed, ascending.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn pictures_of_edit(&self, group: i64) -> Result<Vec<i64>> {
        const SQL: &str = "SELECT DISTINCT picture FROM value_edits WHERE edit_group = ?1 ORDER BY picture";
        self.read(|db| db.prepare_cached(SQL)?.query_map([group], |row| row.get(0))?.collect())
    }

    /// Every value that someone gave a label on this picture, with who did: one a label, in the order of the labels. A
    /// human edit goes before the source, the source before the machine.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn values(&self, picture: i64) -> Result<Vec<LabelValue>> {
        const SQL: &str = "
            SELECT l.id,
                CASE WHEN e.origin = 'human' OR s.value IS NULL THEN e.value ELSE s.value END,
                CASE WHEN e.origin = 'human' OR s.value IS NULL THEN e.origin ELSE 'source' END
            FROM labels l
            LEFT JOIN edited_values e ON e.picture = ?1 AND e.label = l.id
            LEFT JOIN source_values s ON s.picture = ?1 AND s.label = l.id
            WHERE l.deleted = 0 AND (e.value IS NOT NULL OR s.value IS NOT NULL) ORDER BY l.position";
        self.read(|db| db.prepare_cached(SQL)?.query_map([picture], label_value)?.collect())
    }
}

fn label_value(row: &Row<'_>) -> rusqlite::Result<LabelValue> {
    let (value, origin): (i8, String) = (row.get(1)?, row.get(2)?);
    let provenance = match origin.as_str() {
        "human" => Provenance::Human,
        "machine" => Provenance::Machine,
        _ => Provenance::Source,
    };
    Ok(LabelValue {
        label: row.get(0)?,
        truth: truth_of(value),
        provenance,
    })
}

/// From 1, 0, -1.
pub(super) fn truth_of(value: i8) -> Truth {
    match value {
        1 => Truth::Positive,
        0 => Truth::Negative,
        _ => Truth::Unknown,
    }
}

/// What counts as truth for a label on a picture.
pub(super) fn value(db: &Connection, picture: i64, label: i64) -> rusqlite::Result<i8> {
    db.prepare_cached(
        "SELECT ifnull((SELECT value FROM truth WHERE picture = ?1 AND label = ?2),
                       (SELECT absent FROM pictures WHERE id = ?1))",
    )?
    .query_row([picture, label], |row| row.get(0))
}
