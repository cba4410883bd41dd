//! Labels: their names, words, colours, thresholds and order. All but thresholds can be undone.

use super::error::{ProjectError, Result};
use super::rows::LabelRow;
use super::store::Project;
use crate::dataset::labels::{checked, look_alike_key};
use rusqlite::{Row, params};
use std::collections::HashMap;

impl Project {
    /// The labels in order.
    pub fn labels(&self) -> Result<Vec<LabelRow>> {
        const SQL: &str = "SELECT id, name, prompt_words, colour, position, threshold, description, novel FROM labels
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
    /// Where the name is taken or not a name for a label ([`checked`]), or the database cannot be written.
    pub fn add_label(&mut self, name: &str, prompt_words: Option<&str>) -> Result<i64> {
        let name = &usable(name)?;
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

    /// Renames a label alone; [`Self::rename_label_tree`] takes the labels below it along.
    ///
    /// # Errors
    /// Where there is no such label, the name is taken or not a name for a label, or the database cannot be written.
    pub fn rename_label(&mut self, id: i64, name: &str) -> Result<()> {
        let name = &usable(name)?;
        let old = self.label(id)?.name;
        self.step(&format!("rename the label “{old}” to “{name}”"), |step| {
            step.label(id, |state| state.name.clone_from(name))
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

    /// Sets what a label means, for people.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn set_description(&mut self, id: i64, text: Option<&str>) -> Result<()> {
        let name = self.label(id)?.name;
        self.step(&format!("change the description of “{name}”"), |step| {
            step.label(id, |state| state.description = text.map(str::to_owned))
        })
    }

    /// Moves a label to a place among the labels, from 0; beyond the end it becomes the last. One step of undo. A run that was trained
    /// with another order of labels cannot be resumed.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn move_label(&mut self, id: i64, place: usize) -> Result<()> {
        let labels = self.labels()?;
        let from = labels.iter().position(|label| label.id == id);
        let from = from.ok_or(ProjectError::NoLabel { id })?;
        let mut moved: Vec<i64> = labels.iter().map(|label| label.id).collect();
        moved.remove(from);
        moved.insert(place.min(moved.len()), id);
        self.step(&format!("move the label “{}”", labels[from].name), |step| {
            // The positions stay as they are; the labels change places on them.
            for (id, at) in moved.iter().zip(&labels) {
                step.label(*id, |state| state.position = Some(at.position))?;
            }
            Ok(())
        })
    }

    /// Sets which labels are novel: held back in training, to be learned later. All others are not. One step of undo.
    ///
    /// # Errors
    /// Where there is no such label or the database cannot be written.
    pub fn set_novel(&mut self, ids: &[i64]) -> Result<()> {
        let labels = self.labels()?;
        if let Some(id) = ids.iter().find(|id| labels.iter().all(|label| label.id != **id)) {
            return Err(ProjectError::NoLabel { id: *id });
        }
        self.step("choose the novel labels", |step| {
            labels
                .iter()
                .try_for_each(|label| step.label(label.id, |state| state.novel = ids.contains(&label.id)))
        })
    }

    /// Ids of the labels that are novel, in order.
    pub fn novel(&self) -> Result<Vec<i64>> {
        let labels = self.labels()?.into_iter();
        Ok(labels.filter(|label| label.novel).map(|label| label.id).collect())
    }

    /// Groups of labels whose names differ only in case, spaces and the way accents are written: they may be one, and
    /// [`Self::merge_labels`] makes them so. In order of the first of each group.
    pub fn similar_labels(&self) -> Result<Vec<Vec<LabelRow>>> {
        let (mut groups, mut places): (Vec<Vec<LabelRow>>, HashMap<String, usize>) = Default::default();
        for label in self.labels()? {
            let place = *places.entry(look_alike_key(&label.name)).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(label);
        }
        groups.retain(|group| group.len() > 1);
        Ok(groups)
    }

    /// Sets the lowest probability at which labels are predicted. Not an edit: thresholds are chosen by measuring.
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

/// A name as people may give it.
pub(super) fn usable(name: &str) -> Result<String> {
    checked(name).map_err(|problem| ProjectError::LabelName {
        name: name.to_owned(),
        problem,
    })
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
        description: row.get(6)?,
        novel: row.get(7)?,
    })
}
