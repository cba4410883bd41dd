//! What is refused: the place is named, the file stays.

use super::samples::packet;
use super::{lists, try_write};
use std::path::Path;

const RDF: &str = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'";

fn refusal(text: &str) -> String {
    match try_write(text, &["dog"]) {
        Ok(_) => panic!("not refused: {text}"),
        Err(fault) => fault.in_file(Path::new("x.xmp"), text).to_string(),
    }
}

#[test]
fn malformed_xml_is_refused_with_its_place() {
    let inside = |inner: &str| format!("<rdf:RDF {RDF}>\n{inner}</rdf:RDF>");
    let cases = [
        ("", "line 1, column 1: there is no element"),
        ("no xml", "line 1, column 1: text may not stand outside"),
        (
            &*inside("<a>"),
            "line 2, column 4: ill-formed document: expected `</a>`",
        ),
        (&*inside("</b>"), "line 2, column 1"),
        (
            &*format!("<rdf:RDF {RDF}>\n <a>\n  ö<b/>"),
            "line 3, column 8: the file ends before </a>",
        ),
        (
            &*inside("<a b='1' b='2'/>"),
            "line 2, column 10: the attribute \"b\" is given twice",
        ),
        (&*inside("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>"), "given twice"),
        (&*inside("<a xmlns:p='u' xmlns:p='v'/>"), "given twice"),
        (&*inside("<a b='1'c='2'/>"), "white space"),
        (&*inside("<a b=1/>"), "line 2"),
        (&*inside("<a b/>"), "line 2"),
        (&*inside("<a b='<'/>"), "`<` may not stand in an attribute"),
        (&*inside("<a b='&'/>"), "line 2"),
        (&*inside("<a b='&nope;'/>"), "line 2"),
        (&*inside("<a>&nope;</a>"), "the entity &nope; is not declared"),
        (&*inside("<a>&</a>"), "line 2"),
        (&*inside("<a>&#1;</a>"), "U+0001"),
        (&*inside("<a>&#xFFFF;</a>"), "U+FFFF"),
        (&*inside("<a>&#xD800;</a>"), "line 2"),
        (&*inside("<a b='&#2;'/>"), "U+0002"),
        (&*inside("<a>\u{1}</a>"), "line 2, column 4: the character U+0001"),
        (&*inside("<a>]]></a>"), "line 2, column 4: `]]>`"),
        (&*inside("<p:a/>"), "the prefix \"p\" is not declared"),
        (&*inside("<a p:b=''/>"), "the prefix \"p\" is not declared"),
        (&*inside("<a xmlns:p=''/>"), "may not stand for"),
        (&*inside("<a xmlns:xml='u'/>"), "may not stand for"),
        (&*inside("<a:b:c/>"), "is no name"),
        (&*inside("<1/>"), "is no name"),
        (&*inside("< a/>"), "is no name"),
        (&*inside("<a/ >"), "is no name"),
        (&*inside("<!-- a -- b -->"), "`--`"),
        (&*inside("<!-- a --->"), "`--`"),
        (&*inside("<!-- a"), "comment not closed"),
        (&*inside("<![CDATA[ a"), "line 2"),
        (&*inside("<?xml version='1.0'?>"), "very beginning"),
        (&*inside("<?XML a?>"), "may not be named"),
        (&*inside("<? a?>"), "may not be named"),
        (&*inside("<!ELEMENT a>"), "line 2"),
        (
            &*format!("{}<b/>", inside("")),
            "line 2, column 11: a second root element",
        ),
        (
            &*format!("{}b", inside("")),
            "line 2, column 11: text may not stand outside",
        ),
        (&*format!("{}<![CDATA[b]]>", inside("")), "outside the root"),
        (&*format!("\u{FEFF}{}", inside("")), "byte order mark"),
        (&*format!("<?xml version='1.1'?>{}", inside("")), "version \"1.1\""),
        (&*format!("<?xml encoding='UTF-8'?>{}", inside("")), "version"),
        (&*"<a>".repeat(101), "nested deeper than 100"),
    ];
    for (text, expected) in cases {
        let message = refusal(text);
        assert!(
            message.starts_with("x.xmp, line ") && message.contains(expected),
            "{message}\n{text}"
        );
    }
}

