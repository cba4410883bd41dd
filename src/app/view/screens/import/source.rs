//! The left side of an import: what the data are, what they mean, where the project goes.

use crate::app::model::command::Field;
use crate::app::model::data_forms::{ImportForm, similar};
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets;
use crate::dataset::formats::{Columns, Format, Preview, TableShape};
use crate::dataset::model::Absent;
use eframe::egui::{self, Ui};
use std::time::Duration;

/// How the format shows itself.
fn reason(format: Format) -> &'static str {
    match format {
        Format::Auto => "It is found out from the data.",
        Format::Coco => "A JSON file with images, annotations and categories.",
        Format::Voc => "An XML file with boxes for each picture.",
        Format::Yolo => "A text file with class numbers for each picture.",
        Format::Csv => "A table with a line for each picture or label.",
        Format::List => "Text lists: a picture and the numbers of its labels in each line.",
        Format::Folder => "Pictures in folders: each folder's name is a label.",
        Format::LabelStudio => "A JSON export of Label Studio.",
        Format::Cvat => "An XML export “CVAT for images”.",
        Format::Project => "A project of this program.",
    }
}

/// Shows the panel.
pub(super) fn panel(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ImportForm) {
    ui.add(egui::Label::new(theme::heading(format!("Import “{}”", form.name()), TextSize::Title)).truncate());
    ui.add(egui::Label::new(theme::quiet(ui, form.data.display().to_string())).truncate())
        .on_hover_text(form.data.display().to_string());
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let now = screen.now;
        format(ui, now, form);
        columns(ui, now, form);
        pictures(ui, screen, form);
        absent(ui, now, form);
        one(ui, form);
        place(ui, screen, form);
        ui.add_space(theme::MEDIUM);
    });
}

fn section(ui: &mut Ui, name: &str) {
    ui.add_space(theme::MEDIUM);
    ui.label(theme::heading(name, TextSize::Subtitle));
}

fn format(ui: &mut Ui, now: Duration, form: &mut ImportForm) {
    section(ui, "What it is");
    let found = form.preview.as_ref().map(|p| p.format);
    let words = match (form.format, found) {
        (Format::Auto, Some(_)) if unlabelled(form) => "Pictures without labels".to_owned(),
        (Format::Auto, Some(found)) => format!("{} (found out)", found.title()),
        (chosen, _) => chosen.title().to_owned(),
    };
    let mut chosen = form.format;
    widgets::combo(ui, "format", "Format of the data", &words, 260.0, |ui| {
        for format in Format::ALL {
            ui.selectable_value(&mut chosen, format, format.title());
        }
    });
    if chosen != form.format {
        form.format = chosen;
        form.columns = Columns::default();
        form.change(now);
    }
    let shown = match form.format {
        Format::Auto => found.unwrap_or_default(),
        chosen => chosen,
    };
    let reason = if form.format == Format::Auto && unlabelled(form) {
        "Labels are given in the project, by clicking pictures."
    } else {
        reason(shown)
    };
    ui.add(egui::Label::new(theme::quiet(ui, reason)).wrap());
}

/// Whether the data are pictures and nothing more.
fn unlabelled(form: &ImportForm) -> bool {
    let preview = form.preview.as_ref();
    preview.is_some_and(|p| p.format == Format::Folder && p.labels.is_empty() && p.images > 0)
}

/// What the columns of a table mean.
fn columns(ui: &mut Ui, now: Duration, form: &mut ImportForm) {
    let Some(preview) = form.preview.clone().filter(|p| !p.columns.is_empty()) else {
        return;
    };
    section(ui, "What the columns mean");
    let taken = &preview.mapping;
    let nobody_said = |field: &str| match field {
        "Pictures" | "Labels" if preview.problem.is_some() => "choose a column",
        _ => "none",
    };
    let mut new = form.columns.clone();
    let shapes = [
        (TableShape::Wide, "a column for each label"),
        (TableShape::Joined, "all labels in one column"),
        (TableShape::Long, "a line for each label"),
    ];
    let name = |shape: TableShape| shapes.iter().find(|s| s.0 == shape).map_or("", |s| s.1);
    egui::Grid::new("columns")
        .num_columns(2)
        .spacing([10.0, 6.0])
        .show(ui, |ui| {
            ui.label("Shape");
            let words = new.shape.or(taken.shape).map_or("found out", name);
            widgets::combo(ui, "shape", "Shape of the table", words, 200.0, |ui| {
                ui.selectable_value(&mut new.shape, None, "found out");
                for (shape, words) in shapes {
                    ui.selectable_value(&mut new.shape, Some(shape), words);
                }
            });
            ui.end_row();
            let shape = new.shape.or(taken.shape);
            let fields: [(&str, &mut Option<String>, &Option<String>, bool); 4] = [
                ("Pictures", &mut new.image, &taken.image, true),
                (
                    "Labels",
                    &mut new.labels,
                    &taken.labels,
                    shape != Some(TableShape::Wide),
                ),
                ("Score", &mut new.score, &taken.score, shape == Some(TableShape::Long)),
                ("Split", &mut new.split, &taken.split, true),
            ];
            for (field, value, taken, shown) in fields {
                if !shown {
                    continue;
                }
                ui.label(field);
                let words = value.clone().or_else(|| taken.clone());
                let words = words.unwrap_or_else(|| nobody_said(field).to_owned());
                let name = format!("Column of {}", field.to_lowercase());
                widgets::combo(ui, field, &name, &words, 200.0, |ui| {
                    ui.selectable_value(value, None, "found out");
                    for column in &preview.columns {
                        ui.selectable_value(value, Some(column.clone()), column);
                    }
                });
                ui.end_row();
            }
            if shape == Some(TableShape::Joined) {
                ui.label("Between labels");
                let shown = new.separator.or(taken.separator);
                let words = shown.map_or_else(|| "found out".to_owned(), |c| format!("“{c}”"));
                widgets::combo(ui, "separator", "What stands between labels", &words, 200.0, |ui| {
                    ui.selectable_value(&mut new.separator, None, "found out");
                    for c in ['|', ';', ',', ' ', '/'] {
                        ui.selectable_value(&mut new.separator, Some(c), format!("“{c}”"));
                    }
                });
                ui.end_row();
            }
            if shape == Some(TableShape::Long) {
                ui.label("Counts from");
                let mut from = new.threshold.unwrap_or(0.5);
                let field = ui.add(egui::DragValue::new(&mut from).speed(0.01).range(0.0..=1.0));
                if field.on_hover_text("From which score on a label counts").changed() {
                    new.threshold = Some(from);
                }
                ui.end_row();
            }
        });
    first_rows(ui, &preview);
    if new != form.columns {
        form.columns = new;
        form.change(now);
    }
}

