//! The inspector: a picture large, its labels, and the very patches that made each.

use super::view::View;
use crate::app::catalog::Catalog;
use crate::app::state::{Inspect, Slot, State};
use crate::app::theme::{self, TextSize};
use crate::app::thumbs::{Key as ThumbKey, Thumb};
use crate::app::widgets::overlay::{Grid, LABELS, Layer, Overlay};
use crate::app::{icons, widgets};
use eframe::egui::{self, Color32, Rect, Sense, Stroke, Ui, pos2, vec2};

/// Largest zoom.
pub const ZOOM: f32 = 24.0;

/// Shows the inspector.
pub fn show(ui: &mut Ui, state: &mut State) {
    let p = theme::palette(ui);
    let Slot::Open(open) = &state.project else { return };
    let Some(index) = state.inspect.picture.and_then(|id| open.catalog.index_of(id)) else {
        state.inspect.picture = None;
        return;
    };
    let view = open
        .scorer
        .as_ref()
        .and_then(|scorer| View::of(&state.inspect, &open.catalog, scorer));
    egui::Panel::bottom("film strip")
        .exact_size(96.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(10, 6)),
        )
        .show(ui, |ui| super::strip::show(ui, state));
    egui::Panel::right("evidence")
        .default_size(372.0)
        .size_range(300.0..=560.0)
        .frame(
            egui::Frame::new()
                .fill(p.panel)
                .inner_margin(egui::Margin::symmetric(14, 10)),
        )
        .show(ui, |ui| super::evidence::show(ui, state, index, view.as_ref()));
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(super::pictures::BACKDROP))
        .show(ui, |ui| picture(ui, state, index, view.as_ref()));
}

/// The picture with its overlay.
fn picture(ui: &mut Ui, state: &mut State, index: usize, view: Option<&View>) {
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The picture"));
    let Slot::Open(open) = &state.project else { return };
    let shown = &open.catalog.pictures[index];
    let size = shown.size;
    let ctx = ui.ctx().clone();
    let path = shown.path.display().to_string();
    let key = |large| ThumbKey {
        picture: shown.id,
        large,
    };
    let large = state.thumbs.get(&ctx, key(true), &shown.path);
    let texture = match &large {
        Thumb::Ready(texture) => Some(texture.clone()),
        Thumb::Loading => match state.thumbs.get(&ctx, key(false), &shown.path) {
            Thumb::Ready(texture) => Some(texture),
            _ => None,
        },
        Thumb::Broken(_) => None,
    };
    if let Thumb::Broken(reason) = &large {
        let words = format!("{path} cannot be shown: {reason}");
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
        super::strip::tools(ui, state, area);
        return;
    }
    let rect = place(&mut state.inspect, &response, area, size);
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
    let Some(view) = view else {
        super::strip::tools(ui, state, area);
        return;
    };
    let grid = view.grid(size);
    let pointed = response
        .hover_pos()
        .filter(|at| rect.contains(*at))
        .and_then(|at| patch_at(&grid, rect, at));
    if response.clicked() {
        state.inspect.patch = if state.inspect.patch == pointed { None } else { pointed };
    }
    overlay(ui, state, view, grid, rect, area, pointed);
    if state.inspect.boxes {
        boxes(&painter, state, rect, size);
    }
    if let Some(j) = pointed {
        let words = speaks_for(state, view, j);
        response.on_hover_ui_at_pointer(|ui| {
            ui.label(words);
        });
    }
    super::strip::tools(ui, state, area);
}

/// Fits, zooms and moves; returns where the whole picture lies.
fn place(inspect: &mut Inspect, response: &egui::Response, area: Rect, size: [u32; 2]) -> Rect {
    // Under the buttons.
    let room = area.with_min_y(area.top() + 40.0).shrink(12.0);
    let [w, h] = size.map(|v| v.max(1) as f32);
    let fit = (room.width() / w).min(room.height() / h);
    if response.double_clicked() {
        (inspect.zoom, inspect.center) = (1.0, [0.5, 0.5]);
    }
    let rect_of = |zoom: f32, center: [f32; 2]| {
        let full = vec2(w, h) * fit * zoom;
        let middle = room.center() - vec2((center[0] - 0.5) * full.x, (center[1] - 0.5) * full.y);
        Rect::from_center_size(middle, full)
    };
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = response.ctx.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = pinch * (scroll * 0.004).exp();
        if (factor - 1.0).abs() > 1e-4 {
            zoom_at(inspect, factor, rect_of(inspect.zoom, inspect.center), at);
        }
    }
    if response.dragged() {
        let full = rect_of(inspect.zoom, inspect.center).size();
        let by = response.drag_delta();
        inspect.center[0] -= by.x / full.x;
        inspect.center[1] -= by.y / full.y;
    }
    // The picture cannot be lost, and fits again where there is nothing to move.
    let full = vec2(w, h) * fit * inspect.zoom;
    for (center, (have, need)) in inspect
        .center
        .iter_mut()
        .zip([(room.width(), full.x), (room.height(), full.y)])
    {
        let reach = ((need - have) / need / 2.0).max(0.0);
        *center = center.clamp(0.5 - reach, 0.5 + reach);
    }
    rect_of(inspect.zoom, inspect.center)
}

