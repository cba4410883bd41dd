//! What can go wrong with a project.

use crate::dataset::labels::NameError;
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
    AlreadyProject {
        /// The folder.
        path: PathBuf,
    },
    /// A new project was asked for where something else is.
    #[error("{} already exists and is not an empty folder", path.display())]
    Taken {
        /// The file or folder.
        path: PathBuf,
    },
    /// There is nothing at this path.
    #[error("there is no project at {}", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// There is something else at this path.
    #[error("{} is not a Patchlight project", path.display())]
    NotAProject {
        /// The path.
        path: PathBuf,
    },
    /// Another program has the project open for writing.
    #[error("{} is open in another window or program", path.display())]
    Locked {
        /// The project's folder.
        path: PathBuf,
    },
    /// A newer program made the database.
    #[error("{} was made by a newer Patchlight: its format is {found}, this program knows up to {known}", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The database must be brought up to date first, which reading alone may not do.
    #[error("{} has the older format {found}; this program uses {known}", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// What this program uses.
        known: u32,
    },
    /// The database is damaged.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// The newest copy of it, where there is one.
        backup: Option<PathBuf>,
        /// What SQLite says.
        detail: String,
    },
    /// There is no usable copy of the database.
    #[error("{} holds no usable backup", path.display())]
    NoBackup {
        /// The folder of backups.
        path: PathBuf,
    },
    /// The system refuses access.
    #[error("no permission to {action} {}: {source}", path.display())]
    Permission {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The disk is full.
    #[error("the disk that holds {} is full", path.display())]
    Full {
        /// The file or folder.
        path: PathBuf,
    },
    /// A change was asked of a project that was opened for reading.
    #[error("{} is open for reading only", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// Another program keeps the database busy.
    #[error("{} is busy: another program works on it", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// Any other error of the file system.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Any other error of the database.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// A picture cannot be read.
    #[error("cannot read the picture {}: {source}", path.display())]
    Picture {
        /// The picture.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// No picture has this id.
    #[error("the project has no picture {id}")]
    NoPicture {
        /// The id.
        id: i64,
    },
    /// No label has this id.
    #[error("the project has no label {id}")]
    NoLabel {
        /// The id.
        id: i64,
    },
    /// A label of this name exists.
    #[error("the project already has a label {name:?}")]
    LabelExists {
        /// The name.
        name: String,
    },
    /// A label cannot be called so.
    #[error("{name:?} cannot name a label: {problem}")]
    LabelName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameError,
    },
    /// A label cannot lie below itself.
    #[error("the label {name:?} cannot be moved below {parent:?}, which is itself or lies below it")]
    LabelBelowItself {
        /// The label.
        name: String,
        /// Where it should go.
        parent: String,
    },
    /// A label cannot be merged into itself.
    #[error("the label {id} cannot be merged into itself")]
    SameLabel {
        /// The id.
        id: i64,
    },
    /// No split that was made has this id.
    #[error("the project has no split number {id}")]
    NoSplit {
        /// The id.
        id: i64,
    },
    /// No run has this id.
    #[error("the project has no run {id:?}")]
    NoRun {
        /// The id.
        id: String,
    },
    /// A run of this id exists.
    #[error("the project already has a run {id:?}")]
    RunExists {
        /// The id.
        id: String,
    },
    /// A run's id must be usable as a folder's name.
    #[error("{id:?} cannot name a run")]
    RunName {
        /// The id.
        id: String,
    },
    /// The data to import contradict themselves.
    #[error("the picture {name:?} of the data refers to label number {label}, but there are {labels}")]
    LabelIndex {
        /// The picture.
        name: String,
        /// The index, from 0.
        label: usize,
        /// How many labels the data have.
        labels: usize,
    },
    /// The user stopped it.
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
            Self::LabelIndex { .. } => "The importer is at fault: please report it with the data.".to_owned(),
        }
    }

    /// Sorts an error of the file system by what the user can do about it.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind;
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Permission { action, path, source },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { action, path, source },
        }
    }
}
