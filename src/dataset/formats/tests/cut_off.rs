//! Annotations that are empty, cut off or not what their names say: an error or a line of the report, never a set with fewer labels in
//! silence.

use super::*;
use std::collections::BTreeMap;

/// The labels of pictures by the files' names.
fn labels(dataset: &Dataset) -> BTreeMap<String, Vec<String>> {
    let of = |picture: &crate::dataset::model::Picture| {
        let mut names: Vec<String> = picture
            .positives
            .iter()
            .map(|label| dataset.labels[*label].clone())
            .collect();
        names.sort();
        let file = picture.path.file_name().unwrap().to_string_lossy().into_owned();
        (file, names)
    };
    dataset.pictures.iter().map(of).collect()
}

/// Whether a report tells of something that is missing.
fn tells(report: &ImportReport, before: &ImportReport) -> bool {
    let known: Vec<&str> = codes(before);
    let new = codes(report).into_iter().any(|code| !known.contains(&code));
    new || !report.needs_look.is_empty() || !report.unmatched.is_empty()
}

/// Whether what is left of a file could have been written so, and nothing else in the set says how much there was.
type Hidden = fn(&str, &[u8]) -> bool;

/// Cuts each file of annotations at every 50th byte. Only of what is `hidden` nothing need be told.
fn cut(set: &Set, data: &str, files: &[&str], hidden: Hidden) {
    let data = set.path(data);
    let bring = || set.import_as(|request| request.data = data.clone());
    let (whole, before) = bring().unwrap();
    let wanted = labels(&whole);
    assert!(
        wanted.values().filter(|labels| !labels.is_empty()).count() > 2,
        "a set to lose labels of"
    );
    for file in files {
        let bytes = std::fs::read(set.path(file)).unwrap();
        for at in (0..bytes.len()).step_by(50) {
            set.write(file, &bytes[..at]);
            match bring() {
                Ok((dataset, report)) => {
                    let sorted = |labels: &[String]| labels.iter().cloned().collect::<std::collections::BTreeSet<_>>();
                    let same = labels(&dataset) == wanted && sorted(&dataset.labels) == sorted(&whole.labels);
                    assert!(
                        same || tells(&report, &before) || hidden(file, &bytes[..at]),
                        "{file} cut at {at} of {}: {report:?}",
                        bytes.len()
                    );
                }
                Err(error) => assert!(
                    !error.to_string().is_empty() && !error.hint().is_empty(),
                    "{file} at {at}"
                ),
            }
        }
        set.write(file, &bytes);
    }
    assert_eq!(labels(&bring().unwrap().0), wanted, "the set is whole again");
}

/// Twelve pictures in `folder` with up to three of the labels.
fn dataset(set: &Set, folder: &str) -> Dataset {
    for i in 0..12_u8 {
        set.picture(&format!("{folder}/picture {i:02}.png"), i * 20);
        let label = ["cat", "big dog", "tree, old", "n\u{e9}e"][usize::from(i) % 4];
        set.write(
            &format!("by label/{label}/picture {i:02}.png"),
            std::fs::read(set.path(&format!("{folder}/picture {i:02}.png"))).unwrap(),
        );
    }
    let by_label = set.path("by label");
    let (mut dataset, _) = set
        .import_as(|r| (r.data, r.format) = (by_label.clone(), Format::Folder))
        .unwrap();
    std::fs::remove_dir_all(by_label).unwrap();
    dataset
        .pictures
        .sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()));
    for (i, picture) in dataset.pictures.iter_mut().enumerate() {
        let name = picture.path.file_name().unwrap().to_string_lossy().into_owned();
        picture.path = set.path(&format!("{folder}/{name}"));
        picture.name = format!("{folder}/{name}");
        picture.positives.extend([(i + 1) % 4, (i / 3) % 4]);
        picture.positives.sort_unstable();
        picture.positives.dedup();
        picture.split = Some(Split::ALL[i % 3]);
        let boxed = picture.positives[0];
        picture.boxes.push(crate::dataset::model::BoxAnnotation {
            label: boxed,
            bounds: [1.0, 1.0, 8.0, 6.0],
        });
    }
    dataset
}