/// Zooms so that what lies under `at` stays there.
fn zoom_at(inspect: &mut Inspect, factor: f32, rect: Rect, at: egui::Pos2) {
    let zoom = (inspect.zoom * factor).clamp(1.0, ZOOM);
    let real = zoom / inspect.zoom;
    inspect.zoom = zoom;
    for (axis, (low, full)) in [(rect.left(), rect.width()), (rect.top(), rect.height())]
        .into_iter()
        .enumerate()
    {
        let under = ([at.x, at.y][axis] - low) / full;
        inspect.center[axis] = under + (inspect.center[axis] - under) / real;
    }
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

fn overlay(ui: &Ui, state: &State, view: &View, grid: Grid, rect: Rect, area: Rect, pointed: Option<usize>) {
    let layers = layers(state, view);
    let child = ui.painter().with_clip_rect(area);
    let overlay = Overlay {
        grid,
        heat: state.inspect.heat && !layers.is_empty(),
        layers,
        marked: [state.inspect.patch, pointed],
    };
    overlay.paint(&child, rect, 0);
}

/// The label under the pointer alone, else the chosen ones.
fn layers(state: &State, view: &View) -> Vec<Layer> {
    let Slot::Open(open) = &state.project else {
        return Vec::new();
    };
    let colors = colors(&state.inspect, &open.catalog);
    match state.inspect.hovered.filter(|label| *label < view.evidence.len()) {
        Some(label) => {
            let color = colors
                .iter()
                .find(|(l, _)| *l == label)
                .map_or(theme::LABELS[0], |c| c.1);
            vec![view.layer(label, color)]
        }
        None => colors
            .into_iter()
            .take(LABELS)
            .map(|(label, color)| view.layer(label, color))
            .collect(),
    }
}

/// Colours of the chosen labels.
pub fn colors(inspect: &Inspect, catalog: &Catalog) -> Vec<(usize, Color32)> {
    inspect
        .pinned
        .iter()
        .filter(|label| **label < catalog.labels.len())
        .enumerate()
        .map(|(slot, label)| (*label, theme::label_color(catalog.labels[*label].colour, slot)))
        .collect()
}

fn boxes(painter: &egui::Painter, state: &State, rect: Rect, size: [u32; 2]) {
    let (Some(examined), Slot::Open(open)) = (&state.inspect.examined, &state.project) else {
        return;
    };
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
fn speaks_for(state: &State, view: &View, patch: usize) -> String {
    let Slot::Open(open) = &state.project else {
        return String::new();
    };
    let side = view.scorer.config.grid;
    let place = format!("row {}, column {}", patch / side + 1, patch % side + 1);
    if view.scores.padding.get(patch).copied().unwrap_or(false) {
        return format!("{place}: padding, never counted");
    }
    let mut said: Vec<(f32, String)> = Vec::new();
    for (label, evidence) in view.evidence.iter().enumerate() {
        if let Some(rank) = evidence.patches.iter().position(|(j, _)| *j == patch) {
            let adds = view.adds(label, evidence.patches[rank].1);
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
        format!("{place}: in no label's top {}", view.top_k)
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

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut inspect = Inspect::default();
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0));
        zoom_at(&mut inspect, 2.0, rect, pos2(25.0, 50.0));
        assert_eq!(inspect.zoom, 2.0);
        // A point of the picture lies at center + (share - center of view) * full size.
        let at = |share: f32| 50.0 + (share - inspect.center[0]) * 200.0;
        assert!((at(0.25) - 25.0).abs() < 1e-3);
    }
}
