//! The grid of pictures: only the rows in sight are drawn.

use super::picking;
use crate::app::model::catalog::{Agreement, Catalog, Picture};
use crate::app::model::choose::Choose;
use crate::app::model::command::{BrowseCommand, Command};
use crate::app::model::open::Open;
use crate::app::model::thumbnail::Key;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Align2, Context, FontId, Id, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

/// Space between thumbnails.
const GAP: f32 = 8.0;

/// Height of a thumbnail's line of labels.
const CAPTION: f32 = 24.0;

/// Where the number of columns is remembered.
const COLUMNS: &str = "grid columns";

/// Pictures side by side, as the grid was drawn last.
pub(super) fn columns(ctx: &Context) -> usize {
    ctx.data(|d| d.get_temp(Id::unique(COLUMNS))).unwrap_or(1)
}

/// Shows the pictures that the filters let through.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let browse = &model.browse;
    let width = ui.available_width() - 6.0;
    let wanted = model.prefs.thumbnail;
    let columns = ((width + GAP) / (wanted + GAP)).floor().max(1.0) as usize;
    let side = (width - GAP * (columns as f32 - 1.0)) / columns as f32;
    let height = (side * 0.8 + CAPTION).round();
    let rows = browse.shown.len().div_ceil(columns);
    ui.data_mut(|d| d.insert_temp(Id::unique(COLUMNS), columns));
    let mut area = ScrollArea::vertical().auto_shrink(false).id_salt("grid");
    let id = ui.make_persistent_id(Id::unique("grid"));
    if reveals(ui, open, browse.reveal) {
        let row = browse.cursor / columns;
        let top = row as f32 * (height + GAP);
        let view = ui.available_height();
        let offset = ui.data(|d| d.get_temp::<f32>(id)).unwrap_or(0.0);
        if top < offset {
            area = area.vertical_scroll_offset(top);
        } else if top + height > offset + view {
            area = area.vertical_scroll_offset(top + height - view);
        }
    }
    ui.spacing_mut().item_spacing.y = GAP;
    let output = area.show_rows(ui, height, rows, |ui, range| {
        for row in range {
            let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            for column in 0..columns {
                let place = row * columns + column;
                if place >= browse.shown.len() {
                    break;
                }
                let left = rect.left() + column as f32 * (side + GAP);
                let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(side, height));
                thumbnail(ui, screen, open, place, cell);
            }
        }
    });
    ui.data_mut(|d| d.insert_temp(id, output.state.clamped_offset().y));
}

/// Whether the cursor is to be brought into view: the grid was told to, or another project was opened, since it was drawn last.
fn reveals(ui: &Ui, open: &Open, told: u64) -> bool {
    let id = Id::unique("grid revealed");
    // The upper half of a version belongs to one opening of a project.
    let now = (open.version >> 32, told);
    let before = ui.data(|d| d.get_temp::<(u64, u64)>(id));
    ui.data_mut(|d| d.insert_temp(id, now));
    before != Some(now)
}

/// How a thumbnail is marked.
struct Marks {
    chosen: bool,
    current: bool,
    hovered: bool,
}

fn thumbnail(ui: &mut Ui, screen: &mut Screen<'_>, open: &Open, place: usize, cell: Rect) {
    let p = theme::palette(ui);
    let browse = &screen.model.browse;
    let catalog = &open.catalog;
    let index = browse.shown[place] as usize;
    let id = ui.scope_id().with(("thumbnail", index));
    let response = ui.interact(cell, id, Sense::click());
    let picture = Rect::from_min_max(cell.min, cell.max - vec2(0.0, CAPTION));
    let shown = &catalog.pictures[index];
    let marks = Marks {
        chosen: browse.selection.contains(&(index as u32)),
        current: place == browse.cursor,
        hovered: response.hovered(),
    };
    let fill = if marks.chosen { p.accent_ground } else { p.card };
    ui.painter().rect_filled(cell, 8.0, fill);
    image(ui, screen, shown, picture);
    mark(ui, catalog, index, [cell, picture], &marks);
    picking::mark(ui, screen, index, cell);
    if marks.chosen {
        let corner = picture.left_top() + vec2(14.0, 14.0);
        ui.painter().circle_filled(corner, 9.0, p.accent);
        ui.painter().text(
            corner,
            Align2::CENTER_CENTER,
            icons::CHECK,
            FontId::proportional(12.0),
            p.on_accent,
        );
    }
    let below = Rect::from_min_max(pos2(cell.left() + 7.0, picture.bottom()), cell.max - vec2(5.0, 3.0));
    caption(ui, catalog, index, below);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, marks.chosen, &shown.name));
    // Under a box that is open nothing is pointed at.
    let covered = screen.desk.palette.is_some() || screen.desk.label_box.is_some();
    let response = match covered {
        true => response,
        false => response.on_hover_ui(|ui| tooltip(ui, catalog, index)),
    };
    click(screen, &response, place, index);
}

