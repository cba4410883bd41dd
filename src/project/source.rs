//! What a source says of pictures, in the project's terms.

use super::boxes::{Heirs, bounds};
use super::error::{ProjectError, Result};
use crate::dataset::model::{Absent, Picture, Truth};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// What a source says in the project's terms.
pub struct Source {
    /// Ids, one for each of the source's labels.
    ids: Vec<i64>,
    listed: BTreeSet<i64>,
    /// Labels that several of the source's labels have become, with the indices of those.
    shared: Vec<(i64, Vec<usize>)>,
    /// What silence means: 0 or -1.
    pub absent: i8,
    heirs: Heirs,
}

impl Source {
    pub fn new(ids: Vec<i64>, absent: Absent, heirs: Heirs) -> Self {
        let listed: BTreeSet<i64> = ids.iter().copied().collect();
        let mut shared = Vec::new();
        if listed.len() < ids.len() {
            for id in &listed {
                let places: Vec<usize> = (0..ids.len()).filter(|i| ids[*i] == *id).collect();
                if places.len() > 1 {
                    shared.push((*id, places));
                }
            }
        }
        let absent = match absent {
            Absent::Negative => Truth::Negative,
            Absent::Unknown => Truth::Unknown,
        };
        Self {
            ids,
            listed,
            shared,
            absent: absent.value(),
            heirs,
        }
    }

    /// Whether the source says anything of a label.
    pub fn lists(&self, label: i64) -> bool {
        self.listed.contains(&label)
    }

    /// The labels of which the source says anything.
    pub fn listed(&self) -> impl Iterator<Item = i64> {
        self.listed.iter().copied()
    }

    /// The label that a label was merged into; itself where it was not. `None` where that is deleted.
    pub fn heir(&self, label: i64) -> Option<i64> {
        self.heirs.merged(label)
    }

    /// Labels and values that the source gives a picture, by label, each once.
    pub fn said(&self, picture: &Picture) -> Result<Vec<(i64, i8)>> {
        let by_truth = [
            (Truth::Positive, &picture.positives),
            (Truth::Negative, &picture.negatives),
            (Truth::Unknown, &picture.unknowns),
        ];
        let mut values = Vec::with_capacity(by_truth.iter().map(|(_, indices)| indices.len()).sum());
        for (truth, indices) in by_truth {
            for index in indices {
                values.push((self.label(picture, *index)?, truth.value()));
            }
        }
        // Where a source contradicts itself, what it saw counts.
        values.sort_unstable_by_key(|(label, value)| (*label, -value));
        values.dedup_by_key(|(label, _)| *label);
        for (label, indices) in &self.shared {
            let each = indices.iter().map(|index| {
                let of = by_truth.iter().find(|(_, said)| said.contains(index));
                of.map_or(self.absent, |(truth, _)| truth.value())
            });
            let either = either(each);
            match values.binary_search_by_key(label, |(label, _)| *label) {
                Ok(place) => values[place].1 = either,
                Err(place) if either != self.absent => values.insert(place, (*label, either)),
                Err(_) => {}
            }
        }
        Ok(values)
    }

    /// The id of the source's label with this index.
    fn label(&self, picture: &Picture, index: usize) -> Result<i64> {
        self.ids.get(index).copied().ok_or_else(|| ProjectError::LabelIndex {
            name: picture.name.clone(),
            label: index,
            labels: self.ids.len(),
        })
    }

    /// Boxes with the ids of their labels.
    pub fn boxes(&self, picture: &Picture) -> Result<Vec<(i64, [f32; 4])>> {
        let boxes = picture.boxes.iter();
        boxes.map(|b| Ok((self.label(picture, b.label)?, b.bounds))).collect()
    }
}

/// The value of a label that several were merged into: 1 where any of them is 1, else -1 where any is -1, else 0.
pub fn either(values: impl IntoIterator<Item = i8>) -> i8 {
    let order = |value: &i8| match value {
        1 => 2,
        -1 => 1,
        _ => 0,
    };
    values.into_iter().max_by_key(order).unwrap_or(0)
}

/// What becomes of a picture's boxes.
#[derive(Debug, PartialEq)]
pub enum BoxChange {
    /// Nothing.
    None,
    /// These (by id) go, the source's come.
    Renewed(Vec<i64>),
}

/// Compares the boxes of a picture with those of the source. Boxes of labels that the source does not list stay.
pub fn box_changes(db: &Connection, id: i64, picture: &Picture, source: &Source) -> rusqlite::Result<BoxChange> {
    let mut query =
        db.prepare_cached("SELECT id, label, x, y, width, height FROM boxes WHERE picture = ?1 ORDER BY id")?;
    let mut rows = query.query([id])?;
    let (mut old, mut ids) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        if let Some(label) = source.heir(row.get(1)?).filter(|label| source.lists(*label)) {
            old.push((label, bounds(row, 2)?));
            ids.push(row.get(0)?);
        }
    }
    // The indices were checked when the source's values were read.
    let same = source.boxes(picture).is_ok_and(|new| new == old);
    Ok(if same { BoxChange::None } else { BoxChange::Renewed(ids) })
}

/// What sources said of a picture: labels and values, by label.
pub fn source_values(db: &Connection, picture: i64) -> rusqlite::Result<Vec<(i64, i8)>> {
    db.prepare_cached("SELECT label, value FROM source_values WHERE picture = ?1 ORDER BY label")?
        .query_map([picture], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
