//! Nothing stands in for what a run's record names, unless that is allowed; then the result says so.

use crate::support::{Said, arg, fixture, killed_at, run, training_project};
use patchlight::compute::DeviceChoice;
use patchlight::engine::request::{PredictRequest, Request};
use patchlight::engine::{Context, Event, Failure, jobs};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Changes a bit in the middle of a file; returns what it was.
fn damage(file: &Path) -> Vec<u8> {
    let whole = std::fs::read(file).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(file, bytes).unwrap();
    whole
}

/// The run and the words of what was passed over, of the warnings and of a result.
#[track_caller]
fn says_what_stands_in(said: &Said, result: &str, what: &str) {
    let warned = said.of("warning").into_iter().any(|w| {
        let names = w["message"].as_str().unwrap_or_default().contains(what);
        w["code"] == "checkpoint" && names
    });
    assert!(warned, "{:?}", said.events);
    let told = said.one(result)["fallback"][0].as_str().unwrap_or_default();
    assert!(told.contains(what), "{:?}", said.one(result));
}

/// Scores all pictures with `run-1`; what the end says of what was passed over.
fn predict(project: &Path, allow_fallback: bool) -> Result<Vec<String>, Failure> {
    let request = Request::Predict(PredictRequest {
        project: project.to_owned(),
        run: "run-1".to_owned(),
        model: None,
        allow_fallback,
    });
    let mut told = Vec::new();
    let mut emit = |event| {
        if let Event::Done { fallback, .. } = event {
            told = fallback;
        }
    };
    let cancel = AtomicBool::new(false);
    jobs::run(&request, DeviceChoice::Cpu, &mut Context::new(&mut emit, &cancel))?;
    Ok(told)
}

/// The parameters of the best epoch of the training in a folder.
fn best_epoch(folder: &Path) -> PathBuf {
    std::fs::read_dir(folder.join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("best-"))
        .unwrap()
        .join("model.safetensors")
}

#[test]
fn nothing_stands_in_for_a_damaged_best_epoch_unless_it_is_allowed() {
    let (folder, project) = training_project();
    let train = ["train", arg(&project), "--stage", "1"];
    let sets = ["--set", "batch_1=4", "--set", "epochs_1=2", "--set", "keep=best"];
    run(&[&train[..], &sets].concat()).well();
    let (tagger, data) = (folder.path().join("t.safetensors"), fixture("training/data"));
    let evaluate = ["evaluate", arg(&project), "--run", "run-1"];
    let export = ["export-model", arg(&project), "--run", "run-1", "--out", arg(&tagger)];
    let tag = ["tag", arg(&data), "--project", arg(&project), "--run", "run-1"];
    let compare = ["compare", arg(&project), "zero-shot", "run-1"];
    let thresholds = ["thresholds", arg(&project), "--run", "run-1", "--rule", "fixed=0.3"];
    let whole = run(&evaluate).well();
    assert!(whole.one("metrics").get("fallback").is_none(), "{:?}", whole.events);
    let best = best_epoch(&project.join("runs/run-1"));

    let bytes = damage(&best);
    for command in [&evaluate[..], &export, &tag, &compare, &thresholds] {
        let (message, hint) = run(command).failed(1);
        assert!(
            message.contains("best-") && hint.contains("--allow-fallback"),
            "{message} / {hint}"
        );
    }
    assert!(!tagger.exists() && !project.join("runs/run-1/thresholds.json").exists());
    assert!(predict(&project, false).unwrap_err().message.contains("best-"));
    let done = predict(&project, true).unwrap();
    assert!(done.iter().any(|words| words.contains("best-")), "{done:?}");
    for (command, result) in [
        (&evaluate[..], "metrics"),
        (&export, "done"),
        (&tag, "tagged"),
        (&compare, "compare"),
    ] {
        let said = run(&[command, &["--allow-fallback"]].concat()).well();
        says_what_stands_in(&said, result, "best-");
    }
    let report = folder.path().join("report");
    run(&[&evaluate[..], &["--allow-fallback", "--report", arg(&report)]].concat()).well();
    for name in ["report.html", "model-card.md", "labels.tex", "metrics.json"] {
        let text = std::fs::read_to_string(report.join(name)).unwrap();
        assert!(text.contains("is damaged") && text.contains("best-"), "{name}: {text}");
    }
    // The file that was passed on says it to whoever uses it.
    let with_file = run(&["tag", arg(&data), "--tagger", arg(&tagger)]).well();
    assert!(
        with_file.one("tagged")["fallback"][0]
            .as_str()
            .unwrap()
            .contains("best-")
    );

    // What was fitted to it counts as much.
    std::fs::write(&best, bytes).unwrap();
    assert_eq!(run(&evaluate).well().one("metrics"), whole.one("metrics"));
    let fitted = project.join("runs/run-1/fitted.json");
    let text = std::fs::read(&fitted).unwrap();
    std::fs::write(&fitted, &text[..text.len() / 2]).unwrap();
    let (message, hint) = run(&evaluate).failed(1);
    assert!(
        message.contains("fitted.json") && hint.contains("--allow-fallback"),
        "{message} / {hint}"
    );
    let said = run(&[&evaluate[..], &["--allow-fallback"]].concat()).well();
    says_what_stands_in(&said, "metrics", "fitted.json");
}

