//! Which column is which: as the user says, else by the words of the first line and by what the cells look like.

use super::super::{Columns, TableShape};
use super::cells::Texts;
use super::stats::{Column, Stats};
use super::words::{LabelWord, word};
use crate::dataset::error::DatasetError;
use crate::dataset::model::Warning;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What may stand between labels where the usual `|` and `;` are in their names; the column's name then ends with it.
pub(crate) const SEPARATORS: [char; 10] = ['|', ';', '/', '~', '^', '#', '&', '+', '*', ','];
/// From which score on a label counts.
const THRESHOLD: f64 = 0.5;
/// With so many columns of 1 and 0, a column that is only partly called as labels are is a text beside them.
const MANY_FLAGS: usize = 3;
/// Between the names of several columns of labels, where one name stands for them.
const AND: &str = " + ";

/// What the columns of a table are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapping {
    pub shape: TableShape,
    pub image: usize,
    /// What is added to names of pictures to make those of files.
    pub suffix: String,
    /// The columns of labels of a joined or long table.
    pub labels: Vec<usize>,
    /// A column of labels that are not there.
    pub negatives: Option<usize>,
    /// Columns that belong to a label, with its name.
    pub flags: Vec<(usize, String)>,
    pub score: Option<usize>,
    pub split: Option<usize>,
    /// Splits are 0, 1 and 2.
    pub numbered: bool,
    pub separator: char,
    /// Names between separators are taken as they are; otherwise blanks around them do not count.
    pub exact: bool,
    /// Cells of labels are lists as programs write them.
    pub lists: bool,
    pub threshold: f64,
}

/// The separator that a column's name declares: `labels;`.
fn declared(name: &str) -> Option<char> {
    let mut rest = name.strip_prefix("labels")?.chars();
    rest.next().filter(|c| rest.next().is_none() && SEPARATORS.contains(c))
}

/// The name of the column of labels in which `separator` separates names exactly.
pub(crate) fn declaring(separator: char) -> String {
    format!("labels{separator}")
}

struct Inference<'a> {
    path: &'a Path,
    stats: &'a Stats,
    wanted: &'a Columns,
    padded: bool,
}

/// Tells the columns of a table apart.
///
/// # Errors
/// With the names of the columns: a wanted one is not there, two have one name, or nothing tells them apart.
pub(crate) fn infer(path: &Path, stats: &Stats, wanted: &Columns) -> Result<(Mapping, Vec<Warning>), DatasetError> {
    let inference = Inference {
        path,
        stats,
        wanted,
        padded: stats.padded(),
    };
    inference.unique()?;
    let image = inference.image()?;
    let split = inference.split(image)?;
    let negatives = inference.negatives()?;
    let known = [Some(image), split, negatives];
    let others: Vec<usize> = (0..stats.columns.len())
        .filter(|i| !known.contains(&Some(*i)))
        .collect();
    let mapping = inference.mapping(image, split, negatives, &others)?;
    let warnings = inference.warnings(&mapping, &others);
    Ok((mapping, warnings))
}

