//! What can go wrong while demo pictures are written.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// A demo set could not be written.
#[derive(Debug, Error)]
pub enum SceneError {
    /// A folder or file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A picture could not be encoded or written.
    #[error("cannot write the picture {path}: {source}", path = path.display())]
    Picture {
        /// The picture.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// The request cannot give a useful set.
    #[error("cannot make a demo set: {what}")]
    Request {
        /// What is wrong with it.
        what: String,
    },
    /// The caller asked to stop.
    #[error("stopped before the demo pictures were complete")]
    Cancelled,
}

impl SceneError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Write { .. } | Self::Picture { .. } => {
                "check that the folder may be written to and that the disk has about 50 MB free"
            }
            Self::Request { .. } => "use the sizes of the full or the quick demo",
            Self::Cancelled => "start again: pictures that are there already are written anew, with the same content",
        }
    }
}
