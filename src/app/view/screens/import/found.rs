//! The middle of an import: counts, some pictures, labels, what needs a look.

use super::difference;
use crate::app::model::command::Command;
use crate::app::model::data_forms::{ImportForm, Shown};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::formats::{Preview, PreviewRow};
use eframe::egui::{self, Align, FontId, Layout, Sense, Ui, vec2};

/// Height of a picture's row.
const ROW: f32 = 68.0;

/// Shows what was found.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ImportForm, preview: &Preview) {
    counts(ui, preview);
    ui.add_space(theme::MEDIUM);
    tabs(ui, form, preview);
    ui.add_space(theme::SMALL);
    match form.shown {
        Shown::Difference if form.into_open => difference::show(ui, screen, form),
        Shown::Labels => labels(ui, preview),
        Shown::Problems => problems(ui, screen, preview),
        _ => rows(ui, screen, preview),
    }
}

fn counts(ui: &mut Ui, preview: &Preview) {
    let p = theme::palette(ui);
    let mut numbers = vec![
        (preview.images, "pictures"),
        (preview.labels.len(), "labels"),
        (preview.annotations, "labels on pictures"),
    ];
    if preview.boxes > 0 {
        numbers.push((preview.boxes, "boxes"));
    }
    numbers.push((preview.without_labels, "without a label"));
    let splits = ["train", "val", "test"].into_iter();
    numbers.extend(splits.filter_map(|split| Some((*preview.splits.get(split)?, split))));
    let large = FontId::new(TextSize::Title.points(), theme::strong());
    let small = FontId::proportional(TextSize::Small.points());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(26.0, 4.0);
        for (number, what) in numbers {
            // Drawn by hand: only what has a known size goes on to the next line where there is no room.
            let number = ui.painter().layout_no_wrap(words::count(number), large.clone(), p.text);
            let what = ui.painter().layout_no_wrap(what.to_owned(), small.clone(), p.quiet);
            let size = vec2(number.size().x.max(what.size().x), number.size().y + what.size().y);
            let words = format!("{} {}", number.text(), what.text());
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &words));
            let below = rect.min + vec2(0.0, number.size().y);
            ui.painter().galley(rect.min, number, p.text);
            ui.painter().galley(below, what, p.quiet);
        }
        if preview.splits.is_empty() {
            ui.label(theme::quiet(ui, "no splits"));
        }
    });
}

/// Switches between what is shown of the data.
fn tabs(ui: &mut Ui, form: &mut ImportForm, preview: &Preview) {
    let problems = preview.warnings.len() + preview.unmatched.len();
    ui.horizontal_wrapped(|ui| {
        let mut tab = |ui: &mut Ui, shown: Shown, words: String| {
            if widgets::chip(ui, &words, form.shown == shown).clicked() {
                form.shown = shown;
            }
        };
        if form.into_open {
            tab(ui, Shown::Difference, "What would change".to_owned());
        }
        let rows = preview.rows.len();
        let words = if rows < preview.images {
            format!("{rows} of {} pictures", words::count(preview.images))
        } else {
            words::counted(rows, "picture", "pictures")
        };
        tab(ui, Shown::Pictures, words);
        tab(
            ui,
            Shown::Labels,
            words::counted(preview.labels.len(), "label", "labels"),
        );
        if problems > 0 {
            let words = words::counted(problems, "thing to look at", "things to look at");
            tab(ui, Shown::Problems, format!("{} {words}", icons::WARNING));
        }
    });
}

/// Some of the pictures, spread over the data.
fn rows(ui: &mut Ui, screen: &mut Screen<'_>, preview: &Preview) {
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, preview.rows.len(), |ui, range| {
            for row in &preview.rows[range] {
                picture(ui, screen, row);
            }
        });
}

fn picture(ui: &mut Ui, screen: &mut Screen<'_>, row: &PreviewRow) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, ROW), Sense::hover());
    ui.painter().rect_filled(rect, 8.0, p.card);
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 5.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let ui = &mut line;
    widgets::path_thumbnail(ui, screen, &row.path, vec2(72.0, 56.0));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(2.0);
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(&row.name).truncate()).on_hover_text(&row.name);
            if let Some(split) = &row.split {
                ui.label(theme::quiet(ui, split.clone()));
            }
            if row.boxes > 0 {
                ui.label(theme::quiet(ui, words::counted(row.boxes, "box", "boxes")));
            }
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            if row.labels.is_empty() {
                ui.label(theme::quiet(ui, "no label"));
            }
            for (i, label) in row.labels.iter().enumerate() {
                // Room for the longest usual label and for the word that there are more.
                if ui.available_width() < 190.0 && i + 1 < row.labels.len() {
                    ui.label(theme::quiet(ui, format!("and {} more", row.labels.len() - i)))
                        .on_hover_text(row.labels.join(", "));
                    break;
                }
                widgets::word(ui, label);
            }
        });
    });
}

fn labels(ui: &mut Ui, preview: &Preview) {
    let p = theme::palette(ui);
    let mut order: Vec<usize> = (0..preview.labels.len()).collect();
    order.sort_by_key(|l| std::cmp::Reverse(preview.labels[*l].1));
    let most = preview.labels.iter().map(|l| l.1).max().unwrap_or(1).max(1) as f32;
    if order.is_empty() {
        ui.add_space(theme::LARGE);
        ui.label("The data have no labels. They can be given to the pictures afterwards.");
    }
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, 26.0, order.len(), |ui, range| {
            for l in &order[range] {
                let (name, count) = &preview.labels[*l];
                ui.horizontal(|ui| {
                    ui.allocate_ui_with_layout(vec2(220.0, 24.0), Layout::left_to_right(Align::Center), |ui| {
                        ui.set_width(220.0);
                        ui.add(egui::Label::new(name).truncate()).on_hover_text(name);
                    });
                    let words = format!("{name}: {}", words::counted(*count, "picture", "pictures"));
                    let width = (ui.available_width() - 110.0).clamp(60.0, 420.0);
                    let share = *count as f32 / most;
                    widgets::share_bar(ui, vec2(width, 9.0), &[(share, p.groups[0])], None, &words);
                    ui.label(words::count(*count));
                });
            }
        });
}

/// Warnings and names without a picture, to be read in full and copied.
fn problems(ui: &mut Ui, screen: &mut Screen<'_>, preview: &Preview) {
    let mut lines: Vec<String> = preview.warnings.iter().map(widgets::warning_line).collect();
    lines.extend(
        (preview.unmatched.iter()).map(|name| format!("named in the data, but there is no such picture: {name}")),
    );
    ui.horizontal(|ui| {
        if !preview.unmatched.is_empty() {
            ui.label(format!(
                "{} named, but not found. If they are elsewhere, choose the folder on the left.",
                words::counted(preview.unmatched.len(), "picture is", "pictures are")
            ));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(theme::labelled(icons::COPY, "Copy all")).clicked() {
                screen.command(Command::Copy(lines.join("\n")));
            }
        });
    });
    widgets::lines(ui, "problems", &lines);
}
