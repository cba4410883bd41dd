//! A training at work: its state and what can be done, what to watch for; its stages, and what changed after it.

mod lane;
mod measures;
mod past;

pub(super) use measures::{run_name, table};
pub(super) use past::past;

use super::page::page;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, TagCommand, TaggerCommand};
use crate::app::model::job::JobState;
use crate::app::model::state::Model;
use crate::app::model::tag::source::Source;
use crate::app::model::training::Training;
use crate::app::model::training_form::TrainForm;
use crate::app::model::words::{self, duration};
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use crate::engine::event::PhaseKind;
use crate::engine::jobs::ZERO_SHOT;
use crate::project::RunState;
use eframe::egui::{self, RichText, Ui};

/// Shows the newest training.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(training) = &model.training else { return };
    let job = model.jobs.get(training.job);
    let ended = job.is_none_or(|j| j.state.ended());
    let title = match job.map(|j| &j.state) {
        Some(JobState::Running) if job.is_some_and(|j| j.stopping) => "Stopping",
        Some(JobState::Running) => "Training",
        Some(JobState::Waiting) => "Waiting",
        Some(JobState::Stopped) => "Paused",
        Some(JobState::Failed(_)) => "The training failed",
        Some(JobState::Crashed(_)) => "The worker process died; nothing is lost",
        Some(JobState::Done) => "Trained",
        // Of an earlier session.
        None => match training.run().and_then(|id| run_state(model, id)) {
            Some(RunState::Stopped) => "Paused",
            Some(RunState::Failed) => "The training failed",
            _ => "Trained",
        },
    };
    page(ui, title, "", |ui| {
        controls(ui, screen, training, job.map(|j| &j.state), ended);
        failure(ui, job.map(|j| &j.state));
        warnings(ui, screen, training);
        // Before the first step of a stage: looking at the pictures, preparing the GPU.
        let phase = job.and_then(|j| j.phase.as_ref());
        let steps = phase.is_some_and(|p| p.kind == PhaseKind::Training);
        if !ended && !steps && (phase.is_some() || training.lanes.is_empty()) {
            let words = phase.map_or_else(
                || "Preparing …".to_owned(),
                |p| format!("{}: {} of {}", p.name, words::count(p.done), words::count(p.total)),
            );
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(words);
            });
        }
        if ended {
            measures::changed(ui, screen, training);
            ui.add_space(theme::LARGE);
        }
        let floor = floor(model);
        for lane in &training.lanes {
            lane::show(ui, screen, lane, floor);
            ui.add_space(theme::MEDIUM);
        }
        past(ui, screen);
    });
}

fn controls(ui: &mut Ui, screen: &mut Screen<'_>, training: &Training, job: Option<&JobState>, ended: bool) {
    ui.horizontal(|ui| {
        if ended {
            let run = training.run().map(str::to_owned);
            let resumable = match job {
                Some(job) => matches!(job, JobState::Stopped | JobState::Crashed(_) | JobState::Failed(_)),
                None => {
                    let stands = run.as_deref().and_then(|id| run_state(screen.model, id));
                    matches!(stands, Some(RunState::Stopped | RunState::Failed))
                }
            };
            let resume = theme::primary(ui, theme::labelled(icons::PLAY, "Resume"));
            if let Some(run) = run.filter(|_| resumable)
                && ui.add(resume).clicked()
            {
                screen.command(Command::Resume(run));
            }
            if ui.button(theme::labelled(icons::PLUS, "New training")).clicked() {
                again(screen);
            }
            if matches!(job, Some(JobState::Done)) {
                widgets::action_button(ui, screen, Action::Results);
                widgets::action_button(ui, screen, Action::Pictures);
                tag_with_it(ui, screen, training);
                export(ui, screen, training);
            }
            return;
        }
        let stopping = screen.jobs.get(training.job).is_some_and(|j| j.stopping);
        let pause = egui::Button::new(theme::labelled(icons::PAUSE, "Pause"));
        let pause = ui
            .add_enabled(!stopping, pause)
            .on_hover_text("Saves everything; Resume goes on where it was");
        if pause.clicked() {
            screen.command(Command::Stop(training.job));
        }
        let cancel = egui::Button::new(theme::labelled(icons::STOP, "Cancel"));
        let cancel = ui.add_enabled(!stopping, cancel).on_hover_text(
            "Stops and goes back to the settings; the run stays in the list below and can still be resumed",
        );
        if cancel.clicked() {
            screen.command(Command::Stop(training.job));
            again(screen);
        }
        if let Some(lane) = training.current() {
            ui.label(format!("{:.1} pictures a second", lane.speed));
            if let Some(left) = lane.left(screen.now) {
                ui.label(format!("{} left in this stage", duration(left)));
            }
        }
        if screen.memory[0] > 0 {
            ui.label(format!("{} MB of memory", screen.memory[0] >> 20));
        }
        if stopping {
            ui.spinner();
            ui.label("keeping what is done …");
        }
    });
    ui.add_space(theme::MEDIUM);
}

