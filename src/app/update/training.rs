//! Trainings: starting, going on, planning, presets, the demo.

use super::effect::{Effect, Effects};
use super::predict::stop_planning;
use super::{jobs, project};
use crate::app::model::command::{Command, Place, TrainingsCommand};
use crate::app::model::file_probe;
use crate::app::model::job::Spec;
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::planning::Stamp;
use crate::app::model::project_messages::ProjectRequest;
use crate::app::model::state::Model;
use crate::app::model::training::Training;
use crate::app::model::training_form::{self, Preset};
use crate::app::model::trainings::{self, trainings};
use crate::engine::jobs::WatchedEpoch;
use crate::engine::request::{DemoRequest, Request, Stages, TrainRequest};
use crate::engine::{Event, Failure, Stage};
use crate::project::Run;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Steps between those that the curves show.
const LOG_EVERY: usize = 2;

fn spec(request: TrainRequest, title: String) -> Spec {
    Spec {
        shared: Some(request.project.clone()),
        request: Request::Train(request),
        title,
        kind: JobKind::Train,
    }
}

pub fn train(model: &mut Model, out: &mut Effects, request: TrainRequest) {
    if !project::may_write(model) {
        return;
    }
    stop_planning(model, out);
    let title = match request.stages {
        Stages::One => "Training, Stage 1",
        Stages::Two => "Training, Stage 2",
        Stages::Both => "Training both stages",
        Stages::Joint => "Training both at once",
    };
    let request = TrainRequest {
        log_every: LOG_EVERY,
        ..request
    };
    let id = jobs::start(model, out, spec(request, title.to_owned()));
    model.training = Some(Training::new(id));
    model.train.again = false;
}

/// Goes on with a run.
pub fn resume(model: &mut Model, out: &mut Effects, run: String) {
    if model.trains() || !project::may_write(model) {
        return;
    }
    stop_planning(model, out);
    let offers = |action: &Option<(String, Command)>| matches!(action, Some((_, Command::Resume(_))));
    model.notices.list.retain(|n| !offers(&n.action));
    let Some(folder) = project::folder(model) else { return };
    let title = format!("Going on with {}", run_name(model, &run));
    let request = TrainRequest {
        log_every: LOG_EVERY,
        ..TrainRequest::new(&folder).resuming(&run)
    };
    let id = jobs::start(model, out, spec(request, title));
    // The curves so far stay in sight where it is the same training.
    match &mut model.training {
        Some(training) if training.run() == Some(run.as_str()) => training.job = id,
        _ => model.training = Some(Training::new(id)),
    }
    model.train.again = false;
    model.place = Place::Train;
}

/// Keeps settings under a name, or forgets them; either can be taken back.
pub fn save_preset(model: &mut Model, name: String, settings: Option<BTreeMap<String, String>>) {
    let presets = &mut model.prefs.presets;
    let before = match &settings {
        Some(settings) => presets.insert(name.clone(), settings.clone()),
        None => presets.remove(&name),
    };
    model.train.preset = match &settings {
        Some(_) => Preset::Own(name.clone()),
        None => Preset::Proposed,
    };
    if before == settings {
        return;
    }
    let words = match (&before, &settings) {
        (_, None) => format!("The settings “{name}” are forgotten"),
        (None, _) => format!("The settings are kept as “{name}”"),
        _ => format!("The settings “{name}” are replaced"),
    };
    let undo = ("Undo".to_owned(), Command::SavePreset(name, before));
    model.notices.say(Level::Done, words, None, Some(undo));
}

/// Asks for a folder for the demo, where none is being drawn.
pub fn demo(model: &Model, out: &mut Effects, quick: bool) {
    if !model.jobs.has(|k| matches!(k, JobKind::DemoData { .. })) {
        out.probe(file_probe::Request::DemoFolder(quick));
    }
}

/// Draws the demo's pictures.
pub fn draw_demo(model: &mut Model, out: &mut Effects, folder: PathBuf, quick: bool) {
    if model.jobs.has(|k| matches!(k, JobKind::DemoData { .. })) {
        return;
    }
    let spec = Spec {
        request: Request::DemoData(DemoRequest {
            out: Some(folder),
            quick,
            seed: 0,
            set: Vec::new(),
        }),
        title: "Drawing the demo's pictures".to_owned(),
        kind: JobKind::DemoData { quick },
        shared: None,
    };
    jobs::start(model, out, spec);
}

/// Asks what a training would do; what was asked before no longer matters.
pub fn plan(model: &mut Model, out: &mut Effects, request: TrainRequest) {
    let Some(stamp) = stamp(model, &request) else { return };
    if let Some(id) = model.planning.job() {
        jobs::stop(model, out, id);
    }
    let spec = Spec {
        shared: Some(request.project.clone()),
        request: Request::Plan(request),
        title: "Trying a few steps".to_owned(),
        kind: JobKind::Plan,
    };
    let id = jobs::start(model, out, spec);
    model.planning.ask(stamp, id);
}

