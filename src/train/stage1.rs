//! Stage 1, dual-view alignment (METHOD section 6): the student learns with fixed prompts and is held near the teacher.

use super::loader::{Loader, Pixels, Variation};
use super::optimizer::Group;
use super::params;
use super::settings::Settings;
use super::trainer::{Losses, Shard, Stage};
use crate::clip::model::{Features, ImageEncoder};
use crate::clip::vision::PatchFeatures;
use crate::compute::ComputeError;
use crate::method::losses::ClassificationLoss;
use crate::method::score::{self, Fusion, Scores};
use crate::method::student::{Calibration, Student};
use burn::module::Module;
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use std::borrow::Cow;

/// Pictures under which a part of a batch is not worth a thread.
const SMALLEST_SHARD: usize = 4;

/// What Stage 1 trains.
#[derive(Module, Debug)]
pub struct DualView {
    /// Tower and heads.
    pub student: Student,
    /// Scale and offset.
    pub calibration: Calibration,
}

/// Everything that Stage 1 keeps fixed.
pub struct Stage1 {
    /// The run's settings.
    pub settings: Settings,
    /// Training pictures with the student's preprocessing.
    pub loader: Loader,
    /// `[images, classes]`: 1, 0, -1.
    pub truth: Vec<i8>,
    /// The teacher's global features, `[images, embed]`; empty where it sees the student's view.
    pub teacher: Vec<f32>,
    /// The teacher itself, where it sees the student's view (`kd_view=same`).
    pub tower: Option<ImageEncoder>,
    /// Blocks of the student's tower.
    pub layers: usize,
    /// Whether the student's tower computes in 16-bit floats; scores and losses stay in 32.
    pub half: bool,
    /// Fixed text embeddings t0, `[classes, embed]`.
    pub text: Tensor<2>,
    /// The classification loss.
    pub loss: ClassificationLoss,
    /// Pooling and fusion.
    pub fusion: Fusion,
    /// Patch mode.
    pub patch_features: PatchFeatures,
    /// The run's seed.
    pub seed: u64,
    /// The device, without differentiation.
    pub device: Device,
}

impl Stage1 {
    fn classes(&self) -> usize {
        self.text.dims()[0]
    }

    /// Scores of pictures by a student with fixed prompts, and its global features.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn scores(
        &self,
        student: &Student,
        pixels: &Pixels,
        device: &Device,
    ) -> Result<(Scores, Tensor<2>), ComputeError> {
        self.scores_with(student, pixels, (self.text.clone(), self.text.clone()), device)
    }

    /// The same with other text embeddings (tG, tL), each `[classes, embed]`.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn scores_with(
        &self,
        student: &Student,
        pixels: &Pixels,
        text: (Tensor<2>, Tensor<2>),
        device: &Device,
    ) -> Result<(Scores, Tensor<2>), ComputeError> {
        let features = self.features(student, pixels, device, false);
        self.fused(features, pixels, text)
    }

    fn features(&self, student: &Student, pixels: &Pixels, device: &Device, half: bool) -> Features {
        let input = picture_tensor(&pixels.values, pixels.kept.len(), self.loader.preprocess.size, device);
        if !half {
            return student.forward(input, self.patch_features);
        }
        let student = params::half(student.clone());
        let Features { cls, patches } = student.forward(input.cast(FloatDType::F16), self.patch_features);
        Features {
            cls: cls.cast(FloatDType::F32),
            patches: patches.cast(FloatDType::F32),
        }
    }

    fn fused(
        &self,
        features: Features,
        pixels: &Pixels,
        text: (Tensor<2>, Tensor<2>),
    ) -> Result<(Scores, Tensor<2>), ComputeError> {
        let cls = features.cls.clone();
        let scores = score::dual_view(
            features.cls,
            features.patches,
            text.0,
            text.1,
            self.fusion,
            pixels.padding.as_deref(),
        )?;
        Ok((scores, cls))
    }
}

/// Pixels as a tower takes them, `[count, 3, size, size]`.
fn picture_tensor(values: &[f32], count: usize, size: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), [count, 3, size, size]), device)
}

impl Stage1 {
    /// Parts of a batch with their shares of its mean losses: of the known labels, and of the pictures.
    fn weigh<'a>(&self, batch: &Pixels, parts: Vec<Pixels>) -> Vec<Shard<'a, Pixels>> {
        let classes = self.classes();
        let known = |kept: &[usize]| {
            let truth = rows(&self.truth, classes, kept);
            truth.iter().filter(|t| **t >= 0).count() as f64
        };
        let (all, all_known) = (batch.kept.len() as f64, known(&batch.kept).max(1.0));
        parts
            .into_iter()
            .map(|part| Shard {
                cls: known(&part.kept) / all_known,
                extra: part.kept.len() as f64 / all,
                batch: Cow::Owned(part),
            })
            .collect()
    }

