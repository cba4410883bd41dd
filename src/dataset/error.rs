//! What can be wrong with pictures, annotations and lists, in words: where, what was found, and what to do.

use crate::support::disk;
use std::io;
use std::path::{Path, PathBuf};

/// Why pictures or annotations could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Reading failed.
    #[error("{}: {}", path.display(), disk::words(path, source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A pipe, device or folder stands where a file was expected.
    #[error("{}: not a regular file", path.display())]
    NotAFile {
        /// What was opened.
        path: PathBuf,
    },
    /// A file without bytes.
    #[error("{}: the file is empty (0 bytes)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file that is something else.
    #[error("{}: {found}, not a picture that can be read (JPEG, PNG, HEIC, GIF, WebP, BMP, TIFF, raw files with a preview)", path.display())]
    NotAPicture {
        /// The file.
        path: PathBuf,
        /// What it is, with an article.
        found: String,
    },
    /// The end of a picture is missing.
    #[error("{}: the picture is truncated: {problem}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What is missing.
        problem: String,
    },
    /// A picture beyond the limits; nothing was allocated for it.
    #[error("{}: {width} x {height} pixels are more than allowed ({limit})", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Width in the file, in pixels.
        width: u32,
        /// Height in the file, in pixels.
        height: u32,
        /// The limit that is exceeded.
        limit: String,
    },
    /// A picture of a kind that is known but not handled.
    #[error("{}: {what} is not supported", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The kind.
        what: String,
    },
    /// A damaged picture.
    #[error("{}: the picture cannot be decoded: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        problem: String,
    },
    /// Annotations or a list that cannot be understood.
    #[error("{}: {problem}", place(path, *line))]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What was expected and found.
        problem: String,
    },
    /// More annotation files than a few cannot be read.
    #[error("{}: {} of {files} annotation files cannot be read: {}", path.display(), bad.len(), listed(bad))]
    ManyUnreadable {
        /// The data.
        path: PathBuf,
        /// How many annotation files there are.
        files: usize,
        /// Those that cannot be read, each with what is wrong.
        bad: Vec<String>,
    },
    /// All pictures that are named could be several.
    #[error("{}: no picture can be told: {problem}", path.display())]
    Ambiguous {
        /// The data.
        path: PathBuf,
        /// What could be what.
        problem: String,
    },
    /// Two records with one id.
    #[error("{}: {what} id {id} is used twice, by {first} and by {second}", path.display())]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// `image` or `category`.
        what: &'static str,
        /// The id.
        id: String,
        /// The first record's name.
        first: String,
        /// The second record's name.
        second: String,
    },
    /// Annotations or a folder without any picture.
    #[error("{}: no picture found; looked for {looked_for}", path.display())]
    NoPictures {
        /// The data.
        path: PathBuf,
        /// What would have done, and where.
        looked_for: String,
    },
    /// Pictures, but none that can be read.
    #[error("{}: none of the {count} pictures can be read; the first: {first}", path.display())]
    NoneReadable {
        /// The data.
        path: PathBuf,
        /// How many there are.
        count: usize,
        /// Why the first cannot be read.
        first: String,
    },
    /// Data in which no known format was found, or several sets at once.
    #[error("{}: {problem}", path.display())]
    Layout {
        /// The data.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// A picture that two lists name.
    #[error("{picture} is in two lists, {} and {}", first.display(), second.display())]
    TwoLists {
        /// The picture's name.
        picture: String,
        /// The first list.
        first: PathBuf,
        /// The second list.
        second: PathBuf,
    },
    /// Something that a format has no way to write.
    #[error("{what} cannot be written as {format}: {problem}")]
    Inexpressible {
        /// The format's name for people.
        format: &'static str,
        /// The label or picture.
        what: String,
        /// What stands in the way.
        problem: String,
    },
    /// A place that is taken.
    #[error("{}: something is there already", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// Something at the place of an export that is not replaced, even where that is allowed.
    #[error("{}: this is not replaced: {problem}", path.display())]
    NotReplaced {
        /// The file or folder.
        path: PathBuf,
        /// What would be lost.
        problem: String,
    },
    /// A table whose columns are not understood.
    #[error("{}: {problem}; its columns are: {}", path.display(), listed(columns).replace("; ", ", "))]
    Columns {
        /// The table.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
        /// The names of its columns.
        columns: Vec<String>,
    },
    /// A number out of its range.
    #[error("{problem}")]
    Setting {
        /// What was expected and found.
        problem: String,
    },
    /// The user stopped it.
    #[error("stopped before the end")]
    Cancelled,
}

impl DatasetError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "Check the path; nothing is there.",
            Self::Io { source, .. } if disk::is_lack_of_room(source) => "Free some space, then try again.",
            Self::Io { .. } => "Check that the file can be read, and the disk.",
            Self::NotAFile { .. } => "Give a picture or annotation file itself, not a pipe, device or folder.",
            Self::Empty { .. } => "Copy or download the file again.",
            Self::NotAPicture { .. } => "Leave it out, or convert it to JPEG or PNG.",
            Self::Truncated { .. } => "Copy or download the picture again.",
            Self::TooLarge { .. } => "Scale the picture down, or leave it out.",
            Self::Unsupported { .. } => "Save the picture as an RGB JPEG or PNG.",
            Self::Damaged { .. } => "Open it in a picture viewer and save it again, or leave it out.",
            Self::Parse { .. } => "Correct the file at that place, or write it again with the tool that made it.",
            Self::ManyUnreadable { .. } => "Mend these files or take them out; up to a tenth of them is only listed.",
            Self::Ambiguous { .. } => "Rename one of the files, or write the names with their folders.",
            Self::DuplicateId { .. } => "Give each record an id of its own.",
            Self::NoPictures { .. } => "Name the folder that holds the pictures with --images.",
            Self::NoneReadable { .. } => "Check that these files are pictures and were copied whole.",
            Self::Layout { .. } => "Name the format with --format, or name one annotation file instead of a folder.",
            Self::TwoLists { .. } => "Take the picture out of one of the lists.",
            Self::Inexpressible { .. } => "Rename it, or choose another format; nothing was written.",
            Self::Exists { .. } => "Choose another place, or allow what is there to be replaced.",
            Self::NotReplaced { .. } => "Choose another place.",
            Self::Columns { .. } => "Say which column holds the file names, and which the labels.",
            Self::Setting { .. } => "Correct the number.",
            Self::Cancelled => "Start again when you want to; nothing was kept.",
        }
    }

    /// An [`DatasetError::Io`] for `path`.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

/// The first of several, and how many more there are.
fn listed(all: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    match all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        Some(more) => format!("{}; and {more} more", shown.join("; ")),
        None => shown.join("; "),
    }
}

fn place(path: &Path, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{}, line {line}", path.display()),
        None => path.display().to_string(),
    }
}
