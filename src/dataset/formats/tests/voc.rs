//! Pascal VOC.

use super::*;
use crate::dataset::model::Picture;

fn object(name: &str, difficult: u8, corners: [&str; 4]) -> String {
    let [left, top, right, bottom] = corners;
    format!(
        "<object><name>{name}</name><pose>Left</pose><truncated>1</truncated><difficult>{difficult}</difficult>\
         <bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox>\
         <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>"
    )
}

fn annotation(filename: &str, objects: &[String]) -> String {
    format!(
        "<annotation>\n\t<folder>VOC2007</folder>\n\t<filename>{filename}</filename>\n\t<source><database>The VOC2007 Database\
         </database><image>flickr</image></source>\n\t<size>\n\t\t<width>20</width><height>10</height><depth>3</depth>\n\t</size>\n\
         \t<segmented>0</segmented>{}\n</annotation>\n",
        objects.join("\n\t")
    )
}

/// A set as the challenge has it: five pictures, one of them without an XML file, one without a picture.
fn challenge(at: &str) -> Set {
    let set = Set::new();
    let path = |name: &str| format!("{at}{name}");
    for (i, name) in ["000001", "000002", "000003", "000004"].iter().enumerate() {
        set.picture(&path(&format!("JPEGImages/{name}.jpg")), i as u8);
    }
    set.picture(&path("SegmentationClass/000004.png"), 9);
    let one = [
        object("dog", 0, ["1", "1", "20", "10"]),
        object("person", 1, ["2.5", "3", "4.5", "6"]),
    ];
    set.write(&path("Annotations/000001.xml"), annotation("000001.jpg", &one));
    set.write(
        &path("Annotations/000002.xml"),
        annotation(
            "000002.jpg",
            &[
                object("person", 0, ["1", "1", "1", "1"]),
                object("person", 1, ["3", "3", "5", "5"]),
            ],
        ),
    );
    set.write(&path("Annotations/000003.xml"), annotation("000003.jpg", &[]));
    set.write(&path("Annotations/000009.xml"), annotation("000009.jpg", &[]));
    set.write(&path("ImageSets/Main/train.txt"), "000001\n000009\n");
    set.write(&path("ImageSets/Main/trainval.txt"), "000001\n000002\n000009\n");
    set.write(&path("ImageSets/Main/val.txt"), "000002\r\n");
    set.write(&path("ImageSets/Main/test.txt"), "000003\n000004\n");
    set
}

#[test]
fn the_challenge_is_read() {
    for at in ["", "VOC2007/"] {
        let set = challenge(at);
        let (dataset, report) = set.import();
        assert_eq!(dataset.labels, ["dog", "person"], "parts are no labels");
        assert_eq!(
            names(&dataset),
            ["000001.jpg", "000002.jpg", "000003.jpg", "000004.jpg"]
        );
        assert_eq!(states(&dataset, "000001.jpg"), [vec!["dog"], vec![], vec!["person"]]);
        assert_eq!(states(&dataset, "000002.jpg"), [vec!["person"], vec![], vec![]]);
        let bounds: Vec<[f32; 4]> = dataset.pictures[0].boxes.iter().map(|b| b.bounds).collect();
        assert_eq!(bounds, [[0.0, 0.0, 20.0, 10.0], [1.5, 2.0, 3.0, 4.0]]);
        assert_eq!(dataset.pictures[1].boxes.len(), 2);
        let splits: Vec<Option<Split>> = dataset.pictures.iter().map(|p| p.split).collect();
        assert_eq!(splits, [Split::Train, Split::Val, Split::Test, Split::Test].map(Some));
        assert_eq!(report.unmatched, ["000009.jpg"]);
        assert_eq!(codes(&report), ["no-annotation"]);
    }
}

