//! Tag: pictures that are dropped get labels, are looked at and changed, and are written where other programs read them.

mod labels;
mod large;
mod picker;
mod rows;
mod watch;
mod write;

use crate::app::command::{Action, Command, Pick};
use crate::app::jobs::duration;
use crate::app::state::State;
use crate::app::tagging::{Act, Only, Panel};
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use eframe::egui::{self, Align, Context, Key, Layout, Modifiers, RichText, Ui, vec2};

/// Queues something to do in Tag.
fn act(state: &mut State, act: Act) {
    state.command(Command::Tagging(act));
}

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    let empty = state.tagging.list.items.is_empty();
    let watching = state.tagging.panel == Panel::Watch || state.prefs.watch.is_some();
    if (!empty || watching) && ui.available_width() > 620.0 {
        egui::Panel::right("tag panel")
            .default_size(346.0)
            .size_range(300.0..=520.0)
            .frame(
                egui::Frame::new()
                    .fill(p.panel)
                    .inner_margin(egui::Margin::symmetric(14, 10)),
            )
            .show(ui, |ui| panel(ui, state));
    }
    let margin = if state.tagging.large {
        egui::Margin::ZERO
    } else {
        egui::Margin::symmetric(14, 10)
    };
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(p.ground).inner_margin(margin))
        .show(ui, |ui| {
            if empty {
                nothing(ui, state);
            } else if state.tagging.large {
                large::show(ui, state);
            } else {
                picker::show(ui, state);
                ui.add_space(theme::SMALL);
                head(ui, state);
                ui.add_space(theme::SMALL);
                rows::show(ui, state);
            }
        });
}

/// Labels, writing, watching: one at a time.
fn panel(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        for (panel, name) in [
            (Panel::Labels, "Labels"),
            (Panel::Write, "Write"),
            (Panel::Watch, "Watch a folder"),
        ] {
            if widgets::chip(ui, name, state.tagging.panel == panel).clicked() {
                act(state, Act::Show(panel));
            }
        }
    });
    ui.add_space(theme::MEDIUM);
    match state.tagging.panel {
        Panel::Labels => labels::show(ui, state),
        Panel::Write => write::show(ui, state),
        Panel::Watch => watch::show(ui, state),
    }
}

/// Nothing was dropped yet.
fn nothing(ui: &mut Ui, state: &mut State) {
    let looking = state.tagging.looking;
    let sentence = "Each picture gets its labels, with the patches behind them. You decide what is written; pictures are never changed.";
    super::page(ui, "Drop pictures, get labels", sentence, |ui| {
        let p = theme::palette(ui);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            picker::inner(ui, state);
        });
        ui.add_space(theme::LARGE);
        let frame = egui::Frame::new().fill(p.panel).corner_radius(14).inner_margin(18);
        let drop = frame.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.vertical_centered(|ui| {
                ui.add_space(theme::LARGE);
                ui.label(RichText::new(icons::TAG).size(40.0).color(p.accent));
                ui.label(theme::heading("Drop pictures or folders here", TextSize::Title));
                let kinds = "JPEG, PNG, WebP, GIF, TIFF, BMP. Paths and pictures can be pasted as well.";
                ui.label(theme::quiet(ui, kinds));
                ui.add_space(theme::MEDIUM);
                if looking {
                    ui.horizontal(|ui| {
                        ui.add_space((ui.available_width() / 2.0 - 80.0).max(0.0));
                        ui.spinner();
                        ui.label("looking for pictures …");
                    });
                    return;
                }
                let width = 330.0f32.min(ui.available_width());
                ui.allocate_ui_with_layout(
                    vec2(width, theme::HIT + 6.0),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        if ui.add(theme::primary(ui, "Choose pictures…")).clicked() {
                            state.command(Command::Do(Action::TagFiles));
                        }
                        if ui.button("Choose a folder…").clicked() {
                            state.command(Command::Do(Action::TagFolder));
                        }
                    },
                );
            });
            ui.add_space(theme::MEDIUM);
            path(ui, state);
            ui.add_space(theme::MEDIUM);
        });
        super::home::dashes(ui, drop.response.rect.shrink(1.0), egui::Stroke::new(1.5, p.line));
        ui.add_space(theme::LARGE);
        ui.horizontal(|ui| {
            ui.label(theme::quiet(ui, "Do new pictures come to a folder again and again?"));
            if ui.button(theme::labelled(icons::EYE, "Watch a folder")).clicked() {
                act(state, Act::Show(Panel::Watch));
            }
        });
    });
}

/// A path field, where a desktop has neither dialogs nor drops.
fn path(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let width = 640.0f32.min(ui.available_width());
        ui.add_space((ui.available_width() - width) / 2.0);
        ui.vertical(|ui| {
            ui.set_width(width);
            let mut path = std::mem::take(&mut state.tagging.path);
            let hint = "or type a path, for example ~/pictures/holiday";
            if widgets::path_field(ui, &mut path, "Path of pictures", hint, "Tag") {
                act(state, Act::Add(vec![path.trim().into()]));
                path.clear();
            }
            state.tagging.path = path;
        });
    });
}

