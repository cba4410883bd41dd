//! The command line: exit codes, words, one form of output and the other.

use crate::support::{arg, fixture, program, run, run_plain, training_project};

#[test]
fn wrong_usage_ends_with_2_in_both_forms() {
    let (_folder, project) = training_project();
    let project = arg(&project);
    let cases: [(&[&str], &str); 11] = [
        (
            &[
                "train",
                project,
                "--set",
                "context_init=random",
                "--set",
                "context_tokens=200",
            ],
            "context_tokens",
        ),
        (
            &["train", project, "--stage", "2", "--set", "context_tokens=5"],
            "context_tokens",
        ),
        (&["split", project, "--scheme", "few-shot", "--shots", "0"], "shots"),
        (
            &["split", project, "--scheme", "pareto", "--max", "2", "--min", "5"],
            "min",
        ),
        (&["evaluate", project, "--run", "run-1", "--model", "other"], "--model"),
        (&["trian", project], "train"),
        (&["train", project, "--set", "aplha=0.3"], "alpha"),
        (&["train", project, "--set", "alpha=much"], "alpha"),
        (&["train", project, "--set", "alpha=1.5"], "alpha"),
        (&["score", "--labels", "dog"], "IMAGE"),
        (&["project", "new"], "--data"),
    ];
    for (arguments, word) in cases {
        let (message, hint) = run(arguments).failed(2);
        assert!(
            format!("{message} {hint}")
                .to_lowercase()
                .contains(&word.to_lowercase()),
            "{arguments:?}: {message} / {hint}"
        );
        let (code, out, err) = run_plain(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(
            err.to_lowercase().contains(&word.to_lowercase()),
            "{arguments:?}: {err}"
        );
    }
}

#[test]
fn failures_end_with_1_and_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (tiny, vit) = (fixture("checkpoints/tiny"), fixture("checkpoints/vit"));
    let (tiny, vit) = (arg(&tiny), arg(&vit));
    let image = fixture("scores/plain.jpg");
    let image = arg(&image);
    let text = file("notes.txt", b"this is no model");
    let html = file("model.safetensors", b"<!DOCTYPE html><html>not found</html>");
    let truncated = std::fs::read(fixture("scores/plain.jpg")).unwrap();
    let truncated = file("half.jpg", &truncated[..truncated.len() / 2]);
    let empty = file("empty.png", b"");
    let missing = folder.path().join("nowhere.jpg");
    let project = folder.path().join("none.patchlight");
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (
            vec!["score", "--model", "/no/such/model", "--labels", "a", image],
            "/no/such/model",
        ),
        (
            vec!["score", "--model", arg(&text), "--labels", "a", image],
            "notes.txt",
        ),
        (
            vec!["score", "--model", arg(&html), "--labels", "a", image],
            "HTML page",
        ),
        (vec!["score", "--model", vit, "--labels", "a", image], "text tower"),
        (
            vec!["score", "--model", tiny, "--labels", "a", arg(&missing)],
            "nowhere.jpg",
        ),
        (
            vec!["score", "--model", tiny, "--labels", "a", arg(&truncated)],
            "half.jpg",
        ),
        (
            vec!["score", "--model", tiny, "--labels", "a", arg(&empty)],
            "empty.png",
        ),
        (vec!["project", "info", arg(&project)], "none.patchlight"),
        (vec!["train", arg(&project), "--stage", "1"], "none.patchlight"),
        (vec!["evaluate", arg(&project), "--run", "zero-shot"], "none.patchlight"),
        (
            vec!["project", "new", arg(&project), "--data", "/no/such/data"],
            "/no/such/data",
        ),
        (vec!["model", "inspect", "/no/such/model"], "/no/such/model"),
    ];
    for (arguments, word) in cases {
        let (message, hint) = run(&arguments).failed(1);
        assert!(message.contains(word), "{arguments:?}: {message}");
        assert!(!hint.is_empty(), "{arguments:?}: {message} has no hint");
        let (code, out, err) = run_plain(&[&["--device", "cpu"][..], &arguments].concat());
        assert_eq!(code, 1, "{arguments:?}");
        assert!(!out.contains("error") && err.contains(word), "{arguments:?}: {err}");
    }
    assert!(!project.exists(), "a failed import leaves nothing");
}

#[test]
fn an_unknown_run_names_those_that_exist() {
    let (_folder, project) = training_project();
    let (message, _) = run(&["evaluate", arg(&project), "--run", "run-9"]).failed(1);
    assert!(message.contains("run-9"), "{message}");
}

#[cfg(unix)]
#[test]
fn no_permission_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), b"").is_ok() {
        // The superuser may write anywhere. /proc refuses even that.
        let data = fixture("training/data");
        let (message, hint) = run(&["project", "new", "/proc/p.patchlight", "--data", arg(&data)]).failed(1);
        assert!(
            message.contains("/proc/p.patchlight") && !hint.is_empty(),
            "{message} / {hint}"
        );
        return;
    }
    let data = fixture("training/data");
    let target = locked.join("p.patchlight");
    let (message, hint) = run(&["project", "new", arg(&target), "--data", arg(&data)]).failed(1);
    assert!(
        message.contains("p.patchlight") && hint.contains("permission"),
        "{message} / {hint}"
    );
}

