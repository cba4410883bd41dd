//! Pictures: filters, the grid, labels.

use crate::app::command::{Action, Command};
use crate::app::filter::{Filter, LabelTest, Sort};
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::thumbs::{Key as ThumbKey, Thumb};
use crate::app::widgets;
use crate::app::{catalog::Agreement, icons};
use eframe::egui::{self, Align, Color32, CornerRadius, Layout, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};

/// Space between thumbnails.
const GAP: f32 = 8.0;

/// Height of a thumbnail's line of labels.
const CAPTION: f32 = 24.0;

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(12, 10));
    // The pictures come first: where there is little room, the panels give way.
    let room = ui.available_width();
    if state.prefs.filters_open && room > 900.0 {
        egui::Panel::left("filters")
            .default_size(216.0)
            .size_range(180.0..=320.0)
            .frame(frame)
            .show(ui, |ui| super::filters::panel(ui, state));
    }
    if state.prefs.labels_open && room > 660.0 {
        egui::Panel::right("labels")
            .default_size(268.0)
            .size_range(210.0..=420.0)
            .frame(frame)
            .show(ui, |ui| super::results::labels_panel(ui, state));
    }
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(12, 8)),
        )
        .show(ui, |ui| {
            missing(ui, state);
            super::picking::bar(ui, state);
            head(ui, state);
            ui.add_space(theme::SMALL);
            body(ui, state);
        });
}

/// Files that are gone, and the way to find them again.
fn missing(ui: &mut Ui, state: &mut State) {
    let Some(open) = state.open() else { return };
    // Opening asks the disk for the time of each file: those without one are not there.
    let gone = match state.data.missing {
        Some((version, gone)) if version == open.version => gone,
        _ => open.catalog.pictures.iter().filter(|p| p.modified == 0).count(),
    };
    state.data.missing = state.open().map(|open| (open.version, gone));
    if gone == 0 {
        return;
    }
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.accent_ground)
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(12, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let words = widgets::counted(gone, "picture's file is", "pictures' files are");
            ui.label(
                format!("{}  {words} not where it was. Labels are kept.", icons::WARNING)
                    .replace("are not where it was", "are not where they were"),
            );
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Find moved pictures…").clicked() {
                    state.command(Command::Do(Action::FindMoved));
                }
            });
        });
    });
    ui.add_space(theme::SMALL);
}

/// Count, order, size.
fn head(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let toggle = widgets::icon_button(ui, icons::SIDEBAR_SIMPLE, "Show or hide filters");
        if toggle.clicked() {
            state.command(Command::Do(Action::Filters));
        }
        let total = state.open().map_or(0, |o| o.catalog.pictures.len());
        let shown = state.browse.shown.len();
        let words = if shown == total {
            widgets::counted(total, "picture", "pictures")
        } else {
            format!("{} of {}", widgets::count(shown), widgets::count(total))
        };
        ui.label(theme::heading(words, TextSize::Subtitle));
        if !state.browse.filter.is_empty() && ui.button(theme::labelled(icons::X, "Show all")).clicked() {
            state.command(Command::Do(Action::ClearFilters));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let toggle = widgets::icon_button(ui, icons::TAG, "Show or hide labels");
            if toggle.clicked() {
                state.command(Command::Do(Action::Labels));
            }
            ui.spacing_mut().slider_width = 90.0;
            let slider = egui::Slider::new(&mut state.prefs.thumbnail, 96.0..=360.0).show_value(false);
            let slider = ui.add(slider).on_hover_text("Size of the thumbnails");
            slider.widget_info(|| egui::WidgetInfo::slider(true, 0.0, "Size of the thumbnails"));
            ui.label(RichText::new(icons::GRID_FOUR).color(theme::palette(ui).quiet));
            sorting(ui, state);
            if ui.available_width() > 150.0
                && state
                    .open()
                    .is_some_and(|o| !o.catalog.scored() && !o.catalog.labels.is_empty())
                && !state.jobs.busy()
            {
                widgets::action_button(ui, state, Action::Predict);
            }
        });
    });
}

