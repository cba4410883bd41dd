//! A picture large, with the patches that speak for the label under the pointer.

use super::rows::{among, bar, color};
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::tag::item::{Given, Standing, Sure};
use crate::app::model::tag::list::List;
use crate::app::model::thumbnail::Key;
use crate::app::model::words::percent_of;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Color32, Layout, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};

/// Labels that are offered beside the picture.
const LABELS: usize = 40;

/// Shows the picture at the cursor.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let Some(i) = screen.tagging.current() else {
        screen.command(Command::Tag(TagCommand::Large(false)));
        return;
    };
    let p = theme::palette(ui);
    egui::Panel::bottom("tag large labels")
        .default_size(190.0)
        .size_range(120.0..=360.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(14, 8)),
        )
        .show(ui, |ui| labels(ui, screen, i));
    egui::Panel::top("tag large tools")
        .exact_size(40.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(10, 0)),
        )
        .show(ui, |ui| tools(ui, screen, i));
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(theme::BACKDROP).inner_margin(10))
        .show(ui, |ui| picture(ui, screen, i));
}

fn tools(ui: &mut Ui, screen: &mut Screen<'_>, i: usize) {
    ui.horizontal_centered(|ui| {
        if widgets::icon_button(ui, icons::ARROW_LEFT, "Back to the list").clicked() {
            screen.command(Command::Tag(TagCommand::Large(false)));
        }
        let place = screen.tagging.cursor;
        let last = screen.tagging.shown.len().saturating_sub(1);
        for (icon, name, by, enabled) in [
            (icons::CARET_LEFT, "Previous picture", -1, place > 0),
            (icons::CARET_RIGHT, "Next picture", 1, place < last),
        ] {
            let button = ui
                .add_enabled_ui(enabled, |ui| widgets::icon_button(ui, icon, name))
                .inner;
            if button.clicked() {
                screen.command(Command::Tag(TagCommand::Travel { by, extend: false }));
            }
        }
        ui.label(theme::quiet(ui, format!("{} of {}", place + 1, last + 1)));
        let item = &screen.tagging.list.items[i];
        let name = ui.add(egui::Label::new(theme::heading(&item.name, TextSize::Body)).truncate());
        name.on_hover_text(item.path.display().to_string());
    });
}

fn picture(ui: &mut Ui, screen: &mut Screen<'_>, i: usize) {
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The picture"));
    let ctx = ui.ctx().clone();
    let item = &screen.model.tagging.list.items[i];
    let key = |large| Key {
        picture: item.key,
        large,
    };
    let texture = match screen.textures.get(&ctx, key(true), &item.path) {
        Thumb::Ready(texture) => Some(texture),
        Thumb::Loading => match screen.textures.get(&ctx, key(false), &item.path) {
            Thumb::Ready(texture) => Some(texture),
            _ => None,
        },
        Thumb::Broken(reason) => {
            let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area.shrink(20.0)));
            // Behind pictures it is dark in both themes.
            *inner.visuals_mut() = egui::Visuals::dark();
            widgets::empty(
                &mut inner,
                icons::WARNING,
                "This picture cannot be read",
                &reason,
                |_| {},
            );
            return;
        }
    };
    let Some(texture) = texture else {
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area));
        *inner.visuals_mut() = egui::Visuals::dark();
        widgets::loading(&mut inner, "Reading the picture …");
        return;
    };
    let size = texture.size_vec2();
    let fit = (area.width() / size.x.max(1.0)).min(area.height() / size.y.max(1.0));
    let rect = Rect::from_center_size(area.center(), size * fit);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
    patches(ui, screen, i, rect);
}

/// The patches of the label under the pointer, as strong as they are similar.
fn patches(ui: &Ui, screen: &Screen<'_>, i: usize, rect: Rect) {
    let tagging = &screen.tagging;
    let Some(label) = &tagging.hovered else { return };
    let item = &tagging.list.items[i];
    let column = tagging.list.labels.iter().position(|l| l == label);
    let Some((_, found)) = item.patches.iter().find(|(c, _)| Some(*c) == column) else {
        return;
    };
    let [w, h] = item.size.map(|v| v.max(1) as f32);
    let scale = vec2(rect.width() / w, rect.height() / h);
    let strongest = found.iter().map(|(_, s)| *s).fold(f32::MIN, f32::max);
    let weakest = found.iter().map(|(_, s)| *s).fold(f32::MAX, f32::min);
    let ink = color(column);
    let painter = ui.painter().with_clip_rect(rect);
    for ([x0, y0, x1, y1], similarity) in found {
        let share = if strongest > weakest {
            (similarity - weakest) / (strongest - weakest)
        } else {
            1.0
        };
        let strength = 0.25 + 0.75 * share;
        let at = Rect::from_min_max(rect.min + vec2(*x0, *y0) * scale, rect.min + vec2(*x1, *y1) * scale);
        painter.rect_filled(at, 0.0, ink.gamma_multiply(0.38 * strength));
        painter.rect_stroke(
            at,
            0.0,
            Stroke::new(2.5, Color32::from_black_alpha(120)),
            egui::StrokeKind::Inside,
        );
        painter.rect_stroke(
            at,
            0.0,
            Stroke::new(1.5, ink.gamma_multiply(strength)),
            egui::StrokeKind::Inside,
        );
    }
}

