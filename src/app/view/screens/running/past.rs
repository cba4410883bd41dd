//! The runs of a project.

use crate::app::model::catalog::RunMeasure;
use crate::app::model::command::Command;
use crate::app::model::training::groups;
use crate::app::model::words;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::engine::Stage;
use crate::project::{Run, RunState};
use eframe::egui::{self, Align, Layout, RichText, Ui};

/// All runs, newest first: state, measures, what can be done.
pub(in crate::app::view::screens) fn past(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    if open.catalog.runs.is_empty() {
        return;
    }
    ui.label(theme::heading("Past runs", TextSize::Title));
    ui.add_space(theme::SMALL);
    for run in open.catalog.runs.iter().rev() {
        let measure = open.catalog.compared.iter().find(|m| m.run == run.id);
        theme::card(ui)
            .inner_margin(egui::Margin::symmetric(14, 8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    state(ui, run, measure);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        buttons(ui, screen, run, measure.is_some());
                    });
                });
            });
        ui.add_space(2.0);
    }
}

fn state(ui: &mut Ui, run: &Run, measure: Option<&RunMeasure>) {
    let p = theme::palette(ui);
    ui.label(RichText::new(&run.id).family(theme::strong()));
    ui.label(Stage::try_from(run.stage).map_or("", Stage::name));
    if let Some(parent) = &run.parent {
        ui.label(theme::quiet(ui, format!("after {parent}")));
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
        ui.label(format!("mAP {total}"));
        ui.label(theme::quiet(
            ui,
            format!("frequent {head}, medium {medium}, rare {tail}"),
        ));
    }
}

/// `known`: its predictions are kept.
fn buttons(ui: &mut Ui, screen: &mut Screen<'_>, run: &Run, known: bool) {
    let model = screen.model;
    let busy = model.trains();
    let in_sight = model.training.as_ref().and_then(|t| t.run()) == Some(run.id.as_str());
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
    if run.state != RunState::Done {
        return;
    }
    if model.open().is_some_and(|open| open.catalog.run == run.id) {
        ui.label(theme::quiet(ui, "shown in Pictures"));
        return;
    }
    let words = if known {
        "Show its predictions"
    } else {
        "Score the pictures"
    };
    if ui.button(words).clicked() {
        let id = run.id.clone();
        screen.command(if known {
            Command::ShowRun(id)
        } else {
            Command::Predict(id)
        });
    }
}
