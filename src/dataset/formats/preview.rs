//! A look at what an import would bring, before anything is written and without opening a picture.

use super::{Columns, Format, ImportRequest, Progress, read};
use crate::dataset::error::DatasetError;
use crate::dataset::model::{NeedsLook, Quarantined, Warning};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A picture of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// As the source names it.
    pub name: String,
    /// The file that was found for it.
    pub path: PathBuf,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Its split.
    pub split: Option<String>,
    /// How many boxes it has.
    pub boxes: usize,
}

/// What an import would bring.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The format, as chosen or told from the data.
    pub format: Format,
    /// Pictures that were found.
    pub images: usize,
    /// Labels with the number of their pictures, in the source's order.
    pub labels: Vec<(String, usize)>,
    /// Distinct image-label pairs.
    pub annotations: usize,
    /// Boxes.
    pub boxes: usize,
    /// Pictures without any label.
    pub without_labels: usize,
    /// Pictures of each split; those without one are not counted.
    pub splits: BTreeMap<String, usize>,
    /// Some of the pictures, spread over the data.
    pub rows: Vec<PreviewRow>,
    /// Names in the source without a picture.
    pub unmatched: Vec<String>,
    /// Everything else that the user should know.
    pub warnings: Vec<Warning>,
    /// Files that look like pictures and will not be taken.
    #[serde(default)]
    pub left_out: Vec<Quarantined>,
    /// Annotation files that cannot be read.
    #[serde(default)]
    pub needs_look: Vec<NeedsLook>,
    /// The columns of a table, in order; empty for other formats.
    pub columns: Vec<String>,
    /// What the columns were taken for.
    pub mapping: Columns,
}

/// Looks at a source. Reads annotations and the names of files, but opens no picture.
///
/// # Errors
/// As [`super::import`].
pub fn preview(request: &ImportRequest, rows: usize, progress: &mut Progress<'_>) -> Result<Preview, DatasetError> {
    let (_, format, found) = read(request, progress)?;
    let mut preview = Preview {
        format,
        images: found.entries.len(),
        labels: found.labels.iter().map(|name| (name.clone(), 0)).collect(),
        unmatched: found.unmatched,
        warnings: found.warnings,
        left_out: found.left_out,
        needs_look: found.needs_look,
        columns: found.columns,
        mapping: found.mapping,
        ..Preview::default()
    };
    // Every n-th picture, so that the rows show more than the first folder.
    let step = found.entries.len().div_ceil(rows.max(1)).max(1);
    for (i, entry) in found.entries.iter().enumerate() {
        let positives: BTreeSet<usize> = entry.positives.iter().copied().collect();
        preview.annotations += positives.len();
        preview.boxes += entry.boxes.len();
        preview.without_labels += usize::from(positives.is_empty());
        for label in &positives {
            if let Some((_, count)) = preview.labels.get_mut(*label) {
                *count += 1;
            }
        }
        if let Some(split) = entry.split {
            *preview.splits.entry(split.name().to_owned()).or_default() += 1;
        }
        if i % step == 0 && rows > 0 {
            preview.rows.push(PreviewRow {
                name: entry.name.clone(),
                path: entry.path.clone(),
                labels: positives.iter().filter_map(|l| found.labels.get(*l).cloned()).collect(),
                split: entry.split.map(|s| s.name().to_owned()),
                boxes: entry.boxes.len(),
            });
        }
    }
    Ok(preview)
}
