//! Models: what can be downloaded, what is here, and what becomes of it.

use super::export_tagger;
use super::page::page;
use crate::app::model::command::{Command, ModelCommand, Pick, Preference};
use crate::app::model::downloads::name_for;
use crate::app::model::job::JobState;
use crate::app::model::words::duration;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::engine::Failure;
use crate::engine::event::ModelEntry;
use crate::engine::event::PhaseKind;
use crate::models::bytes;
use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};
use std::time::Duration;

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let sentence = "A model that has seen many photographs finds labels by their words alone, and learns yours from few examples. One download, \
                    then everything works offline.";
    page(ui, "Models", sentence, |ui| {
        export_tagger::show(ui, screen);
        let models = &screen.model.models;
        if let Some(failure) = &models.failure {
            let p = theme::palette(ui);
            ui.label(RichText::new(format!("{}  {}", icons::WARNING_CIRCLE, failure.message)).color(p.bad));
            if let Some(hint) = &failure.hint {
                ui.label(theme::quiet(ui, hint));
            }
            if ui.button("Try again").clicked() {
                screen.command(Command::Models(ModelCommand::List));
            }
            ui.add_space(theme::MEDIUM);
        }
        match &models.entries {
            None if models.failure.is_none() => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("Looking which models are here …");
                });
                ui.add_space(theme::LARGE);
            }
            None => {}
            Some(entries) => {
                for entry in entries {
                    card(ui, screen, entry);
                }
            }
        }
        add(ui, screen);
        servers(ui, screen);
    });
}

fn card(ui: &mut Ui, screen: &mut Screen<'_>, entry: &ModelEntry) {
    let p = theme::palette(ui);
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        widgets::row(ui, |ui| {
            ui.label(RichText::new(icons::CUBE).size(18.0).color(p.accent));
            ui.label(theme::heading(&entry.title, TextSize::Subtitle));
            if entry.path.is_some() {
                ui.label(RichText::new(format!("{}  here", icons::CHECK_CIRCLE)).color(p.good));
            }
            if entry.path.is_some() && screen.prefs.model == entry.path {
                ui.label(RichText::new("in use").color(p.accent));
            }
        });
        ui.add(egui::Label::new(&entry.good_for).wrap());
        let about = if entry.path.is_some() { "" } else { "about " };
        let mut facts = vec![
            format!("{about}{}", bytes(entry.bytes)),
            format!("licence {}", entry.licence),
        ];
        if entry.image_size > 0 {
            facts.push(format!("{} px, patches of {} px", entry.image_size, entry.patch));
        }
        if !entry.clip {
            facts.push("no words: only to start training from".to_owned());
        }
        facts.push(entry.name.clone());
        ui.add(egui::Label::new(theme::quiet(ui, facts.join("  ·  "))).wrap());
        if let Some(path) = &entry.path {
            ui.add(egui::Label::new(theme::quiet(ui, path)).truncate());
        }
        if !entry.unverified.is_empty() {
            let words = format!("no checksum was declared for {}", entry.unverified.join(", "));
            ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        }
        if let Some(failure) = screen.models.failed.get(&entry.name) {
            failed(ui, format!("{}  {}", icons::WARNING_CIRCLE, failure.message), failure);
        }
        ui.add_space(theme::SMALL);
        buttons(ui, screen, entry);
    });
    ui.add_space(theme::MEDIUM);
}

/// What can be done with a model: by where it stands.
fn buttons(ui: &mut Ui, screen: &mut Screen<'_>, entry: &ModelEntry) {
    if let Some(id) = screen.models.fetching.get(&entry.name).copied() {
        return downloading(ui, screen, entry, id);
    }
    if screen.models.removing.as_ref() == Some(&entry.name) {
        ui.horizontal(|ui| {
            ui.label(format!(
                "Remove it? {} would have to be downloaded again.",
                bytes(entry.bytes)
            ));
            if ui.button("Remove").clicked() {
                screen.command(Command::Models(ModelCommand::Remove(entry.name.clone())));
            }
            if ui.button("Keep").clicked() {
                screen.command(Command::Models(ModelCommand::AskRemove(None)));
            }
        });
        return;
    }
    ui.horizontal(|ui| {
        let Some(path) = &entry.path else {
            let failed = screen.models.failed.contains_key(&entry.name);
            let stopped = screen.models.stopped.contains(&entry.name);
            let words = match (failed, stopped) {
                (true, _) => "Try again",
                (_, true) => "Go on downloading",
                _ => "Download",
            };
            let button = ui.add(theme::primary(ui, words));
            button
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{words} {}", entry.name)));
            if button.clicked() {
                screen.command(Command::Models(ModelCommand::Fetch(entry.name.clone())));
            }
            if failed || stopped {
                ui.label(theme::quiet(ui, "What has come so far is kept."));
            }
            return;
        };
        if entry.clip && screen.prefs.model.as_ref() != Some(path) {
            let button = ui
                .button("Use it")
                .on_hover_text("For the open project, new ones, and words in Tag");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Use {}", entry.name)));
            if button.clicked() {
                screen.command(Command::UseModel(path.clone()));
            }
        }
        let remove = ui.button("Remove…");
        remove.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Remove {}", entry.name)));
        if remove.clicked() {
            screen.command(Command::Models(ModelCommand::AskRemove(Some(entry.name.clone()))));
        }
    });
}

