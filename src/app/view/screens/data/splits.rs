//! Splits: made, with the seed; every one that was made can be given back.

use super::parts::card;
use crate::app::model::command::{Command, DataCommand, Field};
use crate::app::model::data::Page;
use crate::app::model::data_forms::{Listed, SplitForm, Way};
use crate::app::model::job_kind::JobKind;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::model::Split;
use eframe::egui::{self, RichText, Ui};

/// Shows the page.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(900.0);
        now(ui, screen);
        make(ui, screen);
        history(ui, screen);
    });
}

fn now(ui: &mut Ui, screen: &mut Screen<'_>) {
    let Some(open) = screen.open() else { return };
    let [train, val, test, none] = open.catalog.split_counts().map(words::count);
    ui.label(theme::heading(
        format!("train {train}, val {val}, test {test}, without a split {none}"),
        TextSize::Title,
    ));
    ui.add(
        egui::Label::new(theme::quiet(
            ui,
            "The model learns from train, settings are chosen on val, and results are measured on test.",
        ))
        .wrap(),
    );
    let leaks = screen.data.report.value.as_ref().map(|report| {
        let groups = report.copies.iter().filter(|group| group.leakage).count();
        (groups, report.unchecked)
    });
    let p = theme::palette(ui);
    match leaks {
        Some((0, 0)) => {
            ui.label(RichText::new(format!("{} No picture has a copy in another split.", icons::CHECK)).color(p.good));
        }
        Some((0, unchecked)) => {
            ui.horizontal(|ui| {
                let words = words::counted(unchecked, "picture was", "pictures were");
                ui.label(theme::quiet(
                    ui,
                    format!("{words} not checked for copies in several splits yet."),
                ));
                if ui.button("Check the pictures").clicked() {
                    screen.command(Command::Data(DataCommand::Check));
                }
            });
        }
        Some((leaks, _)) => {
            ui.horizontal_wrapped(|ui| {
                let words = format!(
                    "{} {} in several splits: results on them would look too good.",
                    icons::WARNING,
                    words::counted(leaks, "group of copies lies", "groups of copies lie")
                );
                ui.label(RichText::new(words).color(p.warn));
                if ui.button("Look at them").clicked() {
                    screen.command(Command::Data(DataCommand::Listed(Listed::Leaks)));
                    screen.command(Command::Data(DataCommand::Page(Page::Report)));
                }
            });
        }
        None => {}
    }
    ui.add_space(theme::MEDIUM);
}

fn make(ui: &mut Ui, screen: &mut Screen<'_>) {
    let writable = screen.open().is_some_and(|open| open.catalog.writable);
    let busy = screen.jobs.has(|p| *p == JobKind::Split);
    card(ui, "Make a split", |ui| {
        let mut form = screen.data.splits.clone();
        let mut go = false;
        ui.horizontal_wrapped(|ui| {
            for (way, name) in [
                (Way::Random, "Random"),
                (Way::Pareto, "Long tail"),
                (Way::FewShot, "Few-shot"),
                (Way::BaseNovel, "Base and novel"),
                (Way::Lists, "From lists"),
            ] {
                if widgets::chip(ui, name, form.way == way).clicked() {
                    form.way = way;
                }
            }
        });
        let words = match form.way {
            Way::Random => "At random, with every label in each part where it can be.",
            Way::Pareto => {
                "A few frequent labels, many rare ones: training pictures are drawn so that a long tail remains."
            }
            Way::FewShot => "As few training pictures as give every label K examples; val and test of the data stay.",
            Way::BaseNovel => "Some labels are kept out of training: pictures that have one do not train.",
            Way::Lists => "Text files with a picture's name or path in each line.",
        };
        ui.add(egui::Label::new(theme::quiet(ui, words)).wrap());
        ui.add_space(theme::SMALL);
        numbers(ui, &mut form);
        if form.way == Way::Lists {
            for (i, split) in Split::ALL.into_iter().enumerate() {
                ui.horizontal(|ui| {
                    ui.allocate_ui(egui::vec2(44.0, theme::HIT), |ui| {
                        ui.set_width(44.0);
                        ui.label(split.name());
                    });
                    let name = format!("List of {split} pictures");
                    widgets::path_choice(ui, screen, &mut form.lists[i], &name, "none", Field::List(split));
                });
            }
        }
        ui.add_space(theme::SMALL);
        ui.horizontal(|ui| {
            let button = theme::primary(ui, "Make this split");
            go = ui.add_enabled(writable && !busy, button).clicked();
            if form.way != Way::Lists {
                ui.label("Seed");
                let seed = ui.add(egui::DragValue::new(&mut form.seed));
                seed.on_hover_text("The same seed draws the same pictures");
            }
            if busy {
                ui.spinner();
                ui.label("making the split …");
            } else {
                ui.label(theme::quiet(ui, "It can be undone, and given back later."));
            }
        });
        if form != screen.data.splits {
            screen.command(Command::Data(DataCommand::SplitForm(form)));
        }
        if go {
            screen.command(Command::Data(DataCommand::Split));
        }
    });
}

