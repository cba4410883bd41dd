//! What the cells of each column look like, over a whole table.

use super::super::Columns;
use super::cells::Texts;
use super::values::{Value, value};
use super::words::{self, Said, names_pictures};
use crate::dataset::files::is_picture_name;
use crate::dataset::model::Split;
use ::csv::StringRecord;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Cells whose repeats are looked for.
const REPEATS: usize = 100_000;

/// A column.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// As the first line has it; `column 2` where it has none.
    pub name: String,
    /// The name is not in the table.
    pub unnamed: bool,
    /// Cells with something in them.
    pub cells: usize,
    /// Of these: `?`, `nan` and the like, which say nothing of the column.
    pub unknowns: usize,
    /// Of these: 1, 0, a probability and the like.
    pub flags: usize,
    /// Of these: 1 and 0 (or -1, yes, no), and no fractions.
    pub bits: usize,
    /// Of these: numbers.
    pub numbers: usize,
    /// Of these: names of picture files.
    pub pictures: usize,
    /// Of these: names of splits. Only looked for where the name says so.
    pub splits: usize,
    /// Of these: cells that begin with a blank.
    pub padded: usize,
    /// Whether a cell has `|`.
    pub bar: bool,
    /// Whether a cell has `;`.
    pub semicolon: bool,
    /// Whether a cell is there twice. Only looked for where file names may be.
    pub repeats: bool,
    /// Texts that are none of these.
    pub texts: Option<Box<Texts>>,
    seen: Option<HashSet<u64>>,
    /// What its name says.
    pub said: Said,
}

impl Column {
    /// Most of what is there can say that a label is there or not. Few other numbers may be mistakes, many are counts or sizes.
    pub fn has_flags(&self) -> bool {
        self.flags * 2 >= self.cells - self.unknowns && self.flags * 10 >= self.numbers * 9
    }

    /// All of it can.
    pub fn only_flags(&self) -> bool {
        self.flags == self.cells - self.unknowns
    }

    /// All of it is 1 or 0.
    pub fn only_bits(&self) -> bool {
        self.bits > 0 && self.bits == self.cells - self.unknowns
    }

    /// All of it are numbers, or words for yes and no.
    pub fn only_numbers(&self) -> bool {
        self.numbers == self.cells - self.unknowns
    }

    pub fn has_pictures(&self) -> bool {
        self.pictures > 0 && self.pictures * 2 >= self.cells
    }

    pub fn has_splits(&self) -> bool {
        self.splits > 0 && self.splits * 2 >= self.cells
    }

    pub fn has_numbers(&self) -> bool {
        self.numbers * 2 >= self.cells - self.unknowns
    }
}

/// A table's columns.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub columns: Vec<Column>,
    /// The first row is data.
    pub headless: bool,
    /// Numbers may have a decimal comma.
    comma: bool,
}

impl Stats {
    /// Starts with the first row.
    pub fn new(first: &StringRecord, delimiter: u8, wanted: &Columns) -> Self {
        let names: Vec<_> = first.iter().collect();
        let header = !names.iter().any(|name| is_picture_name(Path::new(name))) || {
            let rest: Vec<_> = names.iter().filter(|name| !is_picture_name(Path::new(name))).collect();
            names_pictures(&rest, wanted)
        };
        let column = |(i, name): (usize, &&str)| {
            let unnamed = !header || name.trim().is_empty();
            let said = words::said(name);
            Column {
                name: if unnamed {
                    format!("column {}", i + 1)
                } else {
                    (*name).to_owned()
                },
                unnamed,
                seen: (said.image.is_some() || is_picture_name(Path::new(name))).then(HashSet::new),
                said: if unnamed { Said::default() } else { said },
                ..Column::default()
            }
        };
        let mut stats = Self {
            columns: names.iter().enumerate().map(column).collect(),
            headless: !header,
            comma: delimiter != b',',
        };
        if stats.headless {
            stats.add(first);
        }
        stats
    }

    /// Takes a row into account.
    pub fn add(&mut self, row: &StringRecord) {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            if cell.trim().is_empty() {
                continue;
            }
            column.cells += 1;
            column.padded += usize::from(cell.starts_with(char::is_whitespace));
            match value(cell, self.comma) {
                Some(Value::Unknown) => column.unknowns += 1,
                Some(said) => {
                    column.flags += usize::from(said.is_flag());
                    column.bits += usize::from(matches!(said, Value::There | Value::Not | Value::Minus));
                    column.numbers += 1;
                }
                None => {
                    let picture = is_picture_name(Path::new(cell.trim()));
                    column.pictures += usize::from(picture);
                    column.bar |= cell.contains('|');
                    column.semicolon |= cell.contains(';');
                    if !picture {
                        column.texts.get_or_insert_default().add(cell);
                    }
                }
            }
            column.splits += usize::from(column.said.split && split(cell, column.said.partition).is_some());
            if let Some(seen) = column
                .seen
                .as_mut()
                .filter(|seen| seen.len() < REPEATS && !column.repeats)
            {
                let mut hasher = DefaultHasher::new();
                cell.hash(&mut hasher);
                column.repeats = !seen.insert(hasher.finish());
            }
        }
    }

    /// Whether blanks stand behind the delimiters, and are none of the names'.
    pub fn padded(&self) -> bool {
        let mut behind = self.columns.iter().skip(1).peekable();
        let named = behind.peek().is_some() && behind.all(|c| c.unnamed || c.name.starts_with(char::is_whitespace));
        let behind = || self.columns.iter().skip(1);
        named && behind().any(|c| c.cells > 0) && behind().all(|c| c.padded == c.cells)
    }
}

/// The split that a cell names; inner `None`: none. Outer `None`: it names none that is known. `numbers`: 0, 1 and 2 are training,
/// validation and test, as in CelebA's partition.
pub(crate) fn split(cell: &str, numbers: bool) -> Option<Option<Split>> {
    let number = cell.trim().parse::<usize>().ok().filter(|_| numbers);
    if let Some(split) = number.and_then(|number| Split::ALL.get(number)) {
        return Some(Some(*split));
    }
    match cell.trim().to_ascii_lowercase().as_str() {
        "" | "none" | "-" | "?" | "nan" | "na" | "n/a" => Some(None),
        word => Split::of_name(word).map(Some),
    }
}
