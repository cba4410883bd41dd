//! Sets in the shapes in which people of the field have them: well-known tables, names as tools wrote them, odd files among good ones.

use super::*;
use crate::dataset::model::Picture;

/// The labels of each picture, by name.
fn labels(dataset: &Dataset) -> Vec<(String, Vec<String>)> {
    let of = |picture: &Picture| {
        let names = picture.positives.iter().map(|label| dataset.labels[*label].clone());
        (picture.name.clone(), names.collect())
    };
    dataset.pictures.iter().map(of).collect()
}

fn is(dataset: &Dataset, wanted: &[(&str, &[&str])]) {
    let wanted: Vec<(String, Vec<String>)> = wanted
        .iter()
        .map(|(name, labels)| ((*name).to_owned(), labels.iter().map(|l| (*l).to_owned()).collect()))
        .collect();
    assert_eq!(labels(dataset), wanted);
}

fn bring(set: &Set, data: &str) -> Result<(Dataset, ImportReport), DatasetError> {
    let data = set.path(data);
    set.import_as(|request| request.data = data)
}

fn splits(dataset: &Dataset) -> Vec<Option<Split>> {
    dataset.pictures.iter().map(|p| p.split).collect()
}

const TRAIN: Option<Split> = Some(Split::Train);
const VAL: Option<Split> = Some(Split::Val);
const TEST: Option<Split> = Some(Split::Test);

#[test]
fn coco_names_are_found_percent_encoded_and_by_their_folders() {
    let set = Set::new();
    set.picture("images/a/001.png", 1)
        .picture("images/b/001.png", 2)
        .picture("images/Capture_d\u{e9}cran 1.png", 3)
        .picture("images/100%.png", 4);
    let names = ["a/001.png", "b/001.png", "Capture_d%C3%A9cran%201.png", "100%.png"];
    let images: Vec<Value> = names
        .iter()
        .zip(1..)
        .map(|(name, id)| json!({"id": id, "file_name": name}))
        .collect();
    let annotations = [7, 90, 90, 7];
    let annotations: Vec<Value> = annotations
        .iter()
        .zip(1..)
        .map(|(category, id)| json!({"id": id, "image_id": id, "category_id": category}))
        .collect();
    set.coco("annotations/instances_train.json", json!(images), json!(annotations));
    let (dataset, report) = set.import();
    is(
        &dataset,
        &[
            ("a/001.png", &["cat"]),
            ("b/001.png", &["dog"]),
            ("Capture_d%C3%A9cran%201.png", &["dog"]),
            ("100%.png", &["cat"]),
        ],
    );
    assert!(dataset.pictures[2].path.ends_with("Capture_d\u{e9}cran 1.png"));
    assert_eq!(codes(&report), ["name-alike"]);
    assert!(report.unmatched.is_empty() && splits(&dataset) == [TRAIN; 4]);
}

#[test]
fn names_of_other_machines_are_found_by_what_they_end_with() {
    let set = Set::new();
    set.picture("train/1.png", 1)
        .picture("val/1.png", 2)
        .picture("only.jpg", 3)
        .picture("Cafe\u{301}.png", 4);
    let table = "filename,labels\nC:\\data\\train\\1.png,a\n/kaggle/input/set/val/1.png,b\n..\\pictures\\only.JPEG,c\n\
                 caf\u{e9}.PNG,d\n../../1.png,e\n";
    set.write("labels.csv", table);
    let (dataset, report) = bring(&set, "labels.csv").unwrap();
    let found: Vec<String> = dataset.pictures.iter().map(|p| relative(&set, &p.path)).collect();
    assert_eq!(found, ["train/1.png", "val/1.png", "only.jpg", "Cafe\u{301}.png"]);
    assert_eq!(report.unmatched, Vec::<String>::new(), "the last one is ambiguous");
    let ambiguous = report.warnings.iter().find(|w| w.code == "ambiguous").unwrap();
    assert!(
        ambiguous
            .message
            .contains("../../1.png could be train/1.png or val/1.png"),
        "{}",
        ambiguous.message
    );
    assert!(codes(&report).contains(&"name-alike"));
}

fn relative(set: &Set, path: &Path) -> String {
    path.strip_prefix(set.0.path()).unwrap().display().to_string()
}

