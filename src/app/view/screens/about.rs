//! About: version, device checks, a report to paste into a bug, licences of what is inside.

use super::page::page;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, Preference};
use crate::app::view::screen::Screen;
use crate::app::view::theme;
use crate::app::view::{icons, widgets};
use eframe::egui::{self, RichText, Ui};
use std::fmt::Write;

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    page(
        ui,
        "About Patchlight",
        "Few-shot and long-tailed multi-label tagging, with the patches that made each label.",
        |ui| {
            widgets::group(ui, "This program", |ui| {
                ui.horizontal(|ui| {
                    widgets::logo(ui, 54.0);
                    ui.vertical(|ui| {
                        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
                        ui.label(theme::quiet(
                            ui,
                            "MIT or Apache-2.0. Fonts: Inter (OFL 1.1), Phosphor (MIT), Noto Emoji (OFL 1.1).",
                        ));
                        ui.label(theme::quiet(ui, "The method: HP-DVAL, arXiv 2509.17747."));
                    });
                });
            });
            widgets::group(ui, "Device", |ui| {
                let p = theme::palette(ui);
                if screen.device.kind.is_empty() {
                    ui.horizontal(|ui| {
                        ui.spinner();
                        ui.label("Looking at this machine …");
                    });
                    return;
                }
                for check in &screen.device.checks {
                    ui.horizontal_top(|ui| {
                        let (icon, color) = if check.ok {
                            (icons::CHECK_CIRCLE, p.good)
                        } else {
                            (icons::WARNING_CIRCLE, p.bad)
                        };
                        ui.label(RichText::new(icon).color(color));
                        ui.add_sized(
                            [110.0, 18.0],
                            egui::Label::new(RichText::new(&check.name).family(theme::strong())).truncate(),
                        );
                        ui.add(egui::Label::new(&check.detail).wrap());
                    });
                }
                ui.add_space(theme::SMALL);
                ui.horizontal(|ui| {
                    if ui.button(theme::labelled(icons::COPY, "Copy the report")).clicked() {
                        screen.command(Command::Copy(report(screen)));
                    }
                    if ui
                        .button(theme::labelled(icons::ARROW_CLOCKWISE, "Check again"))
                        .clicked()
                    {
                        screen.command(Command::Prefer(Preference::Device(screen.prefs.device)));
                    }
                    widgets::action_button(ui, screen, Action::Log);
                });
            });
        },
    );
}

/// The checks and the log's end as text.
fn report(screen: &Screen<'_>) -> String {
    let mut text = format!("Patchlight {} ({})\n", env!("CARGO_PKG_VERSION"), screen.device.name);
    for check in &screen.device.checks {
        let mark = if check.ok { "ok" } else { "NOT OK" };
        let _ = writeln!(text, "{}: {mark}: {}", check.name, check.detail);
    }
    for (level, line) in screen.notices.log.iter().rev().take(20).rev() {
        let _ = writeln!(text, "{level:?}: {line}");
    }
    text
}
