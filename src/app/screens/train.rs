//! Train: three steps down the page, then the running training, then what changed.

use super::running;
use crate::app::catalog::Catalog;
use crate::app::command::{Command, Setup};
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use crate::engine::request::Stages;
use crate::project::RunState;
use crate::train::settings::Settings;
use eframe::egui::{self, RichText, Ui, vec2};

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    let busy = state.trains();
    if state.training.is_some() && !state.train.again {
        running::show(ui, state);
        return;
    }
    super::page(
        ui,
        "Teach it your labels",
        "Two stages: first the model's eyes, then its words. Your pictures and labels stay as they are.",
        |ui| {
            what(ui, state);
            ui.add_space(theme::LARGE);
            how(ui, state);
            ui.add_space(theme::LARGE);
            go(ui, state, busy);
            ui.add_space(theme::HUGE);
            running::past(ui, state);
        },
    );
}

/// 1: what to learn from.
fn what(ui: &mut Ui, state: &mut State) {
    let Some(open) = state.open() else { return };
    let (splits, groups) = (open.catalog.split_counts(), open.catalog.groups());
    let positives = open.catalog.training_positives();
    let names: Vec<String> = open.catalog.labels.iter().map(|l| l.name.clone()).collect();
    let total = open.catalog.pictures.len();
    step(ui, 1, "What to learn from", |ui| {
        let trained = if splits[0] > 0 { splits[0] } else { total };
        let of = |g: Group| groups.iter().filter(|o| **o == g).count();
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(widgets::counted(trained, "picture", "pictures")).family(theme::strong()));
            ui.label(format!(
                "to learn from, {} to choose settings on, {} to test on.",
                widgets::count(splits[1]),
                widgets::count(splits[2])
            ));
        });
        let rare = positives.iter().filter(|n| **n < 10).count();
        let words = format!(
            "{}: {} frequent (100 pictures and more), {} medium, {} rare (under 20).",
            widgets::counted(names.len(), "label", "labels"),
            of(Group::Head),
            of(Group::Medium),
            of(Group::Tail)
        );
        ui.label(words);
        if rare > 0 {
            ui.label(theme::quiet(
                ui,
                format!(
                    "{} fewer than 10 pictures: good, that is what this is for.",
                    if rare == 1 {
                        "1 label has".to_owned()
                    } else {
                        format!("{rare} labels have")
                    }
                ),
            ));
        }
        let none: Vec<&str> = names
            .iter()
            .zip(&positives)
            .filter(|(_, n)| **n == 0)
            .map(|(name, _)| name.as_str())
            .collect();
        if !none.is_empty() {
            let list = none.iter().take(6).copied().collect::<Vec<_>>().join(", ");
            ui.label(
                RichText::new(format!(
                    "{} Without any picture: {list}. They keep what CLIP knew.",
                    icons::WARNING
                ))
                .color(theme::palette(ui).warn),
            );
        }
        histogram(ui, &positives, &names);
        if splits[0] > 0
            && ui
                .button("Other splits…")
                .on_hover_text("At random, a long tail, few-shot, base and novel, from lists")
                .clicked()
        {
            state.command(Command::Do(crate::app::command::Action::Splits));
        }
        if splits[0] == 0 && total > 0 {
            ui.horizontal(|ui| {
                ui.label("The pictures are not split: training would use all of them, and nothing could be measured.");
                if ui
                    .button("Split 60 / 15 / 25")
                    .on_hover_text("At random, with every label in each part where it can be")
                    .clicked()
                {
                    state.command(Command::Split);
                }
                if ui.button("In another way…").clicked() {
                    state.command(Command::Do(crate::app::command::Action::Splits));
                }
            });
        }
    });
}

/// Positives of each label, most frequent first: what the tail looks like.
fn histogram(ui: &mut Ui, positives: &[usize], names: &[String]) {
    if positives.is_empty() {
        return;
    }
    let p = theme::palette(ui);
    let mut order: Vec<usize> = (0..positives.len()).collect();
    order.sort_by_key(|c| std::cmp::Reverse(positives[*c]));
    let most = positives.iter().copied().max().unwrap_or(1).max(1) as f32;
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 52.0), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Training pictures of each label"));
    let step = (width / order.len() as f32).min(28.0);
    for (i, c) in order.iter().enumerate() {
        // The root keeps the tail visible.
        let height = (positives[*c] as f32 / most).sqrt() * rect.height();
        let left = rect.left() + i as f32 * step;
        let bar = egui::Rect::from_min_max(
            egui::pos2(left, rect.bottom() - height.max(1.5)),
            egui::pos2(left + (step - 2.0).max(1.0), rect.bottom()),
        );
        ui.painter()
            .rect_filled(bar, 2.0, p.groups[Group::of(positives[*c]) as usize]);
    }
    if let Some(at) = response.hover_pos() {
        let i = ((at.x - rect.left()) / step).max(0.0) as usize;
        if let Some(c) = order.get(i) {
            let words = format!(
                "{}: {}",
                names[*c],
                widgets::counted(positives[*c], "picture", "pictures")
            );
            response.on_hover_text_at_pointer(words);
        }
    }
}