#[test]
fn yolo_paths_may_carry_the_sets_own_folder() {
    let set = Set::new();
    for name in ["my-project-1", "renamed"] {
        for (i, (split, picture)) in [("train", "train"), ("valid", "valid"), ("test", "test")]
            .into_iter()
            .enumerate()
        {
            // No two alike: a picture in two splits would be told.
            set.picture(&format!("{name}/{split}/images/{picture}.png"), i as u8);
            set.write(&format!("{name}/{split}/labels/{picture}.txt"), "1 0.5 0.5 0.2 0.2");
        }
        let yaml = "names:\n- peix\n- taca\nnc: 2\ntest: ../test/images\ntrain: my-project-1/train/images\n\
                    val: /home/me/my-project-1/valid/images\n";
        set.write(&format!("{name}/data.yaml"), yaml);
        for data in [name.to_owned(), format!("{name}/data.yaml")] {
            let (dataset, report) = bring(&set, &data).unwrap();
            is(
                &dataset,
                &[
                    ("train.png", &["taca"]),
                    ("valid.png", &["taca"]),
                    ("test.png", &["taca"]),
                ],
            );
            assert_eq!(splits(&dataset), [TRAIN, VAL, TEST]);
            assert_eq!(
                (dataset.labels.len(), report.warnings.len()),
                (2, 0),
                "{:?}",
                report.warnings
            );
        }
    }
}

#[test]
fn yolo_pictures_may_lie_flat_in_a_folder_of_their_own() {
    let set = Set::new();
    for (i, name) in ["a", "b", "c"].iter().enumerate() {
        set.picture(&format!("all/{name}.png"), i as u8);
    }
    set.write("export/labels/train/a.txt", "0 0.5 0.5 0.2 0.2\n")
        .write("export/labels/train/b.txt", "1 0.5 0.5 0.2 0.2\n")
        .write("export/labels/val/c.txt", "0 0.5 0.5 0.2 0.2\n")
        .write("export/labels/val/gone.txt", "0 0.5 0.5 0.2 0.2\n");
    let yaml = "path: /data/export\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n";
    for config in [("export/data.yaml", yaml), ("export/classes.txt", "cat\ndog\n")] {
        set.write(config.0, config.1);
        let (data, images) = (set.path("export"), set.path("all"));
        let (dataset, report) = set.import_as(|r| (r.data, r.images) = (data, Some(images))).unwrap();
        is(
            &dataset,
            &[("a.png", &["cat"]), ("b.png", &["dog"]), ("c.png", &["cat"])],
        );
        assert_eq!(splits(&dataset), [TRAIN, TRAIN, VAL], "{}", config.0);
        assert_eq!(report.unmatched, ["labels/val/gone.txt"]);
        std::fs::remove_file(set.path(config.0)).unwrap();
    }
}

const BOX: &str = "<bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>";

#[test]
fn odd_voc_files_are_read_for_what_they_say() {
    let set = Set::new();
    let put = |name: &str, picture: &str, xml: String| {
        set.picture(&format!("JPEGImages/{picture}"), name.len() as u8 * 9);
        set.write(&format!("Annotations/{name}.xml"), xml);
    };
    let object = |name: &str| format!("<object><name>{name}</name>{BOX}</object>");
    put(
        "noext",
        "noext.png",
        format!("<annotation><filename>noext</filename>{}</annotation>", object("RBC")),
    );
    put(
        "zero",
        "zero.png",
        format!(
            "<annotation><filename>was.JPG</filename><path>E:\\x\\was.JPG</path><size><width>0</width><height>0</height></size>{}</annotation>",
            object("head")
        ),
    );
    put(
        "part",
        "part.png",
        format!(
            "<annotation><filename>part.png</filename><object><name>person</name><part><name>hand</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>{BOX}</object></annotation>"
        ),
    );
    put(
        "root",
        "root.png",
        format!(
            "<Annotation><filename>root.png</filename>{}</Annotation>",
            object("ship")
        ),
    );
    put(
        "1_2.rgb",
        "1_2.rgb.png",
        format!(
            "<annotation><filename>prefix/1_2.rgb.png</filename>{}</annotation>",
            object("plant")
        ),
    );
    put(
        "neg",
        "neg.png",
        "<annotation><filename>neg.png</filename></annotation>".to_owned(),
    );
    put(
        "ns",
        "ns.png",
        "<annotation verified=\"yes\"><filename>ns.png</filename><object><name> dog </name><bndbox/></object><object><name>ship</name><polygon/></object></annotation>".to_owned(),
    );
    let (dataset, report) = set.import();
    // By the files, because names are what the XML says (`prefix/1_2.rgb.png`).
    let file = |picture: &Picture| picture.path.file_name().unwrap().to_string_lossy().into_owned();
    let files = dataset.pictures.iter().map(file);
    let mut found: Vec<(String, Vec<String>)> = files.zip(labels(&dataset).into_iter().map(|(_, of)| of)).collect();
    found.sort();
    let mut wanted = [
        ("1_2.rgb", "plant"),
        ("neg", ""),
        ("noext", "RBC"),
        ("ns", "dog ship"),
        ("part", "person"),
        ("root", "ship"),
        ("zero", "head"),
    ];
    wanted.sort();
    for ((name, labels), (id, words)) in found.iter().zip(wanted) {
        assert_eq!(*name, format!("{id}.png"));
        let mut labels = labels.clone();
        labels.sort();
        assert_eq!(labels.join(" "), words, "{name}");
    }
    assert_eq!((found.len(), report.needs_look.len()), (7, 0));
    let part = dataset.pictures.iter().find(|p| p.name.contains("part")).unwrap();
    assert_eq!(part.boxes[0].bounds, [1.0, 1.0, 8.0, 7.0]);
}

