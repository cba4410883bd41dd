//! What jobs and the project's thread tell, taken into the state.

use super::catalog::Catalog;
use super::command::{Command, Setup};
use super::data;
use super::execute;
use super::jobs::{News, Purpose, Spec, State as JobState};
use super::library::{Order, Reply};
use super::notices::Level;
use super::state::{Device, Open, Slot, State};
use crate::engine::request::Stages;
use crate::engine::{Event, Request, jobs};
use crate::project::RunState;
use eframe::egui::Context;
use std::path::PathBuf;

/// Pictures up to which a project is scored without being asked.
const SCORED_AT_ONCE: usize = 3_000;

/// Replies read in one frame.
const PER_FRAME: usize = 64;

/// Finds out which device there is.
pub fn find_device(state: &mut State) {
    state.device = Device::default();
    state.jobs.start(Spec {
        request: Request::Doctor,
        title: "Looking at the device".to_owned(),
        purpose: Purpose::Device,
        shared: None,
    });
}

/// Takes in everything that is new. `auto`: whether projects are scored without being asked.
pub fn take(state: &mut State, ctx: &Context, auto: bool) {
    for news in state.jobs.news() {
        match news {
            News::Event(id, event) => event_of(state, id, &event),
            News::Ended(id) => ended(state, ctx, id),
        }
    }
    for _ in 0..PER_FRAME {
        let Some(finding) = state.scout.next() else { break };
        super::bring::found(state, finding);
    }
    for _ in 0..PER_FRAME {
        let reply = match &state.project {
            Slot::Opening(_, library) => library.next(),
            Slot::Open(open) => open.library.next(),
            _ => None,
        };
        let Some(reply) = reply else { break };
        take_reply(state, reply, auto);
    }
}

fn event_of(state: &mut State, id: u64, event: &Event) {
    let Some(purpose) = state.jobs.get(id).map(|j| j.spec.purpose.clone()) else {
        return;
    };
    if let Purpose::Data(task) = purpose
        && data::event(state, id, task, event)
    {
        return;
    }
    match (&purpose, event) {
        (Purpose::Tag | Purpose::WriteTags { .. } | Purpose::Watch, _) => {
            super::tagging::event(state, id, &purpose, event);
        }
        (Purpose::ListModels | Purpose::Fetch { .. } | Purpose::ChangeModels { .. }, _) => {
            super::models::event(state, &purpose, event);
        }
        (Purpose::Device, Event::Device { kind, name, checks }) => {
            state.device.kind.clone_from(kind);
            state.device.name.clone_from(name);
            state.device.checks.clone_from(checks);
            let why = checks.iter().find(|c| c.name == "fallback" || c.name == "gpu");
            state.device.notice = why.map(|c| c.detail.clone());
        }
        (Purpose::Device, Event::Warning { message, .. }) => state.device.notice = Some(message.clone()),
        (Purpose::Model { path }, Event::Model { .. }) => {
            state.model = Some(Ok(describe(event)));
            state.prefs.model = Some(path.clone());
            state.tagging.use_model(Some(path));
            let path = path.clone();
            execute::use_model_here(state, path);
        }
        (Purpose::Plan, Event::Plan(plan)) => state.planning.planned(id, Ok(plan.clone())),
        (Purpose::Plan, _) => {}
        (Purpose::Train, _) => {
            if let Some(training) = state.training.as_mut().filter(|t| t.job == id) {
                training.note(event);
            }
            if matches!(event, Event::Split { .. }) {
                // The training has split the pictures first.
                splits_made(state);
            }
            if let Event::Watched { path, .. } = event {
                state.scout.watched(id, PathBuf::from(path));
            }
            if let Event::Warning { message, .. } = event {
                state.notices.note(Level::Warning, message.clone());
            }
        }
        (
            _,
            Event::Import {
                images,
                labels,
                unmatched,
                warnings,
                ..
            },
        ) => {
            for warning in warnings {
                let file = warning.file.as_ref().map_or_else(String::new, |f| format!(" ({f})"));
                state.notices.note(Level::Warning, format!("{}{file}", warning.message));
            }
            let mut text = format!("Imported {images} pictures with {labels} labels");
            if !unmatched.is_empty() || !warnings.is_empty() {
                let count = unmatched.len() + warnings.len();
                text.push_str(&format!("; {count} things need a look"));
            }
            for name in unmatched.iter().take(200) {
                state.notices.note(
                    Level::Warning,
                    format!("named in the data, but there is no such picture: {name}"),
                );
            }
            let see = Command::Data(data::Act::Page(data::Page::Report));
            let see = ("See what was found".to_owned(), see);
            state.notices.say(Level::Done, text, None, Some(see));
        }
        (_, Event::Warning { code, message }) => {
            // Known to whoever chose the built-in model or has no GPU; the device line and the model line say it.
            let quiet = code == "starter-model" || code == "no-gpu";
            if quiet {
                state.notices.note(Level::Note, message.clone());
            } else {
                state.notices.say(Level::Warning, message.clone(), None, None);
            }
        }
        (_, Event::Skipped { image, reason }) => {
            state.notices.note(Level::Warning, format!("skipped {image}: {reason}"));
        }
        _ => {}
    }
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
    let text = if *text_layers == 0 {
        ", without a text tower"
    } else {
        ""
    };
    let millions = *parameters as f64 / 1e6;
    format!("{layout}, {image_size} px, patches of {patch} px, {layers} blocks, {millions:.0} million numbers{text}")
}