/// What is shown, and what is to be done next.
fn head(ui: &mut Ui, state: &mut State) {
    let [waiting, _, failed] = state.tagging.list.standings();
    widgets::row(ui, |ui| {
        let total = state.tagging.list.items.len();
        let shown = state.tagging.shown.len();
        let words = if shown == total {
            widgets::counted(total, "picture", "pictures")
        } else {
            format!("{} of {}", widgets::count(shown), widgets::count(total))
        };
        ui.label(theme::heading(words, TextSize::Subtitle));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            next(ui, state, waiting);
            if widgets::icon_button(ui, icons::TRASH, "Empty the list (files stay as they are)").clicked() {
                act(state, Act::Clear);
            }
            if widgets::icon_button(ui, icons::FOLDER_OPEN, "Add a folder").clicked() {
                state.command(Command::Pick(Pick::TagFolder));
            }
            if widgets::icon_button(ui, icons::PLUS, "Add pictures").clicked() {
                state.command(Command::Pick(Pick::TagFiles));
            }
        });
    });
    ui.horizontal(|ui| {
        let mut kinds = vec![
            (Only::All, "All".to_owned()),
            (Only::Bare, "Without a label".to_owned()),
        ];
        kinds.push((Only::Edited, "Changed by you".to_owned()));
        if failed > 0 {
            kinds.push((Only::Failed, format!("Cannot be read: {failed}")));
        }
        for (only, name) in kinds {
            if widgets::chip(ui, &name, state.tagging.filter.only == only).clicked() {
                state.tagging.filter.only = only;
            }
        }
        if let Some(label) = state.tagging.filter.label.clone()
            && widgets::chip(ui, &format!("{label}  {}", icons::X), true)
                .on_hover_text("Show pictures with any label")
                .clicked()
        {
            state.tagging.filter.label = None;
        }
        let width = ui.available_width().clamp(80.0, 260.0);
        let field = egui::TextEdit::singleline(&mut state.tagging.filter.words)
            .hint_text("Search names and labels")
            .desired_width(width);
        let field = ui.add(field);
        let typed = state.tagging.filter.words.clone();
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &typed, "Search names and labels"));
    });
}

/// The one thing to do next: tag, or write; while it tags, how far it is.
fn next(ui: &mut Ui, state: &mut State, waiting: usize) {
    let job = state
        .tagging
        .job
        .and_then(|id| state.jobs.get(id))
        .filter(|j| !j.state.ended());
    if let Some(job) = job {
        let (stopping, phase) = (job.stopping, job.phase.clone());
        let cancel = ui.add_enabled(!stopping, egui::Button::new("Cancel"));
        if cancel.on_hover_text("What is tagged stays").clicked() {
            act(state, Act::Cancel);
        }
        let p = theme::palette(ui);
        let (share, words) = match phase.filter(|f| f.total > 0) {
            _ if stopping => (0.0, "stopping …".to_owned()),
            Some(phase) => {
                let left = phase
                    .left()
                    .map_or_else(String::new, |t| format!(", {} left", duration(t)));
                let words = format!(
                    "{} of {}{left}",
                    widgets::count(phase.done),
                    widgets::count(phase.total)
                );
                (phase.share(), words)
            }
            None => (0.0, "getting ready …".to_owned()),
        };
        widgets::share_bar(ui, vec2(120.0, 6.0), &[(share, p.accent)], None, "Progress of tagging");
        ui.label(theme::quiet(ui, words));
        return;
    }
    let other = state
        .tagging
        .used
        .as_ref()
        .is_some_and(|used| *used != state.tagging.source);
    if waiting > 0 || other {
        let count = if other { state.tagging.list.items.len() } else { waiting };
        let verb = if other { "Tag again:" } else { "Tag" };
        let words = format!("{verb} {}", widgets::counted(count, "picture", "pictures"));
        let ready = state.tagging.source.request().is_some();
        let button = ui.add_enabled(ready, theme::primary(ui, words));
        if button
            .on_disabled_hover_text("Type the labels to look for first")
            .clicked()
        {
            act(state, Act::Start);
        }
    } else if ui.add(theme::primary(ui, "Write…")).clicked() {
        act(state, Act::Show(Panel::Write));
    }
}

/// Actions that mean something of their own here; true where it was done.
pub fn acts(state: &mut State, action: Action) -> bool {
    match action {
        Action::Undo | Action::Redo => act(state, Act::Step(action == Action::Undo)),
        Action::SelectAll => state.tagging.selection = state.tagging.shown.iter().copied().collect(),
        Action::SelectNone => state.tagging.selection.clear(),
        Action::Inspect => act(state, Act::Large(true)),
        Action::Next => state.tagging.travel(1, false),
        Action::Previous => state.tagging.travel(-1, false),
        Action::ClearFilters => state.tagging.filter = Default::default(),
        _ => return false,
    }
    true
}

/// Keys of the list and of the large picture.
pub fn keys(state: &mut State, ctx: &Context) {
    if ctx.memory(|m| m.focused().is_some()) || state.tagging.list.items.is_empty() {
        return;
    }
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let across = if state.tagging.large { 1 } else { 0 };
    let steps = [
        (Key::ArrowUp, -1),
        (Key::ArrowDown, 1),
        (Key::ArrowLeft, -across),
        (Key::ArrowRight, across),
        (Key::PageUp, -8),
        (Key::PageDown, 8),
        (Key::Home, isize::MIN / 2),
        (Key::End, isize::MAX / 2),
    ];
    for (key, by) in steps {
        if !state.tagging.large && pressed(Modifiers::SHIFT, key) {
            state.tagging.travel(by, true);
        } else if pressed(Modifiers::NONE, key) {
            state.tagging.travel(by, false);
        }
    }
    if pressed(Modifiers::NONE, Key::Enter) || pressed(Modifiers::NONE, Key::Space) {
        let large = state.tagging.large;
        act(state, Act::Large(!large));
    }
}
