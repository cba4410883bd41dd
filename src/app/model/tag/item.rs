//! A picture that is tagged.

use std::path::{Path, PathBuf};

/// Boxes in pixels of the picture as shown, each with its similarity, best first.
pub type Patches = Vec<([f32; 4], f32)>;

/// Where a picture stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nobody has looked at it yet.
    Waiting,
    /// It has its probabilities.
    Tagged,
    /// It cannot be read, and why.
    Failed(String),
}

/// A picture.
#[derive(Clone, Debug)]
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
    /// Of each label of the tagger.
    pub probability: Box<[f32]>,
    /// Patches of the labels that are probable, by column.
    pub patches: Vec<(usize, Patches)>,
    /// What a person said: label, and whether it is there.
    pub edits: Vec<(String, bool)>,
}

/// A label of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// Its name.
    pub label: &'a str,
    /// Its probability; 1 where a person gave it.
    pub probability: f32,
    /// Its column, where the tagger knows it.
    pub column: Option<usize>,
    /// Whether a person gave it.
    pub by_hand: bool,
}

/// A picture's key among the textures: negative, so that it is no picture of a project.
pub fn key_of(path: &Path) -> i64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    -1 - (hasher.finish() >> 2) as i64
}
