//! What can be chosen for a training does what it says: best epoch, early stop, alpha, average, views, watched pictures.

use crate::support::{Said, arg, fixture, paired, run, steps, training_project};
use half::f16;
use serde_json::Value;
use std::path::Path;

fn train(project: &Path, more: &[&str], set: &[&str]) -> Said {
    let set: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
    run(&[&["train", arg(project), "--log-every", "1"][..], more, &set].concat()).well()
}

fn val(project: &Path, id: &str, set: &[&str]) -> Value {
    let set: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
    let said = run(&[&["evaluate", arg(project), "--run", id, "--split", "val"][..], &set].concat()).well();
    said.one("metrics").clone()
}

fn maps(said: &Said, stage: u64) -> Vec<f64> {
    let epochs = said.of("epoch").into_iter().filter(|e| e["stage"] == stage);
    epochs.map(|e| e["map"]["total"].as_f64().unwrap()).collect()
}

#[test]
fn the_best_epoch_is_used_and_the_last_on_request() {
    let wild = [
        "epochs_1=8",
        "epochs_2=8",
        "batch_1=4",
        "batch_2=4",
        "lr_encoder=5e-3",
        "lr_prompts=0.1",
        "fit_alpha=false",
    ];
    let (_folder, project) = training_project();
    let said = train(&project, &["--stage", "both"], &wild);
    for (stage, id) in [(1, "run-1"), (2, "run-2")] {
        let all = maps(&said, stage);
        let best = all.iter().copied().fold(0.0, f64::max);
        let first = all.iter().position(|map| *map == best).unwrap() as u64;
        let kept = said.of("kept").into_iter().find(|k| k["stage"] == stage).unwrap();
        assert_eq!(
            (&kept["epoch"], &kept["best"]),
            (&first.into(), &true.into()),
            "{all:?}"
        );
        let last_epoch = said.of("epoch").into_iter().rfind(|e| e["stage"] == stage).unwrap();
        assert_eq!(last_epoch["best"], first);
        let found = val(&project, id, &[])["map"]["total"].as_f64().unwrap();
        assert!(
            (found - best).abs() < 0.2,
            "stage {stage}: {found} is used, {best} was the best of {all:?}"
        );
        let log = std::fs::read_to_string(project.join("runs").join(id).join("metrics.jsonl")).unwrap();
        assert!(log.lines().last().unwrap().contains("\"kept\""));
    }
    // The point of the test: the best is not the last.
    let first = maps(&said, 1);
    assert!(first.last() < first.iter().max_by(|a, b| a.total_cmp(b)), "{first:?}");
    let (_folder, project) = training_project();
    let said = train(&project, &["--stage", "1"], &[&wild[..], &["keep=last"]].concat());
    let kept = said.one("kept");
    assert_eq!((&kept["epoch"], &kept["best"]), (&7.into(), &false.into()));
    let found = val(&project, "run-1", &[])["map"]["total"].as_f64().unwrap();
    assert!((found - maps(&said, 1)[7]).abs() < 0.2);
}

#[test]
fn a_stage_that_gets_no_better_stops() {
    let (_folder, project) = training_project();
    let still = [
        "lr_encoder=0",
        "lr_heads=0",
        "lr_scale=0",
        "epochs_1=40",
        "early_stop=3",
        "fit_alpha=false",
    ];
    let said = train(&project, &["--stage", "1"], &still);
    assert_eq!(maps(&said, 1).len(), 4, "the first, and three that are no better");
    let kept = said.one("kept");
    assert_eq!((&kept["epoch"], &kept["stopped_early"]), (&0.into(), &true.into()));
    let info = run(&["project", "info", arg(&project)]).well();
    assert_eq!(info.one("project")["runs"][0]["state"], "done");
    // A finished run has nothing left to do.
    let again = run(&["train", arg(&project), "--resume", "run-1"]).well();
    assert!(again.of("step").is_empty());
}

