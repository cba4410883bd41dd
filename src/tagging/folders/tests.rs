//! Pictures into folders: names, clashes, repeats.

use super::*;
use crate::tagging::Tag;

fn tags(image: PathBuf, labels: &[&str]) -> Tags {
    let tag = |label: &&str| Tag::by_tagger((*label).to_owned(), 0.5);
    Tags {
        image,
        tags: labels.iter().map(tag).collect(),
    }
}

/// A folder with files `(name, content)`.
fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Files below `out` with their content, sorted.
fn listing(out: &Path) -> Vec<(String, String)> {
    let (mut found, mut open) = (Vec::new(), vec![out.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(out).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn files(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn apply(plan: &FolderPlan) -> usize {
    plan.placements
        .iter()
        .filter(|placement| placement.apply().unwrap())
        .count()
}

#[test]
fn each_label_has_its_folder_and_a_repeat_does_nothing() {
    for transfer in [Transfer::Copy, Transfer::HardLink] {
        let source = with(&[("x/a.jpg", "first"), ("y/a.jpg", "second"), ("z/a.jpg", "first")]);
        let out = source.path().join("out");
        let at = |name: &str| source.path().join(name);
        let request = [
            tags(at("x/a.jpg"), &["Animal/Dog", "sky", "sky"]),
            tags(at("y/a.jpg"), &["Animal/Dog"]),
            tags(at("z/a.jpg"), &["Animal/Dog"]),
        ];
        let plan = FolderPlan::new(&request, &out, transfer);
        assert!(!out.exists(), "a plan writes nothing");
        assert_eq!(apply(&plan), 3, "the third picture is the first again");
        let expected = files(&[
            ("Animal/Dog/a (2).jpg", "second"),
            ("Animal/Dog/a.jpg", "first"),
            ("sky/a.jpg", "first"),
        ]);
        assert_eq!(listing(&out), expected);
        let again = FolderPlan::new(&request, &out, transfer);
        assert!(
            again
                .placements
                .iter()
                .all(|p| matches!(p.action, PlacementAction::AlreadyThere))
        );
        assert_eq!(apply(&again), 0);
        assert_eq!(listing(&out), expected);
    }
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let source = with(&[
        ("a.jpg", "new"),
        ("out/dog/a.jpg", "old"),
        ("out/dog/a (2).jpg", "older"),
    ]);
    let out = source.path().join("out");
    let request = [tags(source.path().join("a.jpg"), &["dog"])];
    let plan = FolderPlan::new(&request, &out, Transfer::Copy);
    assert_eq!(plan.placements[0].target, out.join("dog/a (3).jpg"));
    fs::write(out.join("dog/a (3).jpg"), "meanwhile").unwrap();
    assert!(matches!(plan.placements[0].apply(), Err(TaggingError::Exists { .. })));
    assert_eq!(fs::read_to_string(out.join("dog/a (3).jpg")).unwrap(), "meanwhile");
}

#[test]
fn unsafe_labels_are_renamed_and_reported() {
    let source = with(&[("a.jpg", "a")]);
    let out = source.path().join("out");
    let labels = ["../../etc", "a:b", "a%3Ab", "Dog", "dog", "nul", "Dog/tail", "/abs"];
    let plan = FolderPlan::new(&[tags(source.path().join("a.jpg"), &labels)], &out, Transfer::Copy);
    assert_eq!(apply(&plan), labels.len());
    let names: Vec<String> = listing(&out).into_iter().map(|(name, _)| name).collect();
    let mut expected = [
        ".%2E/.%2E/etc/a.jpg",
        "a%3Ab/a.jpg",
        "a%253Ab/a.jpg",
        "Dog/a.jpg",
        "Dog/tail/a.jpg",
        "dog (2)/a.jpg",
        "%6Eul/a.jpg",
        "abs/a.jpg",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    let renamed: Vec<&str> = plan.renamed.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(renamed, ["../../etc", "/abs", "a%3Ab", "a:b", "dog", "nul"]);
}

#[test]
fn what_cannot_be_placed_says_why() {
    let source = with(&[("a.jpg", "a"), ("out/file", "x")]);
    let at = |name: &str| source.path().join(name);
    let request = [
        tags(at("gone.jpg"), &["dog"]),
        tags(at("a.jpg"), &[" / ", "file/below", "fine"]),
        tags(source.path().to_owned(), &["dog"]),
    ];
    let plan = FolderPlan::new(&request, &at("out"), Transfer::Copy);
    let refused = |i: usize| match &plan.placements[i].action {
        PlacementAction::Refused(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(0).contains("gone.jpg"));
    assert!(refused(1).contains("has no name"));
    assert!(refused(2).contains("not a folder"));
    assert!(matches!(plan.placements[3].action, PlacementAction::Place));
    assert!(refused(4).contains("not a regular file"));
    assert_eq!(apply(&plan), 1);
}

#[test]
fn a_copy_keeps_the_time_and_stands_alone() {
    let source = with(&[("a.jpg", "a")]);
    let picture = source.path().join("a.jpg");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    File::options()
        .write(true)
        .open(&picture)
        .unwrap()
        .set_modified(time)
        .unwrap();
    let plan = FolderPlan::new(
        &[tags(picture.clone(), &["dog"])],
        &source.path().join("out"),
        Transfer::Copy,
    );
    apply(&plan);
    let copy = source.path().join("out/dog/a.jpg");
    assert_eq!(fs::metadata(&copy).unwrap().modified().unwrap(), time);
    fs::write(&copy, "changed").unwrap();
    assert_eq!(fs::read_to_string(picture).unwrap(), "a");
}