#[test]
fn one_bad_picture_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.jpg");
    std::fs::write(&bad, b"not a picture").unwrap();
    let (tiny, good) = (fixture("checkpoints/tiny"), fixture("scores/plain.jpg"));
    let said = run(&["score", "--model", arg(&tiny), "--labels", "dog", arg(&bad), arg(&good)]);
    said.failed(1);
    assert_eq!(said.of("score").len(), 1);
    assert!(said.one("skipped")["image"].as_str().unwrap().ends_with("bad.jpg"));
}

#[test]
fn inspect_names_every_layout() {
    let cases = [
        ("hf", 224, 32, 32, 2, 16, 2),
        ("open_clip", 32, 8, 32, 2, 16, 2),
        ("openai.pt", 32, 8, 64, 2, 16, 1),
        ("vit", 32, 8, 32, 2, 0, 0),
    ];
    let mut layouts = Vec::new();
    for (name, image_size, patch, width, layers, embed, text_layers) in cases {
        let said = run(&["model", "inspect", arg(&fixture(&format!("checkpoints/{name}")))]).well();
        let model = said.one("model");
        let numbers =
            ["image_size", "patch", "width", "layers", "embed", "text_layers"].map(|k| model[k].as_u64().unwrap());
        assert_eq!(
            numbers,
            [image_size, patch, width, layers, embed, text_layers],
            "{name}"
        );
        assert!(model["parameters"].as_u64().unwrap() > 10_000);
        layouts.push(model["layout"].as_str().unwrap().to_owned());
    }
    layouts.dedup();
    assert_eq!(layouts.len(), 4, "{layouts:?}");
}

#[test]
fn doctor_reports_the_device() {
    let said = run(&["doctor"]).well();
    let device = said.one("device");
    assert_eq!(device["kind"], "cpu");
    let checks = device["checks"].as_array().unwrap();
    let gradients = checks.iter().find(|c| c["name"].as_str().unwrap().contains("gradient"));
    let gradients = gradients.unwrap();
    assert_eq!(gradients["ok"], true, "{checks:?}");
    let detail = gradients["detail"].as_str().unwrap();
    assert!(detail.contains("no GPU to compare with"), "{detail}");
}

/// Where no compositor can be asked for its GPU (a service, a container), nobody complains of that.
#[cfg(target_os = "linux")]
#[test]
fn without_a_runtime_folder_nothing_is_said_about_it() {
    for command in ["doctor", "worker"] {
        let output = program()
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("NODEVICE_SELECT")
            .arg(command)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "", "{command}");
    }
}

#[test]
fn values_are_those_of_the_engine() {
    let (_folder, project) = training_project();
    let project = arg(&project);
    for (arguments, words) in [
        (vec!["train", project, "--stage", "3"], "1, 2, both, joint"),
        (
            vec!["export", project, "--format", "csv", "--table", "tall"],
            "wide, joined, long",
        ),
        (
            vec!["export", project, "--format", "csv", "--pictures", "x"],
            "named, copies, links",
        ),
        (
            vec!["project", "preview", "--data", project, "--absent", "x"],
            "negative, unknown",
        ),
        (vec!["--device", "tpu", "doctor"], "auto, gpu, cpu"),
        (vec!["label", project, "colour", "dog", "red"], "hexadecimal"),
    ] {
        let (code, _, err) = run_plain(&arguments);
        assert!(code == 2 && err.contains(words), "{arguments:?}: {code} {err}");
    }
    let said = run(&["label", project, "colour", "nothing", "#d95f02"]);
    assert!(said.failed(1).0.contains("no label nothing"));
}

#[test]
fn help_lists_only_what_works() {
    let (code, out, _) = run_plain(&["--help"]);
    assert_eq!(code, 0);
    for command in [
        "score",
        "project",
        "split",
        "train",
        "evaluate",
        "thresholds",
        "compare",
        "model",
        "doctor",
    ] {
        assert!(out.contains(command), "{out}");
    }
}

#[test]
fn our_tags_are_written_and_taken_away_again() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("plain.jpg");
    std::fs::copy(fixture("scores/plain.jpg"), &picture).unwrap();
    let before = std::fs::read(&picture).unwrap();
    let sidecar = folder.path().join("plain.jpg.xmp");
    let tiny = fixture("checkpoints/tiny");
    let by = [
        "--model",
        arg(&tiny),
        "--labels",
        "dog,cat",
        "--threshold",
        "0",
        "--format",
        "xmp",
    ];
    run(&[&["tag", arg(folder.path())], &by[..]].concat()).well();
    assert!(sidecar.exists());
    let remove = ["tag", arg(folder.path()), "--remove"];
    let said = run(&[&remove[..], &["--dry-run"]].concat()).well();
    assert_eq!(said.one("written")["dry_run"], true);
    assert!(sidecar.exists(), "looking changes nothing");
    run(&remove).well();
    assert!(!sidecar.exists());
    assert_eq!(std::fs::read(&picture).unwrap(), before);
    let (message, _) = run(&[&remove[..], &by[..]].concat()).failed(2);
    assert!(message.contains("--remove"), "{message}");
}
