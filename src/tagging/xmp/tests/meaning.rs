//! What a sidecar means, read independently of the code under test: RDF's different spellings of one thing become one value.

use crate::tagging::xmp::keywords::FIELDS;
use crate::tagging::xmp::names::{OWN, RDF, XML};
use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, ResolveResult};
use std::collections::{BTreeMap, BTreeSet};

/// Namespace and local name.
pub type Name = (String, String);

/// A value with its qualifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub kind: Kind,
    pub qualifiers: BTreeMap<Name, Vec<Value>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Text(String),
    Address(String),
    /// Bag, Seq or Alt.
    List(String, Vec<Value>),
    Fields(BTreeMap<Name, Vec<Value>>),
    /// What is no RDF, as it stands.
    Other(String),
}

/// A sidecar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    pub about: BTreeSet<String>,
    pub properties: BTreeMap<Name, Vec<Value>>,
    /// Comments and processing instructions.
    pub remarks: Vec<String>,
    /// The root's name and attributes.
    pub root: (Name, BTreeMap<Name, String>),
}

#[derive(Debug)]
struct Tree {
    name: Name,
    attributes: BTreeMap<Name, String>,
    children: Vec<Tree>,
    text: String,
}

fn resolved(found: ResolveResult<'_>) -> String {
    match found {
        ResolveResult::Bound(uri) => String::from_utf8(uri.into_inner().to_vec()).unwrap(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => panic!("prefix {prefix:?} is not declared"),
    }
}

fn open(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Tree {
    let (namespace, local) = reader.resolver().resolve_element(tag.name());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut attributes = BTreeMap::new();
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        if matches!(
            attribute.key.as_namespace_binding(),
            Some(PrefixDeclaration::Default | PrefixDeclaration::Named(_))
        ) {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .unwrap()
            .into_owned();
        attributes.insert((resolved(namespace), text(local.as_ref())), value);
    }
    Tree {
        name: (resolved(namespace), text(local.as_ref())),
        attributes,
        children: Vec::new(),
        text: String::new(),
    }
}

fn rdf(local: &str) -> Name {
    (RDF.to_owned(), local.to_owned())
}

impl Meaning {
    /// Reads a sidecar; panics where it is none.
    pub fn read(text: &str) -> Self {
        let mut reader = NsReader::from_str(text);
        let (mut stack, mut remarks): (Vec<Tree>, Vec<String>) = (Vec::new(), Vec::new());
        let mut root = None;
        loop {
            let event = reader.read_event().unwrap_or_else(|e| panic!("{e}\n{text}"));
            let mut closed = None;
            match &event {
                Event::Start(tag) => stack.push(open(&reader, tag)),
                Event::Empty(tag) => closed = Some(open(&reader, tag)),
                Event::End(_) => closed = stack.pop(),
                Event::Text(raw) => {
                    if let Some(last) = stack.last_mut() {
                        last.text.push_str(&raw.xml10_content().unwrap());
                    }
                }
                Event::CData(raw) => stack.last_mut().unwrap().text.push_str(&raw.xml10_content().unwrap()),
                Event::GeneralRef(reference) => {
                    let named = quick_xml::escape::resolve_xml_entity(&reference.decode().unwrap()).map(str::to_owned);
                    let value = named.unwrap_or_else(|| reference.resolve_char_ref().unwrap().unwrap().to_string());
                    stack.last_mut().unwrap().text.push_str(&value);
                }
                Event::Comment(raw) => remarks.push(format!("!{}", raw.decode().unwrap())),
                Event::PI(raw) => remarks.push(format!("?{}", String::from_utf8_lossy(raw))),
                Event::DocType(_) => panic!("a document type"),
                Event::Decl(_) => {}
                Event::Eof => break,
            }
            if let Some(tree) = closed {
                match stack.last_mut() {
                    Some(parent) => parent.children.push(tree),
                    None => assert!(root.replace(tree).is_none(), "two roots"),
                }
            }
        }
        let root = root.expect("a root");
        let is_rdf = root.name == rdf("RDF");
        let holder = if is_rdf {
            &root
        } else {
            root.children.iter().find(|c| c.name == rdf("RDF")).unwrap()
        };
        let mut meaning = Self {
            about: BTreeSet::new(),
            properties: BTreeMap::new(),
            remarks,
            root: (root.name.clone(), root.attributes.clone()),
        };
        for description in holder.children.iter().filter(|c| c.name == rdf("Description")) {
            let about = [&rdf("about"), &(String::new(), "about".to_owned())];
            meaning.about.extend(
                about
                    .iter()
                    .filter_map(|name| description.attributes.get(*name))
                    .cloned(),
            );
            for (name, values) in fields(description) {
                meaning.properties.entry(name).or_default().extend(values);
            }
        }
        // A name that is the same for all of them, or not given, is the same thing.
        meaning.about.retain(|about| !about.is_empty());
        // A careless single keyword, and the list of it, say the same.
        for field in &FIELDS {
            if let Some(values) = meaning.properties.get_mut(&field_name(field)) {
                values.iter_mut().for_each(as_list);
            }
        }
        meaning
    }

    /// Texts of the three keyword fields.
    pub fn keywords(&self) -> [Vec<String>; 3] {
        FIELDS.each_ref().map(|field| {
            let values = self.properties.get(&field_name(field)).into_iter().flatten();
            values.flat_map(texts).collect()
        })
    }

    /// All but the keyword fields and our record.
    pub fn foreign(&self) -> Self {
        let mut foreign = self.clone();
        let is_keyword = |name: &Name| FIELDS.iter().any(|field| field_name(field) == *name);
        foreign.properties.retain(|name, _| name.0 != OWN && !is_keyword(name));
        foreign
    }

    /// Whether a property is in our namespace.
    pub fn has_own(&self) -> bool {
        self.properties.keys().any(|(namespace, _)| namespace == OWN)
    }
}

fn field_name(field: &crate::tagging::xmp::keywords::Field) -> Name {
    (field.namespace.to_owned(), field.local.to_owned())
}

fn texts(value: &Value) -> Vec<String> {
    match &value.kind {
        Kind::Text(text) => vec![text.clone()],
        Kind::List(_, items) => items.iter().flat_map(texts).collect(),
        Kind::Address(_) | Kind::Fields(_) | Kind::Other(_) => Vec::new(),
    }
}

fn as_list(value: &mut Value) {
    if let Kind::Text(text) = &value.kind {
        let items = match text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
            true => Vec::new(),
            false => vec![value.clone()],
        };
        *value = Value {
            kind: Kind::List("Bag".to_owned(), items),
            qualifiers: BTreeMap::new(),
        };
    }
}

fn plain(kind: Kind) -> Value {
    Value {
        kind,
        qualifiers: BTreeMap::new(),
    }
}

/// Properties of a description or structure, as attributes and as elements.
fn fields(tree: &Tree) -> BTreeMap<Name, Vec<Value>> {
    let mut found: BTreeMap<Name, Vec<Value>> = BTreeMap::new();
    for (name, value) in &tree.attributes {
        let syntax = name.0 == RDF && name.1 != "value" || name.0 == XML || name.0.is_empty();
        if !syntax {
            found
                .entry(name.clone())
                .or_default()
                .push(plain(Kind::Text(value.clone())));
        }
    }
    for child in &tree.children {
        found.entry(child.name.clone()).or_default().push(property(child));
    }
    found
}

fn structure(mut fields: BTreeMap<Name, Vec<Value>>) -> Value {
    match fields.remove(&rdf("value")) {
        Some(mut values) => {
            let mut value = values.pop().unwrap();
            value.qualifiers.extend(fields);
            value
        }
        None => plain(Kind::Fields(fields)),
    }
}

fn property(tree: &Tree) -> Value {
    let attribute = |local: &str| tree.attributes.get(&rdf(local)).map(String::as_str);
    let mut value = if let Some(address) = attribute("resource") {
        plain(Kind::Address(address.to_owned()))
    } else if attribute("parseType") == Some("Resource") {
        structure(fields(tree))
    } else if let Some(child) = tree.children.first() {
        match child.name.1.as_str() {
            _ if tree.children.len() != 1 => plain(Kind::Other(format!("{:?}", tree.children))),
            kind @ ("Bag" | "Seq" | "Alt") => {
                let items = child.children.iter().map(property).collect();
                plain(Kind::List(kind.to_owned(), items))
            }
            _ => structure(fields(child)),
        }
    } else {
        match fields(tree) {
            fields if fields.is_empty() => plain(Kind::Text(tree.text.clone())),
            fields => structure(fields),
        }
    };
    if let Some(language) = tree.attributes.get(&(XML.to_owned(), "lang".to_owned())) {
        let name = (XML.to_owned(), "lang".to_owned());
        value.qualifiers.insert(name, vec![plain(Kind::Text(language.clone()))]);
    }
    value
}
