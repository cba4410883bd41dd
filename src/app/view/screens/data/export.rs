//! Export: labels for other programs.

use super::parts::{card, failed, progress};
use crate::app::model::command::{Command, DataCommand, Field};
use crate::app::model::data_forms::{ExportForm, ending};
use crate::app::model::job_kind::DataTask;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use crate::dataset::formats::{Format, PicturesAs, TableShape};
use crate::dataset::model::Split;
use eframe::egui::{self, RichText, Ui};

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let (counts, total) = (open.catalog.split_counts(), open.catalog.pictures.len());
    let mut form = model.data.export.clone();
    let mut export = false;
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(820.0);
        card(ui, "Labels for other programs", |ui| {
            egui::Grid::new("export")
                .num_columns(2)
                .spacing([14.0, 8.0])
                .show(ui, |ui| {
                    what(ui, &mut form);
                    which(ui, &mut form, counts, total);
                    how(ui, &mut form);
                });
            where_to(ui, screen, &mut form);
            ui.add_space(theme::SMALL);
            export = go(ui, screen, &mut form);
        });
        done(ui, &form);
    });
    if form != model.data.export {
        screen.command(Command::Data(DataCommand::ExportForm(Box::new(form))));
    }
    if export {
        screen.command(Command::Data(DataCommand::Export));
    }
}

fn what(ui: &mut Ui, form: &mut ExportForm) {
    ui.label("Format");
    let shown = form.format.map_or("XMP sidecars beside the pictures", Format::title);
    let mut chosen = form.format;
    widgets::combo(ui, "export format", "Format of the export", shown, 280.0, |ui| {
        for format in Format::ALL.into_iter().filter(|f| *f != Format::Auto) {
            ui.selectable_value(&mut chosen, Some(format), format.title());
        }
        ui.selectable_value(&mut chosen, None, "XMP sidecars beside the pictures");
    });
    if chosen != form.format {
        (form.format, form.typed, form.pictures) = (chosen, false, None);
        (form.done, form.failure) = (None, None);
    }
    ui.end_row();
}

fn which(ui: &mut Ui, form: &mut ExportForm, counts: [usize; 4], total: usize) {
    ui.label("Pictures");
    ui.horizontal_wrapped(|ui| {
        if widgets::chip(ui, &format!("all {}", words::count(total)), form.splits.is_empty()).clicked() {
            form.splits.clear();
        }
        for (split, count) in Split::ALL.into_iter().zip(counts).filter(|(_, n)| *n > 0) {
            let on = form.splits.contains(&split);
            if widgets::chip(ui, &format!("{split} {}", words::count(count)), on).clicked() {
                if on {
                    form.splits.remove(&split);
                } else {
                    form.splits.insert(split);
                }
            }
        }
    });
    ui.end_row();
}

fn how(ui: &mut Ui, form: &mut ExportForm) {
    let Some(format) = form.format else {
        ui.label("Sidecars");
        ui.vertical(|ui| {
            ui.radio_value(&mut form.stem, false, "picture.jpg.xmp (darktable, digiKam)");
            ui.radio_value(&mut form.stem, true, "picture.xmp (Lightroom, Bridge)");
        });
        ui.end_row();
        return;
    };
    if format != Format::Project {
        ui.label("The picture files");
        ui.horizontal_wrapped(|ui| {
            for (pictures, name, help) in [
                (None, "as the format needs it", "Named where that is enough"),
                (Some(PicturesAs::Named), "named", "They stay where they are"),
                (
                    Some(PicturesAs::Links),
                    "linked",
                    "Hard links where the disk allows it: no space is taken",
                ),
                (Some(PicturesAs::Copies), "copied", "Whole copies"),
            ] {
                if widgets::chip(ui, name, form.pictures == pictures)
                    .on_hover_text(help)
                    .clicked()
                {
                    form.pictures = pictures;
                }
            }
        });
        ui.end_row();
    }
    if format == Format::Csv {
        ui.label("Table");
        ui.horizontal_wrapped(|ui| {
            for (shape, name) in [
                (TableShape::Wide, "a column for each label"),
                (TableShape::Joined, "all labels in one column"),
                (TableShape::Long, "a line for each label"),
            ] {
                if widgets::chip(ui, name, form.table == shape).clicked() {
                    form.table = shape;
                }
            }
        });
        ui.end_row();
        ui.label("");
        ui.checkbox(&mut form.safe, "safe for spreadsheets")
            .on_hover_text("Cells that a spreadsheet would take for a formula get a leading apostrophe");
        ui.end_row();
    }
}

fn where_to(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ExportForm) {
    let Some(format) = form.format else {
        ui.label(theme::quiet(
            ui,
            "A small file beside each picture. What other programs wrote there stays; the pictures are not touched.",
        ));
        return;
    };
    let words = match ending(format) {
        "" => "Into a new folder",
        _ => "Into a new file, or a folder where the name has no ending",
    };
    ui.label(words);
    if widgets::path_choice(ui, screen, &mut form.out, "Where the export goes", "a path", Field::Out) {
        form.typed = true;
    }
    ui.checkbox(&mut form.replace, "replace what is there");
}

/// The button; whether it was pressed.
fn go(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ExportForm) -> bool {
    if progress(ui, screen, DataTask::Export, "Exporting")
        || progress(ui, screen, DataTask::Sidecars, "Writing sidecars")
    {
        return false;
    }
    let ready = form.format.is_none() || !form.out.trim().is_empty();
    let button = theme::primary(ui, theme::labelled(icons::UPLOAD_SIMPLE, "Export"));
    let response = ui.add_enabled(ready, button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ready, "Export now"));
    if response.clicked() {
        // What is shown is what is written: the place is no longer a suggestion.
        form.typed = true;
    }
    if let Some(failure) = &form.failure {
        ui.add_space(theme::SMALL);
        failed(ui, failure);
    }
    response.clicked()
}

/// What was written.
fn done(ui: &mut Ui, form: &ExportForm) {
    let p = theme::palette(ui);
    if let Some((path, report)) = &form.done {
        card(ui, "Written", |ui| {
            let words = format!(
                "{} {} and {} with {} in {}",
                icons::CHECK,
                words::counted(report.images, "picture", "pictures"),
                words::counted(report.labels, "label", "labels"),
                words::counted(report.annotations, "label on a picture", "labels on pictures"),
                words::counted(report.files, "file", "files"),
            );
            ui.label(RichText::new(words).color(p.good));
            ui.add(
                egui::Label::new(RichText::new(path).monospace())
                    .wrap()
                    .selectable(true),
            );
            if !report.warnings.is_empty() {
                ui.add_space(theme::SMALL);
                ui.label("What the format could not say, and what else there is to know:");
                for warning in report.warnings.iter().take(60) {
                    let text = format!("{} {}", icons::WARNING, widgets::warning_line(warning));
                    ui.add(
                        egui::Label::new(RichText::new(text).color(p.warn))
                            .wrap()
                            .selectable(true),
                    );
                }
            }
        });
    }
    if !form.sidecars.is_empty() {
        card(ui, "Written", |ui| {
            ui.set_min_height(220.0);
            widgets::lines(ui, "sidecars", &form.sidecars);
        });
    }
}
