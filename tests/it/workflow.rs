//! From pictures to a trained model, as a user goes: import, split, train, stop, resume, evaluate.

use crate::support::{Said, arg, fixture, killed_at, new_project, program, run, training_project};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

const PURE: [&str; 6] = [
    "--set",
    "shuffle=false",
    "--set",
    "augment=false",
    "--set",
    "precision=f32",
];

fn train(project: &Path, more: &[&str]) -> Said {
    run(&[&["train", arg(project), "--log-every", "1"][..], &PURE, more].concat())
}

fn losses(said: &Said) -> Vec<(u64, u64, f64)> {
    said.of("step")
        .iter()
        .map(|s| {
            (
                s["stage"].as_u64().unwrap(),
                s["step"].as_u64().unwrap(),
                s["loss"].as_f64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn import_tells_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("p.patchlight");
    let data = fixture("training/data");
    let said = run(&["project", "new", arg(&project), "--data", arg(&data)]).well();
    let import = said.one("import");
    assert_eq!((&import["images"], &import["labels"]), (&18.into(), &5.into()));
    assert_eq!(import["splits"], serde_json::json!({"train": 12, "val": 6}));
    assert_eq!(import["unmatched"], serde_json::json!([]));
    let info = run(&["project", "info", arg(&project)]).well();
    let info = info.one("project");
    let pairs: u64 = info["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            ["train", "val", "test"]
                .iter()
                .map(|s| l[*s].as_u64().unwrap())
                .sum::<u64>()
        })
        .sum();
    assert_eq!(import["annotations"].as_u64().unwrap(), pairs);
    // Again in the same place: refused, untouched.
    let (message, _) = run(&["project", "new", arg(&project), "--data", arg(&data)]).failed(1);
    assert!(message.contains("p.patchlight"), "{message}");
    run(&["project", "info", arg(&project)]).well();
}

#[test]
fn the_loss_falls_and_a_repeat_is_identical() {
    let more = [
        "--stage",
        "both",
        "--set",
        "epochs_1=8",
        "--set",
        "epochs_2=8",
        "--set",
        "batch_1=4",
        "--set",
        "lr_encoder=1e-3",
        "--set",
        "lr_heads=3e-3",
        "--set",
        "lambda_kd=1",
    ];
    let once = || {
        let (folder, project) = training_project();
        let said = train(&project, &more).well();
        let csv = folder.path().join("s.csv");
        let id = said.one("done")["run"].as_str().unwrap().to_owned();
        run(&[
            "evaluate",
            arg(&project),
            "--run",
            &id,
            "--split",
            "val",
            "--scores",
            arg(&csv),
        ])
        .well();
        let scores = std::fs::read_to_string(csv).unwrap();
        // The folder's name is part of every path and differs.
        (
            losses(&said),
            scores
                .lines()
                .map(|l| l.split_once(",").unwrap().1.to_owned())
                .collect::<Vec<_>>(),
        )
    };
    let (first, scores) = once();
    let stage_1: Vec<f64> = first.iter().filter(|l| l.0 == 1).map(|l| l.2).collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    assert!(
        mean(&stage_1[stage_1.len() - 3..]) < 0.8 * mean(&stage_1[..3]),
        "{stage_1:?}"
    );
    let (second, scores_again) = once();
    assert_eq!(first, second, "bit for bit");
    assert_eq!(scores, scores_again);
}

#[test]
fn stage_two_never_runs_the_image_tower_once_cached() {
    let (_folder, project) = training_project();
    let first = train(&project, &["--stage", "2", "--set", "max_steps=3"]).well();
    assert!(
        first.one("done")["encoded"].as_u64().unwrap() > 0,
        "the first run builds the cache"
    );
    let again = train(&project, &["--stage", "2", "--set", "max_steps=3"]).well();
    assert_eq!(again.one("done")["encoded"], 0);
    assert_eq!(losses(&first), losses(&again), "from the cache come the same numbers");
}

#[test]
fn stage_two_trains_without_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy_tree(&fixture("training/data"), &data);
    let model = fixture("checkpoints/tiny");
    let project = new_project(folder.path(), &data, &model, &[]);
    let first = train(&project, &["--stage", "2", "--set", "max_steps=3"]).well();
    std::fs::remove_dir_all(&data).unwrap();
    let again = train(&project, &["--stage", "2", "--set", "max_steps=3"]).well();
    assert_eq!(losses(&first), losses(&again));
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Starts a training and kills the process (SIGKILL) once it has reported `step` of `stage`.
fn kill_at(project: &Path, more: &[&str], stage: u64, step: u64) {
    let begin = ["train", arg(project), "--log-every", "1"];
    let ended = killed_at(&[&begin[..], &PURE, more].concat(), |event| {
        event["event"] == "step" && event["stage"] == stage && event["step"] == step
    });
    assert!(!ended.success(), "it was killed");
}

#[test]
fn a_killed_run_resumes_to_the_same_numbers() {
    // Shuffled and augmented: resuming must draw what the uninterrupted run would have drawn.
    let more = [
        "--seed",
        "7",
        "--stage",
        "both",
        "--checkpoint-every",
        "3",
        "--set",
        "shuffle=true",
        "--set",
        "augment=true",
        "--set",
        "batch_1=4",
        "--set",
        "batch_2=4",
        "--set",
        "epochs_1=4",
        "--set",
        "epochs_2=4",
    ];
    let (_a, whole) = training_project();
    let uninterrupted = train(&whole, &more).well();
    for (stage, run_id) in [(1, "run-1"), (2, "run-2")] {
        let (_b, project) = training_project();
        kill_at(&project, &more, stage, 7);
        let info = run(&["project", "info", arg(&project)]).well();
        let runs = info.one("project")["runs"].as_array().unwrap().clone();
        assert_eq!(runs.last().unwrap()["state"], "stopped", "{runs:?}");
        let resumed = run(&["train", arg(&project), "--resume", run_id, "--log-every", "1"]).well();
        let at = resumed.of("run").into_iter().find(|r| r["stage"] == stage).unwrap();
        assert!(
            at["resumed_at"].as_u64().unwrap() >= 3,
            "it goes on from a checkpoint: {at}"
        );
        let tail = losses(&resumed);
        let all = losses(&uninterrupted);
        let first = all
            .iter()
            .position(|l| *l == tail[0])
            .expect("the resumed run repeats a step of the whole one");
        assert_eq!(tail, all[first..], "stage {stage}");
        let measure = |project: &Path| {
            let said = run(&["evaluate", arg(project), "--run", "run-2", "--split", "val"]).well();
            said.one("metrics").clone()
        };
        assert_eq!(measure(&project), measure(&whole));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_run() {
    let (_folder, project) = training_project();
    let mut child = program()
        .args([
            "--json",
            "--device",
            "cpu",
            "train",
            arg(&project),
            "--stage",
            "1",
            "--log-every",
            "1",
            "--set",
            "epochs_1=2000",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut last = Value::Null;
    let mut sent = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        last = serde_json::from_str(&line.unwrap()).unwrap();
        if !sent && last["event"] == "step" && last["step"].as_u64().unwrap() >= 2 {
            let killed = std::process::Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .unwrap();
            assert!(killed.success());
            sent = true;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(last["event"], "error");
    assert!(last["hint"].as_str().unwrap().contains("--resume run-1"), "{last}");
    let info = run(&["project", "info", arg(&project)]).well();
    assert_eq!(info.one("project")["runs"][0]["state"], "stopped");
}

#[test]
fn splits_are_made_and_kept() {
    let (folder, project) = training_project();
    let list = folder.path().join("train.txt");
    std::fs::write(&list, "train/train_00.png 0 1 \ntrain_01.png\nnobody.png 3\n").unwrap();
    let said = run(&["split", arg(&project), "--scheme", "list", "--train", arg(&list)]).well();
    let split = said.one("split");
    assert_eq!(split["splits"]["train"], 2, "{split}");
    assert_eq!(split["unmatched"], serde_json::json!(["nobody.png"]));
    let draw = || {
        let said = run(&["split", arg(&project), "--scheme", "random", "--seed", "5"]).well();
        (
            said.one("split").clone(),
            run(&["project", "info", arg(&project)]).well().one("project")["labels"].clone(),
        )
    };
    assert_eq!(draw(), draw(), "the same seed gives the same splits");
}

#[test]
fn unknown_labels_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (fixture("training/data"), fixture("checkpoints/tiny"));
    let project = new_project(folder.path(), &data, &model, &["--absent", "unknown"]);
    let csv = folder.path().join("s.csv");
    let said = run(&[
        "evaluate",
        arg(&project),
        "--run",
        "zero-shot",
        "--split",
        "val",
        "--scores",
        arg(&csv),
    ])
    .well();
    // Only positives are known, so every ranking is perfect.
    for class in said.one("metrics")["per_class"].as_array().unwrap() {
        assert!(class["ap"].is_null() || class["ap"] == 100.0, "{class}");
    }
    let text = std::fs::read_to_string(csv).unwrap();
    assert!(
        text.lines().skip(1).all(|l| l.ends_with(",1") || l.ends_with(',')),
        "{text}"
    );
    assert!(text.lines().any(|l| l.ends_with(',')));
}

#[test]
fn a_run_keeps_to_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    copy_tree(&fixture("checkpoints/tiny"), &model);
    let data = fixture("training/data");
    let project = new_project(folder.path(), &data, &model, &[]);
    train(&project, &["--stage", "1", "--set", "max_steps=2"]).well();
    // Another CLIP for Stage 2: its words are not those that the student was aligned with.
    let other = fixture("checkpoints/open_clip");
    let said = train(
        &project,
        &[
            "--stage",
            "2",
            "--from",
            "run-1",
            "--model",
            arg(&other),
            "--set",
            "max_steps=2",
        ],
    );
    assert!(said.failed(2).0.contains("very model"));
    // Another CLIP in the place of the first.
    let weights = model.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let (message, hint) = run(&["evaluate", arg(&project), "--run", "run-1", "--split", "val"]).failed(1);
    assert!(
        message.contains("not the one") && hint.contains("back"),
        "{message} / {hint}"
    );
}

#[test]
fn stage_two_waits_for_its_stage_one() {
    let (_folder, project) = training_project();
    kill_at(
        &project,
        &["--stage", "1", "--checkpoint-every", "1", "--set", "epochs_1=50"],
        1,
        3,
    );
    let (message, hint) = train(&project, &["--stage", "2", "--from", "run-1"]).failed(1);
    assert!(
        message.contains("run-1") && hint.contains("--resume run-1"),
        "{message} / {hint}"
    );
}

#[test]
fn a_loss_that_is_not_finite_keeps_the_last_good_checkpoint() {
    let (_folder, project) = training_project();
    let wild = [
        "--stage",
        "1",
        "--checkpoint-every",
        "1",
        "--set",
        "epochs_1=50",
        "--set",
        "lr_encoder=1e38",
        "--set",
        "warmup=0.5",
    ];
    let (message, _) = train(&project, &wild).failed(1);
    assert!(message.contains("not finite"), "{message}");
    let checkpoints = project.join("runs/run-1/checkpoints");
    for step in std::fs::read_dir(checkpoints).into_iter().flatten() {
        let bytes = std::fs::read(step.unwrap().path().join("model.safetensors")).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for (name, view) in file.tensors() {
            let finite = view
                .data()
                .chunks_exact(4)
                .all(|b| f32::from_le_bytes(b.try_into().unwrap()).is_finite());
            assert!(finite, "{name}");
        }
    }
}
