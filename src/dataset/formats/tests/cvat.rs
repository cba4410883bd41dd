//! CVAT's XML.

use super::*;
use crate::dataset::model::{BoxAnnotation, Picture};

const META: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      \
    <id>4</id>\n      <name>birds &amp; bees</name>\n      <labels>\n        <label>\n          <name>person</name>\n          \
    <color>#c06060</color>\n          <type>skeleton</type>\n          <attributes>\n            <attribute><name>age</name>\
    </attribute>\n          </attributes>\n        </label>\n        <label><name>nose</name><type>points</type>\
    <parent>person</parent></label>\n        <label><name>unused</name><type>tag</type></label>\n      </labels>\n      \
    <owner><username>me</username></owner>\n    </task>\n    <dumped>2024-01-01</dumped>\n  </meta>\n";

fn file(images: &str) -> String {
    format!("{META}{images}</annotations>\n")
}

#[test]
fn tags_and_all_shapes_are_read() {
    let set = Set::new();
    set.picture("images/Train/a.png", 1)
        .picture("images/Validation/a.png", 2);
    set.write(
        "annotations.xml",
        file(
            r#"<image id="0" name="a.png" subset="Train" task_id="4" width="20" height="10">
                <tag label="sunny &lt;3" source="manual"><attribute name="age">3</attribute></tag>
                <box label="car" source="manual" occluded="0" xtl="1.50" ytl="2.00" xbr="4.50" ybr="6.00" z_order="0"></box>
                <box label="car" occluded="0" xtl="6" ytl="4" xbr="14" ybr="6" rotation="90.0"/>
                <polygon label="tree" points="1.0,2.0;5.0,2.0;3.0,8.0"/>
                <polyline label="line" points="1,1;3,4"/>
                <ellipse label="egg" cx="10" cy="5" rx="4" ry="2"/>
                <mask label="blob" rle="1,2,3" left="2" top="3" width="4" height="5"/>
                <cuboid label="crate" xtl1="1" ytl1="1" xbl1="1" ybl1="5" xtr1="4" ytr1="1" xbr1="4" ybr1="5"
                    xtl2="2" ytl2="0" xbl2="2" ybl2="4" xtr2="6" ytr2="0" xbr2="6" ybr2="4"/>
                <skeleton label="person"><points label="nose" points="3,3" outside="0"/></skeleton>
                <box xtl="1" ytl="1" xbr="2" ybr="2"/>
            </image>
            <image id="1" name="a.png" subset="Validation" width="20" height="10">
            </image>"#,
        ),
    );
    let (dataset, report) = set.import();
    let labels = [
        "person", "unused", "sunny <3", "car", "tree", "line", "egg", "blob", "crate",
    ];
    assert_eq!(dataset.labels, labels, "parts of skeletons are no labels");
    assert_eq!(names(&dataset), ["images/Train/a.png", "images/Validation/a.png"]);
    let [train, val] = &dataset.pictures[..] else { panic!() };
    assert_eq!((train.split, val.split), (Some(Split::Train), Some(Split::Val)));
    assert_eq!((train.positives.len(), val.positives.len()), (8, 0));
    let bounds: Vec<[f32; 4]> = train
        .boxes
        .iter()
        .map(|b| b.bounds.map(|v| (v * 100.0).round() / 100.0))
        .collect();
    let expected = [
        [1.5, 2.0, 3.0, 4.0],
        [9.0, 1.0, 2.0, 8.0],
        [1.0, 2.0, 4.0, 6.0],
        [1.0, 1.0, 2.0, 3.0],
        [6.0, 3.0, 8.0, 4.0],
        [2.0, 3.0, 4.0, 5.0],
        [1.0, 0.0, 5.0, 5.0],
    ];
    assert_eq!(bounds, expected);
    assert_eq!(codes(&report), ["no-name", "rotated"]);
}

