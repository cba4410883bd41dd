//! What the jobs of these pages and the project's thread tell.

use super::act::{ask, reopen};
use super::form::Shown;
use super::{Page, Task, act, jobs};
use crate::app::command::{Command, Place};
use crate::app::jobs::{Job, Purpose, State as JobState};
use crate::app::library::{Ask, LabelChange, Told};
use crate::app::notices::Level;
use crate::app::state::State;
use crate::app::widgets::counted;
use crate::engine::Event;
use eframe::egui::Context;
use std::sync::Arc;

/// Takes in what a job of these pages says; false: it is nothing special.
pub fn event(state: &mut State, id: u64, task: Task, event: &Event) -> bool {
    match (task, event) {
        (Task::Look, Event::Preview(preview)) => {
            if let Some(form) = state.data.import.as_mut().filter(|f| f.looking == Some(id)) {
                form.preview = Some(Arc::new(preview.clone()));
            }
        }
        (Task::Compare, Event::ImportDiff { diff, .. }) => {
            if let Some(form) = state.data.import.as_mut().filter(|f| f.comparing == Some(id)) {
                form.difference = Some(Arc::new(diff.clone()));
                form.shown = Shown::Difference;
            }
        }
        (Task::Check, Event::Check { unusable, copies, .. }) => {
            state.data.report.version = None;
            let leaks = copies.iter().filter(|group| group.leakage).count();
            let mut found = Vec::new();
            if !unusable.is_empty() {
                found.push(format!(
                    "{} cannot be read",
                    counted(unusable.len(), "picture", "pictures")
                ));
            }
            if !copies.is_empty() {
                found.push(counted(copies.len(), "group of copies", "groups of copies"));
            }
            if leaks > 0 {
                found.push(format!(
                    "{leaks} of them in several splits: results would look too good"
                ));
            }
            if found.is_empty() {
                state
                    .notices
                    .note(Level::Done, "Checked the pictures: all is well".to_owned());
            } else {
                let words = format!("Checked the pictures: {}", found.join(", "));
                let see = Some(("Look at them".to_owned(), Command::Data(act::Act::Page(Page::Report))));
                state.notices.say(Level::Warning, words, None, see);
            }
        }
        (Task::Find | Task::Relink, Event::Relink { linked, plan, dry_run }) => {
            if *dry_run {
                state.data.relink.plan = Some(Arc::new(plan.clone()));
            } else {
                state.data.relink.plan = None;
                let words = format!("Found again: {}", counted(*linked, "picture", "pictures"));
                state.notices.done(words);
            }
        }
        (Task::Report, Event::Written { path, .. }) => state.notices.done(format!("Saved {path}")),
        (Task::Export, Event::Exported { path, report }) => {
            state.data.export.done = Some((path.clone(), Arc::new(report.clone())));
            let words = format!("Exported {} to {path}", counted(report.images, "picture", "pictures"));
            state.notices.done(words);
        }
        (Task::Sidecars, Event::Written { path, what, .. }) => {
            state.data.export.sidecars.push(format!("{path}: {what}"));
        }
        (Task::Sidecars, Event::Skipped { image, reason }) => {
            state
                .data
                .export
                .sidecars
                .push(format!("{image}: left as it was, {reason}"));
        }
        (Task::Sidecars, Event::Tagged { tagged, skipped, .. }) => {
            let left = if *skipped > 0 {
                format!(", {skipped} left as they were")
            } else {
                String::new()
            };
            let words = format!("Wrote sidecars for {}{left}", counted(*tagged, "picture", "pictures"));
            state.notices.done(words);
        }
        _ => return false,
    }
    true
}

