//! Copies of the database: made when a project is opened for writing, at most one a day, and before a new format.

use super::error::{ProjectError, Result};
use super::store::{DATABASE, failed, now};
use crate::support::atomic;
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OpenFlags, ToSql};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// How many copies are kept.
const KEPT: usize = 3;
const DAY: i64 = 24 * 60 * 60;

fn backups(folder: &Path) -> PathBuf {
    folder.join("backup")
}

/// All copies with the Unix time of each, oldest first.
fn all(folder: &Path) -> Vec<(i64, PathBuf)> {
    let Ok(entries) = fs::read_dir(backups(folder)) else {
        return Vec::new();
    };
    let parse = |path: PathBuf| {
        let time = path
            .file_name()?
            .to_str()?
            .strip_prefix("project-")?
            .strip_suffix(".db")?
            .parse()
            .ok()?;
        Some((time, path))
    };
    let mut found: Vec<(i64, PathBuf)> = entries.flatten().filter_map(|entry| parse(entry.path())).collect();
    found.sort();
    found
}

/// The newest copy.
pub fn newest(folder: &Path) -> Option<PathBuf> {
    all(folder).pop().map(|(_, path)| path)
}

/// Whether a day passed since the newest copy. A clock that was wrong must not stop the copies for years.
pub fn is_due(folder: &Path) -> bool {
    all(folder).last().is_none_or(|(time, _)| (now() - time).abs() >= DAY)
}

/// Makes a copy and removes the oldest ones over [`KEPT`].
pub fn make(db: &Connection, folder: &Path) -> Result<PathBuf> {
    let place = backups(folder);
    fs::create_dir_all(&place).map_err(|e| ProjectError::io("make", &place, e))?;
    let target = place.join(format!("project-{}.db", now()));
    let partial = place.join("partial.db");
    let remove = || match fs::remove_file(&partial) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(ProjectError::io("remove", &partial, e)),
        _ => Ok(()),
    };
    remove()?;
    if let Err(error) = db.execute("VACUUM INTO ?1", [FileName(&partial)]) {
        remove()?;
        return Err(failed(folder, error));
    }
    let at = |e| ProjectError::io("write", &target, e);
    File::options()
        .write(true)
        .open(&partial)
        .and_then(|file| file.sync_all())
        .map_err(at)?;
    fs::rename(&partial, &target).map_err(at)?;
    atomic::sync_folder(&place);
    let copies = all(folder);
    for (_, old) in copies
        .iter()
        .take(copies.len().saturating_sub(KEPT))
        .filter(|(_, path)| *path != target)
    {
        fs::remove_file(old).map_err(|e| ProjectError::io("remove", old, e))?;
    }
    Ok(target)
}

/// Replaces the database by the newest copy that is whole; returns that copy. The caller holds the lock.
pub fn restore(folder: &Path) -> Result<PathBuf> {
    let chosen = all(folder)
        .into_iter()
        .rev()
        .map(|(_, path)| path)
        .find(|path| is_whole(path));
    let copy = chosen.ok_or_else(|| ProjectError::NoBackup { path: backups(folder) })?;
    let database = folder.join(DATABASE);
    let kept_as = |stamp: i64, end: &str| folder.join(format!("damaged-{stamp}.db{end}"));
    let stamp = (now()..)
        .find(|stamp| !kept_as(*stamp, "").exists())
        .unwrap_or_default();
    for end in ["", "-wal", "-journal"] {
        let old = folder.join(format!("{DATABASE}{end}"));
        if old.exists() {
            let kept = kept_as(stamp, end);
            fs::copy(&old, &kept).map_err(|e| ProjectError::io("keep", &old, e))?;
        }
    }
    // A log of the damaged database must not be played onto the copy, so it goes first. A kill from here on leaves the
    // damaged database, which can be restored again.
    for end in ["-wal", "-shm", "-journal"] {
        let old = folder.join(format!("{DATABASE}{end}"));
        if old.exists() {
            fs::remove_file(&old).map_err(|e| ProjectError::io("remove", &old, e))?;
        }
    }
    let at = |e| ProjectError::io("restore", &database, e);
    let mut source = File::open(&copy).map_err(at)?;
    atomic::write_with(&database, |target| std::io::copy(&mut source, target).map(|_| ())).map_err(at)?;
    Ok(copy)
}

fn is_whole(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|db| db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)))
        .is_ok_and(|verdict| verdict == "ok")
}

/// A file's name for SQLite, which takes the system's bytes as they are.
struct FileName<'a>(&'a Path);

impl ToSql for FileName<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        #[cfg(unix)]
        let name = {
            use std::os::unix::ffi::OsStrExt;
            ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Text(self.0.as_os_str().as_bytes()))
        };
        #[cfg(not(unix))]
        let name = ToSqlOutput::Owned(rusqlite::types::Value::Text(self.0.to_string_lossy().into_owned()));
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_copies_are_kept_and_one_a_day_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE a (b)").unwrap();
        assert!(is_due(folder.path()));
        fs::create_dir(backups(folder.path())).unwrap();
        for age in [3, 2, 1] {
            let name = format!("project-{}.db", now() - age * DAY - 60);
            fs::write(backups(folder.path()).join(name), b"").unwrap();
        }
        fs::write(backups(folder.path()).join("notes.txt"), b"mine").unwrap();
        assert!(is_due(folder.path()));
        let made = make(&db, folder.path()).unwrap();
        assert!(!is_due(folder.path()));
        assert!(is_whole(&made));
        assert_eq!(newest(folder.path()), Some(made));
        assert_eq!(all(folder.path()).len(), KEPT);
        assert!(
            backups(folder.path()).join("notes.txt").exists(),
            "other files are none of ours"
        );
    }
}
