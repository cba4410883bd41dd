//! What the rows of tables say, picture by picture.

use super::super::collect::{Entry, Findings, Tally};
use super::super::locate::{self, Locator};
use super::super::{Progress, TableShape};
use super::infer_schema::Mapping;
use super::open::{Dialect, Table};
use super::values::{Value, value};
use super::{cells, stats};
use crate::dataset::error::DatasetError;
use crate::dataset::model::{Absent, Split, Warning};
use ::csv::StringRecord;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Collects what tables say.
pub(crate) struct Reader {
    locator: Locator,
    absent: Absent,
    pub found: Findings,
    labels: HashMap<String, usize>,
    /// What labels are called where the tables have ids of them.
    names: HashMap<String, String>,
    /// Entries by path.
    at: HashMap<PathBuf, usize>,
}

/// What is kept while one table is read.
struct Rows<'a> {
    path: &'a Path,
    mapping: &'a Mapping,
    /// Decimal commas.
    comma: bool,
    /// The split that the table's own name announces.
    split: Option<Split>,
    /// Entries by the names of the table; `None` where there is no picture.
    entries: HashMap<String, Option<usize>>,
    /// The labels of the columns of a wide table.
    flags: Vec<(usize, usize)>,
    /// Cells with -1, until a 0 tells that -1 is not a no.
    minus: Vec<(usize, usize)>,
    zeros: bool,
    tally: Tally,
}

impl Reader {
    pub fn new(locator: Locator, absent: Absent, names: HashMap<String, String>) -> Self {
        Self {
            locator,
            absent,
            found: Findings::default(),
            labels: HashMap::new(),
            names,
            at: HashMap::new(),
        }
    }

    pub fn finish(self) -> (Findings, Locator) {
        (self.found, self.locator)
    }

    /// Reads a table.
    pub fn table(
        &mut self,
        path: &Path,
        dialect: Dialect,
        mapping: &Mapping,
        headless: bool,
        progress: &mut Progress<'_>,
    ) -> Result<(), DatasetError> {
        let mut rows = Rows {
            path,
            mapping,
            comma: dialect.delimiter != b',',
            split: locate::split_of_file(path, self.locator.root()),
            entries: HashMap::new(),
            flags: mapping
                .flags
                .iter()
                .map(|(column, name)| (*column, self.label(name)))
                .collect(),
            minus: Vec::new(),
            zeros: false,
            tally: Tally::default(),
        };
        let mut reading = Table::open(path, dialect, progress)?;
        let mut row = StringRecord::new();
        if !headless {
            reading.next(&mut row)?;
        }
        while let Some(line) = reading.next(&mut row)? {
            self.row(&mut rows, line, &row, reading.progress())?;
        }
        let whole = reading.is_whole();
        self.end(rows, whole);
        Ok(())
    }

    /// Gives pictures without a split that of a table which only has splits.
    pub(crate) fn splits(
        &mut self,
        path: &Path,
        dialect: Dialect,
        mapping: &Mapping,
        progress: &mut Progress<'_>,
    ) -> Result<(), DatasetError> {
        let by_name: HashMap<String, usize> = self
            .found
            .entries
            .iter()
            .enumerate()
            .map(|(i, entry)| (entry.name.clone(), i))
            .collect();
        let mut reading = Table::open(path, dialect, progress)?;
        let mut row = StringRecord::new();
        reading.next(&mut row)?;
        let (mut taken, mut first) = (0, None);
        while reading.next(&mut row)?.is_some() {
            let name = row.get(mapping.image).unwrap_or_default();
            let word = mapping.split.and_then(|i| row.get(i)).unwrap_or_default();
            let split = stats::split(word, mapping.numbered).flatten();
            let entry = by_name.get(name).and_then(|i| self.found.entries.get_mut(*i));
            match entry.filter(|entry| entry.split.is_none()) {
                Some(entry) => {
                    entry.split = split;
                    taken += 1;
                }
                None => first = first.or_else(|| Some(name.to_owned())),
            }
        }
        let unused = first.map_or(String::new(), |name| {
            format!("; it names others as well, such as {name}")
        });
        let text = format!("the splits of {taken} pictures were taken from this table{unused}");
        self.found.warnings.push(Warning {
            file: Some(path.display().to_string()),
            ..Warning::new("splits-taken", text)
        });
        Ok(())
    }

