//! A table's bytes as rows: encoding, delimiter, and limits.

use super::super::encoding::{self, Decoded};
use super::super::meter::{Metered, Stopped};
use super::super::{Columns, Progress, coco};
use super::quotes::{Quotes, holds_a_row};
use super::words;
use crate::dataset::error::DatasetError;
use crate::dataset::files::is_picture_name;
use ::csv::{ErrorKind, ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Bytes of a row: a quote that is never closed would take in the rest of the file.
const MAX_ROW: usize = 64 << 20;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dialect {
    encoding: &'static Encoding,
    /// Between cells.
    pub delimiter: u8,
    /// The first line is `sep=;`, as spreadsheets have it.
    announced: bool,
    /// A line with the number of rows, one with the names of all columns but the first, and rows with blanks between the cells.
    counted: bool,
}

impl Dialect {
    /// Tells how a file is written: the delimiter is the one with which a column is called as one of file names usually is, else the
    /// one that makes most columns.
    ///
    /// # Errors
    /// It cannot be read, is no text, or `progress` stopped it.
    pub(crate) fn of(path: &Path, wanted: &Columns, progress: &mut Progress<'_>) -> Result<Self, DatasetError> {
        let head = coco::head(path)?;
        let encoding = encoding::of_file(path, &head, None, progress)?;
        Self::told(path, &head, encoding, wanted)
    }

    /// As [`of`](Self::of), from the beginning of the file alone, for a look at its first rows.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub(crate) fn glance(path: &Path) -> Result<Self, DatasetError> {
        let head = coco::head(path)?;
        // Any encoding will do in which the usual names of columns are what they are.
        let foreign = std::str::from_utf8(&head).is_err_and(|error| error.error_len().is_some());
        let usual = if foreign { WINDOWS_1252 } else { UTF_8 };
        let encoding = encoding::marked(&head).unwrap_or(usual);
        Self::told(path, &head, encoding, &Columns::default())
    }

    fn told(path: &Path, head: &[u8], encoding: &'static Encoding, wanted: &Columns) -> Result<Self, DatasetError> {
        if encoding == UTF_8 && head.contains(&0) {
            let problem = "this is no text (it has zero bytes); save the table as \"CSV UTF-8\"".to_owned();
            return Err(DatasetError::Parse {
                path: path.to_owned(),
                line: None,
                problem,
            });
        }
        let mut text = Vec::new();
        // What the cut at the end of the head breaks is of no interest here.
        let _ = Decoded::new(head, encoding).read_to_end(&mut text);
        let mut dialect = Self {
            encoding,
            delimiter: b'\t',
            announced: false,
            counted: is_counted(&text),
        };
        if let Some([delimiter, b'\r' | b'\n', ..]) = text.strip_prefix(b"sep=") {
            (dialect.delimiter, dialect.announced) = (*delimiter, true);
        } else if !dialect.counted {
            dialect.delimiter = delimiter(&text, wanted);
        }
        Ok(dialect)
    }
}

/// Whether a text file is a table with a line that counts its rows, as CelebA's are.
pub(crate) fn is_counted_table(path: &Path) -> bool {
    coco::head(path).is_ok_and(|head| is_counted(&head))
}

fn is_counted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let count = lines.next().is_some_and(|line| line.trim().parse::<u64>().is_ok());
    let names = lines.next().map_or(0, |line| line.split_whitespace().count());
    let mut first = lines.next().unwrap_or_default().split_whitespace();
    count
        && names > 0
        && first.next().is_some_and(|name| is_picture_name(Path::new(name)))
        && first.clone().count() == names
        && first.all(|cell| cell.parse::<f64>().is_ok())
}

/// The delimiter of a table that begins with `text`.
pub(crate) fn delimiter(text: &[u8], wanted: &Columns) -> u8 {
    let worth = |delimiter: u8| {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text);
        let mut first = ::csv::ByteRecord::new();
        let _ = reader.read_byte_record(&mut first);
        let names: Vec<_> = first.iter().map(String::from_utf8_lossy).collect();
        (words::names_pictures(&names, wanted), names.len())
    };
    // The last of several equals wins.
    b"\t;,"
        .iter()
        .copied()
        .max_by_key(|delimiter| worth(*delimiter))
        .unwrap_or(b',')
}

