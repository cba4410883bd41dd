//! What a training changed: mAP of its stages against the untrained model, and the labels that gained and lost most.

use crate::app::model::action::Action;
use crate::app::model::catalog::RunMeasure;
use crate::app::model::training::{Training, groups};
use crate::app::model::words;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets;
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
    let rows: Vec<_> = open
        .catalog
        .compared
        .iter()
        .filter(|m| wanted.contains(&m.run.as_str()))
        .cloned()
        .collect();
    if rows.is_empty() {
        return;
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::heading("What changed", TextSize::Title));
        let images = words::count(rows.first().map_or(0, |r| r.images));
        ui.label(theme::quiet(
            ui,
            match rows.first().map(|r| r.split) {
                Some(2) => format!("mAP on {images} test pictures, in percent"),
                Some(1) => format!("mAP on {images} validation pictures, in percent"),
                _ => format!(
                    "mAP on all {images} pictures, in percent. It learned from some of them, and those without a label count as \
                     not having it: look at the pictures rather than at these numbers."
                ),
            },
        ));
        table(ui, &rows);
        if let (Some(first), Some(last)) = (rows.first(), rows.last().filter(|_| rows.len() > 1)) {
            let mut gains: Vec<(usize, f64)> = (first.ap.iter().zip(&last.ap).enumerate())
                .filter_map(|(c, (a, b))| Some((c, (*b)? - (*a)?)))
                .collect();
            gains.sort_by(|a, b| b.1.total_cmp(&a.1));
            let say = |list: &[(usize, f64)]| {
                let words: Vec<String> = list
                    .iter()
                    .filter_map(|(c, g)| Some(format!("{} {g:+.1}", open.catalog.labels.get(*c)?.name)))
                    .collect();
                words.join(", ")
            };
            let best: Vec<_> = gains.iter().take(5).copied().filter(|g| g.1 > 0.0).collect();
            let worst: Vec<_> = gains.iter().rev().take(5).copied().filter(|g| g.1 < 0.0).collect();
            if !best.is_empty() {
                ui.label(format!("Gained most: {}", say(&best)));
            }
            if !worst.is_empty() {
                ui.label(format!("Lost most: {}", say(&worst)));
            }
        }
        ui.horizontal(|ui| {
            widgets::action_button(ui, screen, Action::Results);
            widgets::action_button(ui, screen, Action::Pictures);
        });
    });
}

/// mAP of runs by group, with the difference from the first row.
pub(in crate::app::view::screens) fn table(ui: &mut Ui, rows: &[RunMeasure]) {
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
                ui.label(RichText::new(run_name(&row.run)).family(theme::strong()));
                let base = rows
                    .first()
                    .filter(|first| first.run != row.run)
                    .map(|first| groups(&first.map));
                for (i, value) in groups(&row.map).into_iter().enumerate() {
                    ui.horizontal(|ui| {
                        ui.label(words::percent(value));
                        if let (Some(value), Some(Some(base))) = (value, base.map(|b| b[i])) {
                            let gain = value - base;
                            let color = if gain >= 0.0 { p.good } else { p.bad };
                            ui.label(
                                RichText::new(format!("{gain:+.1}"))
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

/// A run's name for people.
pub(in crate::app::view::screens) fn run_name(run: &str) -> &str {
    if run == ZERO_SHOT { "untrained" } else { run }
}
