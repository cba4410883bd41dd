//! Messages in the lower right corner.

use super::basic::icon_button;
use crate::app::model::command::Command;
use crate::app::model::notices::Level;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme;
use eframe::egui::{self, Align, Align2, Context, Layout, RichText, Stroke, vec2};

/// Shows what was said.
pub(crate) fn show(ctx: &Context, screen: &mut Screen<'_>) {
    if screen.notices.list.is_empty() {
        return;
    }
    egui::Area::new(egui::Id::unique("notices"))
        .anchor(Align2::RIGHT_BOTTOM, vec2(-14.0, -(theme::STATUS_BAR + 12.0)))
        .order(egui::Order::Foreground)
        .show(ctx, |ui| {
            let p = theme::palette(ui);
            ui.set_max_width(440.0);
            for notice in &screen.model.notices.list {
                let (icon, color) = match notice.level {
                    Level::Done => (icons::CHECK_CIRCLE, p.good),
                    Level::Note => (icons::INFO, p.groups[0]),
                    Level::Warning => (icons::WARNING, p.warn),
                    Level::Error => (icons::WARNING_CIRCLE, p.bad),
                };
                egui::Frame::new()
                    .fill(p.card)
                    .stroke(Stroke::new(
                        1.0,
                        if notice.level == Level::Error { p.bad } else { p.line },
                    ))
                    .corner_radius(9)
                    .shadow(ui.visuals().popup_shadow)
                    .inner_margin(egui::Margin::symmetric(12, 9))
                    .show(ui, |ui| {
                        ui.set_width(400.0);
                        ui.horizontal_top(|ui| {
                            ui.label(RichText::new(icon).size(18.0).color(color));
                            let buttons = if notice.level == Level::Error { 2.0 } else { 1.0 };
                            ui.vertical(|ui| {
                                ui.set_width(348.0 - 38.0 * buttons);
                                ui.add(egui::Label::new(&notice.text).wrap());
                                if let Some(hint) = &notice.hint {
                                    ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
                                }
                                if let Some((words, command)) = &notice.action
                                    && ui.add(theme::primary(ui, words)).clicked()
                                {
                                    screen.command(command.clone());
                                    screen.command(Command::CloseNotice(notice.id));
                                }
                            });
                            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                                if icon_button(ui, icons::X, &format!("Close: {}", notice.text)).clicked() {
                                    screen.command(Command::CloseNotice(notice.id));
                                }
                                if notice.level == Level::Error
                                    && icon_button(ui, icons::COPY, "Copy the message").clicked()
                                {
                                    let hint = notice.hint.as_deref().unwrap_or_default();
                                    screen.command(Command::Copy(format!("{}\n{hint}", notice.text)));
                                }
                            });
                        });
                    });
                ui.add_space(2.0);
            }
        });
}
