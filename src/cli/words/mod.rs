//! Events in words.

mod measuring;
mod models;
mod pictures;
mod projects;
mod training;

use crate::engine::Event;
use std::fmt::Write as _;

/// What an event says, for people.
pub(crate) fn describe(event: &Event) -> String {
    match event {
        Event::Score(_)
        | Event::Skipped { .. }
        | Event::Tagger { .. }
        | Event::Tags(_)
        | Event::Written { .. }
        | Event::Table { .. }
        | Event::Tagged { .. } => pictures::describe(event),
        Event::Preview(_)
        | Event::ImportDiff { .. }
        | Event::Check { .. }
        | Event::Relink { .. }
        | Event::Exported { .. }
        | Event::Overview { .. }
        | Event::Labels { .. }
        | Event::SplitHistory { .. }
        | Event::Import { .. }
        | Event::Project { .. }
        | Event::Split { .. } => projects::describe(event),
        Event::Plan(_)
        | Event::Run { .. }
        | Event::Step { .. }
        | Event::Epoch { .. }
        | Event::Kept { .. }
        | Event::ContextChosen(_)
        | Event::Fitted { .. }
        | Event::FewShot(_)
        | Event::StarterStep { .. }
        | Event::StarterProbe { .. } => training::describe(event),
        Event::Models { .. } | Event::Fetched { .. } | Event::Model { .. } | Event::Device { .. } | Event::Bench(_) => {
            models::describe(event)
        }
        Event::Metrics(_) | Event::Thresholds(_) | Event::Comparison(_) => measuring::describe(event),
        Event::Warning { message, .. } => format!("warning: {message}"),
        Event::Error { message, .. } => format!("error: {message}"),
        Event::Done {
            project: Some(project),
            report: Some(report),
            seconds,
            ..
        } => {
            format!("done in {seconds:.0} s\nproject: {project}\nreport: {report}")
        }
        Event::Done {
            run, seconds, fallback, ..
        } => {
            let mut text = match run {
                Some(run) => format!("done: {run}, {seconds:.1} s"),
                None => format!("done, {seconds:.1} s"),
            };
            stood_in(&mut text, fallback);
            text
        }
        Event::Watched { .. } | Event::Progress { .. } => String::new(),
    }
}

fn list_splits(text: &mut String, splits: &std::collections::BTreeMap<String, usize>) {
    for (name, count) in splits {
        let _ = write!(text, ", {name} {count}");
    }
}

/// What of a run was damaged, so that the result is of something else.
fn stood_in(text: &mut String, fallback: &[String]) {
    for words in fallback {
        let _ = write!(text, "\nnot what the run names: {words}");
    }
}

/// Names that a list shows.
const SHOWN: usize = 10;

/// At most ten names, and how many more there are: the rest is in `--json`.
fn list(text: &mut String, what: &str, names: &[String]) {
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
