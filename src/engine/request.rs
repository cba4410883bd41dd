//! Requests: what a job is asked to do.

use crate::clip::vision::PatchFeatures;
use crate::dataset::formats::{ExportRequest, ImportRequest};
use crate::dataset::model::Split;
use crate::dataset::preprocess::Mode;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    /// Compares training with few pictures of each label against simpler ways.
    BenchFewShot(BenchFewShot),
}

impl Request {
    /// Lets go of long lists: for a request that was carried out and is only remembered.
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
                | Self::Doctor
                | Self::Starter(_)
                | Self::Demo(_)
                | Self::Predict(_)
                | Self::Tag(_)
                | Self::BenchTag(_)
                | Self::BenchFewShot(_)
                | Self::ExportModel(_)
        )
    }
}

/// See [`Request::Score`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreRequest {
    /// Checkpoint: file, folder or known name.
    pub model: Option<String>,
    /// Labels, in order.
    pub labels: Vec<String>,
    /// Pictures, in order.
    pub images: Vec<PathBuf>,
    /// Templates, separated by `|`.
    pub template: String,
    /// Weight of the global view.
    pub alpha: f64,
    /// K; unset: scaled to the grid.
    pub top_k: Option<usize>,
    /// How a picture becomes a square.
    pub preprocess: Mode,
    /// Where patch features come from.
    pub patch_features: PatchFeatures,
    /// Side of the input; unset: the checkpoint's.
    pub input_size: Option<usize>,
}

/// See [`Request::ProjectNew`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProjectNew {
    /// The project's folder, to be made.
    pub project: PathBuf,
    /// What to import.
    pub import: ImportRequest,
    /// The project's model.
    pub model: Option<String>,
}

/// See [`Request::ProjectAdd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectAdd {
    /// The project's folder.
    pub project: PathBuf,
    /// What to import.
    pub import: ImportRequest,
    /// Tells the difference, and writes nothing.
    pub dry_run: bool,
}

/// See [`Request::Relink`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relink {
    /// The project's folder.
    pub project: PathBuf,
    /// Where the pictures were; unset: found out.
    pub from: Option<PathBuf>,
    /// Where they are now.
    pub to: PathBuf,
    /// Tells what would be found, and writes nothing.
    pub dry_run: bool,
}

/// See [`Request::Export`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportLabels {
    /// The project's folder.
    pub project: PathBuf,
    /// Format, place, and how pictures come along.
    pub export: ExportRequest,
    /// Only the pictures of these splits; empty: all.
    pub splits: Vec<Split>,
}

/// See [`Request::ExportXmp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportXmp {
    /// The project's folder.
    pub project: PathBuf,
    /// Only the pictures of these splits; empty: all.
    pub splits: Vec<Split>,
    /// `img.xmp` instead of `img.jpg.xmp`.
    pub stem: bool,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
}

/// See [`Request::EditLabel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditLabel {
    /// The project's folder.
    pub project: PathBuf,
    /// What to do.
    pub edit: LabelEdit,
}

/// A change of labels, by their names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum LabelEdit {
    /// A new label.
    Add {
        /// Its name.
        name: String,
    },
    /// Another name; labels below go along.
    Rename {
        /// The label.
        label: String,
        /// Its new name.
        to: String,
    },
    /// Everything of one label becomes another's.
    Merge {
        /// The label that goes.
        label: String,
        /// The label that stays.
        into: String,
    },
    /// A part of a label's pictures gets a label of its own.
    Split {
        /// The label.
        label: String,
        /// The new label.
        to: String,
        /// Names of the pictures.
        pictures: Vec<String>,
    },
    /// The label goes.
    Delete {
        /// The label.
        label: String,
    },
    /// What CLIP reads instead of the name.
    Words {
        /// The label.
        label: String,
        /// The words; unset: the name again.
        words: Option<String>,
    },
    /// What the label means, for people.
    Describe {
        /// The label.
        label: String,
        /// The text; unset: none.
        text: Option<String>,
    },
    /// The label's colour.
    Colour {
        /// The label.
        label: String,
        /// 0xRRGGBB; unset: the program's choice.
        colour: Option<u32>,
    },
    /// Another place in the order.
    Move {
        /// The label.
        label: String,
        /// From 0.
        place: usize,
    },
    /// Takes the last change of labels or values back.
    Undo,
    /// Does it again.
    Redo,
}

/// See [`Request::Split`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SplitRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// How.
    pub scheme: Scheme,
    /// Seed of the random schemes.
    pub seed: u64,
}

