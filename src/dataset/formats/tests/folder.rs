//! Folders of labels.

use super::*;

#[test]
fn folders_are_labels_and_copies_join() {
    let set = Set::new();
    set.picture("dog/1.png", 1)
        .picture("cat/deep/2.png", 2)
        .picture("cat/same.png", 1)
        .picture("loose.png", 3);
    set.write("dog/readme.txt", "x").write(".cache/4.png", "x");
    std::fs::create_dir(set.path("empty")).unwrap();
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["cat", "dog", "empty"]);
    assert_eq!(names(&dataset), ["cat/deep/2.png", "cat/same.png", "loose.png"]);
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
        ["bus", "test", "train", "valid"],
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
