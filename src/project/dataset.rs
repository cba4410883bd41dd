//! The project as a data set, as an import takes it.

use super::boxes::{Heirs, bounds};
use super::error::Result;
use super::query::Filter;
use super::store::Project;
use super::truth::{scan, value};
use crate::dataset::model::{Absent, BoxAnnotation, Dataset, LabelDetails, Picture};
use std::collections::HashMap;

impl Project {
    /// The pictures that a filter lets through, with all labels: names, files and splits as they are now, what counts as truth, boxes, and
    /// what is known of the labels. Importing it into a new project makes the same again.
    ///
    /// Only values that someone gave are listed. Where silence means "not there" for some pictures and "not known" for others, it means what
    /// it means for most of them, and the others list every label. Boxes of labels that are not there (any more) are left out.
    pub fn dataset(&self, filter: &Filter) -> Result<Dataset> {
        let ids = self.query(filter)?;
        let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let labels = self.labels()?;
        let columns: HashMap<i64, usize> = labels
            .iter()
            .enumerate()
            .map(|(column, label)| (label.id, column))
            .collect();
        let mut pictures: Vec<Option<Picture>> = vec![None; ids.len()];
        for row in self.pictures(None)? {
            if let Some(place) = places.get(&row.id) {
                pictures[*place] = Some(Picture {
                    path: row.path,
                    name: row.name,
                    width: row.width,
                    height: row.height,
                    split: row.split,
                    positives: Vec::new(),
                    negatives: Vec::new(),
                    unknowns: Vec::new(),
                    boxes: Vec::new(),
                });
            }
        }
        let mut pictures: Vec<Picture> = pictures.into_iter().flatten().collect();
        let mut silent = vec![0i8; ids.len()];
        self.read(|db| {
            let mut query = db.prepare("SELECT id, absent FROM pictures")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(place) = places.get(&row.get(0)?) {
                    silent[*place] = row.get(1)?;
                }
            }
            scan(db, |picture, label, value| {
                if let (Some(place), Some(column)) = (places.get(&picture), columns.get(&label)) {
                    list(&mut pictures[*place], value).push(*column);
                }
            })?;
            let heirs = Heirs::load(db)?;
            let mut query = db.prepare("SELECT picture, label, x, y, width, height FROM boxes ORDER BY id")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let Some(place) = places.get(&id) else { continue };
                let label = heirs.of(row.get(1)?, |label| value(db, id, label))?;
                if let Some(column) = label.and_then(|label| columns.get(&label)) {
                    pictures[*place].boxes.push(BoxAnnotation {
                        label: *column,
                        bounds: bounds(row, 2)?,
                    });
                }
            }
            Ok(())
        })?;
        let unknown = silent.iter().filter(|value| **value == -1).count();
        let absent = if 2 * unknown > silent.len() {
            Absent::Unknown
        } else {
            Absent::Negative
        };
        for (picture, silent) in pictures.iter_mut().zip(silent) {
            if (silent == -1) != (absent == Absent::Unknown) {
                let mut said = vec![false; labels.len()];
                let lists = [&picture.positives, &picture.negatives, &picture.unknowns];
                lists.into_iter().flatten().for_each(|column| said[*column] = true);
                list(picture, silent).extend((0..labels.len()).filter(|column| !said[*column]));
            }
            picture.positives.sort_unstable();
            picture.negatives.sort_unstable();
            picture.unknowns.sort_unstable();
            let positives = &picture.positives;
            picture.boxes.retain(|b| positives.binary_search(&b.label).is_ok());
        }
        let mut details: Vec<LabelDetails> = labels
            .iter()
            .map(|label| LabelDetails {
                prompt_words: label.prompt_words.clone(),
                colour: label.colour.map(|[r, g, b]| u32::from_be_bytes([0, r, g, b])),
                description: label.description.clone(),
            })
            .collect();
        if details.iter().all(|about| *about == LabelDetails::default()) {
            details.clear();
        }
        Ok(Dataset {
            labels: labels.into_iter().map(|label| label.name).collect(),
            details,
            pictures,
            absent,
        })
    }
}

/// Where labels of this value are listed.
fn list(picture: &mut Picture, value: i8) -> &mut Vec<usize> {
    match value {
        1 => &mut picture.positives,
        0 => &mut picture.negatives,
        _ => &mut picture.unknowns,
    }
}
