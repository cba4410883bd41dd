//! Any label, any sidecar: merging and removing gives back what was there; damaged sidecars are refused or still right.

use super::meaning::Meaning;
use super::samples::{self, packet};
use super::{check_round_trip, remove, try_write, write};
use crate::tagging::xmp::names::escape;
use proptest::prelude::*;

/// Texts that XML can hold.
fn text() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        6 => proptest::char::range('a', 'f'),
        2 => prop_oneof![Just('&'), Just('<'), Just('>'), Just('"'), Just('\''), Just(','), Just(';'), Just('|'), Just('/'), Just(']')],
        2 => prop_oneof![Just('\n'), Just('\r'), Just('\t'), Just(' '), Just('ü'), Just('\u{308}'), Just('日'), Just('🦊'), Just('ש'),
            Just('\u{202E}'), Just('\u{85}'), Just('\u{2028}'), Just('\u{FEFF}')],
        1 => any::<char>().prop_filter("XML", |c| crate::tagging::xmp::names::is_xml_char(*c)),
    ];
    proptest::collection::vec(characters, 1..8).prop_map(|chars| chars.into_iter().collect())
}

/// A label that has a name.
fn label() -> impl Strategy<Value = String> {
    let levels = proptest::collection::vec(text(), 1..3).prop_map(|levels| levels.join("/"));
    levels.prop_filter("a name", |label| !crate::tagging::label::levels(label).is_empty())
}

fn labels() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(prop_oneof![label(), "[a-d](/[a-d])?"], 0..6)
}

