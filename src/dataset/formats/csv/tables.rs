//! The tables of a folder: which has the labels, which only splits, and which are of something else.

use super::infer_schema::{self, Mapping};
use super::open::{Dialect, Table, is_counted_table};
use super::stats::Stats;
use super::{is_table_name, words};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, is_picture_name};
use crate::dataset::formats::{Columns, ImportRequest, Progress, locate};
use crate::dataset::model::Warning;
use ::csv::StringRecord;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A table whose columns are told.
pub(crate) struct Known {
    pub path: PathBuf,
    pub dialect: Dialect,
    pub stats: Stats,
    pub mapping: Mapping,
    pub warnings: Vec<Warning>,
}

impl Known {
    pub(crate) fn read(path: &Path, wanted: &Columns, progress: &mut Progress<'_>) -> Result<Self, DatasetError> {
        let dialect = Dialect::of(path, wanted, progress)?;
        let stats = look(path, dialect, wanted, progress)?;
        let (mapping, warnings) = infer_schema::infer(path, &stats, wanted)?;
        Ok(Self {
            path: path.to_owned(),
            dialect,
            stats,
            mapping,
            warnings,
        })
    }

    fn has_labels(&self) -> bool {
        !self.mapping.labels.is_empty() || !self.mapping.flags.is_empty()
    }
}

/// Tables in a folder (not below), byte-sorted, that look like tables of pictures, or that nobody can read.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn tables(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let (mut found, mut counted) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        let text = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt"));
        if is_table_name(&path) && path.is_file() && looks_like_a_table(&path) {
            found.push(path);
        } else if text && path.is_file() && is_counted_table(&path) {
            counted.push(path);
        }
    }
    // The same table may be there in both forms.
    let same = |path: &PathBuf| {
        found
            .iter()
            .any(|other: &PathBuf| other.file_stem() == path.file_stem())
    };
    counted.retain(|path| !same(path));
    found.extend(counted);
    found.sort_by(|a, b| by_bytes(a, b));
    Ok(found)
}

/// Its first lines have a column of file names: cheap, and enough to tell tables of pictures from others.
pub(crate) fn looks_like_a_table(path: &Path) -> bool {
    let look = || {
        let dialect = Dialect::glance(path).ok()?;
        let (mut first, mut second) = (StringRecord::new(), StringRecord::new());
        let mut on = |_, _| ControlFlow::Continue(());
        let mut table = Table::open(path, dialect, &mut on).ok()?;
        table.next(&mut first).ok()??;
        let sure = |cell: &str| is_picture_name(Path::new(cell)) || words::surely_pictures(cell);
        // A column called `name` or `id` may be of anything, but not beside one that is called as labels are.
        let likely = || {
            first.iter().any(|cell| words::said(cell).image.is_some())
                && first.iter().any(|cell| words::said(cell).label.is_some())
        };
        if first.iter().any(sure) || likely() {
            return Some(true);
        }
        Some(table.next(&mut second).ok()?.is_some() && second.iter().any(|cell| is_picture_name(Path::new(cell))))
    };
    look().unwrap_or(false)
}

/// The tables to read for their labels, those to read for splits, and what is to be said about the choice.
type Chosen = (Vec<Known>, Vec<Known>, Vec<Warning>);

/// The tables to read for their labels, and those to read for splits.
///
/// # Errors
/// There is none, several have labels and are not of a split each, or one cannot be read.
pub(crate) fn choose(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Chosen, DatasetError> {
    let data = &request.data;
    let layout = |problem: String| DatasetError::Layout {
        path: data.clone(),
        problem,
    };
    if !data.is_dir() {
        return Ok((
            vec![Known::read(data, &request.columns, progress)?],
            Vec::new(),
            Vec::new(),
        ));
    }
    let paths = tables(data)?;
    if paths.is_empty() {
        return Err(layout(
            "no table (*.csv or *.tsv with a column of file names) is here".to_owned(),
        ));
    }
    let alone = paths.len() == 1;
    let (mut labels, mut splits, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        match Known::read(&path, &request.columns, progress) {
            Ok(known) if alone || known.has_labels() => labels.push(known),
            Ok(known) if known.mapping.split.is_some() => splits.push(known),
            Ok(known) => others.push(name(&known.path)),
            // A table of something else, beside others.
            Err(DatasetError::Columns { .. }) if !alone => others.push(name(&path)),
            Err(error) => return Err(error),
        }
    }
    if labels.is_empty() {
        labels = std::mem::take(&mut splits);
    }
    // Several tables are one set if each is of a split.
    let of_splits = labels
        .iter()
        .filter(|known| locate::split_of_file(&known.path, data).is_some())
        .count();
    if labels.is_empty() || (labels.len() > 1 && of_splits < labels.len()) {
        let names: Vec<String> = labels.iter().map(|known| name(&known.path)).chain(others).collect();
        return Err(layout(format!(
            "several tables are here ({}); name one of them",
            names.join(", ")
        )));
    }
    let mut notices = Vec::new();
    if !others.is_empty() {
        let text = format!(
            "the labels were taken from {}; other tables are {} (name one with --data to read it)",
            labels
                .iter()
                .map(|known| name(&known.path))
                .collect::<Vec<_>>()
                .join(", "),
            others.join(", ")
        );
        notices.push(Warning::new("tables-ignored", text));
    }
    Ok((labels, splits, notices))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
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
