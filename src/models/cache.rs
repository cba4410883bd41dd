//! The folder of models: what is in it, and changing it without ever leaving half a model there.
//!
//! ```text
//! CACHE/NAME/                 a model: its files and `patchlight-model.json`
//! CACHE/.work/NAME.lock       the lock of whoever works on it
//! CACHE/.work/NAME/SOURCE/    files on their way here
//! CACHE/.work/NAME.old        the model that is being replaced or removed
//! ```

use super::error::{FetchError, io_error};
use super::manifest::{Manifest, ManifestFile, Origin, check_name, is_absent};
use crate::clip::checkpoint;
use crate::support::atomic;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder for work within the cache. No model can be called so.
pub(super) const WORK: &str = ".work";

/// A complete model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The folder or file to open.
    pub path: PathBuf,
    /// Bytes on the disk; 0 for a model of the user's own that is used in place.
    pub size: u64,
    pub manifest: Manifest,
}

impl Installed {
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Files for which the source declared no hash: their lengths are right, but nothing confirms their content.
    pub fn unverified(&self) -> Vec<&str> {
        let files = self.manifest.files.iter();
        files
            .filter(|file| file.declared.is_none())
            .map(|file| file.name.as_str())
            .collect()
    }
}

/// The models in `cache`, by name. Folders without a readable record, or with files missing or of the wrong length, are left out.
pub fn installed(cache: &Path) -> Vec<Installed> {
    let Ok(entries) = std::fs::read_dir(cache) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<Installed> = names
        .filter_map(|name| {
            look_up(cache, &name).unwrap_or_else(|error| {
                tracing::warn!(%error, name, "a model in the cache cannot be used");
                None
            })
        })
        .collect();
    found.sort_by(|a, b| a.manifest.name.cmp(&b.manifest.name));
    found
}

/// The folder or file to open for the model `name` in `cache`; `None` where no such model is complete.
pub fn resolve(name: &str, cache: &Path) -> Option<PathBuf> {
    look_up(cache, name).ok()?.map(|installed| installed.path)
}

/// The model called `name`, if it is complete.
///
/// # Errors
/// A record that cannot be used.
pub(super) fn look_up(cache: &Path, name: &str) -> Result<Option<Installed>, FetchError> {
    if check_name(name).is_err() {
        return Ok(None);
    }
    let folder = cache.join(name);
    let Some(manifest) = Manifest::read(&folder)?.filter(|manifest| manifest.name == name) else {
        return Ok(None);
    };
    let is_whole = |file: &ManifestFile| {
        std::fs::metadata(folder.join(&file.name)).is_ok_and(|m| m.is_file() && m.len() == file.size)
    };
    let (path, whole) = match &manifest.origin {
        Origin::Local { path } => (path.clone(), path.exists()),
        _ => (
            folder.clone(),
            !manifest.files.is_empty() && manifest.files.iter().all(is_whole),
        ),
    };
    Ok(whole.then(|| Installed {
        path,
        size: manifest.files.iter().map(|file| file.size).sum(),
        manifest,
    }))
}

/// Gives a name to a folder or file of the user's. It is used in place: nothing is copied, moved or changed, and the name
/// disappears with it.
///
/// # Errors
/// [`FetchError::NotAModel`] where the reader does not take it, [`FetchError::BadName`], [`FetchError::AlreadyThere`],
/// [`FetchError::Busy`], [`FetchError::Io`].
pub fn import_local(path: &Path, name: &str, cache: &Path) -> Result<Installed, FetchError> {
    check_name(name)?;
    // Links are kept: in the hub's own cache a model's files are links to blobs without names.
    let path = std::path::absolute(path).map_err(io_error(path))?;
    let opened = checkpoint::open(&path)?;
    let (layout, fingerprint) = (opened.layout, opened.fingerprint.clone());
    drop(opened);
    let work = cache.join(WORK);
    let _lock = Lock::take(&work, name)?;
    if refuse_foreign(cache, name)? {
        return Err(FetchError::AlreadyThere { name: name.to_owned() });
    }
    let title = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let manifest = Manifest::new(name, &title, Origin::Local { path }, layout, fingerprint);
    let stage = tempfile::tempdir_in(&work).map_err(io_error(&work))?;
    manifest.write(stage.path())?;
    publish(cache, name, stage.path())?;
    look_up(cache, name)?.ok_or_else(|| FetchError::NotInstalled { name: name.to_owned() })
}

/// Removes the model `name` and whatever is left of unfinished downloads of it. A model used in place keeps its files.
///
/// # Errors
/// [`FetchError::NotInstalled`] where there is nothing to remove, [`FetchError::InTheWay`] where something else lies there,
/// [`FetchError::Busy`], [`FetchError::Io`].
pub fn remove(name: &str, cache: &Path) -> Result<(), FetchError> {
    check_name(name)?;
    let work = cache.join(WORK);
    let unfinished = work.join(name);
    if !refuse_foreign(cache, name)? && !unfinished.exists() {
        return Err(FetchError::NotInstalled { name: name.to_owned() });
    }
    let _lock = Lock::take(&work, name)?;
    move_aside(cache, name)?;
    clear(&unfinished)?;
    clear(&aside(cache, name))
}

fn aside(cache: &Path, name: &str) -> PathBuf {
    cache.join(WORK).join(format!("{name}.old"))
}

/// Whether a model lies at `name`, whole or not; `false` where nothing does.
///
/// # Errors
/// [`FetchError::InTheWay`] where something lies there that has no record of ours: it is never touched.
pub(super) fn refuse_foreign(cache: &Path, name: &str) -> Result<bool, FetchError> {
    let folder = cache.join(name);
    match Manifest::read(&folder) {
        Ok(None) if folder.symlink_metadata().is_err_and(|e| is_absent(&e)) => Ok(false),
        Ok(None) => Err(FetchError::InTheWay { path: folder }),
        // A record that cannot be read is still ours.
        Ok(Some(_)) | Err(FetchError::Manifest { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Moves the model `name` out of the list in one step.
fn move_aside(cache: &Path, name: &str) -> Result<(), FetchError> {
    if !refuse_foreign(cache, name)? {
        return Ok(());
    }
    let (folder, old) = (cache.join(name), aside(cache, name));
    clear(&old)?;
    std::fs::rename(&folder, &old).map_err(io_error(&folder))
}

/// Makes the whole and checked folder `stage` the model `name`, in place of any earlier one. The lock is held.
pub(super) fn publish(cache: &Path, name: &str, stage: &Path) -> Result<(), FetchError> {
    atomic::sync_folder(stage);
    move_aside(cache, name)?;
    let folder = cache.join(name);
    std::fs::rename(stage, &folder).map_err(io_error(&folder))?;
    atomic::sync_folder(cache);
    // It is out of the list already; what cannot be deleted now is the next time.
    if let Err(error) = clear(&aside(cache, name)) {
        tracing::warn!(%error, "the earlier model is not deleted");
    }
    Ok(())
}

pub(super) fn clear(folder: &Path) -> Result<(), FetchError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(folder)(error)),
        _ => Ok(()),
    }
}

/// One program at a time works on a model: the lock is held until this is dropped, or the program dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the model `name`; the file lies in `folder` and stays.
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
