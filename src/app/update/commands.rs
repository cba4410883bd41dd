//! The one place that carries commands out.

use super::effect::{Effect, Effects};
use super::{browse, data, data_jobs, downloads, jobs, open_paths, predict, project, tag, tagger_export, training};
use crate::app::model::action::Action;
use crate::app::model::catalog::newest_run;
use crate::app::model::command::{
    Command, DeskCommand, Pick, Place, Preference, ResultsCommand, TagCommand, TaggerCommand,
};
use crate::app::model::file_probe::Request as Probe;
use crate::app::model::filter::Filter;
use crate::app::model::job::Spec;
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::prefs::Look;
use crate::app::model::project_messages::ProjectRequest;
use crate::app::model::state::Model;
use crate::app::model::tag::state::Panel;
use crate::engine::Request;
use crate::engine::jobs::{STARTER, ZERO_SHOT};
use std::path::PathBuf;

/// Steps of the zoom of everything.
const SCALE_STEP: f32 = 0.1;

/// Smallest and largest zoom of everything.
const SCALES: (f32, f32) = (0.5, 3.0);

/// Carries a command out.
pub fn carry_out(model: &mut Model, out: &mut Effects, command: Command) {
    match command {
        Command::Do(action) => act(model, out, action),
        Command::Escape => escape(model, out),
        Command::Open(path) => {
            project::forget_plans(model);
            project::open(model, out, &path);
        }
        Command::OpenPaths(paths) => out.probe(Probe::Kind(paths)),
        Command::PasteText(text) => out.probe(Probe::Pasted(text)),
        Command::PastePicture(picture) => out.probe(Probe::Keep(picture)),
        Command::Import { data, project } => data::look(model, out, data, project),
        Command::Forget(path) => model.prefs.forget(&path),
        Command::Pick(pick) => out.push(Effect::Dialog(pick)),
        Command::Picked(pick, paths) => open_paths::picked(model, out, pick, paths),
        Command::PickedNothing { at_once } => open_paths::picked_nothing(model, at_once),
        Command::Inspect(index) => browse::inspect(model, out, index),
        Command::Show(filter, sort) => browse::show(model, filter, sort),
        Command::Browse(command) => browse::browse(model, command),
        Command::Inspector(command) => browse::inspector(model, command),
        Command::SetLabel(pictures, label, truth) => browse::set_label(model, out, &pictures, label, truth),
        Command::ToggleLabel(label) => browse::toggle_label(model, out, label),
        Command::AddLabel(name) => {
            if project::may_write(model) {
                project::ask(model, out, ProjectRequest::AddLabel(name));
            }
        }
        Command::ShowRun(run) => project::ask(model, out, ProjectRequest::Predictions(run)),
        Command::Predict(run) => predict::predict(model, out, &run),
        Command::TrainForm(form) => model.train = form,
        Command::Train(request) => training::train(model, out, request),
        Command::Resume(run) => training::resume(model, out, run),
        Command::Plan(request) => training::plan(model, out, request),
        Command::ShowTraining(run) => {
            if let Some(folder) = project::folder(model) {
                out.probe(Probe::History(folder.join("runs").join(run)));
            }
        }
        Command::SavePreset(name, settings) => training::save_preset(model, name, settings),
        Command::PickFor(label) => browse::pick_for(model, label),
        Command::Results(command) => results(model, command),
        Command::Stop(id) => jobs::stop(model, out, id),
        Command::Demo { quick } => training::demo(model, out, quick),
        Command::CloseNotice(id) => model.notices.close(id),
        Command::UseModel(path) => look_at_model(model, out, path),
        Command::UseStarter => {
            model.prefs.model = None;
            model.model = None;
            model.tagging.use_model(None);
            use_model_here(model, out, STARTER.to_owned());
        }
        Command::Split(scheme, seed) => data_jobs::split(model, out, scheme, seed),
        Command::Data(command) => data::carry_out(model, out, command),
        Command::Tag(command) => tag::carry_out(model, out, command),
        Command::Models(command) => downloads::carry_out(model, out, command),
        Command::Prefer(preference) => prefer(model, out, preference),
        Command::Desk(command) => desk(model, command),
        Command::Copy(text) => {
            out.push(Effect::Copy(text));
            model.notices.done("Copied");
        }
        Command::Leave(leave) => {
            model.desk.leaving = false;
            if leave {
                jobs::stop_those(model, out, |_| true);
                model.desk.leave_when_idle = Some(model.now);
            }
        }
        Command::Tagger(command) => tagger_export::carry_out(model, out, command),
    }
}

