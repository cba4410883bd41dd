//! Splits, and the memory of every split that was made.

use super::assignment::Assignment;
use super::error::{ProjectError, Result};
use super::pictures::split_of;
use super::store::{Project, Stop, now};
use crate::dataset::model::Split;
use crate::support::hash;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// How a split is made again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRecipe {
    /// The command line that makes it again.
    pub command: String,
    /// The way it was made, with its numbers.
    pub scheme: serde_json::Value,
    /// The seed of what was drawn.
    pub seed: Option<u64>,
}

/// A split that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRecord {
    /// Its number, ascending.
    pub id: i64,
    /// When it was made, in Unix seconds.
    pub created: i64,
    /// How it is made again.
    pub recipe: SplitRecipe,
    /// Pictures of each split that had any, when it was made.
    pub counts: BTreeMap<String, usize>,
    /// Whether the splits of the project are these now.
    pub current: bool,
}

/// What stands for a command where splits were not made by one: they came with the data, or were changed by hand.
const KEPT: &str = "kept before another split was made";

impl Project {
    /// Sets the split of pictures, all or none; `None` takes a picture out of all splits. One step of undo.
    ///
    /// # Errors
    /// Where a picture does not exist or the database cannot be written.
    pub fn set_splits(&mut self, splits: &[(i64, Option<Split>)]) -> Result<()> {
        let many = match splits.len() {
            1 => "1 picture".to_owned(),
            n => format!("{n} pictures"),
        };
        self.step(&format!("change the split of {many}"), |step| {
            step.splits(splits.to_vec())
        })
    }

    /// Sets the split of pictures as a recipe made it, and remembers the splits of all pictures; returns the record's id. One step of
    /// undo, which leaves the record. Splits that no record holds yet (of the source, or made by hand) are remembered first, so that
    /// none is ever lost.
    ///
    /// # Errors
    /// Where a picture does not exist or the database cannot be written.
    pub fn record_split(&mut self, recipe: &SplitRecipe, splits: &[(i64, Option<Split>)]) -> Result<i64> {
        self.step(&format!("split the pictures: {}", recipe.command), |step| {
            keep_current(step.tx)?;
            step.splits(splits.to_vec())?;
            Ok(remember(step.tx, recipe, &now_in(step.tx)?)?)
        })
    }

    /// All splits that were made, oldest first.
    pub fn splits_made(&self) -> Result<Vec<SplitRecord>> {
        const SQL: &str = "SELECT id, created, command, scheme, seed, counts, splits FROM split_history ORDER BY id";
        self.read(|db| {
            let now = now_in(db)?;
            db.prepare_cached(SQL)?
                .query_map([], |row| record(row, &now))?
                .collect()
        })
    }

    /// Makes the splits what they were when a split was made. Pictures that came later are in none. One step of undo.
    ///
    /// # Errors
    /// Where no split that was made has this id, or the database cannot be written.
    pub fn restore_split(&mut self, id: i64) -> Result<()> {
        self.step(&format!("go back to split number {id}"), |step| {
            let then: Option<Assignment> = step
                .tx
                .query_row("SELECT splits FROM split_history WHERE id = ?1", [id], |row| row.get(0))
                .optional()?;
            let then = then.ok_or(ProjectError::NoSplit { id })?;
            keep_current(step.tx)?;
            step.splits(brought_to(&then, &now_in(step.tx)?))
        })
    }

    /// SHA-256 (hexadecimal) of what training sees of the data, in data order: label names, and of each picture name, split and truth. Two
    /// projects with the same data have the same; any edit changes it.
    pub fn data_hash(&self) -> Result<String> {
        let (pictures, labels) = (self.pictures(None)?, self.labels()?);
        let ids: Vec<i64> = pictures.iter().map(|picture| picture.id).collect();
        let truth = self.truth(&ids)?;
        let mut digest = hash::Digest::new();
        let text = |digest: &mut hash::Digest, text: &str| {
            digest.add(&(text.len() as u64).to_le_bytes());
            digest.add(text.as_bytes());
        };
        digest.add(&(labels.len() as u64).to_le_bytes());
        labels.iter().for_each(|label| text(&mut digest, &label.name));
        for (i, picture) in pictures.iter().enumerate() {
            text(&mut digest, &picture.name);
            text(&mut digest, picture.split.map_or("", Split::name));
            let values = &truth.values[i * truth.cols..(i + 1) * truth.cols];
            digest.add(&values.iter().map(|v| *v as u8).collect::<Vec<u8>>());
        }
        Ok(digest.finish())
    }
}

/// The splits of all pictures.
fn now_in(db: &Connection) -> rusqlite::Result<Assignment> {
    let pairs: rusqlite::Result<Vec<_>> = db
        .prepare_cached("SELECT id, split FROM pictures ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, split_of(row, 1)?)))?
        .collect();
    Ok(Assignment::new(pairs?))
}

/// The splits of the pictures of `now` as they were `then`.
fn brought_to(then: &Assignment, now: &Assignment) -> Vec<(i64, Option<Split>)> {
    let then: HashMap<i64, Option<Split>> = then.pairs().iter().copied().collect();
    let pairs = now.pairs().iter();
    pairs.map(|(id, _)| (*id, then.get(id).copied().flatten())).collect()
}

/// Remembers the splits as they are, unless they are none or a record holds them.
fn keep_current(tx: &Transaction<'_>) -> std::result::Result<(), Stop> {
    let now = now_in(tx)?;
    if now.pairs().iter().all(|(_, split)| split.is_none()) {
        return Ok(());
    }
    let mut query = tx.prepare_cached("SELECT splits FROM split_history ORDER BY id DESC")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if is_now(&row.get(0)?, &now) {
            return Ok(());
        }
    }
    let recipe = SplitRecipe {
        command: KEPT.to_owned(),
        scheme: serde_json::Value::Null,
        seed: None,
    };
    remember(tx, &recipe, &now)?;
    Ok(())
}

fn is_now(then: &Assignment, now: &Assignment) -> bool {
    brought_to(then, now).as_slice() == now.pairs()
}

fn remember(tx: &Transaction<'_>, recipe: &SplitRecipe, splits: &Assignment) -> rusqlite::Result<i64> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for split in splits.pairs().iter().filter_map(|(_, split)| *split) {
        *counts.entry(split.name()).or_default() += 1;
    }
    tx.execute(
        "INSERT INTO split_history (created, command, scheme, seed, counts, splits) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            now(),
            recipe.command,
            recipe.scheme.to_string(),
            // The same 64 bits: SQLite has no unsigned numbers.
            recipe.seed.map(|seed| seed as i64),
            serde_json::json!(counts).to_string(),
            splits
        ],
    )?;
    Ok(tx.last_insert_rowid())
}

fn record(row: &Row<'_>, now: &Assignment) -> rusqlite::Result<SplitRecord> {
    let (scheme, counts): (String, String) = (row.get(3)?, row.get(5)?);
    let damaged =
        |column| move |e: serde_json::Error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, e.into());
    Ok(SplitRecord {
        id: row.get(0)?,
        created: row.get(1)?,
        recipe: SplitRecipe {
            command: row.get(2)?,
            scheme: serde_json::from_str(&scheme).map_err(damaged(3))?,
            seed: row.get::<_, Option<i64>>(4)?.map(|seed| seed as u64),
        },
        counts: serde_json::from_str(&counts).map_err(damaged(5))?,
        current: is_now(&row.get(6)?, now),
    })
}
