//! Tag: pictures that are dropped get labels, are looked at and changed, and are written where other programs read them.

mod head;
mod keys;
mod labels;
mod large;
mod picker;
mod rows;
mod start;
mod watch;
mod write;

pub(crate) use keys::keys;

use crate::app::model::command::{Command, TagCommand};
use crate::app::model::tag::state::Panel;
use crate::app::view::screen::Screen;
use crate::app::view::{theme, widgets};
use eframe::egui::{self, Ui};

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let empty = screen.tagging.list.items.is_empty();
    let watching = screen.tagging.panel == Panel::Watch || screen.prefs.watch.is_some();
    if (!empty || watching) && ui.available_width() > 620.0 {
        egui::Panel::right("tag panel")
            .default_size(346.0)
            .size_range(300.0..=520.0)
            .frame(
                egui::Frame::new()
                    .fill(p.panel)
                    .inner_margin(egui::Margin::symmetric(14, 10)),
            )
            .show(ui, |ui| panel(ui, screen));
    }
    let margin = if screen.tagging.large {
        egui::Margin::ZERO
    } else {
        egui::Margin::symmetric(14, 10)
    };
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(p.ground).inner_margin(margin))
        .show(ui, |ui| {
            if empty {
                start::show(ui, screen);
            } else if screen.tagging.large {
                large::show(ui, screen);
            } else {
                picker::show(ui, screen);
                ui.add_space(theme::SMALL);
                head::show(ui, screen);
                ui.add_space(theme::SMALL);
                rows::show(ui, screen);
            }
        });
}

/// Labels, writing, watching: one at a time.
fn panel(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.horizontal(|ui| {
        for (panel, name) in [
            (Panel::Labels, "Labels"),
            (Panel::Write, "Write"),
            (Panel::Watch, "Watch a folder"),
        ] {
            if widgets::chip(ui, name, screen.tagging.panel == panel).clicked() {
                screen.command(Command::Tag(TagCommand::Show(panel)));
            }
        }
    });
    ui.add_space(theme::MEDIUM);
    match screen.tagging.panel {
        Panel::Labels => labels::show(ui, screen),
        Panel::Write => write::show(ui, screen),
        Panel::Watch => watch::show(ui, screen),
    }
}