    /// Classification and distillation of a batch by a student with the given text embeddings.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn losses_of(
        &self,
        student: &Student,
        calibration: &Calibration,
        batch: &Pixels,
        text: (Tensor<2>, Tensor<2>),
    ) -> Result<Losses, ComputeError> {
        // Pixels need no gradient: only what meets a parameter is differentiated.
        let features = self.features(student, batch, &self.device, self.half);
        let (scores, cls) = self.fused(features, batch, text)?;
        let truth = rows(&self.truth, self.classes(), &batch.kept);
        let cls_loss = self.loss.forward(calibration.logits(scores.fused), &truth);
        let taught = self.taught(batch, cls.dims()[1]);
        let kd = self.settings.kd.forward(cls, taught);
        Ok(Losses {
            cls: cls_loss,
            extra: kd,
            lambda: self.settings.lambda_kd,
            second: None,
        })
    }

    /// What the teacher makes of the batch, `[kept, embed]`.
    fn taught(&self, batch: &Pixels, embed: usize) -> Tensor<2> {
        match (&self.tower, &batch.teacher, &self.loader.teacher) {
            (Some(tower), Some(values), Some(preprocess)) => {
                let input = picture_tensor(values, batch.kept.len(), preprocess.size, &self.device);
                tower.forward(input, PatchFeatures::Token).cls
            }
            _ => {
                let teacher = TensorData::new(rows(&self.teacher, embed, &batch.kept), [batch.kept.len(), embed]);
                Tensor::from_data(teacher, &self.device)
            }
        }
    }
}

/// The factor on the tower's rate at a parameter: `decay` for each block between it and the top one of `layers`.
fn depth_factor(decay: f64, layers: usize, path: &str) -> f64 {
    let block = path
        .split_once(".layers.")
        .and_then(|(_, rest)| rest.split('.').next()?.parse::<usize>().ok());
    let below = match block {
        Some(block) => layers.saturating_sub(block + 1),
        None if path.contains("embedding") || path.contains("pre_layrnorm") => layers,
        None => 0,
    };
    decay.powi(below as i32)
}

impl Stage for Stage1 {
    type Model = DualView;
    type Batch = Pixels;

    fn number(&self) -> u8 {
        1
    }

    fn images(&self) -> usize {
        self.loader.items.len()
    }

    fn load(&self, indices: &[usize], before: &[usize]) -> Pixels {
        let variation = Variation {
            seed: self.seed,
            before,
            set: self.settings.augment_set,
        };
        self.loader.load(indices, self.settings.varies().then_some(variation))
    }

    fn outcome(&self, batch: &Pixels) -> (usize, Vec<(usize, String)>) {
        (batch.kept.len(), batch.failed.clone())
    }

    fn shards<'a>(&self, batch: &'a Pixels, parts: usize) -> Vec<Shard<'a, Pixels>> {
        let size = batch.part_size(parts, SMALLEST_SHARD);
        if size >= batch.kept.len() {
            return vec![Shard::whole(batch)];
        }
        self.weigh(batch, batch.runs(size))
    }

    fn micro_batches<'a>(&self, batch: &'a Pixels, size: usize) -> Vec<Shard<'a, Pixels>> {
        self.weigh(batch, batch.runs(size))
    }

    fn is_half(&self) -> bool {
        self.half
    }

    fn losses(&self, model: &DualView, batch: &Pixels) -> Result<Losses, ComputeError> {
        let text = (self.text.clone(), self.text.clone());
        self.losses_of(&model.student, &model.calibration, batch, text)
    }

    fn group(&self, path: &str, rank: usize) -> Group {
        let s = &self.settings;
        if path.starts_with("calibration") {
            return Group {
                lr: s.lr_scale,
                decay: 0.0,
            };
        }
        let lr = if path.contains("head_") {
            s.lr_heads
        } else {
            s.lr_encoder * depth_factor(s.layer_decay, self.layers, path)
        };
        let decays = rank >= 2 && !path.contains("position_embedding");
        Group {
            lr,
            decay: if decays { s.weight_decay } else { 0.0 },
        }
    }

    fn reported_lr(&self) -> f64 {
        self.settings.lr_heads
    }
}

/// The rows `indices` of a row-major matrix.
pub fn rows<T: Copy>(matrix: &[T], width: usize, indices: &[usize]) -> Vec<T> {
    indices
        .iter()
        .flat_map(|i| &matrix[i * width..(i + 1) * width])
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_from_the_top_block_down() {
        let factor = |path: &str| depth_factor(0.5, 12, path);
        assert_eq!(factor("student.tower.encoder.layers.11.mlp.fc1.weight"), 1.0);
        assert_eq!(factor("student.tower.encoder.layers.9.layer_norm1.gamma"), 0.25);
        assert_eq!(factor("student.tower.encoder.layers.0.mlp.fc1.weight"), 0.5f64.powi(11));
        assert_eq!(factor("student.tower.embeddings.position_embedding"), 0.5f64.powi(12));
        assert_eq!(factor("student.tower.pre_layrnorm.gamma"), 0.5f64.powi(12));
        assert_eq!(factor("student.tower.post_layernorm.gamma"), 1.0);
        assert_eq!(
            depth_factor(1.0, 12, "student.tower.encoder.layers.0.mlp.fc1.weight"),
            1.0
        );
    }
}
