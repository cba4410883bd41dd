//! The export of a trained model, on the page of models.

use super::running::run_name;
use crate::app::model::catalog::newest_run;
use crate::app::model::command::{Command, Pick, TaggerCommand};
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use crate::engine::jobs::ZERO_SHOT;
use crate::engine::request::ModelFormat;
use crate::project::RunState;
use eframe::egui::{self, Align, RichText, Ui};

/// Shows the form, where a project is open.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let Some(open) = screen.model.open() else { return };
    let name = open.catalog.name();
    widgets::group(ui, &format!("Export a tagger of “{name}”"), |ui| {
        let export = &screen.model.tagger_export;
        let seen = egui::Id::unique("tagger export: revealed");
        if ui.data(|d| d.get_temp::<u64>(seen)).unwrap_or(0) != export.reveal {
            ui.data_mut(|d| d.insert_temp(seen, export.reveal));
            ui.scroll_to_cursor(Some(Align::TOP));
        }
        let words = "What a training has learned, with your labels and their thresholds. It works without the project.";
        ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        choices(ui, screen);
        out(ui, screen);
        result(ui, screen);
    });
}

/// Which run, and as what.
fn choices(ui: &mut Ui, screen: &mut Screen<'_>) {
    let Some(open) = screen.model.open() else { return };
    let export = &screen.model.tagger_export;
    let runs = &open.catalog.runs;
    let done = runs
        .iter()
        .rev()
        .filter(|r| r.state == RunState::Done)
        .map(|r| r.id.as_str());
    let newest = newest_run(runs);
    let chosen = export.run.as_deref().unwrap_or(&newest);
    ui.horizontal_wrapped(|ui| {
        ui.label("Run");
        let combo = egui::ComboBox::from_id_salt("exported run")
            .selected_text(run_name(chosen))
            .show_ui(ui, |ui| {
                for run in done.chain([ZERO_SHOT]) {
                    if ui.selectable_label(run == chosen, run_name(run)).clicked() {
                        screen.command(Command::Tagger(TaggerCommand::Run(run.to_owned())));
                    }
                }
            });
        combo
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Run to export"));
        ui.add_space(theme::MEDIUM);
        for (format, words, help) in [
            (
                ModelFormat::Tagger,
                "One file",
                "For Patchlight: to tag with on any computer",
            ),
            (
                ModelFormat::HuggingFace,
                "A Hugging Face folder",
                "For programs in Python: a folder for transformers, with a file that loads it",
            ),
        ] {
            if ui.radio(export.format == format, words).on_hover_text(help).clicked() {
                screen.command(Command::Tagger(TaggerCommand::Format(format)));
            }
        }
    });
}

/// Where to, and the button.
fn out(ui: &mut Ui, screen: &mut Screen<'_>) {
    let export = &screen.model.tagger_export;
    let mut typed = export.out.clone();
    let busy = export.job.is_some();
    widgets::row(ui, |ui| {
        let width = (ui.available_width() - 190.0).max(120.0);
        let hint = match export.format {
            ModelFormat::Tagger => "the new file",
            ModelFormat::HuggingFace => "the new folder",
        };
        let field = ui.add(
            egui::TextEdit::singleline(&mut typed)
                .hint_text(hint)
                .desired_width(width),
        );
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &typed, "Where the tagger is written"));
        if widgets::icon_button(ui, icons::FOLDER_OPEN, "Choose where the tagger is written").clicked() {
            screen.command(Command::Pick(Pick::TaggerOut(export.format)));
        }
        let ready = !busy && !typed.trim().is_empty();
        let button = ui.add_enabled(ready, theme::primary(ui, "Export"));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ready, "Export the tagger"));
        if button.clicked() {
            screen.command(Command::Tagger(TaggerCommand::Start));
        }
        if busy {
            ui.spinner();
        }
    });
    if typed != export.out {
        screen.command(Command::Tagger(TaggerCommand::Out(typed)));
    }
}

/// What became of it.
fn result(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let export = &screen.model.tagger_export;
    match &export.result {
        Some(Ok(path)) => {
            let words = format!("{}  Written: {}", icons::CHECK_CIRCLE, path.display());
            ui.add(egui::Label::new(RichText::new(words).color(p.good)).wrap());
            if path.extension().is_some() && ui.button(theme::labelled(icons::TAG, "Tag with it")).clicked() {
                screen.command(Command::Picked(Pick::TaggerFile, vec![path.clone()]));
            }
        }
        Some(Err(failure)) => {
            let words = format!("{}  {}", icons::WARNING_CIRCLE, failure.message);
            ui.add(egui::Label::new(RichText::new(words).color(p.bad)).wrap());
            if let Some(hint) = &failure.hint {
                ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
            }
        }
        None => {}
    }
}
