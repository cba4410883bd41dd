//! A picture that is tagged.

use crate::app::model::order::log_odds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Boxes in pixels of the picture as shown, each with its similarity, best first.
pub type Patches = Vec<([f32; 4], f32)>;

/// Where a picture stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody has looked at it yet.
    Waiting,
    /// It has its probabilities.
    Tagged,
    /// It cannot be read, and why.
    Failed(String),
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The file.
    pub path: PathBuf,
    /// Its name for people.
    pub name: String,
    /// Its key among the textures.
    pub key: i64,
    /// Where it stands.
    pub standing: Standing,
    /// Width and height as shown, in pixels; 0 before it was read.
    pub size: [u32; 2],
    /// Of each label of the tagger; of one that is not calibrated a value that only orders pictures.
    pub probability: Box<[f32]>,
    /// Patches of the labels that are probable, by column.
    pub patches: Vec<(usize, Patches)>,
    /// What a person said: label, and whether it is there.
    pub edits: Vec<(String, bool)>,
    /// Keywords that the picture has from other programs.
    pub carries: Vec<String>,
}

/// A label of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// Its name.
    pub label: &'a str,
    /// How sure the tagger is.
    pub sure: Sure,
    /// Its column, where the tagger knows it.
    pub column: Option<usize>,
}

/// How sure it is that a picture has a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sure {
    /// A person said so.
    ByHand,
    /// A probability.
    Probability(f32),
    /// A value that orders pictures, and where it lies among those of the other pictures, from 0 to 1.
    Order(f32, f32),
}

impl Given<'_> {
    /// Whether a person gave it.
    pub fn by_hand(&self) -> bool {
        self.sure == Sure::ByHand
    }

    /// What is written of it: no probability where a person gave it.
    pub fn written(&self) -> Option<f32> {
        match self.sure {
            Sure::ByHand => None,
            Sure::Probability(p) => Some(p),
            Sure::Order(value, _) => Some(crate::explain::probability(log_odds(value))),
        }
    }

    /// What orders the labels of a picture: what a person gave first.
    pub fn rank(&self) -> f32 {
        match self.sure {
            Sure::ByHand => 2.0,
            Sure::Probability(value) | Sure::Order(_, value) => value,
        }
    }
}

/// Pictures by label: of each column of the tagger, and of labels that only people gave.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub columns: Vec<usize>,
    pub free: BTreeMap<String, usize>,
}

/// Whether a path is text: jobs are told in JSON, which has no letters for others.
pub fn is_text(path: &Path) -> bool {
    path.to_str().is_some()
}

/// A picture's key among the textures: negative, so that it is no picture of a project.
pub fn key_of(path: &Path) -> i64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    -1 - (hasher.finish() >> 2) as i64
}
