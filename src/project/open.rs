//! Making and opening projects.

use super::connect::{self, prepare};
use super::error::{ProjectError, Result};
use super::store::{DATABASE, Project, failed};
use super::{backup, place, schema, trust};
use crate::support::atomic::sync_folder;
use crate::support::leftovers;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = "lock";

/// How often a lock that is held is asked for again, and the time between: together under half a second.
const LOCK_TRIES: usize = 12;
const LOCK_PAUSE: Duration = Duration::from_millis(30);

/// Folders that every project has.
const FOLDERS: [&str; 2] = ["features", "runs"];

/// A project whose first import did not end yet.
const UNFINISHED: &str = "unfinished";

/// Creates a project to be filled: until [`complete`] it may be created again in the same place.
pub fn begin(path: &Path) -> Result<Project> {
    if let Some(parent) = absolute(path)?.parent() {
        leftovers::sweep_once(parent);
    }
    let project = create(path)?;
    let marker = project.folder.join(UNFINISHED);
    fs::write(&marker, b"").map_err(|e| ProjectError::io("write", &marker, e))?;
    Ok(project)
}

/// What was begun is whole.
pub fn complete(folder: &Path) -> Result<()> {
    let marker = folder.join(UNFINISHED);
    match fs::remove_file(&marker) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(ProjectError::io("remove", &marker, e)),
        _ => Ok(()),
    }
}

/// Removes what a killed import left of the project that it had begun, and nothing else.
fn remove_unfinished(folder: &Path) -> Result<()> {
    if !folder.join(UNFINISHED).is_file() {
        return Ok(());
    }
    // Somebody may be about to finish it.
    let lock = take_lock(folder, &mut Vec::new())?;
    let files = ["", "-journal", "-wal", "-shm"].map(|end| folder.join(format!("{DATABASE}{end}")));
    for path in files.into_iter().chain(FOLDERS.map(|name| folder.join(name))) {
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed
            .or_else(|e| {
                if e.kind() == ErrorKind::NotFound {
                    Ok(())
                } else {
                    Err(e)
                }
            })
            .map_err(|e| ProjectError::io("remove", &path, e))?;
    }
    drop(lock);
    for name in [LOCK, UNFINISHED] {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(|e| ProjectError::io("remove", &path, e))?;
    }
    Ok(())
}

/// Makes a project.
pub fn create(path: &Path) -> Result<Project> {
    let folder = absolute(path)?;
    remove_unfinished(&folder)?;
    let mut made = Vec::new();
    let project = make_folders(&folder, &mut made).and_then(|lock| fill(&folder, lock));
    if project.is_err() {
        // Newest first. What cannot be removed was not ours alone; the first error is what the user needs to know.
        for path in made.iter().rev() {
            let _ = if path.is_dir() {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
        }
    }
    project
}

/// Makes the folders of a project and takes its lock; `made` gets all that was made, also on failure.
fn make_folders(folder: &Path, made: &mut Vec<PathBuf>) -> Result<(File, Vec<String>)> {
    let at = |e| ProjectError::io("make", folder, e);
    match fs::read_dir(folder) {
        Ok(_) if folder.join(DATABASE).exists() => return Err(ProjectError::AlreadyProject { path: folder.into() }),
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(ProjectError::Taken { path: folder.into() });
            }
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let missing: Vec<&Path> = folder.ancestors().take_while(|p| !p.exists()).collect();
            for path in missing.into_iter().rev() {
                fs::create_dir(path).map_err(at)?;
                made.push(path.to_path_buf());
            }
        }
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            return Err(ProjectError::Taken { path: folder.into() });
        }
        Err(e) => return Err(at(e)),
    }
    let mut notices = Vec::new();
    let lock = take_lock(folder, &mut notices)?;
    made.push(folder.join(LOCK));
    for name in FOLDERS {
        let path = folder.join(name);
        fs::create_dir(&path).map_err(|e| ProjectError::io("make", &path, e))?;
        made.push(path);
    }
    made.extend(["", "-journal", "-wal", "-shm"].map(|end| folder.join(format!("{DATABASE}{end}"))));
    Ok((lock, notices))
}