fn act(model: &mut Model, out: &mut Effects, action: Action) {
    if model.place == Place::Tag && tag::action(model, out, action) {
        return;
    }
    if action.info().needs_project && model.open().is_none() {
        return;
    }
    match action {
        Action::Home => go(model, Place::Home),
        Action::Pictures => go(model, Place::Pictures),
        Action::Train => go(model, Place::Train),
        Action::Results => go(model, Place::Results),
        Action::Tag => {
            // The place that one is in already leads from the large picture back to the list.
            model.tagging.large &= model.place != Place::Tag;
            go(model, Place::Tag);
        }
        Action::Models => downloads::open(model, out),
        Action::Settings => go(model, Place::Settings),
        Action::About => go(model, Place::About),
        Action::OpenProject => out.push(Effect::Dialog(Pick::Project)),
        Action::ImportFolder => out.push(Effect::Dialog(Pick::DataFolder)),
        Action::ImportFile => out.push(Effect::Dialog(Pick::DataFile)),
        Action::OpenModel => out.push(Effect::Dialog(Pick::ModelFolder)),
        Action::TagFiles => out.push(Effect::Dialog(Pick::TagFiles)),
        Action::TagFolder => out.push(Effect::Dialog(Pick::TagFolder)),
        Action::WatchFolder => {
            out.command(Command::Tag(TagCommand::Show(Panel::Watch)));
            out.push(Effect::Dialog(Pick::WatchFolder));
        }
        Action::CloseProject => {
            project::forget_plans(model);
            project::close(model, out);
        }
        Action::Demo => training::demo(model, out, false),
        Action::Stop => {
            if let Some(id) = model.jobs.running().map(|j| j.id) {
                jobs::stop(model, out, id);
            }
        }
        Action::Palette => model.desk.palette = Some((String::new(), 0)),
        Action::Keys => model.desk.keys = !model.desk.keys,
        Action::Log => model.desk.log = !model.desk.log,
        Action::Quit => out.push(Effect::CloseWindow),
        Action::ToggleLook | Action::ZoomIn | Action::ZoomOut | Action::ZoomReset => look(model, action),
        _ => act_in_project(model, out, action),
    }
}

/// Actions that need a project.
fn act_in_project(model: &mut Model, out: &mut Effects, action: Action) {
    match action {
        Action::Undo | Action::Redo => {
            if project::may_write(model) {
                let request = match action {
                    Action::Undo => ProjectRequest::Undo,
                    _ => ProjectRequest::Redo,
                };
                project::ask(model, out, request);
            }
        }
        Action::SelectAll => model.browse.selection = model.browse.shown.iter().copied().collect(),
        Action::SelectNone => model.browse.selection.clear(),
        Action::Inspect => {
            if let Some(index) = model.browse.current() {
                browse::inspect(model, out, index);
            }
        }
        Action::Next => browse::travel(model, out, 1),
        Action::Previous => browse::travel(model, out, -1),
        Action::ClearFilters => model.browse.filter = Filter::default(),
        Action::Predict => {
            let run = model.open().map(|open| newest_run(&open.catalog.runs));
            if let Some(run) = run {
                predict::predict(model, out, &run);
            }
        }
        Action::Filters => model.prefs.filters_open = !model.prefs.filters_open,
        Action::Labels => model.prefs.labels_open = !model.prefs.labels_open,
        Action::ExportTagger => tagger_export::carry_out(model, out, TaggerCommand::Show(None)),
        _ => data::action(model, out, action),
    }
}

