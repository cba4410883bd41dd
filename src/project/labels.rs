//! Labels: their names, words, colours and thresholds. All but thresholds can be undone.

use super::error::{ProjectError, Result};
use super::rows::{LabelRow, Provenance};
use super::store::Project;
use super::truth::{truth_of, value};
use rusqlite::{Row, params};

impl Project {
    /// The labels in order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn labels(&self) -> Result<Vec<LabelRow>> {
        const SQL: &str = "SELECT id, name, prompt_words, colour, position, threshold FROM labels
                           WHERE deleted = 0 ORDER BY position, id";
        self.read(|db| db.prepare_cached(SQL)?.query_map([], label)?.collect())
    }

    /// One label.
    ///
    /// # Errors
    /// Where there is none of this id, or the database cannot be read.
    pub fn label(&self, id: i64) -> Result<LabelRow> {
        self.labels()?
            .into_iter()
            .find(|label| label.id == id)
            .ok_or(ProjectError::NoLabel { id })
    }

    /// Adds a label at the end and returns its id. `prompt_words` is what prompts say instead of the name.
    ///
    /// # Errors
    /// Where the name is empty or taken, or the database cannot be written.
    pub fn add_label(&mut self, name: &str, prompt_words: Option<&str>) -> Result<i64> {
        named(name)?;
        self.step(&format!("add the label “{name}”"), |step| {
            // Made as a deleted label and brought to life by the edit: undo is then the edit the other way round.
            let id = step.tx.query_row(
                "INSERT INTO labels (name, prompt_words, position, deleted)
                 VALUES (?1, ?2, (SELECT ifnull(max(position) + 1, 0) FROM labels), 1) RETURNING id",
                params![name, prompt_words],
                |row| row.get(0),
            )?;
            step.label(id, |state| state.deleted = false)?;
            Ok(id)
        })
    }

    /// Renames a label.
    ///
    /// # Errors
    /// Where there is no such label, the name is empty or taken, or the database cannot be written.
    pub fn rename_label(&mut self, id: i64, name: &str) -> Result<()> {
        named(name)?;
        let old = self.label(id)?.name;
        self.step(&format!("rename the label “{old}” to “{name}”"), |step| {
            step.label(id, |state| name.clone_into(&mut state.name))
        })
    }

    /// Sets what prompts say instead of the label's name.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn set_prompt_words(&mut self, id: i64, words: Option<&str>) -> Result<()> {
        let name = self.label(id)?.name;
        self.step(&format!("change the prompt of “{name}”"), |step| {
            step.label(id, |state| state.prompt_words = words.map(str::to_owned))
        })
    }

    /// Sets a label's colour: red, green, blue.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn set_colour(&mut self, id: i64, colour: Option<[u8; 3]>) -> Result<()> {
        let name = self.label(id)?.name;
        let number = colour.map(|[r, g, b]| u32::from_be_bytes([0, r, g, b]));
        self.step(&format!("change the colour of “{name}”"), |step| {
            step.label(id, |state| state.colour = number)
        })
    }

    /// Deletes a label; undo brings it back with all that was known of it.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn delete_label(&mut self, id: i64) -> Result<()> {
        let name = self.label(id)?.name;
        self.step(&format!("delete the label “{name}”"), |step| {
            step.label(id, |state| state.deleted = true)
        })
    }

    /// Merges a label into another and deletes it. A picture that something is known of for `from` then has `into`
    /// where it had either, and not where it had neither. Boxes go along; predictions do not.
    ///
    /// # Errors
    /// Where there is no such label, both are the same, or the database cannot be written.
    pub fn merge_labels(&mut self, from: i64, into: i64) -> Result<()> {
        if from == into {
            return Err(ProjectError::SameLabel { id: from });
        }
        let (source, target) = (self.label(from)?.name, self.label(into)?.name);
        self.step(&format!("merge the label “{source}” into “{target}”"), |step| {
            let pictures: Vec<i64> = step
                .tx
                .prepare("SELECT picture FROM truth WHERE label = ?1")?
                .query_map([from], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for picture in pictures {
                let (a, b) = (value(step.tx, picture, from)?, value(step.tx, picture, into)?);
                let either = match (a, b) {
                    (1, _) | (_, 1) => 1,
                    (0, 0) => 0,
                    _ => -1,
                };
                if either != b {
                    step.value(picture, into, truth_of(either), Provenance::Human)?;
                }
            }
            step.label(from, |state| {
                state.deleted = true;
                state.merged_into = Some(into);
            })
        })
    }

    /// Sets from which probability on labels are predicted. Not an edit: thresholds are chosen by measuring.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn set_thresholds(&mut self, thresholds: &[(i64, Option<f32>)]) -> Result<()> {
        self.write(|tx| {
            for (id, threshold) in thresholds {
                if tx.execute("UPDATE labels SET threshold = ?2 WHERE id = ?1", params![id, threshold])? == 0 {
                    return Err(ProjectError::NoLabel { id: *id }.into());
                }
            }
            Ok(())
        })
    }
}

fn named(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        Err(ProjectError::LabelName)
    } else {
        Ok(())
    }
}

fn label(row: &Row<'_>) -> rusqlite::Result<LabelRow> {
    let colour: Option<u32> = row.get(3)?;
    Ok(LabelRow {
        id: row.get(0)?,
        name: row.get(1)?,
        prompt_words: row.get(2)?,
        colour: colour.map(|number| {
            let [_, r, g, b] = number.to_be_bytes();
            [r, g, b]
        }),
        position: row.get(4)?,
        threshold: row.get(5)?,
    })
}
