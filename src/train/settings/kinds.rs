//! Settings that choose one of a few words.

use crate::method::prompts::ContextKind;
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

/// Whether labels share their learned context, or that this is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextChoice {
    /// Stage 2 trains each kind and keeps what does best on the validation pictures.
    Auto,
    /// One for all labels.
    Shared,
    /// One for each label.
    PerClass,
    /// One for each label, the further from the shared one the rarer the label.
    Rarity,
}

impl ContextChoice {
    /// The kind; `None` where it is to be chosen.
    pub fn kind(self) -> Option<ContextKind> {
        match self {
            Self::Auto => None,
            Self::Shared => Some(ContextKind::Shared),
            Self::PerClass => Some(ContextKind::PerClass),
            Self::Rarity => Some(ContextKind::Rarity),
        }
    }
}

impl From<ContextKind> for ContextChoice {
    fn from(kind: ContextKind) -> Self {
        match kind {
            ContextKind::Shared => Self::Shared,
            ContextKind::PerClass => Self::PerClass,
            ContextKind::Rarity => Self::Rarity,
        }
    }
}

/// How the pictures of a pass are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Every picture once.
    Uniform,
    /// Label by label, a few pictures of each: see [`sampler`](crate::train::sampler).
    ClassAware,
}

impl Sampler {
    /// As the command line writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::ClassAware => "class-aware",
        }
    }
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
