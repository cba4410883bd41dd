//! Closing the window while a job runs asks, and says what happens to its work.

use crate::app::command::Command;
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use eframe::egui::{self, Context};

/// Shows the question, or that the window is about to close.
pub fn show(ctx: &Context, state: &mut State) {
    if state.desk.leave_when_idle.is_some() {
        egui::Modal::new(egui::Id::unique("leaving")).show(ctx, |ui| {
            ui.set_width(360.0);
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Saving what was learned, then closing …");
            });
        });
        return;
    }
    if !state.desk.leaving {
        return;
    }
    let title = state.jobs.running().map(|j| j.spec.title.clone());
    let Some(title) = title else {
        // The job has ended while the question was open: there is nothing to ask any more, and closing is the user's to say again.
        state.desk.leaving = state.jobs.busy();
        return;
    };
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
                state.command(Command::Leave(true));
            }
            if ui.button("Stay").clicked() {
                state.command(Command::Leave(false));
            }
        });
    });
    if modal.should_close() {
        state.desk.leaving = false;
    }
}
