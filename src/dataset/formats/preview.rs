//! A look at what an import would bring, before anything is written and without opening a picture.

use super::{Columns, Format, ImportRequest, Progress, csv, read};
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
    /// The first rows of a table as they are, with its head; empty for other formats.
    #[serde(default)]
    pub head: Vec<Vec<String>>,
    /// Why a table cannot be read before somebody says what its columns mean.
    #[serde(default)]
    pub problem: Option<String>,
}

/// Rows of a table that are shown as they are, its head among them.
const HEAD: usize = 6;

/// A table that was found but not understood: its columns and first rows, so that somebody can say what they mean.
fn unrecognised(request: &ImportRequest, error: DatasetError) -> Result<Preview, DatasetError> {
    let columns = match &error {
        DatasetError::Columns { columns, .. } => columns.clone(),
        DatasetError::NoPictures { .. } => Vec::new(),
        _ => return Err(error),
    };
    let head = csv::head(request, HEAD);
    let Some(first) = head.first() else { return Err(error) };
    Ok(Preview {
        format: Format::Csv,
        columns: if columns.is_empty() { first.clone() } else { columns },
        head,
        problem: Some(match error {
            DatasetError::Columns { problem, .. } => problem,
            other => other.to_string(),
        }),
        ..Preview::default()
    })
}

/// Looks at a source. Reads annotations and the names of files, but opens no picture.
///
/// # Errors
/// As [`super::import`].
pub fn preview(request: &ImportRequest, rows: usize, progress: &mut Progress<'_>) -> Result<Preview, DatasetError> {
    let (_, format, found) = match read(request, progress) {
        Ok(read) => read,
        Err(error) => return unrecognised(request, error),
    };
    let head = if found.columns.is_empty() {
        Vec::new()
    } else {
        csv::head(request, HEAD)
    };
    let mut preview = Preview {
        head,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    fn look(request: &ImportRequest) -> Preview {
        preview(request, 20, &mut |_, _| ControlFlow::Continue(())).unwrap()
    }

    #[test]
    fn a_table_whose_columns_are_not_recognised_comes_with_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["f1", "f2"] {
            let picture = folder.path().join(format!("{name}.png"));
            image::RgbImage::new(8, 8).save(picture).unwrap();
        }
        let table = folder.path().join("liste.csv");
        std::fs::write(&table, "nr;aufnahme;motiv;ort\n1;f1;Eule;Wald\n2;f2;Reh;Wiese\n").unwrap();
        let mut request = ImportRequest::new(&table);
        let found = look(&request);
        assert_eq!(found.format, Format::Csv);
        assert_eq!(found.columns, ["nr", "aufnahme", "motiv", "ort"]);
        assert_eq!(found.head.len(), 3);
        assert_eq!(found.head[1], ["1", "f1", "Eule", "Wald"]);
        assert!(found.problem.is_some() && found.images == 0);
        // Once somebody says what they mean, they are read, and the rows stay in sight.
        request.columns.image = Some("aufnahme".to_owned());
        request.columns.labels = Some("motiv".to_owned());
        let found = look(&request);
        assert_eq!((found.images, found.problem), (2, None));
        assert_eq!(found.head[2], ["2", "f2", "Reh", "Wiese"]);
        // What is no table fails as before.
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "nothing of use").unwrap();
        assert!(preview(&ImportRequest::new(&text), 20, &mut |_, _| ControlFlow::Continue(())).is_err());
    }
}
