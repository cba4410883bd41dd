//! From text to a [`Document`]: the parser's events, checked.

use super::document::{Attribute, Document, Element, Id, Name, Node, check_chars, name_parts};
use super::fault::Fault;
use super::names::{self, XML, XMLNS, is_space};
use quick_xml::XmlVersion;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

/// The deepest nesting; real sidecars stay under 20.
const DEPTH: usize = 100;
/// The most elements and attributes together; a sidecar with many masks has some ten thousand.
const PARTS: usize = 500_000;

/// Reads a whole document.
pub fn read(text: &str) -> Result<Document<'_>, Fault> {
    check_chars(text, 0)?;
    // The parser would pass over it, and count its bytes or not.
    if text.starts_with('\u{FEFF}') {
        return Err(Fault::new(0, "a second byte order mark"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut builder = Builder::new(text);
    loop {
        let start = reader.buffer_position() as usize;
        let event = reader
            .read_event()
            .map_err(|error| Fault::new(reader.error_position() as usize, error.to_string()))?;
        let span = start..reader.buffer_position() as usize;
        if matches!(event, Event::Eof) {
            return builder.finish();
        }
        builder.event(event, span)?;
    }
}

struct Builder<'t> {
    document: Document<'t>,
    open: Vec<Id>,
    /// Namespaces in force by prefix, the innermost last.
    scopes: HashMap<&'t str, Vec<Rc<str>>>,
    nothing: Rc<str>,
    xml: Rc<str>,
    parts: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let document = Document {
            text,
            elements: Vec::new(),
            beside: Vec::new(),
            encoding: None,
        };
        Self {
            document,
            open: Vec::new(),
            scopes: HashMap::new(),
            nothing: Rc::from(""),
            xml: Rc::from(XML),
            parts: 0,
        }
    }

    fn event(&mut self, event: Event<'t>, span: Range<usize>) -> Result<(), Fault> {
        let at = span.start;
        match event {
            Event::Start(tag) => self.start(&tag, span, false),
            Event::Empty(tag) => self.start(&tag, span, true),
            Event::End(_) => self.end(span),
            Event::Text(raw) if raw.is_empty() => Ok(()),
            Event::Text(raw) => {
                let written = &self.document.text[span.clone()];
                if let Some(i) = written.find("]]>") {
                    return Err(Fault::new(at + i, "`]]>` may not stand in a text"));
                }
                let value = raw.xml10_content().map_err(|e| Fault::new(at, e.to_string()))?;
                self.text(span, &value)
            }
            Event::CData(raw) if !self.open.is_empty() => {
                let value = raw.xml10_content().map_err(|e| Fault::new(at, e.to_string()))?;
                self.text(span, &value)
            }
            Event::GeneralRef(reference) if !self.open.is_empty() => {
                let name = reference.decode().map_err(|e| Fault::new(at, e.to_string()))?;
                if let Some(known) = quick_xml::escape::resolve_xml_entity(&name) {
                    return self.text(span, known);
                }
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => {
                        let value = c.to_string();
                        check_chars(&value, at)?;
                        self.text(span, &value)
                    }
                    Ok(None) => Err(Fault::new(at, format!("the entity &{name}; is not declared"))),
                    Err(error) => Err(Fault::new(at, error.to_string())),
                }
            }
            Event::CData(_) | Event::GeneralRef(_) => {
                Err(Fault::new(at, "text may not stand outside the root element"))
            }
            Event::Comment(_) => {
                self.other(span);
                Ok(())
            }
            Event::PI(instruction) => {
                let target = String::from_utf8_lossy(instruction.target());
                if !names::is_name(&target) || target.eq_ignore_ascii_case("xml") {
                    return Err(Fault::new(
                        at,
                        format!("a processing instruction may not be named {target:?}"),
                    ));
                }
                self.other(span);
                Ok(())
            }
            Event::Decl(declaration) => {
                if at != 0 {
                    return Err(Fault::new(at, "the XML declaration must stand at the very beginning"));
                }
                let version = declaration.version().map_err(|e| Fault::new(at, e.to_string()))?;
                if *version != *b"1.0" {
                    let version = String::from_utf8_lossy(&version);
                    return Err(Fault::new(at, format!("XMP is XML 1.0; this is version {version:?}")));
                }
                if let Some(encoding) = declaration.encoding() {
                    let encoding = encoding.map_err(|e| Fault::new(at, e.to_string()))?;
                    self.document.encoding = Some(String::from_utf8_lossy(&encoding).into_owned());
                }
                Ok(())
            }
            Event::DocType(_) => Err(Fault::document_type(at)),
            Event::Eof => Ok(()),
        }
    }

    fn text(&mut self, span: Range<usize>, value: &str) -> Result<(), Fault> {
        let Some(&parent) = self.open.last() else {
            let written = &self.document.text[span.clone()];
            return match written.find(|c| !is_space(c)) {
                Some(i) => Err(Fault::new(
                    span.start + i,
                    "text may not stand outside the root element",
                )),
                None => Ok(()),
            };
        };
        let nodes = &mut self.document.elements[parent].nodes;
        match nodes.last_mut() {
            Some(Node::Text {
                span: last,
                value: text,
            }) if last.end == span.start => {
                last.end = span.end;
                text.push_str(value);
            }
            _ => nodes.push(Node::Text {
                span,
                value: value.to_owned(),
            }),
        }
        Ok(())
    }

    fn other(&mut self, span: Range<usize>) {
        match self.open.last() {
            Some(&parent) => self.document.elements[parent].nodes.push(Node::Other(span)),
            None => self.document.beside.push(span),
        }
    }

    fn end(&mut self, span: Range<usize>) -> Result<(), Fault> {
        let Some(id) = self.open.pop() else {
            return Err(Fault::new(span.start, "an end tag without a start tag"));
        };
        self.document.elements[id].end = span;
        self.leave(id);
        Ok(())
    }

    fn leave(&mut self, id: Id) {
        for (prefix, _) in &self.document.elements[id].declared {
            if let Some(scopes) = self.scopes.get_mut(prefix) {
                scopes.pop();
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'t>, span: Range<usize>, empty: bool) -> Result<(), Fault> {
        let at = span.start;
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return Err(Fault::new(at, "a second root element"));
        }
        if self.open.len() >= DEPTH {
            return Err(Fault::new(
                at,
                format!("elements are nested deeper than {DEPTH} levels"),
            ));
        }
        let name_end = at + 1 + tag.name().as_ref().len();
        let text = self.document.text;
        let name = text.get(at + 1..name_end).unwrap_or_default();
        let (prefix, local) = name_parts(name, at + 1)?;
        let raw = self.attributes(tag, name_end, at)?;
        let mut declared = Vec::new();
        for attribute in &raw {
            if let Some(prefix) = attribute.declares() {
                declared.push((prefix, self.declaration(prefix, attribute)?));
            }
        }
        for (prefix, uri) in &declared {
            self.scopes.entry(prefix).or_default().push(uri.clone());
        }
        let name = Name {
            prefix,
            local,
            namespace: self.namespace(prefix, at + 1, true)?,
        };
        let (mut attributes, mut seen) = (Vec::new(), HashSet::new());
        for attribute in raw {
            let own = attribute.declares().is_some();
            let namespace = if own {
                Rc::from(XMLNS)
            } else {
                self.namespace(attribute.prefix, attribute.span.start, false)?
            };
            if !seen.insert((namespace.clone(), attribute.local)) {
                let problem = format!("the attribute {:?} is given twice", attribute.local);
                return Err(Fault::new(attribute.span.start, problem));
            }
            if !own {
                attributes.push(Attribute {
                    name: Name {
                        prefix: attribute.prefix,
                        local: attribute.local,
                        namespace,
                    },
                    value: attribute.value,
                    span: attribute.span,
                });
            }
        }
        let id = self.document.elements.len();
        let parent = self.open.last().copied();
        if let Some(parent) = parent {
            self.document.elements[parent].nodes.push(Node::Element(id));
        }
        self.document.elements.push(Element {
            name,
            end: span.end..span.end,
            start: span,
            parent,
            attributes,
            declared,
            nodes: Vec::new(),
        });
        match empty {
            true => self.leave(id),
            false => self.open.push(id),
        }
        Ok(())
    }

    /// The attributes of a tag whose name ends at `name_end`.
    fn attributes(&mut self, tag: &BytesStart<'t>, name_end: usize, at: usize) -> Result<Vec<Raw<'t>>, Fault> {
        let text = self.document.text;
        let (mut found, mut cursor) = (Vec::new(), name_end);
        self.parts += 1;
        // Names are compared with their namespaces, later.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| attribute_fault(&error, at + 1))?;
            self.parts += 1;
            if self.parts > PARTS {
                return Err(Fault::new(at, format!("more than {PARTS} elements and attributes")));
            }
            let start = skip_space(text, cursor);
            let name_end = start + attribute.key.as_ref().len();
            let value_start = skip_space(text, skip_space(text, name_end) + 1) + 1;
            let end = value_start + attribute.value.len() + 1;
            let (Some(name), Some(written)) = (text.get(start..name_end), text.get(value_start..end - 1)) else {
                return Err(Fault::new(start, "an attribute that cannot be read"));
            };
            if start == cursor {
                return Err(Fault::new(start, "white space must stand before an attribute"));
            }
            let (prefix, local) = name_parts(name, start)?;
            if let Some(i) = written.find('<') {
                return Err(Fault::new(value_start + i, "`<` may not stand in an attribute"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| Fault::new(value_start, error.to_string()))?
                .into_owned();
            check_chars(&value, value_start)?;
            found.push(Raw {
                prefix,
                local,
                value,
                span: start..end,
            });
            cursor = end;
        }
        if self.parts > PARTS {
            return Err(Fault::new(at, format!("more than {PARTS} elements and attributes")));
        }
        Ok(found)
    }

    fn declaration(&self, prefix: &str, attribute: &Raw<'t>) -> Result<Rc<str>, Fault> {
        let uri = attribute.value.as_str();
        let wrong = match (prefix, uri) {
            ("xml", XML) => false,
            ("xml" | "xmlns", _) | (_, XML | XMLNS) => true,
            (prefix, uri) => uri.is_empty() && !prefix.is_empty(),
        };
        if wrong {
            let problem = format!("the prefix {prefix:?} may not stand for {uri:?}");
            return Err(Fault::new(attribute.span.start, problem));
        }
        Ok(Rc::from(uri))
    }

    fn namespace(&self, prefix: &str, at: usize, element: bool) -> Result<Rc<str>, Fault> {
        match prefix {
            "xml" => return Ok(self.xml.clone()),
            "" if !element => return Ok(self.nothing.clone()),
            _ => {}
        }
        match self.scopes.get(prefix).and_then(|scopes| scopes.last()) {
            Some(uri) => Ok(uri.clone()),
            None if prefix.is_empty() => Ok(self.nothing.clone()),
            None => Err(Fault::new(at, format!("the prefix {prefix:?} is not declared"))),
        }
    }

    fn finish(self) -> Result<Document<'t>, Fault> {
        let end = self.document.text.len();
        if let Some(&id) = self.open.last() {
            let name = self.document.elements[id].name.written();
            return Err(Fault::new(end, format!("the file ends before </{name}>")));
        }
        if self.document.elements.is_empty() {
            return Err(Fault::new(end, "there is no element"));
        }
        Ok(self.document)
    }
}

/// An attribute before its namespace is known.
struct Raw<'t> {
    prefix: &'t str,
    local: &'t str,
    value: String,
    span: Range<usize>,
}

impl<'t> Raw<'t> {
    /// The prefix that this attribute declares.
    fn declares(&self) -> Option<&'t str> {
        match (self.prefix, self.local) {
            ("xmlns", local) => Some(local),
            ("", "xmlns") => Some(""),
            _ => None,
        }
    }
}

fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + (rest.len() - rest.trim_start_matches(is_space).len())
}

fn attribute_fault(error: &AttrError, base: usize) -> Fault {
    let at = match error {
        AttrError::ExpectedEq(at)
        | AttrError::ExpectedValue(at)
        | AttrError::UnquotedValue(at)
        | AttrError::ExpectedQuote(at, _)
        | AttrError::Duplicated(at, _) => *at,
    };
    Fault::new(base + at, error.to_string())
}
