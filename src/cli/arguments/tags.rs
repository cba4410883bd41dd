//! Arguments of the commands that score and tag pictures, and handle models.

use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::Mode;
use crate::engine::Failure;
use crate::engine::request::{
    ExportModel, FetchModel, ModelFormat, ModelPlace, RemoveTags, Request, ScoreRequest, TagRequest, TagSource,
    TagWrite,
};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `score`.
#[derive(Args, Debug)]
pub(crate) struct ScoreArguments {
    /// Pictures
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// CLIP checkpoint: a folder or a file
    #[arg(long)]
    model: Option<String>,
    /// Labels, separated by commas
    #[arg(long, required = true, value_delimiter = ',')]
    labels: Vec<String>,
    /// Prompt with {c} for the label; several separated by | are averaged
    #[arg(long, default_value = "a photo of a {c}.")]
    template: String,
    /// How much the whole picture counts against its details, 0 to 1
    #[arg(long, default_value_t = 0.5, allow_negative_numbers = true)]
    alpha: f64,
    /// Patches pooled per label (default: 32 of 196, scaled to the grid)
    #[arg(long)]
    top_k: Option<usize>,
    /// How a picture becomes a square: stretch, crop or pad
    #[arg(long, default_value = "stretch")]
    preprocess: Mode,
    /// Where patch features come from: value or token
    #[arg(long, default_value = "value")]
    patch_features: PatchFeatures,
    /// Side of the input in pixels (default: the checkpoint's)
    #[arg(long)]
    input_size: Option<usize>,
}

/// `model`.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelCommand {
    /// List known checkpoints, and those that are here
    List {
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Download a known checkpoint; called again, an interrupted download goes on
    Fetch {
        /// Its name in the list
        name: String,
        /// Fetch it again although it is here
        #[arg(long)]
        again: bool,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Give a checkpoint on your disk a name (it stays where it is)
    Add {
        /// Folder or file
        path: PathBuf,
        /// Its name
        #[arg(long)]
        name: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Remove a downloaded checkpoint, or the name of one of your own
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Tell a checkpoint's layout and sizes
    Inspect {
        /// Folder or file
        path: PathBuf,
    },
}

/// Where models are kept, and how servers are reached.
#[derive(Args, Debug)]
pub(crate) struct PlaceArguments {
    /// Folder of all models (default: PATCHLIGHT_MODELS, else in the user's cache folder)
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Address of a mirror of the Hugging Face hub (default: HF_ENDPOINT)
    #[arg(long)]
    mirror: Option<String>,
    /// Address of a proxy, or none (default: HTTPS_PROXY and its like)
    #[arg(long)]
    proxy: Option<String>,
}

impl From<PlaceArguments> for ModelPlace {
    fn from(a: PlaceArguments) -> Self {
        Self {
            cache: a.cache,
            mirror: a.mirror,
            proxy: a.proxy,
        }
    }
}

impl ModelCommand {
    /// The request that the command means.
    pub fn request(self) -> Request {
        match self {
            Self::List { place } => Request::ModelList(place.into()),
            Self::Fetch { name, again, place } => Request::ModelFetch(FetchModel {
                name,
                again,
                place: place.into(),
            }),
            Self::Add { path, name, place } => Request::ModelAdd {
                path,
                name,
                place: place.into(),
            },
            Self::Remove { name, place } => Request::ModelRemove {
                name,
                place: place.into(),
            },
            Self::Inspect { path } => Request::InspectModel { path },
        }
    }
}

/// `tag`.
#[derive(Args, Debug)]
pub(crate) struct TagArguments {
    /// Pictures, and folders with pictures
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A tagger, written by export-model
    #[arg(long, conflicts_with_all = ["model", "labels", "project"])]
    tagger: Option<PathBuf>,
    /// A project whose run gives the labels (with --run)
    #[arg(long, requires = "run", conflicts_with_all = ["model", "labels"])]
    project: Option<PathBuf>,
    /// The project's run, or zero-shot
    #[arg(long, requires = "project")]
    run: Option<String>,
    /// Where the run's files are damaged, tag with what is left of it, and say so in the result
    #[arg(long, requires = "run")]
    allow_fallback: bool,
    /// An untrained CLIP: a known name, a folder or a file (with --labels)
    #[arg(long, requires = "labels")]
    model: Option<String>,
    /// Labels for an untrained CLIP, separated by commas
    #[arg(long, value_delimiter = ',')]
    labels: Vec<String>,
    /// Prompt of an untrained CLIP with {c} for the label; several separated by | are averaged
    #[arg(long, default_value = "a photo of a {c}.")]
    template: String,
    /// How a picture becomes a square for an untrained CLIP: stretch, crop or pad
    #[arg(long, default_value = "stretch")]
    preprocess: Mode,
    /// How to write the tags; may be given several times (default: json with --out, else lines to read)
    #[arg(long, value_enum)]
    format: Vec<TagFormat>,
    /// File for csv, json or coco, or the folder of folders (default: standard output)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Names of XMP sidecars: img.jpg.xmp (full, the default) or img.xmp (stem); --remove looks for both unless one is named
    #[arg(long, value_enum)]
    sidecar: Option<SidecarArgument>,
    /// A CSV line for each picture instead of each tag
    #[arg(long)]
    wide: bool,
    /// Protect spreadsheets from cells that look like formulas (csv)
    #[arg(long)]
    spreadsheet_safe: bool,
    /// Copy pictures into the folders instead of linking them (folders)
    #[arg(long)]
    copies: bool,
    /// Give a label from this probability on (default: each label's own)
    #[arg(long)]
    threshold: Option<f32>,
    /// The threshold of one label, for example --label-threshold dog=0.3
    #[arg(long, value_name = "LABEL=P")]
    label_threshold: Vec<String>,
    /// Tell what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Add the probability of every label, and its patches, to --json
    #[arg(long)]
    evidence: bool,
    /// Go on for new pictures in the folders until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Begin anew instead of going on with an interrupted batch
    #[arg(long)]
    fresh: bool,
    /// Take the tags that Patchlight wrote out of the pictures' XMP sidecars; nothing else there changes
    #[arg(long, conflicts_with_all = ["tagger", "project", "model", "labels", "format", "out", "watch", "evidence", "fresh"])]
    remove: bool,
}

/// `--format` of `tag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TagFormat {
    /// An array of pictures with their tags
    Json,
    /// A table
    Csv,
    /// COCO annotations without boxes
    Coco,
    /// XMP sidecars beside the pictures
    Xmp,
    /// Pictures in a folder for each label
    Folders,
}

/// `--sidecar`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SidecarArgument {
    /// img.jpg.xmp
    Full,
    /// img.xmp
    Stem,
}

