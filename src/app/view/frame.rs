//! The frame around the places: top bar, rail, status bar, log, overlays.

use super::screen::Screen;
use super::{screens, theme, widgets};
use eframe::egui::{self, Ui};

/// Draws the window.
pub fn draw(ui: &mut Ui, screen: &mut Screen<'_>) {
    let ctx = ui.ctx().clone();
    let p = theme::palette(ui);
    let bar = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(12, 0));
    egui::Panel::top("top bar")
        .exact_size(theme::TOP_BAR)
        .frame(bar)
        .show(ui, |ui| widgets::bars::top(ui, screen));
    egui::Panel::bottom("status bar")
        .exact_size(theme::STATUS_BAR)
        .frame(bar)
        .show(ui, |ui| widgets::bars::status(ui, screen));
    egui::Panel::left("rail")
        .exact_size(theme::RAIL)
        .resizable(false)
        .frame(egui::Frame::new().fill(p.panel))
        .show(ui, |ui| widgets::bars::rail(ui, screen));
    if screen.desk.log {
        screens::log::panel(ui, screen);
    }
    widgets::notices::strip(ui, screen);
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(p.ground))
        .show(ui, |ui| screens::show(ui, screen));
    widgets::palette::show(&ctx, screen);
    widgets::label_box::show(&ctx, screen);
    widgets::keys::show(&ctx, screen);
    widgets::leaving::show(&ctx, screen);
    if ctx.input(|i| !i.raw.hovered_files.is_empty()) {
        widgets::drop_hint(&ctx);
    }
}
