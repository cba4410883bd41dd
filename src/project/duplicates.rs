//! Copies among the pictures that were checked, and what leaks from one split into another through them.

use super::error::Result;
use super::pictures::split_of;
use super::store::Project;
use crate::dataset::model::Split;
use crate::dataset::similar::{METHOD, NEAR, PerceptualHash, groups};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Pictures that are copies of each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DuplicateGroup {
    /// Whether all have the same content; else at least one is a near copy: resized, saved again, made brighter.
    pub exact: bool,
    /// Whether they are in more than one split: results on one of them are then too good.
    pub leakage: bool,
    /// The pictures, in data order.
    pub pictures: Vec<Duplicate>,
}

/// A picture of a group of copies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Its id.
    pub picture: i64,
    /// Its name.
    pub name: String,
    /// Its split.
    pub split: Option<Split>,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Pictures of a group with the same number have the same content.
    pub content: usize,
}

impl Project {
    /// Groups of copies among the pictures that were checked, in data order of their first pictures: exact ones by content, near ones by
    /// perceptual hashes that differ in at most [`NEAR`] bits.
    pub fn duplicates(&self) -> Result<Vec<DuplicateGroup>> {
        self.duplicates_within(NEAR)
    }

    /// As [`Self::duplicates`], with at most `distance` differing bits (of 256; at most 31).
    pub fn duplicates_within(&self, distance: u32) -> Result<Vec<DuplicateGroup>> {
        let (pictures, looks) = self.checked_contents()?;
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); looks.len()];
        for (i, picture) in pictures.iter().enumerate() {
            members[picture.content].push(i);
        }
        let seen: Vec<usize> = (0..looks.len()).filter(|content| looks[*content].is_some()).collect();
        let hashes: Vec<PerceptualHash> = looks.iter().flatten().copied().collect();
        let mut alone: BTreeSet<usize> = (0..looks.len()).collect();
        let mut found: Vec<Vec<usize>> = Vec::new();
        for group in groups(&hashes, distance) {
            group.iter().for_each(|i| _ = alone.remove(&seen[*i]));
            found.push(group.iter().flat_map(|i| members[seen[*i]].iter().copied()).collect());
        }
        let copies = alone.into_iter().map(|content| members[content].clone());
        found.extend(copies.filter(|group| group.len() > 1));
        found.iter_mut().for_each(|group| group.sort_unstable());
        found.sort();
        let group = |members: Vec<usize>| {
            let splits: BTreeSet<Split> = members.iter().filter_map(|i| pictures[*i].split).collect();
            let mut numbers: HashMap<usize, usize> = HashMap::new();
            let members = members.iter().map(|i| {
                let next = numbers.len();
                let content = *numbers.entry(pictures[*i].content).or_insert(next);
                Duplicate {
                    content,
                    ..pictures[*i].clone()
                }
            });
            let pictures: Vec<Duplicate> = members.collect();
            DuplicateGroup {
                exact: numbers.len() == 1,
                leakage: splits.len() > 1,
                pictures,
            }
        };
        Ok(found.into_iter().map(group).collect())
    }

    /// Usable pictures in data order, and what each of their contents looks like.
    fn checked_contents(&self) -> Result<(Vec<Duplicate>, Vec<Option<PerceptualHash>>)> {
        const SQL: &str = "SELECT p.id, p.name, p.split, c.width, c.height, c.sha256, c.looks
            FROM picture_checks c JOIN pictures p ON p.id = c.picture
            WHERE c.problem IS NULL AND c.sha256 IS NOT NULL AND c.method = ?1 ORDER BY p.position, p.id";
        self.read(|db| {
            let mut query = db.prepare_cached(SQL)?;
            let mut rows = query.query([METHOD])?;
            let (mut pictures, mut looks, mut contents) = (Vec::new(), Vec::new(), HashMap::new());
            while let Some(row) = rows.next()? {
                let content = *contents.entry(row.get::<_, String>(5)?).or_insert(looks.len());
                if content == looks.len() {
                    let bytes: Option<Vec<u8>> = row.get(6)?;
                    looks.push(bytes.and_then(|bytes| PerceptualHash::from_bytes(&bytes)));
                }
                pictures.push(Duplicate {
                    picture: row.get(0)?,
                    name: row.get(1)?,
                    split: split_of(row, 2)?,
                    width: row.get(3)?,
                    height: row.get(4)?,
                    content,
                });
            }
            Ok((pictures, looks))
        })
    }
}
