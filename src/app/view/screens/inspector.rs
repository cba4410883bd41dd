//! The inspector: a picture large, its labels, and the very patches that made each.

use super::scored::{ScoredPicture, colors};
use super::zoom::Zoom;
use crate::app::model::catalog::Picture;
use crate::app::model::command::{Command, InspectorCommand};
use crate::app::model::inspector::Inspector;
use crate::app::model::open::Open;
use crate::app::model::thumbnail::Key;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets::overlay::{Grid, LABELS, Layer, Overlay};
use crate::app::view::{icons, widgets};
use eframe::egui::{self, Color32, Rect, Sense, Stroke, Ui, pos2, vec2};
use std::path::Path;

/// Shows the inspector.
pub(super) fn show(ui: &mut Ui, screen: &mut Screen<'_>) {
    let p = theme::palette(ui);
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let Some(index) = model.inspect.picture.and_then(|id| open.catalog.index_of(id)) else {
        screen.command(Command::Inspector(InspectorCommand::Close));
        return;
    };
    let scored = open
        .scorer
        .as_ref()
        .and_then(|scorer| ScoredPicture::of(&model.inspect, &open.catalog, scorer));
    egui::Panel::bottom("film strip")
        .exact_size(96.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(10, 6)),
        )
        .show(ui, |ui| super::strip::show(ui, screen));
    egui::Panel::right("evidence")
        .default_size(372.0)
        .size_range(300.0..=560.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(14, 10)),
        )
        .show(ui, |ui| super::evidence::show(ui, screen, index, scored.as_ref()));
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(theme::BACKDROP))
        .show(ui, |ui| picture(ui, screen, index, scored.as_ref()));
}

/// The picture with its overlay.
fn picture(ui: &mut Ui, screen: &mut Screen<'_>, index: usize, scored: Option<&ScoredPicture>) {
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The picture"));
    let model = screen.model;
    let Some(open) = model.open() else { return };
    let shown = &open.catalog.pictures[index];
    let texture = match texture(ui, screen, shown) {
        Thumb::Broken(reason) => {
            broken(ui, area, &shown.path, &reason);
            super::strip::tools(ui, screen, area);
            return;
        }
        Thumb::Loading => None,
        Thumb::Ready(texture) => Some(texture),
    };
    let before = Zoom::of(&model.inspect);
    let mut zoom = before;
    let rect = zoom.place(&response, area, shown.size);
    if zoom != before {
        screen.command(zoom.command());
    }
    let painter = ui.painter().with_clip_rect(area);
    match &texture {
        Some(texture) => {
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), rect, uv, Color32::WHITE);
        }
        None => {
            let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area));
            widgets::loading(&mut inner, "Reading the picture …");
            return;
        }
    }
    if let Some(scored) = scored {
        let grid = scored.grid(shown.size);
        let pointed = response
            .hover_pos()
            .filter(|at| rect.contains(*at))
            .and_then(|at| patch_at(&grid, rect, at));
        let mut chosen = model.inspect.patch;
        if response.clicked() {
            chosen = pointed.filter(|_| pointed != chosen);
            screen.command(Command::Inspector(InspectorCommand::Patch(chosen)));
        }
        let layers = layers(&model.inspect, open, scored);
        let overlay = Overlay {
            grid,
            heat: model.inspect.heat && !layers.is_empty(),
            layers,
            marked: [chosen, pointed],
        };
        overlay.paint(&painter, rect, 0);
        if model.inspect.boxes {
            boxes(&painter, &model.inspect, open, rect, shown.size);
        }
        if let Some(j) = pointed {
            let words = speaks_for(open, scored, j);
            response.on_hover_ui_at_pointer(|ui| {
                ui.label(words);
            });
        }
    }
    super::strip::tools(ui, screen, area);
}

/// The picture's texture; the small one while the large one is on its way.
fn texture(ui: &Ui, screen: &mut Screen<'_>, shown: &Picture) -> Thumb {
    let key = |large| Key {
        picture: shown.id,
        large,
    };
    match screen.textures.get(ui.ctx(), key(true), &shown.path) {
        Thumb::Loading => match screen.textures.get(ui.ctx(), key(false), &shown.path) {
            Thumb::Ready(texture) => Thumb::Ready(texture),
            _ => Thumb::Loading,
        },
        large => large,
    }
}

/// Says why a picture cannot be shown.
fn broken(ui: &mut Ui, area: Rect, path: &Path, reason: &str) {
    let words = format!("{} cannot be shown: {reason}", path.display());
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area.shrink(24.0)));
    // Behind pictures it is dark in both themes.
    *inner.visuals_mut() = egui::Visuals::dark();
    widgets::empty(
        &mut inner,
        icons::WARNING,
        "This picture cannot be read",
        &words,
        |_| {},
    );
}

