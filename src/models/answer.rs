//! Judging an answer before a byte of it is written: is it the file, the right part of it, and still the same file?

use super::address;
use super::error::FetchError;
use super::file::{Part, Sidecar};
use super::retry::AttemptError;
use std::time::Duration;
use url::Url;

/// The last answer's headers, and what the hub declared on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// HTTP status: 200, 206 or 416.
    pub status: u16,
    /// Where the answer comes from.
    pub url: Url,
    /// Bytes of this answer.
    pub length: Option<u64>,
    /// Which bytes a partial answer holds: `Err` for a header that makes no sense.
    pub range: Option<Result<ContentRange, String>>,
    pub tag: Option<Tag>,
    /// Whether the answer says it is a page.
    pub page: bool,
    /// The encoding of the body, which was not asked for.
    pub encoding: Option<String>,
    pub hub: HubSays,
}

impl Head {
    /// The headers of an answer from `url` with a body of `length` bytes; `text` reads a header.
    pub fn read<'a>(
        status: u16,
        url: Url,
        length: Option<u64>,
        text: impl Fn(&str) -> Option<&'a str>,
        hub: HubSays,
    ) -> Self {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let encoding = text("content-encoding").filter(|name| !name.eq_ignore_ascii_case("identity"));
        Self {
            status,
            url,
            length,
            range: text("content-range").map(|range| content_range(range).ok_or_else(|| cut(range, 80))),
            tag: text("etag").and_then(Tag::read),
            page: text("content-type").is_some_and(is_page_type),
            encoding: encoding.map(|name| cut(name, 20)),
            hub,
        }
    }

    /// The answer's tag as `If-Range` takes it.
    pub fn strong_tag(&self) -> Option<String> {
        self.tag.as_ref().and_then(Tag::for_if_range)
    }
}

/// What the hub's own server declares of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HubSays {
    pub sha256: Option<String>,
    /// SHA-1 of the content as a git blob.
    pub git_sha1: Option<String>,
    pub size: Option<u64>,
    /// The commit that the revision stands for.
    pub commit: Option<String>,
}

impl HubSays {
    /// Notes what an answer of the hub declares. A large file's hash comes with the redirect (`X-Linked-Etag`), a small
    /// one's with the answer itself.
    pub fn note<'a>(&mut self, status: u16, text: impl Fn(&str) -> Option<&'a str>) {
        let tag = |name: &str| text(name).and_then(Tag::read);
        let linked = tag("x-linked-etag");
        let own = tag("etag").filter(|_| status == 200 || status == 206);
        for tag in [linked, own].into_iter().flatten() {
            self.sha256 = self.sha256.take().or_else(|| tag.hash(64));
            self.git_sha1 = self.git_sha1.take().or_else(|| tag.hash(40));
        }
        let size = text("x-linked-size").and_then(|size| size.trim().parse().ok());
        self.size = self.size.or(size);
        let commit = text("x-repo-commit").and_then(|commit| hexadecimal(commit.trim(), 40));
        self.commit = self.commit.take().or(commit);
    }
}

fn is_page_type(content_type: &str) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind == "text/html" || kind == "application/xhtml+xml"
}

/// What an earlier attempt left on the disk.
pub(super) struct Earlier {
    pub have: u64,
    /// What they belong to. `None`: no download can continue from them, as nothing would tell whether it is still the same file.
    pub sidecar: Option<Sidecar>,
}

impl Earlier {
    /// What lies in `part` of the file at `url`.
    pub fn read(part: &Part, url: &Url) -> Self {
        let have = part.len();
        let is_usable = |sidecar: &Sidecar| {
            let comparable = sidecar.declared.is_some() || (sidecar.url == url.as_str() && sidecar.etag.is_some());
            have > 0 && comparable && sidecar.length.is_none_or(|length| have <= length)
        };
        Self {
            have,
            sidecar: part.sidecar().filter(is_usable),
        }
    }

    fn is_whole(&self) -> bool {
        self.sidecar.as_ref().is_some_and(|s| s.length == Some(self.have))
    }

    /// First byte to ask for; 0 asks for the whole file.
    pub fn offset(&self) -> u64 {
        if self.sidecar.is_some() && !self.is_whole() {
            self.have
        } else {
            0
        }
    }

    /// The tag under which the rest of the file at `url` is asked for.
    pub fn if_range(&self, url: &Url) -> Option<String> {
        let sidecar = self.sidecar.as_ref().filter(|sidecar| sidecar.url == url.as_str());
        sidecar?.etag.clone()
    }

