//! Reading an annotation file with progress by bytes, which may stop it.

use super::Progress;
use crate::dataset::error::DatasetError;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// Bytes between two reports of progress.
const STEP: u64 = 1 << 20;

/// Whether a reader was stopped by its progress; shared with who gets its errors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopped(Rc<Cell<bool>>);

impl Stopped {
    /// What an error of reading `path` was: a stop, or the error itself.
    pub fn or_io(&self, path: &Path, error: io::Error) -> DatasetError {
        if self.0.get() {
            DatasetError::Cancelled
        } else {
            DatasetError::io(path)(error)
        }
    }

    pub fn get(&self) -> bool {
        self.0.get()
    }
}

/// A file whose reading is told in kilobytes read and in all.
pub(crate) struct Metered<'a, 'p> {
    file: File,
    read: u64,
    told: u64,
    total: u64,
    stopped: Stopped,
    progress: &'a mut Progress<'p>,
}

impl<'a, 'p> Metered<'a, 'p> {
    /// Opens a regular file: a pipe would block and a device never end.
    ///
    /// # Errors
    /// The file cannot be opened, or is none.
    pub fn open(path: &Path, progress: &'a mut Progress<'p>) -> Result<(Self, Stopped), DatasetError> {
        let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
        if !about.is_file() {
            return Err(DatasetError::NotAFile { path: path.to_owned() });
        }
        let stopped = Stopped::default();
        let metered = Self {
            file: File::open(path).map_err(DatasetError::io(path))?,
            read: 0,
            told: 0,
            total: about.len(),
            stopped: stopped.clone(),
            progress,
        };
        Ok((metered, stopped))
    }
}

impl<'p> Metered<'_, 'p> {
    /// The progress that the reading reports to.
    pub fn progress(&mut self) -> &mut Progress<'p> {
        self.progress
    }
}

impl Read for Metered<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read == 0 || self.read - self.told >= STEP {
            self.told = self.read;
            let kilobytes = |bytes: u64| usize::try_from(bytes >> 10).unwrap_or(usize::MAX);
            if (self.progress)(kilobytes(self.read), kilobytes(self.total)).is_break() {
                self.stopped.0.set(true);
                return Err(io::Error::other("stopped"));
            }
        }
        let n = self.file.read(out)?;
        self.read += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    #[test]
    fn progress_is_told_by_bytes_and_stops_the_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, vec![b'x'; 3 << 20]).unwrap();
        let mut told = Vec::new();
        let mut progress = |done, total| {
            told.push((done, total));
            if told.len() < 3 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let (mut file, stopped) = Metered::open(&path, &mut progress).unwrap();
        let error = file.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(matches!(stopped.or_io(&path, error), DatasetError::Cancelled));
        drop(file);
        assert_eq!(told[0], (0, 3072));
        assert!(told[1].0 >= 1024 && told[2].0 >= 2048, "{told:?}");
        let mut on = |_, _| ControlFlow::Continue(());
        let folder = Metered::open(folder.path(), &mut on).map(|_| ());
        assert!(matches!(folder, Err(DatasetError::NotAFile { .. })));
    }
}
