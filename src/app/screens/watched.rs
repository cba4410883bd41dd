//! A few pictures beside the curves, with the patches that speak for one of their labels after each pass: one sees the model learn where
//! to look.

use crate::app::state::{Slot, State};
use crate::app::theme::{self, TextSize};
use crate::app::thumbs::{Key, Thumb};
use crate::app::training::Lane;
use crate::app::widgets::overlay::{Grid, Layer, Overlay};
use crate::engine::jobs::{WatchedEpoch, WatchedPicture};
use crate::explain::evidence;
use eframe::egui::{self, CornerRadius, Rect, RichText, Sense, Ui, vec2};

/// Height of a picture in points.
const HEIGHT: f32 = 150.0;

/// Shows the watched pictures of a stage.
pub fn strip(ui: &mut Ui, state: &mut State, lane: &Lane) {
    let Some(newest) = lane.watched.len().checked_sub(1) else {
        return;
    };
    let (epoch, label) = state
        .training
        .as_ref()
        .map_or((None, 0), |t| (t.shown_epoch, t.shown_label));
    let mut at = epoch.unwrap_or(newest).min(newest);
    let mut label = label;
    ui.add_space(theme::SMALL);
    ui.horizontal(|ui| {
        ui.label(theme::quiet(ui, "Where it looks, after pass"));
        let passes = lane.watched[at].epoch + 1;
        if newest > 0 {
            ui.spacing_mut().slider_width = 180.0;
            let names: Vec<usize> = lane.watched.iter().map(|w| w.epoch + 1).collect();
            let slider = egui::Slider::new(&mut at, 0..=newest)
                .custom_formatter(move |v, _| names.get(v as usize).map_or_else(String::new, ToString::to_string));
            let slider = ui.add(slider);
            slider.widget_info(|| egui::WidgetInfo::slider(true, passes as f64, "Pass of the watched pictures"));
        } else {
            ui.label(passes.to_string());
        }
    });
    let shown = &lane.watched[at];
    let first = &lane.watched[0];
    let width = (ui.available_width() - 3.0 * theme::MEDIUM) / 4.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::MEDIUM;
        for (slot, picture) in shown.pictures.iter().take(4).enumerate() {
            let before = first.pictures.iter().find(|p| p.id == picture.id);
            if card(
                ui,
                state,
                shown,
                picture,
                before.filter(|_| at > 0),
                (label, width),
                slot,
            ) {
                label += 1;
            }
        }
    });
    if let Some(training) = &mut state.training {
        training.shown_epoch = (at != newest).then_some(at);
        training.shown_label = label;
    }
}

/// One picture; whether it was clicked.
fn card(
    ui: &mut Ui,
    state: &mut State,
    epoch: &WatchedEpoch,
    picture: &WatchedPicture,
    before: Option<&WatchedPicture>,
    (label, width): (usize, f32),
    slot: usize,
) -> bool {
    let own = picture.labels.iter().filter(|l| l.1 == 1).count().max(1);
    let Some((column, truth, score, similarity)) = picture.labels.get(label % own) else {
        return false;
    };
    let Slot::Open(open) = &state.project else { return false };
    let catalog = &open.catalog;
    let Some(shown) = catalog.index_of(picture.id).map(|i| &catalog.pictures[i]) else {
        return false;
    };
    let name = catalog
        .labels
        .get(*column)
        .map_or("a label that is gone", |l| l.name.as_str());
    let mut clicked = false;
    ui.vertical(|ui| {
        ui.set_width(width);
        let (place, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
        let p = theme::palette(ui);
        ui.painter().rect_filled(place, CornerRadius::same(6), p.ground);
        let key = Key {
            picture: picture.id,
            large: false,
        };
        let ctx = ui.ctx().clone();
        if let Thumb::Ready(texture) = state.thumbs.get(&ctx, key, &shown.path) {
            let size = texture.size_vec2();
            let scale = (place.width() / size.x.max(1.0)).min(place.height() / size.y.max(1.0));
            let rect = Rect::from_center_size(place.center(), size * scale);
            egui::Image::new(&texture).paint_at(ui, rect);
            let [w, h] = shown.size;
            let geometry = epoch.preprocess.geometry(w, h);
            let padding = geometry.patch_in_padding(picture.grid, epoch.patch);
            // Only the similarities count here: whatever the whole picture adds is the same for every patch.
            let chosen = evidence(similarity, &padding, 0.0, 0.0, epoch.top_k).patches;
            let overlay = Overlay {
                grid: Grid {
                    geometry,
                    picture: [w, h],
                    side: picture.grid,
                    patch: epoch.patch,
                },
                layers: vec![Layer::of(similarity, &chosen, p.accent)],
                heat: false,
                marked: [None, None],
            };
            overlay.paint(ui.painter(), rect, 0x5712_0000 + slot as u64);
        }
        let words = format!("{name} in {}: score {score:.3}", shown.name);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
        clicked = response.on_hover_text("Click for the next of its labels").clicked();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let mut text = RichText::new(name).family(theme::strong());
            if *truth != 1 {
                text = text.color(p.quiet);
            }
            ui.add(egui::Label::new(text).truncate());
            let small = |words: String| RichText::new(words).size(TextSize::Small.points());
            ui.label(small(format!("{score:.3}")));
            let old = before.and_then(|b| b.labels.iter().find(|l| l.0 == *column));
            if let Some((.., old, _)) = old {
                let gain = score - old;
                let color = if gain >= 0.0 { p.good } else { p.bad };
                ui.label(small(format!("{gain:+.3}")).color(color))
                    .on_hover_text("since the first pass");
            }
        });
    });
    clicked
}
