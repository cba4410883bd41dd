//! How well a model does.

use crate::eval::GroupMeans;
use serde::{Deserialize, Serialize};

/// Metrics; all in percent but thresholds and counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// `zero-shot` or a run's id.
    pub run: String,
    /// The split measured on.
    pub split: String,
    /// Pictures measured.
    pub images: usize,
    /// Mean average precision.
    pub map: GroupMeans,
    /// CF1 at the labels' probability thresholds.
    pub cf1: f64,
    /// OF1 at the labels' probability thresholds.
    pub of1: f64,
    /// CF1 of the three best-scored labels of each picture.
    pub cf1_top3: f64,
    /// OF1 of the three best-scored labels of each picture.
    pub of1_top3: f64,
    /// Precision and recall over classes and over all labels.
    pub cp: f64,
    /// See `cp`.
    pub cr: f64,
    /// See `cp`.
    pub op: f64,
    /// See `cp`.
    pub or: f64,
    /// How often a true label's best patch lies in its box (pointing game); `None` where the data has no boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointing: Option<f64>,
    /// What of the run is damaged, so that something else was measured in its place (`--allow-fallback`); empty where the run was
    /// measured as its record names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// Each label.
    pub per_class: Vec<ClassMetrics>,
}

/// Metrics of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The label.
    pub label: String,
    /// Average precision in percent; `None` without a positive.
    pub ap: Option<f64>,
    /// Positives in the split measured on.
    pub positives: usize,
    /// Positives in the training split.
    pub train_positives: usize,
    /// `head`, `medium` or `tail`.
    pub group: String,
    /// Probability from which the label is given.
    pub threshold: f32,
}

/// See [`Event::FewShot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    /// Training pictures of each label at least, K.
    pub shots: usize,
    /// The way of learning.
    pub way: String,
    /// Training pictures, on average over the draws.
    pub images: f64,
    /// mAP on the test pictures in percent, on average over the draws.
    pub map: f64,
    /// mAP of each draw.
    pub maps: Vec<f64>,
}