    /// Whether an answer with the whole file offers exactly what is on the disk already.
    pub fn is_offered_by(&self, head: &Head) -> bool {
        let Some(sidecar) = self.sidecar.as_ref().filter(|_| self.is_whole() && head.status == 200) else {
            return false;
        };
        let same_tag = || sidecar.etag.is_some() && head.strong_tag() == sidecar.etag;
        head.length.is_none_or(|length| length == self.have) && (sidecar.declared.is_some() || same_tag())
    }
}

/// Where an answer's bytes belong.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub start: u64,
    /// Length of the whole file, where it is known.
    pub total: Option<u64>,
}

impl Place {
    /// Where the bytes of the answer to a request for what `earlier` lacks belong.
    ///
    /// # Errors
    /// Anything else than the file or its rest, and lengths that disagree.
    pub fn of(head: &Head, earlier: &Earlier) -> Result<Self, AttemptError> {
        refuse_other_things(head)?;
        let offset = earlier.offset();
        let place = match head.status {
            206 => place_of_rest(head, offset, earlier.sidecar.as_ref())?,
            416 if offset > 0 => return Err(AttemptError::bad_range(&head.url, "there is no such rest")),
            416 => {
                let problem = "no range was asked for, and it is refused";
                return Err(AttemptError::protocol(&head.url, problem));
            }
            _ => Self {
                start: 0,
                total: head.length,
            },
        };
        let total = agreed_length(head, place.total)?;
        Ok(Self { total, ..place })
    }
}

/// Refuses pages and encodings in place of the file.
fn refuse_other_things(head: &Head) -> Result<(), AttemptError> {
    if head.page && head.status != 416 {
        return Err(page(head));
    }
    match &head.encoding {
        None => Ok(()),
        Some(encoding) => {
            let problem = format!("the file comes encoded as {encoding}, which was not asked for");
            Err(AttemptError::protocol(&head.url, problem))
        }
    }
}

/// The error of a page in place of the file.
pub(super) fn page(head: &Head) -> AttemptError {
    AttemptError::fatal(FetchError::Page {
        address: address::shown(&head.url),
    })
}

/// Where the bytes of a partial answer belong. One that does not begin where the part ends is never written.
fn place_of_rest(head: &Head, offset: u64, earlier: Option<&Sidecar>) -> Result<Place, AttemptError> {
    let wrong = |problem: String| Err(AttemptError::bad_range(&head.url, problem));
    if offset == 0 {
        return Err(AttemptError::protocol(
            &head.url,
            "a part came where the whole file was asked for",
        ));
    }
    let range = match &head.range {
        None => return wrong("a part came without saying which".to_owned()),
        Some(Err(text)) => return wrong(format!("the part is `{text}`")),
        Some(Ok(range)) => *range,
    };
    if range.start != offset {
        return wrong(format!(
            "the rest from {offset} was asked for, and that from {} came",
            range.start
        ));
    }
    if range.total.is_some_and(|total| range.end + 1 != total) {
        return wrong(format!("the rest was asked for, and bytes up to {} came", range.end));
    }
    let expected = range.end - range.start + 1;
    if head.length.is_some_and(|length| length != expected) {
        return wrong(format!(
            "the part has {expected} bytes and the answer {:?}",
            head.length
        ));
    }
    let before = earlier.and_then(|sidecar| sidecar.length);
    if let (Some(before), Some(now)) = (before, range.total)
        && before != now
    {
        return wrong(format!("the file had {before} bytes and has {now}"));
    }
    let tags = (earlier.and_then(|sidecar| sidecar.etag.clone()), head.strong_tag());
    // Without a declared hash the tag alone says that it is still the same file.
    if let (Some(before), Some(now)) = tags
        && before != now
        && earlier.is_some_and(|sidecar| sidecar.declared.is_none())
    {
        return wrong("the file has changed since the last try".to_owned());
    }
    Ok(Place {
        start: offset,
        total: range.total.or(before).or(Some(range.end + 1)),
    })
}

/// The file's length: the answer's, which must be the one that the hub declares.
fn agreed_length(head: &Head, total: Option<u64>) -> Result<Option<u64>, AttemptError> {
    match (head.hub.size, total) {
        (Some(declared), Some(found)) if declared != found => Err(AttemptError::fatal(FetchError::Length {
            address: address::shown(&head.url),
            declared,
            found,
        })),
        (declared, found) => Ok(found.or(declared)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub start: u64,
    /// Last byte, included.
    pub end: u64,
    /// Length of the whole file, where it is said.
    pub total: Option<u64>,
}

/// Reads `bytes 5-9/10` or `bytes 5-9/*`; `None` for anything else or numbers that contradict each other.
fn content_range(text: &str) -> Option<ContentRange> {
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
fn hexadecimal(text: &str, digits: usize) -> Option<String> {
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
