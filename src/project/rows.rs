//! What the store gives out.

use crate::dataset::model::{Split, Truth};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureRow {
    /// Its number in the project; stays the same.
    pub id: i64,
    /// Where the file is: as imported or, where the project and its pictures were moved together, beside the project.
    pub path: PathBuf,
    /// As the source names it.
    pub name: String,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    pub split: Option<Split>,
    /// The split that the source gave it.
    pub source_split: Option<Split>,
}

/// A label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelRow {
    /// Its number in the project; stays the same when it is renamed.
    pub id: i64,
    /// As people read it.
    pub name: String,
    /// What a prompt says instead of the name.
    pub prompt_words: Option<String>,
    /// For people: what it means, and what does not count.
    pub description: Option<String>,
    /// Red, green, blue, where one was chosen.
    pub colour: Option<[u8; 3]>,
    /// Its place among the labels, ascending, with gaps where labels were deleted.
    pub position: i64,
    /// The lowest probability at which it is predicted, where one was chosen.
    pub threshold: Option<f32>,
    /// Whether it is one of the labels that are held back in training, to be learned later.
    pub novel: bool,
}

/// Truth of pictures and labels, row-major.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMatrix {
    pub rows: usize,
    pub cols: usize,
    /// `[rows, cols]`: 1 positive, 0 negative, -1 unknown.
    pub values: Vec<i8>,
}

impl LabelMatrix {
    /// For each picture the columns that are positive, ascending.
    pub fn positives(&self) -> Vec<Vec<usize>> {
        let row = |r: usize| &self.values[r * self.cols..(r + 1) * self.cols];
        let columns = |values: &[i8]| {
            values
                .iter()
                .enumerate()
                .filter(|(_, v)| **v == 1)
                .map(|(c, _)| c)
                .collect()
        };
        (0..self.rows).map(|r| columns(row(r))).collect()
    }
}

/// Where a label value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// An import.
    Source,
    /// A person said so in this project.
    Human,
    /// A model suggests it; not truth.
    Machine,
}

/// What is known of a label on a picture, and from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelValue {
    pub label: i64,
    pub truth: Truth,
    pub provenance: Provenance,
}

/// A box of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxRow {
    pub label: i64,
    /// x, y, width, height in pixels of the picture as shown.
    pub bounds: [f32; 4],
}

/// What a run predicts of a label on a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictionRow {
    pub picture: i64,
    pub label: i64,
    /// The model's score, before calibration.
    pub score: f32,
    /// From 0 to 1.
    pub probability: f32,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A program works on it.
    Running,
    /// Stopped before its end; can be resumed.
    Stopped,
    /// At its end.
    Done,
    /// Ended by an error.
    Failed,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Running, Self::Stopped, Self::Done, Self::Failed];

    /// `running`, `stopped`, `done` or `failed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RunState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| format!("{text} is not a run's state"))
    }
}

/// A training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name, also of its folder: letters, digits, `-`, `_`, `.`.
    pub id: String,
    /// 1 or 2.
    pub stage: u8,
    /// Where it stands.
    pub state: RunState,
    /// When it was made, in Unix seconds.
    pub created: i64,
    /// Its settings.
    pub config: serde_json::Value,
    /// The run that it starts from.
    pub parent: Option<String>,
    /// Why it stopped or failed.
    pub error: Option<String>,
    /// The number of its training, from 1: both stages of one share it. 0 in a run that is to be stored begins a new one.
    pub training: usize,
    /// What a person calls its training.
    pub name: Option<String>,
}

/// What a project holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub images: usize,
    /// Pictures of each split that has any; pictures without a split are not counted.
    pub splits: BTreeMap<String, usize>,
    /// Labels in order.
    pub labels: Vec<LabelSummary>,
    /// Runs, oldest first.
    pub runs: Vec<RunSummary>,
}

/// Positives of a label in each split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSummary {
    pub label: String,
    /// Training pictures that have it.
    pub train: usize,
    /// Validation pictures that have it.
    pub val: usize,
    /// Test pictures that have it.
    pub test: usize,
}

/// A run in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    pub run: String,
    /// 1 or 2.
    pub stage: u8,
    /// Where it stands.
    pub state: RunState,
    /// What a person calls its training.
    pub name: Option<String>,
}
