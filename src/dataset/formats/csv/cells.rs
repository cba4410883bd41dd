//! What stands in a cell of labels: names between separators, or a list as programs write it.

use std::collections::{HashMap, HashSet};

/// Distinct cells that are kept to tell a separator.
const CELLS: usize = 2000;
/// From so many distinct cells on, the words in them must be fewer.
const ENOUGH: usize = 20;
/// Words of a cell that is rather a sentence.
const SENTENCE: usize = 5;

/// The texts of a column.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    distinct: Vec<String>,
    seen: HashSet<String>,
    /// Cells in all.
    cells: usize,
    /// Of these: lists.
    lists: usize,
    /// Of these: lists of nothing but numbers, such as `[1, 0, 0]`.
    vectors: usize,
}

impl Texts {
    pub(crate) fn add(&mut self, cell: &str) {
        self.cells += 1;
        if looks_like_list(cell) {
            self.lists += 1;
            let numbers = |name: &String| name.trim().parse::<f64>().is_ok();
            self.vectors += usize::from(list(cell).is_some_and(|names| !names.is_empty() && names.iter().all(numbers)));
        }
        if self.distinct.len() < CELLS && !self.seen.contains(cell) {
            self.seen.insert(cell.to_owned());
            self.distinct.push(cell.to_owned());
        }
    }

    /// Whether one of the cells is so.
    pub(crate) fn any(&self, is: fn(&str) -> bool) -> bool {
        self.distinct.iter().any(|cell| is(cell))
    }

    /// Whether the cells are lists.
    pub(crate) fn has_lists(&self) -> bool {
        self.lists > 0 && self.lists * 2 >= self.cells
    }

    /// Whether the cells are lists of numbers: places in an order of labels, no labels.
    pub(crate) fn has_vectors(&self) -> bool {
        self.vectors > 0 && self.vectors * 2 >= self.cells
    }

    /// Whether all cells are class numbers between blanks.
    pub(crate) fn is_numbers(&self) -> bool {
        let digits = |cell: &String| {
            cell.split_whitespace()
                .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
        };
        !self.distinct.is_empty() && self.distinct.iter().all(digits)
    }

    /// Whether the cells are sentences: long, and nearly no two alike.
    pub(crate) fn has_sentences(&self) -> bool {
        let words: usize = self.distinct.iter().map(|cell| cell.split_whitespace().count()).sum();
        !self.distinct.is_empty()
            && words >= SENTENCE * self.distinct.len()
            && self.distinct.len() * 2 > self.cells.min(CELLS)
            && !self.distinct.iter().any(|cell| cell.contains(['|', ';']))
    }

    /// Whether `separator` stands between labels: the parts are met again in other company, so that cells are made of them.
    pub(crate) fn is_separated_by(&self, separator: char) -> bool {
        let parts = |cell: &str| -> Vec<String> {
            let parts = cell.split(separator).map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        let cells: Vec<Vec<String>> = self.distinct.iter().map(|cell| parts(cell)).collect();
        let several = || cells.iter().filter(|parts| parts.len() > 1);
        if several().next().is_none() {
            return false;
        }
        let number = |part: &String| part.bytes().all(|b| b.is_ascii_digit());
        if cells.iter().flatten().all(number) {
            return true;
        }
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for parts in &cells {
            let own: HashSet<&str> = parts.iter().map(String::as_str).collect();
            own.into_iter().for_each(|part| *uses.entry(part).or_default() += 1);
        }
        let shared = |parts: &Vec<String>| parts.iter().any(|part| uses.get(part.as_str()).is_some_and(|n| *n > 1));
        several().all(shared) && (cells.len() < ENOUGH || uses.len() < cells.len())
    }
}

/// Whether a cell begins and ends like a list or record.
pub(crate) fn looks_like_list(cell: &str) -> bool {
    let cell = cell.trim();
    (cell.starts_with('[') && cell.ends_with(']')) || (cell.starts_with('{') && cell.ends_with('}'))
}

/// The names in a cell that is a list: JSON, or as Python prints it; of a record, its choices.
pub(crate) fn list(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim();
    match serde_json::from_str(cell) {
        Ok(value) => names(&value),
        Err(_) => python(cell),
    }
}

fn names(value: &serde_json::Value) -> Option<Vec<String>> {
    use serde_json::Value;
    match value {
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(names(item)?);
            }
            Some(all)
        }
        Value::Object(fields) => fields.get("choices").or_else(|| fields.get("labels")).and_then(names),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Null => Some(Vec::new()),
        Value::Bool(_) => None,
    }
}

