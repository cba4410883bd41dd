//! Arguments of `export`.

use crate::dataset::formats::{ExportRequest, Format, PicturesAs, TableShape};
use crate::dataset::model::Split;
use crate::engine::Failure;
use crate::engine::request::{ExportLabels, ExportXmp, Request};
use clap::Args;
use std::path::PathBuf;

/// `export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArguments {
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
    pictures: Option<PicturesAs>,
    /// The shape of a table
    #[arg(long, value_enum, default_value = "wide")]
    table: TableShape,
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
                pictures: self.pictures,
                table: self.table,
                spreadsheet_safe: self.spreadsheet_safe,
                replace: self.replace,
                ..ExportRequest::new(format, &out)
            },
            splits: self.split,
        }))
    }
}
