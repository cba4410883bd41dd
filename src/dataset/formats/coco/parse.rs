//! COCO's JSON, read as a stream into what an import needs; segmentations and the rest are passed over.

use super::lenient::Lenient;
use crate::dataset::error::DatasetError;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// An id: a number of any size or a text. A text that is a plain whole number equals the number, because tools mix them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    Number(i128),
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ids;
        impl Visitor<'_> for Ids {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id (a whole number or a text)")
            }
            fn visit_u64<E>(self, v: u64) -> Result<Id, E> {
                Ok(Id::Number(v.into()))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Id, E> {
                Ok(Id::Number(v.into()))
            }
            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Id, E> {
                if v.fract() == 0.0 && v.abs() < 1e38 {
                    Ok(Id::Number(v as i128))
                } else {
                    Err(E::custom(format!("{v} is no id")))
                }
            }
            fn visit_str<E>(self, v: &str) -> Result<Id, E> {
                let number = v.parse::<i128>().ok().filter(|n| n.to_string() == v);
                Ok(number.map_or_else(|| Id::Text(v.to_owned()), Id::Number))
            }
        }
        deserializer.deserialize_any(Ids)
    }
}

/// A box as written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Bounds {
    /// The record has none.
    #[default]
    None,
    /// Something else than four numbers.
    Bad,
    /// x, y, width, height.
    Given([f64; 4]),
}

fn bounds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bounds, D::Error> {
    struct Numbers;
    impl<'de> Visitor<'de> for Numbers {
        type Value = Bounds;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a box: a list of x, y, width, height")
        }
        fn visit_unit<E>(self) -> Result<Bounds, E> {
            Ok(Bounds::None)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bounds, A::Error> {
            let (mut values, mut count) = ([f64::NAN; 4], 0);
            while count < 4 {
                let Some(value) = seq.next_element::<Option<f64>>()? else {
                    break;
                };
                values[count] = value.unwrap_or(f64::NAN);
                count += 1;
            }
            let mut more = false;
            while seq.next_element::<IgnoredAny>()?.is_some() {
                more = true;
            }
            Ok(match count {
                0 => Bounds::None,
                4 if !more => Bounds::Given(values),
                _ => Bounds::Bad,
            })
        }
    }
    deserializer.deserialize_any(Numbers)
}

#[derive(Debug, Deserialize)]
pub struct Image {
    pub id: Id,
    pub file_name: String,
    #[serde(default)]
    pub width: Option<f64>,
    #[serde(default)]
    pub height: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub struct Annotation {
    #[serde(default)]
    pub id: Option<Id>,
    pub image_id: Id,
    #[serde(default)]
    pub category_id: Option<Id>,
    #[serde(default, deserialize_with = "bounds")]
    pub bbox: Bounds,
}

#[derive(Debug, Deserialize)]
pub struct Category {
    pub id: Id,
    pub name: String,
}

/// A COCO file.
#[derive(Debug, Deserialize)]
pub struct Coco {
    pub images: Vec<Image>,
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    #[serde(default)]
    pub categories: Vec<Category>,
}

/// Reads a file as a stream. Memory is bounded by the records kept, nesting by the parser's depth limit.
///
/// # Errors
/// With the line, if it is no COCO JSON.
pub fn read(path: &Path) -> Result<Coco, DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(DatasetError::io(path))?;
    let input = Lenient::new(BufReader::with_capacity(1 << 18, file)).map_err(DatasetError::io(path))?;
    serde_json::from_reader(BufReader::with_capacity(1 << 18, input)).map_err(|error| match error.io_error_kind() {
        Some(kind) => DatasetError::Io {
            path: path.to_owned(),
            source: kind.into(),
        },
        None => {
            let problem = format!("no COCO annotations: {error}");
            DatasetError::Parse {
                path: path.to_owned(),
                line: Some(error.line()),
                problem,
            }
        }
    })
}
