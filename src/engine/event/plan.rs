//! What a training would do.

use crate::engine::Stage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See [`Event::Plan`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingPlan {
    /// Pictures to learn from.
    pub train: usize,
    /// Pictures to choose settings on.
    pub val: usize,
    /// Pictures to test on.
    pub test: usize,
    /// The command of the split that would be made first; `None` where the pictures are split, or stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Labels.
    pub labels: usize,
    /// Labels that no training picture has.
    pub without: usize,
    /// The device, for people.
    pub device: String,
    /// What the program proposes for these pictures, whether or not it is asked for.
    pub proposed: Vec<Proposed>,
    /// The settings that differ from the defaults, by name.
    pub settings: BTreeMap<String, String>,
    /// The stages, in order.
    pub stages: Vec<PlannedStage>,
    /// Seconds until the end, by a few steps that were tried; `None` where too few steps could be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// A setting that the program proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// The setting.
    pub name: String,
    /// Its value as the command line writes it.
    pub value: String,
    /// Why, for people.
    pub why: String,
}

/// A stage of a [`TrainingPlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Which stage.
    pub stage: Stage,
    /// Passes over the pictures.
    pub epochs: usize,
    /// Pictures a step.
    pub batch: usize,
    /// Steps.
    pub steps: usize,
    /// Trainings of which one is kept (`context=auto`); passes and steps are those of all of them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub trainings: usize,
    /// Seconds, with encoding the pictures before it; `None` where too few steps could be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

fn one() -> usize {
    1
}

fn is_one(n: &usize) -> bool {
    *n == 1
}
