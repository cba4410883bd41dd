//! Stage 2, hierarchical prompt tuning (METHOD section 7): the student is frozen and its features are cached, so this stage
//! holds no image tower at all; an epoch is the text tower plus small products. Losses add up over classes, so on the CPU each part of
//! them has a thread, with its own prompts, scores and gradients.

use super::features::{FeatureStore, Record};
use super::loader::Item;
use super::optimizer::Group;
use super::settings::Settings;
use super::stage1::rows;
use super::trainer::{Losses, Shard, Stage};
use crate::clip::text::TextTower;
use crate::compute::{Compute, ComputeError, Kind};
use crate::method::losses::{ClassificationLoss, semantic_consistency};
use crate::method::packing::{ClassPrompts, Packing};
use crate::method::prompts::{Contexts, PromptFrame};
use crate::method::score::{self, Fusion, Scores};
use crate::method::student::Calibration;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Classes under which a part of them is not worth a thread.
const SMALLEST_PART: usize = 8;

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
    values: Arc<Values>,
    failed: Vec<(usize, String)>,
    /// Which of the stage's parts of the classes it is for; `None`: all classes.
    part: Option<usize>,
}

/// The numbers of a batch, the same for all parts of the classes.
#[derive(Default)]
struct Values {
    cls: Vec<f32>,
    patches: Vec<f32>,
    padding: Vec<bool>,
    /// Both on the device, once a part has asked.
    placed: OnceLock<(Tensor<2>, Tensor<3>)>,
}

/// Some of the classes.
pub struct ClassPart {
    prompts: ClassPrompts,
    /// Their fixed text embeddings, `[some, embed]`.
    fixed: Tensor<2>,
}

impl ClassPart {
    /// The classes as a device computes them: on the CPU in as many parts as it has threads, nothing padded; on a GPU, which waits for
    /// the launch of kernels rather than for a few padded tokens, all together. Empty where classes have contexts of their own.
    ///
    /// # Shapes
    /// - fixed: text embeddings t0, `[classes, embed]`
    pub fn on(frame: &PromptFrame, text: &TextTower, fixed: &Tensor<2>, compute: &Compute) -> Vec<Self> {
        let packing = match compute.kind {
            Kind::Gpu => Packing::Together,
            Kind::Cpu => Packing::ByLength,
        };
        Self::of(frame, text, fixed, compute.parts(), packing)
    }

