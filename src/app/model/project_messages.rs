//! What is asked of the thread that owns the open project, and what it answers.

use super::catalog::{Catalog, RunMeasure};
use super::predicted::Predicted;
use crate::dataset::model::{ImportReport, Split, Truth};
use crate::engine::Failure;
use crate::engine::scorer::{PictureScores, Scorer};
use crate::project::{
    Bin, BoxRow, DuplicateGroup, EditGroup, LabelNode, LabelRow, LabelValue, Overview, Run, SplitRecord,
};
use std::sync::Arc;

/// What the window asks of the project.
#[derive(Clone, Debug, PartialEq)]
pub enum ProjectRequest {
    /// Give a label on pictures a value; one step of undo.
    SetLabel {
        /// Ids.
        pictures: Vec<i64>,
        /// The label's id.
        label: i64,
        /// Its new value.
        truth: Truth,
    },
    /// Take the newest step back.
    Undo,
    /// Do the step again that was taken back last.
    Redo,
    /// Load the predictions of a run, and show them from now on.
    Predictions(String),
    /// Read runs and measures again: a job has ended. A run: show its predictions from now on.
    Refresh(Option<String>),
    /// Everything about one picture.
    Examine(i64),
    /// A new label, after the others.
    AddLabel(String),
    /// Keep a setting.
    Setting(String, String),
    /// What the pages of the data ask for.
    Data(DataRequest),
    /// Compare the runs again: labels or splits have changed.
    Compare,
    /// Give the runs of a training (ids) a name; an empty one takes it away.
    NameRuns(Vec<String>, String),
    /// Delete the runs of a training (ids).
    DeleteRuns(Vec<String>),
}

/// What comes back.
#[derive(Debug)]
pub enum ProjectReply {
    /// The project is open.
    Opened(Box<Catalog>, Option<Arc<Scorer>>),
    /// It could not be opened.
    NotOpened(Failure),
    /// Labels of some pictures have other values.
    Values(ValuesNow),
    /// The predictions of a run.
    Predictions {
        predicted: Predicted,
        /// What scored them.
        scorer: Option<Arc<Scorer>>,
    },
    /// The runs as they are now.
    Runs(Vec<Run>),
    /// Labels have come, gone, or changed.
    Labels(LabelsNow),
    /// How the runs with predictions do, the untrained model first.
    Compared(Vec<RunMeasure>),
    /// Everything about one picture.
    Examined(Box<Examined>),
    /// For the pages of the data.
    Data(DataReply),
    /// Undo or redo changed labels on these pictures (ids): they come into view.
    Changed(Vec<i64>),
    /// An order failed.
    Failed {
        /// What was asked for, for people.
        what: &'static str,
        /// Why it failed.
        failure: Failure,
    },
}

/// Values of labels on some pictures, as they are now.
#[derive(Debug)]
pub struct ValuesNow {
    /// Id, truth `[labels]`, whether a person edited it.
    pub rows: Vec<(i64, Vec<i8>, bool)>,
    /// The step that undo would take back.
    pub undo: Option<EditGroup>,
    /// The step that redo would do again.
    pub redo: Option<EditGroup>,
    /// What was done, for people.
    pub said: String,
}

/// All labels as they are now, and everything that has a column for each.
#[derive(Debug)]
pub struct LabelsNow {
    /// In order.
    pub labels: Vec<LabelRow>,
    /// As in the catalog.
    pub truth: Vec<i8>,
    /// Of the run that is shown.
    pub predicted: Predicted,
    /// The step that undo would take back.
    pub undo: Option<EditGroup>,
    /// The step that redo would do again.
    pub redo: Option<EditGroup>,
    /// What was done, for people.
    pub said: String,
}

/// What the inspector needs of a picture.
#[derive(Debug, Default)]
pub struct Examined {
    pub id: i64,
    /// Its scores by the run that is shown; `None` where it was not scored.
    pub scores: Option<Arc<PictureScores>>,
    /// Boxes of the source.
    pub boxes: Vec<BoxRow>,
    /// Who said what.
    pub values: Vec<LabelValue>,
}

/// A change of a label, by ids. Each is one step of undo.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelChange {
    /// Another name; labels below go along.
    Rename(i64, String),
    /// Another name for a level that is no label itself.
    RenameLevel(String, String),
    /// Everything of the first becomes the second's.
    Merge(i64, i64),
    /// Merges by name, after an import: the one that goes, the one that stays.
    MergeNamed(Vec<(String, String)>),
    /// The label on these pictures becomes a new one.
    Split {
        label: i64,
        /// The new one's name.
        name: String,
        /// Ids.
        pictures: Vec<i64>,
    },
    /// Red, green, blue; `None`: the program's choice.
    Colour(i64, Option<[u8; 3]>),
    /// What it means, for people.
    Describe(i64, Option<String>),
    /// What CLIP reads instead of the name.
    Words(i64, Option<String>),
    /// To a place in the order, from 0.
    Move(i64, usize),
    /// It goes.
    Delete(i64),
}

/// What the pages of the data ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum DataRequest {
    /// The data in numbers.
    Overview,
    /// The pictures behind a number, and its name.
    PicturesOf(Bin, String),
    Label(LabelChange),
    /// The labels as a tree.
    Tree,
    /// What imports and checks found.
    Report,
    SplitsMade,
    /// Labels and splits again: a job changed them. What was done, for people.
    Reload(String),
}

/// The labels as a tree, and which may be one.
#[derive(Clone, Debug, Default)]
pub struct LabelsInfo {
    /// Depth first.
    pub tree: Vec<LabelNode>,
    /// Groups of ids whose names differ only in case, spaces and accents.
    pub similar: Vec<Vec<i64>>,
}

/// What imports and checks found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What each import found, oldest first.
    pub imports: Vec<ImportReport>,
    /// Pictures that the check could not read: name and reason.
    pub unusable: Vec<(String, String)>,
    /// Groups of copies among the pictures that were checked.
    pub copies: Vec<DuplicateGroup>,
    /// Names of pictures whose files are gone, and where they were.
    pub missing: Vec<(String, String)>,
    /// Pictures that were not checked yet.
    pub unchecked: usize,
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum DataReply {
    /// The data in numbers.
    Overview(Box<Overview>),
    /// The pictures behind a number.
    PicturesOf(String, Vec<i64>),
    Tree(LabelsInfo),
    /// What imports and checks found.
    Report(Box<Report>),
    /// The splits that were made, oldest first.
    SplitsMade(Vec<SplitRecord>),
    /// The split of each picture, and those that a person changed, by ids.
    Pictures {
        /// Id and split.
        splits: Vec<(i64, Option<Split>)>,
        /// Ids.
        edited: Vec<i64>,
    },
}
