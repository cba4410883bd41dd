//! Around the picture in the inspector: its buttons, its neighbours, its keys.

use super::inspector::ZOOM;
use crate::app::command::{Action, Command};
use crate::app::state::{Slot, State};
use crate::app::theme;
use crate::app::thumbs::{Key as ThumbKey, Thumb};
use crate::app::{icons, widgets};
use eframe::egui::{self, Align, Context, Key, Layout, Modifiers, Rect, Sense, Stroke, Ui, vec2};

/// Zoom, fit, boxes: small buttons over the picture.
pub fn tools(ui: &mut Ui, state: &mut State, area: Rect) {
    let at = Rect::from_min_size(area.left_top() + vec2(10.0, 6.0), vec2(area.width() - 20.0, 34.0));
    let mut bar = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(at)
            .layout(Layout::left_to_right(Align::Center)),
    );
    egui::Frame::new()
        .fill(theme::palette(&bar).panel.gamma_multiply(0.92))
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(6, 2))
        .show(&mut bar, |ui| {
            if widgets::icon_button(ui, icons::ARROW_LEFT, "Back to all pictures").clicked() {
                state.inspect.picture = None;
                state.browse.reveal = true;
            }
            let boxes = state.inspect.examined.as_ref().is_some_and(|e| !e.boxes.is_empty());
            if widgets::icon_button(ui, icons::MINUS, "Zoom out").clicked() {
                state.inspect.zoom = (state.inspect.zoom / 1.4).max(1.0);
            }
            ui.label(theme::quiet(ui, format!("{:.0} %", 100.0 * state.inspect.zoom)));
            if widgets::icon_button(ui, icons::PLUS, "Zoom in").clicked() {
                state.inspect.zoom = (state.inspect.zoom * 1.4).min(ZOOM);
            }
            if widgets::icon_button(ui, icons::ARROWS_IN, "Fit the picture").clicked() {
                (state.inspect.zoom, state.inspect.center) = (1.0, [0.5, 0.5]);
            }
            if boxes {
                let on = state.inspect.boxes;
                let chip = widgets::chip(ui, "boxes", on).on_hover_text("Boxes that came with the data");
                state.inspect.boxes = on != chip.clicked();
            }
            let name = state.open().and_then(|o| {
                o.catalog
                    .index_of(state.inspect.picture?)
                    .map(|i| o.catalog.pictures[i].name.clone())
            });
            ui.add(egui::Label::new(theme::quiet(ui, name.unwrap_or_default())).truncate());
        });
}

/// Neighbours in the order of the grid.
pub fn show(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    let ctx = ui.ctx().clone();
    ui.horizontal_centered(|ui| {
        let last = state.browse.shown.len().saturating_sub(1);
        let arrow = |ui: &mut Ui, icon, action: Action, enabled| {
            ui.add_enabled_ui(enabled, |ui| widgets::icon_button(ui, icon, action.info().name))
                .inner
                .clicked()
        };
        if arrow(ui, icons::CARET_LEFT, Action::Previous, state.browse.cursor > 0) {
            state.command(Command::Do(Action::Previous));
        }
        let cell = vec2(92.0, 80.0);
        let room = ui.available_width() - 44.0;
        let fits = ((room / (cell.x + 8.0)).floor() as usize).max(1);
        let first = state
            .browse
            .cursor
            .saturating_sub(fits / 2)
            .min((last + 1).saturating_sub(fits));
        for place in first..(first + fits).min(last + 1) {
            let index = state.browse.shown[place] as usize;
            let Slot::Open(open) = &state.project else { return };
            let shown = &open.catalog.pictures[index];
            let (rect, response) = ui.allocate_exact_size(cell, Sense::click());
            let key = ThumbKey {
                picture: shown.id,
                large: false,
            };
            let name = shown.name.clone();
            if let Thumb::Ready(texture) = state.thumbs.get(&ctx, key, &shown.path) {
                super::pictures::cover(ui, &texture, rect, 6);
            } else {
                ui.painter().rect_filled(rect, 6.0, p.hover);
            }
            if place == state.browse.cursor {
                ui.painter()
                    .rect_stroke(rect, 6.0, Stroke::new(2.5, p.accent), egui::StrokeKind::Inside);
            }
            response.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::Role::Button,
                    true,
                    place == state.browse.cursor,
                    format!("Neighbour {name}"),
                )
            });
            if response.on_hover_text(name).clicked() {
                state.command(Command::Inspect(index));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if arrow(ui, icons::CARET_RIGHT, Action::Next, state.browse.cursor < last) {
                state.command(Command::Do(Action::Next));
            }
        });
    });
}

/// Keys of the inspector.
pub fn keys(state: &mut State, ctx: &Context) {
    let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if pressed(Key::Plus) || pressed(Key::Equals) {
        state.inspect.zoom = (state.inspect.zoom * 1.4).min(ZOOM);
    }
    if pressed(Key::Minus) {
        state.inspect.zoom = (state.inspect.zoom / 1.4).max(1.0);
    }
    if pressed(Key::H) {
        state.inspect.heat = !state.inspect.heat;
    }
    if pressed(Key::B) {
        state.inspect.boxes = !state.inspect.boxes;
    }
}
