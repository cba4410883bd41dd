//! The bars around the places: top, rail, status.

use super::{counted, icon_button};
use crate::app::command::{Action, Command, Place};
use crate::app::jobs::duration;
use crate::app::state::{Slot, State};
use crate::app::theme::{self, TextSize};
use crate::app::{icons, jobs};
use crate::engine::jobs::ZERO_SHOT;
use eframe::egui::{self, Align, Layout, RichText, Sense, Stroke, Ui, vec2};

/// Project, search, job, device.
pub fn top(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    ui.horizontal_centered(|ui| {
        super::logo(ui, 26.0);
        ui.add_space(theme::SMALL);
        match &state.project {
            Slot::Open(open) => {
                ui.add(egui::Label::new(theme::heading(open.catalog.name(), TextSize::Subtitle)).truncate());
                if !open.catalog.writable {
                    ui.label(RichText::new(format!("{} looking only", icons::LOCK)).color(p.warn));
                }
            }
            _ => {
                ui.label(theme::heading("Patchlight", TextSize::Subtitle));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let log = icon_button(ui, icons::TERMINAL_WINDOW, "Log");
            if log.clicked() {
                state.command(Command::Do(Action::Log));
            }
            device(ui, state);
            ui.add_space(theme::MEDIUM);
            job(ui, state);
            let room = ui.available_width();
            if room > 190.0 {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add_space(((room - 300.0) / 2.0).max(0.0));
                    search(ui, state, room.min(300.0));
                });
            }
        });
    });
}

fn search(ui: &mut Ui, state: &mut State, width: f32) {
    let p = theme::palette(ui);
    let key = Action::Palette
        .info()
        .key
        .map_or_else(String::new, |key| ui.ctx().format_shortcut(&key));
    let words = RichText::new(format!("{}  Search anything   {key}", icons::MAGNIFYING_GLASS)).color(p.quiet);
    let button = egui::Button::new(words)
        .min_size(vec2(width, 32.0))
        .fill(p.card)
        .corner_radius(8);
    let response = ui.add(button).on_hover_text(Action::Palette.info().about);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Search anything"));
    if response.clicked() {
        state.command(Command::Do(Action::Palette));
    }
}

/// The device in a word, with why in the tooltip.
fn device(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    let (icon, words) = match state.device.kind.as_str() {
        "gpu" => (icons::GRAPHICS_CARD, "GPU"),
        "cpu" => (icons::CPU, "CPU"),
        _ => (icons::CPU, "…"),
    };
    let button = egui::Button::new(RichText::new(format!("{icon}  {words}")).color(p.quiet)).frame_when_inactive(false);
    let response = ui.add(button).on_hover_text(device_line(state));
    if response.clicked() {
        state.command(Command::Do(Action::About));
    }
}

/// What computes, in a sentence.
pub fn device_line(state: &State) -> String {
    let device = &state.device;
    match device.kind.as_str() {
        "gpu" => format!("Computing on {}", device.name),
        "cpu" => format!("No GPU in use: computing on {}, several times slower", device.name),
        _ => "Finding out what this machine can do …".to_owned(),
    }
}

