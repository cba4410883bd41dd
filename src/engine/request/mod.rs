//! Requests: what a job is asked to do.

mod bench;
mod labels;
mod models;
mod project;
mod score;
mod split;
mod tag;
mod train;

pub use crate::tagging::model::BY_HAND;
pub use bench::{BenchFewShot, BenchImport, BenchTag, BenchUnits};
pub use labels::{EditLabel, LabelEdit};
pub use models::{ExportModel, FetchModel, ModelFormat, ModelPlace};
pub use project::{ExportLabels, ExportXmp, ProjectAdd, ProjectNew, Relink};
pub use score::{CompareRequest, DRAWS, EvaluateRequest, PredictRequest, ScoreRequest, ThresholdsRequest};
pub use split::{Scheme, SplitRequest};
pub use tag::{RemoveTags, TagRequest, TagSource, TagWrite, TaggedPicture, WriteTags};
pub use train::{DemoRequest, Stages, StarterRequest, TrainRequest};

use crate::dataset::formats::ImportRequest;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Request {
    /// Dual-view scores of an untrained CLIP.
    Score(ScoreRequest),
    /// Makes a project from data.
    ProjectNew(ProjectNew),
    /// What an import would bring; writes nothing.
    ProjectPreview {
        /// What to import.
        import: ImportRequest,
        /// Pictures to show.
        rows: usize,
    },
    /// Imports into a project that exists: merges, and tells the difference.
    ProjectAdd(ProjectAdd),
    /// Looks at the content of pictures: damage, copies, leakage between splits.
    ProjectCheck {
        /// The project's folder.
        project: PathBuf,
    },
    /// Finds pictures that were moved.
    Relink(Relink),
    /// Writes what the imports found to a file.
    ProjectReport {
        /// The project's folder.
        project: PathBuf,
        /// A new file; a table where it ends in `.csv`.
        out: PathBuf,
    },
    /// Frequencies, co-occurrence, sizes.
    Overview {
        /// The project's folder.
        project: PathBuf,
    },
    /// Writes a project's labels in another format.
    Export(ExportLabels),
    /// Writes a project's labels into XMP sidecars beside the pictures.
    ExportXmp(ExportXmp),
    /// Changes a label.
    EditLabel(EditLabel),
    /// What a project holds.
    ProjectInfo {
        /// The project's folder.
        project: PathBuf,
    },
    /// Makes splits.
    Split(SplitRequest),
    /// Trains one stage or both.
    Train(TrainRequest),
    /// Tells what a training would do; trains nothing.
    Plan(TrainRequest),
    /// Measures a model.
    Evaluate(EvaluateRequest),
    /// Chooses the probability from which each label is given, and keeps it with a run.
    Thresholds(ThresholdsRequest),
    /// Measures two models on the same pictures.
    Compare(CompareRequest),
    /// Scores all pictures of a project and keeps the results in it.
    Predict(PredictRequest),
    /// Draws the demo's pictures and makes its project, without training.
    DemoData(DemoRequest),
    /// Draws, trains and measures the demo.
    Demo(DemoRequest),
    /// What a checkpoint is.
    InspectModel {
        /// File or folder.
        path: PathBuf,
    },
    /// Checks the machine.
    Doctor,
    /// Trains the built-in model.
    Starter(StarterRequest),
    /// Gives pictures their labels, and writes them down.
    Tag(TagRequest),
    /// Writes given tags down, without looking at the pictures.
    WriteTags(WriteTags),
    /// Takes the tags that this program wrote out of sidecars.
    RemoveTags(RemoveTags),
    /// Writes a trained model for others to use.
    ExportModel(ExportModel),
    /// Known models, and which are here.
    ModelList(ModelPlace),
    /// Downloads a known model.
    ModelFetch(FetchModel),
    /// Gives a checkpoint on the disk a name.
    ModelAdd {
        /// File or folder.
        path: PathBuf,
        /// Its name.
        name: String,
        /// Where models are kept.
        place: ModelPlace,
    },
    /// Removes a model.
    ModelRemove {
        /// Its name.
        name: String,
        /// Where models are kept.
        place: ModelPlace,
    },
    /// Measures an import at scale.
    BenchImport(BenchImport),
    /// Measures tagging against the speed of its parts.
    BenchTag(BenchTag),
    /// Measures units of work side by side.
    BenchUnits(BenchUnits),
    /// Compares training with few pictures of each label against simpler ways.
    BenchFewShot(BenchFewShot),
}

impl Request {
    /// Drops long lists, for a request that was carried out and is only kept for the log.
    pub fn shed(&mut self) {
        match self {
            Self::Tag(request) if !request.watch => request.paths = Vec::new(),
            Self::WriteTags(request) => request.items = Vec::new(),
            Self::RemoveTags(request) => request.paths = Vec::new(),
            _ => {}
        }
    }

    /// Whether the job computes with tensors, and so belongs on the chosen device.
    pub fn computes(&self) -> bool {
        matches!(
            self,
            Self::Score(_)
                | Self::Train(_)
                | Self::Plan(_)
                | Self::Evaluate(_)
                | Self::Thresholds(_)
                | Self::Compare(_)
                | Self::Doctor
                | Self::Starter(_)
                | Self::Demo(_)
                | Self::Predict(_)
                | Self::Tag(_)
                | Self::BenchTag(_)
                | Self::BenchUnits(_)
                | Self::BenchFewShot(_)
                | Self::ExportModel(_)
        )
    }
}
