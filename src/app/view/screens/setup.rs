//! Train, steps 2 and 3: how, and what that will do.

use super::choices;
use super::totals::totals;
use crate::app::model::action::Action;
use crate::app::model::catalog::Catalog;
use crate::app::model::command::Command;
use crate::app::model::open::Open;
use crate::app::model::planning::{Planned, Stamp};
use crate::app::model::state::Model;
use crate::app::model::training_form::{self, PRESETS, Preset, TrainForm};
use crate::app::model::trainings::run_name;
use crate::app::model::words::{self, duration};
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::engine::event::TrainingPlan;
use crate::engine::jobs::STARTER;
use crate::engine::request::{Stages, TrainRequest};
use crate::project::RunState;
use crate::train::settings::Settings;
use eframe::egui::{self, RichText, Ui, vec2};
use std::time::Duration;

/// Stages that can be trained, with what that means.
const STAGES: [(Stages, &str, &str); 4] = [
    (
        Stages::Both,
        "Both stages",
        "First the eyes, then the words: what you usually want",
    ),
    (
        Stages::One,
        "Stage 1 only",
        "Dual-view alignment: the vision tower learns your pictures",
    ),
    (
        Stages::Two,
        "Stage 2 only",
        "Prompt tuning: the words learn your labels; fast",
    ),
    (
        Stages::Joint,
        "Both at once",
        "Vision tower and words together, the words first: to compare; two stages usually do better",
    ),
];

/// A numbered step of the page.
pub(super) fn step(ui: &mut Ui, number: usize, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(
                RichText::new(number.to_string())
                    .size(TextSize::Title.points())
                    .color(theme::palette(ui).accent)
                    .family(theme::strong()),
            );
            ui.label(theme::heading(title, TextSize::Title));
        });
        ui.add_space(theme::SMALL);
        add(ui);
    });
}

/// The model of a project in words.
fn model_words(catalog: &Catalog) -> &str {
    match catalog.model.as_deref() {
        None | Some(STARTER) => "the built-in model (pictograms)",
        Some(path) => path,
    }
}

/// 2: how. The form as it is after this frame.
pub(super) fn how(ui: &mut Ui, screen: &mut Screen<'_>) -> TrainForm {
    let model = screen.model;
    let mut form = model.train.clone();
    let Some(open) = model.open() else { return form };
    // What is asked for comes after the form.
    let mut asks = Vec::new();
    step(ui, 2, "How", |ui| {
        ui.horizontal(|ui| {
            ui.label("Start from");
            ui.label(RichText::new(model_words(&open.catalog)).family(theme::strong()))
                .on_hover_text("The project's model");
            let another = ui
                .button("Another…")
                .on_hover_text("Choose a CLIP from your disk in the settings");
            if another.clicked() {
                asks.push(Command::Do(Action::Settings));
            }
        });
        presets(ui, screen, &mut form, &mut asks);
        ui.horizontal_wrapped(|ui| {
            for (stages, name, sentence) in STAGES {
                let chip = widgets::chip(ui, name, form.stages == stages);
                if chip.on_hover_text(sentence).clicked() {
                    form.stages = stages;
                }
            }
        });
        if form.stages == Stages::Two {
            on_top_of(ui, &open.catalog, &mut form);
        }
        advanced(ui, screen, &mut form, &mut asks);
    });
    if form != model.train {
        screen.command(Command::TrainForm(form.clone()));
    }
    asks.into_iter().for_each(|ask| screen.command(ask));
    form
}

