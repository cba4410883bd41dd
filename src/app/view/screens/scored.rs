//! What the inspector computes of a picture in each frame from its cached numbers.

use crate::app::model::catalog::Catalog;
use crate::app::model::inspector::Inspector;
use crate::app::view::theme;
use crate::app::view::widgets::overlay::{Grid, Layer};
use crate::engine::scorer::{PictureScores, Scorer, ScorerConfig};
use crate::explain::LabelEvidence;
use eframe::egui::Color32;
use std::sync::Arc;

/// A picture as the inspector's settings score it.
pub(super) struct ScoredPicture {
    pub(super) scorer: Arc<Scorer>,
    pub(super) scores: Arc<PictureScores>,
    /// Weight of the whole picture.
    pub(super) alpha: f64,
    /// How many patches speak for a label (K).
    pub(super) top_k: usize,
    /// Of each label, as the two after it.
    pub(super) evidence: Vec<LabelEvidence>,
    /// Or, of an untrained model, how high it stands among the pictures, from 0 to 1.
    pub(super) probability: Vec<f32>,
    pub(super) threshold: Vec<f32>,
    /// Score of the neutral prompt (untrained CLIP).
    pub(super) neutral: f32,
}

impl ScoredPicture {
    /// Scores a picture with the inspector's settings.
    pub(super) fn of(inspect: &Inspector, catalog: &Catalog, scorer: &Arc<Scorer>) -> Option<Self> {
        let scores = inspect.examined.as_ref()?.scores.clone()?;
        let config = &scorer.config;
        // The labels may have changed since the run was made.
        if config.labels.len() != scores.global.len() || !same_labels(config, catalog) {
            return None;
        }
        let alpha = inspect.alpha.unwrap_or(config.alpha);
        let top_k = inspect.top_k.unwrap_or(config.top_k);
        let evidence: Vec<LabelEvidence> = (0..scores.global.len())
            .map(|c| scores.evidence(c, alpha, top_k))
            .collect();
        let neutral = scores.neutral_score(alpha, top_k);
        // Scores of an untrained model are no probabilities: they stand somewhere among those of the other pictures.
        let probability = match &catalog.spread {
            Some(spread) => (evidence.iter().enumerate())
                .map(|(c, e)| spread.share(c, e.fused))
                .collect(),
            None => (evidence.iter())
                .map(|e| config.probability.of(e.fused, neutral))
                .collect(),
        };
        let threshold = (0..catalog.labels.len())
            .map(|c| inspect.threshold.unwrap_or_else(|| catalog.threshold(c)))
            .collect();
        Some(Self {
            scorer: scorer.clone(),
            scores,
            alpha,
            top_k,
            evidence,
            probability,
            threshold,
            neutral,
        })
    }

    /// What a patch of this similarity in the top K adds to a label's score: (1 - alpha) * similarity / K (METHOD section 4).
    pub(super) fn adds(&self, label: usize, similarity: f32) -> f32 {
        (1.0 - self.alpha) as f32 * similarity / self.evidence[label].patches.len().max(1) as f32
    }

    /// Labels by falling probability.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probability.len()).collect();
        order.sort_by(|a, b| self.probability[*b].total_cmp(&self.probability[*a]).then(a.cmp(b)));
        order
    }

    /// The place of a label among all of them, 1 for the most likely.
    pub(super) fn place(&self, label: usize) -> usize {
        let before = |c: &usize| {
            let order = self.probability[label].total_cmp(&self.probability[*c]);
            order.then(c.cmp(&label)).is_lt()
        };
        1 + (0..self.probability.len()).filter(before).count()
    }

    /// Where patches lie on a picture of this size.
    pub(super) fn grid(&self, picture: [u32; 2]) -> Grid {
        let config = &self.scorer.config;
        Grid {
            geometry: config.key.preprocess.geometry(picture[0], picture[1]),
            picture,
            side: config.grid,
            patch: config.patch,
        }
    }

    /// What is drawn of a label.
    pub(super) fn layer(&self, label: usize, color: Color32) -> Layer {
        Layer::of(&self.scores.similarity[label], &self.evidence[label].patches, color)
    }
}

fn same_labels(config: &ScorerConfig, catalog: &Catalog) -> bool {
    config.labels.len() == catalog.labels.len()
        && config
            .labels
            .iter()
            .zip(&catalog.labels)
            .all(|(id, label)| *id == label.id)
}

/// The chosen labels with their colours.
pub(super) fn colors(inspect: &Inspector, catalog: &Catalog) -> Vec<(usize, Color32)> {
    inspect
        .pinned
        .iter()
        .filter(|label| **label < catalog.labels.len())
        .enumerate()
        .map(|(slot, label)| (*label, theme::label_color(catalog.labels[*label].colour, slot)))
        .collect()
}
