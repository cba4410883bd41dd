//! Which column is which: as the user says, else by the words of the first line and by what the cells look like.

use super::super::{Columns, TableShape};
use super::stats::{Column, Stats};
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use crate::dataset::model::Warning;
use std::collections::HashMap;
use std::path::Path;

/// Names of columns of file names, the surest first.
#[rustfmt::skip]
const IMAGE: [&str; 27] = [
    "filename", "filepath", "file", "imagefilename", "imagename", "imagefile", "imagepath", "image", "images", "imageid", "img",
    "imgname", "imgfile", "imgpath", "imgid", "path", "relativepath", "relpath", "picture", "picturename", "photo", "photoname",
    "filenames", "url", "uri", "name", "id",
];
/// How many of these may be columns of something else in a table of anything.
const WEAK: usize = 4;
/// Names of columns of splits.
const SPLIT: [&str; 6] = ["split", "subset", "partition", "set", "usage", "phase"];
/// Names of columns with all labels of a picture.
const MANY: [&str; 6] = ["labels", "tags", "classes", "categories", "keywords", "targets"];
/// Names of columns with one label.
#[rustfmt::skip]
const ONE: [&str; 11] = [
    "label", "labelname", "tag", "class", "classname", "category", "categoryname", "keyword", "target", "species", "annotation",
];
/// Names of columns of scores.
const SCORE: [&str; 9] = [
    "score",
    "scores",
    "confidence",
    "conf",
    "probability",
    "prob",
    "value",
    "present",
    "presence",
];
/// What may stand between labels where the usual `|` and `;` are in their names; the column's name then ends with it.
pub const SEPARATORS: [char; 10] = ['|', ';', '/', '~', '^', '#', '&', '+', '*', ','];
/// From which score on a label counts.
const THRESHOLD: f64 = 0.5;

/// What the columns of a table are.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub shape: TableShape,
    pub image: usize,
    /// The column of labels of a joined or long table.
    pub labels: Option<usize>,
    /// Columns that belong to a label, with its name.
    pub flags: Vec<(usize, String)>,
    pub score: Option<usize>,
    pub split: Option<usize>,
    pub separator: char,
    /// Names between separators are taken as they are; otherwise blanks around them do not count.
    pub exact: bool,
    pub threshold: f64,
}

/// A name without what spelling changes: `Image File` is `imagefile`.
fn word(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn rank(name: &str, words: &[&str]) -> Option<usize> {
    let name = word(name);
    words.iter().position(|word| *word == name)
}

/// Whether a column of this name is likely one of file names.
pub fn is_image_word(name: &str) -> bool {
    rank(name, &IMAGE).is_some()
}

/// Whether a column of this name is one of file names whatever the table is about.
pub fn surely_pictures(name: &str) -> bool {
    rank(name, &IMAGE).is_some_and(|rank| rank < IMAGE.len() - WEAK)
}

/// Whether a column of this name is likely one of splits.
pub fn is_split_word(name: &str) -> bool {
    rank(name, &SPLIT).is_some()
}

/// Whether one of the cells of a first row is a name that the user gave or that tables use, or a picture.
pub fn names_pictures(cells: &[impl AsRef<str>], wanted: &Columns) -> bool {
    let given = [&wanted.image, &wanted.labels, &wanted.score, &wanted.split];
    cells.iter().map(AsRef::as_ref).any(|cell| {
        is_image_word(cell)
            || is_picture_name(Path::new(cell))
            || given
                .iter()
                .any(|name| name.as_ref().is_some_and(|name| name.trim() == cell.trim()))
    })
}

/// The separator that a column's name declares: `labels;`.
fn declared(name: &str) -> Option<char> {
    let mut rest = name.strip_prefix("labels")?.chars();
    rest.next().filter(|c| rest.next().is_none() && SEPARATORS.contains(c))
}

/// The name of the column of labels in which `separator` separates names exactly.
pub fn declaring(separator: char) -> String {
    format!("labels{separator}")
}

struct Teller<'a> {
    path: &'a Path,
    stats: &'a Stats,
    wanted: &'a Columns,
    padded: bool,
}

