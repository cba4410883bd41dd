//! What was found: by the imports, by the check of the content, and files that are gone.

use super::moved;
use super::parts::progress;
use crate::app::model::command::{Command, DataCommand};
use crate::app::model::data_forms::Listed;
use crate::app::model::job_kind::DataTask;
use crate::app::model::project_messages::Report;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::project::DuplicateGroup;
use eframe::egui::{self, Align, Layout, Sense, Ui, vec2};

/// Height of a group of copies.
const GROUP: f32 = 92.0;

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(report) = &model.data.report.value else {
        widgets::loading(ui, "Reading what was found …");
        return;
    };
    let lists = lists(report);
    check(ui, screen, report);
    ui.add_space(theme::SMALL);
    let filled: Vec<&(Listed, &str, usize)> = lists.iter().filter(|l| l.2 > 0).collect();
    let listed = match model.data.found.listed {
        Listed::First => filled.first().map_or(Listed::First, |l| l.0),
        listed => listed,
    };
    ui.horizontal_wrapped(|ui| {
        for (which, name, count) in &lists {
            if (*count > 0 || *which == listed || *which == Listed::Missing)
                && widgets::chip(ui, &format!("{name} {}", words::count(*count)), *which == listed).clicked()
            {
                screen.command(Command::Data(DataCommand::Listed(*which)));
            }
        }
    });
    ui.add_space(theme::SMALL);
    save(ui, screen, report.imports.is_empty());
    ui.separator();
    match listed {
        Listed::First => {
            widgets::empty(
                ui,
                icons::SEAL_CHECK,
                "Nothing needs a look",
                "Every name of the data has its picture, and every picture that was checked can be read.",
                |_| {},
            );
        }
        Listed::Missing => moved::show(ui, screen, report),
        Listed::Leaks | Listed::Copies => copies(ui, screen, report, listed == Listed::Leaks),
        listed => {
            let lines = lines_of(report, listed);
            ui.horizontal(|ui| {
                ui.label(theme::quiet(ui, sentence(listed)));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.button(theme::labelled(icons::COPY, "Copy all")).clicked() {
                        screen.command(Command::Copy(lines.join("\n")));
                    }
                });
            });
            widgets::lines(ui, "found", &lines);
        }
    }
}

/// All lists with their names and lengths.
fn lists(report: &Report) -> Vec<(Listed, &'static str, usize)> {
    let leaks = report.copies.iter().filter(|group| group.leakage).count();
    [
        (Listed::Missing, "Missing files", report.missing.len()),
        (
            Listed::Unmatched,
            "Not found",
            lines_of(report, Listed::Unmatched).len(),
        ),
        (
            Listed::Unreadable,
            "Cannot be read",
            lines_of(report, Listed::Unreadable).len(),
        ),
        (
            Listed::Ambiguous,
            "Could be several",
            lines_of(report, Listed::Ambiguous).len(),
        ),
        (Listed::Leaks, "Copies in several splits", leaks),
        (Listed::Copies, "Copies", report.copies.len()),
        (Listed::Warnings, "Other", lines_of(report, Listed::Warnings).len()),
    ]
    .to_vec()
}

fn sentence(listed: Listed) -> &'static str {
    match listed {
        Listed::Unmatched => "The data name these pictures, but no such file was found.",
        Listed::Unreadable => "These pictures are damaged or of a kind that is not known; they were left out.",
        Listed::Ambiguous => "These names fit several files; none was taken.",
        _ => "",
    }
}

fn lines_of(report: &Report, listed: Listed) -> Vec<String> {
    let imports = report.imports.iter();
    match listed {
        Listed::Unmatched => imports.flat_map(|i| i.unmatched.clone()).collect(),
        Listed::Unreadable => {
            let told = imports
                .flat_map(|i| &i.quarantined)
                .map(|q| format!("{}: {}", q.file, q.reason));
            let checked = report.unusable.iter().map(|(name, reason)| format!("{name}: {reason}"));
            told.chain(checked).collect()
        }
        Listed::Ambiguous | Listed::Warnings => imports
            .flat_map(|i| &i.warnings)
            .filter(|w| (w.code == "ambiguous") == (listed == Listed::Ambiguous))
            .map(widgets::warning_line)
            .collect(),
        _ => Vec::new(),
    }
}

