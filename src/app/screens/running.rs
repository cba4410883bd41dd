//! A training at work: lanes, curves, warnings; what changed after it; past runs.

use crate::app::command::{Action, Command};
use crate::app::jobs::{State as JobState, duration};
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::training::{Curve, Lane, Training, groups};
use crate::app::{icons, widgets};
use crate::engine::Stage;
use crate::engine::jobs::ZERO_SHOT;
use crate::project::RunState;
use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};
use egui_plot::{Corner, HLine, Legend, Line, LineStyle, Plot, PlotPoints};

/// Names of the groups, as they stand in tables.
pub const GROUPS: [&str; 4] = ["total", "frequent", "medium", "rare"];

/// Shows the newest training.
pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(training) = state.training.clone() else { return };
    let job = state.jobs.get(training.job).cloned();
    let ended = job.as_ref().is_none_or(|j| j.state.ended());
    let title = match job.as_ref().map(|j| &j.state) {
        Some(JobState::Running) if job.as_ref().is_some_and(|j| j.stopping) => "Stopping",
        Some(JobState::Running) => "Training",
        Some(JobState::Waiting) => "Waiting",
        Some(JobState::Stopped) => "Paused",
        Some(JobState::Failed(_)) => "The training failed",
        Some(JobState::Crashed(_)) => "The worker process died; nothing is lost",
        Some(JobState::Done) => "Trained",
        // Of another time.
        None => match training.run().and_then(|id| run_state(state, id)) {
            Some(RunState::Stopped) => "Paused",
            Some(RunState::Failed) => "The training failed",
            _ => "Trained",
        },
    };
    super::page(ui, title, "", |ui| {
        controls(ui, state, &training, job.as_ref().map(|j| &j.state), ended);
        failure(ui, job.as_ref().map(|j| &j.state));
        warnings(ui, state, &training);
        // Before the first step of a stage: looking at the pictures, preparing the GPU.
        let phase = job.as_ref().and_then(|j| j.phase.as_ref()).map(|p| p.name.as_str());
        let steps = phase.is_some_and(|name| name.starts_with("Stage") || name.starts_with("Both"));
        if !ended && !steps && (phase.is_some() || training.lanes.is_empty()) {
            let words = job.as_ref().and_then(|j| j.phase.as_ref()).map_or_else(
                || "Preparing …".to_owned(),
                |p| format!("{}: {} of {}", p.name, widgets::count(p.done), widgets::count(p.total)),
            );
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(words);
            });
        }
        if ended {
            changed(ui, state, &training);
            ui.add_space(theme::LARGE);
        }
        let floor = floor(state);
        for lane in &training.lanes {
            self::lane(ui, state, lane, floor);
            ui.add_space(theme::MEDIUM);
        }
        past(ui, state);
    });
}

fn controls(ui: &mut Ui, state: &mut State, training: &Training, job: Option<&JobState>, ended: bool) {
    ui.horizontal(|ui| {
        if ended {
            let run = training.run().map(str::to_owned);
            let resumable = match job {
                Some(job) => matches!(job, JobState::Stopped | JobState::Crashed(_) | JobState::Failed(_)),
                None => {
                    let stands = run.as_deref().and_then(|id| run_state(state, id));
                    matches!(stands, Some(RunState::Stopped | RunState::Failed))
                }
            };
            let resume = theme::primary(ui, theme::labelled(icons::PLAY, "Resume"));
            if let Some(run) = run.filter(|_| resumable)
                && ui.add(resume).clicked()
            {
                state.command(Command::Resume(run));
            }
            if ui.button(theme::labelled(icons::PLUS, "New training")).clicked() {
                state.train.again = true;
            }
            if matches!(job, Some(JobState::Done)) {
                widgets::action_button(ui, state, Action::Results);
                widgets::action_button(ui, state, Action::Pictures);
                tag_with_it(ui, state, training);
            }
            return;
        }
        let stopping = state.jobs.get(training.job).is_some_and(|j| j.stopping);
        let pause = egui::Button::new(theme::labelled(icons::PAUSE, "Pause"));
        let pause = ui
            .add_enabled(!stopping, pause)
            .on_hover_text("Saves everything; Resume goes on where it was");
        if pause.clicked() {
            state.command(Command::Stop(training.job));
        }
        let cancel = egui::Button::new(theme::labelled(icons::STOP, "Cancel"));
        let cancel = ui.add_enabled(!stopping, cancel).on_hover_text(
            "Stops and goes back to the settings; the run stays in the list below and can still be resumed",
        );
        if cancel.clicked() {
            state.command(Command::Stop(training.job));
            state.train.again = true;
        }
        if let Some(lane) = training.current() {
            ui.label(format!("{:.1} pictures a second", lane.speed));
            if let Some(left) = lane.left() {
                ui.label(format!("{} left in this stage", duration(left)));
            }
        }
        if state.memory[0] > 0 {
            ui.label(format!("{} MB of memory", state.memory[0] >> 20));
        }
        if stopping {
            ui.spinner();
            ui.label("keeping what is done …");
        }
    });
    ui.add_space(theme::MEDIUM);
}

