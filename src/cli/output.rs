//! Events as JSON lines or as text; progress bars and errors on standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one place that prints"
)]

use crate::engine::event::{Metrics, Score};
use crate::engine::{Event, Failure};
use crate::eval::GroupMeans;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Writes what a job tells.
pub struct Output {
    json: bool,
    bar: Option<(String, ProgressBar)>,
}

impl Output {
    /// JSON lines, or text for people.
    pub fn new(json: bool) -> Self {
        Self { json, bar: None }
    }

    /// Writes an event.
    pub fn event(&mut self, event: &Event) {
        if let Event::Progress { phase, done, total } = event {
            return self.progress(phase, *done, *total);
        }
        if self.json {
            if let Ok(line) = serde_json::to_string(event) {
                print_line(&line);
            }
            return;
        }
        let warning = matches!(event, Event::Warning { .. } | Event::Skipped { .. });
        let text = describe(event);
        let print = || {
            if warning {
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
        let code = if failure.usage { 2 } else { 1 };
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
pub fn loud_panics() {
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

fn describe(event: &Event) -> String {
    match event {
        Event::Score(score) => describe_score(score),
        Event::Metrics(metrics) => describe_metrics(metrics),
        Event::Skipped { image, reason } => format!("skipped {image}: {reason}"),
        Event::Warning { message, .. } => format!("warning: {message}"),
        Event::Error { message, .. } => format!("error: {message}"),
        Event::Import {
            images,
            labels,
            annotations,
            splits,
            unmatched,
            warnings,
            more,
        } => {
            let mut text = format!("imported {images} pictures, {labels} labels, {annotations} annotations");
            list_splits(&mut text, splits);
            list(&mut text, "not found", unmatched);
            let quarantined = more.get("quarantined").and_then(|q| q.as_array()).map_or(0, Vec::len);
            if quarantined > 0 {
                let _ = write!(text, "\n{quarantined} pictures cannot be read and were set aside");
            }
            for w in warnings {
                let place = match (&w.file, w.line) {
                    (Some(file), Some(line)) => format!("{file}:{line}: "),
                    (Some(file), None) => format!("{file}: "),
                    _ => String::new(),
                };
                let _ = write!(text, "\nwarning: {place}{}", w.message);
            }
            text
        }
        Event::Project {
            images,
            splits,
            labels,
            runs,
            model,
        } => {
            let mut text = format!("{images} pictures");
            list_splits(&mut text, splits);
            if let Some(model) = model {
                let _ = write!(text, "\nmodel: {model}");
            }
            let width = labels.iter().map(|l| l.label.chars().count()).max().unwrap_or(0).max(5);
            let _ = write!(text, "\n{:width$} {:>7} {:>7} {:>7}", "label", "train", "val", "test");
            for l in labels {
                let _ = write!(text, "\n{:width$} {:>7} {:>7} {:>7}", l.label, l.train, l.val, l.test);
            }
            for r in runs {
                let _ = write!(text, "\n{}: stage {}, {}", r.run, r.stage, r.state);
            }
            text
        }
        Event::Split { splits, unmatched } => {
            let mut text = "split".to_owned();
            list_splits(&mut text, splits);
            list(&mut text, "not found", unmatched);
            text
        }
        Event::Model {
            layout,
            image_size,
            patch,
            width,
            layers,
            embed,
            text_layers,
            parameters,
            heads,
            activation,
            ..
        } => {
            format!(
                "{layout}: {image_size} px, patches of {patch} px, width {width}, {layers} layers, {heads} heads, {activation}; \
                 embedding {embed}, {text_layers} text layers; {parameters} parameters"
            )
        }
        Event::Device { kind, name, checks } => {
            let mut text = format!("device: {name} ({kind})");
            for c in checks {
                let _ = write!(text, "\n[{}] {}: {}", if c.ok { "ok" } else { "!!" }, c.name, c.detail);
            }
            text
        }
        Event::Run { run, stage, resumed_at } => match resumed_at {
            0 => format!("{run}: stage {stage}"),
            step => format!("{run}: stage {stage}, going on after step {step}"),
        },
        Event::Step {
            stage,
            epoch,
            step,
            loss,
            cls,
            kd,
            sc,
            lr,
            images_per_s,
            steps,
        } => {
            let extra = kd
                .map(|v| format!("kd {v:.5}"))
                .or(sc.map(|v| format!("sc {v:.5}")))
                .unwrap_or_default();
            format!(
                "stage {stage} epoch {epoch} step {}/{steps}: loss {loss:.5}, cls {cls:.5}, {extra}, lr {lr:.2e}, {images_per_s:.1} images/s",
                step + 1
            )
        }
        Event::Epoch { stage, epoch, map, .. } => match map {
            Some(map) => format!("stage {stage} epoch {epoch}: val mAP {}", describe_map(map)),
            None => format!("stage {stage} epoch {epoch} done"),
        },
        Event::Kept {
            stage,
            epoch,
            map,
            best,
            stopped_early,
        } => {
            let why = if *best { "the best" } else { "the last" };
            let early = if *stopped_early { "; stopped early" } else { "" };
            let map = map.map(|map| format!(", val mAP {map:.1}")).unwrap_or_default();
            format!("stage {stage}: epoch {epoch} is kept, {why}{map}{early}")
        }
        Event::Fitted {
            run,
            alpha,
            map,
            map_before,
        } => format!("{run}: alpha {alpha:.2} chosen on val, mAP {map:.1} ({map_before:.1} before)"),
        Event::Watched { .. } => String::new(),
        Event::StarterStep {
            step,
            steps,
            loss,
            contrast,
            words,
            patches,
            images_per_s,
        } => format!(
            "step {}/{steps}: loss {loss:.4}, captions {contrast:.4}, words {words:.4}, patches {patches:.4}, {images_per_s:.1} images/s",
            step + 1
        ),
        Event::StarterProbe {
            step,
            map,
            global,
            local,
            pointing,
            pointing_token,
        } => format!(
            "after {step} steps: zero-shot mAP {map:.1} (whole {global:.1}, parts {local:.1}); best patch in the box {pointing:.1} % (last block {pointing_token:.1} %)"
        ),
        Event::Done {
            project: Some(project),
            report: Some(report),
            seconds,
            ..
        } => {
            format!("done in {seconds:.0} s\nproject: {project}\nreport: {report}")
        }
        Event::Done { run, seconds, .. } => match run {
            Some(run) => format!("done: {run}, {seconds:.1} s"),
            None => format!("done, {seconds:.1} s"),
        },
        Event::Progress { .. } => String::new(),
    }
}

fn list_splits(text: &mut String, splits: &std::collections::BTreeMap<String, usize>) {
    for (name, count) in splits {
        let _ = write!(text, ", {name} {count}");
    }
}

/// At most ten names, and how many more there are: the rest is in `--json`.
fn list(text: &mut String, what: &str, names: &[String]) {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return;
    }
    let _ = write!(text, "\n{what} ({}):", names.len());
    for name in names.iter().take(SHOWN) {
        let _ = write!(text, "\n  {name}");
    }
    if names.len() > SHOWN {
        let _ = write!(text, "\n  and {} more (all of them with --json)", names.len() - SHOWN);
    }
}

fn describe_map(map: &GroupMeans) -> String {
    let show = |v: Option<f64>| v.map_or_else(|| "n/a".to_owned(), |v| format!("{v:.1}"));
    format!(
        "{} (head {}, medium {}, tail {})",
        show(map.total),
        show(map.head),
        show(map.medium),
        show(map.tail)
    )
}

fn describe_score(score: &Score) -> String {
    let mut text = format!("{} ({}x{})", score.image, score.width, score.height);
    let mut labels: Vec<_> = score.labels.iter().collect();
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    for l in labels {
        let best = l
            .patches
            .first()
            .map_or_else(String::new, |p| format!(", best patch row {} col {}", p.row, p.col));
        let _ = write!(
            text,
            "\n  {:+.4}  {}  (whole {:+.4}, parts {:+.4}; {:.0} %, not calibrated{best})",
            l.score,
            l.label,
            l.global,
            l.local,
            100.0 * l.probability
        );
    }
    text
}

fn describe_metrics(m: &Metrics) -> String {
    let mut text = format!(
        "{} on {} ({} pictures): mAP {}; CF1 {:.1}, OF1 {:.1}",
        m.run,
        m.split,
        m.images,
        describe_map(&m.map),
        m.cf1,
        m.of1
    );
    if let Some(pointing) = m.pointing {
        let _ = write!(text, "; best patch in the box {pointing:.1} %");
    }
    let width = m
        .per_class
        .iter()
        .map(|c| c.label.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    let _ = write!(
        text,
        "\n{:width$} {:>6} {:>9} {:>14}  group",
        "label", "AP", "positives", "train positives"
    );
    for c in &m.per_class {
        let ap = c.ap.map_or_else(|| "n/a".to_owned(), |ap| format!("{ap:.1}"));
        let _ = write!(
            text,
            "\n{:width$} {ap:>6} {:>9} {:>14}   {}",
            c.label, c.positives, c.train_positives, c.group
        );
    }
    text
}
