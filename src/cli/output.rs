//! Events as JSON lines or as text; progress bars and errors on standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one place that prints"
)]

use super::words::describe;
use crate::engine::{Event, Failure, FailureKind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Writes what a job tells.
pub(crate) struct Output {
    json: bool,
    /// A table goes to standard output, and nothing else does.
    table: bool,
    bar: Option<(String, ProgressBar)>,
}

impl Output {
    /// JSON lines, or text for people.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            table: false,
            bar: None,
        }
    }

    /// A table goes to standard output: everything for people goes to standard error.
    pub fn only_table(&mut self) {
        self.table = true;
    }

    /// Writes an event.
    pub fn event(&mut self, event: &Event) {
        if let Event::Progress { phase, done, total, .. } = event {
            return self.progress(phase, *done, *total);
        }
        if self.json {
            // The events before it said it all, one a line.
            if matches!(event, Event::Table { .. }) {
                return;
            }
            if let Ok(line) = serde_json::to_string(event) {
                print_line(&line);
            }
            return;
        }
        let to_error = matches!(event, Event::Warning { .. } | Event::Skipped { .. })
            || (self.table && !matches!(event, Event::Table { .. }));
        if self.table && matches!(event, Event::Tags(_)) {
            return;
        }
        let text = describe(event);
        let print = || {
            if to_error {
                eprintln!("{text}")
            } else {
                print_line(&text)
            }
        };
        match &self.bar {
            Some((_, bar)) => bar.suspend(print),
            None => print(),
        }
    }

    /// Writes what a frame of the window costs.
    #[cfg(feature = "window")]
    pub fn frame_time(&self, time: &crate::app::FrameTimes) {
        let megabytes = time.memory >> 20;
        if self.json {
            let (scene, median, p95, worst) = (time.scene, time.median, time.p95, time.worst);
            let line = serde_json::json!({"event": "frame", "scene": scene, "median_ms": median, "p95_ms": p95,
                "worst_ms": worst, "memory_mb": megabytes});
            print_line(&line.to_string());
        } else {
            print_line(&format!(
                "{}: median {:.2} ms, 95 % under {:.2} ms, worst {:.2} ms; {megabytes} MB",
                time.scene, time.median, time.p95, time.worst
            ));
        }
    }

    /// Ends the program's output: the failure in words, or nothing.
    pub fn end(mut self, result: Result<(), Failure>) -> ExitCode {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        let Err(failure) = result else { return ExitCode::SUCCESS };
        let code = if failure.kind == FailureKind::Usage { 2 } else { 1 };
        if self.json {
            let event = Event::Error {
                message: failure.message,
                hint: failure.hint,
            };
            if let Ok(line) = serde_json::to_string(&event) {
                print_line(&line);
            }
        } else {
            eprintln!("error: {}", failure.message);
            if let Some(hint) = failure.hint {
                eprintln!("  {hint}");
            }
        }
        ExitCode::from(code)
    }

    fn progress(&mut self, phase: &str, done: usize, total: usize) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let same = self.bar.as_ref().is_some_and(|(name, _)| name == phase);
        if !same {
            if let Some((_, old)) = self.bar.take() {
                old.finish_and_clear();
            }
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}, {eta} left");
            if let Ok(style) = style {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(phase.to_owned());
            self.bar = Some((phase.to_owned(), bar));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    }
}

/// In the window a panic on the main thread is the end: it is printed, and kept where a user finds it for a report. Panics of other
/// threads (a broken picture's decoder) are caught there.
pub(crate) fn loud_panics() {
    std::panic::set_hook(Box::new(|info| {
        if std::thread::current().name() != Some("main") {
            tracing::warn!("{info}");
            return;
        }
        let folder = dirs::data_dir().unwrap_or_else(std::env::temp_dir).join("patchlight");
        let file = folder.join("crash.txt");
        let trace = std::backtrace::Backtrace::force_capture();
        let text = format!("patchlight {}: {info}\n{trace}\n", env!("CARGO_PKG_VERSION"));
        let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, text));
        eprintln!("Patchlight has to end: {info}\nYour labels are saved. This is a bug; please report it.");
        if kept.is_ok() {
            eprintln!("The details are in {}.", file.display());
        }
    }));
}

/// A reader that has gone away (`| head`) ends the program quietly instead of a panic.
fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}