/// Takes in that a job of these pages has ended.
pub fn ended(state: &mut State, ctx: &Context, job: &Job, task: Task) {
    let failure = match &job.state {
        JobState::Failed(failure) | JobState::Crashed(failure) => Some(failure.clone()),
        _ => None,
    };
    let done = job.state == JobState::Done;
    match task {
        Task::Look => {
            if let Some(form) = state.data.import.as_mut().filter(|f| f.looking == Some(job.id)) {
                form.looking = None;
                if let Some(failure) = failure {
                    (form.failure, form.preview) = (Some(failure), None);
                }
                if done && form.into_open {
                    jobs::compare(state);
                }
            }
        }
        Task::Compare => {
            if let Some(form) = state.data.import.as_mut().filter(|f| f.comparing == Some(job.id)) {
                form.comparing = None;
                form.failure = failure;
            }
        }
        Task::Merge => merged(state, ctx, job, failure.is_some()),
        Task::Check => {
            state.data.report.version = None;
            if let Some(failure) = failure {
                state.notices.failed(&failure, None);
            }
        }
        Task::Find => state.data.relink.failure = failure,
        Task::Relink => {
            state.data.relink.failure = failure;
            if done {
                state.data.report.version = None;
                reopen(state, ctx);
            }
        }
        Task::Report => {
            if let Some(failure) = failure {
                state.notices.failed(&failure, None);
            }
        }
        Task::Export | Task::Sidecars => state.data.export.failure = failure,
    }
    // What gave way goes on.
    let busy = state.jobs.has(|p| matches!(p, Purpose::Data(_)));
    if !busy && std::mem::take(&mut state.data.check_again) {
        jobs::check(state);
    }
}

fn merged(state: &mut State, ctx: &Context, job: &Job, failed: bool) {
    let Some(form) = state.data.import.as_mut().filter(|f| f.importing == Some(job.id)) else {
        return;
    };
    form.importing = None;
    match &job.state {
        JobState::Done => {
            state.data.merge_when_open = form.merges();
            state.data.check_when_open = true;
            state.data.import = None;
            reopen(state, ctx);
            state.place = Place::Pictures;
        }
        JobState::Failed(failure) | JobState::Crashed(failure) if failed => form.failure = Some(failure.clone()),
        _ => {}
    }
}

/// An import into a new project has ended.
pub fn import_ended(state: &mut State, job: &Job) {
    let Some(form) = state.data.import.as_mut().filter(|f| f.importing == Some(job.id)) else {
        return;
    };
    form.importing = None;
    match &job.state {
        JobState::Done => {
            state.data.merge_when_open = form.merges();
            state.data.check_when_open = true;
            state.data.import = None;
        }
        JobState::Failed(failure) | JobState::Crashed(failure) => form.failure = Some(failure.clone()),
        _ => {}
    }
}

/// A project has opened: what was to be done with it then.
pub fn opened(state: &mut State) {
    let pairs = std::mem::take(&mut state.data.merge_when_open);
    if !pairs.is_empty() {
        ask(state, Ask::Label(LabelChange::MergeNamed(pairs)));
    }
    if std::mem::take(&mut state.data.check_when_open) {
        jobs::check(state);
    }
}

/// Takes in what the project's thread tells.
pub fn reply(state: &mut State, told: Told) {
    match told {
        Told::Overview(overview) => state.data.overview.value = Some(Arc::new(*overview)),
        Told::PicturesOf(name, ids) => act::show(state, ids, name),
        Told::Tree(info) => state.data.tree.value = Some(Arc::new(info)),
        Told::Report(report) => state.data.report.value = Some(Arc::new(*report)),
        Told::SplitsMade(splits) => state.data.splits_made.value = Some(Arc::new(splits)),
        Told::Pictures { splits, edited } => {
            let Some(open) = state.open_mut() else { return };
            let edited: std::collections::HashSet<i64> = edited.into_iter().collect();
            for (id, split) in splits {
                if let Some(place) = open.catalog.index_of(id) {
                    let picture = &mut open.catalog.pictures[place];
                    (picture.split, picture.edited) = (split, edited.contains(&id));
                }
            }
            open.version += 1;
        }
    }
}