/// Writes the set as `format`, and returns the files of annotations in it.
fn written(format: Format, change: impl FnOnce(&mut ExportRequest)) -> (Set, Vec<String>) {
    let set = Set::new();
    let dataset = dataset(&set, "source");
    let out = set.path("set");
    export_as(&dataset, format, &out, |request| {
        request.pictures = Some(PicturesAs::Copies);
        change(request);
    })
    .unwrap();
    let walked =
        crate::dataset::files::walk_with(&out, &|path| !crate::dataset::files::is_picture_name(path), &mut |_| {
            ControlFlow::Continue(())
        });
    let root = set.0.path().to_path_buf();
    let files = walked.unwrap().files;
    let files = files
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap().display().to_string());
    (set, files.collect())
}

fn cut_all(format: Format, change: impl FnOnce(&mut ExportRequest)) {
    cut_all_but(format, change, |_, _| false);
}

fn cut_all_but(format: Format, change: impl FnOnce(&mut ExportRequest), hidden: Hidden) {
    let (set, files) = written(format, change);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert!(!files.is_empty());
    cut(&set, "set", &files, hidden);
}

#[test]
fn a_cut_off_coco_file_is_told() {
    cut_all(Format::Coco, |_| ());
}

#[test]
fn a_cut_off_table_is_told() {
    for shape in [TableShape::Wide, TableShape::Joined, TableShape::Long] {
        cut_all(Format::Csv, |request| request.table = shape);
    }
}

#[test]
fn cut_off_lists_are_told() {
    let set = Set::new();
    let mut lines = String::new();
    for i in 0..12_u8 {
        set.picture(&format!("set/pictures/number {i:02}.png"), i * 20);
        lines.push_str(&format!("pictures/number {i:02}.png {} {}\n", i % 4, (i + 1) % 4));
    }
    set.write("set/train.txt", lines).write(
        "set/labels.txt",
        "cat 0\nbig dog 1\ntree with old leaves 2\nand a rather long name 3\n",
    );
    cut(&set, "set", &["set/train.txt", "set/labels.txt"], |_, _| false);
}

#[test]
fn a_cut_off_cvat_file_is_told() {
    cut_all(Format::Cvat, |_| ());
}

#[test]
fn a_cut_off_label_studio_file_is_told() {
    cut_all(Format::LabelStudio, |_| ());
}

#[test]
fn cut_off_voc_files_are_told() {
    cut_all(Format::Voc, |_| ());
}

#[test]
fn cut_off_yolo_files_are_told() {
    // A label file has neither an end nor a number of lines, so one that is cut between two lines, or in the last number of a line, is
    // a label file like any other. All other cuts, also those that leave nothing, must be told.
    cut_all_but(
        Format::Yolo,
        |_| (),
        |file, left| {
            let text = std::str::from_utf8(left).unwrap();
            let good = |line: &str| {
                let words: Vec<&str> = line.split(' ').collect();
                let class = words[0].parse::<usize>().is_ok_and(|class| class < 4);
                class && matches!(words.len(), 1 | 5) && words[1..].iter().all(|word| word.parse::<f64>().is_ok())
            };
            file.starts_with("set/labels/") && !text.is_empty() && text.lines().all(good)
        },
    );
}

