//! The middle of an import while there is nothing to look through: jobs at work, failures, nothing found.

use super::found;
use crate::app::model::command::DataCommand;
use crate::app::model::data_forms::ImportForm;
use crate::app::model::words::{self, duration};
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use crate::dataset::formats::Preview;
use crate::engine::Failure;
use eframe::egui::{self, Ui, vec2};

/// Shows the job at work, what it found, or why it found nothing.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>, form: &mut ImportForm, asks: &mut Vec<DataCommand>) {
    if let Some(id) = form.importing {
        let sentence = "Your files are only read. What was read is stored at the end.";
        working(ui, screen, id, "Importing", sentence, asks);
    } else if let Some(failure) = &form.failure {
        failed(ui, failure, form.preview.is_some(), asks);
    } else if let Some(preview) = form.preview.clone() {
        if let Some(problem) = &preview.problem {
            unrecognised(ui, problem);
        } else if preview.images == 0 {
            nothing(ui, &preview);
        } else {
            found::show(ui, screen, form, &preview);
        }
    } else if let Some(id) = form.looking {
        working(ui, screen, id, "Looking at the data", "Nothing is written yet.", asks);
    } else {
        widgets::empty(ui, icons::PAUSE, "The look was stopped", "Nothing was written.", |ui| {
            if ui
                .button(theme::labelled(icons::ARROW_CLOCKWISE, "Look again"))
                .clicked()
            {
                asks.push(DataCommand::Look);
            }
        });
    }
}

/// Why nothing came of it; `known`: an earlier look found something.
fn failed(ui: &mut Ui, failure: &Failure, known: bool, asks: &mut Vec<DataCommand>) {
    let title = if known {
        "This did not work"
    } else {
        "These data cannot be understood so far"
    };
    widgets::empty(ui, icons::WARNING_CIRCLE, title, "", |ui| {
        ui.set_max_width(620.0);
        ui.add(egui::Label::new(&failure.message).wrap().selectable(true));
        ui.add_space(theme::SMALL);
        let sentence = failure.hint.clone().unwrap_or_default();
        ui.add(egui::Label::new(theme::quiet(ui, sentence)).wrap());
        ui.add_space(theme::SMALL);
        ui.label(theme::quiet(
            ui,
            "Another format, or the folder of the pictures, can be chosen on the left.",
        ));
        ui.add_space(theme::MEDIUM);
        if ui
            .button(theme::labelled(icons::ARROW_CLOCKWISE, "Look again"))
            .clicked()
        {
            asks.push(DataCommand::Look);
        }
    });
}

/// A table whose columns nobody has named yet.
fn unrecognised(ui: &mut Ui, problem: &str) {
    let sentence = "The first rows are on the left, under the columns: choose there which one names the pictures, and which the labels.";
    widgets::empty(ui, icons::QUESTION, "What do the columns mean?", "", |ui| {
        ui.set_max_width(560.0);
        ui.add(egui::Label::new(sentence).wrap());
        ui.add_space(theme::SMALL);
        ui.add(egui::Label::new(theme::quiet(ui, format!("Found out so far: {problem}."))).wrap());
    });
}

/// Annotations were read, but none of their pictures was found.
fn nothing(ui: &mut Ui, preview: &Preview) {
    let words = if preview.unmatched.is_empty() {
        "The data name no picture.".to_owned()
    } else {
        format!(
            "The data name {}, and none of them was found. Choose on the left where the pictures are.",
            words::counted(preview.unmatched.len(), "picture", "pictures")
        )
    };
    widgets::empty(ui, icons::IMAGES, "No picture was found", &words, |ui| {
        ui.set_max_width(560.0);
        for name in preview.unmatched.iter().take(6) {
            ui.add(egui::Label::new(theme::quiet(ui, name.clone())).truncate());
        }
        if preview.unmatched.len() > 6 {
            ui.label(theme::quiet(ui, "…"));
        }
    });
}

/// A job at work: how far it is, and a way to stop it.
fn working(ui: &mut Ui, screen: &Screen<'_>, id: u64, title: &str, sentence: &str, asks: &mut Vec<DataCommand>) {
    let p = theme::palette(ui);
    let job = screen.jobs.get(id);
    let phase = job.and_then(|j| j.phase.as_ref());
    let stopping = job.is_some_and(|j| j.stopping);
    widgets::empty(ui, icons::MAGNIFYING_GLASS, &format!("{title} …"), sentence, |ui| {
        if let Some(phase) = phase {
            let counts = if phase.total > 0 {
                format!(": {} of {}", words::count(phase.done), words::count(phase.total))
            } else {
                String::new()
            };
            let left = phase.left(screen.now);
            let left = left.map_or_else(String::new, |t| format!(", {} left", duration(t)));
            ui.label(format!("{}{counts}{left}", phase.name));
            if phase.total > 0 {
                let bar = &[(phase.share(), p.accent)];
                widgets::share_bar(ui, vec2(320.0, 7.0), bar, None, "Progress");
            }
            ui.add_space(theme::MEDIUM);
        }
        let words = if stopping { "Stopping …" } else { "Stop" };
        let button = egui::Button::new(theme::labelled(icons::STOP, words));
        if ui.add_enabled(!stopping, button).clicked() {
            asks.push(DataCommand::StopImport);
        }
    });
}
