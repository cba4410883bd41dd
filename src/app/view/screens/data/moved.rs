//! Pictures whose files are gone, and finding them where they were moved to.

use super::parts::{failed, progress};
use crate::app::model::command::{Command, DataCommand, Field};
use crate::app::model::job_kind::DataTask;
use crate::app::model::project_messages::Report;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme, widgets};
use crate::project::{FoundBy, RelinkPlan, Relinked, Sameness};
use eframe::egui::{Button, RichText, Ui};

/// Shows the list of missing files, and the way to find them.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>, report: &Report) {
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
            words::counted(report.missing.len(), "picture's file is", "pictures' files are")
        ))
        .color(p.warn),
    );
    ui.label("Were they moved? Give the folder where they are now; folders in it are searched too.");
    let model = screen.model;
    let form = &model.data.relink;
    let mut to = form.to.clone();
    widgets::path_choice(
        ui,
        screen,
        &mut to,
        "Folder where the pictures are now",
        "a folder",
        Field::Moved,
    );
    let given = !to.trim().is_empty();
    if to != form.to {
        screen.command(Command::Data(DataCommand::MovedTo(to)));
    }
    if progress(ui, screen, DataTask::Find, "Looking for the pictures")
        || progress(ui, screen, DataTask::Relink, "Taking them over")
    {
        return;
    }
    let plan = form.plan.as_deref();
    let take = plan.map_or(0, |plan| plan.found.iter().filter(|f| f.take).count());
    ui.horizontal(|ui| {
        let find = theme::labelled(icons::MAGNIFYING_GLASS, "Find moved pictures");
        let find = if take == 0 {
            theme::primary(ui, find)
        } else {
            Button::new(find)
        };
        if ui.add_enabled(given, find).clicked() {
            screen.command(Command::Data(DataCommand::FindMoved));
        }
        if take > 0 {
            let words = format!("Take over {}", words::counted(take, "picture", "pictures"));
            if ui.add(theme::primary(ui, words)).clicked() {
                screen.command(Command::Data(DataCommand::Relink));
            }
        }
    });
    if let Some(failure) = &form.failure {
        failed(ui, failure);
    }
    ui.add_space(theme::SMALL);
    match plan {
        Some(plan) => widgets::lines(ui, "moved", &lines(plan)),
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
            lines.push(format!("## {title} ({})", words::count(of.len())));
            lines.extend(of);
        }
    };
    let line = |found: &Relinked| {
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
