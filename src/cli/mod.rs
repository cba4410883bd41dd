//! The command line: arguments to requests, events to lines. The only room that prints.

mod arguments;
mod output;
mod window;
mod words;

use crate::compute::DeviceChoice;
use crate::engine::request::TagWrite;
use crate::engine::{self, Context, Failure, Request, worker};
use arguments::{Action, Arguments};
use clap::Parser;
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the program. Exit code 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    // SAFETY: the program has just begun, and no thread but this one runs.
    unsafe { crate::compute::quiet_vulkan_loader() };
    let raw: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // Wrong usage must be JSON too where --json stands anywhere, so it is looked for before parsing.
    let json = raw.iter().any(|a| a == "--json");
    let arguments = match Arguments::try_parse_from(raw) {
        Ok(arguments) => arguments,
        Err(error) => match window::paths(&error) {
            Some(paths) => {
                log_to_stderr(false);
                return open_window(paths, Output::new(json));
            }
            None => return usage(&error, json),
        },
    };
    log_to_stderr(arguments.verbose);
    let mut output = Output::new(json);
    let Some(command) = arguments.command else {
        if json {
            let hint = "See patchlight --help for the commands.";
            return output.end(Err(Failure::usage("--json needs a command", hint)));
        }
        return open_window(Vec::new(), output);
    };
    let action = match command.action(arguments.seed) {
        Ok(action) => action,
        Err(failure) => return output.end(Err(failure)),
    };
    if !action.is_window() {
        quiet_panics(arguments.verbose);
    }
    match action {
        #[cfg(feature = "window")]
        Action::Open(paths) => open_window(paths, output),
        Action::Job(request) => {
            let result = run(&request, arguments.device, &mut output);
            output.end(result)
        }
        Action::Worker => ExitCode::from(worker::serve(
            std::io::BufReader::new(std::io::stdin()),
            std::io::stdout(),
        )),
        #[cfg(feature = "window")]
        Action::MeasureWindow { frames } => {
            window::measure(frames, &mut output);
            output.end(Ok(()))
        }
    }
}

fn open_window(paths: Vec<PathBuf>, output: Output) -> ExitCode {
    output::loud_panics();
    output.end(window::open(paths))
}

/// Runs a job of the engine, which Ctrl-C stops.
fn run(request: &Request, device: DeviceChoice, output: &mut Output) -> Result<(), Failure> {
    if let Request::Tag(tag) = request
        && tag.write.iter().any(TagWrite::to_output)
    {
        output.only_table();
    }
    let cancel = stop_on_ctrl_c();
    let mut emit = |event| output.event(&event);
    let mut context = Context::new(&mut emit, &cancel);
    guarded(|| engine::run(request, device, &mut context))
}

/// A panic is a bug; even then the user gets words and an exit code, not a backtrace alone.
fn guarded(job: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        Err(Failure::new(
            format!("an internal error: {}", crate::compute::panic_text(&panic)),
            "This is a bug in Patchlight. Run again with -v and report what it prints, with `patchlight doctor`'s output.",
        ))
    })
}

/// The first Ctrl-C asks the job to stop at a safe point, the second ends the program.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!(%error, "Ctrl-C will end the program at once");
    }
    cancel
}

fn usage(error: &clap::Error, json: bool) -> ExitCode {
    use clap::error::ErrorKind;
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked || !json {
        // clap prints help to stdout and mistakes to stderr, with its own suggestions.
        let _ = error.print();
        return ExitCode::from(if asked { 0 } else { 2 });
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let message = lines
        .next()
        .unwrap_or("wrong usage")
        .trim_start_matches("error: ")
        .to_owned();
    let hint = lines.next().unwrap_or("See patchlight --help.").to_owned();
    Output::new(true).end(Err(Failure::usage(message, hint)))
}

fn log_to_stderr(verbose: bool) {
    use tracing_subscriber::EnvFilter;
    let usual = if verbose {
        "patchlight=debug,wgpu_hal=off,warn"
    } else {
        "patchlight=warn,wgpu_hal=off,error"
    };
    let filter = EnvFilter::try_from_env("PATCHLIGHT_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
}

/// Caught panics (a broken picture's decoder, a driver) are reported as errors; their backtraces only help developers.
fn quiet_panics(verbose: bool) {
    if !verbose {
        std::panic::set_hook(Box::new(|info| tracing::debug!("{info}")));
    }
}
