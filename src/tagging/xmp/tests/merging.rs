//! What merging and removing do to sidecars that are fine.

use super::meaning::Meaning;
use super::samples::{self, packet};
use super::{check_round_trip, lists, owned, recorded, remove, try_write, write};

#[test]
fn every_makers_sidecar_survives() {
    let labels = [
        "Animal/Dog",
        "Straße/日本",
        "a, \"b\" & <c>",
        "two\nlines",
        "pi|pe",
        "🦊",
        "שלום",
        "park",
    ];
    for (name, text) in samples::all() {
        for labels in [&labels[..], &labels[..1], &["Animal/Cat"]] {
            let merged = check_round_trip(text, labels);
            assert!(Meaning::read(&merged).has_own(), "{name}");
        }
    }
}

#[test]
fn removing_restores_every_byte() {
    for (name, text) in samples::all() {
        // `<a/>` has become `<a></a>`.
        if !["odd", "bare"].contains(&name) {
            assert_eq!(remove(&write(text, &["Animal/Cow", "pi|pe"])), text, "{name}");
        }
    }
}

#[test]
fn all_bytes_that_are_not_ours_stay() {
    let merged = write(samples::LIGHTROOM, &["Animal/Cow"]);
    let mut rest = merged.as_str();
    for line in samples::LIGHTROOM.lines() {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line:?} is gone\n{merged}"));
        rest = &rest[at + line.len()..];
    }
    assert!(
        merged.contains("     <rdf:li>park</rdf:li>\n     <rdf:li>Cow</rdf:li>\n    </rdf:Bag>"),
        "{merged}"
    );
}

#[test]
fn a_keyword_that_was_there_is_not_ours() {
    let merged = check_round_trip(samples::LIGHTROOM, &["Animal/Dog"]);
    let [subject, hierarchical, tags_list] = lists(&merged);
    assert_eq!(subject, ["Dog", "park"]);
    assert_eq!(hierarchical, ["Animal|Dog", "park"]);
    assert_eq!(tags_list, ["Animal/Dog"]);
}

#[test]
fn composed_and_decomposed_are_not_added_twice() {
    let text = packet(
        "",
        "<dc:subject><rdf:Bag><rdf:li>Gru\u{308}n</rdf:li></rdf:Bag></dc:subject>",
    );
    let merged = check_round_trip(&text, &["Gr\u{FC}n"]);
    assert_eq!(lists(&merged)[0], ["Gru\u{308}n"]);
}

#[test]
fn a_second_write_replaces_the_first() {
    let first = write(samples::LIGHTROOM, &["Animal/Cow", "sky", "park"]);
    let second = write(&first, &["sky", "sea"]);
    assert_eq!(lists(&second)[0], ["Dog", "park", "sky", "sea"]);
    assert_eq!(lists(&second)[1], ["Animal|Dog", "park", "sky", "sea"]);
    assert_eq!(lists(&second)[2], ["sky", "sea"]);
    assert_eq!(
        Meaning::read(&second).foreign(),
        Meaning::read(samples::LIGHTROOM).foreign()
    );
    assert_eq!(remove(&second), samples::LIGHTROOM);
    // All keywords of a field that we made go, and others come.
    let third = write(&second, &["moon"]);
    assert_eq!(lists(&third)[2], ["moon"]);
    assert_eq!(remove(&third), samples::LIGHTROOM);
}

#[test]
fn what_others_did_in_between_stays() {
    let merged = write(samples::LIGHTROOM, &["sky", "sea"]);
    // The person takes one of our keywords away, adds one, and gives the last one a language.
    let edited = merged
        .replacen("<rdf:li>sky</rdf:li>", "<rdf:li>mine</rdf:li>", 1)
        .replacen("<rdf:li>sea</rdf:li>", "<rdf:li xml:lang=\"en\">sea</rdf:li>", 1);
    let removed = remove(&edited);
    assert_eq!(lists(&removed)[0], ["Dog", "park", "mine", "sea"]);
    assert!(!Meaning::read(&removed).has_own());
    // A keyword twice: one of them is ours.
    let doubled = merged.replacen("<rdf:li>Dog</rdf:li>", "<rdf:li>sky</rdf:li><rdf:li>Dog</rdf:li>", 1);
    assert_eq!(lists(&remove(&doubled))[0], ["sky", "Dog", "park"]);
}

#[test]
fn a_single_text_is_kept_as_a_keyword() {
    for (attributes, inner) in [
        (" dc:subject=\"dog &amp; cat\"", ""),
        (" dc:subject=\"dog &amp; cat\"", "<q:x>1</q:x>"),
        ("", "<dc:subject>dog &amp; cat</dc:subject>"),
        ("", "<dc:subject xml:lang='en'>dog <![CDATA[&]]> cat</dc:subject>"),
        ("", "<dc:subject>dog <!-- and -->&#38; cat</dc:subject>"),
    ] {
        let text = packet(attributes, inner);
        let merged = check_round_trip(&text, &["sky"]);
        assert_eq!(lists(&merged)[0], ["dog & cat", "sky"], "{merged}");
        let unchanged = check_round_trip(&text, &["dog & cat"]);
        assert_eq!(lists(&unchanged)[0], ["dog & cat"]);
    }
}

