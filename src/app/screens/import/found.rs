//! The middle of an import: counts, some pictures, labels, what needs a look.

use super::difference;
use crate::app::command::Command;
use crate::app::data::form::{ImportForm, Shown};
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use crate::dataset::formats::{Preview, PreviewRow};
use eframe::egui::{self, Align, Layout, RichText, Sense, Ui, vec2};

/// Height of a picture's row.
const ROW: f32 = 68.0;

/// Shows what was found.
pub fn show(ui: &mut Ui, state: &mut State, form: &mut ImportForm, preview: &Preview) {
    counts(ui, preview);
    ui.add_space(theme::MEDIUM);
    super::tabs(ui, form, preview);
    ui.add_space(theme::SMALL);
    match form.shown {
        Shown::Difference if form.into_open => difference::show(ui, state, form),
        Shown::Labels => labels(ui, preview),
        Shown::Problems => problems(ui, state, preview),
        _ => rows(ui, state, preview),
    }
}

fn counts(ui: &mut Ui, preview: &Preview) {
    let p = theme::palette(ui);
    let splits: Vec<String> = ["train", "val", "test"]
        .iter()
        .filter_map(|split| Some(format!("{split} {}", widgets::count(*preview.splits.get(*split)?))))
        .collect();
    let splits = if splits.is_empty() {
        "none".to_owned()
    } else {
        splits.join(", ")
    };
    let mut numbers = vec![
        (widgets::count(preview.images), "pictures"),
        (widgets::count(preview.labels.len()), "labels"),
        (widgets::count(preview.annotations), "labels on pictures"),
    ];
    if preview.boxes > 0 {
        numbers.push((widgets::count(preview.boxes), "boxes"));
    }
    numbers.push((widgets::count(preview.without_labels), "without a label"));
    numbers.push((splits, "splits"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 26.0;
        for (number, what) in numbers {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(theme::heading(number, TextSize::Title));
                ui.label(RichText::new(what).size(TextSize::Small.points()).color(p.quiet));
            });
        }
    });
}

/// Some of the pictures, spread over the data.
fn rows(ui: &mut Ui, state: &mut State, preview: &Preview) {
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, preview.rows.len(), |ui, range| {
            for row in &preview.rows[range] {
                picture(ui, state, row);
            }
        });
}

fn picture(ui: &mut Ui, state: &mut State, row: &PreviewRow) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, ROW), Sense::hover());
    ui.painter().rect_filled(rect, 8.0, p.card);
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 5.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let ui = &mut line;
    widgets::path_thumbnail(ui, state, &row.path, vec2(72.0, 56.0));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(2.0);
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(&row.name).truncate()).on_hover_text(&row.name);
            if let Some(split) = &row.split {
                ui.label(theme::quiet(ui, split.clone()));
            }
            if row.boxes > 0 {
                ui.label(theme::quiet(ui, widgets::counted(row.boxes, "box", "boxes")));
            }
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            if row.labels.is_empty() {
                ui.label(theme::quiet(ui, "no label"));
            }
            for (i, label) in row.labels.iter().enumerate() {
                if ui.available_width() < 90.0 {
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
                    let words = format!("{name}: {}", widgets::counted(*count, "picture", "pictures"));
                    let width = (ui.available_width() - 110.0).clamp(60.0, 420.0);
                    let share = *count as f32 / most;
                    widgets::share_bar(ui, vec2(width, 9.0), &[(share, p.groups[0])], None, &words);
                    ui.label(widgets::count(*count));
                });
            }
        });
}

/// Warnings and names without a picture, to be read in full and copied.
fn problems(ui: &mut Ui, state: &mut State, preview: &Preview) {
    let mut lines: Vec<String> = preview.warnings.iter().map(widgets::warning_line).collect();
    lines.extend(
        (preview.unmatched.iter()).map(|name| format!("named in the data, but there is no such picture: {name}")),
    );
    ui.horizontal(|ui| {
        if !preview.unmatched.is_empty() {
            ui.label(format!(
                "{} named, but not found. If they are elsewhere, choose the folder on the left.",
                widgets::counted(preview.unmatched.len(), "picture is", "pictures are")
            ));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(theme::labelled(icons::COPY, "Copy all")).clicked() {
                state.command(Command::Copy(lines.join("\n")));
            }
        });
    });
    widgets::lines(ui, "problems", &lines);
}
