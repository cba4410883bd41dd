//! One file for each place.

pub mod about;
mod choices;
mod data;
mod evidence;
mod filters;
pub mod home;
mod import;
pub mod inspector;
pub mod log;
pub mod models;
mod picking;
pub mod pictures;
pub mod results;
mod running;
pub mod settings;
mod setup;
mod strip;
pub mod tag;
pub mod train;
pub mod travel;
pub mod view;
mod watched;

pub use picking::leaves as leave_picking;

use super::command::{Action, Command, Place};
use super::icons;
use super::state::{Open, Slot, State};
use super::theme;
use super::widgets;
use crate::dataset::split::Group;
use eframe::egui::{self, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// Shows the place that the user is in.
pub fn show(ui: &mut Ui, state: &mut State) {
    match state.place {
        Place::Home => home::show(ui, state),
        Place::Settings => settings::show(ui, state),
        Place::About => about::show(ui, state),
        Place::Tag => tag::show(ui, state),
        Place::Models => models::show(ui, state),
        Place::Import => import::show(ui, state),
        Place::Pictures | Place::Train | Place::Results | Place::Data => of_project(ui, state),
    }
}

/// What the pictures of a project say about each of its labels.
struct Totals {
    /// Pictures that have it.
    pictures: Vec<usize>,
    /// Training pictures that have it; of all pictures where none has a split.
    training: Vec<usize>,
    /// Its group by frequency.
    groups: Vec<Group>,
    /// Pictures in train, val, test and none of them.
    splits: [usize; 4],
    /// Pictures that have any label.
    labelled: usize,
}

/// The totals of the open project, counted once for each of its versions: counting goes through every picture, and a frame must not.
fn totals(ui: &Ui, open: &Open) -> Arc<Totals> {
    type Cached = (PathBuf, u64, Arc<Totals>);
    let id = egui::Id::unique("label totals");
    let (catalog, version) = (&open.catalog, open.version);
    let known = ui.data(|d| d.get_temp::<Cached>(id));
    if let Some((folder, of, totals)) = known
        && of == version
        && folder == catalog.folder
    {
        return totals;
    }
    let totals = Arc::new(Totals {
        pictures: catalog.positives(None),
        training: catalog.training_positives(),
        groups: catalog.groups(),
        splits: catalog.split_counts(),
        labelled: (0..catalog.pictures.len())
            .filter(|i| catalog.truth_of(*i).contains(&1))
            .count(),
    });
    ui.data_mut(|d| d.insert_temp(id, (catalog.folder.clone(), version, totals.clone())));
    totals
}

/// Places that need a project.
fn of_project(ui: &mut Ui, state: &mut State) {
    match &state.project {
        Slot::Open(_) => match state.place {
            Place::Train => train::show(ui, state),
            Place::Results => results::show(ui, state),
            Place::Data => data::show(ui, state),
            _ if state.inspect.picture.is_some() => inspector::show(ui, state),
            _ => pictures::show(ui, state),
        },
        Slot::Opening(path, _) => {
            let name = path
                .file_stem()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            widgets::loading(ui, &format!("Opening {name} …"));
        }
        Slot::Failed(path, failure) => {
            let (path, failure) = (path.clone(), failure.clone());
            let sentence = format!("{}. {}", failure.message, failure.hint.clone().unwrap_or_default());
            widgets::empty(
                ui,
                icons::WARNING_CIRCLE,
                "The project could not be opened",
                &sentence,
                |ui| {
                    if ui.add(theme::primary(ui, "Try again")).clicked() {
                        state.command(Command::Open(path));
                    }
                    if ui.button("Back to Home").clicked() {
                        state.command(Command::Do(Action::CloseProject));
                    }
                },
            );
        }
        Slot::Empty => {
            widgets::empty(
                ui,
                icons::IMAGES,
                "No project is open",
                "Drop pictures or a data set on the window, or go Home.",
                |ui| {
                    if ui.add(theme::primary(ui, "Home")).clicked() {
                        state.command(Command::Do(Action::Home));
                    }
                },
            );
        }
    }
}

/// A page of text and controls: scrolled, of a width that reads well.
fn page(ui: &mut Ui, title: &str, sentence: &str, add: impl FnOnce(&mut Ui)) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let margin = if ui.available_width() < 700.0 {
            theme::LARGE
        } else {
            theme::HUGE
        };
        let width = (ui.available_width() - 2.0 * margin).clamp(300.0, 980.0);
        ui.add_space(theme::HUGE);
        ui.horizontal(|ui| {
            ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.label(theme::heading(title, theme::TextSize::Display));
                if !sentence.is_empty() {
                    ui.label(egui::RichText::new(sentence).color(theme::palette(ui).quiet));
                }
                ui.add_space(theme::LARGE);
                add(ui);
                ui.add_space(theme::HUGE);
            });
        });
    });
}
