//! A stop signal during an import is obeyed soon, whatever the import is at.

#![cfg(target_os = "linux")]

use crate::support::{arg, fixture, program};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Pictures with the same half gigabyte behind them, most of it a hole in the disk: they must be read whole to be told apart.
fn large_pictures(folder: &Path) {
    let picture = std::fs::read(fixture("training/data/train/train_00.png")).unwrap();
    for (label, numbers) in [("cat", 0..8), ("dog", 8..16)] {
        let folder = folder.join(label);
        std::fs::create_dir_all(&folder).unwrap();
        for number in numbers {
            let path = folder.join(format!("{number}.png"));
            std::fs::write(&path, &picture).unwrap();
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_len(512 << 20).unwrap();
        }
    }
}

#[test]
fn an_import_that_compares_large_files_stops_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    large_pictures(&data);
    let project = folder.path().join("p.patchlight");
    let mut stopped = 0;
    for (moment, signal) in [(1500, "-TERM"), (700, "-INT"), (300, "-TERM")] {
        let mut child = program()
            .args(["--json", "project", "new", arg(&project), "--data", arg(&data)])
            .args(["--format", "folder"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        // The names and the heads are read in no time; then come eight gigabytes of content.
        std::thread::sleep(Duration::from_millis(moment));
        let sent = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let asked = Instant::now();
        let last: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
        let code = child.wait().unwrap().code();
        let took = asked.elapsed();
        // A second is meant; this machine may be busy.
        assert!(took < Duration::from_secs(5), "{signal} after {moment} ms: {took:?}");
        if code == Some(0) {
            // A machine that had compared them all.
            std::fs::remove_dir_all(&project).unwrap();
            continue;
        }
        stopped += 1;
        assert_eq!((code, &last["event"]), (Some(1), &"error".into()), "{last}");
        assert!(!project.exists(), "nothing half is left");
    }
    assert!(stopped > 0, "no signal came in time");
}