    fn label(&mut self, name: &str) -> usize {
        if let Some(label) = self.labels.get(name) {
            return *label;
        }
        // Two ids may have one name.
        let told = self.names.get(name).map_or(name, String::as_str);
        let known = self.labels.get(told).copied();
        let label = known.unwrap_or(self.found.labels.len());
        if known.is_none() {
            self.found.labels.push(told.to_owned());
            self.labels.insert(told.to_owned(), label);
        }
        self.labels.insert(name.to_owned(), label);
        label
    }

    /// The labels that a cell names.
    fn cell(&mut self, rows: &Rows<'_>, cell: &str, line: usize) -> Result<Vec<usize>, DatasetError> {
        let mapping = rows.mapping;
        let labels = match mapping.shape {
            TableShape::Long | TableShape::Wide => vec![cell],
            TableShape::Joined if mapping.lists && cells::looks_like_list(cell) => {
                let names = cells::list(cell)
                    .ok_or_else(|| rows.error(line, format!("a list of labels was expected, but this is {cell}")))?;
                return Ok(names
                    .iter()
                    .filter(|name| !name.is_empty())
                    .map(|name| self.label(name))
                    .collect());
            }
            TableShape::Joined => cell.split(mapping.separator).collect(),
        };
        let exact = mapping.exact || mapping.shape == TableShape::Long;
        let names = labels.into_iter().map(|name| if exact { name } else { name.trim() });
        Ok(names
            .filter(|name| !name.is_empty())
            .map(|name| self.label(name))
            .collect())
    }

    fn row(
        &mut self,
        rows: &mut Rows<'_>,
        line: usize,
        row: &StringRecord,
        progress: &mut Progress<'_>,
    ) -> Result<(), DatasetError> {
        let mapping = rows.mapping;
        let cell = |column: usize| row.get(column).unwrap_or_default();
        let image = cell(mapping.image);
        if image.trim().is_empty() {
            // Spreadsheets leave rows of empty cells behind.
            if row.iter().all(|cell| cell.trim().is_empty()) {
                return Ok(());
            }
            return Err(rows.error(line, "this row names no picture".to_owned()));
        }
        let entry = self.entry(rows, image, mapping.split.map(cell), line, progress)?;
        match mapping.shape {
            TableShape::Wide => {
                for i in 0..rows.flags.len() {
                    let (column, label) = rows.flags[i];
                    let said = rows.value(cell(column), line, column, mapping)?;
                    self.say(rows, entry, label, said);
                }
            }
            TableShape::Joined | TableShape::Long => {
                for column in &mapping.labels {
                    let labels = self.cell(rows, cell(*column), line)?;
                    let said = match mapping.score {
                        Some(column) if !labels.is_empty() => rows.value(cell(column), line, column, mapping)?,
                        _ => Value::There,
                    };
                    for label in labels {
                        self.say(rows, entry, label, said);
                    }
                }
            }
        }
        if let Some(column) = mapping.negatives {
            for label in self.cell(rows, cell(column), line)? {
                if let Some(entry) = entry.and_then(|i| self.found.entries.get_mut(i)) {
                    entry.negatives.push(label);
                }
            }
        }
        Ok(())
    }

    /// The entry of a picture; `None` if there is no file for it.
    fn entry(
        &mut self,
        rows: &mut Rows<'_>,
        image: &str,
        split: Option<&str>,
        line: usize,
        progress: &mut Progress<'_>,
    ) -> Result<Option<usize>, DatasetError> {
        let split = match split {
            Some(word) => stats::split(word, rows.mapping.numbered).unwrap_or_else(|| {
                rows.tally.add("split-unknown", || format!("\"{word}\" in line {line}"));
                None
            }),
            None => rows.split.or_else(|| locate::split_of_name(image)),
        };
        if let Some(known) = rows.entries.get(image) {
            if let Some(entry) = known.and_then(|i| self.found.entries.get(i)) {
                if entry.split != split {
                    rows.tally.add("leakage", || image.to_owned());
                } else if rows.mapping.shape != TableShape::Long {
                    rows.tally.add("repeated", || image.to_owned());
                }
            }
            return Ok(*known);
        }
        let mut picture = None;
        for name in [image, image.trim()]
            .into_iter()
            .take(1 + usize::from(image.trim() != image))
        {
            if picture.is_none() {
                let file = format!("{name}{}", rows.mapping.suffix);
                picture = self.locator.find(&file, rows.path, split, None, progress)?;
            }
        }
        let Some(path) = picture else {
            self.locator.miss(&mut self.found.unmatched, image);
            rows.entries.insert(image.to_owned(), None);
            return Ok(None);
        };
        let new = self.found.entries.len();
        let index = *self.at.entry(path.clone()).or_insert(new);
        if index == new {
            self.found.entries.push(Entry {
                path,
                name: image.to_owned(),
                split,
                ..Entry::default()
            });
        } else {
            let same = self.found.entries[index].split == split;
            rows.tally
                .add(if same { "repeated" } else { "leakage" }, || image.to_owned());
        }
        rows.entries.insert(image.to_owned(), Some(index));
        Ok(Some(index))
    }

