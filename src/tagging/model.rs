//! What a tagger said about pictures.

use super::error::TaggingError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A label of a picture, and how sure the tagger is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// The label's name; `/` separates the levels of a hierarchy.
    pub label: String,
    /// Probability, 0 to 1.
    pub probability: f32,
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
