//! COCO as it is written, and what it takes to read a large file.

use super::*;
use crate::dataset::model::{BoxAnnotation, Picture};

fn image(id: u32, name: &str) -> Value {
    json!({"id": id, "file_name": name, "width": 20, "height": 10})
}

/// Three pictures: two boxes of one label and a label alone, nothing, what is not there and what nobody knows.
fn data(set: &Set) -> Dataset {
    set.picture("x/a.png", 1).picture("b.png", 2).picture("c.png", 3);
    set.coco(
        "in.json",
        json!([image(1, "x/a.png"), image(2, "b.png"), image(3, "c.png")]),
        json!([]),
    );
    let file = set.path("in.json");
    let (mut dataset, _) = set.import_as(|r| r.data = file).unwrap();
    let boxed = |x: f32| BoxAnnotation {
        label: 1,
        bounds: [x, 0.1, 5.3, 7.7],
    };
    dataset.pictures[0].positives = vec![0, 1];
    dataset.pictures[0].boxes = vec![boxed(1.1), boxed(14.7)];
    dataset.pictures[2].negatives = vec![0];
    dataset.pictures[2].unknowns = vec![1];
    let splits = [Some(Split::Train), None, Some(Split::Val)];
    dataset
        .pictures
        .iter_mut()
        .zip(splits)
        .for_each(|(p, split)| p.split = split);
    dataset
}

#[test]
fn files_are_as_other_tools_read_them() {
    let set = Set::new();
    let dataset = data(&set);
    let out = set.path("out");
    let report = export_as(&dataset, Format::Coco, &out, |_| ()).unwrap();
    assert_eq!((report.images, report.annotations, report.files), (3, 2, 3));
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(out.join("annotations").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let train = read("instances_train.json");
    assert_eq!(
        train["images"],
        json!([{"id": 1, "file_name": "x/a.png", "width": 20, "height": 10, "split": "train"}])
    );
    let annotations = train["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), 3, "a label with boxes has no annotation of its own");
    assert_eq!(annotations[0]["bbox"], json!([1.1, 0.1, 5.3, 7.7]));
    let alone = json!({"id": 3, "image_id": 1, "category_id": 1, "area": 0.0, "iscrowd": 0});
    assert_eq!(
        annotations[2], alone,
        "no box: the field is left out, as an empty list is an error to some readers"
    );
    let categories =
        json!([{"id": 1, "name": "dog", "supercategory": ""}, {"id": 2, "name": "cat", "supercategory": ""}]);
    assert_eq!(train["categories"], categories);
    let val = read("instances_val.json");
    assert_eq!(val["images"][0]["neg_category_ids"], json!([1]));
    assert_eq!(val["images"][0]["not_exhaustive_category_ids"], json!([2]));
    assert_eq!(read("instances.json")["images"][0]["split"], Value::Null);
    // And back.
    let images = set.0.path().to_owned();
    let (again, report) = set.import_as(|r| (r.data, r.images) = (out, Some(images))).unwrap();
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    assert_eq!(again.labels, dataset.labels);
    for picture in &dataset.pictures {
        assert!(again.pictures.contains(picture), "{picture:?}");
    }
}

#[test]
fn one_file_keeps_order_and_splits_also_against_names_of_folders() {
    let set = Set::new();
    set.picture("train/a.png", 1).picture("val/b.png", 2);
    set.coco(
        "in.json",
        json!([image(1, "val/b.png"), image(2, "train/a.png")]),
        json!([]),
    );
    let file = set.path("in.json");
    let (mut dataset, _) = set.import_as(|r| r.data = file).unwrap();
    assert_eq!(dataset.pictures[0].split, Some(Split::Val));
    (dataset.pictures[0].split, dataset.pictures[1].split) = (None, Some(Split::Test));
    let out = set.path("train_all.json");
    let report = export_as(&dataset, Format::Coco, &out, |_| ()).unwrap();
    assert_eq!(report.files, 1);
    let images = set.0.path().to_owned();
    let (again, _) = set.import_as(|r| (r.data, r.images) = (out, Some(images))).unwrap();
    assert_eq!(again, dataset);
}

#[test]
fn lvis_says_what_is_not_there() {
    let set = Set::new();
    set.picture("a.png", 1);
    let images = json!([{"id": 1, "file_name": "a.png", "split": 7,
        "neg_category_ids": [90, 5], "not_exhaustive_category_ids": [7]}]);
    let annotations = json!([{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 1, 2, 2]}]);
    set.coco("x.json", images, annotations);
    let (dataset, report) = set.import();
    let picture = &dataset.pictures[0];
    assert_eq!((&picture.positives[..], &picture.negatives[..]), (&[1][..], &[0][..]));
    assert!(
        picture.unknowns.is_empty(),
        "what is there is known, though not all of it is drawn"
    );
    assert_eq!((picture.split, codes(&report)), (None, vec!["unknown-category"]));
}

// FAULTS 22 and 27: the order of the parts of a file does not matter.
#[test]
fn annotations_may_come_before_what_they_speak_of() {
    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2);
    let annotations = r#""annotations": [
        {"id": 1, "image_id": 2, "category_id": 7, "bbox": [1, 1, 2, 2]},
        {"id": 2, "image_id": 9, "category_id": 7}, {"id": 3, "image_id": 9, "category_id": 90, "bbox": [1, 1, 2, 2]},
        {"id": 4, "image_id": 1, "category_id": 55}, {"id": "x", "image_id": 1, "category_id": 90},
        {"id": "x", "image_id": 1, "category_id": 90}, {"image_id": 1}, {"id": 4, "image_id": 1, "category_id": 7}]"#;
    let images = r#""images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}]"#;
    let categories = r#""categories": [{"id": 90, "name": "dog"}, {"id": 7, "name": "cat"}]"#;
    let orders = [
        [annotations, images, categories],
        [images, categories, annotations],
        [categories, annotations, images],
    ];
    let mut read = orders.map(|parts| {
        set.write("x.json", format!("{{{}}}", parts.join(", ")));
        set.import()
    });
    for (_, report) in &mut read {
        let wanted = ["duplicate-annotation-id", "unknown-image", "unknown-category"];
        assert_eq!(codes(report), wanted);
        assert!(
            report.warnings[..2].iter().all(|w| w.message.starts_with("2 ")),
            "{report:?}"
        );
        assert!(report.warnings[2].message.starts_with("2 annotations"), "{report:?}");
        report.warnings.clear();
    }
    assert!(read[1] == read[0] && read[2] == read[0]);
    assert_eq!(read[0].0.pictures[0].positives, [0, 1]);
    assert_eq!(read[0].0.labels, ["dog", "cat"], "in the order of the file");
}

