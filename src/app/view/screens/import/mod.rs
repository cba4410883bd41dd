//! Import: what the data would bring, before anything is written.

mod body;
mod buttons;
mod difference;
mod found;
mod source;

use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data_forms::ImportForm;
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use eframe::egui::{self, Ui};

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(before) = &model.data.import else {
        widgets::empty(
            ui,
            icons::FOLDER_PLUS,
            "Nothing is being imported",
            "Drop pictures or a data set on the window, or go Home.",
            |ui| {
                widgets::action_button(ui, screen, Action::Home);
            },
        );
        return;
    };
    let mut form = before.clone();
    // What is asked for comes after the form: it may close it.
    let mut asks = Vec::new();
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(14, 12));
    egui::Panel::bottom("import buttons")
        .exact_size(56.0)
        .frame(frame)
        .show(ui, |ui| buttons::show(ui, &form, &mut asks));
    egui::Panel::left("import source")
        .default_size(348.0)
        .size_range(280.0..=480.0)
        .frame(frame)
        .show(ui, |ui| {
            let busy = form.importing.is_some();
            ui.add_enabled_ui(!busy, |ui| source::panel(ui, screen, &mut form));
        });
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(16, 12)),
        )
        .show(ui, |ui| body::show(ui, screen, &mut form, &mut asks));
    if is_edited(before, &form) {
        screen.command(Command::Data(DataCommand::ImportForm(Box::new(form))));
    }
    asks.into_iter().for_each(|ask| screen.command(Command::Data(ask)));
}

/// Whether anything that is typed or chosen here is another than before.
fn is_edited(before: &ImportForm, form: &ImportForm) -> bool {
    before.format != form.format
        || before.images != form.images
        || before.names != form.names
        || before.absent != form.absent
        || before.columns != form.columns
        || before.project != form.project
        || before.into_open != form.into_open
        || before.one != form.one
        || before.changed != form.changed
        || before.shown != form.shown
}
