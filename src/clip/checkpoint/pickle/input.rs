//! Reading a pickle's bytes: lengths, lines, numbers and strings, never beyond the end.

use super::{Node, PickleError, Result};

/// The bytes and the place in them.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn malformed(&self, what: &str) -> PickleError {
        PickleError::Malformed(format!("the pickle is invalid at byte {}: {what}", self.at))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let piece = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let piece = piece.ok_or_else(|| self.malformed("it is cut off"))?;
        self.at += length;
        Ok(piece)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian number of `size` bytes, as a length or index.
    pub(super) fn unsigned(&mut self, size: usize) -> Result<usize> {
        let value = self
            .take(size)?
            .iter()
            .rev()
            .fold(0u64, |value, b| (value << 8) | u64::from(*b));
        usize::try_from(value).map_err(|_| self.malformed("a length overflows"))
    }

    pub(super) fn line(&mut self) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .position(|b| *b == b'\n')
            .ok_or_else(|| self.malformed("it is cut off"))?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    pub(super) fn line_text(&mut self) -> Result<String> {
        Ok(String::from_utf8_lossy(self.line()?).into_owned())
    }

    pub(super) fn decimal(&mut self) -> Result<u64> {
        let line = self.line_text()?;
        line.parse().map_err(|_| self.malformed("a number is expected"))
    }

    pub(super) fn integer(&mut self, op: u8) -> Result<Node> {
        let bytes = match op {
            b'I' | b'L' => {
                let line = self.line_text()?;
                let digits = line.trim_end_matches('L');
                return Ok(digits
                    .parse()
                    .map_or_else(|_| Node::Opaque("a large number"), Node::Int));
            }
            b'K' => return Ok(Node::Int(i64::from(self.byte()?))),
            b'M' => return Ok(Node::Int(self.unsigned(2)? as i64)),
            b'J' => self.take(4)?,
            _ => {
                let length = self.unsigned(if op == 0x8a { 1 } else { 4 })?;
                self.take(length)?
            }
        };
        if bytes.len() > 8 {
            return Ok(Node::Opaque("a large number"));
        }
        let negative = bytes.last().is_some_and(|b| *b >= 0x80);
        let start = if negative { -1i64 } else { 0 };
        Ok(Node::Int(
            bytes.iter().rev().fold(start, |value, b| (value << 8) | i64::from(*b)),
        ))
    }

    pub(super) fn string(&mut self, op: u8) -> Result<String> {
        let bytes = match op {
            b'S' => {
                let line = self.line()?.trim_ascii();
                line.get(1..line.len().saturating_sub(1)).unwrap_or_default()
            }
            b'V' => self.line()?,
            _ => {
                let length = self.unsigned(match op {
                    b'U' | 0x8c => 1,
                    0x8d => 8,
                    _ => 4,
                })?;
                self.take(length)?
            }
        };
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
