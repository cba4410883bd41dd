//! The trainings of a project.

use crate::app::model::catalog::RunMeasure;
use crate::app::model::command::{Command, TrainingsCommand};
use crate::app::model::measure::caveat;
use crate::app::model::open::Open;
use crate::app::model::training::groups;
use crate::app::model::trainings::{Trained, run_name, trainings};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::engine::Stage;
use crate::project::{Run, RunState};
use eframe::egui::{self, Align, Layout, RichText, Ui};

/// All trainings, newest first: their stages with state and measures, what can be done.
pub(in crate::app::view::screens) fn past(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    if open.catalog.runs.is_empty() {
        return;
    }
    ui.label(theme::heading("Past trainings", TextSize::Title));
    ui.add_space(theme::SMALL);
    for training in trainings(&open.catalog.runs).iter().rev() {
        theme::card(ui)
            .inner_margin(egui::Margin::symmetric(14, 8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    title(ui, screen, open, training);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        delete(ui, screen, open, training);
                        buttons(ui, screen, open, training);
                    });
                });
                for run in &training.runs {
                    let measure = open.catalog.compared.iter().find(|m| m.run == run.id);
                    ui.horizontal_wrapped(|ui| stage(ui, open, run, measure));
                }
            });
        ui.add_space(2.0);
    }
}

/// The name, or the field for it.
fn title(ui: &mut Ui, screen: &mut Screen<'_>, open: &Open, training: &Trained<'_>) {
    let name = training.name();
    let typed = screen
        .train
        .naming
        .clone()
        .filter(|(number, _)| *number == training.number);
    let Some((number, mut text)) = typed else {
        ui.label(RichText::new(&name).family(theme::strong()));
        let rename = |ui: &mut Ui| widgets::icon_button(ui, icons::PENCIL_SIMPLE, &format!("Rename {name}"));
        if open.catalog.writable && rename(ui).clicked() {
            let naming = Some((training.number, training.runs[0].name.clone().unwrap_or_default()));
            screen.command(Command::Trainings(TrainingsCommand::Naming(naming)));
        }
        return;
    };
    let field = ui.add(
        egui::TextEdit::singleline(&mut text)
            .hint_text(&name)
            .desired_width(200.0),
    );
    field.widget_info(|| widgets::field_info(text.as_str(), "Name of the training"));
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    let left = ui.input(|i| i.key_pressed(egui::Key::Escape));
    // Once, as it appears.
    let (id, pass) = (egui::Id::unique("naming a training"), ui.ctx().cumulative_pass_nr());
    if ui.data(|d| d.get_temp::<u64>(id)).is_none_or(|last| last + 2 < pass) {
        field.request_focus();
    }
    ui.data_mut(|d| d.insert_temp(id, pass));
    let kept = ui.button("Keep this name").clicked();
    if left {
        screen.command(Command::Trainings(TrainingsCommand::Naming(None)));
    } else if entered || kept {
        screen.command(Command::Trainings(TrainingsCommand::Name(number, text)));
    } else if field.changed() {
        screen.command(Command::Trainings(TrainingsCommand::Naming(Some((number, text)))));
    }
}

/// A stage: where it stands, and how well it does on which pictures.
fn stage(ui: &mut Ui, open: &Open, run: &Run, measure: Option<&RunMeasure>) {
    let p = theme::palette(ui);
    ui.label(Stage::try_from(run.stage).map_or("", Stage::name))
        .on_hover_text(format!("Called {} by the command line", run.id));
    let runs = &open.catalog.runs;
    let parent = run.parent.as_ref().and_then(|id| runs.iter().find(|r| r.id == *id));
    if let Some(parent) = parent.filter(|parent| parent.training != run.training) {
        ui.label(theme::quiet(ui, format!("on top of {}", run_name(runs, &parent.id))));
    }
    let (icon, color) = match run.state {
        RunState::Done => (icons::CHECK_CIRCLE, p.good),
        RunState::Running => (icons::PLAY, p.accent),
        RunState::Stopped => (icons::PAUSE, p.warn),
        RunState::Failed => (icons::WARNING_CIRCLE, p.bad),
    };
    let words = ui.label(RichText::new(format!("{icon} {}", run.state)).color(color));
    if let Some(error) = &run.error {
        words.on_hover_text(error);
    }
    if let Some(measure) = measure {
        let [total, head, medium, tail] = groups(&measure.map).map(words::percent);
        let set = words::pictures_of(measure.on(), measure.images);
        ui.label(format!("mAP {total} % on {set}"));
        ui.label(theme::quiet(
            ui,
            format!("frequent {head}, medium {medium}, rare {tail}"),
        ));
        if let Some(words) = caveat(&open.catalog, &run.id, measure.on()) {
            ui.label(RichText::new(icons::WARNING).color(p.warn))
                .on_hover_text(words);
        }
    }
}

fn delete(ui: &mut Ui, screen: &mut Screen<'_>, open: &Open, training: &Trained<'_>) {
    if !open.catalog.writable {
        return;
    }
    let kept_by = training.kept_by(&open.catalog.runs);
    let name = format!("Delete {}", training.name());
    let response = ui
        .add_enabled_ui(kept_by.is_none(), |ui| widgets::icon_button(ui, icons::TRASH, &name))
        .inner;
    let response = response.on_hover_text("Undo brings it back: its files stay in the project's folder");
    let response = match kept_by {
        Some(why) => response.on_disabled_hover_text(why),
        None => response,
    };
    if response.clicked() {
        screen.command(Command::Trainings(TrainingsCommand::Delete(training.number)));
    }
}

fn buttons(ui: &mut Ui, screen: &mut Screen<'_>, open: &Open, training: &Trained<'_>) {
    let model = screen.model;
    let busy = model.trains();
    let run = training.newest();
    let mut lanes = model.training.iter().flat_map(|t| &t.lanes);
    let in_sight = lanes.any(|lane| training.runs.iter().any(|run| run.id == lane.run));
    if !busy && (!in_sight || model.train.again) {
        let curves = ui.button("Curves");
        let curves = curves.on_hover_text("How its training went, with the watched pictures");
        if curves.clicked() {
            screen.command(Command::ShowTraining(run.id.clone()));
        }
    }
    let resumable = matches!(run.state, RunState::Stopped | RunState::Failed);
    if resumable && !busy && ui.button(theme::labelled(icons::PLAY, "Resume")).clicked() {
        screen.command(Command::Resume(run.id.clone()));
    }
    // The newest stage that is done is what the training gives.
    let Some(done) = training.runs.iter().rev().find(|run| run.state == RunState::Done) else {
        return;
    };
    if open.catalog.run == done.id {
        ui.label(theme::quiet(ui, "shown in Pictures"));
        return;
    }
    let known = open.catalog.compared.iter().any(|m| m.run == done.id);
    let words = if known {
        "Show its predictions"
    } else {
        "Score the pictures"
    };
    if ui.button(words).clicked() {
        let id = done.id.clone();
        screen.command(if known {
            Command::ShowRun(id)
        } else {
            Command::Predict(id)
        });
    }
}
