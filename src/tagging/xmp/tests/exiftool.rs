//! exiftool as the judge: it must read the same keywords and the same foreign fields, and may rewrite the file in between.

use super::samples;
use crate::tagging::xmp::{SidecarStyle, Sidecars};
use crate::tagging::{Tag, TaggedBy, Tags};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const FIELDS: [&str; 3] = ["XMP-dc:Subject", "XMP-lr:HierarchicalSubject", "XMP-digiKam:TagsList"];

/// Whether exiftool is there. Without it the tests are skipped, unless `PATCHLIGHT_TEST_EXIFTOOL=required`.
fn is_there() -> bool {
    let found = Command::new("exiftool")
        .arg("-ver")
        .output()
        .is_ok_and(|out| out.status.success());
    let required = std::env::var("PATCHLIGHT_TEST_EXIFTOOL").is_ok_and(|value| value == "required");
    assert!(found || !required, "exiftool is required and was not found on the PATH");
    if !found {
        crate::skips::note("exiftool is not on the PATH");
    }
    found
}

fn run(arguments: &[&str], files: &[&Path]) -> Vec<u8> {
    let out = Command::new("exiftool").args(arguments).args(files).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// What exiftool reads from files, without what is about the files themselves.
fn read(files: &[&Path]) -> Vec<Map<String, Value>> {
    let out = run(&["-j", "-G1", "-struct", "-charset", "utf8"], files);
    let mut all: Vec<Map<String, Value>> = serde_json::from_slice(&out).unwrap();
    for fields in &mut all {
        fields.retain(|name, _| name.starts_with("XMP"));
    }
    all
}

fn keywords(fields: &Map<String, Value>) -> [Vec<String>; 3] {
    FIELDS
        .map(|name| match fields.get(name) {
            Some(Value::Array(list)) => list
                .iter()
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                .collect(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(other) => vec![other.to_string()],
            None => Vec::new(),
        })
        // It reads an empty list as one empty text.
        .map(|list| list.into_iter().filter(|keyword| !keyword.is_empty()).collect())
}

fn foreign(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = fields.clone();
    fields.retain(|name, _| !FIELDS.contains(&name.as_str()) && !name.starts_with("XMP-patchlight:"));
    fields
}

fn has_record(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|name| name.starts_with("XMP-patchlight:"))
}

struct Files {
    folder: tempfile::TempDir,
    pictures: Vec<PathBuf>,
}

impl Files {
    /// A sidecar for each sample.
    fn new(samples: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut pictures = Vec::new();
        for (name, bytes) in samples {
            let picture = folder.path().join(format!("{}.jpg", name.replace(' ', "_")));
            std::fs::write(SidecarStyle::Appended.sidecar(&picture).unwrap(), bytes).unwrap();
            pictures.push(picture);
        }
        Self { folder, pictures }
    }

    fn sidecar(&self, i: usize) -> PathBuf {
        SidecarStyle::Appended.sidecar(&self.pictures[i]).unwrap()
    }

    fn read(&self) -> Vec<Map<String, Value>> {
        let paths: Vec<PathBuf> = (0..self.pictures.len()).map(|i| self.sidecar(i)).collect();
        read(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    }

    fn sidecars(&self) -> Sidecars {
        Sidecars::resolve(self.pictures.iter().map(PathBuf::as_path), SidecarStyle::Appended)
    }

    fn write(&self, labels: &[&str]) {
        let tag = |label: &&str| Tag::by_tagger((*label).to_owned(), 0.75);
        let tagger = TaggedBy {
            name: "birds & <beasts>".to_owned(),
            version: "1".to_owned(),
        };
        for image in &self.pictures {
            let tags = Tags {
                image: image.clone(),
                tags: labels.iter().map(tag).collect(),
            };
            self.sidecars()
                .plan_write(&tags, &tagger, SystemTime::now())
                .apply()
                .unwrap();
        }
    }

    fn remove(&self) {
        for picture in &self.pictures {
            self.sidecars().plan_removal(picture).apply().unwrap();
        }
    }
}

fn all() -> Vec<(&'static str, &'static [u8])> {
    let mut all: Vec<_> = samples::all()
        .into_iter()
        .map(|(name, text)| (name, text.as_bytes()))
        .collect();
    // It knows RDF by the prefix `rdf` alone.
    all.retain(|(name, _)| !["bare", "default namespace"].contains(name));
    all
}

#[test]
fn exiftool_reads_our_keywords_and_every_foreign_field() {
    if !is_there() {
        return;
    }
    let labels = [
        "Animal/Dog",
        "Straße/日本",
        "a, \"b\" & <c>",
        "two\nlines",
        "pi|pe",
        "שלום",
        "🦊",
    ];
    check(&Files::new(&all()), &labels);
    // In UTF-16 it reads no character beyond U+FFFF.
    check(&Files::new(&[("utf16", samples::UTF_16)]), &labels[..6]);
}

fn check(files: &Files, labels: &[&str]) {
    let ours = super::keywords::of_labels(labels.iter().copied());
    let before = files.read();
    files.write(labels);
    let after = files.read();
    assert_eq!(after.len(), before.len());
    for (i, (before, after)) in before.iter().zip(&after).enumerate() {
        let name = &files.pictures[i];
        assert_eq!(foreign(after), foreign(before), "{name:?}");
        assert!(has_record(after), "{name:?}");
        for ((now, old), ours) in keywords(after).into_iter().zip(keywords(before)).zip(&ours) {
            let mut expected = old.clone();
            expected.extend(ours.iter().filter(|keyword| !old.contains(keyword)).cloned());
            assert_eq!(now, expected, "{name:?}");
        }
    }
    files.remove();
    assert_eq!(files.read(), before);
}

#[test]
fn what_exiftool_rewrote_can_be_taken_away() {
    if !is_there() {
        return;
    }
    let files = Files::new(&all()[..5]);
    let before = files.read();
    files.write(&["Animal/Dog", "Straße/日本", "Animal/Cow"]);
    let folder = files.folder.path();
    run(
        &[
            "-q",
            "-overwrite_original",
            "-ext",
            "xmp",
            "-XMP-dc:Subject+=mine",
            "-XMP-xmp:Rating=5",
        ],
        &[folder],
    );
    let rewritten = files.read();
    assert!(rewritten.iter().all(has_record), "exiftool keeps the record");
    files.remove();
    let after = files.read();
    assert_eq!(after.len(), before.len());
    for (i, (before, after)) in before.iter().zip(after).enumerate() {
        let name = &files.pictures[i];
        let [mut subject, hierarchical, tags_list] = keywords(before);
        subject.push("mine".to_owned());
        assert_eq!(keywords(&after), [subject, hierarchical, tags_list], "{name:?}");
        assert!(!has_record(&after), "{name:?}");
        let mut expected = foreign(before);
        expected.insert("XMP-xmp:Rating".to_owned(), 5.into());
        let mut found = foreign(&after);
        for fields in [&mut expected, &mut found] {
            // It writes its own name there.
            fields.remove("XMP-x:XMPToolkit");
        }
        let sorted = |fields: Map<String, Value>| fields.into_iter().collect::<std::collections::BTreeMap<_, _>>();
        assert_eq!(sorted(found), sorted(expected), "{name:?}");
    }
}

#[test]
fn a_sidecar_of_ours_is_a_sidecar_to_exiftool() {
    if !is_there() {
        return;
    }
    let files = Files::new(&[("a", b"")]);
    std::fs::remove_file(files.sidecar(0)).unwrap();
    files.write(&["Animal/Dog"]);
    let read = &files.read()[0];
    assert_eq!(
        keywords(read),
        [["Dog"], ["Animal|Dog"], ["Animal/Dog"]].map(|list| super::owned(&list))
    );
    let validated = run(&["-validate", "-warning", "-error", "-a"], &[&files.sidecar(0)]);
    let validated = String::from_utf8(validated).unwrap();
    assert!(validated.contains(": OK"), "{validated}");
}
