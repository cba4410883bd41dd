//! Around the picture in the inspector: its buttons, its neighbours, its keys.

use super::zoom::Zoom;
use crate::app::model::action::Action;
use crate::app::model::catalog::Picture;
use crate::app::model::command::{Command, InspectorCommand};
use crate::app::model::thumbnail::Key;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme;
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Context, Layout, Modifiers, Rect, Sense, Stroke, Ui, Vec2, vec2};

/// Factor of a step of the zoom.
const STEP: f32 = 1.4;

/// Size of a neighbour.
const CELL: Vec2 = vec2(92.0, 80.0);

/// Zoom, fit, boxes: small buttons over the picture.
pub(super) fn tools(ui: &mut Ui, screen: &mut Screen<'_>, area: Rect) {
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
                screen.command(Command::Inspector(InspectorCommand::Close));
            }
            let zoom = Zoom::of(&screen.inspect);
            let boxes = screen.inspect.examined.as_ref().is_some_and(|e| !e.boxes.is_empty());
            if widgets::icon_button(ui, icons::MINUS, "Zoom out").clicked() {
                screen.command(zoom.by(1.0 / STEP).command());
            }
            ui.label(theme::quiet(ui, format!("{:.0} %", 100.0 * zoom.zoom)));
            if widgets::icon_button(ui, icons::PLUS, "Zoom in").clicked() {
                screen.command(zoom.by(STEP).command());
            }
            if widgets::icon_button(ui, icons::ARROWS_IN, "Fit the picture").clicked() {
                screen.command(Zoom::FIT.command());
            }
            if boxes {
                let on = screen.inspect.boxes;
                let chip = widgets::chip(ui, "boxes", on).on_hover_text("Boxes that came with the data");
                if chip.clicked() {
                    screen.command(Command::Inspector(InspectorCommand::Boxes(!on)));
                }
            }
            let name = screen.open().and_then(|o| {
                o.catalog
                    .index_of(screen.inspect.picture?)
                    .map(|i| o.catalog.pictures[i].name.clone())
            });
            ui.add(egui::Label::new(theme::quiet(ui, name.unwrap_or_default())).truncate());
        });
}

/// Neighbours in the order of the grid.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let browse = &model.browse;
    ui.horizontal_centered(|ui| {
        let last = browse.shown.len().saturating_sub(1);
        let arrow = |ui: &mut Ui, icon, action: Action, enabled| {
            ui.add_enabled_ui(enabled, |ui| widgets::icon_button(ui, icon, action.info().name))
                .inner
                .clicked()
        };
        if arrow(ui, icons::CARET_LEFT, Action::Previous, browse.cursor > 0) {
            screen.command(Command::Do(Action::Previous));
        }
        let room = ui.available_width() - 44.0;
        let fits = ((room / (CELL.x + 8.0)).floor() as usize).max(1);
        let first = browse
            .cursor
            .saturating_sub(fits / 2)
            .min((last + 1).saturating_sub(fits));
        let Some(open) = model.open() else { return };
        for place in first..(first + fits).min(browse.shown.len()) {
            let index = browse.shown[place] as usize;
            if neighbour(ui, screen, &open.catalog.pictures[index], place == browse.cursor) {
                screen.command(Command::Inspect(index));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if arrow(ui, icons::CARET_RIGHT, Action::Next, browse.cursor < last) {
                screen.command(Command::Do(Action::Next));
            }
        });
    });
}

/// A picture of the strip. Returns whether it was clicked.
fn neighbour(ui: &mut Ui, screen: &mut Screen<'_>, shown: &Picture, current: bool) -> bool {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(CELL, Sense::click());
    let key = Key {
        picture: shown.id,
        large: false,
    };
    if let Thumb::Ready(texture) = screen.textures.get(ui.ctx(), key, &shown.path) {
        widgets::cover(ui, &texture, rect, 6);
    } else {
        ui.painter().rect_filled(rect, 6.0, p.hover);
    }
    if current {
        ui.painter()
            .rect_stroke(rect, 6.0, Stroke::new(2.5, p.accent), egui::StrokeKind::Inside);
    }
    let name = &shown.name;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, current, format!("Neighbour {name}")));
    response.on_hover_text(name).clicked()
}

/// Keys of the inspector.
pub(super) fn keys(screen: &mut Screen<'_>, ctx: &Context) {
    let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let before = Zoom::of(&screen.inspect);
    let mut zoom = before;
    if pressed(egui::Key::Plus) || pressed(egui::Key::Equals) {
        zoom = zoom.by(STEP);
    }
    if pressed(egui::Key::Minus) {
        zoom = zoom.by(1.0 / STEP);
    }
    if zoom != before {
        screen.command(zoom.command());
    }
    if pressed(egui::Key::H) {
        screen.command(Command::Inspector(InspectorCommand::Heat(!screen.inspect.heat)));
    }
    if pressed(egui::Key::B) {
        screen.command(Command::Inspector(InspectorCommand::Boxes(!screen.inspect.boxes)));
    }
}
