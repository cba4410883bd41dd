//! Boxes of the source, with the labels that they have now.

use super::error::Result;
use super::rows::BoxRow;
use super::store::Project;
use super::truth::value;
use rusqlite::{Connection, Row};
use std::collections::{HashMap, HashSet};

impl Project {
    /// The boxes of a picture in the source's order; those of deleted labels are left out, those of merged labels have
    /// the label that they were merged into. Where a picture went to a label that was split off, its boxes went along.
    pub fn boxes(&self, picture: i64) -> Result<Vec<BoxRow>> {
        self.read(|db| {
            let heirs = Heirs::load(db)?;
            let mut query =
                db.prepare_cached("SELECT label, x, y, width, height FROM boxes WHERE picture = ?1 ORDER BY id")?;
            let mut rows = query.query([picture])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some(label) = heirs.of(row.get(0)?, |label| value(db, picture, label))? {
                    let bounds = bounds(row, 1)?;
                    found.push(BoxRow { label, bounds });
                }
            }
            Ok(found)
        })
    }
}

/// Four columns of a box, from `first` on.
pub fn bounds(row: &Row<'_>, first: usize) -> rusqlite::Result<[f32; 4]> {
    Ok([
        row.get(first)?,
        row.get(first + 1)?,
        row.get(first + 2)?,
        row.get(first + 3)?,
    ])
}

/// What became of labels: merged into others, split into several, deleted.
pub struct Heirs {
    merged: HashMap<i64, i64>,
    /// Labels that were split off, by the label that they were a part of, in order.
    parts: HashMap<i64, Vec<i64>>,
    live: HashSet<i64>,
}

impl Heirs {
    pub fn load(db: &Connection) -> rusqlite::Result<Self> {
        let mut heirs = Self {
            merged: HashMap::new(),
            parts: HashMap::new(),
            live: HashSet::new(),
        };
        let mut query =
            db.prepare_cached("SELECT id, merged_into, split_from, deleted FROM labels ORDER BY position, id")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if let Some(into) = row.get(1)? {
                heirs.merged.insert(id, into);
            }
            if let Some(from) = row.get(2)? {
                heirs.parts.entry(from).or_default().push(id);
            }
            if !row.get(3)? {
                heirs.live.insert(id);
            }
        }
        Ok(heirs)
    }

    /// The label that a label was merged into, over any number of merges; itself where it was not. `None` where that is deleted.
    pub fn merged(&self, label: i64) -> Option<i64> {
        let (mut now, mut seen) = (label, HashSet::new());
        while let Some(into) = self.merged.get(&now) {
            // A damaged database could lead in circles.
            if !seen.insert(now) {
                return None;
            }
            now = *into;
        }
        self.live.contains(&now).then_some(now)
    }

    /// The label that a box of `label` has now on a picture whose truth is asked for; `None` where that is deleted.
    pub fn of(&self, label: i64, mut truth: impl FnMut(i64) -> rusqlite::Result<i8>) -> rusqlite::Result<Option<i64>> {
        let (mut now, mut seen) = (label, HashSet::new());
        // A label that was split and merged again can lead back to itself.
        while seen.insert(now) {
            if let Some(into) = self.merged.get(&now) {
                now = *into;
                continue;
            }
            let Some(parts) = self.parts.get(&now) else { break };
            if truth(now)? == 1 {
                break;
            }
            for part in parts {
                if truth(*part)? == 1 {
                    now = *part;
                    break;
                }
            }
        }
        Ok(self.live.contains(&now).then_some(now))
    }
}
