//! How far the starter model is: zero-shot on scenes like the demo's, which its training never draws.

use super::model::{StarterModel, WordTable};
use super::train::{DEMO_TEMPLATE, pixels_of};
use crate::clip::tokenizer::{self, Tokenizer};
use crate::compute::ComputeError;
use crate::dataset::scenes::glyphs::{self, Role};
use crate::dataset::scenes::{Scene, SceneConfig, curriculum, scene};
use crate::eval::average_precision;
use crate::method::evidence;
use crate::method::score::{Fusion, dual_view, host_values};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

/// Scenes looked at.
const SCENES: usize = 240;

/// Scenes that go through the tower at once.
const BATCH: usize = 16;

/// Zero-shot on held-out scenes, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// Mean average precision of the fused score.
    pub map: f64,
    /// Of the global view alone.
    pub global: f64,
    /// Of the local view alone.
    pub local: f64,
    /// How often a true label's best patch lies in its box (pointing game), on the value path.
    pub pointing: f64,
    /// The same on the last block's tokens.
    pub pointing_token: f64,
}

/// Held-out scenes and their labels.
pub struct Held {
    scenes: Vec<Scene>,
    /// Glyph index of each demo class.
    classes: Vec<usize>,
    prompts: Vec<Vec<u32>>,
}

impl Held {
    /// Crowded scenes, drawn from the demo's classes.
    pub fn new(tokenizer: &Tokenizer, seed: u64) -> Self {
        let classes = glyphs::indices(Role::Demo);
        let side = super::model::config().0.vision.image_size as u32;
        let config = SceneConfig {
            glyphs: classes.clone(),
            ..curriculum::crowded(side)
        };
        // Another stream than the training's.
        let scenes = (0..SCENES)
            .into_par_iter()
            .map(|i| scene(!seed, i as u64, &config))
            .collect();
        let prompts = classes
            .iter()
            .map(|c| tokenizer.encode(&tokenizer::prompt(DEMO_TEMPLATE, glyphs::all()[*c].name), 77))
            .collect();
        Self {
            scenes,
            classes,
            prompts,
        }
    }

    /// Measures a model that is not being differentiated.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn measure(&self, model: &StarterModel, table: &WordTable, device: &Device) -> Result<Probe, ComputeError> {
        let text = model.texts(table, &self.prompts);
        let embed = text.dims()[1];
        let (grid, classes) = (super::model::config().0.vision.grid(), self.classes.len());
        let fusion = Fusion {
            alpha: 0.5,
            top_k: evidence::default_top_k(grid * grid),
        };
        let mut columns: [Vec<f32>; 3] = Default::default();
        let mut hits = [0usize; 2];
        let mut objects = 0usize;
        for scenes in self.scenes.chunks(BATCH) {
            let (data, side) = pixels_of(scenes);
            let pixels = Tensor::from_data(TensorData::new(data, [scenes.len(), 3, side, side]), device);
            let views = model.image(pixels);
            let scores = dual_view(views.cls, views.value.clone(), text.clone(), text.clone(), fusion, None)?;
            for (column, tensor) in columns.iter_mut().zip([scores.fused, scores.global, scores.local]) {
                column.extend(host_values(tensor)?);
            }
            let similarity = |patches: Tensor<3>| {
                let rows = scenes.len() * grid * grid;
                host_values(patches.reshape([rows, embed]).matmul(text.clone().transpose()))
            };
            let maps = [similarity(views.value)?, similarity(views.token)?];
            for (i, scene) in scenes.iter().enumerate() {
                for (c, glyph) in self.classes.iter().enumerate() {
                    let boxes: Vec<_> = scene
                        .objects
                        .iter()
                        .filter(|o| o.glyph == *glyph)
                        .map(|o| o.bounds.map(|v| v as f32))
                        .collect();
                    if boxes.is_empty() {
                        continue;
                    }
                    objects += 1;
                    for (hits, map) in hits.iter_mut().zip(&maps) {
                        let best =
                            evidence::top_k(|j| map[(i * grid * grid + j) * classes + c], grid * grid, 1, None)[0];
                        let (x, y) = centre(best, grid, side);
                        *hits += usize::from(boxes.iter().any(|b| x >= b[0] && x <= b[2] && y >= b[1] && y <= b[3]));
                    }
                }
            }
        }
        let map = |scores: &[f32]| {
            let ap: Vec<f64> = (0..classes)
                .filter_map(|c| {
                    let column: Vec<f32> = scores.iter().skip(c).step_by(classes).copied().collect();
                    let has = |s: &Scene| s.objects.iter().any(|o| o.glyph == self.classes[c]);
                    let truth: Vec<i8> = self.scenes.iter().map(|s| i8::from(has(s))).collect();
                    average_precision(&column, &truth)
                })
                .collect();
            100.0 * ap.iter().sum::<f64>() / ap.len().max(1) as f64
        };
        let share = |hits: usize| 100.0 * hits as f64 / objects.max(1) as f64;
        Ok(Probe {
            map: map(&columns[0]),
            global: map(&columns[1]),
            local: map(&columns[2]),
            pointing: share(hits[0]),
            pointing_token: share(hits[1]),
        })
    }
}

/// The middle of a patch in pixels.
fn centre(patch: usize, grid: usize, side: usize) -> (f32, f32) {
    let cell = side as f32 / grid as f32;
    (
        ((patch % grid) as f32 + 0.5) * cell,
        ((patch / grid) as f32 + 0.5) * cell,
    )
}
