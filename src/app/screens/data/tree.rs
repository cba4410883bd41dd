//! The labels as a tree: `A/B` is B below A.

use crate::app::library::LabelsInfo;
use crate::app::state::State;
use crate::app::theme::{self, TextSize};
use crate::app::{icons, widgets};
use crate::dataset::labels::leaf;
use eframe::egui::{self, Align2, FontId, Rect, Sense, Ui, pos2, vec2};

/// Height of a label's row.
const ROW: f32 = 30.0;

/// Shows the tree; a click chooses a label.
pub fn show(ui: &mut Ui, state: &mut State, info: &LabelsInfo) {
    let field = egui::TextEdit::singleline(&mut state.data.labels.search)
        .hint_text("Find a label")
        .desired_width(f32::INFINITY);
    let field = ui.add(field);
    field.widget_info(|| egui::WidgetInfo::text_edit(true, "", "", "Find a label"));
    let Some(open) = state.open() else { return };
    let catalog = &open.catalog;
    let counts = crate::app::screens::totals(ui, open);
    let wanted = state.data.labels.search.trim().to_lowercase();
    let rows: Vec<usize> = (0..info.tree.len())
        .filter(|i| info.tree[*i].name.to_lowercase().contains(&wanted))
        .collect();
    let mut chosen = state.data.labels.chosen;
    if rows.is_empty() {
        ui.label(theme::quiet(ui, "No label is called so."));
    }
    egui::ScrollArea::vertical()
        .id_salt("tree")
        .auto_shrink(false)
        .show_rows(ui, ROW, rows.len(), |ui, range| {
            let p = theme::palette(ui);
            for i in &rows[range] {
                let node = &info.tree[*i];
                let column = node.label.and_then(|id| catalog.labels.iter().position(|l| l.id == id));
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
                let on = node.label.is_some() && node.label == chosen;
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
                        None => ui.painter().circle_stroke(dot, 4.5, egui::Stroke::new(1.0, p.quiet)),
                    };
                    let count = widgets::count(counts.pictures[column]);
                    let at = pos2(right, middle);
                    let drawn = ui
                        .painter()
                        .text(at, Align2::RIGHT_CENTER, count, font.clone(), p.quiet);
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
                        .text(at, Align2::CENTER_CENTER, icons::CARET_DOWN, font.clone(), p.quiet);
                }
                let room = Rect::from_min_max(
                    pos2(left + 16.0, rect.top()),
                    pos2(right.max(left + 40.0), rect.bottom()),
                );
                let tone = if column.is_some() { p.text } else { p.quiet };
                let body = FontId::proportional(TextSize::Body.points());
                super::bins::text(ui, room, leaf(&node.name), body, tone);
                let words = format!("Label {}", node.name);
                response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, column.is_some(), on, &words));
                if response.clicked() && node.label.is_some() {
                    chosen = node.label;
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
    state.data.labels.chosen = chosen;
}