fn stamp(model: &Model, request: &TrainRequest) -> Option<Stamp> {
    let open = model.open()?;
    Some(Stamp {
        version: open.version,
        model: open.catalog.model.clone(),
        device: model.jobs.device,
        request: request.clone(),
    })
}

/// A run of the open project for people.
pub fn run_name(model: &Model, run: &str) -> String {
    let runs = model.open().map_or(&[][..], |open| &open.catalog.runs);
    trainings::run_name(runs, run)
}

/// The runs of a training, by its number.
fn runs_of(model: &Model, number: usize) -> Vec<String> {
    let runs = model.open().map_or(&[][..], |open| &open.catalog.runs);
    let found = trainings(runs).into_iter().find(|t| t.number == number);
    found.map(|t| t.ids()).unwrap_or_default()
}

/// Names and deletes trainings.
pub fn change(model: &mut Model, out: &mut Effects, command: TrainingsCommand) {
    match command {
        TrainingsCommand::Naming(naming) => model.train.naming = naming,
        TrainingsCommand::Name(number, name) => {
            model.train.naming = None;
            let ids = runs_of(model, number);
            if project::may_write(model) && !ids.is_empty() {
                project::ask(model, out, ProjectRequest::NameRuns(ids, name));
            }
        }
        TrainingsCommand::Delete(number) => {
            let ids = runs_of(model, number);
            if !project::may_write(model) || ids.is_empty() {
                return;
            }
            // Its curves are not in sight any longer than it is.
            let shown = |t: &mut Training| t.lanes.iter().any(|lane| ids.contains(&lane.run));
            model.training.take_if(shown);
            model.train.from.take_if(|run| ids.contains(run));
            project::ask(model, out, ProjectRequest::DeleteRuns(ids));
        }
    }
}

/// Asks for the curves of an earlier training: of all its stages.
pub fn ask_history(model: &Model, out: &mut Effects, run: &str) {
    let Some(open) = model.open() else { return };
    let of_it = trainings(&open.catalog.runs)
        .into_iter()
        .find(|t| t.runs.iter().any(|r| r.id == run));
    let ids = of_it.map_or_else(|| vec![run.to_owned()], |t| t.ids());
    for id in ids {
        out.probe(file_probe::Request::History(open.catalog.folder.join("runs").join(id)));
    }
}

/// Where the runs are looked at, they are compared again once labels or splits have changed.
fn compare(model: &mut Model, out: &mut Effects) {
    let looked_at = matches!(model.place, Place::Train | Place::Results);
    if looked_at && model.open().is_some() && std::mem::take(&mut model.results.stale) {
        project::ask(model, out, ProjectRequest::Compare);
    }
}

/// While the form of a training is shown, its plan is asked for once nothing has changed for a moment.
pub fn tick(model: &mut Model, out: &mut Effects) {
    compare(model, out);
    let form_shown = model.place == Place::Train && (model.training.is_none() || model.train.again);
    let Some(open) = model.open().filter(|_| form_shown && model.habits.score_at_once) else {
        return;
    };
    let labelled = open.catalog.writable && open.catalog.truth.contains(&1);
    if !labelled || model.jobs.busy() {
        return;
    }
    let folder = open.catalog.folder.clone();
    let request = training_form::request(&model.train, &model.prefs.presets, &folder);
    let valid = crate::train::settings::Settings::default()
        .with_overrides(None, &request.set)
        .is_ok();
    let Some(stamp) = stamp(model, &request).filter(|_| valid) else {
        return;
    };
    match model.planning.is_due(stamp, model.now) {
        Ok(()) => plan(model, out, request),
        Err(Some(left)) => out.push(Effect::Repaint(left)),
        Err(None) => {}
    }
}

/// Shows the training of an earlier run, where its project is still open.
pub fn show_history(model: &mut Model, folder: &Path, read: Result<(Vec<Event>, Vec<WatchedEpoch>), Failure>) {
    let (events, watched) = match read {
        Ok(read) => read,
        Err(failure) => return model.notices.failed(&failure, None),
    };
    let Some(open) = model.open() else { return };
    let of_it = |run: &&Run| open.catalog.folder.join("runs").join(&run.id) == folder;
    let Some(run) = open.catalog.runs.iter().find(of_it) else {
        return;
    };
    let stage = Stage::try_from(run.stage).unwrap_or_default();
    let mut training = Training::of_history(&run.id, stage, &events, watched);
    if model.trains() {
        return;
    }
    // The other stages of the same training stand beside it, in their order.
    let order = trainings(&open.catalog.runs)
        .into_iter()
        .find(|t| t.number == run.training);
    let order = order.map(|t| t.ids()).unwrap_or_default();
    let (id, known) = (run.id.clone(), model.training.take());
    let others = known.into_iter().flat_map(|t| t.lanes);
    training
        .lanes
        .extend(others.filter(|lane| lane.run != id && order.contains(&lane.run)));
    training
        .lanes
        .sort_by_key(|lane| order.iter().position(|id| *id == lane.run));
    model.training = Some(training);
    model.train.again = false;
}