fn ended(state: &mut State, ctx: &Context, id: u64) {
    let Some(job) = state.jobs.get(id).cloned() else { return };
    let purpose = job.spec.purpose.clone();
    if super::tagging::ended(state, &job) || super::models::ended(state, &job) {
        return;
    }
    if purpose == Purpose::Plan {
        let failure = match &job.state {
            JobState::Failed(failure) | JobState::Crashed(failure) => Some(failure.clone()),
            _ => None,
        };
        state.planning.ended(id, failure);
        // Every change of the form makes one: they must not push a training out of the list.
        state.jobs.forget(id);
        return;
    }
    // A job of a project that was closed meanwhile, or the program is being left: nothing follows from it.
    let elsewhere = job.spec.shared.is_some() && job.spec.shared.as_ref() != state.open().map(|o| &o.catalog.folder);
    if elsewhere || state.desk.leave_when_idle.is_some() {
        let words = format!("ended: {}", job.spec.title);
        state.notices.note(Level::Note, words);
        return;
    }
    if let Purpose::Data(task) = purpose {
        data::ended(state, ctx, &job, task);
        return;
    }
    if matches!(purpose, Purpose::Import { .. }) {
        data::import_ended(state, &job);
    }
    match &job.state {
        JobState::Done => well_done(state, ctx, &purpose, &job.made),
        JobState::Stopped => {
            state
                .notices
                .say(Level::Note, format!("Stopped: {}", job.spec.title), None, None);
            refresh(state, None);
        }
        JobState::Failed(failure) => {
            match purpose {
                Purpose::Model { .. } => state.model = Some(Err(failure.clone())),
                // The import itself says so, with everything that can be changed beside it.
                Purpose::Import { .. } if state.data.import.is_some() => {}
                _ => state.notices.failed(failure, None),
            }
            refresh(state, None);
        }
        JobState::Crashed(failure) => {
            let run = match purpose {
                Purpose::Train => state
                    .training
                    .as_ref()
                    .filter(|t| t.job == id)
                    .and_then(|t| t.run())
                    .map(str::to_owned),
                _ => None,
            };
            let again = match run {
                Some(run) => Some(("Resume".to_owned(), Command::Resume(run))),
                None => retry(&job.spec).map(|command| ("Try again".to_owned(), command)),
            };
            state.notices.failed(failure, again);
            refresh(state, None);
        }
        JobState::Waiting | JobState::Running => {}
    }
}