/// How splits are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case")]
pub enum Scheme {
    /// Random, stratified by label.
    Random {
        /// Shares of train, val and test.
        fractions: [f64; 3],
        /// Only pictures that have a label; the others are left without a split.
        #[serde(default)]
        labelled: bool,
    },
    /// Labelled pictures that are in no split join the training pictures; the others stay where they are.
    Join,
    /// A long tail cut from the training pictures.
    Pareto {
        /// Positives of the most frequent class.
        max: usize,
        /// Positives of the rarest class.
        min: usize,
        /// Exponent of the Pareto curve.
        exponent: f64,
    },
    /// Some labels are kept out of training: base and novel classes.
    BaseNovel {
        /// Share of the labels that are novel.
        fraction: f64,
    },
    /// Gives back the splits that were made before.
    Restore {
        /// Its number in the history.
        id: i64,
    },
    /// Tells every split that was made, with the command that makes it again; changes nothing.
    History,
    /// Writes train.txt, val.txt and test.txt; changes nothing.
    Export {
        /// A new folder.
        out: PathBuf,
    },
    /// K positives a class, as few pictures as possible.
    FewShot {
        /// K.
        shots: usize,
    },
    /// From list files.
    List {
        /// Training pictures.
        train: Option<PathBuf>,
        /// Validation pictures.
        val: Option<PathBuf>,
        /// Test pictures.
        test: Option<PathBuf>,
    },
}

/// Which stages to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stages {
    /// Dual-view alignment.
    #[serde(rename = "1")]
    One,
    /// Prompt tuning.
    #[serde(rename = "2")]
    Two,
    /// One after the other, as two runs.
    Both,
    /// Student and prompts together, as one run.
    Joint,
}

/// See [`Request::Train`] and [`Request::Plan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// What to train.
    pub stages: Stages,
    /// Checkpoint; unset: the parent run's, else the project's.
    pub model: Option<String>,
    /// Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// Run to go on with.
    pub resume: Option<String>,
    /// Settings file.
    pub config: Option<PathBuf>,
    /// `key=value` settings.
    pub set: Vec<String>,
    /// Seed of all random choices.
    pub seed: u64,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Steps between checkpoints; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Names of pictures whose evidence is kept after each epoch; empty: four are chosen.
    #[serde(default)]
    pub watch: Vec<String>,
    /// Whether what the program proposes for these pictures goes under `config` and `set`.
    #[serde(default)]
    pub propose: bool,
}

impl TrainRequest {
    /// Both stages with the project's model and default settings.
    pub fn new(project: &Path) -> Self {
        Self {
            project: project.to_owned(),
            stages: Stages::Both,
            model: None,
            from: None,
            resume: None,
            config: None,
            set: Vec::new(),
            seed: 0,
            log_every: 10,
            checkpoint_every: None,
            watch: Vec::new(),
            propose: false,
        }
    }
}

/// See [`Request::Predict`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PredictRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id or `zero-shot`.
    pub run: String,
    /// Checkpoint of `zero-shot`; unset: the project's.
    pub model: Option<String>,
}

/// See [`Request::Demo`] and [`Request::DemoData`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoRequest {
    /// A new folder; unset: `patchlight-demo` where the program runs.
    pub out: Option<PathBuf>,
    /// Fewer pictures and epochs.
    pub quick: bool,
    /// Seed of pictures and training.
    pub seed: u64,
    /// `key=value` settings over the demo's.
    pub set: Vec<String>,
}

/// See [`Request::Starter`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StarterRequest {
    /// Folder of checkpoints, curve and finished model.
    pub out: PathBuf,
    /// Steps.
    pub steps: usize,
    /// Scenes a step.
    pub batch: usize,
    /// Peak learning rate of the image tower.
    pub lr: f64,
    /// Steps between checkpoints and probes.
    pub probe_every: usize,
    /// Seed of weights and scenes.
    pub seed: u64,
}

/// See [`Request::Evaluate`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EvaluateRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id or `zero-shot`.
    pub run: String,
    /// Checkpoint of `zero-shot`; unset: the project's.
    pub model: Option<String>,
    /// Unset: test, else val.
    pub split: Option<Split>,
    /// Where to write every score.
    pub scores: Option<PathBuf>,
    /// `key=value` settings over the run's.
    pub set: Vec<String>,
    /// Another project, whose pictures and labels are scored with this project's run.
    #[serde(default)]
    pub on: Option<PathBuf>,
}

impl EvaluateRequest {
    /// Measures `run` as it is on the test split.
    pub fn on_test(project: &Path, run: &str) -> Self {
        Self {
            project: project.to_owned(),
            run: run.to_owned(),
            model: None,
            split: Some(Split::Test),
            scores: None,
            set: Vec::new(),
            on: None,
        }
    }
}

