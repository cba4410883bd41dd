//! YOLO.

use super::*;

#[test]
fn ultralytics_and_roboflow_layouts_are_read() {
    let yaml = "path: ../datasets/coco8\ntrain: images/train\nval: images/val\ntest:\nnames:\n  0: person\n  1: hot dog\n  7: \"no\"\n";
    let set = Set::new();
    set.picture("images/train/a.b.png", 1)
        .picture("images/train/c.png", 2)
        .picture("images/val/d.png", 3);
    set.picture("images/other/e.png", 4).write("data.yaml", yaml);
    set.write(
        "labels/train/a.b.txt",
        "1 0.5 0.5 0.5 0.4\r\n0 0.25 0.5 0.5 1 0.93\n\n7\n1\n",
    );
    set.write("labels/train/c.txt", "0 0.1 0.1 0.3 0.1 0.3 0.5\n");
    set.write("labels/train/gone.txt", "0\n")
        .write("labels/other/e.txt", "0\n");
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["person", "hot dog", "no"]);
    assert_eq!(names(&dataset), ["a.b.png", "c.png", "d.png"]);
    assert_eq!(states(&dataset, "a.b.png")[0], ["hot dog", "no", "person"]);
    let bounds: Vec<[f32; 4]> = dataset.pictures[0].boxes.iter().map(|b| b.bounds).collect();
    assert_eq!(bounds, [[5.0, 3.0, 10.0, 4.0], [0.0, 0.0, 10.0, 10.0]]);
    let polygon = dataset.pictures[1].boxes[0].bounds;
    assert!(
        polygon
            .iter()
            .zip([2.0, 1.0, 4.0, 4.0])
            .all(|(a, b)| (a - b).abs() < 1e-5),
        "{polygon:?}"
    );
    assert_eq!((report.splits["train"], report.splits["val"]), (2, 1));
    assert_eq!(report.unmatched, ["labels/train/gone.txt"]);
    assert_eq!(codes(&report), ["without-labels", "not-in-a-set"]);

    let set = Set::new();
    set.picture("train/images/a.png", 1).picture("valid/images/b.png", 2);
    set.write("train/labels/a.txt", "1 0.5 0.5 1 1\n")
        .write("valid/labels/b.txt", "");
    set.write(
        "data.yaml",
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\nnames: ['x', 'y']\n",
    );
    let (dataset, report) = set.import();
    let splits: Vec<Option<Split>> = dataset.pictures.iter().map(|p| p.split).collect();
    assert_eq!(
        (splits, states(&dataset, "a.png")[0].clone()),
        (vec![Some(Split::Train), Some(Split::Val)], vec!["y"])
    );
    assert_eq!(codes(&report), ["set-missing"]);
    let file = set.path("data.yaml");
    assert_eq!(set.import_as(|r| r.data = file).unwrap().0, dataset);
}

#[test]
fn darknet_and_labelimg_layouts_are_read() {
    let set = Set::new();
    set.picture("obj_train_data/a.png", 1)
        .picture("obj_train_data/b.png", 2);
    set.write("obj.names", "cat\nclass 1\n").write(
        "obj.data",
        "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n",
    );
    set.write("train.txt", "data/obj_train_data/a.png\n")
        .write("valid.txt", "data/obj_train_data/b.png\n./missing.png\n");
    set.write("obj_train_data/a.txt", "1 0.5 0.5 0.1 0.1\n")
        .write("obj_train_data/b.txt", "0\n");
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["cat", "class 1"]);
    assert_eq!((report.splits["train"], report.splits["val"]), (1, 1));
    assert_eq!(
        (report.unmatched, report.warnings),
        (vec!["missing.png".to_owned()], vec![])
    );

    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2);
    set.write("classes.txt", "cat\ndog\n")
        .write("a.txt", "1 0.5 0.5 0.1 0.1\n")
        .write("readme.txt", "hello\n");
    let (dataset, report) = set.import();
    assert_eq!(
        (names(&dataset), states(&dataset, "a.png")[0].clone()),
        (vec!["a.png", "b.png"], vec!["dog"])
    );
    assert_eq!((codes(&report), report.unmatched.len()), (vec!["without-labels"], 0));
    set.write("classes.txt", "cat\n\ndog\n");
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Parse { line: Some(2), .. }), "{error}");
}

#[test]
fn labels_and_pictures_may_lie_apart() {
    let set = Set::new();
    set.picture("pictures/train/a.png", 1)
        .write("yolo/labels/train/a.txt", "3\n10\n3\n");
    let (data, images) = (set.path("yolo"), set.path("pictures"));
    let (dataset, report) = set
        .import_as(|r| (r.data, r.images) = (data.clone(), Some(images.clone())))
        .unwrap();
    assert_eq!(
        (dataset.labels.clone(), dataset.pictures[0].split),
        (vec!["3".to_owned(), "10".to_owned()], Some(Split::Train))
    );
    assert_eq!((codes(&report), report.unmatched.len()), (vec!["label-names"], 0));
    set.write("names.txt", "cat 3\nhot dog 10\n");
    let labels = set.path("names.txt");
    let (dataset, report) = set
        .import_as(|r| (r.data, r.images, r.labels) = (data.join("labels"), Some(images), Some(labels)))
        .unwrap();
    assert_eq!(
        (states(&dataset, "train/a.png")[0].clone(), report.warnings),
        (vec!["cat", "hot dog"], vec![])
    );
}

