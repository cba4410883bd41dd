//! Scores outside training: of pictures that a student encodes anew, and of cached features.

use super::{StageJob, TextPair};
use crate::engine::Failure;
use crate::engine::jobs::data::{Pictures, groups};
use crate::engine::jobs::encode::SMALLEST_PART;
use crate::engine::jobs::training_diagnostics::Validated;
use crate::eval::{average_precisions, group_means};
use crate::method::score::{Fusion, host_values};
use crate::method::student::{Calibration, Student};
use crate::train::features::FeatureStore;
use crate::train::loader::{Item, Loader, on_threads};
use crate::train::stage1::{Stage1, rows};
use crate::train::stage2::CachedBatch;
use burn::tensor::Device;

/// Pictures that a student encodes at once.
pub(super) const ENCODED_AT_ONCE: usize = 16;

/// Pictures whose cached features are scored at once.
const SCORED_AT_ONCE: usize = 64;

/// A model as it scores pictures outside training.
pub(super) struct Inference {
    pub student: Student,
    pub calibration: Calibration,
    pub text: TextPair,
}

/// The validation split where features change with every step.
pub(crate) struct Validation {
    parts: usize,
    loader: Loader,
    truth: Vec<i8>,
    positives: Vec<usize>,
}

impl Validation {
    /// The job's validation pictures, read as the stage reads its own.
    pub fn new(stage: &Stage1, job: &StageJob<'_>) -> Self {
        let loader = Loader {
            items: job.val.items.clone(),
            teacher: None,
            ..stage.loader.clone()
        };
        Self {
            parts: job.compute.parts(),
            loader,
            truth: job.val.truth.clone(),
            positives: job.train.positives(job.config.labels.len()),
        }
    }

    /// Reads other pictures the same way.
    pub fn loader_of(&self, items: &[Item]) -> Loader {
        Loader {
            items: items.to_vec(),
            ..self.loader.clone()
        }
    }

    /// Measures a model.
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn measure(&self, stage: &Stage1, model: &Inference) -> Result<Validated, Failure> {
        let classes = self.positives.len();
        let all: Vec<usize> = (0..self.loader.items.len()).collect();
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for batch in all.chunks(ENCODED_AT_ONCE) {
            let pixels = self.loader.load(batch, None);
            if pixels.kept.is_empty() {
                continue;
            }
            truth.extend(rows(&self.truth, classes, &pixels.kept));
            let found = on_threads(pixels.split(self.parts, SMALLEST_PART), |part| {
                let scores = stage
                    .scores_with(&model.student, &part, model.text.clone(), &stage.device)?
                    .0;
                host_values(scores.fused)
            });
            for values in found {
                scores.extend(values?);
            }
        }
        let offset = host_values(model.calibration.tensors().1)?;
        Ok(validated(&scores, &truth, &self.positives, offset.first().copied()))
    }
}

/// Fused scores `[pictures, classes]` measured by group of training frequency; `offset` is the score of probability 0.5.
pub(crate) fn validated(scores: &[f32], truth: &[i8], train_positives: &[usize], offset: Option<f32>) -> Validated {
    let classes = train_positives.len();
    let ap = average_precisions(scores, truth, classes);
    let share = |c: usize| {
        let known: Vec<i8> = (truth.iter().skip(c).step_by(classes).copied())
            .filter(|t| *t >= 0)
            .collect();
        let positives = known.iter().filter(|t| **t == 1).count();
        (positives > 0).then(|| 100.0 * positives as f64 / known.len() as f64)
    };
    let shares: Vec<f64> = (0..classes).filter_map(share).collect();
    let given = offset.map_or(0, |offset| scores.iter().filter(|s| **s >= offset).count());
    Validated {
        map: group_means(&ap, &groups(train_positives)),
        chance: shares.iter().sum::<f64>() / shares.len().max(1) as f64,
        given: given as f64 / scores.len().max(1) as f64,
    }
}

/// Host scores of pictures, each `[pictures, classes]`.
#[derive(Default)]
pub(crate) struct HostScores {
    /// s.
    pub fused: Vec<f32>,
    /// sG.
    pub global: Vec<f32>,
    /// sL.
    pub local: Vec<f32>,
    /// Indices of the pictures that were scored.
    pub kept: Vec<usize>,
}

/// Scores pictures from cached features, and their truth (`labels` columns) in the same order.
///
/// # Errors
/// [`Failure`] where the device fails.
pub(crate) fn cached_scores(
    store: &FeatureStore,
    pictures: &Pictures,
    labels: usize,
    text: &TextPair,
    fusion: Fusion,
    device: &Device,
) -> Result<(HostScores, Vec<i8>), Failure> {
    let all: Vec<usize> = (0..pictures.items.len()).collect();
    let mut host = HostScores::default();
    let mut truth = Vec::new();
    for indices in all.chunks(SCORED_AT_ONCE) {
        let batch = CachedBatch::read(store, &pictures.items, indices);
        if batch.kept().is_empty() {
            continue;
        }
        let scores = batch.scores(store.embed(), text.clone(), fusion, device)?;
        host.fused.extend(host_values(scores.fused)?);
        host.global.extend(host_values(scores.global)?);
        host.local.extend(host_values(scores.local)?);
        truth.extend(rows(&pictures.truth, labels, batch.kept()));
        host.kept.extend_from_slice(batch.kept());
    }
    Ok((host, truth))
}
