//! The list: a line for each picture with its labels. Only the lines in sight are drawn.

use crate::app::model::action::Action;
use crate::app::model::choose::Choose;
use crate::app::model::command::{Command, TagCommand};
use crate::app::model::tag::item::{Given, Item, Standing, Sure};
use crate::app::model::thumbnail::Key;
use crate::app::model::words::percent_of;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Color32, Layout, Rect, RichText, Sense, Stroke, Ui, Vec2, pos2, vec2};
use std::sync::Arc;

/// Height of a line.
const HEIGHT: f32 = 74.0;

/// Space between lines.
const GAP: f32 = 6.0;

/// Width of a thumbnail.
const PICTURE: f32 = 92.0;

/// Shows the list.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    if screen.tagging.shown.is_empty() {
        let sentence = "The filters above let nothing through.";
        widgets::empty(ui, icons::FUNNEL, "No picture is like that", sentence, |ui| {
            widgets::action_button(ui, screen, Action::ClearFilters);
        });
        return;
    }
    let tagging = &screen.model.tagging;
    let rows = tagging.shown.len();
    let mut area = egui::ScrollArea::vertical().auto_shrink(false).id_salt("tagged");
    let id = ui.make_persistent_id(egui::Id::unique("tagged"));
    let seen = egui::Id::unique("tagged: revealed");
    if ui.data(|d| d.get_temp::<u64>(seen)).unwrap_or(0) != tagging.reveal {
        ui.data_mut(|d| d.insert_temp(seen, tagging.reveal));
        let top = tagging.cursor as f32 * (HEIGHT + GAP);
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
            line(ui, screen, place);
        }
    });
    ui.data_mut(|d| d.insert_temp(id, output.state.clamped_offset().y));
}

fn line(ui: &mut Ui, screen: &mut Screen<'_>, place: usize) {
    let tagging = &screen.model.tagging;
    let Some(i) = tagging.shown.get(place).map(|i| *i as usize) else {
        return;
    };
    let item = &tagging.list.items[i];
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, HEIGHT), Sense::click());
    let chosen = tagging.selection.contains(&(i as u32));
    let fill = if chosen { p.accent_ground } else { p.card };
    ui.painter().rect_filled(rect, 8.0, fill);
    if place == tagging.cursor {
        ui.painter()
            .rect_stroke(rect, 8.0, Stroke::new(2.0, p.accent), egui::StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter()
            .rect_stroke(rect, 8.0, Stroke::new(1.0, p.quiet), egui::StrokeKind::Inside);
    }
    let picture = Rect::from_min_size(rect.min + Vec2::splat(6.0), vec2(PICTURE, HEIGHT - 12.0));
    thumbnail(ui, screen, item, picture);
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, format!("Picture {}", item.name)));
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
            egui::Label::new(theme::heading(&item.name, TextSize::Body))
                .truncate()
                .selectable(false),
        )
        .on_hover_text(item.path.display().to_string());
        if tagging.list.edited(i) {
            ui.label(RichText::new(icons::PENCIL_SIMPLE).color(p.accent))
                .on_hover_text("Changed by you");
        }
        carried(ui, item);
    });
    match &item.standing {
        Standing::Failed(reason) => {
            let words = format!("{}  cannot be read: {reason}", icons::WARNING);
            let text = RichText::new(words).size(TextSize::Small.points()).color(p.warn);
            inner.add(egui::Label::new(text).truncate().selectable(false));
        }
        Standing::Waiting if tagging.list.given(i).is_empty() => {
            let words = if tagging.job.is_some() {
                "waiting …"
            } else {
                "not tagged yet"
            };
            inner.add(egui::Label::new(theme::quiet(&inner, words)).selectable(false));
        }
        _ => {
            inner.horizontal(|ui| chips(ui, screen, i));
        }
    }
    click(screen, &response, place);
}

