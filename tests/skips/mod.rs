//! What tests leave out on this machine, noted for `tests/what_was_skipped.rs`, which says it as the last line of `cargo test`.
//! The library's own tests and those of `tests/it` and `tests/ui` share this file.

#![allow(clippy::print_stdout)]

use std::path::PathBuf;

/// Where a run of `cargo test` keeps its notes: beside the folder of the test programs. `None` where that cannot be told.
pub fn folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.parent()?.join("skipped-tests"))
}

/// The run that this program belongs to, as far as the system says: the process that started it.
pub fn run() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    return 0;
}

/// Notes that the running test, or a part of it, is left out for want of something. It passes all the same.
#[allow(dead_code, reason = "the program that reads the notes takes none")]
pub fn note(missing: &str) {
    println!("skipped: {missing}");
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test").to_owned();
    let Some(folder) = folder() else { return };
    let name = format!("{}-{}-{}", run(), std::process::id(), test.replace("::", "."));
    // Where nothing can be written the word above is all there is.
    let _ = std::fs::create_dir_all(&folder);
    let _ = std::fs::write(folder.join(name), format!("{missing}\n{test}\n"));
}
