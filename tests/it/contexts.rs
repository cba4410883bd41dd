//! Drawing label by label, and the context that Stage 2 chooses itself.

use crate::support::{Said, arg, fixture, new_project, paired, run, steps, training_project};
use patchlight::compute::DeviceChoice;
use patchlight::engine::request::{Stages, TrainRequest};
use patchlight::engine::{Context, Event, FailureKind, Request, Stage};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

fn train(project: &Path, more: &[&str], set: &[&str]) -> Said {
    let set: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
    run(&[&["train", arg(project), "--log-every", "1"][..], more, &set].concat()).well()
}

fn map(project: &Path, id: &str, split: &str) -> f64 {
    let said = run(&["evaluate", arg(project), "--run", id, "--split", split]).well();
    said.one("metrics")["map"]["total"].as_f64().unwrap()
}

fn config(project: &Path, id: &str) -> Value {
    let bytes = std::fs::read(project.join("runs").join(id).join("config.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Of the training set's twelve pictures the labels have 8, 5, 3, 2 and none: 8 * 4 / 4 draws are two steps of four a pass.
#[test]
fn drawing_label_by_label_has_its_own_passes() {
    let set = ["sampler=class-aware", "epochs_1=3", "batch_1=4", "lr_encoder=1e-3"];
    for (stages, number) in [("1", 1), ("joint", 3)] {
        let (_a, project) = training_project();
        let said = train(&project, &["--stage", stages], &set);
        let found = steps(&said);
        assert_eq!(found.len(), 6, "two steps in each of three passes");
        assert!(found.iter().all(|s| s.0 == number && s.2.is_finite()), "{found:?}");
        let epochs: Vec<_> = said.of("step").iter().map(|s| s["epoch"].as_u64().unwrap()).collect();
        assert_eq!(epochs, [0, 0, 1, 1, 2, 2]);
        assert_eq!(said.of("epoch").len(), 3);
        assert_eq!(config(&project, "run-1")["settings"]["sampler"], "class-aware");
        // Again: the same numbers. Every picture once a pass: others.
        let (_b, again) = training_project();
        assert_eq!(steps(&train(&again, &["--stage", stages], &set)), found);
        let (_c, uniform) = training_project();
        let uniform = steps(&train(&uniform, &["--stage", stages], &set[1..]));
        assert_eq!(uniform.len(), 9);
        assert_ne!(uniform[0].2, found[0].2);
    }
    let (_d, project) = training_project();
    let said = train(
        &project,
        &["--plan"],
        &[&set[..], &["epochs_2=5", "batch_2=4"]].concat(),
    );
    let planned = said.one("plan")["stages"].as_array().unwrap();
    let of = |i: usize| (planned[i]["epochs"].as_u64(), planned[i]["steps"].as_u64());
    assert_eq!((of(0), of(1)), ((Some(3), Some(6)), (Some(5), Some(10))));
    assert_eq!(said.one("plan")["settings"]["sampler"], "class-aware");
}

/// Each pass of shared contexts has three steps, of the other two two.
const CHOOSING: [&str; 7] = [
    "context=auto",
    "epochs_1=2",
    "epochs_2=10",
    "batch_1=4",
    "batch_2=4",
    "lr_encoder=1e-3",
    "lr_prompts=0.1",
];

/// Steps of the first training, of the first two, and of all.
const STEPS: [u64; 3] = [30, 50, 70];

#[test]
fn what_does_best_on_validation_is_kept_and_never_less_than_before() {
    let (_folder, project) = training_project();
    let said = train(&project, &["--stage", "both"], &CHOOSING);
    let chosen = said.one("context_chosen").clone();
    assert_eq!(chosen["run"], "run-2");
    let tried = chosen["tried"].as_array().unwrap();
    let of = |key: &str| -> Vec<_> { tried.iter().map(|t| t[key].as_str().unwrap()).collect() };
    assert_eq!(of("context"), ["shared", "rarity", "per-class"]);
    assert_eq!(of("sampler"), ["uniform", "class-aware", "class-aware"]);
    // The choice is the best of what was measured, and what was measured is what is used.
    let rounded = |map: &Value| (map.as_f64().unwrap() * 1e6).round();
    let mut best = ("start", rounded(&chosen["start"]));
    for t in tried {
        if rounded(&t["map"]) > best.1 {
            best = (t["context"].as_str().unwrap(), rounded(&t["map"]));
        }
    }
    assert_eq!(chosen["kept"], best.0, "{chosen}");
    assert_ne!(
        best.0, "start",
        "the rates are such that something does better: {chosen}"
    );
    let (before, after) = (map(&project, "run-1", "val"), map(&project, "run-2", "val"));
    assert!(
        (before - chosen["start"].as_f64().unwrap()).abs() < 1e-6,
        "{before}, {chosen}"
    );
    assert!(
        (after - best.1 / 1e6).abs() < 1e-5 && after >= before,
        "{after}, {chosen}"
    );
    // One series of steps and passes, which counts all of them.
    let second: Vec<&Value> = said.of("step").into_iter().filter(|s| s["stage"] == 2).collect();
    let numbers: Vec<u64> = second.iter().map(|s| s["step"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..STEPS[2]).collect::<Vec<_>>());
    assert!(second.iter().all(|s| s["steps"] == STEPS[2]));
    let epochs: Vec<u64> = (said.of("epoch").iter().filter(|e| e["stage"] == 2))
        .map(|e| e["epoch"].as_u64().unwrap())
        .collect();
    assert_eq!(epochs, (0..30).collect::<Vec<_>>());
    // The plan said so before.
    let plan = train(&project, &["--plan"], &CHOOSING);
    let planned = &plan.one("plan")["stages"][1];
    assert_eq!(
        (&planned["steps"], &planned["epochs"], &planned["trainings"]),
        (&STEPS[2].into(), &30.into(), &3.into())
    );
    // The run's record and curves say so too, and nothing is left of the others.
    let mut record = chosen;
    record.as_object_mut().unwrap().remove("event");
    assert_eq!(config(&project, "run-2")["chosen"], record);
    let folder = project.join("runs/run-2");
    let curves = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let last: Vec<&str> = curves.lines().rev().take(2).collect();
    assert!(
        last[0].contains("\"kept\"") && last[1].contains("context_chosen"),
        "{last:?}"
    );
    assert!(!folder.join("candidates").exists());
    let again = run(&["train", arg(&project), "--resume", "run-2"]).well();
    assert!(again.of("step").is_empty() && again.of("context_chosen").is_empty());
}

#[test]
fn each_training_is_the_one_that_its_settings_alone_would_be() {
    let (_folder, project) = training_project();
    let chosen = train(&project, &["--stage", "both"], &CHOOSING);
    let all: Vec<f64> = (steps(&chosen).into_iter()).filter(|s| s.0 == 2).map(|s| s.2).collect();
    let alone = |set: &[&str]| -> Vec<f64> {
        let said = train(&project, &["--stage", "2", "--from", "run-1"], set);
        steps(&said).into_iter().map(|s| s.2).collect()
    };
    let [first, second, third] = STEPS.map(|n| n as usize);
    assert_eq!(alone(&["context=shared"]), all[..first]);
    assert_eq!(alone(&["context=rarity", "sampler=class-aware"]), all[first..second]);
    assert_eq!(alone(&["context=per-class", "sampler=class-aware"]), all[second..third]);
}

#[test]
fn where_nothing_does_better_the_prompts_stay() {
    let (_folder, project) = training_project();
    let still = [
        "context=auto",
        "epochs_1=2",
        "epochs_2=2",
        "batch_1=4",
        "lr_prompts=0",
        "lr_encoder=1e-3",
    ];
    let said = train(&project, &["--stage", "both"], &still);
    let chosen = said.one("context_chosen");
    assert_eq!(chosen["kept"], "start");
    assert!(chosen["why"].as_str().unwrap().contains("Stage 1"), "{chosen}");
    assert_eq!(map(&project, "run-1", "val"), map(&project, "run-2", "val"));
    assert_eq!(map(&project, "run-1", "train"), map(&project, "run-2", "train"));
    // Nothing of it belongs to the labels: it scores others too.
    run(&[
        "evaluate",
        arg(&project),
        "--run",
        "run-2",
        "--on",
        arg(&project),
        "--split",
        "val",
    ])
    .well();
}

/// A project with training pictures alone.
fn without_validation() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for part in ["annotations/instances_train.json", "train"] {
        let (from, to) = (fixture("training/data").join(part), data.join(part));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(&from, &to).unwrap();
            continue;
        }
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let project = new_project(folder.path(), &data, &fixture("checkpoints/tiny"), &[]);
    (folder, project)
}

#[test]
fn without_validation_pictures_it_is_shared_and_says_why() {
    let (_folder, project) = without_validation();
    let few = ["epochs_1=1", "epochs_2=2", "batch_1=4", "batch_2=4"];
    let said = train(&project, &["--stage", "both"], &[&few[..], &["context=auto"]].concat());
    let chosen = said.one("context_chosen");
    assert_eq!((&chosen["kept"], &chosen["start"]), (&"shared".into(), &Value::Null));
    assert!(
        chosen["why"].as_str().unwrap().contains("no validation pictures"),
        "{chosen}"
    );
    assert_eq!(config(&project, "run-2")["chosen"]["kept"], "shared");
    let second: Vec<_> = (steps(&said).into_iter()).filter(|s| s.0 == 2).collect();
    let plain = train(&project, &["--stage", "2", "--from", "run-1"], &["context=shared"]);
    assert_eq!(second, steps(&plain));
    assert_eq!(said.of("run").len(), 2);
    assert_eq!(map(&project, "run-2", "train"), map(&project, "run-3", "train"));
    let plan = train(&project, &["--plan"], &["context=auto", "epochs_2=2", "batch_2=4"]);
    assert_eq!(plan.one("plan")["stages"][1]["steps"], 6);
}

#[test]
fn a_joint_training_has_no_contexts_to_choose_from() {
    let (_folder, project) = training_project();
    let said = run(&["train", arg(&project), "--stage", "joint", "--set", "context=auto"]);
    let (message, hint) = said.failed(2);
    assert!(
        message.contains("context=auto") && hint.contains("per-class"),
        "{message} / {hint}"
    );
}

/// The curves without the speed.
fn curves(project: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(project.join("runs/run-2/metrics.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events
        .map(|mut event| {
            event.as_object_mut().unwrap().remove("images_per_s");
            event
        })
        .collect()
}

/// Stopped in the first training, at the beginning of the second, and in the third: each time it goes on where it was.
#[test]
fn choosing_can_be_cancelled_and_goes_on() {
    let (_a, whole) = training_project();
    train(&whole, &["--stage", "both"], &CHOOSING);
    let (_b, project) = training_project();
    let mut request = TrainRequest {
        stages: Stages::Both,
        set: CHOOSING.map(str::to_owned).to_vec(),
        log_every: 1,
        ..TrainRequest::new(&project)
    };
    for at in [7, STEPS[0] as usize - 1, STEPS[1] as usize + 3] {
        let cancel = AtomicBool::new(false);
        let mut first = None;
        let mut emit = |event: Event| {
            if let Event::Step {
                stage: Stage::Two,
                step,
                ..
            } = event
            {
                first.get_or_insert(step);
                cancel.store(step >= at, Ordering::Relaxed);
            }
        };
        let job = Request::Train(request.clone());
        let result = patchlight::engine::run(&job, DeviceChoice::Cpu, &mut Context::new(&mut emit, &cancel));
        let failure = result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Cancelled, "{failure:?}");
        let done = at + 1;
        assert!(
            failure
                .message
                .contains(&format!("run-2 was stopped after step {done}")),
            "{failure:?}"
        );
        assert!(first.is_some_and(|first| first <= at), "{first:?}");
        request = request.resuming("run-2");
    }
    let said = run(&["train", arg(&project), "--resume", "run-2", "--log-every", "1"]).well();
    assert_eq!(said.one("run")["resumed_at"], STEPS[1] + 4);
    assert_eq!(steps(&said).first().map(|s| s.1), Some(STEPS[1] + 4));
    for (found, wanted) in paired(curves(&project), curves(&whole)) {
        assert_eq!(found, wanted);
    }
    let parameters = |project: &Path| {
        let folder = project.join(format!("runs/run-2/checkpoints/{:08}", STEPS[2]));
        std::fs::read(folder.join("model.safetensors")).unwrap()
    };
    assert!(parameters(&project) == parameters(&whole));
}
