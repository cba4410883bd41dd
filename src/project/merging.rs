//! Two labels into one, and one into two.

use super::error::{ProjectError, Result};
use super::labels::usable;
use super::rows::Provenance;
use super::source::either;
use super::store::Project;
use super::truth::{truth_of, value};
use crate::dataset::model::Truth;
use rusqlite::{Transaction, params};
use std::collections::HashSet;

impl Project {
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
            for (picture, a) in known(step.tx, from)? {
                let b = value(step.tx, picture, into)?;
                let either = either([a, b]);
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

    /// Splits a label: those of `pictures` that have `from` get a new label, whose id is returned, instead of it; their boxes go along.
    /// Of all other pictures the new label is known as far as `from` is: not there where `from` stays or is not there, unknown where
    /// `from` is. The new label comes last and is novel if `from` is. One step of undo.
    ///
    /// # Errors
    /// Where a picture or the label does not exist, the name is taken or not a name for a label, or the database cannot be written.
    pub fn split_label(&mut self, from: i64, name: &str, pictures: &[i64]) -> Result<i64> {
        let name = usable(name)?;
        let old = self.label(from)?;
        self.step(&format!("split “{name}” off the label “{}”", old.name), |step| {
            let part: i64 = step.tx.query_row(
                "INSERT INTO labels (name, position, deleted, split_from)
                 VALUES (?1, (SELECT ifnull(max(position) + 1, 0) FROM labels), 1, ?2) RETURNING id",
                params![name, from],
                |row| row.get(0),
            )?;
            step.label(part, |state| {
                state.deleted = false;
                state.novel = old.novel;
            })?;
            let mut find = step.tx.prepare_cached("SELECT 1 FROM pictures WHERE id = ?1")?;
            for id in pictures {
                if !find.exists([id])? {
                    return Err(ProjectError::NoPicture { id: *id }.into());
                }
            }
            let chosen: HashSet<i64> = pictures.iter().copied().collect();
            for (picture, had) in known(step.tx, from)? {
                let moves = had == 1 && chosen.contains(&picture);
                let has = match had {
                    1 => i8::from(moves),
                    other => other,
                };
                if moves {
                    step.value(picture, from, Truth::Negative, Provenance::Human)?;
                }
                if value(step.tx, picture, part)? != has {
                    step.value(picture, part, truth_of(has), Provenance::Human)?;
                }
            }
            Ok(part)
        })
    }
}

/// Pictures for which someone said what a label is, with what counts.
fn known(tx: &Transaction<'_>, label: i64) -> rusqlite::Result<Vec<(i64, i8)>> {
    tx.prepare_cached("SELECT picture, value FROM truth WHERE label = ?1 ORDER BY picture")?
        .query_map([label], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
