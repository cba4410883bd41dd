//! Stage 1, dual-view alignment (METHOD section 6): the student learns with fixed prompts and is held near the teacher.

use super::loader::{Loader, Pixels, Variation};
use super::optimizer::Group;
use super::settings::Settings;
use super::trainer::{Losses, Shard, Stage};
use crate::clip::vision::PatchFeatures;
use crate::compute::ComputeError;
use crate::method::losses::ClassificationLoss;
use crate::method::score::{self, Fusion, Scores};
use crate::method::student::{Calibration, Student};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

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
    /// The teacher's global features, `[images, embed]`.
    pub teacher: Vec<f32>,
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

    /// Scores of pictures by a student with fixed prompts.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn scores(
        &self,
        student: &Student,
        pixels: &Pixels,
        device: &Device,
    ) -> Result<(Scores, Tensor<2>), ComputeError> {
        let size = self.loader.preprocess.size;
        let data = TensorData::new(pixels.values.clone(), [pixels.kept.len(), 3, size, size]);
        let features = student.forward(Tensor::from_data(data, device), self.patch_features);
        let cls = features.cls.clone();
        let scores = score::dual_view(
            features.cls,
            features.patches,
            self.text.clone(),
            self.text.clone(),
            self.fusion,
            pixels.padding.as_deref(),
        )?;
        Ok((scores, cls))
    }
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

    fn load(&self, epoch: usize, indices: &[usize]) -> Pixels {
        self.loader.load(
            indices,
            self.settings.augment.then_some(Variation { seed: self.seed, epoch }),
        )
    }

    fn outcome(&self, batch: &Pixels) -> (usize, Vec<(usize, String)>) {
        (batch.kept.len(), batch.failed.clone())
    }

    fn shards(&self, batch: Pixels, parts: usize) -> Vec<Shard<Pixels>> {
        let classes = self.classes();
        let known = |kept: &[usize]| {
            let truth = rows(&self.truth, classes, kept);
            truth.iter().filter(|t| **t >= 0).count() as f64
        };
        let (all, all_known) = (batch.kept.len() as f64, known(&batch.kept).max(1.0));
        let parts = batch.split(parts, SMALLEST_SHARD);
        parts
            .into_iter()
            .map(|batch| Shard {
                cls: known(&batch.kept) / all_known,
                extra: batch.kept.len() as f64 / all,
                batch,
            })
            .collect()
    }

    fn losses(&self, model: &DualView, batch: &Pixels) -> Result<Losses, ComputeError> {
        // Pixels need no gradient: only what meets a parameter is differentiated.
        let (scores, cls) = self.scores(&model.student, batch, &self.device)?;
        let classes = self.classes();
        let truth = rows(&self.truth, classes, &batch.kept);
        let cls_loss = self.loss.forward(model.calibration.logits(scores.fused), &truth);
        let embed = cls.dims()[1];
        let teacher = TensorData::new(rows(&self.teacher, embed, &batch.kept), [batch.kept.len(), embed]);
        let kd = self.settings.kd.forward(cls, Tensor::from_data(teacher, &self.device));
        Ok(Losses {
            cls: cls_loss,
            extra: kd,
            lambda: self.settings.lambda_kd,
        })
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
            s.lr_encoder
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
