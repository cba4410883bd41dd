//! The commands that open or measure the window.

use super::arguments::Command;
use super::output::Output;
use crate::engine::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

/// Opens the window.
///
/// # Errors
/// [`Failure`] where this machine cannot show one.
#[cfg(feature = "window")]
pub fn open(paths: Vec<PathBuf>) -> Result<(), Failure> {
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
pub fn open(_paths: Vec<PathBuf>) -> Result<(), Failure> {
    Err(Failure::usage(
        "this build has no window",
        "See patchlight --help for the commands, or build with the feature `window`.",
    ))
}

/// Whether the command opens the window.
pub fn is_meant(command: Option<&Command>) -> bool {
    match command {
        None => true,
        #[cfg(feature = "window")]
        Some(Command::Open { .. }) => true,
        Some(_) => false,
    }
}

/// The paths that were meant where no command was given: `patchlight photo.jpg`.
pub fn paths(error: &clap::Error) -> Option<Vec<PathBuf>> {
    if error.kind() != clap::error::ErrorKind::InvalidSubcommand {
        return None;
    }
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    paths.iter().all(|path| path.exists()).then_some(paths)
}

/// Serves a command that is the window's; gives back any other.
///
/// # Errors
/// The command.
pub fn serve(command: Command, json: bool) -> Result<ExitCode, Box<Command>> {
    match command {
        #[cfg(feature = "window")]
        Command::Open { paths } => Ok(Output::new(json).end(open(paths))),
        #[cfg(feature = "window")]
        Command::Bench(super::arguments::BenchCommand::Window { frames }) => {
            for time in crate::app::frame_times(frames) {
                Output::new(json).frame_time(&time);
            }
            Ok(ExitCode::SUCCESS)
        }
        other => {
            let _ = json;
            Err(Box::new(other))
        }
    }
}