#[test]
fn encodings_that_xml_declares_are_read_and_others_listed() {
    let set = Set::new();
    let xml = |id: &str, encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<annotation><filename>{id}.png</filename><object><name>\u{8f66}\u{8f86}</name>{BOX}</object></annotation>"
        )
    };
    let utf16 = |text: String, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(bytes))
            .collect::<Vec<u8>>()
    };
    let gbk = |text: String| encoding_rs::GBK.encode(&text).0.into_owned();
    let files = [
        ("u16", utf16(xml("u16", "utf-16"), [0xFF, 0xFE], u16::to_le_bytes)),
        ("u16be", utf16(xml("u16be", "UTF-16"), [0xFE, 0xFF], u16::to_be_bytes)),
        ("bom", format!("\u{feff}{}", xml("bom", "utf-8")).into_bytes()),
        ("gb", gbk(xml("gb", "gb2312"))),
        ("lie", gbk(xml("lie", "utf-8"))),
    ];
    for (i, (id, bytes)) in files.iter().enumerate() {
        set.picture(&format!("JPEGImages/{id}.png"), i as u8)
            .write(&format!("Annotations/{id}.xml"), bytes);
    }
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["\u{8f66}\u{8f86}"]);
    assert_eq!(dataset.pictures.len(), 5);
    for picture in &dataset.pictures {
        let bad = picture.name.starts_with("lie");
        assert_eq!(
            (picture.positives.len(), picture.unknowns.len()),
            if bad { (0, 1) } else { (1, 0) },
            "{}",
            picture.name
        );
    }
    assert!(
        report.needs_look[0].file.ends_with("lie.xml") && report.needs_look[0].line == Some(2),
        "{:?}",
        report.needs_look
    );
    let strict = set.import_as(|r| r.strict = true).unwrap_err();
    assert!(strict.to_string().contains("lie.xml"), "{strict}");
}

#[test]
fn one_bad_file_of_many_is_listed_and_its_labels_are_not_known() {
    let voc = Set::new();
    let yolo = Set::new();
    let bad_voc = [
        "<other/>",
        "no xml at all",
        "",
        "<annotation><object>",
        "<annotation>\u{1}&bad;</annotation",
    ];
    yolo.write("data.yaml", "names: [cat]\ntrain: images\n");
    for i in 0..20 {
        let name = format!("JPEGImages/{i:02}.png");
        voc.picture(&name, i).write(
            &format!("Annotations/{i:02}.xml"),
            format!("<annotation><filename>{i:02}.png</filename><object><name>cat</name>{BOX}</object></annotation>"),
        );
        yolo.picture(&format!("images/{i:02}.png"), i)
            .write(&format!("labels/{i:02}.txt"), "0 0.5 0.5 0.1 0.1\n");
    }
    let unknown = |set: &Set, what: &str| {
        let (dataset, report) = set.import();
        assert_eq!((dataset.pictures.len(), report.needs_look.len()), (20, 1), "{what}");
        let look = &report.needs_look[0];
        assert!(look.file.contains("07") && !look.reason.is_empty(), "{look:?}");
        let bad = dataset.pictures.iter().find(|p| p.name.contains("07")).unwrap();
        assert_eq!(
            (bad.positives.len(), bad.unknowns.len(), bad.boxes.len()),
            (0, 1, 0),
            "{what}"
        );
        assert_eq!(report.annotations, 19, "{what}");
        let strict = set.import_as(|r| r.strict = true).unwrap_err().to_string();
        assert!(strict.contains("07"), "{strict}");
    };
    for bad in bad_voc {
        voc.write("Annotations/07.xml", bad);
        unknown(&voc, bad);
    }
    for bad in [
        "0 0.5 x 0.1 0.1\n",
        "cat 0.5 0.5 0.1 0.1\n",
        "0 0.5\n",
        "3 0.5 0.5 0.1 0.1\n",
        "0 0.5 0.5 0.1 0.1\n\0\u{1}",
    ] {
        yolo.write("labels/07.txt", bad);
        unknown(&yolo, bad);
    }
    for i in [1, 2] {
        voc.write(&format!("Annotations/{i:02}.xml"), "<annotation>");
        yolo.write(&format!("labels/{i:02}.txt"), "0 0.5\n");
    }
    for set in [&voc, &yolo] {
        let error = set.import_as(|_| ()).unwrap_err();
        assert!(
            matches!(&error, DatasetError::ManyUnreadable { files: 20, bad, .. } if bad.len() == 3),
            "{error}"
        );
        assert!(
            error.to_string().contains("01.") && error.to_string().contains("07."),
            "{error}"
        );
    }
}

