//! Merging tags into a sidecar, as splices: keywords into the lists that are there, our record beside them, nothing else touched.

use super::difference::{Difference, difference};
use super::document::{Attribute, Document, Id, Node};
use super::edit::Edits;
use super::fault::Fault;
use super::keywords::{FIELDS, Field};
use super::names::{DC, DIGIKAM, LIGHTROOM, OWN, RDF, XML, escape, is_space};
use super::rdf::{self, Place, Property, Value};
use super::record::{Record, RecordedTag, list_element};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

/// What the prefixes mean that we write.
const PREFIXES: [(&str, &str); 5] = [
    ("rdf", RDF),
    ("dc", DC),
    ("lr", LIGHTROOM),
    ("digiKam", DIGIKAM),
    ("patchlight", OWN),
];
/// Line break and indentation of what is added where the file shows none.
const INDENT: &str = "\n   ";

/// A merge that changes something.
#[derive(Debug)]
pub struct Merge {
    /// The splices.
    pub edits: Edits,
    /// Keywords that are added, by field.
    pub added: [Vec<String>; 3],
    /// Keywords of ours that are taken away, by field.
    pub removed: [Vec<String>; 3],
    /// Whether nothing but a packet of ours would be left.
    pub leaves_nothing: bool,
}

/// Plans the merge of `tags`, with the keywords `wanted` by field, into `document`. No tags means taking ours away.
/// `create` says that the document is ours from the start. `None`: there is nothing to change.
///
/// # Errors
/// Where the document is no XMP, or a field that we have to read is no list.
pub fn merge(
    document: &Document<'_>,
    wanted: &[Vec<String>; 3],
    tags: Vec<RecordedTag>,
    create: bool,
) -> Result<Option<Merge>, Fault> {
    let root = rdf::root(document)?;
    let (old, own_places) = Record::read(document, root)?;
    let mut fields: [Vec<Property>; 3] = Default::default();
    for (properties, field) in fields.iter_mut().zip(&FIELDS) {
        *properties = rdf::lists(document, root, field.namespace, field.local)?;
    }
    let mut new = Record {
        tags,
        created: old.created || create,
        ..Record::default()
    };
    new.keep_dates(&old);
    let differences: [Difference; 3] = std::array::from_fn(|i| difference(&fields[i], &old.added[i], &wanted[i]));
    for (i, difference) in differences.iter().enumerate() {
        new.added[i] = [difference.kept.clone(), difference.inserted.clone()].concat();
        new.empty_before[i] = match (new.added[i].is_empty(), old.added[i].is_empty()) {
            (true, _) => false,
            (false, false) => old.empty_before[i],
            (false, true) => !fields[i].is_empty() && fields[i].iter().all(holds_nothing),
        };
    }
    let has_record = !new.tags.is_empty();
    let rewrite = match has_record {
        true => !new.same(&old),
        false => !own_places.is_empty(),
    };
    let untouched = differences
        .iter()
        .all(|d| d.inserted.is_empty() && d.removed.is_empty());
    if untouched && !rewrite {
        return Ok(None);
    }
    let mut writer = Writer {
        document,
        root,
        home: own_places.first().map(|place| place.description()),
        edits: Edits::default(),
        deleted: HashSet::new(),
        appended: BTreeMap::new(),
        for_new: Vec::new(),
    };
    if rewrite {
        for place in &own_places {
            writer.delete(*place);
        }
    }
    for (i, field) in FIELDS.iter().enumerate() {
        writer.field(field, &fields[i], &differences[i], old.empty_before[i]);
    }
    let leaves_nothing = old.created && !has_record && writer.leaves_nothing();
    writer.finish(rewrite && has_record, &new);
    let edits = writer.edits;
    let removed = |d: &Difference| d.removed.iter().map(|(_, text)| text.clone()).collect();
    Ok(Some(Merge {
        edits,
        removed: std::array::from_fn(|i| removed(&differences[i])),
        added: differences.map(|d| d.inserted),
        leaves_nothing,
    }))
}

fn holds_nothing(property: &Property) -> bool {
    match &property.value {
        Value::Text(_) => property.texts().is_empty(),
        Value::List { items, .. } => items.is_empty(),
    }
}

/// `rdf:about`, or `about` as early files have it.
fn is_about(attribute: &Attribute<'_>) -> bool {
    attribute.name.is(RDF, "about") || attribute.name.is("", "about")
}

struct Writer<'d, 't> {
    document: &'d Document<'t>,
    root: Id,
    /// The description with our record.
    home: Option<Id>,
    edits: Edits,
    /// Properties that are deleted whole.
    deleted: HashSet<Span>,
    /// Properties to add to descriptions that are there.
    appended: BTreeMap<Id, String>,
    /// Fields to make in the home or in a description of our own.
    for_new: Vec<(&'static Field, Vec<String>)>,
}

type Span = (usize, usize);

impl Writer<'_, '_> {
    fn delete(&mut self, place: Place) {
        let range = match place {
            Place::Attribute { description, index } => {
                let span = self.document.get(description).attributes[index].span.clone();
                let before = self.document.text.get(..span.start).unwrap_or_default();
                before.trim_end_matches(is_space).len()..span.end
            }
            Place::Element { description, element } => self.with_space(description, element),
        };
        self.deleted.insert(self.span_of(place));
        self.edits.delete(range);
    }

