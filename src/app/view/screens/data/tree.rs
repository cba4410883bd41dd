//! The labels as a tree: `A/B` is B below A.

use super::bins;
use crate::app::model::catalog::Catalog;
use crate::app::model::data_forms::LabelsForm;
use crate::app::model::project_messages::LabelsInfo;
use crate::app::model::words;
use crate::app::view::icons;
use crate::app::view::screen::Screen;
use crate::app::view::screens::totals::totals;
use crate::app::view::theme::{self, TextSize};
use crate::dataset::labels::leaf;
use crate::project::LabelNode;
use eframe::egui::{self, Align2, FontId, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

/// Height of a label's row.
const ROW: f32 = 30.0;

/// Shows the tree; a click chooses a label.
pub(super) fn show(ui: &mut Ui, screen: &Screen<'_>, form: &mut LabelsForm, info: &LabelsInfo) {
    let field = egui::TextEdit::singleline(&mut form.search)
        .hint_text("Find a label")
        .desired_width(f32::INFINITY);
    let field = ui.add(field);
    field.widget_info(|| crate::app::view::widgets::field_info("", "Find a label"));
    let Some(open) = screen.open() else { return };
    let catalog = &open.catalog;
    let counts = totals(ui, open);
    let wanted = form.search.trim().to_lowercase();
    let rows: Vec<usize> = (0..info.tree.len())
        .filter(|i| info.tree[*i].name.to_lowercase().contains(&wanted))
        .collect();
    if rows.is_empty() {
        ui.label(theme::quiet(ui, "No label is called so."));
    }
    egui::ScrollArea::vertical()
        .id_salt("tree")
        .auto_shrink(false)
        .show_rows(ui, ROW, rows.len(), |ui, range| {
            for i in &rows[range] {
                let node = &info.tree[*i];
                let column = node.label.and_then(|id| catalog.labels.iter().position(|l| l.id == id));
                let count = column.map_or(0, |c| counts.pictures[c]);
                let on = node.label.is_some() && node.label == form.chosen;
                let response = row(ui, catalog, node, column, count, on);
                if response.clicked() && node.label.is_some() {
                    form.chosen = node.label;
                }
                response.on_hover_ui(|ui| {
                    ui.label(&node.name);
                    let Some(label) = column.map(|c| &catalog.labels[c]) else {
                        return;
                    };
                    if let Some(text) = &label.description {
                        ui.label(theme::quiet(ui, text.clone()));
                    }
                    if label.novel {
                        ui.label(theme::quiet(ui, "novel: kept out of training, to be learned later"));
                    }
                });
            }
        });
}

/// A row: a label with its pictures (`count`), or a level that is no label itself.
fn row(ui: &mut Ui, catalog: &Catalog, node: &LabelNode, column: Option<usize>, count: usize, on: bool) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let lit = response.hovered() || response.has_focus();
    if on || lit {
        let fill = if on { p.accent_ground } else { p.hover };
        ui.painter().rect_filled(rect, 6.0, fill);
    }
    let left = rect.left() + 10.0 + 18.0 * node.depth as f32;
    let middle = rect.center().y;
    let mut right = rect.right() - 10.0;
    let font = FontId::proportional(TextSize::Small.points());
    if let Some(column) = column {
        let label = &catalog.labels[column];
        let dot = pos2(left + 5.0, middle);
        match label.colour {
            Some(_) => ui
                .painter()
                .circle_filled(dot, 5.0, theme::label_color(label.colour, 0)),
            None => ui.painter().circle_stroke(dot, 4.5, Stroke::new(1.0, p.quiet)),
        };
        let at = pos2(right, middle);
        let drawn = ui
            .painter()
            .text(at, Align2::RIGHT_CENTER, words::count(count), font.clone(), p.quiet);
        right = drawn.left() - 8.0;
        for (shown, icon) in [
            (label.novel, icons::SPARKLE),
            (label.description.is_some(), icons::INFO),
        ] {
            if shown {
                let at = pos2(right, middle);
                let drawn = ui.painter().text(at, Align2::RIGHT_CENTER, icon, font.clone(), p.quiet);
                right = drawn.left() - 6.0;
            }
        }
    } else {
        let at = pos2(left + 5.0, middle);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, icons::CARET_DOWN, font, p.quiet);
    }
    let room = Rect::from_min_max(
        pos2(left + 16.0, rect.top()),
        pos2(right.max(left + 40.0), rect.bottom()),
    );
    let tone = if column.is_some() { p.text } else { p.quiet };
    let body = FontId::proportional(TextSize::Body.points());
    bins::text(ui, room, leaf(&node.name), body, tone);
    let words = format!("Label {}", node.name);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, column.is_some(), on, &words));
    response
}