/// Keywords that a picture has from other programs, at the end of its name's line.
fn carried(ui: &mut Ui, item: &Item) {
    if item.carries.is_empty() {
        return;
    }
    let words = format!("has already: {}", item.carries.join(", "));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = egui::Label::new(theme::quiet(ui, &words)).truncate().selectable(false);
        ui.add(label)
            .on_hover_text(format!("{words}\nKeywords of other programs; they stay as they are"));
    });
}

fn thumbnail(ui: &Ui, screen: &mut Screen<'_>, item: &Item, place: Rect) {
    let p = theme::palette(ui);
    let key = Key {
        picture: item.key,
        large: false,
    };
    match screen.textures.get(ui.ctx(), key, &item.path) {
        Thumb::Ready(texture) => widgets::cover(ui, &texture, place, 6),
        Thumb::Loading => {
            ui.painter().rect_filled(place, 6.0, p.hover);
        }
        Thumb::Broken(_) => {
            ui.painter().rect_filled(place, 6.0, p.hover);
            let font = egui::FontId::proportional(22.0);
            ui.painter().text(
                place.center(),
                egui::Align2::CENTER_CENTER,
                icons::WARNING,
                font,
                p.warn,
            );
        }
    }
}

/// The labels of a picture as far as there is room.
fn chips(ui: &mut Ui, screen: &mut Screen<'_>, i: usize) {
    ui.spacing_mut().item_spacing.x = 6.0;
    let list = &screen.model.tagging.list;
    let given = list.given(i);
    if given.is_empty() {
        ui.label(theme::quiet(ui, "no label reaches its threshold"));
        return;
    }
    let (mut removed, total) = (None, given.len());
    let right = ui.max_rect().right();
    for (shown, given_one) in given.iter().enumerate() {
        let room = right - ui.cursor().left();
        let more = if shown + 1 < total { MORE } else { 0.0 };
        let name = &list.items[i].name;
        if shown > 0 && Chip::of(ui, given_one).width() + more > room {
            removed = rest(ui, &given[shown..], name).or(removed);
            break;
        }
        if tag_chip(ui, given_one, name) {
            removed = Some(given_one.label.to_owned());
        }
    }
    if let Some(label) = removed {
        screen.command(Command::Tag(TagCommand::Set(vec![i], label, false)));
    }
}

/// The labels that there is no room for, behind a button; the one whose cross was clicked.
fn rest(ui: &mut Ui, given: &[Given<'_>], picture: &str) -> Option<String> {
    let mut removed = None;
    let words = RichText::new(format!("+ {}", given.len())).size(TextSize::Small.points());
    let menu = ui.menu_button(words, |ui| {
        for given in given {
            if tag_chip(ui, given, picture) {
                removed = Some(given.label.to_owned());
                ui.close();
            }
        }
    });
    let name = format!("{} more labels of {picture}", given.len());
    menu.response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    removed
}

/// The colour of a label by its column.
pub(super) fn color(column: Option<usize>) -> Color32 {
    column.map_or(Color32::GRAY, |c| theme::label_color(None, c))
}

/// Width of the word that there are more labels.
const MORE: f32 = 40.0;

/// The words of a label on a picture, laid out.
struct Chip {
    words: Arc<egui::Galley>,
    /// How sure it is: in words, or as a bar beside the other pictures.
    sure: Result<Arc<egui::Galley>, f32>,
    spoken: String,
}

impl Chip {
    /// Width of the dot, and of the cross.
    const ENDS: [f32; 2] = [22.0, 24.0];

    /// Width of the bar of a value that only orders pictures.
    const BAR: f32 = 34.0;

    /// Letters of a label that are shown.
    const LONGEST: usize = 28;

    fn of(ui: &Ui, given: &Given<'_>) -> Self {
        let label = given.label;
        let p = theme::palette(ui);
        let font = egui::FontId::proportional(TextSize::Small.points());
        let short: String = if label.chars().count() > Self::LONGEST {
            label.chars().take(Self::LONGEST - 1).chain(['…']).collect()
        } else {
            label.to_owned()
        };
        let words = ui.painter().layout_no_wrap(short, font.clone(), p.text);
        let said = match given.sure {
            Sure::ByHand => Ok("by hand".to_owned()),
            Sure::Probability(probability) => Ok(percent_of(probability)),
            Sure::Order(_, share) => Err(share),
        };
        let spoken = said.clone().unwrap_or_else(|share| among(share).to_owned());
        Self {
            spoken: format!("{label} {spoken}"),
            words,
            sure: said.map(|said| ui.painter().layout_no_wrap(said, font, p.quiet)),
        }
    }

    fn width(&self) -> f32 {
        let sure = self.sure.as_ref().map_or(Self::BAR, |words| words.size().x);
        Self::ENDS[0] + self.words.size().x + 6.0 + sure + Self::ENDS[1]
    }
}

/// Where a value lies among those of the other pictures, in words.
pub(super) fn among(share: f32) -> &'static str {
    match share {
        s if s >= 0.8 => "among the likeliest of these pictures",
        s if s >= 0.4 => "as likely as on most of these pictures",
        _ => "less likely than on most of these pictures",
    }
}

