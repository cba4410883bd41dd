//! Pictures that are to be shown.

use std::path::PathBuf;

/// A picture's texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Its id in the project; negative for a picture of Tag (see [`super::tag::item::key_of`]).
    pub picture: i64,
    /// Whether it is shown large.
    pub large: bool,
}

/// A picture that is to be loaded.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Of the textures; what was wished for an earlier one is not wanted any more.
    pub generation: u64,
    pub key: Key,
    pub path: PathBuf,
    /// The longest side in pixels at most.
    pub side: u32,
}
