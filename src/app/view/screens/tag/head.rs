//! Above the list of Tag: which pictures are shown, and what is to be done next.

use crate::app::model::command::{Command, Pick, TagCommand};
use crate::app::model::tag::state::{Only, Panel};
use crate::app::model::words::{self, duration};
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, Ui, vec2};

/// What is shown, and what is to be done next.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let [waiting, _, failed] = screen.tagging.list.standings();
    widgets::row(ui, |ui| {
        let total = screen.tagging.list.items.len();
        let shown = screen.tagging.shown.len();
        let words = if shown == total {
            words::counted(total, "picture", "pictures")
        } else {
            format!("{} of {}", words::count(shown), words::count(total))
        };
        ui.label(theme::heading(words, TextSize::Subtitle));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            next(ui, screen, waiting);
            if widgets::icon_button(ui, icons::TRASH, "Empty the list (files stay as they are)").clicked() {
                screen.command(Command::Tag(TagCommand::Clear));
            }
            if widgets::icon_button(ui, icons::FOLDER_OPEN, "Add a folder").clicked() {
                screen.command(Command::Pick(Pick::TagFolder));
            }
            if widgets::icon_button(ui, icons::PLUS, "Add pictures").clicked() {
                screen.command(Command::Pick(Pick::TagFiles));
            }
        });
    });
    filters(ui, screen, failed);
}

/// Which pictures are shown.
fn filters(ui: &mut Ui, screen: &mut Screen<'_>, failed: usize) {
    let mut filter = screen.tagging.filter.clone();
    ui.horizontal(|ui| {
        let mut kinds = vec![
            (Only::All, "All".to_owned()),
            (Only::Bare, "Without a label".to_owned()),
        ];
        kinds.push((Only::Edited, "Changed by you".to_owned()));
        if failed > 0 {
            kinds.push((Only::Failed, format!("Cannot be read: {failed}")));
        }
        for (only, name) in kinds {
            if widgets::chip(ui, &name, filter.only == only).clicked() {
                filter.only = only;
            }
        }
        if let Some(label) = &filter.label
            && widgets::chip(ui, &format!("{label}  {}", icons::X), true)
                .on_hover_text("Show pictures with any label")
                .clicked()
        {
            filter.label = None;
        }
        let width = ui.available_width().clamp(80.0, 260.0);
        let field = egui::TextEdit::singleline(&mut filter.words)
            .hint_text("Search names and labels")
            .desired_width(width);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info(&filter.words, "Search names and labels"));
    });
    if filter != screen.tagging.filter {
        screen.command(Command::Tag(TagCommand::Filter(filter)));
    }
}

/// The one thing to do next: tag, or write; while it tags, how far it is.
fn next(ui: &mut Ui, screen: &mut Screen<'_>, waiting: usize) {
    let model = screen.model;
    let tagging = &model.tagging;
    let job = tagging.job.and_then(|id| model.jobs.get(id));
    if let Some(job) = job.filter(|j| !j.state.ended()) {
        let stopping = job.stopping;
        let cancel = ui.add_enabled(!stopping, egui::Button::new("Cancel"));
        if cancel.on_hover_text("What is tagged stays").clicked() {
            screen.command(Command::Tag(TagCommand::Cancel));
        }
        let p = theme::palette(ui);
        let (share, words) = match job.phase.as_ref().filter(|f| f.total > 0) {
            _ if stopping => (0.0, "stopping …".to_owned()),
            Some(phase) => {
                let left = phase.left(model.now);
                let left = left.map_or_else(String::new, |t| format!(", {} left", duration(t)));
                let words = format!("{} of {}{left}", words::count(phase.done), words::count(phase.total));
                (phase.share(), words)
            }
            None => (0.0, "getting ready …".to_owned()),
        };
        widgets::share_bar(ui, vec2(120.0, 6.0), &[(share, p.accent)], None, "Progress of tagging");
        ui.label(theme::quiet(ui, words));
        return;
    }
    let other = tagging.used.as_ref().is_some_and(|used| *used != tagging.source);
    if waiting > 0 || other {
        let count = if other { tagging.list.items.len() } else { waiting };
        let verb = if other { "Tag again:" } else { "Tag" };
        let words = format!("{verb} {}", words::counted(count, "picture", "pictures"));
        let ready = tagging.source.request().is_some();
        let button = ui.add_enabled(ready, theme::primary(ui, words));
        if button
            .on_disabled_hover_text("Type the labels to look for first")
            .clicked()
        {
            screen.command(Command::Tag(TagCommand::Start));
        }
    } else if ui.add(theme::primary(ui, "Write…")).clicked() {
        screen.command(Command::Tag(TagCommand::Show(Panel::Write)));
    }
}
