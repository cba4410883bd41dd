//! Arguments that say what is imported.

use crate::dataset::formats::{Columns, Contents, Format, ImportRequest, TableShape};
use crate::dataset::model::Absent;
use crate::engine::Failure;
use clap::Args;
use std::path::PathBuf;

/// What is imported.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
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
    absent: Absent,
    /// A column of a table: image=NAME, labels=NAME, negatives=NAME, score=NAME or split=NAME; suffix=END is added to names of pictures
    #[arg(long, value_name = "ROLE=NAME")]
    column: Vec<String>,
    /// What stands between the labels of a table's cell
    #[arg(long)]
    separator: Option<char>,
    /// wide, joined or long (default: told from the table)
    #[arg(long, value_enum)]
    table: Option<TableShape>,
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

impl ImportArguments {
    /// The request that the arguments mean.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where a column has no role.
    pub fn request(self) -> Result<ImportRequest, Failure> {
        let mut columns = Columns {
            shape: self.table,
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
            absent: self.absent,
            columns,
            strict: self.strict,
            contents: if self.later { Contents::Later } else { Contents::Now },
            ..ImportRequest::new(&self.data)
        })
    }
}
