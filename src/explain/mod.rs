//! Why a label was given: scores of one picture from its features, on the host, with the very patches that made them.
//! Cheap enough to follow a slider, and the same numbers as training's.

use crate::method::evidence::top_k;
use serde::{Deserialize, Serialize};

/// A picture's L2-normalised features.
#[derive(Clone, Copy, Debug)]
pub struct PictureFeatures<'a> {
    /// `[embed]`.
    pub cls: &'a [f32],
    /// `[patches * embed]`.
    pub patches: &'a [f32],
    /// `[patches]`, true for a patch that must not enter the top K; empty for none.
    pub padding: &'a [bool],
}

/// A label's score and what it is made of; all are cosines (METHOD section 4).
#[derive(Clone, Debug, PartialEq)]
pub struct LabelEvidence {
    /// sG.
    pub global: f32,
    /// sL.
    pub local: f32,
    /// s = alpha sG + (1 - alpha) sL.
    pub fused: f32,
    /// The top K patches with their similarities, by falling similarity.
    pub patches: Vec<(usize, f32)>,
}

impl PictureFeatures<'_> {
    /// Similarity of every patch with a label's local text embedding, `[patches]`: what an overlay draws.
    pub fn similarities(&self, text_local: &[f32]) -> Vec<f32> {
        self.patches
            .chunks_exact(self.cls.len().max(1))
            .map(|f| dot(f, text_local))
            .collect()
    }

    /// The score of a label with its evidence.
    ///
    /// # Shapes
    /// - text_global, text_local: `[embed]`, L2-normalised
    pub fn evidence(&self, text_global: &[f32], text_local: &[f32], alpha: f64, k: usize) -> LabelEvidence {
        evidence(
            &self.similarities(text_local),
            self.padding,
            self.global(text_global),
            alpha,
            k,
        )
    }

    /// sG of a label.
    pub fn global(&self, text_global: &[f32]) -> f32 {
        dot(self.cls, text_global)
    }
}

/// The score of a label from its similarities with every patch, `[patches]`, and sG.
pub fn evidence(similarity: &[f32], padding: &[bool], global: f32, alpha: f64, k: usize) -> LabelEvidence {
    let padding = (!padding.is_empty()).then_some(padding);
    let chosen = top_k(|j| similarity[j], similarity.len(), k, padding);
    let local = chosen.iter().map(|j| f64::from(similarity[*j])).sum::<f64>() / chosen.len().max(1) as f64;
    LabelEvidence {
        global,
        local: local as f32,
        fused: (alpha * f64::from(global) + (1.0 - alpha) * local) as f32,
        patches: chosen.into_iter().map(|j| (j, similarity[j])).collect(),
    }
}

/// A cosine of normalised vectors, summed in f64.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>() as f32
}

/// How a score becomes a probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probability {
    /// By the learned scale and offset: sigmoid(g * (s - o)).
    Calibrated {
        /// Log of g.
        log_scale: f32,
        /// o.
        offset: f32,
    },
    /// By CLIP's own scale and the score of the neutral prompt: sigmoid(S * (s - s_0)).
    Uncalibrated {
        /// S.
        scale: f32,
    },
}

impl Probability {
    /// The probability of a label with score `s`; `neutral` is the neutral prompt's score of the same picture.
    pub fn of(self, s: f32, neutral: f32) -> f32 {
        probability(self.log_odds(s, neutral))
    }

    /// The logarithm of the odds of a label with score `s`: it tells labels apart whose probabilities are all next to 1.
    pub fn log_odds(self, s: f32, neutral: f32) -> f32 {
        match self {
            Self::Calibrated { log_scale, offset } => log_scale.exp() * (s - offset),
            Self::Uncalibrated { scale } => scale * (s - neutral),
        }
    }

    /// Whether a probability means what it says: it was fitted on pictures.
    pub fn is_calibrated(self) -> bool {
        matches!(self, Self::Calibrated { .. })
    }
}

/// The probability that belongs to the logarithm of odds.
pub fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Whether the middle of a patch box (x0, y0, x1, y1) lies in any of the object boxes (x, y, width, height): a hit of the
/// pointing game (Zhang et al., 2016).
pub fn points_at(patch: [f32; 4], objects: &[[f32; 4]]) -> bool {
    let (x, y) = (0.5 * (patch[0] + patch[2]), 0.5 * (patch[1] + patch[3]));
    objects
        .iter()
        .any(|o| x >= o[0] && x <= o[0] + o[2] && y >= o[1] && y <= o[1] + o[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evidence_is_the_score() {
        let picture = PictureFeatures {
            cls: &[1.0, 0.0],
            patches: &[0.6, 0.8, 1.0, 0.0, 0.0, 1.0, 0.8, 0.6],
            padding: &[false, true, false, false],
        };
        let e = picture.evidence(&[0.8, 0.6], &[1.0, 0.0], 0.25, 2);
        assert_eq!(
            e.patches.iter().map(|p| p.0).collect::<Vec<_>>(),
            [3, 0],
            "padding never enters"
        );
        let local = e.patches.iter().map(|p| p.1).sum::<f32>() / 2.0;
        assert!((e.local - local).abs() < 1e-6 && (e.global - 0.8).abs() < 1e-6);
        assert!((e.fused - (0.25 * 0.8 + 0.75 * local)).abs() < 1e-6);
    }

    #[test]
    fn the_middle_decides() {
        assert!(points_at([0.0, 0.0, 10.0, 10.0], &[[5.0, 5.0, 1.0, 1.0]]));
        assert!(!points_at([0.0, 0.0, 10.0, 10.0], &[[5.5, 0.0, 4.0, 10.0]]));
    }
}
