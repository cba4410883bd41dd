//! The list of Tag as it is kept for the next start of the program.

use super::history::History;
use super::item::{Item, Standing};
use super::source::Source;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Everything of the list that cannot be computed again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Who gave the labels, for people.
    pub tagger: String,
    /// How the thresholds were found, in words.
    pub found: String,
    /// The tagger's labels.
    pub labels: Vec<String>,
    /// From which value each label is given.
    pub thresholds: Vec<f32>,
    /// The thresholds that it began with.
    pub fitted: Vec<f32>,
    /// Whether values are probabilities.
    pub calibrated: bool,
    /// The pictures.
    pub items: Vec<Item>,
    /// Changes by hand.
    pub history: History,
    /// What gave the labels.
    pub used: Option<Source>,
}

impl Kept {
    /// Whether there is anything to come back to.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Without what does not fit together: the file may be of another version or edited by hand.
    #[must_use]
    pub fn sane(mut self) -> Self {
        if self.thresholds.len() != self.labels.len() || self.fitted.len() != self.labels.len() {
            self.labels.clear();
            self.thresholds.clear();
            self.fitted.clear();
        }
        let labels = self.labels.len();
        for item in self.items.iter_mut().filter(|i| i.probability.len() != labels) {
            item.probability = Box::default();
            item.patches.clear();
            if item.standing == Standing::Tagged {
                item.standing = Standing::Waiting;
            }
        }
        self
    }
}

/// What is known of the list on the disk.
#[derive(Clone, Debug, Default)]
pub struct Keeping {
    /// The file; `None`: nothing is kept.
    pub file: Option<PathBuf>,
    /// Whether the file was read: before that it must not be replaced.
    pub read: bool,
    /// The version of the list that is on the disk.
    pub version: u64,
    /// A version that is not, and since when.
    pub changed: Option<(u64, Duration)>,
}
