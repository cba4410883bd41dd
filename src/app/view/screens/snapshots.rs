//! Evidence snapshots beside the curves: a few pictures with the patches that speak for one of their labels after each pass, so that one
//! sees the model learn where to look.

use crate::app::model::thumbnail::Key;
use crate::app::model::training::Lane;
use crate::app::view::screen::Screen;
use crate::app::view::textures::Thumb;
use crate::app::view::theme::{self, TextSize};
use crate::app::view::widgets::overlay::{Grid, Layer, Overlay};
use crate::engine::jobs::{WatchedEpoch, WatchedPicture};
use crate::explain::evidence;
use eframe::egui::{self, CornerRadius, Rect, RichText, Sense, Ui, vec2};
use std::collections::BTreeMap;

/// Height of a picture in points.
const HEIGHT: f32 = 150.0;

/// Pictures beside each other.
const IN_A_ROW: usize = 4;

/// What of a stage's snapshots is shown.
#[derive(Clone, Default)]
struct Shown {
    /// A place in the list of epochs; `None`: the newest.
    epoch: Option<usize>,
    /// Which of a picture's own labels, by the picture's id; the first where none is named.
    labels: BTreeMap<i64, usize>,
}

/// Shows the snapshots of a stage.
pub(super) fn strip(ui: &mut Ui, screen: &mut Screen<'_>, lane: &Lane) {
    let Some(newest) = lane.watched.len().checked_sub(1) else {
        return;
    };
    let id = egui::Id::unique("watched").with(&lane.run);
    let mut view: Shown = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let mut at = view.epoch.unwrap_or(newest).min(newest);
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
        let words = "Beside each label its score, and how much it has changed since the first pass";
        ui.label(theme::quiet(ui, words));
    });
    let (shown, first) = (&lane.watched[at], &lane.watched[0]);
    // Several in a row where more were named.
    for (row, pictures) in shown.pictures.chunks(IN_A_ROW).enumerate() {
        let width = (ui.available_width() - (IN_A_ROW - 1) as f32 * theme::MEDIUM) / IN_A_ROW as f32;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = theme::MEDIUM;
            for (column, picture) in pictures.iter().enumerate() {
                let card = Card {
                    lane,
                    epoch: shown,
                    picture,
                    before: first.pictures.iter().find(|p| p.id == picture.id && at > 0),
                    label: view.labels.get(&picture.id).copied().unwrap_or(0),
                    slot: 0x5712_0000 + 0x1000 * u64::from(lane.stage.number()) + (row * IN_A_ROW + column) as u64,
                };
                if card.show(ui, screen, width) {
                    *view.labels.entry(picture.id).or_default() += 1;
                }
            }
        });
    }
    view.epoch = (at != newest).then_some(at);
    ui.data_mut(|d| d.insert_temp(id, view));
}

/// A picture to be drawn.
struct Card<'a> {
    lane: &'a Lane,
    epoch: &'a WatchedEpoch,
    picture: &'a WatchedPicture,
    /// The same after the first pass.
    before: Option<&'a WatchedPicture>,
    /// Which of its own labels, counted on from the first.
    label: usize,
    /// Tells overlays of one frame apart.
    slot: u64,
}

impl Card<'_> {
    /// Draws it; whether it was clicked.
    fn show(&self, ui: &mut Ui, screen: &mut Screen<'_>, width: f32) -> bool {
        let Self { epoch, picture, .. } = *self;
        let own = picture.labels.iter().filter(|l| l.1 == 1).count().max(1);
        let Some((column, truth, score, similarity)) = picture.labels.get(self.label % own) else {
            return false;
        };
        let model = screen.model;
        let Some(open) = model.open() else { return false };
        let catalog = &open.catalog;
        let Some(shown) = catalog.index_of(picture.id).map(|i| &catalog.pictures[i]) else {
            return false;
        };
        // Columns are those of the run: labels may have come and gone since.
        let of_run = catalog.runs.iter().find(|r| r.id == self.lane.run);
        let name = of_run
            .and_then(|r| r.config["labels"][*column].as_str())
            .or_else(|| catalog.labels.get(*column).map(|l| l.name.as_str()))
            .unwrap_or("?");
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
            if let Thumb::Ready(texture) = screen.textures.get(&ctx, key, &shown.path) {
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
                overlay.paint(ui.painter(), rect, self.slot);
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
                let old = self.before.and_then(|b| b.labels.iter().find(|l| l.0 == *column));
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
}
