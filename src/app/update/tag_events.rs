//! What the jobs of Tag tell.

use super::effect::Effects;
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::job::{Job, JobState};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::paths::name_of;
use crate::app::model::state::Model;
use crate::app::model::words::counted;
use crate::engine::Event;
use crate::engine::event::PhaseKind;
use std::path::Path;

/// A job of Tag said something.
pub fn event(model: &mut Model, id: u64, kind: &JobKind, event: &Event) {
    match kind {
        JobKind::Tag if model.tagging.job == Some(id) => tagged(model, event),
        JobKind::WriteTags { .. } if model.tagging.preview.job == Some(id) => written(model, event),
        JobKind::Watch if model.tagging.watch.job == Some(id) => watched(model, event),
        _ => {}
    }
}

fn tagged(model: &mut Model, event: &Event) {
    let list = &mut model.tagging.list;
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
            model.notices.note(Level::Warning, format!("skipped {image}: {reason}"));
        }
        Event::Warning { message, .. } => model.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

fn written(model: &mut Model, event: &Event) {
    let preview = &mut model.tagging.preview;
    match event {
        Event::Written { path, what, .. } => preview.lines.push((path.clone(), what.clone())),
        Event::Skipped { image, reason } => preview.skipped.push((image.clone(), reason.clone())),
        Event::Warning { message, .. } => model.notices.note(Level::Warning, message.clone()),
        _ => {}
    }
}

fn watched(model: &mut Model, event: &Event) {
    let name = |path: &str| name_of(Path::new(path));
    let wall = model.wall;
    let watch = &mut model.tagging.watch;
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
            watch.say(wall, name(&tags.image), Ok(words));
        }
        Event::Skipped { image, reason } => {
            watch.say(wall, name(image), Err(reason.clone()));
        }
        Event::Progress {
            kind: PhaseKind::Watching,
            ..
        } => watch.settled = true,
        Event::Warning { message, .. } => model.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

/// A job of Tag has ended; true where that is all that follows from it.
pub fn ended(model: &mut Model, out: &mut Effects, job: &Job) -> bool {
    match job.spec.kind {
        JobKind::Tag => tagging_ended(model, out, job),
        JobKind::WriteTags { dry_run } => writing_ended(model, job, dry_run),
        JobKind::Watch => watching_ended(model, job),
        _ => return false,
    }
    true
}

fn tagging_ended(model: &mut Model, out: &mut Effects, job: &Job) {
    if model.tagging.job != Some(job.id) {
        return;
    }
    model.tagging.job = None;
    match &job.state {
        JobState::Done => {
            let [_, tagged, failed] = model.tagging.list.standings();
            let mut words = format!("{} tagged", counted(tagged, "picture", "pictures"));
            if failed > 0 {
                words.push_str(&format!(", {failed} could not be read"));
            }
            model.notices.done(words);
            // Pictures that came meanwhile.
            if !model.tagging.list.waiting().is_empty() && model.desk.leave_when_idle.is_none() {
                out.command(Command::Tag(TagCommand::Start));
            }
        }
        JobState::Stopped => model
            .notices
            .say(Level::Note, "Stopped; what is tagged stays", None, None),
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            let again = ("Try again".to_owned(), Command::Tag(TagCommand::Start));
            model.notices.failed(failure, Some(again));
        }
        JobState::Waiting | JobState::Running => {}
    }
}

fn writing_ended(model: &mut Model, job: &Job, dry_run: bool) {
    let preview = &mut model.tagging.preview;
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
            model.notices.done(words);
        }
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            preview.failure = Some(failure.clone());
            if !dry_run {
                model.notices.failed(failure, None);
            }
        }
        JobState::Stopped if !dry_run => {
            let words = "Writing was stopped; every file that was written is whole";
            model.notices.say(Level::Note, words, None, None);
        }
        _ => {}
    }
}

fn watching_ended(model: &mut Model, job: &Job) {
    let watch = &mut model.tagging.watch;
    if watch.job != Some(job.id) {
        return;
    }
    watch.job = None;
    if let JobState::Failed(failure) | JobState::Crashed(failure) = &job.state {
        watch.failure = Some(failure.clone());
        let again = ("Continue".to_owned(), Command::Tag(TagCommand::ContinueWatch));
        model.notices.failed(failure, Some(again));
    }
}
