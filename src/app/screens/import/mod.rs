//! Import: what the data would bring, before anything is written.

mod difference;
mod found;
mod source;

use crate::app::command::Command;
use crate::app::data::Act;
use crate::app::data::form::{ImportForm, Shown};
use crate::app::jobs::duration;
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use eframe::egui::{self, RichText, Ui, vec2};

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut form) = state.data.import.take() else {
        widgets::empty(
            ui,
            icons::FOLDER_PLUS,
            "Nothing is being imported",
            "Drop pictures or a data set on the window, or go Home.",
            |ui| {
                widgets::action_button(ui, state, crate::app::command::Action::Home);
            },
        );
        return;
    };
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(14, 12));
    egui::Panel::bottom("import buttons")
        .exact_size(56.0)
        .frame(frame)
        .show(ui, |ui| buttons(ui, state, &form));
    egui::Panel::left("import source")
        .default_size(348.0)
        .size_range(280.0..=480.0)
        .frame(frame)
        .show(ui, |ui| {
            let busy = form.importing.is_some();
            ui.add_enabled_ui(!busy, |ui| source::panel(ui, state, &mut form));
        });
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(16, 12)),
        )
        .show(ui, |ui| body(ui, state, &mut form));
    // A command of this frame may close it; until then it stays.
    state.data.import = Some(form);
}

fn body(ui: &mut Ui, state: &mut State, form: &mut ImportForm) {
    if let Some(id) = form.importing {
        working(
            ui,
            state,
            id,
            "Importing",
            "Your files are only read. What was read is stored at the end.",
        );
    } else if let Some(failure) = form.failure.clone() {
        let sentence = failure.hint.clone().unwrap_or_default();
        let title = if form.preview.is_some() {
            "This did not work"
        } else {
            "These data cannot be understood so far"
        };
        widgets::empty(ui, icons::WARNING_CIRCLE, title, "", |ui| {
            ui.set_max_width(620.0);
            ui.add(egui::Label::new(&failure.message).wrap().selectable(true));
            ui.add_space(theme::SMALL);
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
                state.command(Command::Data(Act::Look));
            }
        });
    } else if let Some(preview) = form.preview.clone() {
        if preview.images == 0 {
            nothing(ui, &preview);
        } else {
            found::show(ui, state, form, &preview);
        }
    } else if let Some(id) = form.looking {
        working(ui, state, id, "Looking at the data", "Nothing is written yet.");
    } else {
        widgets::empty(ui, icons::PAUSE, "The look was stopped", "Nothing was written.", |ui| {
            if ui
                .button(theme::labelled(icons::ARROW_CLOCKWISE, "Look again"))
                .clicked()
            {
                state.command(Command::Data(Act::Look));
            }
        });
    }
}

/// Annotations were read, but none of their pictures was found.
fn nothing(ui: &mut Ui, preview: &crate::dataset::formats::Preview) {
    let words = if preview.unmatched.is_empty() {
        "The data name no picture.".to_owned()
    } else {
        format!(
            "The data name {}, and none of them was found. Choose on the left where the pictures are.",
            widgets::counted(preview.unmatched.len(), "picture", "pictures")
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
fn working(ui: &mut Ui, state: &mut State, id: u64, title: &str, sentence: &str) {
    let p = theme::palette(ui);
    let phase = state.jobs.get(id).and_then(|j| j.phase.clone());
    let stopping = state.jobs.get(id).is_some_and(|j| j.stopping);
    widgets::empty(ui, icons::MAGNIFYING_GLASS, &format!("{title} …"), sentence, |ui| {
        if let Some(phase) = &phase {
            let counts = if phase.total > 0 {
                format!(": {} of {}", widgets::count(phase.done), widgets::count(phase.total))
            } else {
                String::new()
            };
            let left = phase
                .left()
                .map_or_else(String::new, |t| format!(", {} left", duration(t)));
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
            state.command(Command::Data(Act::StopImport));
        }
    });
}

/// Cancel and Import, and why not where it cannot be.
fn buttons(ui: &mut Ui, state: &mut State, form: &ImportForm) {
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
    // On the left: messages come up on the right.
    ui.horizontal_centered(|ui| {
        let words = match (form.into_open, images) {
            (true, _) => "Merge".to_owned(),
            (false, 0) => "Import".to_owned(),
            (false, n) => format!("Import {}", widgets::counted(n, "picture", "pictures")),
        };
        let button = theme::primary(ui, theme::labelled(icons::CHECK, &words)).min_size(vec2(130.0, 32.0));
        let response = ui.add_enabled(why_not.is_none(), button);
        response.widget_info(|| {
            let name = if form.into_open { "Merge" } else { "Import" };
            egui::WidgetInfo::labeled(egui::Role::Button, why_not.is_none(), name)
        });
        if response.clicked() {
            state.command(Command::Data(Act::Import));
        }
        if ui.button("Cancel").clicked() {
            state.command(Command::Data(Act::CancelImport));
        }
        let words = why_not
            .filter(|why| !why.is_empty())
            .unwrap_or("Your pictures and annotation files are only read, and stay where they are.");
        ui.label(RichText::new(words).size(TextSize::Small.points()).color(p.quiet));
    });
}

/// Switches between what is shown of the data.
fn tabs(ui: &mut Ui, form: &mut ImportForm, preview: &crate::dataset::formats::Preview) {
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
            format!("{rows} of {} pictures", widgets::count(preview.images))
        } else {
            widgets::counted(rows, "picture", "pictures")
        };
        tab(ui, Shown::Pictures, words);
        tab(
            ui,
            Shown::Labels,
            widgets::counted(preview.labels.len(), "label", "labels"),
        );
        if problems > 0 {
            let words = widgets::counted(problems, "thing to look at", "things to look at");
            tab(ui, Shown::Problems, format!("{} {words}", icons::WARNING));
        }
    });
}
