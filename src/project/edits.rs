//! Edits with undo: a log that only grows, each group of which is one step back.
//!
//! An edit is applied in the same transaction as it is logged, so a kill leaves both or neither, and undo goes on where
//! it was after the project is opened again.

use super::assignment::Assignment;
use super::error::{ProjectError, Result};
use super::label_state::LabelState;
use super::pictures::split_of;
use super::rows::Provenance;
use super::runs::RunMarks;
use super::store::{Project, Stop, now};
use super::truth::truth_of;
use crate::dataset::model::{Split, Truth};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// One step of undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditGroup {
    /// Its number in the log.
    pub id: i64,
    /// When it was made, in Unix seconds.
    pub created: i64,
    /// What it did, for people.
    pub description: String,
}

/// A value with who gave it (`human` or `machine`).
type Edited = (i8, String);

/// An undo step while it is made. A step that changes nothing is not logged.
pub(super) struct Step<'a> {
    pub tx: &'a Transaction<'a>,
    description: &'a str,
    group: Option<i64>,
}

impl Step<'_> {
    fn group(&mut self) -> rusqlite::Result<i64> {
        if let Some(group) = self.group {
            return Ok(group);
        }
        self.tx
            .execute("UPDATE edit_groups SET state = 'superseded' WHERE state = 'undone'", [])?;
        self.tx.execute(
            "INSERT INTO edit_groups (created, description, state) VALUES (?1, ?2, 'applied')",
            params![now(), self.description],
        )?;
        Ok(*self.group.insert(self.tx.last_insert_rowid()))
    }

    /// Gives a label on a picture a value.
    pub fn value(&mut self, picture: i64, label: i64, truth: Truth, by: Provenance) -> rusqlite::Result<()> {
        let new: Edited = (
            truth.value(),
            if by == Provenance::Machine { "machine" } else { "human" }.to_owned(),
        );
        let old: Option<Edited> = self
            .tx
            .prepare_cached("SELECT value, origin FROM edited_values WHERE picture = ?1 AND label = ?2")?
            .query_row([picture, label], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if old.as_ref() == Some(&new) {
            return Ok(());
        }
        let group = self.group()?;
        put_value(self.tx, picture, label, Some(&new))?;
        let (old_value, old_origin) = old.unzip();
        self.tx
            .prepare_cached(
                "INSERT INTO value_edits (edit_group, picture, label, old_value, old_origin, new_value, new_origin)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![group, picture, label, old_value, old_origin, new.0, new.1])?;
        Ok(())
    }

    /// Changes a label.
    pub fn label(&mut self, id: i64, change: impl FnOnce(&mut LabelState)) -> std::result::Result<(), Stop> {
        let old = LabelState::of(self.tx, id)?;
        let mut new = old.clone();
        change(&mut new);
        if old == new {
            return Ok(());
        }
        new.put(self.tx, id)?;
        let group = self.group()?;
        self.tx
            .prepare_cached(
                "INSERT INTO label_edits (edit_group, label, old_state, new_state) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![group, id, old.to_json()?, new.to_json()?])?;
        Ok(())
    }

    /// Changes what a person says of a run.
    pub fn run(&mut self, id: &str, change: impl FnOnce(&mut RunMarks)) -> std::result::Result<(), Stop> {
        let old = RunMarks::of(self.tx, id)?;
        let mut new = old.clone();
        change(&mut new);
        if old == new {
            return Ok(());
        }
        new.put(self.tx, id)?;
        let group = self.group()?;
        self.tx.execute(
            "INSERT INTO run_edits (edit_group, run, old_name, old_deleted, new_name, new_deleted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![group, id, old.name, old.deleted, new.name, new.deleted],
        )?;
        Ok(())
    }

    /// Puts pictures into splits.
    pub fn splits(&mut self, wanted: Vec<(i64, Option<Split>)>) -> std::result::Result<(), Stop> {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        {
            let mut find = self.tx.prepare_cached("SELECT split FROM pictures WHERE id = ?1")?;
            for (id, split) in Assignment::new(wanted).pairs() {
                let now = find.query_row([id], |row| split_of(row, 0)).optional()?;
                let now = now.ok_or(ProjectError::NoPicture { id: *id })?;
                if now != *split {
                    old.push((*id, now));
                    new.push((*id, *split));
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let (old, new) = (Assignment::new(old), Assignment::new(new));
        put_splits(self.tx, &new)?;
        let group = self.group()?;
        self.tx.execute(
            "INSERT INTO split_edits (edit_group, old_splits, new_splits) VALUES (?1, ?2, ?3)",
            params![group, old, new],
        )?;
        Ok(())
    }
}

impl Project {
    /// Makes one step of undo out of all that `change` does.
    pub(super) fn step<T>(
        &mut self,
        description: &str,
        change: impl FnOnce(&mut Step<'_>) -> std::result::Result<T, Stop>,
    ) -> Result<T> {
        self.write(|tx| {
            change(&mut Step {
                tx,
                description,
                group: None,
            })
        })
    }

    /// Says as a person what a label is on these pictures; one step of undo.
    ///
    /// # Errors
    /// Where a picture or the label does not exist, or the database cannot be written.
    pub fn set_label(&mut self, pictures: &[i64], label: i64, truth: Truth) -> Result<()> {
        self.set_values(pictures, label, truth, Provenance::Human)
    }

    /// Suggests as a machine what a label is on these pictures; one step of undo. Suggestions never replace what a
    /// person or the source said, and are not truth until a person says so with [`Self::set_label`].
    ///
    /// # Errors
    /// As [`Self::set_label`].
    pub fn suggest_label(&mut self, pictures: &[i64], label: i64, truth: Truth) -> Result<()> {
        self.set_values(pictures, label, truth, Provenance::Machine)
    }

    fn set_values(&mut self, pictures: &[i64], label: i64, truth: Truth, by: Provenance) -> Result<()> {
        let name = self.label(label)?.name;
        let verb = match (truth, by) {
            (_, Provenance::Machine) => "suggest",
            (Truth::Positive, _) => "set",
            (Truth::Negative, _) => "remove",
            (Truth::Unknown, _) => "mark as unknown",
        };
        let many = if pictures.len() == 1 {
            "1 picture".to_owned()
        } else {
            format!("{} pictures", pictures.len())
        };
        self.step(&format!("{verb} “{name}” on {many}"), |step| {
            for picture in pictures {
                let mut find = step.tx.prepare_cached("SELECT 1 FROM pictures WHERE id = ?1")?;
                if !find.exists([picture])? {
                    return Err(ProjectError::NoPicture { id: *picture }.into());
                }
                let mut said = step
                    .tx
                    .prepare_cached("SELECT 1 FROM truth WHERE picture = ?1 AND label = ?2")?;
                if by == Provenance::Machine && said.exists([picture, &label])? {
                    continue;
                }
                step.value(*picture, label, truth, by)?;
            }
            Ok(())
        })
    }

    /// Takes back the newest step, which is returned; `None` where there is nothing to take back.
    ///
    /// # Errors
    /// Where a label's old name is taken meanwhile, or the database cannot be written.
    pub fn undo(&mut self) -> Result<Option<EditGroup>> {
        self.write(|tx| replay(tx, true))
    }

    /// Does the step again that was taken back last, which is returned; `None` where there is none.
    ///
    /// # Errors
    /// As [`Self::undo`].
    pub fn redo(&mut self) -> Result<Option<EditGroup>> {
        self.write(|tx| replay(tx, false))
    }

    /// The step that [`Self::undo`] would take back.
    pub fn next_undo(&self) -> Result<Option<EditGroup>> {
        self.read(|db| db.prepare_cached(NEWEST_APPLIED)?.query_row([], edit_group).optional())
    }

    /// The step that [`Self::redo`] would do again.
    pub fn next_redo(&self) -> Result<Option<EditGroup>> {
        self.read(|db| db.prepare_cached(OLDEST_UNDONE)?.query_row([], edit_group).optional())
    }
}

/// A new step supersedes all that are undone, so undone steps are always newer than applied ones.
const NEWEST_APPLIED: &str =
    "SELECT id, created, description FROM edit_groups WHERE state = 'applied' ORDER BY id DESC LIMIT 1";
const OLDEST_UNDONE: &str =
    "SELECT id, created, description FROM edit_groups WHERE state = 'undone' ORDER BY id LIMIT 1";

fn edit_group(row: &Row<'_>) -> rusqlite::Result<EditGroup> {
    Ok(EditGroup {
        id: row.get(0)?,
        created: row.get(1)?,
        description: row.get(2)?,
    })
}

fn replay(tx: &Transaction<'_>, back: bool) -> std::result::Result<Option<EditGroup>, Stop> {
    let (next, state) = if back {
        (NEWEST_APPLIED, "undone")
    } else {
        (OLDEST_UNDONE, "applied")
    };
    let Some(group) = tx.query_row(next, [], edit_group).optional()? else {
        return Ok(None);
    };
    // A step may change the same thing twice, so the way back goes through it backwards.
    let order = if back { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT picture, label, old_value, old_origin, new_value, new_origin FROM value_edits
         WHERE edit_group = ?1 ORDER BY id {order}"
    );
    let mut query = tx.prepare(&sql)?;
    let mut rows = query.query([group.id])?;
    while let Some(row) = rows.next()? {
        let (value, origin) = if back {
            (row.get(2)?, row.get(3)?)
        } else {
            (row.get(4)?, row.get(5)?)
        };
        let edited: Option<Edited> = Option::zip(value, origin);
        put_value(tx, row.get(0)?, row.get(1)?, edited.as_ref())?;
    }
    let sql = format!("SELECT label, old_state, new_state FROM label_edits WHERE edit_group = ?1 ORDER BY id {order}");
    let mut query = tx.prepare(&sql)?;
    let mut rows = query.query([group.id])?;
    while let Some(row) = rows.next()? {
        let target: String = if back { row.get(1)? } else { row.get(2)? };
        LabelState::from_json(&target)?.put(tx, row.get(0)?)?;
    }
    let sql = format!("SELECT old_splits, new_splits FROM split_edits WHERE edit_group = ?1 ORDER BY id {order}");
    let mut query = tx.prepare(&sql)?;
    let mut rows = query.query([group.id])?;
    while let Some(row) = rows.next()? {
        let target: Assignment = if back { row.get(0)? } else { row.get(1)? };
        put_splits(tx, &target)?;
    }
    let sql = format!(
        "SELECT run, old_name, old_deleted, new_name, new_deleted FROM run_edits WHERE edit_group = ?1 ORDER BY id {order}"
    );
    let mut query = tx.prepare(&sql)?;
    let mut rows = query.query([group.id])?;
    while let Some(row) = rows.next()? {
        let at: usize = if back { 1 } else { 3 };
        let marks = RunMarks {
            name: row.get(at)?,
            deleted: row.get(at + 1)?,
        };
        marks.put(tx, &row.get::<_, String>(0)?)?;
    }
    tx.execute(
        "UPDATE edit_groups SET state = ?2 WHERE id = ?1",
        params![group.id, state],
    )?;
    Ok(Some(group))
}

fn put_splits(tx: &Transaction<'_>, splits: &Assignment) -> rusqlite::Result<()> {
    let mut update = tx.prepare_cached("UPDATE pictures SET split = ?2 WHERE id = ?1")?;
    for (id, split) in splits.pairs() {
        update.execute(params![id, split.map(Split::name)])?;
    }
    Ok(())
}

fn put_value(tx: &Transaction<'_>, picture: i64, label: i64, edited: Option<&Edited>) -> rusqlite::Result<()> {
    match edited {
        Some((value, origin)) => tx
            .prepare_cached("INSERT OR REPLACE INTO edited_values VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![picture, label, truth_of(*value).value(), origin])?,
        None => tx
            .prepare_cached("DELETE FROM edited_values WHERE picture = ?1 AND label = ?2")?
            .execute([picture, label])?,
    };
    Ok(())
}
