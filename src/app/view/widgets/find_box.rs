//! A box to type in with lines that fit below: arrows choose, Enter takes, Escape closes.

use crate::app::view::theme::{self, TextSize};
use eframe::egui::{self, Align, Align2, Context, Key, Layout, Modifiers, RichText, vec2};

/// Lines shown.
pub(crate) const SHOWN: usize = 9;

/// A line.
pub(crate) struct Line {
    pub icon: &'static str,
    pub name: String,
    pub detail: String,
}

/// What a box says of itself.
pub(crate) struct Words<'a> {
    /// Its id.
    pub id: &'static str,
    /// What stands in the empty field.
    pub hint: &'a str,
    /// The field's name for those who cannot see it.
    pub name: &'a str,
    /// What stands where no line fits.
    pub nothing: &'a str,
}

/// What was done in a box.
pub(crate) struct Done {
    /// What is typed, and the line that is chosen.
    pub typed: (String, usize),
    /// The line that was taken.
    pub taken: Option<usize>,
    /// Whether the box is to be closed.
    pub closed: bool,
}

/// Shows a box.
pub(crate) fn show(ctx: &Context, words: &Words<'_>, before: &(String, usize), lines: &[Line]) -> Done {
    let (mut text, chosen) = before.clone();
    let mut chosen = chosen.min(lines.len().saturating_sub(1));
    let (up, down, enter, leave) = ctx.input_mut(|i| {
        let mut key = |key| i.consume_key(Modifiers::NONE, key);
        (
            key(Key::ArrowUp),
            key(Key::ArrowDown),
            key(Key::Enter),
            key(Key::Escape),
        )
    });
    if down && chosen + 1 < lines.len() {
        chosen += 1;
    }
    if up {
        chosen = chosen.saturating_sub(1);
    }
    let mut taken = (enter && !lines.is_empty()).then_some(chosen);
    let id = egui::Id::unique(words.id);
    let area = egui::Modal::new(id)
        .area(egui::Modal::default_area(id).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0)))
        .show(ctx, |ui| {
            ui.set_width(560.0f32.min(ctx.content_rect().width() - 60.0));
            let field = egui::TextEdit::singleline(&mut text)
                .hint_text(words.hint)
                .desired_width(f32::INFINITY)
                .font(egui::FontId::proportional(TextSize::Subtitle.points()));
            let field = ui.add(field);
            field.widget_info(|| super::basic::field_info("", words.name));
            field.request_focus();
            ui.add_space(theme::SMALL);
            if lines.is_empty() {
                ui.label(theme::quiet(ui, words.nothing));
            }
            for (i, line) in lines.iter().enumerate() {
                if row(ui, line, i == chosen).clicked() {
                    taken = Some(i);
                }
            }
        });
    let chosen = if text == before.0 { chosen } else { 0 };
    Done {
        typed: (text, chosen),
        taken,
        closed: leave || area.should_close(),
    }
}

fn row(ui: &mut egui::Ui, line: &Line, chosen: bool) -> egui::Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), egui::Sense::click());
    if chosen || response.hovered() {
        ui.painter()
            .rect_filled(rect, 6.0, if chosen { p.accent_ground } else { p.hover });
    }
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    inner.label(RichText::new(line.icon).size(17.0).color(p.quiet));
    inner.label(&line.name);
    inner.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(egui::Label::new(theme::quiet(ui, &line.detail)).truncate());
    });
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &line.name));
    response
}
