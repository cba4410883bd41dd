//! Arguments of the commands that make, change and export projects.

use crate::dataset::formats::{Columns, Contents, ExportRequest, Format, ImportRequest, PicturesAs, TableShape};
use crate::dataset::model::{Absent, Split};
use crate::engine::Failure;
use crate::engine::request::{
    EditLabel, ExportLabels, ExportXmp, LabelEdit, ProjectAdd, ProjectNew, Relink, Request, Scheme, SplitRequest,
};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `project`.
#[derive(Subcommand, Debug)]
pub enum ProjectCommand {
    /// See what an import would bring; nothing is written
    Preview {
        #[command(flatten)]
        import: ImportArguments,
        /// Pictures to show
        #[arg(long, default_value_t = 20)]
        rows: usize,
    },
    /// Import into a project that exists: merges, keeps what people said, tells the difference
    Add {
        /// The project's folder
        project: PathBuf,
        #[command(flatten)]
        import: ImportArguments,
        /// Tell the difference, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Read every picture: damage, copies, and copies in several splits
    Check {
        /// The project's folder
        project: PathBuf,
    },
    /// Find pictures that were moved
    Relink {
        /// The project's folder
        project: PathBuf,
        /// Where they are now
        #[arg(long)]
        to: PathBuf,
        /// Where they were (default: wherever pictures are missing)
        #[arg(long)]
        from: Option<PathBuf>,
        /// Tell what would be found, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write what the imports found to a file (.csv or .txt)
    Report {
        /// The project's folder
        project: PathBuf,
        /// The new file
        #[arg(long)]
        out: PathBuf,
    },
    /// Frequencies of labels, what occurs together, sizes of pictures
    Overview {
        /// The project's folder
        project: PathBuf,
    },
    /// Import data into a new project
    New(NewArguments),
    /// Tell pictures, splits, labels and runs
    Info {
        /// The project's folder
        project: PathBuf,
    },
}

/// `project new`.
#[derive(Args, Debug)]
pub struct NewArguments {
    /// The project's folder, to be made
    project: PathBuf,
    #[command(flatten)]
    import: ImportArguments,
    /// The project's CLIP checkpoint
    #[arg(long)]
    model: Option<String>,
}

/// What is imported.
#[derive(Args, Debug)]
pub struct ImportArguments {
    /// What to import: an annotation file, a table, a list, a folder, another project
    #[arg(long)]
    data: PathBuf,
    /// auto, coco, voc, yolo, csv, list, folder, label-studio, cvat or project
    #[arg(long, default_value = "auto")]
    format: Format,
    /// Where the pictures are, if not beside the data
    #[arg(long)]
    images: Option<PathBuf>,
    /// File of label names (`name id` a line), for lists and YOLO
    #[arg(long)]
    labels: Option<PathBuf>,
    /// What it means that a label is not given for a picture
    #[arg(long, value_enum, default_value = "negative")]
    absent: AbsentArgument,
    /// A column of a table: image=NAME, labels=NAME, negatives=NAME, score=NAME or split=NAME; suffix=END is added to names of pictures
    #[arg(long, value_name = "ROLE=NAME")]
    column: Vec<String>,
    /// What stands between the labels of a table's cell
    #[arg(long)]
    separator: Option<char>,
    /// wide, joined or long (default: told from the table)
    #[arg(long, value_enum)]
    table: Option<TableArgument>,
    /// From which score on a label of a long table counts
    #[arg(long)]
    score_threshold: Option<f64>,
    /// Leave the search for copies of pictures to `project check`
    #[arg(long)]
    later: bool,
    /// Stop at the first annotation file that cannot be read, instead of listing a few of many
    #[arg(long)]
    strict: bool,
}

/// `--table`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TableArgument {
    /// A column for each label
    Wide,
    /// A column with all labels of a picture
    Joined,
    /// A line for each label
    Long,
}

impl From<TableArgument> for TableShape {
    fn from(table: TableArgument) -> Self {
        match table {
            TableArgument::Wide => Self::Wide,
            TableArgument::Joined => Self::Joined,
            TableArgument::Long => Self::Long,
        }
    }
}

impl ImportArguments {
    fn request(self) -> Result<ImportRequest, Failure> {
        let mut columns = Columns {
            shape: self.table.map(TableShape::from),
            separator: self.separator,
            threshold: self.score_threshold,
            ..Columns::default()
        };
        for text in &self.column {
            let slot = match text.split_once('=') {
                Some(("image", _)) => &mut columns.image,
                Some(("labels", _)) => &mut columns.labels,
                Some(("negatives", _)) => &mut columns.negatives,
                Some(("score", _)) => &mut columns.score,
                Some(("suffix", _)) => &mut columns.suffix,
                Some(("split", _)) => &mut columns.split,
                _ => {
                    return Err(Failure::usage(
                        format!("--column {text} does not say what a column is"),
                        "For example: --column image=Filename --column labels=Tags",
                    ));
                }
            };
            *slot = text.split_once('=').map(|(_, name)| name.to_owned());
        }
        Ok(ImportRequest {
            format: self.format,
            images: self.images,
            labels: self.labels,
            absent: match self.absent {
                AbsentArgument::Negative => Absent::Negative,
                AbsentArgument::Unknown => Absent::Unknown,
            },
            columns,
            contents: if self.later { Contents::Later } else { Contents::Now },
            strict: self.strict,
            ..ImportRequest::new(&self.data)
        })
    }
}

/// `--absent`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AbsentArgument {
    /// The label is not on the picture
    Negative,
    /// Nobody looked: left out of loss and metrics
    Unknown,
}

