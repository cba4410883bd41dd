//! Settings: looks, device, model.

use super::page::page;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DeskCommand, Pick, Preference};
use crate::app::model::prefs::Look;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets::{self, bars};
use crate::compute::DeviceChoice;
use eframe::egui::{self, RichText, Ui};

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    page(ui, "Settings", "", |ui| {
        widgets::group(ui, "Appearance", |ui| {
            ui.horizontal_wrapped(|ui| {
                for (look, name) in [
                    (Look::System, "As the desktop"),
                    (Look::Light, "Light"),
                    (Look::Dark, "Dark"),
                ] {
                    if widgets::chip(ui, name, screen.prefs.look == look).clicked() {
                        screen.command(Command::Prefer(Preference::Look(look)));
                    }
                }
            });
            ui.horizontal_wrapped(|ui| {
                ui.label("Size of everything");
                for scale in [0.9f32, 1.0, 1.15, 1.3, 1.5, 2.0] {
                    let on = (screen.prefs.scale - scale).abs() < 0.01;
                    if widgets::chip(ui, &format!("{:.0} %", scale * 100.0), on).clicked() {
                        screen.command(Command::Prefer(Preference::Scale(scale)));
                    }
                }
            });
            let mut motion = screen.prefs.motion;
            let tick = ui
                .checkbox(&mut motion, "Small movements")
                .on_hover_text("Fading and sliding, under 150 ms each");
            if tick.changed() {
                screen.command(Command::Prefer(Preference::Motion(motion)));
            }
        });
        widgets::group(ui, "Device", |ui| {
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
                    if widgets::chip(ui, name, screen.prefs.device == device)
                        .on_hover_text(help)
                        .clicked()
                    {
                        screen.command(Command::Prefer(Preference::Device(device)));
                    }
                }
            });
            ui.label(bars::device_line(screen));
            if let Some(notice) = &screen.device.notice {
                ui.label(theme::quiet(ui, notice));
            }
        });
        model(ui, screen);
        widgets::group(ui, "Keys", |ui| {
            widgets::action_button(ui, screen, Action::Keys);
        });
    });
}

fn model(ui: &mut Ui, screen: &mut Screen<'_>) {
    widgets::group(ui, "Model", |ui| {
        let words = screen
            .prefs
            .model
            .as_deref()
            .unwrap_or("the built-in model: a small CLIP that knows pictograms only");
        ui.label(format!("The open project and new ones start from {words}."));
        let p = theme::palette(ui);
        match &screen.model.model {
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
                    screen.command(Command::Pick(pick));
                }
            }
            if screen.prefs.model.is_some() && ui.button("Use the built-in one").clicked() {
                screen.command(Command::UseStarter);
            }
        });
        let mut path = screen.desk.model_path.clone();
        let entered = widgets::path_field(
            ui,
            &mut path,
            "Path of a model",
            "or type the path of a checkpoint",
            "Use",
        );
        let wanted = entered.then(|| path.trim().to_owned());
        if path != screen.desk.model_path {
            screen.command(Command::Desk(DeskCommand::ModelPath(path)));
        }
        if let Some(path) = wanted {
            screen.command(Command::UseModel(path));
        }
        ui.add_space(theme::SMALL);
        ui.label(theme::heading("Where to get one", TextSize::Body));
        ui.add(egui::Label::new(
            "Models downloads one for you. Any other CLIP with a vision transformer works as well: folders as Hugging Face has them, \
             open_clip's files, OpenAI's .pt. Nothing of yours is sent anywhere.",
        ).wrap());
        widgets::action_button(ui, screen, Action::Models);
    });
}