/// Shows the form again.
fn again(screen: &mut Screen<'_>) {
    let form = TrainForm {
        again: true,
        ..screen.train.clone()
    };
    screen.command(Command::TrainForm(form));
}

/// Where a run of the open project stands.
fn run_state(model: &Model, id: &str) -> Option<RunState> {
    let runs = &model.open()?.catalog.runs;
    runs.iter().find(|r| r.id == id).map(|r| r.state)
}

/// Leads to Tag with the run that was just trained.
fn tag_with_it(ui: &mut Ui, screen: &mut Screen<'_>, training: &Training) {
    let Some(open) = screen.open() else { return };
    let project = open.catalog.folder.clone();
    let Some(run) = training.run().map(str::to_owned) else {
        return;
    };
    let button = ui.button(theme::labelled(icons::TAG, "Tag with it"));
    if button
        .on_hover_text("Drop other pictures, and this run gives them their labels")
        .clicked()
    {
        let source = Source::Run { project, run };
        screen.command(Command::Tag(TagCommand::Use(source)));
        screen.command(Command::Do(Action::Tag));
    }
}

/// Leads to the export of the run that was just trained.
fn export(ui: &mut Ui, screen: &mut Screen<'_>, training: &Training) {
    let info = Action::ExportTagger.info();
    let button = ui
        .button(theme::labelled(icons::CUBE, info.name))
        .on_hover_text(info.about);
    if button.clicked() {
        let run = training.run().map(str::to_owned);
        screen.command(Command::Tagger(TaggerCommand::Show(run)));
    }
}

fn failure(ui: &mut Ui, job: Option<&JobState>) {
    if let Some(JobState::Failed(failure) | JobState::Crashed(failure)) = job {
        let p = theme::palette(ui);
        theme::card(ui).stroke(egui::Stroke::new(1.0, p.bad)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(format!("{}  {}", icons::WARNING_CIRCLE, failure.message)).color(p.bad));
            if let Some(hint) = &failure.hint {
                ui.label(hint);
            }
        });
        ui.add_space(theme::MEDIUM);
    }
}

/// What METHOD section 10 watches for, in words, with what helps.
fn warnings(ui: &mut Ui, screen: &mut Screen<'_>, training: &Training) {
    let p = theme::palette(ui);
    for (code, words) in &training.warnings {
        if code == "starter-model" || code == "no-gpu" {
            continue;
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(icons::WARNING).color(p.warn));
                ui.label(words);
                let fix = match code.as_str() {
                    "global-only" | "local-only" => Some(("Use both next time", "alpha", "0.5")),
                    "no-anchor" | "head-forgotten" => Some(("Hold the words next time", "lambda_sc", "10")),
                    "kd-rising" => Some(("Smaller steps next time", "lr_encoder", "0.000003")),
                    _ => None,
                };
                if let Some((button, name, value)) = fix
                    && ui
                        .button(button)
                        .on_hover_text(format!("Sets {name} to {value} in the settings"))
                        .clicked()
                {
                    let mut form = screen.train.clone();
                    form.changed.insert(name.to_owned(), value.to_owned());
                    form.again = true;
                    screen.command(Command::TrainForm(form));
                }
            });
        });
        ui.add_space(theme::SMALL);
    }
}

/// mAP of the untrained model, where it was measured.
fn floor(model: &Model) -> Option<f64> {
    let compared = &model.open()?.catalog.compared;
    compared.iter().find(|m| m.run == ZERO_SHOT).and_then(|m| m.map.total)
}
