//! An open project: its folders, its settings, and how the other files of this room read and write the database.

use super::error::{ProjectError, Result};
use super::{backup, open};
use crate::support::disk;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The database's name in a project's folder.
pub(super) const DATABASE: &str = "project.db";

/// A project that is open: by one program for writing, by any number for reading. Every method fails where the
/// database cannot be read or written; what else can go wrong, its `# Errors` say.
#[derive(Debug)]
pub struct Project {
    // Before the lock, so that the database is closed before another program may write.
    pub(super) db: Connection,
    /// The right to write; where the project was opened for reading on a full disk, a share in it that keeps writers away, else none.
    pub(super) lock: Option<File>,
    /// Whether changes are allowed: with the lock, or beside a program that holds it and agrees.
    pub(super) writable: bool,
    pub(super) folder: PathBuf,
    pub(super) notices: Vec<String>,
}

/// Why a transaction is given up.
pub(super) enum Stop {
    Sql(rusqlite::Error),
    Project(ProjectError),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<ProjectError> for Stop {
    fn from(error: ProjectError) -> Self {
        Self::Project(error)
    }
}

impl Project {
    /// Makes a new, empty project at `path` and opens it for writing. Missing parent folders are made as well; a
    /// failure leaves nothing behind.
    ///
    /// # Errors
    /// Where the place is taken or cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        open::create(path)
    }

    /// As [`Self::create`], for a project that is to be filled at once: until [`Self::complete`], or until somebody opens it for
    /// writing, the next `begin` or `create` there replaces it, so that a killed import leaves nothing in the way.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn begin(path: &Path) -> Result<Self> {
        open::begin(path)
    }

    /// Marks a project that was begun as complete.
    ///
    /// # Errors
    /// The mark cannot be removed.
    pub fn complete(&self) -> Result<()> {
        open::complete(&self.folder)
    }

    /// Opens a project for writing; brings an older database up to date, after a backup.
    ///
    /// # Errors
    /// Where there is no project, another program has it open for writing, it is damaged or newer than this program.
    pub fn open(path: &Path) -> Result<Self> {
        open::for_writing(path, true)
    }

    /// Opens a project for writing beside a program that holds the lock and shares it: a worker of a window. The database keeps
    /// their changes apart.
    ///
    /// # Errors
    /// As [`Self::open`], but for the lock; and where the database is of an older format.
    pub fn open_shared(path: &Path) -> Result<Self> {
        open::for_writing(path, false)
    }

    /// Opens a project for reading, also beside a program that writes it and on a disk that cannot be written.
    ///
    /// # Errors
    /// Where there is no project, it is damaged, or it has another format than this program's.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        open::for_reading(path)
    }

    /// Replaces a damaged database with its newest usable backup, whose path is returned. The damaged file is kept
    /// beside it.
    ///
    /// # Errors
    /// Where there is no project or no usable backup, another program has it open, or the folder cannot be written.
    pub fn restore_backup(path: &Path) -> Result<PathBuf> {
        let folder = open::locate(path)?;
        let _lock = open::take_lock(&folder, &mut Vec::new())?;
        backup::restore(&folder)
    }

    /// The project's folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where cached features go.
    pub fn features_folder(&self) -> PathBuf {
        self.folder.join("features")
    }

    /// Where a run's files go.
    pub fn run_folder(&self, id: &str) -> PathBuf {
        self.folder.join("runs").join(id)
    }

    /// What the user should know about how the project was opened.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Whether this value holds the right to write: no other program changes the project while it lives.
    pub fn holds_lock(&self) -> bool {
        self.writable && self.lock.is_some()
    }

    /// Whether this program may change it.
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// A setting of the project.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|db| {
            db.prepare_cached("SELECT value FROM settings WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()
        })
    }

    /// Stores a setting of the project.
    pub fn set_setting(&mut self, key: &str, value: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                params![key, value],
            )?;
            Ok(())
        })
    }

    /// Reads the database.
    pub(super) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.db).map_err(|error| failed(&self.folder, error))
    }

    /// Changes the database: all of `change` or nothing. When it returns, the change is on the disk.
    pub(super) fn write<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> std::result::Result<T, Stop>,
    ) -> Result<T> {
        if !self.writable {
            return Err(ProjectError::ReadOnly {
                path: self.folder.join(DATABASE),
            });
        }
        let folder = &self.folder;
        let done = (|| {
            let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })();
        done.map_err(|stop| match stop {
            Stop::Sql(error) => failed(folder, error),
            Stop::Project(error) => error,
        })
    }
}

/// Sorts an error of the database by what the user can do about it.
pub(super) fn failed(folder: &Path, source: rusqlite::Error) -> ProjectError {
    let path = folder.join(DATABASE);
    let code = source.sqlite_error_code();
    // Where there is no room even for the files beside the database, SQLite knows only that something could not be done.
    let undone = matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen));
    if code == Some(ErrorCode::DiskFull) || (undone && disk::is_full(folder)) {
        return ProjectError::Full {
            free: disk::free(folder),
            path,
        };
    }
    match code {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ProjectError::Corrupt {
            path,
            backup: backup::newest(folder),
            detail: source.to_string(),
        },
        Some(ErrorCode::ReadOnly) => ProjectError::ReadOnly { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ProjectError::Busy { path },
        _ => ProjectError::Database { path, source },
    }
}

/// Unix seconds.
pub(super) fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64)
}