#[test]
fn a_pure_run_chooses_nothing() {
    let (_folder, project) = training_project();
    let said = train(
        &project,
        &["--stage", "1"],
        &["max_steps=6", "batch_1=4", "lr_encoder=5e-3"],
    );
    assert_eq!(said.one("kept")["best"], false);
    assert!(said.of("fitted").is_empty());
    assert!(!project.join("runs/run-1/fitted.json").exists());
}

#[test]
fn alpha_is_chosen_on_validation_and_used() {
    let (_folder, project) = training_project();
    let said = train(
        &project,
        &["--stage", "both"],
        &["epochs_1=2", "epochs_2=3", "alpha=0.9", "lr_encoder=1e-3"],
    );
    for (id, fitted) in paired(["run-1", "run-2"], said.of("fitted")) {
        assert_eq!(fitted["run"], id);
        let (map, before) = (fitted["map"].as_f64().unwrap(), fitted["map_before"].as_f64().unwrap());
        assert!(map >= before);
        let used = val(&project, id, &[])["map"]["total"].as_f64().unwrap();
        assert!((used - map).abs() < 1e-6, "{used} against {map}");
        let trained = val(&project, id, &["alpha=0.9"])["map"]["total"].as_f64().unwrap();
        assert!(
            (trained - before).abs() < 1e-6,
            "an alpha that is asked for is used: {trained} against {before}"
        );
    }
    assert!(
        said.of("fitted").iter().any(|f| f["alpha"] != 0.9),
        "{:?}",
        said.of("fitted")
    );
    let text = std::fs::read_to_string(project.join("runs/run-2/fitted.json")).unwrap();
    let fitted: Value = serde_json::from_str(&text).unwrap();
    assert!(fitted["log_scale"].as_f64().unwrap().is_finite() && fitted["pictures"] == 6);
}

#[test]
fn a_moving_average_lags_behind_and_is_what_is_measured() {
    let set = [
        "epochs_1=3",
        "batch_1=4",
        "lr_encoder=5e-3",
        "keep=last",
        "fit_alpha=false",
    ];
    let (_a, plain) = training_project();
    train(&plain, &["--stage", "1"], &set);
    let (_b, averaged) = training_project();
    let said = train(&averaged, &["--stage", "1"], &[&set[..], &["ema=0.8"]].concat());
    let parameters = |project: &Path| {
        let bytes = std::fs::read(project.join("runs/run-1/checkpoints/00000009/model.safetensors")).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        file.tensor("student.head_global.weight").unwrap().data().to_vec()
    };
    assert_ne!(parameters(&plain), parameters(&averaged));
    let found = val(&averaged, "run-1", &[])["map"]["total"].as_f64().unwrap();
    assert!(
        (found - maps(&said, 1)[2]).abs() < 0.2,
        "what was measured is what is used"
    );
}

fn kds(said: &Said) -> Vec<f64> {
    said.of("step").iter().map(|s| s["kd"].as_f64().unwrap()).collect()
}

#[test]
fn the_teacher_may_see_the_student_s_view() {
    let set = ["max_steps=3", "batch_1=4", "shuffle=false"];
    let kd = |more: &[&str]| {
        let (_folder, project) = training_project();
        kds(&train(&project, &["--stage", "1"], &[&set[..], more].concat()))
    };
    // Unvaried pictures: both views are the same.
    let (cached, same) = (kd(&["augment=false"]), kd(&["augment=false", "kd_view=same"]));
    for (a, b) in paired(&cached, &same) {
        assert!((a - b).abs() < 1e-5, "{cached:?} against {same:?}");
    }
    // Varied ones: a student that has not learned yet sees what its teacher sees.
    assert_eq!(kd(&["kd_view=same"])[0], 0.0);
    assert!(kd(&["kd_view=cached"])[0] > 1e-3);
    // A small picture of another shape, in another mode.
    assert_eq!(kd(&["kd_view=same", "preprocess=pad"])[0], 0.0);
}

