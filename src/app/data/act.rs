//! What can be done with the data, and doing it.

use super::form::{ImportForm, Way};
use super::{Page, Task, jobs};
use crate::app::command::{Action, Command, Pick, Place};
use crate::app::dialogs::Dialogs;
use crate::app::filter::{Filter, Only, Sort};
use crate::app::library::{Ask, LabelChange, Order};
use crate::app::notices::Level;
use crate::app::state::State;
use crate::dataset::model::Split;
use crate::engine::request::Scheme;
use crate::project::Bin;
use eframe::egui::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A path field that a dialog can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Data that are added to the open project.
    Add,
    /// Where the pictures of an import are.
    Images,
    /// Label names of an import.
    Names,
    /// Where moved pictures are now.
    Moved,
    /// The folder that an export goes into.
    Out,
    /// A list file of a split.
    List(Split),
}

/// Something to do with the data.
#[derive(Clone, Debug)]
pub enum Act {
    /// Opens a page of the data.
    Page(Page),
    /// Opens a dialog for a path field.
    Choose(Field),
    /// A dialog has answered.
    Chosen(Field, PathBuf),
    /// Looks at the data again, as the form is now.
    Look,
    /// Goes back to the import that is being looked at.
    Resume,
    /// Imports, or merges into the open project.
    Import,
    /// Stops the look or the import that is at work.
    StopImport,
    /// Closes the import; nothing is written.
    CancelImport,
    /// Shows the pictures behind a number, under a name.
    PicturesOf(Bin, String),
    /// Shows pictures (ids) under a name.
    Pictures(Vec<i64>, String),
    /// Changes a label; can be undone.
    Label(LabelChange),
    /// Opens the page of labels on a label.
    EditLabel(i64),
    /// Makes the split that the form describes.
    Split,
    /// Gives back a split that was made before.
    Restore(i64),
    /// Reads pictures that were not checked yet.
    Check,
    /// Stops a task.
    Stop(Task),
    /// Saves the report where the form says.
    SaveReport,
    /// Looks for moved pictures (`false`), or takes over what was found.
    Relink(bool),
    /// Exports as the form says.
    Export,
}

/// Shows what importing data would bring, before anything is written.
pub fn look(state: &mut State, data: PathBuf, project: &Path) {
    let old = state.data.import.take();
    stop_jobs_of(state, old.as_ref());
    // The same data again: what was chosen for them stays.
    let form = match old {
        Some(mut form) if form.data == data => {
            form.project = project.to_string_lossy().into_owned();
            form
        }
        _ => ImportForm::new(&data, project),
    };
    state.data.import = Some(ImportForm {
        into_open: form.into_open && state.open().is_some(),
        importing: None,
        ..form
    });
    state.place = Place::Import;
    jobs::look(state);
}

fn stop_jobs_of(state: &mut State, form: Option<&ImportForm>) {
    let ids = form.map(|f| [f.looking, f.comparing, f.importing]).unwrap_or_default();
    ids.into_iter().flatten().for_each(|id| state.jobs.stop(id));
}

/// Shows what adding data to the open project would change.
pub fn add(state: &mut State, data: &Path) {
    let project = crate::app::bring::project_for(data);
    let mut form = ImportForm::new(data, &project);
    form.into_open = true;
    state.data.import = Some(form);
    look(state, data.to_owned(), &project);
}

/// What waits for time to pass: typing in a path that comes to rest.
pub fn tick(state: &mut State, ctx: &Context) {
    let Some(form) = &state.data.import else { return };
    let Some(changed) = form.changed else { return };
    match super::form::REST.checked_sub(changed.elapsed()) {
        Some(left) if !left.is_zero() => ctx.request_repaint_after(left),
        _ => jobs::look(state),
    }
}

/// Does it.
pub fn act(state: &mut State, dialogs: &Dialogs, act: Act) {
    match act {
        Act::Page(page) => {
            state.data.page = page;
            state.place = Place::Data;
        }
        Act::Choose(field) => dialogs.ask(Pick::For(field)),
        Act::Chosen(field, path) => chosen(state, field, &path),
        Act::Look => jobs::look(state),
        Act::Resume => state.place = Place::Import,
        Act::Import => jobs::import(state),
        Act::StopImport => {
            let form = state.data.import.clone();
            stop_jobs_of(state, form.as_ref());
        }
        Act::CancelImport => {
            let form = state.data.import.take();
            stop_jobs_of(state, form.as_ref());
            state.place = if state.open().is_some() {
                Place::Pictures
            } else {
                Place::Home
            };
        }
        Act::PicturesOf(bin, name) => ask(state, Ask::PicturesOf(bin, name)),
        Act::Pictures(ids, name) => show(state, ids, name),
        Act::Label(change) => {
            if crate::app::execute::may_write(state) {
                ask(state, Ask::Label(change));
            }
        }
        Act::EditLabel(label) => {
            state.data.labels.chosen = Some(label);
            state.data.page = Page::Labels;
            state.place = Place::Data;
        }
        Act::Split => {
            if let Some((scheme, seed)) = scheme(state) {
                jobs::split(state, scheme, seed);
            }
        }
        Act::Restore(id) => jobs::split(state, Scheme::Restore { id }, 0),
        Act::Check => jobs::check(state),
        Act::Stop(task) => jobs::stop(state, task),
        Act::SaveReport => jobs::save_report(state),
        Act::Relink(take) => jobs::relink(state, take),
        Act::Export => jobs::export(state),
    }
}