fn sorting(ui: &mut Ui, state: &mut State) {
    let scored = state.open().is_some_and(|o| o.catalog.scored());
    let label = match state.browse.sort {
        Sort::Score(label) => Some(label),
        _ => state.browse.filter.labels.first().map(|l| l.0),
    };
    let name = |sort: Sort| match sort {
        Sort::Data => "Data order".to_owned(),
        Sort::Name => "Name".to_owned(),
        Sort::Date => "Newest first".to_owned(),
        Sort::Uncertainty => "Least sure first".to_owned(),
        Sort::Score(label) => {
            let label = state
                .open()
                .and_then(|o| o.catalog.labels.get(label))
                .map_or("label", |l| l.name.as_str());
            format!("Most “{label}” first")
        }
    };
    let mut sorts = vec![Sort::Data, Sort::Name, Sort::Date];
    if scored {
        sorts.push(Sort::Uncertainty);
        sorts.extend(label.map(Sort::Score));
    }
    let mut chosen = state.browse.sort;
    let combo = egui::ComboBox::from_id_salt("sort")
        .selected_text(format!("{}  {}", icons::SORT_ASCENDING, name(chosen)))
        .width(150.0)
        .truncate()
        .show_ui(ui, |ui| {
            for sort in sorts {
                ui.selectable_value(&mut chosen, sort, name(sort));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Order of the pictures"));
    state.browse.sort = chosen;
}

fn body(ui: &mut Ui, state: &mut State) {
    let total = state.open().map_or(0, |o| o.catalog.pictures.len());
    if total == 0 {
        widgets::empty(
            ui,
            icons::IMAGES,
            "This project has no pictures",
            "The data that it was made from named none that exist.",
            |ui| {
                widgets::action_button(ui, state, Action::ImportFolder);
            },
        );
        return;
    }
    if state.browse.shown.is_empty() {
        widgets::empty(
            ui,
            icons::FUNNEL,
            "No picture is like that",
            "The filters on the left let nothing through.",
            |ui| {
                widgets::action_button(ui, state, Action::ClearFilters);
            },
        );
        return;
    }
    grid(ui, state);
}

/// Only the rows in sight are drawn.
fn grid(ui: &mut Ui, state: &mut State) {
    let width = ui.available_width() - 6.0;
    let wanted = state.prefs.thumbnail;
    let columns = ((width + GAP) / (wanted + GAP)).floor().max(1.0) as usize;
    let side = (width - GAP * (columns as f32 - 1.0)) / columns as f32;
    let height = (side * 0.8 + CAPTION).round();
    let rows = state.browse.shown.len().div_ceil(columns);
    state.browse.columns = columns;
    let mut area = egui::ScrollArea::vertical().auto_shrink(false).id_salt("grid");
    if std::mem::take(&mut state.browse.reveal) {
        let row = state.browse.cursor / columns;
        let top = row as f32 * (height + GAP);
        let id = ui.make_persistent_id(egui::Id::unique("grid"));
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
                if place >= state.browse.shown.len() {
                    break;
                }
                let left = rect.left() + column as f32 * (side + GAP);
                let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(side, height));
                thumbnail(ui, state, place, cell);
            }
        }
    });
    let id = ui.make_persistent_id(egui::Id::unique("grid"));
    ui.data_mut(|d| d.insert_temp(id, output.state.clamped_offset().y));
}

/// Draws a texture so that it fills a rectangle, cut where its shape differs.
pub fn cover(ui: &Ui, texture: &egui::TextureHandle, rect: Rect, radius: u8) {
    let size = texture.size_vec2();
    let (ours, theirs) = (rect.aspect_ratio(), size.x / size.y.max(1.0));
    let share = if theirs > ours {
        vec2(ours / theirs, 1.0)
    } else {
        vec2(1.0, theirs / ours)
    };
    let uv = Rect::from_center_size(pos2(0.5, 0.5), share);
    egui::Image::new(texture)
        .uv(uv)
        .corner_radius(CornerRadius::same(radius))
        .paint_at(ui, rect);
}