    /// The classes in at most `parts` parts to be computed at the same time. Empty where classes have contexts of their own.
    ///
    /// # Shapes
    /// - fixed: text embeddings t0, `[classes, embed]`
    pub fn of(frame: &PromptFrame, text: &TextTower, fixed: &Tensor<2>, parts: usize, packing: Packing) -> Vec<Self> {
        let of = |prompts: ClassPrompts| {
            let classes: Vec<i64> = prompts.classes().iter().map(|class| *class as i64).collect();
            let classes = Tensor::<1, Int>::from_data(TensorData::from(classes.as_slice()), &fixed.device());
            Self {
                fixed: fixed.clone().select(0, classes),
                prompts,
            }
        };
        frame
            .parts(text, parts, SMALLEST_PART, packing)
            .into_iter()
            .map(of)
            .collect()
    }
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
    /// The classes in parts; empty: every prompt is computed whole.
    pub parts: Vec<ClassPart>,
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
        let count = indices.len() * features.patches();
        let mut values = Values {
            cls: Vec::with_capacity(indices.len() * features.embed()),
            patches: Vec::with_capacity(count * features.embed()),
            padding: Vec::with_capacity(count),
            placed: OnceLock::new(),
        };
        for index in indices {
            match features.get(&items[*index].hash) {
                Ok(Some(Record { cls, patches, padding })) => {
                    batch.kept.push(*index);
                    values.cls.extend(cls);
                    values.patches.extend(patches);
                    values.padding.extend(padding);
                }
                Ok(None) => batch
                    .failed
                    .push((*index, "its cached features are damaged".to_owned())),
                Err(e) => batch.failed.push((*index, e.to_string())),
            }
        }
        batch.values = Arc::new(values);
        batch
    }

    /// The pictures in runs of `size`, the last one shorter, in order.
    fn runs(&self, size: usize) -> Vec<Self> {
        fn cut<T: Clone>(all: &[T], count: usize, from: usize, to: usize) -> Vec<T> {
            let each = all.len() / count.max(1);
            all[from * each..to * each].to_vec()
        }
        let (count, size) = (self.kept.len(), size.max(1));
        let all = &self.values;
        (0..count)
            .step_by(size)
            .map(|from| {
                let to = (from + size).min(count);
                Self {
                    kept: self.kept[from..to].to_vec(),
                    values: Arc::new(Values {
                        cls: cut(&all.cls, count, from, to),
                        patches: cut(&all.patches, count, from, to),
                        padding: cut(&all.padding, count, from, to),
                        placed: OnceLock::new(),
                    }),
                    failed: Vec::new(),
                    part: self.part,
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
        let place = || {
            let values = &self.values;
            let count = self.kept.len();
            let patches = values.patches.len() / (count * embed).max(1);
            let cls = TensorData::new(values.cls.clone(), [count, embed]);
            let local = TensorData::new(values.patches.clone(), [count, patches, embed]);
            (Tensor::from_data(cls, device), Tensor::from_data(local, device))
        };
        // Parts share the features. A whole batch does not keep its own: where memory ran out it is computed again in pieces.
        let (cls, local) = match self.part {
            Some(_) => self.values.placed.get_or_init(place).clone(),
            None => place(),
        };
        let padding = &self.values.padding;
        let padding = padding.iter().any(|p| *p).then_some(padding.as_slice());
        score::dual_view(cls, local, text.0, text.1, fusion, padding)
    }
}

impl Stage2<'_> {
    /// The known labels of some pictures: of all classes, or of some.
    fn known(&self, pictures: &[usize], classes: Option<&[usize]>) -> f64 {
        let all = self.fixed.dims()[0];
        let of = |row: &[i8]| match classes {
            Some(some) => some.iter().filter(|class| row[**class] >= 0).count(),
            None => row.iter().filter(|t| **t >= 0).count(),
        };
        let rows = pictures.iter().map(|i| of(&self.truth[i * all..(i + 1) * all]));
        rows.sum::<usize>() as f64
    }

    /// The part of the classes that a batch is for; `None` where prompts are computed whole.
    fn part_of(&self, batch: &CachedBatch) -> Option<&ClassPart> {
        match (batch.part, self.parts.as_slice()) {
            (Some(part), parts) => parts.get(part),
            (None, [all]) => Some(all),
            (None, _) => None,
        }
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

    fn shards<'a>(&self, batch: &'a CachedBatch, parts: usize) -> Vec<Shard<'a, CachedBatch>> {
        if parts < 2 || self.parts.len() < 2 {
            return vec![Shard::whole(batch)];
        }
        let all = self.fixed.dims()[0] as f64;
        let all_known = self.known(&batch.kept, None).max(1.0);
        let shard = |(index, part): (usize, &ClassPart)| {
            let classes = part.prompts.classes();
            Shard {
                cls: self.known(&batch.kept, Some(classes)) / all_known,
                extra: classes.len() as f64 / all,
                batch: Cow::Owned(CachedBatch {
                    part: Some(index),
                    ..batch.clone()
                }),
            }
        };
        self.parts.iter().enumerate().map(shard).collect()
    }

    fn micro_batches<'a>(&self, batch: &'a CachedBatch, size: usize) -> Vec<Shard<'a, CachedBatch>> {
        let (all, all_known) = (batch.kept.len() as f64, self.known(&batch.kept, None).max(1.0));
        batch
            .runs(size)
            .into_iter()
            .map(|part| Shard {
                cls: self.known(&part.kept, None) / all_known,
                // The consistency of the prompts is the same in every part.
                extra: part.kept.len() as f64 / all,
                batch: Cow::Owned(part),
            })
            .collect()
    }

    fn losses(&self, model: &Prompts, batch: &CachedBatch) -> Result<Losses, ComputeError> {
        let part = self.part_of(batch);
        let (global, local) = match part {
            Some(part) => model.contexts.encode(self.text, &part.prompts),
            None => self.frame.encode(self.text, &model.contexts),
        };
        let scores = batch.scores(
            self.features.embed(),
            (global.clone(), local),
            self.fusion,
            &self.device,
        )?;
        let truth = rows(&self.truth, self.fixed.dims()[0], &batch.kept);
        let logits = model.calibration.logits(scores.fused);
        let (cls, fixed) = match part {
            Some(part) => (
                self.loss.forward_classes(logits, &truth, part.prompts.classes()),
                &part.fixed,
            ),
            None => (self.loss.forward(logits, &truth), &self.fixed),
        };
        Ok(Losses {
            cls,
            extra: semantic_consistency(global, fixed.clone()),
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

#[cfg(test)]
mod tests;