    /// Keeps what a cell says, unless it says what absence means anyway.
    fn say(&mut self, rows: &mut Rows<'_>, index: Option<usize>, label: usize, said: Value) {
        let entry = index.and_then(|i| self.found.entries.get_mut(i));
        let (Some(entry), Some(index)) = (entry, index) else {
            return;
        };
        match said {
            Value::There => entry.positives.push(label),
            Value::Not => {
                rows.zeros = true;
                if self.absent == Absent::Unknown {
                    entry.negatives.push(label);
                }
            }
            Value::Unknown | Value::Minus if self.absent == Absent::Unknown => {
                if said == Value::Minus && !rows.zeros {
                    rows.minus.push((index, label));
                }
            }
            Value::Unknown => entry.unknowns.push(label),
            Value::Minus if rows.zeros => entry.unknowns.push(label),
            Value::Minus => rows.minus.push((index, label)),
            // A score that neither counts nor is 0.
            Value::Score(_) => {}
        }
    }

    /// Settles what -1 means, and tells what happened.
    fn end(&mut self, rows: Rows<'_>, whole: bool) {
        let before = self.found.warnings.len();
        let entries = &mut self.found.entries;
        let no = !rows.zeros && !rows.minus.is_empty();
        for (index, label) in rows.minus {
            match self.absent {
                Absent::Negative if !no => entries[index].unknowns.push(label),
                Absent::Unknown if no => entries[index].negatives.push(label),
                _ => {}
            }
        }
        let warnings = &mut self.found.warnings;
        if no {
            let text = "the table has -1 and no 0; -1 was taken for \"not there\"";
            warnings.push(Warning::new("minus-one", text));
        }
        if !whole {
            let text = "the last line has no line end; if the table was cut off there, its end is missing";
            warnings.push(Warning::new("no-line-end", text));
        }
        for (code, text) in [
            ("repeated", "rows repeat a picture; its labels were joined"),
            ("leakage", "rows give a picture another split; the first one counts"),
            (
                "split-unknown",
                "splits are none of train, val and test, and were left out",
            ),
            (
                "scores",
                "labels have a score below the threshold and above 0, and do not count",
            ),
        ] {
            rows.tally.warn(code, text, warnings);
        }
        let file = rows.path.display().to_string();
        warnings[before..].iter_mut().for_each(|w| w.file = Some(file.clone()));
    }
}

impl Rows<'_> {
    fn error(&self, line: usize, problem: String) -> DatasetError {
        DatasetError::Parse {
            path: self.path.to_owned(),
            line: Some(line),
            problem,
        }
    }

    /// What a cell says, scores compared with the threshold.
    fn value(&mut self, cell: &str, line: usize, column: usize, mapping: &Mapping) -> Result<Value, DatasetError> {
        let wide = mapping.shape == TableShape::Wide;
        let said = match value(cell, self.comma) {
            // Scores of another scale, such as percents.
            Some(Value::There) if !wide && mapping.threshold > 1.0 => Some(Value::Score(1.0)),
            said => said,
        };
        match said {
            Some(Value::Score(score)) if !wide || Value::Score(score).is_flag() => {
                if score >= mapping.threshold {
                    return Ok(Value::There);
                }
                self.tally.add("scores", || format!("{score} in line {line}"));
                Ok(Value::Score(score))
            }
            Some(Value::Score(_)) | None => {
                let wanted = if wide {
                    "1, 0 or nothing was expected"
                } else {
                    "a score was expected"
                };
                let problem = format!("{wanted} in column {}, but this is \"{cell}\"", column + 1);
                Err(self.error(line, problem))
            }
            Some(said) => Ok(said),
        }
    }
}