#[test]
fn key_points_are_told_from_polygons() {
    let set = Set::new();
    set.picture("images/a.png", 1)
        .write("labels/a.txt", "0 0.5 0.5 1 1 0.1 0.1 2\n");
    set.write("data.yaml", "train: images\nkpt_shape: [1, 3]\nnames: [person]\n");
    assert_eq!(set.import().0.pictures[0].boxes[0].bounds, [0.0, 0.0, 20.0, 10.0]);
    set.write("data.yaml", "train: images\nnames: [person]\n");
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(
        error.to_string().contains("line 1") && error.to_string().contains("7 numbers"),
        "{error}"
    );
}

#[test]
fn wrong_lines_name_file_and_line() {
    let set = Set::new();
    set.picture("images/a.png", 1)
        .write("data.yaml", "train: images\nnames: [cat, dog]\n");
    for line in [
        "2",
        "-1",
        "cat",
        "0.5",
        "1 0.5",
        "0 0.1 0.2 0.3",
        "0 0.1 0.2 x 0.4",
        "1 1 1 1 1 1 1 1",
        "99999999999999999999",
    ] {
        set.write("labels/a.txt", format!("0\n{line}\n"));
        let error = set.import_as(|_| {}).unwrap_err();
        assert!(
            matches!(&error, DatasetError::Parse { line: Some(2), path, .. } if path.ends_with("labels/a.txt")),
            "{line}: {error}"
        );
    }
    set.write("labels/a.txt", b"0\ncaf\xe9\n");
    assert!(matches!(
        set.import_as(|_| {}),
        Err(DatasetError::Parse { line: Some(2), .. })
    ));
    set.write(
        "labels/a.txt",
        "0.0 nan 0.5 0.1 0.1\n1 0.5 0.5 -1 1\n1 0.9 0.5 0.4 0.5\n1 3 3 0.1 0.1\n1.000000 inf 0 1 1\n",
    );
    let (dataset, report) = set.import();
    assert_eq!(
        (dataset.pictures[0].positives.len(), dataset.pictures[0].boxes.len()),
        (2, 1)
    );
    assert_eq!(codes(&report), ["box-dropped", "box-clipped"]);
    assert!(report.warnings[0].message.starts_with("4 boxes"));
}

#[test]
fn sets_out_of_the_folder_and_shared_ones_are_told() {
    let outer = Set::new();
    outer
        .picture("else/x.png", 9)
        .picture("in/images/a.png", 1)
        .write("in/labels/a.txt", "0\n");
    outer.write("in/data.yaml", "train: [images, ../else]\nval: images\nnames: [a, a]\n");
    let (dataset, report) = outer.import_as(|r| r.data.push("in")).unwrap();
    assert_eq!(
        (names(&dataset), dataset.pictures[0].split),
        (vec!["a.png"], Some(Split::Train))
    );
    assert_eq!(codes(&report), ["duplicate-category", "leakage", "set-outside"]);
    let (data, images) = (outer.path("in/data.yaml"), outer.path("in/images"));
    let (dataset, _) = outer.import_as(|r| (r.data, r.images) = (data, Some(images))).unwrap();
    assert_eq!(
        states(&dataset, "a.png")[0],
        ["a"],
        "labels beside the folder of pictures"
    );
    outer.write(
        "in/data.yaml",
        "path: /nowhere\ntrain: none\nval: ../else\nnames: [a]\n",
    );
    let error = outer.import_as(|r| r.data.push("in")).unwrap_err();
    assert!(
        matches!(&error, DatasetError::NoPictures { .. }) && error.to_string().contains("train: none"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_survive() {
    use std::os::unix::ffi::OsStrExt;
    let name = |end: &str| std::ffi::OsStr::from_bytes(&[b"caf\xE9.", end.as_bytes()].concat()).to_owned();
    let set = Set::new();
    set.picture("images/a.png", 1)
        .write("labels/a.txt", "0\n")
        .write("data.yaml", "names: [cat]\n");
    if std::fs::rename(set.path("images/a.png"), set.path("images").join(name("png"))).is_err() {
        return; // This file system only takes text.
    }
    std::fs::rename(set.path("labels/a.txt"), set.path("labels").join(name("txt"))).unwrap();
    let (dataset, report) = set.import();
    assert_eq!(
        (dataset.pictures[0].path.file_name(), report.annotations),
        (Some(name("png").as_os_str()), 1)
    );
    // As VOC, where lists and the XML file go by the stem.
    let set = Set::new();
    set.picture("JPEGImages/a.png", 1).write(
        "Annotations/a.xml",
        "<annotation><object><name>cat</name></object></annotation>",
    );
    std::fs::rename(set.path("JPEGImages/a.png"), set.path("JPEGImages").join(name("png"))).unwrap();
    std::fs::rename(set.path("Annotations/a.xml"), set.path("Annotations").join(name("xml"))).unwrap();
    set.write("ImageSets/Main/val.txt", b"caf\xE9\n")
        .write("ImageSets/Main/dog_val.txt", b"caf\xE9 -1\n");
    let (dataset, report) = set.import();
    assert_eq!(
        (report.annotations, report.unmatched.len(), report.splits["val"]),
        (1, 0, 1)
    );
    assert_eq!(
        (
            dataset.pictures[0].negatives.len(),
            dataset.pictures[0].path.file_name()
        ),
        (1, Some(name("png").as_os_str()))
    );
}
