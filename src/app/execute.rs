//! The one place that carries commands out.

use super::command::{Action, Command, Pick, Place, Setup};
use super::filter::{Filter, LabelTest};
use super::jobs::{Purpose, Spec};
use super::library::{Library, Order};
use super::notices::Level;
use super::prefs::{Look, Recent};
use super::state::{Preset, Slot, State};
use super::training::Training;
use super::{bring, dialogs};
use crate::dataset::model::Truth;
use crate::engine::request::{DemoRequest, PredictRequest, Request, Stages, TrainRequest};
use crate::engine::{Failure, jobs};
use eframe::egui::{Context, ViewportCommand};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Steps of the zoom of everything.
const SCALE_STEP: f32 = 0.1;

/// Carries a command out.
pub fn execute(state: &mut State, ctx: &Context, dialogs: &dialogs::Dialogs, command: Command) {
    match command {
        Command::Do(action) => act(state, ctx, dialogs, action),
        Command::Open(path) => open(state, ctx, &path),
        Command::Bring(paths) => bring::bring(state, &paths),
        Command::Import { data, project } => super::data::look(state, data, &project),
        Command::Forget(path) => state.prefs.forget(&path),
        Command::Pick(pick) => dialogs.ask(pick),
        Command::Inspect(index) => inspect(state, index),
        Command::Show(filter, sort) => {
            state.browse.filter = filter;
            state.browse.sort = sort;
            state.browse.selection.clear();
            state.browse.cursor = 0;
            state.inspect.picture = None;
            state.browse.picking = None;
            state.place = Place::Pictures;
        }
        Command::SetLabel(pictures, label, truth) => set_label(state, &pictures, label, truth),
        Command::ToggleLabel(label) => toggle_label(state, label),
        Command::AddLabel(name) => {
            if may_write(state) {
                order(state, Order::AddLabel(name));
            }
        }
        Command::ShowRun(run) => order(state, Order::Predictions(run)),
        Command::Predict(run) => predict(state, &run),
        Command::Train(setup) => train(state, setup),
        Command::Resume(run) => resume(state, run),
        Command::Plan(setup) => super::planning::ask(state, &setup),
        Command::ShowTraining(run) => {
            if let Some(open) = state.open() {
                state.scout.history(open.catalog.folder.join("runs").join(run));
            }
        }
        Command::SavePreset(name, settings) => save_preset(state, name, settings),
        Command::PickFor(label) => {
            state.browse.picking = label;
            state.browse.selection.clear();
            state.inspect.picture = None;
            state.place = if label.is_some() { Place::Pictures } else { Place::Train };
        }
        Command::Stop(id) => state.jobs.stop(id),
        Command::Demo { quick } => demo(state, quick),
        Command::CloseNotice(id) => state.notices.close(id),
        Command::UseModel(path) => look_at_model(state, path),
        Command::UseStarter => {
            state.prefs.model = None;
            state.model = None;
            state.tagging.use_model(None);
            use_model_here(state, jobs::STARTER.to_owned());
        }
        Command::Split(scheme, seed) => super::data::split(state, scheme, seed),
        Command::Data(act) => super::data::act(state, dialogs, act),
        Command::SetLook(look) => state.prefs.look = look,
        Command::SetScale(scale) => state.prefs.scale = scale.clamp(0.5, 3.0),
        Command::SetDevice(device) => {
            state.prefs.device = device;
            state.jobs.device = device;
            super::news::find_device(state);
        }
        Command::Tagging(act) => super::tagging::act(state, act),
        Command::Models(act) => super::models::act(state, act),
        Command::Copy(text) => {
            ctx.copy_text(text);
            state.notices.done("Copied");
        }
        Command::Leave(leave) => {
            state.desk.leaving = false;
            if leave {
                state.jobs.stop_all();
                state.desk.leave_when_idle = Some(std::time::Instant::now());
            }
        }
    }
}

