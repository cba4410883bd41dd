//! The bars around the places: top, rail, status.

use super::basic::{hover, icon_button, logo, share_bar};
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand, Place, TagCommand};
use crate::app::model::job::JobState;
use crate::app::model::job_kind::JobKind;
use crate::app::model::open::Slot;
use crate::app::model::paths::name_of;
use crate::app::model::tag::state::Panel;
use crate::app::model::trainings::run_name;
use crate::app::model::words::{counted, duration};
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{bindings, icons};
use crate::engine::jobs::ZERO_SHOT;
use eframe::egui::{self, Align, Layout, RichText, Sense, Stroke, Ui, vec2};

/// Project, search, job, device.
pub(crate) fn top(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    ui.horizontal_centered(|ui| {
        logo(ui, 26.0);
        ui.add_space(theme::SMALL);
        match &screen.project {
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
                screen.command(Command::Do(Action::Log));
            }
            device(ui, screen);
            ui.add_space(theme::MEDIUM);
            job(ui, screen);
            let room = ui.available_width();
            if room > 190.0 {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add_space(((room - 300.0) / 2.0).max(0.0));
                    search(ui, screen, room.min(300.0));
                });
            }
        });
    });
}

fn search(ui: &mut Ui, screen: &mut Screen<'_>, width: f32) {
    let p = theme::palette(ui);
    let key = bindings::key_of(ui.ctx(), Action::Palette).unwrap_or_default();
    let words = RichText::new(format!("{}  Search anything   {key}", icons::MAGNIFYING_GLASS)).color(p.quiet);
    let button = egui::Button::new(words)
        .min_size(vec2(width, 32.0))
        .fill(p.card)
        .corner_radius(8);
    let response = ui.add(button).on_hover_text(Action::Palette.info().about);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Search anything"));
    if response.clicked() {
        screen.command(Command::Do(Action::Palette));
    }
}

/// The device in a word, with why in the tooltip.
fn device(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let (icon, words) = match screen.device.kind.as_str() {
        "gpu" => (icons::GRAPHICS_CARD, "GPU"),
        "cpu" => (icons::CPU, "CPU"),
        _ => (icons::CPU, "…"),
    };
    let button = egui::Button::new(RichText::new(format!("{icon}  {words}")).color(p.quiet)).frame_when_inactive(false);
    let response = ui.add(button).on_hover_text(device_line(screen));
    if response.clicked() {
        screen.command(Command::Do(Action::About));
    }
}

/// What computes, in a sentence.
pub(crate) fn device_line(screen: &Screen<'_>) -> String {
    let device = &screen.device;
    match device.kind.as_str() {
        "gpu" => format!("Computing on {}", device.name),
        "cpu" => format!("No GPU in use: computing on {}, several times slower", device.name),
        _ => "Finding out what this machine can do …".to_owned(),
    }
}

/// The job at work: what, how far, how long, and a way to stop it.
fn job(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(job) = model.jobs.running() else { return };
    let (id, stopping, title) = (job.id, job.stopping, &job.spec.title);
    let lane = model
        .training
        .as_ref()
        .filter(|t| t.job == id)
        .and_then(|t| t.current())
        .filter(|l| l.steps > 0 && l.done < l.steps);
    let (share, left, what) = match (lane, &job.phase) {
        (Some(lane), _) => (
            Some(lane.share()),
            lane.left(model.now),
            format!("{title}: {}", lane.name().to_lowercase()),
        ),
        (None, Some(phase)) => (
            Some(phase.share()),
            phase.left(model.now),
            format!("{title}: {}", phase.name),
        ),
        (None, None) => (None, None, title.clone()),
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
        screen.command(Command::Stop(id));
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
            let place = match &job.spec.kind {
                JobKind::Train if model.open().is_some() => Some(Action::Train),
                JobKind::Tag | JobKind::WriteTags { .. } => Some(Action::Tag),
                JobKind::Fetch { .. } | JobKind::ExportTagger => Some(Action::Models),
                _ => None,
            };
            if let Some(place) = place {
                screen.command(Command::Do(place));
            }
        }
        match share {
            Some(share) => {
                share_bar(ui, vec2(WIDTH, 5.0), &[(share, p.accent)], None, "Progress");
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
pub(crate) fn rail(ui: &mut Ui, screen: &mut Screen<'_>) {
    ui.add_space(theme::MEDIUM);
    ui.vertical_centered(|ui| {
        for (place, action) in bindings::RAIL {
            entry(ui, screen, place, action);
        }
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            ui.add_space(theme::MEDIUM);
            entry(ui, screen, Place::About, Action::About);
            entry(ui, screen, Place::Settings, Action::Settings);
        });
    });
}

fn entry(ui: &mut Ui, screen: &mut Screen<'_>, place: Place, action: Action) {
    let p = theme::palette(ui);
    let info = action.info();
    let name = if action == Action::About { "About" } else { info.name };
    let enabled = !info.needs_project || screen.open().is_some();
    let here = screen.place == place;
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
        rect.center() - vec2(0.0, if small { 0.0 } else { 0.155 * height }),
        egui::Align2::CENTER_CENTER,
        bindings::icon(action),
        icon,
        color,
    );
    if !small {
        let at = rect.center() + vec2(0.0, 0.29 * height);
        painter.text(at, egui::Align2::CENTER_CENTER, name, words, color);
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, here, name));
    let response = response.on_hover_text(hover(ui, action));
    if enabled && response.clicked() {
        screen.command(Command::Do(action));
    }
}