/// The check of the content: how far, or a button.
fn check(ui: &mut Ui, screen: &mut Screen<'_>, report: &Report) {
    if progress(ui, screen, DataTask::Check, "Checking the pictures") {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if report.unchecked == 0 {
            ui.label(theme::quiet(ui, "Every picture was read and compared with the others."));
            return;
        }
        let words = words::counted(report.unchecked, "picture was", "pictures were");
        ui.label(format!("{words} not read yet: damage and copies may be unknown."));
        let writable = screen.open().is_some_and(|open| open.catalog.writable);
        let button = egui::Button::new(theme::labelled(icons::SEAL_CHECK, "Check the pictures"));
        if ui.add_enabled(writable, button).clicked() {
            screen.command(Command::Data(DataCommand::Check));
        }
    });
}

/// Saves what the imports found.
fn save(ui: &mut Ui, screen: &mut Screen<'_>, nothing: bool) {
    if nothing {
        return;
    }
    if progress(ui, screen, DataTask::Report, "Saving the report") {
        return;
    }
    let mut out = screen.data.found.out.clone();
    let hint = "Save what the imports found: a new file, .csv for a table, .txt to read";
    let go = widgets::path_field(ui, &mut out, "File of the report", hint, "Save as");
    if out != screen.data.found.out {
        screen.command(Command::Data(DataCommand::ReportOut(out)));
    }
    if go {
        screen.command(Command::Data(DataCommand::SaveReport));
    }
}

/// Groups of copies with their pictures.
fn copies(ui: &mut Ui, screen: &mut Screen<'_>, report: &Report, leaks: bool) {
    let groups: Vec<&DuplicateGroup> = report.copies.iter().filter(|g| g.leakage || !leaks).collect();
    ui.horizontal(|ui| {
        let words = if leaks {
            "A copy in another split makes results look too good: put all copies into one split, or take one out."
        } else {
            "Pictures with the same content, or almost the same."
        };
        ui.label(theme::quiet(ui, words));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let ids = || groups.iter().flat_map(|g| &g.pictures).map(|p| p.picture).collect();
            if !groups.is_empty() && ui.button("Show all of them").clicked() {
                screen.command(Command::Data(DataCommand::Pictures(ids(), "copies".to_owned())));
            }
        });
    });
    egui::ScrollArea::vertical()
        .id_salt("copies")
        .auto_shrink(false)
        .show_rows(ui, GROUP, groups.len(), |ui, range| {
            for group in &groups[range] {
                copy(ui, screen, group);
            }
        });
}

fn copy(ui: &mut Ui, screen: &mut Screen<'_>, group: &DuplicateGroup) {
    let p = theme::palette(ui);
    let model = screen.model;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width() - 10.0, GROUP - 6.0), Sense::hover());
    ui.painter().rect_filled(rect, 8.0, p.card);
    let mut line = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 6.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let ui = &mut line;
    for picture in group.pictures.iter().take(4) {
        let catalog = model.open().map(|open| &open.catalog);
        if let Some(catalog) = catalog
            && let Some(at) = catalog.index_of(picture.picture)
        {
            widgets::path_thumbnail(ui, screen, &catalog.pictures[at].path, vec2(82.0, 66.0));
        }
    }
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let kind = if group.exact {
            "The same content"
        } else {
            "Almost the same"
        };
        let words = format!("{kind}, {} pictures", group.pictures.len());
        ui.label(theme::heading(words, TextSize::Body));
        let names: Vec<String> = (group.pictures.iter())
            .map(|p| format!("{} ({})", p.name, p.split.map_or("no split", |s| s.name())))
            .collect();
        let text = theme::quiet(ui, names.join(", "));
        ui.add(egui::Label::new(text).truncate())
            .on_hover_text(names.join("\n"));
        if ui.button("Show these pictures").clicked() {
            let ids = group.pictures.iter().map(|p| p.picture).collect();
            let name = format!("copies of {}", group.pictures[0].name);
            screen.command(Command::Data(DataCommand::Pictures(ids, name)));
        }
    });
}