/// The picture itself, or why there is none.
fn image(ui: &Ui, screen: &mut Screen<'_>, shown: &Picture, rect: Rect) {
    let p = theme::palette(ui);
    let key = Key {
        picture: shown.id,
        large: false,
    };
    match screen.textures.get(ui.ctx(), key, &shown.path) {
        Thumb::Ready(texture) => widgets::cover(ui, &texture, rect.shrink(3.0), 6),
        Thumb::Loading => {
            ui.painter().rect_filled(rect.shrink(3.0), 6.0, p.hover);
        }
        Thumb::Broken(_) => {
            let center = rect.center();
            ui.painter().text(
                center - vec2(0.0, 8.0),
                Align2::CENTER_CENTER,
                icons::WARNING,
                FontId::proportional(24.0),
                p.warn,
            );
            ui.painter().text(
                center + vec2(0.0, 14.0),
                Align2::CENTER_CENTER,
                "cannot be read",
                FontId::proportional(TextSize::Small.points()),
                p.quiet,
            );
        }
    }
}

/// Signs of disagreement and of edits, and the ring of the cursor.
fn mark(ui: &Ui, catalog: &Catalog, index: usize, [cell, picture]: [Rect; 2], marks: &Marks) {
    let p = theme::palette(ui);
    if catalog.agreement(index) == Agreement::Wrong {
        let corner = picture.right_bottom() - vec2(15.0, 15.0);
        ui.painter().circle_filled(corner, 10.0, p.card);
        let font = FontId::proportional(13.0);
        ui.painter()
            .text(corner, Align2::CENTER_CENTER, icons::WARNING, font, p.warn);
    }
    let ring = match marks.current {
        true => Some(Stroke::new(2.5, p.accent)),
        false if marks.hovered => Some(Stroke::new(1.0, p.quiet)),
        false => None,
    };
    if let Some(ring) = ring {
        ui.painter().rect_stroke(cell, 8.0, ring, egui::StrokeKind::Inside);
    }
    if catalog.pictures[index].edited {
        ui.painter().circle(
            picture.right_top() + vec2(-12.0, 12.0),
            5.0,
            p.accent,
            Stroke::new(1.5, p.ground),
        );
    }
}

/// The first labels of a picture, each with its mark: predicted labels that are there, that are not, and true ones unscored.
fn caption(ui: &Ui, catalog: &Catalog, index: usize, rect: Rect) {
    let p = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let font = FontId::proportional(TextSize::Small.points());
    let truth = catalog.truth_of(index);
    let scored = catalog.probability_of(index).is_some();
    let mut labels = catalog.top_labels(index, usize::MAX);
    let missed = |c: &usize| scored && truth[*c] == 1 && !labels.contains(c);
    let missed: Vec<usize> = (0..truth.len()).filter(missed).collect();
    labels.extend(&missed);
    if labels.is_empty() {
        let words = if scored { "nothing found" } else { "no label" };
        painter.text(rect.left_center(), Align2::LEFT_CENTER, words, font, p.quiet);
        return;
    }
    let word = |label: usize| {
        let name = &catalog.labels[label].name;
        match (scored && truth[label] == 0, missed.contains(&label)) {
            (true, _) => (format!("{name}?"), p.warn),
            (_, true) => (name.clone(), p.quiet),
            _ => (name.clone(), p.text),
        }
    };
    let wide = |text: &str| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font.clone(), p.text);
        galley.size().x + BETWEEN
    };
    let more = |n: usize| format!("+ {n}");
    let room = rect.width() + BETWEEN;
    // Those behind the line's end are not looked at: a model may give very many.
    let (mut words, mut widths, mut taken) = (Vec::new(), Vec::new(), 0.0);
    for label in &labels {
        let (text, color) = word(*label);
        let width = wide(&text);
        words.push((text, color));
        widths.push(width);
        taken += width;
        if taken > room {
            break;
        }
    }
    let shown = fitting(&widths, labels.len(), room, |n| wide(&more(n)));
    let mut x = rect.left();
    for ((text, color), width) in words.iter().zip(&widths).take(shown) {
        let at = pos2(x, rect.center().y);
        painter.text(at, Align2::LEFT_CENTER, text, font.clone(), *color);
        x += width;
    }
    if shown == 0 {
        // Not even one has room: it ends in dots, not in half a letter.
        let (text, color) = &words[0];
        let left = if labels.len() > 1 {
            wide(&more(labels.len() - 1))
        } else {
            0.0
        };
        let mut job = LayoutJob::simple_singleline(text.clone(), font.clone(), *color);
        job.wrap = TextWrapping::truncate_at_width((rect.width() - left).max(20.0));
        let galley = ui.painter().layout_job(job);
        let at = pos2(x, rect.center().y - galley.size().y / 2.0);
        x += galley.size().x + BETWEEN;
        painter.galley(at, galley, *color);
    }
    let left = labels.len() - shown.max(1);
    if left > 0 {
        painter.text(pos2(x, rect.center().y), Align2::LEFT_CENTER, more(left), font, p.quiet);
    }
}