    fn span_of(&self, place: Place) -> Span {
        let span = match place {
            Place::Attribute { description, index } => self.document.get(description).attributes[index].span.clone(),
            Place::Element { element, .. } => self.document.span(element),
        };
        (span.start, span.end)
    }

    /// An element with the white space before it.
    fn with_space(&self, parent: Id, element: Id) -> Range<usize> {
        let span = self.document.span(element);
        span.start - self.document.space_before(parent, span.start).len()..span.end
    }

    /// Puts `text` at the end of an element's content.
    fn append(&mut self, id: Id, text: &str) {
        let element = self.document.get(id);
        if element.end.is_empty() {
            let closing = element.start.end.saturating_sub(2)..element.start.end;
            self.edits
                .replace(closing, format!(">{text}</{}>", element.name.written()));
        } else {
            self.edits.insert(self.document.content_end(id), text.to_owned());
        }
    }

    fn field(&mut self, field: &'static Field, properties: &[Property], difference: &Difference, empty_before: bool) {
        let target = match difference.inserted.is_empty() {
            true => None,
            false => {
                let list = properties.iter().position(|p| matches!(p.value, Value::List { .. }));
                list.or((!properties.is_empty()).then_some(0))
            }
        };
        for (i, property) in properties.iter().enumerate() {
            let Value::List { container, items } = &property.value else {
                continue;
            };
            let gone = difference
                .removed
                .iter()
                .map(|(at, _)| at)
                .filter(|at| at.property == i);
            let gone: BTreeSet<usize> = gone.map(|at| at.item).collect();
            let all = !gone.is_empty() && gone.len() == items.len();
            if all && target != Some(i) && !empty_before && self.is_bare(property) {
                self.delete(property.place);
                continue;
            }
            for item in gone {
                let range = self.with_space(*container, items[item].element);
                self.edits.delete(range);
            }
        }
        match target.map(|i| &properties[i]) {
            Some(property) => self.insert(property, &difference.inserted),
            None if difference.inserted.is_empty() => {}
            None => self.for_new.push((field, difference.inserted.clone())),
        }
    }

    /// Whether a property may go with its last keyword: nobody left a remark or qualifier in it.
    fn is_bare(&self, property: &Property) -> bool {
        match property.place {
            Place::Attribute { .. } => true,
            Place::Element { element, .. } => {
                self.document.get(element).attributes.is_empty() && !self.document.has_others(element)
            }
        }
    }

    fn insert(&mut self, property: &Property, keywords: &[String]) {
        match (&property.value, property.place) {
            (Value::List { container, items }, _) => {
                let name = match self.document.get(*container).name.prefix {
                    "" => "li".to_owned(),
                    prefix => format!("{prefix}:li"),
                };
                let space = match items.last() {
                    Some(item) => {
                        let at = self.document.get(item.element).start.start;
                        self.document.space_before(*container, at)
                    }
                    None => "",
                };
                let line = |keyword: &String| format!("{space}<{name}>{}</{name}>", escape(keyword));
                let text: String = keywords.iter().map(line).collect();
                self.append(*container, &text);
            }
            (Value::Text(_), Place::Element { element, .. }) => self.make_list(element, keywords),
            (Value::Text(text), Place::Attribute { description, index }) => {
                let name = self.document.get(description).attributes[index].name.written();
                let kept = (!text.chars().all(is_space)).then(|| text.clone());
                let all: Vec<String> = kept.into_iter().chain(keywords.iter().cloned()).collect();
                let text = list_element(
                    &name,
                    "Bag",
                    &all,
                    &self.indent(description),
                    &self.declare(description, &["rdf"]),
                );
                self.appended.entry(description).or_default().push_str(&text);
                self.delete(property.place);
            }
        }
    }

    /// Makes a list of a property that is a simple text, with the text as its first item.
    fn make_list(&mut self, id: Id, keywords: &[String]) {
        let element = self.document.get(id);
        let declared = self.declare(id, &["rdf"]);
        let items: String = keywords
            .iter()
            .map(|k| format!("<rdf:li>{}</rdf:li>", escape(k)))
            .collect();
        if self.document.inner_text(id).chars().all(is_space) {
            self.append(id, &format!("<rdf:Bag{declared}>{items}</rdf:Bag>"));
            return;
        }
        let mut language = String::new();
        for attribute in element.attributes.iter().filter(|a| a.name.is(XML, "lang")) {
            let written = self.document.text.get(attribute.span.clone()).unwrap_or_default();
            language.push_str(&format!(" {written}"));
            self.edits.delete(attribute.span.clone());
        }
        let (before, after) = (element.start.end, element.end.start);
        self.edits
            .insert(before, format!("<rdf:Bag{declared}><rdf:li{language}>"));
        self.edits.insert(after, format!("</rdf:li>{items}</rdf:Bag>"));
    }