fn go(model: &mut Model, place: Place) {
    // The place that one is in already leads from the inspector back to the grid.
    if place == Place::Pictures && model.place == Place::Pictures {
        model.inspect.picture = None;
    }
    // Where pictures are not picked any more, a click must not change a label.
    model.browse.picking = None;
    model.place = place;
}

fn look(model: &mut Model, action: Action) {
    let prefs = &mut model.prefs;
    match action {
        Action::ToggleLook => prefs.look = if model.dark { Look::Light } else { Look::Dark },
        Action::ZoomIn => prefs.scale = (prefs.scale + SCALE_STEP).min(SCALES.1),
        Action::ZoomOut => prefs.scale = (prefs.scale - SCALE_STEP).max(SCALES.0),
        _ => prefs.scale = 1.0,
    }
}

fn prefer(model: &mut Model, out: &mut Effects, preference: Preference) {
    let prefs = &mut model.prefs;
    match preference {
        Preference::Look(look) => prefs.look = look,
        Preference::Scale(scale) => prefs.scale = scale.clamp(SCALES.0, SCALES.1),
        Preference::Device(device) => {
            prefs.device = device;
            model.jobs.device = device;
            jobs::find_device(model, out);
        }
        Preference::Motion(motion) => prefs.motion = motion,
        Preference::Thumbnail(width) => prefs.thumbnail = width,
        Preference::Mirror(address) => prefs.mirror = address,
        Preference::Proxy(address) => prefs.proxy = address,
        Preference::Write(form) => prefs.write = form,
    }
}

fn desk(model: &mut Model, command: DeskCommand) {
    let desk = &mut model.desk;
    match command {
        DeskCommand::Path(text) => desk.path = text,
        DeskCommand::NewLabel(text) => desk.label = text,
        DeskCommand::ModelPath(text) => desk.model_path = text,
        DeskCommand::Palette(palette) => desk.palette = palette,
        DeskCommand::Keys(shown) => desk.keys = shown,
        DeskCommand::Log(shown) => desk.log = shown,
        DeskCommand::Leaving(asked) => desk.leaving = asked,
    }
}

fn results(model: &mut Model, command: ResultsCommand) {
    let results = &mut model.results;
    match command {
        ResultsCommand::Split(split) => results.split = Some(split),
        ResultsCommand::Order(column, descending) => results.order = (column, descending),
        ResultsCommand::Label(label) => results.label = label,
    }
}

/// Escape closes what is on top, one thing at a time.
fn escape(model: &mut Model, out: &mut Effects) {
    let inspecting = model.place == Place::Pictures && model.inspect.picture.is_some();
    if model.desk.keys {
        model.desk.keys = false;
    } else if model.place == Place::Tag && model.tagging.large {
        tag::carry_out(model, out, TagCommand::Large(false));
    } else if model.place == Place::Tag {
        model.tagging.selection.clear();
    } else if inspecting && model.inspect.patch.is_some() {
        model.inspect.patch = None;
    } else if inspecting {
        browse::leave_inspector(model);
    } else if model.place == Place::Pictures && model.browse.picking.is_some() {
        browse::pick_for(model, None);
    } else {
        model.browse.selection.clear();
    }
}

fn look_at_model(model: &mut Model, out: &mut Effects, path: String) {
    model.model = None;
    let spec = Spec {
        request: Request::InspectModel {
            path: PathBuf::from(&path),
        },
        title: "Looking at the model".to_owned(),
        kind: JobKind::Model { path },
        shared: None,
    };
    jobs::start(model, out, spec);
}

/// The model that was chosen becomes that of the open project too.
pub fn use_model_here(model: &mut Model, out: &mut Effects, path: String) {
    let Some(open) = model.open_mut().filter(|open| open.catalog.writable) else {
        model.notices.done("New projects use this model");
        return;
    };
    open.catalog.model = Some(path.clone());
    project::ask(model, out, ProjectRequest::Setting("model".to_owned(), path));
    let again = Command::Predict(ZERO_SHOT.to_owned());
    let action = ("Score the pictures".to_owned(), again);
    let words = "This project and new ones use this model";
    model.notices.say(Level::Done, words, None, Some(action));
}
