//! The buttons of an import.

use crate::app::model::command::DataCommand;
use crate::app::model::data_forms::ImportForm;
use crate::app::model::words;
use crate::app::view::icons;
use crate::app::view::theme::{self, TextSize};
use eframe::egui::{self, RichText, Ui, vec2};

/// Shows Cancel and Import, and why not where it cannot be.
pub(super) fn show(ui: &mut Ui, form: &ImportForm, asks: &mut Vec<DataCommand>) {
    let p = theme::palette(ui);
    let images = form.preview.as_ref().map_or(0, |p| p.images);
    let stale = form.looking.is_some() || form.changed.is_some();
    let why_not = if form.importing.is_some() {
        Some("")
    } else if stale {
        Some("Looking at the data …")
    } else if images == 0 {
        Some("There is nothing to import yet.")
    } else if form.into_open && form.comparing.is_some() {
        Some("Comparing with the open project …")
    } else if form.into_open && form.difference.is_none() {
        Some("What would change is not known.")
    } else if !form.into_open && form.project.trim().is_empty() {
        Some("Where should the project go?")
    } else {
        None
    };
    ui.horizontal_centered(|ui| {
        let words = match (form.into_open, images) {
            (true, _) => "Merge".to_owned(),
            (false, 0) => "Import".to_owned(),
            (false, n) => format!("Import {}", words::counted(n, "picture", "pictures")),
        };
        let button = theme::primary(ui, theme::labelled(icons::CHECK, &words)).min_size(vec2(130.0, 32.0));
        let response = ui.add_enabled(why_not.is_none(), button);
        response.widget_info(|| {
            let name = if form.into_open { "Merge" } else { "Import" };
            egui::WidgetInfo::labeled(egui::Role::Button, why_not.is_none(), name)
        });
        if response.clicked() {
            asks.push(DataCommand::Import);
        }
        if ui.button("Cancel").clicked() {
            asks.push(DataCommand::CancelImport);
        }
        let words = why_not
            .filter(|why| !why.is_empty())
            .unwrap_or("Your pictures and annotation files are only read, and stay where they are.");
        ui.label(RichText::new(words).size(TextSize::Small.points()).color(p.quiet));
    });
}
