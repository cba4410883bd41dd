//! Both stages follow the PyTorch reference from the command line: losses, rates, calibration, metrics, scores.

use crate::support::{arg, fixture, json, paired, run, tensors, training_project};
use patchlight::dataset::decode::{Limits, decode};
use patchlight::dataset::preprocess::{Mode, Preprocess};
use serde_json::Value;

/// `key=value` of every setting.
fn settings(common: &Value, own: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut all: Vec<String> = ["shuffle=false", "augment=false", "precision=f32"]
        .map(str::to_owned)
        .to_vec();
    for table in [common, own] {
        all.extend(
            table
                .as_object()
                .unwrap()
                .iter()
                .map(|(k, v)| format!("{k}={}", text(v))),
        );
    }
    all
}

fn near(what: &str, found: &Value, wanted: &Value, relative: f64, absolute: f64) {
    let (a, b) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
    assert!(
        (a - b).abs() <= absolute + relative * b.abs(),
        "{what}: {a} against {b}"
    );
}

fn check_run(name: &str) {
    let expected = json("training/expected.json");
    let wanted = &expected["runs"][name];
    let (_folder, project) = training_project();
    let sets = settings(&expected["settings"], &wanted["set"]);
    let set: Vec<&str> = sets.iter().flat_map(|s| ["--set", s.as_str()]).collect();
    let stages: Vec<u64> = wanted["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_u64().unwrap())
        .collect();
    let stage = match stages.as_slice() {
        [1, 2] => "both",
        [2] => "2",
        _ => panic!("{stages:?}"),
    };
    let said = run(&[
        &["train", arg(&project), "--stage", stage, "--log-every", "1"][..],
        &set,
    ]
    .concat())
    .well();
    let runs = said.of("run");
    for (stage, report) in paired(&stages, wanted["reports"].as_array().unwrap()) {
        let id = runs.iter().find(|r| r["stage"] == *stage).unwrap()["run"]
            .as_str()
            .unwrap();
        let steps: Vec<&Value> = said.of("step").into_iter().filter(|s| s["stage"] == *stage).collect();
        let reference = report["steps"].as_array().unwrap();
        assert!(
            (steps.len() >= 8 || name == "short_batch") && steps.len() == reference.len(),
            "{name}: {} steps",
            steps.len()
        );
        for (found, wanted) in paired(steps, reference) {
            let at = format!("{name} stage {stage} step {}", wanted["step"]);
            assert_eq!(found["step"], wanted["step"], "{at}");
            assert_eq!(found["epoch"], wanted["epoch"], "{at}");
            near(&format!("{at} loss"), &found["loss"], &wanted["loss"], 0.01, 1e-5);
            near(&format!("{at} cls"), &found["cls"], &wanted["cls"], 0.01, 1e-5);
            let extra = if *stage == 1 { "kd" } else { "sc" };
            near(&format!("{at} {extra}"), &found[extra], &wanted[extra], 0.01, 2e-5);
            near(&format!("{at} lr"), &found["lr"], &wanted["lr"], 1e-9, 1e-15);
        }
        let maps: Vec<&Value> = said.of("epoch").into_iter().filter(|e| e["stage"] == *stage).collect();
        for (found, wanted) in paired(maps, report["epoch_map"].as_array().unwrap()) {
            near(
                &format!("{name} epoch {}", found["epoch"]),
                &found["map"]["total"],
                wanted,
                0.0,
                0.2,
            );
        }
        check_metrics(name, &project, id, &[], &report["val"], &expected["labels"]);
    }
}

fn check_metrics(name: &str, project: &std::path::Path, id: &str, set: &[&str], wanted: &Value, labels: &Value) {
    let csv = project.parent().unwrap().join(format!("{id}.csv"));
    let arguments = [
        "evaluate",
        arg(project),
        "--run",
        id,
        "--split",
        "val",
        "--scores",
        arg(&csv),
    ];
    let said = run(&[&arguments[..], set].concat()).well();
    let metrics = said.one("metrics");
    near(
        &format!("{name} {id} mAP"),
        &metrics["map"]["total"],
        &wanted["map"],
        0.0,
        0.2,
    );
    for (found, wanted) in paired(
        metrics["per_class"].as_array().unwrap(),
        wanted["per_class"].as_array().unwrap(),
    ) {
        if wanted.is_null() {
            assert!(found["ap"].is_null());
        } else {
            near(
                &format!("{name} {id} AP of {}", found["label"]),
                &found["ap"],
                wanted,
                0.0,
                0.2,
            );
        }
    }
    let text = std::fs::read_to_string(csv).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("image,label,score,global,local,truth"));
    let classes = labels.as_array().unwrap().len();
    let rows: Vec<&Value> = wanted["scores"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|r| r.as_array().unwrap())
        .collect();
    let mut count = 0;
    for (i, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[1], labels[i % classes]);
        let score: f64 = fields[2].parse().unwrap();
        near(&format!("{name} {id} score {i}"), &score.into(), rows[i], 0.0, 2e-3);
        count += 1;
    }
    assert_eq!(count, rows.len());
}

macro_rules! trajectories {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check_run(stringify!($name));
        }
    )*};
}

trajectories!(both both_per_class both_rarity both_pad both_crop_value stage_2_alone short_batch second_parameters bce_cosine asl);

#[test]
fn zero_shot() {
    let expected = json("training/expected.json");
    let (_folder, project) = training_project();
    for (name, set) in [
        ("zero_shot", &[][..]),
        ("zero_shot_pad", &["--set", "preprocess=pad"][..]),
    ] {
        check_metrics(
            name,
            &project,
            "zero-shot",
            set,
            &expected["runs"][name]["reports"][0]["val"],
            &expected["labels"],
        );
    }
}

#[test]
fn pixels_equal_pillow() {
    let expected = tensors("training/pixels.safetensors");
    for (mode, key) in [(Mode::Stretch, "stretch"), (Mode::Crop, "crop"), (Mode::Pad, "pad")] {
        let preprocess = Preprocess {
            mode,
            size: 32,
            mean: [0.45, 0.5, 0.55],
            std: [0.25, 0.3, 0.2],
        };
        for (i, name) in ["train_00", "train_02", "train_04"].iter().enumerate() {
            let picture = decode(&fixture(&format!("training/data/train/{name}.png")), &Limits::default()).unwrap();
            let found = preprocess.apply(&picture.rgb);
            let wanted = &expected[key].data[i * 3 * 32 * 32..(i + 1) * 3 * 32 * 32];
            // One 8-bit level is 1/255/0.2.
            crate::support::close(&format!("{name} {key}"), &found, wanted, 1.0 / 255.0 / 0.2 + 1e-5);
            let off = found.iter().zip(wanted).filter(|(a, b)| (*a - *b).abs() > 1e-4).count();
            assert!(
                off * 50 < found.len(),
                "{name} {key}: {off} of {} values are a level off",
                found.len()
            );
        }
    }
}
