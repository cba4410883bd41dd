//! Folders of labels.

use super::*;

#[test]
fn folders_are_labels_and_copies_join() {
    let set = Set::new();
    set.picture("dog/1.png", 1)
        .picture("cat/2.png", 2)
        .picture("cat/same.png", 1)
        .picture("loose.png", 3);
    set.write("dog/readme.txt", "x").write(".cache/4.png", "x");
    std::fs::create_dir(set.path("empty")).unwrap();
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["cat", "dog", "empty"]);
    assert_eq!(names(&dataset), ["cat/2.png", "cat/same.png", "loose.png"]);
    assert_eq!(dataset.pictures[1].positives, [0, 1], "in two folders: both labels");
    assert!(dataset.pictures[2].positives.is_empty() && dataset.pictures[2].split.is_none());
    assert_eq!(codes(&report), ["not-pictures", "without-labels", "joined"]);
    assert_eq!(report.annotations, 3);
}

#[test]
fn split_folders_are_told_from_labels() {
    let set = Set::new();
    set.picture("train/cat/1.png", 1)
        .picture("valid/cat/2.png", 2)
        .picture("test/dog/3.png", 3)
        .picture("test/dog/1.png", 1);
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["cat", "dog"]);
    let splits: Vec<_> = dataset.pictures.iter().map(|p| p.split.unwrap().name()).collect();
    assert_eq!(splits, ["test", "test", "train", "val"]);
    assert_eq!(
        codes(&report),
        ["leakage"],
        "the same content in train and test stays two pictures"
    );
    set.picture("bus/5.png", 5);
    let (dataset, _) = set.import();
    assert_eq!(
        dataset.labels,
        ["bus", "test/dog", "train/cat", "valid/cat"],
        "a train among labels is a label"
    );
}

#[test]
fn a_flat_folder_has_no_labels() {
    let set = Set::new();
    set.picture("b.png", 1).picture("a.png", 2).picture("B.png", 3);
    let (dataset, report) = set.import();
    assert!(dataset.labels.is_empty() && report.annotations == 0);
    assert_eq!(names(&dataset), ["B.png", "a.png", "b.png"], "sorted by bytes");
}

#[test]
fn folders_inside_label_folders_are_labels_below_them() {
    let set = Set::new();
    set.picture("animal/cat/1.png", 1)
        .picture("animal/cat/lion/2.png", 2)
        .picture("animal/3.png", 3)
        .picture("plant/oak/4.png", 4);
    std::fs::create_dir_all(set.path("plant/fern")).unwrap();
    set.write("plant/notes/read.txt", "no picture, no label");
    let (dataset, report) = set.import();
    assert_eq!(
        dataset.labels,
        ["animal", "animal/cat", "animal/cat/lion", "plant/fern", "plant/oak"]
    );
    let positives: Vec<_> = dataset
        .pictures
        .iter()
        .map(|p| (p.name.as_str(), p.positives[0]))
        .collect();
    let wanted = [
        ("animal/3.png", 0),
        ("animal/cat/1.png", 1),
        ("animal/cat/lion/2.png", 2),
        ("plant/oak/4.png", 4),
    ];
    assert_eq!(positives, wanted);
    assert_eq!(codes(&report), ["not-pictures", "nested-labels"]);
    let split = Set::new();
    split
        .picture("train/animal/cat/1.png", 1)
        .picture("no-split/animal/2.png", 2)
        .picture("no-split/3.png", 3);
    let (dataset, _) = split.import();
    assert_eq!(dataset.labels, ["animal", "animal/cat"]);
    let splits: Vec<_> = dataset
        .pictures
        .iter()
        .map(|p| (p.split, p.positives.clone()))
        .collect();
    assert_eq!(splits, [(None, vec![]), (None, vec![0]), (Some(Split::Train), vec![1])]);
}

#[test]
fn what_folders_cannot_say_is_refused() {
    let set = Set::new();
    set.picture("a/1.png", 1).picture("b/2.png", 2).picture("b/3.png", 2);
    let (good, _) = set.import();
    assert_eq!(good.pictures.len(), 3, "copies in one folder stay two pictures");
    assert!(export_as(&good, Format::Folder, &set.path("fine"), |_| ()).is_ok());
    let refused = |change: &dyn Fn(&mut Dataset)| {
        let mut dataset = good.clone();
        change(&mut dataset);
        let out = set.path("out");
        let error = export_as(&dataset, Format::Folder, &out, |_| ())
            .map(|_| ())
            .unwrap_err();
        assert!(
            matches!(error, DatasetError::Inexpressible { .. }) && !out.exists(),
            "{error}"
        );
        error.to_string()
    };
    for bad in [".", "..", "", "a//b", "/a", "a/", ".hidden", "x/.y", &"x".repeat(256)] {
        refused(&|d| d.labels[0] = bad.to_owned());
    }
    let text = refused(&|d| d.labels[0] = "B".to_owned());
    assert!(text.contains("same as"), "{text}");
    refused(&|d| d.labels = vec!["Caf\u{e9}/x".to_owned(), "cafe\u{301}/y".to_owned()]);
    let text = refused(&|d| d.pictures[1].positives.push(0));
    assert!(text.contains("same content"), "{text}");
    refused(&|d| d.labels.extend(["x/y".to_owned(), "x".to_owned()]));
    refused(&|d| {
        d.pictures[0].name = "no extension".to_owned();
        d.pictures[0].path = set.path("a/1");
    });
    let named = export_as(&good, Format::Folder, &set.path("out"), |r| {
        r.pictures = Some(PicturesAs::Named)
    });
    assert!(named.unwrap_err().to_string().contains("come along"));
}