/// The Stage 1 run that Stage 2 goes on from.
fn on_top_of(ui: &mut Ui, catalog: &Catalog, form: &mut TrainForm) {
    let runs = catalog.runs.iter();
    let finished = runs.filter(|r| r.stage == 1 && r.state == RunState::Done);
    ui.horizontal(|ui| {
        ui.label("on top of");
        let name = |id: &str| run_name(&catalog.runs, id);
        let words = form
            .from
            .as_deref()
            .map_or_else(|| "the untrained model".to_owned(), name);
        let combo = egui::ComboBox::from_id_salt("from")
            .selected_text(words)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut form.from, None, "the untrained model");
                for run in finished {
                    ui.selectable_value(&mut form.from, Some(run.id.clone()), name(&run.id));
                }
            });
        combo
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Stage 1 run to start from"));
    });
}

/// The proposal, the ready-made settings, and those that the user kept.
fn presets(ui: &mut Ui, screen: &Screen<'_>, form: &mut TrainForm, asks: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        let sentence = "What the program thinks right for so many pictures, with its reasons below";
        let chip = widgets::chip(ui, "Proposed", form.preset == Preset::Proposed);
        if chip.on_hover_text(sentence).clicked() {
            form.preset = Preset::Proposed;
        }
        for (i, (name, sentence, _)) in PRESETS.iter().enumerate() {
            let chip = widgets::chip(ui, name, form.preset == Preset::Ready(i));
            if chip.on_hover_text(*sentence).clicked() {
                form.preset = Preset::Ready(i);
            }
        }
        for name in screen.prefs.presets.keys() {
            let preset = Preset::Own(name.clone());
            let on = form.preset == preset;
            if widgets::chip(ui, name, on)
                .on_hover_text("Settings that you kept")
                .clicked()
            {
                form.preset = preset;
            }
            if on && widgets::icon_button(ui, icons::X, &format!("Forget the settings “{name}”")).clicked() {
                asks.push(Command::SavePreset(name.clone(), None));
                form.preset = Preset::Proposed;
            }
        }
    });
    match &form.preset {
        Preset::Proposed => reasons(ui, screen),
        Preset::Ready(i) => {
            let sentence = PRESETS.get(*i).map_or("", |p| p.1);
            ui.label(theme::quiet(ui, sentence));
        }
        Preset::Own(name) => {
            let settings = screen.prefs.presets.get(name).into_iter().flatten();
            let words: Vec<String> = settings.map(|(k, v)| format!("{k} {v}")).collect();
            ui.label(theme::quiet(ui, words.join(", ")));
        }
    }
}

/// Why the program proposes what it proposes.
fn reasons(ui: &mut Ui, screen: &Screen<'_>) {
    let proposed = screen.planning.proposed();
    if proposed.is_empty() {
        ui.label(theme::quiet(
            ui,
            "What fits your pictures and this device; the reasons come with the plan.",
        ));
        return;
    }
    // Settings with one and the same reason stand together.
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for p in proposed {
        let setting = format!("{} {}", p.name, p.value);
        match groups.iter_mut().find(|(why, _)| *why == p.why) {
            Some((_, settings)) => settings.push(setting),
            None => groups.push((&p.why, vec![setting])),
        }
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (why, settings) in groups {
            let mut job = egui::text::LayoutJob::default();
            let p = theme::palette(ui);
            let size = TextSize::Small.points();
            let [mono, plain] = [egui::FontId::monospace(size), egui::FontId::proportional(size)];
            job.append(&settings.join(", "), 0.0, egui::TextFormat::simple(mono, p.text));
            job.append(why, 10.0, egui::TextFormat::simple(plain, p.quiet));
            ui.label(job);
        }
    });
}

