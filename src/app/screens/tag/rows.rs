//! The list: a line for each picture with its labels. Only the lines in sight are drawn.

use super::act;
use crate::app::command::{Action, Command};
use crate::app::state::State;
use crate::app::tagging::Act;
use crate::app::tagging::list::{Given, Standing};
use crate::app::theme::{self, TextSize};
use crate::app::thumbs::{Key, Thumb};
use crate::app::{icons, widgets};
use eframe::egui::{self, Align, Color32, Layout, Rect, RichText, Sense, Stroke, Ui, Vec2, pos2, vec2};
use std::sync::Arc;

/// Height of a line.
const HEIGHT: f32 = 74.0;

/// Space between lines.
const GAP: f32 = 6.0;

/// Width of a thumbnail.
const PICTURE: f32 = 92.0;

/// Shows the list.
pub fn show(ui: &mut Ui, state: &mut State) {
    if state.tagging.shown.is_empty() {
        let sentence = "The filters above let nothing through.";
        widgets::empty(ui, icons::FUNNEL, "No picture is like that", sentence, |ui| {
            widgets::action_button(ui, state, Action::ClearFilters);
        });
        return;
    }
    let rows = state.tagging.shown.len();
    let mut area = egui::ScrollArea::vertical().auto_shrink(false).id_salt("tagged");
    let id = ui.make_persistent_id(egui::Id::unique("tagged"));
    if std::mem::take(&mut state.tagging.reveal) {
        let top = state.tagging.cursor as f32 * (HEIGHT + GAP);
        let view = ui.available_height();
        let offset = ui.data(|d| d.get_temp::<f32>(id)).unwrap_or(0.0);
        if top < offset {
            area = area.vertical_scroll_offset(top);
        } else if top + HEIGHT > offset + view {
            area = area.vertical_scroll_offset(top + HEIGHT - view);
        }
    }
    ui.spacing_mut().item_spacing.y = GAP;
    let output = area.show_rows(ui, HEIGHT, rows, |ui, range| {
        for place in range {
            line(ui, state, place);
        }
    });
    ui.data_mut(|d| d.insert_temp(id, output.state.clamped_offset().y));
}

fn line(ui: &mut Ui, state: &mut State, place: usize) {
    let Some(i) = state.tagging.shown.get(place).map(|i| *i as usize) else {
        return;
    };
    let p = theme::palette(ui);
    let ctx = ui.ctx().clone();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, HEIGHT), Sense::click());
    let chosen = state.tagging.selection.contains(&(i as u32));
    let fill = if chosen { p.accent_ground } else { p.card };
    ui.painter().rect_filled(rect, 8.0, fill);
    if place == state.tagging.cursor {
        ui.painter()
            .rect_stroke(rect, 8.0, Stroke::new(2.0, p.accent), egui::StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter()
            .rect_stroke(rect, 8.0, Stroke::new(1.0, p.quiet), egui::StrokeKind::Inside);
    }
    let (path, key, name, standing) = {
        let item = &state.tagging.list.items[i];
        (item.path.clone(), item.key, item.name.clone(), item.standing.clone())
    };
    let picture = Rect::from_min_size(rect.min + Vec2::splat(6.0), vec2(PICTURE, HEIGHT - 12.0));
    let key = Key {
        picture: key,
        large: false,
    };
    match state.thumbs.get(&ctx, key, &path) {
        Thumb::Ready(texture) => super::super::pictures::cover(ui, &texture, picture, 6),
        Thumb::Loading => {
            ui.painter().rect_filled(picture, 6.0, p.hover);
        }
        Thumb::Broken(_) => {
            ui.painter().rect_filled(picture, 6.0, p.hover);
            let font = egui::FontId::proportional(22.0);
            ui.painter().text(
                picture.center(),
                egui::Align2::CENTER_CENTER,
                icons::WARNING,
                font,
                p.warn,
            );
        }
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, format!("Picture {name}")));
    let inside = Rect::from_min_max(
        pos2(picture.right() + 10.0, rect.top() + 6.0),
        rect.max - vec2(8.0, 5.0),
    );
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(inside)
            .layout(Layout::top_down(Align::Min)),
    );
    inner.set_clip_rect(inside.intersect(ui.clip_rect()));
    inner.spacing_mut().item_spacing.y = 4.0;
    inner.horizontal(|ui| {
        ui.add(
            egui::Label::new(theme::heading(&name, TextSize::Body))
                .truncate()
                .selectable(false),
        )
        .on_hover_text(path.display().to_string());
        if state.tagging.list.edited(i) {
            ui.label(RichText::new(icons::PENCIL_SIMPLE).color(p.accent))
                .on_hover_text("Changed by you");
        }
    });
    match standing {
        Standing::Failed(reason) => {
            let words = format!("{}  cannot be read: {reason}", icons::WARNING);
            let text = RichText::new(words).size(TextSize::Small.points()).color(p.warn);
            inner.add(egui::Label::new(text).truncate().selectable(false));
        }
        Standing::Waiting if state.tagging.list.given(i).is_empty() => {
            let words = if state.tagging.job.is_some() {
                "waiting …"
            } else {
                "not tagged yet"
            };
            inner.add(egui::Label::new(theme::quiet(&inner, words)).selectable(false));
        }
        _ => {
            inner.horizontal(|ui| chips(ui, state, i));
        }
    }
    click(state, &response, place);
}