#[test]
fn nothing_stands_in_for_damaged_thresholds_unless_it_is_allowed() {
    let (folder, project) = training_project();
    run(&["train", arg(&project), "--stage", "1", "--set", "max_steps=3"]).well();
    let (tagger, data) = (folder.path().join("t.safetensors"), fixture("training/data"));
    let evaluate = ["evaluate", arg(&project), "--run", "run-1"];
    let export = ["export-model", arg(&project), "--run", "run-1", "--out", arg(&tagger)];
    let tag = ["tag", arg(&data), "--project", arg(&project), "--run", "run-1"];
    let compare = ["compare", arg(&project), "run-1", "zero-shot"];
    let choose = ["thresholds", arg(&project), "--run", "run-1", "--rule", "fixed=0.25"];
    run(&choose).well();
    let whole = run(&evaluate).well();
    assert_eq!(whole.one("metrics")["thresholds"], "fixed=0.25 for 5 of 5 labels");
    let kept = project.join("runs/run-1/thresholds.json");
    let text = std::fs::read_to_string(&kept).unwrap();
    let out_of_range = text.replacen("\"threshold\": 0.25", "\"threshold\": 1.25", 1);
    assert_ne!(out_of_range, text);
    for damaged in [&text[..text.len() / 2], &out_of_range] {
        std::fs::write(&kept, damaged).unwrap();
        for command in [&evaluate[..], &export, &tag, &compare] {
            let (message, hint) = run(command).failed(1);
            assert!(
                message.contains("thresholds.json is damaged") && hint.contains("--allow-fallback"),
                "{message} / {hint}"
            );
        }
    }
    assert!(!tagger.exists());
    // Probabilities do not depend on them.
    assert_eq!(predict(&project, false).unwrap(), Vec::<String>::new());
    for (command, result) in [
        (&evaluate[..], "metrics"),
        (&export, "done"),
        (&tag, "tagged"),
        (&compare, "compare"),
    ] {
        let said = run(&[command, &["--allow-fallback"]].concat()).well();
        says_what_stands_in(&said, result, "thresholds.json");
        if result == "metrics" {
            assert_eq!(said.one("metrics")["thresholds"], "0.5 (default) for 5 of 5 labels");
        }
    }
    // One label's alone would lose the others; all of them replace the file.
    let (message, hint) = run(&[&choose[..], &["--label", "dog"]].concat()).failed(1);
    assert!(
        message.contains("thresholds.json") && hint.contains("--label"),
        "{message} / {hint}"
    );
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), out_of_range);
    let said = run(&choose).well();
    assert!(
        said.of("warning").iter().any(|w| w["code"] == "checkpoint"),
        "{:?}",
        said.events
    );
    assert_eq!(run(&evaluate).well().one("metrics"), whole.one("metrics"));
}

/// `context=auto` chooses among what its trainings are used with, or not at all.
#[test]
fn nothing_stands_in_for_a_damaged_training_among_those_that_are_compared() {
    let (_folder, project) = training_project();
    // Eight draws a pass are two steps of four.
    let passes = 60;
    let epochs = format!("epochs_2={passes}");
    let sets = ["sampler=class-aware", "context=auto", "keep=best", "batch_2=4", &epochs];
    let begin = ["train", arg(&project), "--stage", "2"];
    let often = ["--log-every", "1", "--checkpoint-every", "2"];
    let set: Vec<&str> = sets.into_iter().flat_map(|set| ["--set", set]).collect();
    // Killed as the second training begins.
    killed_at(&[&begin[..], &often, &set].concat(), |event| {
        event["event"] == "step" && event["step"] == 2 * passes
    });
    let best = best_epoch(&project.join("runs/run-1/candidates/shared"));
    let whole = damage(&best);
    let resume = ["train", arg(&project), "--resume", "run-1"];
    let said = run(&resume);
    assert!(said.failed(1).0.contains("best-"), "{:?}", said.events.last());
    assert!(said.of("context_chosen").is_empty());
    // Restored, it is chosen from as if nothing had been.
    std::fs::write(&best, whole).unwrap();
    let said = run(&resume).well();
    let tried = said.one("context_chosen")["tried"].as_array().unwrap();
    assert_eq!(tried.len(), 3, "{tried:?}");
    assert!(said.of("step").is_empty(), "all three had been trained");
}