/// Letters of a cell that are shown.
const CELL: usize = 24;

/// The first rows of a table, so that one sees what a column holds.
fn first_rows(ui: &mut Ui, preview: &Preview) {
    ui.add_space(theme::SMALL);
    egui::ScrollArea::horizontal().id_salt("first rows").show(ui, |ui| {
        egui::Grid::new("first rows")
            .striped(true)
            .spacing([12.0, 3.0])
            .show(ui, |ui| {
                for (i, row) in preview.head.iter().enumerate() {
                    for cell in row {
                        let mut short: String = cell.chars().take(CELL).collect();
                        if short.len() < cell.len() {
                            short.push('…');
                        }
                        let words = match i {
                            0 => theme::heading(short, TextSize::Small),
                            _ => theme::quiet(ui, short),
                        };
                        ui.add(egui::Label::new(words).extend());
                    }
                    ui.end_row();
                }
            });
        ui.add_space(theme::SMALL);
    });
}

/// Where the pictures and the names of labels are.
fn pictures(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ImportForm) {
    let format = form.preview.as_ref().map_or(form.format, |p| p.format);
    let names = matches!(format, Format::List | Format::Yolo);
    if !matches!(format, Format::Folder | Format::Project) {
        section(ui, "The pictures are in");
        let hint = "found beside the data";
        let name = "Folder of the pictures";
        if widgets::path_choice(ui, screen, &mut form.images, name, hint, Field::Images) {
            form.change(screen.now);
        }
    }
    if names || !form.names.is_empty() {
        section(ui, "The labels' names are in");
        let hint = "found beside the data";
        if widgets::path_choice(ui, screen, &mut form.names, "File of label names", hint, Field::Names) {
            form.change(screen.now);
        }
    }
}

fn absent(ui: &mut Ui, now: Duration, form: &mut ImportForm) {
    // Where no label is mentioned at all, it is said while labels are given.
    if unlabelled(form) {
        return;
    }
    section(ui, "A label that is not mentioned");
    let before = form.absent;
    ui.radio_value(&mut form.absent, Absent::Negative, "is not there")
        .on_hover_text("The data name every label of a picture: the usual case");
    ui.radio_value(&mut form.absent, Absent::Unknown, "is not known: nobody looked")
        .on_hover_text("Kept out of training and of all numbers until somebody says");
    if form.absent != before && form.into_open {
        // The difference is another one.
        form.change(now);
    }
}

/// Labels that may be one.
fn one(ui: &mut Ui, form: &mut ImportForm) {
    let Some(preview) = form.preview.clone() else { return };
    let groups = similar(preview.labels.iter().map(|(name, count)| (name.as_str(), *count)));
    if groups.is_empty() {
        return;
    }
    section(ui, "Are these one?");
    for (key, names) in groups {
        let mut on = form.one.contains(&key);
        let list = names.iter().map(|n| format!("“{n}”")).collect::<Vec<_>>().join(" and ");
        let words = format!("{list} are one: “{}”", names[0]);
        if ui.checkbox(&mut on, words).changed() {
            if on {
                form.one.insert(key);
            } else {
                form.one.remove(&key);
            }
        }
    }
}

/// Where the data go.
fn place(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ImportForm) {
    section(ui, "Where it goes");
    let open = screen.open().map(|open| (open.catalog.name(), open.catalog.writable));
    if let Some((name, writable)) = open {
        let before = form.into_open;
        ui.radio_value(&mut form.into_open, false, "into a new project");
        ui.add_enabled_ui(writable, |ui| {
            ui.radio_value(&mut form.into_open, true, format!("into “{name}”: merge"))
                .on_hover_text("What people said there stays; the difference is shown first");
        });
        if form.into_open != before {
            form.difference = None;
            form.change(screen.now);
        }
    }
    if !form.into_open {
        let edit = egui::TextEdit::singleline(&mut form.project).desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| widgets::field_info("", "Folder of the new project"));
        ui.add(
            egui::Label::new(theme::quiet(
                ui,
                "A new folder. Only labels and results are kept there, no pictures.",
            ))
            .wrap(),
        );
    }
}
