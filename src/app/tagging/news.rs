//! What the jobs of Tag tell.

use super::Act;
use crate::app::command::Command;
use crate::app::jobs::{Job, Purpose, State as JobState};
use crate::app::notices::Level;
use crate::app::state::State;
use crate::app::widgets::counted;
use crate::engine::Event;
use crate::engine::event::PhaseKind;
use std::path::Path;

/// A job of Tag said something.
pub fn event(state: &mut State, id: u64, purpose: &Purpose, event: &Event) {
    match purpose {
        Purpose::Tag if state.tagging.job == Some(id) => tagged(state, event),
        Purpose::WriteTags { .. } if state.tagging.preview.job == Some(id) => written(state, event),
        Purpose::Watch if state.tagging.watch.job == Some(id) => watched(state, event),
        _ => {}
    }
}

fn tagged(state: &mut State, event: &Event) {
    let list = &mut state.tagging.list;
    match event {
        Event::Tagger {
            name,
            labels,
            thresholds,
            found,
        } => list.begin(name.clone(), found.clone(), labels.clone(), thresholds.clone()),
        Event::Tags(tags) => {
            if let Some(evidence) = &tags.evidence {
                list.note(Path::new(&tags.image), evidence);
            }
        }
        Event::Skipped { image, reason } => {
            list.fail(Path::new(image), reason);
            state.notices.note(Level::Warning, format!("skipped {image}: {reason}"));
        }
        Event::Warning { message, .. } => state.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

fn written(state: &mut State, event: &Event) {
    let preview = &mut state.tagging.preview;
    match event {
        Event::Written { path, what, .. } => preview.lines.push((path.clone(), what.clone())),
        Event::Skipped { image, reason } => preview.skipped.push((image.clone(), reason.clone())),
        Event::Warning { message, .. } => state.notices.note(Level::Warning, message.clone()),
        _ => {}
    }
}

fn watched(state: &mut State, event: &Event) {
    let name = |path: &str| {
        let name = Path::new(path).file_name();
        name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
    };
    let watch = &mut state.tagging.watch;
    match event {
        Event::Tags(tags) => {
            let words: Vec<String> = (tags.tags.iter())
                .map(|t| format!("{} {:.0} %", t.label, 100.0 * t.probability))
                .collect();
            let words = if words.is_empty() {
                "no label found".to_owned()
            } else {
                words.join(", ")
            };
            watch.say(name(&tags.image), Ok(words));
        }
        Event::Skipped { image, reason } => {
            watch.say(name(image), Err(reason.clone()));
        }
        Event::Progress {
            kind: PhaseKind::Watching,
            ..
        } => watch.settled = true,
        Event::Warning { message, .. } => state.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

/// A job of Tag has ended; true where that is all that follows from it.
pub fn ended(state: &mut State, job: &Job) -> bool {
    match job.spec.purpose {
        Purpose::Tag => tagging_ended(state, job),
        Purpose::WriteTags { dry_run } => writing_ended(state, job, dry_run),
        Purpose::Watch => watching_ended(state, job),
        _ => return false,
    }
    true
}

fn tagging_ended(state: &mut State, job: &Job) {
    if state.tagging.job != Some(job.id) {
        return;
    }
    state.tagging.job = None;
    match &job.state {
        JobState::Done => {
            let [_, tagged, failed] = state.tagging.list.standings();
            let mut words = format!("{} tagged", counted(tagged, "picture", "pictures"));
            if failed > 0 {
                words.push_str(&format!(", {failed} could not be read"));
            }
            state.notices.done(words);
            // Pictures that came meanwhile.
            if !state.tagging.list.waiting().is_empty() {
                state.command(Command::Tagging(Act::Start));
            }
        }
        JobState::Stopped => state
            .notices
            .say(Level::Note, "Stopped; what is tagged stays", None, None),
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            let again = ("Try again".to_owned(), Command::Tagging(Act::Start));
            state.notices.failed(failure, Some(again));
        }
        JobState::Waiting | JobState::Running => {}
    }
}

fn writing_ended(state: &mut State, job: &Job, dry_run: bool) {
    let preview = &mut state.tagging.preview;
    if preview.job != Some(job.id) {
        return;
    }
    preview.job = None;
    match &job.state {
        JobState::Done if dry_run => preview.whole = true,
        JobState::Done => {
            let files = preview.lines.len();
            preview.written = Some(files);
            let verb = if preview.removal { "Changed" } else { "Wrote" };
            let mut words = format!("{verb} {}", counted(files, "file", "files"));
            let left = preview.skipped.len();
            if left > 0 {
                words.push_str(&format!(", {} left out", counted(left, "picture", "pictures")));
            }
            state.notices.done(words);
        }
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            preview.failure = Some(failure.clone());
            if !dry_run {
                state.notices.failed(failure, None);
            }
        }
        JobState::Stopped if !dry_run => {
            let words = "Writing was stopped; every file that was written is whole";
            state.notices.say(Level::Note, words, None, None);
        }
        _ => {}
    }
}

fn watching_ended(state: &mut State, job: &Job) {
    let watch = &mut state.tagging.watch;
    if watch.job != Some(job.id) {
        return;
    }
    watch.job = None;
    if let JobState::Failed(failure) | JobState::Crashed(failure) = &job.state {
        watch.failure = Some(failure.clone());
        let again = ("Continue".to_owned(), Command::Tagging(Act::ContinueWatch));
        state.notices.failed(failure, Some(again));
    }
}
