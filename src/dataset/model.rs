//! What every importer produces and the project stores: pictures, labels, boxes, and the report of what was found.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Training pictures.
    Train,
    /// Validation pictures: settings are chosen on them.
    Val,
    /// Test pictures: looked at last.
    Test,
}

impl Split {
    /// All splits.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// `train`, `val` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// The split that a file or folder name announces: names that start with `train`, `val` or `test`, any case.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|split| name.starts_with(split.name()))
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|split| split.name() == text)
            .ok_or_else(|| format!("{text} is not a split; use train, val or test"))
    }
}

/// What it means that a source does not name a label for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// The label is not there.
    #[default]
    Negative,
    /// Nobody looked: kept out of losses and metrics.
    Unknown,
}

/// What is known about a label on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It is there.
    Positive,
    /// It is not there.
    Negative,
    /// Nobody knows.
    Unknown,
}

impl Truth {
    /// 1, 0 and -1, as losses and metrics take it.
    pub fn value(self) -> i8 {
        match self {
            Self::Positive => 1,
            Self::Negative => 0,
            Self::Unknown => -1,
        }
    }
}

/// A box around an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxAnnotation {
    /// Index into [`Dataset::labels`].
    pub label: usize,
    /// x, y, width, height in pixels of the picture **as shown** (after EXIF rotation), inside the picture.
    pub bounds: [f32; 4],
}

/// A picture with what the source says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Where the file is (absolute).
    pub path: PathBuf,
    /// As the source names it: for people and for lists; unique in a dataset.
    pub name: String,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// The source's split.
    pub split: Option<Split>,
    /// Indices of labels that are there, ascending, without repeats.
    pub positives: Vec<usize>,
    /// Indices of labels that the source says are not there (only where it says so).
    pub negatives: Vec<usize>,
    /// Indices of labels that the source says are not known (only where it says so).
    pub unknowns: Vec<usize>,
    /// Boxes, where the source has them.
    pub boxes: Vec<BoxAnnotation>,
}

/// What a source may say of a label beside its name. Only our own project has all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelDetails {
    /// What prompts say instead of the name.
    pub prompt_words: Option<String>,
    /// 0xRRGGBB.
    pub colour: Option<u32>,
    /// For people: what the label means, and what does not count.
    pub description: Option<String>,
}

/// Pictures and labels of a source, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Label names in the source's order. `A/B` is the label B below A.
    pub labels: Vec<String>,
    /// One for each label, or empty where the source says nothing of any.
    pub details: Vec<LabelDetails>,
    /// Pictures in data order.
    pub pictures: Vec<Picture>,
    /// What a label means that a picture does not mention.
    pub absent: Absent,
}

/// Something found in a source that the user should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable word for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// The line it is about, from 1.
    pub line: Option<usize>,
}

impl Warning {
    /// A warning about nothing in particular; set `file` and `line` where known.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            file: None,
            line: None,
        }
    }
}

/// A picture that cannot be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// An annotation file that cannot be read beside others that can: what it says is missing, and its pictures come with their labels
/// unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedsLook {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub reason: String,
}

/// What an import found; nothing is left out silently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Pictures imported.
    pub images: usize,
    /// Labels.
    pub labels: usize,
    /// Distinct image-label pairs that are positive.
    pub annotations: usize,
    /// Pictures of each split; those without one are not counted.
    pub splits: BTreeMap<String, usize>,
    /// Names in the source without a picture.
    pub unmatched: Vec<String>,
    /// Groups of pictures with the same content, by name.
    pub duplicates: Vec<Vec<String>>,
    /// Pictures that cannot be read.
    pub quarantined: Vec<Quarantined>,
    /// Files that look like pictures and were not taken, with the reason.
    #[serde(default)]
    pub left_out: Vec<Quarantined>,
    /// Annotation files that cannot be read.
    #[serde(default)]
    pub needs_look: Vec<NeedsLook>,
    /// Everything else.
    pub warnings: Vec<Warning>,
}
