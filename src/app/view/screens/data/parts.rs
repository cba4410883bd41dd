//! What several pages of the data show: cards, jobs at work, failures.

use crate::app::model::command::{Command, DataCommand};
use crate::app::model::job_kind::{DataTask, JobKind};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::engine::Failure;
use eframe::egui::{self, RichText, Ui};

/// A card with a heading, as wide as there is room.
pub(super) fn card(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading(title, TextSize::Subtitle));
        ui.add_space(theme::SMALL);
        add(ui);
    });
    ui.add_space(theme::MEDIUM);
}

/// A job of these pages at work: how far it is, and a way to stop it. False where there is none.
pub(super) fn progress(ui: &mut Ui, screen: &mut Screen<'_>, task: DataTask, title: &str) -> bool {
    let p = theme::palette(ui);
    let model = screen.model;
    let kind = JobKind::Data(task);
    let Some(job) = model.jobs.list.iter().find(|j| !j.state.ended() && j.spec.kind == kind) else {
        return false;
    };
    let phase = job.phase.as_ref().filter(|phase| phase.total > 0);
    ui.horizontal(|ui| {
        ui.spinner();
        let counts = phase.map(|phase| format!(": {} of {}", words::count(phase.done), words::count(phase.total)));
        ui.label(format!("{title}{}", counts.unwrap_or_default()));
        if let Some(phase) = phase {
            widgets::share_bar(ui, egui::vec2(160.0, 7.0), &[(phase.share(), p.accent)], None, title);
        }
        let stop = egui::Button::new(theme::labelled(icons::STOP, "Stop"));
        if ui.add_enabled(!job.stopping, stop).clicked() {
            screen.command(Command::Data(DataCommand::Stop(task)));
        }
    });
    true
}

/// Why something failed, and what to do.
pub(super) fn failed(ui: &mut Ui, failure: &Failure) {
    let p = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(icons::WARNING_CIRCLE).color(p.bad));
        ui.add(
            egui::Label::new(RichText::new(&failure.message).color(p.bad))
                .wrap()
                .selectable(true),
        );
    });
    if let Some(hint) = &failure.hint {
        ui.add(egui::Label::new(theme::quiet(ui, hint.clone())).wrap());
    }
}