/// What gives labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TagSource {
    /// A tagger file.
    Tagger {
        /// The file.
        path: PathBuf,
    },
    /// A run of a project, or `zero-shot`.
    Run {
        /// The project's folder.
        project: PathBuf,
        /// The run.
        run: String,
    },
    /// An untrained CLIP with words.
    Words {
        /// Checkpoint: file, folder or known name; unset: the built-in one.
        model: Option<String>,
        /// Labels, in order.
        labels: Vec<String>,
        /// Templates, separated by `|`.
        template: String,
        /// How a picture becomes a square.
        preprocess: Mode,
    },
}

/// How tags are written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum TagWrite {
    /// A table.
    Csv {
        /// The file; unset: standard output.
        out: Option<PathBuf>,
        /// One line a picture instead of one a tag.
        wide: bool,
        /// Cells that a spreadsheet would take for a formula get a leading apostrophe.
        spreadsheet_safe: bool,
    },
    /// An array of pictures with their tags.
    Json {
        /// The file; unset: standard output.
        out: Option<PathBuf>,
    },
    /// COCO annotations without boxes.
    Coco {
        /// The file.
        out: PathBuf,
    },
    /// XMP sidecars beside the pictures.
    Xmp {
        /// `img.xmp` instead of `img.jpg.xmp`.
        stem: bool,
    },
    /// Pictures in a folder for each label.
    Folders {
        /// The folder of folders.
        out: PathBuf,
        /// Copies rather than hard links.
        copies: bool,
    },
}

impl TagWrite {
    /// Whether it goes to standard output.
    pub fn to_output(&self) -> bool {
        matches!(self, Self::Csv { out: None, .. } | Self::Json { out: None })
    }
}

/// See [`Request::Tag`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagRequest {
    /// What gives labels.
    pub source: TagSource,
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// How tags are written down.
    pub write: Vec<TagWrite>,
    /// One threshold for all labels; unset: each label's own.
    pub threshold: Option<f32>,
    /// Thresholds of single labels, by name; they go before the others.
    #[serde(default)]
    pub thresholds: std::collections::BTreeMap<String, f32>,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
    /// Events have the probability of every label and the patches behind it.
    pub evidence: bool,
    /// Goes on for new pictures in the folders until it is stopped.
    pub watch: bool,
    /// Does not go on with an interrupted batch.
    pub fresh: bool,
}

/// See [`Request::WriteTags`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WriteTags {
    /// Pictures, each with its labels and their probabilities.
    pub items: Vec<(PathBuf, Vec<(String, f32)>)>,
    /// How they are written down.
    pub write: Vec<TagWrite>,
    /// Tells what would be written, and writes nothing.
    pub dry_run: bool,
    /// Who gave the tags, for the record in sidecars.
    pub by: String,
}

/// See [`Request::RemoveTags`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoveTags {
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// The sidecars are `img.xmp` instead of `img.jpg.xmp`.
    pub stem: bool,
    /// Tells what would be taken away, and writes nothing.
    pub dry_run: bool,
}

/// A layout of a trained model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// One file for Patchlight.
    Tagger,
    /// A folder for transformers.
    HuggingFace,
}

/// See [`Request::ExportModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportModel {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id, or `zero-shot`.
    pub run: String,
    /// The new file or folder.
    pub out: PathBuf,
    /// Its layout.
    pub format: ModelFormat,
    /// A name for people; unset: made of project and run.
    pub name: Option<String>,
}

/// See [`Request::BenchImport`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchImport {
    /// Pictures to generate.
    pub images: usize,
    /// Boxes to generate.
    pub annotations: usize,
    /// Seed of the generated set.
    pub seed: u64,
}

/// See [`Request::BenchTag`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchTag {
    /// What gives labels.
    pub source: TagSource,
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// Times that the pictures are gone through.
    pub rounds: usize,
}

/// See [`Request::BenchFewShot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchFewShot {
    /// Numbers of training pictures of each label, K.
    pub shots: Vec<usize>,
    /// Draws of pictures, from `seed` on.
    pub draws: u64,
    /// The first seed.
    pub seed: u64,
    /// `key=value` settings for ours, over those that the program proposes.
    pub set: Vec<String>,
    /// A new folder that keeps pictures and projects; unset: nothing is kept.
    pub out: Option<PathBuf>,
    /// Whether the simpler ways are left out.
    pub ours_alone: bool,
}

/// Where models are kept, and how servers are reached; what is unset the environment decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelPlace {
    /// The folder of all models.
    pub cache: Option<PathBuf>,
    /// Address of a mirror of the Hugging Face hub.
    pub mirror: Option<String>,
    /// Address of a proxy; `none` for none.
    pub proxy: Option<String>,
}

/// See [`Request::ModelFetch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FetchModel {
    /// A known name.
    pub name: String,
    /// Whether a model that is here is fetched again.
    pub again: bool,
    /// Where to, and how.
    pub place: ModelPlace,
}
