//! An unfinished file: `NAME.part` with the bytes so far, and `NAME.part.json` with what they are bytes of.

use super::declared::Declared;
use super::error::{FetchError, io_error};
use crate::support::atomic;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A sidecar has some hundred bytes; anything larger is none.
const MAX_SIDECAR: u64 = 64 << 10;

/// What the bytes of a part are bytes of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    /// The address asked for, before any redirect.
    pub url: String,
    /// The strong tag of the answer that brought the bytes, as `If-Range` takes it.
    pub etag: Option<String>,
    /// Length of the whole file.
    pub length: Option<u64>,
    /// What the source declares the whole file to be.
    pub declared: Option<Declared>,
}

/// The two files.
#[derive(Debug)]
pub(super) struct Part {
    /// The bytes.
    pub path: PathBuf,
    sidecar: PathBuf,
}

impl Part {
    /// The part of the file that will be `target`.
    pub fn of(target: &Path) -> Self {
        let with = |end: &str| {
            let mut name = target.file_name().unwrap_or_default().to_owned();
            name.push(end);
            target.with_file_name(name)
        };
        Self {
            path: with(".part"),
            sidecar: with(".part.json"),
        }
    }

    /// Bytes on the disk.
    pub fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |m| if m.is_file() { m.len() } else { 0 })
    }

    /// What the bytes are; `None` where that is not known, so that they are worth nothing.
    pub fn sidecar(&self) -> Option<Sidecar> {
        let mut text = Vec::new();
        File::open(&self.sidecar)
            .ok()?
            .take(MAX_SIDECAR)
            .read_to_end(&mut text)
            .ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Starts an empty part for what `sidecar` says. The old bytes go first: there are never bytes of one file under the
    /// description of another.
    ///
    /// # Errors
    /// [`FetchError::Io`].
    pub fn start(&self, sidecar: &Sidecar) -> Result<File, FetchError> {
        let file = File::create(&self.path).map_err(io_error(&self.path))?;
        let json = serde_json::to_vec(sidecar).map_err(|e| io_error(&self.sidecar)(io::Error::other(e)))?;
        atomic::write(&self.sidecar, &json).map_err(io_error(&self.sidecar))?;
        Ok(file)
    }

    /// Opens the part to go on at its end.
    ///
    /// # Errors
    /// [`FetchError::Io`].
    pub fn append(&self) -> Result<File, FetchError> {
        let file = OpenOptions::new().append(true).open(&self.path);
        file.map_err(io_error(&self.path))
    }

    /// Throws the bytes away.
    ///
    /// # Errors
    /// [`FetchError::Io`].
    pub fn discard(&self) -> Result<(), FetchError> {
        for path in [&self.path, &self.sidecar] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes a whole file that came earlier back as a part, so that it is compared with the server once more.
    pub fn take_back(&self, target: &Path) {
        if self.len() == 0 && self.sidecar.exists() && target.is_file() {
            let _ = std::fs::rename(target, &self.path);
        }
    }

    /// Gives the whole and checked file its name. The sidecar stays until the model is done: it lets the next try see
    /// whether the file is still the same.
    ///
    /// # Errors
    /// [`FetchError::Io`].
    pub fn finish(&self, target: &Path) -> Result<(), FetchError> {
        self.append()?.sync_all().map_err(io_error(&self.path))?;
        std::fs::rename(&self.path, target).map_err(io_error(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_a_readable_sidecar_is_worth_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.safetensors");
        let part = Part::of(&target);
        assert_eq!((part.len(), part.sidecar()), (0, None));
        let sidecar = Sidecar {
            url: "https://a/b".to_owned(),
            etag: Some("\"x\"".to_owned()),
            length: Some(3),
            declared: None,
        };
        drop(part.start(&sidecar).unwrap());
        assert_eq!(part.sidecar(), Some(sidecar));
        std::fs::write(folder.path().join("w.safetensors.part.json"), b"{\"url\":").unwrap();
        assert_eq!(part.sidecar(), None);
        part.discard().unwrap();
        part.discard().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
