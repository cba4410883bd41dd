//! Data: the project's pictures and labels in numbers, labels, splits, what was found, exports.

mod bins;
mod export;
mod labels;
mod moved;
mod overview;
mod parts;
mod report;
mod splits;
mod tree;

use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data::Page;
use crate::app::view::screen::Screen;
use crate::app::view::{theme, widgets};
use eframe::egui::{self, Ui};

fn page(ui: &mut Ui, screen: &mut Screen<'_>) {
    match screen.data.page {
        Page::Overview => overview::show(ui, screen),
        Page::Labels => labels::show(ui, screen),
        Page::Splits => splits::show(ui, screen),
        Page::Report => report::show(ui, screen),
        Page::Export => export::show(ui, screen),
    }
}

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(16, 8));
    egui::Panel::top("data pages").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            for (page, name) in [
                (Page::Overview, "Overview"),
                (Page::Labels, "Labels"),
                (Page::Splits, "Splits"),
                (Page::Report, "What was found"),
                (Page::Export, "Export"),
            ] {
                if widgets::chip(ui, name, screen.data.page == page).clicked() {
                    screen.command(Command::Data(DataCommand::Page(page)));
                }
            }
        });
    });
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(16, 12)),
        )
        .show(ui, |ui| {
            ui.push_id(screen.data.page, |ui| page(ui, screen));
        });
}
