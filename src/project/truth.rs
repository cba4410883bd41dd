//! What is known of labels on pictures.

use super::assignment::Assignment;
use super::error::{ProjectError, Result};
use super::rows::{LabelMatrix, LabelValue, Provenance};
use super::store::Project;
use crate::dataset::model::Truth;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::{BTreeSet, HashMap};

/// Where at least one in this many pictures is asked for, the truth of all is read at once.
const PART: usize = 8;

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
        let found = self.read(|db| {
            let pictures: i64 = db.query_row("SELECT count(*) FROM pictures", [], |row| row.get(0))?;
            // Reading everything once costs as much as asking for a part of the pictures one by one.
            if ids.len() > pictures as usize / PART {
                every(db, ids, &columns)
            } else {
                each(db, ids, &columns)
            }
        })?;
        Ok(LabelMatrix {
            rows: ids.len(),
            cols: columns.len(),
            values: found.map_err(|id| ProjectError::NoPicture { id })?,
        })
    }

    /// Ids of the pictures on which a person gave or took a label, ascending.
    pub fn edited_pictures(&self) -> Result<Vec<i64>> {
        const SQL: &str = "SELECT DISTINCT picture FROM edited_values WHERE origin = 'human' ORDER BY picture";
        self.read(|db| db.prepare_cached(SQL)?.query_map([], |row| row.get(0))?.collect())
    }

    /// Whether a step of undo moved pictures between splits.
    pub fn edit_moves_splits(&self, group: i64) -> Result<bool> {
        self.read(|db| {
            let mut query = db.prepare_cached("SELECT 1 FROM split_edits WHERE edit_group = ?1")?;
            query.exists([group])
        })
    }

    /// Whether a step of undo names trainings or deletes them.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn edit_changes_runs(&self, group: i64) -> Result<bool> {
        self.read(|db| {
            let mut query = db.prepare_cached("SELECT 1 FROM run_edits WHERE edit_group = ?1")?;
            query.exists([group])
        })
    }

    /// Ids of the pictures on which a step of undo changed labels or the split, ascending.
    pub fn pictures_of_edit(&self, group: i64) -> Result<Vec<i64>> {
        self.read(|db| {
            let mut found: BTreeSet<i64> = db
                .prepare_cached("SELECT picture FROM value_edits WHERE edit_group = ?1")?
                .query_map([group], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut query = db.prepare_cached("SELECT new_splits FROM split_edits WHERE edit_group = ?1")?;
            for splits in query.query_map([group], |row| row.get::<_, Assignment>(0))? {
                found.extend(splits?.pairs().iter().map(|(id, _)| *id));
            }
            Ok(found.into_iter().collect())
        })
    }

    /// Every value that someone gave a label on this picture, with who did: one a label, in the order of the labels. A
    /// human edit goes before the source, the source before the machine.
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

/// Values of pictures, row-major, or the id of a picture that does not exist.
type Found = std::result::Result<Vec<i8>, i64>;

/// Asks for each picture.
fn each(db: &Connection, ids: &[i64], columns: &HashMap<i64, usize>) -> rusqlite::Result<Found> {
    let mut values = Vec::with_capacity(ids.len() * columns.len());
    let mut default = db.prepare_cached("SELECT absent FROM pictures WHERE id = ?1")?;
    let mut said = db.prepare_cached("SELECT label, value FROM truth WHERE picture = ?1")?;
    for id in ids {
        let absent: Option<i8> = default.query_row([id], |row| row.get(0)).optional()?;
        let Some(absent) = absent else { return Ok(Err(*id)) };
        let start = values.len();
        values.resize(start + columns.len(), absent);
        let mut rows = said.query([id])?;
        while let Some(row) = rows.next()? {
            if let Some(column) = columns.get(&row.get(0)?) {
                values[start + column] = row.get(1)?;
            }
        }
    }
    Ok(Ok(values))
}

/// Reads the truth of all pictures and keeps what is asked for.
fn every(db: &Connection, ids: &[i64], columns: &HashMap<i64, usize>) -> rusqlite::Result<Found> {
    let cols = columns.len();
    let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let absent: HashMap<i64, i8> = db
        .prepare_cached("SELECT id, absent FROM pictures")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut values = vec![0; ids.len() * cols];
    for (place, id) in ids.iter().enumerate() {
        let Some(absent) = absent.get(id) else {
            return Ok(Err(*id));
        };
        values[place * cols..(place + 1) * cols].fill(*absent);
    }
    scan(db, |picture, label, value| {
        if let (Some(place), Some(column)) = (places.get(&picture), columns.get(&label)) {
            values[place * cols + column] = value;
        }
    })?;
    // A picture that is asked for twice was filled once.
    for (place, id) in ids.iter().enumerate() {
        let filled = places[id];
        if filled != place {
            values.copy_within(filled * cols..(filled + 1) * cols, place * cols);
        }
    }
    Ok(Ok(values))
}

/// Goes through all that counts as truth (picture, label, value), also on deleted labels, in no order. The view `truth` would look for an
/// edit at each value of the source; edits are few, so they are kept aside instead.
pub(super) fn scan(db: &Connection, mut each: impl FnMut(i64, i64, i8)) -> rusqlite::Result<()> {
    const EDITED: &str = "SELECT picture, label, value FROM edited_values WHERE origin = 'human'";
    let mut edited: HashMap<(i64, i64), i8> = HashMap::new();
    let mut query = db.prepare_cached(EDITED)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        edited.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    let mut query = db.prepare_cached("SELECT picture, label, value FROM source_values")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (picture, label) = (row.get(0)?, row.get(1)?);
        if edited.is_empty() || !edited.contains_key(&(picture, label)) {
            each(picture, label, row.get(2)?);
        }
    }
    edited
        .into_iter()
        .for_each(|((picture, label), value)| each(picture, label, value));
    Ok(())
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
