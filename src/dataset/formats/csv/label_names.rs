//! Names of labels that a table only has ids of: Open Images' class descriptions, or a file that the user names.

use super::super::list;
use super::open::{Dialect, Table};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::formats::{Columns, Progress};
use ::csv::StringRecord;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The file of descriptions beside a table whose labels are such ids.
pub(crate) fn beside(table: &Path, ids: bool) -> Option<PathBuf> {
    let folder = table.parent().filter(|_| ids)?;
    let entries = std::fs::read_dir(folder).ok()?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_descriptions(path))
        .collect();
    // That of all classes before those of the classes with boxes.
    found.sort_by(|a, b| {
        a.as_os_str()
            .len()
            .cmp(&b.as_os_str().len())
            .then_with(|| by_bytes(a, b))
    });
    found.into_iter().find(|path| path.is_file())
}

/// Whether a file is called as Open Images' descriptions are.
pub(crate) fn is_descriptions(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase());
    name.is_some_and(|name| name.contains("class-descriptions") && name.ends_with(".csv"))
}

/// Whether a label is an id as Open Images has them: `/m/01g317`.
pub(crate) fn is_id(label: &str) -> bool {
    let id = ["/m/", "/g/", "/t/"].iter().find_map(|start| label.strip_prefix(start));
    id.is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// Names by ids: two columns of a table, with or without names of their own, or lines of `name id`.
///
/// # Errors
/// It cannot be read, or its first row has not two cells.
pub(crate) fn read(path: &Path, progress: &mut Progress<'_>) -> Result<HashMap<String, String>, DatasetError> {
    if !super::is_table_name(path) {
        let mut labels = Vec::new();
        let ids = list::read_labels(path, &mut labels)?;
        return Ok(ids
            .into_iter()
            .map(|(id, at)| (id.to_string(), labels[at].clone()))
            .collect());
    }
    let dialect = Dialect::of(path, &Columns::default(), &mut |_, _| ControlFlow::Continue(()))?;
    let mut table = Table::open(path, dialect, progress)?;
    let (mut row, mut names) = (StringRecord::new(), HashMap::new());
    while let Some(line) = table.next(&mut row)? {
        let (Some(id), Some(name)) = (row.get(0), row.get(1).filter(|_| row.len() == 2)) else {
            return Err(DatasetError::Parse {
                path: path.to_owned(),
                line: Some(line),
                problem: "an id and a name were expected in each row".to_owned(),
            });
        };
        names
            .entry(id.trim().to_owned())
            .or_insert_with(|| name.trim().to_owned());
    }
    Ok(names)
}