/// All settings, and keeping them.
fn advanced(ui: &mut Ui, screen: &Screen<'_>, form: &mut TrainForm, asks: &mut Vec<Command>) {
    let changed = form.changed.len();
    let words = if changed == 0 {
        "All settings".to_owned()
    } else {
        format!("All settings ({changed} changed)")
    };
    let icon = if form.advanced {
        icons::CARET_DOWN
    } else {
        icons::CARET_RIGHT
    };
    if ui.button(theme::labelled(icon, &words)).clicked() {
        form.advanced = !form.advanced;
    }
    if !form.advanced {
        return;
    }
    let parent = form.from.as_ref().filter(|_| form.stages == Stages::Two);
    let runs = screen.open().map_or(&[][..], |open| &open.catalog.runs);
    let parent = parent.and_then(|id| runs.iter().find(|run| run.id == *id));
    let proposed = screen.planning.proposed();
    let usual = training_form::usual(form, &screen.prefs.presets, proposed, parent.map(|p| &p.config));
    ui.horizontal(|ui| {
        let field = egui::TextEdit::singleline(&mut form.name)
            .hint_text("A name")
            .desired_width(160.0);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info("", "Name for these settings"));
        let name = form.name.trim().to_owned();
        // A proposal that is not known yet cannot be kept.
        let known = form.preset != Preset::Proposed || screen.planning.plan().is_some();
        let keep = ui.add_enabled(!name.is_empty() && known, egui::Button::new("Keep these settings"));
        if keep
            .on_hover_text("They are offered beside the others from now on")
            .clicked()
        {
            let plain = Settings::default().values();
            let mut kept = usual.clone();
            kept.extend(form.changed.iter().map(|(k, v)| (k.clone(), v.trim().to_owned())));
            kept.retain(|name, value| plain.get(name) != Some(value));
            asks.push(Command::SavePreset(name, Some(kept)));
            form.changed.clear();
            form.name.clear();
        }
        if changed > 0
            && ui
                .button("Reset all")
                .on_hover_text("Back to what nobody changed")
                .clicked()
        {
            form.changed.clear();
        }
    });
    choices::table(ui, form, &usual);
}

/// Why this training cannot be started.
fn why_not(ui: &Ui, model: &Model, open: &Open, request: &TrainRequest) -> Option<String> {
    if !open.catalog.writable {
        Some("The project is open for looking only.".to_owned())
    } else if open.catalog.labels.is_empty() {
        Some("There are no labels yet: add some beside the pictures.".to_owned())
    } else if totals(ui, open).pictures.iter().all(|n| *n == 0) {
        Some("No picture has a label yet: give some their labels first.".to_owned())
    } else if model.trains() {
        Some("A training is at work.".to_owned())
    } else {
        let problem = Settings::default().with_overrides(None, &request.set).err();
        problem.map(|e| format!("{e}. {}", e.hint().unwrap_or_default()))
    }
}

fn stamp(model: &Model, open: &Open, form: &TrainForm) -> Stamp {
    Stamp {
        version: open.version,
        model: open.catalog.model.clone(),
        device: model.jobs.device,
        request: training_form::request(form, &model.prefs.presets, &open.catalog.folder),
    }
}

/// 3: go. What will happen; the button itself stays in view below the page.
pub(super) fn go(ui: &mut Ui, screen: &mut Screen<'_>, form: &TrainForm) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let stamp = stamp(model, open, form);
    step(ui, 3, "Go", |ui| match why_not(ui, model, open, &stamp.request) {
        None => plan(ui, screen, &stamp),
        Some(why) => {
            ui.label(theme::quiet(ui, why));
        }
    });
}

/// The bar below the page: starting, whatever is in view above it.
pub(super) fn start(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let stamp = stamp(model, open, &model.train);
    let why_not = why_not(ui, model, open, &stamp.request);
    let p = theme::palette(ui);
    let margin = egui::Margin::symmetric(20, 8);
    let frame = egui::Frame::new().fill(p.panel).inner_margin(margin);
    egui::Panel::bottom("start training").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let button = theme::primary(ui, theme::labelled(icons::PLAY, "Start training")).min_size(vec2(180.0, 36.0));
            if ui.add_enabled(why_not.is_none(), button).clicked() {
                screen.command(Command::Train(stamp.request.clone()));
            }
            if model.training.is_some() && ui.button("Back to the last training").clicked() {
                let form = TrainForm {
                    again: false,
                    ..model.train.clone()
                };
                screen.command(Command::TrainForm(form));
            }
            let (auto, busy) = (model.habits.score_at_once, model.jobs.busy());
            let planned = model.planning.standing(&stamp, auto, busy);
            if let Some(why) = why_not {
                ui.add(egui::Label::new(RichText::new(why).color(p.warn)).wrap());
            } else if let Planned::Known(plan) = planned
                && let Some(seconds) = plan.seconds
            {
                ui.label(theme::quiet(ui, format!("takes about {}", time(seconds))));
            }
        });
    });
}

