//! Events: what a job tells its reader. Their JSON form is the contract of `--json`.

mod bench;
mod contexts;
mod listing;
mod metrics;
mod picture;
mod plan;
pub mod warnings;

pub use crate::tagging::Tag;
pub use bench::{Benchmark, UnitOfWork};
pub use contexts::{ContextChosen, ContextName, TriedContext};
pub use listing::{Check, ImportWarning, LabelCounts, ModelEntry, RunSummary};
pub use metrics::{
    ClassDifference, ClassMetrics, Comparison, Difference, FewShot, FittedThreshold, FittedThresholds, Flip, Flipped,
    GroupDifference, Metrics,
};
pub use picture::{LabelScore, PatchEvidence, Score, TagEvidence, Tags};
pub use plan::{PlannedStage, Proposed, TrainingPlan};

use super::Stage;
use crate::dataset::formats::{ExportReport, Preview};
use crate::eval::GroupMeans;
use crate::project::{DuplicateGroup, ImportDiff, Overview, RelinkPlan, SplitRecord};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// One message of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Scores and patch evidence of a picture.
    Score(Score),
    /// A picture that could not be used.
    Skipped {
        /// The picture.
        image: String,
        /// Why; where tags are given it does not repeat the picture's name.
        reason: String,
    },
    /// What gives the labels of the pictures that follow; only where their evidence is asked for.
    Tagger {
        /// For people.
        name: String,
        /// Its labels, in the order of the probabilities.
        labels: Vec<String>,
        /// From which probability each label is given.
        thresholds: Vec<f32>,
        /// How the thresholds were found, in words.
        found: String,
        /// Whether probabilities mean what they say.
        #[serde(default = "calibrated")]
        calibrated: bool,
    },
    /// A picture has its labels.
    Tags(Tags),
    /// What was written, or would be.
    Written {
        /// The file or folder.
        path: String,
        /// What happened to it, for people.
        what: String,
        /// Whether nothing was written (`--dry-run`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dry_run: bool,
        /// Whether the file was deleted, or would be.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        deleted: bool,
    },
    /// Known models.
    Models {
        /// Each.
        models: Vec<ModelEntry>,
    },
    /// A model is here.
    Fetched {
        /// Its name.
        name: String,
        /// Its folder or file.
        path: String,
        /// Its size.
        bytes: u64,
        /// Files for which the source declares no checksum.
        unverified: Vec<String>,
    },
    /// A table of tags that has no file to go to.
    Table {
        /// The table.
        text: String,
    },
    /// What a benchmark measured.
    Bench(Benchmark),
    /// What so many pictures of each label are worth to a way of learning.
    FewShot(FewShot),
    /// What a training would do.
    Plan(TrainingPlan),
    /// A batch of pictures has ended.
    Tagged {
        /// Pictures that were asked for.
        images: usize,
        /// Pictures with their labels.
        tagged: usize,
        /// Pictures that could not be read or written.
        skipped: usize,
        /// Pictures that an interrupted batch had done before.
        resumed: usize,
        /// How long it took.
        seconds: f64,
        /// See [`Event::Done`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fallback: Vec<String>,
    },
    /// An import has ended.
    Import {
        /// Pictures imported.
        images: usize,
        /// Labels.
        labels: usize,
        /// Distinct image-label pairs.
        annotations: usize,
        /// Pictures of each split.
        splits: BTreeMap<String, usize>,
        /// Names in the source without a picture.
        unmatched: Vec<String>,
        /// What else the user should know.
        warnings: Vec<ImportWarning>,
        /// The full report: duplicates, quarantined pictures.
        #[serde(default, flatten)]
        more: serde_json::Map<String, serde_json::Value>,
    },
    /// What an import would bring.
    Preview(Preview),
    /// What an import changes in a project that exists, before it does.
    ImportDiff {
        /// The difference.
        diff: ImportDiff,
        /// Whether it stays with that (`--dry-run`).
        dry_run: bool,
    },
    /// The content of pictures was checked.
    Check {
        /// Pictures of the project.
        images: usize,
        /// Pictures that were read now.
        checked: usize,
        /// Name and reason of each picture that cannot be used.
        unusable: Vec<(String, String)>,
        /// Groups of copies; those in several splits leak from one into the other.
        copies: Vec<DuplicateGroup>,
    },
    /// Pictures that were moved.
    Relink {
        /// Pictures whose new place was taken over.
        linked: usize,
        /// What was found.
        plan: RelinkPlan,
        /// Whether it stays with that (`--dry-run`).
        dry_run: bool,
    },
    /// Labels in another format.
    Exported {
        /// The new file or folder.
        path: String,
        /// What was written.
        #[serde(flatten)]
        report: ExportReport,
    },
    /// A project in numbers.
    Overview {
        /// The numbers.
        #[serde(flatten)]
        overview: Overview,
        /// Id and name of each label.
        names: Vec<(i64, String)>,
    },
    /// Labels were changed.
    Labels {
        /// What was done, for people.
        what: String,
        /// All labels now, in order.
        labels: Vec<String>,
    },
    /// Every split that was made.
    SplitHistory {
        /// Oldest first.
        splits: Vec<SplitRecord>,
    },
    /// A project's content.
    Project {
        /// Pictures.
        images: usize,
        /// Pictures of each split.
        splits: BTreeMap<String, usize>,
        /// Positives of each label by split.
        labels: Vec<LabelCounts>,
        /// Runs, oldest first.
        runs: Vec<RunSummary>,
        /// The project's model, if one was given.
        model: Option<String>,
    },
    /// Splits were made.
    Split {
        /// Pictures of each split.
        splits: BTreeMap<String, usize>,
        /// Names in a list without a picture.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unmatched: Vec<String>,
    },
    /// What a checkpoint is.
    Model {
        /// For example `huggingface`.
        layout: String,
        /// Side of the input in pixels.
        image_size: usize,
        /// Side of a patch in pixels.
        patch: usize,
        /// Width of the vision tower.
        width: usize,
        /// Blocks of the vision tower.
        layers: usize,
        /// Size of the shared embedding; 0 for an image model without one.
        embed: usize,
        /// Blocks of the text tower; 0 without one.
        text_layers: usize,
        /// Numbers in the checkpoint.
        parameters: usize,
        /// Attention heads of the vision tower.
        heads: usize,
        /// The vision tower's activation.
        activation: String,
        /// Mean of each colour channel.
        mean: [f32; 3],
        /// Standard deviation of each colour channel.
        std: [f32; 3],
    },
    /// The device and its checks.
    Device {
        /// `gpu` or `cpu`.
        kind: String,
        /// For people.
        name: String,
        /// What was checked.
        checks: Vec<Check>,
    },
    /// A run has begun or goes on.
    Run {
        /// Its id.
        run: String,
        /// Which stage.
        stage: Stage,
        /// Steps already done, when it goes on.
        #[serde(default, skip_serializing_if = "is_zero")]
        resumed_at: usize,
    },
    /// A training step.
    Step {
        /// Which stage.
        stage: Stage,
        /// From 0.
        epoch: usize,
        /// From 0 in the stage.
        step: usize,
        /// Total loss before the update.
        loss: f32,
        /// Classification loss.
        cls: f32,
        /// Distillation, unweighted (Stage 1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kd: Option<f32>,
        /// Semantic consistency, unweighted (Stage 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sc: Option<f32>,
        /// The heads' or prompts' learning rate.
        lr: f64,
        /// Speed.
        images_per_s: f64,
        /// Steps of the stage.
        steps: usize,
    },
    /// An epoch has ended.
    Epoch {
        /// Which stage.
        stage: Stage,
        /// From 0.
        epoch: usize,
        /// On the val split; `None` without one.
        map: Option<GroupMeans>,
        /// The best epoch so far; `None` without a val split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        best: Option<usize>,
    },
    /// A stage is done: which epoch's parameters it is used with.
    Kept {
        /// Which stage.
        stage: Stage,
        /// From 0.
        epoch: usize,
        /// Its mAP on the val split, in percent; `None` where it was not measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        map: Option<f64>,
        /// Whether it was chosen as the best, rather than being the last.
        best: bool,
        /// Whether the stage stopped early because no epoch was better for a while.
        #[serde(default)]
        stopped_early: bool,
    },
    /// `context=auto` has chosen what the run is used with.
    ContextChosen(ContextChosen),
    /// Alpha and calibration were chosen on the val split.
    Fitted {
        /// The run.
        run: String,
        /// The chosen weight of the whole picture.
        alpha: f64,
        /// mAP on the val split with it, in percent.
        map: f64,
        /// mAP with the alpha that was trained with, in percent.
        map_before: f64,
    },
    /// The evidence of the watched pictures after an epoch.
    Watched {
        /// Which stage.
        stage: Stage,
        /// From 0.
        epoch: usize,
        /// The file: see docs/training.md.
        path: String,
    },
    /// Metrics of a model on a split.
    Metrics(Box<Metrics>),
    /// Thresholds were chosen, and are kept with a run.
    Thresholds(FittedThresholds),
    /// Two models on the same pictures.
    #[serde(rename = "compare")]
    Comparison(Box<Comparison>),
    /// A step of the built-in model's training.
    StarterStep {
        /// From 0.
        step: usize,
        /// All steps.
        steps: usize,
        /// Total loss before the update.
        loss: f32,
        /// Captions against pictures.
        contrast: f32,
        /// Words against pictures.
        words: f32,
        /// Words against patches.
        patches: f32,
        /// Speed.
        images_per_s: f64,
    },
    /// The built-in model on held-out scenes like the demo's, zero-shot, in percent.
    StarterProbe {
        /// Steps done.
        step: usize,
        /// Mean average precision of the fused score.
        map: f64,
        /// Of the global view alone.
        global: f64,
        /// Of the local view alone.
        local: f64,
        /// How often a true label's best patch lies in its box, on the value path.
        pointing: f64,
        /// The same on the last block's tokens.
        pointing_token: f64,
    },
    /// A job has ended well.
    Done {
        /// The run it made, where it made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        /// The project it made (`demo`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
        /// The report it wrote (`demo`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<String>,
        /// How long it took.
        seconds: f64,
        /// Pictures that went through an image tower; cached ones do not.
        #[serde(default)]
        encoded: usize,
        /// What of the run is damaged, so that the result is of something else in its place (`--allow-fallback`); empty where the
        /// result is of what the run's record names.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fallback: Vec<String>,
    },
    /// Something that the user should know; the job goes on.
    Warning {
        /// A stable word for programs: see [`warnings`].
        code: String,
        /// For people.
        message: String,
    },
    /// How far a phase is.
    Progress {
        /// For people, for example `encoding pictures`.
        phase: String,
        /// What it is, where a reader shows it in a way of its own.
        #[serde(default, skip_serializing_if = "PhaseKind::is_other")]
        kind: PhaseKind,
        /// Parts done.
        done: usize,
        /// All parts.
        total: usize,
    },
    /// The job has failed.
    Error {
        /// What happened.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// Phases that a reader tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Any other.
    #[default]
    Other,
    /// Pictures go through a frozen image tower.
    Encoding,
    /// Steps of a training.
    Training,
    /// A model is downloaded.
    Downloading,
    /// Every picture so far is done; a watched folder is searched for new ones.
    Watching,
}

impl PhaseKind {
    fn is_other(&self) -> bool {
        *self == Self::Other
    }
}

/// Why a picture was skipped, for [`Event::Skipped`], which names the picture already: an error about its file begins with the file's
/// name, which is left out.
pub(crate) fn reason(image: &Path, error: &dyn fmt::Display) -> String {
    let words = error.to_string();
    let name = format!("{}: ", image.display());
    words.strip_prefix(&name).map(str::to_owned).unwrap_or(words)
}

/// Of programs that did not say so, taggers were.
fn calibrated() -> bool {
    true
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}
