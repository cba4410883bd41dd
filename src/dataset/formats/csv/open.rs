//! A table's bytes as rows: encoding, delimiter, and limits.

use super::super::meter::{Metered, Stopped};
use super::super::{Columns, Progress, coco};
use super::tell;
use crate::dataset::error::DatasetError;
use ::csv::{ErrorKind, ReaderBuilder, StringRecord};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Bytes of a row: a quote that is never closed would take in the rest of the file.
const MAX_ROW: usize = 64 << 20;

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Utf8,
    Utf16Little,
    Utf16Big,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    encoding: Encoding,
    /// Between cells.
    pub delimiter: u8,
    /// The first line is `sep=;`, as spreadsheets have it.
    announced: bool,
}

impl Dialect {
    /// Tells how a file is written from its beginning: the delimiter is the one with which a column is called as one of file names
    /// usually is, else the one that makes most columns.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub fn of(path: &Path, wanted: &Columns) -> Result<Self, DatasetError> {
        let head = coco::head(path)?;
        let mut dialect = Self {
            encoding: match head.as_slice() {
                [0xFF, 0xFE, ..] => Encoding::Utf16Little,
                [0xFE, 0xFF, ..] => Encoding::Utf16Big,
                _ => Encoding::Utf8,
            },
            ..Self::default()
        };
        if dialect.encoding == Encoding::Utf8 && head.contains(&0) {
            let problem = "this is no table in UTF-8 (it has zero bytes); save it as \"CSV UTF-8\"".to_owned();
            return Err(DatasetError::Parse {
                path: path.to_owned(),
                line: None,
                problem,
            });
        }
        let mut text = Vec::new();
        // What the cut at the end of the head breaks is of no interest here.
        let _ = Decoded::new(&head[..], dialect.encoding).read_to_end(&mut text);
        if let Some([delimiter, b'\r' | b'\n', ..]) = text.strip_prefix(b"sep=") {
            (dialect.delimiter, dialect.announced) = (*delimiter, true);
        } else {
            dialect.delimiter = delimiter(&text, wanted);
        }
        Ok(dialect)
    }
}

/// The delimiter of a table that begins with `text`.
pub fn delimiter(text: &[u8], wanted: &Columns) -> u8 {
    let worth = |delimiter: u8| {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text);
        let mut first = ::csv::ByteRecord::new();
        let _ = reader.read_byte_record(&mut first);
        let names: Vec<_> = first.iter().map(String::from_utf8_lossy).collect();
        (tell::names_pictures(&names, wanted), names.len())
    };
    // The last of several equals wins.
    b"\t;,"
        .iter()
        .copied()
        .max_by_key(|delimiter| worth(*delimiter))
        .unwrap_or(b',')
}

/// Bytes as UTF-8, without a byte order mark.
struct Decoded<R> {
    input: BufReader<R>,
    encoding: Encoding,
    begun: bool,
    ready: Vec<u8>,
    given: usize,
}

impl<R: Read> Decoded<R> {
    fn new(input: R, encoding: Encoding) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            encoding,
            begun: false,
            ready: Vec::new(),
            given: 0,
        }
    }

    /// The next 16 bits; `None` at the end.
    fn unit(&mut self) -> io::Result<Option<u16>> {
        let mut pair = [0; 2];
        let mut got = 0;
        while got < 2 {
            match self.input.read(&mut pair[got..])? {
                0 if got == 0 => return Ok(None),
                0 => return Err(not_utf16()),
                n => got += n,
            }
        }
        Ok(Some(match self.encoding {
            Encoding::Utf16Big => u16::from_be_bytes(pair),
            _ => u16::from_le_bytes(pair),
        }))
    }

    /// Makes some more text; nothing at the end.
    fn decode(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.len() < 1 << 14 {
            let Some(first) = self.unit()? else { break };
            let second = if (0xD800..0xDC00).contains(&first) {
                self.unit()?
            } else {
                None
            };
            let units = [Some(first), second].into_iter().flatten();
            for character in char::decode_utf16(units) {
                let character = character.map_err(|_| not_utf16())?;
                self.ready
                    .extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }
}

fn not_utf16() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "this is no text in UTF-16; save it as \"CSV UTF-8\"",
    )
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begun = true;
            match self.encoding {
                Encoding::Utf8 if self.input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") => self.input.consume(3),
                Encoding::Utf8 => {}
                Encoding::Utf16Little | Encoding::Utf16Big => _ = self.unit()?,
            }
        }
        if self.encoding == Encoding::Utf8 {
            return self.input.read(out);
        }
        if self.given == self.ready.len() {
            self.decode()?;
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
        passed.since = passed.since.saturating_add(n);
        if passed.since > MAX_ROW {
            let text = "a row of more than 64 MiB: is there a quote that is not closed?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(n)
    }
}

/// The rows of a table.
pub struct Table<'a, 'p> {
    path: PathBuf,
    reader: ::csv::Reader<Limited<BufReader<Decoded<Metered<'a, 'p>>>>>,
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
        let mut input = BufReader::with_capacity(1 << 16, Decoded::new(file, dialect.encoding));
        if dialect.announced {
            input.skip_until(b'\n').map_err(|e| stopped.or_io(path, e))?;
        }
        let passed = Rc::new(RefCell::new(Passed {
            lines: usize::from(dialect.announced),
            ..Passed::default()
        }));
        let limited = Limited {
            input,
            passed: passed.clone(),
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(dialect.delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(limited);
        Ok(Self {
            path: path.to_owned(),
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

    /// The progress that the reading reports to.
    pub fn progress(&mut self) -> &mut Progress<'p> {
        self.reader.get_mut().input.get_mut().input.get_mut().progress()
    }
}
