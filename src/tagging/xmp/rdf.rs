//! What RDF in XMP means: properties of `rdf:Description`, lists, items. Only what this room has to understand is read;
//! everything else stays as it is written.

use super::document::{Document, Id, Node};
use super::fault::Fault;
use super::names::{RDF, XML, is_space};

/// Where a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The attribute number `index` of a description.
    Attribute {
        /// The description.
        description: Id,
        /// Index into its attributes.
        index: usize,
    },
    /// An element inside a description.
    Element {
        /// The description.
        description: Id,
        /// The property's element.
        element: Id,
    },
}

impl Place {
    /// The description that has the property.
    pub fn description(self) -> Id {
        match self {
            Self::Attribute { description, .. } | Self::Element { description, .. } => description,
        }
    }
}

/// A property that should be a list of texts.
#[derive(Clone, Debug)]
pub struct Property {
    /// Where it stands.
    pub place: Place,
    /// What it holds.
    pub value: Value,
}

/// What a property holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// A simple text, as careless programs write a single keyword.
    Text(String),
    /// A list.
    List {
        /// The `rdf:Bag`, `rdf:Seq` or `rdf:Alt`.
        container: Id,
        /// Its items.
        items: Vec<Item>,
    },
}

/// An item of a list.
#[derive(Clone, Debug)]
pub struct Item {
    /// The `rdf:li`.
    pub element: Id,
    /// Its text; none where it holds a structure.
    pub text: Option<String>,
    /// Whether it is a text alone, without attributes or comments.
    pub plain: bool,
}

impl Property {
    /// The texts in order.
    pub fn texts(&self) -> Vec<&str> {
        match &self.value {
            Value::Text(text) if text.chars().all(is_space) => Vec::new(),
            Value::Text(text) => vec![text],
            Value::List { items, .. } => items.iter().filter_map(|item| item.text.as_deref()).collect(),
        }
    }
}

/// The `rdf:RDF` of a document.
///
/// # Errors
/// If there is none, or several.
pub fn root(document: &Document<'_>) -> Result<Id, Fault> {
    let is_rdf = |id: &Id| document.get(*id).name.is(RDF, "RDF");
    if is_rdf(&0) {
        return Ok(0);
    }
    let mut found = document.children(0).filter(is_rdf);
    let at = document.get(0).start.start;
    match (found.next(), found.next()) {
        (Some(rdf), None) => Ok(rdf),
        (Some(_), Some(second)) => Err(Fault::new(document.get(second).start.start, "a second rdf:RDF")),
        (None, _) => Err(Fault::new(at, "this is no XMP: there is no rdf:RDF in it")),
    }
}

/// The descriptions directly inside `rdf:RDF`.
pub fn descriptions(document: &Document<'_>, rdf: Id) -> Vec<Id> {
    let all = document.children(rdf);
    all.filter(|id| document.get(*id).name.is(RDF, "Description")).collect()
}

/// Where the properties stand for which `matches(namespace, local name)`, in the order of the text.
pub fn places(document: &Document<'_>, rdf: Id, matches: impl Fn(&str, &str) -> bool) -> Vec<Place> {
    let mut found = Vec::new();
    for description in descriptions(document, rdf) {
        for (index, attribute) in document.get(description).attributes.iter().enumerate() {
            if matches(&attribute.name.namespace, attribute.name.local) {
                found.push(Place::Attribute { description, index });
            }
        }
        for element in document.children(description) {
            let name = &document.get(element).name;
            if matches(&name.namespace, name.local) {
                found.push(Place::Element { description, element });
            }
        }
    }
    found
}

/// Every occurrence of a property that is a list of texts.
///
/// # Errors
/// Where it is a structure or something else that holds no texts.
pub fn lists(document: &Document<'_>, rdf: Id, namespace: &str, local: &str) -> Result<Vec<Property>, Fault> {
    let all = places(document, rdf, |found, name| found == namespace && name == local);
    let read = |place| {
        let value = match place {
            Place::Attribute { description, index } => {
                Value::Text(document.get(description).attributes[index].value.clone())
            }
            Place::Element { element, .. } => value(document, element)?,
        };
        Ok(Property { place, value })
    };
    all.into_iter().map(read).collect()
}