/// The labels of a picture as far as there is room.
fn chips(ui: &mut Ui, state: &mut State, i: usize) {
    ui.spacing_mut().item_spacing.x = 6.0;
    let given: Vec<(String, Given<'_>)> = {
        let list = &state.tagging.list;
        list.given(i).into_iter().map(|g| (g.label.to_owned(), g)).collect()
    };
    if given.is_empty() {
        ui.label(theme::quiet(ui, "no label reaches its threshold"));
        return;
    }
    let name = state.tagging.list.items[i].name.clone();
    let (mut removed, total) = (None, given.len());
    let right = ui.max_rect().right();
    for (shown, (label, given)) in given.iter().enumerate() {
        let room = right - ui.cursor().left();
        let more = if shown + 1 < total { MORE } else { 0.0 };
        if shown > 0 && Chip::of(ui, label, given).width() + more > room {
            ui.label(theme::quiet(ui, format!("+ {}", total - shown)));
            break;
        }
        if tag_chip(ui, label, given, &name).1 {
            removed = Some(label.clone());
        }
    }
    if let Some(label) = removed {
        act(state, Act::Set(vec![i], label, false));
    }
}

/// The colour of a label by its column.
pub fn color(column: Option<usize>) -> Color32 {
    column.map_or(Color32::GRAY, |c| theme::label_color(None, c))
}

/// Width of the word that there are more labels.
const MORE: f32 = 40.0;

/// The words of a label on a picture, laid out.
struct Chip {
    words: Arc<egui::Galley>,
    sure: Arc<egui::Galley>,
    spoken: String,
}

impl Chip {
    /// Width of the dot, and of the cross.
    const ENDS: [f32; 2] = [22.0, 24.0];

    /// Letters of a label that are shown.
    const LONGEST: usize = 28;

    fn of(ui: &Ui, label: &str, given: &Given<'_>) -> Self {
        let p = theme::palette(ui);
        let font = egui::FontId::proportional(TextSize::Small.points());
        let short: String = if label.chars().count() > Self::LONGEST {
            label.chars().take(Self::LONGEST - 1).chain(['…']).collect()
        } else {
            label.to_owned()
        };
        let sure = if given.by_hand {
            "by hand".to_owned()
        } else {
            format!("{:.0} %", 100.0 * given.probability)
        };
        Self {
            spoken: format!("{label} {sure}"),
            words: ui.painter().layout_no_wrap(short, font.clone(), p.text),
            sure: ui.painter().layout_no_wrap(sure, font, p.quiet),
        }
    }

    fn width(&self) -> f32 {
        Self::ENDS[0] + self.words.size().x + 6.0 + self.sure.size().x + Self::ENDS[1]
    }
}

/// A label of a picture with its probability and a small cross: whether it is under the pointer, and whether the cross was clicked.
pub fn tag_chip(ui: &mut Ui, label: &str, given: &Given<'_>, picture: &str) -> (bool, bool) {
    let p = theme::palette(ui);
    let chip = Chip::of(ui, label, given);
    let (rect, response) = ui.allocate_exact_size(vec2(chip.width(), theme::HIT), Sense::hover());
    let hovered = response.contains_pointer();
    let fill = if hovered { p.hover } else { p.panel };
    ui.painter().rect_filled(rect, 13.0, fill);
    let line = Stroke::new(1.0, p.line);
    ui.painter().rect_stroke(rect, 13.0, line, egui::StrokeKind::Inside);
    let middle = rect.center().y;
    let at = pos2(rect.left() + 12.0, middle);
    if given.by_hand {
        let font = egui::FontId::proportional(12.0);
        ui.painter()
            .text(at, egui::Align2::CENTER_CENTER, icons::PENCIL_SIMPLE, font, p.accent);
    } else {
        ui.painter().circle_filled(at, 4.5, color(given.column));
    }
    let mut x = rect.left() + Chip::ENDS[0];
    for (galley, space) in [(chip.words, 6.0), (chip.sure, 0.0)] {
        let size = galley.size();
        ui.painter().galley(pos2(x, middle - size.y / 2.0), galley, p.text);
        x += size.x + space;
    }
    let spoken = format!("{} on {picture}", chip.spoken);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
    let corner = Rect::from_min_max(pos2(rect.right() - Chip::ENDS[1], rect.top()), rect.max);
    let button = ui.interact(corner, response.id.with("x"), Sense::click());
    let lit = button.hovered() || button.has_focus();
    let font = egui::FontId::proportional(12.0);
    let ink = if lit { p.bad } else { p.quiet };
    ui.painter()
        .text(corner.center(), egui::Align2::CENTER_CENTER, icons::X, font, ink);
    let name = format!("Take {label} from {picture}");
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let clicked = button.on_hover_text(name).clicked();
    (hovered, clicked)
}

fn click(state: &mut State, response: &egui::Response, place: usize) {
    let index = state.tagging.shown[place];
    let tagging = &mut state.tagging;
    if response.double_clicked() {
        tagging.cursor = place;
        state.command(Command::Tagging(Act::Large(true)));
    } else if response.clicked() {
        let modifiers = response.ctx.input(|i| i.modifiers);
        tagging.cursor = place;
        if modifiers.shift {
            tagging.range();
        } else if modifiers.command {
            if !tagging.selection.remove(&index) {
                tagging.selection.insert(index);
            }
            tagging.anchor = place;
        } else {
            tagging.selection.clear();
            tagging.selection.insert(index);
            tagging.anchor = place;
        }
    }
}
