//! The frame of every export: whole or not at all, never onto something of the user's, never into a picture.

use super::*;
use crate::dataset::model::{Picture, Warning};

/// Two pictures in `data`, one of them in a folder.
fn data(set: &Set) -> Dataset {
    set.picture("data/a.png", 1)
        .picture("data/x/b.png", 2)
        .write("data/labels.csv", "filename,labels\na.png,cat\nx/b.png,dog|cat\n");
    let data = set.path("data");
    set.import_as(|r| r.data = data).unwrap().0
}

/// All that a folder holds, as names.
fn all(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_taken_place_is_left_alone() {
    let set = Set::new();
    let dataset = data(&set);
    set.write("full/mine.txt", "mine").write("file.csv", "mine");
    std::fs::create_dir(set.path("empty")).unwrap();
    let to = |name: &str, format: Format| export_as(&dataset, format, &set.path(name), |_| ());
    assert!(matches!(to("full", Format::Coco), Err(DatasetError::Exists { .. })));
    assert!(matches!(to("file.csv", Format::Csv), Err(DatasetError::Exists { .. })));
    assert!(matches!(to("file.csv", Format::Coco), Err(DatasetError::Exists { .. })));
    assert_eq!(std::fs::read(set.path("file.csv")).unwrap(), b"mine");
    to("empty", Format::Folder).unwrap();
    assert_eq!(all(&set.path("empty")), ["cat", "dog"]);
    to("new/deep/folder", Format::Csv).unwrap();
    assert_eq!(all(&set.path("new/deep/folder")), ["labels.csv"]);
    assert_eq!(
        all(set.0.path()),
        ["data", "empty", "file.csv", "full", "new"],
        "nothing temporary is left"
    );
}

#[test]
fn what_is_replaced_is_replaced_whole() {
    let set = Set::new();
    let dataset = data(&set);
    set.write("old/deep/mine.txt", "mine").write("old.json", "mine");
    let to = |name: &str, format: Format| export_as(&dataset, format, &set.path(name), |r| r.replace = true);
    to("old", Format::List).unwrap();
    assert_eq!(all(&set.path("old")), ["labels.txt", "list.txt"]);
    to("old.json", Format::Coco).unwrap();
    assert!(
        std::fs::read_to_string(set.path("old.json"))
            .unwrap()
            .starts_with("{\"info\"")
    );
    to("old", Format::Folder).unwrap();
    assert_eq!(all(&set.path("old")), ["cat", "dog"]);
    // A folder is not replaced by one file, which nobody means.
    set.write("odd.csv/mine.txt", "mine");
    assert!(matches!(
        to("odd.csv", Format::Csv),
        Err(DatasetError::NotReplaced { .. })
    ));
    assert_eq!(all(&set.path("odd.csv")), ["mine.txt"]);
    assert_eq!(all(set.0.path()), ["data", "odd.csv", "old", "old.json"]);
}

#[test]
fn pictures_of_the_data_are_never_replaced() {
    let set = Set::new();
    let dataset = data(&set);
    for out in ["data", "data/x", ".", "data/a.png"] {
        let error = export_as(&dataset, Format::Folder, &set.path(out), |r| r.replace = true).unwrap_err();
        assert!(matches!(error, DatasetError::NotReplaced { .. }), "{out}: {error}");
    }
    assert_eq!(all(&set.path("data")), ["a.png", "labels.csv", "x"]);
    let below = export_as(&dataset, Format::Folder, &set.path("data/out"), |_| ()).unwrap();
    assert_eq!(below.warnings[0].code, "inside", "{below:?}");
    let beside = export_as(&dataset, Format::Csv, &set.path("data/again.csv"), |_| ()).unwrap();
    assert!(beside.warnings.is_empty(), "{beside:?}");
}

#[cfg(unix)]
#[test]
fn links_at_the_place_go_and_their_targets_stay() {
    use std::os::unix::fs::symlink;
    let set = Set::new();
    let dataset = data(&set);
    set.write("theirs/mine.txt", "mine").write("theirs.csv", "mine");
    std::fs::create_dir(set.path("bare")).unwrap();
    for (target, link) in [
        ("theirs", "a"),
        ("bare", "b"),
        ("gone", "c"),
        ("theirs.csv", "d.csv"),
        ("data", "e"),
    ] {
        symlink(set.path(target), set.path(link)).unwrap();
        let to = |replace: bool| {
            let format = if link == "d.csv" { Format::Csv } else { Format::Folder };
            export_as(&dataset, format, &set.path(link), |r| r.replace = replace)
        };
        assert!(matches!(to(false), Err(DatasetError::Exists { .. })), "{link}");
        to(true).unwrap();
        assert!(!set.path(link).symlink_metadata().unwrap().is_symlink(), "{link}");
    }
    assert_eq!(
        (all(&set.path("theirs")), all(&set.path("bare")).len()),
        (vec!["mine.txt".to_owned()], 0)
    );
    assert_eq!(std::fs::read(set.path("theirs.csv")).unwrap(), b"mine");
    assert_eq!(all(&set.path("data")), ["a.png", "labels.csv", "x"]);
}

// FAULTS 60.
#[test]
fn a_stopped_or_failed_export_leaves_nothing() {
    let set = Set::new();
    let dataset = data(&set);
    set.write("old/mine.txt", "mine");
    let mut broken = dataset.clone();
    broken.pictures[1].path = set.path("data/gone.png");
    for format in [Format::Coco, Format::Csv, Format::List, Format::Folder] {
        for stop in 1..=3 {
            for (out, replace) in [("new/deep/out", false), ("old", true)] {
                let request = ExportRequest {
                    pictures: Some(PicturesAs::Copies),
                    replace,
                    ..ExportRequest::new(format, &set.path(out))
                };
                let mut calls = 0;
                let stopped = export(&dataset, &request, &mut |_, _| {
                    calls += 1;
                    if calls == stop {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                });
                assert!(
                    matches!(stopped, Err(DatasetError::Cancelled)),
                    "{format} {stop}: {stopped:?}"
                );
                let failed = export(&broken, &request, &mut on);
                assert!(matches!(failed, Err(DatasetError::Io { .. })), "{format}: {failed:?}");
            }
        }
        assert_eq!(all(set.0.path()), ["data", "old"], "{format}");
        assert_eq!(all(&set.path("old")), ["mine.txt"], "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let set = Set::new();
    let dataset = data(&set);
    // Nobody can make folders there, not even root.
    for out in ["/proc/patchlight-export", "/proc/self/patchlight/export"] {
        let error = export_as(&dataset, Format::Coco, Path::new(out), |_| ()).unwrap_err();
        assert!(matches!(error, DatasetError::Io { .. }), "{error}");
    }
    let below_a_file = set.path("data/a.png/out");
    assert!(matches!(
        export_as(&dataset, Format::Coco, &below_a_file, |_| ()),
        Err(DatasetError::Io { .. })
    ));
}

#[test]
fn pictures_come_along_without_falling_on_each_other() {
    let set = Set::new();
    set.picture("1/a.png", 1)
        .picture("2/a.png", 2)
        .picture("3/A.png", 3)
        .picture("4/b", 4)
        .picture("5/c.png", 5);
    let picture = |path: &str, name: &str| Picture {
        path: set.path(path),
        name: name.to_owned(),
        width: 20,
        height: 10,
        split: None,
        positives: vec![],
        negatives: vec![],
        unknowns: vec![],
        boxes: vec![],
    };
    let dataset = Dataset {
        pictures: vec![
            picture("1/a.png", "a.png"),
            picture("2/a.png", "../a.png"),
            picture("3/A.png", "/A.png"),
            picture("4/b", "b"),
            picture("5/c.png", "b/c.png"),
            picture("5/c.png", ".."),
        ],
        ..Dataset::default()
    };
    for (kind, links) in [(PicturesAs::Links, true), (PicturesAs::Copies, false)] {
        let out = set.path(if links { "links" } else { "copies" });
        export_as(&dataset, Format::List, &out, |r| r.pictures = Some(kind)).unwrap();
        let list = std::fs::read_to_string(out.join("list.txt")).unwrap();
        let wanted =
            ["a.png", "a (2).png", "A (3).png", "b", "b (2)/c.png", "picture"].map(|name| format!("images/{name}"));
        assert_eq!(list.lines().collect::<Vec<_>>(), wanted);
        for (line, picture) in list.lines().zip(&dataset.pictures) {
            assert_eq!(
                std::fs::read(out.join(line)).unwrap(),
                std::fs::read(&picture.path).unwrap()
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt;
                let same = out.join(line).metadata().unwrap().ino() == picture.path.metadata().unwrap().ino();
                assert_eq!(same, links, "{line}");
            }
        }
    }
    let report = export_as(&dataset, Format::List, &set.path("named"), |_| ()).unwrap();
    assert!(report.warnings.iter().any(|w| w.code == "names"), "{report:?}");
}

// FAULTS 34: an empty set is blocked with the reason.
#[test]
fn data_that_no_format_can_say_are_refused() {
    let set = Set::new();
    let good = data(&set);
    let refused = |change: &dyn Fn(&mut Dataset), words: &str| {
        let mut dataset = good.clone();
        change(&mut dataset);
        for format in [Format::Coco, Format::Csv, Format::List, Format::Folder] {
            let error = export_as(&dataset, format, &set.path("out"), |_| ())
                .unwrap_err()
                .to_string();
            assert!(error.contains(words) && !set.path("out").exists(), "{error}");
        }
    };
    refused(&|d| d.pictures.clear(), "nothing to write");
    refused(&|d| d.labels[1] = d.labels[0].clone(), "two labels");
    refused(&|d| d.pictures[1].name = d.pictures[0].name.clone(), "two pictures");
    refused(&|d| d.pictures[1].unknowns.push(7), "label 7");
    for format in [Format::Auto, Format::Project] {
        assert!(export_as(&good, format, &set.path("out"), |_| ()).is_err());
    }
}

#[test]
fn a_file_that_is_no_picture_is_not_given_away_with_the_pictures() {
    let set = Set::new();
    let mut dataset = data(&set);
    // As a project that came from elsewhere may name them.
    set.write("home/key", "-----BEGIN PRIVATE KEY-----");
    let secrets = [set.path("home/key"), "/etc/passwd".into(), set.path("home")];
    for (i, path) in secrets.iter().enumerate().filter(|(_, path)| path.exists()) {
        dataset.pictures.push(Picture {
            name: format!("{i}.jpg"),
            path: path.clone(),
            ..dataset.pictures[0].clone()
        });
    }
    let named = dataset.pictures.len();
    for (i, format) in [Format::Coco, Format::Csv, Format::Folder, Format::List]
        .into_iter()
        .enumerate()
    {
        for pictures in [PicturesAs::Copies, PicturesAs::Links] {
            let out = set.path(&format!("out-{i}-{pictures:?}"));
            let report = export_as(&dataset, format, &out, |r| r.pictures = Some(pictures)).unwrap();
            assert_eq!(report.images, 2, "{format}");
            let refused: Vec<&Warning> = report.warnings.iter().filter(|w| w.code == "refused").collect();
            assert_eq!(refused.len(), named - 2, "{format}: {refused:?}");
            let key = refused
                .iter()
                .find(|w| w.file.as_ref().is_some_and(|file| file.ends_with("key")));
            assert!(key.unwrap().message.starts_with("left out: "), "{refused:?}");
            let walked = crate::dataset::files::walk(&out, &mut |_| ControlFlow::Continue(())).unwrap();
            assert!(walked.pictures.len() >= 2, "{format}: the pictures came along");
            for path in walked.pictures {
                let bytes = std::fs::read(&path).unwrap();
                assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
            }
        }
    }
    dataset.pictures.drain(..2);
    let alone = export_as(&dataset, Format::Coco, &set.path("alone"), |r| {
        r.pictures = Some(PicturesAs::Copies)
    });
    assert!(matches!(alone, Err(DatasetError::NoneReadable { .. })));
    assert!(!set.path("alone").exists());
}
