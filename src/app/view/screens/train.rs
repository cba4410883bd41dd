//! Train: three steps down the page, then the running training, then what changed.

use super::page::page;
use super::totals::totals;
use super::{bars, running, setup};
use crate::app::model::action::Action;
use crate::app::model::command::Command;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::{icons, theme};
use crate::dataset::split::Group;
use eframe::egui::{self, RichText, Ui};

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    // Each of the two pages keeps how far it is scrolled.
    if screen.training.is_some() && !screen.train.again {
        ui.push_id("running", |ui| running::show(ui, screen));
    } else {
        setup::start(ui, screen);
        egui::CentralPanel::default()
            .frame(egui::Frame::NONE)
            .show(ui, |ui| form(ui, screen));
    }
}

fn form(ui: &mut Ui, screen: &mut Screen<'_>) {
    page(
        ui,
        "Teach it your labels",
        "Two stages: first the model's eyes, then its words. Your pictures and labels stay as they are.",
        |ui| {
            what(ui, screen);
            ui.add_space(theme::LARGE);
            let form = setup::how(ui, screen);
            ui.add_space(theme::LARGE);
            setup::go(ui, screen, &form);
            ui.add_space(theme::HUGE);
            running::past(ui, screen);
        },
    );
}

/// 1: what to learn from.
fn what(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let totals = totals(ui, open);
    let (splits, groups, positives) = (totals.splits, &totals.groups, &totals.training);
    // All are learned from where none has a split.
    let unsplit = splits[..3].iter().all(|n| *n == 0);
    let names: Vec<&str> = open.catalog.labels.iter().map(|l| l.name.as_str()).collect();
    let (total, writable) = (open.catalog.pictures.len(), open.catalog.writable);
    setup::step(ui, 1, "What to learn from", |ui| {
        let of = |g: Group| groups.iter().filter(|o| **o == g).count();
        ui.horizontal_wrapped(|ui| {
            let strong = |words: String| RichText::new(words).family(theme::strong());
            if unsplit {
                ui.label(strong(words::counted(totals.labelled, "picture", "pictures")));
                ui.label(format!("of {} with a label.", words::count(total)));
            } else {
                ui.label(strong(words::counted(splits[0], "picture", "pictures")));
                ui.label(format!(
                    "to learn from, {} to choose settings on, {} to test on.",
                    words::count(splits[1]),
                    words::count(splits[2])
                ));
            }
        });
        let rare = positives.iter().filter(|n| **n < 10).count();
        let words = format!(
            "{}: {} frequent (100 pictures and more), {} medium, {} rare (under 20).",
            words::counted(names.len(), "label", "labels"),
            of(Group::Head),
            of(Group::Medium),
            of(Group::Tail)
        );
        ui.label(words);
        if rare > 0 {
            ui.label(theme::quiet(
                ui,
                format!(
                    "{} fewer than 10 pictures: good, that is what this is for.",
                    if rare == 1 {
                        "1 label has".to_owned()
                    } else {
                        format!("{rare} labels have")
                    }
                ),
            ));
        }
        let none: Vec<&str> = names
            .iter()
            .zip(positives)
            .filter(|(_, n)| **n == 0)
            .map(|(name, _)| *name)
            .collect();
        if !none.is_empty() {
            let list = none.iter().take(6).copied().collect::<Vec<_>>().join(", ");
            ui.label(
                RichText::new(format!(
                    "{} Without any picture: {list}. They keep what CLIP knew.",
                    icons::WARNING
                ))
                .color(theme::palette(ui).warn),
            );
        }
        bars::show(ui, positives, &names);
        ui.horizontal_wrapped(|ui| {
            if writable && !names.is_empty() && total > 0 {
                let fewest = (0..positives.len()).min_by_key(|c| positives[*c]);
                let pick = ui
                    .button(theme::labelled(icons::CHECK, "Pick pictures for each label…"))
                    .on_hover_text("Click the pictures that show a label; five of each are enough to begin with");
                if pick.clicked() {
                    screen.command(Command::PickFor(fewest));
                }
            }
            let words = if !unsplit {
                "Other splits…"
            } else {
                "Split in another way…"
            };
            let button = ui.button(words);
            let about = "At random, a long tail, few-shot, base and novel, from lists";
            if total > 0 && button.on_hover_text(about).clicked() {
                screen.command(Command::Do(Action::Splits));
            }
            if unsplit && total > 0 {
                ui.label(
                    "The pictures are not split yet: a proposed training does that first, and holds back what it can.",
                );
            } else if splits[0] == 0 {
                let words = format!(
                    "{} There is no picture to learn from: none is in the training split.",
                    icons::WARNING
                );
                ui.label(RichText::new(words).color(theme::palette(ui).warn));
            }
        });
    });
}