#[test]
fn a_document_type_is_refused_whatever_it_declares() {
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a 'ha'>{}]>\n<rdf:RDF {RDF}><b>&k;</b></rdf:RDF>",
        "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>".repeat(10)
    );
    let outside = format!("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>\n<rdf:RDF {RDF}/>");
    for text in [bomb, outside, format!("<!doctype x>\n<rdf:RDF {RDF}/>")] {
        assert!(refusal(&text).contains("document type declaration"), "{text}");
    }
}

#[test]
fn what_is_no_xmp_or_no_list_is_refused() {
    for (text, expected) in [
        ("<html><body/></html>".to_owned(), "no rdf:RDF"),
        (format!("<x><y><rdf:RDF {RDF}/></y></x>"), "no rdf:RDF"),
        (
            format!("<x><rdf:RDF {RDF}/>\n<rdf:RDF {RDF}/></x>"),
            "line 2, column 1: a second rdf:RDF",
        ),
        (
            packet("", "<dc:subject rdf:parseType='Resource'><q:a>1</q:a></dc:subject>"),
            "structure",
        ),
        (
            packet(
                "",
                "<dc:subject rdf:parseType='Resource'><rdf:value>a</rdf:value></dc:subject>",
            ),
            "structure",
        ),
        (
            packet("", "<dc:subject rdf:parseType='Literal'>a</dc:subject>"),
            "literal XML",
        ),
        (
            packet("", "<dc:subject rdf:resource='urn:a'/>"),
            "structure or an address",
        ),
        (packet("", "<dc:subject><q:a/></dc:subject>"), "unknown element"),
        (
            packet("", "<dc:subject>a<rdf:Bag/></dc:subject>"),
            "text beside an element",
        ),
        (
            packet("", "<dc:subject><rdf:Bag/><rdf:Bag/></dc:subject>"),
            "several elements",
        ),
        (
            packet("", "<dc:subject><rdf:Bag>a</rdf:Bag></dc:subject>"),
            "outside its items",
        ),
        (
            packet("", "<dc:subject><rdf:Bag><rdf:_1>a</rdf:_1></rdf:Bag></dc:subject>"),
            "other elements than rdf:li",
        ),
        (
            packet("", "<patchlight:addedSubject><q:a/></patchlight:addedSubject>"),
            "unknown element",
        ),
    ] {
        let message = refusal(&text);
        assert!(message.contains(expected), "{message}\n{text}");
    }
}

#[test]
fn a_strange_record_does_no_harm() {
    for own in [
        "<patchlight:tags>text</patchlight:tags>",
        "<patchlight:tags><rdf:Bag><rdf:li/><rdf:li rdf:resource='urn:a'/><rdf:li><q:a/></rdf:li></rdf:Bag></patchlight:tags>",
        "<patchlight:addedSubject>gone</patchlight:addedSubject>",
        "<patchlight:unknown rdf:parseType='Resource'/>",
        "<patchlight:createdSidecar>True</patchlight:createdSidecar>",
    ] {
        let inner = format!("{own}<dc:subject><rdf:Bag><rdf:li>sky</rdf:li></rdf:Bag></dc:subject><q:a>1</q:a>");
        let written = super::write(&packet("", &inner), &["dog"]);
        assert_eq!(lists(&written)[0], ["sky", "dog"], "{written}");
        let removed = super::remove(&written);
        assert_eq!(lists(&removed)[0], ["sky"]);
        assert!(!removed.contains("<patchlight:"), "{removed}");
    }
}

#[test]
fn large_files_take_no_long_time() {
    let many = 20_000;
    let items: String = (0..many).map(|i| format!("<rdf:li>k{i}</rdf:li>")).collect();
    let text = packet("", &format!("<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"));
    let labels: Vec<String> = (0..many).map(|i| format!("k{}", 2 * i)).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let written = super::write(&text, &labels);
    assert_eq!(lists(&written)[0].len(), many + many / 2);
    assert_eq!(lists(&super::remove(&written))[0].len(), many);
    let deep = format!("<rdf:RDF {RDF}>{}", "<a b='' c=''/>".repeat(200_000));
    assert!(refusal(&deep).contains("more than 500000"));
}
