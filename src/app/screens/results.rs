//! Results: how well each label is found, every number one click from its pictures. And the panel of labels beside the pictures.

use crate::app::command::{Action, Command};
use crate::app::filter::{LabelTest, Sort};
use crate::app::measure::Measured;
use crate::app::state::{Slot, State};
use crate::app::theme::{self, TextSize};
use crate::app::widgets;
use crate::app::{execute, icons};
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use eframe::egui::{self, Align, Layout, RichText, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use std::sync::Arc;

const SPLITS: [&str; 4] = ["test", "validation", "training", "all"];

fn split_of(slot: usize) -> Option<Split> {
    [Some(Split::Test), Some(Split::Val), Some(Split::Train), None][slot.min(3)]
}

/// The numbers of a split, computed once for each change of the catalog.
fn measured(state: &mut State) -> Option<(usize, Arc<Measured>)> {
    let Slot::Open(open) = &state.project else { return None };
    let counts = open.catalog.split_counts();
    // Test, validation, training: the counts are train, val, test, none.
    let usual = [2usize, 1, 0].iter().position(|slot| counts[*slot] > 0).unwrap_or(3);
    let slot = state.results.split.unwrap_or(usual);
    let (version, fresh) = (open.version, state.results.cache.clone());
    let measured = match fresh {
        Some((v, s, measured)) if v == version && s == slot => measured,
        _ => Arc::new(Measured::of(&open.catalog, split_of(slot))),
    };
    state.results.cache = Some((version, slot, measured.clone()));
    Some((slot, measured))
}

/// Shows the place.
pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(open) = state.open() else { return };
    if !open.catalog.scored() {
        let predicting = state
            .jobs
            .has(|p| matches!(p, crate::app::jobs::Purpose::Predict { .. }));
        if predicting {
            let words = state.jobs.running().and_then(|j| j.phase.as_ref()).map_or_else(
                || "The model is looking at the pictures …".to_owned(),
                |p| format!("{}: {} of {}", p.name, widgets::count(p.done), widgets::count(p.total)),
            );
            widgets::loading(ui, &words);
        } else {
            let sentence = "Let a model look at all pictures; then every label has its numbers here.";
            widgets::empty(ui, icons::CHART_BAR, "Nothing is measured yet", sentence, |ui| {
                widgets::action_button(ui, state, Action::Predict);
            });
        }
        return;
    }
    let (run, compared) = (open.catalog.run.clone(), open.catalog.compared.clone());
    let Some((slot, measured)) = measured(state) else {
        return;
    };
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(20, 14));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(theme::heading(
                format!("Results: {}", super::running::run_name(&run)),
                TextSize::Display,
            ));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| run_choice(ui, state, &run));
        });
        ui.horizontal(|ui| {
            ui.label("measured on");
            let counts = state.open().map_or([0; 4], |o| o.catalog.split_counts());
            let has = [counts[2] > 0, counts[1] > 0, counts[0] > 0, true];
            for (i, name) in SPLITS.iter().enumerate().filter(|(i, _)| has[*i]) {
                if widgets::chip(ui, name, slot == i).clicked() {
                    state.results.split = Some(i);
                }
            }
            ui.label(theme::quiet(
                ui,
                widgets::counted(measured.images, "picture", "pictures"),
            ));
        });
        ui.add_space(theme::MEDIUM);
        summary(ui, &measured);
        ui.add_space(theme::MEDIUM);
        if compared.len() > 1 {
            egui::CollapsingHeader::new("All runs side by side")
                .default_open(false)
                .show(ui, |ui| {
                    super::running::table(ui, &compared);
                });
            ui.add_space(theme::SMALL);
        }
        // The columns need their width; a narrow window scrolls them.
        egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
            ui.set_min_width(760.0);
            table(ui, state, &measured, slot);
        });
    });
}