/// What the project holds, what was changed, what the worker takes.
pub(crate) fn status(ui: &mut Ui, screen: &mut Screen<'_>) {
    // What is at the right takes its room first: nothing is written over it.
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        work(ui, screen);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.set_clip_rect(ui.max_rect().intersect(ui.clip_rect()));
            held(ui, screen);
        });
    });
}

/// What the project holds, and what can be gone on with or taken back; from the left.
fn held(ui: &mut Ui, screen: &mut Screen<'_>) {
    if !super::notices::line(ui, screen) {
        project(ui, screen);
    }
    // An import that is looked at can be left and found again.
    let import = screen.data.import.as_ref().filter(|_| screen.place != Place::Import);
    if let Some(name) = import.map(|form| form.name()) {
        let words = format!("{}  import: {name}", icons::FOLDER_PLUS);
        if small(ui, words, true, "Go on with this import") {
            screen.command(Command::Data(DataCommand::Resume));
        }
    }
    // Pictures that were brought wait until somebody says what for.
    let brought = screen.data.unlabelled.as_ref();
    if let Some(folder) = brought.filter(|_| screen.place != Place::Unlabelled) {
        let words = format!("{}  “{}”: what for?", icons::IMAGES, name_of(folder));
        if small(ui, words, true, "Go back to the choice") {
            screen.command(Command::Data(DataCommand::Unlabelled));
        }
    }
    let undo = screen.open().and_then(|o| o.catalog.undo.as_ref());
    if let Some(undo) = undo.map(|u| &u.description) {
        let words = format!("{}  undo: {undo}", icons::ARROW_COUNTER_CLOCKWISE);
        if small(ui, words, true, "Take this change back") {
            screen.command(Command::Do(Action::Undo));
        }
    }
}

/// A button of the status bar.
fn small(ui: &mut Ui, words: String, truncate: bool, help: &str) -> bool {
    let words = RichText::new(words).size(TextSize::Small.points());
    let mut button = egui::Button::new(words).frame_when_inactive(false);
    if truncate {
        button = button.truncate();
    }
    ui.add(button).on_hover_text(help).clicked()
}

/// The project in numbers.
fn project(ui: &mut Ui, screen: &Screen<'_>) {
    let text = |ui: &mut Ui, words: String| ui.label(theme::quiet(ui, words));
    match &screen.project {
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
                    "the untrained model".to_owned()
                } else {
                    run_name(&c.runs, &c.run)
                };
                text(ui, format!("scored by {by}"));
            }
            let chosen = screen.browse.selection.len();
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
}

/// The worker's memory, the watched folder, what waits; from the right.
fn work(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    if model.memory[0] > 0 {
        let megabytes = model.memory[0] >> 20;
        ui.label(theme::quiet(ui, format!("worker: {megabytes} MB")));
    }
    if model.tagging.watch.job.is_some()
        && let Some(watched) = &model.prefs.watch
    {
        let name = watched
            .folder
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let [tagged, failed] = model.prefs.watch_log.counts;
        let words = format!(
            "{}  “{name}” is watched: {} so far",
            icons::EYE,
            counted(tagged + failed, "picture", "pictures")
        );
        if small(ui, words, false, "Show what came") {
            screen.command(Command::Tag(TagCommand::Show(Panel::Watch)));
        }
    }
    let jobs = &model.jobs;
    let waiting = jobs.list.iter().filter(|j| j.state == JobState::Waiting).count();
    if waiting > 0 {
        ui.label(theme::quiet(ui, format!("{waiting} more waiting")));
    }
    let phase = jobs.running().and_then(|j| j.phase.as_ref());
    if let Some(left) = phase.and_then(|p| p.left(model.now)) {
        ui.label(theme::quiet(ui, format!("{} left", duration(left))));
    }
}
