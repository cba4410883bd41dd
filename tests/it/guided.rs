//! What the program proposes, and what it says of a training before it begins.

use crate::support::{Said, arg, fixture, run, training_project};
use patchlight::project::Project;
use std::path::{Path, PathBuf};

/// A project without splits: pictures of which only some have a label.
fn unsplit() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("labels.csv");
    let (mut text, mut n) = ("image,labels\n".to_owned(), 0);
    for entry in std::fs::read_dir(fixture("training/data/train")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".png") || name.ends_with(".jpg") {
            std::fs::copy(entry.path(), folder.path().join(&name)).unwrap();
            let labels = ["dog;cat", "cat", "", "dog"][n % 4];
            text.push_str(&format!("{name},{labels}\n"));
            n += 1;
        }
    }
    assert!(n >= 8, "{n} pictures");
    std::fs::write(&table, text).unwrap();
    let project = folder.path().join("p.patchlight");
    let images = arg(folder.path());
    let tiny = fixture("checkpoints/tiny");
    let new = [
        "project",
        "new",
        arg(&project),
        "--data",
        arg(&table),
        "--images",
        images,
    ];
    run(&[&new[..], &["--model", arg(&tiny)]].concat()).well();
    (folder, project)
}

/// `train` with options.
fn train(project: &Path, options: &[&str]) -> Said {
    run(&[&["train", arg(project)], options].concat())
}

fn splits(project: &Path) -> Vec<(usize, bool)> {
    let project = Project::open(project).unwrap();
    let pictures = project.pictures(None).unwrap();
    let ids: Vec<i64> = pictures.iter().map(|p| p.id).collect();
    let positives = project.truth(&ids).unwrap().positives();
    pictures
        .iter()
        .zip(positives)
        .map(|(p, labels)| (labels.len(), p.split.is_some()))
        .collect()
}

