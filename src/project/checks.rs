//! The content check: every picture is read whole once, and read again when its file changed.

use super::error::{ProjectError, Result};
use super::pictures::stamp_of;
use super::rows::PictureRow;
use super::store::Project;
use crate::dataset::similar::{Content, METHOD, PerceptualHash};
use rayon::prelude::*;
use rusqlite::params;
use std::collections::HashMap;

/// What the check of a picture found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub picture: i64,
    /// Bytes of the file and its modification time in Unix nanoseconds; none where there is no file.
    pub stamp: [Option<i64>; 2],
    /// SHA-256 of the file in hexadecimal, where it could be read.
    pub sha256: Option<String>,
    /// What it looks like, unless it is tiny or plain.
    pub looks: Option<PerceptualHash>,
    /// Width as shown, in pixels; 0 where it cannot be decoded.
    pub width: u32,
    /// Height as shown, in pixels; 0 where it cannot be decoded.
    pub height: u32,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl Checked {
    /// Reads and decodes a picture. Takes as long as decoding; independent of the project, so that several threads can do it.
    pub fn read(picture: &PictureRow) -> Self {
        // The stamp is older than the content: a change meanwhile leads to another check.
        let stamp = picture
            .path
            .metadata()
            .map(|about| stamp_of(&about))
            .unwrap_or_default();
        let (content, problem) = match Content::of(&picture.path) {
            Ok(content) => (Some(content), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            picture: picture.id,
            stamp,
            looks: content.as_ref().and_then(|content| content.looks),
            width: content.as_ref().map_or(0, |content| content.width),
            height: content.as_ref().map_or(0, |content| content.height),
            sha256: content.map(|content| content.sha256),
            problem,
        }
    }
}

impl Project {
    /// The pictures that were not checked, or whose files changed since, in data order. Asks the disk for each.
    pub fn pending_checks(&self) -> Result<Vec<PictureRow>> {
        let checked: HashMap<i64, [Option<i64>; 2]> = self.read(|db| {
            db.prepare_cached("SELECT picture, size, modified FROM picture_checks WHERE method = ?1")?
                .query_map([METHOD], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?])))?
                .collect()
        })?;
        let is_pending = |row: &PictureRow| {
            let now = row.path.metadata().map(|about| stamp_of(&about)).unwrap_or_default();
            checked.get(&row.id) != Some(&now)
        };
        Ok(self.pictures(None)?.into_par_iter().filter(is_pending).collect())
    }

    /// Keeps what checks found, all or nothing; older checks of the same pictures are replaced.
    ///
    /// # Errors
    /// Where a picture does not exist or the database cannot be written.
    pub fn store_checks(&mut self, checks: &[Checked]) -> Result<()> {
        const KEEP: &str = "INSERT OR REPLACE INTO picture_checks (picture, method, size, modified, sha256, looks, width, height, problem)
                            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        // Training asks for the hash as well, and need not read the file once more.
        const HASH: &str =
            "UPDATE pictures SET hash = ifnull(?2, hash), hash_size = CASE WHEN ?2 IS NULL THEN hash_size ELSE ?3 END,
                            hash_modified = CASE WHEN ?2 IS NULL THEN hash_modified ELSE ?4 END WHERE id = ?1";
        self.write(|tx| {
            let (mut keep, mut hash) = (tx.prepare(KEEP)?, tx.prepare(HASH)?);
            for check in checks {
                let (id, [size, modified]) = (check.picture, check.stamp);
                if hash.execute(params![id, check.sha256, size, modified])? == 0 {
                    return Err(ProjectError::NoPicture { id }.into());
                }
                keep.execute(params![
                    id,
                    METHOD,
                    size,
                    modified,
                    check.sha256,
                    check.looks.map(PerceptualHash::to_bytes),
                    check.width,
                    check.height,
                    check.problem
                ])?;
            }
            Ok(())
        })
    }

    /// Pictures that the check could not use, with the reason, in data order.
    pub fn unusable_pictures(&self) -> Result<Vec<(i64, String)>> {
        const SQL: &str = "SELECT p.id, c.problem FROM picture_checks c JOIN pictures p ON p.id = c.picture
                           WHERE c.problem IS NOT NULL ORDER BY p.position";
        self.read(|db| {
            db.prepare_cached(SQL)?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}
