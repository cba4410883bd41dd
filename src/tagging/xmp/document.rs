//! A sidecar's XML with the place of everything in the text, so that a change can be a splice that leaves all other bytes alone.
//!
//! The parser underneath is lenient; the reader here refuses what XML 1.0 and its namespaces forbid. A document type is never
//! read, so there are no entities but the five of XML.

use super::fault::Fault;
use super::names::{self, is_space, is_xml_char};
use std::ops::Range;
use std::rc::Rc;

/// An element's place in [`Document::elements`].
pub type Id = usize;

/// A qualified name.
#[derive(Clone, Debug)]
pub struct Name<'t> {
    /// As written; empty without one.
    pub prefix: &'t str,
    /// The part after the prefix.
    pub local: &'t str,
    /// The namespace; empty without one.
    pub namespace: Rc<str>,
}

impl Name<'_> {
    /// Whether this is the name `local` of `namespace`, whatever its prefix.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && &*self.namespace == namespace
    }

    /// The name as it stands in the text.
    pub fn written(&self) -> String {
        match self.prefix {
            "" => self.local.to_owned(),
            prefix => format!("{prefix}:{}", self.local),
        }
    }
}

/// An attribute that declares no namespace.
#[derive(Clone, Debug)]
pub struct Attribute<'t> {
    /// Its name.
    pub name: Name<'t>,
    /// Its value, references resolved and white space normalised.
    pub value: String,
    /// From the name to the closing quote.
    pub span: Range<usize>,
}

/// What an element holds.
#[derive(Clone, Debug)]
pub enum Node {
    /// An element.
    Element(Id),
    /// Characters, references and CDATA sections without anything between them.
    Text {
        /// Where.
        span: Range<usize>,
        /// What they say.
        value: String,
    },
    /// A comment or processing instruction.
    Other(Range<usize>),
}

/// An element.
#[derive(Clone, Debug)]
pub struct Element<'t> {
    /// Its name.
    pub name: Name<'t>,
    /// The start tag, or the whole of `<a/>`.
    pub start: Range<usize>,
    /// The end tag; empty, at the end of the start tag, for `<a/>`.
    pub end: Range<usize>,
    /// Where it stands.
    pub parent: Option<Id>,
    /// Attributes without namespace declarations.
    pub attributes: Vec<Attribute<'t>>,
    /// Namespaces declared here, by prefix (empty: the default one).
    pub declared: Vec<(&'t str, Rc<str>)>,
    /// What it holds.
    pub nodes: Vec<Node>,
}

/// A well-formed document.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    /// The text.
    pub text: &'t str,
    /// All elements in the order of their start tags; the first is the root.
    pub elements: Vec<Element<'t>>,
    /// Comments and processing instructions beside the root.
    pub beside: Vec<Range<usize>>,
    /// The encoding that the XML declaration names.
    pub encoding: Option<String>,
}

impl<'t> Document<'t> {
    /// Reads `text`.
    ///
    /// # Errors
    /// Where it is not well-formed, has a document type, or nests or holds more than any sidecar.
    pub fn read(text: &'t str) -> Result<Self, Fault> {
        super::reader::read(text)
    }

    /// The element `id`.
    pub fn get(&self, id: Id) -> &Element<'t> {
        &self.elements[id]
    }

    /// Elements directly inside `id`.
    pub fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.elements[id].nodes.iter().filter_map(|node| match node {
            Node::Element(child) => Some(*child),
            _ => None,
        })
    }

    /// The whole of an element in the text.
    pub fn span(&self, id: Id) -> Range<usize> {
        self.elements[id].start.start..self.elements[id].end.end
    }

    /// Text directly inside an element, joined over comments.
    pub fn inner_text(&self, id: Id) -> String {
        let texts = self.elements[id].nodes.iter().filter_map(|node| match node {
            Node::Text { value, .. } => Some(value.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Whether a comment or processing instruction stands anywhere inside an element.
    pub fn has_others(&self, id: Id) -> bool {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for node in &self.elements[id].nodes {
                match node {
                    Node::Other(_) => return true,
                    Node::Element(child) => open.push(*child),
                    Node::Text { .. } => {}
                }
            }
        }
        false
    }

    /// The namespace that `prefix` stands for at `id`.
    pub fn bound(&self, id: Id, prefix: &str) -> Option<&str> {
        let mut at = Some(id);
        while let Some(id) = at {
            let element = &self.elements[id];
            if let Some((_, uri)) = element.declared.iter().find(|(declared, _)| *declared == prefix) {
                return Some(uri);
            }
            at = element.parent;
        }
        None
    }

    /// The white space directly before `at` in the content of `parent`, if a text of white space alone stands there.
    pub fn space_before(&self, parent: Id, at: usize) -> &'t str {
        let before = self.elements[parent].nodes.iter().find_map(|node| match node {
            Node::Text { span, .. } if span.end == at => self.text.get(span.clone()),
            _ => None,
        });
        before.filter(|text| text.chars().all(is_space)).unwrap_or_default()
    }

    /// Where the content of `id` ends, before white space at its end.
    pub fn content_end(&self, id: Id) -> usize {
        let element = &self.elements[id];
        let last = element.nodes.iter().rev().find_map(|node| match node {
            Node::Element(child) => Some(self.span(*child).end),
            Node::Other(span) => Some(span.end),
            Node::Text { value, span } => (!value.chars().all(is_space)).then_some(span.end),
        });
        last.unwrap_or(element.start.end)
    }
}

/// Checks characters of a reference or of the whole text.
pub(super) fn check_chars(text: &str, at: usize) -> Result<(), Fault> {
    match text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        Some((i, c)) => Err(Fault::new(
            at + i,
            format!("the character U+{:04X} is not allowed in XML", c as u32),
        )),
        None => Ok(()),
    }
}

/// A qualified name's parts.
pub(super) fn name_parts(name: &str, at: usize) -> Result<(&str, &str), Fault> {
    names::split(name).ok_or_else(|| Fault::new(at, format!("{name:?} is no name")))
}
