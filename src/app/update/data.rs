//! What can be done with the data, and doing it.

use super::effect::{Effect, Effects};
use super::project::{ask_data, may_write};
use super::{data_jobs, jobs};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand, Field, Pick, Place};
use crate::app::model::data::{Data, Page};
use crate::app::model::data_forms::{ImportForm, Listed, REST, Way, ending};
use crate::app::model::file_probe;
use crate::app::model::filter::{Filter, Only, Sort};
use crate::app::model::notices::Level;
use crate::app::model::project_messages::DataRequest;
use crate::app::model::state::Model;
use crate::dataset::model::Split;
use crate::engine::request::Scheme;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Shows what importing data would bring, before anything is written. `project`: the new project's folder; `None`: a free name.
pub fn look(model: &mut Model, out: &mut Effects, data: PathBuf, project: Option<PathBuf>) {
    model.data.unlabelled.take_if(|folder| *folder == data);
    let old = model.data.import.take();
    stop_jobs_of(model, out, old.as_ref());
    if project.is_none() {
        out.probe(file_probe::Request::ProjectFor(data.clone()));
    }
    let project = project.unwrap_or_default();
    // The same data again: what was chosen for them stays.
    let form = match old {
        Some(mut form) if form.data == data => {
            form.project = project.to_string_lossy().into_owned();
            form
        }
        _ => ImportForm::new(&data, &project),
    };
    model.data.import = Some(ImportForm {
        into_open: form.into_open && model.open().is_some(),
        importing: None,
        ..form
    });
    model.place = Place::Import;
    data_jobs::look(model, out);
}

/// A free name for the project of these data was found.
pub fn name_project(model: &mut Model, data: &Path, project: &Path) {
    let form = model.data.import.as_mut();
    if let Some(form) = form.filter(|form| form.data == data && form.project.is_empty()) {
        form.project = project.to_string_lossy().into_owned();
    }
}

fn stop_jobs_of(model: &mut Model, out: &mut Effects, form: Option<&ImportForm>) {
    let ids = form.map(|f| [f.looking, f.comparing, f.importing]).unwrap_or_default();
    for id in ids.into_iter().flatten() {
        jobs::stop(model, out, id);
    }
}

/// Shows what adding data to the open project would change.
fn add(model: &mut Model, out: &mut Effects, data: &Path) {
    let old = model.data.import.take();
    stop_jobs_of(model, out, old.as_ref());
    let mut form = ImportForm::new(data, Path::new(""));
    form.into_open = true;
    model.data.import = Some(form);
    look(model, out, data.to_owned(), None);
}

/// Looks again once typing in a form comes to rest, and asks for what a page shows where the project has changed since.
pub fn tick(model: &mut Model, out: &mut Effects) {
    if let Some(changed) = model.data.import.as_ref().and_then(|form| form.changed) {
        match REST.checked_sub(model.now.saturating_sub(changed)) {
            Some(left) if !left.is_zero() => out.push(Effect::Repaint(left)),
            _ => data_jobs::look(model, out),
        }
    }
    if model.place == Place::Data {
        ask_for_page(model, out);
    }
}

/// Asks the project's thread for what the page shows.
fn ask_for_page(model: &mut Model, out: &mut Effects) {
    let Some(open) = model.open() else { return };
    let version = open.version;
    let data = &mut model.data;
    let mut asked = Vec::new();
    let mut want = |known: &mut Option<u64>, request: DataRequest| {
        if *known != Some(version) {
            *known = Some(version);
            asked.push(request);
        }
    };
    match data.page {
        Page::Overview => want(&mut data.overview.version, DataRequest::Overview),
        Page::Labels => want(&mut data.tree.version, DataRequest::Tree),
        Page::Splits => {
            want(&mut data.splits_made.version, DataRequest::SplitsMade);
            want(&mut data.report.version, DataRequest::Report);
        }
        Page::Report => want(&mut data.report.version, DataRequest::Report),
        Page::Export => name_export(model, out),
    }
    for request in asked {
        ask_data(model, out, request);
    }
}

/// Where nobody typed a place for the export, it follows the format: a free name beside the project.
fn name_export(model: &mut Model, out: &mut Effects) {
    let (Some(open), Some(format)) = (model.open(), model.data.export.format) else {
        return;
    };
    let Some(parent) = open.catalog.folder.parent() else {
        return;
    };
    let name = format!("{}-{}", open.catalog.name(), format.name());
    let wanted = (name.clone(), ending(format));
    let known = model.data.export_name.as_ref() == Some(&wanted);
    if !known && !model.data.export.typed {
        out.probe(file_probe::Request::ExportName(
            parent.to_owned(),
            wanted.0.clone(),
            wanted.1,
        ));
        model.data.export_name = Some(wanted);
    }
}

