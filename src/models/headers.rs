//! The few HTTP headers that a download turns on, read strictly.

use std::time::Duration;

/// `Content-Range` of a partial answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    /// First byte.
    pub start: u64,
    /// Last byte, included.
    pub end: u64,
    /// Length of the whole file, where it is said.
    pub total: Option<u64>,
}

/// Reads `bytes 5-9/10` or `bytes 5-9/*`; `None` for anything else or numbers that contradict each other.
pub(super) fn content_range(text: &str) -> Option<ContentRange> {
    let (unit, rest) = text.trim().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (range, total) = rest.trim().split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (number(start)?, number(end)?);
    let total = match total.trim() {
        "*" => None,
        total => Some(number(total)?),
    };
    // The last possible number leaves no room for a length.
    let fits = start <= end && end < u64::MAX && total.is_none_or(|total| end < total);
    fits.then_some(ContentRange { start, end, total })
}

/// Digits alone: `parse` would take a sign.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What a server calls this state of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Between the quotes.
    pub value: String,
    /// Whether files with this tag may differ in their bytes.
    pub weak: bool,
}

impl Tag {
    /// Reads an `ETag`. Some mirrors forget the quotes.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (weak, text) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let value = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let sane = !value.is_empty() && value.len() <= 256 && value.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
        sane.then(|| Self {
            value: value.to_owned(),
            weak,
        })
    }

    /// As it is sent back in `If-Range`; `None` for a weak one, which may not be.
    pub fn for_if_range(&self) -> Option<String> {
        (!self.weak).then(|| format!("\"{}\"", self.value))
    }

    /// The tag where it is `digits` hexadecimal digits, in lower case: 64 are a SHA-256, 40 a git blob's SHA-1.
    pub fn hash(&self, digits: usize) -> Option<String> {
        hexadecimal(&self.value, digits)
    }
}

/// `text` in lower case where it is exactly `digits` hexadecimal digits.
pub(super) fn hexadecimal(text: &str, digits: usize) -> Option<String> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// Reads `Retry-After` in seconds. A date is not read; the usual waiting is used then, as the standard allows.
pub(super) fn retry_after(text: &str) -> Option<Duration> {
    number(text).map(Duration::from_secs)
}

/// Whether `bytes`, a file's beginning, is a page or message for people instead of data.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let head = text[..text.len().min(16)].to_ascii_lowercase();
    ["<!doctype", "<html", "<head", "<?xml", "<!--"]
        .iter()
        .any(|mark| head.starts_with(mark.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_contradict_themselves_are_refused() {
        let good = content_range("bytes 5-9/10").unwrap();
        assert_eq!((good.start, good.end, good.total), (5, 9, Some(10)));
        assert_eq!(content_range("Bytes 0-0/*").unwrap().total, None);
        let bad = [
            "",
            "bytes",
            "bytes 5-9",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "items 5-9/10",
            "bytes */10",
            "bytes -5/10",
            "bytes +5-9/10",
            "bytes 5-9/99999999999999999999",
            "bytes 0-18446744073709551615/*",
        ];
        for text in bad {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn tags_are_read_with_and_without_quotes() {
        let sha = "A".repeat(64);
        assert_eq!(Tag::read(&format!("\"{sha}\"")).unwrap().hash(64), Some("a".repeat(64)));
        assert_eq!(Tag::read(&sha).unwrap().hash(64), Some("a".repeat(64)));
        let weak = Tag::read("W/\"x-1\"").unwrap();
        assert!(weak.weak && weak.for_if_range().is_none() && weak.hash(40).is_none());
        assert_eq!(Tag::read("\"x\"").unwrap().for_if_range(), Some("\"x\"".to_owned()));
        for bad in ["", "\"\"", "a b", "\"a\r\nX: y\""] {
            assert_eq!(Tag::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn pages_are_told_from_data() {
        assert!(is_page(b"\xef\xbb\xbf \n<!DOCTYPE html><html>") && is_page(b"<?xml version=\"1.0\"?><Error>"));
        assert!(!is_page(b"{\"a\": 1}") && !is_page(b"PK\x03\x04") && !is_page(b""));
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }
}
