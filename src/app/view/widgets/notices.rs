//! Messages: small ones in the status bar, all others in a strip over it that takes its own room and covers nothing.

use super::basic::icon_button;
use crate::app::model::command::Command;
use crate::app::model::notices::{Level, Notice};
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, Palette, TextSize};
use eframe::egui::{self, Align, Color32, FontId, Layout, RichText, Ui, vec2};

/// What a message's button, its other buttons and its icon take of its width.
const BESIDE: f32 = 380.0;

/// Most height of the strip: what is more is scrolled to.
const MOST: f32 = 190.0;

/// Space above and below a message's words.
const PAD: f32 = 16.0;

fn sign(level: Level, p: Palette) -> (&'static str, Color32) {
    match level {
        Level::Done => (icons::CHECK_CIRCLE, p.good),
        Level::Note => (icons::INFO, p.groups[0]),
        Level::Warning => (icons::WARNING, p.warn),
        Level::Error => (icons::WARNING_CIRCLE, p.bad),
    }
}

/// The newest small message, in the status bar. Whether there is one.
pub(crate) fn line(ui: &mut Ui, screen: &Screen<'_>) -> bool {
    let Some(notice) = screen.notices.small() else {
        return false;
    };
    let (icon, color) = sign(notice.level, theme::palette(ui));
    ui.label(RichText::new(icon).color(color));
    let words = RichText::new(&notice.text).size(TextSize::Small.points());
    ui.add(egui::Label::new(words).truncate());
    true
}

/// The other messages.
pub(crate) fn strip(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let shown: Vec<&Notice> = model.notices.list.iter().filter(|n| !n.is_small()).collect();
    if shown.is_empty() {
        return;
    }
    let width = (ui.available_width() - BESIDE).max(200.0);
    let heights: Vec<f32> = shown.iter().map(|notice| height(ui, notice, width)).collect();
    let p = theme::palette(ui);
    egui::Panel::bottom("messages")
        .exact_size(heights.iter().sum::<f32>().min(MOST) + 2.0)
        .resizable(false)
        .frame(
            egui::Frame::new()
                .fill(p.card)
                .inner_margin(egui::Margin::symmetric(12, 0)),
        )
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            egui::ScrollArea::vertical()
                .id_salt("messages")
                .auto_shrink(false)
                .stick_to_bottom(true)
                .show(ui, |ui| {
                    for (notice, height) in shown.into_iter().zip(heights) {
                        message(ui, screen, notice, width, height);
                    }
                });
        });
}

/// Height of a message whose words have this width.
fn height(ui: &Ui, notice: &Notice, width: f32) -> f32 {
    let of = |text: &str, size: TextSize| {
        let font = FontId::proportional(size.points());
        let galley = ui.painter().layout(text.to_owned(), font, Color32::WHITE, width);
        galley.size().y + 2.0
    };
    let hint = notice.hint.as_deref().map_or(0.0, |hint| of(hint, TextSize::Small));
    (of(&notice.text, TextSize::Body) + hint + PAD).max(theme::HIT + PAD)
}

fn message(ui: &mut Ui, screen: &mut Screen<'_>, notice: &Notice, width: f32, height: f32) {
    let (icon, color) = sign(notice.level, theme::palette(ui));
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(height);
        ui.label(RichText::new(icon).size(18.0).color(color));
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.add_space(PAD / 2.0);
            ui.add(egui::Label::new(&notice.text).wrap());
            if let Some(hint) = &notice.hint {
                ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, icons::X, &format!("Close: {}", notice.text)).clicked() {
                screen.command(Command::CloseNotice(notice.id));
            }
            if notice.level == Level::Error && icon_button(ui, icons::COPY, "Copy the message").clicked() {
                let hint = notice.hint.as_deref().unwrap_or_default();
                screen.command(Command::Copy(format!("{}\n{hint}", notice.text)));
            }
            if let Some((words, command)) = &notice.action
                && ui.add(theme::primary(ui, words)).clicked()
            {
                screen.command(command.clone());
                screen.command(Command::CloseNotice(notice.id));
            }
        });
    });
}
