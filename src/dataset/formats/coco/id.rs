//! Values of COCO's records that tools write in several ways.

use crate::dataset::model::Split;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// An id: a number of any size or a text. A text that is a plain whole number equals the number, because tools mix them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Id {
    Number(i128),
    Text(String),
    /// There is none. No record has it.
    None,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::None => f.write_str("none"),
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
pub(crate) enum Bounds {
    /// The record has none.
    #[default]
    None,
    /// Something else than four numbers.
    Bad,
    /// x, y, width, height.
    Given([f64; 4]),
}

/// Reads a box; an empty list is none.
pub(crate) fn bounds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bounds, D::Error> {
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

/// Reads a picture's `split`: our own field. In other files it may be anything, which then says nothing.
pub(crate) fn split<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Split>>, D::Error> {
    struct Word;
    impl<'de> Visitor<'de> for Word {
        type Value = Option<Option<Split>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a split")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Some(None))
        }
        fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
            Ok(Split::of_name(v).map(Some))
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }
    deserializer.deserialize_any(Word)
}