#[test]
fn a_plan_says_what_a_training_would_do_and_changes_nothing() {
    let (_folder, project) = training_project();
    let said = train(&project, &["--plan", "--set", "epochs_1=3", "--set", "batch_1=5"]).well();
    let plan = said.one("plan");
    assert_eq!((&plan["train"], &plan["val"]), (&12.into(), &6.into()));
    let stages = plan["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 2);
    // 12 pictures in fives: three steps a pass.
    assert_eq!((&stages[0]["epochs"], &stages[0]["steps"]), (&3.into(), &9.into()));
    assert!(
        stages.iter().all(|s| s["seconds"].as_f64().unwrap() > 0.0),
        "{stages:?}"
    );
    assert!(plan["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(plan["settings"], serde_json::json!({"epochs_1": "3", "batch_1": "5"}));
    // Few pictures: the program would propose more passes, and says why.
    let proposed = plan["proposed"].as_array().unwrap();
    let passes = proposed.iter().find(|p| p["name"] == "epochs_1").unwrap();
    assert!(!passes["why"].as_str().unwrap().is_empty());
    assert!(said.of("step").is_empty() && said.of("run").is_empty());
    let info = run(&["project", "info", arg(&project)]).well();
    assert_eq!(info.one("project")["runs"], serde_json::json!([]));
    assert!(!project.join("runs").join("run-1").exists());
    // Both at once is one stage, and so is each alone.
    for (stage, number) in [("joint", 3), ("1", 1), ("2", 2)] {
        let said = train(&project, &["--plan", "--stage", stage]).well();
        let stages = said.one("plan")["stages"].clone();
        assert_eq!(stages.as_array().unwrap().len(), 1);
        assert_eq!(stages[0]["stage"], number);
    }
    train(&project, &["--plan", "--set", "alhpa=1"]).failed(2);
}

#[test]
fn a_proposed_training_goes_on_as_its_plan_says() {
    let (_folder, project) = unsplit();
    let planned = train(&project, &["--plan", "--propose", "--set", "max_steps=2"]).well();
    let plan = planned.one("plan");
    assert!(
        splits(&project).iter().all(|(_, split)| !split),
        "a plan makes no split"
    );
    let command = plan["split"].as_str().unwrap();
    assert!(
        command.contains("--labelled") && command.contains("random"),
        "{command}"
    );
    let said = train(&project, &["--propose", "--stage", "1", "--set", "max_steps=2"]).well();
    assert_eq!(said.one("split")["splits"]["train"], plan["train"]);
    for (labels, split) in splits(&project) {
        assert_eq!(
            labels > 0,
            split,
            "pictures with a label, and only those, are learned from"
        );
    }
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.join("runs/run-1/config.json")).unwrap()).unwrap();
    for p in plan["proposed"].as_array().unwrap() {
        let value = &config["settings"][p["name"].as_str().unwrap()];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (used, said): (f64, f64) = (text.parse().unwrap(), p["value"].as_str().unwrap().parse().unwrap());
        assert_eq!(used, said, "{p}");
    }
    assert_eq!(
        config["settings"]["max_steps"], 2,
        "what was asked for goes over what is proposed"
    );
    // The split is in the history, with the command that makes it again.
    let history = run(&["split", arg(&project), "--history"]).well();
    let splits = history.one("split_history")["splits"].clone();
    assert_eq!(splits[0]["recipe"]["command"], plan["split"]);
    // A second one finds the pictures split and leaves them so.
    let again = train(&project, &["--propose", "--stage", "1", "--set", "max_steps=1"]).well();
    assert!(again.of("split").is_empty());
}

#[test]
fn pictures_that_are_labelled_later_are_learned_from_too() {
    let (folder, project) = unsplit();
    let proposed = ["--propose", "--stage", "1", "--set", "max_steps=1"];
    train(&project, &proposed).well();
    let before = splits(&project).iter().filter(|(_, split)| *split).count();
    // A label for one that had none, as the window gives it.
    let (picture, label) = {
        let opened = Project::open(&project).unwrap();
        let pictures = opened.pictures(None).unwrap();
        let loose = pictures.iter().find(|p| p.split.is_none()).unwrap().id;
        (loose, opened.labels().unwrap()[0].id)
    };
    let label_it = |value| {
        let mut opened = Project::open(&project).unwrap();
        opened.set_label(&[picture], label, value).unwrap();
    };
    label_it(patchlight::dataset::model::Truth::Positive);
    let planned = train(&project, &["--plan", "--propose"]).well();
    assert_eq!(planned.one("plan")["train"], before + 1);
    let said = train(&project, &proposed).well();
    assert_eq!(said.one("split")["splits"]["train"], before + 1);
    // Once something is held back, new ones only join: what is measured on stays.
    let split = [
        "split",
        arg(&project),
        "--scheme",
        "random",
        "--labelled",
        "--fractions",
        "0.5,0.5,0",
    ];
    label_it(patchlight::dataset::model::Truth::Negative);
    run(&split).well();
    let val = |project: &Path| -> Vec<i64> {
        let pictures = Project::open(project).unwrap().pictures(None).unwrap();
        let val = pictures
            .into_iter()
            .filter(|p| p.split == Some(patchlight::dataset::model::Split::Val));
        val.map(|p| p.id).collect()
    };
    let held = val(&project);
    label_it(patchlight::dataset::model::Truth::Positive);
    let planned = train(&project, &["--plan", "--propose"]).well();
    let command = planned.one("plan")["split"].as_str().unwrap().to_owned();
    assert!(command.ends_with("--scheme join"), "{command}");
    train(&project, &proposed).well();
    assert_eq!(val(&project), held);
    drop(folder);
}

#[test]
fn a_stage_2_that_goes_on_from_a_run_keeps_its_pictures_and_settings() {
    let (_folder, project) = unsplit();
    train(
        &project,
        &["--stage", "1", "--set", "max_steps=1", "--set", "alpha=0.25"],
    )
    .well();
    let on = ["--propose", "--stage", "2", "--from", "run-1"];
    let planned = train(&project, &[&on[..], &["--plan"]].concat()).well();
    let plan = planned.one("plan");
    assert_eq!(
        (&plan["proposed"], &plan["split"]),
        (&serde_json::json!([]), &serde_json::Value::Null)
    );
    assert_eq!(plan["settings"]["alpha"], "0.25");
    train(&project, &on).well();
    assert!(
        splits(&project).iter().all(|(_, split)| !split),
        "test pictures would be among those that run-1 saw"
    );
    train(&project, &["--resume", "run-2", "--propose"]).failed(2);
}

#[test]
fn a_plan_of_nothing_takes_no_time() {
    let (_folder, project) = training_project();
    let said = train(&project, &["--plan", "--set", "epochs_2=0", "--set", "max_steps=2"]).well();
    let plan = said.one("plan");
    assert_eq!(plan["stages"][1]["seconds"], 0.0);
    assert!(plan["seconds"].as_f64().unwrap().is_finite());
    train(&project, &["--plan", "--watch", "nobody.jpg"]).failed(2);
}

#[test]
fn pictures_are_watched_by_their_names() {
    let (_folder, project) = training_project();
    let pictures = Project::open(&project).unwrap().pictures(None).unwrap();
    let name = pictures[2].path.file_name().unwrap().to_str().unwrap().to_owned();
    let watch = ["--stage", "1", "--set", "max_steps=2", "--watch", &name];
    let said = train(&project, &watch).well();
    let path = PathBuf::from(said.of("watched")[0]["path"].as_str().unwrap());
    let read = patchlight::engine::jobs::read_watched(&path).unwrap();
    let ids: Vec<i64> = read.pictures.iter().map(|p| p.id).collect();
    assert_eq!(ids, [pictures[2].id]);
    let (message, _) = train(&project, &["--watch", "nobody.jpg"]).failed(2);
    assert!(message.contains("nobody.jpg"), "{message}");
    let runs = Project::open(&project).unwrap().runs().unwrap();
    assert_eq!(runs.len(), 1, "a wrong name makes no run");
}

#[test]
fn labelled_pictures_alone_can_be_split() {
    let (_folder, project) = unsplit();
    let split = [
        "split",
        arg(&project),
        "--scheme",
        "random",
        "--labelled",
        "--fractions",
        "0.5,0.5,0",
    ];
    run(&split).well();
    assert!(splits(&project).iter().all(|(labels, split)| (*labels > 0) == *split));
    let (_folder, whole) = training_project();
    let random = ["split", arg(&whole), "--scheme", "random", "--fractions", "0.5,0.5,0"];
    run(&random).well();
    assert!(splits(&whole).iter().all(|(_, split)| *split));
}

#[test]
fn a_label_with_another_name_keeps_what_was_learned() {
    let (_folder, project) = training_project();
    train(&project, &["--stage", "both", "--set", "max_steps=2"]).well();
    let measured = |run_id: &str| {
        let said = run(&["evaluate", arg(&project), "--run", run_id, "--split", "val"]).well();
        said.one("metrics").clone()
    };
    let before = measured("run-2");
    let name = before["per_class"][0]["label"].as_str().unwrap().to_owned();
    run(&["label", arg(&project), "rename", &name, "another name"]).well();
    let after = measured("run-2");
    assert_eq!(after["map"], before["map"]);
    assert_eq!(after["per_class"][0]["label"], "another name");
    assert_eq!(after["per_class"][0]["ap"], before["per_class"][0]["ap"]);
    // Another order is another matter: columns would be taken for each other.
    run(&["label", arg(&project), "move", "another name", "2"]).well();
    let (message, _) = run(&["evaluate", arg(&project), "--run", "run-2", "--split", "val"]).failed(1);
    assert!(message.contains("labels have changed"), "{message}");
}