/// `export-model`.
#[derive(Args, Debug)]
pub(crate) struct ExportModelArguments {
    /// The project's folder
    project: PathBuf,
    /// A run's id, or zero-shot for the untrained CLIP
    #[arg(long)]
    run: String,
    /// A new file (tagger) or folder (huggingface)
    #[arg(long)]
    out: PathBuf,
    /// For Patchlight, or for transformers
    #[arg(long, value_enum, default_value = "tagger")]
    format: ModelFormat,
    /// A name for people
    #[arg(long)]
    name: Option<String>,
    /// Where the run's files are damaged, export what is left of it, and say so in the model and the result
    #[arg(long)]
    allow_fallback: bool,
}

impl TagArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self) -> Result<Request, Failure> {
        if self.remove {
            return Ok(Request::RemoveTags(RemoveTags {
                stem: self.sidecar.map(|named| named == SidecarArgument::Stem),
                paths: self.paths,
                dry_run: self.dry_run,
            }));
        }
        let write = self.write()?;
        if let Some(threshold) = self.threshold.filter(|t| !(0.0..=1.0).contains(t)) {
            return Err(Failure::usage(
                format!("--threshold {threshold} is not between 0 and 1"),
                "Leave it out for each label's own.",
            ));
        }
        let mut thresholds = std::collections::BTreeMap::new();
        for text in &self.label_threshold {
            let pair = text
                .rsplit_once('=')
                .and_then(|(label, p)| Some((label, p.trim().parse::<f32>().ok()?)));
            let Some((label, threshold)) = pair.filter(|(_, t)| (0.0..=1.0).contains(t)) else {
                return Err(Failure::usage(
                    format!("--label-threshold {text} is not LABEL=P with P between 0 and 1"),
                    "For example: --label-threshold dog=0.3",
                ));
            };
            thresholds.insert(label.to_owned(), threshold);
        }
        let source = match (self.tagger, self.project, self.run) {
            (Some(path), ..) => TagSource::Tagger { path },
            (None, Some(project), Some(run)) => TagSource::Run {
                project,
                run,
                allow_fallback: self.allow_fallback,
            },
            _ => TagSource::Words {
                model: self.model,
                labels: words(&self.labels)?,
                template: self.template,
                preprocess: self.preprocess,
            },
        };
        Ok(Request::Tag(TagRequest {
            source,
            paths: self.paths,
            write,
            threshold: self.threshold,
            thresholds,
            log_odds: Default::default(),
            dry_run: self.dry_run,
            evidence: self.evidence,
            watch: self.watch,
            fresh: self.fresh,
        }))
    }

    fn write(&self) -> Result<Vec<TagWrite>, Failure> {
        let needs = |what: &str| {
            Failure::usage(
                format!("--format {what} needs --out"),
                "Name a new file or folder with --out.",
            )
        };
        let formats = match (self.format.as_slice(), &self.out) {
            ([], Some(_)) => vec![TagFormat::Json],
            (formats, _) => formats.to_vec(),
        };
        let to_file = |f: &TagFormat| *f != TagFormat::Xmp;
        if formats.iter().filter(|f| to_file(f)).count() > 1 {
            return Err(Failure::usage(
                "only one of json, csv, coco and folders can be written to --out",
                "Run the command again for another format: pictures are tagged quickly.",
            ));
        }
        formats
            .into_iter()
            .map(|format| {
                Ok(match format {
                    TagFormat::Json => TagWrite::Json { out: self.out.clone() },
                    TagFormat::Csv => TagWrite::Csv {
                        out: self.out.clone(),
                        wide: self.wide,
                        spreadsheet_safe: self.spreadsheet_safe,
                    },
                    TagFormat::Coco => TagWrite::Coco {
                        out: self.out.clone().ok_or_else(|| needs("coco"))?,
                    },
                    TagFormat::Xmp => TagWrite::Xmp {
                        stem: self.sidecar == Some(SidecarArgument::Stem),
                    },
                    TagFormat::Folders => TagWrite::Folders {
                        out: self.out.clone().ok_or_else(|| needs("folders"))?,
                        copies: self.copies,
                    },
                })
            })
            .collect()
    }
}

