//! What the inspector computes of a picture in each frame from its cached numbers.

use crate::app::catalog::Catalog;
use crate::app::state::Inspect;
use crate::app::widgets::overlay::{Grid, Layer};
use crate::engine::scorer::{PictureScores, Scorer};
use crate::explain::LabelEvidence;
use eframe::egui::Color32;
use std::sync::Arc;

/// Everything that the inspector shows of a picture, computed anew in each frame from the cached numbers.
pub struct View {
    /// What scores.
    pub scorer: Arc<Scorer>,
    /// The picture's numbers.
    pub scores: Arc<PictureScores>,
    /// Weight of the whole picture.
    pub alpha: f64,
    /// K.
    pub top_k: usize,
    /// Evidence of each label.
    pub evidence: Vec<LabelEvidence>,
    /// Probability of each label.
    pub probability: Vec<f32>,
    /// Threshold of each label.
    pub threshold: Vec<f32>,
    /// Score of the neutral prompt (untrained CLIP).
    pub neutral: f32,
}

impl View {
    /// Scores a picture with the inspector's settings.
    pub fn of(inspect: &Inspect, catalog: &Catalog, scorer: &Arc<Scorer>) -> Option<Self> {
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
        let probability = evidence
            .iter()
            .map(|e| config.probability.of(e.fused, neutral))
            .collect();
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
    pub fn adds(&self, label: usize, similarity: f32) -> f32 {
        (1.0 - self.alpha) as f32 * similarity / self.evidence[label].patches.len().max(1) as f32
    }

    /// Labels by falling probability.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probability.len()).collect();
        order.sort_by(|a, b| self.probability[*b].total_cmp(&self.probability[*a]).then(a.cmp(b)));
        order
    }

    /// Where patches lie on a picture of this size.
    pub fn grid(&self, picture: [u32; 2]) -> Grid {
        let config = &self.scorer.config;
        Grid {
            geometry: config.key.preprocess.geometry(picture[0], picture[1]),
            picture,
            side: config.grid,
            patch: config.patch,
        }
    }

    /// What is drawn of a label.
    pub fn layer(&self, label: usize, color: Color32) -> Layer {
        Layer::of(&self.scores.similarity[label], &self.evidence[label].patches, color)
    }
}

fn same_labels(config: &crate::engine::scorer::ScorerConfig, catalog: &Catalog) -> bool {
    config.labels.len() == catalog.labels.len()
        && config
            .labels
            .iter()
            .zip(&catalog.labels)
            .all(|(id, label)| *id == label.id)
}
