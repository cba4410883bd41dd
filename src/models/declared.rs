//! What a source says its file's content is, and the check of the content against it.

use super::error::{FetchError, io_error};
use crate::support::hash::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The hash that a source declares for a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Declared {
    /// SHA-256 in the publisher's address.
    Address {
        /// In hexadecimal.
        sha256: String,
    },
    /// SHA-256 in the hub's answer (`X-Linked-Etag`, or `ETag` of 64 digits).
    Hub {
        /// In hexadecimal.
        sha256: String,
    },
    /// SHA-1 of the file as a git blob, in the hub's answer (`ETag` of 40 digits): small files have no SHA-256 there.
    GitBlob {
        /// In hexadecimal.
        sha1: String,
    },
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

    /// The hash, in hexadecimal.
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
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its SHA-1 as a git blob in hexadecimal.
    pub git_sha1: String,
}

impl Content {
    /// Reads and hashes `path`; `progress` hears of the bytes done.
    ///
    /// # Errors
    /// [`FetchError::Io`], [`FetchError::Cancelled`].
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
    ///
    /// # Errors
    /// [`FetchError::HashMismatch`].
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
}