/// Every label with its probability: a click gives it or takes it away, pointing at it shows its patches.
fn labels(ui: &mut Ui, screen: &mut Screen<'_>, i: usize) {
    let tagging = &screen.model.tagging;
    match &tagging.list.items[i].standing {
        Standing::Failed(reason) => {
            ui.label(theme::quiet(ui, reason));
        }
        Standing::Waiting => {
            ui.label(theme::quiet(ui, "Not tagged yet."));
        }
        Standing::Tagged => {
            let item = &tagging.list.items[i];
            let words = if item.patches.is_empty() && !item.probability.is_empty() {
                "Click a label to give it or to take it away. Its patches come when the picture is tagged again."
            } else {
                "Point at a label to see its patches; click to give it or to take it away."
            };
            ui.label(theme::quiet(ui, words));
        }
    }
    let carries = &tagging.list.items[i].carries;
    if !carries.is_empty() {
        let words = format!("Has already, from other programs: {}", carries.join(", "));
        ui.add(egui::Label::new(theme::quiet(ui, words)).truncate());
    }
    let (mut hovered, mut toggled) = (None, None);
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt("large labels")
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                for given in offered(&tagging.list, i) {
                    let label = given.label;
                    let on = tagging.list.has(i, label);
                    let response = toggle(ui, &given, on);
                    if response.hovered() || response.has_focus() {
                        hovered = Some(label.to_owned());
                    }
                    if response.clicked() {
                        toggled = Some((label.to_owned(), !on));
                    }
                }
            });
        });
    if hovered != tagging.hovered {
        screen.command(Command::Tag(TagCommand::Hover(hovered)));
    }
    if let Some((label, on)) = toggled {
        screen.command(Command::Tag(TagCommand::Set(vec![i], label, on)));
    }
}

/// Labels that a picture may have, those given by hand first, then the most likely.
fn offered(list: &List, i: usize) -> Vec<Given<'_>> {
    let probable = list.items[i].probability.iter().enumerate();
    let mut offered: Vec<Given<'_>> = probable
        .map(|(c, p)| Given {
            label: &list.labels[c],
            sure: list.sure(c, *p),
            column: Some(c),
        })
        .collect();
    let mut free = list.given(i);
    free.retain(|g| g.by_hand() && !offered.iter().any(|o| o.label == g.label));
    offered.extend(free);
    offered.sort_by(|a, b| b.rank().total_cmp(&a.rank()));
    offered.truncate(LABELS);
    offered
}

fn toggle(ui: &mut Ui, given: &Given<'_>, on: bool) -> egui::Response {
    let (label, column) = (given.label, given.column);
    let p = theme::palette(ui);
    let width = 196.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, 34.0), Sense::click());
    let lit = response.hovered() || response.has_focus();
    let fill = match (on, lit) {
        (true, _) => p.accent_ground,
        (false, true) => p.hover,
        _ => p.card,
    };
    ui.painter().rect_filled(rect, 8.0, fill);
    let line = if on || lit { p.accent } else { p.line };
    ui.painter()
        .rect_stroke(rect, 8.0, Stroke::new(1.0, line), egui::StrokeKind::Inside);
    let inside = rect.shrink2(vec2(8.0, 3.0));
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(inside)
            .layout(Layout::left_to_right(Align::Center)),
    );
    let mark = if on { icons::CHECK_CIRCLE } else { icons::CIRCLE };
    inner.label(RichText::new(mark).color(if on { p.accent } else { p.quiet }));
    let (dot, _) = inner.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
    inner.painter().circle_filled(dot.center(), 4.5, color(column));
    inner.with_layout(Layout::right_to_left(Align::Center), |ui| {
        match given.sure {
            Sure::Order(_, share) => {
                let (place, response) = ui.allocate_exact_size(vec2(36.0, 12.0), Sense::hover());
                bar(ui, place.left_center(), share, color(column));
                response.on_hover_text(among(share));
            }
            Sure::ByHand => {
                ui.add(egui::Label::new(theme::quiet(ui, "by hand")).selectable(false));
            }
            Sure::Probability(p) => {
                ui.add(egui::Label::new(theme::quiet(ui, percent_of(p))).selectable(false));
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(
                egui::Label::new(RichText::new(label).size(TextSize::Small.points()))
                    .truncate()
                    .selectable(false),
            );
        });
    });
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, format!("{label} is there")));
    response
}
