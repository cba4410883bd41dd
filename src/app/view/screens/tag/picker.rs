//! What gives the labels: a run of the open project, a tagger file, or words that are typed.

use crate::app::model::action::Action;
use crate::app::model::command::{Command, ModelCommand, Pick, TagCommand};
use crate::app::model::tag::source::Source;
use crate::app::model::trainings::run_name;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::project::RunState;
use eframe::egui::{self, RichText, Ui};
use std::path::Path;

/// The picker over the list.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    egui::Frame::new()
        .fill(p.card)
        .stroke(egui::Stroke::new(1.0, p.line))
        .corner_radius(9)
        .inner_margin(egui::Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            inner(ui, screen);
        });
}

/// The picker without a frame.
pub(super) fn inner(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let source = &model.tagging.source;
    ui.horizontal_wrapped(|ui| {
        ui.label(theme::heading("Labels by", TextSize::Body));
        sources(ui, screen);
        if let Source::Words { model, words } = source {
            ui.label("with");
            models(ui, screen, model.as_deref(), words);
        }
        if let Source::File { path } = source {
            let known = model.prefs.taggers.iter().find(|k| k.path == *path);
            let labels = known.map_or(0, |k| k.labels);
            ui.label(theme::quiet(ui, words::counted(labels, "label", "labels")));
            let forget = widgets::icon_button(ui, icons::X, "Forget this tagger (stays on the disk)");
            if forget.clicked() {
                screen.command(Command::Tag(TagCommand::Forget(path.clone())));
                screen.command(Command::Tag(TagCommand::Use(Source::default())));
            }
        }
    });
    if let Source::Words { model: clip, words } = source {
        let mut typed = words.clone();
        let field = egui::TextEdit::singleline(&mut typed)
            .hint_text("Labels to look for, separated by commas: dog, bicycle, traffic light")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info(&typed, "Labels to look for"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if field.lost_focus() || typed != *words {
            let source = Source::Words {
                model: clip.clone(),
                words: typed,
            };
            screen.command(Command::Tag(TagCommand::Use(source)));
        }
        if entered && !model.tagging.list.items.is_empty() {
            screen.command(Command::Tag(TagCommand::Start));
        }
    }
    if source.is_starter() {
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
                screen.command(Command::Do(Action::Models));
            }
        });
    }
}

/// Runs of the open project, known tagger files, words.
fn sources(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let mut offered: Vec<(Source, String)> = Vec::new();
    if let Some(open) = model.open() {
        let done = open.catalog.runs.iter().rev().filter(|r| r.state == RunState::Done);
        for run in done {
            let source = Source::Run {
                project: open.catalog.folder.clone(),
                run: run.id.clone(),
            };
            let name = run_name(&open.catalog.runs, &run.id);
            let name = format!("{name}, trained in this project");
            offered.push((source, name));
        }
    }
    for known in &model.prefs.taggers {
        let labels = words::counted(known.labels, "label", "labels");
        let source = Source::File {
            path: known.path.clone(),
        };
        offered.push((source, format!("{} ({labels})", known.name)));
    }
    let chosen = &model.tagging.source;
    let words = match (chosen, &model.prefs.tag_source) {
        (words @ Source::Words { .. }, _) | (_, Some(words @ Source::Words { .. })) => words.clone(),
        _ => Source::Words {
            model: model.prefs.model.clone(),
            words: String::new(),
        },
    };
    offered.push((words, "Words you type".to_owned()));
    let title = chosen.title(&model.prefs.taggers, model.runs());
    let combo = egui::ComboBox::from_id_salt("tag source")
        .selected_text(title)
        .width(210.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (source, name) in offered {
                if ui.selectable_label(source == *chosen, name).clicked() {
                    screen.command(Command::Tag(TagCommand::Use(source)));
                }
            }
            if ui.selectable_label(false, "A tagger file…").clicked() {
                screen.command(Command::Pick(Pick::TaggerFile));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "What gives the labels"));
}

/// The built-in model, those that are here, and the way to others. `chosen`: the model at present, `words`: as typed.
fn models(ui: &mut Ui, screen: &mut Screen<'_>, chosen: Option<&str>, words: &str) {
    const BUILT_IN: &str = "the built-in model";
    let model = screen.model;
    let mut offered: Vec<(Option<&str>, String)> = vec![(None, BUILT_IN.to_owned())];
    for (title, path) in model.models.usable() {
        offered.push((Some(path), title.to_owned()));
    }
    for path in [model.prefs.model.as_deref(), chosen].into_iter().flatten() {
        if !offered.iter().any(|(known, _)| *known == Some(path)) {
            let name = Path::new(path).file_name();
            let name = name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned());
            offered.push((Some(path), name));
        }
    }
    let title = offered.iter().find(|(m, _)| *m == chosen);
    let title = title.map_or(BUILT_IN, |(_, name)| name.as_str()).to_owned();
    let combo = egui::ComboBox::from_id_salt("tag model")
        .selected_text(title)
        .width(190.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (path, name) in offered {
                if ui.selectable_label(path == chosen, name).clicked() {
                    let source = Source::Words {
                        model: path.map(str::to_owned),
                        words: words.to_owned(),
                    };
                    screen.command(Command::Tag(TagCommand::Use(source)));
                }
            }
            if ui.selectable_label(false, "Get another…").clicked() {
                screen.command(Command::Do(Action::Models));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Model for the words"));
    if combo.response.clicked() && model.models.entries.is_none() {
        screen.command(Command::Models(ModelCommand::List));
    }
}
