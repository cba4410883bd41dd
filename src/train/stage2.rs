//! Stage 2, hierarchical prompt tuning (METHOD section 7): the student is frozen and its features are cached, so this stage
//! holds no image tower at all; an epoch is the text tower plus small products.

use super::features::{FeatureStore, Record};
use super::loader::Item;
use super::optimizer::Group;
use super::settings::Settings;
use super::stage1::rows;
use super::trainer::{Losses, Shard, Stage};
use crate::clip::text::TextTower;
use crate::compute::ComputeError;
use crate::method::losses::{ClassificationLoss, semantic_consistency};
use crate::method::prompts::{Contexts, PromptFrame};
use crate::method::score::{self, Fusion, Scores};
use crate::method::student::Calibration;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use std::borrow::Cow;

/// What Stage 2 trains.
#[derive(Module, Debug)]
pub struct Prompts {
    /// The learned context vectors.
    pub contexts: Contexts,
    /// Scale and offset, going on from Stage 1's.
    pub calibration: Calibration,
}

/// Cached features of a batch.
#[derive(Clone, Default)]
pub struct CachedBatch {
    kept: Vec<usize>,
    cls: Vec<f32>,
    patches: Vec<f32>,
    padding: Vec<bool>,
    failed: Vec<(usize, String)>,
}

/// Everything that Stage 2 keeps fixed.
pub struct Stage2<'a> {
    /// The run's settings.
    pub settings: Settings,
    /// Training pictures.
    pub items: Vec<Item>,
    /// `[images, classes]`: 1, 0, -1.
    pub truth: Vec<i8>,
    /// The frozen student's features of every training picture.
    pub features: &'a FeatureStore,
    /// The frozen text tower.
    pub text: &'a TextTower,
    /// The fixed parts of the prompts.
    pub frame: PromptFrame,
    /// Fixed text embeddings t0, `[classes, embed]`.
    pub fixed: Tensor<2>,
    /// The classification loss.
    pub loss: ClassificationLoss,
    /// Pooling and fusion.
    pub fusion: Fusion,
    /// The device, without differentiation.
    pub device: Device,
}

impl CachedBatch {
    /// Reads records from the store; a missing one is reported as failed.
    pub fn read(features: &FeatureStore, items: &[Item], indices: &[usize]) -> Self {
        let mut batch = Self::default();
        for index in indices {
            match features.get(&items[*index].hash) {
                Ok(Some(Record { cls, patches, padding })) => {
                    batch.kept.push(*index);
                    batch.cls.extend(cls);
                    batch.patches.extend(patches);
                    batch.padding.extend(padding);
                }
                Ok(None) => batch
                    .failed
                    .push((*index, "its cached features are damaged".to_owned())),
                Err(e) => batch.failed.push((*index, e.to_string())),
            }
        }
        batch
    }

    /// The pictures in runs of `size`, the last one shorter, in order.
    fn runs(&self, size: usize) -> Vec<Self> {
        fn cut<T: Clone>(all: &[T], count: usize, from: usize, to: usize) -> Vec<T> {
            let each = all.len() / count.max(1);
            all[from * each..to * each].to_vec()
        }
        let (count, size) = (self.kept.len(), size.max(1));
        (0..count)
            .step_by(size)
            .map(|from| {
                let to = (from + size).min(count);
                Self {
                    kept: self.kept[from..to].to_vec(),
                    cls: cut(&self.cls, count, from, to),
                    patches: cut(&self.patches, count, from, to),
                    padding: cut(&self.padding, count, from, to),
                    failed: Vec::new(),
                }
            })
            .collect()
    }

    /// Indices of the pictures in the batch.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Scores of the batch with the given text embeddings.
    ///
    /// # Errors
    /// [`ComputeError`] where the device fails.
    pub fn scores(
        &self,
        embed: usize,
        text: (Tensor<2>, Tensor<2>),
        fusion: Fusion,
        device: &Device,
    ) -> Result<Scores, ComputeError> {
        let count = self.kept.len();
        let patches = self.patches.len() / (count * embed).max(1);
        let cls = Tensor::from_data(TensorData::new(self.cls.clone(), [count, embed]), device);
        let local = Tensor::from_data(TensorData::new(self.patches.clone(), [count, patches, embed]), device);
        let padding = self.padding.iter().any(|p| *p).then_some(self.padding.as_slice());
        score::dual_view(cls, local, text.0, text.1, fusion, padding)
    }
}

impl Stage for Stage2<'_> {
    type Model = Prompts;
    type Batch = CachedBatch;

    fn number(&self) -> u8 {
        2
    }

    fn images(&self) -> usize {
        self.items.len()
    }

    fn load(&self, indices: &[usize], _before: &[usize]) -> CachedBatch {
        CachedBatch::read(self.features, &self.items, indices)
    }

    fn outcome(&self, batch: &CachedBatch) -> (usize, Vec<(usize, String)>) {
        (batch.kept.len(), batch.failed.clone())
    }

    fn micro_batches<'a>(&self, batch: &'a CachedBatch, size: usize) -> Vec<Shard<'a, CachedBatch>> {
        let classes = self.fixed.dims()[0];
        let known = |kept: &[usize]| {
            let truth = rows(&self.truth, classes, kept);
            truth.iter().filter(|t| **t >= 0).count() as f64
        };
        let (all, all_known) = (batch.kept.len() as f64, known(&batch.kept).max(1.0));
        batch
            .runs(size)
            .into_iter()
            .map(|part| Shard {
                cls: known(&part.kept) / all_known,
                // The consistency of the prompts is the same in every part.
                extra: part.kept.len() as f64 / all,
                batch: Cow::Owned(part),
            })
            .collect()
    }

    fn losses(&self, model: &Prompts, batch: &CachedBatch) -> Result<Losses, ComputeError> {
        let (global, local) = self.frame.encode(self.text, &model.contexts);
        let scores = batch.scores(
            self.features.embed(),
            (global.clone(), local),
            self.fusion,
            &self.device,
        )?;
        let truth = rows(&self.truth, self.fixed.dims()[0], &batch.kept);
        let cls = self.loss.forward(model.calibration.logits(scores.fused), &truth);
        let sc = semantic_consistency(global, self.fixed.clone());
        Ok(Losses {
            cls,
            extra: sc,
            lambda: self.settings.lambda_sc,
            second: None,
        })
    }

    fn group(&self, path: &str, _rank: usize) -> Group {
        let lr = if path.starts_with("calibration") {
            self.settings.lr_scale
        } else {
            self.settings.lr_prompts
        };
        Group { lr, decay: 0.0 }
    }

    fn reported_lr(&self) -> f64 {
        self.settings.lr_prompts
    }
}
