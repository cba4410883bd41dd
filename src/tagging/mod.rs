//! Taggers, and tags on their way out, to where other software reads them: XMP sidecars beside the pictures, tables, and folders.
//!
//! Everything is planned before anything is written: a plan says what would be made, changed or refused, and the write carries
//! out that very plan. Pictures are never touched.

pub mod error;
pub mod folders;
#[cfg(feature = "compute")]
pub mod hugging_face;
pub mod label;
pub mod model;
pub mod table;
#[cfg(feature = "compute")]
pub mod tagger;
pub mod xmp;

pub use error::TaggingError;
pub use model::{Tag, TaggedBy, Tags};

/// Result of this room.
pub type Result<T> = std::result::Result<T, TaggingError>;
