//! Annotation files that cannot be read, of many: a few are listed and the rest goes on, more stop the import.

use super::ImportRequest;
use crate::dataset::error::DatasetError;
use crate::dataset::model::NeedsLook;
use std::path::{Path, PathBuf};

/// What became of the annotation files so far.
#[derive(Default)]
pub(crate) struct Trouble {
    data: PathBuf,
    strict: bool,
    files: usize,
    bad: Vec<NeedsLook>,
    /// Told instead of a list where there is only one file.
    first: Option<DatasetError>,
}

impl Trouble {
    pub(crate) fn new(request: &ImportRequest) -> Self {
        Self {
            data: request.data.clone(),
            strict: request.strict,
            ..Self::default()
        }
    }

    /// Passes on what was read of a file; `None` where it cannot be read, which is noted.
    ///
    /// # Errors
    /// The import was stopped, or stops at the first such file.
    pub(crate) fn of<T>(&mut self, file: &Path, read: Result<T, DatasetError>) -> Result<Option<T>, DatasetError> {
        self.files += 1;
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) => self.note(file, error).map(|()| None),
        }
    }

    /// Notes that a file, which was counted, cannot be read or says what cannot be.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub(crate) fn note(&mut self, file: &Path, error: DatasetError) -> Result<(), DatasetError> {
        if self.strict || matches!(error, DatasetError::Cancelled) {
            return Err(error);
        }
        let (line, reason) = match &error {
            DatasetError::Parse { line, problem, .. } => (*line, problem.clone()),
            DatasetError::Io { source, .. } => (None, source.to_string()),
            other => (None, other.to_string()),
        };
        self.bad.push(NeedsLook {
            file: file.display().to_string(),
            line,
            reason,
        });
        self.first.get_or_insert(error);
        Ok(())
    }

    /// The files that need a look.
    ///
    /// # Errors
    /// None of them can be read, or more than one and more than a tenth cannot.
    pub(crate) fn finish(self) -> Result<Vec<NeedsLook>, DatasetError> {
        let bad = self.bad.len();
        let stops = bad > 0 && (bad >= self.files || (bad > 1 && bad * 10 > self.files));
        match self.first {
            Some(first) if stops && self.files <= 1 => Err(first),
            Some(_) if stops => {
                let place = |look: &NeedsLook| match look.line {
                    Some(line) => format!("{}, line {line}: {}", look.file, look.reason),
                    None => format!("{}: {}", look.file, look.reason),
                };
                Err(DatasetError::ManyUnreadable {
                    path: self.data,
                    files: self.files,
                    bad: self.bad.iter().map(place).collect(),
                })
            }
            _ => Ok(self.bad),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(strict: bool, files: usize, bad: usize) -> Result<usize, DatasetError> {
        let mut request = ImportRequest::new(Path::new("/data"));
        request.strict = strict;
        let mut trouble = Trouble::new(&request);
        for i in 0..files {
            let path = PathBuf::from(format!("{i}.xml"));
            let read = if i < bad {
                Err(DatasetError::Empty { path: path.clone() })
            } else {
                Ok(())
            };
            trouble.of(&path, read)?;
        }
        trouble.finish().map(|looks| looks.len())
    }

    #[test]
    fn a_few_bad_files_are_listed_and_more_stop() {
        for (files, bad, goes_on) in [
            (100, 10, true),
            (100, 11, false),
            (5, 1, true),
            (5, 2, false),
            (20, 2, true),
            (1, 1, false),
            (3, 3, false),
            (0, 0, true),
        ] {
            assert_eq!(run(false, files, bad).ok(), goes_on.then_some(bad), "{bad} of {files}");
            assert_eq!(run(true, files, bad).is_ok(), bad == 0, "{bad} of {files}, strictly");
        }
        assert!(matches!(run(false, 1, 1), Err(DatasetError::Empty { .. })));
        let told = run(false, 50, 30).unwrap_err().to_string();
        assert!(
            told.contains("30 of 50") && told.contains("19.xml") && told.ends_with("and 10 more"),
            "{told}"
        );
    }
}
