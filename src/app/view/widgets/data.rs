//! What the pages of the data share: pickers with names, words in frames, long lists that can be read and copied.

use super::basic::{cover, icon_button};
use crate::app::model::command::{Command, DataCommand, Field};
use crate::app::model::tag::item::key_of;
use crate::app::model::thumbnail::Key;
use crate::app::model::window_words::in_window_words;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::dataset::model::Warning;
use eframe::egui::{self, Align, Layout, RichText, Sense, Stroke, Ui, Vec2, vec2};
use std::path::Path;

/// A drop-down list with a name for those who cannot see it.
pub(crate) fn combo(ui: &mut Ui, id: &str, name: &str, shown: &str, width: f32, add: impl FnOnce(&mut Ui)) {
    let combo = egui::ComboBox::from_id_salt(id)
        .selected_text(shown)
        .width(width)
        .height(420.0)
        .truncate()
        .show_ui(ui, add);
    combo.response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name);
        info.current_text_value = Some(shown.to_owned());
        info
    });
}

/// A word in a frame that does nothing.
pub(crate) fn word(ui: &mut Ui, text: &str) {
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.hover)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(10)
        .inner_margin(egui::Margin::symmetric(8, 1));
    frame.show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(text).size(TextSize::Small.points())).truncate());
    });
}

/// A small picture by its path: for pictures that no project has yet.
pub(crate) fn path_thumbnail(ui: &mut Ui, screen: &mut Screen<'_>, path: &Path, size: Vec2) {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let p = theme::palette(ui);
    ui.painter().rect_filled(rect, 6.0, p.hover);
    let key = Key {
        picture: key_of(path),
        large: false,
    };
    let ctx = ui.ctx().clone();
    match screen.textures.get(&ctx, key, path) {
        Thumb::Ready(texture) => cover(ui, &texture, rect, 6),
        Thumb::Loading => {}
        Thumb::Broken(_) => {
            let font = egui::FontId::proportional(18.0);
            ui.painter()
                .text(rect.center(), egui::Align2::CENTER_CENTER, icons::WARNING, font, p.warn);
        }
    }
}

/// A warning with its place in the data.
pub(crate) fn warning_line(warning: &Warning) -> String {
    let place = match (&warning.file, warning.line) {
        (Some(file), Some(line)) => format!("{file}, line {line}: "),
        (Some(file), None) => format!("{file}: "),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    };
    format!("{place}{}", in_window_words(&warning.message))
}

/// Height of a line.
const LINE: f32 = 20.0;

/// A long list of lines, of which only those in sight are drawn. Lines that begin with `## ` are headings.
pub(crate) fn lines(ui: &mut Ui, id: &str, lines: &[String]) {
    ui.spacing_mut().item_spacing.y = 3.0;
    egui::ScrollArea::both()
        .id_salt(id)
        .auto_shrink(false)
        .show_rows(ui, LINE, lines.len(), |ui, range| {
            for line in &lines[range] {
                let text = match line.strip_prefix("## ") {
                    Some(title) => theme::heading(title, TextSize::Body),
                    None => RichText::new(line.replace('\n', " ")).size(TextSize::Small.points()),
                };
                // Each line is as high as it was said to be: only then all of them can be scrolled to.
                let size = vec2(ui.available_width(), LINE);
                ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_height(LINE);
                    ui.add(egui::Label::new(text).extend().selectable(true));
                });
            }
        });
}

/// A path field with a dialog beside it. Whether its text was changed.
pub(crate) fn path_choice(
    ui: &mut Ui,
    screen: &mut Screen<'_>,
    text: &mut String,
    name: &str,
    hint: &str,
    field: Field,
) -> bool {
    let mut changed = false;
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, theme::HIT), Layout::right_to_left(Align::Center), |ui| {
        if icon_button(ui, icons::FOLDER_OPEN, &format!("Choose: {name}")).clicked() {
            screen.command(Command::Data(DataCommand::Choose(field)));
        }
        let edit = egui::TextEdit::singleline(text)
            .hint_text(hint)
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| super::basic::field_info(text.as_str(), name));
        changed = response.changed();
    });
    changed
}
