//! What a tagger said about pictures.

use super::error::TaggingError;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::path::{Path, PathBuf};

/// A label of a picture, and how sure the tagger is. One that a person gave has no probability in what is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Tag {
    /// The label's name; `/` separates the levels of a hierarchy.
    pub label: String,
    /// Probability, 0 to 1; 1 where a person gave it.
    #[serde(default = "certain")]
    pub probability: f32,
    /// Whether a person gave it.
    #[serde(default)]
    pub by_hand: bool,
}

/// Who gave a label that no tagger gave.
pub const BY_HAND: &str = "by hand";

fn certain() -> f32 {
    1.0
}

impl Tag {
    /// A label with a tagger's probability.
    pub fn by_tagger(label: impl Into<String>, probability: f32) -> Self {
        Self {
            label: label.into(),
            probability,
            by_hand: false,
        }
    }

    /// A label with its probability, or without one where a person gave it.
    pub fn new(label: impl Into<String>, probability: Option<f32>) -> Self {
        Self {
            label: label.into(),
            probability: probability.unwrap_or_else(certain),
            by_hand: probability.is_none(),
        }
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tag = serializer.serialize_struct("Tag", 2)?;
        tag.serialize_field("label", &self.label)?;
        if self.by_hand {
            tag.serialize_field("by_hand", &true)?;
        } else {
            tag.serialize_field("probability", &self.probability)?;
        }
        tag.end()
    }
}

/// A picture and its tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// The picture.
    pub image: PathBuf,
    /// Its tags, in the order they are written.
    pub tags: Vec<Tag>,
}

/// Who gave the tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaggedBy {
    /// Name of the tagger, not empty.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

impl Tags {
    /// Refuses probabilities that are not numbers from 0 to 1.
    pub(super) fn check(&self) -> Result<(), TaggingError> {
        match self.tags.iter().find(|tag| !(0.0..=1.0).contains(&tag.probability)) {
            Some(tag) => Err(TaggingError::Probability {
                image: self.image.clone(),
                label: tag.label.clone(),
                found: tag.probability,
            }),
            None => Ok(()),
        }
    }
}

/// A path as text for a table, with `/` between folders on every system.
pub(super) fn path_text(path: &Path) -> Result<String, TaggingError> {
    let text = path
        .to_str()
        .ok_or_else(|| TaggingError::PathText { path: path.to_owned() })?;
    Ok(if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    })
}
