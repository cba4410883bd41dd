//! Label Studio's CSV export: a row for each annotation, as JSON-MIN has records, with JSON in the cells where a cell is not enough.

use super::super::csv::{Dialect, Table, is_table_name};
use super::lean::Lean;
use super::task::{OWN_FIELDS, Task};
use super::{Reader, config};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::formats::collect::Findings;
use crate::dataset::formats::{Columns, ImportRequest, Progress};
use crate::dataset::model::Warning;
use ::csv::StringRecord;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Columns that no other program writes together.
const TELLING: [&str; 4] = ["annotation_id", "annotator", "lead_time", "created_at"];
/// Words in the names of columns of choices.
const USUAL: [&str; 5] = ["choice", "label", "class", "tag", "categor"];

/// Reads a table of this kind, or the only one of a folder; `None` where there is none, or the user says what its columns are.
///
/// # Errors
/// It cannot be read, or nothing tells which column has the labels.
pub(crate) fn read_table(
    request: &ImportRequest,
    progress: &mut Progress<'_>,
) -> Result<Option<Findings>, DatasetError> {
    if request.columns != Columns::default() {
        return Ok(None);
    }
    let found = if request.data.is_dir() {
        let entries = std::fs::read_dir(&request.data).map_err(DatasetError::io(&request.data))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|p| is_export(p))
            .collect();
        paths.sort_by(|a, b| by_bytes(a, b));
        paths.pop().filter(|_| paths.is_empty())
    } else {
        Some(request.data.clone()).filter(|path| is_export(path))
    };
    let Some(path) = found else { return Ok(None) };
    let config = config::find(path.parent().unwrap_or(&path))
        .map(|path| config::read(&path))
        .transpose()?;
    let controls = match &config {
        Some(config) => config.controls.clone(),
        None => controls(&path, progress)?,
    };
    let mut reader = Reader::new(request, config);
    let text = format!(
        "this is a table of Label Studio; its labels are in {}",
        controls.join(", ")
    );
    reader.gather.found.warnings.push(Warning {
        file: Some(path.display().to_string()),
        ..Warning::new("label-studio-table", text)
    });
    each(&path, progress, &mut |record, progress| {
        reader.task(Task::new(&record, Some(&controls)), &path, progress)
    })?;
    reader.finish(request).map(Some)
}

/// Whether a file is such a table, by its first line.
fn is_export(path: &Path) -> bool {
    let header = || {
        let dialect = Dialect::glance(path).ok()?;
        let mut on = |_, _| ControlFlow::Continue(());
        let mut first = StringRecord::new();
        Table::open(path, dialect, &mut on).ok()?.next(&mut first).ok()??;
        Some(first)
    };
    let told = |first: StringRecord| {
        TELLING
            .iter()
            .filter(|name| first.iter().any(|cell| cell == **name))
            .count()
            > 2
    };
    is_table_name(path) && path.is_file() && header().is_some_and(told)
}

/// The rows of a table as records.
fn each(
    path: &Path,
    progress: &mut Progress<'_>,
    take: &mut dyn FnMut(Lean, &mut Progress<'_>) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let dialect = Dialect::of(path, &Columns::default(), progress)?;
    let mut table = Table::open(path, dialect, progress)?;
    let (mut names, mut row) = (StringRecord::new(), StringRecord::new());
    table.next(&mut names)?;
    while table.next(&mut row)?.is_some() {
        let full = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let value = |name: &str, cell: &str| match cell.parse() {
            Ok(number) if OWN_FIELDS.contains(&name) => Lean::Number(number),
            _ => Lean::of_cell(cell),
        };
        let record = Lean::Map(full.map(|(name, cell)| (name.to_owned(), value(name, cell))).collect());
        take(record, table.progress())?;
    }
    Ok(())
}

/// Columns of choices: called as such, or with choices as JSON in a cell.
fn controls(path: &Path, progress: &mut Progress<'_>) -> Result<Vec<String>, DatasetError> {
    let (mut found, mut regions, mut all) = (BTreeSet::new(), false, BTreeSet::new());
    each(path, progress, &mut |record, _| {
        for (name, value) in record.entries() {
            all.insert(name.clone());
            if OWN_FIELDS.contains(&name.as_str()) || name == "split" {
                continue;
            }
            let usual = value.text().is_some() && USUAL.iter().any(|word| name.to_lowercase().contains(word));
            if usual || value.get("choices").or_else(|| value.get("taxonomy")).is_some() {
                found.insert(name.clone());
            }
            regions |= !value.items().is_empty();
        }
        Ok(())
    })?;
    if found.is_empty() && !regions {
        return Err(DatasetError::Columns {
            path: path.to_owned(),
            problem: "this is a table of Label Studio, and nothing tells which column has the labels; say it with --column labels=.."
                .to_owned(),
            columns: all.into_iter().collect(),
        });
    }
    Ok(found.into_iter().collect())
}