/// `['cat', "dog's"]`, or `[cat, dog]`.
fn python(cell: &str) -> Option<Vec<String>> {
    let inner = cell.strip_prefix('[')?.strip_suffix(']')?;
    let mut names = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let (name, after) = match quote {
            Some(quote) => {
                let mut name = String::new();
                let mut escaped = false;
                let mut end = None;
                for (at, c) in rest.char_indices().skip(1) {
                    if escaped {
                        (escaped, name) = (false, name + c.encode_utf8(&mut [0; 4]));
                    } else if c == '\\' {
                        escaped = true;
                    } else if c == quote {
                        end = Some(at + 1);
                        break;
                    } else {
                        name.push(c);
                    }
                }
                (name, rest[end?..].trim_start())
            }
            None => {
                let (name, _) = rest.split_once(',').unwrap_or((rest, ""));
                (name.trim().to_owned(), &rest[name.len()..])
            }
        };
        if !name.is_empty() {
            names.push(name);
        }
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Texts {
        let mut texts = Texts::default();
        cells.iter().for_each(|cell| texts.add(cell));
        texts
    }

    #[test]
    fn a_separator_is_told_by_words_in_other_company() {
        let planet = texts(&["haze primary", "agriculture clear primary water", "clear"]);
        assert!(planet.is_separated_by(' ') && !planet.is_separated_by(','));
        assert!(texts(&["16 0", "7 1 2 0", "5"]).is_separated_by(' '));
        assert!(texts(&["cat, dog", "dog, bird"]).is_separated_by(','));
        assert!(!texts(&["traffic light", "fire hydrant", "dog"]).is_separated_by(' '));
        assert!(!texts(&["cat", "dog"]).is_separated_by(' '));
        let species: Vec<String> = (0..40).map(|i| format!("Genus{} epithet{i}", i / 3)).collect();
        let species: Vec<&str> = species.iter().map(String::as_str).collect();
        assert!(!texts(&species).is_separated_by(' '), "as many words as names");
    }

    #[test]
    fn lists_are_read_as_programs_write_them() {
        let is = |cell: &str, wanted: &[&str]| {
            assert_eq!(
                list(cell).as_deref(),
                Some(&wanted.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..]),
                "{cell}"
            )
        };
        is("[\"cat\", \"big \\\"dog\\\"\"]", &["cat", "big \"dog\""]);
        is("['cat', \"dog's\"]", &["cat", "dog's"]);
        is("['it\\'s']", &["it's"]);
        is("[cat, big dog]", &["cat", "big dog"]);
        is("{\"choices\": [\"a\", \"b\"]}", &["a", "b"]);
        is("[]", &[]);
        is("[3, 4]", &["3", "4"]);
        assert!(
            ["['cat' 'dog']", "['cat", "{x}", "[true]"]
                .iter()
                .all(|cell| list(cell).is_none())
        );
        assert!(texts(&["['N']", "['D']"]).has_lists() && texts(&["[1, 0]", "[0, 1]"]).has_vectors());
    }

    #[test]
    fn sentences_are_no_labels() {
        assert!(texts(&["A dog runs over the wet grass.", "Two people sit at a small table."]).has_sentences());
        assert!(!texts(&["cat", "dog"]).has_sentences());
    }
}
