//! The record beside a model's files: what it is, where it came from, and what every file must be. A model's name becomes a
//! folder on every system, so little is allowed in it.

use super::error::{FetchError, io_error};
use super::file::Declared;
use crate::clip::checkpoint::Layout;
use crate::support::atomic;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

pub const MANIFEST: &str = "patchlight-model.json";
/// The record's format that this program writes and reads.
const FORMAT: u32 = 1;
const MAX_MANIFEST: u64 = 1 << 20;

/// The record of a model in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub name: String,
    pub title: String,
    /// Licence of the weights; `None` where unknown.
    pub licence: Option<String>,
    pub origin: Origin,
    /// The layout that the reader found.
    pub layout: Layout,
    /// The reader's SHA-256 over weights and configuration, in hexadecimal.
    pub fingerprint: String,
    /// Its files; none where they lie elsewhere ([`Origin::Local`]).
    pub files: Vec<ManifestFile>,
    /// When it was put here, in seconds since 1970.
    pub added: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Origin {
    Hub {
        endpoint: String,
        repo: String,
        /// The branch, tag or commit asked for.
        revision: String,
        /// The commit that this was, where the server said so.
        commit: Option<String>,
    },
    Address {
        by: String,
    },
    /// Files of the user's, used where they lie.
    Local {
        path: PathBuf,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    pub name: String,
    pub url: String,
    pub size: u64,
    pub sha256: String,
    /// What the source declared, against which the content was checked. `None`: it declared nothing, and the hash is only
    /// that of what came.
    pub declared: Option<Declared>,
}

impl Manifest {
    /// A record in the current format, dated now.
    pub(super) fn new(name: &str, title: &str, origin: Origin, layout: Layout, fingerprint: String) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            format: FORMAT,
            name: name.to_owned(),
            title: title.to_owned(),
            licence: None,
            origin,
            layout,
            fingerprint,
            files: Vec::new(),
            added: now.map_or(0, |now| now.as_secs()),
        }
    }

    /// Reads the record in `folder`; `None` where there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, FetchError> {
        let path = folder.join(MANIFEST);
        let file = match File::open(&path) {
            Err(error) if is_absent(&error) => return Ok(None),
            opened => opened.map_err(io_error(&path))?,
        };
        let mut text = Vec::new();
        file.take(MAX_MANIFEST + 1)
            .read_to_end(&mut text)
            .map_err(io_error(&path))?;
        let bad = |problem: String| FetchError::Manifest {
            path: path.clone(),
            problem,
        };
        if text.len() as u64 > MAX_MANIFEST {
            return Err(bad("it is too large".to_owned()));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(|e| bad(format!("it cannot be read ({e})")))?;
        if manifest.format != FORMAT {
            return Err(bad(format!(
                "its form {} is of another version of Patchlight",
                manifest.format
            )));
        }
        check_name(&manifest.name).map_err(|e| bad(e.to_string()))?;
        match manifest.files.iter().find(|file| !is_plain(&file.name)) {
            Some(file) => Err(bad(format!("{:?} is not a plain file name", file.name))),
            None => Ok(Some(manifest)),
        }
    }

    /// Writes the record into `folder`, whole or not at all.
    ///
    /// # Errors
    /// [`FetchError::Io`], [`FetchError::Manifest`] for a path that is not Unicode.
    pub(super) fn write(&self, folder: &Path) -> Result<(), FetchError> {
        let path = folder.join(MANIFEST);
        let json = serde_json::to_vec_pretty(self).map_err(|e| FetchError::Manifest {
            path: path.clone(),
            problem: format!("it cannot be written ({e})"),
        })?;
        atomic::write(&path, &json).map_err(io_error(&path))
    }
}

/// Whether the system says that a file is not there, or a part of its path is no folder.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(error.kind(), K::NotFound | K::NotADirectory)
}

/// A name that stays in its folder.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    plain && !name.contains(['/', '\\', ':']) && name != MANIFEST
}

const MAX_NAME: usize = 64;
/// What Windows does not take as a file's name, whatever comes after a dot.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
/// The model inside the program, which `--model` always means by this word.
const BUILT_IN: &str = "starter";

/// Checks that a model may be called `name`: lower-case letters, digits, `-`, `_` and inner dots, at most 64.
///
/// # Errors
/// [`FetchError::BadName`].
pub(super) fn check_name(name: &str) -> Result<(), FetchError> {
    let bad = |problem: &str| {
        Err(FetchError::BadName {
            name: name.chars().take(MAX_NAME).collect(),
            problem: problem.to_owned(),
        })
    };
    if name.is_empty() {
        return bad("it is empty");
    }
    if name.len() > MAX_NAME {
        return bad("it is longer than 64 characters");
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if !name.bytes().all(plain) {
        return bad("only lower-case letters, digits, `-`, `_` and `.` are allowed");
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.ends_with('.') {
        return bad("it must begin with a letter or digit and not end with a dot");
    }
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(stem);
    if RESERVED.contains(&stem) {
        return bad("Windows keeps this name for a device");
    }
    if name == BUILT_IN {
        return bad("it means the model inside the program");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let origin = Origin::Address {
            by: "OpenAI".to_owned(),
        };
        let mut manifest = Manifest::new("m", "M", origin, Layout::OpenAi, "f".to_owned());
        manifest.files.push(ManifestFile {
            name: "w.pt".to_owned(),
            url: "https://a/w.pt".to_owned(),
            size: 3,
            sha256: "0".repeat(64),
            declared: Some(Declared::Address { sha256: "0".repeat(64) }),
        });
        manifest
    }

    #[test]
    fn a_record_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), None);
        assert_eq!(Manifest::read(&folder.path().join("none")).unwrap(), None);
        let written = manifest();
        written.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), Some(written));
        let text = std::fs::read_to_string(folder.path().join(MANIFEST)).unwrap();
        assert!(
            text.contains("\"by\": \"address\"") && text.contains("\"kind\": \"address\""),
            "{text}"
        );
    }

    #[test]
    fn hostile_records_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let mut other = manifest();
        other.format = 2;
        let mut outside = manifest();
        outside.files[0].name = "../secret".to_owned();
        let mut windows = manifest();
        windows.files[0].name = "a\\b".to_owned();
        let mut named = manifest();
        named.name = "../x".to_owned();
        for bad in [other, outside, windows, named] {
            bad.write(folder.path()).unwrap();
            let error = Manifest::read(folder.path()).unwrap_err();
            assert!(matches!(error, FetchError::Manifest { .. }), "{error}");
        }
        for text in ["", "[1]", &"[".repeat(100_000)] {
            std::fs::write(folder.path().join(MANIFEST), text).unwrap();
            assert!(Manifest::read(folder.path()).is_err());
        }
        std::fs::write(folder.path().join(MANIFEST), vec![b' '; (MAX_MANIFEST + 2) as usize]).unwrap();
        assert!(
            Manifest::read(folder.path())
                .unwrap_err()
                .to_string()
                .contains("too large")
        );
    }

    #[test]
    fn only_names_that_are_folders_everywhere() {
        for good in ["clip-vit-b16", "my_model.v2", "8m", "console"] {
            check_name(good).unwrap();
        }
        let long = "a".repeat(65);
        for bad in [
            "", "..", ".hidden", "a/b", "a\\b", "C:", "Über", "Big", "nul", "com1.x", "a.", "starter", &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