/// 2: how.
fn how(ui: &mut Ui, state: &mut State) {
    let stage_1: Vec<String> = state.open().map_or_else(Vec::new, |open| {
        let done = open
            .catalog
            .runs
            .iter()
            .filter(|r| r.stage == 1 && r.state == RunState::Done);
        done.map(|r| r.id.clone()).collect()
    });
    let model = state
        .open()
        .map(|o| model_words(&o.catalog, state.prefs.model.as_deref()))
        .unwrap_or_default();
    let mut form = state.train.clone();
    let mut choose = false;
    step(ui, 2, "How", |ui| {
        ui.horizontal(|ui| {
            ui.label("Start from");
            ui.label(RichText::new(&model).family(theme::strong()))
                .on_hover_text("The project's model");
            choose = ui
                .button("Another…")
                .on_hover_text("Choose a CLIP from your disk in the settings")
                .clicked();
        });
        ui.horizontal_wrapped(|ui| {
            for (i, (name, sentence, _)) in super::choices::PRESETS.iter().enumerate() {
                if widgets::chip(ui, name, form.preset == i)
                    .on_hover_text(*sentence)
                    .clicked()
                {
                    form.preset = i;
                }
            }
            ui.label(theme::quiet(ui, super::choices::PRESETS[form.preset.min(2)].1));
        });
        ui.horizontal_wrapped(|ui| {
            for (i, (name, sentence)) in [
                ("Both stages", "First the eyes, then the words: what you usually want"),
                (
                    "Stage 1 only",
                    "Dual-view alignment: the vision tower learns your pictures",
                ),
                ("Stage 2 only", "Prompt tuning: the words learn your labels; fast"),
            ]
            .iter()
            .enumerate()
            {
                if widgets::chip(ui, name, form.stages == i)
                    .on_hover_text(*sentence)
                    .clicked()
                {
                    form.stages = i;
                }
            }
        });
        if form.stages == 2 {
            ui.horizontal(|ui| {
                ui.label("on top of");
                let words = form.from.clone().unwrap_or_else(|| "the untrained model".to_owned());
                let combo = egui::ComboBox::from_id_salt("from")
                    .selected_text(words)
                    .show_ui(ui, |ui| {
                        ui.selectable_value(&mut form.from, None, "the untrained model");
                        for run in &stage_1 {
                            ui.selectable_value(&mut form.from, Some(run.clone()), run);
                        }
                    });
                combo
                    .response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Stage 1 run to start from"));
            });
        }
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
        if form.advanced {
            super::choices::table(ui, &mut form);
        }
    });
    state.train = form;
    if choose {
        state.command(Command::Do(crate::app::command::Action::Settings));
    }
}

/// The model of a project in words.
pub fn model_words(catalog: &Catalog, chosen: Option<&str>) -> String {
    match catalog.model.as_deref().or(chosen) {
        None | Some(crate::engine::jobs::STARTER) => "the built-in model (pictograms)".to_owned(),
        Some(path) => path.to_owned(),
    }
}

/// 3: go.
fn go(ui: &mut Ui, state: &mut State, busy: bool) {
    let Some(open) = state.open() else { return };
    let labels = open.catalog.labels.len();
    let positives: usize = open.catalog.training_positives().iter().sum();
    let (writable, has_val) = (
        open.catalog.writable,
        open.catalog.pictures.iter().any(|p| p.split == Some(Split::Val)),
    );
    let set = super::choices::settings(&state.train);
    let problem = Settings::default().with_overrides(None, &set).err();
    step(ui, 3, "Go", |ui| {
        let why_not = if !writable {
            Some("The project is open for looking only.".to_owned())
        } else if labels == 0 {
            Some("There are no labels yet: add some beside the pictures.".to_owned())
        } else if positives == 0 {
            Some("No training picture has a label yet: give some their labels first.".to_owned())
        } else if busy {
            Some("A training is at work.".to_owned())
        } else {
            problem.map(|e| format!("{e}. {}", e.hint().unwrap_or_default()))
        };
        if !has_val {
            ui.label(theme::quiet(
                ui,
                "There is no validation split: the curves will show the loss only.",
            ));
        }
        ui.horizontal(|ui| {
            let button = theme::primary(ui, theme::labelled(icons::PLAY, "Start training")).min_size(vec2(180.0, 36.0));
            if ui.add_enabled(why_not.is_none(), button).clicked() {
                let stages = [Stages::Both, Stages::One, Stages::Two][state.train.stages.min(2)];
                let from = state.train.from.clone().filter(|_| stages == Stages::Two);
                let seed = state.train.seed;
                state.command(Command::Train(Setup {
                    stages,
                    from,
                    set,
                    seed,
                }));
            }
            if let Some(why) = why_not {
                ui.label(RichText::new(why).color(theme::palette(ui).warn));
            }
        });
        if state.training.is_some() && ui.button("Back to the last training").clicked() {
            state.train.again = false;
        }
    });
}

fn step(ui: &mut Ui, number: usize, title: &str, add: impl FnOnce(&mut Ui)) {
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
