//! Models: carrying commands out, and what its jobs tell.

use super::effect::Effects;
use super::jobs;
use crate::app::model::command::{Command, ModelCommand, Place};
use crate::app::model::file_probe;
use crate::app::model::job::{Job, JobState, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::paths::expand;
use crate::app::model::state::Model;
use crate::engine::request::{FetchModel, ModelPlace};
use crate::engine::{Event, Request};

/// How servers are reached, as the preferences say; what they leave open the environment decides.
fn place(model: &Model) -> ModelPlace {
    let set = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    ModelPlace {
        cache: model.models.cache.clone(),
        mirror: set(&model.prefs.mirror),
        proxy: set(&model.prefs.proxy),
    }
}

/// Carries a command of Models out.
pub fn carry_out(model: &mut Model, out: &mut Effects, command: ModelCommand) {
    let place = place(model);
    match command {
        ModelCommand::List => {
            let folder = place.cache.clone().or_else(|| model.models.usual.clone());
            if let Some(folder) = folder.clone() {
                out.probe(file_probe::Request::Room(folder));
            }
            model.models.folder = folder;
            start(
                model,
                out,
                Request::ModelList(place),
                "Looking which models are here",
                JobKind::ListModels,
            );
        }
        ModelCommand::Fetch(name) => {
            if model.models.fetching.contains_key(&name) {
                return;
            }
            model.models.failed.remove(&name);
            model.models.stopped.retain(|n| *n != name);
            let request = FetchModel {
                name: name.clone(),
                again: false,
                place,
            };
            let kind = JobKind::Fetch { name: name.clone() };
            let id = start(
                model,
                out,
                Request::ModelFetch(request),
                &format!("Downloading {name}"),
                kind,
            );
            model.models.fetching.insert(name, id);
        }
        ModelCommand::Adding(typed) => model.models.adding = typed,
        ModelCommand::AskRemove(name) => model.models.removing = name,
        ModelCommand::Remove(name) => {
            model.models.removing = None;
            let kind = JobKind::ChangeModels { name: name.clone() };
            start(
                model,
                out,
                Request::ModelRemove { name, place },
                "Removing a model",
                kind,
            );
        }
        ModelCommand::Add { path, name } => {
            let path = expand(&path);
            let name = name.trim().to_owned();
            model.models.failed.remove("");
            let kind = JobKind::ChangeModels { name: String::new() };
            start(
                model,
                out,
                Request::ModelAdd { path, name, place },
                "Looking at a model",
                kind,
            );
        }
    }
}

fn start(model: &mut Model, out: &mut Effects, request: Request, title: &str, kind: JobKind) -> u64 {
    jobs::start(
        model,
        out,
        Spec {
            request,
            title: title.to_owned(),
            kind,
            shared: None,
        },
    )
}

/// Opens the place, and reads the list where that was not done yet.
pub fn open(model: &mut Model, out: &mut Effects) {
    model.place = Place::Models;
    if model.models.entries.is_none() && !model.jobs.has(|p| *p == JobKind::ListModels) {
        carry_out(model, out, ModelCommand::List);
    }
}

/// A job of Models said something.
pub fn event(model: &mut Model, kind: &JobKind, event: &Event) {
    match (kind, event) {
        (JobKind::ListModels, Event::Models { models }) => {
            model.models.entries = Some(models.clone());
            model.models.failure = None;
        }
        (_, Event::Fetched { name, path, .. }) => {
            let words = format!("{name} is here");
            let used = ("Use it".to_owned(), Command::UseModel(path.clone()));
            model.notices.say(Level::Done, words, None, Some(used));
        }
        (_, Event::Warning { message, .. }) => model.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

/// A job of Models has ended; true where that is all that follows from it.
pub fn ended(model: &mut Model, out: &mut Effects, job: &Job) -> bool {
    let name = match &job.spec.kind {
        JobKind::ListModels => {
            if let JobState::Failed(failure) | JobState::Crashed(failure) = &job.state {
                model.models.failure = Some(failure.clone());
            }
            return true;
        }
        JobKind::Fetch { name } => {
            model.models.fetching.remove(name);
            if job.state == JobState::Stopped {
                model.models.stopped.push(name.clone());
            }
            name
        }
        JobKind::ChangeModels { name } => {
            if name.is_empty() && job.state == JobState::Done {
                model.models.adding = Default::default();
            }
            name
        }
        _ => return false,
    };
    match &job.state {
        // The place shows it where the button is; beside it a message for those who are elsewhere.
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            model.models.failed.insert(name.clone(), failure.clone());
            if model.place != Place::Models {
                model.notices.failed(failure, None);
            }
        }
        _ if model.desk.leave_when_idle.is_some() => {}
        _ => carry_out(model, out, ModelCommand::List),
    }
    true
}