fn act(state: &mut State, ctx: &Context, dialogs: &dialogs::Dialogs, action: Action) {
    if state.place == Place::Tag && super::screens::tag::acts(state, action) {
        return;
    }
    if action.info().needs_project && state.open().is_none() {
        return;
    }
    match action {
        Action::Home => go(state, Place::Home),
        Action::Pictures => go(state, Place::Pictures),
        Action::Train => go(state, Place::Train),
        Action::Results => go(state, Place::Results),
        Action::Tag => {
            // The place that one is in already leads from the large picture back to the list.
            state.tagging.large &= state.place != Place::Tag;
            go(state, Place::Tag);
        }
        Action::Models => super::models::open(state),
        Action::TagFiles => dialogs.ask(Pick::TagFiles),
        Action::TagFolder => dialogs.ask(Pick::TagFolder),
        Action::WatchFolder => {
            state.command(Command::Tagging(super::tagging::Act::Show(
                super::tagging::Panel::Watch,
            )));
            dialogs.ask(Pick::WatchFolder);
        }
        Action::Settings => go(state, Place::Settings),
        Action::About => go(state, Place::About),
        Action::OpenProject => dialogs.ask(Pick::Project),
        Action::ImportFolder => dialogs.ask(Pick::DataFolder),
        Action::ImportFile => dialogs.ask(Pick::DataFile),
        Action::OpenModel => dialogs.ask(Pick::ModelFolder),
        Action::CloseProject => close(state),
        Action::Demo => demo(state, false),
        Action::Undo | Action::Redo => {
            if may_write(state) {
                let undo = action == Action::Undo;
                order(state, if undo { Order::Undo } else { Order::Redo });
            }
        }
        Action::SelectAll => state.browse.selection = state.browse.shown.iter().copied().collect(),
        Action::SelectNone => state.browse.selection.clear(),
        Action::Inspect => {
            if let Some(index) = state.browse.current() {
                inspect(state, index);
            }
        }
        Action::Next => travel(state, 1),
        Action::Previous => travel(state, -1),
        Action::ClearFilters => state.browse.filter = Filter::default(),
        Action::Predict => {
            let run = state.open().map(|open| newest_run(&open.catalog.runs));
            if let Some(run) = run {
                predict(state, &run);
            }
        }
        Action::Stop => {
            if let Some(id) = state.jobs.running().map(|j| j.id) {
                state.jobs.stop(id);
            }
        }
        Action::Palette => state.desk.palette = Some((String::new(), 0)),
        Action::Keys => state.desk.keys = !state.desk.keys,
        Action::Log => state.desk.log = !state.desk.log,
        Action::Filters => state.prefs.filters_open = !state.prefs.filters_open,
        Action::Labels => state.prefs.labels_open = !state.prefs.labels_open,
        Action::ToggleLook => {
            let dark = ctx.global_style().visuals.dark_mode;
            state.prefs.look = if dark { Look::Light } else { Look::Dark };
        }
        Action::ZoomIn => state.prefs.scale = (state.prefs.scale + SCALE_STEP).min(3.0),
        Action::ZoomOut => state.prefs.scale = (state.prefs.scale - SCALE_STEP).max(0.5),
        Action::ZoomReset => state.prefs.scale = 1.0,
        Action::Overview
        | Action::EditLabels
        | Action::Splits
        | Action::Report
        | Action::AddData
        | Action::CheckContent
        | Action::FindMoved
        | Action::Export => super::data::action(state, dialogs, action),
        Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
    }
}

fn go(state: &mut State, place: Place) {
    // The place that one is in already leads from the inspector back to the grid.
    if place == Place::Pictures && state.place == Place::Pictures {
        state.inspect.picture = None;
    }
    // Where pictures are not picked any more, a click must not change a label.
    state.browse.picking = None;
    state.place = place;
}

fn order(state: &mut State, order: Order) {
    if let Some(open) = state.open()
        && !open.library.send(order)
    {
        let failure = Failure::new("the project's thread has ended", "Close the project and open it again.");
        state.notices.failed(&failure, None);
    }
}

/// Whether the open project may be changed; says so where not.
pub(super) fn may_write(state: &mut State) -> bool {
    let Some(open) = state.open() else { return false };
    if open.catalog.writable {
        return true;
    }
    let hint = "Close the other window that works on it, then open the project again.".to_owned();
    let words = "This project is open for looking only";
    state.notices.say(Level::Warning, words, Some(hint), None);
    false
}

/// Opens a project in place of the one that is open.
pub fn open(state: &mut State, ctx: &Context, path: &Path) {
    close(state);
    let wake = ctx.clone();
    let library = Library::open(path, move || wake.request_repaint());
    state.project = Slot::Opening(path.to_owned(), library);
    state.place = Place::Pictures;
}

