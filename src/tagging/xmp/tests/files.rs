//! Plans and files: what a plan says, that it is what is written, and what other programs may have done meanwhile.

use super::samples;
use crate::tagging::xmp::plan::{Applied, SidecarPlan};
use crate::tagging::xmp::{Action, Keywords, SidecarStyle, Sidecars, read_keywords};
use crate::tagging::{Tag, TaggedBy, TaggingError, Tags};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

struct Place {
    _folder: tempfile::TempDir,
    picture: PathBuf,
    sidecar: PathBuf,
}

fn at(day: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(day * 86_400)
}

impl Place {
    fn new(sidecar: Option<&[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self {
            picture: folder.path().join("a.jpg"),
            sidecar: folder.path().join("a.jpg.xmp"),
            _folder: folder,
        };
        fs::write(&place.picture, "picture").unwrap();
        if let Some(bytes) = sidecar {
            fs::write(&place.sidecar, bytes).unwrap();
        }
        place
    }

    fn sidecars(&self) -> Sidecars {
        Sidecars::resolve([self.picture.as_path()], SidecarStyle::Appended)
    }

    fn write(&self, labels: &[(&str, f32)], day: u64) -> SidecarPlan {
        let tag = |(label, probability): &(&str, f32)| Tag::by_tagger((*label).to_owned(), *probability);
        let tags = Tags {
            image: self.picture.clone(),
            tags: labels.iter().map(tag).collect(),
        };
        let tagger = TaggedBy {
            name: "birds".to_owned(),
            version: "3".to_owned(),
        };
        self.sidecars().plan_write(&tags, &tagger, at(day))
    }

    fn removal(&self) -> SidecarPlan {
        self.sidecars().plan_removal(&self.picture)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.sidecar).unwrap()
    }
}

fn subjects(keywords: &Keywords) -> Vec<&str> {
    keywords.subject.iter().map(String::as_str).collect()
}