#[test]
fn empty_fields_come_back_empty() {
    for inner in [
        "<dc:subject/>",
        "<dc:subject></dc:subject>",
        "<dc:subject> \n </dc:subject>",
        "<dc:subject><rdf:Bag/></dc:subject>",
        "<dc:subject><rdf:Seq></rdf:Seq></dc:subject>",
        "<dc:subject>\n<rdf:Bag>\n</rdf:Bag>\n</dc:subject>",
        "<dc:subject><rdf:Bag><!-- none --></rdf:Bag></dc:subject>",
        "<dc:subject rdf:parseType='Resource'><rdf:value><rdf:Bag/></rdf:value><q:why>?</q:why></dc:subject>",
    ] {
        let merged = check_round_trip(&packet("", inner), &["sky", "sea"]);
        assert_eq!(lists(&merged)[0], ["sky", "sea"]);
        let other = write(&merged, &["moon"]);
        assert_eq!(
            Meaning::read(&remove(&other)),
            Meaning::read(&packet("", inner)),
            "{other}"
        );
    }
    let merged = check_round_trip(&packet(" dc:subject=''", ""), &["sky"]);
    assert_eq!(lists(&merged)[0], ["sky"]);
}

#[test]
fn a_field_given_twice_is_read_whole_and_written_once() {
    let inner = "<dc:subject>a</dc:subject><dc:subject><rdf:Bag><rdf:li>b</rdf:li></rdf:Bag></dc:subject>";
    let text = packet(" dc:subject='c'", inner);
    let merged = write(&text, &["a", "b", "c", "d"]);
    assert_eq!(lists(&merged)[0], ["c", "a", "b", "d"]);
    assert_eq!(remove(&merged), text);
}

#[test]
fn a_record_in_another_spelling_is_understood() {
    // As Adobe's toolkit writes structures of simple fields.
    let inner = "<dc:subject><rdf:Bag><rdf:li>sky</rdf:li><rdf:li>dog</rdf:li></rdf:Bag></dc:subject><patchlight:tags><rdf:Bag>\
         <rdf:li patchlight:label='dog' patchlight:probability='0.7500' patchlight:tagger='birds &amp; &lt;beasts>' \
         patchlight:taggerVersion='1.2' patchlight:date='2001-01-01T00:00:00Z'/></rdf:Bag></patchlight:tags>\
         <patchlight:addedSubject><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag></patchlight:addedSubject>";
    let fields = "<lr:hierarchicalSubject><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag></lr:hierarchicalSubject>\
         <digiKam:TagsList><rdf:Seq><rdf:li>dog</rdf:li></rdf:Seq></digiKam:TagsList>";
    let text = packet("", &format!("{inner}{fields}"));
    assert!(
        try_write(&text, &["dog"]).unwrap().is_none(),
        "the same tags, another date"
    );
    let removed = remove(&text);
    assert_eq!(lists(&removed), [owned(&["sky"]), owned(&["dog"]), owned(&["dog"])]);
    assert!(!Meaning::read(&removed).has_own());
    // Another version of the tagger is written down, with the date of now.
    let other = super::merge::merge(
        &super::Document::read(&text).unwrap(),
        &super::keywords::of_labels(["dog"].into_iter()),
        recorded(&["dog"])
            .into_iter()
            .map(|tag| super::RecordedTag {
                version: "2".to_owned(),
                ..tag
            })
            .collect(),
        false,
    );
    let changed = other.unwrap().unwrap();
    assert!(changed.added.iter().chain(&changed.removed).all(Vec::is_empty));
    let changed = changed.edits.apply(&text).unwrap();
    assert!(
        changed.contains("2025-01-02T03:04:05Z") && !changed.contains("2001-01-01"),
        "{changed}"
    );
}

#[test]
fn prefixes_may_mean_other_things() {
    let text = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:patchlight='urn:a' xmlns:dc='urn:b' xmlns:lr='urn:c' \
         xmlns:digiKam='urn:d'><rdf:Description rdf:about='x' dc:subject='b'><lr:y>1</lr:y></rdf:Description></rdf:RDF>";
    let merged = check_round_trip(text, &["Animal/Dog"]);
    assert_eq!(
        lists(&merged),
        [owned(&["Dog"]), owned(&["Animal|Dog"]), owned(&["Animal/Dog"])]
    );
    // Our own description, with its prefixes bound to something else, as nobody would write it.
    let hostile = packet(" xmlns:rdf='urn:e' patchlight:createdSidecar='False'", "");
    let hostile = hostile.replace("<rdf:Description rdf:about=\"\"", "<rdf:Description");
    assert!(try_write(&hostile, &["dog"]).is_ok());
}
