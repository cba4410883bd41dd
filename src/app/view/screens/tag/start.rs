//! Tag before anything was dropped.

use super::picker;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::tag::state::Panel;
use crate::app::view::screen::Screen;
use crate::app::view::screens::page::page;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};

/// Shows what can be done.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let looking = screen.tagging.looking;
    let sentence = "Each picture gets its labels, with the patches behind them. You decide what is written; pictures are never changed.";
    page(ui, "Drop pictures, get labels", sentence, |ui| {
        let p = theme::palette(ui);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            picker::inner(ui, screen);
        });
        ui.add_space(theme::LARGE);
        let frame = egui::Frame::new().fill(p.panel).corner_radius(14).inner_margin(18);
        let drop = frame.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.vertical_centered(|ui| {
                ui.add_space(theme::LARGE);
                ui.label(RichText::new(icons::TAG).size(40.0).color(p.accent));
                ui.label(theme::heading("Drop pictures or folders here", TextSize::Title));
                let kinds = "JPEG, PNG, WebP, GIF, TIFF, BMP. Paths and pictures can be pasted as well.";
                ui.label(theme::quiet(ui, kinds));
                ui.add_space(theme::MEDIUM);
                if looking {
                    ui.horizontal(|ui| {
                        ui.add_space((ui.available_width() / 2.0 - 80.0).max(0.0));
                        ui.spinner();
                        ui.label("looking for pictures …");
                    });
                    return;
                }
                let width = 330.0f32.min(ui.available_width());
                ui.allocate_ui_with_layout(
                    vec2(width, theme::HIT + 6.0),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        if ui.add(theme::primary(ui, "Choose pictures…")).clicked() {
                            screen.command(Command::Do(Action::TagFiles));
                        }
                        if ui.button("Choose a folder…").clicked() {
                            screen.command(Command::Do(Action::TagFolder));
                        }
                    },
                );
            });
            ui.add_space(theme::MEDIUM);
            path(ui, screen);
            ui.add_space(theme::MEDIUM);
        });
        widgets::dashes(ui, drop.response.rect.shrink(1.0), egui::Stroke::new(1.5, p.line));
        ui.add_space(theme::LARGE);
        ui.horizontal(|ui| {
            ui.label(theme::quiet(ui, "Do new pictures come to a folder again and again?"));
            if ui.button(theme::labelled(icons::EYE, "Watch a folder")).clicked() {
                screen.command(Command::Tag(TagCommand::Show(Panel::Watch)));
            }
        });
    });
}

/// A path field, where a desktop has neither dialogs nor drops.
fn path(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.horizontal(|ui| {
        let width = 640.0f32.min(ui.available_width());
        ui.add_space((ui.available_width() - width) / 2.0);
        ui.vertical(|ui| {
            ui.set_width(width);
            let mut path = screen.tagging.path.clone();
            let hint = "or type a path, for example ~/pictures/holiday";
            if widgets::path_field(ui, &mut path, "Path of pictures", hint, "Tag") {
                screen.command(Command::Tag(TagCommand::Add(vec![path.trim().into()])));
                path.clear();
            }
            if path != screen.tagging.path {
                screen.command(Command::Tag(TagCommand::Path(path)));
            }
        });
    });
}
