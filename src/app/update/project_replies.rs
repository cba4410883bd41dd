//! What the thread of the open project answers, taken into the model.

use super::effect::Effects;
use super::{browse, data_events, predict, project, training};
use crate::app::model::action::Action;
use crate::app::model::catalog::{Catalog, newest_run};
use crate::app::model::command::Command;
use crate::app::model::filter::Sort;
use crate::app::model::notices::Level;
use crate::app::model::open::{Open, Slot, first_version};
use crate::app::model::project_messages::{LabelsNow, ProjectReply, ProjectRequest, ValuesNow};
use crate::app::model::state::Model;
use crate::engine::jobs::{self, ZERO_SHOT};
use crate::engine::request::{Stages, TrainRequest};
use crate::engine::scorer::Scorer;
use crate::project::RunState;
use std::sync::Arc;

/// Pictures up to which a project is scored without being asked.
const SCORED_AT_ONCE: usize = 3_000;

/// Takes an answer in.
pub fn take(model: &mut Model, out: &mut Effects, reply: ProjectReply) {
    match reply {
        ProjectReply::Opened(catalog, scorer) => {
            if let Slot::Opening(_) = &model.project {
                opened(model, out, *catalog, scorer);
            }
        }
        ProjectReply::NotOpened(failure) => {
            if let Slot::Opening(path) = &model.project {
                model.project = Slot::Failed(path.clone(), failure);
                project::forget_plans(model);
            }
        }
        ProjectReply::Values(values) => take_values(model, out, values),
        ProjectReply::Predictions { predicted, scorer } => {
            let Some(open) = model.open_mut() else { return };
            open.catalog.take(predicted);
            open.scorer = scorer;
            open.version += 1;
            // Numbers of one run are never shown under the name of another.
            examine_again(model, out);
            model.inspect.examined = None;
        }
        ProjectReply::Runs(runs) => {
            if let Some(open) = model.open_mut() {
                open.catalog.runs = runs;
            }
        }
        ProjectReply::Labels(labels) => take_labels(model, out, labels),
        ProjectReply::Compared(measures) => {
            if let Some(open) = model.open_mut() {
                open.catalog.compared = measures;
            }
        }
        ProjectReply::Changed(pictures) => browse::come_to(model, out, &pictures),
        ProjectReply::Data(told) => data_events::reply(model, out, told),
        ProjectReply::Examined(examined) => {
            if model.inspect.picture == Some(examined.id) {
                model.inspect.examined = Some(Arc::new(*examined));
                browse::choose_labels(model);
            }
        }
        ProjectReply::Failed { what, failure } => {
            tracing::warn!(what, %failure.message, "the project said no");
            model.notices.failed(&failure, None);
        }
    }
}

fn examine_again(model: &Model, out: &mut Effects) {
    if let Some(id) = model.inspect.picture {
        project::ask(model, out, ProjectRequest::Examine(id));
    }
}

/// Labels of some pictures have other values.
fn take_values(model: &mut Model, out: &mut Effects, values: ValuesNow) {
    let Some(open) = model.open_mut() else { return };
    let n = open.catalog.labels.len();
    for (id, row, edited) in values.rows.into_iter().filter(|(_, row, _)| row.len() == n) {
        if let Some(i) = open.catalog.index_of(id) {
            open.catalog.truth[i * n..(i + 1) * n].copy_from_slice(&row);
            open.catalog.pictures[i].edited = edited;
        }
    }
    (open.catalog.undo, open.catalog.redo) = (values.undo, values.redo);
    open.version += 1;
    model.results.stale = true;
    examine_again(model, out);
    model.notices.edited(values.said);
}

/// Labels have come, gone, or changed.
fn take_labels(model: &mut Model, out: &mut Effects, now: LabelsNow) {
    let Some(open) = model.open_mut() else { return };
    let catalog = &mut open.catalog;
    let same = catalog.labels.iter().map(|l| l.id).eq(now.labels.iter().map(|l| l.id));
    (catalog.labels, catalog.truth) = (now.labels, now.truth);
    catalog.take(now.predicted);
    (catalog.undo, catalog.redo) = (now.undo, now.redo);
    // Columns have moved: measures come again with the next look.
    catalog.compared.clear();
    open.version += 1;
    model.results.stale = true;
    examine_again(model, out);
    model.inspect.examined = None;
    if !same {
        // These are columns, and columns have moved.
        model.browse.picking = None;
        model.browse.filter.labels.clear();
        if matches!(model.browse.sort, Sort::Score(_)) {
            model.browse.sort = Sort::default();
        }
        model.inspect.pinned.clear();
        model.inspect.hovered = None;
        model.results.label = None;
    }
    model.notices.edited(now.said);
    project::recount(model);
}

/// The project is open.
fn opened(model: &mut Model, out: &mut Effects, catalog: Catalog, scorer: Option<Arc<Scorer>>) {
    let small = catalog.pictures.len() <= SCORED_AT_ONCE && !catalog.labels.is_empty();
    let score = model.habits.score_at_once && catalog.writable && !catalog.scored() && small;
    let run = newest_run(&catalog.runs);
    let last = catalog.runs.last();
    let stopped = last.filter(|r| r.state == RunState::Stopped).map(|r| r.id.clone());
    let (folder, has_model) = (catalog.folder.clone(), catalog.model.is_some());
    for notice in &catalog.notices {
        model.notices.say(Level::Warning, notice.clone(), None, None);
    }
    model.project = Slot::Open(Box::new(Open {
        catalog,
        scorer,
        version: first_version(),
    }));
    project::remember(model);
    let demo = model.desk.demo.take();
    if let Some(run) = stopped.filter(|_| demo.is_none()) {
        let words = format!("{} was stopped before its end", training::run_name(model, &run));
        let action = ("Resume".to_owned(), Command::Resume(run));
        model.notices.say(Level::Note, words, None, Some(action));
    }
    if let Some(quick) = demo {
        predict::predict(model, out, ZERO_SHOT);
        let request = TrainRequest {
            stages: Stages::Both,
            set: jobs::demo_settings(quick),
            ..TrainRequest::new(&folder)
        };
        training::train(model, out, request);
    } else if score {
        predict::predict(model, out, &run);
        if !has_model {
            let hint = "For photographs give it a CLIP: then the labels mean something before any training.".to_owned();
            let action = ("Get a better model".to_owned(), Command::Do(Action::Models));
            let words = "The built-in model knows pictograms only";
            model.notices.say(Level::Note, words, Some(hint), Some(action));
        }
    }
    model.desk.path.clear();
    data_events::opened(model, out);
}
