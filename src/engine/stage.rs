//! Which stage of training a run is.

use super::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stage of training. Events, run folders and the project's store write it as a number: 1, 2, or 3 for both at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Stage {
    /// Dual-view alignment: the student learns, the prompts are fixed.
    #[default]
    One,
    /// Prompt tuning: the prompts learn, the student is frozen.
    Two,
    /// Student and prompts learn together.
    Joint,
}

/// A number that is no stage: of a newer version, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no stage of training")]
pub struct UnknownStage(pub u8);

impl Stage {
    /// The number that stands for it in JSON and in the project's store.
    pub fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Joint => 3,
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "Stage 1",
            Self::Two => "Stage 2",
            Self::Joint => "Both at once",
        }
    }

    /// Whether the image tower learns, so that features change with every step.
    pub fn trains_student(self) -> bool {
        self != Self::Two
    }

    /// Whether prompts learn.
    pub fn trains_prompts(self) -> bool {
        self != Self::One
    }
}

impl fmt::Display for Stage {
    /// The number: `stage 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

impl From<Stage> for u8 {
    fn from(stage: Stage) -> Self {
        stage.number()
    }
}

impl TryFrom<u8> for Stage {
    type Error = UnknownStage;

    fn try_from(number: u8) -> Result<Self, UnknownStage> {
        [Self::One, Self::Two, Self::Joint]
            .into_iter()
            .find(|stage| stage.number() == number)
            .ok_or(UnknownStage(number))
    }
}

impl From<UnknownStage> for Failure {
    fn from(error: UnknownStage) -> Self {
        Self::new(
            error.to_string(),
            "Use the newest version of Patchlight, or restore the project from a backup.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_numbers_in_json() {
        for (stage, text) in [(Stage::One, "1"), (Stage::Two, "2"), (Stage::Joint, "3")] {
            assert_eq!(serde_json::to_string(&stage).unwrap(), text);
            assert_eq!(serde_json::from_str::<Stage>(text).unwrap(), stage);
            assert_eq!(stage.to_string(), text);
        }
        assert!(serde_json::from_str::<Stage>("0").is_err() && serde_json::from_str::<Stage>("4").is_err());
    }
}
