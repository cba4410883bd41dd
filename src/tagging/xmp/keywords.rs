//! The three keyword fields, and what a label is in each.

use super::names::{DC, DIGIKAM, LIGHTROOM, is_xml_char};
use crate::tagging::error::TaggingError;
use crate::tagging::label;
use unicode_normalization::UnicodeNormalization;

/// A keyword field.
pub struct Field {
    /// Its namespace.
    pub namespace: &'static str,
    /// The prefix it is written with where the file does not say otherwise.
    pub prefix: &'static str,
    /// Its name.
    pub local: &'static str,
    /// The list it is made as.
    pub container: &'static str,
    /// The name of our own record of what we added to it.
    pub added: &'static str,
}

/// The fields; all arrays of three are in this order.
pub const FIELDS: [Field; 3] = [
    Field {
        namespace: DC,
        prefix: "dc",
        local: "subject",
        container: "Bag",
        added: "addedSubject",
    },
    Field {
        namespace: LIGHTROOM,
        prefix: "lr",
        local: "hierarchicalSubject",
        container: "Bag",
        added: "addedHierarchicalSubject",
    },
    Field {
        namespace: DIGIKAM,
        prefix: "digiKam",
        local: "TagsList",
        container: "Seq",
        added: "addedTagsList",
    },
];

/// Keywords of the three fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords {
    /// `dc:subject`: leaf names.
    pub subject: Vec<String>,
    /// `lr:hierarchicalSubject`: levels joined with `|`.
    pub hierarchical: Vec<String>,
    /// `digiKam:TagsList`: levels joined with `/`.
    pub tags_list: Vec<String>,
}

impl Keywords {
    /// From arrays in the order of [`FIELDS`].
    pub(super) fn from_lists([subject, hierarchical, tags_list]: [Vec<String>; 3]) -> Self {
        Self {
            subject,
            hierarchical,
            tags_list,
        }
    }

    /// Whether no field has any.
    pub fn is_empty(&self) -> bool {
        self.subject.is_empty() && self.hierarchical.is_empty() && self.tags_list.is_empty()
    }
}

/// What two keywords have in common if they are the same to a reader: white space around them does not count, nor
/// whether an accent is a character of its own.
pub fn key(keyword: &str) -> String {
    keyword.trim().nfc().collect()
}

/// A label as it is written: its levels joined with `/`.
///
/// # Errors
/// If it has no level, or holds a character that XML cannot.
pub fn canonical(label: &str) -> Result<String, TaggingError> {
    let levels = label::levels(label);
    let fail = |problem: &str| {
        Err(TaggingError::Name {
            what: "the label",
            name: label.to_owned(),
            problem: problem.to_owned(),
        })
    };
    if levels.is_empty() {
        return fail("has no name");
    }
    match label.chars().find(|c| !is_xml_char(*c)) {
        Some(c) => fail(&format!(
            "holds the character U+{:04X}, which XML cannot hold",
            c as u32
        )),
        None => Ok(levels.join("/")),
    }
}

/// Keywords of labels in the order of [`FIELDS`], each once. A label with `|` in a level has no entry in Lightroom's field, where it would
/// become several levels.
pub fn of_labels<'a>(labels: impl Iterator<Item = &'a str>) -> [Vec<String>; 3] {
    let mut lists: [Vec<String>; 3] = Default::default();
    let mut seen: [std::collections::HashSet<String>; 3] = Default::default();
    for label in labels {
        let levels = label::levels(label);
        let entries = [
            levels.last().map(|leaf| (*leaf).to_owned()),
            (!label.contains('|')).then(|| levels.join("|")),
            Some(levels.join("/")),
        ];
        for ((list, seen), entry) in lists.iter_mut().zip(&mut seen).zip(entries) {
            if let Some(entry) = entry
                && seen.insert(key(&entry))
            {
                list.push(entry);
            }
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_its_own_spelling() {
        let [subject, hierarchical, tags_list] = of_labels(["Animal/Dog", "Pet/Dog", "a|b", "sky"].into_iter());
        assert_eq!(subject, ["Dog", "a|b", "sky"]);
        assert_eq!(hierarchical, ["Animal|Dog", "Pet|Dog", "sky"]);
        assert_eq!(tags_list, ["Animal/Dog", "Pet/Dog", "a|b", "sky"]);
    }

    #[test]
    fn composed_and_decomposed_are_one_keyword() {
        assert_eq!(key("Gru\u{308}n"), key("Gr\u{FC}n "));
        assert_ne!(key("dog"), key("Dog"));
        assert_eq!(of_labels(["Gru\u{308}n", "Gr\u{FC}n"].into_iter())[0].len(), 1);
    }

    #[test]
    fn names_that_xml_cannot_hold_are_refused() {
        assert_eq!(canonical(" Animal /Dog").unwrap(), "Animal/Dog");
        let error = canonical("a\u{1}b").unwrap_err();
        assert!(error.to_string().contains("U+0001"), "{error}");
        assert!(canonical("\u{FFFF}").is_err());
        assert!(canonical(" / ").is_err());
        assert!(canonical("a\tb\nc").is_ok());
    }
}