/// The command that asks for the same job again.
fn retry(spec: &Spec) -> Option<Command> {
    Some(match (&spec.purpose, &spec.request) {
        (Purpose::Predict { run }, _) => Command::Predict(run.clone()),
        (Purpose::DemoData { quick }, _) => Command::Demo { quick: *quick },
        (Purpose::Model { path }, _) => Command::UseModel(path.clone()),
        (Purpose::Split, Request::Split(request)) => Command::Split(request.scheme.clone(), request.seed),
        (Purpose::Import { .. }, Request::ProjectNew(request)) => Command::Import {
            data: request.import.data.clone(),
            // What the dead worker began is not taken over.
            project: super::bring::project_for(&request.import.data),
        },
        (Purpose::Train, Request::Train(request)) => match &request.resume {
            Some(run) => Command::Resume(run.clone()),
            None => Command::Train(Setup {
                stages: request.stages,
                from: request.from.clone(),
                set: request.set.clone(),
                seed: request.seed,
                propose: request.propose,
            }),
        },
        _ => return None,
    })
}

fn well_done(state: &mut State, ctx: &Context, purpose: &Purpose, made: &super::jobs::Made) {
    match purpose {
        Purpose::Import { project } => execute::open(state, ctx, project),
        Purpose::DemoData { quick } => {
            if let Some(project) = &made.project {
                execute::open(state, ctx, project);
                state.desk.demo = Some(*quick);
            }
        }
        Purpose::Train => {
            let runs: Vec<String> = state
                .training
                .iter()
                .flat_map(|t| t.lanes.iter().map(|l| l.run.clone()))
                .collect();
            state.notices.say(
                Level::Done,
                "The training is done",
                None,
                Some((
                    "See what changed".to_owned(),
                    Command::Do(super::command::Action::Results),
                )),
            );
            refresh(state, None);
            // The newest last: it is the one that is shown.
            runs.iter().for_each(|run| execute::predict(state, run));
        }
        Purpose::Split => {
            splits_made(state);
            refresh(state, None);
        }
        Purpose::Predict { run } => refresh(state, Some(run.clone())),
        _ => {}
    }
}

/// Pictures have other splits: everything that counts them is read again.
fn splits_made(state: &mut State) {
    if let Some(open) = state.open() {
        let again = super::library::Ask::Reload("The pictures were split".to_owned());
        open.library.send(Order::Data(again));
    }
    state.data.splits_made.version = None;
}

fn refresh(state: &mut State, run: Option<String>) {
    if let Some(open) = state.open() {
        open.library.send(Order::Refresh(run));
    }
}

fn take_reply(state: &mut State, reply: Reply, auto: bool) {
    match reply {
        Reply::Opened(catalog, scorer) => {
            if let Slot::Opening(_, library) = std::mem::take(&mut state.project) {
                state.project = Slot::Open(Box::new(Open {
                    catalog: *catalog,
                    library,
                    scorer,
                    version: super::state::first_version(),
                }));
                opened(state, auto);
            }
        }
        Reply::NotOpened(failure) => {
            if let Slot::Opening(path, _) = std::mem::take(&mut state.project) {
                state.project = Slot::Failed(path, failure);
            }
        }
        Reply::Values { rows, undo, redo, said } => {
            let current = state.inspect.picture;
            let Some(open) = state.open_mut() else { return };
            let n = open.catalog.labels.len();
            for (id, row, edited) in rows.into_iter().filter(|(_, row, _)| row.len() == n) {
                if let Some(i) = open.catalog.index_of(id) {
                    open.catalog.truth[i * n..(i + 1) * n].copy_from_slice(&row);
                    open.catalog.pictures[i].edited = edited;
                }
            }
            (open.catalog.undo, open.catalog.redo) = (undo, redo);
            open.version += 1;
            if let Some(id) = current {
                open.library.send(Order::Examine(id));
            }
            state.notices.edited(said);
        }
        Reply::Predictions {
            run,
            probability,
            score,
            scorer,
        } => {
            let current = state.inspect.picture;
            let Some(open) = state.open_mut() else { return };
            open.catalog.run = if probability.is_empty() { String::new() } else { run };
            (open.catalog.probability, open.catalog.score) = (probability, score);
            open.scorer = scorer;
            open.version += 1;
            if let Some(id) = current {
                open.library.send(Order::Examine(id));
            }
            // Numbers of one run are never shown under the name of another.
            state.inspect.examined = None;
        }
        Reply::Runs(runs) => {
            if let Some(open) = state.open_mut() {
                open.catalog.runs = runs;
            }
        }
        Reply::Labels {
            labels,
            truth,
            probability,
            score,
            undo,
            redo,
            said,
        } => {
            let current = state.inspect.picture;
            let Some(open) = state.open_mut() else { return };
            let catalog = &mut open.catalog;
            let same = catalog.labels.iter().map(|l| l.id).eq(labels.iter().map(|l| l.id));
            (catalog.labels, catalog.truth) = (labels, truth);
            (catalog.probability, catalog.score) = (probability, score);
            (catalog.undo, catalog.redo) = (undo, redo);
            // Columns have moved: measures come again with the next look.
            catalog.compared.clear();
            open.version += 1;
            if let Some(id) = current {
                open.library.send(Order::Examine(id));
            }
            state.inspect.examined = None;
            if !same {
                // It is a column, and columns have moved.
                state.browse.picking = None;
                state.inspect.pinned.clear();
                state.browse.filter.labels.clear();
            }
            state.notices.edited(said);
        }
        Reply::Compared(measures) => {
            if let Some(open) = state.open_mut() {
                open.catalog.compared = measures;
            }
        }
        Reply::Data(told) => data::reply(state, told),
        Reply::Examined(examined) => {
            if state.inspect.picture == Some(examined.id) {
                state.inspect.examined = Some(std::sync::Arc::new(*examined));
                choose_labels(state);
            }
        }
        Reply::Failed { what, failure } => {
            tracing::warn!(what, %failure.message, "the project said no");
            state.notices.failed(&failure, None);
        }
    }
}

