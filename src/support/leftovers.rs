//! Temporary files and folders of ours whose process was killed: they are told from those in use by a lock, which the system gives back
//! when a process ends, and are removed when something is written beside them again.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

/// How the names of all of them begin.
pub const PREFIX: &str = ".patchlight-";
/// The file in a temporary folder that is locked.
const LOCK: &str = "in-use";
/// What is younger may not be locked yet.
const YOUNG: Duration = Duration::from_secs(10);
/// What has no lock, of an earlier version or on a disk without locks, is left alone for this long.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// A temporary folder that goes when it is dropped, or at the next [`sweep`] beside it if its process is killed.
#[derive(Debug)]
pub struct Folder {
    // Dropped before the folder, which is removed with the lock's file in it: some systems refuse that while it is open.
    lock: File,
    folder: tempfile::TempDir,
}

impl Folder {
    /// Makes one in `parent`, after a [`sweep_once`] there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(parent: &Path) -> io::Result<Self> {
        sweep_once(parent);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        // Where there are no locks, age tells.
        let _ = lock.try_lock();
        Ok(Self { lock, folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves it where it is, for somebody to look into.
    pub fn keep(self) -> PathBuf {
        drop(self.lock);
        let path = self.folder.keep();
        // Nobody is to sweep it.
        let kept = path.with_file_name(path.file_name().map_or_else(
            || "kept".into(),
            |name| name.to_string_lossy().replacen(PREFIX, ".kept-patchlight-", 1),
        ));
        match std::fs::rename(&path, &kept) {
            Ok(()) => kept,
            Err(_) => path,
        }
    }
}

/// As [`sweep`], once for each folder while the program runs.
pub fn sweep_once(folder: &Path) {
    static SWEPT: OnceLock<Mutex<HashSet<PathBuf>>> = OnceLock::new();
    let swept = SWEPT.get_or_init(Mutex::default);
    if swept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(folder.to_path_buf())
    {
        sweep(folder);
    }
}

/// Removes what killed processes of ours left in a folder. Returns how many files and folders went. What cannot be removed stays.
pub fn sweep(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let ours = |entry: &std::fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
    let left: Vec<PathBuf> = entries
        .flatten()
        .filter(ours)
        .map(|entry| entry.path())
        .filter(|p| is_left(p))
        .collect();
    let removed = left.iter().filter(|path| {
        let gone = if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        };
        gone.is_ok()
    });
    removed.count()
}

/// Whether no process works on it any more.
fn is_left(path: &Path) -> bool {
    let Ok(about) = path.symlink_metadata() else {
        return false;
    };
    let age = about
        .modified()
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok())
        .unwrap_or_default();
    if about.is_symlink() || age < YOUNG {
        return false;
    }
    let lock = if about.is_dir() {
        path.join(LOCK)
    } else {
        path.to_path_buf()
    };
    match File::open(lock).map(|file| file.try_lock()) {
        Ok(Ok(())) => true,
        Ok(Err(TryLockError::WouldBlock)) => false,
        Ok(Err(TryLockError::Error(_))) | Err(_) => age > OLD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_old(path: &Path, age: Duration) {
        let at = SystemTime::now() - age;
        File::open(path).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_in_use_stays() {
        let parent = tempfile::tempdir().unwrap();
        let minute = Duration::from_secs(60);
        let in_use = Folder::new(parent.path()).unwrap();
        make_old(in_use.path(), minute);
        // As a killed process leaves them: no lock is held.
        let killed = parent.path().join(".patchlight-abc123");
        std::fs::create_dir(&killed).unwrap();
        std::fs::write(killed.join(LOCK), b"").unwrap();
        std::fs::write(killed.join("half"), b"x").unwrap();
        let file = parent.path().join(".patchlight-file");
        std::fs::write(&file, b"half").unwrap();
        let foreign = parent.path().join(".other");
        std::fs::write(&foreign, b"x").unwrap();
        let without_lock = parent.path().join(".patchlight-export-old");
        std::fs::create_dir(&without_lock).unwrap();
        assert_eq!(sweep(parent.path()), 0, "too young");
        for path in [&killed, &file, &foreign, &without_lock] {
            make_old(path, minute);
        }
        assert_eq!(sweep(parent.path()), 2);
        assert!(!killed.exists() && !file.exists());
        assert!(in_use.path().exists() && foreign.exists() && without_lock.exists());
        make_old(&without_lock, OLD * 2);
        assert_eq!(sweep(parent.path()), 1);
        let kept = in_use.keep();
        make_old(&kept, OLD * 2);
        assert_eq!(sweep(parent.path()), 0, "what is kept is kept");
        assert!(kept.exists());
    }
}
