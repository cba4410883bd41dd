//! The panel of filters beside the pictures.

use crate::app::model::catalog::Catalog;
use crate::app::model::command::{BrowseCommand, Command};
use crate::app::model::filter::{Filter, LabelTest, Verdict};
use crate::app::model::words;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme;
use crate::app::view::widgets::{self, chip};
use crate::dataset::model::Split;
use eframe::egui::{self, Align, Layout, Ui};

/// Chips that say which pictures are shown.
pub(super) fn panel(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let catalog = &open.catalog;
    let (counts, edited, scored) = (catalog.split_counts(), catalog.edited(), catalog.scored());
    let mut filter = model.browse.filter.clone();
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let field = egui::TextEdit::singleline(&mut filter.words)
            .hint_text("Name or label")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| widgets::field_info("", "Words in name or label"));
        if let Some(only) = filter.only.clone() {
            section(ui, "From the data");
            let words = format!("{}  {} {}", only.name, words::count(only.pictures.len()), icons::X);
            let response = chip(ui, &words, true).on_hover_text("Show the other pictures again");
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Do not filter by {}", only.name))
            });
            if response.clicked() {
                filter.only = None;
            }
        }
        section(ui, "Split");
        ui.horizontal_wrapped(|ui| {
            let splits = Split::ALL.into_iter().map(Some).chain([None]);
            for (split, count) in splits.zip(counts).filter(|(_, count)| *count > 0) {
                let name = split.map_or("none", |s| s.name());
                let on = filter.split == Some(split);
                if chip(ui, &format!("{name} {}", words::count(count)), on).clicked() {
                    filter.split = (!on).then_some(split);
                }
            }
        });
        section(ui, "Prediction and label");
        ui.horizontal_wrapped(|ui| {
            for (verdict, name) in [
                (Verdict::Right, "agree"),
                (Verdict::Wrong, "disagree"),
                (Verdict::Unsure, "unsure"),
            ] {
                let on = filter.verdict == Some(verdict);
                let chip = ui.add_enabled_ui(scored, |ui| chip(ui, name, on)).inner;
                if chip.clicked() {
                    filter.verdict = (!on).then_some(verdict);
                }
            }
        });
        if !scored {
            ui.label(theme::quiet(ui, "once the pictures are scored"));
        }
        section(ui, "State");
        ui.horizontal_wrapped(|ui| {
            if chip(ui, &format!("edited {}", words::count(edited)), filter.edited).clicked() {
                filter.edited = !filter.edited;
            }
            if chip(ui, "without labels", filter.unlabelled).clicked() {
                filter.unlabelled = !filter.unlabelled;
            }
        });
        if !filter.labels.is_empty() {
            section(ui, "Labels");
        }
        labels(ui, catalog, &mut filter);
        if catalog.labels.is_empty() {
            ui.add_space(theme::LARGE);
            ui.label(theme::quiet(
                ui,
                "Labels are in the panel on the right: add the first ones there.",
            ));
        }
    });
    if filter != model.browse.filter {
        screen.command(Command::Browse(BrowseCommand::Filter(filter)));
    }
}

/// What must hold of each label.
fn labels(ui: &mut Ui, catalog: &Catalog, filter: &mut Filter) {
    let mut remove = None;
    for (i, (column, test)) in filter.labels.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            let name = catalog.labels.get(*column).map_or("?", |l| l.name.as_str());
            ui.add(egui::Label::new(name).truncate());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::icon_button(ui, icons::X, &format!("Do not filter by {name}")).clicked() {
                    remove = Some(i);
                }
            });
        });
        let combo = egui::ComboBox::from_id_salt(("test", i))
            .selected_text(test.name())
            .show_ui(ui, |ui| {
                for option in [
                    LabelTest::Positive,
                    LabelTest::Predicted,
                    LabelTest::Hit,
                    LabelTest::Missed,
                    LabelTest::False,
                ] {
                    ui.selectable_value(test, option, option.name());
                }
            });
        combo
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "What must hold of the label"));
    }
    if let Some(i) = remove {
        filter.labels.remove(i);
    }
}

fn section(ui: &mut Ui, name: &str) {
    ui.add_space(theme::MEDIUM);
    ui.label(theme::quiet(ui, name));
}