#[test]
fn class_lists_count_more_than_objects() {
    let set = challenge("");
    set.write("ImageSets/Main/dog_train.txt", "000001  1\n000009 -1\n");
    set.write("ImageSets/Main/dog_test.txt", "000003 -1\n000004  1\n");
    set.write("ImageSets/Main/hot_dog_test.txt", "000003  0\n000004 -1\n");
    set.write("ImageSets/Main/person_val.txt", "000002 -1\n");
    set.write("ImageSets/Main/foo.txt", "x\n");
    let (dataset, report) = set.import();
    assert_eq!(states(&dataset, "000004.jpg"), [vec!["dog"], vec!["hot_dog"], vec![]]);
    assert_eq!(states(&dataset, "000003.jpg"), [vec![], vec!["dog"], vec!["hot_dog"]]);
    assert_eq!(states(&dataset, "000002.jpg"), [vec![], vec!["person"], vec![]]);
    assert_eq!(codes(&report), ["class-list", "lists-skipped"]);
    set.write("ImageSets/Main/dog_test.txt", "000003 -1\n000004 2\n");
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(
        matches!(&error, DatasetError::Parse { line: Some(2), path, .. } if path.ends_with("dog_test.txt")),
        "{error}"
    );
}

#[test]
fn lists_alone_are_a_set() {
    let set = Set::new();
    set.picture("JPEGImages/a b.png", 1).picture("JPEGImages/c.PNG", 2);
    set.write("ImageSets/Main/cat_trainval.txt", "a b  1\nc.PNG -1\ngone 1\n");
    let (dataset, report) = set.import();
    assert_eq!(states(&dataset, "a b.png")[0], ["cat"]);
    assert_eq!(states(&dataset, "c.PNG")[1], ["cat"]);
    assert_eq!((report.splits["train"], report.unmatched), (2, vec!["gone".to_owned()]));
}

#[test]
fn loose_files_in_folders_of_splits_are_read() {
    let set = Set::new();
    set.picture("train/a.rf.1.png", 1)
        .picture("valid/b.png", 2)
        .picture("valid/none.png", 3);
    set.write(
        "train/a.rf.1.xml",
        annotation("a.rf.1.png", &[object("cat", 0, ["1", "1", "2", "2"])]),
    );
    set.write("valid/b.xml", annotation("/home/me/old/b.png", &[]));
    set.write("valid/notes.xml", "<notes/>");
    let (dataset, report) = set.import();
    let splits: Vec<Option<Split>> = dataset.pictures.iter().map(|p| p.split).collect();
    assert_eq!(splits, [Some(Split::Train), Some(Split::Val)]);
    assert_eq!(codes(&report), ["not-annotations", "not-listed"]);
}

#[test]
fn one_file_and_its_folder_work() {
    let set = challenge("");
    for data in ["Annotations/000002.xml", "Annotations"] {
        let file = set.path(data);
        let (dataset, _) = set.import_as(|r| r.data = file).unwrap();
        let two = dataset.pictures.iter().find(|p| p.name == "000002.jpg").unwrap();
        assert_eq!((two.split, two.positives.len()), (Some(Split::Val), 1), "{data}");
    }
    let elsewhere = Set::new();
    elsewhere.picture("deep/000001.jpg", 1);
    let (file, images) = (set.path("Annotations/000001.xml"), elsewhere.path(""));
    let (dataset, _) = set.import_as(|r| (r.data, r.images) = (file, Some(images))).unwrap();
    assert!(dataset.pictures[0].path.ends_with("deep/000001.jpg"));
}

#[test]
fn file_names_that_mislead_are_not_followed() {
    let outer = Set::new();
    outer
        .picture("secret.png", 9)
        .picture("in/JPEGImages/a.png", 1)
        .picture("in/JPEGImages/b.png", 1);
    outer.write(
        "in/Annotations/a.xml",
        annotation("../../secret.png", &[object("cat", 0, ["1", "1", "2", "2"])]),
    );
    outer.write("in/Annotations/b.xml", annotation("", &[]));
    let (dataset, _) = outer.import_as(|r| r.data.push("in")).unwrap();
    assert_eq!(names(&dataset), ["a.png", "b.png"], "the stem counts");
    outer.write(
        "in/Annotations/a.xml",
        annotation("b.png", &[object("cat", 0, ["1", "1", "2", "2"])]),
    );
    let (dataset, report) = outer.import_as(|r| r.data.push("in")).unwrap();
    assert_eq!((dataset.pictures.len(), states(&dataset, "b.png")[0].len()), (1, 1));
    assert_eq!(codes(&report), ["repeated", "not-listed"]);
}

