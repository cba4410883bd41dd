//! A page of text and controls: scrolled, of a width that reads well.

use crate::app::view::theme::{self, TextSize};
use eframe::egui::{RichText, ScrollArea, Ui};

/// Shows a page: its title, a sentence about it, and what `add` draws below them.
pub(crate) fn page(ui: &mut Ui, title: &str, sentence: &str, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
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
                ui.label(theme::heading(title, TextSize::Display));
                if !sentence.is_empty() {
                    ui.label(RichText::new(sentence).color(theme::palette(ui).quiet));
                }
                ui.add_space(theme::LARGE);
                add(ui);
                ui.add_space(theme::HUGE);
            });
        });
    });
}
