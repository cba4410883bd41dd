//! Pictures: where they are, and their content.

use super::error::{ProjectError, Result};
use super::place::{StoredPath, resolve};
use super::rows::PictureRow;
use super::store::Project;
use crate::dataset::model::Split;
use crate::support::hash;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{OptionalExtension, Row, params};
use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// Columns of a path: absolute, relative, where the project was at import.
pub(super) const PATH: &str = "p.path, p.relative, i.folder";

impl Project {
    /// The pictures of a split, or all, in data order.
    pub fn pictures(&self, split: Option<Split>) -> Result<Vec<PictureRow>> {
        let sql = format!(
            "SELECT {PATH}, p.id, p.name, p.width, p.height, p.split, p.source_split
             FROM pictures p JOIN imports i ON i.id = p.import
             WHERE ?1 IS NULL OR p.split = ?1 ORDER BY p.position"
        );
        self.read(|db| {
            db.prepare_cached(&sql)?
                .query_map([split.map(Split::name)], |row| self.picture_row(row))?
                .collect()
        })
    }

    /// One picture.
    ///
    /// # Errors
    /// Where there is none of this id, or the database cannot be read.
    pub fn picture(&self, id: i64) -> Result<PictureRow> {
        let sql = format!(
            "SELECT {PATH}, p.id, p.name, p.width, p.height, p.split, p.source_split
             FROM pictures p JOIN imports i ON i.id = p.import WHERE p.id = ?1"
        );
        let found = self.read(|db| {
            db.prepare_cached(&sql)?
                .query_row([id], |row| self.picture_row(row))
                .optional()
        })?;
        found.ok_or(ProjectError::NoPicture { id })
    }

    fn picture_row(&self, row: &Row<'_>) -> rusqlite::Result<PictureRow> {
        Ok(PictureRow {
            path: self.path(row)?,
            id: row.get(3)?,
            name: row.get(4)?,
            width: row.get(5)?,
            height: row.get(6)?,
            split: split_of(row, 7)?,
            source_split: split_of(row, 8)?,
        })
    }

    /// The path from the first three columns.
    pub(super) fn path(&self, row: &Row<'_>) -> rusqlite::Result<PathBuf> {
        let (path, relative, imported): (StoredPath, Option<StoredPath>, StoredPath) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(resolve(&self.folder, &imported.0, path.0, relative.map(|r| r.0)))
    }

    /// SHA-256 of a picture's file in hexadecimal. The file is read again only when its size or time changed. Where the
    /// file is gone, the last known hash still names what was cached of it.
    ///
    /// # Errors
    /// Where there is no such picture, or its file cannot be read and never was.
    pub fn content_hash(&self, id: i64) -> Result<String> {
        let sql = format!(
            "SELECT {PATH}, p.hash, p.hash_size, p.hash_modified
             FROM pictures p JOIN imports i ON i.id = p.import WHERE p.id = ?1"
        );
        let known = |row: &Row<'_>| -> rusqlite::Result<(PathBuf, Option<String>, [Option<i64>; 2])> {
            Ok((self.path(row)?, row.get(3)?, [row.get(4)?, row.get(5)?]))
        };
        let found = self.read(|db| db.prepare_cached(&sql)?.query_row([id], known).optional())?;
        let (path, stored, stamp) = found.ok_or(ProjectError::NoPicture { id })?;
        let now = match (std::fs::metadata(&path), stored) {
            (Ok(metadata), _) if !metadata.is_file() => {
                let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file");
                return Err(ProjectError::Picture { path, source });
            }
            (Ok(metadata), Some(hash)) if stamp == stamp_of(&metadata) => return Ok(hash),
            (Ok(metadata), _) => stamp_of(&metadata),
            (Err(_), Some(hash)) => return Ok(hash),
            (Err(source), None) => return Err(ProjectError::Picture { path, source }),
        };
        // The stamp is older than the content: a change meanwhile leads to another reading, never to a wrong hash.
        let hash = hash::of_file(&path).map_err(|source| ProjectError::Picture { path, source })?;
        if self.is_writable()
            && let Err(error) = self.remember_hash(id, &hash, now)
        {
            tracing::warn!(%error, id, "the hash of a picture could not be kept");
        }
        Ok(hash)
    }

    /// A hash can be made again, so it need not wait for the disk as an edit does: thousands are kept each second.
    fn remember_hash(&self, id: i64, hash: &str, [size, modified]: [Option<i64>; 2]) -> rusqlite::Result<()> {
        self.db.pragma_update(None, "synchronous", "NORMAL")?;
        let kept = self
            .db
            .prepare_cached("UPDATE pictures SET hash = ?2, hash_size = ?3, hash_modified = ?4 WHERE id = ?1")
            .and_then(|mut update| update.execute(params![id, hash, size, modified]));
        self.db.pragma_update(None, "synchronous", "FULL")?;
        kept.map(|_| ())
    }
}

/// Size in bytes and modification time in Unix nanoseconds.
pub(super) fn stamp_of(metadata: &Metadata) -> [Option<i64>; 2] {
    let modified = metadata
        .modified()
        .ok()
        .map(|time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        });
    [Some(metadata.len() as i64), modified]
}

/// A split from its name.
pub(super) fn split_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Split>> {
    let text: Option<String> = row.get(column)?;
    text.map(|name| {
        name.parse().map_err(|e: String| {
            rusqlite::Error::FromSqlConversionFailure(column, Type::Text, FromSqlError::Other(e.into()).into())
        })
    })
    .transpose()
}
