//! COCO annotations with what goes wrong in them.

use super::*;

fn image(id: impl Into<Value>, name: &str) -> Value {
    json!({"id": id.into(), "file_name": name, "width": 20, "height": 10})
}

fn annotation(id: u32, image: impl Into<Value>, category: i64, bbox: Value) -> Value {
    json!({"id": id, "image_id": image.into(), "category_id": category, "bbox": bbox, "iscrowd": 0, "area": 1.5,
        "segmentation": [[1.0, 2.0, 3.0]]})
}

#[test]
fn two_files_become_one_set() {
    let set = Set::new();
    set.picture("train2017/a.png", 1)
        .picture("val2017/a.png", 2)
        .picture("train2017/b.png", 3);
    let train = json!([
        annotation(1, 5, 7, json!([1, 2, 3, 4])),
        annotation(2, 5, 7, json!([5, 5, 1, 1])),
        annotation(3, 5, 90, json!([0, 0, 20, 10]))
    ]);
    set.coco(
        "annotations/instances_train2017.json",
        json!([image(5, "a.png"), image(9, "b.png")]),
        train,
    );
    set.coco(
        "annotations/instances_val2017.json",
        json!([image(5, "a.png")]),
        json!([annotation(1, 5, 90, json!([0, 0, 2, 2]))]),
    );
    set.write(
        "annotations/captions_val2017.json",
        r#"{"images": [], "annotations": [{"caption": "x"}]}"#,
    );
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["dog", "cat"], "in the order of the file");
    assert_eq!(names(&dataset), ["train2017/a.png", "b.png", "val2017/a.png"]);
    assert_eq!(dataset.pictures[0].positives, [0, 1]);
    assert_eq!(dataset.pictures[0].boxes.len(), 3);
    assert_eq!(dataset.pictures[0].boxes[0].bounds, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(dataset.pictures[2].split, Some(Split::Val));
    assert!(dataset.pictures.iter().all(|p| p.path.is_absolute()));
    assert_eq!((report.images, report.labels, report.annotations), (3, 2, 3));
    assert_eq!((report.splits["train"], report.splits["val"]), (2, 1));
    assert_eq!(codes(&report), ["annotations-skipped"]);
}

#[test]
fn the_training_fixture_is_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/training/data");
    let (dataset, report) = import(&ImportRequest::new(&data), &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.splits["train"], report.splits["val"]), (12, 6));
    assert!(
        report.unmatched.is_empty() && report.quarantined.is_empty() && report.warnings.is_empty(),
        "{report:?}"
    );
    assert_eq!(dataset.pictures[0].name, "train_00.png");
    assert!(dataset.labels.iter().any(|label| label == "boat"));
}

#[test]
fn a_file_alone_and_folders_named_elsewhere_work() {
    let set = Set::new();
    set.picture("deep/er/a.png", 1)
        .coco("annotations/instances_test.json", json!([image(1, "a.png")]), json!([]));
    let file = set.path("annotations/instances_test.json");
    let (dataset, _) = set.import_as(|r| r.data = file.clone()).unwrap();
    assert_eq!(
        (dataset.pictures[0].split, dataset.pictures[0].positives.len()),
        (Some(Split::Test), 0)
    );
    let images = set.path("deep");
    let (dataset, _) = set.import_as(|r| (r.data, r.images) = (file, Some(images))).unwrap();
    assert!(dataset.pictures[0].path.ends_with("deep/er/a.png"));
}

// FAULTS 23.
#[test]
fn ids_of_any_kind_are_mapped() {
    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2).picture("c.png", 3);
    let images = json!([image(u64::MAX, "a.png"), image("0f3c-b", "b.png"), image("12", "c.png")]);
    let annotations = json!([
        annotation(1, u64::MAX, 7, json!([])),
        annotation(2, "0f3c-b", 90, Value::Null),
        annotation(3, 12, 7, json!([0, 0, 1, 1]))
    ]);
    let (dataset, report) = {
        set.coco("x.json", images, annotations);
        set.import()
    };
    let positives: Vec<&[usize]> = dataset.pictures.iter().map(|p| p.positives.as_slice()).collect();
    assert_eq!(positives, [[1], [0], [1]]);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

