//! Closing the window while a job runs asks, and says what happens to its work.

use crate::app::model::command::Command;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use eframe::egui::{self, Context};

/// Shows the question, or that the window is about to close.
pub(crate) fn show(ctx: &Context, screen: &mut Screen<'_>) {
    if screen.desk.leave_when_idle.is_some() {
        egui::Modal::new(egui::Id::unique("leaving")).show(ctx, |ui| {
            ui.set_width(360.0);
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Saving what was learned, then closing …");
            });
        });
        return;
    }
    if !screen.desk.leaving {
        return;
    }
    let model = screen.model;
    let Some(job) = model.jobs.running() else {
        // The job has ended while the question was open: there is nothing to ask any more, and closing is the user's to say again.
        if !model.jobs.busy() {
            screen.command(Command::Leave(false));
        }
        return;
    };
    let title = &job.spec.title;
    let modal = egui::Modal::new(egui::Id::unique("leaving")).show(ctx, |ui| {
        ui.set_width(420.0);
        ui.label(theme::heading("A job is still running", TextSize::Title));
        ui.add_space(theme::SMALL);
        ui.add(egui::Label::new(format!(
            "“{title}” can be saved at its next safe point and resumed later. Your labels are saved already."
        )));
        ui.add_space(theme::LARGE);
        ui.horizontal(|ui| {
            if ui.add(theme::primary(ui, "Save and close")).clicked() {
                screen.command(Command::Leave(true));
            }
            if ui.button("Stay").clicked() {
                screen.command(Command::Leave(false));
            }
        });
    });
    if modal.should_close() {
        screen.command(Command::Leave(false));
    }
}