/// Where a run of the open project stands.
fn run_state(state: &State, id: &str) -> Option<RunState> {
    let runs = &state.open()?.catalog.runs;
    runs.iter().find(|r| r.id == id).map(|r| r.state)
}

/// Leads to Tag with the run that was just trained.
fn tag_with_it(ui: &mut Ui, state: &mut State, training: &Training) {
    let Some(open) = state.open() else { return };
    let project = open.catalog.folder.clone();
    let Some(run) = training.run().map(str::to_owned) else {
        return;
    };
    let button = ui.button(theme::labelled(icons::TAG, "Tag with it"));
    if button
        .on_hover_text("Drop other pictures, and this run gives them their labels")
        .clicked()
    {
        let source = crate::app::tagging::source::Source::Run { project, run };
        state.command(Command::Tagging(crate::app::tagging::Act::Use(source)));
        state.command(Command::Do(Action::Tag));
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
fn warnings(ui: &mut Ui, state: &mut State, training: &Training) {
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
                    state.train.changed.insert(name.to_owned(), value.to_owned());
                    state.train.again = true;
                }
            });
        });
        ui.add_space(theme::SMALL);
    }
}

/// mAP of the untrained model, where it was measured.
fn floor(state: &State) -> Option<f64> {
    let compared = &state.open()?.catalog.compared;
    compared.iter().find(|m| m.run == ZERO_SHOT).and_then(|m| m.map.total)
}

fn lane(ui: &mut Ui, state: &mut State, lane: &Lane, floor: Option<f64>) {
    let p = theme::palette(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let what = match lane.stage {
                Stage::One => "the eyes learn your pictures",
                Stage::Two => "the words learn your labels",
                Stage::Joint => "the eyes and the words learn together",
            };
            ui.label(theme::heading(format!("{}: {what}", lane.name()), TextSize::Subtitle));
            ui.label(theme::quiet(ui, &lane.run));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(theme::quiet(
                    ui,
                    format!("step {} of {}", widgets::count(lane.done), widgets::count(lane.steps)),
                ));
            });
        });
        let width = ui.available_width();
        widgets::share_bar(
            ui,
            vec2(width, 6.0),
            &[(lane.share(), p.accent)],
            None,
            &format!("{} progress", lane.name()),
        );
        ui.add_space(theme::SMALL);
        let has_map = lane.map.iter().any(|c| !c.points.is_empty());
        ui.columns(if has_map { 2 } else { 1 }, |columns| {
            // Of the two that a joint training has, the curve holds the distance from CLIP.
            let extra = match lane.stage {
                Stage::Two => "distance of words (L_sc)",
                Stage::One | Stage::Joint => "distance from CLIP (L_kd)",
            };
            let losses = [
                ("loss", &lane.loss, p.accent),
                ("labels (L_cls)", &lane.cls, p.groups[0]),
                (extra, &lane.extra, p.groups[1]),
            ];
            plot(
                &mut columns[0],
                &format!("loss {}", lane.run),
                "loss by step",
                &losses,
                None,
                Corner::RightTop,
            );
            if has_map {
                let colors = [p.accent, p.groups[0], p.groups[1], p.groups[2]];
                let curves: Vec<_> = (0..4).map(|i| (GROUPS[i], &lane.map[i], colors[i])).collect();
                plot(
                    &mut columns[1],
                    &format!("map {}", lane.run),
                    "mAP by pass, validation pictures",
                    &curves,
                    floor,
                    Corner::RightBottom,
                );
            }
        });
        super::watched::strip(ui, state, lane);
    });
}

