//! Arguments of the commands that make, change and export projects.

use crate::dataset::formats::{Columns, Contents, Format, ImportRequest, TableShape};
use crate::dataset::model::Absent;
use crate::engine::Failure;
use crate::engine::request::{ProjectNew, Request, Scheme, SplitRequest};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `project`.
#[derive(Subcommand, Debug)]
pub enum ProjectCommand {
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
    /// A column of a table: image=NAME, labels=NAME, score=NAME or split=NAME
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
                Some(("score", _)) => &mut columns.score,
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
    #[arg(long, value_enum)]
    scheme: SchemeArgument,
    /// Shares of train, val and test (random)
    #[arg(long, value_delimiter = ',', default_values_t = [0.7, 0.1, 0.2])]
    fractions: Vec<f64>,
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
}

impl ProjectCommand {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Info { project } => Request::ProjectInfo { project },
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
    Ok(match a.scheme {
        SchemeArgument::Random => match a.fractions.as_slice() {
            &[train, val, test] if [train, val, test].iter().all(|f| (0.0..=1.0).contains(f)) => Scheme::Random {
                fractions: [train, val, test],
            },
            _ => {
                return Err(Failure::usage(
                    "--fractions needs three numbers between 0 and 1",
                    "For example: --fractions 0.7,0.1,0.2 for train, val and test",
                ));
            }
        },
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
