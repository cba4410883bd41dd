//! XML, read as a stream and written with care. Entities are never expanded and document types never looked at; depth, the length of
//! a tag and that of a text are bounded, so memory is.

use super::Progress;
use super::encoding::{self, Decoded};
use crate::dataset::error::DatasetError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

/// Bytes at the beginning of a file that tell how it is written.
const HEAD: u64 = 4096;
/// A tag, comment or text longer than this is refused.
const MAX_EVENT: usize = 16 << 20;
/// The text of an element that is kept.
const MAX_TEXT: usize = 1 << 20;
const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 256;

/// Counts lines, and refuses what is too long.
struct Limited {
    input: BufReader<Decoded<File>>,
    /// Bytes that may still be read for this event.
    left: usize,
    /// Line feeds read.
    lines: usize,
}

impl Read for Limited {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let part = self.fill_buf()?;
        let count = part.len().min(out.len());
        out[..count].copy_from_slice(&part[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Limited {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other(TooLong));
        }
        let part = self.input.fill_buf()?;
        Ok(&part[..part.len().min(self.left)])
    }

    fn consume(&mut self, count: usize) {
        let taken = self.input.buffer().get(..count).unwrap_or_default();
        self.lines += taken.iter().filter(|b| **b == b'\n').count();
        self.left = self.left.saturating_sub(count);
        self.input.consume(count);
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a tag or text is longer than {} MiB", MAX_EVENT >> 20)]
struct TooLong;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// An element begins; its attributes can be asked for.
    Open,
    /// An element ends; its text can be asked for if it has no elements in it.
    Close,
    /// The end of the file.
    End,
}

/// The text of the element that is open.
#[derive(Default)]
struct Text {
    value: String,
    /// From where to where it was written as references, whose blanks are meant.
    kept: Option<(usize, usize)>,
    /// A reference that is not known.
    unknown: Option<String>,
}

impl Text {
    fn keep(&mut self, part: &str) {
        let start = self.value.len();
        self.value.push_str(part);
        let first = self.kept.map_or(start, |(first, _)| first);
        self.kept = Some((first, self.value.len()));
    }

    /// Without the blanks around it, which only lay the file out.
    fn trimmed(&self) -> &str {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let start = self.value.len() - self.value.trim_start_matches(blank).len();
        let end = self.value.trim_end_matches(blank).len();
        let (first, last) = self.kept.unwrap_or((start, end));
        self.value.get(start.min(first)..end.max(last)).unwrap_or_default()
    }
}

/// A file that is being read.
pub(crate) struct Xml {
    file: PathBuf,
    reader: Reader<Limited>,
    buffer: Vec<u8>,
    open: Vec<String>,
    /// The root element has begun.
    begun: bool,
    closing: bool,
    attributes: Vec<(String, String)>,
    text: Text,
}

impl Xml {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or `progress` stopped it.
    pub fn open(file: &Path, progress: &mut Progress<'_>) -> Result<Self, DatasetError> {
        let about = std::fs::metadata(file).map_err(DatasetError::io(file))?;
        if !about.is_file() {
            return Err(DatasetError::NotAFile { path: file.to_owned() });
        }
        let mut opened = File::open(file).map_err(DatasetError::io(file))?;
        let mut head = Vec::new();
        (&mut opened)
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(DatasetError::io(file))?;
        opened.rewind().map_err(DatasetError::io(file))?;
        let encoding = encoding::of_file(file, &head, declared(&head).as_deref(), progress)?;
        let input = BufReader::with_capacity(1 << 16, Decoded::new(opened, encoding));
        let mut reader = Reader::from_reader(Limited {
            input,
            left: MAX_EVENT,
            lines: 0,
        });
        reader.config_mut().expand_empty_elements = true;
        // `R & B` is wrong, but what it means is plain.
        reader.config_mut().allow_dangling_amp = true;
        Ok(Self {
            file: file.to_owned(),
            reader,
            buffer: Vec::new(),
            open: Vec::new(),
            begun: false,
            closing: false,
            attributes: Vec::new(),
            text: Text::default(),
        })
    }

