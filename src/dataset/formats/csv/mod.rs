//! Tables: a column for each label (`filename,cat,dog` with 1, 0 or nothing), a column of labels (`filename,labels` with
//! `cat|dog`), or a line for each label (`filename,label` or `filename,label,score`).
//!
//! A table is read twice: once for what its columns look like, once for what they say. Comma, semicolon and tab are told from
//! the first line; quotes are those of RFC 4180, and one that is not closed is an error with its line.
//!
//! **Wide.** 1 is there, 0 is not, nothing (or `?`, `-1`) is not known. What says no more than absence means in the import is not
//! kept apart from it: a table of 40 columns and 200,000 pictures would otherwise be 8 million facts that nobody stated by hand.
//! In a table with -1 and no 0, -1 is "not there". Numbers between 0 and 1 are scores, compared with the threshold.
//!
//! **Joined.** `|` or `;` between labels, blanks around them do not count. A column that is called `labels` and a separator (such as
//! `labels/`) declares it: names are then taken as they are, blanks and all.
//!
//! Where a column is called as such columns are, blanks and commas are told from the cells, if the words between them are met again in other
//! company; lists as programs print them are read. Several columns may have labels, and one labels that are not there.
//!
//! **Long.** A score from the threshold on counts, 0 is "not there", nothing is "not known", and between them nothing is said. A line
//! without a label names a picture without labels.

mod cells;
mod head;
mod infer_schema;
mod label_names;
mod open;
mod quotes;
mod rows;
mod stats;
mod tables;
mod values;
mod words;
mod write;

pub(crate) use head::head;
pub(crate) use label_names::is_descriptions;
pub(crate) use open::{Dialect, Table, is_counted_table};
pub(crate) use tables::{looks_like_a_table, tables};
pub(crate) use write::{check, write};

use super::collect::Findings;
use super::locate::Locator;
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::model::Warning;
use rows::Reader;
use std::collections::HashMap;
use std::path::Path;
use tables::Known;

/// Whether a file is called as tables are.
pub(crate) fn is_table_name(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| ["csv", "tsv", "tab"].contains(&e.as_str()))
}

/// Reads a table, or the tables of a folder.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let (labels, splits, notices) = tables::choose(request, progress)?;
    let names = names(request, &labels, progress)?;
    let mut reader = Reader::new(Locator::new(request).with_stems(), request.absent, names);
    reader.found.warnings.extend(notices);
    for (i, known) in labels.iter().enumerate() {
        let of_file = |warning: &Warning| Warning {
            file: Some(known.path.display().to_string()),
            ..warning.clone()
        };
        reader.found.warnings.extend(known.warnings.iter().map(of_file));
        if i == 0 {
            reader.found.mapping = known.mapping.named(&known.stats);
            reader.found.columns = known.stats.columns.iter().map(|column| column.name.clone()).collect();
        }
        reader.table(
            &known.path,
            known.dialect,
            &known.mapping,
            known.stats.headless,
            progress,
        )?;
    }
    for known in &splits {
        reader.splits(&known.path, known.dialect, &known.mapping, progress)?;
    }
    let (mut found, locator) = reader.finish();
    if let Some(label) = found.labels.iter().find(|label| words::word(label) == "nofinding") {
        let text = format!("\"{label}\" is a label like the others; remove it in the project if it is none for you");
        found.warnings.push(Warning::new("no-finding", text));
    }
    locator.complete(found, &request.data, "listed", "(no picture is listed)")
}

/// Names of labels for their ids: those of the file that the user names, or Open Images' descriptions beside the table.
fn names(
    request: &ImportRequest,
    tables: &[Known],
    progress: &mut Progress<'_>,
) -> Result<HashMap<String, String>, DatasetError> {
    let Some(first) = tables.first() else {
        return Ok(HashMap::new());
    };
    let column = first.mapping.labels.first().and_then(|i| first.stats.columns.get(*i));
    let texts = column.and_then(|column| column.texts.as_ref());
    let ids = texts.is_some_and(|texts| texts.any(label_names::is_id));
    match request.labels.clone().or_else(|| label_names::beside(&first.path, ids)) {
        Some(file) => label_names::read(&file, progress),
        None => Ok(HashMap::new()),
    }
}
