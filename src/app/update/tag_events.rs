//! What the jobs of Tag tell.

use super::effect::Effects;
use super::tag_watch;
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::job::{Job, JobState};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::order::flattened;
use crate::app::model::paths::name_of;
use crate::app::model::state::Model;
use crate::app::model::tag::source::Source;
use crate::app::model::tag::watch::Watched;
use crate::app::model::tag::write::Outcome;
use crate::app::model::words::{counted, percent_of};
use crate::engine::Event;
use crate::engine::event::{PhaseKind, Tags};
use std::path::Path;

/// A job of Tag said something.
pub fn event(model: &mut Model, id: u64, kind: &JobKind, event: &Event) {
    match kind {
        JobKind::Tag if model.tagging.job == Some(id) => tagged(model, event),
        JobKind::WriteTags { .. } if model.tagging.preview.job == Some(id) => written(model, event),
        JobKind::Watch if model.tagging.watch.job == Some(id) => watched(model, event),
        JobKind::LookWatch => looked(model, id, event),
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
            calibrated,
        } => {
            let thresholds = thresholds.clone();
            list.begin(name.clone(), found.clone(), labels.clone(), thresholds, *calibrated);
        }
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
    if let Event::Warning { message, .. } = event {
        model.notices.note(Level::Warning, message.clone());
    }
    note(&mut model.tagging.preview.outcome, event);
}

/// What happens to a file, or would.
fn note(outcome: &mut Outcome, event: &Event) {
    match event {
        Event::Written {
            path, what, deleted, ..
        } => {
            outcome.lines.push((path.clone(), what.clone()));
            outcome.deleted += usize::from(*deleted);
        }
        Event::Skipped { image, reason } => outcome.skipped.push((image.clone(), reason.clone())),
        _ => {}
    }
}

/// What watching a folder would write.
fn looked(model: &mut Model, id: u64, event: &Event) {
    let Some(look) = model.tagging.watch.look.as_mut().filter(|look| look.job == Some(id)) else {
        return;
    };
    match event {
        Event::Tagger {
            labels,
            thresholds,
            calibrated: true,
            ..
        } if look.asked.thresholds.is_empty() => {
            look.told = Some(Watched {
                thresholds: labels.iter().cloned().zip(thresholds.iter().copied()).collect(),
                ..look.asked.clone()
            });
        }
        Event::Tagger { labels, .. } => look.untrained = (labels.clone(), Vec::new()),
        Event::Tags(Tags {
            evidence: Some(evidence),
            ..
        }) if !evidence.log_odds.is_empty() => {
            look.untrained
                .1
                .push(evidence.log_odds.iter().map(|z| flattened(*z)).collect());
        }
        _ => {}
    }
    note(&mut look.outcome, event);
}

fn watched(model: &mut Model, event: &Event) {
    let name = |path: &str| name_of(Path::new(path));
    let wall = model.wall;
    let (watch, log) = (&mut model.tagging.watch, &mut model.prefs.watch_log);
    // What was never calibrated is no percentage.
    let untrained = matches!(
        model.prefs.watch.as_ref().map(|w| &w.source),
        Some(Source::Words { .. })
    );
    match event {
        // It was done, and logged, before the program was started again.
        Event::Tags(tags) if tags.resumed => {}
        Event::Tags(tags) => {
            let words: Vec<String> = (tags.tags.iter())
                .map(|t| match untrained {
                    true => t.label.clone(),
                    false => format!("{} {}", t.label, percent_of(t.probability)),
                })
                .collect();
            let words = if words.is_empty() {
                "no label found".to_owned()
            } else {
                words.join(", ")
            };
            log.say(wall, name(&tags.image), Ok(words));
        }
        Event::Skipped { image, reason } => {
            let (name, said) = (name(image), Err(reason.clone()));
            // A picture that could not be read before the program was started again is told again.
            let known = !watch.settled && log.lines.iter().any(|l| l.name == name && l.said == said);
            if !known {
                log.say(wall, name, said);
            }
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
        JobKind::LookWatch => tag_watch::look_ended(model, out, job),
        _ => return false,
    }
    true
}

fn tagging_ended(model: &mut Model, out: &mut Effects, job: &Job) {
    if model.tagging.job != Some(job.id) {
        return;
    }
    model.tagging.job = None;
    model.tagging.list.start_thresholds();
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
            preview.written = Some(preview.outcome.lines.len());
            let mut words = preview.outcome.words(preview.removal, true);
            let left = preview.outcome.skipped.len();
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
