//! Picking pictures for a label: while it goes on, a click in the grid gives a picture the label or takes it away.

use super::totals::totals;
use crate::app::model::command::Command;
use crate::app::model::state::Model;
use crate::app::model::words::counted;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets;
use crate::dataset::model::Truth;
use eframe::egui::{self, Align, Color32, Layout, Rect, RichText, Stroke, Ui, vec2};

/// Pictures of a label that are enough to begin with.
const ENOUGH: usize = 5;

/// The label (a column) that pictures are picked for; `None` also where that label is gone.
pub(super) fn label(model: &Model) -> Option<usize> {
    let labels = model.open()?.catalog.labels.len();
    model.browse.picking.filter(|label| *label < labels)
}

/// The bar over the grid.
pub(super) fn bar(ui: &mut Ui, screen: &mut Screen<'_>) {
    let model = screen.model;
    let (Some(label), Some(open)) = (label(model), model.open()) else {
        return;
    };
    let names: Vec<&str> = open.catalog.labels.iter().map(|l| l.name.as_str()).collect();
    let totals = totals(ui, open);
    let counts = &totals.pictures;
    let count = counts[label];
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.accent_ground)
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(12, 8));
    let mut chosen = label;
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::heading("Click the pictures that show", TextSize::Body));
            let combo = egui::ComboBox::from_id_salt("picking")
                .selected_text(names[label])
                .show_ui(ui, |ui| {
                    for (i, name) in names.iter().enumerate() {
                        ui.selectable_value(&mut chosen, i, format!("{name} ({})", counts[i]));
                    }
                });
            let info = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Label that pictures are picked for");
            combo.response.widget_info(info);
            let words = if count >= ENOUGH {
                format!("{} {count} picked", icons::CHECK)
            } else {
                format!("{count} of {ENOUGH}")
            };
            ui.label(RichText::new(words).color(if count >= ENOUGH { p.good } else { p.text }));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui
                    .add(theme::primary(ui, "Done"))
                    .on_hover_text("Back to the training (Esc)")
                    .clicked()
                {
                    screen.command(Command::PickFor(None));
                }
                let next = (1..names.len())
                    .map(|step| (label + step) % names.len())
                    .find(|c| counts[*c] < ENOUGH);
                if let Some(next) = next
                    && ui
                        .button(theme::labelled(icons::CARET_RIGHT, &format!("Next: {}", names[next])))
                        .on_hover_text(format!("The next label with fewer than {ENOUGH} pictures"))
                        .clicked()
                {
                    chosen = next;
                }
            });
        });
    });
    others(ui, screen, label);
    if chosen != label {
        screen.command(Command::PickFor(Some(chosen)));
    }
    ui.add_space(theme::SMALL);
}

/// What the pictures that were not picked count as for the label, and a way to change it.
fn others(ui: &mut Ui, screen: &mut Screen<'_>, label: usize) {
    let Some(open) = screen.model.open() else { return };
    let having = |value: i8| -> Vec<usize> {
        let all = 0..open.catalog.pictures.len();
        all.filter(|i| open.catalog.truth_of(*i).get(label) == Some(&value))
            .collect()
    };
    let (absent, unknown) = (having(0), having(-1));
    let count = absent.len() + unknown.len();
    if count == 0 {
        return;
    }
    let name = &open.catalog.labels[label].name;
    ui.horizontal_wrapped(|ui| {
        ui.label(format!(
            "In {} not picked “{name}” is",
            counted(count, "picture", "pictures")
        ));
        let not_there = widgets::chip(ui, "not there", unknown.is_empty())
            .on_hover_text("The training learns that these pictures do not show it");
        if not_there.clicked() && !unknown.is_empty() {
            screen.command(Command::SetLabel(unknown.clone(), label, Truth::Negative));
        }
        let not_known = widgets::chip(ui, "not known", absent.is_empty())
            .on_hover_text("Nobody looked: left out of the training and of all numbers for this label");
        if not_known.clicked() && !absent.is_empty() {
            screen.command(Command::SetLabel(absent.clone(), label, Truth::Unknown));
        }
        if !absent.is_empty() && !unknown.is_empty() {
            ui.label(theme::quiet(ui, format!("{} so, {} so", absent.len(), unknown.len())));
        }
    });
}

/// A click on a picture (an index): gives it the label, or takes it away.
pub(super) fn click(screen: &mut Screen<'_>, label: usize, picture: usize) {
    let Some(open) = screen.open() else { return };
    let has = open.catalog.truth_of(picture).get(label) == Some(&1);
    let truth = if has { Truth::Negative } else { Truth::Positive };
    screen.command(Command::SetLabel(vec![picture], label, truth));
}

/// Marks a picture that has the label.
pub(super) fn mark(ui: &Ui, screen: &Screen<'_>, picture: usize, cell: Rect) {
    let (Some(label), Some(open)) = (label(screen.model), screen.open()) else {
        return;
    };
    if open.catalog.truth_of(picture).get(label) != Some(&1) {
        return;
    }
    let p = theme::palette(ui);
    let stroke = Stroke::new(3.0, p.good);
    ui.painter().rect_stroke(cell, 8.0, stroke, egui::StrokeKind::Inside);
    let corner = cell.left_top() + vec2(17.0, 17.0);
    ui.painter().circle_filled(corner, 11.0, p.good);
    let font = egui::FontId::proportional(14.0);
    let middle = egui::Align2::CENTER_CENTER;
    ui.painter().text(corner, middle, icons::CHECK, font, Color32::WHITE);
}
