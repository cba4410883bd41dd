//! Pictures whose files are gone, and finding them where they were moved to.

use crate::app::command::Command;
use crate::app::data::{Act, Field, Task};
use crate::app::library::Report;
use crate::app::state::State;
use crate::app::theme;
use crate::app::{icons, widgets};
use crate::project::{FoundBy, RelinkPlan, Sameness};
use eframe::egui::{RichText, Ui};

/// Shows the list of missing files, and the way to find them.
pub fn show(ui: &mut Ui, state: &mut State, report: &Report) {
    let p = theme::palette(ui);
    if report.missing.is_empty() {
        widgets::empty(
            ui,
            icons::SEAL_CHECK,
            "Every picture's file is there",
            "Where pictures are moved, their labels are not lost: come here to say where they are.",
            |_| {},
        );
        return;
    }
    ui.label(
        RichText::new(format!(
            "{} {} gone. Their labels are kept.",
            icons::WARNING,
            widgets::counted(report.missing.len(), "picture's file is", "pictures' files are")
        ))
        .color(p.warn),
    );
    ui.label("Were they moved? Give the folder where they are now; folders in it are searched too.");
    let mut to = std::mem::take(&mut state.data.relink.to);
    widgets::path_choice(
        ui,
        state,
        &mut to,
        "Folder where the pictures are now",
        "a folder",
        Field::Moved,
    );
    state.data.relink.to = to;
    if super::progress(ui, state, Task::Find, "Looking for the pictures")
        || super::progress(ui, state, Task::Relink, "Taking them over")
    {
        return;
    }
    let given = !state.data.relink.to.trim().is_empty();
    let plan = state.data.relink.plan.clone();
    let take = plan
        .as_ref()
        .map_or(0, |plan| plan.found.iter().filter(|f| f.take).count());
    ui.horizontal(|ui| {
        let find = theme::labelled(icons::MAGNIFYING_GLASS, "Find moved pictures");
        let find = if take == 0 {
            theme::primary(ui, find)
        } else {
            eframe::egui::Button::new(find)
        };
        if ui.add_enabled(given, find).clicked() {
            state.command(Command::Data(Act::Relink(false)));
        }
        if take > 0 {
            let words = format!("Take over {}", widgets::counted(take, "picture", "pictures"));
            if ui.add(theme::primary(ui, words)).clicked() {
                state.command(Command::Data(Act::Relink(true)));
            }
        }
    });
    if let Some(failure) = state.data.relink.failure.clone() {
        super::failure(ui, &failure);
    }
    ui.add_space(theme::SMALL);
    match plan {
        Some(plan) => widgets::lines(ui, "moved", &lines(&plan)),
        None => {
            let lines: Vec<String> = report
                .missing
                .iter()
                .map(|(name, path)| format!("{name}, was {path}"))
                .collect();
            widgets::lines(ui, "missing", &lines);
        }
    }
}

/// What was found, a line each.
fn lines(plan: &RelinkPlan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = |title: &str, of: Vec<String>| {
        if !of.is_empty() {
            lines.push(format!("## {title} ({})", widgets::count(of.len())));
            lines.extend(of);
        }
    };
    let line = |found: &crate::project::Relinked| {
        let how = match found.how {
            FoundBy::Relative => "same place below the new folder",
            FoundBy::Path => "by its name and folders",
            FoundBy::Name => "by its name",
            FoundBy::Content => "by its content",
        };
        let same = match found.content {
            Sameness::Same => "same content",
            Sameness::Alike => "same size in pixels",
            Sameness::Other => "another picture",
        };
        format!("{} → {} ({how}, {same})", found.name, found.to.display())
    };
    let (taken, left): (Vec<_>, Vec<_>) = plan.found.iter().partition(|f| f.take);
    section("Found", taken.into_iter().map(line).collect());
    section(
        "Same name, but another picture: left alone",
        left.into_iter().map(line).collect(),
    );
    section(
        "Could be several files: left alone",
        (plan.ambiguous.iter())
            .map(|a| {
                let files: Vec<String> = a.candidates.iter().map(|c| c.display().to_string()).collect();
                format!("{}: {}", a.name, files.join(" or "))
            })
            .collect(),
    );
    section("Not found", plan.lost.iter().map(|l| l.name.clone()).collect());
    lines
}
