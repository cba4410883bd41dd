//! What a training changed: mAP of its stages against the untrained model, and the labels that gained and lost most.

use crate::app::model::action::Action;
use crate::app::model::catalog::{Catalog, RunMeasure};
use crate::app::model::measure::caveat;
use crate::app::model::training::{Training, groups};
use crate::app::model::trainings::run_name;
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::{icons, widgets};
use crate::engine::jobs::ZERO_SHOT;
use eframe::egui::{self, RichText, Ui};

/// Names of the groups, as they stand in tables.
pub(super) const GROUPS: [&str; 4] = ["total", "frequent", "medium", "rare"];

/// The table of the stages against the untrained model, and the labels that gained and lost most.
pub(super) fn changed(ui: &mut Ui, screen: &mut Screen<'_>, training: &Training) {
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let wanted: Vec<&str> = std::iter::once(ZERO_SHOT)
        .chain(training.lanes.iter().map(|l| l.run.as_str()))
        .collect();
    let rows: Vec<_> = (open.catalog.compared.iter())
        .filter(|m| wanted.contains(&m.run.as_str()))
        .cloned()
        .collect();
    if rows.is_empty() {
        return;
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading("What changed", TextSize::Title));
        compared(ui, &open.catalog, &rows);
        if let (Some(first), Some(last)) = (rows.first(), rows.last().filter(|_| rows.len() > 1)) {
            gains(ui, &open.catalog, first, last);
        }
        ui.horizontal(|ui| {
            widgets::action_button(ui, screen, Action::Results);
            widgets::action_button(ui, screen, Action::Pictures);
        });
    });
}

/// The labels that gained and lost most between two runs.
fn gains(ui: &mut Ui, catalog: &Catalog, first: &RunMeasure, last: &RunMeasure) {
    let mut gains: Vec<(usize, f64)> = (first.ap.iter().zip(&last.ap).enumerate())
        .filter_map(|(c, (a, b))| Some((c, words::gain((*a)?, (*b)?))))
        .collect();
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    let say = |list: &[(usize, f64)]| {
        let words: Vec<String> = list
            .iter()
            .filter_map(|(c, g)| Some(format!("{} {g:+.1}", catalog.labels.get(*c)?.name)))
            .collect();
        words.join(", ")
    };
    let best: Vec<_> = gains.iter().take(5).copied().filter(|g| g.1 > 0.0).collect();
    let worst: Vec<_> = gains.iter().rev().take(5).copied().filter(|g| g.1 < 0.0).collect();
    ui.add_space(theme::SMALL);
    if !best.is_empty() {
        ui.label(format!("Gained most, in points of average precision: {}", say(&best)));
    }
    if !worst.is_empty() {
        ui.label(format!("Lost most, in points of average precision: {}", say(&worst)));
    }
}

/// mAP of runs by group with the pictures that it is measured on, and the difference from the first row.
pub(in crate::app::view::screens) fn compared(ui: &mut Ui, catalog: &Catalog, rows: &[RunMeasure]) {
    let Some((first, last)) = rows.first().zip(rows.last()) else {
        return;
    };
    let set = words::pictures_of(first.on(), first.images);
    let against = run_name(&catalog.runs, &first.run);
    let differences = match rows.len() {
        1 => String::new(),
        _ => format!(
            " Differences are percentage points from {against}; more is better, and 100 finds every picture first."
        ),
    };
    ui.label(theme::quiet(ui, format!("mAP in % on {set}.{differences}")));
    if let Some(words) = caveat(catalog, &last.run, last.on()) {
        let words = format!("{} {words}", icons::WARNING);
        ui.label(RichText::new(words).color(theme::palette(ui).warn));
    }
    table(ui, catalog, rows);
}

fn table(ui: &mut Ui, catalog: &Catalog, rows: &[RunMeasure]) {
    let p = theme::palette(ui);
    egui::Grid::new("measures")
        .num_columns(5)
        .spacing([26.0, 6.0])
        .striped(true)
        .show(ui, |ui| {
            ui.label("");
            for name in GROUPS {
                ui.label(theme::quiet(ui, name));
            }
            ui.end_row();
            for row in rows {
                ui.label(RichText::new(run_name(&catalog.runs, &row.run)).family(theme::strong()));
                let base = rows
                    .first()
                    .filter(|first| first.run != row.run)
                    .map(|first| groups(&first.map));
                for (i, value) in groups(&row.map).into_iter().enumerate() {
                    ui.horizontal(|ui| {
                        ui.label(words::percent(value));
                        if let (Some(value), Some(Some(base))) = (value, base.map(|b| b[i])) {
                            let gain = words::gain(base, value);
                            let color = if gain >= 0.0 { p.good } else { p.bad };
                            ui.label(
                                RichText::new(format!("{gain:+.1} points"))
                                    .color(color)
                                    .size(TextSize::Small.points()),
                            );
                        }
                    });
                }
                ui.end_row();
            }
        });
}
