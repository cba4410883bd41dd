//! Taggers: the file that gives labels to pictures.

#[cfg(feature = "compute")]
pub mod hugging_face;
#[cfg(feature = "compute")]
pub mod tagger;