/// The job at work: what, how far, how long, and a way to stop it.
fn job(ui: &mut Ui, state: &mut State) {
    let Some(job) = state.jobs.running() else { return };
    let (id, stopping, title) = (job.id, job.stopping, job.spec.title.clone());
    let lane = state
        .training
        .as_ref()
        .filter(|t| t.job == id)
        .and_then(|t| t.current())
        .filter(|l| l.steps > 0 && l.done < l.steps);
    let (share, left, what) = match (lane, &job.phase) {
        (Some(lane), _) => (
            Some(lane.share()),
            lane.left(),
            format!("{title}: {}", lane.name().to_lowercase()),
        ),
        (None, Some(phase)) => (Some(phase.share()), phase.left(), format!("{title}: {}", phase.name)),
        (None, None) => (None, None, title),
    };
    let stop = icon_button(
        ui,
        icons::STOP,
        if stopping {
            "Stopping …"
        } else {
            "Stop the running job"
        },
    );
    if stop.clicked() {
        state.command(Command::Stop(id));
    }
    let p = theme::palette(ui);
    let words = if stopping {
        "stopping, keeping what is done …".to_owned()
    } else {
        let share = share.map_or_else(String::new, |s| format!("{:.0} %", 100.0 * s));
        let left = left.map_or_else(String::new, |t| format!(", {} left", duration(t)));
        format!("{share}{left}")
    };
    const WIDTH: f32 = 270.0;
    ui.allocate_ui_with_layout(vec2(WIDTH, 34.0), Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.set_width(WIDTH);
        ui.add_space(3.0);
        let text = RichText::new(format!("{words}  {what}")).size(TextSize::Small.points());
        let line = ui.add(egui::Label::new(text).truncate().sense(Sense::click()));
        line.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Running: {what} {words}")));
        if line.clicked() {
            let place = match state.jobs.get(id).map(|j| &j.spec.purpose) {
                Some(jobs::Purpose::Train) if state.open().is_some() => Some(Action::Train),
                Some(jobs::Purpose::Tag | jobs::Purpose::WriteTags { .. }) => Some(Action::Tag),
                Some(jobs::Purpose::Fetch { .. }) => Some(Action::Models),
                _ => None,
            };
            if let Some(place) = place {
                state.command(Command::Do(place));
            }
        }
        match share {
            Some(share) => {
                super::share_bar(ui, vec2(WIDTH, 5.0), &[(share, p.accent)], None, "Progress");
            }
            None => {
                ui.add(
                    egui::ProgressBar::new(1.0)
                        .desired_width(WIDTH)
                        .desired_height(5.0)
                        .animate(true)
                        .fill(p.hover),
                );
            }
        }
    });
}

/// The few places there are.
pub fn rail(ui: &mut Ui, state: &mut State) {
    ui.add_space(theme::MEDIUM);
    ui.vertical_centered(|ui| {
        for (place, action) in [
            (Place::Home, Action::Home),
            (Place::Pictures, Action::Pictures),
            (Place::Data, Action::Overview),
            (Place::Train, Action::Train),
            (Place::Results, Action::Results),
            (Place::Tag, Action::Tag),
            (Place::Models, Action::Models),
        ] {
            entry(ui, state, place, action);
        }
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            ui.add_space(theme::MEDIUM);
            entry(ui, state, Place::About, Action::About);
            entry(ui, state, Place::Settings, Action::Settings);
        });
    });
}

fn entry(ui: &mut Ui, state: &mut State, place: Place, action: Action) {
    let p = theme::palette(ui);
    let info = action.info();
    let name = if action == Action::About { "About" } else { info.name };
    let enabled = !info.needs_project || state.open().is_some();
    let here = state.place == place;
    // Nine entries fit any height; without room for them the words go.
    let room = ui.ctx().content_rect().height() - theme::TOP_BAR - theme::STATUS_BAR - 4.0 * theme::MEDIUM;
    let height = (room / 9.0 - theme::MEDIUM).clamp(26.0, 58.0);
    let (rect, response) = ui.allocate_exact_size(vec2(theme::RAIL - 12.0, height), Sense::click());
    let lit = enabled && (response.hovered() || response.has_focus());
    let fill = match (here, lit) {
        (true, _) => p.accent_ground,
        (false, true) => p.hover,
        _ => p.panel,
    };
    ui.painter().rect_filled(rect, 9.0, fill);
    if response.has_focus() {
        ui.painter()
            .rect_stroke(rect, 9.0, Stroke::new(1.5, p.accent), egui::StrokeKind::Inside);
    }
    let color = match (enabled, here) {
        (false, _) => p.quiet.gamma_multiply(0.55),
        (true, true) => p.text,
        (true, false) => p.quiet,
    };
    let icon = egui::FontId::proportional(22.0);
    let family = if here {
        theme::strong()
    } else {
        egui::FontFamily::Proportional
    };
    let words = egui::FontId::new(TextSize::Small.points(), family);
    let painter = ui.painter();
    let small = height < 46.0;
    painter.text(
        rect.center() - vec2(0.0, if small { 0.0 } else { 9.0 }),
        egui::Align2::CENTER_CENTER,
        info.icon,
        icon,
        color,
    );
    if !small {
        let at = rect.center() + vec2(0.0, 17.0);
        painter.text(at, egui::Align2::CENTER_CENTER, name, words, color);
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, here, name));
    let response = response.on_hover_text(super::hover(ui, action));
    if enabled && response.clicked() {
        state.command(Command::Do(action));
    }
}