fn value(document: &Document<'_>, id: Id) -> Result<Value, Fault> {
    let element = document.get(id);
    let wrong = |what: &str| {
        let problem = format!("{} {what}, not a list of keywords", element.name.written());
        Fault::new(element.start.start, problem)
    };
    let children: Vec<Id> = document.children(id).collect();
    let parse_type = attribute(document, id, RDF, "parseType");
    // A list with qualifiers; a single text with qualifiers could not become a list without changing what they are about.
    let inside = |holder: Id| match named(document, holder, "value").map(|inner| value(document, inner)) {
        Some(Ok(list @ Value::List { .. })) => Ok(list),
        Some(Err(fault)) => Err(fault),
        Some(Ok(Value::Text(_))) | None => Err(wrong("holds a structure")),
    };
    if parse_type == Some("Resource") {
        return inside(id);
    }
    if parse_type.is_some() {
        return Err(wrong("holds literal XML"));
    }
    if children.is_empty() {
        return match element.attributes.iter().all(|a| a.name.is(XML, "lang")) {
            true => Ok(Value::Text(document.inner_text(id))),
            false => Err(wrong("holds a structure or an address")),
        };
    }
    let &[inner] = children.as_slice() else {
        return Err(wrong("holds several elements"));
    };
    if !document.inner_text(id).chars().all(is_space) {
        return Err(wrong("holds text beside an element"));
    }
    let name = &document.get(inner).name;
    if name.is(RDF, "Description") {
        return inside(inner);
    }
    if !["Bag", "Seq", "Alt"].iter().any(|kind| name.is(RDF, kind)) {
        return Err(wrong("holds an unknown element"));
    }
    if !document.inner_text(inner).chars().all(is_space) {
        return Err(wrong("holds text outside its items"));
    }
    let items: Option<Vec<Item>> = document.children(inner).map(|li| item(document, li)).collect();
    match items {
        Some(items) => Ok(Value::List {
            container: inner,
            items,
        }),
        None => Err(wrong("holds a list of other elements than rdf:li")),
    }
}

fn item(document: &Document<'_>, id: Id) -> Option<Item> {
    let element = document.get(id);
    if !element.name.is(RDF, "li") {
        return None;
    }
    let plain = element.attributes.is_empty() && element.nodes.iter().all(|node| matches!(node, Node::Text { .. }));
    Some(Item {
        element: id,
        text: item_text(document, id),
        plain,
    })
}

/// The text of an item: its own, or the `rdf:value` of one with qualifiers.
fn item_text(document: &Document<'_>, id: Id) -> Option<String> {
    if let Some(text) = attribute(document, id, RDF, "value") {
        return Some(text.to_owned());
    }
    let mut holder = id;
    if let Some(inner) = document.children(id).next() {
        match document.get(inner).name.is(RDF, "Description") {
            true => holder = inner,
            false if attribute(document, id, RDF, "parseType") != Some("Resource") => return None,
            false => {}
        }
        if let Some(text) = attribute(document, holder, RDF, "value") {
            return Some(text.to_owned());
        }
        let value = named(document, holder, "value")?;
        return document
            .children(value)
            .next()
            .is_none()
            .then(|| document.inner_text(value));
    }
    let simple = document.get(id).attributes.iter().all(|a| &*a.name.namespace == XML);
    simple.then(|| document.inner_text(id))
}

/// The simple texts in the structure `id` with names of `namespace`: as elements, as attributes, or inside an inner description.
pub fn fields(document: &Document<'_>, id: Id, namespace: &str) -> Vec<(String, String)> {
    let inner = document
        .children(id)
        .find(|id| document.get(*id).name.is(RDF, "Description"));
    let mut found = Vec::new();
    for holder in [Some(id), inner].into_iter().flatten() {
        for attribute in &document.get(holder).attributes {
            if &*attribute.name.namespace == namespace {
                found.push((attribute.name.local.to_owned(), attribute.value.clone()));
            }
        }
        for child in document.children(holder) {
            let name = &document.get(child).name;
            if &*name.namespace == namespace && document.children(child).next().is_none() {
                found.push((name.local.to_owned(), document.inner_text(child)));
            }
        }
    }
    found
}

fn attribute<'d>(document: &'d Document<'_>, id: Id, namespace: &str, local: &str) -> Option<&'d str> {
    let mut all = document.get(id).attributes.iter();
    all.find(|a| a.name.is(namespace, local)).map(|a| a.value.as_str())
}

fn named(document: &Document<'_>, id: Id, local: &str) -> Option<Id> {
    document
        .children(id)
        .find(|child| document.get(*child).name.is(RDF, local))
}