fn thumbnail(ui: &mut Ui, state: &mut State, place: usize, cell: Rect) {
    let p = theme::palette(ui);
    let index = state.browse.shown[place] as usize;
    let ctx = ui.ctx().clone();
    let id = ui.scope_id().with(("thumbnail", index));
    let response = ui.interact(cell, id, Sense::click());
    let picture = Rect::from_min_max(cell.min, cell.max - vec2(0.0, CAPTION));
    let chosen = state.browse.selection.contains(&(index as u32));
    let current = place == state.browse.cursor;
    let Some(open) = (match &state.project {
        super::Slot::Open(open) => Some(open),
        _ => None,
    }) else {
        return;
    };
    let catalog = &open.catalog;
    let shown = &catalog.pictures[index];
    let fill = if chosen { p.accent_ground } else { p.card };
    ui.painter().rect_filled(cell, 8.0, fill);
    let key = ThumbKey {
        picture: shown.id,
        large: false,
    };
    match state.thumbs.get(&ctx, key, &shown.path) {
        Thumb::Ready(texture) => cover(ui, &texture, picture.shrink(3.0), 6),
        Thumb::Loading => {
            ui.painter().rect_filled(picture.shrink(3.0), 6.0, p.hover);
        }
        Thumb::Broken(_) => {
            let center = picture.center();
            ui.painter().text(
                center - vec2(0.0, 8.0),
                egui::Align2::CENTER_CENTER,
                icons::WARNING,
                egui::FontId::proportional(24.0),
                p.warn,
            );
            let font = egui::FontId::proportional(TextSize::Small.points());
            ui.painter().text(
                center + vec2(0.0, 14.0),
                egui::Align2::CENTER_CENTER,
                "cannot be read",
                font,
                p.quiet,
            );
        }
    }
    let ring = match current {
        true => Some(Stroke::new(2.5, p.accent)),
        false if response.hovered() => Some(Stroke::new(1.0, p.quiet)),
        false => None,
    };
    if catalog.agreement(index) == Agreement::Wrong {
        let corner = picture.right_bottom() - vec2(15.0, 15.0);
        ui.painter().circle_filled(corner, 10.0, p.card);
        let font = egui::FontId::proportional(13.0);
        ui.painter()
            .text(corner, egui::Align2::CENTER_CENTER, icons::WARNING, font, p.warn);
    }
    if let Some(ring) = ring {
        ui.painter().rect_stroke(cell, 8.0, ring, egui::StrokeKind::Inside);
    }
    if shown.edited {
        ui.painter().circle(
            picture.right_top() + vec2(-12.0, 12.0),
            5.0,
            p.accent,
            Stroke::new(1.5, p.ground),
        );
    }
    super::picking::mark(ui, state, index, cell);
    if chosen {
        let corner = picture.left_top() + vec2(14.0, 14.0);
        ui.painter().circle_filled(corner, 9.0, p.accent);
        ui.painter().text(
            corner,
            egui::Align2::CENTER_CENTER,
            icons::CHECK,
            egui::FontId::proportional(12.0),
            p.on_accent,
        );
    }
    caption(
        ui,
        catalog,
        index,
        Rect::from_min_max(pos2(cell.left() + 7.0, picture.bottom()), cell.max - vec2(5.0, 3.0)),
    );
    let name = shown.name.clone();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &name));
    let response = response.on_hover_ui(|ui| tooltip(ui, state, index));
    click(state, &response, place);
}

/// The first labels of a picture, each with its mark: predicted labels that are there, that are not, and true ones unscored.
fn caption(ui: &Ui, catalog: &crate::app::catalog::Catalog, index: usize, rect: Rect) {
    let p = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let font = egui::FontId::proportional(TextSize::Small.points());
    let truth = catalog.truth_of(index);
    let scored = catalog.probability_of(index).is_some();
    let mut x = rect.left();
    let mut labels = catalog.top_labels(index, 4);
    let missed = |c: &usize| scored && truth[*c] == 1 && !labels.contains(c);
    let missed: Vec<usize> = (0..truth.len()).filter(missed).collect();
    labels.extend(&missed);
    if labels.is_empty() {
        let words = if scored { "nothing found" } else { "no label" };
        painter.text(rect.left_center(), egui::Align2::LEFT_CENTER, words, font, p.quiet);
        return;
    }
    for label in labels {
        let wrong = scored && truth[label] == 0;
        let color = match (wrong, missed.contains(&label)) {
            (true, _) => p.warn,
            (_, true) => p.quiet,
            _ => p.text,
        };
        let words = if wrong {
            format!("{}?", catalog.labels[label].name)
        } else {
            catalog.labels[label].name.clone()
        };
        let text = painter.text(
            pos2(x, rect.center().y),
            egui::Align2::LEFT_CENTER,
            words,
            font.clone(),
            color,
        );
        x = text.right() + 8.0;
        if x > rect.right() {
            break;
        }
    }
}

fn tooltip(ui: &mut Ui, state: &State, index: usize) {
    let Some(open) = state.open() else { return };
    let catalog = &open.catalog;
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

fn click(state: &mut State, response: &egui::Response, place: usize) {
    let index = state.browse.shown[place];
    if let Some(label) = state.browse.picking {
        // A double click is two clicks: the second must not take back what the first did.
        if response.clicked() && !response.double_clicked() {
            state.browse.cursor = place;
            super::picking::click(state, label, index as usize);
        }
        return;
    }
    if response.double_clicked() {
        state.browse.cursor = place;
        state.command(Command::Inspect(index as usize));
    } else if response.clicked() {
        let modifiers = response.ctx.input(|i| i.modifiers);
        let browse = &mut state.browse;
        if modifiers.shift {
            browse.cursor = place;
            super::travel::range(browse);
        } else if modifiers.command {
            if !browse.selection.remove(&index) {
                browse.selection.insert(index);
            }
            (browse.cursor, browse.anchor) = (place, place);
        } else {
            browse.selection.clear();
            browse.selection.insert(index);
            (browse.cursor, browse.anchor) = (place, place);
        }
    }
}

/// Filters by a label, or no longer where that very filter is on.
pub fn filter_by(state: &mut State, label: usize) {
    let wanted = vec![(label, LabelTest::Positive)];
    let filter = if state.browse.filter.labels == wanted {
        Filter::default()
    } else {
        Filter {
            labels: wanted,
            ..Filter::default()
        }
    };
    state.command(Command::Show(filter, state.browse.sort));
}

/// Black where nothing else is.
pub const BACKDROP: Color32 = Color32::from_rgb(10, 11, 13);