/// Closes the project that is open. Its jobs are asked to stop: they keep what they have.
fn close(state: &mut State) {
    if let Some(folder) = state.open().map(|o| o.catalog.folder.clone()) {
        let of_it = |job: &&super::jobs::Job| job.spec.shared.as_ref() == Some(&folder);
        let ids: Vec<u64> = state.jobs.list.iter().filter(of_it).map(|j| j.id).collect();
        ids.into_iter().for_each(|id| state.jobs.stop(id));
    }
    state.project = Slot::Empty;
    state.thumbs.clear();
    state.browse = Default::default();
    state.inspect = Default::default();
    state.results = Default::default();
    state.training = None;
    state.data.close();
    state.train = Default::default();
    state.planning.clear();
    state.place = Place::Home;
}

/// Shows a picture large.
pub fn inspect(state: &mut State, index: usize) {
    let Some(open) = state.open() else { return };
    let Some(picture) = open.catalog.pictures.get(index) else {
        return;
    };
    let id = picture.id;
    order(state, Order::Examine(id));
    if let Some(place) = state.browse.shown.iter().position(|i| *i as usize == index) {
        state.browse.cursor = place;
    }
    let inspect = &mut state.inspect;
    inspect.picture = Some(id);
    inspect.examined = None;
    inspect.patch = None;
    inspect.hovered = None;
    (inspect.zoom, inspect.center) = (1.0, [0.5, 0.5]);
    state.place = Place::Pictures;
}

fn travel(state: &mut State, by: isize) {
    let browse = &mut state.browse;
    if browse.shown.is_empty() {
        return;
    }
    if state.inspect.picture.is_none() {
        super::screens::travel::travel(state, by, false);
        return;
    }
    browse.cursor = browse.cursor.saturating_add_signed(by).min(browse.shown.len() - 1);
    browse.reveal = true;
    if let Some(index) = state.browse.current() {
        inspect(state, index);
    }
}

fn set_label(state: &mut State, pictures: &[usize], label: usize, truth: Truth) {
    if !may_write(state) {
        return;
    }
    let Some(open) = state.open() else { return };
    let ids = pictures
        .iter()
        .filter_map(|i| open.catalog.pictures.get(*i))
        .map(|p| p.id)
        .collect();
    let Some(row) = open.catalog.labels.get(label) else {
        return;
    };
    let label = row.id;
    order(
        state,
        Order::SetLabel {
            pictures: ids,
            label,
            truth,
        },
    );
}

fn toggle_label(state: &mut State, label: usize) {
    let Some(open) = state.open() else { return };
    let targets = match state.inspect.picture.and_then(|id| open.catalog.index_of(id)) {
        Some(index) => vec![index],
        None => state.browse.targets(),
    };
    if targets.is_empty() || label >= open.catalog.labels.len() {
        return;
    }
    let all = targets.iter().all(|i| open.catalog.truth_of(*i)[label] == 1);
    let truth = if all { Truth::Negative } else { Truth::Positive };
    set_label(state, &targets, label, truth);
}

/// The newest finished run, else the untrained model.
pub fn newest_run(runs: &[crate::project::Run]) -> String {
    let done = runs.iter().rev().find(|r| r.state == crate::project::RunState::Done);
    done.map_or_else(|| jobs::ZERO_SHOT.to_owned(), |r| r.id.clone())
}

/// Scores all pictures with a run.
pub fn predict(state: &mut State, run: &str) {
    if !may_write(state) {
        return;
    }
    let Some(open) = state.open() else { return };
    if open.catalog.labels.is_empty() {
        let hint = "Add labels in the panel on the right of the pictures: the model looks for their words.".to_owned();
        state
            .notices
            .say(Level::Warning, "There are no labels to look for yet", Some(hint), None);
        return;
    }
    let folder = open.catalog.folder.clone();
    let purpose = Purpose::Predict { run: run.to_owned() };
    stop_planning(state);
    if state.jobs.has(|p| *p == purpose) {
        return;
    }
    let title = if run == jobs::ZERO_SHOT {
        "Looking at all pictures, untrained".to_owned()
    } else {
        format!("Looking at all pictures with {run}")
    };
    state.jobs.start(Spec {
        request: Request::Predict(PredictRequest {
            project: folder.clone(),
            run: run.to_owned(),
            model: None,
        }),
        title,
        purpose,
        shared: Some(folder),
    });
}

fn training_spec(request: TrainRequest, title: String) -> Spec {
    Spec {
        shared: Some(request.project.clone()),
        request: Request::Train(request),
        title,
        purpose: Purpose::Train,
    }
}