#[test]
fn a_bad_export_beside_good_ones_is_listed() {
    let cvat = Set::new();
    let studio = Set::new();
    for i in 0..3 {
        cvat.picture(&format!("{i}.png"), i);
        studio.picture(&format!("{i}.png"), i);
        cvat.write(
            &format!("job{i}.xml"),
            format!("<annotations><image name=\"{i}.png\"><tag label=\"cat\"></tag></image></annotations>"),
        );
        let task = json!([{"id": i, "data": {"image": format!("{i}.png")}, "annotations": [{"result": [
            {"type": "choices", "from_name": "c", "value": {"choices": ["cat"]}}]}]}]);
        studio.write(&format!("export{i}.json"), task.to_string());
    }
    for (set, file) in [(&cvat, "job1.xml"), (&studio, "export1.json")] {
        let whole = std::fs::read_to_string(set.path(file)).unwrap();
        for cut in [0, whole.len() / 2, whole.len() - 3] {
            set.write(file, &whole[..cut]);
            match set.import_as(|_| ()) {
                Ok((dataset, report)) => {
                    assert!(
                        report.needs_look.iter().any(|look| look.file.ends_with(file)),
                        "{file} at {cut}: {report:?}"
                    );
                    assert!(dataset.pictures.len() >= 2);
                }
                Err(error) => assert!(error.to_string().contains(file), "{error}"),
            }
        }
    }
}

#[test]
fn label_studio_gives_the_same_as_json_and_as_csv() {
    let set = Set::new();
    for (i, name) in ["a", "b", "c"].iter().enumerate() {
        set.picture(&format!("min/0a1b2c3d-{name}.png"), i as u8);
        set.picture(&format!("csv/0a1b2c3d-{name}.png"), i as u8);
    }
    let record = |id: usize, name: &str, tags: Value| {
        json!({"image": format!("/data/upload/2/0a1b2c3d-{name}.png"), "id": id, "tags": tags, "annotator": 1, "annotation_id": id,
            "created_at": "2024-01-02T03:04:05Z", "lead_time": 3.2})
    };
    let mut last = record(13, "c", Value::Null);
    last.as_object_mut().unwrap().remove("tags");
    set.write(
        "min/min.json",
        json!([
            record(11, "a", json!("cat")),
            record(12, "b", json!({"choices": ["cat", "dog"]})),
            last
        ])
        .to_string(),
    );
    let table = "annotation_id,annotator,created_at,id,image,lead_time,note,tags,updated_at\n\
        5,1,2024-01-02,11,/data/upload/2/0a1b2c3d-a.png,3.2,nice,cat,2024-01-02\n\
        6,1,2024-01-02,12,/data/upload/2/0a1b2c3d-b.png,3.2,,\"{\"\"choices\"\":[\"\"cat\"\",\"\"dog\"\"]}\",2024-01-02\n\
        7,1,2024-01-02,13,/data/upload/2/0a1b2c3d-c.png,1,,,2024-01-02\n";
    set.write("csv/project-35.csv", table);
    for data in ["min", "min/min.json", "csv", "csv/project-35.csv"] {
        let (dataset, report) = bring(&set, data).unwrap();
        is(
            &dataset,
            &[
                ("0a1b2c3d-a.png", &["cat"]),
                ("0a1b2c3d-b.png", &["cat", "dog"]),
                ("0a1b2c3d-c.png", &[]),
            ],
        );
        assert_eq!(dataset.labels, ["cat", "dog"], "{data}");
        assert!(report.unmatched.is_empty());
    }
}
