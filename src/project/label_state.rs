//! Everything of a label that edits change, as the log of edits keeps it.

use super::error::ProjectError;
use super::store::Stop;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

/// A label before or after an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelState {
    pub name: String,
    pub prompt_words: Option<String>,
    pub colour: Option<u32>,
    pub deleted: bool,
    pub merged_into: Option<i64>,
    /// Format 1 had none of the following.
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub novel: bool,
    /// Unset: as it is.
    #[serde(default)]
    pub position: Option<i64>,
}

impl LabelState {
    /// What a label is, deleted or not.
    pub fn of(tx: &Transaction<'_>, id: i64) -> Result<Self, Stop> {
        const SQL: &str = "SELECT name, prompt_words, colour, deleted, merged_into, description, novel, position
                           FROM labels WHERE id = ?1";
        let parse = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                name: row.get(0)?,
                prompt_words: row.get(1)?,
                colour: row.get(2)?,
                deleted: row.get(3)?,
                merged_into: row.get(4)?,
                description: row.get(5)?,
                novel: row.get(6)?,
                position: row.get(7)?,
            })
        };
        let found = tx.prepare_cached(SQL)?.query_row([id], parse).optional()?;
        found.ok_or_else(|| ProjectError::NoLabel { id }.into())
    }

    /// Makes a label be this.
    pub fn put(&self, tx: &Transaction<'_>, id: i64) -> Result<(), Stop> {
        let mut taken = tx.prepare_cached("SELECT 1 FROM labels WHERE name = ?1 AND deleted = 0 AND id <> ?2")?;
        if !self.deleted && taken.exists(params![self.name, id])? {
            return Err(ProjectError::LabelExists {
                name: self.name.clone(),
            }
            .into());
        }
        tx.prepare_cached(
            "UPDATE labels SET name = ?2, prompt_words = ?3, colour = ?4, deleted = ?5, merged_into = ?6, description = ?7,
                 novel = ?8, position = ifnull(?9, position) WHERE id = ?1",
        )?
        .execute(params![
            id,
            self.name,
            self.prompt_words,
            self.colour,
            self.deleted,
            self.merged_into,
            self.description,
            self.novel,
            self.position
        ])?;
        Ok(())
    }

    /// As the log keeps it.
    pub fn to_json(&self) -> rusqlite::Result<String> {
        serde_json::to_string(self).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
    }

    /// From the log.
    pub fn from_json(text: &str) -> rusqlite::Result<Self> {
        serde_json::from_str(text)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into()))
    }
}
