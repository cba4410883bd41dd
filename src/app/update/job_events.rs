//! What jobs tell, and what follows from their end.

use super::effect::Effects;
use super::{commands, data_events, downloads, predict, project, tag_events, tagger_export};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data::Page;
use crate::app::model::file_probe;
use crate::app::model::job::{Job, JobEvent, JobState, Made, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::project_messages::DataRequest;
use crate::app::model::state::Model;

use crate::engine::event::ImportWarning;
use crate::engine::{Event, Failure, Request};
use std::path::PathBuf;

/// Names without a picture that are listed in the log.
const LISTED: usize = 200;

/// Takes in what the queue of jobs tells.
pub fn take(model: &mut Model, out: &mut Effects, event: JobEvent) {
    let now = model.now;
    match event {
        JobEvent::Started(id) => {
            if let Some(job) = model.jobs.get_mut(id) {
                job.state = JobState::Running;
            }
        }
        JobEvent::Event(id, event) => {
            if let Some(job) = model.jobs.get_mut(id) {
                match event.as_ref() {
                    Event::Progress {
                        phase,
                        done,
                        total,
                        kind,
                    } => {
                        job.progress(phase, *done, *total, now);
                        if let Some(phase) = &mut job.phase {
                            phase.kind = *kind;
                        }
                    }
                    Event::Done { run, project, .. } => {
                        job.made = Made {
                            run: run.clone(),
                            project: project.as_ref().map(PathBuf::from),
                        }
                    }
                    _ => {}
                }
            }
            told(model, out, id, &event);
        }
        JobEvent::Ended { id, result, died } => {
            if let Some(job) = model.jobs.get_mut(id) {
                job.state = match result {
                    Ok(()) => JobState::Done,
                    Err(failure) if died => JobState::Crashed(failure),
                    Err(_) if job.stopping => JobState::Stopped,
                    Err(failure) => JobState::Failed(failure),
                };
                job.phase = None;
                job.spec.request.shed();
            }
            ended(model, out, id);
        }
    }
}

fn told(model: &mut Model, out: &mut Effects, id: u64, event: &Event) {
    let Some(job) = model.jobs.get(id) else { return };
    let (kind, elsewhere) = (job.spec.kind.clone(), is_elsewhere(model, job));
    match (&kind, event) {
        // Of a project that was closed meanwhile: another one's pages must not show it.
        (JobKind::Train | JobKind::Data(_), _) if elsewhere => {}
        (JobKind::Data(task), _) if data_events::event(model, id, *task, event) => {}
        (JobKind::Tag | JobKind::WriteTags { .. } | JobKind::Watch | JobKind::LookWatch, _) => {
            tag_events::event(model, id, &kind, event);
        }
        (JobKind::ListModels | JobKind::Fetch { .. } | JobKind::ChangeModels { .. }, _) => {
            downloads::event(model, &kind, event);
        }
        (JobKind::Device, Event::Device { kind, name, checks }) => {
            model.device.kind.clone_from(kind);
            model.device.name.clone_from(name);
            model.device.checks.clone_from(checks);
            let why = checks.iter().find(|c| c.name == "fallback" || c.name == "gpu");
            model.device.notice = why.map(|c| c.detail.clone());
        }
        (JobKind::Device, Event::Warning { message, .. }) => model.device.notice = Some(message.clone()),
        (JobKind::Model { path }, Event::Model { .. }) => {
            model.model = Some(Ok(describe(event)));
            model.prefs.model = Some(path.clone());
            model.tagging.use_model(Some(path));
            commands::use_model_here(model, out, path.clone());
        }
        (JobKind::Plan, Event::Plan(plan)) => model.planning.planned(id, Ok(plan.clone())),
        (JobKind::Plan, _) => {}
        (JobKind::Train, _) => trained(model, out, id, event),
        (
            _,
            Event::Import {
                images,
                labels,
                unmatched,
                warnings,
                ..
            },
        ) => imported(model, [*images, *labels], unmatched, warnings),
        (_, Event::Warning { code, message }) => {
            // Known to whoever chose the built-in model or has no GPU; the device line and the model line say it.
            if code == "starter-model" || code == "no-gpu" {
                model.notices.note(Level::Note, message.clone());
            } else {
                model.notices.say(Level::Warning, message.clone(), None, None);
            }
        }
        (_, Event::Skipped { image, reason }) => {
            model.notices.note(Level::Warning, format!("skipped {image}: {reason}"));
        }
        _ => {}
    }
}

/// A training said something.
fn trained(model: &mut Model, out: &mut Effects, id: u64, event: &Event) {
    let now = model.now;
    if let Some(training) = model.training.as_mut().filter(|t| t.job == id) {
        training.note(event, now);
    }
    match event {
        // The training has split the pictures first.
        Event::Split { .. } => splits_made(model, out),
        Event::Watched { path, .. } => out.probe(file_probe::Request::Watched(id, PathBuf::from(path))),
        Event::Warning { message, .. } => model.notices.note(Level::Warning, message.clone()),
        _ => {}
    }
}

/// An import says what it brought. `counts`: pictures and labels.
fn imported(model: &mut Model, counts: [usize; 2], unmatched: &[String], warnings: &[ImportWarning]) {
    for warning in warnings {
        let file = warning.file.as_ref().map_or_else(String::new, |f| format!(" ({f})"));
        model.notices.note(Level::Warning, format!("{}{file}", warning.message));
    }
    for name in unmatched.iter().take(LISTED) {
        let words = format!("named in the data, but there is no such picture: {name}");
        model.notices.note(Level::Warning, words);
    }
    let mut text = format!("Imported {} pictures with {} labels", counts[0], counts[1]);
    let problems = unmatched.len() + warnings.len();
    if problems > 0 {
        text.push_str(&format!("; {problems} things need a look"));
    }
    let see = Command::Data(DataCommand::Page(Page::Report));
    let see = ("See what was found".to_owned(), see);
    model.notices.say(Level::Done, text, None, Some(see));
}

/// A checkpoint in words.
fn describe(event: &Event) -> String {
    let Event::Model {
        layout,
        image_size,
        patch,
        layers,
        text_layers,
        parameters,
        ..
    } = event
    else {
        return String::new();
    };
    let text = match text_layers {
        0 => ", without a text tower",
        _ => "",
    };
    let millions = *parameters as f64 / 1e6;
    format!("{layout}, {image_size} px, patches of {patch} px, {layers} blocks, {millions:.0} million numbers{text}")
}

fn ended(model: &mut Model, out: &mut Effects, id: u64) {
    let Some(job) = model.jobs.get(id).cloned() else { return };
    let kind = job.spec.kind.clone();
    if tag_events::ended(model, out, &job) || downloads::ended(model, out, &job) || tagger_export::ended(model, &job) {
        return;
    }
    if kind == JobKind::Plan {
        model.planning.ended(id, failure_of(&job).cloned());
        // Every change of the form makes one: they must not push a training out of the list.
        model.jobs.forget(id);
        return;
    }
    // A job of a project that was closed meanwhile, or the program is being left: nothing follows from it.
    if is_elsewhere(model, &job) || model.desk.leave_when_idle.is_some() {
        let words = format!("ended: {}", job.spec.title);
        model.notices.note(Level::Note, words);
        return;
    }
    if let JobKind::Data(task) = kind {
        data_events::ended(model, out, &job, task);
        return;
    }
    if matches!(kind, JobKind::Import { .. }) {
        data_events::import_ended(model, &job);
    }
    match &job.state {
        JobState::Done => well_done(model, out, &kind, &job.made),
        JobState::Stopped => {
            let words = format!("Stopped: {}", job.spec.title);
            model.notices.say(Level::Note, words, None, None);
            project::refresh(model, out, None);
        }
        JobState::Failed(failure) => {
            match kind {
                JobKind::Model { .. } => model.model = Some(Err(failure.clone())),
                // The import itself says so, with everything that can be changed beside it.
                JobKind::Import { .. } if model.data.import.is_some() => {}
                _ => model.notices.failed(failure, None),
            }
            project::refresh(model, out, None);
        }
        JobState::Crashed(failure) => {
            let action = again(model, &job);
            model.notices.failed(failure, action);
            project::refresh(model, out, None);
        }
        JobState::Waiting | JobState::Running => {}
    }
}

/// Whether a job belongs to a project that is not open.
fn is_elsewhere(model: &Model, job: &Job) -> bool {
    job.spec.shared.is_some() && job.spec.shared != project::folder(model)
}

fn failure_of(job: &Job) -> Option<&Failure> {
    match &job.state {
        JobState::Failed(failure) | JobState::Crashed(failure) => Some(failure),
        _ => None,
    }
}

/// The button beside the news that a worker died: a training goes on with its run, anything else is asked for once more.
fn again(model: &Model, job: &Job) -> Option<(String, Command)> {
    let training = model.training.as_ref().filter(|t| t.job == job.id);
    match training.and_then(|t| t.run()) {
        Some(run) if job.spec.kind == JobKind::Train => Some(("Resume".to_owned(), Command::Resume(run.to_owned()))),
        _ => retry(&job.spec).map(|command| ("Try again".to_owned(), command)),
    }
}

/// The command that asks for the same job again.
fn retry(spec: &Spec) -> Option<Command> {
    Some(match (&spec.kind, &spec.request) {
        (JobKind::Predict { run }, _) => Command::Predict(run.clone()),
        (JobKind::DemoData { quick }, _) => Command::Demo { quick: *quick },
        (JobKind::Model { path }, _) => Command::UseModel(path.clone()),
        (JobKind::Split, Request::Split(request)) => Command::Split(request.scheme.clone(), request.seed),
        // What the dead worker began is not taken over: the project gets a new name.
        (JobKind::Import { .. }, Request::ProjectNew(request)) => Command::Import {
            data: request.import.data.clone(),
            project: None,
        },
        (JobKind::Train, Request::Train(request)) => match &request.resume {
            Some(run) => Command::Resume(run.clone()),
            None => Command::Train(request.clone()),
        },
        _ => return None,
    })
}

fn well_done(model: &mut Model, out: &mut Effects, kind: &JobKind, made: &Made) {
    match kind {
        JobKind::Import { project } => project::open(model, out, project),
        JobKind::DemoData { quick } => {
            if let Some(project) = &made.project {
                project::open(model, out, project);
                model.desk.demo = Some(*quick);
            }
        }
        JobKind::Train => {
            let lanes = model.training.iter().flat_map(|t| &t.lanes);
            let runs: Vec<String> = lanes.map(|l| l.run.clone()).collect();
            let see = ("See what changed".to_owned(), Command::Do(Action::Results));
            model.notices.say(Level::Done, "The training is done", None, Some(see));
            project::refresh(model, out, None);
            // The newest last: it is the one that is shown.
            runs.iter().for_each(|run| predict::predict(model, out, run));
        }
        JobKind::Split => {
            splits_made(model, out);
            project::refresh(model, out, None);
        }
        JobKind::Predict { run } => project::refresh(model, out, Some(run.clone())),
        _ => {}
    }
}

/// Pictures have other splits: everything that counts them is read again.
fn splits_made(model: &mut Model, out: &mut Effects) {
    project::ask_data(model, out, DataRequest::Reload("The pictures were split".to_owned()));
    model.data.splits_made.version = None;
}
