//! Lists with class numbers.

use super::*;

#[test]
fn lists_with_a_label_file_beside_are_read() {
    let set = Set::new();
    set.picture("data/x/1.png", 1)
        .picture("data/x/my 2.png", 2)
        .picture("data/y/3.png", 3);
    set.write("my_lt_train.txt", "x/1.png 0 5 \r\nx/my 2.png 5\r\nx/gone.png 0\r\n")
        .write("my_lt_test.txt", "y/3.png\n");
    set.write("my_labels.txt", "aeroplane 0\r\ntraffic light 5 \r\n")
        .write("notes.md", "no list");
    let images = set.path("data");
    let (dataset, report) = set.import_as(|r| r.images = Some(images)).unwrap();
    assert_eq!(dataset.labels, ["aeroplane", "traffic light"]);
    assert_eq!(names(&dataset), ["y/3.png", "x/1.png", "x/my 2.png"]);
    assert_eq!(
        (dataset.pictures[1].positives.as_slice(), dataset.pictures[1].split),
        (&[0, 1][..], Some(Split::Train))
    );
    assert_eq!(
        (report.unmatched, report.annotations),
        (vec!["x/gone.png".to_owned()], 3)
    );
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn one_list_of_several_sets_finds_its_own_label_file() {
    let set = Set::new();
    set.picture("1.png", 1)
        .write("coco_lt_train.txt", "1.png 1\n")
        .write("voc_lt_train.txt", "1.png 0\n");
    set.write("coco_labels.txt", "person 0\nbicycle 1\n")
        .write("voc_labels.txt", "aeroplane 0\n");
    let file = set.path("coco_lt_train.txt");
    let (dataset, report) = set.import_as(|r| r.data = file).unwrap();
    assert_eq!(
        codes(&report),
        ["not-official"],
        "called like an official list, but another one"
    );
    assert_eq!(
        (dataset.labels[1].as_str(), dataset.pictures[0].positives.as_slice()),
        ("bicycle", &[1][..])
    );
    let error = set.import_as(|r| r.format = Format::List).unwrap_err();
    assert!(error.to_string().contains("coco_lt, voc_lt"), "{error}");
}

#[test]
fn without_names_labels_are_numbers() {
    let set = Set::new();
    set.picture("a/1.png", 1).write("all.txt", "1.png 3 10\n1.png 10 4\n");
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["3", "4", "10"]);
    assert_eq!(dataset.pictures[0].positives, [0, 1, 2]);
    assert_eq!(codes(&report), ["label-names", "repeated"]);
}

#[test]
fn wrong_numbers_name_list_and_line() {
    let set = Set::new();
    set.picture("1.png", 1).write("labels.txt", "cat 0\n");
    for list in ["1.png 0\n1.png 1\n", "1.png 0\n1.png -1\n"] {
        set.write("train.txt", list);
        let error = set.import_as(|r| r.format = Format::List).unwrap_err();
        assert!(
            matches!(&error, DatasetError::Parse { line: Some(2), path, .. } if path.ends_with("train.txt")),
            "{error}"
        );
    }
    set.write("train.txt", "1.png 0\n")
        .write("labels.txt", "cat 0\ndog 0\n");
    assert!(matches!(set.import_as(|_| {}), Err(DatasetError::DuplicateId { .. })));
}

#[test]
fn lists_without_any_picture_say_where_was_looked() {
    let set = Set::new();
    set.picture("here/1.png", 1)
        .write("train.txt", "VOC/x.jpg 1\nVOC/y.jpg 2\n");
    let text = set.import_as(|_| {}).unwrap_err().to_string();
    assert!(
        text.contains("2 listed pictures") && text.contains("VOC/x.jpg"),
        "{text}"
    );
}

#[test]
fn lists_are_written_as_they_are_read() {
    let set = Set::new();
    set.picture("x/my 2.png", 1).picture("x/1.png", 2).picture("3.png", 3);
    set.write("train.txt", "x/my 2.png 0 5\n3.png\n")
        .write("test.txt", "x/1.png 5\n");
    set.write("labels.txt", "cat 0\ntraffic light 5\n");
    let (mut dataset, _) = set.import();
    dataset.pictures[2].split = None;
    let out = set.path("out/lists");
    let report = export_as(&dataset, Format::List, &out, |_| ()).unwrap();
    assert_eq!((report.files, report.warnings.len()), (4, 0), "{:?}", report.warnings);
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(read("labels.txt"), "cat 0\ntraffic light 1\n");
    assert_eq!(read("train.txt"), "x/my 2.png 0 1\n");
    assert_eq!(
        (read("test.txt"), read("no-split.txt")),
        ("x/1.png 1\n".into(), "3.png\n".into())
    );
    let images = set.0.path().to_owned();
    let (again, report) = set
        .import_as(|r| (r.data, r.images) = (out.clone(), Some(images)))
        .unwrap();
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    assert_eq!(again.labels, dataset.labels);
    let splits: Vec<_> = again.pictures.iter().map(|p| (p.name.as_str(), p.split)).collect();
    let (train, test) = (Some(Split::Train), Some(Split::Test));
    assert_eq!(splits, [("3.png", None), ("x/1.png", test), ("x/my 2.png", train)]);
    for bad in [" x", "x ", "a\nb", "", "3\t"] {
        dataset.labels[0] = bad.to_owned();
        let error = export_as(&dataset, Format::List, &set.path("bad"), |_| ()).unwrap_err();
        assert!(
            matches!(error, DatasetError::Inexpressible { .. }) && !set.path("bad").exists(),
            "{bad:?}: {error}"
        );
    }
}

// FAULTS 15.
#[test]
fn listed_paths_that_lead_out_are_refused() {
    let outer = Set::new();
    outer.picture("secret.png", 9).picture("deep/in/a.png", 1);
    let secret = outer.path("secret.png").display().to_string();
    outer.write("deep/in/list.txt", format!("a.png\n../../secret.png\n{secret}\n"));
    let (dataset, report) = outer.import_as(|r| r.data.push("deep/in")).unwrap();
    assert_eq!((names(&dataset), report.unmatched.len()), (vec!["a.png"], 2));
    assert_eq!(codes(&report), ["path-refused", "no-labels"]);
    let told = &report.warnings[0].message;
    assert!(told.starts_with("2 ") && told.contains("../../secret.png"), "{told}");
}

// FAULTS 14.
#[cfg(unix)]
#[test]
fn names_that_are_no_text_survive() {
    use std::os::unix::ffi::OsStrExt;
    let set = Set::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xE9.png");
    set.picture("a.png", 1).write("train.txt", b"caf\xE9.png 0\n");
    if std::fs::rename(set.path("a.png"), set.0.path().join(name)).is_err() {
        return; // This file system only takes text.
    }
    let (dataset, _) = set.import_as(|r| r.format = Format::List).unwrap();
    assert_eq!(dataset.pictures[0].path.file_name(), Some(name));
    let (dataset, _) = set.import_as(|r| r.format = Format::Folder).unwrap();
    assert_eq!(dataset.pictures[0].path.file_name(), Some(name));
    // And the way back, to the byte.
    let out = set.path("out");
    export_as(&dataset, Format::List, &out, |_| ()).unwrap();
    assert!(std::fs::read(out.join("list.txt")).unwrap().starts_with(b"caf\xE9.png"));
    let images = set.0.path().to_owned();
    let (again, _) = set.import_as(|r| (r.data, r.images) = (out, Some(images))).unwrap();
    assert_eq!(again.pictures[0].path, dataset.pictures[0].path);
}