impl Inference<'_> {
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
            let rank = column.said.image.filter(|_| !column.unnamed);
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
            *i != image && column.has_splits() && column.said.split
        };
        Ok((0..self.stats.columns.len()).find(is))
    }

    fn negatives(&self) -> Result<Option<usize>, DatasetError> {
        if let Some(i) = self.wanted(&self.wanted.negatives)? {
            return Ok(Some(i));
        }
        let is = |i: &usize| self.column(*i).said.negatives && !self.column(*i).has_flags();
        Ok((0..self.stats.columns.len()).find(is))
    }

    /// The columns of labels that the user named.
    fn named(&self) -> Result<Vec<usize>, DatasetError> {
        let Some(name) = &self.wanted.labels else {
            return Ok(Vec::new());
        };
        let whole = self.wanted(&self.wanted.labels);
        match whole {
            Err(_) if name.contains(AND) => {
                let each = name.split(AND).map(|name| self.wanted(&Some(name.to_owned())));
                Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            whole => Ok(whole?.into_iter().collect()),
        }
    }

    /// Row numbers are no labels.
    fn is_row_number(&self, i: usize) -> bool {
        i == 0 && ["index", "id"].contains(&word(&self.column(i).name).as_str())
    }

    /// Columns that may belong to a label each: of 1, 0 and nothing, or of fractions where no other column is of 1 and 0.
    fn flags(&self, others: &[usize], score: Option<usize>) -> Vec<usize> {
        let can = |i: &&usize| {
            let column = self.column(**i);
            let says = !column.unnamed && !self.is_row_number(**i) && Some(**i) != score;
            let empty = column.cells == column.unknowns;
            says && column.has_flags() && !column.said.never && (!empty || column.texts.is_none())
        };
        let all: Vec<usize> = others.iter().filter(can).copied().collect();
        let bits = all.iter().any(|i| self.column(*i).only_bits());
        let measures = |i: &usize| {
            let column = self.column(*i);
            column.bits == 0 && column.cells > column.unknowns && (bits || column.said.measure)
        };
        all.into_iter().filter(|i| !measures(i)).collect()
    }

    /// Columns of labels by their names, the surest only; several are all of labels if they hold words.
    fn by_word(&self, others: &[usize], flags: usize) -> Vec<usize> {
        let word_of = |i: usize| {
            let column = self.column(i);
            let vector = column.texts.as_ref().is_some_and(|texts| texts.has_vectors());
            let word = declared(&column.name).map(|_| LabelWord::Wholly { many: true });
            word.or(column.said.label).filter(|_| !vector)
        };
        let found: Vec<(usize, LabelWord)> = others.iter().filter_map(|i| Some((*i, word_of(*i)?))).collect();
        let wholly = |word: &LabelWord| matches!(word, LabelWord::Wholly { .. });
        let some_wholly = found.iter().any(|(_, word)| wholly(word));
        if !some_wholly && flags >= MANY_FLAGS {
            return Vec::new();
        }
        let texts = |i: usize| !self.column(i).only_numbers();
        let some_texts = found.iter().any(|(i, _)| texts(*i));
        let told = found.iter().filter(|(i, word)| {
            // `label` beside `label_2` are two; `labels` beside `Left-Diagnostic Keywords` is one.
            (wholly(word) || !some_wholly || flags < MANY_FLAGS) && (texts(*i) || !some_texts)
        });
        let told: Vec<usize> = told.map(|(i, _)| *i).collect();
        // A declared separator is that of our own tables, which have one column of labels; numbers are told by the first alone.
        if !some_texts || told.first().is_some_and(|i| declared(&self.column(*i).name).is_some()) {
            return told.into_iter().take(1).collect();
        }
        told
    }

    /// The only column that is left, if it holds words.
    fn only(&self, others: &[usize], score: Option<usize>) -> Option<usize> {
        let mut left = others
            .iter()
            .copied()
            .filter(|i| Some(*i) != score && !self.is_row_number(*i));
        let only = left.next().filter(|_| left.next().is_none())?;
        (!self.column(only).only_numbers() && !self.column(only).said.never).then_some(only)
    }

    /// The columns of labels; none where each label has its own.
    fn columns(&self, others: &[usize], score: Option<usize>) -> Result<Vec<usize>, DatasetError> {
        let named = self.named()?;
        let flags = self.flags(others, score);
        let by_word = || self.by_word(others, flags.len());
        let some = |columns: Vec<usize>| (!columns.is_empty()).then_some(columns);
        let only = || self.only(others, score).map(|only| vec![only]);
        Ok(match self.wanted.shape {
            Some(TableShape::Wide) => Vec::new(),
            Some(_) => some(named)
                .or_else(|| some(by_word()))
                .or_else(only)
                .ok_or_else(|| self.error("no column is one of labels"))?,
            None if !named.is_empty() => named,
            None => match &by_word()[..] {
                // A label may itself be called "label".
                columns if columns.iter().all(|i| self.column(*i).only_flags()) && flags.len() > columns.len() => {
                    Vec::new()
                }
                columns @ [_, ..] => columns.to_vec(),
                [] if !flags.is_empty() || !self.flags(others, None).is_empty() => Vec::new(),
                [] if others
                    .iter()
                    .all(|i| self.column(*i).unnamed && self.column(*i).cells == 0) =>
                {
                    Vec::new()
                }
                [] => only().ok_or_else(|| self.error("nothing tells which column has the labels"))?,
            },
        })
    }

    fn mapping(
        &self,
        image: usize,
        split: Option<usize>,
        negatives: Option<usize>,
        others: &[usize],
    ) -> Result<Mapping, DatasetError> {
        let wanted = self.wanted;
        let scores = |i: &&usize| self.column(**i).said.score && self.column(**i).has_numbers();
        let named = self.named()?;
        let score = match self.wanted(&wanted.score)? {
            Some(score) => Some(score),
            None => others.iter().find(scores).copied().filter(|i| !named.contains(i)),
        };
        let columns = self.columns(others, score)?;
        let mut mapping = Mapping {
            shape: TableShape::Wide,
            image,
            suffix: wanted.suffix.clone().unwrap_or_default(),
            labels: columns,
            negatives,
            flags: Vec::new(),
            score: None,
            split,
            numbered: split.is_some_and(|i| self.column(i).said.partition),
            separator: '|',
            exact: false,
            lists: false,
            threshold: wanted.threshold.unwrap_or(THRESHOLD),
        };
        let Some(first) = mapping.labels.first().copied() else {
            let flags = self.flags(others, None);
            mapping.flags = flags.into_iter().map(|i| (i, self.name(i))).collect();
            let asked = self.stats.headless || wanted.shape.is_some();
            if asked && mapping.flags.is_empty() && !others.is_empty() {
                return Err(self.error("labels are named by their columns, but no column of 1 and 0 has a name"));
            }
            return Ok(mapping);
        };
        self.captions(&mapping.labels)?;
        let about = self.column(first);
        let many = about.said.label.is_some_and(LabelWord::many);
        let declared = declared(&about.name);
        let told = self.separator(&mapping.labels, many);
        mapping.separator = wanted.separator.or(declared).or(told).unwrap_or('|');
        mapping.exact = declared.is_some();
        let texts = || mapping.labels.iter().filter_map(|i| self.column(*i).texts.as_ref());
        mapping.lists = !mapping.exact && wanted.separator.is_none() && texts().any(|texts| texts.has_lists());
        mapping.shape = match wanted.shape {
            Some(shape) => shape,
            None if wanted.separator.is_some() || declared.is_some() || mapping.lists => TableShape::Joined,
            None if score.is_some() => TableShape::Long,
            None if many => TableShape::Joined,
            None if self.column(image).repeats => TableShape::Long,
            None if told.is_some() || negatives.is_some() || mapping.labels.len() > 1 => TableShape::Joined,
            None => TableShape::Long,
        };
        let labels = &mapping.labels;
        mapping.score = score.filter(|i| mapping.shape == TableShape::Long && !labels.contains(i));
        Ok(mapping)
    }

    /// Sentences about pictures are refused where nothing but their column could be one of labels.
    fn captions(&self, columns: &[usize]) -> Result<(), DatasetError> {
        let chosen = self.wanted.labels.is_some() || self.wanted.shape.is_some() || self.wanted.separator.is_some();
        let sentences = |i: &usize| {
            let column = self.column(*i);
            let texts = column.texts.as_ref().is_some_and(|texts| texts.has_sentences());
            texts && column.said.label.is_none()
        };
        match columns.iter().find(|i| !chosen && (sentences(i) || self.column(**i).said.caption)) {
            Some(column) => Err(self.error(format!(
                "the column \"{}\" has captions, and captions are no labels; say which column has the labels, if one does",
                self.name(*column)
            ))),
            None => Ok(()),
        }
    }

    /// What stands between the labels of a cell, as far as the cells tell.
    fn separator(&self, columns: &[usize], many: bool) -> Option<char> {
        let about = || columns.iter().map(|i| self.column(*i));
        if about().any(|column| column.bar) {
            return Some('|');
        }
        if about().any(|column| column.semicolon) {
            return Some(';');
        }
        let texts = || about().filter_map(|column| column.texts.as_deref());
        let numbers = |texts: &Texts| texts.is_numbers();
        if texts().any(Texts::has_lists) {
            return None;
        }
        let told = |separator: char| texts().any(|texts| texts.is_separated_by(separator));
        [',', ' ']
            .into_iter()
            .find(|c| (many || texts().all(numbers)) && told(*c))
    }

    /// What the user should know of how the columns were taken.
    fn warnings(&self, mapping: &Mapping, others: &[usize]) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.stats.headless {
            let text = "the first line names no columns; it was taken for the first picture";
            warnings.push(Warning::new("no-header", text));
        }
        let mut taken: HashSet<usize> = mapping.flags.iter().map(|(flag, _)| *flag).collect();
        taken.extend(mapping.labels.iter().chain(&mapping.score));
        let ignored: Vec<usize> = others.iter().copied().filter(|i| !taken.contains(i)).collect();
        let named: Vec<usize> = ignored
            .iter()
            .copied()
            .filter(|i| !self.column(*i).unnamed || self.column(*i).cells > 0)
            .collect();
        if !named.is_empty() {
            let names: Vec<String> = named.iter().take(SHOWN).map(|i| self.name(*i)).collect();
            let more = if named.len() > SHOWN { ", .." } else { "" };
            let text = format!("{} columns were left out: {}{more}", named.len(), names.join(", "));
            warnings.push(Warning::new("columns-ignored", text));
        }
        if let Some(other) = named.iter().find(|i| self.column(**i).has_pictures()) {
            let text = format!(
                "the column {} has names of pictures, too; those of {} were taken (--column image=.. takes others)",
                self.name(*other),
                self.name(mapping.image)
            );
            warnings.push(Warning::new("pictures-ignored", text));
        }
        if mapping.labels.len() > 1 {
            let names: Vec<String> = mapping.labels.iter().map(|i| self.name(*i)).collect();
            let text = format!("labels were taken from {} columns: {}", names.len(), names.join(AND));
            warnings.push(Warning::new("label-columns", text));
        }
        if mapping.shape == TableShape::Joined
            && [' ', ','].contains(&mapping.separator)
            && self.wanted.separator.is_none()
        {
            let what = if mapping.separator == ' ' { "blanks" } else { "commas" };
            let text = format!("{what} were taken to stand between labels; --separator '|' keeps such names whole");
            warnings.push(Warning::new("separator", text));
        }
        warnings
    }
}

/// Columns that are named in one warning.
const SHOWN: usize = 30;

impl Mapping {
    /// The mapping in the names of the columns.
    pub(crate) fn named(&self, stats: &Stats) -> Columns {
        let padded = stats.padded();
        let name = |i: usize| {
            let name = &stats.columns[i].name;
            if padded { name.trim() } else { name }.to_owned()
        };
        let labels: Vec<String> = self.labels.iter().map(|i| name(*i)).collect();
        Columns {
            shape: Some(self.shape),
            image: Some(name(self.image)),
            labels: (!labels.is_empty()).then(|| labels.join(AND)),
            negatives: self.negatives.map(name),
            score: self.score.map(name),
            split: self.split.map(name),
            separator: (self.shape == TableShape::Joined && !self.lists).then_some(self.separator),
            threshold: (self.shape != TableShape::Joined).then_some(self.threshold),
            suffix: Some(self.suffix.clone()).filter(|suffix| !suffix.is_empty()),
        }
    }
}
