use crate::dataset::scenes::dataset::{DemoRequest, write_demo, write_novel};
use crate::dataset::scenes::{SceneError, glyphs, plan};
use crate::support::rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// How many pictures show each category, by id from 1.
fn counts(json: &Value) -> Vec<usize> {
    let pairs: BTreeSet<(u64, u64)> = json["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["category_id"].as_u64().unwrap(), a["image_id"].as_u64().unwrap()))
        .collect();
    let mut counts = BTreeMap::new();
    pairs
        .iter()
        .for_each(|(category, _)| *counts.entry(*category).or_insert(0) += 1);
    (1..=json["categories"].as_array().unwrap().len() as u64)
        .map(|id| counts.get(&id).copied().unwrap_or(0))
        .collect()
}

fn groups(counts: &[usize]) -> [usize; 3] {
    let head = counts.iter().filter(|&&n| n >= 100).count();
    let tail = counts.iter().filter(|&&n| n < 20).count();
    [head, counts.len() - head - tail, tail]
}

#[test]
fn the_full_plan_is_a_long_tail_with_company() {
    let counts = plan::long_tail(900).unwrap();
    assert_eq!(groups(&counts), [8, 8, 8]);
    assert!((3..=5).contains(counts.last().unwrap()));
    let dealt = plan::deal(&mut rng::stream(1, "test", 0), &counts, 900).unwrap();
    for (label, &count) in counts.iter().enumerate() {
        assert_eq!(dealt.iter().filter(|labels| labels.contains(&label)).count(), count);
    }
    assert!(
        dealt
            .iter()
            .all(|labels| (1..=5).contains(&labels.len()) && labels.windows(2).all(|w| w[0] < w[1]))
    );
    let tail: Vec<_> = dealt.iter().filter(|labels| labels.iter().any(|&l| l >= 16)).collect();
    let with_head = tail.iter().filter(|labels| labels.iter().any(|&l| l < 8)).count();
    assert!(
        with_head * 10 > tail.len() * 8,
        "{with_head} of {} tail pictures show a head label",
        tail.len()
    );
}

#[test]
fn plans_fit_other_sizes_or_say_why_not() {
    for pictures in [200, 250, 599, 600, 1200] {
        for counts in [plan::long_tail(pictures).unwrap(), plan::balanced(pictures, 24)] {
            let dealt = plan::deal(&mut rng::stream(2, "test", 0), &counts, pictures).unwrap();
            assert!(
                dealt.iter().all(|labels| !labels.is_empty()),
                "{pictures} pictures: one is empty"
            );
            assert_eq!(dealt.iter().map(Vec::len).sum::<usize>(), counts.iter().sum::<usize>());
        }
    }
    assert!(matches!(plan::long_tail(100), Err(SceneError::Request { .. })));
    assert!(plan::deal(&mut rng::stream(2, "test", 0), &[3, 1], 2).is_err());
}

#[test]
fn the_quick_set_is_plain_coco_and_repeats() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let request = DemoRequest {
        test: 48,
        side: 96,
        ..DemoRequest::quick(3)
    };
    let mut steps = Vec::new();
    let report = write_demo(first.path(), &request, &mut |done, total| {
        steps.push((done, total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((steps[0], steps[steps.len() - 1]), ((0, 298), (298, 298)));
    write_demo(second.path(), &request, &mut go_on).unwrap();
    for name in [
        "annotations/instances_train.json",
        "train/train_00007.jpg",
        "test/test_00048.jpg",
    ] {
        let bytes = |root: &Path| std::fs::read(root.join(name)).unwrap();
        assert_eq!(bytes(first.path()), bytes(second.path()), "{name}");
    }
    let train = read(&first.path().join("annotations/instances_train.json"));
    let names: Vec<_> = train["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, report.labels);
    assert_eq!(counts(&train), report.train_counts);
    let [head, _, tail] = groups(&report.train_counts);
    assert!((2..=3).contains(&head) && tail >= 6, "{:?}", report.train_counts);
    let test = read(&first.path().join("annotations/instances_test.json"));
    assert_eq!(counts(&test), report.test_counts);
    for json in [&train, &test] {
        for a in json["annotations"].as_array().unwrap() {
            let b: Vec<u64> = a["bbox"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_u64().unwrap())
                .collect();
            assert!(b[2] > 0 && b[3] > 0 && b[0] + b[2] <= 96 && b[1] + b[3] <= 96, "{a}");
        }
    }
    let picture = image::open(first.path().join("train/train_00001.jpg")).unwrap();
    assert_eq!((picture.width(), picture.height()), (96, 96));
    assert_eq!(std::fs::read_dir(first.path().join("train")).unwrap().count(), 250);
}

#[test]
fn the_novel_set_annotates_novel_labels_only() {
    let folder = tempfile::tempdir().unwrap();
    let report = write_novel(folder.path(), &DemoRequest::quick(3), &mut go_on).unwrap();
    let json = read(&folder.path().join("annotations/instances_test.json"));
    assert_eq!(report.labels, glyphs::names(glyphs::Role::Novel));
    assert_eq!(json["images"].as_array().unwrap().len(), 80);
    assert_eq!(counts(&json), report.test_counts);
    assert!(report.test_counts.iter().all(|&n| n >= 8), "{:?}", report.test_counts);
}

#[test]
fn stopping_leaves_no_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let mut calls = 0;
    let stopped = write_demo(
        folder.path(),
        &DemoRequest {
            side: 64,
            ..DemoRequest::quick(3)
        },
        &mut |_, _| {
            calls += 1;
            if calls == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    );
    assert!(matches!(stopped, Err(SceneError::Cancelled)));
    assert!(!folder.path().join("annotations").exists());
    assert_eq!(std::fs::read_dir(folder.path().join("train")).unwrap().count(), 64);
}

#[test]
fn bad_requests_and_folders_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let small = DemoRequest {
        side: 8,
        ..DemoRequest::quick(0)
    };
    let error = write_demo(folder.path(), &small, &mut go_on).unwrap_err();
    assert!(error.to_string().contains("8 px") && !error.hint().is_empty());
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = write_demo(&file, &DemoRequest::quick(0), &mut go_on).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
}