fn attribute(value: &str) -> String {
    escape(value)
        .replace('"', "&quot;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}

/// A keyword field in one of the ways that files have it, with these keywords (only the first in some of them).
fn field(name: &'static str) -> impl Strategy<Value = (String, String)> {
    let words = proptest::collection::vec(prop_oneof!["[a-d](/[a-d])?", text()], 0..4);
    (words, 0..8usize).prop_map(move |(words, form)| {
        let items: String = words
            .iter()
            .map(|word| format!("\n  <rdf:li>{}</rdf:li>", escape(word)))
            .collect();
        let first = words.first().cloned().unwrap_or_default();
        match form {
            0 => (String::new(), String::new()),
            1 => (format!(" {name}=\"{}\"", attribute(&first)), String::new()),
            2 => (String::new(), format!("<{name}>{}</{name}>", escape(&first))),
            3 => (
                String::new(),
                format!("\n <{name}>\n <rdf:Seq>{items}\n </rdf:Seq>\n </{name}>"),
            ),
            4 => (
                String::new(),
                format!(
                    "<{name}><rdf:Bag>{}</rdf:Bag></{name}>",
                    items.replace("\n  <rdf", "<rdf")
                ),
            ),
            5 => (
                String::new(),
                format!("<{name}><rdf:Alt><!-- {form} -->{items}</rdf:Alt></{name}>"),
            ),
            6 => (
                String::new(),
                format!(
                    "<{name}><rdf:Bag>{}</rdf:Bag></{name}>",
                    items.replace("<rdf:li>", "<rdf:li xml:lang='en'>")
                ),
            ),
            _ => (String::new(), format!("<{name}><rdf:Bag/></{name}>")),
        }
    })
}

/// A foreign property in one of RDF's spellings.
fn foreign() -> impl Strategy<Value = String> {
    (text(), 0..7usize, 0..100u32).prop_map(|(value, form, n)| {
        let (text, quoted) = (escape(&value), attribute(&value));
        match form {
            0 => format!("<q:f{n}>{text}</q:f{n}>"),
            1 => format!("<q:f{n} rdf:parseType='Resource'>\n<q:a>{text}</q:a></q:f{n}>"),
            2 => format!("<q:f{n} q:a=\"{quoted}\" q:b='2'/>"),
            3 => format!("<q:f{n}><rdf:Description q:a=\"{quoted}\"><q:b><rdf:Seq><rdf:li>{text}</rdf:li></rdf:Seq></q:b></rdf:Description></q:f{n}>"),
            4 => format!("<q:f{n}><rdf:Alt><rdf:li xml:lang='x-default'>{text}</rdf:li><rdf:li xml:lang='de'/></rdf:Alt></q:f{n}>"),
            5 => format!("<z:f{n} xmlns:z='urn:z' rdf:resource=\"{quoted}\"/><?go {n}?>"),
            _ => format!("<q:f{n} rdf:parseType='Resource'><rdf:value>{text}</rdf:value><q:unit>cm</q:unit></q:f{n}>\n<!--{n}-->"),
        }
    })
}

fn sidecar() -> impl Strategy<Value = String> {
    let fields = (
        field("dc:subject"),
        field("lr:hierarchicalSubject"),
        field("digiKam:TagsList"),
    );
    (fields, proptest::collection::vec(foreign(), 0..4), any::<bool>()).prop_map(|((a, b, c), foreign, second)| {
        let attributes = format!("{}{}{}", a.0, b.0, c.0);
        let inner = format!("{}{}{}{}", a.1, foreign.concat(), b.1, c.1);
        let text = packet(&attributes, &inner);
        match second {
            true => text.replace(
                "</rdf:RDF>",
                "\n<rdf:Description rdf:about='' xmlns:w='urn:w' w:a='1'>\n<w:b>2</w:b></rdf:Description>\n</rdf:RDF>",
            ),
            false => text,
        }
    })
}

fn borrowed(labels: &[String]) -> Vec<&str> {
    labels.iter().map(String::as_str).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn merging_and_removing_restores_any_sidecar(text in sidecar(), labels in labels()) {
        check_round_trip(&text, &borrowed(&labels));
    }

    #[test]
    fn a_second_write_leaves_no_trace_of_the_first(text in sidecar(), first in labels(), second in labels()) {
        let twice = write(&write(&text, &borrowed(&first)), &borrowed(&second));
        let once = Meaning::read(&write(&text, &borrowed(&second)));
        let found = Meaning::read(&twice);
        prop_assert_eq!(found.foreign(), once.foreign());
        for (twice, once) in found.keywords().into_iter().zip(once.keywords()) {
            let sorted = |mut list: Vec<String>| {
                // Of two that differ only in composition the first writer's stays.
                list = list.iter().map(|k| super::keywords::key(k)).collect();
                list.sort();
                list
            };
            prop_assert_eq!(sorted(twice), sorted(once));
        }
        prop_assert_eq!(Meaning::read(&remove(&twice)), Meaning::read(&text));
    }

    #[test]
    fn a_damaged_sidecar_is_refused_or_still_right(
        which in 0..11usize,
        cut in any::<prop::sample::Index>(),
        length in 0..40usize,
        put in prop_oneof![Just(""), Just("<"), Just(">"), Just("/"), Just("\""), Just("'"), Just("&"), Just("&lt;"), Just("<!--"), Just("]]>"),
            Just("xmlns:dc=''"), Just("</rdf:li>"), Just("<rdf:li/>"), Just("<a>"), Just(" a='1'"), Just("dc:subject"), Just(":"), Just("\u{0}")],
    ) {
        let samples = samples::all();
        let text = samples[which].1;
        let boundary = |mut i: usize| {
            while !text.is_char_boundary(i) {
                i -= 1;
            }
            i
        };
        let start = boundary(cut.index(text.len() + 1));
        let end = boundary((start + length).min(text.len()));
        let damaged = format!("{}{put}{}", &text[..start], &text[end.max(start)..]);
        if let Ok(Some(merged)) = try_write(&damaged, &["Animal/Dog", "new"]) {
            let (before, after) = (Meaning::read(&damaged), Meaning::read(&merged));
            prop_assert_eq!(after.foreign(), before.foreign());
            prop_assert_eq!(Meaning::read(&remove(&merged)), before);
        }
    }
}