#[test]
fn parsing_tells_bytes_and_can_be_stopped() {
    let set = Set::new();
    set.picture("a.png", 1);
    let filler = "x".repeat(3 << 20);
    set.write(
        "x.json",
        format!("{{\"info\": \"{filler}\", \"images\": [{{\"id\": 1, \"file_name\": \"a.png\"}}]}}"),
    );
    let mut told = Vec::new();
    let request = ImportRequest::new(&set.path("x.json"));
    let stopped = import(&request, &mut |done, total| {
        told.push((done, total));
        if done > 2000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(DatasetError::Cancelled)), "{stopped:?}");
    assert!(
        told.len() >= 3 && told.iter().all(|(done, total)| done <= total),
        "{told:?}"
    );
    assert_eq!(import(&request, &mut on).unwrap().1.images, 1);
}

// FAULTS 27.
#[test]
fn hostile_nesting_and_other_files_are_errors() {
    let set = Set::new();
    set.picture("a.png", 1);
    let deep = format!("{{\"info\": {}, \"images\": []}}", "[".repeat(1_000_000));
    for (text, words) in [
        (deep.as_str(), "512"),
        ("{\"images\": [], \"images\": []}", "duplicate field"),
        ("{\"annotations\": []}", "missing field"),
        ("{\"images\": [1]}", "line 1"),
        ("{\"images\": [{\"id\": 1.5, \"file_name\": \"a.png\"}]}", "no id"),
        ("{\"images\": []} x", "trailing"),
        ("{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"", "EOF"),
        ("[]", "an object with images"),
    ] {
        set.write("x.json", text);
        let file = set.path("x.json");
        let error = set.import_as(|r| r.data = file).unwrap_err();
        assert!(
            matches!(error, DatasetError::Parse { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
}

// FAULTS 18.
#[test]
fn names_that_differ_in_case_only_are_ambiguous() {
    let set = Set::new();
    set.picture("x/One.png", 1)
        .picture("x/ONE.png", 2)
        .picture("x/Caf\u{e9}.png", 3);
    if std::fs::read_dir(set.path("x")).unwrap().count() < 3 {
        return; // This file system holds names for the same.
    }
    set.coco(
        "x.json",
        json!([image(1, "one.png"), image(2, "cafe\u{301}.png"), image(3, "x/One.png")]),
        json!([]),
    );
    let (dataset, report) = set.import();
    assert_eq!(
        (names(&dataset), report.unmatched.as_slice()),
        (vec!["cafe\u{301}.png", "x/One.png"], &[][..]),
        "it is not missing"
    );
    let ambiguous: Vec<&str> = report
        .warnings
        .iter()
        .filter(|w| w.code == "ambiguous")
        .map(|w| w.message.as_str())
        .collect();
    assert_eq!(ambiguous, ["one.png could be x/ONE.png or x/One.png, and was left out"]);
    assert!(codes(&report).contains(&"name-alike"), "{:?}", report.warnings);
}

#[test]
fn pictures_that_changed_their_split_are_found_in_the_folders_of_their_old_one() {
    let set = Set::new();
    set.picture("train/1.png", 1);
    set.picture("val/2.png", 2);
    let mut dataset = Dataset {
        labels: vec!["cat".to_owned()],
        ..Dataset::default()
    };
    for (name, split) in [("train/1.png", Split::Test), ("val/2.png", Split::Train)] {
        dataset.pictures.push(Picture {
            path: set.path(name),
            name: name.rsplit('/').next().unwrap().to_owned(),
            width: 8,
            height: 8,
            split: Some(split),
            positives: vec![0],
            negatives: Vec::new(),
            unknowns: Vec::new(),
            boxes: Vec::new(),
        });
    }
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out");
    export_as(&dataset, Format::Coco, &out, |_| {}).unwrap();
    let request = ImportRequest {
        images: Some(set.0.path().to_owned()),
        ..ImportRequest::new(&out)
    };
    let (again, report) = import(&request, &mut on).unwrap();
    assert_eq!(report.unmatched, Vec::<String>::new());
    let splits: Vec<Option<Split>> = again.pictures.iter().map(|p| p.split).collect();
    assert!(
        splits.contains(&Some(Split::Test)) && splits.contains(&Some(Split::Train)),
        "{splits:?}"
    );
}
