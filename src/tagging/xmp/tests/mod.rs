//! Sidecars of many makers: merging, removing, refusing.

mod exiftool;
mod faults;
mod files;
mod meaning;
mod merging;
mod properties;
mod samples;

use super::document::Document;
use super::fault::Fault;
use super::keywords;
use super::merge;
use super::record::RecordedTag;
use meaning::Meaning;

/// Tags as the planner records them.
fn recorded(labels: &[&str]) -> Vec<RecordedTag> {
    let tag = |label: &&str| RecordedTag {
        label: keywords::canonical(label).unwrap(),
        probability: "0.7500".to_owned(),
        tagger: "birds & <beasts>".to_owned(),
        version: "1.2".to_owned(),
        date: "2025-01-02T03:04:05Z".to_owned(),
    };
    labels.iter().map(tag).collect()
}

/// `text` after writing `labels`; `None` if there is nothing to change.
fn try_write(text: &str, labels: &[&str]) -> Result<Option<String>, Fault> {
    let document = Document::read(text)?;
    let tags = recorded(labels);
    let wanted = keywords::of_labels(tags.iter().map(|tag| tag.label.as_str()));
    let merged = merge::merge(&document, &wanted, tags.clone(), false)?;
    Ok(merged.map(|merged| merged.edits.apply(text).expect("splices fit")))
}

/// `text` after writing `labels`.
fn write(text: &str, labels: &[&str]) -> String {
    match try_write(text, labels) {
        Ok(changed) => changed.unwrap_or_else(|| text.to_owned()),
        Err(fault) => panic!("{}\n{text}", fault.in_file(std::path::Path::new("x.xmp"), text)),
    }
}

/// `text` after taking our tags away.
fn remove(text: &str) -> String {
    write(text, &[])
}

/// Keywords of the three fields.
fn lists(text: &str) -> [Vec<String>; 3] {
    Meaning::read(text).keywords()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Writes, writes again, removes, and checks on the way all that must hold for any sidecar. Gives the merged text.
fn check_round_trip(text: &str, labels: &[&str]) -> String {
    let before = Meaning::read(text);
    let merged = write(text, labels);
    let after = Meaning::read(&merged);
    assert_eq!(
        after.foreign(),
        before.foreign(),
        "foreign fields changed\n{text}\n{merged}"
    );
    let wanted = keywords::of_labels(labels.iter().copied());
    for ((now, old), wanted) in after.keywords().iter().zip(before.keywords()).zip(&wanted) {
        assert!(now.starts_with(&old), "keywords {old:?} became {now:?}\n{merged}");
        let keys: Vec<String> = old.iter().map(|k| keywords::key(k)).collect();
        let added: Vec<&String> = wanted.iter().filter(|w| !keys.contains(&keywords::key(w))).collect();
        assert_eq!(now[old.len()..].iter().collect::<Vec<_>>(), added, "{merged}");
    }
    assert!(
        try_write(&merged, labels).unwrap().is_none(),
        "a second write changes something\n{merged}"
    );
    let removed = remove(&merged);
    assert_eq!(
        Meaning::read(&removed),
        before,
        "removing does not restore\n{text}\n{merged}\n{removed}"
    );
    assert!(
        try_write(&removed, &[]).unwrap().is_none(),
        "a second removal changes something\n{removed}"
    );
    merged
}