/// Tells the columns of a table apart.
///
/// # Errors
/// With the names of the columns: a wanted one is not there, two have one name, or nothing tells them apart.
pub fn tell(path: &Path, stats: &Stats, wanted: &Columns) -> Result<(Mapping, Vec<Warning>), DatasetError> {
    let teller = Teller {
        path,
        stats,
        wanted,
        padded: stats.padded(),
    };
    teller.unique()?;
    let image = teller.image()?;
    let split = teller.split(image)?;
    let others: Vec<usize> = (0..stats.columns.len())
        .filter(|i| *i != image && Some(*i) != split)
        .collect();
    let mapping = teller.labels(image, split, &others)?;
    let taken = |i: &usize| {
        let one = [mapping.labels, mapping.score].contains(&Some(*i));
        one || mapping.flags.iter().any(|(flag, _)| flag == i)
    };
    let ignored: Vec<String> = others.iter().filter(|i| !taken(i)).map(|i| teller.name(*i)).collect();
    let mut warnings = Vec::new();
    if stats.headless {
        let text = "the first line names no columns; it was taken for the first picture";
        warnings.push(Warning::new("no-header", text));
    }
    if !ignored.is_empty() {
        let text = format!("{} columns were left out: {}", ignored.len(), ignored.join(", "));
        warnings.push(Warning::new("columns-ignored", text));
    }
    Ok((mapping, warnings))
}

