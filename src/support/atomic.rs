//! Writing a file whole or not at all: a temporary file in the same folder, synced, then renamed over the target.

use super::leftovers;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes `path` through `fill`. Readers see the old file or the new one, never a mix, even after SIGKILL or power loss.
///
/// # Errors
/// Whatever `fill` returns, or the error of creating, syncing or renaming the file. The old file is untouched then.
pub fn write_with<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
) -> Result<(), E> {
    let folder = folder_of(path);
    let temporary = filled(path, fill)?;
    temporary.persist(path).map_err(|e| e.error)?;
    sync_folder(folder);
    Ok(())
}

/// Writes `path` through `fill` as [`write_with`] does, but never over something that is there.
///
/// # Errors
/// As for [`write_with`]; `AlreadyExists` if there is something at `path`.
pub fn write_new_with<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
) -> Result<(), E> {
    let folder = folder_of(path);
    let temporary = filled(path, fill)?;
    match temporary.persist_noclobber(path) {
        Ok(_) => {}
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => return Err(e.error.into()),
        // Some network file systems can neither rename without replacing nor link.
        Err(e) if path.symlink_metadata().is_err() => drop(e.file.persist(path).map_err(|e| e.error)?),
        Err(e) => return Err(e.error.into()),
    }
    sync_folder(folder);
    Ok(())
}

/// A synced temporary file beside `path` that `fill` has written.
fn filled<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
) -> Result<tempfile::NamedTempFile, E> {
    leftovers::sweep_once(folder_of(path));
    let mut temporary = tempfile::Builder::new()
        .prefix(leftovers::PREFIX)
        .tempfile_in(folder_of(path))?;
    // If this process is killed, the next one sees by the lock that nobody works on the file any more.
    let _ = temporary.as_file().try_lock();
    {
        let mut writer = BufWriter::new(temporary.as_file_mut());
        fill(&mut writer)?;
        writer.flush()?;
    }
    temporary.as_file().sync_all()?;
    let _ = temporary.as_file().unlock();
    // Temporary files are private (0600). A new file should be readable like any other; what replaces a file keeps its mode.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |about| about.permissions().mode() & 0o777);
        temporary
            .as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    Ok(temporary)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Writes `bytes` to `path`, whole or not at all.
///
/// # Errors
/// The error of creating, writing, syncing or renaming the file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |w| w.write_all(bytes))
}

/// Writes `bytes` to `path`, whole or not at all, and never over something that is there.
///
/// # Errors
/// As for [`write`]; `AlreadyExists` if there is something at `path`.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new_with(path, |w| w.write_all(bytes))
}

/// Makes a rename in `folder` durable. Not every file system can sync a folder; the rename itself stays atomic.
pub fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"old").unwrap();
        let failed: io::Result<()> = write_with(&path, |w| {
            w.write_all(b"half of the new")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_new_file_never_replaces_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_new(&path, b"first").unwrap();
        let error = write_new(&path, b"second").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write(&path, b"old").unwrap();
        assert_eq!(mode(), 0o644);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(mode(), 0o640);
    }
}