/// What the project holds, what was changed, what the worker takes.
pub fn status(ui: &mut Ui, state: &mut State) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        let text = |ui: &mut Ui, words: String| ui.label(theme::quiet(ui, words));
        match &state.project {
            Slot::Open(open) => {
                let c = &open.catalog;
                text(ui, counted(c.pictures.len(), "picture", "pictures"));
                text(ui, counted(c.labels.len(), "label", "labels"));
                let edited = c.edited();
                if edited > 0 {
                    text(ui, format!("{} edited", counted(edited, "picture", "pictures")));
                }
                if !c.run.is_empty() {
                    let by = if c.run == ZERO_SHOT {
                        "the untrained model"
                    } else {
                        &c.run
                    };
                    text(ui, format!("scored by {by}"));
                }
                let chosen = state.browse.selection.len();
                if chosen > 1 {
                    text(ui, format!("{chosen} selected"));
                }
            }
            Slot::Opening(..) => {
                text(ui, "opening …".to_owned());
            }
            _ => {
                text(ui, "no project is open".to_owned());
            }
        }
        // An import that is looked at can be left and found again.
        let import = state.data.import.as_ref().filter(|_| state.place != Place::Import);
        if let Some(name) = import.map(|form| form.name()) {
            let words = RichText::new(format!("{}  import: {name}", icons::FOLDER_PLUS)).size(TextSize::Small.points());
            let button = egui::Button::new(words).frame_when_inactive(false).truncate();
            if ui.add(button).on_hover_text("Go on with this import").clicked() {
                state.command(Command::Data(crate::app::data::Act::Resume));
            }
        }
        let undo = state
            .open()
            .and_then(|o| o.catalog.undo.as_ref())
            .map(|u| u.description.clone());
        if let Some(undo) = undo {
            let words = RichText::new(format!("{}  undo: {undo}", icons::ARROW_COUNTER_CLOCKWISE))
                .size(TextSize::Small.points());
            let button = egui::Button::new(words).frame_when_inactive(false).truncate();
            if ui.add(button).on_hover_text("Take this change back").clicked() {
                state.command(Command::Do(Action::Undo));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if state.memory[0] > 0 {
                let megabytes = state.memory[0] >> 20;
                ui.label(theme::quiet(ui, format!("worker: {megabytes} MB")));
            }
            if state.tagging.watch.job.is_some()
                && let Some(watched) = &state.prefs.watch
            {
                let name = watched
                    .folder
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                let [tagged, failed] = state.tagging.watch.counts;
                let words = format!(
                    "{}  watching {name}: {} so far",
                    icons::EYE,
                    counted(tagged + failed, "picture", "pictures")
                );
                let words = RichText::new(words).size(TextSize::Small.points());
                let button = egui::Button::new(words).frame_when_inactive(false);
                if ui.add(button).on_hover_text("Show what came").clicked() {
                    let panel = crate::app::tagging::Panel::Watch;
                    state.command(Command::Tagging(crate::app::tagging::Act::Show(panel)));
                }
            }
            let waiting = state
                .jobs
                .list
                .iter()
                .filter(|j| j.state == jobs::State::Waiting)
                .count();
            if waiting > 0 {
                ui.label(theme::quiet(ui, format!("{waiting} more waiting")));
            }
            if let Some(left) = state
                .jobs
                .running()
                .and_then(|j| j.phase.as_ref())
                .and_then(|p| p.left())
            {
                ui.label(theme::quiet(ui, format!("{} left", duration(left))));
            }
        });
    });
}
