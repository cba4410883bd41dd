//! A list of JSON values, read one by one; what is kept of each has a limit.

use super::super::coco::lenient::Lenient;
use crate::dataset::error::DatasetError;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Bytes that one value of the list may take in memory, about.
const BUDGET: usize = 64 << 20;
/// Bytes that a value takes beside its texts, about.
const NODE: usize = 64;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Lean {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Lean>),
    /// In the file's order.
    Map(Vec<(String, Lean)>),
}

impl Lean {
    /// A text as a value: JSON where it begins like a list or record, else the text itself.
    pub(crate) fn of_cell(cell: &str) -> Self {
        let left = Cell::new(BUDGET);
        let any = Any {
            counted: &[],
            left: &left,
        };
        let text = cell.trim();
        let parsed = text
            .starts_with(['[', '{'])
            .then(|| any.deserialize(&mut serde_json::Deserializer::from_str(text)).ok());
        parsed.flatten().unwrap_or_else(|| Self::Text(cell.to_owned()))
    }

    /// The value at a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|(k, _)| k == key);
        found.map(|(_, value)| value)
    }

    /// Nothing where this is no map.
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Nothing where this is no list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number at a key; not a number where there is none.
    pub fn number(&self, key: &str) -> f64 {
        match self.get(key) {
            Some(Self::Number(number)) => *number,
            Some(Self::Text(text)) => text.trim().parse().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }
}

/// Reads a file that is a list and hands over its values one by one. Of lists under the keys in `counted`, only the length is kept.
///
/// # Errors
/// With the line, if it is no list or a value is too large; or what `take` returns.
pub(crate) fn each(
    path: &Path,
    counted: &[&str],
    take: &mut dyn FnMut(Lean) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(DatasetError::io(path))?;
    let input = Lenient::new(BufReader::with_capacity(1 << 18, file)).map_err(DatasetError::io(path))?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 18, input));
    let mut failure = None;
    let list = List {
        counted,
        take,
        failure: &mut failure,
    };
    let read = json.deserialize_seq(list).and_then(|()| json.end());
    match (failure, read) {
        (Some(failure), _) => Err(failure),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(match error.io_error_kind() {
            Some(kind) => DatasetError::Io {
                path: path.to_owned(),
                source: kind.into(),
            },
            None => DatasetError::Parse {
                path: path.to_owned(),
                line: Some(error.line()),
                problem: format!("no Label Studio export: {error}"),
            },
        }),
    }
}

struct List<'a> {
    counted: &'a [&'a str],
    take: &'a mut dyn FnMut(Lean) -> Result<(), DatasetError>,
    failure: &'a mut Option<DatasetError>,
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tasks")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let left = Cell::new(BUDGET);
            let any = Any {
                counted: self.counted,
                left: &left,
            };
            let Some(value) = seq.next_element_seed(any)? else {
                return Ok(());
            };
            if let Err(error) = (self.take)(value) {
                *self.failure = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Any<'a> {
    counted: &'a [&'a str],
    left: &'a Cell<usize>,
}

impl Any<'_> {
    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(bytes);
        self.left
            .set(left.ok_or_else(|| E::custom(format!("a task is larger than {} MiB", BUDGET >> 20)))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Lean;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Lean, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = Lean;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Lean, E> {
        Ok(Lean::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Lean, E> {
        Ok(Lean::Bool(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Lean, E> {
        Ok(Lean::Number(v as f64))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Lean, E> {
        Ok(Lean::Number(v as f64))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Lean, E> {
        Ok(Lean::Number(v))
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Lean, E> {
        self.spend(v.len())?;
        Ok(Lean::Text(v.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lean, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            self.spend(NODE)?;
            items.push(item);
        }
        Ok(Lean::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lean, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            self.spend(NODE + key.len())?;
            let value = if self.counted.contains(&key.as_str()) {
                Lean::Number(map.next_value::<Count>()?.0 as f64)
            } else {
                map.next_value_seed(self)?
            };
            entries.push((key, value));
        }
        Ok(Lean::Map(entries))
    }
}

/// How many values a list has; anything else has none.
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_str<E>(self, _: &str) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(Items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<Vec<Lean>, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, content).unwrap();
        let mut all = Vec::new();
        each(&file, &["rle"], &mut |value| {
            all.push(value);
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn values_come_one_by_one() {
        let all = read("\u{feff}[{\"a\": [1, \"x\", null, true, NaN], \"rle\": [1, 2, [3]]}, 5]").unwrap();
        assert_eq!((all.len(), all[0].number("rle"), &all[1]), (2, 3.0, &Lean::Number(5.0)));
        let items = all[0].get("a").unwrap().items();
        assert_eq!((items[1].text(), &items[4]), (Some("x"), &Lean::Null));
    }

    #[test]
    fn broken_deep_and_large_files_are_refused() {
        let error = read("[{\"a\": 1},\n{\"a\": }]").unwrap_err();
        assert!(matches!(error, DatasetError::Parse { line: Some(2), .. }), "{error}");
        assert!(
            read("{\"images\": []}")
                .unwrap_err()
                .to_string()
                .contains("a list of tasks")
        );
        assert!(read(&"[".repeat(100_000)).is_err() && read("[1] x").is_err() && read("").is_err());
        let large = format!("[[{}0]]", "0,".repeat(BUDGET / NODE));
        assert!(read(&large).unwrap_err().to_string().contains("64 MiB"));
        let counted = format!("[{{\"rle\": [{}0]}}]", "0,".repeat(BUDGET / NODE));
        assert_eq!(read(&counted).unwrap().len(), 1);
    }
}
