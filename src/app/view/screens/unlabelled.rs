//! A folder of pictures without labels was brought: what is to be done with them. The page stays until somebody says.

use super::page::page;
use crate::app::model::action::Action;
use crate::app::model::command::{Command, DataCommand, Field, Pick, TagCommand};
use crate::app::model::paths::name_of;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Align, Layout, RichText, Ui};

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let Some(folder) = screen.model.data.unlabelled.as_ref() else {
        widgets::empty(
            ui,
            icons::IMAGES,
            "No pictures wait for an answer",
            "Drop pictures or a data set on the window, or go Home.",
            |ui| {
                widgets::action_button(ui, screen, Action::Home);
            },
        );
        return;
    };
    let title = format!("“{}” holds pictures without labels", name_of(folder));
    page(
        ui,
        &title,
        "What are they for? They stay where they are and are never changed.",
        |ui| {
            let sentence = "A tagger gives them its labels now. You look through them, and write them where other programs read them.";
            let tag = Command::Tag(TagCommand::Add(vec![folder.clone()]));
            let words = ["Tag them", sentence, "Get labels for them"];
            choice(
                ui,
                screen,
                icons::TAG,
                words,
                vec![Command::Data(DataCommand::LeaveUnlabelled), tag],
            );
            let sentence = "You give some of them labels of your own, and teach the model to find these in all others.";
            let import = Command::Import {
                data: folder.clone(),
                project: None,
            };
            let words = ["Make a project", sentence, "Teach your own labels"];
            choice(ui, screen, icons::GRADUATION_CAP, words, vec![import]);
            let open = screen.model.open().filter(|open| open.catalog.writable);
            if let Some(open) = open {
                let button = format!("Add to “{}”", open.catalog.name());
                let sentence = "They join the pictures of the project that is open. What would change is shown first.";
                let add = Command::Picked(Pick::For(Field::Add), vec![folder.clone()]);
                choice(
                    ui,
                    screen,
                    icons::FOLDER_PLUS,
                    [&button, sentence, "More pictures for the open project"],
                    vec![add],
                );
            }
            ui.add_space(theme::SMALL);
            if ui.button("Neither").clicked() {
                screen.command(Command::Data(DataCommand::LeaveUnlabelled));
            }
        },
    );
}

/// A thing that may be meant: its button, a sentence, its title.
fn choice(ui: &mut Ui, screen: &mut Screen<'_>, icon: &str, [button, sentence, title]: [&str; 3], does: Vec<Command>) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(RichText::new(icon).size(24.0).color(theme::palette(ui).accent));
            ui.add_space(theme::SMALL);
            let width = (ui.available_width() - 220.0).max(160.0);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.label(theme::heading(title, TextSize::Subtitle));
                ui.add(egui::Label::new(theme::quiet(ui, sentence)).wrap());
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(theme::primary(ui, button)).clicked() {
                    does.into_iter().for_each(|command| screen.command(command));
                }
            });
        });
    });
    ui.add_space(theme::MEDIUM);
}
