//! The open project: opening, closing, asking its thread.

use super::effect::{Effect, Effects};
use super::jobs;
use crate::app::model::command::{Command, Place};
use crate::app::model::notices::Level;
use crate::app::model::open::Slot;
use crate::app::model::prefs::Recent;
use crate::app::model::project_messages::{DataRequest, ProjectRequest};
use crate::app::model::state::Model;
use std::path::{Path, PathBuf};

/// Pictures whose thumbnails stand beside a recent project.
const THUMBNAILS: usize = 5;

/// Asks the project's thread, where a project is open.
pub fn ask(model: &Model, out: &mut Effects, request: ProjectRequest) {
    if model.open().is_some() {
        out.push(Effect::AskProject(request));
    }
}

/// Asks the project's thread for what the pages of the data show.
pub fn ask_data(model: &Model, out: &mut Effects, request: DataRequest) {
    ask(model, out, ProjectRequest::Data(request));
}

/// Runs and measures are read again; a run: its predictions are shown from now on.
pub fn refresh(model: &Model, out: &mut Effects, run: Option<String>) {
    ask(model, out, ProjectRequest::Refresh(run));
}

/// The folder of the open project.
pub fn folder(model: &Model) -> Option<PathBuf> {
    model.open().map(|open| open.catalog.folder.clone())
}

/// Whether the open project may be changed; says so where not.
pub fn may_write(model: &mut Model) -> bool {
    let Some(open) = model.open() else { return false };
    if open.catalog.writable {
        return true;
    }
    let hint = "Close the other window that works on it, then open the project again.".to_owned();
    let words = "This project is open for looking only";
    model.notices.say(Level::Warning, words, Some(hint), None);
    false
}

/// Opens a project in place of the one that is open.
pub fn open(model: &mut Model, out: &mut Effects, path: &Path) {
    close(model, out);
    model.project = Slot::Opening(path.to_owned());
    model.place = Place::Pictures;
    out.push(Effect::OpenProject(path.to_owned()));
}

/// Opens the project that is open once more, without leaving the place: a job changed its pictures.
pub fn reopen(model: &mut Model, out: &mut Effects) {
    if let Some(folder) = folder(model) {
        let place = model.place;
        open(model, out, &folder);
        model.place = place;
    }
}

/// Closes the project that is open. Its jobs are asked to stop: they keep what they have.
pub fn close(model: &mut Model, out: &mut Effects) {
    if let Some(folder) = folder(model) {
        jobs::stop_those(model, out, |job| job.spec.shared.as_ref() == Some(&folder));
    }
    if !matches!(model.project, Slot::Empty) {
        out.push(Effect::CloseProject);
    }
    // What a message offers to do with this project must not be done with the next one.
    for notice in &mut model.notices.list {
        notice.action.take_if(|(_, command)| {
            matches!(
                command,
                Command::Resume(_) | Command::Predict(_) | Command::Train(_) | Command::Split(..)
            )
        });
    }
    model.project = Slot::Empty;
    out.push(Effect::ClearTextures);
    model.browse = Default::default();
    model.inspect = Default::default();
    model.results = Default::default();
    model.training = None;
    model.data.close();
    model.train = Default::default();
    model.planning = Default::default();
    model.tagger_export = Default::default();
    model.place = Place::Home;
}

/// Forgets what was to be done once a project is open: it cannot be opened, or another one is wanted.
pub fn forget_plans(model: &mut Model) {
    model.desk.demo = None;
    model.data.check_when_open = false;
    model.data.merge_when_open.clear();
}

/// What the list of recent projects keeps of the open one.
pub fn remember(model: &mut Model) {
    let Some(open) = model.open() else { return };
    let catalog = &open.catalog;
    let step = (catalog.pictures.len() / THUMBNAILS).max(1);
    let shown = catalog.pictures.iter().step_by(step).take(THUMBNAILS);
    let recent = Recent {
        path: catalog.folder.clone(),
        pictures: shown.map(|p| p.path.clone()).collect(),
        counts: [catalog.pictures.len(), catalog.labels.len()],
    };
    model.prefs.opened(recent);
}
