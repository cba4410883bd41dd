//! Messages: small ones in the status bar, all others in a strip over it that takes its own room and covers nothing.

use super::basic::icon_button;
use crate::app::model::command::Command;
use crate::app::model::notices::{Level, Notice};
use crate::app::model::words::counted;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, Palette, TextSize};
use eframe::egui::{self, Align, Color32, Layout, RichText, Ui};

/// What a message's button, its other buttons and its icon take of its width.
const BESIDE: f32 = 380.0;

/// Messages that are shown at once: the pictures keep most of the window.
const SHOWN: usize = 3;

/// Space above and below a message.
const PAD: f32 = 8.0;

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

/// The other messages, the newest last. The strip is as high as they are: where that has changed, the frame is drawn again.
pub(crate) fn strip(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let all: Vec<&Notice> = model.notices.list.iter().filter(|n| !n.is_small()).collect();
    if all.is_empty() {
        return;
    }
    let (earlier, shown) = all.split_at(all.len().saturating_sub(SHOWN));
    let width = (ui.available_width() - BESIDE).max(200.0);
    let frame = egui::Frame::new()
        .fill(theme::palette(ui).card)
        .inner_margin(egui::Margin::symmetric(12, 0));
    let panel = egui::Panel::bottom("messages").resizable(false).frame(frame);
    let strip = panel.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if !earlier.is_empty() {
            ui.add_space(PAD);
            let words = counted(earlier.len(), "earlier message", "earlier messages");
            ui.label(theme::quiet(ui, format!("{words}: close these to see more")));
        }
        for notice in shown {
            message(ui, screen, notice, width);
        }
    });
    let height = strip.response.rect.height();
    let id = egui::Id::unique("height of the messages");
    let before = ui.data_mut(|d| d.get_temp::<f32>(id));
    if before != Some(height) {
        ui.data_mut(|d| d.insert_temp(id, height));
        ui.ctx().request_discard("the messages have another height");
    }
}

fn message(ui: &mut Ui, screen: &mut Screen<'_>, notice: &Notice, width: f32) {
    let (icon, color) = sign(notice.level, theme::palette(ui));
    ui.add_space(PAD);
    ui.horizontal_top(|ui| {
        ui.label(RichText::new(icon).size(18.0).color(color));
        ui.vertical(|ui| {
            ui.set_width(width);
            // On one line with the buttons.
            ui.add_space(3.0);
            ui.add(egui::Label::new(&notice.text).wrap());
            if let Some(hint) = &notice.hint {
                ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
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
    ui.add_space(PAD);
}