/// Labels of the picture that are shown with their patches at first: the most probable ones.
fn choose_labels(state: &mut State) {
    if !state.inspect.pinned.is_empty() {
        return;
    }
    let Some(open) = state.open() else { return };
    let Some(index) = state.inspect.picture.and_then(|id| open.catalog.index_of(id)) else {
        return;
    };
    let top = open.catalog.top_labels(index, 2);
    state.inspect.pinned = top;
}

fn opened(state: &mut State, auto: bool) {
    execute::remember(state);
    let Some(open) = state.open() else { return };
    let catalog: &Catalog = &open.catalog;
    let notices = catalog.notices.clone();
    let stopped = catalog
        .runs
        .iter()
        .rev()
        .find(|r| r.state == RunState::Stopped)
        .map(|r| r.id.clone());
    let newest_is_stopped = stopped.is_some() && catalog.runs.last().map(|r| &r.id) == stopped.as_ref();
    let score = auto
        && catalog.writable
        && !catalog.scored()
        && !catalog.labels.is_empty()
        && catalog.pictures.len() <= SCORED_AT_ONCE;
    let run = execute::newest_run(&catalog.runs);
    for notice in notices {
        state.notices.say(Level::Warning, notice, None, None);
    }
    if let Some(run) = stopped.filter(|_| newest_is_stopped && state.desk.demo.is_none()) {
        let action = Some(("Resume".to_owned(), Command::Resume(run.clone())));
        state
            .notices
            .say(Level::Note, format!("{run} was stopped before its end"), None, action);
    }
    if let Some(quick) = state.desk.demo.take() {
        execute::predict(state, jobs::ZERO_SHOT);
        let setup = Setup {
            stages: Stages::Both,
            from: None,
            set: jobs::demo_settings(quick),
            seed: 0,
            propose: false,
        };
        execute::train(state, setup);
    } else if score {
        execute::predict(state, &run);
        let chosen = state.open().is_some_and(|o| o.catalog.model.is_some());
        if !chosen {
            let hint = "For photographs give it a CLIP: then the labels mean something before any training.".to_owned();
            let action = (
                "Get a better model".to_owned(),
                Command::Do(super::command::Action::Models),
            );
            let words = "The built-in model knows pictograms only";
            state.notices.say(Level::Note, words, Some(hint), Some(action));
        }
    }
    state.desk.path.clear();
    data::opened(state);
}