fn downloading(ui: &mut Ui, screen: &mut Screen<'_>, entry: &ModelEntry, id: u64) {
    let p = theme::palette(ui);
    let model = screen.model;
    let job = model.jobs.get(id);
    let stopping = job.is_some_and(|j| j.stopping);
    let waits = job.is_some_and(|j| j.state == JobState::Waiting);
    let (share, words) = match job.and_then(|j| j.phase.as_ref()) {
        _ if stopping => (0.0, "stopping …".to_owned()),
        None if waits => (0.0, "waits for the download before it".to_owned()),
        None => (0.0, "connecting …".to_owned()),
        Some(phase) => {
            let mut words = format!("{} of {}", bytes(phase.done as u64), bytes(phase.total as u64));
            if let Some(pace) = phase.pace(model.now).filter(|_| phase.kind == PhaseKind::Downloading) {
                words.push_str(&format!("  ·  {} a second", bytes(pace as u64)));
                if let Some(left) = phase.left(model.now) {
                    words.push_str(&format!("  ·  {} left", duration(left)));
                }
            }
            words.push_str(&format!("  ·  {}", phase.name));
            (phase.share(), words)
        }
    };
    let width = ui.available_width() - 90.0;
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(vec2(width, 34.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(width);
            let name = format!("Progress of {}", entry.name);
            widgets::share_bar(ui, vec2(width, 6.0), &[(share, p.accent)], None, &name);
            ui.add(egui::Label::new(theme::quiet(ui, words)).truncate());
        });
        let cancel = ui.add_enabled(!stopping, egui::Button::new("Cancel"));
        cancel
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, !stopping, format!("Cancel {}", entry.name)));
        if cancel
            .on_hover_text("What has come is kept: the download goes on from there")
            .clicked()
        {
            screen.command(Command::Stop(id));
        }
    });
    ui.ctx().request_repaint_after(Duration::from_millis(500));
}

/// What failed, in words, and what to do.
fn failed(ui: &mut Ui, words: String, failure: &Failure) {
    let p = theme::palette(ui);
    ui.add(egui::Label::new(RichText::new(words).color(p.bad)).wrap());
    if let Some(hint) = &failure.hint {
        ui.add(egui::Label::new(theme::quiet(ui, hint)).wrap());
    }
}

/// A checkpoint on the disk gets a name.
fn add(ui: &mut Ui, screen: &mut Screen<'_>) {
    widgets::group(ui, "Add one from your disk", |ui| {
        let words = "Any CLIP with a vision transformer: a folder as Hugging Face has it, open_clip's files, OpenAI's .pt. It stays where it is.";
        ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        let [mut path, mut name] = screen.models.adding.clone();
        let mut ask = None;
        widgets::row(ui, |ui| {
            let width = (ui.available_width() - 330.0).max(160.0);
            let field = ui.add(
                egui::TextEdit::singleline(&mut path)
                    .hint_text("folder or file")
                    .desired_width(width),
            );
            field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &path, "Path of the model to add"));
            if field.lost_focus() && name.is_empty() {
                name = name_for(std::path::Path::new(path.trim()));
            }
            if widgets::icon_button(ui, icons::FILE, "Choose a model's file").clicked() {
                ask = Some(Command::Pick(Pick::AddModel));
            }
            let field = ui.add(
                egui::TextEdit::singleline(&mut name)
                    .hint_text("its name")
                    .desired_width(150.0),
            );
            field.widget_info(|| egui::WidgetInfo::text_edit(true, "", &name, "Name of the model to add"));
            let ready = !path.trim().is_empty() && !name.trim().is_empty();
            if ui.add_enabled(ready, egui::Button::new("Add")).clicked() {
                ask = Some(Command::Models(ModelCommand::Add {
                    path: path.trim().into(),
                    name: name.clone(),
                }));
            }
        });
        let typed = [path, name];
        if typed != screen.models.adding {
            screen.command(Command::Models(ModelCommand::Adding(typed)));
        }
        if let Some(ask) = ask {
            screen.command(ask);
        }
        if let Some(failure) = screen.models.failed.get("") {
            failed(ui, failure.message.clone(), failure);
        }
    });
}

/// How servers are reached, and where models are kept.
fn servers(ui: &mut Ui, screen: &mut Screen<'_>) {
    widgets::group(ui, "Where from, where to", |ui| {
        let hint = "address of a mirror of huggingface.co; empty: as HF_ENDPOINT says";
        if let Some(mirror) = server(ui, "Mirror", hint, &screen.prefs.mirror) {
            screen.command(Command::Prefer(Preference::Mirror(mirror)));
        }
        let hint = "http://…, socks5://…, or none; empty: as HTTPS_PROXY says";
        if let Some(proxy) = server(ui, "Proxy", hint, &screen.prefs.proxy) {
            screen.command(Command::Prefer(Preference::Proxy(proxy)));
        }
        if let Some(folder) = &screen.models.folder {
            let room = screen.models.room;
            let room = room.map_or_else(String::new, |b| format!(", {} free", bytes(b)));
            let words = format!(
                "Models are kept in {}{room}. PATCHLIGHT_MODELS names another folder.",
                folder.display()
            );
            ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        }
    });
}

/// The field of an address; its text where it was changed.
fn server(ui: &mut Ui, name: &str, hint: &str, address: &str) -> Option<String> {
    let mut text = address.to_owned();
    ui.horizontal(|ui| {
        ui.allocate_ui(vec2(64.0, theme::HIT), |ui| {
            ui.set_min_width(64.0);
            ui.label(name);
        });
        let field = ui.add(
            egui::TextEdit::singleline(&mut text)
                .hint_text(hint)
                .desired_width(f32::INFINITY),
        );
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", text.as_str(), name));
    });
    (text != address).then_some(text)
}
