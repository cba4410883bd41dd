//! The grid, the inspector, and labels by hand.

use super::effect::Effects;
use super::project;
use crate::app::model::command::{BrowseCommand, InspectorCommand, Place};
use crate::app::model::filter::{Filter, Sort};
use crate::app::model::project_messages::ProjectRequest;
use crate::app::model::state::Model;
use crate::dataset::model::Truth;

/// Carries a command of the grid out.
pub fn browse(model: &mut Model, command: BrowseCommand) {
    let browse = &mut model.browse;
    match command {
        BrowseCommand::Filter(filter) => browse.filter = filter,
        BrowseCommand::Sort(sort) => browse.sort = sort,
        BrowseCommand::Travel { by, extend } => browse.travel(by, extend),
        BrowseCommand::Choose(place, how) => browse.choose(place, how),
    }
}

/// Carries a command of the inspector out.
pub fn inspector(model: &mut Model, command: InspectorCommand) {
    let inspect = &mut model.inspect;
    match command {
        InspectorCommand::Close => leave_inspector(model),
        InspectorCommand::Pin(labels) => inspect.pinned = labels,
        InspectorCommand::Hover(label) => inspect.hovered = label,
        InspectorCommand::Patch(patch) => inspect.patch = patch,
        InspectorCommand::Alpha(alpha) => inspect.alpha = alpha,
        InspectorCommand::TopK(top_k) => inspect.top_k = top_k,
        InspectorCommand::Threshold(threshold) => inspect.threshold = threshold,
        InspectorCommand::Heat(on) => inspect.heat = on,
        InspectorCommand::Boxes(on) => inspect.boxes = on,
        InspectorCommand::Numbers(open) => inspect.numbers = open,
        InspectorCommand::Zoom(zoom, center) => (inspect.zoom, inspect.center) = (zoom, center),
    }
}

/// From the inspector back to the grid, at the same picture.
pub fn leave_inspector(model: &mut Model) {
    model.inspect.picture = None;
    model.browse.reveal += 1;
}

/// Goes to the pictures that a filter lets through.
pub fn show(model: &mut Model, filter: Filter, sort: Sort) {
    let browse = &mut model.browse;
    (browse.filter, browse.sort) = (filter, sort);
    browse.selection.clear();
    browse.cursor = 0;
    browse.picking = None;
    model.inspect.picture = None;
    model.place = Place::Pictures;
}

/// Shows a picture large.
pub fn inspect(model: &mut Model, out: &mut Effects, index: usize) {
    let Some(open) = model.open() else { return };
    let Some(picture) = open.catalog.pictures.get(index) else {
        return;
    };
    let id = picture.id;
    project::ask(model, out, ProjectRequest::Examine(id));
    if let Some(place) = model.browse.shown.iter().position(|i| *i as usize == index) {
        model.browse.cursor = place;
    }
    let inspect = &mut model.inspect;
    inspect.picture = Some(id);
    inspect.examined = None;
    inspect.patch = None;
    inspect.hovered = None;
    (inspect.zoom, inspect.center) = (1.0, [0.5, 0.5]);
    model.place = Place::Pictures;
}

/// One picture on or back: in the grid, or in the inspector.
pub fn travel(model: &mut Model, out: &mut Effects, by: isize) {
    if model.inspect.picture.is_none() {
        return model.browse.travel(by, false);
    }
    let browse = &mut model.browse;
    let Some(last) = browse.shown.len().checked_sub(1) else {
        return;
    };
    browse.cursor = browse.cursor.saturating_add_signed(by).min(last);
    browse.reveal += 1;
    if let Some(index) = browse.current() {
        inspect(model, out, index);
    }
}

/// Undo or redo changed these pictures (ids): they come into view, and everything that is shown before them goes.
pub fn come_to(model: &mut Model, out: &mut Effects, changed: &[i64]) {
    let Some(open) = model.open() else { return };
    let found: Vec<usize> = changed.iter().filter_map(|id| open.catalog.index_of(*id)).collect();
    let Some(first) = found.first().copied() else { return };
    let inspected = model.inspect.picture.filter(|_| model.place == Place::Pictures);
    if inspected.is_some_and(|id| changed.contains(&id)) {
        return;
    }
    if !model.browse.shown.contains(&(first as u32)) {
        model.browse.filter = Filter::default();
        refresh(model);
    }
    let browse = &mut model.browse;
    if let Some(place) = browse.shown.iter().position(|i| *i as usize == first) {
        (browse.cursor, browse.anchor) = (place, place);
    }
    browse.reveal += 1;
    if browse.picking.is_none() {
        browse.selection.clear();
        if found.len() > 1 {
            let shown = browse.shown.iter().copied();
            browse.selection = shown.filter(|i| found.contains(&(*i as usize))).collect();
        }
    }
    if inspected.is_some() {
        inspect(model, out, first);
    } else {
        model.inspect.picture = None;
        model.place = Place::Pictures;
    }
}

/// Gives a label (a column) on pictures (indices) a value.
pub fn set_label(model: &mut Model, out: &mut Effects, pictures: &[usize], label: usize, truth: Truth) {
    if !project::may_write(model) {
        return;
    }
    let Some(open) = model.open() else { return };
    let catalog = &open.catalog;
    let Some(label) = catalog.labels.get(label).map(|row| row.id) else {
        return;
    };
    let known = pictures.iter().filter_map(|i| catalog.pictures.get(*i));
    let request = ProjectRequest::SetLabel {
        pictures: known.map(|p| p.id).collect(),
        label,
        truth,
    };
    project::ask(model, out, request);
}

/// Turns a label (a column) on the chosen pictures on, or off where all of them have it.
pub fn toggle_label(model: &mut Model, out: &mut Effects, label: usize) {
    let Some(open) = model.open() else { return };
    let targets = model.pictures_to_label();
    if targets.is_empty() || label >= open.catalog.labels.len() {
        return;
    }
    let all = targets.iter().all(|i| open.catalog.truth_of(*i)[label] == 1);
    let truth = if all { Truth::Negative } else { Truth::Positive };
    set_label(model, out, &targets, label, truth);
}

/// Pictures are picked for a label by clicking them, or no longer.
pub fn pick_for(model: &mut Model, label: Option<usize>) {
    model.browse.picking = label;
    model.browse.selection.clear();
    model.inspect.picture = None;
    model.place = if label.is_some() { Place::Pictures } else { Place::Train };
}

/// Labels of the picture that are shown with their patches at first: the most probable ones.
pub fn choose_labels(model: &mut Model) {
    if !model.inspect.pinned.is_empty() {
        return;
    }
    let Some(open) = model.open() else { return };
    let Some(index) = model.inspect.picture.and_then(|id| open.catalog.index_of(id)) else {
        return;
    };
    model.inspect.pinned = open.catalog.top_labels(index, 2);
}

/// What is computed from the catalog follows it: which pictures are shown, how many files are gone.
pub fn refresh(model: &mut Model) {
    let crate::app::model::open::Slot::Open(open) = &model.project else {
        return;
    };
    model.browse.refresh(open);
    if model
        .browse
        .picking
        .is_some_and(|label| label >= open.catalog.labels.len())
    {
        model.browse.picking = None;
    }
    if model.data.missing.is_none_or(|(version, _)| version != open.version) {
        // Opening asks the disk for the time of each file: those without one are not there.
        let gone = open.catalog.pictures.iter().filter(|p| p.modified == 0).count();
        model.data.missing = Some((open.version, gone));
    }
}