/// Curves of a name and a colour each.
type Curves<'a> = [(&'a str, &'a Curve, egui::Color32)];

fn plot(ui: &mut Ui, id: &str, title: &str, curves: &Curves<'_>, floor: Option<f64>, legend: Corner) {
    ui.label(theme::quiet(ui, title));
    let color = theme::palette(ui).quiet;
    Plot::new(id.to_owned())
        .height(190.0)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .show_background(false)
        .grid_color(theme::palette(ui).line)
        .grid_spacing(40.0..=200.0)
        .legend(Legend::default().position(legend))
        .y_axis_min_width(36.0)
        .show(ui, |plot| {
            for (name, curve, color) in curves {
                if !curve.points.is_empty() {
                    let points = PlotPoints::new(curve.points.clone());
                    plot.line(Line::new((*name).to_owned(), points).color(*color).width(1.8));
                }
            }
            if let Some(floor) = floor {
                plot.hline(
                    HLine::new("untrained, test", floor)
                        .color(color)
                        .style(LineStyle::dashed_loose()),
                );
            }
        });
}

/// The table of the stages against the untrained model, and the labels that gained and lost most.
fn changed(ui: &mut Ui, state: &mut State, training: &Training) {
    let Some(open) = state.open() else { return };
    let wanted: Vec<&str> = std::iter::once(ZERO_SHOT)
        .chain(training.lanes.iter().map(|l| l.run.as_str()))
        .collect();
    let rows: Vec<_> = open
        .catalog
        .compared
        .iter()
        .filter(|m| wanted.contains(&m.run.as_str()))
        .cloned()
        .collect();
    if rows.is_empty() {
        return;
    }
    let names: Vec<String> = open.catalog.labels.iter().map(|l| l.name.clone()).collect();
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading("What changed", TextSize::Title));
        let images = widgets::count(rows.first().map_or(0, |r| r.images));
        ui.label(theme::quiet(
            ui,
            match rows.first().map(|r| r.split) {
                Some(2) => format!("mAP on {images} test pictures, in percent"),
                Some(1) => format!("mAP on {images} validation pictures, in percent"),
                _ => format!(
                    "mAP on all {images} pictures, in percent. It learned from some of them, and those without a label count as \
                     not having it: look at the pictures rather than at these numbers."
                ),
            },
        ));
        table(ui, &rows);
        if let (Some(first), Some(last)) = (rows.first(), rows.last().filter(|_| rows.len() > 1)) {
            let mut gains: Vec<(usize, f64)> = (first.ap.iter().zip(&last.ap).enumerate())
                .filter_map(|(c, (a, b))| Some((c, (*b)? - (*a)?)))
                .collect();
            gains.sort_by(|a, b| b.1.total_cmp(&a.1));
            let say = |list: &[(usize, f64)]| {
                let words: Vec<String> = list
                    .iter()
                    .filter_map(|(c, g)| Some(format!("{} {g:+.1}", names.get(*c)?)))
                    .collect();
                words.join(", ")
            };
            let best: Vec<_> = gains.iter().take(5).copied().filter(|g| g.1 > 0.0).collect();
            let worst: Vec<_> = gains.iter().rev().take(5).copied().filter(|g| g.1 < 0.0).collect();
            if !best.is_empty() {
                ui.label(format!("Gained most: {}", say(&best)));
            }
            if !worst.is_empty() {
                ui.label(format!("Lost most: {}", say(&worst)));
            }
        }
        ui.horizontal(|ui| {
            widgets::action_button(ui, state, Action::Results);
            widgets::action_button(ui, state, Action::Pictures);
        });
    });
}

