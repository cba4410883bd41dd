//! Pictures that get their labels: the same numbers as `score`, taggers as files, a thousand mixed pictures, a batch that is killed.

use crate::support::*;
use patchlight::compute::DeviceChoice;
use patchlight::engine::request::{PredictRequest, Request};
use patchlight::engine::{Context, jobs};
use patchlight::project::Project;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;

/// Probability of each label by picture, as `tag --evidence` tells.
fn probabilities(said: &Said) -> BTreeMap<String, Vec<f32>> {
    let of = |event: &&Value| {
        let numbers = event["evidence"]["probability"].as_array().unwrap();
        let numbers = numbers.iter().map(|p| p.as_f64().unwrap() as f32).collect();
        (event["image"].as_str().unwrap().to_owned(), numbers)
    };
    said.of("tags").iter().map(of).collect()
}

#[test]
fn an_untrained_clip_tags_as_it_scores() {
    let (tiny, pictures) = (fixture("checkpoints/tiny"), fixture("scores"));
    let picture = pictures.join("turned.jpg");
    let by = ["--model", arg(&tiny), "--labels", "dog,cat,traffic light"];
    let scored = run(&[&["score"], &by[..], &[arg(&picture)]].concat()).well();
    let tagged = run(&[&["tag"], &by[..], &["--evidence", arg(&picture)]].concat()).well();
    let (score, tags) = (scored.one("score"), tagged.one("tags"));
    for (i, label) in score["labels"].as_array().unwrap().iter().enumerate() {
        let said = tags["evidence"]["probability"][i].as_f64().unwrap();
        let expected = label["probability"].as_f64().unwrap();
        assert!((said - expected).abs() < 1e-5, "{label}: {said}");
        let given = tags["tags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["label"] == label["label"]);
        assert_eq!(given, expected >= 0.5, "{label}");
        let best = &tags["evidence"]["patches"][i][0];
        let bounds: Vec<f64> = best[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        let expected: Vec<f64> = label["patches"][0]["box"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        assert_eq!(bounds, expected, "the best patch of {label}");
    }
}

#[test]
fn a_tagger_gives_what_its_run_gives_and_a_damaged_one_is_refused() {
    let (folder, project) = training_project();
    run(&[
        "split",
        arg(&project),
        "--scheme",
        "random",
        "--fractions",
        "0.5,0.25,0.25",
    ])
    .well();
    run(&["train", arg(&project), "--stage", "both", "--set", "max_steps=3"]).well();
    let tagger = folder.path().join("t.safetensors");
    let export = ["export-model", arg(&project), "--run", "run-2", "--out", arg(&tagger)];
    run(&export).well();
    let data = fixture("training/data");
    let of_run = run(&[
        "tag",
        arg(&data),
        "--project",
        arg(&project),
        "--run",
        "run-2",
        "--evidence",
    ])
    .well();
    let of_file = run(&["tag", arg(&data), "--tagger", arg(&tagger), "--evidence"]).well();
    let (a, b) = (probabilities(&of_run), probabilities(&of_file));
    assert!(a.len() > 10 && a.keys().eq(b.keys()));
    for (picture, numbers) in &a {
        // The file holds the tower in f16, a relative 5e-4; the scale of 20 and a patch that changes its rank make more of it.
        close(picture, numbers, &b[picture], 0.03);
    }
    // For transformers: the very numbers of the run, as a folder that is never replaced.
    let folder_out = folder.path().join("hf");
    let export = [
        "export-model",
        arg(&project),
        "--run",
        "run-2",
        "--format",
        "huggingface",
        "--out",
        arg(&folder_out),
    ];
    run(&export).well();
    for name in ["config.json", "model.safetensors", "labels.safetensors", "README.md"] {
        assert!(folder_out.join(name).is_file(), "{name}");
    }
    let said = run(&["model", "inspect", arg(&folder_out)]);
    assert!(
        said.code == 0 || said.code == 1,
        "an image tower alone is told or refused, never a crash"
    );
    run(&export).failed(1);
    // A file that is cut short, and one that is no tagger.
    let bytes = std::fs::read(&tagger).unwrap();
    std::fs::write(&tagger, &bytes[..bytes.len() / 2]).unwrap();
    run(&["tag", arg(&data), "--tagger", arg(&tagger)]).failed(1);
    let (message, _) = run(&["tag", arg(&data), "--tagger", arg(&data.join("../expected.json"))]).failed(1);
    assert!(message.contains("no Patchlight tagger"), "{message}");
}

/// A thousand pictures, every tenth of them broken in one of four ways.
fn mixed(folder: &Path) {
    let good = std::fs::read(fixture("scores/plain.jpg")).unwrap();
    for i in 0..1000 {
        let bytes = match i % 40 {
            0 => &good[..good.len() / 3],
            10 => b"no picture at all".as_slice(),
            20 => b"",
            30 => b"<html>not found</html>",
            _ => &good,
        };
        std::fs::write(folder.join(format!("{i:04}.jpg")), bytes).unwrap();
    }
}

#[test]
fn a_thousand_mixed_pictures_have_a_thousand_outcomes_also_when_the_batch_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (pictures, state) = (folder.path().join("pictures"), folder.path().join("state"));
    std::fs::create_dir_all(&pictures).unwrap();
    mixed(&pictures);
    let tiny = fixture("checkpoints/tiny");
    let variables = [("XDG_DATA_HOME", arg(&state))];
    let tag = |out: &Path| -> Vec<String> {
        let by = [
            "tag",
            arg(&pictures),
            "--model",
            arg(&tiny),
            "--labels",
            "dog,cat,bus",
            "--threshold",
            "0.2",
        ];
        let to = ["--format", "csv", "--out", arg(out)];
        by.iter().chain(&to).map(|s| (*s).to_owned()).collect()
    };
    let words = |list: &[String]| -> Vec<String> { list.to_vec() };
    let (whole, pieces) = (folder.path().join("whole.csv"), folder.path().join("pieces.csv"));
    let asked = words(&tag(&whole));
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let said = run_with(&variables, &asked).well();
    assert_eq!((said.of("tags").len(), said.of("skipped").len()), (900, 100));
    assert_eq!(said.one("tagged")["tagged"], 900);
    assert!(
        said.of("skipped")
            .iter()
            .all(|s| !s["reason"].as_str().unwrap().is_empty())
    );

    let asked = words(&tag(&pieces));
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let mut resumed = 0;
    for after in [100, 400] {
        let mut child = program()
            .args(["--json", "--device", "cpu"])
            .args(&asked)
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let outcomes = lines
            .map_while(Result::ok)
            .filter(|l| l.contains("\"tags\"") || l.contains("\"skipped\""));
        assert_eq!(outcomes.take(resumed + after).count(), resumed + after);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!pieces.exists(), "half a table would be taken for a whole one");
        resumed = after / 2;
    }
    let said = run_with(&variables, &asked).well();
    let end = said.one("tagged");
    assert_eq!(
        (end["images"].as_u64(), end["tagged"].as_u64()),
        (Some(1000), Some(900))
    );
    assert!(end["resumed"].as_u64().unwrap() >= 100, "{end}");
    assert_eq!(said.of("tags").len() + said.of("skipped").len(), 1000);
    assert_eq!(std::fs::read(&whole).unwrap(), std::fs::read(&pieces).unwrap());
    // The batch is over: nothing of it is left to go on with.
    let left = std::fs::read_dir(state.join("patchlight/batches")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

/// The probabilities that scoring a project with a run keeps in it, by file.
fn kept(project: &Path, run: &str) -> BTreeMap<String, Vec<f32>> {
    let request = Request::Predict(PredictRequest {
        project: project.to_owned(),
        run: run.to_owned(),
        model: None,
        allow_fallback: false,
    });
    let cancel = AtomicBool::new(false);
    jobs::run(&request, DeviceChoice::Cpu, &mut Context::new(&mut |_| {}, &cancel)).unwrap();
    let project = Project::open_read_only(project).unwrap();
    let labels: Vec<i64> = project.labels().unwrap().iter().map(|l| l.id).collect();
    let mut found = BTreeMap::new();
    for picture in project.pictures(None).unwrap() {
        let rows = project.predictions(run, &[picture.id]).unwrap();
        let of = |label: &i64| rows.iter().find(|r| r.label == *label).unwrap().probability;
        let path = picture.path.to_string_lossy().into_owned();
        found.insert(path, labels.iter().map(of).collect());
    }
    found
}

#[test]
fn a_run_of_any_stage_tags_as_it_predicts() {
    let (_folder, project) = training_project();
    // Rates at which a few steps move the tower far from the CLIP that it began as.
    let far = [
        "--set",
        "max_steps=4",
        "--set",
        "lr_encoder=0.01",
        "--set",
        "lr_heads=0.01",
    ];
    for stage in ["both", "joint"] {
        run(&[&["train", arg(&project), "--stage", stage], &far[..]].concat()).well();
    }
    let data = fixture("training/data");
    for name in ["zero-shot", "run-1", "run-2", "run-3"] {
        let by = [
            "tag",
            arg(&data),
            "--project",
            arg(&project),
            "--run",
            name,
            "--evidence",
        ];
        let (tagged, kept) = (probabilities(&run(&by).well()), kept(&project, name));
        assert!(kept.len() > 10);
        for (picture, numbers) in &kept {
            close(&format!("{name}, {picture}"), numbers, &tagged[picture], 1e-4);
        }
    }
}
