//! Telling a format from the data.

use super::{Format, coco, csv, lines, list};
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use crate::dataset::model::Warning;
use std::path::Path;

/// The format of `data` (an absolute path of a file or folder). Says in `notices` which it took where there was a choice.
pub fn format(data: &Path, notices: &mut Vec<Warning>) -> Result<Format, DatasetError> {
    if data.is_file() {
        return file(data);
    }
    let coco = !coco::annotation_files(data)?.is_empty();
    let lists = list::list_files(data)?.iter().any(|path| looks_like_a_list(path));
    let tables = !csv::tables(data)?.is_empty();
    let there = [(Format::Coco, coco), (Format::List, lists), (Format::Csv, tables)];
    let mut there = there.into_iter().filter(|(_, there)| *there).map(|(format, _)| format);
    let format = there.next().unwrap_or(Format::Folder);
    let others: Vec<String> = there
        .map(|other| format!("{} (--format {other})", other.title()))
        .collect();
    if !others.is_empty() {
        let text = format!(
            "{} holds annotations of several formats; {} was taken, not {}",
            data.display(),
            format.title(),
            others.join(" or ")
        );
        notices.push(Warning::new("format", text));
    }
    Ok(format)
}

fn file(data: &Path) -> Result<Format, DatasetError> {
    let extension = data
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if extension == "json" {
        return Ok(Format::Coco);
    }
    if csv::is_table_name(data) {
        return Ok(Format::Csv);
    }
    if is_picture_name(data) {
        let problem = "this is a picture; a folder of pictures or an annotation file was expected".to_owned();
        return Err(DatasetError::Layout {
            path: data.to_owned(),
            problem,
        });
    }
    let head = coco::head(data)?;
    let text = String::from_utf8_lossy(&head);
    let first = text.trim_start_matches('\u{feff}').trim_start().chars().next();
    Ok(if first == Some('{') { Format::Coco } else { Format::List })
}

/// Its first line names a picture: cheap, and enough to tell lists from notes.
fn looks_like_a_list(path: &Path) -> bool {
    lines::first(path).is_some_and(|line| is_picture_name(&line.path) || is_picture_name(&line.whole()))
}
