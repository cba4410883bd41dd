//! Results: how well each label is found, every number one click from its pictures.

use super::running::run_name;
use crate::app::model::action::Action;
use crate::app::model::catalog::Catalog;
use crate::app::model::command::{Command, ResultsCommand, TaggerCommand};
use crate::app::model::filter::{LabelTest, Sort, pictures_of};
use crate::app::model::job_kind::JobKind;
use crate::app::model::measure::{LabelNumbers, Measured};
use crate::app::model::open::Open;
use crate::app::model::state::Model;
use crate::app::model::training::groups;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use std::path::PathBuf;
use std::sync::Arc;

const SPLITS: [&str; 4] = ["test", "validation", "training", "all"];

fn split_of(slot: usize) -> Option<Split> {
    [Some(Split::Test), Some(Split::Val), Some(Split::Train), None][slot.min(3)]
}

/// Which split is measured: the chosen one, else the first of test, validation and training that has pictures.
fn slot(model: &Model, open: &Open) -> usize {
    let counts = open.catalog.split_counts();
    // The counts are train, val, test, none.
    let usual = [2usize, 1, 0].iter().position(|slot| counts[*slot] > 0).unwrap_or(3);
    model.results.split.unwrap_or(usual)
}

/// The numbers of a split, computed once for each change of the catalog.
fn measured(ui: &Ui, open: &Open, slot: usize) -> Arc<Measured> {
    type Cached = (PathBuf, u64, usize, Arc<Measured>);
    let id = egui::Id::unique("results measured");
    let known = ui.data(|d| d.get_temp::<Cached>(id));
    if let Some((folder, version, of, measured)) = known
        && (version, of) == (open.version, slot)
        && folder == open.catalog.folder
    {
        return measured;
    }
    let measured = Arc::new(Measured::of(&open.catalog, split_of(slot)));
    let cached: Cached = (open.catalog.folder.clone(), open.version, slot, measured.clone());
    ui.data_mut(|d| d.insert_temp(id, cached));
    measured
}

/// Nothing is measured yet.
fn unscored(ui: &mut Ui, screen: &mut Screen<'_>) {
    if screen.jobs.has(|kind| matches!(kind, JobKind::Predict { .. })) {
        let words = screen.jobs.running().and_then(|j| j.phase.as_ref()).map_or_else(
            || "The model is looking at the pictures …".to_owned(),
            |p| format!("{}: {} of {}", p.name, words::count(p.done), words::count(p.total)),
        );
        widgets::loading(ui, &words);
    } else {
        let sentence = "Let a model look at all pictures; then every label has its numbers here.";
        widgets::empty(ui, icons::CHART_BAR, "Nothing is measured yet", sentence, |ui| {
            widgets::action_button(ui, screen, Action::Predict);
        });
    }
}

/// Shows the place.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let catalog = &open.catalog;
    if !catalog.scored() {
        unscored(ui, screen);
        return;
    }
    let slot = slot(model, open);
    let measured = measured(ui, open, slot);
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(20, 14));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(theme::heading(
                format!("Results: {}", run_name(&catalog.run)),
                TextSize::Display,
            ));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                run_choice(ui, screen, catalog);
                export(ui, screen, catalog);
            });
        });
        ui.horizontal(|ui| {
            ui.label("measured on");
            let counts = catalog.split_counts();
            let has = [counts[2] > 0, counts[1] > 0, counts[0] > 0, true];
            for (i, name) in SPLITS.iter().enumerate().filter(|(i, _)| has[*i]) {
                if widgets::chip(ui, name, slot == i).clicked() {
                    screen.command(Command::Results(ResultsCommand::Split(i)));
                }
            }
            ui.label(theme::quiet(ui, words::counted(measured.images, "picture", "pictures")));
        });
        ui.add_space(theme::MEDIUM);
        summary(ui, &measured);
        ui.add_space(theme::MEDIUM);
        if catalog.compared.len() > 1 {
            egui::CollapsingHeader::new("All runs side by side")
                .default_open(false)
                .show(ui, |ui| {
                    super::running::table(ui, &catalog.compared);
                });
            ui.add_space(theme::SMALL);
        }
        // The columns need their width; a narrow window scrolls them.
        egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
            ui.set_min_width(760.0);
            table(ui, screen, catalog, &measured, slot);
        });
    });
}

