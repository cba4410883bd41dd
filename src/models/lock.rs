//! One program at a time works on a model.

use super::error::{FetchError, io_error};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Holds the lock until dropped; the system lets go of it when the program dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the model `name`; the file lies in `folder` and stays.
    ///
    /// # Errors
    /// [`FetchError::Busy`], [`FetchError::Io`].
    pub fn take(folder: &Path, name: &str) -> Result<Self, FetchError> {
        std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        let path = folder.join(format!("{name}.lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(io_error(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { name: name.to_owned() }),
            // Some network disks know no locks. What two programs could spoil there, the hashes find.
            Err(TryLockError::Error(error)) => tracing::warn!(%error, path = %path.display(), "no lock"),
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_turned_away_until_the_first_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("work");
        let first = Lock::take(&place, "m").unwrap();
        assert!(matches!(Lock::take(&place, "m"), Err(FetchError::Busy { name }) if name == "m"));
        let _other = Lock::take(&place, "n").unwrap();
        drop(first);
        Lock::take(&place, "m").unwrap();
    }
}