/// Space between the labels of a caption.
const BETWEEN: f32 = 8.0;

/// How many of `all` labels have room, of which the first have these widths, with the word that there are `n` more where not all have.
fn fitting(widths: &[f32], all: usize, room: f32, more: impl Fn(usize) -> f32) -> usize {
    let fits = |shown: usize| {
        let rest = all - shown;
        let word = if rest > 0 { more(rest) } else { 0.0 };
        widths[..shown].iter().sum::<f32>() + word <= room
    };
    (1..=widths.len()).rev().find(|shown| fits(*shown)).unwrap_or(0)
}

fn tooltip(ui: &mut Ui, catalog: &Catalog, index: usize) {
    let picture = &catalog.pictures[index];
    ui.label(theme::heading(&picture.name, TextSize::Body));
    let split = picture.split.map_or("no split", |s| s.name());
    ui.label(theme::quiet(
        ui,
        format!("{} x {} pixels, {split}", picture.size[0], picture.size[1]),
    ));
    let truth = catalog.truth_of(index);
    let names = |want: &dyn Fn(usize) -> bool| {
        let names: Vec<&str> = (0..truth.len())
            .filter(|c| want(*c))
            .map(|c| catalog.labels[c].name.as_str())
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    ui.label(format!("labels: {}", names(&|c| truth[c] == 1)));
    if let Some(row) = catalog.probability_of(index) {
        ui.label(format!("predicted: {}", names(&|c| row[c] >= catalog.threshold(c))));
        if catalog.agreement(index) == Agreement::Wrong {
            ui.label(RichText::new("prediction and labels disagree").color(theme::palette(ui).warn));
        }
    }
}

fn click(screen: &mut Screen<'_>, response: &egui::Response, place: usize, index: usize) {
    let choose = |how| Command::Browse(BrowseCommand::Choose(place, how));
    if let Some(label) = picking::label(screen.model) {
        // A double click is two clicks: the second must not take back what the first did.
        if response.clicked() && !response.double_clicked() {
            screen.command(choose(Choose::Point));
            picking::click(screen, label, index);
        }
        return;
    }
    if response.double_clicked() {
        screen.command(choose(Choose::Point));
        screen.command(Command::Inspect(index));
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

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_caption_is_cut_between_labels() {
        let more = |_| 20.0;
        assert_eq!(fitting(&[40.0, 40.0, 40.0], 3, 120.0, more), 3);
        assert_eq!(fitting(&[40.0, 40.0, 40.0], 3, 119.0, more), 2);
        assert_eq!(
            fitting(&[40.0, 40.0, 40.0], 3, 99.0, more),
            1,
            "the word that there are more needs room too"
        );
        assert_eq!(fitting(&[90.0, 10.0], 2, 100.0, more), 2);
        assert_eq!(fitting(&[90.0, 30.0], 2, 100.0, more), 0);
        assert_eq!(fitting(&[], 0, 100.0, more), 0);
    }
}
