//! Not a test: the last program that `cargo test` runs (they run by name), so that what was skipped stands in its last lines.

#![allow(clippy::print_stdout)]

#[path = "skips/mod.rs"]
mod skips;

use std::collections::BTreeMap;

fn main() {
    // Other test runners ask for a list of tests; there are none here.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let Some(folder) = skips::folder() else { return };
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let run = entry
            .file_name()
            .to_string_lossy()
            .split('-')
            .next()
            .and_then(|id| id.parse().ok());
        let note = std::fs::read_to_string(entry.path()).unwrap_or_default();
        // What an earlier run noted says nothing of this one.
        let _ = std::fs::remove_file(entry.path());
        if run == Some(skips::run())
            && let Some((what, test)) = note.split_once('\n')
        {
            missing.entry(what.to_owned()).or_default().push(test.trim().to_owned());
        }
    }
    println!();
    if missing.is_empty() {
        println!("No test was skipped.");
        return;
    }
    println!(
        "Skipped on this machine (with PATCHLIGHT_TEST_GPU=required and PATCHLIGHT_TEST_EXIFTOOL=required they fail):"
    );
    for (what, mut tests) in missing {
        tests.sort();
        tests.dedup();
        let word = if tests.len() == 1 { "test" } else { "tests" };
        println!("  {} {word}: {what}", tests.len());
        println!("    {}", tests.join(", "));
    }
}
