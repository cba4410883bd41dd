//! Quotes as RFC 4180 has them, followed byte by byte: the reader of rows takes one that is never closed for a cell with the rest of
//! the file in it, and one that is closed by the next for two cells in one.

use crate::dataset::files::is_picture_name;
use std::path::Path;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or half of two.
    Closing,
    /// Blanks behind a closed cell.
    Closed,
}

/// What the quotes of a table have been so far.
#[derive(Clone, Debug)]
pub(crate) struct Quotes {
    delimiter: u8,
    place: Place,
    /// Lines begun, from 1.
    line: usize,
    /// Where the last quoted cell begins.
    opened: usize,
    fault: Option<(usize, usize)>,
}

impl Quotes {
    /// `line`: that of the first byte.
    pub(crate) fn new(delimiter: u8, line: usize) -> Self {
        Self {
            delimiter,
            place: Place::Start,
            line,
            opened: line,
            fault: None,
        }
    }

    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line += usize::from(*byte == b'\n');
            self.place = match (self.place, *byte) {
                (Place::Quoted, b'"') => Place::Closing,
                (Place::Quoted, _) => Place::Quoted,
                (Place::Closing, b'"') => Place::Quoted,
                (_, b'\n' | b'\r') => Place::Start,
                (_, byte) if byte == self.delimiter => Place::Start,
                (Place::Start, b'"') => {
                    self.opened = self.line;
                    Place::Quoted
                }
                (Place::Start | Place::Plain, _) => Place::Plain,
                (Place::Closing | Place::Closed, b' ' | b'\t') => Place::Closed,
                (Place::Closing | Place::Closed, _) => {
                    self.fault.get_or_insert((self.opened, self.line));
                    Place::Plain
                }
            };
        }
    }

    /// The line of a quote that is still open.
    pub(crate) fn open(&self) -> Option<usize> {
        (self.place == Place::Quoted).then_some(self.opened)
    }

    /// The lines where a cell begins and where its closing quote has something behind it.
    pub(crate) fn fault(&self) -> Option<(usize, usize)> {
        self.fault
    }
}

/// Whether a cell holds what looks like further rows of its table: a line break and a picture's name in front of a delimiter.
pub(crate) fn holds_a_row(cell: &str, delimiter: u8) -> bool {
    let begins_row = |line: &str| {
        let name = line
            .split(char::from(delimiter))
            .next()
            .filter(|name| name.len() < line.len());
        name.is_some_and(|name| is_picture_name(Path::new(name.trim().trim_matches('"'))))
    };
    cell.contains('\n') && cell.lines().skip(1).any(begins_row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Quotes {
        let mut quotes = Quotes::new(b',', 1);
        text.bytes().for_each(|byte| quotes.pass(&[byte]));
        quotes
    }

    #[test]
    fn quotes_are_followed() {
        for good in [
            "a,\"b\"\n",
            "a,\"b\"\"c\"\r\n\"x\ny\",z",
            "5\" disk,a\n",
            "\"\",\"\"\n",
            "\"a\" ,b\n",
            " \"a\", b\n",
        ] {
            let quotes = after(good);
            assert_eq!((quotes.open(), quotes.fault()), (None, None), "{good:?}");
        }
        assert_eq!(after("h,l\n\"a\",\"cat\nb,dog\n").open(), Some(2));
        assert_eq!(after("a,\"cat\nb,dog\nc,\"bird\"\n").fault(), Some((1, 3)));
        assert!(
            holds_a_row("cat\nb.jpg,dog", b',') && !holds_a_row("cat\nb.jpg", b',') && !holds_a_row("b.jpg,dog", b',')
        );
    }
}
