//! How full a disk is, and its errors in words.

use std::io::{self, ErrorKind};
use std::path::Path;

/// Bytes under which a disk counts as full: a database cannot even be opened for writing with less.
const FULL: u64 = 256 << 10;

/// Bytes that are free on the disk that holds `path`, which need not exist; `None` where that cannot be told.
pub fn free(path: &Path) -> Option<u64> {
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find(|place| place.exists())?;
    fs4::available_space(there).ok()
}

/// Whether nothing more can be written on the disk that holds `path`.
pub fn is_full(path: &Path) -> bool {
    free(path).is_some_and(|free| free < FULL)
}

/// An error at `path` in words; a full disk is called that, with what is free.
pub fn words(path: &Path, error: &io::Error) -> String {
    if is_lack_of_room(error) {
        format!("disk full{}", left(free(path)))
    } else {
        error.to_string()
    }
}

/// Whether something failed for want of room.
pub fn is_lack_of_room(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// What is free, as the end of a sentence; empty where it is not known.
pub fn left(free: Option<u64>) -> String {
    free.map_or_else(String::new, |free| format!(", {} free", bytes(free)))
}

/// A number of bytes for people, in decimal units as shops and hubs count.
pub fn bytes(n: u64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match units.iter().find(|(_, size)| n as f64 >= *size) {
        Some((unit, size)) if n as f64 / size >= 100.0 => format!("{:.0} {unit}", n as f64 / size),
        Some((unit, size)) => format!("{:.1} {unit}", n as f64 / size),
        None => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not/there/yet");
        let full = words(&path, &io::Error::from(ErrorKind::StorageFull));
        assert!(full.starts_with("disk full, ") && full.ends_with(" free"), "{full}");
        let other = words(&path, &io::Error::other("a cable was pulled"));
        assert_eq!(other, "a cable was pulled");
        assert!(free(&path).is_some() && free(&path) == free(folder.path()));
        assert_eq!(left(Some(0)), ", 0 bytes free");
        assert_eq!(left(Some(12_345)), ", 12.3 kB free");
        assert_eq!(left(None), "");
    }
}
