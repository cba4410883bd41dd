//! What gives the labels: a run of the open project, a tagger file, or words that are typed.

use super::act;
use crate::app::command::{Action, Command, Pick};
use crate::app::state::State;
use crate::app::tagging::Act;
use crate::app::tagging::source::Source;
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use crate::project::RunState;
use eframe::egui::{self, RichText, Ui};

/// The picker over the list.
pub fn show(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    egui::Frame::new()
        .fill(p.card)
        .stroke(egui::Stroke::new(1.0, p.line))
        .corner_radius(9)
        .inner_margin(egui::Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            inner(ui, state);
        });
}

/// The picker without a frame.
pub fn inner(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        ui.label(theme::heading("Labels by", TextSize::Body));
        sources(ui, state);
        if let Source::Words { .. } = state.tagging.source {
            ui.label("with");
            models(ui, state);
        }
        if let Source::File { path } = state.tagging.source.clone() {
            let known = state.prefs.taggers.iter().find(|k| k.path == path);
            let labels = known.map_or(0, |k| k.labels);
            ui.label(theme::quiet(ui, widgets::counted(labels, "label", "labels")));
            let forget = widgets::icon_button(ui, icons::X, "Forget this tagger (stays on the disk)");
            if forget.clicked() {
                act(state, Act::Forget(path));
                act(state, Act::Use(Source::default()));
            }
        }
    });
    if let Source::Words { words, .. } = &mut state.tagging.source {
        let field = egui::TextEdit::singleline(words)
            .hint_text("Labels to look for, separated by commas: dog, bicycle, traffic light")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        let typed = words.clone();
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &typed, "Labels to look for"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if field.lost_focus() {
            let source = state.tagging.source.clone();
            act(state, Act::Use(source));
        }
        if entered && !state.tagging.list.items.is_empty() {
            act(state, Act::Start);
        }
    }
    if state.tagging.source.is_starter() {
        let p = theme::palette(ui);
        ui.horizontal_wrapped(|ui| {
            let words = format!(
                "{}  The built-in model knows drawn pictograms only. For photographs get a real CLIP.",
                icons::WARNING
            );
            ui.label(RichText::new(words).size(TextSize::Small.points()).color(p.warn));
            if ui
                .button("Get a model")
                .on_hover_text(widgets::hover(ui, Action::Models))
                .clicked()
            {
                state.command(Command::Do(Action::Models));
            }
        });
    }
}

/// Runs of the open project, known tagger files, words.
fn sources(ui: &mut Ui, state: &mut State) {
    let mut offered: Vec<(Source, String)> = Vec::new();
    if let Some(open) = state.open() {
        let project = open.catalog.folder.clone();
        let done = open.catalog.runs.iter().rev().filter(|r| r.state == RunState::Done);
        for run in done {
            let source = Source::Run {
                project: project.clone(),
                run: run.id.clone(),
            };
            let name = format!("{}, trained in this project", run.id);
            offered.push((source, name));
        }
    }
    for known in &state.prefs.taggers {
        let labels = widgets::counted(known.labels, "label", "labels");
        let source = Source::File {
            path: known.path.clone(),
        };
        offered.push((source, format!("{} ({labels})", known.name)));
    }
    let words = match &state.tagging.source {
        words @ Source::Words { .. } => words.clone(),
        _ => match &state.prefs.tag_source {
            Some(words @ Source::Words { .. }) => words.clone(),
            _ => Source::Words {
                model: state.prefs.model.clone(),
                words: String::new(),
            },
        },
    };
    offered.push((words, "Words you type".to_owned()));
    let chosen = state.tagging.source.clone();
    let title = chosen.title(&state.prefs.taggers);
    let mut pick = None;
    let combo = egui::ComboBox::from_id_salt("tag source")
        .selected_text(title)
        .width(210.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (source, name) in offered {
                if ui.selectable_label(source == chosen, name).clicked() {
                    pick = Some(Act::Use(source));
                }
            }
            if ui.selectable_label(false, "A tagger file…").clicked() {
                state.command(Command::Pick(Pick::TaggerFile));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "What gives the labels"));
    if let Some(pick) = pick {
        act(state, pick);
    }
}

/// The built-in model, those that are here, and the way to others.
fn models(ui: &mut Ui, state: &mut State) {
    const BUILT_IN: &str = "the built-in model";
    let Source::Words { model, words } = state.tagging.source.clone() else {
        return;
    };
    let mut offered: Vec<(Option<String>, String)> = vec![(None, BUILT_IN.to_owned())];
    for (title, path) in state.models.usable() {
        offered.push((Some(path.to_owned()), title.to_owned()));
    }
    for path in [&state.prefs.model, &model].into_iter().flatten() {
        if !offered.iter().any(|(known, _)| known.as_ref() == Some(path)) {
            let name = std::path::Path::new(path).file_name();
            let name = name.map_or_else(|| path.clone(), |n| n.to_string_lossy().into_owned());
            offered.push((Some(path.clone()), name));
        }
    }
    let title = offered
        .iter()
        .find(|(m, _)| *m == model)
        .map_or(BUILT_IN, |(_, name)| name.as_str())
        .to_owned();
    let mut pick = None;
    let combo = egui::ComboBox::from_id_salt("tag model")
        .selected_text(title)
        .width(190.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (path, name) in offered {
                if ui.selectable_label(path == model, name).clicked() {
                    pick = Some(path);
                }
            }
            if ui.selectable_label(false, "Get another…").clicked() {
                state.command(Command::Do(Action::Models));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Model for the words"));
    if combo.response.clicked() && state.models.entries.is_none() {
        state.command(Command::Models(crate::app::models::Act::List));
    }
    if let Some(model) = pick {
        act(state, Act::Use(Source::Words { model, words }));
    }
}
