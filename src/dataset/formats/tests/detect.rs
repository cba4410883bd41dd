//! Telling formats apart, and the look before an import.

use super::*;

#[test]
fn a_format_is_told_from_what_lies_there() {
    let set = Set::new();
    set.picture("cat/1.png", 1)
        .write("notes.txt", "no list\n")
        .write("classes.csv", "id,name\n3,tea\n");
    let told = |set: &Set| {
        let mut notices = Vec::new();
        let format = crate::dataset::formats::detect::format(set.0.path(), &mut notices).unwrap();
        (format, notices.into_iter().map(|n| n.message).collect::<Vec<_>>())
    };
    assert_eq!(told(&set), (Format::Folder, vec![]));
    set.write("labels.csv", "filename,labels\ncat/1.png,cat\n");
    assert_eq!(told(&set), (Format::Csv, vec![]));
    set.write("train.txt", "cat/1.png 0\n");
    let (format, notices) = told(&set);
    assert!(
        format == Format::List && notices[0].contains("--format csv"),
        "{notices:?}"
    );
    set.coco("annotations/instances.json", json!([]), json!([]));
    let (format, notices) = told(&set);
    assert!(
        format == Format::Coco && notices[0].contains("--format list") && notices[0].contains("csv"),
        "{notices:?}"
    );
}

#[test]
fn a_file_is_told_by_name_and_content() {
    let set = Set::new();
    set.picture("1.png", 1)
        .write("a.csv", "x")
        .write("b.TSV", "x")
        .write("c.json", "x")
        .write("d.txt", "1.png 0\n")
        .write("e.txt", " {\"images\": []}");
    let told = |name: &str| crate::dataset::formats::detect::format(&set.path(name), &mut Vec::new());
    let formats: Vec<Format> = ["a.csv", "b.TSV", "c.json", "d.txt", "e.txt"]
        .map(|name| told(name).unwrap())
        .to_vec();
    assert_eq!(
        formats,
        [Format::Csv, Format::Csv, Format::Coco, Format::List, Format::Coco]
    );
    assert!(told("1.png").is_err());
}

#[test]
fn a_preview_counts_what_an_import_brings_and_opens_no_picture() {
    let set = Set::new();
    for name in ["train/cat/1.png", "train/cat/2.png", "train/dog/3.png", "val/4.png"] {
        set.write(name, b"no picture at all");
    }
    let told = preview(&ImportRequest::new(set.0.path()), 2, &mut on).unwrap();
    assert_eq!(
        (told.format, told.images, told.annotations, told.boxes),
        (Format::Folder, 4, 3, 0)
    );
    assert_eq!(told.labels, [("cat".to_owned(), 2), ("dog".to_owned(), 1)]);
    assert_eq!(
        (told.splits["train"], told.splits["val"], told.without_labels),
        (3, 1, 1)
    );
    let rows: Vec<_> = told
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.labels.len()))
        .collect();
    assert_eq!(
        rows,
        [("train/cat/1.png", 1), ("train/dog/3.png", 1)],
        "spread over the data"
    );
    assert!(
        preview(&ImportRequest::new(set.0.path()), 0, &mut on)
            .unwrap()
            .rows
            .is_empty()
    );
    let stopped = preview(&ImportRequest::new(set.0.path()), 2, &mut |_, _| ControlFlow::Break(()));
    assert!(stopped.is_ok() || matches!(stopped, Err(DatasetError::Cancelled)));

    let boxes = Set::new();
    boxes.write("a.png", b"nothing").coco(
        "x.json",
        json!([{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "gone.png"}]),
        json!([{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 1, 2, 2]}]),
    );
    let told = preview(&ImportRequest::new(boxes.0.path()), 5, &mut on).unwrap();
    assert_eq!(
        (told.boxes, told.unmatched, told.rows[0].boxes),
        (1, vec!["gone.png".to_owned()], 1)
    );
}
