//! Which learned context a Stage 2 run is used with.

use crate::method::prompts::ContextKind;
use crate::train::settings::Sampler;
use serde::{Deserialize, Serialize};

/// What `context=auto` found on the validation pictures. See [`Event::ContextChosen`](super::Event::ContextChosen).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextChosen {
    /// The run.
    pub run: String,
    /// What the run is used with.
    pub kept: ContextName,
    /// mAP of what the stage started from, in percent; `None` where nothing could be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
    /// What was trained and measured, in order; empty where nothing could be measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<TriedContext>,
    /// Why, in a sentence for people.
    pub why: String,
}

/// A context that was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedContext {
    /// Which.
    pub context: ContextName,
    /// How its pictures were drawn.
    pub sampler: Sampler,
    /// Its mAP, in percent, with the alpha that was best for it where alpha is chosen.
    pub map: f64,
}

/// What can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextName {
    /// The fixed prompts that the stage started from: nothing that was learned did better.
    Start,
    /// One context for all labels.
    Shared,
    /// One for each label, the further from the shared one the rarer the label.
    Rarity,
    /// One for each label.
    PerClass,
}

impl ContextName {
    /// The kind of context; `None`: it is no learned one.
    pub fn kind(self) -> Option<ContextKind> {
        match self {
            Self::Start => None,
            Self::Shared => Some(ContextKind::Shared),
            Self::Rarity => Some(ContextKind::Rarity),
            Self::PerClass => Some(ContextKind::PerClass),
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "no learned context",
            Self::Shared => "one context for all labels",
            Self::Rarity => "contexts by rarity",
            Self::PerClass => "a context for each label",
        }
    }
}

impl From<ContextKind> for ContextName {
    fn from(kind: ContextKind) -> Self {
        match kind {
            ContextKind::Shared => Self::Shared,
            ContextKind::Rarity => Self::Rarity,
            ContextKind::PerClass => Self::PerClass,
        }
    }
}
