//! Taggers, and tags on their way out, to where other software reads them: XMP sidecars beside the pictures, tables, and folders.
//!
//! Everything is planned before anything is written: a plan says what would be made, changed or refused, and the write carries
//! out that very plan. Pictures are never touched.

pub(crate) mod error;
pub(crate) mod folders;
#[cfg(feature = "compute")]
pub(crate) mod hugging_face;
pub(crate) mod label;
pub(crate) mod model;
pub(crate) mod table;
#[cfg(feature = "compute")]
pub(crate) mod tagger;
pub mod xmp;

pub(crate) use error::TaggingError;
pub use model::{Tag, TaggedBy, Tags};

/// Result of this room.
pub type Result<T> = std::result::Result<T, TaggingError>;
