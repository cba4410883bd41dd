//! What is told of a single picture: scores with their patches, tags.

use crate::tagging::Tag;
use serde::{Deserialize, Serialize};

/// Scores of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// As given.
    pub image: String,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Patches down and across.
    pub grid: [usize; 2],
    /// Weight of the global view.
    pub alpha: f64,
    /// K.
    pub top_k: usize,
    /// In the order given.
    pub labels: Vec<LabelScore>,
}

/// The score of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// s, a cosine.
    pub score: f32,
    /// sG.
    pub global: f32,
    /// sL.
    pub local: f32,
    /// Uncalibrated probability of an untrained CLIP: sigmoid(S*(s - s_0)), s_0 the score of "a photo.".
    pub probability: f32,
    /// The top K, by falling similarity.
    pub patches: Vec<PatchEvidence>,
}

/// One patch of the top K.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchEvidence {
    /// Row of the grid.
    pub row: usize,
    /// Column of the grid.
    pub col: usize,
    /// Cosine with the label's local text embedding.
    pub similarity: f32,
    /// x0, y0, x1, y1 in pixels of the picture as shown.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
}

/// The labels of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// The picture.
    pub image: String,
    /// At or above the label's threshold, by falling probability.
    pub tags: Vec<Tag>,
    /// Whether an interrupted batch had done it before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// Where asked for: everything behind the tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<TagEvidence>,
}

/// What a window shows of a tagged picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagEvidence {
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Probability of every label, in the tagger's order.
    pub probability: Vec<f32>,
    /// Where probabilities are not calibrated, the logarithm of the odds of every label: it tells those next to 1 apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_odds: Vec<f32>,
    /// For every label the boxes (x0, y0, x1, y1, in pixels of the picture as shown) of its best patches with their similarity.
    pub patches: Vec<Vec<([f32; 4], f32)>>,
}
