//! All keys on one page.

use super::basic::icon_button;
use crate::app::model::action::{ACTIONS, Action};
use crate::app::model::command::{Command, DeskCommand};
use crate::app::view::bindings::key_of;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use eframe::egui::{self, Align, Context, Layout, RichText};

/// Keys that are no action's.
const MORE: [(&str, &str); 10] = [
    ("1 … 9, 0", "Toggle the first ten labels; Ctrl + T finds any"),
    ("Arrows", "Travel through the pictures"),
    ("Shift + arrows", "Extend the selection"),
    ("Ctrl + click", "Add a picture to the selection"),
    ("Space", "Look at the picture, and back"),
    ("Esc", "Back: patch, inspector, selection"),
    ("+ and −", "Inspector: zoom; drag moves, double-click fits"),
    ("H, B", "Inspector: heat of all patches; boxes"),
    ("Ctrl + V", "Tag pictures from the clipboard"),
    ("Tab", "From control to control"),
];

/// A key and what it does.
fn line(ui: &mut egui::Ui, width: f32, key: &str, name: &str) {
    ui.horizontal_top(|ui| {
        let p = theme::palette(ui);
        let key = RichText::new(key)
            .color(p.accent)
            .family(theme::strong())
            .size(TextSize::Small.points());
        ui.allocate_ui(egui::vec2(width, 18.0), |ui| {
            ui.set_width(width);
            ui.add(egui::Label::new(key).wrap());
        });
        ui.add(egui::Label::new(RichText::new(name).size(TextSize::Small.points())).wrap());
    });
}

/// Shows the page where it is open.
pub(crate) fn show(ctx: &Context, screen: &mut Screen<'_>) {
    if !screen.desk.keys {
        return;
    }
    let modal = egui::Modal::new(egui::Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(860.0f32.min(ctx.content_rect().width() - 60.0));
        ui.horizontal(|ui| {
            ui.label(theme::heading("Keys", TextSize::Title));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button(ui, icons::X, "Close the keys").clicked() {
                    screen.command(Command::Do(Action::Keys));
                }
            });
        });
        ui.add_space(theme::MEDIUM);
        let room = ctx.content_rect().height() - 150.0;
        egui::ScrollArea::vertical()
            .max_height(room)
            .min_scrolled_height(room)
            .show(ui, |ui| {
                let with_keys: Vec<_> = ACTIONS
                    .iter()
                    .filter_map(|info| Some((key_of(ctx, info.action)?, info.name)))
                    .collect();
                let half = with_keys.len().div_ceil(2);
                ui.columns(3, |columns| {
                    for (i, (key, name)) in with_keys.iter().enumerate() {
                        line(&mut columns[i / half], 96.0, key, name);
                    }
                    for (key, name) in MORE {
                        line(&mut columns[2], 110.0, key, name);
                    }
                });
            });
    });
    if modal.should_close() {
        screen.command(Command::Desk(DeskCommand::Keys(false)));
    }
}
