//! Writing lists: `labels.txt` and a list for each split in use; `no-split.txt` for pictures without one beside them, `list.txt` where
//! no picture has one. A line is written only if it is read back as it is meant: such a list has no quotes.

use super::super::export_request::{ExportRequest, PicturesAs, pictures_as};
use super::super::lines::{Line, MAX_LINE};
use super::super::staging::{Plan, Staging, safe_name};
use super::super::valid::{self, Says, inexpressible};
use super::super::{NO_SPLIT, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use crate::dataset::model::{Dataset, Picture, Split, Warning};
use std::collections::BTreeMap;
use std::path::Path;

/// Refuses what a line cannot say.
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    for (id, name) in dataset.labels.iter().enumerate() {
        let line = format!("{name} {id}");
        let same = Line::parse(1, line.as_bytes()).is_some_and(|read| {
            let whole = read.whole();
            // As the reader of label files splits it.
            let split = whole.to_str().and_then(|whole| whole.rsplit_once(char::is_whitespace));
            !read.ids.is_empty() && split.is_some_and(|(read, _)| read.trim_end() == name)
        });
        if !same || !one_line(line.as_bytes()) {
            let problem = "a list has no quotes: no blanks at the ends of a name, and no line breaks in it";
            return Err(inexpressible(request, format!("the label {name:?}"), problem));
        }
    }
    let named = pictures_as(request) == PicturesAs::Named;
    let mut plan = Plan::default();
    let mut firsts: BTreeMap<Option<Split>, bool> = BTreeMap::new();
    for picture in &dataset.pictures {
        let path = if named {
            raw_name(picture)
        } else {
            let path = plan.take(&Path::new("images").join(safe_name(&picture.name)));
            path.as_os_str().as_encoded_bytes().to_vec()
        };
        let line = line(&path, &picture.positives);
        let same = Line::parse(1, &line).is_some_and(|read| {
            let ids = picture.positives.iter().map(|label| *label as i64);
            read.path.as_os_str().as_encoded_bytes() == path && read.ids.iter().copied().eq(ids)
        });
        if !same || !one_line(&line) {
            let problem = "a list has no quotes: no blanks or numbers at the end of a path, and no line breaks in it";
            return Err(inexpressible(
                request,
                format!("the picture {:?}", picture.name),
                problem,
            ));
        }
        let first = || Line::parse(1, &line).is_some_and(|l| is_picture_name(&l.path) || is_picture_name(&l.whole()));
        firsts.entry(picture.split).or_insert_with(first);
    }
    let mut warnings = valid::losses(
        dataset,
        Says {
            boxes: false,
            truths: false,
            all: false,
            splits: true,
            unused: true,
        },
    );
    if firsts.values().all(|known| !known) {
        let text = "the names of the pictures do not end as pictures' do: say that these are lists when reading them (--format list)";
        warnings.push(Warning::new("names", text));
    }
    Ok(warnings)
}

/// Whether a reader sees one line of text in `line`, and no byte order mark.
fn one_line(line: &[u8]) -> bool {
    line.len() < MAX_LINE && !line.contains(&b'\n') && !line.contains(&0) && !line.starts_with(b"\xEF\xBB\xBF")
}

fn line(path: &[u8], positives: &[usize]) -> Vec<u8> {
    let ids: String = positives.iter().map(|label| format!(" {label}")).collect();
    [path, ids.as_bytes()].concat()
}

/// The picture's name in the bytes of its file where that is what the name stands for: not every file name is text.
#[cfg(unix)]
fn raw_name(picture: &Picture) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let depth = Path::new(&picture.name).components().count();
    let root = picture.path.ancestors().nth(depth).unwrap_or(&picture.path);
    match picture.path.strip_prefix(root) {
        Ok(end) if end.to_string_lossy() == picture.name => end.as_os_str().as_bytes().to_vec(),
        _ => picture.name.as_bytes().to_vec(),
    }
}

#[cfg(not(unix))]
fn raw_name(picture: &Picture) -> Vec<u8> {
    picture.name.as_bytes().to_vec()
}

/// Writes the lists.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let mut lists: BTreeMap<Option<Split>, Vec<u8>> = BTreeMap::new();
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if progress(i, dataset.pictures.len()).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let path = if staging.pictures == PicturesAs::Named {
            raw_name(picture)
        } else {
            let path = Path::new("images").join(staging.picture(Path::new("images"), picture)?);
            path.as_os_str().as_encoded_bytes().to_vec()
        };
        let list = lists.entry(picture.split).or_default();
        list.extend(line(&path, &picture.positives));
        list.push(b'\n');
    }
    let any = lists.keys().any(Option::is_some);
    for (split, list) in lists {
        let name = match split {
            Some(split) => split.name(),
            None if any => NO_SPLIT,
            None => "list",
        };
        staging.write(Path::new(&format!("{name}.txt")), &list)?;
    }
    let names = dataset.labels.iter().enumerate();
    let labels: String = names.map(|(id, name)| format!("{name} {id}\n")).collect();
    staging.write(Path::new("labels.txt"), labels.as_bytes())
}
