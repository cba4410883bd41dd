//! Telling formats apart.

use super::*;

fn detected(set: &Set) -> Format {
    let mut notices = Vec::new();
    detect::format(set.0.path(), &mut notices).unwrap()
}

fn of_file(name: &str, content: &str) -> Result<Format, DatasetError> {
    let set = Set::new();
    set.write(name, content);
    detect::format(&set.path(name), &mut Vec::new())
}

#[test]
fn files_are_told_by_their_beginning() {
    let coco = r#"{"images": [], "annotations": [], "categories": []}"#;
    assert_eq!(of_file("a.json", coco).unwrap(), Format::Coco);
    assert_eq!(of_file("a.txt", coco).unwrap(), Format::Coco);
    let tasks = r#" [{"id": 1, "annotations": [], "data": {"image": "a.jpg"}}]"#;
    assert_eq!(of_file("a.json", tasks).unwrap(), Format::LabelStudio);
    assert_eq!(
        of_file(
            "a.json",
            r#"[{"image": "a.jpg", "id": 1, "choice": "x", "annotator": 1}]"#
        )
        .unwrap(),
        Format::LabelStudio
    );
    assert_eq!(
        of_file(
            "a.json",
            r#"[{"image_id": 1, "id": 2, "category_id": 3, "score": 0.5}]"#
        )
        .unwrap(),
        Format::Coco
    );
    assert_eq!(
        of_file("a.xml", "\u{feff}<?xml version='1.0'?><annotation>").unwrap(),
        Format::Voc
    );
    assert_eq!(of_file("a.xml", "<!-- x --><annotations>").unwrap(), Format::Cvat);
    assert!(matches!(of_file("a.xml", "<svg>"), Err(DatasetError::Layout { .. })));
    assert_eq!(of_file("a.yaml", "names: [x]").unwrap(), Format::Yolo);
    assert_eq!(of_file("a.txt", "a.jpg 0 1\n").unwrap(), Format::List);
}

#[test]
fn folders_are_told_by_what_lies_in_them() {
    let set = Set::new();
    set.picture("cat/1.png", 1)
        .picture("labels/2.png", 2)
        .write("cat/notes.txt", "1 2 3\n")
        .write("readme.xml", "<svg/>");
    assert_eq!(detected(&set), Format::Folder);
    set.write("labels.txt", "cat 0\n").write("train.txt", "cat/1.png 0\n");
    assert_eq!(detected(&set), Format::List);
    set.write("labels/2.txt", "0 0.5 0.5 0.1 0.1\n");
    assert_eq!(detected(&set), Format::Yolo, "label files in labels/");
    set.write(
        "tasks.json",
        r#"[{"id": 1, "annotations": [], "data": {"image": "cat/1.png"}}]"#,
    );
    assert_eq!(detected(&set), Format::LabelStudio);
    set.write("annotations.xml", "<annotations><meta/></annotations>");
    assert_eq!(detected(&set), Format::Cvat);
    set.write("VOC2012/Annotations/1.xml", "<annotation/>");
    assert_eq!(detected(&set), Format::Voc);
    set.coco(
        "annotations/instances_train.json",
        json!([{"id": 1, "file_name": "cat/1.png"}]),
        json!([]),
    );
    let (_, report) = set.import();
    let notice = &report.warnings[0];
    assert_eq!(notice.code, "format");
    for word in [
        "COCO was taken",
        "--format voc",
        "--format cvat",
        "--format label-studio",
        "--format yolo",
    ] {
        assert!(notice.message.contains(word), "{}", notice.message);
    }
}

#[test]
fn class_names_alone_are_not_yolo() {
    let set = Set::new();
    set.picture("a.png", 1)
        .write("classes.txt", "cat 0\n")
        .write("train.txt", "a.png 0\n");
    assert_eq!(detected(&set), Format::List);
    set.write("a.txt", "0\n");
    assert_eq!(detected(&set), Format::Yolo);
    let set = Set::new();
    set.picture("x/1.png", 1)
        .write("compose.yaml", "services:\n  train: x\n");
    assert_eq!(detected(&set), Format::Folder);
    set.picture("images/val/1.png", 1)
        .write("labels/val/1.txt", "0 0.5 0.5 1 1\n");
    assert_eq!(detected(&set), Format::Yolo);
}