fn fill(folder: &Path, (lock, mut notices): (File, Vec<String>)) -> Result<Project> {
    let at = |e| failed(folder, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(folder.join(DATABASE), flags).map_err(at)?;
    prepare(&db).map_err(at)?;
    choose_journal(&db, folder, &mut notices).map_err(at)?;
    schema::migrate(&mut db, schema::MIGRATIONS).map_err(at)?;
    sync_folder(folder);
    Ok(Project {
        db,
        writable: true,
        lock: Some(lock),
        folder: folder.to_path_buf(),
        notices,
    })
}

/// Opens a project for writing; without `exclusive` beside a program that holds the lock and agrees.
pub fn for_writing(path: &Path, exclusive: bool) -> Result<Project> {
    let folder = locate(path)?;
    let mut notices = Vec::new();
    let lock = exclusive.then(|| take_lock(&folder, &mut notices)).transpose()?;
    let database = folder.join(DATABASE);
    File::options()
        .read(true)
        .write(true)
        .open(&database)
        .map_err(|e| ProjectError::io("write", &database, e))?;
    let at = |e| failed(&folder, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(&database, flags).map_err(at)?;
    prepare(&db).map_err(at)?;
    let version = check(&db, &folder)?;
    if version < schema::VERSION && lock.is_none() {
        return Err(ProjectError::Older {
            path: database,
            found: version,
            known: schema::VERSION,
        });
    }
    if version < schema::VERSION {
        backup::make(&db, &folder)?;
        schema::migrate(&mut db, schema::MIGRATIONS).map_err(at)?;
    } else if lock.is_some()
        && backup::is_due(&folder)
        && let Err(error) = backup::make(&db, &folder)
    {
        // The project itself is fine, so the user's work need not wait for it.
        notices.push(format!("no backup of the project could be made: {error}"));
    }
    if lock.is_some() {
        choose_journal(&db, &folder, &mut notices).map_err(at)?;
    }
    for name in FOLDERS {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(|e| ProjectError::io("make", &path, e))?;
    }
    if lock.is_some() {
        // Opening what an unfinished import left makes it an ordinary project.
        complete(&folder)?;
    }
    Ok(Project {
        db,
        writable: true,
        lock,
        folder,
        notices,
    })
}

/// Opens a project for reading.
pub fn for_reading(path: &Path) -> Result<Project> {
    let folder = locate(path)?;
    let database = folder.join(DATABASE);
    File::open(&database).map_err(|e| ProjectError::io("read", &database, e))?;
    let (db, lock) = connect::read_only(&folder, &folder.join(LOCK)).map_err(|e| failed(&folder, e))?;
    let found = check(&db, &folder)?;
    if found < schema::VERSION {
        return Err(ProjectError::Older {
            path: database,
            found,
            known: schema::VERSION,
        });
    }
    Ok(Project {
        db,
        writable: false,
        lock,
        folder,
        notices: Vec::new(),
    })
}

/// The project's folder, absolute.
pub fn locate(path: &Path) -> Result<PathBuf> {
    let folder = absolute(path)?;
    match fs::metadata(folder.join(DATABASE)) {
        Ok(_) => Ok(folder),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            if folder.exists() {
                Err(ProjectError::NotAProject { path: folder })
            } else {
                Err(ProjectError::NotFound { path: folder })
            }
        }
        Err(e) => Err(ProjectError::io("read", &folder, e)),
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| ProjectError::io("find", path, e))
}

/// Takes the right to write, for as long as the file stays open; the system gives it back when a program dies.
pub fn take_lock(folder: &Path, notices: &mut Vec<String>) -> Result<File> {
    let path = folder.join(LOCK);
    let at = |e| ProjectError::io("write", &path, e);
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(at)?;
    // A process that is just being started still holds what its parent has given back, until its program is loaded.
    let mut taken = file.try_lock();
    for _ in 0..LOCK_TRIES {
        if !matches!(taken, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        taken = file.try_lock();
    }
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ProjectError::Locked {
            path: folder.to_path_buf(),
        }),
        Err(TryLockError::Error(e)) if no_locks(&e) => {
            notices.push(
                "this disk has no file locks: make sure that no other window or program works on the project"
                    .to_owned(),
            );
            Ok(file)
        }
        Err(TryLockError::Error(e)) => Err(at(e)),
    }
}

/// Some network and FUSE file systems have no locks: ENOLCK, or "unsupported".
fn no_locks(error: &std::io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == ErrorKind::Unsupported || (cfg!(unix) && error.raw_os_error() == Some(ENOLCK))
}

/// Checks that the database is ours, whole, and of a format that this program knows, which is returned.
fn check(db: &Connection, folder: &Path) -> Result<u32> {
    let at = |e| failed(folder, e);
    let corrupt = |detail: String| ProjectError::Corrupt {
        path: folder.join(DATABASE),
        backup: backup::newest(folder),
        detail,
    };
    let application: i32 = db
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(at)?;
    let found = schema::version(db).map_err(at)?;
    match (application, found) {
        (schema::APPLICATION_ID, 1..) => {}
        (0, 0) => return Err(corrupt("the database is empty".to_owned())),
        _ => {
            return Err(ProjectError::NotAProject {
                path: folder.to_path_buf(),
            });
        }
    }
    if found > schema::VERSION {
        return Err(ProjectError::Newer {
            path: folder.join(DATABASE),
            found,
            known: schema::VERSION,
        });
    }
    // Before anything is asked of its tables.
    if let Some(difference) = trust::difference(db, found).map_err(at)? {
        return Err(ProjectError::Foreign {
            path: folder.join(DATABASE),
            difference,
        });
    }
    let verdict: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(at)?;
    if verdict == "ok" {
        Ok(found)
    } else {
        Err(corrupt(verdict))
    }
}

/// The write-ahead log lets others read while this program writes; it needs shared memory, which network disks lack.
fn choose_journal(db: &Connection, folder: &Path, notices: &mut Vec<String>) -> rusqlite::Result<()> {
    let network = place::on_network(folder);
    let wanted = if network { "delete" } else { "wal" };
    let mode: String = db.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get(0))?;
    if network || !mode.eq_ignore_ascii_case("wal") {
        notices.push(
            "the project lies on a network disk: saving is slower there, and only one program should use it at a time"
                .to_owned(),
        );
    }
    Ok(())
}