#[test]
fn missing_outside_and_repeated_pictures_are_told() {
    let outer = Set::new();
    outer
        .picture("secret.png", 9)
        .picture("in/train/a.png", 1)
        .picture("in/b.png", 2);
    let image = |name: &str, inner: &str| format!("<image id=\"0\" name=\"{name}\">{inner}</image>");
    let images = [
        image("train/a.png", "<tag label=\"x\"/>"),
        image("../secret.png", ""),
        image("gone.png", ""),
        image("", ""),
        image("b.png", "<tag label=\"x\"/>"),
        image("b.png", "<tag label=\"y\"/>"),
    ];
    outer.write(
        "in/export.xml",
        file(&format!(
            "{}<track id=\"0\" label=\"v\"><box/></track>",
            images.join("\n")
        )),
    );
    let (dataset, report) = outer.import_as(|r| r.data.push("in")).unwrap();
    assert_eq!(
        dataset.pictures[0].split,
        Some(Split::Train),
        "from the folder in the name"
    );
    assert_eq!(states(&dataset, "b.png")[0], ["x", "y"]);
    assert_eq!(report.unmatched, ["../secret.png", "gone.png"]);
    assert_eq!(codes(&report), ["repeated", "no-file-name", "tracks", "path-refused"]);
}

#[test]
fn broken_files_name_the_line() {
    let set = Set::new();
    set.picture("a.png", 1);
    let deep = format!("<annotations>{}", "<a>".repeat(100));
    for (text, line) in [
        ("<annotations>\n<image name='a.png'>\n</annotations>".to_owned(), 3),
        ("<annotations>\n<image name='&x;'/>\n</annotations>".to_owned(), 2),
        (deep, 1),
        ("<html>\n</html>".to_owned(), 1),
    ] {
        set.write("x.xml", text);
        let file = set.path("x.xml");
        let error = set
            .import_as(|r| (r.data, r.format) = (file, Format::Cvat))
            .unwrap_err();
        assert!(
            matches!(error, DatasetError::Parse { line: Some(l), .. } if l == line),
            "{error}"
        );
    }
    set.write(
        "x.xml",
        file("<track id=\"0\" label=\"car\"><box frame=\"0\"/></track>"),
    );
    let error = set.import_as(|_| {}).unwrap_err();
    assert!(error.to_string().contains("CVAT for video"), "{error}");
    std::fs::remove_file(set.path("x.xml")).unwrap();
    assert!(matches!(
        set.import_as(|r| r.format = Format::Cvat),
        Err(DatasetError::Layout { .. })
    ));
}

#[test]
fn an_export_can_be_one_file_and_tells_what_it_loses() {
    let set = Set::new();
    set.picture("a.png", 1);
    let mut dataset = Dataset {
        labels: vec!["cat".to_owned(), "dog".to_owned(), "owl".to_owned()],
        pictures: vec![Picture {
            path: set.path("a.png"),
            name: "a.png".to_owned(),
            width: 20,
            height: 10,
            split: None,
            positives: vec![0],
            negatives: vec![1],
            unknowns: vec![2],
            boxes: vec![BoxAnnotation {
                label: 1,
                bounds: [0.0, 0.0, 1.0, 1.0],
            }],
        }],
        ..Dataset::default()
    };
    let report = export_to(&set.path("cvat.xml"), &dataset, Format::Cvat, |_| {}).unwrap();
    assert_eq!((report.files, report.annotations), (1, 1));
    let codes: Vec<&str> = report.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["negatives-lost", "unknowns-lost", "boxes-lost"]);
    let (read, _) = import_from(&set.path("cvat.xml")).unwrap();
    assert_eq!(
        (states(&read, "a.png"), read.labels.len()),
        ([vec!["cat"], vec![], vec![]], 3)
    );
    dataset.labels[0] = "bell\u{7}".to_owned();
    let error = export_to(&set.path("no.xml"), &dataset, Format::Cvat, |_| {}).unwrap_err();
    assert!(
        matches!(error, DatasetError::Inexpressible { .. }) && !set.path("no.xml").exists(),
        "{error}"
    );
}