    /// Reads on to the next begin or end of an element.
    ///
    /// # Errors
    /// With the line: the file is no well-formed XML, or beyond the limits.
    pub fn next(&mut self) -> Result<Node, DatasetError> {
        if std::mem::take(&mut self.closing) {
            self.open.pop();
            self.text = Text::default();
        }
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            self.reader.get_mut().left = MAX_EVENT;
            let node = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => self.event(event),
                Err(error) => Err(self.malformed(error)),
            };
            self.buffer = buffer;
            if let Some(node) = node? {
                return Ok(node);
            }
        }
    }

    fn event(&mut self, event: Event<'_>) -> Result<Option<Node>, DatasetError> {
        match event {
            Event::Start(start) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.error(format!("elements lie in one another deeper than {MAX_DEPTH}")));
                }
                self.begun = true;
                self.open
                    .push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                self.text = Text::default();
                self.read_attributes(&start)?;
                return Ok(Some(Node::Open));
            }
            Event::End(_) => {
                self.closing = true;
                return Ok(Some(Node::Close));
            }
            Event::Eof if !self.begun => return Err(self.error("no XML: it has no element")),
            Event::Eof if self.open.is_empty() => return Ok(Some(Node::End)),
            Event::Eof => {
                let last = self.open.last().cloned().unwrap_or_default();
                return Err(self.error(format!("the file ends before <{last}> does")));
            }
            Event::Text(text) => {
                let part = text.xml10_content().map_err(|error| self.malformed(error))?;
                self.text.value.push_str(&part);
            }
            Event::CData(text) => {
                let part = text.xml10_content().map_err(|error| self.malformed(error))?;
                self.text.keep(&part);
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| self.malformed(error))?;
                let name = reference.decode().map_err(|error| self.malformed(error))?;
                match (character, quick_xml::escape::resolve_predefined_entity(&name)) {
                    (Some(character), _) => self.text.keep(character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => self.text.keep(text),
                    // Most texts are of no concern; one that is asked for is refused then.
                    (None, None) => self.text.unknown = Some(name.chars().take(64).collect()),
                }
            }
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if self.text.value.len() > MAX_TEXT {
            return Err(self.error(format!("the text of an element is longer than {} MiB", MAX_TEXT >> 20)));
        }
        Ok(None)
    }

    fn read_attributes(&mut self, start: &BytesStart<'_>) -> Result<(), DatasetError> {
        self.attributes.clear();
        // The check for repeats compares each with all before it.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(error))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.malformed(error))?;
            let name = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
            self.attributes.push((name, value.into_owned()));
            if self.attributes.len() > MAX_ATTRIBUTES {
                return Err(self.error(format!("an element has more than {MAX_ATTRIBUTES} attributes")));
            }
        }
        Ok(())
    }

    /// The names of the elements that are open, from the root.
    pub fn path(&self) -> &[String] {
        &self.open
    }

    /// The name of the element that just begins or ends.
    pub fn name(&self) -> &str {
        self.open.last().map_or("", String::as_str)
    }

    /// An attribute of the element that just begins.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The number in an attribute of the element that just begins; not a number where it is none.
    pub fn number(&self, name: &str) -> f64 {
        self.attribute(name)
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(f64::NAN)
    }

    /// The text of the element that just ends, without blanks around it.
    ///
    /// # Errors
    /// It has an entity that XML does not define.
    pub fn text(&self) -> Result<&str, DatasetError> {
        match &self.text.unknown {
            Some(name) => Err(self.error(format!(
                "&{name}; is not one of XML's own entities, and others are not expanded"
            ))),
            None => Ok(self.text.trimmed()),
        }
    }

    /// An error at this place.
    pub fn error(&self, problem: impl Into<String>) -> DatasetError {
        DatasetError::Parse {
            path: self.file.clone(),
            line: Some(self.reader.get_ref().lines + 1),
            problem: problem.into(),
        }
    }

    fn malformed(&self, error: impl Into<quick_xml::Error>) -> DatasetError {
        match error.into() {
            quick_xml::Error::Io(source) if source.kind() == io::ErrorKind::InvalidData => {
                self.error(source.to_string())
            }
            quick_xml::Error::Encoding(_) => {
                self.error("this is no text in the encoding that the file declares; write it again as UTF-8")
            }
            quick_xml::Error::Io(source) if source.get_ref().is_none_or(|inner| !inner.is::<TooLong>()) => {
                DatasetError::Io {
                    path: self.file.clone(),
                    source: source.kind().into(),
                }
            }
            error => self.error(format!("no XML: {error}")),
        }
    }
}

