//! What can go wrong with a project.

use crate::dataset::labels::NameError;
use crate::support::disk;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Result of the project store.
pub type Result<T> = std::result::Result<T, ProjectError>;

/// Why the project store could not do what it was asked.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// A new project was asked for where one is.
    #[error("{} already exists: it is a project", path.display())]
    AlreadyProject { path: PathBuf },
    /// A new project was asked for where something else is.
    #[error("{} already exists and is not an empty folder", path.display())]
    Taken { path: PathBuf },
    #[error("there is no project at {}", path.display())]
    NotFound { path: PathBuf },
    #[error("{} is not a Patchlight project", path.display())]
    NotAProject { path: PathBuf },
    #[error("{} is open in another window or program", path.display())]
    Locked { path: PathBuf },
    #[error("{} was made by a newer Patchlight: its format is {found}, this program knows up to {known}", path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    /// The database must be brought up to date first, which reading alone may not do.
    #[error("{} has the older format {found}; this program uses {known}", path.display())]
    Older { path: PathBuf, found: u32, known: u32 },
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        path: PathBuf,
        /// The newest copy of it, where there is one.
        backup: Option<PathBuf>,
        detail: String,
    },
    #[error("{} holds no usable backup", path.display())]
    NoBackup { path: PathBuf },
    #[error("no permission to {action} {}: {source}", path.display())]
    Permission {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("disk full: {} cannot be written{}", path.display(), disk::left(*free))]
    Full {
        path: PathBuf,
        /// Bytes that are free on its disk, where that is known.
        free: Option<u64>,
    },
    /// A database that this program did not make, or that somebody added to.
    #[error("{} is not as this program makes it: {difference}", path.display())]
    Foreign { path: PathBuf, difference: String },
    /// A change was asked of a project that was opened for reading.
    #[error("{} is open for reading only", path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} is busy: another program works on it", path.display())]
    Busy { path: PathBuf },
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{}: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("cannot read the picture {}: {source}", path.display())]
    Picture { path: PathBuf, source: io::Error },
    #[error("the project has no picture {id}")]
    NoPicture { id: i64 },
    #[error("the project has no label {id}")]
    NoLabel { id: i64 },
    #[error("the project already has a label {name:?}")]
    LabelExists { name: String },
    #[error("{name:?} cannot name a label: {problem}")]
    LabelName { name: String, problem: NameError },
    #[error("the label {name:?} cannot be moved below {parent:?}, which is itself or lies below it")]
    LabelBelowItself { name: String, parent: String },
    #[error("the label {id} cannot be merged into itself")]
    SameLabel { id: i64 },
    #[error("the project has no split number {id}")]
    NoSplit { id: i64 },
    #[error("the project has no run {id:?}")]
    NoRun { id: String },
    #[error("the project already has a run {id:?}")]
    RunExists { id: String },
    /// A run's id must be usable as a folder's name.
    #[error("{id:?} cannot name a run")]
    RunName { id: String },
    /// A run that is at work cannot go.
    #[error("the run {id:?} is at work")]
    RunAtWork { id: String },
    /// A run that another one goes on from cannot go alone.
    #[error("the run {by:?} goes on from {id:?}")]
    RunNeeded { id: String, by: String },
    #[error("the picture {name:?} of the data refers to label number {label}, but there are {labels}")]
    LabelIndex {
        name: String,
        /// The index, from 0.
        label: usize,
        labels: usize,
    },
    #[error("stopped before the end; the project is as it was")]
    Cancelled,
}

impl ProjectError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::AlreadyProject { .. } => "Open it, or choose another name for the new project.".to_owned(),
            Self::Taken { .. } => "Choose a name that is not taken, or an empty folder.".to_owned(),
            Self::NotFound { .. } => "Check the path, or make a project with `patchlight project new`.".to_owned(),
            Self::NotAProject { .. } => {
                "A project is a folder with a `project.db`, usually named NAME.patchlight.".to_owned()
            }
            Self::Locked { .. } | Self::Busy { .. } => {
                "Close the other one, or wait until it is done; meanwhile the project can be read, not changed."
                    .to_owned()
            }
            Self::Newer { .. } => "Update Patchlight. Nothing was changed.".to_owned(),
            Self::Older { .. } => "Open it once for writing: that brings it up to date.".to_owned(),
            Self::Corrupt {
                backup: Some(backup), ..
            } => {
                format!(
                    "Restore the newest backup, {}; the damaged file is kept.",
                    backup.display()
                )
            }
            Self::Corrupt { backup: None, .. } => {
                "There is no backup. Restore the file from your own backup, or import the data into a new project."
                    .to_owned()
            }
            Self::NoBackup { .. } => {
                "Restore the database from your own backup, or import the data into a new project.".to_owned()
            }
            Self::Permission { .. } => "Choose another folder, or change its permissions.".to_owned(),
            Self::Full { .. } => "Free some space, then try again. What was saved before is safe.".to_owned(),
            Self::Foreign { .. } => {
                "Nothing in it was run. Restore a backup, or import the data into a new project; do not trust whoever gave it to you."
                    .to_owned()
            }
            Self::ReadOnly { .. } => {
                "Close the other window or program that has it open, then open the project again.".to_owned()
            }
            Self::Io { .. } => "Check that the disk is connected and the path is right.".to_owned(),
            Self::Database { .. } => "Try again; if it stays, restore a backup of the project.".to_owned(),
            Self::Picture { .. } => "Put the picture back where it was, or import the data again.".to_owned(),
            Self::NoPicture { .. } | Self::NoLabel { .. } => {
                "It may have been removed meanwhile: open the project again.".to_owned()
            }
            Self::LabelExists { .. } => "Choose another name, or merge or rename the other label.".to_owned(),
            Self::LabelName { .. } => {
                "Type a name such as `cat`, or `animal/cat` for a label below another.".to_owned()
            }
            Self::LabelBelowItself { .. } => "Choose a place outside it.".to_owned(),
            Self::NoSplit { .. } => "Choose one of the splits that are listed.".to_owned(),
            Self::Cancelled => "Start again when you want to.".to_owned(),
            Self::SameLabel { .. } => "Choose another label to merge into.".to_owned(),
            Self::NoRun { .. } => "`patchlight project info` lists the runs.".to_owned(),
            Self::RunExists { .. } => "Choose another name for the run.".to_owned(),
            Self::RunName { .. } => "Use letters, digits, `-`, `_` and `.` (not first).".to_owned(),
            Self::RunAtWork { .. } => "Stop its training first; what it learned is kept.".to_owned(),
            Self::RunNeeded { .. } => "Delete the training that goes on from it first.".to_owned(),
            Self::LabelIndex { .. } => "The importer is at fault: please report it with the data.".to_owned(),
        }
    }

    /// Sorts an error of the file system by what the user can do about it.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind;
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Permission { action, path, source },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full {
                free: disk::free(&path),
                path,
            },
            _ => Self::Io { action, path, source },
        }
    }
}
