//! Tables: a column for each label (`filename,cat,dog` with 1, 0 or nothing), a column of labels (`filename,labels` with
//! `cat|dog`), or a line for each label (`filename,label` or `filename,label,score`).
//!
//! A table is read twice: once for what its columns look like, once for what they say. Comma, semicolon and tab are told from
//! the first line; quotes are those of RFC 4180; UTF-8 with or without byte order mark and UTF-16 with one are read.
//!
//! **Wide.** 1 is there, 0 is not, nothing (or `?`, `-1`) is not known. What says no more than absence means in the import is not
//! kept apart from it: a table of 40 columns and 200,000 pictures would otherwise be 8 million facts that nobody stated by hand.
//! In a table with -1 and no 0, -1 is "not there". Numbers between 0 and 1 are scores, compared with the threshold.
//!
//! **Joined.** `|` or `;` between labels, blanks around them do not count. A column that is called `labels` and a separator (such as
//! `labels/`) declares it: names are then taken as they are, blanks and all.
//!
//! **Long.** A score from the threshold on counts, 0 is "not there", nothing is "not known", and between them nothing is said. A line
//! without a label names a picture without labels.

mod open;
mod rows;
mod stats;
mod tell;
mod values;
mod write;

pub use write::{check, write};

use super::collect::Findings;
use super::locate::{self, Locator};
use super::{Columns, ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, is_picture_name};
use crate::dataset::model::Warning;
use ::csv::StringRecord;
use open::{Dialect, Table};
use rows::Reader;
use stats::Stats;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tell::Mapping;

/// Tables in a folder (not below), byte-sorted, that look like tables of pictures.
pub fn tables(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        if is_table_name(&path) && path.is_file() && looks_like_a_table(&path) {
            found.push(path);
        }
    }
    found.sort_by(|a, b| by_bytes(a, b));
    Ok(found)
}

/// Whether a file is called as tables are.
pub fn is_table_name(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| ["csv", "tsv", "tab"].contains(&e.as_str()))
}

/// Its first lines have a column of file names: cheap, and enough to tell tables of pictures from others.
fn looks_like_a_table(path: &Path) -> bool {
    let wanted = Columns::default();
    let look = || {
        let dialect = Dialect::of(path, &wanted).ok()?;
        let (mut first, mut second) = (StringRecord::new(), StringRecord::new());
        let mut on = |_, _| ControlFlow::Continue(());
        let mut table = Table::open(path, dialect, &mut on).ok()?;
        table.next(&mut first).ok()??;
        // A column called `name` or `id` may be of anything.
        let pictures = table.next(&mut second).ok()?.is_some() && second.iter().any(|c| is_picture_name(Path::new(c)));
        Some(
            pictures
                || first
                    .iter()
                    .any(|c| is_picture_name(Path::new(c)) || tell::surely_pictures(c)),
        )
    };
    look().unwrap_or(false)
}

/// Reads a table, or the tables of a folder.
pub fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let folder = request.data.is_dir();
    let tables = if folder {
        tables(&request.data)?
    } else {
        vec![request.data.clone()]
    };
    let layout = |problem: String| DatasetError::Layout {
        path: request.data.clone(),
        problem,
    };
    if tables.is_empty() {
        let problem = "no table (*.csv or *.tsv with a column of file names) is here";
        return Err(layout(problem.to_owned()));
    }
    // Several tables are one set if each is of a split.
    let splits = tables
        .iter()
        .filter_map(|path| locate::split_of_file(path, &request.data))
        .count();
    if tables.len() > 1 && splits < tables.len() {
        let names: Vec<_> = tables
            .iter()
            .filter_map(|path| path.file_name())
            .map(|n| n.to_string_lossy())
            .collect();
        return Err(layout(format!(
            "several tables are here ({}); name one of them",
            names.join(", ")
        )));
    }
    let mut reader = Reader::new(Locator::new(request).with_stems(), request.absent);
    for (i, path) in tables.iter().enumerate() {
        let dialect = Dialect::of(path, &request.columns)?;
        let stats = look(path, dialect, &request.columns, progress)?;
        let (mapping, warnings) = tell::tell(path, &stats, &request.columns)?;
        let of_file = |warning: Warning| Warning {
            file: Some(path.display().to_string()),
            ..warning
        };
        reader.found.warnings.extend(warnings.into_iter().map(of_file));
        if i == 0 {
            reader.found.mapping = mapping.named(&stats);
            reader.found.columns = stats.columns.iter().map(|column| column.name.clone()).collect();
        }
        reader.table(path, dialect, &mapping, stats.headless, progress)?;
    }
    let (found, locator) = reader.finish();
    locator.complete(found, &request.data, "listed", "(no picture is listed)")
}

/// Reads a table for what its columns look like.
fn look(path: &Path, dialect: Dialect, wanted: &Columns, progress: &mut Progress<'_>) -> Result<Stats, DatasetError> {
    let mut table = Table::open(path, dialect, progress)?;
    let mut row = StringRecord::new();
    if table.next(&mut row)?.is_none() {
        return Err(DatasetError::Parse {
            path: path.to_owned(),
            line: Some(1),
            problem: "the table is empty".to_owned(),
        });
    }
    let mut stats = Stats::new(&row, dialect.delimiter, wanted);
    while table.next(&mut row)?.is_some() {
        stats.add(&row);
    }
    Ok(stats)
}