#[test]
fn recomputed_activations_give_the_same_training() {
    let set = [
        "max_steps=4",
        "batch_1=4",
        "batch_2=4",
        "shuffle=false",
        "augment=false",
    ];
    let losses = |more: &[&str]| {
        let (_folder, project) = training_project();
        steps(&train(&project, &["--stage", "both"], &[&set[..], more].concat()))
    };
    for (a, b) in paired(losses(&[]), losses(&["checkpointing=true"])) {
        assert!((a.2 - b.2).abs() < 1e-5 * b.2.abs(), "{a:?} against {b:?}");
    }
}

#[test]
fn lower_blocks_learn_more_slowly() {
    let moved = |decay: &str| {
        let (_folder, project) = training_project();
        train(
            &project,
            &["--stage", "1", "--checkpoint-every", "1"],
            &[
                "max_steps=1",
                "batch_1=12",
                "shuffle=false",
                "augment=false",
                "lr_encoder=1e-3",
                "warmup=1",
                "weight_decay=0",
                decay,
            ],
        );
        let read = |step: &str, name: &str| -> Vec<f32> {
            let folder = project.join("runs/run-1/checkpoints").join(step);
            let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
            let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
            let tensor = file.tensor(name).unwrap();
            tensor
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect()
        };
        let change = |name: &str| {
            let (a, b) = (read("00000000", name), read("00000001", name));
            let sum: f32 = paired(a, b).map(|(a, b)| (a - b).abs()).sum();
            f64::from(sum)
        };
        let block = |n: usize| change(&format!("student.tower.encoder.layers.{n}.mlp.fc1.weight"));
        (block(0), block(1))
    };
    let ((a0, a1), (b0, b1)) = (moved("layer_decay=1"), moved("layer_decay=0.25"));
    assert!((b1 - a1).abs() < 1e-4 * a1, "the top block as before: {a1} and {b1}");
    assert!((b0 / a0 - 0.25).abs() < 0.01, "the one below a quarter: {a0} and {b0}");
}

#[test]
fn larger_inputs_have_more_patches() {
    for (size, side) in [("48", 6), ("64", 8)] {
        let (_folder, project) = training_project();
        let set = format!("input_size={size}");
        let said = train(&project, &["--stage", "both"], &["max_steps=2", &set]);
        let path = project.join("runs/run-2/watch/00000.safetensors");
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let name = file
            .names()
            .into_iter()
            .find(|n| n.ends_with(".similarity"))
            .unwrap()
            .to_owned();
        assert_eq!(file.tensor(&name).unwrap().shape()[1..], [side, side]);
        assert!(said.of("step").iter().all(|s| s["loss"].as_f64().unwrap().is_finite()));
        assert!(val(&project, "run-2", &[])["map"]["total"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn watched_pictures_show_what_is_scored() {
    let (_folder, project) = training_project();
    let said = train(
        &project,
        &["--stage", "both"],
        &["epochs_1=2", "epochs_2=2", "keep=last", "fit_alpha=false"],
    );
    let watched = said.of("watched");
    assert_eq!(watched.len(), 4, "{watched:?}");
    let csv = project.parent().unwrap().join("s.csv");
    run(&[
        "evaluate",
        arg(&project),
        "--run",
        "run-2",
        "--split",
        "val",
        "--scores",
        arg(&csv),
    ])
    .well();
    let csv = std::fs::read_to_string(csv).unwrap();
    let scores: Vec<f32> = csv
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(2).unwrap().parse().unwrap())
        .collect();
    let locals: Vec<f32> = csv
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(4).unwrap().parse().unwrap())
        .collect();
    let bytes = std::fs::read(watched[3]["path"].as_str().unwrap()).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 4 * 4, "four pictures");
    for name in file.names().into_iter().filter(|n| n.ends_with(".score")) {
        let id = name.strip_suffix(".score").unwrap();
        let numbers = |part: &str| file.tensor(&format!("{id}.{part}")).unwrap().data().to_vec();
        let found: Vec<f32> = numbers("score")
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let labels: Vec<usize> = numbers("labels")
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize)
            .collect();
        let grid: Vec<f32> = numbers("similarity")
            .chunks_exact(2)
            .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect();
        // The same picture's rows in the evaluation, found by a score.
        let row = scores
            .iter()
            .position(|s| (s - found[0]).abs() < 1e-5)
            .expect("the score is one of the evaluation's")
            / 5;
        for (i, label) in labels.iter().enumerate() {
            assert!((scores[row * 5 + label] - found[i]).abs() < 1e-4);
            // The mean of the best K patches is the local score; 16 patches have K = 3.
            let mut patches = grid[i * 16..(i + 1) * 16].to_vec();
            patches.sort_by(|a, b| b.total_cmp(a));
            let local = patches[..3].iter().sum::<f32>() / 3.0;
            assert!((local - locals[row * 5 + label]).abs() < 2e-3, "{local}");
        }
    }
    // Named ones, and one that does not exist.
    let list = run(&["project", "info", arg(&project)]).well();
    assert_eq!(list.one("project")["images"], 18);
    let session = std::fs::read_to_string(project.join("runs/run-1/environment.json")).unwrap();
    let session: Value = serde_json::from_str(&session).unwrap();
    assert!(session[0]["processor"].as_str().is_some_and(|p| !p.is_empty()) && session[0]["seed"] == 0);
    assert!(fixture("training/data").exists());
}