// FAULTS 20 and 21.
#[test]
fn duplicate_ids_are_told() {
    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2);
    set.coco("x.json", json!([image(3, "a.png"), image(3, "b.png")]), json!([]));
    let text = set.import_as(|_| {}).unwrap_err().to_string();
    assert!(
        text.contains("a.png") && text.contains("b.png") && text.contains("id 3"),
        "{text}"
    );
    let twice = json!([
        annotation(1, 3, 7, json!([0, 0, 1, 1])),
        annotation(1, 3, 90, json!([0, 0, 1, 1]))
    ]);
    set.coco("x.json", json!([image(3, "a.png")]), twice);
    let (dataset, report) = set.import();
    assert_eq!(
        (dataset.pictures[0].positives.len(), codes(&report)),
        (2, vec!["duplicate-annotation-id", "not-listed"])
    );
}

// FAULTS 22, 24 and 25.
#[test]
fn unknown_ids_and_bad_boxes_are_counted() {
    let set = Set::new();
    let text = r#"{"images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 7, "name": "cat"}],
        "annotations": [
        {"id": 1, "image_id": 1, "category_id": 99, "bbox": [0, 0, 1, 1]},
        {"id": 2, "image_id": 44, "category_id": 7, "bbox": [0, 0, 1, 1]},
        {"id": 3, "image_id": 1, "category_id": 7, "bbox": [NaN, 0, 1, 1]},
        {"id": 4, "image_id": 1, "category_id": 7, "bbox": [0, 0, Infinity, -Infinity]},
        {"id": 5, "image_id": 1, "category_id": 7, "bbox": [3, 3, -2, 4]},
        {"id": 6, "image_id": 1, "category_id": 7, "bbox": [3, 3, 0, 4]},
        {"id": 7, "image_id": 1, "category_id": 7, "bbox": [50, 50, 4, 4]},
        {"id": 8, "image_id": 1, "category_id": 7, "bbox": [3, 3, 4]},
        {"id": 9, "image_id": 1, "category_id": 7, "bbox": [15, -2, 10, 6], "iscrowd": 1}]}"#;
    set.picture("a.png", 1).write("x.json", format!("\u{feff}{text}"));
    let (dataset, report) = set.import();
    assert_eq!(dataset.pictures[0].positives, [0]);
    let boxes: Vec<[f32; 4]> = dataset.pictures[0].boxes.iter().map(|b| b.bounds).collect();
    assert_eq!(boxes, [[15.0, 0.0, 5.0, 4.0]]);
    assert_eq!(
        codes(&report),
        [
            "unknown-image",
            "unknown-category",
            "box-malformed",
            "box-dropped",
            "box-clipped"
        ]
    );
    assert!(
        report.warnings[3].message.starts_with("5 boxes"),
        "{:?}",
        report.warnings[3]
    );
}

// FAULTS 26.
#[test]
fn sizes_and_turned_pictures_are_compared() {
    let set = Set::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scores/turned.jpg");
    // Stored 83 x 58, shown 58 x 83 (a quarter to the right).
    set.write("stored.jpg", std::fs::read(&data).unwrap())
        .picture("wrong.png", 1);
    set.write("shown.jpg", [std::fs::read(&data).unwrap(), vec![0]].concat());
    let sized = |id: u32, name: &str, w: u32, h: u32| json!({"id": id, "file_name": name, "width": w, "height": h});
    let images = json!([
        sized(1, "stored.jpg", 83, 58),
        sized(2, "shown.jpg", 58, 83),
        sized(3, "wrong.png", 640, 480)
    ]);
    let boxed = |id: u32| annotation(id, id, 7, json!([2, 3, 5, 7]));
    set.coco("x.json", images, json!([boxed(1), boxed(2), boxed(3)]));
    let (dataset, report) = set.import();
    let found: Vec<_> = dataset
        .pictures
        .iter()
        .map(|p| ((p.width, p.height), p.boxes[0].bounds))
        .collect();
    assert_eq!(found[0], ((58, 83), [48.0, 2.0, 7.0, 5.0]));
    assert_eq!(found[1], ((58, 83), [2.0, 3.0, 5.0, 7.0]));
    assert_eq!(found[2], ((20, 10), [2.0, 3.0, 5.0, 7.0]));
    assert_eq!(codes(&report), ["size", "boxes-turned"]);
}

