//! A folder in which an input becomes the annotations of a small set, for the readers to look at.

use patchlight::dataset::formats::{Format, ImportRequest, preview};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A set with two pictures, made once; memory rather than a disk where there is such a folder.
pub struct Set {
    folder: tempfile::TempDir,
}

impl Set {
    /// `pictures`: where the two pictures lie, below the folder.
    pub fn new(pictures: &[&str]) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let set = Self {
            folder: folder.expect("a folder for the input"),
        };
        for picture in pictures {
            set.put(picture, b"\x89PNG\r\n\x1a\n");
        }
        set
    }

    /// Writes a file of the set.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder of the input");
        }
        std::fs::write(path, bytes).expect("the input");
    }

    /// A path in the set.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Reads the set as an import would, without opening pictures. Errors are fine; panics, hangs and floods of memory are not.
    pub fn look(&self, format: Format, data: &str) {
        let request = ImportRequest {
            format,
            images: Some(self.folder.path().to_owned()),
            ..ImportRequest::new(&self.path(data))
        };
        let _ = preview(&request, 5, &mut |_, _| ControlFlow::Continue(()));
    }
}

/// Runs `look` on a set that is made once a thread.
pub fn with(make: fn() -> Set, look: impl FnOnce(&Set)) {
    thread_local! {
        static SET: RefCell<Option<Set>> = const { RefCell::new(None) };
    }
    SET.with(|set| look(set.borrow_mut().get_or_insert_with(make)));
}