/// Work that a user waits for comes before a look at what a training would do.
fn stop_planning(state: &mut State) {
    if let Some(id) = state.planning.job() {
        state.jobs.stop(id);
    }
}

/// Keeps settings under a name, or forgets them; either can be taken back.
fn save_preset(state: &mut State, name: String, settings: Option<BTreeMap<String, String>>) {
    let presets = &mut state.prefs.presets;
    let before = match &settings {
        Some(settings) => presets.insert(name.clone(), settings.clone()),
        None => presets.remove(&name),
    };
    state.train.preset = match &settings {
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
    state.notices.say(Level::Done, words, None, Some(undo));
}

/// Trains.
pub fn train(state: &mut State, setup: Setup) {
    if !may_write(state) {
        return;
    }
    stop_planning(state);
    let Some(open) = state.open() else { return };
    let title = match setup.stages {
        Stages::One => "Training, Stage 1",
        Stages::Two => "Training, Stage 2",
        Stages::Both => "Training both stages",
        Stages::Joint => "Training both at once",
    };
    let request = TrainRequest {
        log_every: 2,
        ..setup.request(&open.catalog.folder)
    };
    let id = state.jobs.start(training_spec(request, title.to_owned()));
    state.training = Some(Training::new(id));
    state.train.again = false;
}

fn resume(state: &mut State, run: String) {
    if state.trains() || !may_write(state) {
        return;
    }
    stop_planning(state);
    state
        .notices
        .list
        .retain(|n| !matches!(n.action, Some((_, Command::Resume(_)))));
    let Some(open) = state.open() else { return };
    let title = format!("Going on with {run}");
    let request = TrainRequest {
        resume: Some(run.clone()),
        log_every: 2,
        ..TrainRequest::new(&open.catalog.folder)
    };
    let id = state.jobs.start(training_spec(request, title));
    // The curves so far stay in sight where it is the same training.
    match &mut state.training {
        Some(training) if training.run() == Some(run.as_str()) => training.job = id,
        _ => state.training = Some(Training::new(id)),
    }
    state.train.again = false;
    state.place = Place::Train;
}

fn demo(state: &mut State, quick: bool) {
    if state.jobs.has(|p| matches!(p, Purpose::DemoData { .. })) {
        return;
    }
    let folder = bring::free_name(&bring::data_folder(), "demo", "");
    state.jobs.start(Spec {
        request: Request::DemoData(DemoRequest {
            out: Some(folder),
            quick,
            seed: 0,
            set: Vec::new(),
        }),
        title: "Drawing the demo's pictures".to_owned(),
        purpose: Purpose::DemoData { quick },
        shared: None,
    });
}

fn look_at_model(state: &mut State, path: String) {
    state.model = None;
    state.jobs.start(Spec {
        request: Request::InspectModel {
            path: PathBuf::from(&path),
        },
        title: "Looking at the model".to_owned(),
        purpose: Purpose::Model { path },
        shared: None,
    });
}

/// The model that was chosen becomes that of the open project too.
pub fn use_model_here(state: &mut State, path: String) {
    let Some(open) = state.open_mut().filter(|open| open.catalog.writable) else {
        state.notices.done("New projects use this model");
        return;
    };
    open.catalog.model = Some(path.clone());
    order(state, Order::Setting("model".to_owned(), path));
    let action = (
        "Score the pictures".to_owned(),
        Command::Predict(jobs::ZERO_SHOT.to_owned()),
    );
    let words = "This project and new ones use this model";
    state.notices.say(Level::Done, words, None, Some(action));
}

/// What the list of recent projects keeps of the open one.
pub fn remember(state: &mut State) {
    let Some(open) = state.open() else { return };
    let catalog = &open.catalog;
    let step = (catalog.pictures.len() / 5).max(1);
    let recent = Recent {
        path: catalog.folder.clone(),
        pictures: catalog
            .pictures
            .iter()
            .step_by(step)
            .take(5)
            .map(|p| p.path.clone())
            .collect(),
        counts: [catalog.pictures.len(), catalog.labels.len()],
    };
    state.prefs.opened(recent);
}

/// The pictures behind a number of a label.
pub fn pictures_of(label: usize, test: LabelTest, split: Option<crate::dataset::model::Split>) -> Filter {
    Filter {
        labels: vec![(label, test)],
        split: split.map(Some),
        ..Filter::default()
    }
}
