//! Label Studio's JSON.

use super::*;
use crate::dataset::model::{Absent, Picture};

fn choices(control: &str, names: &[&str]) -> Value {
    json!({"value": {"choices": names}, "id": "x", "from_name": control, "to_name": "image", "type": "choices", "origin": "manual"})
}

fn rectangle(name: &str, [x, y, w, h]: [f64; 4], rotation: f64) -> Value {
    json!({"original_width": 20, "original_height": 10, "image_rotation": 0, "id": "r", "from_name": "label", "to_name": "image",
        "type": "rectanglelabels", "value": {"x": x, "y": y, "width": w, "height": h, "rotation": rotation, "rectanglelabels": [name]}})
}

fn task(id: u32, image: &str, annotations: &[Value]) -> Value {
    let annotations: Vec<Value> = annotations
        .iter()
        .map(|results| json!({"id": id, "completed_by": 1, "result": results, "was_cancelled": false, "ground_truth": false}))
        .collect();
    json!({"id": id, "annotations": annotations, "file_upload": "x", "drafts": [], "predictions": [], "data": {"image": image},
        "meta": {}, "created_at": "2024-01-01", "inner_id": 1, "comment_authors": []})
}

#[test]
fn tasks_of_several_annotators_are_read() {
    let set = Set::new();
    for (i, name) in ["cat 1.png", "b.png", "c.png", "sub/d.png", "my_dog.png"]
        .iter()
        .enumerate()
    {
        set.picture(name, i as u8);
    }
    let mut cancelled = task(2, "/data/local-files/?d=b.png", &[json!([choices("choice", &["Cat"])])]);
    cancelled["annotations"][0]["was_cancelled"] = json!(true);
    cancelled["predictions"] = json!([{"result": [choices("choice", &["Dog"])]}]);
    let tasks = json!([
        task(
            1,
            "/data/upload/3/0a1b2c3d-cat%201.png",
            &[
                json!([choices("choice", &["Cat", "Dog"]), rectangle("Car", [10.0, 20.0, 50.0, 40.0], 0.0)]),
                json!([choices("choice", &["Cat"]), {"type": "textarea", "from_name": "note", "value": {"text": ["hi"]}}])
            ]
        ),
        cancelled,
        task(3, "https://host/x/c.png?sig=1", &[json!([rectangle("Cat", [50.0, 0.0, 20.0, 20.0], 90.0)])]),
        task(4, "s3://bucket/sub/d.png", &[json!([
            {"type": "taxonomy", "from_name": "choice", "value": {"taxonomy": [["A", "B"], ["C"]]}},
            {"type": "polygonlabels", "from_name": "p", "value": {"points": [[10, 10], [30, 10], [20, 50]], "polygonlabels": ["Cat"]}},
            {"type": "ellipselabels", "from_name": "p", "value": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "ellipselabels": ["Cat"]}},
            {"type": "brushlabels", "from_name": "p", "value": {"format": "rle", "rle": [1, 2, 3], "brushlabels": ["Sky"]}}
        ])]),
        task(5, "/data/upload/3/0a1b2c3d-my_dog.png", &[json!([])]),
        task(6, "/data/upload/3/0a1b2c3d-gone.png", &[json!([])]),
        {"id": 7, "annotations": [], "data": {"text": "no picture"}}
    ]);
    set.write("project-1.json", tasks.to_string());
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["Cat", "Dog", "Car", "A/B", "C", "Sky"]);
    assert_eq!(states(&dataset, "cat 1.png")[0], ["Car", "Cat", "Dog"]);
    assert_eq!(states(&dataset, "b.png")[0], [""; 0]);
    assert_eq!(states(&dataset, "sub/d.png")[0], ["A/B", "C", "Cat", "Sky"]);
    let bounds: Vec<[f32; 4]> = dataset
        .pictures
        .iter()
        .flat_map(|p| &p.boxes)
        .map(|b| b.bounds.map(|v| (v * 100.0).round() / 100.0))
        .collect();
    // A box of 4 x 2 pixels at 10, 0, turned about its corner, lies at 8 .. 10 and 0 .. 4.
    let expected = [
        [2.0, 2.0, 10.0, 4.0],
        [8.0, 0.0, 2.0, 4.0],
        [2.0, 1.0, 4.0, 4.0],
        [8.0, 3.0, 4.0, 4.0],
    ];
    assert_eq!(bounds, expected);
    assert_eq!(report.unmatched, ["/data/upload/3/0a1b2c3d-gone.png", "task 7"]);
    assert_eq!(
        codes(&report),
        [
            "disagreement",
            "cancelled",
            "not-annotated",
            "predictions",
            "other-answers",
            "rotated"
        ]
    );
}

#[test]
fn uploads_that_lost_blanks_are_found() {
    let set = Set::new();
    set.picture("deep/my dog (1).png", 1);
    set.write(
        "x.json",
        json!([task(
            1,
            "/data/upload/3/0a1b2c3d-my_dog_1.png",
            &[json!([choices("c", &["Dog"])])]
        )])
        .to_string(),
    );
    let (dataset, report) = set.import();
    assert_eq!(
        (names(&dataset), report.unmatched.len()),
        (vec!["deep/my dog (1).png"], 0)
    );
}