fn refusal(plan: &SidecarPlan) -> &TaggingError {
    match &plan.action {
        Action::Refused(error) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_sidecar_is_made_kept_and_taken_away() {
    let place = Place::new(None);
    let labels = [("Animal/Dog", 0.931_24), ("a|b", 0.5), ("Animal/Dog", 0.2)];
    let plan = place.write(&labels, 1);
    assert!(!place.sidecar.exists(), "a plan writes nothing");
    assert_eq!(plan.sidecar, place.sidecar);
    assert_eq!(plan.not_for_lightroom, ["a|b"]);
    let Action::Create { added } = &plan.action else {
        panic!("{plan:?}");
    };
    assert_eq!(subjects(added), ["Dog", "a|b"]);
    assert_eq!(added.hierarchical, ["Animal|Dog"]);
    assert_eq!(added.tags_list, ["Animal/Dog", "a|b"]);
    assert_eq!(plan.apply().unwrap(), Applied::Written);
    let read = read_keywords(&place.sidecar).unwrap();
    assert_eq!((&read.keywords, &read.added), (added, added));
    let dog = &read.tags[0];
    assert_eq!((dog.label.as_str(), dog.probability.as_str()), ("Animal/Dog", "0.9312"));
    assert_eq!(
        (dog.tagger.as_str(), dog.version.as_str(), dog.date.as_str()),
        ("birds", "3", "1970-01-02T00:00:00Z")
    );
    assert_eq!(read.tags.len(), 2, "a label given twice counts once");
    assert!(matches!(plan.apply(), Err(TaggingError::Exists { .. })));

    let before = place.bytes();
    let again = place.write(&labels, 99);
    assert!(matches!(again.action, Action::Unchanged), "{again:?}");
    assert_eq!(again.apply().unwrap(), Applied::Nothing);
    assert_eq!(place.bytes(), before);

    let removal = place.removal();
    let Action::Delete { removed } = &removal.action else {
        panic!("{removal:?}");
    };
    assert_eq!(subjects(removed), ["Dog", "a|b"]);
    assert!(place.sidecar.exists());
    assert_eq!(removal.apply().unwrap(), Applied::Deleted);
    assert!(!place.sidecar.exists());
    assert!(matches!(place.removal().action, Action::Unchanged));
    assert!(
        matches!(place.write(&[], 1).action, Action::Unchanged),
        "no empty sidecar is made"
    );
    assert_eq!(fs::read(&place.picture).unwrap(), b"picture");
}

#[test]
fn a_sidecar_of_ours_with_something_of_others_stays() {
    for addition in ["<q:a xmlns:q='urn:q'>1</q:a>", "<!-- mine -->"] {
        let place = Place::new(None);
        place.write(&[("dog", 0.5)], 1).apply().unwrap();
        let text = String::from_utf8(place.bytes()).unwrap();
        fs::write(
            &place.sidecar,
            text.replace("</rdf:Description>", &format!("{addition}</rdf:Description>")),
        )
        .unwrap();
        let removal = place.removal();
        assert!(matches!(removal.action, Action::Change { .. }), "{removal:?}");
        removal.apply().unwrap();
        let left = String::from_utf8(place.bytes()).unwrap();
        assert!(
            left.contains(addition) && !left.contains("dog") && !left.contains("<patchlight:"),
            "{left}"
        );
    }
    // A keyword that the person added keeps the file, too.
    let place = Place::new(None);
    place.write(&[("dog", 0.5)], 1).apply().unwrap();
    let text = String::from_utf8(place.bytes()).unwrap();
    fs::write(
        &place.sidecar,
        text.replacen("<rdf:li>dog</rdf:li>", "<rdf:li>mine</rdf:li><rdf:li>dog</rdf:li>", 1),
    )
    .unwrap();
    place.removal().apply().unwrap();
    assert_eq!(read_keywords(&place.sidecar).unwrap().keywords.subject, ["mine"]);
}

#[test]
fn a_sidecar_of_others_is_never_deleted() {
    let place = Place::new(Some(samples::BARE.as_bytes()));
    place.write(&[("dog", 0.5)], 1).apply().unwrap();
    assert_eq!(place.removal().apply().unwrap(), Applied::Written);
    assert!(place.sidecar.exists());
}

#[test]
fn a_change_says_what_comes_and_goes() {
    let place = Place::new(Some(samples::LIGHTROOM.as_bytes()));
    place.write(&[("sky", 0.5), ("Dog", 0.5)], 1).apply().unwrap();
    let plan = place.write(&[("sea", 0.5), ("Dog", 0.5)], 2);
    let Action::Change { added, removed } = &plan.action else {
        panic!("{plan:?}");
    };
    assert_eq!((subjects(added), subjects(removed)), (vec!["sea"], vec!["sky"]));
    plan.apply().unwrap();
    let read = read_keywords(&place.sidecar).unwrap();
    assert_eq!(read.keywords.subject, ["Dog", "park", "sea"]);
    assert_eq!(read.added.subject, ["sea"]);
    let dates: Vec<(&str, &str)> = read
        .tags
        .iter()
        .map(|tag| (tag.label.as_str(), tag.date.as_str()))
        .collect();
    assert_eq!(
        dates,
        [("sea", "1970-01-03T00:00:00Z"), ("Dog", "1970-01-02T00:00:00Z")],
        "what stays keeps its date"
    );
    let probability = place.write(&[("sea", 0.6), ("Dog", 0.5)], 3);
    let Action::Change { added, removed } = &probability.action else {
        panic!("{probability:?}");
    };
    assert!(added.is_empty() && removed.is_empty());
    probability.apply().unwrap();
    assert_eq!(read_keywords(&place.sidecar).unwrap().tags[0].probability, "0.6000");
    place.removal().apply().unwrap();
    assert_eq!(place.bytes(), samples::LIGHTROOM.as_bytes());
}

#[test]
fn every_unicode_encoding_stays_what_it_is() {
    let marked = format!("\u{FEFF}{}", samples::LIGHTROOM).into_bytes();
    let big: Vec<u8> = [0xFE, 0xFF]
        .into_iter()
        .chain(samples::DARKTABLE.encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    for original in [samples::UTF_16, &marked, &big] {
        let place = Place::new(Some(original));
        place.write(&[("日本", 0.5)], 1).apply().unwrap();
        assert_eq!(place.bytes()[..2], original[..2]);
        let keywords = read_keywords(&place.sidecar).unwrap().keywords;
        assert!(keywords.subject.len() > 1 && keywords.subject.contains(&"日本".to_owned()));
        place.removal().apply().unwrap();
        assert_eq!(place.bytes(), original);
    }
}

#[test]
fn what_is_no_sidecar_is_refused_and_left_alone() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>";
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (&b"\xFF\xD8\xFF\xE0 a JPEG"[..], "not UTF-8"),
        (&latin[..], "ISO-8859-1"),
        (&b"<x:xmpmeta>\n <a"[..], "line 1, column 2: the prefix \"x\""),
        (&b"<a>\n <b"[..], "line 2, column 2"),
        (&b"<!DOCTYPE a><a/>"[..], "document type"),
        (&b"<a/>"[..], "no rdf:RDF"),
    ] {
        let place = Place::new(Some(bytes));
        for plan in [place.write(&[("dog", 0.5)], 1), place.removal()] {
            let error = refusal(&plan);
            let message = error.to_string();
            assert!(message.contains("a.jpg.xmp") && message.contains(expected), "{message}");
            assert!(!error.hint().is_empty());
            assert_eq!(plan.apply().unwrap(), Applied::Nothing);
        }
        assert!(read_keywords(&place.sidecar).is_err());
        assert_eq!(place.bytes(), bytes);
    }
}

#[test]
fn names_and_probabilities_that_cannot_be_written_are_refused() {
    for (label, probability, expected) in [
        ("a\u{1}b", 0.5, "U+0001"),
        ("a\u{FFFE}", 0.5, "U+FFFE"),
        (" / ", 0.5, "has no name"),
        ("dog", f32::NAN, "probability"),
        ("dog", 1.01, "probability"),
    ] {
        let place = Place::new(None);
        let plan = place.write(&[("fine", 0.5), (label, probability)], 1);
        assert!(refusal(&plan).to_string().contains(expected), "{:?}", plan.action);
        plan.apply().unwrap();
        assert!(!place.sidecar.exists());
    }
}

#[test]
fn a_file_that_changed_after_the_plan_is_not_written() {
    let place = Place::new(Some(samples::LIGHTROOM.as_bytes()));
    let (write, other) = (place.write(&[("sky", 0.5)], 1), samples::DARKTABLE.as_bytes());
    fs::write(&place.sidecar, other).unwrap();
    assert!(matches!(write.apply(), Err(TaggingError::Changed { .. })));
    assert_eq!(place.bytes(), other);
    fs::remove_file(&place.sidecar).unwrap();
    assert!(matches!(write.apply(), Err(TaggingError::Changed { .. })));
    let create = place.write(&[("sky", 0.5)], 1);
    fs::write(&place.sidecar, other).unwrap();
    assert!(matches!(create.apply(), Err(TaggingError::Exists { .. })));
    assert_eq!(place.bytes(), other);
    fs::remove_file(&place.sidecar).unwrap();
    create.apply().unwrap();
    let delete = place.removal();
    assert!(matches!(delete.action, Action::Delete { .. }));
    fs::write(&place.sidecar, other).unwrap();
    assert!(matches!(delete.apply(), Err(TaggingError::Changed { .. })));
    assert_eq!(place.bytes(), other);
}

#[test]
fn odd_places_are_refused() {
    let place = Place::new(None);
    fs::create_dir(&place.sidecar).unwrap();
    assert!(matches!(
        refusal(&place.write(&[("dog", 0.5)], 1)),
        TaggingError::NotAFile { .. }
    ));
    let place = Place::new(Some(samples::LIGHTROOM.as_bytes()));
    let mut permissions = fs::metadata(&place.sidecar).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&place.sidecar, permissions).unwrap();
    assert!(matches!(
        refusal(&place.write(&[("dog", 0.5)], 1)),
        TaggingError::ReadOnly { .. }
    ));
    assert!(
        matches!(place.removal().action, Action::Unchanged),
        "nothing to do is no reason to refuse"
    );
    let large = Place::new(Some(&vec![b' '; (32 << 20) + 1]));
    assert!(matches!(
        refusal(&large.write(&[("dog", 0.5)], 1)),
        TaggingError::TooLarge { .. }
    ));
    let missing = read_keywords(&large.picture.with_file_name("none.xmp")).unwrap_err();
    assert!(missing.hint().contains("nothing is there"));
}

#[cfg(unix)]
#[test]
fn a_linked_sidecar_stays_a_link() {
    let place = Place::new(None);
    let real = place.picture.with_file_name("real.xmp");
    std::os::unix::fs::symlink(&real, &place.sidecar).unwrap();
    assert!(
        matches!(refusal(&place.write(&[("dog", 0.5)], 1)), TaggingError::Io { .. }),
        "it leads nowhere"
    );
    fs::write(&real, samples::LIGHTROOM).unwrap();
    place.write(&[("dog", 0.5)], 1).apply().unwrap();
    assert!(place.sidecar.is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("<rdf:li>dog</rdf:li>"));
}

#[test]
fn pictures_that_would_share_a_sidecar_are_refused() {
    let place = Place::new(None);
    let other = place.picture.with_file_name("a.png");
    fs::write(&other, "png").unwrap();
    let sidecars = Sidecars::resolve([place.picture.as_path()], SidecarStyle::Stem);
    let plan = sidecars.plan_removal(&place.picture);
    let message = refusal(&plan).to_string();
    assert!(
        message.contains("a.jpg would share") && message.contains("a.png"),
        "{message}"
    );
    assert_eq!(plan.sidecar, place.picture.with_file_name("a.xmp"));
}