impl Teller<'_> {
    fn column(&self, i: usize) -> &Column {
        &self.stats.columns[i]
    }

    /// A column's name, without blanks that only stand behind the delimiter.
    fn name(&self, i: usize) -> String {
        let name = &self.column(i).name;
        if self.padded { name.trim() } else { name }.to_owned()
    }

    fn error(&self, problem: impl Into<String>) -> DatasetError {
        DatasetError::Columns {
            path: self.path.to_owned(),
            problem: problem.into(),
            columns: (0..self.stats.columns.len()).map(|i| self.name(i)).collect(),
        }
    }

    fn unique(&self) -> Result<(), DatasetError> {
        let mut seen = HashMap::new();
        for i in (0..self.stats.columns.len()).filter(|i| !self.column(*i).unnamed) {
            if let Some(first) = seen.insert(self.name(i), i) {
                return Err(DatasetError::Parse {
                    path: self.path.to_owned(),
                    line: Some(1),
                    problem: format!(
                        "columns {} and {} are both named \"{}\"",
                        first + 1,
                        i + 1,
                        self.name(i)
                    ),
                });
            }
        }
        Ok(())
    }

    /// The column that the user named.
    fn wanted(&self, name: &Option<String>) -> Result<Option<usize>, DatasetError> {
        let Some(name) = name else { return Ok(None) };
        let names: Vec<String> = (0..self.stats.columns.len()).map(|i| self.name(i)).collect();
        let exact = names.iter().position(|known| known == name);
        if let Some(i) = exact.or_else(|| names.iter().position(|known| known.trim() == name.trim())) {
            return Ok(Some(i));
        }
        let near = names
            .iter()
            .map(|known| (strsim::jaro_winkler(&word(known), &word(name)), known));
        let near = near
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = near.map_or(String::new(), |(_, known)| format!(" (did you mean \"{known}\"?)"));
        Err(self.error(format!("there is no column \"{name}\"{hint}")))
    }

    fn image(&self) -> Result<usize, DatasetError> {
        if let Some(i) = self.wanted(&self.wanted.image)? {
            return Ok(i);
        }
        // Names of pictures in the cells tell more than the column's own name.
        let key = |i: &usize| {
            let column = self.column(*i);
            let rank = rank(&column.name, &IMAGE).filter(|_| !column.unnamed);
            (!column.has_pictures(), rank.unwrap_or(usize::MAX))
        };
        let best = (0..self.stats.columns.len()).min_by_key(key);
        best.filter(|i| key(i) != (true, usize::MAX))
            .ok_or_else(|| self.error("no column has names of pictures"))
    }

    fn split(&self, image: usize) -> Result<Option<usize>, DatasetError> {
        if let Some(i) = self.wanted(&self.wanted.split)? {
            return Ok(Some(i));
        }
        let is = |i: &usize| {
            let column = self.column(*i);
            *i != image && column.has_splits() && is_split_word(&column.name)
        };
        Ok((0..self.stats.columns.len()).find(is))
    }

    fn labels(&self, image: usize, split: Option<usize>, others: &[usize]) -> Result<Mapping, DatasetError> {
        let wanted = self.wanted;
        let (named, score) = (self.wanted(&wanted.labels)?, self.wanted(&wanted.score)?);
        let scores = |i: &&usize| rank(&self.column(**i).name, &SCORE).is_some() && self.column(**i).has_numbers();
        let score = score.or_else(|| others.iter().find(scores).copied().filter(|i| Some(*i) != named));
        // Row numbers are no labels.
        let numbers = |i: usize| i == 0 && ["index", "id"].contains(&word(&self.column(i).name).as_str());
        let candidates = || {
            others
                .iter()
                .copied()
                .filter(|i| !self.column(*i).unnamed && !numbers(*i))
        };
        let flags = |all: bool| -> Vec<usize> {
            let is = |i: &usize| self.column(*i).has_flags() && (all || Some(*i) != score);
            candidates().filter(is).collect()
        };
        let by_word = || {
            let is = |i: &usize| {
                let name = &self.column(*i).name;
                declared(name).is_some() || rank(name, &MANY).is_some() || rank(name, &ONE).is_some()
            };
            others.iter().copied().find(is)
        };
        let only = || match others
            .iter()
            .filter(|i| Some(**i) != score && !numbers(**i))
            .collect::<Vec<_>>()[..]
        {
            [only] => Some(*only),
            _ => None,
        };
        let column = match wanted.shape {
            Some(TableShape::Wide) => None,
            Some(_) => Some(
                named
                    .or_else(by_word)
                    .or_else(only)
                    .ok_or_else(|| self.error("no column is one of labels"))?,
            ),
            None => match named.or_else(by_word) {
                // A label may itself be called "label".
                Some(i) if named.is_none() && self.column(i).only_flags() && flags(false).len() > 1 => None,
                Some(i) => Some(i),
                None if !flags(true).is_empty() => None,
                None if others.is_empty() => None,
                None => Some(only().ok_or_else(|| self.error("nothing tells which column has the labels"))?),
            },
        };
        let mut mapping = Mapping {
            shape: TableShape::Wide,
            image,
            labels: column,
            flags: Vec::new(),
            score: None,
            split,
            separator: '|',
            exact: false,
            threshold: wanted.threshold.unwrap_or(THRESHOLD),
        };
        let Some(column) = column else {
            mapping.flags = flags(true).into_iter().map(|i| (i, self.name(i))).collect();
            let asked = self.stats.headless || wanted.shape.is_some();
            if asked && mapping.flags.is_empty() && !others.is_empty() {
                return Err(self.error("labels are named by their columns, but no column of 1 and 0 has a name"));
            }
            return Ok(mapping);
        };
        let about = self.column(column);
        let declared = declared(&about.name);
        let found = if about.bar || !about.semicolon { '|' } else { ';' };
        mapping.separator = wanted.separator.or(declared).unwrap_or(found);
        mapping.exact = declared.is_some();
        mapping.shape = match wanted.shape {
            Some(shape) => shape,
            None if wanted.separator.is_some() || declared.is_some() => TableShape::Joined,
            None if score.is_some() => TableShape::Long,
            None if rank(&about.name, &MANY).is_some() => TableShape::Joined,
            None if self.column(image).repeats => TableShape::Long,
            None if about.bar || about.semicolon => TableShape::Joined,
            None => TableShape::Long,
        };
        mapping.score = score.filter(|i| mapping.shape == TableShape::Long && *i != column);
        Ok(mapping)
    }
}

impl Mapping {
    /// The mapping in the names of the columns.
    pub fn named(&self, stats: &Stats) -> Columns {
        let padded = stats.padded();
        let name = |i: usize| {
            let name = &stats.columns[i].name;
            if padded { name.trim() } else { name }.to_owned()
        };
        Columns {
            shape: Some(self.shape),
            image: Some(name(self.image)),
            labels: self.labels.map(name),
            score: self.score.map(name),
            split: self.split.map(name),
            separator: (self.shape == TableShape::Joined).then_some(self.separator),
            threshold: (self.shape != TableShape::Joined).then_some(self.threshold),
        }
    }
}
