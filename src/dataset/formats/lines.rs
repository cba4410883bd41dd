//! Lines of list files: a path, then class numbers. Paths may hold blanks and bytes that are no text.

use super::Progress;
use crate::dataset::error::DatasetError;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A line longer than this is no list entry.
pub const MAX_LINE: usize = 1 << 20;

/// Lines between two questions whether to go on.
const ASKED: usize = 4096;

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// What stands before the class numbers.
    pub path: PathBuf,
    /// The numbers at the end.
    pub ids: Vec<i64>,
    raw: Vec<u8>,
}

impl Line {
    /// The whole line as a path, for names that end in a number.
    pub fn whole(&self) -> PathBuf {
        to_path(&self.raw)
    }

    /// Reads a line; `None` if it is blank.
    pub fn parse(number: usize, line: &[u8]) -> Option<Self> {
        let raw = line.trim_ascii();
        let mut path = raw;
        let mut ids = Vec::new();
        // From the right: numbers, but the first word is always the path.
        while let Some(blank) = path.iter().rposition(u8::is_ascii_whitespace) {
            let word = std::str::from_utf8(&path[blank + 1..]).ok();
            let Some(id) = word.and_then(|word| word.parse().ok()) else {
                break;
            };
            ids.push(id);
            path = path[..blank].trim_ascii_end();
        }
        ids.reverse();
        (!raw.is_empty()).then(|| Self {
            number,
            path: to_path(path),
            ids,
            raw: raw.to_vec(),
        })
    }
}

/// Bytes as a path.
#[cfg(unix)]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Bytes as a path.
#[cfg(not(unix))]
pub fn to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// The lines of a list that are not blank. A byte order mark and CRLF are tolerated.
///
/// # Errors
/// The file cannot be read, or is no text.
pub fn read(path: &Path) -> Result<Vec<Line>, DatasetError> {
    read_with(path, &mut |_, _| ControlFlow::Continue(()))
}

/// As [`read`]; `progress` may stop it.
///
/// # Errors
/// As [`read`], and [`DatasetError::Cancelled`].
pub(crate) fn read_with(path: &Path, progress: &mut Progress<'_>) -> Result<Vec<Line>, DatasetError> {
    let (mut lines, mut stopped) = (Vec::new(), false);
    each(path, |line| {
        lines.push(line);
        stopped = lines.len().is_multiple_of(ASKED) && progress(0, 0).is_break();
        !stopped
    })?;
    if stopped {
        Err(DatasetError::Cancelled)
    } else {
        Ok(lines)
    }
}

/// The first lines that are not blank; `None` where the file is no list.
pub(crate) fn some(path: &Path, count: usize) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    each(path, |line| {
        lines.push(line);
        lines.len() < count
    })
    .ok()?;
    Some(lines)
}

/// The first line that is not blank; `None` where the file is no list.
pub fn first(path: &Path) -> Option<Line> {
    let mut first = None;
    each(path, |line| {
        first = Some(line);
        false
    })
    .ok()?;
    first
}

fn each(path: &Path, mut take: impl FnMut(Line) -> bool) -> Result<(), DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if !about.is_file() {
        return Err(DatasetError::NotAFile { path: path.to_owned() });
    }
    let mut reader = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
    let mut buffer = Vec::new();
    for number in 1.. {
        buffer.clear();
        let limited = &mut std::io::Read::take(&mut reader, MAX_LINE as u64);
        let read = limited.read_until(b'\n', &mut buffer).map_err(DatasetError::io(path))?;
        if buffer.len() >= MAX_LINE || buffer.contains(&0) {
            let problem = "this is no text; lines of `path id id` were expected".to_owned();
            return Err(DatasetError::Parse {
                path: path.to_owned(),
                line: Some(number),
                problem,
            });
        }
        let text = if number == 1 {
            buffer.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&buffer)
        } else {
            &buffer
        };
        if read == 0 || Line::parse(number, text).is_some_and(|line| !take(line)) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_read_no_further_than_it_is_wanted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a.jpg 1\n".repeat(10 * ASKED)).unwrap();
        let mut asked = 0;
        let mut progress = |_, _| {
            asked += 1;
            if asked < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let result = read_with(file.path(), &mut progress);
        assert!(matches!(result, Err(DatasetError::Cancelled)));
        assert_eq!(asked, 2);
        assert_eq!(read(file.path()).unwrap().len(), 10 * ASKED);
    }

    #[test]
    fn numbers_are_taken_from_the_right() {
        let parse = |text: &str| Line::parse(1, text.as_bytes()).map(|l| (l.path.display().to_string(), l.ids));
        let is = |path: &str, ids: &[i64]| Some((path.to_owned(), ids.to_vec()));
        assert_eq!(parse("a/b.jpg 0 62 \r\n"), is("a/b.jpg", &[0, 62]));
        assert_eq!(parse("my picture.jpg\t3"), is("my picture.jpg", &[3]));
        assert_eq!(parse("2008_000001 -1"), is("2008_000001", &[-1]));
        assert_eq!(parse("000012"), is("000012", &[]));
        assert_eq!(parse("a.jpg 1 x 2"), is("a.jpg 1 x", &[2]));
        assert_eq!(parse("  \r\n"), None);
    }
}