/// A table's text; of a counted one, what a table with tabs would have.
struct Source<'a, 'p> {
    text: BufReader<Decoded<Metered<'a, 'p>>>,
    /// How many lines of a counted table were begun.
    counted: Option<usize>,
    ready: Vec<u8>,
    given: usize,
}

impl Read for Source<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(lines) = &mut self.counted else {
            return self.text.read(out);
        };
        while self.given == self.ready.len() {
            let mut line = Vec::new();
            if (&mut self.text).take(MAX_ROW as u64).read_until(b'\n', &mut line)? == 0 {
                return Ok(0);
            }
            *lines += 1;
            self.given = 0;
            self.ready.clear();
            match *lines {
                // The line that counts: its line end stays, so that lines keep their numbers.
                1 => self.ready.push(b'\n'),
                _ => {
                    let cells: Vec<&[u8]> = line
                        .split(u8::is_ascii_whitespace)
                        .filter(|cell| !cell.is_empty())
                        .collect();
                    let first: &[u8] = if *lines == 2 { b"image\t" } else { b"" };
                    self.ready.extend_from_slice(first);
                    self.ready.extend(cells.join(&b'\t'));
                    self.ready.extend(line.ends_with(b"\n").then_some(b'\n'));
                }
            }
        }
        let n = out.len().min(self.ready.len() - self.given);
        out[..n].copy_from_slice(&self.ready[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

/// What passes on the way to the reader of rows.
#[derive(Debug, Default)]
struct Passed {
    /// Bytes since the last row.
    since: usize,
    /// Bytes in all.
    all: u64,
    /// Places of carriage returns and (true) line feeds that belong to no row yet.
    breaks: VecDeque<(u64, bool)>,
    /// Line feeds before those.
    lines: usize,
    quotes: Option<Quotes>,
    /// There is no more.
    ended: bool,
    /// The last byte ends a line.
    whole: bool,
}

impl Passed {
    fn pop(&mut self, is: impl Fn(u64) -> bool) -> bool {
        let Some((_, feed)) = self.breaks.front().copied().filter(|(at, _)| is(*at)) else {
            return false;
        };
        self.breaks.pop_front();
        self.lines += usize::from(feed);
        true
    }

    /// The line on which a row begins, from 1: `from` is where the reader went on, which may be before line breaks that it passes over
    /// (its own count does not know of them), `to` where it stopped.
    fn line(&mut self, mut from: u64, to: u64) -> usize {
        while self.pop(|at| at == from) {
            from += 1;
        }
        let line = self.lines + 1;
        while self.pop(|at| at < to) {}
        self.since = 0;
        line
    }
}

/// Counts lines, and refuses to read on in a row without end.
struct Limited<R> {
    input: R,
    passed: Rc<RefCell<Passed>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(out)?;
        let mut passed = self.passed.borrow_mut();
        let start = passed.all;
        let breaks = out[..n]
            .iter()
            .zip(start..)
            .filter(|(byte, _)| matches!(byte, b'\r' | b'\n'));
        passed.breaks.extend(breaks.map(|(byte, at)| (at, *byte == b'\n')));
        passed.all += n as u64;
        match out[..n].last() {
            Some(last) => passed.whole = matches!(last, b'\n' | b'\r'),
            None => passed.ended = true,
        }
        if let Some(quotes) = &mut passed.quotes {
            quotes.pass(&out[..n]);
        }
        passed.since = passed.since.saturating_add(n);
        if passed.since > MAX_ROW {
            let text = "a row of more than 64 MiB: is there a quote that is not closed?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(n)
    }
}

/// The rows of a table.
pub(crate) struct Table<'a, 'p> {
    path: PathBuf,
    delimiter: u8,
    reader: ::csv::Reader<Limited<Source<'a, 'p>>>,
    passed: Rc<RefCell<Passed>>,
    stopped: Stopped,
}

impl<'a, 'p> Table<'a, 'p> {
    /// Opens a table.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path, dialect: Dialect, progress: &'a mut Progress<'p>) -> Result<Self, DatasetError> {
        let (file, stopped) = Metered::open(path, progress)?;
        let mut text = BufReader::with_capacity(1 << 16, Decoded::new(file, dialect.encoding));
        if dialect.announced {
            text.skip_until(b'\n').map_err(|e| stopped.or_io(path, e))?;
        }
        let lines = usize::from(dialect.announced);
        let passed = Rc::new(RefCell::new(Passed {
            lines,
            quotes: Some(Quotes::new(dialect.delimiter, lines + 1)),
            ..Passed::default()
        }));
        let limited = Limited {
            input: Source {
                text,
                counted: dialect.counted.then_some(0),
                ready: Vec::new(),
                given: 0,
            },
            passed: passed.clone(),
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(dialect.delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(limited);
        Ok(Self {
            path: path.to_owned(),
            delimiter: dialect.delimiter,
            reader,
            passed,
            stopped,
        })
    }

    /// Reads the next row; gives its line, from 1, or `None` at the end.
    ///
    /// # Errors
    /// With the line: a row with more or fewer cells than the first, or what is no UTF-8; a stop.
    pub fn next(&mut self, row: &mut StringRecord) -> Result<Option<usize>, DatasetError> {
        let from = self.reader.position().byte();
        let read = self.reader.read_record(row);
        let line = self.passed.borrow_mut().line(from, self.reader.position().byte());
        if let Some(error) = self.quote_error(row, line) {
            return Err(error);
        }
        let problem = match read {
            Ok(false) => return Ok(None),
            Ok(true) => return Ok(Some(line)),
            Err(error) => match error.into_kind() {
                _ if self.stopped.get() => return Err(DatasetError::Cancelled),
                ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("{expected_len} cells were expected, as in the first row, but this row has {len}")
                }
                ErrorKind::Utf8 { err, .. } => format!(
                    "cell {} is no text in UTF-8; save the table as \"CSV UTF-8\"",
                    err.field() + 1
                ),
                ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => error.to_string(),
                ErrorKind::Io(error) => return Err(DatasetError::io(&self.path)(error)),
                other => format!("{other:?}"),
            },
        };
        Err(DatasetError::Parse {
            path: self.path.clone(),
            line: Some(line),
            problem,
        })
    }

    /// What is wrong with the quotes of the row that was just read and begins at `line`.
    fn quote_error(&self, row: &StringRecord, line: usize) -> Option<DatasetError> {
        let passed = self.passed.borrow();
        let quotes = passed.quotes.as_ref()?;
        let error = |line: usize, problem: String| {
            Some(DatasetError::Parse {
                path: self.path.clone(),
                line: Some(line),
                problem,
            })
        };
        if let Some(opened) = quotes.open().filter(|_| passed.ended) {
            return error(opened, "the quote that opens here is never closed".to_owned());
        }
        // The next row begins behind this line.
        let end = passed.lines + 1;
        if let Some((opened, closed)) = quotes.fault().filter(|(opened, _)| *opened < end.max(line + 1)) {
            let problem = format!(
                "the quote that opens here is closed in line {closed} in the middle of a cell: one is missing, or one in a cell is not \
                 written twice"
            );
            return error(opened, problem);
        }
        let taken = row.as_slice().contains('\n') && row.iter().any(|cell| holds_a_row(cell, self.delimiter));
        if taken {
            return error(
                line,
                "a quote in this row takes in the rows behind it: it is closed too late".to_owned(),
            );
        }
        None
    }

    /// Whether the last line that was read ends like one.
    pub(crate) fn is_whole(&self) -> bool {
        self.passed.borrow().whole
    }

    /// The progress that the reading reports to.
    pub fn progress(&mut self) -> &mut Progress<'p> {
        self.reader.get_mut().input.text.get_mut().get_mut().progress()
    }
}