/// mAP of runs by group, with the difference from the first row.
pub fn table(ui: &mut Ui, rows: &[crate::app::library::RunMeasure]) {
    let p = theme::palette(ui);
    egui::Grid::new("measures")
        .num_columns(5)
        .spacing([26.0, 6.0])
        .striped(true)
        .show(ui, |ui| {
            ui.label("");
            for name in GROUPS {
                ui.label(theme::quiet(ui, name));
            }
            ui.end_row();
            for row in rows {
                ui.label(RichText::new(run_name(&row.run)).family(theme::strong()));
                let base = rows
                    .first()
                    .filter(|first| first.run != row.run)
                    .map(|first| groups(&first.map));
                for (i, value) in groups(&row.map).into_iter().enumerate() {
                    ui.horizontal(|ui| {
                        ui.label(widgets::percent(value));
                        if let (Some(value), Some(Some(base))) = (value, base.map(|b| b[i])) {
                            let gain = value - base;
                            let color = if gain >= 0.0 { p.good } else { p.bad };
                            ui.label(
                                RichText::new(format!("{gain:+.1}"))
                                    .color(color)
                                    .size(TextSize::Small.points()),
                            );
                        }
                    });
                }
                ui.end_row();
            }
        });
}

/// A run's name for people.
pub fn run_name(run: &str) -> &str {
    if run == ZERO_SHOT { "untrained" } else { run }
}

/// All runs, newest first: state, measures, what can be done.
pub fn past(ui: &mut Ui, state: &mut State) {
    let Some(open) = state.open() else { return };
    let (runs, compared, shown) = (
        open.catalog.runs.clone(),
        open.catalog.compared.clone(),
        open.catalog.run.clone(),
    );
    if runs.is_empty() {
        return;
    }
    let busy = state.trains();
    ui.label(theme::heading("Past runs", TextSize::Title));
    ui.add_space(theme::SMALL);
    let p = theme::palette(ui);
    for run in runs.iter().rev() {
        theme::card(ui)
            .inner_margin(egui::Margin::symmetric(14, 8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
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
                    if let Some(measure) = compared.iter().find(|m| m.run == run.id) {
                        let [total, head, medium, tail] = groups(&measure.map).map(widgets::percent);
                        ui.label(format!("mAP {total}"));
                        ui.label(theme::quiet(
                            ui,
                            format!("frequent {head}, medium {medium}, rare {tail}"),
                        ));
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let shown_now = state
                            .training
                            .as_ref()
                            .is_some_and(|t| t.run() == Some(run.id.as_str()));
                        if !busy && (!shown_now || state.train.again) {
                            let curves = ui.button("Curves");
                            let curves = curves.on_hover_text("How its training went, with the watched pictures");
                            if curves.clicked() {
                                state.command(Command::ShowTraining(run.id.clone()));
                            }
                        }
                        match run.state {
                            RunState::Stopped | RunState::Failed if !busy => {
                                let resume = ui.button(theme::labelled(icons::PLAY, "Resume"));
                                resume.clicked().then(|| state.command(Command::Resume(run.id.clone())));
                            }
                            RunState::Done if shown == run.id => {
                                ui.label(theme::quiet(ui, "shown in Pictures"));
                            }
                            RunState::Done => {
                                let known = compared.iter().any(|m| m.run == run.id);
                                let words = if known {
                                    "Show its predictions"
                                } else {
                                    "Score the pictures"
                                };
                                if ui.button(words).clicked() {
                                    let id = run.id.clone();
                                    state.command(if known {
                                        Command::ShowRun(id)
                                    } else {
                                        Command::Predict(id)
                                    });
                                }
                            }
                            _ => {}
                        }
                    });
                });
            });
        ui.add_space(2.0);
    }
}