#[test]
fn several_controls_keep_their_names_apart() {
    let set = Set::new();
    set.picture("a.png", 1);
    let results = json!([
        choices("indoor", &["yes"]),
        choices("people", &["yes"]),
        rectangle("car", [0.0, 0.0, 10.0, 10.0], 0.0)
    ]);
    set.write("x.json", json!([task(1, "a.png", &[results])]).to_string());
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["indoor/yes", "people/yes", "car"]);
    assert_eq!(codes(&report), ["controls"]);
}

#[test]
fn the_short_form_is_read() {
    let set = Set::new();
    set.picture("a.png", 1).picture("b.png", 2).picture("c.png", 3);
    let about = |id: u32| json!({"id": id, "annotator": 1, "annotation_id": 3, "created_at": "x", "updated_at": "y", "lead_time": 3.5});
    let record = |image: &str, id: u32, more: Value| {
        let mut record = json!({"image": image, "note": "a field of the data"});
        for part in [json!({"id": id}), more, about(id)] {
            record
                .as_object_mut()
                .unwrap()
                .extend(part.as_object().unwrap().clone());
        }
        record
    };
    let region = json!([{"x": 0, "y": 0, "width": 50, "height": 100, "rotation": 0, "rectanglelabels": ["Car"],
        "original_width": 20, "original_height": 10}]);
    let records = json!([
        record("/data/upload/1/11111111-a.png", 1, json!({"choice": "Cat", "label": region})),
        record("/data/upload/1/11111111-a.png", 1, json!({"choice": {"choices": ["Cat", "Dog"]}})),
        record("/data/upload/1/11111111-b.png", 2, json!({"choice": {"choices": ["Dog", "Owl"]}, "each": ["Bat"], "rating": 4})),
        {"image": "https://x/c.png", "tag": [{"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["Moon"]}], "choice": "Owl"}
    ]);
    set.write("min.json", records.to_string());
    let (dataset, report) = set.import();
    assert_eq!(
        dataset.labels,
        ["choice/Cat", "Car", "choice/Dog", "choice/Owl", "each/Bat", "Moon"]
    );
    assert_eq!(states(&dataset, "a.png")[0], ["Car", "choice/Cat", "choice/Dog"]);
    assert_eq!(states(&dataset, "c.png")[0], ["Moon", "choice/Owl"]);
    assert_eq!(dataset.pictures[0].boxes[0].bounds, [0.0, 0.0, 10.0, 10.0]);
    assert_eq!(codes(&report), ["controls", "disagreement"]);
    set.write("label-config.xml", "<View><Choices name='other'/></View>");
    assert_eq!(
        states(&set.import().0, "c.png")[0],
        ["Moon"],
        "the configuration says what is a choice"
    );
}

#[test]
fn broken_files_name_the_line() {
    let set = Set::new();
    set.picture("a.png", 1);
    for (text, line) in [
        (
            "[{\"id\": 1, \"data\": {\"image\": \"a.png\"},\n\"annotations\": [}]",
            2,
        ),
        ("{\"a\": 1}", 1),
        ("[1,\n2", 2),
    ] {
        set.write("x.json", text);
        let file = set.path("x.json");
        let error = set
            .import_as(|r| (r.data, r.format) = (file, Format::LabelStudio))
            .unwrap_err();
        assert!(
            matches!(error, DatasetError::Parse { line: Some(l), .. } if l == line),
            "{error}"
        );
    }
    // Whatever the values are, nothing panics.
    set.write(
        "x.json",
        r#"[{"id": [], "data": {"image": {}}, "annotations": 3}, null, 5, [], {"data": null, "image": "a.png",
        "choice": [[]], "x": {"choices": 3, "rectanglelabels": [1, null]}, "predictions": {"a": 1}, "meta": [1]}]"#,
    );
    let file = set.path("x.json");
    let (dataset, report) = set
        .import_as(|r| (r.data, r.format) = (file, Format::LabelStudio))
        .unwrap();
    assert_eq!((dataset.pictures.len(), report.unmatched.len()), (1, 4));
}

#[test]
fn what_nobody_looked_at_is_no_annotation() {
    let set = Set::new();
    set.picture("a.png", 1);
    let mut dataset = Dataset {
        labels: vec!["bell\u{7}".to_owned(), "unused".to_owned()],
        pictures: vec![Picture {
            path: set.path("a.png"),
            name: "a.png".to_owned(),
            width: 20,
            height: 10,
            split: None,
            positives: vec![],
            negatives: vec![],
            unknowns: vec![],
            boxes: vec![],
        }],
        absent: Absent::Unknown,
        ..Dataset::default()
    };
    let error = export_to(&set.path("folder"), &dataset, Format::LabelStudio, |_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Inexpressible { .. }) && !set.path("folder").exists());
    let out = set.path("tasks.json");
    let report = export_to(&out, &dataset, Format::LabelStudio, |_| {}).unwrap();
    assert_eq!((report.files, report.warnings[0].code.as_str()), (1, "labels-unused"));
    let (_, report) = import_from(&out).unwrap();
    assert_eq!(codes(&report), ["not-annotated", "no-labels"]);
    dataset.pictures[0].positives = vec![0];
    export_to(&out, &dataset, Format::LabelStudio, |r| r.replace = true).unwrap();
    assert_eq!(import_from(&out).unwrap().0.labels, ["bell\u{7}"]);
}