/// A free name for an export was found.
pub fn export_named(model: &mut Model, path: &Path, wanted: (String, &'static str)) {
    let data = &mut model.data;
    if !data.export.typed && data.export_name.as_ref() == Some(&wanted) {
        data.export.out = path.to_string_lossy().into_owned();
    }
}

/// Carries a command of the data's pages out.
pub fn carry_out(model: &mut Model, out: &mut Effects, command: DataCommand) {
    match command {
        DataCommand::Page(page) => {
            model.data.page = page;
            model.place = Place::Data;
        }
        DataCommand::Choose(field) => out.push(Effect::Dialog(Pick::For(field))),
        DataCommand::ImportForm(form) => {
            if model.data.import.is_some() {
                model.data.import = Some(*form);
            }
        }
        DataCommand::LabelsForm(form) => model.data.labels = form,
        DataCommand::SplitForm(form) => model.data.splits = form,
        DataCommand::ExportForm(form) => model.data.export = *form,
        DataCommand::Listed(listed) => model.data.found.listed = listed,
        DataCommand::ReportOut(text) => model.data.found.out = text,
        DataCommand::MovedTo(text) => model.data.relink.to = text,
        DataCommand::Look => data_jobs::look(model, out),
        DataCommand::Resume => model.place = Place::Import,
        DataCommand::Import => data_jobs::import(model, out),
        DataCommand::StopImport => {
            let form = model.data.import.clone();
            stop_jobs_of(model, out, form.as_ref());
        }
        DataCommand::CancelImport => {
            let form = model.data.import.clone();
            stop_jobs_of(model, out, form.as_ref());
            leave(model, |data| data.import = None);
        }
        DataCommand::PicturesOf(bin, name) => ask_data(model, out, DataRequest::PicturesOf(bin, name)),
        DataCommand::Pictures(ids, name) => show(out, ids, name),
        DataCommand::Label(change) => {
            if may_write(model) {
                ask_data(model, out, DataRequest::Label(change));
            }
        }
        DataCommand::EditLabel(label) => {
            model.data.labels.chosen = Some(label);
            model.data.page = Page::Labels;
            model.place = Place::Data;
        }
        DataCommand::Split => {
            if let Some((scheme, seed)) = scheme(model) {
                data_jobs::split(model, out, scheme, seed);
            }
        }
        DataCommand::Restore(id) => data_jobs::split(model, out, Scheme::Restore { id }, 0),
        DataCommand::Check => data_jobs::check(model, out),
        DataCommand::Stop(task) => data_jobs::stop(model, out, task),
        DataCommand::SaveReport => data_jobs::save_report(model, out),
        DataCommand::FindMoved => data_jobs::relink(model, out, false),
        DataCommand::Relink => data_jobs::relink(model, out, true),
        DataCommand::Export => data_jobs::export(model, out),
        DataCommand::Unlabelled => model.place = Place::Unlabelled,
        DataCommand::LeaveUnlabelled => leave(model, |data| data.unlabelled = None),
    }
}

/// Forgets what was brought, and goes where one was.
fn leave(model: &mut Model, forget: impl FnOnce(&mut Data)) {
    forget(&mut model.data);
    model.place = match model.open() {
        Some(_) => Place::Pictures,
        None => Place::Home,
    };
}

/// Shows pictures by their ids.
pub fn show(out: &mut Effects, ids: Vec<i64>, name: String) {
    let only = Only {
        name,
        pictures: Arc::new(ids.into_iter().collect()),
    };
    let filter = Filter {
        only: Some(only),
        ..Filter::default()
    };
    out.command(Command::Show(filter, Sort::Data));
}

/// A dialog filled a path field.
pub fn chosen(model: &mut Model, out: &mut Effects, field: Field, path: &Path) {
    let text = path.to_string_lossy().into_owned();
    match field {
        Field::Add => add(model, out, path),
        Field::Images | Field::Names => {
            if let Some(form) = &mut model.data.import {
                *(if field == Field::Images {
                    &mut form.images
                } else {
                    &mut form.names
                }) = text;
                form.change(model.now);
            }
        }
        Field::Moved => {
            model.data.relink.to = text;
            data_jobs::relink(model, out, false);
        }
        Field::Out => {
            let form = &mut model.data.export;
            let name = Path::new(&form.out).file_name().map(ToOwned::to_owned);
            let name = name.unwrap_or_else(|| "export".into());
            (form.out, form.typed) = (path.join(name).to_string_lossy().into_owned(), true);
        }
        Field::List(split) => {
            let place = Split::ALL.iter().position(|s| *s == split).unwrap_or(0);
            model.data.splits.lists[place] = text;
        }
    }
}

/// The split that the form describes; says where something is missing.
fn scheme(model: &mut Model) -> Option<(Scheme, u64)> {
    let form = &model.data.splits;
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
        model.notices.say(Level::Warning, "No list was given", Some(hint), None);
        return None;
    }
    Some((scheme, seed))
}

/// Actions of the palette and the keys that belong here.
pub fn action(model: &mut Model, out: &mut Effects, action: Action) {
    let page = match action {
        Action::Overview => Page::Overview,
        Action::EditLabels => Page::Labels,
        Action::Splits => Page::Splits,
        Action::Export => Page::Export,
        Action::AddData => return out.push(Effect::Dialog(Pick::For(Field::Add))),
        Action::CheckContent => {
            data_jobs::check(model, out);
            Page::Report
        }
        Action::FindMoved => {
            model.data.found.listed = Listed::Missing;
            Page::Report
        }
        _ => Page::Report,
    };
    carry_out(model, out, DataCommand::Page(page));
}
