//! Connections to a project's database: what is set on all of them, and reading where nothing can be written.

use super::store::DATABASE;
use super::{schema, trust};
use crate::support::disk;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
const READ_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Settings of a connection. A project may come from anyone: nothing in its schema is trusted.
pub fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::from_secs(10))?;
    trust::harden(db)?;
    db.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;")
}

/// Connects for reading. A write-ahead log needs files beside the database even for that:
///
/// - Where the disk cannot be written and there is no log with changes to be played back, the database cannot change either, and
///   SQLite may read it without them.
/// - Where the disk is full it could change as soon as somebody frees some space. The lock that comes back keeps writers away for as
///   long as it is held; a log is played back in memory.
pub fn read_only(folder: &Path, lock: &Path) -> rusqlite::Result<(Connection, Option<File>)> {
    let database = folder.join(DATABASE);
    let plain = Connection::open_with_flags(&database, READ_ONLY)
        .and_then(|db| schema::version(&db).and_then(|_| prepare(&db)).map(|()| db));
    let error = match plain {
        Ok(db) => return Ok((db, None)),
        Err(error) => error,
    };
    let code = error.sqlite_error_code();
    let pending = |end: &str| {
        let log = folder.join(format!("{DATABASE}{end}"));
        fs::metadata(log).is_ok_and(|m| m.len() > 0)
    };
    let pending = pending("-wal") || pending("-journal");
    let no_room = matches!(
        code,
        Some(ErrorCode::SystemIoFailure | ErrorCode::DiskFull | ErrorCode::CannotOpen)
    );
    if no_room && disk::is_full(folder) {
        let Ok(held) = keep_writers_away(lock) else {
            return Err(error);
        };
        let db = if pending {
            in_memory_log(&database)
        } else {
            immutable(&database)
        };
        return Ok((db?, held));
    }
    if pending || !matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) {
        return Err(error);
    }
    Ok((immutable(&database)?, None))
}

/// Shares the project's lock with other readers; `Err` where a program writes. No lock where the disk has none.
fn keep_writers_away(lock: &Path) -> Result<Option<File>, ()> {
    let Ok(file) = File::open(lock) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(()),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A database that cannot change: no log, no locks.
fn immutable(database: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(immutable_uri(database), READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?;
    prepare(&db)?;
    Ok(db)
}

/// A database with a log, whose index is kept in memory instead of a file; that wants the database for itself. Nothing is written:
/// not even what is in the log, when the connection ends.
fn in_memory_log(database: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(database, READ_WRITE)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;")?;
    prepare(&db)?;
    schema::version(&db)?;
    Ok(db)
}

/// `file:///..?immutable=1` with every unusual byte escaped.
fn immutable_uri(path: &Path) -> String {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = format!("/{}", path.to_string_lossy().replace('\\', "/")).into_bytes();
    let escape = |byte: &u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b':' => char::from(*byte).to_string(),
        b if b.is_ascii_alphanumeric() => char::from(*b).to_string(),
        b => format!("%{b:02X}"),
    };
    let escaped: String = bytes.iter().map(escape).collect();
    format!("file://{escaped}?immutable=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn uris_escape_what_sqlite_would_read() {
        assert_eq!(
            immutable_uri(Path::new("/a b/50%?#.db")),
            "file:///a%20b/50%25%3F%23.db?immutable=1"
        );
    }

    #[test]
    fn a_database_can_be_read_without_its_companions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?b.db");
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 7)
            .unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let db = Connection::open_with_flags(immutable_uri(&path), flags).unwrap();
        assert_eq!(schema::version(&db).unwrap(), 7);
    }
}