fn numbers(ui: &mut Ui, form: &mut SplitForm) {
    ui.horizontal_wrapped(|ui| match form.way {
        Way::Random => {
            let [train, val] = &mut form.shares;
            ui.label("train");
            ui.add(egui::DragValue::new(train).range(0..=100).suffix(" %"));
            ui.label("val");
            *val = (*val).min(100 - *train);
            ui.add(egui::DragValue::new(val).range(0..=100 - *train).suffix(" %"));
            *val = (*val).min(100 - *train);
            ui.label(format!("test {} %", 100 - *train - *val));
            let only = ui.checkbox(&mut form.labelled, "only labelled pictures");
            only.on_hover_text("A picture without a label may simply not have been looked at yet: it is left out");
        }
        Way::Pareto => {
            let [max, min] = &mut form.tail;
            ui.label("most frequent label");
            ui.add(egui::DragValue::new(max).range(1..=100_000).suffix(" pictures"));
            ui.label("rarest");
            ui.add(egui::DragValue::new(min).range(1..=*max).suffix(" pictures"));
            ui.label("exponent");
            ui.add(egui::DragValue::new(&mut form.exponent).range(0.1..=50.0).speed(0.1));
        }
        Way::FewShot => {
            ui.label("K");
            for shots in [1, 2, 4, 8, 16] {
                if widgets::chip(ui, &shots.to_string(), form.shots == shots).clicked() {
                    form.shots = shots;
                }
            }
        }
        Way::BaseNovel => {
            ui.label("novel labels");
            ui.add(egui::DragValue::new(&mut form.novel).range(1..=99).suffix(" %"));
        }
        Way::Lists => {}
    });
}

fn history(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(splits) = &model.data.splits_made.value else {
        return;
    };
    let writable = model.open().is_some_and(|open| open.catalog.writable);
    card(ui, "Splits that were made", |ui| {
        if splits.is_empty() {
            ui.label(theme::quiet(
                ui,
                "None yet. What came with the data is kept as soon as another split is made.",
            ));
        }
        let p = theme::palette(ui);
        for record in splits.iter().rev() {
            let count = |split: Split| Some(format!("{split} {}", words::count(*record.counts.get(split.name())?)));
            let counts: Vec<String> = Split::ALL.into_iter().filter_map(count).collect();
            ui.horizontal(|ui| {
                ui.label(theme::heading(format!("{}", record.id), TextSize::Body));
                ui.label(counts.join(", "));
                if record.current {
                    ui.label(RichText::new(format!("{} now", icons::CHECK)).color(p.good));
                } else if ui
                    .add_enabled(writable, egui::Button::new("Restore"))
                    .on_hover_text(format!("Give split {} back", record.id))
                    .clicked()
                {
                    screen.command(Command::Data(DataCommand::Restore(record.id)));
                }
                if record.recipe.command.starts_with("patchlight") {
                    let copy =
                        widgets::icon_button(ui, icons::COPY, &format!("Copy the command of split {}", record.id));
                    if copy.clicked() {
                        screen.command(Command::Copy(record.recipe.command.clone()));
                    }
                }
            });
            ui.add(
                egui::Label::new(theme::quiet(ui, made_by(&record.recipe.command)))
                    .wrap()
                    .selectable(true),
            );
            ui.add_space(theme::SMALL);
        }
    });
}

/// How a split was made, in words: `random --fractions 0.6,0.15,0.25 --seed 0` is `random, fractions 0.6,0.15,0.25, seed 0`.
fn made_by(command: &str) -> String {
    let (_, way) = command.split_once("scheme ").unwrap_or(("", command));
    way.replace(" --", ", ")
}

#[cfg(test)]
mod tests {
    use super::made_by;

    #[test]
    fn a_recipe_is_told_without_its_command() {
        let command = "patchlight split p.patchlight --scheme random --fractions 0.6,0.15,0.25 --labelled --seed 3";
        assert_eq!(made_by(command), "random, fractions 0.6,0.15,0.25, labelled, seed 3");
        assert_eq!(made_by("as imported"), "as imported");
    }
}
