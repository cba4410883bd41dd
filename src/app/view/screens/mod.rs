//! One file for each place.

mod about;
mod choices;
mod data;
mod evidence;
mod export_tagger;
mod filters;
mod grid;
mod home;
mod import;
mod inspector;
mod labels_panel;
pub(crate) mod log;
mod models;
mod page;
mod picking;
mod pictures;
mod results;
mod running;
mod scored;
mod settings;
mod setup;
mod snapshots;
mod strip;
pub(crate) mod tag;
mod totals;
mod train;
pub(crate) mod travel;
mod zoom;

use super::{icons, theme, widgets};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, Place};
use crate::app::model::open::Slot;
use crate::app::view::screen::Screen;
use eframe::egui::Ui;

/// Shows the place that the user is in.
pub(crate) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    match screen.place {
        Place::Home => home::show(ui, screen),
        Place::Settings => settings::show(ui, screen),
        Place::About => about::show(ui, screen),
        Place::Tag => tag::show(ui, screen),
        Place::Models => models::show(ui, screen),
        Place::Import => import::show(ui, screen),
        Place::Pictures | Place::Train | Place::Results | Place::Data => of_project(ui, screen),
    }
}

/// Places that need a project.
fn of_project(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    match &model.project {
        Slot::Open(_) => match model.place {
            Place::Train => train::show(ui, screen),
            Place::Results => results::show(ui, screen),
            Place::Data => data::show(ui, screen),
            _ if model.inspect.picture.is_some() => inspector::show(ui, screen),
            _ => pictures::show(ui, screen),
        },
        Slot::Opening(path) => {
            let name = path
                .file_stem()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            widgets::loading(ui, &format!("Opening {name} …"));
        }
        Slot::Failed(path, failure) => {
            let sentence = format!("{}. {}", failure.message, failure.hint.as_deref().unwrap_or_default());
            widgets::empty(
                ui,
                icons::WARNING_CIRCLE,
                "The project could not be opened",
                &sentence,
                |ui| {
                    if ui.add(theme::primary(ui, "Try again")).clicked() {
                        screen.command(Command::Open(path.clone()));
                    }
                    if ui.button("Back to Home").clicked() {
                        screen.command(Command::Do(Action::CloseProject));
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
                        screen.command(Command::Do(Action::Home));
                    }
                },
            );
        }
    }
}
