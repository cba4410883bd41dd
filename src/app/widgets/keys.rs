//! All keys on one page.

use super::icon_button;
use crate::app::command::{ACTIONS, Action, Command};
use crate::app::icons;
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use eframe::egui::{self, Align, Context, Layout, RichText};

/// Keys that are no action's.
const MORE: [(&str, &str); 9] = [
    ("1 … 9, 0", "Toggle the first ten labels on the selected pictures"),
    ("Arrows", "Travel through the pictures"),
    ("Shift + arrows", "Extend the selection"),
    ("Ctrl + click", "Add a picture to the selection"),
    ("Space", "Look at the picture, and back"),
    ("Esc", "Back: patch, inspector, selection"),
    ("+  −  in the inspector", "Zoom; drag to move, double-click to fit"),
    ("H in the inspector", "Heat of all patches"),
    ("Tab", "From control to control"),
];

/// Shows the page where it is open.
pub fn show(ctx: &Context, state: &mut State) {
    if !state.desk.keys {
        return;
    }
    let modal = egui::Modal::new(egui::Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(680.0);
        ui.horizontal(|ui| {
            ui.label(theme::heading("Keys", TextSize::Title));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button(ui, icons::X, "Close the keys").clicked() {
                    state.command(Command::Do(Action::Keys));
                }
            });
        });
        ui.add_space(theme::MEDIUM);
        ui.columns(2, |columns| {
            let of = |ui: &mut egui::Ui, key: &str, name: &str| {
                ui.horizontal(|ui| {
                    let p = theme::palette(ui);
                    ui.add_sized(
                        [132.0, 20.0],
                        egui::Label::new(RichText::new(key).color(p.accent).family(theme::strong())).truncate(),
                    );
                    ui.add(egui::Label::new(name).truncate());
                });
            };
            for info in ACTIONS {
                if let Some(key) = info.key {
                    of(&mut columns[0], &ctx.format_shortcut(&key), info.name);
                }
            }
            for (key, name) in MORE {
                of(&mut columns[1], key, name);
            }
        });
    });
    if modal.should_close() {
        state.desk.keys = false;
    }
}