#[test]
fn what_nobody_can_read_is_an_error_that_names_it() {
    let broken: [(&str, &[u8], &str); 14] = [
        ("t.csv", b"filename,labels\n1.png,cat,extra\n", "t.csv, line 2"),
        (
            "t.csv",
            b"filename,labels\n1.png,\"cat\n2.png,dog\n",
            "t.csv, line 2: the quote that opens here is never closed",
        ),
        (
            "t.csv",
            b"filename,labels\n1.png,\"cat\n2.png,dog\n3.png,\"bird\"\n",
            "t.csv, line 2",
        ),
        ("t.csv", b"filename,labels\n1.png,\"cat\n2.png,dog\"\n", "t.csv, line 2"),
        ("t.csv", b"", "t.csv"),
        ("t.csv", b"\x7fELF\x01\0\0\0\0\0\0\0", "t.csv"),
        ("annotations/instances_train2017.json", b"", "instances_train2017.json"),
        (
            "annotations/instances_train2017.json",
            b"{\"images\": [{\"id\": 1",
            "instances_train2017.json, line 1",
        ),
        ("x.json", b"[1, 2", "x.json, line 1"),
        ("x.xml", b"<a>\n<b></a>", "x.xml, line 2"),
        ("x.xml", b"", "x.xml"),
        ("x.yaml", b"a: [1\nb: 2\n", "x.yaml"),
        ("labels.txt", b"", "labels.txt"),
        ("train.txt", b"\0\x01\x02\0\0", "train.txt"),
    ];
    for (name, bytes, words) in broken {
        let set = Set::new();
        for i in 1..4 {
            set.picture(&format!("{i}.png"), i);
        }
        set.write(name, bytes);
        let error = set.import_as(|_| ()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        // By choice the pictures come alone, and the report says which file was left out.
        let (dataset, report) = set.import_as(|r| r.format = Format::Folder).unwrap();
        assert_eq!(dataset.pictures.len(), 3);
        let told = report.warnings.iter().find(|w| w.code == "not-read").unwrap();
        assert!(
            told.file.as_ref().unwrap().ends_with(name) && codes(&report).contains(&"no-labels"),
            "{told:?}"
        );
    }
    let deep = Set::new();
    deep.picture("1.png", 1).write("x.json", "[".repeat(100_000));
    let error = deep.import_as(|_| ()).unwrap_err().to_string();
    assert!(error.contains("x.json") && error.contains("512"), "{error}");
}

#[test]
fn a_file_that_is_not_understood_is_named_and_notes_are_no_trouble() {
    let set = Set::new();
    set.picture("1.png", 1)
        .write("README.txt", "some words\n")
        .write("labels.json", "{\"1.png\": [\"cat\"]}");
    let error = set.import_as(|_| ()).unwrap_err().to_string();
    assert!(error.contains("labels.json") && error.contains("\"folder\""), "{error}");
    let (dataset, report) = set.import_as(|r| r.format = Format::Folder).unwrap();
    assert_eq!(
        (dataset.pictures.len(), codes(&report).contains(&"not-understood")),
        (1, true)
    );
    // Where folders give labels it is told, and no more.
    set.picture("cat/2.png", 2);
    let (dataset, report) = set.import();
    assert_eq!(dataset.labels, ["cat"]);
    let told = report.warnings.iter().find(|w| w.code == "not-understood").unwrap();
    assert!(told.file.as_ref().unwrap().ends_with("labels.json"), "{told:?}");
}

#[test]
fn names_that_could_be_several_are_listed_with_them() {
    let set = Set::new();
    set.picture("img.png", 1).picture("Img.png", 2);
    if std::fs::read_dir(set.0.path()).unwrap().count() < 2 {
        return; // Case does not count on this disk.
    }
    set.write("t.csv", "filename,label\nIMG.png,cat\n");
    for data in ["", "t.csv"] {
        let data = set.path(data);
        let error = set.import_as(|r| r.data = data).unwrap_err().to_string();
        assert!(error.contains("IMG.png could be Img.png or img.png"), "{error}");
    }
    set.picture("other.png", 3)
        .write("t.csv", "filename,label\nIMG.png,cat\nother.png,dog\n");
    let (dataset, report) = set.import();
    assert_eq!((dataset.pictures.len(), report.unmatched.len()), (1, 0));
    assert!(
        report
            .warnings
            .iter()
            .any(|w| w.message.contains("IMG.png could be Img.png or img.png")),
        "{report:?}"
    );
}

#[cfg(unix)]
#[test]
fn pictures_that_are_not_read_are_listed_whatever_names_them() {
    let set = Set::new();
    set.picture("cat/1.png", 1)
        .write("cat/2.avif", b"x")
        .write("cat/3.svg", b"x");
    let pipe = set.path("cat/4.png");
    if !std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .is_ok_and(|s| s.success())
    {
        return; // No such program here.
    }
    let (_, report) = set.import();
    let files: Vec<&str> = report
        .left_out
        .iter()
        .map(|q| q.file.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(files, ["2.avif", "3.svg", "4.png"]);
    set.write("t.csv", "filename,label\ncat/1.png,cat\n");
    let (_, report) = set.import();
    let files: Vec<&str> = report
        .left_out
        .iter()
        .map(|q| q.file.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(
        files,
        ["2.avif", "3.svg"],
        "what lies beside the pictures that a table names"
    );
}