#[test]
fn broken_files_and_boxes_are_told() {
    let set = Set::new();
    set.picture("JPEGImages/a.png", 1);
    let bad = [
        object("cat", 0, ["nan", "1", "2", "2"]),
        object("cat", 0, ["x", "1", "2", "2"]),
        object("cat", 0, ["5", "5", "3", "7"]),
        object("cat", 0, ["15", "1", "30", "5"]),
        object("", 0, ["1", "1", "2", "2"]),
        "<object><name>dog</name></object>".to_owned(),
    ];
    set.write("Annotations/a.xml", annotation("a.png", &bad));
    let (dataset, report) = set.import();
    assert_eq!(states(&dataset, "a.png")[0], ["cat", "dog"]);
    assert_eq!(dataset.pictures[0].boxes.len(), 1);
    assert_eq!(codes(&report), ["no-name", "box-dropped", "box-clipped"]);
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol1 \"&lol;&lol;&lol;\">]>\n";
    let bombed = annotation("a.png", &[object("&lol1;", 0, ["1", "1", "2", "2"])]);
    for (text, line) in [
        (format!("{bomb}{bombed}"), 9),
        ("<annotation>\n<object>\n</annotation>".to_owned(), 3),
        ("<annotations/>".to_owned(), 1),
    ] {
        set.write("Annotations/a.xml", text);
        let error = set.import_as(|r| r.format = Format::Voc).unwrap_err();
        assert!(
            matches!(&error, DatasetError::Parse { line: Some(l), path, .. } if path.ends_with("a.xml") && *l == line),
            "{error}"
        );
    }
    std::fs::remove_dir_all(set.path("Annotations")).unwrap();
    assert!(matches!(
        set.import_as(|r| r.format = Format::Voc),
        Err(DatasetError::Layout { .. })
    ));
}

#[test]
fn names_that_files_cannot_have_are_refused() {
    let set = Set::new();
    set.picture("a.png", 1);
    let picture = |name: &str, positives: Vec<usize>| Picture {
        path: set.path("a.png"),
        name: name.to_owned(),
        width: 20,
        height: 10,
        split: None,
        positives,
        negatives: vec![],
        unknowns: vec![],
        boxes: vec![],
    };
    let out = set.path("out");
    for label in ["a/b", "two\nlines", "nul\0", ".dot", "", "\u{ffff}", &"x".repeat(250)] {
        let dataset = Dataset {
            labels: vec![label.to_owned()],
            pictures: vec![picture("a.png", vec![0])],
            ..Dataset::default()
        };
        let error = export_to(&out, &dataset, Format::Voc, |_| {}).unwrap_err();
        assert!(
            matches!(error, DatasetError::Inexpressible { .. }),
            "{label:?}: {error}"
        );
        assert!(!out.exists());
    }
    for name in [".a/b.png", "a\nb.png", "a", " a.png"] {
        let dataset = Dataset {
            labels: vec!["cat".to_owned()],
            pictures: vec![picture(name, vec![0])],
            ..Dataset::default()
        };
        for format in [Format::Voc, Format::Yolo] {
            let error = export_to(&out, &dataset, format, |_| {}).unwrap_err();
            assert!(matches!(error, DatasetError::Inexpressible { .. }), "{name:?}: {error}");
            assert!(!out.exists());
        }
    }
    // The same but for the extension: a file of annotations each.
    let dataset = Dataset {
        labels: vec!["cat".to_owned(), "dog".to_owned()],
        pictures: vec![
            picture("a.png", vec![0]),
            picture("a.jpg", vec![1]),
            picture("a (2).png", vec![]),
        ],
        ..Dataset::default()
    };
    for format in [Format::Voc, Format::Yolo] {
        export_to(&out, &dataset, format, |r| r.replace = true).unwrap();
        let (read, _) = import_from(&out).unwrap();
        assert_eq!(states(&read, "a.png")[0], ["cat"], "{format}");
        assert_eq!(states(&read, "a (2).jpg")[0], ["dog"], "{format}");
        assert_eq!(read.pictures.len(), 3);
    }
}
