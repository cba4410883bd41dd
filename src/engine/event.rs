//! Events: what a job tells its reader. Their JSON form is the contract of `--json`.

use crate::dataset::formats::{ExportReport, Preview};
use crate::eval::GroupMeans;
use crate::project::{DuplicateGroup, ImportDiff, Overview, RelinkPlan, SplitRecord};
pub use crate::tagging::Tag;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
        /// Why.
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
    },
    /// A picture has its labels.
    Tags(Tags),
    /// What was written, or would be.
    Written {
        /// The file or folder.
        path: String,
        /// What happened to it, for people.
        what: String,
        /// Whether it was only looked at (`--dry-run`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dry_run: bool,
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
    Bench {
        /// The benchmark.
        name: String,
        /// Numbers by name.
        values: BTreeMap<String, f64>,
    },
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
        /// Groups of copies; those that lie in several splits leak from one into the other.
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
        /// 1, 2, or 3 for both at once.
        stage: u8,
        /// Steps already done, when it goes on.
        #[serde(default, skip_serializing_if = "is_zero")]
        resumed_at: usize,
    },
    /// A training step.
    Step {
        /// 1, 2, or 3 for both at once.
        stage: u8,
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
        /// 1, 2, or 3 for both at once.
        stage: u8,
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
        /// 1, 2, or 3 for both at once.
        stage: u8,
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
        /// 1, 2, or 3 for both at once.
        stage: u8,
        /// From 0.
        epoch: usize,
        /// The file: see docs/training.md.
        path: String,
    },
    /// Metrics of a model on a split.
    Metrics(Metrics),
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
    },
    /// Something that the user should know; the job goes on.
    Warning {
        /// A stable word for programs.
        code: String,
        /// For people.
        message: String,
    },
    /// How far a phase is.
    Progress {
        /// For people, for example `encoding pictures`.
        phase: String,
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

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Scores of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// As given.
    pub image: String,
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Patches down and across.
    pub grid: [usize; 2],
    /// Weight of the global view.
    pub alpha: f64,
    /// K.
    pub top_k: usize,
    /// In the order given.
    pub labels: Vec<LabelScore>,
}

/// The score of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// s, a cosine.
    pub score: f32,
    /// sG.
    pub global: f32,
    /// sL.
    pub local: f32,
    /// Uncalibrated probability of an untrained CLIP: sigmoid(S*(s - s_0)), s_0 the score of "a photo.".
    pub probability: f32,
    /// The top K, by falling similarity.
    pub patches: Vec<PatchEvidence>,
}

/// One patch of the top K.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchEvidence {
    /// Row of the grid.
    pub row: usize,
    /// Column of the grid.
    pub col: usize,
    /// Cosine with the label's local text embedding.
    pub similarity: f32,
    /// x0, y0, x1, y1 in pixels of the picture as shown.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
}

/// A model in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// What `--model` takes.
    pub name: String,
    /// For people.
    pub title: String,
    /// In one sentence.
    pub good_for: String,
    /// Of the weights.
    pub licence: String,
    /// Bytes on the disk, or about how many the download has.
    pub bytes: u64,
    /// Whether it has a text tower: a CLIP, not an image model alone.
    pub clip: bool,
    /// Side of the input in pixels; 0 where it is not known.
    pub image_size: usize,
    /// Side of a patch in pixels; 0 where it is not known.
    pub patch: usize,
    /// Where it is, if it is here.
    pub path: Option<String>,
    /// Files for which the source declares no checksum.
    pub unverified: Vec<String>,
}

/// The labels of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// The picture.
    pub image: String,
    /// At or above the label's threshold, by falling probability.
    pub tags: Vec<Tag>,
    /// Where asked for: everything behind the tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<TagEvidence>,
}

/// What a window shows of a tagged picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagEvidence {
    /// Width as shown, in pixels.
    pub width: u32,
    /// Height as shown, in pixels.
    pub height: u32,
    /// Probability of every label, in the tagger's order.
    pub probability: Vec<f32>,
    /// For every label the boxes (x0, y0, x1, y1, in pixels of the picture as shown) of its best patches with their similarity.
    pub patches: Vec<Vec<([f32; 4], f32)>>,
}

/// A warning of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportWarning {
    /// A stable word for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// The line it is about.
    pub line: Option<usize>,
}

/// Positives of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelCounts {
    /// The label.
    pub label: String,
    /// In the training split.
    pub train: usize,
    /// In the validation split.
    pub val: usize,
    /// In the test split.
    pub test: usize,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub run: String,
    /// 1 or 2.
    pub stage: u8,
    /// `running`, `stopped`, `interrupted`, `failed` or `done`.
    pub state: String,
}

/// A check of `doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// Numbers or the reason.
    pub detail: String,
}

/// Metrics; all in percent but thresholds and counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// `zero-shot` or a run's id.
    pub run: String,
    /// The split measured on.
    pub split: String,
    /// Pictures measured.
    pub images: usize,
    /// Mean average precision.
    pub map: GroupMeans,
    /// CF1 at the labels' probability thresholds.
    pub cf1: f64,
    /// OF1 at the labels' probability thresholds.
    pub of1: f64,
    /// CF1 of the three best-scored labels of each picture.
    pub cf1_top3: f64,
    /// OF1 of the three best-scored labels of each picture.
    pub of1_top3: f64,
    /// Precision and recall over classes and over all labels.
    pub cp: f64,
    /// See `cp`.
    pub cr: f64,
    /// See `cp`.
    pub op: f64,
    /// See `cp`.
    pub or: f64,
    /// How often a true label's best patch lies in its box (pointing game); `None` where the data has no boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointing: Option<f64>,
    /// Each label.
    pub per_class: Vec<ClassMetrics>,
}

/// Metrics of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The label.
    pub label: String,
    /// Average precision in percent; `None` without a positive.
    pub ap: Option<f64>,
    /// Positives in the split measured on.
    pub positives: usize,
    /// Positives in the training split.
    pub train_positives: usize,
    /// `head`, `medium` or `tail`.
    pub group: String,
    /// Probability from which the label is given.
    pub threshold: f32,
}

/// See [`Event::FewShot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    /// Training pictures of each label at least, K.
    pub shots: usize,
    /// The way of learning.
    pub way: String,
    /// Training pictures, on average over the draws.
    pub images: f64,
    /// mAP on the test pictures in percent, on average over the draws.
    pub map: f64,
    /// mAP of each draw.
    pub maps: Vec<f64>,
}

/// A stage in words: 1, 2, or 3 for both at once.
pub fn stage_name(stage: u8) -> &'static str {
    match stage {
        1 => "Stage 1",
        2 => "Stage 2",
        _ => "Both at once",
    }
}

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
    /// 1, 2, or 3 for both at once.
    pub stage: u8,
    /// Passes over the pictures.
    pub epochs: usize,
    /// Pictures a step.
    pub batch: usize,
    /// Steps.
    pub steps: usize,
    /// Seconds, with looking at the pictures before it; `None` where too few steps could be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}
