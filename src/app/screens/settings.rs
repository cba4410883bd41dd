//! Settings: looks, device, model.

use crate::app::command::{Action, Command, Pick};
use crate::app::icons;
use crate::app::prefs::Look;
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::widgets::{self, bars};
use crate::compute::DeviceChoice;
use eframe::egui::{self, RichText, Ui};

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    super::page(ui, "Settings", "", |ui| {
        group(ui, "Appearance", |ui| {
            ui.horizontal_wrapped(|ui| {
                for (look, name) in [
                    (Look::System, "As the desktop"),
                    (Look::Light, "Light"),
                    (Look::Dark, "Dark"),
                ] {
                    if widgets::chip(ui, name, state.prefs.look == look).clicked() {
                        state.command(Command::SetLook(look));
                    }
                }
            });
            ui.horizontal_wrapped(|ui| {
                ui.label("Size of everything");
                for scale in [0.9f32, 1.0, 1.15, 1.3, 1.5, 2.0] {
                    let on = (state.prefs.scale - scale).abs() < 0.01;
                    if widgets::chip(ui, &format!("{:.0} %", scale * 100.0), on).clicked() {
                        state.command(Command::SetScale(scale));
                    }
                }
            });
            ui.checkbox(&mut state.prefs.motion, "Small movements")
                .on_hover_text("Fading and sliding, under 150 ms each");
        });
        group(ui, "Device", |ui| {
            ui.horizontal_wrapped(|ui| {
                for (device, name, help) in [
                    (
                        DeviceChoice::Auto,
                        "Best there is",
                        "A real GPU where there is one, else the CPU",
                    ),
                    (
                        DeviceChoice::Gpu,
                        "GPU",
                        "Also a software one; fails where there is none",
                    ),
                    (DeviceChoice::Cpu, "CPU", "Always works, several times slower"),
                ] {
                    if widgets::chip(ui, name, state.prefs.device == device)
                        .on_hover_text(help)
                        .clicked()
                    {
                        state.command(Command::SetDevice(device));
                    }
                }
            });
            ui.label(bars::device_line(state));
            if let Some(notice) = &state.device.notice {
                ui.label(theme::quiet(ui, notice));
            }
        });
        model(ui, state);
        group(ui, "Keys", |ui| {
            widgets::action_button(ui, state, Action::Keys);
        });
    });
}

fn model(ui: &mut Ui, state: &mut State) {
    group(ui, "Model", |ui| {
        let words = state
            .prefs
            .model
            .clone()
            .unwrap_or_else(|| "the built-in model: a small CLIP that knows pictograms only".to_owned());
        ui.label(format!("The open project and new ones start from {words}."));
        let p = theme::palette(ui);
        match &state.model {
            Some(Ok(found)) => {
                ui.label(RichText::new(format!("{}  {found}", icons::CHECK_CIRCLE)).color(p.good));
            }
            Some(Err(failure)) => {
                ui.label(RichText::new(format!("{}  {}", icons::WARNING_CIRCLE, failure.message)).color(p.bad));
                if let Some(hint) = &failure.hint {
                    ui.label(hint);
                }
            }
            None => {}
        }
        ui.horizontal(|ui| {
            for (pick, name) in [
                (Pick::ModelFolder, "Choose a folder…"),
                (Pick::ModelFile, "Choose a file…"),
            ] {
                if ui.button(name).clicked() {
                    state.command(Command::Pick(pick));
                }
            }
            if state.prefs.model.is_some() && ui.button("Use the built-in one").clicked() {
                state.command(Command::UseStarter);
            }
        });
        let mut path = std::mem::take(&mut state.desk.model_path);
        if widgets::path_field(
            ui,
            &mut path,
            "Path of a model",
            "or type the path of a checkpoint",
            "Use",
        ) {
            state.command(Command::UseModel(path.trim().to_owned()));
        }
        state.desk.model_path = path;
        ui.add_space(theme::SMALL);
        ui.label(theme::heading("Where to get one", TextSize::Body));
        ui.add(egui::Label::new(
            "Models downloads one for you. Any other CLIP with a vision transformer works as well: folders as Hugging Face has them, \
             open_clip's files, OpenAI's .pt. Nothing of yours is sent anywhere.",
        ).wrap());
        widgets::action_button(ui, state, Action::Models);
    });
}

/// A titled group.
pub fn group(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading(title, TextSize::Title));
        ui.add_space(theme::SMALL);
        add(ui);
    });
    ui.add_space(theme::MEDIUM);
}
