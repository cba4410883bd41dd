//! A file of a model on the disk: unfinished, as `NAME.part` with `NAME.part.json` that says what its bytes belong to; and
//! whole, checked against what its source declares.

use super::error::{FetchError, io_error};
use crate::support::atomic;
use crate::support::hash::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The hash that a source declares for a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Declared {
    /// SHA-256 in the publisher's address.
    Address { sha256: String },
    /// SHA-256 in the hub's answer (`X-Linked-Etag`, or `ETag` of 64 digits).
    Hub { sha256: String },
    /// SHA-1 of the file as a git blob, in the hub's answer (`ETag` of 40 digits): small files have no SHA-256 there.
    GitBlob { sha1: String },
}

impl Declared {
    /// Who declares it, for people.
    pub fn by(&self) -> &'static str {
        match self {
            Self::Address { .. } => "the publisher's address",
            Self::Hub { .. } => "the hub",
            Self::GitBlob { .. } => "the hub (git)",
        }
    }

    pub fn hash(&self) -> &str {
        match self {
            Self::Address { sha256 } | Self::Hub { sha256 } => sha256,
            Self::GitBlob { sha1 } => sha1,
        }
    }
}

/// What a file on the disk holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub size: u64,
    pub sha256: String,
    /// Its SHA-1 as a git blob in hexadecimal.
    pub git_sha1: String,
}

impl Content {
    /// Reads and hashes `path`; `progress` hears of the bytes done.
    pub fn of(path: &Path, cancel: &AtomicBool, with_git: bool) -> Result<Self, FetchError> {
        let mut file = File::open(path).map_err(io_error(path))?;
        let size = file.metadata().map_err(io_error(path))?.len();
        let mut sha256 = Sha256::new();
        let mut sha1 = sha1::Sha1::new();
        if with_git {
            sha1.update(format!("blob {size}\0"));
        }
        let mut buffer = vec![0u8; 1 << 18];
        let mut read = 0;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(FetchError::Cancelled { kept: size });
            }
            let n = file.read(&mut buffer).map_err(io_error(path))?;
            if n == 0 {
                break;
            }
            read += n as u64;
            sha256.update(&buffer[..n]);
            if with_git {
                sha1.update(&buffer[..n]);
            }
        }
        Ok(Self {
            size: read,
            sha256: hex(&sha256.finalize()),
            git_sha1: hex(&sha1.finalize()),
        })
    }

    /// Compares with what was declared.
    pub fn check(&self, declared: &Declared, file: &str) -> Result<(), FetchError> {
        let found = match declared {
            Declared::Address { .. } | Declared::Hub { .. } => &self.sha256,
            Declared::GitBlob { .. } => &self.git_sha1,
        };
        if found.eq_ignore_ascii_case(declared.hash()) {
            return Ok(());
        }
        Err(FetchError::HashMismatch {
            file: file.to_owned(),
            declared_by: declared.by().to_owned(),
            expected: declared.hash().to_owned(),
            found: found.clone(),
        })
    }
}

/// A sidecar has some hundred bytes; anything larger is not one.
const MAX_SIDECAR: u64 = 64 << 10;

/// What the bytes of a part are bytes of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    /// The address asked for, before any redirect.
    pub url: String,
    /// The strong tag of the answer that brought the bytes, as `If-Range` takes it.
    pub etag: Option<String>,
    pub length: Option<u64>,
    /// What the source declares the whole file to be.
    pub declared: Option<Declared>,
}

#[derive(Debug)]
pub(super) struct Part {
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

    pub fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |m| if m.is_file() { m.len() } else { 0 })
    }

    /// What the bytes belong to; `None` where that is not known, which makes them useless.
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
    pub fn start(&self, sidecar: &Sidecar) -> Result<File, FetchError> {
        let file = File::create(&self.path).map_err(io_error(&self.path))?;
        let json = serde_json::to_vec(sidecar).map_err(|e| io_error(&self.sidecar)(io::Error::other(e)))?;
        atomic::write(&self.sidecar, &json).map_err(io_error(&self.sidecar))?;
        Ok(file)
    }

    /// Opens the part to go on at its end.
    pub fn append(&self) -> Result<File, FetchError> {
        let file = OpenOptions::new().append(true).open(&self.path);
        file.map_err(io_error(&self.path))
    }

    /// Throws the bytes away.
    pub fn discard(&self) -> Result<(), FetchError> {
        for path in [&self.path, &self.sidecar] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Turns a complete file of an earlier attempt back into a part, so that it is compared with the server again.
    pub fn take_back(&self, target: &Path) {
        if self.len() == 0 && self.sidecar.exists() && target.is_file() {
            let _ = std::fs::rename(target, &self.path);
        }
    }

    /// Gives the whole and checked file its name. The sidecar stays until the model is done: it lets the next try see
    /// whether the file is still the same.
    pub fn finish(&self, target: &Path) -> Result<(), FetchError> {
        self.append()?.sync_all().map_err(io_error(&self.path))?;
        std::fs::rename(&self.path, target).map_err(io_error(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"hello\n").unwrap();
        let never = AtomicBool::new(false);
        let content = Content::of(&path, &never, true).unwrap();
        assert_eq!(content.size, 6);
        // `git hash-object` of the same file.
        assert_eq!(content.git_sha1, "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(
            content.sha256,
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        let right = Declared::GitBlob {
            sha1: content.git_sha1.to_uppercase(),
        };
        content.check(&right, "a").unwrap();
        let wrong = Declared::Hub { sha256: "0".repeat(64) };
        let error = content.check(&wrong, "a").unwrap_err();
        assert!(matches!(error, FetchError::HashMismatch { .. }), "{error}");
        let stopped = Content::of(&path, &AtomicBool::new(true), true).unwrap_err();
        assert!(matches!(stopped, FetchError::Cancelled { .. }));
    }

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
