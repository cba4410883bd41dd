//! How a picture lies in the inspector: fitted, zoomed, moved.

use crate::app::model::command::{Command, InspectorCommand};
use crate::app::model::inspector::Inspector;
use eframe::egui::{self, Rect, vec2};

/// Largest zoom.
const LARGEST: f32 = 24.0;

/// What is seen of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Zoom {
    /// 1 fits the picture.
    pub(super) zoom: f32,
    /// Middle of the view, as a share of the picture.
    center: [f32; 2],
}

impl Zoom {
    /// All of it.
    pub(super) const FIT: Self = Self {
        zoom: 1.0,
        center: [0.5, 0.5],
    };

    pub(super) fn of(inspect: &Inspector) -> Self {
        Self {
            zoom: inspect.zoom,
            center: inspect.center,
        }
    }

    /// What makes it so.
    pub(super) fn command(self) -> Command {
        Command::Inspector(InspectorCommand::Zoom(self.zoom, self.center))
    }

    /// Larger by a factor, or smaller; the middle stays.
    pub(super) fn by(self, factor: f32) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, LARGEST);
        Self { zoom, ..self }
    }

    /// Fits, zooms and moves; returns where the whole picture lies.
    pub(super) fn place(&mut self, response: &egui::Response, area: Rect, size: [u32; 2]) -> Rect {
        // Under the buttons.
        let room = area.with_min_y(area.top() + 40.0).shrink(12.0);
        let [w, h] = size.map(|v| v.max(1) as f32);
        let fit = (room.width() / w).min(room.height() / h);
        if response.double_clicked() {
            *self = Self::FIT;
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
                self.zoom_at(factor, rect_of(self.zoom, self.center), at);
            }
        }
        if response.dragged() {
            let full = rect_of(self.zoom, self.center).size();
            let by = response.drag_delta();
            self.center[0] -= by.x / full.x;
            self.center[1] -= by.y / full.y;
        }
        // The picture cannot be lost, and fits again where there is nothing to move.
        let full = vec2(w, h) * fit * self.zoom;
        for (center, (have, need)) in (self.center.iter_mut()).zip([(room.width(), full.x), (room.height(), full.y)]) {
            let reach = ((need - have) / need / 2.0).max(0.0);
            *center = center.clamp(0.5 - reach, 0.5 + reach);
        }
        rect_of(self.zoom, self.center)
    }

    /// Zooms so that what lies under `at` stays there.
    fn zoom_at(&mut self, factor: f32, rect: Rect, at: egui::Pos2) {
        let zoom = (self.zoom * factor).clamp(1.0, LARGEST);
        let real = zoom / self.zoom;
        self.zoom = zoom;
        for (axis, (low, full)) in [(rect.left(), rect.width()), (rect.top(), rect.height())]
            .into_iter()
            .enumerate()
        {
            let under = ([at.x, at.y][axis] - low) / full;
            self.center[axis] = under + (self.center[axis] - under) / real;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut zoom = Zoom::FIT;
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0));
        zoom.zoom_at(2.0, rect, pos2(25.0, 50.0));
        assert_eq!(zoom.zoom, 2.0);
        // A point of the picture lies at center + (share - center of view) * full size.
        let at = |share: f32| 50.0 + (share - zoom.center[0]) * 200.0;
        assert!((at(0.25) - 25.0).abs() < 1e-3);
    }
}
