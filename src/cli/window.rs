//! The commands that open or measure the window.

use crate::engine::Failure;
use std::path::PathBuf;

/// Opens the window.
///
/// # Errors
/// [`Failure`] where this machine cannot show one.
#[cfg(feature = "window")]
pub(crate) fn open(paths: Vec<PathBuf>) -> Result<(), Failure> {
    let paths = paths
        .into_iter()
        .map(|path| std::path::absolute(&path).unwrap_or(path))
        .collect();
    crate::app::run(crate::app::Options {
        paths,
        began: Some(std::time::Instant::now()),
        ..crate::app::Options::default()
    })
}

/// This build has no window.
///
/// # Errors
/// Always a [`Failure`].
#[cfg(not(feature = "window"))]
pub(crate) fn open(_paths: Vec<PathBuf>) -> Result<(), Failure> {
    Err(Failure::usage(
        "this build has no window",
        "See patchlight --help for the commands, or build with the feature `window`.",
    ))
}

/// Tells what frames of the window cost.
#[cfg(feature = "window")]
pub(crate) fn measure(frames: usize, output: &mut super::output::Output) {
    for time in crate::app::frame_times(frames) {
        output.frame_time(&time);
    }
}

/// The paths that were meant where no command was given: `patchlight photo.jpg`.
pub(crate) fn paths(error: &clap::Error) -> Option<Vec<PathBuf>> {
    if error.kind() != clap::error::ErrorKind::InvalidSubcommand {
        return None;
    }
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    paths.iter().all(|path| path.exists()).then_some(paths)
}