/// `split`.
#[derive(Args, Debug)]
pub struct SplitArguments {
    /// The project's folder
    project: PathBuf,
    /// How to split
    #[arg(long, value_enum, required_unless_present_any = ["export", "restore", "history"])]
    scheme: Option<SchemeArgument>,
    /// Share of the labels that are novel (base-novel)
    #[arg(long, default_value_t = 0.25)]
    novel: f64,
    /// Write train.txt, val.txt and test.txt of the splits as they are into this new folder
    #[arg(long, conflicts_with = "scheme")]
    export: Option<PathBuf>,
    /// Go back to a split that was made before, by its number
    #[arg(long, conflicts_with_all = ["scheme", "export"])]
    restore: Option<i64>,
    /// List every split that was made, with the command that makes it again
    #[arg(long, conflicts_with_all = ["scheme", "export", "restore"])]
    history: bool,
    /// Shares of train, val and test (random)
    #[arg(long, value_delimiter = ',', default_values_t = [0.7, 0.1, 0.2])]
    fractions: Vec<f64>,
    /// Only pictures that have a label; the others are left without a split (random)
    #[arg(long)]
    labelled: bool,
    /// Positives of the most frequent label (pareto)
    #[arg(long, default_value_t = 500)]
    max: usize,
    /// Positives of the rarest label (pareto)
    #[arg(long, default_value_t = 4)]
    min: usize,
    /// Exponent of the curve (pareto)
    #[arg(long, default_value_t = 6.0)]
    exponent: f64,
    /// Positives of every label (few-shot)
    #[arg(long)]
    shots: Option<usize>,
    /// List of training pictures (list)
    #[arg(long)]
    train: Option<PathBuf>,
    /// List of validation pictures (list)
    #[arg(long)]
    val: Option<PathBuf>,
    /// List of test pictures (list)
    #[arg(long)]
    test: Option<PathBuf>,
}

/// `--scheme`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemeArgument {
    /// At random, each label in its share
    Random,
    /// A long tail cut from the training pictures
    Pareto,
    /// A few pictures of every label
    FewShot,
    /// From list files
    List,
    /// Some labels are kept out of training
    BaseNovel,
    /// Labelled pictures that are in no split join the training pictures
    Join,
}

impl ProjectCommand {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Info { project } => Request::ProjectInfo { project },
            Self::Preview { import, rows } => Request::ProjectPreview {
                import: import.request()?,
                rows,
            },
            Self::Add {
                project,
                import,
                dry_run,
            } => Request::ProjectAdd(ProjectAdd {
                project,
                import: import.request()?,
                dry_run,
            }),
            Self::Check { project } => Request::ProjectCheck { project },
            Self::Relink {
                project,
                to,
                from,
                dry_run,
            } => Request::Relink(Relink {
                project,
                from,
                to,
                dry_run,
            }),
            Self::Report { project, out } => Request::ProjectReport { project, out },
            Self::Overview { project } => Request::Overview { project },
            Self::New(a) => Request::ProjectNew(ProjectNew {
                project: a.project,
                import: a.import.request()?,
                model: a.model,
            }),
        })
    }
}

