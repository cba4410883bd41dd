//! What the jobs of these pages and the project's thread tell.

use super::effect::Effects;
use super::project::{ask_data, reopen};
use super::{data, data_jobs};
use crate::app::model::command::{Command, DataCommand, Place};
use crate::app::model::data::Page;
use crate::app::model::data_forms::Shown;
use crate::app::model::job::{Job, JobState};
use crate::app::model::job_kind::{DataTask, JobKind};
use crate::app::model::notices::Level;
use crate::app::model::project_messages::{DataReply, DataRequest, LabelChange};
use crate::app::model::state::Model;
use crate::app::model::words::counted;
use crate::engine::Event;
use std::sync::Arc;

/// Takes in what a job of these pages says; false: it is nothing special.
pub fn event(model: &mut Model, id: u64, task: DataTask, event: &Event) -> bool {
    match (task, event) {
        (DataTask::Look, Event::Preview(preview)) => {
            if let Some(form) = model.data.import.as_mut().filter(|f| f.looking == Some(id)) {
                form.preview = Some(Arc::new(preview.clone()));
            }
        }
        (DataTask::Compare, Event::ImportDiff { diff, .. }) => {
            if let Some(form) = model.data.import.as_mut().filter(|f| f.comparing == Some(id)) {
                form.difference = Some(Arc::new(diff.clone()));
                form.shown = Shown::Difference;
            }
        }
        (DataTask::Check, Event::Check { unusable, copies, .. }) => {
            model.data.report.version = None;
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
                model
                    .notices
                    .note(Level::Done, "Checked the pictures: all is well".to_owned());
            } else {
                let words = format!("Checked the pictures: {}", found.join(", "));
                let see = Some((
                    "Look at them".to_owned(),
                    Command::Data(DataCommand::Page(Page::Report)),
                ));
                model.notices.say(Level::Warning, words, None, see);
            }
        }
        (DataTask::Find | DataTask::Relink, Event::Relink { linked, plan, dry_run }) => {
            if *dry_run {
                model.data.relink.plan = Some(Arc::new(plan.clone()));
            } else {
                model.data.relink.plan = None;
                let words = format!("Found again: {}", counted(*linked, "picture", "pictures"));
                model.notices.done(words);
            }
        }
        (DataTask::Report, Event::Written { path, .. }) => model.notices.done(format!("Saved {path}")),
        (DataTask::Export, Event::Exported { path, report }) => {
            model.data.export.done = Some((path.clone(), Arc::new(report.clone())));
            // The name is taken now: the next export gets another one.
            model.data.export_name = None;
            let words = format!("Exported {} to {path}", counted(report.images, "picture", "pictures"));
            model.notices.done(words);
        }
        (DataTask::Sidecars, Event::Written { path, what, .. }) => {
            model.data.export.sidecars.push(format!("{path}: {what}"));
        }
        (DataTask::Sidecars, Event::Skipped { image, reason }) => {
            model
                .data
                .export
                .sidecars
                .push(format!("{image}: left as it was, {reason}"));
        }
        (DataTask::Sidecars, Event::Tagged { tagged, skipped, .. }) => {
            let left = if *skipped > 0 {
                format!(", {skipped} left as they were")
            } else {
                String::new()
            };
            let words = format!("Wrote sidecars for {}{left}", counted(*tagged, "picture", "pictures"));
            model.notices.done(words);
        }
        _ => return false,
    }
    true
}