fn run_choice(ui: &mut Ui, state: &mut State, run: &str) {
    let known: Vec<String> = state
        .open()
        .map_or_else(Vec::new, |o| o.catalog.compared.iter().map(|m| m.run.clone()).collect());
    let mut chosen = run.to_owned();
    let combo = egui::ComboBox::from_id_salt("run")
        .selected_text(super::running::run_name(run))
        .show_ui(ui, |ui| {
            for name in &known {
                ui.selectable_value(&mut chosen, name.clone(), super::running::run_name(name));
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Run whose predictions are shown"));
    if chosen != run {
        state.command(Command::ShowRun(chosen));
    }
}

/// mAP in four cards.
fn summary(ui: &mut Ui, measured: &Measured) {
    let map = crate::app::training::groups(&measured.map);
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
                        RichText::new(widgets::percent(value))
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

fn table(ui: &mut Ui, state: &mut State, measured: &Measured, slot: usize) {
    let names: Vec<String> = state
        .open()
        .map_or_else(Vec::new, |o| o.catalog.labels.iter().map(|l| l.name.clone()).collect());
    let mut order: Vec<usize> = (0..names.len()).collect();
    let (column, descending) = state.results.order;
    let n = &measured.labels;
    match column {
        0 => order.sort_by_key(|c| names[*c].to_lowercase()),
        1 | 2 => order.sort_by_key(|c| n[*c].trained),
        3 => order.sort_by(|a, b| n[*a].ap.unwrap_or(-1.0).total_cmp(&n[*b].ap.unwrap_or(-1.0))),
        4 => order.sort_by_key(|c| n[*c].hits),
        5 => order.sort_by_key(|c| n[*c].missed),
        _ => order.sort_by_key(|c| n[*c].false_alarms),
    }
    if descending {
        order.reverse();
    }
    let p = theme::palette(ui);
    let split = split_of(slot);
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
            for (i, (name, help)) in HEADS.iter().enumerate() {
                header.col(|ui| {
                    let arrow = match (column == i, descending) {
                        (true, true) => icons::CARET_DOWN,
                        (true, false) => icons::CARET_UP,
                        _ => "",
                    };
                    let words = RichText::new(format!("{name} {arrow}")).family(theme::strong());
                    let button = egui::Button::new(words).frame_when_inactive(false);
                    let response = ui.add(button).on_hover_text(*help);
                    response
                        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {name}")));
                    if response.clicked() {
                        state.results.order = (i, if column == i { !descending } else { i > 0 });
                    }
                });
            }
        })
        .body(|body| {
            body.rows(30.0, order.len(), |mut row| {
                let c = order[row.index()];
                let numbers = &n[c];
                row.col(|ui| {
                    if link(ui, &names[c], &format!("Pictures with {}", names[c])) {
                        let filter = execute::pictures_of(c, LabelTest::Positive, split);
                        state.command(Command::Show(filter, Sort::Score(c)));
                    }
                });
                let group = measured.groups[c];
                row.col(|ui| {
                    ui.add_space(INDENT);
                    let words = ["frequent", "medium", "rare"][group as usize];
                    ui.label(
                        RichText::new(format!("{} {words}", theme::group_icon(group as usize)))
                            .color(p.groups[group as usize]),
                    );
                });
                row.col(|ui| {
                    ui.add_space(INDENT);
                    ui.label(widgets::count(numbers.trained));
                });
                row.col(|ui| {
                    ui.add_space(INDENT);
                    let share = numbers.ap.unwrap_or(0.0) as f32 / 100.0;
                    let words = format!("Average precision of {}", names[c]);
                    widgets::share_bar(ui, vec2(74.0, 7.0), &[(share, p.groups[group as usize])], None, &words);
                    ui.label(widgets::percent(numbers.ap));
                });
                for (count, test, what) in [
                    (numbers.hits, LabelTest::Hit, "right"),
                    (numbers.missed, LabelTest::Missed, "missed"),
                    (numbers.false_alarms, LabelTest::False, "wrongly predicted"),
                ] {
                    row.col(|ui| {
                        if link(ui, &widgets::count(count), &format!("{} {what}: {count}", names[c])) {
                            let filter = execute::pictures_of(c, test, split);
                            state.command(Command::Show(filter, Sort::Score(c)));
                        }
                    });
                }
            });
        });
}

/// Words that lead to pictures.
fn link(ui: &mut Ui, words: &str, name: &str) -> bool {
    let button = egui::Button::new(words).frame_when_inactive(false).truncate();
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, name));
    response.clicked()
}

