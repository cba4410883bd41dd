//! Bars that are buttons: each leads to its pictures.

use crate::app::model::command::{Command, DataCommand};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::project::Bin;
use eframe::egui::{self, Align2, Color32, FontId, Rect, Sense, Stroke, Ui, pos2, vec2};

/// Height of a bar's row.
pub(super) const ROW: f32 = 26.0;

pub(super) struct Bar<'a> {
    /// What is counted.
    pub(super) name: &'a str,
    /// Pictures.
    pub(super) count: usize,
    /// The longest bar's pictures.
    pub(super) most: usize,
    /// Width of the name.
    pub(super) names: f32,
    /// Its colour.
    pub(super) color: Color32,
    /// What it leads to.
    pub(super) bin: Bin,
}

/// Draws a bar with its name and number; a click shows its pictures.
pub(super) fn bar(ui: &mut Ui, screen: &mut Screen<'_>, bar: &Bar<'_>) {
    let words = format!("{}: {}", bar.name, words::counted(bar.count, "picture", "pictures"));
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6.0, p.hover);
    }
    let font = FontId::proportional(TextSize::Small.points());
    let room = Rect::from_min_max(rect.min, pos2(rect.left() + bar.names - 8.0, rect.bottom()));
    text(ui, room, bar.name, font.clone(), p.text);
    let line = Rect::from_min_max(
        pos2(rect.left() + bar.names, rect.center().y - 5.0),
        pos2(rect.right() - 62.0, rect.center().y + 5.0),
    );
    if line.width() > 4.0 {
        ui.painter().rect_filled(line, 5.0, p.hover);
        ui.painter()
            .rect_stroke(line, 5.0, Stroke::new(1.0, p.line), egui::StrokeKind::Inside);
        let share = bar.count as f32 / bar.most.max(1) as f32;
        if bar.count > 0 {
            let full = line.with_max_x(line.left() + (line.width() * share).max(4.0));
            ui.painter().rect_filled(full, 5.0, bar.color);
        }
    }
    let at = pos2(rect.right() - 8.0, rect.center().y);
    let number = words::count(bar.count);
    ui.painter().text(at, Align2::RIGHT_CENTER, number, font, p.text);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
    let response = response.on_hover_text(&words);
    if response.clicked() {
        screen.command(Command::Data(DataCommand::PicturesOf(bar.bin, bar.name.to_owned())));
    }
}

/// Text in one line, cut with an ellipsis where it does not fit.
pub(super) fn text(ui: &Ui, room: Rect, words: &str, font: FontId, color: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.width());
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let at = pos2(room.left() + 2.0, room.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
}

/// A number that leads to its pictures; nothing where it is 0.
pub(super) fn number(ui: &mut Ui, screen: &mut Screen<'_>, width: f32, count: usize, name: &str, bin: Bin) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    let p = theme::palette(ui);
    let lit = count > 0 && (response.hovered() || response.has_focus());
    if lit {
        ui.painter().rect_filled(rect, 5.0, p.hover);
    }
    let font = FontId::proportional(TextSize::Small.points());
    let color = if count == 0 { p.quiet } else { p.text };
    let at = pos2(rect.right() - 8.0, rect.center().y);
    ui.painter()
        .text(at, Align2::RIGHT_CENTER, words::count(count), font, color);
    let words = format!("{name}: {}", words::counted(count, "picture", "pictures"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, count > 0, &words));
    let response = response.on_hover_text(&words);
    if count > 0 && response.clicked() {
        screen.command(Command::Data(DataCommand::PicturesOf(bin, name.to_owned())));
    }
}