impl SplitArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        let (project, scheme) = (self.project.clone(), scheme(self)?);
        Ok(Request::Split(SplitRequest { project, scheme, seed }))
    }
}

fn scheme(a: SplitArguments) -> Result<Scheme, Failure> {
    if let Some(out) = a.export {
        return Ok(Scheme::Export { out });
    }
    if let Some(id) = a.restore {
        return Ok(Scheme::Restore { id });
    }
    let Some(scheme) = a.scheme.filter(|_| !a.history) else {
        return Ok(Scheme::History);
    };
    Ok(match scheme {
        SchemeArgument::BaseNovel if !(0.0..=1.0).contains(&a.novel) => {
            return Err(Failure::usage(
                "--novel is the share of novel labels, between 0 and 1",
                "For example: --novel 0.25",
            ));
        }
        SchemeArgument::BaseNovel => Scheme::BaseNovel { fraction: a.novel },
        SchemeArgument::Random => match a.fractions.as_slice() {
            &[train, val, test] if [train, val, test].iter().all(|f| (0.0..=1.0).contains(f)) => Scheme::Random {
                fractions: [train, val, test],
                labelled: a.labelled,
            },
            _ => {
                return Err(Failure::usage(
                    "--fractions needs three numbers between 0 and 1",
                    "For example: --fractions 0.7,0.1,0.2 for train, val and test",
                ));
            }
        },
        SchemeArgument::Join => Scheme::Join,
        SchemeArgument::Pareto if a.min > a.max || !(a.exponent.is_finite() && a.exponent > 0.0) => {
            return Err(Failure::usage(
                "pareto needs --min up to --max and an --exponent above 0",
                "For example: --max 100 --min 4 --exponent 6",
            ));
        }
        SchemeArgument::Pareto => Scheme::Pareto {
            max: a.max,
            min: a.min,
            exponent: a.exponent,
        },
        SchemeArgument::FewShot => Scheme::FewShot {
            shots: a
                .shots
                .filter(|shots| *shots > 0)
                .ok_or_else(|| Failure::usage("few-shot needs --shots, at least 1", "For example: --shots 4"))?,
        },
        SchemeArgument::List => {
            if a.train.is_none() && a.val.is_none() && a.test.is_none() {
                return Err(Failure::usage(
                    "list needs at least one of --train, --val and --test",
                    "For example: --train voc_lt_train.txt --test voc_lt_test.txt",
                ));
            }
            Scheme::List {
                train: a.train,
                val: a.val,
                test: a.test,
            }
        }
    })
}

/// `export`.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// The project's folder
    project: PathBuf,
    /// coco, voc, yolo, csv, list, folder, label-studio, cvat, project, or xmp for sidecars beside the pictures
    #[arg(long)]
    format: String,
    /// A new folder, or a new file (.json, .csv, .xml) where the format needs only one; not needed for xmp
    #[arg(long)]
    out: Option<PathBuf>,
    /// How pictures come along (default: as the format needs it)
    #[arg(long, value_enum)]
    pictures: Option<PicturesArgument>,
    /// The shape of a table
    #[arg(long, value_enum, default_value = "wide")]
    table: TableArgument,
    /// Protect spreadsheets from cells that look like formulas
    #[arg(long)]
    spreadsheet_safe: bool,
    /// Replace what stands there
    #[arg(long)]
    replace: bool,
    /// Only the pictures of this split; may be given several times
    #[arg(long)]
    split: Vec<Split>,
    /// XMP sidecars named img.xmp instead of img.jpg.xmp
    #[arg(long)]
    stem: bool,
    /// Tell what would be written beside the pictures, and write nothing (xmp)
    #[arg(long)]
    dry_run: bool,
}

/// `--pictures`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PicturesArgument {
    /// They are named and stay where they are
    Named,
    /// Copies
    Copies,
    /// Hard links where the disk allows it, else copies
    Links,
}