    /// Declarations of the prefixes that do not yet mean what we write them for.
    fn declare(&self, at: Id, prefixes: &[&str]) -> String {
        let wanted = PREFIXES.iter().filter(|(prefix, _)| prefixes.contains(prefix));
        let missing = wanted.filter(|(prefix, uri)| self.document.bound(at, prefix) != Some(uri));
        missing
            .map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""))
            .collect()
    }

    /// Line break and indentation of what stands in an element.
    fn indent(&self, id: Id) -> String {
        let first = self.document.children(id).next();
        let space = first.map(|child| self.document.space_before(id, self.document.get(child).start.start));
        match space.and_then(|space| space.rfind('\n').map(|i| &space[i..])) {
            Some(space) => space.to_owned(),
            None => INDENT.to_owned(),
        }
    }

    /// Whether no description keeps a property, and nothing else is in the file that somebody wrote.
    fn leaves_nothing(&self) -> bool {
        let document = self.document;
        let is_packet = |span: &Range<usize>| document.text[span.clone()].starts_with("<?xpacket");
        let only_rdf = self.root == 0 || document.children(0).eq([self.root]);
        let descriptions = rdf::descriptions(document, self.root);
        document.beside.iter().all(is_packet)
            && only_rdf
            && !document.has_others(0)
            && document.children(self.root).count() == descriptions.len()
            && descriptions.iter().all(|id| self.is_emptied(*id))
    }

    /// Whether all properties of a description are deleted and none is added.
    fn is_emptied(&self, id: Id) -> bool {
        let element = self.document.get(id);
        let is_gone = |span: Range<usize>| self.deleted.contains(&(span.start, span.end));
        let attributes = element
            .attributes
            .iter()
            .all(|a| is_about(a) || is_gone(a.span.clone()));
        let nodes = element.nodes.iter().all(|node| match node {
            Node::Element(child) => is_gone(self.document.span(*child)),
            Node::Text { value, .. } => value.chars().all(is_space),
            Node::Other(_) => false,
        });
        attributes && nodes && !self.appended.contains_key(&id)
    }

    /// Writes what is collected: new fields and the record into the home, what descriptions get, and drops descriptions
    /// that we emptied.
    fn finish(&mut self, write_record: bool, record: &Record) {
        let fields = std::mem::take(&mut self.for_new);
        if write_record || !fields.is_empty() {
            match self.home {
                Some(home) => {
                    let indent = self.indent(home);
                    let text = self.properties(&fields, write_record.then_some(record), &indent, &|prefixes| {
                        self.declare(home, prefixes)
                    });
                    self.appended.entry(home).or_default().push_str(&text);
                }
                None => self.new_description(&fields, write_record.then_some(record)),
            }
        }
        for (id, text) in std::mem::take(&mut self.appended) {
            self.append(id, &text);
            // What was appended keeps a description from being dropped.
            self.appended.insert(id, String::new());
        }
        for id in rdf::descriptions(self.document, self.root) {
            let element = self.document.get(id);
            let touched = !self.deleted.is_empty() && {
                let span = self.document.span(id);
                self.deleted
                    .iter()
                    .any(|(start, end)| span.start <= *start && *end <= span.end)
            };
            let named = element.attributes.iter().any(|a| is_about(a) && !a.value.is_empty());
            if touched && !named && self.is_emptied(id) {
                let range = self.with_space(self.root, id);
                self.edits.forget(&range);
                self.edits.delete(range);
            }
        }
    }

    fn properties(
        &self,
        fields: &[(&Field, Vec<String>)],
        record: Option<&Record>,
        indent: &str,
        declare: &dyn Fn(&[&str]) -> String,
    ) -> String {
        let mut text = String::new();
        for (field, keywords) in fields {
            let name = format!("{}:{}", field.prefix, field.local);
            let declared = declare(&[field.prefix, "rdf"]);
            text.push_str(&list_element(&name, field.container, keywords, indent, &declared));
        }
        if let Some(record) = record {
            text.push_str(&record.write(indent, declare));
        }
        text
    }

    /// A description of our own, after the others, about the same thing.
    fn new_description(&mut self, fields: &[(&Field, Vec<String>)], record: Option<&Record>) {
        let document = self.document;
        let last = document.children(self.root).last();
        let space = last.map(|id| document.space_before(self.root, document.get(id).start.start));
        let space = space.filter(|space| space.contains('\n')).unwrap_or("\n  ");
        let line = &space[space.rfind('\n').unwrap_or_default()..];
        let about = rdf::descriptions(document, self.root).into_iter().find_map(|id| {
            let about = document.get(id).attributes.iter().find(|a| is_about(a));
            about.map(|a| quick_xml::escape::escape(a.value.as_str()).replace(['\n', '\r', '\t'], " "))
        });
        let mut prefixes = vec!["rdf", "patchlight"];
        prefixes.extend(fields.iter().map(|(field, _)| field.prefix));
        let text = format!(
            "{space}<rdf:Description rdf:about=\"{}\"{}>{}{line}</rdf:Description>",
            about.unwrap_or_default(),
            self.declare(self.root, &prefixes),
            self.properties(fields, record, &format!("{line} "), &|_| String::new()),
        );
        self.append(self.root, &text);
    }
}
