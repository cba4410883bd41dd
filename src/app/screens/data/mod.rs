//! Data: the project's pictures and labels in numbers, labels, splits, what was found, exports.

mod bins;
mod export;
mod labels;
mod moved;
mod overview;
mod report;
mod splits;
mod tree;

use crate::app::command::Command;
use crate::app::data::{Act, Page};
use crate::app::library::{Ask, Order};
use crate::app::state::State;
use crate::app::theme;
use crate::app::{icons, widgets};
use eframe::egui::{self, Ui};

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    ask(state);
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.panel)
        .inner_margin(egui::Margin::symmetric(16, 8));
    egui::Panel::top("data pages").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            for (page, name) in [
                (Page::Overview, "Overview"),
                (Page::Labels, "Labels"),
                (Page::Splits, "Splits"),
                (Page::Report, "What was found"),
                (Page::Export, "Export"),
            ] {
                if widgets::chip(ui, name, state.data.page == page).clicked() {
                    state.command(Command::Data(Act::Page(page)));
                }
            }
        });
    });
    egui::CentralPanel::default()
        .frame(
            egui::Frame::new()
                .fill(p.ground)
                .inner_margin(egui::Margin::symmetric(16, 12)),
        )
        .show(ui, |ui| match state.data.page {
            Page::Overview => overview::show(ui, state),
            Page::Labels => labels::show(ui, state),
            Page::Splits => splits::show(ui, state),
            Page::Report => report::show(ui, state),
            Page::Export => export::show(ui, state),
        });
}

/// Asks the project's thread for what the page shows, where the project has changed since.
fn ask(state: &mut State) {
    let Some(version) = state.open().map(|open| open.version) else {
        return;
    };
    let data = &mut state.data;
    let mut asks = Vec::new();
    let mut want = |asked: &mut Option<u64>, ask: Ask| {
        if *asked != Some(version) {
            *asked = Some(version);
            asks.push(ask);
        }
    };
    match data.page {
        Page::Overview => want(&mut data.overview.version, Ask::Overview),
        Page::Labels => want(&mut data.tree.version, Ask::Tree),
        Page::Splits => {
            want(&mut data.splits_made.version, Ask::SplitsMade);
            want(&mut data.report.version, Ask::Report);
        }
        Page::Report => want(&mut data.report.version, Ask::Report),
        Page::Export => {}
    }
    if let Some(open) = state.open() {
        asks.into_iter().for_each(|ask| {
            open.library.send(Order::Data(ask));
        });
    }
}

/// A card with a heading, as wide as there is room.
fn card(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading(title, theme::TextSize::Subtitle));
        ui.add_space(theme::SMALL);
        add(ui);
    });
    ui.add_space(theme::MEDIUM);
}

/// A job of these pages at work: how far it is, and a way to stop it. False where there is none.
fn progress(ui: &mut Ui, state: &mut State, task: crate::app::data::Task, words: &str) -> bool {
    let p = theme::palette(ui);
    let of_it =
        |j: &&crate::app::jobs::Job| !j.state.ended() && j.spec.purpose == crate::app::jobs::Purpose::Data(task);
    let Some(job) = state.jobs.list.iter().find(of_it).cloned() else {
        return false;
    };
    ui.horizontal(|ui| {
        ui.spinner();
        let counts = job
            .phase
            .as_ref()
            .filter(|phase| phase.total > 0)
            .map(|phase| format!(": {} of {}", widgets::count(phase.done), widgets::count(phase.total)));
        ui.label(format!("{words}{}", counts.unwrap_or_default()));
        if let Some(phase) = job.phase.as_ref().filter(|phase| phase.total > 0) {
            widgets::share_bar(ui, egui::vec2(160.0, 7.0), &[(phase.share(), p.accent)], None, words);
        }
        let stop = egui::Button::new(theme::labelled(icons::STOP, "Stop"));
        if ui.add_enabled(!job.stopping, stop).clicked() {
            state.command(Command::Data(Act::Stop(task)));
        }
    });
    true
}

/// Why something failed, and what to do.
fn failure(ui: &mut Ui, failure: &crate::engine::Failure) {
    let p = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(egui::RichText::new(icons::WARNING_CIRCLE).color(p.bad));
        ui.add(
            egui::Label::new(egui::RichText::new(&failure.message).color(p.bad))
                .wrap()
                .selectable(true),
        );
    });
    if let Some(hint) = &failure.hint {
        ui.add(egui::Label::new(theme::quiet(ui, hint.clone())).wrap());
    }
}