/// What the training would do, as far as that is known.
fn plan(ui: &mut Ui, screen: &mut Screen<'_>, stamp: &Stamp) {
    let model = screen.model;
    let (auto, busy) = (model.habits.score_at_once, model.jobs.busy());
    let mut asks = false;
    match model.planning.standing(stamp, auto, busy) {
        Planned::Known(plan) => what_it_does(ui, plan),
        Planned::Failed(failure) => {
            let color = theme::palette(ui).warn;
            ui.label(RichText::new(format!("{} {}", icons::WARNING, failure.message)).color(color));
            if let Some(hint) = &failure.hint {
                ui.label(hint);
            }
            asks = ui.button("Look again").clicked();
        }
        Planned::Asked => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(theme::quiet(ui, "Trying a few steps, to tell how long it takes …"));
            });
            ui.ctx().request_repaint_after(Duration::from_millis(200));
        }
        Planned::Later => {
            let words = "What it will do, and how long that takes, is found out once the other work is done.";
            ui.label(theme::quiet(ui, words));
        }
        Planned::Unknown => asks = ui.button("What will it do, and how long will it take?").clicked(),
    }
    if asks {
        screen.command(Command::Plan(stamp.request.clone()));
    }
}

/// The plan in words.
fn what_it_does(ui: &mut Ui, plan: &TrainingPlan) {
    let learned = words::counted(plan.train, "picture", "pictures");
    let mut words = format!("Learns from {learned}");
    match (plan.val, plan.test) {
        (0, 0) => words.push_str("; none are held back, so nothing will be measured: look at the pictures instead."),
        (0, test) => words.push_str(&format!(
            "; {} to test on. None choose settings: the curves show the loss only.",
            words::count(test)
        )),
        (val, 0) => words.push_str(&format!("; {} choose settings and measure.", words::count(val))),
        (val, test) => words.push_str(&format!(
            "; {} choose settings, {} test.",
            words::count(val),
            words::count(test)
        )),
    }
    ui.label(words);
    if let Some(command) = &plan.split {
        let words = if plan.val + plan.test > 0 {
            "The pictures are split for that first; it can be changed under Splits."
        } else {
            "The rarest label has too few pictures to spare any: with more of it, some are held back."
        };
        ui.label(theme::quiet(ui, words)).on_hover_text(command);
    }
    for stage in &plan.stages {
        let name = stage.stage.name();
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).family(theme::strong()));
            ui.label(format!(
                "{}, {} of {} pictures",
                words::counted(stage.epochs, "pass", "passes"),
                words::counted(stage.steps, "step", "steps"),
                stage.batch
            ));
            if stage.trainings > 1 {
                let words = format!("for {} kinds of context, of which the best is kept", stage.trainings);
                ui.label(words);
            }
            if let Some(seconds) = stage.seconds {
                ui.label(theme::quiet(ui, format!("about {}", time(seconds))));
            }
        });
    }
    if let Some(seconds) = plan.seconds {
        let words = format!("All in all about {} on {}.", time(seconds), plan.device);
        ui.label(RichText::new(words).family(theme::strong()))
            .on_hover_text("From a few steps that were tried. You can pause whenever you like.");
    }
}

fn time(seconds: f64) -> String {
    duration(Duration::from_secs_f64(seconds.clamp(1.0, 1e7)))
}