// FAULTS 15.
#[test]
fn missing_ambiguous_and_outside_pictures_are_unmatched() {
    let outer = Set::new();
    outer
        .picture("secret.png", 9)
        .picture("in/one/a.png", 1)
        .picture("in/two/a.png", 2)
        .picture("in/b.png", 3);
    let secret = outer.path("secret.png");
    let images = json!([
        image(1, "a.png"),
        image(2, "../secret.png"),
        image(3, secret.to_str().unwrap()),
        image(4, "gone.png"),
        image(5, "one/../b.png"),
        image(6, "two\\a.png")
    ]);
    outer.coco("in/x.json", images, json!([annotation(1, 4, 7, json!([0, 0, 1, 1]))]));
    let (dataset, report) = outer.import_as(|r| r.data.push("in")).unwrap();
    assert_eq!(names(&dataset), ["one/../b.png", "two\\a.png"]);
    assert_eq!(
        report.unmatched,
        ["../secret.png", secret.to_str().unwrap(), "gone.png"]
    );
    assert_eq!(codes(&report), ["path-refused", "ambiguous", "no-labels"]);
    assert!(report.warnings[0].message.starts_with("2 "));
    assert!(
        report.warnings[1]
            .message
            .starts_with("a.png could be one/a.png or two/a.png")
    );
}

#[test]
fn a_missing_picture_is_not_replaced_by_one_of_another_split() {
    let set = Set::new();
    set.picture("val/1.png", 1).picture("train/2.png", 2);
    set.coco(
        "annotations/instances_train.json",
        json!([image(1, "1.png"), image(2, "2.png")]),
        json!([]),
    );
    let (dataset, report) = set.import();
    assert_eq!(
        (names(&dataset), report.unmatched),
        (vec!["2.png"], vec!["1.png".to_owned()])
    );
}

// FAULTS 27.
#[test]
fn broken_files_name_the_line() {
    let set = Set::new();
    set.picture("a.png", 1).write(
        "x.json",
        "{\"images\": [\n{\"id\": 1, \"file_name\": \"a.png\"},\n{\"id\": }\n]}",
    );
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Parse { line: Some(3), .. }), "{error}");
    let deep = format!("{{\"images\": {}", "[".repeat(100_000));
    set.write("x.json", deep);
    assert!(matches!(set.import_as(|_| {}), Err(DatasetError::Parse { .. })));
    let ignored = format!(
        "{{\"info\": {}{}, \"images\": []}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    set.write("x.json", ignored);
    let file = set.path("x.json");
    assert!(set.import_as(|r| r.data = file).is_err(), "no overflow of the stack");
}

// FAULTS 33 and 38.
#[test]
fn copies_leaks_and_similar_labels_are_reported() {
    let set = Set::new();
    set.picture("train/a.png", 1)
        .picture("train/b.png", 1)
        .picture("val/c.png", 1)
        .picture("val/d.png", 200);
    let text = |images: Value| {
        json!({"images": images, "categories": [{"id": 1, "name": "Hot Dog"}, {"id": 2, "name": "hotdog"}]}).to_string()
    };
    set.write(
        "instances_train.json",
        text(json!([image(1, "a.png"), image(2, "b.png")])),
    );
    set.write(
        "instances_val.json",
        text(json!([image(1, "c.png"), image(2, "d.png")])),
    );
    let (_, report) = set.import();
    assert_eq!(report.duplicates, [["a.png", "b.png", "c.png"]]);
    assert_eq!(codes(&report), ["no-labels", "leakage", "similar-labels"]);
}