/// Takes in that a job of these pages has ended.
pub fn ended(model: &mut Model, out: &mut Effects, job: &Job, task: DataTask) {
    let failure = match &job.state {
        JobState::Failed(failure) | JobState::Crashed(failure) => Some(failure.clone()),
        _ => None,
    };
    let done = job.state == JobState::Done;
    match task {
        DataTask::Look => {
            if let Some(form) = model.data.import.as_mut().filter(|f| f.looking == Some(job.id)) {
                form.looking = None;
                if let Some(failure) = failure {
                    (form.failure, form.preview) = (Some(failure), None);
                }
                if done && form.into_open {
                    data_jobs::compare(model, out);
                }
            }
        }
        DataTask::Compare => {
            if let Some(form) = model.data.import.as_mut().filter(|f| f.comparing == Some(job.id)) {
                form.comparing = None;
                form.failure = failure;
            }
        }
        DataTask::Merge => merged(model, out, job, failure.is_some()),
        DataTask::Check => {
            model.data.report.version = None;
            if let Some(failure) = failure {
                model.notices.failed(&failure, None);
            }
        }
        DataTask::Find => model.data.relink.failure = failure,
        DataTask::Relink => {
            model.data.relink.failure = failure;
            if done {
                model.data.report.version = None;
                reopen(model, out);
            }
        }
        DataTask::Report => {
            if let Some(failure) = failure {
                model.notices.failed(&failure, None);
            }
        }
        DataTask::Export | DataTask::Sidecars => model.data.export.failure = failure,
    }
    // What gave way goes on.
    let busy = model.jobs.has(|p| matches!(p, JobKind::Data(_)));
    if !busy && std::mem::take(&mut model.data.check_again) {
        data_jobs::check(model, out);
    }
}

fn merged(model: &mut Model, out: &mut Effects, job: &Job, failed: bool) {
    let Some(form) = model.data.import.as_mut().filter(|f| f.importing == Some(job.id)) else {
        return;
    };
    form.importing = None;
    match &job.state {
        JobState::Done => {
            model.data.merge_when_open = form.merges();
            model.data.check_when_open = true;
            model.data.import = None;
            reopen(model, out);
            model.place = Place::Pictures;
        }
        JobState::Failed(failure) | JobState::Crashed(failure) if failed => form.failure = Some(failure.clone()),
        _ => {}
    }
}

/// An import into a new project has ended.
pub fn import_ended(model: &mut Model, job: &Job) {
    let Some(form) = model.data.import.as_mut().filter(|f| f.importing == Some(job.id)) else {
        return;
    };
    form.importing = None;
    match &job.state {
        JobState::Done => {
            model.data.merge_when_open = form.merges();
            model.data.check_when_open = true;
            model.data.import = None;
        }
        JobState::Failed(failure) | JobState::Crashed(failure) => form.failure = Some(failure.clone()),
        _ => {}
    }
}

/// A project has opened: what was to be done with it then.
pub fn opened(model: &mut Model, out: &mut Effects) {
    let pairs = std::mem::take(&mut model.data.merge_when_open);
    if !pairs.is_empty() {
        ask_data(model, out, DataRequest::Label(LabelChange::MergeNamed(pairs)));
    }
    if std::mem::take(&mut model.data.check_when_open) {
        data_jobs::check(model, out);
    }
}

/// Takes in what the project's thread tells.
pub fn reply(model: &mut Model, out: &mut Effects, told: DataReply) {
    match told {
        DataReply::Overview(overview) => model.data.overview.value = Some(Arc::new(*overview)),
        DataReply::PicturesOf(name, ids) => data::show(out, ids, name),
        DataReply::Tree(info) => model.data.tree.value = Some(Arc::new(info)),
        DataReply::Report(report) => model.data.report.value = Some(Arc::new(*report)),
        DataReply::SplitsMade(splits) => model.data.splits_made.value = Some(Arc::new(splits)),
        DataReply::Pictures { splits, edited } => {
            let Some(open) = model.open_mut() else { return };
            let edited: std::collections::HashSet<i64> = edited.into_iter().collect();
            for (id, split) in splits {
                if let Some(place) = open.catalog.index_of(id) {
                    let picture = &mut open.catalog.pictures[place];
                    (picture.split, picture.edited) = (split, edited.contains(&id));
                }
            }
            open.version += 1;
            model.results.stale = true;
        }
    }
}
