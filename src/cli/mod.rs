//! The command line: arguments to requests, events to lines. The only room that prints.

mod arguments;
mod output;
mod window;
mod words;

use crate::engine::request::TagWrite;
use crate::engine::{self, Context, Failure, Request, worker};
use arguments::{Arguments, Command};
use clap::Parser;
use output::Output;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the program. Exit code 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    let raw: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // Wrong usage must be JSON too where --json stands anywhere, so it is looked for before parsing.
    let json = raw.iter().any(|a| a == "--json");
    let arguments = match Arguments::try_parse_from(raw) {
        Ok(arguments) => arguments,
        Err(error) => match window::paths(&error) {
            Some(paths) => {
                log_to_stderr(false);
                output::loud_panics();
                return Output::new(json).end(window::open(paths));
            }
            None => return usage(&error, json),
        },
    };
    log_to_stderr(arguments.verbose);
    if window::is_meant(arguments.command.as_ref()) {
        output::loud_panics();
    } else {
        quiet_panics(arguments.verbose);
    }
    let Some(command) = arguments.command else {
        if json {
            let hint = "See patchlight --help for the commands.";
            return Output::new(true).end(Err(Failure::usage("--json needs a command", hint)));
        }
        return Output::new(false).end(window::open(Vec::new()));
    };
    let command = match window::serve(command, json) {
        Ok(code) => return code,
        Err(command) => *command,
    };
    if matches!(command, Command::Worker) {
        let code = worker::serve(std::io::BufReader::new(std::io::stdin()), std::io::stdout());
        return ExitCode::from(code);
    }
    let mut output = Output::new(json);
    let result = command.request(arguments.seed).and_then(|request| {
        if let Request::Tag(tag) = &request
            && tag.write.iter().any(TagWrite::to_output)
        {
            output.only_table();
        }
        let cancel = stop_on_ctrl_c();
        let mut emit = |event| output.event(&event);
        let mut context = Context::new(&mut emit, &cancel);
        guarded(|| engine::run(&request, arguments.device.into(), &mut context))
    });
    output.end(result)
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
