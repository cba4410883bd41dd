//! Settings that choose one of a few words.

use serde::{Deserialize, Serialize};

/// Numbers that features are cached in and, on a GPU that can, the image tower trains in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// 16-bit floats: cached features take half the space.
    F16,
}

/// Which epoch's parameters a run is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The last one's.
    Last,
    /// Those of the epoch with the highest mAP on the validation pictures; of equal ones the first.
    Best,
}

/// Which view of a picture the teacher sees in Stage 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KdView {
    /// The whole picture, once, from the feature cache.
    Cached,
    /// The same varied picture as the student, in every step.
    Same,
}

/// How much training pictures vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AugmentSet {
    /// Mirrored, cropped a little, colours shifted a little.
    Light,
    /// Cropped closer, colours shifted more, now and then grey or blurred.
    Strong,
    /// Not at all.
    None,
}

/// When the image tower begins to learn in joint training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfreeze {
    /// All of it after the prompts' first share.
    All,
    /// The heads first, then block by block from the top over half of the remaining steps.
    Gradual,
}