impl ExportArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where the format is not known or options do not fit together.
    pub fn request(self) -> Result<Request, Failure> {
        if self.format == "xmp" {
            return Ok(Request::ExportXmp(ExportXmp {
                project: self.project,
                splits: self.split,
                stem: self.stem,
                dry_run: self.dry_run,
            }));
        }
        let format: Format = self
            .format
            .parse()
            .map_err(|e: String| Failure::usage(e, "For example: --format coco, or --format xmp for sidecars"))?;
        if format == Format::Auto {
            return Err(Failure::usage("--format needs a format", "For example: --format coco"));
        }
        let out = self
            .out
            .ok_or_else(|| Failure::usage("--out is missing", "Name a new folder or file with --out."))?;
        Ok(Request::Export(ExportLabels {
            project: self.project,
            export: ExportRequest {
                pictures: self.pictures.map(|p| match p {
                    PicturesArgument::Named => PicturesAs::Named,
                    PicturesArgument::Copies => PicturesAs::Copies,
                    PicturesArgument::Links => PicturesAs::Links,
                }),
                table: self.table.into(),
                spreadsheet_safe: self.spreadsheet_safe,
                replace: self.replace,
                ..ExportRequest::new(format, &out)
            },
            splits: self.split,
        }))
    }
}

/// `label`.
#[derive(Args, Debug)]
pub struct LabelArguments {
    /// The project's folder
    project: PathBuf,
    /// What to do
    #[command(subcommand)]
    edit: LabelCommand,
}

/// What `label` does.
#[derive(Subcommand, Debug)]
pub enum LabelCommand {
    /// A new label
    Add {
        /// Its name; A/B is the label B below A
        name: String,
    },
    /// Another name; labels below it go along
    Rename {
        /// The label
        label: String,
        /// Its new name
        to: String,
    },
    /// Everything of one label becomes another's
    Merge {
        /// The label that goes
        label: String,
        /// The label that stays
        into: String,
    },
    /// Some of a label's pictures get a label of their own
    Split {
        /// The label
        label: String,
        /// The new label
        to: String,
        /// Names of the pictures
        #[arg(required = true)]
        pictures: Vec<String>,
    },
    /// The label goes; undo brings it back
    Delete {
        /// The label
        label: String,
    },
    /// What CLIP reads instead of the name; without words the name again
    Words {
        /// The label
        label: String,
        /// The words
        words: Option<String>,
    },
    /// What the label means, for people
    Describe {
        /// The label
        label: String,
        /// The text; without it none
        text: Option<String>,
    },
    /// The label's colour, for example #d95f02; without it the program's choice
    Colour {
        /// The label
        label: String,
        /// Red, green and blue in hexadecimal
        colour: Option<String>,
    },
    /// Another place in the order
    Move {
        /// The label
        label: String,
        /// From 0
        place: usize,
    },
    /// Take the last change of labels or values back
    Undo,
    /// Do it again
    Redo,
}

impl LabelArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where a colour is none.
    pub fn request(self) -> Result<Request, Failure> {
        let edit = match self.edit {
            LabelCommand::Add { name } => LabelEdit::Add { name },
            LabelCommand::Rename { label, to } => LabelEdit::Rename { label, to },
            LabelCommand::Merge { label, into } => LabelEdit::Merge { label, into },
            LabelCommand::Split { label, to, pictures } => LabelEdit::Split { label, to, pictures },
            LabelCommand::Delete { label } => LabelEdit::Delete { label },
            LabelCommand::Words { label, words } => LabelEdit::Words { label, words },
            LabelCommand::Describe { label, text } => LabelEdit::Describe { label, text },
            LabelCommand::Colour { label, colour } => LabelEdit::Colour {
                colour: colour.as_deref().map(hexadecimal).transpose()?,
                label,
            },
            LabelCommand::Move { label, place } => LabelEdit::Move { label, place },
            LabelCommand::Undo => LabelEdit::Undo,
            LabelCommand::Redo => LabelEdit::Redo,
        };
        Ok(Request::EditLabel(EditLabel {
            project: self.project,
            edit,
        }))
    }
}

fn hexadecimal(text: &str) -> Result<u32, Failure> {
    let digits = text.trim_start_matches('#');
    u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 6)
        .ok_or_else(|| Failure::usage(format!("{text} is no colour"), "For example: #d95f02"))
}
