//! Nothing is lost: killed, damaged, full, read-only, out of memory.

use crate::support::{Said, arg, killed_at, paired, program, run, run_with, steps, training_project};
use patchlight::support::rng::{self, Rng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Everything that a run draws or chooses: order, variation, best epoch, moving average, alpha.
const RICH: [&str; 23] = [
    "--stage",
    "both",
    "--seed",
    "7",
    "--checkpoint-every",
    "2",
    "--set",
    "batch_1=4",
    "--set",
    "batch_2=4",
    "--set",
    "epochs_1=2",
    "--set",
    "epochs_2=14",
    "--set",
    "ema=0.9",
    "--set",
    "lr_encoder=1e-3",
    "--set",
    "augment_set=strong",
    "--set",
    "keep=best",
    "--log-every=1",
];

/// The same with pictures drawn label by label, and a context that is chosen among three trainings of Stage 2.
const CHOOSING: [&str; 6] = [
    "--set",
    "sampler=class-aware",
    "--set",
    "context=auto",
    "--set",
    "epochs_1=3",
];

/// What a finished training left: the lines of its curves without the speed, parameters, what was fitted and chosen.
fn left_by(project: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for id in ["run-1", "run-2"] {
        let folder = project.join("runs").join(id);
        let curves = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
        for (i, line) in curves.lines().enumerate() {
            let mut event: Value = serde_json::from_str(line).unwrap();
            event.as_object_mut().unwrap().remove("images_per_s");
            found.insert(format!("{id} line {i:04}"), event.to_string().into_bytes());
        }
        found.insert(
            format!("{id} fitted"),
            std::fs::read(folder.join("fitted.json")).unwrap(),
        );
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        found.insert(format!("{id} chosen"), config["chosen"].to_string().into_bytes());
        let newest = checkpoints(project, id).pop().unwrap();
        for checkpoint in std::fs::read_dir(folder.join("checkpoints")).unwrap() {
            let path = checkpoint.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("best") || path == newest {
                let bytes = std::fs::read(path.join("model.safetensors")).unwrap();
                found.insert(format!("{id} {name}"), bytes);
            }
        }
    }
    found
}

fn has_run(project: &Path) -> bool {
    project.join("runs/run-1/config.json").is_file()
}

/// Starts (`begin`) or resumes the training and kills the process after so many events and a moment more; false where it was done before.
fn killed(project: &Path, begin: &[&str], events: usize, moment: Duration) -> bool {
    let resume = ["--resume", "run-1", "--log-every=1", "--checkpoint-every", "2"];
    let more: &[&str] = if has_run(project) { &resume } else { begin };
    let mut child = program()
        .args([&["--json", "--device", "cpu", "train", arg(project)][..], more].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The first lines are of preparing; a training step is about a millisecond.
    for _ in lines
        .map_while(Result::ok)
        .filter(|l| !l.contains("\"progress\""))
        .take(events)
    {}
    std::thread::sleep(moment);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[test]
fn twenty_kills_change_no_number() {
    kills_change_no_number(&RICH);
}

#[test]
fn twenty_kills_change_no_number_of_drawing_label_by_label_and_choosing() {
    kills_change_no_number(&[&RICH[..], &CHOOSING].concat());
}

fn kills_change_no_number(begin: &[&str]) {
    let (_a, whole) = training_project();
    run(&[&["train", arg(&whole)][..], begin].concat()).well();
    let (_b, project) = training_project();
    let mut rng = rng::stream(20, "kills", 0);
    let mut kills = [0, 0];
    for _ in 0..20 {
        let (events, moment) = (rng.random_range(0..9), Duration::from_millis(rng.random_range(0..40)));
        let stage = usize::from(project.join("runs/run-2").exists());
        kills[stage] += usize::from(killed(&project, begin, events, moment));
    }
    assert!(kills[0] >= 2 && kills[1] >= 4, "kills in each stage: {kills:?}");
    let last: &[&str] = if has_run(&project) {
        &["--resume", "run-1"]
    } else {
        begin
    };
    run(&[&["train", arg(&project)][..], last].concat()).well();
    let (wanted, found) = (left_by(&whole), left_by(&project));
    assert_eq!(wanted.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (what, bytes) in &wanted {
        assert!(
            *bytes == found[what],
            "{what}: {} against {}",
            String::from_utf8_lossy(&found[what][..found[what].len().min(300)]),
            String::from_utf8_lossy(&bytes[..bytes.len().min(300)]),
        );
    }
}

fn checkpoints(project: &Path, run: &str) -> Vec<PathBuf> {
    let folder = project.join("runs").join(run).join("checkpoints");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.file_name().unwrap().to_str().unwrap().parse::<usize>().is_ok())
        .collect();
    found.sort();
    found
}

#[test]
fn a_damaged_newest_checkpoint_falls_back_and_says_so() {
    let more = [
        "--stage",
        "1",
        "--checkpoint-every",
        "2",
        "--log-every",
        "1",
        "--set",
        "batch_1=4",
        "--set",
        "epochs_1=4",
    ];
    let (_a, whole) = training_project();
    let uninterrupted = run(&[&["train", arg(&whole)][..], &more].concat()).well();
    let (_b, project) = training_project();
    // Stopped by a kill in the seventh step or later.
    killed_at(&[&["train", arg(&project)][..], &more].concat(), |event| {
        event["event"] == "step" && event["step"] == 7
    });
    // The kill may fall between a newer one's files, or before the oldest has gone: those with a manifest count.
    let mut found = checkpoints(&project, "run-1");
    found.retain(|folder| folder.join("manifest.json").is_file());
    assert!(found.len() >= 2, "the newest two are kept: {found:?}");
    let found = found.split_off(found.len() - 2);
    let file = found[1].join("optimizer.safetensors");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&file, bytes).unwrap();
    let resumed = run(&["train", arg(&project), "--resume", "run-1", "--log-every", "1"]).well();
    let warning = resumed
        .of("warning")
        .into_iter()
        .find(|w| w["code"] == "checkpoint")
        .unwrap();
    assert!(warning["message"].as_str().unwrap().contains("going back"), "{warning}");
    let before: u64 = found[0].file_name().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(resumed.one("run")["resumed_at"].as_u64().unwrap_or(0), before);
    let (all, tail) = (steps(&uninterrupted), steps(&resumed));
    assert_eq!(tail, all[before as usize..]);
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_the_first_step() {
    let (_folder, project) = training_project();
    // A file where the run's checkpoints belong: permissions mean nothing to a superuser.
    let runs = project.join("runs/run-1");
    std::fs::create_dir_all(&runs).unwrap();
    std::fs::write(runs.join("checkpoints"), b"in the way").unwrap();
    let said = run(&["train", arg(&project), "--stage", "1", "--log-every", "1"]);
    let (message, hint) = said.failed(1);
    assert!(message.contains("checkpoints"), "{message}");
    assert!(hint.contains("resume"), "{hint}");
    assert!(said.of("step").is_empty(), "no step was lost");
}

/// The limit on a file's size is what a full disk looks like to a program: a write that fails in the middle.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_checkpoint_before() {
    let (_folder, project) = training_project();
    let kilobytes = "180";
    let script = format!(
        "trap '' XFSZ; ulimit -f {kilobytes}; exec {} --json --device cpu train {} --stage 1 --log-every 1 --checkpoint-every 2 \
         --set batch_1=4 --set epochs_1=3",
        env!("CARGO_BIN_EXE_patchlight"),
        arg(&project),
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(output.status.code(), Some(1), "{events:?}");
    let error = events.last().unwrap();
    assert_eq!(error["event"], "error");
    assert!(error["hint"].as_str().unwrap().contains("space"), "{error}");
    assert_eq!(events.iter().filter(|e| e["event"] == "step").count(), 2, "{events:?}");
    let info = run(&["project", "info", arg(&project)]).well();
    assert_eq!(info.one("project")["runs"][0]["state"], "failed");
    // With space again it goes on from the checkpoint before.
    let resumed = run(&["train", arg(&project), "--resume", "run-1", "--log-every", "1"]).well();
    assert_eq!(steps(&resumed).len(), 9);
}

const FEW: [&str; 14] = [
    "--stage",
    "both",
    "--log-every",
    "1",
    "--set",
    "shuffle=false",
    "--set",
    "augment=false",
    "--set",
    "max_steps=4",
    "--set",
    "batch_1=8",
    "--set",
    "batch_2=8",
];

fn same_losses(a: &Said, b: &Said) {
    let (a, b) = (steps(a), steps(b));
    for (a, b) in paired(a, b) {
        assert_eq!((a.0, a.1), (b.0, b.1));
        assert!((a.2 - b.2).abs() <= 2e-5 * b.2.abs().max(0.1), "{a:?} against {b:?}");
    }
}

#[test]
fn out_of_memory_halves_what_is_computed_at_once_and_changes_no_result() {
    let (_a, project) = training_project();
    let whole = run(&[&["train", arg(&project)][..], &FEW].concat()).well();
    // As a setting.
    let (_b, project) = training_project();
    for size in ["3", "1"] {
        let set = format!("micro_batch={size}");
        let parts = run(&[&["train", arg(&project)][..], &FEW, &["--set", &set]].concat()).well();
        same_losses(&parts, &whole);
    }
    // Because the memory was too small, told by an error or by a panic.
    for fault in ["oom:2:2", "oom-panic:2:2"] {
        let (_c, project) = training_project();
        let forced = run_with(
            &[("PATCHLIGHT_FAIL", fault)],
            &[&["train", arg(&project)][..], &FEW].concat(),
        )
        .well();
        same_losses(&forced, &whole);
        let warned = forced.of("warning");
        let of_memory: Vec<_> = warned.iter().filter(|w| w["code"] == "memory").collect();
        // 8 to 4 to 2, in each of the two runs.
        assert_eq!(of_memory.len(), 4, "{warned:?}");
        let note = std::fs::read_to_string(project.join("runs/run-1/memory.json")).unwrap();
        let note: Value = serde_json::from_str(&note).unwrap();
        assert_eq!(note["micro_batch"], 2, "{note}");
    }
    // Nothing fits: an error with advice, after few attempts.
    let (_d, project) = training_project();
    let said = run_with(
        &[("PATCHLIGHT_FAIL", "oom:1:0")],
        &[&["train", arg(&project)][..], &FEW].concat(),
    );
    let (message, hint) = said.failed(1);
    assert!(
        message.contains("out of memory") && hint.contains("micro_batch"),
        "{message} / {hint}"
    );
}

/// The window's worker too: a line that is no text is answered, and the process goes on.
#[test]
fn a_worker_says_what_it_cannot_read() {
    use std::io::Write as _;
    let mut child = program()
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(b"\xff\xfe\xfd\n{\"id\":1,\"device\":\"cpu\",\"request\":{\"job\":\"inspect_model\",\"path\":\"/no/where\"}}\n")
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(
        (said[0]["finished"].as_u64(), said[1]["finished"].as_u64()),
        (Some(0), Some(1))
    );
    assert!(
        said[0]["failure"]["message"].as_str().unwrap().contains("cannot read"),
        "{said:?}"
    );
    assert!(output.status.success());
}

/// Killed as the second of three trainings begins: the first is not trained again.
#[test]
fn a_kill_between_two_trainings_goes_on_with_the_next() {
    let begin = [&RICH[..], &CHOOSING].concat();
    let (_a, whole) = training_project();
    run(&[&["train", arg(&whole)][..], &begin].concat()).well();
    let (_b, project) = training_project();
    // Eight draws a pass are two steps of four; fourteen passes.
    let first = 28;
    killed_at(&[&["train", arg(&project)][..], &begin].concat(), |event| {
        event["event"] == "step" && event["stage"] == 2 && event["step"] == first
    });
    let resumed = run(&["train", arg(&project), "--resume", "run-2", "--log-every", "1"]).well();
    assert!(
        resumed.one("run")["resumed_at"].as_u64() >= Some(first),
        "{}",
        resumed.one("run")
    );
    assert!(steps(&resumed).iter().all(|step| step.1 >= first));
    let (wanted, found) = (left_by(&whole), left_by(&project));
    assert_eq!(wanted.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    assert!(wanted.iter().all(|(what, bytes)| *bytes == found[what]));
}