/// A label of a picture with its probability and a small cross: whether the cross was clicked.
fn tag_chip(ui: &mut Ui, given: &Given<'_>, picture: &str) -> bool {
    let p = theme::palette(ui);
    let chip = Chip::of(ui, given);
    let (rect, response) = ui.allocate_exact_size(vec2(chip.width(), theme::HIT), Sense::hover());
    let fill = if response.contains_pointer() { p.hover } else { p.panel };
    ui.painter().rect_filled(rect, 13.0, fill);
    let line = Stroke::new(1.0, p.line);
    ui.painter().rect_stroke(rect, 13.0, line, egui::StrokeKind::Inside);
    let middle = rect.center().y;
    let at = pos2(rect.left() + 12.0, middle);
    if given.by_hand() {
        let font = egui::FontId::proportional(12.0);
        ui.painter()
            .text(at, egui::Align2::CENTER_CENTER, icons::PENCIL_SIMPLE, font, p.accent);
    } else {
        ui.painter().circle_filled(at, 4.5, color(given.column));
    }
    let mut x = rect.left() + Chip::ENDS[0];
    let mut write = |galley: Arc<egui::Galley>| {
        let size = galley.size();
        ui.painter().galley(pos2(x, middle - size.y / 2.0), galley, p.text);
        x += size.x + 6.0;
        x
    };
    let after = write(chip.words);
    match chip.sure {
        Ok(words) => {
            write(words);
        }
        Err(share) => bar(ui, pos2(after, middle), share, color(given.column)),
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
    let name = format!("Take {} from {picture}", given.label);
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    button.on_hover_text(name).clicked()
}

/// Where a value lies among those of the other pictures, as a bar from a place on.
pub(super) fn bar(ui: &Ui, from: egui::Pos2, share: f32, ink: Color32) {
    let whole = Rect::from_min_size(from - vec2(0.0, 2.5), vec2(Chip::BAR, 5.0));
    let part = Rect::from_min_size(whole.min, vec2((Chip::BAR * share).max(3.0), 5.0));
    ui.painter().rect_filled(whole, 2.5, theme::palette(ui).line);
    ui.painter().rect_filled(part, 2.5, ink);
}

fn click(screen: &mut Screen<'_>, response: &egui::Response, place: usize) {
    let choose = |how| Command::Tag(TagCommand::Choose(place, how));
    if response.double_clicked() {
        screen.command(choose(Choose::Point));
        screen.command(Command::Tag(TagCommand::Large(true)));
    } else if response.clicked() {
        let modifiers = response.ctx.input(|i| i.modifiers);
        screen.command(choose(if modifiers.shift {
            Choose::Range
        } else if modifiers.command {
            Choose::Toggle
        } else {
            Choose::Only
        }));
    }
}
