//! The log: what was said in this session.

use crate::app::model::action::Action;
use crate::app::model::command::Command;
use crate::app::model::notices::Level;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui};

/// The panel under the place.
pub(crate) fn panel(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    egui::Panel::bottom("log")
        .default_size(190.0)
        .size_range(90.0..=420.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(12, 8)),
        )
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(theme::heading("Log", TextSize::Subtitle));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widgets::icon_button(ui, icons::X, "Close the log").clicked() {
                        screen.command(Command::Do(Action::Log));
                    }
                    if widgets::icon_button(ui, icons::COPY, "Copy the log").clicked() {
                        let lines: Vec<String> = screen
                            .notices
                            .log
                            .iter()
                            .map(|(level, line)| format!("{level:?}: {line}"))
                            .collect();
                        screen.command(Command::Copy(lines.join("\n")));
                    }
                });
            });
            if screen.notices.log.is_empty() {
                ui.label(theme::quiet(ui, "Nothing was said yet."));
            }
            let lines = screen.notices.log.len();
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .stick_to_bottom(true)
                .show_rows(ui, 20.0, lines, |ui, range| {
                    for (level, line) in screen.notices.log.range(range) {
                        let color = match level {
                            Level::Done => p.good,
                            Level::Note => p.quiet,
                            Level::Warning => p.warn,
                            Level::Error => p.bad,
                        };
                        ui.add(egui::Label::new(RichText::new(line).color(color)).truncate());
                    }
                });
        });
}