/// Leads to the export of the run whose predictions are shown.
fn export(ui: &mut Ui, screen: &mut Screen<'_>, catalog: &Catalog) {
    let info = Action::ExportTagger.info();
    let button = ui
        .button(theme::labelled(icons::CUBE, info.name))
        .on_hover_text(info.about);
    if button.clicked() {
        screen.command(Command::Tagger(TaggerCommand::Show(Some(catalog.run.clone()))));
    }
}

fn run_choice(ui: &mut Ui, screen: &mut Screen<'_>, catalog: &Catalog) {
    let run = &catalog.run;
    let mut chosen = run.clone();
    let combo = egui::ComboBox::from_id_salt("run")
        .selected_text(run_name(run))
        .show_ui(ui, |ui| {
            for known in &catalog.compared {
                ui.selectable_value(&mut chosen, known.run.clone(), run_name(&known.run));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Run whose predictions are shown"));
    if chosen != *run {
        screen.command(Command::ShowRun(chosen));
    }
}

/// mAP in four cards.
fn summary(ui: &mut Ui, measured: &Measured) {
    let map = groups(&measured.map);
    let words = ["labels in all", "frequent labels", "medium labels", "rare labels"];
    let p = theme::palette(ui);
    let width = ((ui.available_width() - 3.0 * 10.0) / 4.0).clamp(120.0, 240.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        for (i, value) in map.into_iter().enumerate() {
            let of = |g: Group| measured.groups.iter().filter(|o| **o == g).count();
            let count = [
                measured.groups.len(),
                of(Group::Head),
                of(Group::Medium),
                of(Group::Tail),
            ][i];
            let frame = theme::card(ui);
            frame.show(ui, |ui| {
                ui.vertical(|ui| {
                    ui.set_width(width - 30.0);
                    let color = if i == 0 { p.text } else { p.groups[i - 1] };
                    ui.label(
                        RichText::new(words::percent(value))
                            .size(TextSize::Display.points())
                            .family(theme::strong())
                            .color(color),
                    );
                    ui.label(theme::quiet(ui, format!("mAP, {count} {}", words[i])));
                });
            });
        }
    });
}

/// Cells begin where their heading does, which is a button.
const INDENT: f32 = 12.0;

const HEADS: [(&str, &str); 7] = [
    ("Label", "Click for its pictures"),
    ("Group", "Frequent: 100 training pictures and more; rare: under 20"),
    ("Learned from", "Training pictures with the label"),
    (
        "AP",
        "Average precision in percent: how well pictures with the label rank before those without",
    ),
    ("Right", "Pictures that have the label and are predicted to"),
    ("Missed", "Pictures that have the label and are not predicted to"),
    ("False", "Pictures that are predicted to have the label and have not"),
];

/// Labels in the order of the table.
fn order(catalog: &Catalog, measured: &Measured, (column, descending): (usize, bool)) -> Vec<usize> {
    let mut order: Vec<usize> = (0..catalog.labels.len()).collect();
    let n = &measured.labels;
    match column {
        0 => order.sort_by_key(|c| catalog.labels[*c].name.to_lowercase()),
        1 | 2 => order.sort_by_key(|c| n[*c].trained),
        3 => order.sort_by(|a, b| n[*a].ap.unwrap_or(-1.0).total_cmp(&n[*b].ap.unwrap_or(-1.0))),
        4 => order.sort_by_key(|c| n[*c].hits),
        5 => order.sort_by_key(|c| n[*c].missed),
        _ => order.sort_by_key(|c| n[*c].false_alarms),
    }
    if descending {
        order.reverse();
    }
    order
}

fn table(ui: &mut Ui, screen: &mut Screen<'_>, catalog: &Catalog, measured: &Measured, slot: usize) {
    let order = order(catalog, measured, screen.results.order);
    TableBuilder::new(ui)
        .striped(true)
        .resizable(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::remainder().at_least(140.0).clip(true))
        .column(Column::exact(96.0))
        .column(Column::exact(118.0))
        .column(Column::exact(150.0))
        .columns(Column::exact(86.0), 3)
        .header(30.0, |mut header| {
            for i in 0..HEADS.len() {
                header.col(|ui| head(ui, screen, i));
            }
        })
        .body(|body| {
            body.rows(30.0, order.len(), |mut row| {
                let c = order[row.index()];
                let shown = Shown {
                    label: c,
                    name: &catalog.labels[c].name,
                    numbers: &measured.labels[c],
                    group: measured.groups[c],
                    split: split_of(slot),
                };
                cells(&mut row, screen, &shown);
            });
        });
}

/// The heading of a column: sorts by it.
fn head(ui: &mut Ui, screen: &mut Screen<'_>, i: usize) {
    let (column, descending) = screen.results.order;
    let (name, help) = HEADS[i];
    let arrow = match (column == i, descending) {
        (true, true) => icons::CARET_DOWN,
        (true, false) => icons::CARET_UP,
        _ => "",
    };
    let words = RichText::new(format!("{name} {arrow}")).family(theme::strong());
    let button = egui::Button::new(words).frame_when_inactive(false);
    let response = ui.add(button).on_hover_text(help);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {name}")));
    if response.clicked() {
        let descending = if column == i { !descending } else { i > 0 };
        screen.command(Command::Results(ResultsCommand::Order(i, descending)));
    }
}

/// What a row shows of a label.
struct Shown<'a> {
    label: usize,
    name: &'a str,
    numbers: &'a LabelNumbers,
    group: Group,
    /// What is measured.
    split: Option<Split>,
}

fn cells(row: &mut TableRow<'_, '_>, screen: &mut Screen<'_>, shown: &Shown<'_>) {
    let (name, numbers, group) = (shown.name, shown.numbers, shown.group as usize);
    let mut pictures = |test| {
        let filter = pictures_of(shown.label, test, shown.split);
        screen.command(Command::Show(filter, Sort::Score(shown.label)));
    };
    row.col(|ui| {
        if link(ui, name, &format!("Pictures with {name}")) {
            pictures(LabelTest::Positive);
        }
    });
    row.col(|ui| {
        ui.add_space(INDENT);
        let words = ["frequent", "medium", "rare"][group];
        let color = theme::palette(ui).groups[group];
        ui.label(RichText::new(format!("{} {words}", theme::group_icon(group))).color(color));
    });
    row.col(|ui| {
        ui.add_space(INDENT);
        ui.label(words::count(numbers.trained));
    });
    row.col(|ui| {
        ui.add_space(INDENT);
        let share = numbers.ap.unwrap_or(0.0) as f32 / 100.0;
        let words = format!("Average precision of {name}");
        let color = theme::palette(ui).groups[group];
        widgets::share_bar(ui, vec2(74.0, 7.0), &[(share, color)], None, &words);
        ui.label(words::percent(numbers.ap));
    });
    for (count, test, what) in [
        (numbers.hits, LabelTest::Hit, "right"),
        (numbers.missed, LabelTest::Missed, "missed"),
        (numbers.false_alarms, LabelTest::False, "wrongly predicted"),
    ] {
        row.col(|ui| {
            if link(ui, &words::count(count), &format!("{name} {what}: {count}")) {
                pictures(test);
            }
        });
    }
}

/// Words that lead to pictures.
fn link(ui: &mut Ui, words: &str, name: &str) -> bool {
    let button = egui::Button::new(words).frame_when_inactive(false).truncate();
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, name));
    response.clicked()
}