impl ExportModelArguments {
    /// The request that the command means.
    pub fn request(self) -> Request {
        Request::ExportModel(ExportModel {
            project: self.project,
            run: self.run,
            out: self.out,
            format: self.format,
            name: self.name,
            allow_fallback: self.allow_fallback,
        })
    }
}

/// Labels as typed, without blanks around them; at least one.
fn words(labels: &[String]) -> Result<Vec<String>, Failure> {
    let labels: Vec<String> = labels
        .iter()
        .map(|l| l.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect();
    if labels.is_empty() {
        return Err(Failure::usage(
            "no label is given",
            "Give --tagger FILE, or words for an untrained CLIP, for example: --labels cat,dog,\"traffic light\"",
        ));
    }
    Ok(labels)
}

impl ScoreArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where an option is out of its range.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(Request::Score(score(self)?))
    }
}

fn score(a: ScoreArguments) -> Result<ScoreRequest, Failure> {
    let labels = words(&a.labels)?;
    // The same names and ranges as a run's settings.
    let check = crate::train::settings::Settings {
        alpha: a.alpha,
        top_k: a.top_k,
        input_size: a.input_size,
        template: a.template.clone(),
        ..Default::default()
    };
    check.check()?;
    Ok(ScoreRequest {
        model: a.model,
        labels,
        images: a.images,
        template: a.template,
        alpha: a.alpha,
        top_k: a.top_k,
        preprocess: a.preprocess,
        patch_features: a.patch_features,
        input_size: a.input_size,
    })
}