/// The patch under a point of the screen; `None` where the model saw nothing.
fn patch_at(grid: &Grid, rect: Rect, at: egui::Pos2) -> Option<usize> {
    let [sx, sy, dx, dy] = grid.geometry.to_model();
    let share = (at - rect.min) / rect.size();
    let model = vec2(
        share.x * grid.picture[0] as f32 * sx + dx,
        share.y * grid.picture[1] as f32 * sy + dy,
    );
    let side = (grid.side * grid.patch) as f32;
    let inside = model.x >= 0.0 && model.y >= 0.0 && model.x < side && model.y < side;
    inside.then(|| (model.y as usize / grid.patch) * grid.side + model.x as usize / grid.patch)
}

/// The label under the pointer alone, else the chosen ones.
fn layers(inspect: &Inspector, open: &Open, scored: &ScoredPicture) -> Vec<Layer> {
    let colors = colors(inspect, &open.catalog);
    match inspect.hovered.filter(|label| *label < scored.evidence.len()) {
        Some(label) => {
            let color = colors
                .iter()
                .find(|(l, _)| *l == label)
                .map_or(theme::LABELS[0], |c| c.1);
            vec![scored.layer(label, color)]
        }
        None => colors
            .into_iter()
            .take(LABELS)
            .map(|(label, color)| scored.layer(label, color))
            .collect(),
    }
}

fn boxes(painter: &egui::Painter, inspect: &Inspector, open: &Open, rect: Rect, size: [u32; 2]) {
    let Some(examined) = &inspect.examined else { return };
    let scale = vec2(
        rect.width() / size[0].max(1) as f32,
        rect.height() / size[1].max(1) as f32,
    );
    for found in &examined.boxes {
        let [x, y, w, h] = found.bounds;
        let at = Rect::from_min_size(rect.min + vec2(x, y) * scale, vec2(w, h) * scale);
        painter.rect_stroke(
            at,
            0.0,
            Stroke::new(3.0, Color32::from_black_alpha(150)),
            egui::StrokeKind::Outside,
        );
        painter.rect_stroke(at, 0.0, Stroke::new(1.5, Color32::WHITE), egui::StrokeKind::Outside);
        if let Some(label) = open.catalog.labels.iter().find(|l| l.id == found.label) {
            let font = egui::FontId::proportional(TextSize::Small.points());
            let galley = painter.layout_no_wrap(label.name.clone(), font, Color32::WHITE);
            let corner = at.left_top() - vec2(0.0, galley.size().y + 3.0);
            painter.rect_filled(
                Rect::from_min_size(corner, galley.size()).expand(2.0),
                2.0,
                Color32::from_black_alpha(170),
            );
            painter.galley(corner, galley, Color32::WHITE);
        }
    }
}

/// What a patch says: the labels whose top K it is in, and how much it adds to their scores.
fn speaks_for(open: &Open, scored: &ScoredPicture, patch: usize) -> String {
    let side = scored.scorer.config.grid;
    let place = format!("row {}, column {}", patch / side + 1, patch % side + 1);
    if scored.scores.padding.get(patch).copied().unwrap_or(false) {
        return format!("{place}: padding, never counted");
    }
    let mut said: Vec<(f32, String)> = Vec::new();
    for (label, evidence) in scored.evidence.iter().enumerate() {
        if let Some(rank) = evidence.patches.iter().position(|(j, _)| *j == patch) {
            let adds = scored.adds(label, evidence.patches[rank].1);
            let name = &open.catalog.labels[label].name;
            said.push((
                adds,
                format!("{name} {adds:+.4} ({} of {})", rank + 1, evidence.patches.len()),
            ));
        }
    }
    said.sort_by(|a, b| b.0.total_cmp(&a.0));
    let lines: Vec<String> = said.into_iter().take(6).map(|s| s.1).collect();
    if lines.is_empty() {
        format!("{place}: in no label's top {}", scored.top_k)
    } else {
        format!("{place}\n{}", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::preprocess::{Mode, Preprocess};

    fn grid(mode: Mode) -> Grid {
        let preprocess = Preprocess {
            mode,
            size: 64,
            mean: [0.5; 3],
            std: [0.5; 3],
        };
        Grid {
            geometry: preprocess.geometry(200, 100),
            picture: [200, 100],
            side: 4,
            patch: 16,
        }
    }

    #[test]
    fn the_patch_under_the_pointer_is_the_one_whose_box_it_is_in() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(400.0, 200.0));
        for mode in [Mode::Stretch, Mode::Crop, Mode::Pad] {
            let grid = grid(mode);
            let mut seen = 0;
            for j in 0..16 {
                let [x0, y0, x1, y1] = grid.geometry.patch_box(j / 4, j % 4, 16);
                if x1 - x0 < 1.0 || y1 - y0 < 1.0 {
                    continue;
                }
                seen += 1;
                let middle = pos2(10.0 + (x0 + x1), 20.0 + (y0 + y1));
                assert_eq!(patch_at(&grid, rect, middle), Some(j), "{mode:?} {j}");
            }
            assert!(seen >= 8);
        }
        assert_eq!(
            patch_at(&grid(Mode::Crop), rect, pos2(12.0, 100.0)),
            None,
            "cropped away"
        );
    }
}