#[test]
fn both_at_once_is_trained_evaluated_and_resumed() {
    let set = [
        "epochs_1=4",
        "batch_1=4",
        "lr_encoder=1e-3",
        "lr_prompts=1e-2",
        "warm_prompts=0.25",
        "unfreeze=gradual",
        "augment=false",
    ];
    let (_folder, project) = training_project();
    let said = train(&project, &["--stage", "joint", "--checkpoint-every", "2"], &set);
    assert_eq!(said.one("run")["stage"], 3);
    let steps = said.of("step");
    assert!(steps.iter().all(|s| s["kd"].is_number() && s["sc"].is_number()));
    // The prompts learn alone in the first quarter: the pictures' features stay those of CLIP while the words leave theirs.
    let of = |name: &str, i: usize| steps[i][name].as_f64().unwrap();
    assert!((0..=3).all(|i| of("kd", i) < 1e-6) && of("kd", 11) > 1e-5, "{steps:?}");
    assert!(of("sc", 0) == 0.0 && of("sc", 1) > 0.0, "{steps:?}");
    let kept = said.one("kept");
    let best = kept["map"].as_f64().unwrap();
    let fitted = said.one("fitted");
    assert!(
        (fitted["map_before"].as_f64().unwrap() - best).abs() < 0.2,
        "{kept} {fitted}"
    );
    let used = val(&project, "run-1", &[])["map"]["total"].as_f64().unwrap();
    assert!((used - fitted["map"].as_f64().unwrap()).abs() < 1e-6);
    // Again: the same numbers. And with every gate open from the start: others.
    let (_b, again) = training_project();
    let repeated = train(&again, &["--stage", "joint"], &set);
    assert_eq!(crate::support::steps(&said), crate::support::steps(&repeated));
    let (_c, open) = training_project();
    let other = train(
        &open,
        &["--stage", "joint"],
        &[&set[..4], &["warm_prompts=0", "augment=false"]].concat(),
    );
    let kd = |said: &Said, i: usize| kds(said)[i];
    assert!(kd(&other, 3) > 1e-5 && kd(&said, 3) < 1e-6);
    let (message, _) = run(&["train", arg(&project), "--stage", "2", "--from", "run-1"]).failed(2);
    assert!(message.contains("not a Stage 1 run"), "{message}");
    // From the checkpoint before the last on: the same steps.
    std::fs::remove_dir_all(project.join("runs/run-1/checkpoints/00000012")).unwrap();
    let resumed = run(&["train", arg(&project), "--resume", "run-1", "--log-every", "1"]).well();
    assert_eq!(resumed.one("run")["resumed_at"], 10);
    assert_eq!(crate::support::steps(&resumed), crate::support::steps(&said)[10..]);
}
