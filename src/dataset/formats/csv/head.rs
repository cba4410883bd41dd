//! The first rows of a table as they are, for whoever is to say what its columns mean.

use super::open::{Dialect, Table};
use super::{is_table_name, tables};
use crate::dataset::formats::ImportRequest;
use ::csv::StringRecord;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The first rows of the table of a request, its head among them; none where there is no table, or it cannot be read.
pub fn head(request: &ImportRequest, rows: usize) -> Vec<Vec<String>> {
    let table = table_of(&request.data);
    table.map_or_else(Vec::new, |path| read(&path, request, rows))
}

fn table_of(data: &Path) -> Option<PathBuf> {
    if data.is_dir() {
        return tables(data).ok()?.into_iter().next();
    }
    is_table_name(data).then(|| data.to_owned())
}

fn read(path: &Path, request: &ImportRequest, rows: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut on = |_, _| ControlFlow::Continue(());
    let Ok(dialect) = Dialect::of(path, &request.columns, &mut on) else {
        return found;
    };
    let Ok(mut table) = Table::open(path, dialect, &mut on) else {
        return found;
    };
    let mut row = StringRecord::new();
    // A row that cannot be read ends what is shown; reading the table says why.
    while found.len() < rows && matches!(table.next(&mut row), Ok(Some(_))) {
        found.push(row.iter().map(ToOwned::to_owned).collect());
    }
    found
}