/// The encoding that the first line of a file declares.
fn declared(head: &[u8]) -> Option<String> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let line = head.strip_prefix(b"<?xml")?;
    let line = String::from_utf8_lossy(&line[..line.iter().position(|b| *b == b'>')?]).into_owned();
    let (_, after) = line.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = value[1..].split(quote).next()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The name of the root element of a file that begins with `head`.
pub(crate) fn root(head: &[u8]) -> Option<String> {
    let decoded = encoding::marked(head).map(|encoding| encoding.decode(head).0);
    let head = decoded.as_ref().map_or(head, |text| text.as_bytes());
    let mut reader = Reader::from_reader(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head));
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return Some(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Whether XML 1.0 has all characters of a text.
pub(crate) fn expressible(text: &str) -> bool {
    !text
        .chars()
        .any(|c| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// A text as the content of an element or attribute, such that it is the same when it is read back: blanks that readers trim or turn
/// into others are references.
pub(crate) fn escaped(text: &str) -> String {
    use std::fmt::Write;
    let last = text.len().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            ' ' if i > 0 && i < last => out.push(c),
            ' ' | '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Result<Vec<String>, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.xml");
        std::fs::write(&file, content).unwrap();
        let mut xml = Xml::open(&file, &mut |_, _| std::ops::ControlFlow::Continue(()))?;
        let mut texts = Vec::new();
        loop {
            match xml.next()? {
                Node::Open => {}
                Node::Close if xml.name() == "name" => texts.push(xml.text()?.to_owned()),
                Node::Close => {}
                Node::End => return Ok(texts),
            }
        }
    }

    #[test]
    fn texts_are_read_as_meant() {
        let read = texts(
            "\u{feff}<?xml version=\"1.0\"?><!-- c --><a><name>\r\n  red\r\nfox </name><name>R&amp;B &#x1F98A;</name>\
             <name>R & B</name><name> <![CDATA[ <b> ]]> </name><name/><name>&#32;x&#10;</name></a>",
        );
        assert_eq!(
            read.unwrap(),
            ["red\nfox", "R&B \u{1f98a}", "R & B", " <b> ", "", " x\n"]
        );
    }

    #[test]
    fn what_is_escaped_comes_back() {
        for text in [
            "",
            " ",
            "a b",
            " a ",
            "\t\r\n\r\n",
            "<&>\"'",
            "\u{85}\u{2028}\u{202e}\u{7f}",
            "\u{a0}x\u{a0}",
            "\u{e9}",
        ] {
            assert!(expressible(text));
            assert_eq!(
                texts(&format!("<a><name>{}</name></a>", escaped(text))).unwrap(),
                [text]
            );
        }
        assert!(!expressible("a\u{1}") && !expressible("\0") && !expressible("\u{ffff}"));
    }

    #[test]
    fn bombs_and_broken_files_are_refused_with_the_line() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\">\n<!ENTITY y \"&x;&x;&x;&x;\">]>\n<a>\n<other>&y;</other><name>&y;</name></a>";
        let error = texts(bomb).unwrap_err();
        assert!(
            matches!(&error, DatasetError::Parse { line: Some(4), problem, .. } if problem.contains("&y;")),
            "{error}"
        );
        assert!(texts(&bomb.replace("name", "nome")).unwrap().is_empty());
        assert!(texts("<a b=\"&y;\"/>").is_err());
        for broken in ["<a>\n\n<b></a>", "<a>\n\n<b>", "<a>\n\n<b x='", "<a>\n\n<!-- "] {
            let error = texts(broken).unwrap_err();
            assert!(
                matches!(error, DatasetError::Parse { line: Some(3), .. }),
                "{broken}: {error}"
            );
        }
        assert!(
            texts(&"<a>".repeat(100_000))
                .unwrap_err()
                .to_string()
                .contains("deeper")
        );
        assert!(texts(&format!("<name>{}</name>", "x".repeat(MAX_TEXT + 1))).is_err());
        let long = texts(&format!("<a><!--{}--></a>", "x".repeat(MAX_EVENT + 1))).unwrap_err();
        assert!(long.to_string().contains("longer than 16 MiB"), "{long}");
        let many: String = (0..300).map(|i| format!(" a{i}=''")).collect();
        assert!(texts(&format!("<a{many}/>")).is_err());
        assert!(texts("<a>\u{1}</a>").is_ok() && texts("caf\u{e9}").is_err());
        assert_eq!(
            root(b"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]><annotation>"),
            Some("annotation".to_owned())
        );
        assert_eq!(root(b"plain text"), None);
    }
}
