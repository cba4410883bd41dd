//! Whether a file is where a name says, for a hundred thousand names: each folder is listed once instead of asking the disk
//! for each name.

use super::collect::inside;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Files below a root. Listings are kept, so it must not outlive an import.
pub(crate) struct Tree {
    root: PathBuf,
    /// The root without links.
    real: Option<PathBuf>,
    folders: HashMap<PathBuf, Listing>,
}

enum Listing {
    /// There is no such folder.
    Missing,
    /// It leads out of the root or cannot be listed: each name in it is asked for.
    Unlisted,
    Listed {
        /// Plain files.
        files: HashSet<OsString>,
        /// Links and other things that need a closer look.
        others: HashSet<OsString>,
    },
}

impl Tree {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            real: root.canonicalize().ok(),
            folders: HashMap::new(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that `path` names under the root; `Ok(None)` if there is none.
    ///
    /// # Errors
    /// In words, if the file is not under the root.
    pub fn find(&mut self, path: &Path) -> Result<Option<PathBuf>, String> {
        let path = path.strip_prefix(".").unwrap_or(path);
        let plain = path.components().all(|c| matches!(c, Component::Normal(_)));
        let (Some(name), Some(parent)) = (path.file_name().filter(|_| plain), path.parent()) else {
            return inside(&self.root, path);
        };
        if !self.folders.contains_key(parent) {
            let listing = self.list(parent);
            self.folders.insert(parent.to_owned(), listing);
        }
        match self.folders.get(parent) {
            Some(Listing::Listed { files, .. }) if files.contains(name) => Ok(Some(self.root.join(path))),
            Some(Listing::Listed { others, .. }) if !others.contains(name) => Ok(None),
            Some(Listing::Missing) => Ok(None),
            _ => inside(&self.root, path),
        }
    }

    /// The plain files of a folder that was listed, relative to the root.
    pub(crate) fn listed(&self, folder: &Path) -> impl Iterator<Item = &OsString> {
        let files = match self.folders.get(folder) {
            Some(Listing::Listed { files, .. }) => Some(files),
            _ => None,
        };
        files.into_iter().flatten()
    }

    fn list(&self, folder: &Path) -> Listing {
        let path = self.root.join(folder);
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Listing::Missing;
            }
            Err(_) => return Listing::Unlisted,
        };
        if !self.real.as_ref().is_some_and(|root| real.starts_with(root)) {
            return Listing::Unlisted;
        }
        let Ok(entries) = std::fs::read_dir(&real) else {
            return if real.is_dir() {
                Listing::Unlisted
            } else {
                Listing::Missing
            };
        };
        let (mut files, mut others) = (HashSet::new(), HashSet::new());
        for entry in entries {
            let Ok(entry) = entry else { return Listing::Unlisted };
            match entry.file_type() {
                Ok(kind) if kind.is_file() => _ = files.insert(entry.file_name()),
                Ok(kind) if kind.is_dir() => {}
                _ => _ = others.insert(entry.file_name()),
            }
        }
        Listing::Listed { files, others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FAULTS 15 and 17.
    #[cfg(unix)]
    #[test]
    fn a_tree_answers_as_the_disk_does() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.jpg"), b"x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for name in ["1.jpg", "a/2.jpg", "a/b/3.jpg"] {
            std::fs::write(root.join(name), b"x").unwrap();
        }
        symlink(root.join("a/2.jpg"), root.join("link.jpg")).unwrap();
        symlink(outside.path().join("secret.jpg"), root.join("out.jpg")).unwrap();
        symlink(outside.path(), root.join("door")).unwrap();
        symlink(root, root.join("a/loop")).unwrap();
        let mut tree = Tree::new(root);
        let names = [
            "1.jpg",
            "a/2.jpg",
            "a/b/3.jpg",
            "link.jpg",
            "a/loop/a/2.jpg",
            "a/../1.jpg",
            "2.jpg",
            "a",
            "x/y.jpg",
            "1.jpg/z",
            "",
        ];
        for name in names {
            let path = Path::new(name);
            assert_eq!(tree.find(path), inside(root, path), "{name}");
            assert_eq!(tree.find(path), inside(root, path), "{name} again");
        }
        assert_eq!(tree.find(Path::new("link.jpg")), Ok(Some(root.join("link.jpg"))));
        for name in ["out.jpg", "door/secret.jpg", "../secret.jpg", "/etc/passwd"] {
            let out = tree.find(Path::new(name));
            assert!(out.is_err() || name.starts_with(".."), "{name}: {out:?}");
            assert_eq!(out, inside(root, Path::new(name)), "{name}");
        }
        assert_eq!(tree.find(Path::new("door/gone.jpg")), Ok(None));
        assert_eq!(tree.find(Path::new("./a/2.jpg")), Ok(Some(root.join("a/2.jpg"))));
    }
}