/// Asks the project's thread.
pub(super) fn ask(state: &mut State, ask: Ask) {
    if let Some(open) = state.open() {
        open.library.send(Order::Data(ask));
    }
}

/// Shows pictures by their ids.
pub(super) fn show(state: &mut State, ids: Vec<i64>, name: String) {
    let only = Only {
        name,
        pictures: Arc::new(ids.into_iter().collect()),
    };
    let filter = Filter {
        only: Some(only),
        ..Filter::default()
    };
    state.command(Command::Show(filter, Sort::Data));
}

fn chosen(state: &mut State, field: Field, path: &Path) {
    let text = path.to_string_lossy().into_owned();
    match field {
        Field::Add => add(state, path),
        Field::Images | Field::Names => {
            if let Some(form) = &mut state.data.import {
                *(if field == Field::Images {
                    &mut form.images
                } else {
                    &mut form.names
                }) = text;
                form.change();
            }
        }
        Field::Moved => {
            state.data.relink.to = text;
            state.command(Command::Data(Act::Relink(false)));
        }
        Field::Out => {
            let form = &mut state.data.export;
            let name = Path::new(&form.out).file_name().map(ToOwned::to_owned);
            let name = name.unwrap_or_else(|| "export".into());
            (form.out, form.typed) = (path.join(name).to_string_lossy().into_owned(), true);
        }
        Field::List(split) => {
            let place = Split::ALL.iter().position(|s| *s == split).unwrap_or(0);
            state.data.splits.lists[place] = text;
        }
    }
}

/// The split that the form describes; says where something is missing.
fn scheme(state: &mut State) -> Option<(Scheme, u64)> {
    let form = &state.data.splits;
    let list = |i: usize| {
        let text = form.lists[i].trim();
        (!text.is_empty()).then(|| PathBuf::from(text))
    };
    let scheme = match form.way {
        Way::Random => {
            let [train, val] = form.shares.map(|share| f64::from(share) / 100.0);
            let test = 1.0 - train - val;
            Scheme::Random {
                fractions: [train, val, if test < 1e-9 { 0.0 } else { test }],
                labelled: form.labelled,
            }
        }
        Way::Pareto => Scheme::Pareto {
            max: form.tail[0],
            min: form.tail[1],
            exponent: form.exponent,
        },
        Way::FewShot => Scheme::FewShot { shots: form.shots },
        Way::BaseNovel => Scheme::BaseNovel {
            fraction: f64::from(form.novel) / 100.0,
        },
        Way::Lists => Scheme::List {
            train: list(0),
            val: list(1),
            test: list(2),
        },
    };
    let seed = form.seed;
    if form.way == Way::Lists && (0..3).all(|i| list(i).is_none()) {
        let hint = "Give the path of at least one list: a picture's name in each line.".to_owned();
        state.notices.say(Level::Warning, "No list was given", Some(hint), None);
        return None;
    }
    Some((scheme, seed))
}

/// Actions of the palette and the keys that belong here.
pub fn action(state: &mut State, dialogs: &Dialogs, action: Action) {
    let page = match action {
        Action::Overview => Page::Overview,
        Action::EditLabels => Page::Labels,
        Action::Splits => Page::Splits,
        Action::Export => Page::Export,
        Action::AddData => return dialogs.ask(Pick::For(Field::Add)),
        Action::CheckContent => {
            jobs::check(state);
            Page::Report
        }
        Action::FindMoved => {
            state.data.found.listed = super::form::Listed::Missing;
            Page::Report
        }
        _ => Page::Report,
    };
    // The key of a page that one is on already goes on to the first one.
    act(state, dialogs, Act::Page(page));
}

/// Opens the project that is open once more, without leaving the place: a job changed its pictures.
pub(super) fn reopen(state: &mut State, ctx: &Context) {
    if let Some(folder) = state.open().map(|open| open.catalog.folder.clone()) {
        let place = state.place;
        crate::app::execute::open(state, ctx, &folder);
        state.place = place;
    }
}
