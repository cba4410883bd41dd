//! Why tags could not be written, in words: where, what was found, and what to do.

use crate::support::disk;
use std::io;
use std::path::{Path, PathBuf};

/// Why tags could not be planned, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaggingError {
    #[error("cannot {action} {}: {}", path.display(), disk::words(path, source))]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A folder, pipe or device stands where a file was expected.
    #[error("{}: not a regular file", path.display())]
    NotAFile { path: PathBuf },
    /// A file stands where a folder was expected.
    #[error("{}: not a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{}: too many files of this name with other content", path.display())]
    NoName { path: PathBuf },
    /// A file without bytes.
    #[error("{}: the file is empty (0 bytes)", path.display())]
    Empty { path: PathBuf },
    #[error("{}: {bytes} bytes are more than a sidecar may have ({limit})", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("{}: the file is read-only", path.display())]
    ReadOnly { path: PathBuf },
    /// A text in an encoding that XMP does not have.
    #[error("{}: {found}; XMP is UTF-8 or UTF-16", path.display())]
    Encoding { path: PathBuf, found: String },
    /// A sidecar that is no well-formed XML, or uses what XMP does not allow.
    #[error("{}, line {line}, column {column}: {problem}", path.display())]
    Xml {
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
        problem: String,
    },
    /// A sidecar with a document type, which could declare entities.
    #[error("{}, line {line}: the file has a document type declaration, which XMP does not allow", path.display())]
    DocumentType {
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    #[error("{} would share the sidecar {} with {}", picture.display(), sidecar.display(), names(others))]
    SharedSidecar {
        picture: PathBuf,
        sidecar: PathBuf,
        others: Vec<PathBuf>,
    },
    #[error("{} is given more than once", picture.display())]
    GivenTwice { picture: PathBuf },
    #[error("{:?} is not the path of a picture", path)]
    NotAPicturePath { path: PathBuf },
    #[error("{what} {name:?} {problem}")]
    Name {
        /// `the label` or `the tagger's name`.
        what: &'static str,
        name: String,
        problem: String,
    },
    #[error("{}: the probability of {label:?} is {found}, not a number from 0 to 1", image.display())]
    Probability { image: PathBuf, label: String, found: f32 },
    #[error("{:?}: the path is not Unicode, so a table cannot name it", path)]
    PathText { path: PathBuf },
    /// The file is another one than when the plan was made.
    #[error("{} has changed since this was planned", path.display())]
    Changed { path: PathBuf },
    /// Something stands where nothing was when the plan was made.
    #[error("{} exists already", path.display())]
    Exists { path: PathBuf },
    /// A merged sidecar that would not read back as planned. Nothing was written.
    #[error("{}: the merged sidecar would not read back as planned: {problem}", path.display())]
    ReadBack { path: PathBuf, problem: String },
}

impl TaggingError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "Check the path; nothing is there.",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::CrossesDevices => {
                "A hard link cannot lead to another disk: copy instead, or choose a folder on the pictures' disk."
            }
            Self::Io { source, .. } if disk::is_lack_of_room(source) => "Free some space, then try again.",
            Self::Io { .. } => "Check that the file and its folder can be written, and the disk.",
            Self::NotAFile { .. } => "Move away what stands in the place of the file.",
            Self::NotAFolder { .. } => "Move the file away, or choose another folder.",
            Self::NoName { .. } => "Choose another folder.",
            Self::Empty { .. } => "Delete the empty file, then a new one can be made.",
            Self::TooLarge { .. } => "Check what this file is; sidecars have some kilobytes.",
            Self::ReadOnly { .. } => "Allow writing to the file, if it should be changed.",
            Self::Encoding { .. } => "Save the file as UTF-8, with the program that made it.",
            Self::Xml { .. } => "Repair the file at that place, or write it again with the program that made it.",
            Self::DocumentType { .. } => "Remove the <!DOCTYPE ..> from the file; no program needs it in a sidecar.",
            Self::SharedSidecar { .. } => {
                "Use sidecars with the whole file name (img.jpg.xmp), or give the pictures different names."
            }
            Self::GivenTwice { .. } => "Name each picture once.",
            Self::NotAPicturePath { .. } => "Give the path of a picture.",
            Self::Name { .. } => "Rename the label.",
            Self::Probability { .. } => "The tagger's output is damaged: tag the picture again.",
            Self::PathText { .. } => "Rename the file or folder with characters of Unicode.",
            Self::Changed { .. } => "Another program wrote it meanwhile: plan again.",
            Self::Exists { .. } => "Another program made it meanwhile: plan again.",
            Self::ReadBack { .. } => "The file is untouched. Please report this with the file.",
        }
    }

    /// A [`TaggingError::Io`] for `path`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn names(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(3).map(|path| path.display().to_string()).collect();
    let more = paths.len().saturating_sub(3);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