/// The panel of labels beside the pictures: how frequent, how well found; click to filter.
pub fn labels_panel(ui: &mut Ui, state: &mut State) {
    let Some(open) = state.open() else { return };
    let names: Vec<String> = open.catalog.labels.iter().map(|l| l.name.clone()).collect();
    let writable = open.catalog.writable;
    ui.horizontal(|ui| {
        ui.label(theme::heading("Labels", TextSize::Subtitle));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let edit = widgets::icon_button(ui, icons::PENCIL_SIMPLE, "Edit labels");
            if edit.clicked() {
                state.command(Command::Do(Action::EditLabels));
            }
            ui.label(theme::quiet(ui, widgets::count(names.len())));
        });
    });
    let targets = state.browse.targets();
    let words = match targets.len() {
        0 => "Click a label to filter by it.".to_owned(),
        1 => "Ticks and digits change the chosen picture.".to_owned(),
        n => format!("Ticks and digits change {n} chosen pictures."),
    };
    ui.label(theme::quiet(ui, words));
    if writable {
        new_label(ui, state);
    }
    ui.separator();
    let Some(open) = state.open() else { return };
    let catalog = &open.catalog;
    if names.is_empty() {
        ui.label(theme::quiet(
            ui,
            "No labels yet. Type what you want to find, for example “owl”, then let the model look.",
        ));
        return;
    }
    let totals = super::totals(ui, open);
    let ap: Option<Vec<Option<f64>>> = catalog
        .compared
        .iter()
        .find(|m| m.run == catalog.run)
        .map(|m| m.ap.clone());
    let most = totals.pictures.iter().copied().max().unwrap_or(1).max(1) as f32;
    let there: Vec<Option<bool>> = (0..names.len())
        .map(|c| {
            let n = targets.iter().filter(|i| catalog.truth_of(**i)[c] == 1).count();
            match n {
                0 => Some(false),
                n if n == targets.len() => Some(true),
                _ => None,
            }
        })
        .collect();
    let filtered: Vec<usize> = state.browse.filter.labels.iter().map(|l| l.0).collect();
    let mut toggle = None;
    let mut filter = None;
    egui::ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, 40.0, names.len(), |ui, range| {
            let p = theme::palette(ui);
            for c in range {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
                let on = filtered.contains(&c);
                if on || response.hovered() {
                    ui.painter()
                        .rect_filled(rect, 6.0, if on { p.accent_ground } else { p.hover });
                }
                response.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, true, on, format!("Filter by {}", names[c]))
                });
                let row = egui::Rect::from_min_size(rect.min + vec2(4.0, 0.0), vec2(rect.width() - 8.0, 27.0));
                let mut line = ui.new_child(
                    egui::UiBuilder::new()
                        .max_rect(row)
                        .layout(Layout::left_to_right(Align::Center)),
                );
                if !targets.is_empty() {
                    let (icon, tone) = match there[c] {
                        Some(true) => (icons::CHECK_CIRCLE, p.good),
                        Some(false) => (icons::CIRCLE, p.quiet),
                        None => (icons::CIRCLE_HALF, p.warn),
                    };
                    let button =
                        egui::Button::new(RichText::new(icon).size(17.0).color(tone)).frame_when_inactive(false);
                    let tick = line.add_enabled(writable, button);
                    tick.widget_info(|| {
                        egui::WidgetInfo::selected(
                            egui::Role::CheckBox,
                            writable,
                            there[c] == Some(true),
                            format!("{} is there", names[c]),
                        )
                    });
                    if tick.clicked() {
                        toggle = Some(c);
                    }
                }
                line.add(egui::Label::new(&names[c]).truncate().selectable(false));
                line.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if c < 10 {
                        ui.add(egui::Label::new(theme::quiet(ui, ((c + 1) % 10).to_string())).selectable(false));
                    }
                    if let Some(Some(ap)) = ap.as_ref().map(|ap| ap.get(c).copied().flatten()) {
                        ui.add(egui::Label::new(theme::quiet(ui, format!("AP {ap:.0}"))).selectable(false));
                    }
                    ui.add(
                        egui::Label::new(
                            RichText::new(widgets::count(totals.pictures[c])).size(TextSize::Small.points()),
                        )
                        .selectable(false),
                    );
                });
                let share = totals.pictures[c] as f32 / most;
                let bar = egui::Rect::from_min_size(rect.min + vec2(8.0, 30.0), vec2(rect.width() - 16.0, 4.0));
                let full = bar.with_max_x(bar.left() + bar.width() * share.max(0.004));
                ui.painter().rect_filled(bar, 2.0, p.hover);
                ui.painter().rect_filled(full, 2.0, p.groups[totals.groups[c] as usize]);
                if response.clicked() {
                    filter = Some(c);
                }
            }
        });
    if let Some(c) = toggle {
        state.command(Command::ToggleLabel(c));
    } else if let Some(c) = filter {
        super::pictures::filter_by(state, c);
    }
}

fn new_label(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let width = ui.available_width() - 62.0;
        let field = egui::TextEdit::singleline(&mut state.desk.label)
            .hint_text("New label")
            .desired_width(width);
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::text_edit(true, "", "", "Name of a new label"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let name = state.desk.label.trim().to_owned();
        let pressed = ui.add_enabled(!name.is_empty(), egui::Button::new("Add")).clicked();
        if (entered || pressed) && !name.is_empty() {
            state.command(Command::AddLabel(name));
            state.desk.label.clear();
        }
    });
}
