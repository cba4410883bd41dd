//! Files of a folder that look like annotations and are none that can be read: one that is cut off must not be passed over as if there
//! had been no labels.

use super::meter::Metered;
use super::xml::{Node, Xml};
use super::{Format, Progress, coco, csv, encoding, yolo};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{EXTENSIONS, by_bytes};
use crate::dataset::formats::Columns;
use crate::dataset::formats::coco::lenient::Lenient;
use crate::dataset::model::Split;
use ::csv::StringRecord;
use serde::de::{Deserialize, IgnoredAny};
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// Folders in which annotations are usually kept.
const PLACES: [&str; 3] = ["", "annotations", "Annotations"];

/// What a file holds by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Table,
    Xml,
    Yaml,
    Text,
}

impl Kind {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_ascii_lowercase();
        Some(match extension.as_str() {
            "json" => Self::Json,
            "csv" | "tsv" | "tab" => Self::Table,
            "xml" => Self::Xml,
            "yaml" | "yml" => Self::Yaml,
            "txt" | "lst" | "list" | "names" => Self::Text,
            _ => return None,
        })
    }

    /// Whether a format's labels are in files of this kind.
    pub(crate) fn is_of(self, format: Format) -> bool {
        match format {
            Format::Coco | Format::LabelStudio => self == Self::Json,
            Format::Csv => self == Self::Table,
            Format::Cvat | Format::Voc => self == Self::Xml,
            Format::Yolo => self == Self::Yaml,
            Format::List => self == Self::Text,
            Format::Auto | Format::Folder | Format::Project => true,
        }
    }
}

/// Annotation-like files of a folder and of the usual folders in it, byte-sorted, but for texts that go with a picture of their name.
///
/// Formats with a file for each picture look at these themselves.
pub(crate) fn candidates(folder: &Path, format: Format) -> Vec<(PathBuf, Kind)> {
    let mut found = Vec::new();
    let mut places: Vec<PathBuf> = PLACES.iter().map(|place| folder.join(place)).collect();
    // Where case does not count, two of the places are one.
    let real = |place: &PathBuf| place.canonicalize().ok();
    if real(&places[1]).is_some() && real(&places[1]) == real(&places[2]) {
        places[2] = folder.join(".none");
    }
    if matches!(format, Format::Voc | Format::Yolo) {
        places.truncate(1);
    } else {
        places.extend(split_folders(folder));
    }
    for (i, place) in places.iter().enumerate() {
        let Ok(entries) = std::fs::read_dir(place) else {
            continue;
        };
        let hidden = |path: &Path| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        // In a split's folder a tool may keep its one file of annotations; all else there goes with pictures.
        let wanted = |kind: &Kind| i < PLACES.len() || matches!(kind, Kind::Json | Kind::Table);
        let named = entries.filter_map(|entry| {
            let path = entry.ok()?.path();
            let kind = Kind::of(&path).filter(wanted)?;
            (!hidden(&path)).then_some((path, kind))
        });
        let mut files: Vec<(PathBuf, Kind)> = named.filter(|(path, _)| path.is_file()).collect();
        files.sort_by(|a, b| by_bytes(&a.0, &b.0));
        files.retain(|(path, kind)| *kind != Kind::Text || !goes_with_a_picture(path));
        found.extend(files);
    }
    found
}

/// Whether a picture of a text's name lies beside it.
fn goes_with_a_picture(text: &Path) -> bool {
    EXTENSIONS
        .iter()
        .any(|extension| text.with_extension(extension).is_file())
}

fn split_folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.is_dir())
        .collect();
    folders.retain(|path| {
        path.file_name()
            .is_some_and(|n| Split::of_name(&n.to_string_lossy()).is_some())
    });
    folders.sort_by(|a, b| by_bytes(a, b));
    folders
}

/// Reads a file of a kind to its end, for what is wrong with it.
///
/// # Errors
/// With file and line, as far as there is one: it is empty, cut off, not what its name says; the reading was stopped.
pub(crate) fn check(path: &Path, kind: Kind, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    let about = std::fs::metadata(path).map_err(DatasetError::io(path))?;
    if about.len() == 0 {
        return Err(DatasetError::Empty { path: path.to_owned() });
    }
    match kind {
        Kind::Json => json(path, progress),
        Kind::Table => table(path, progress),
        Kind::Xml => {
            let mut xml = Xml::open(path, progress)?;
            let mut count = 0_usize;
            while xml.next()? != Node::End {
                count += 1;
                if count.is_multiple_of(4096) && progress(0, 0).is_break() {
                    return Err(DatasetError::Cancelled);
                }
            }
            Ok(())
        }
        Kind::Yaml => yolo::check_yaml(path),
        Kind::Text => {
            let head = coco::head(path)?;
            let binary = head.contains(&0) && encoding::marked(&head).is_none();
            let problem = "this is no text (it has zero bytes)".to_owned();
            let error = DatasetError::Parse {
                path: path.to_owned(),
                line: None,
                problem,
            };
            if binary { Err(error) } else { Ok(()) }
        }
    }
}

fn json(path: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    let (file, stopped) = Metered::open(path, progress)?;
    let input = Lenient::new(BufReader::with_capacity(1 << 18, file)).map_err(|e| stopped.or_io(path, e))?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 18, input));
    let read = IgnoredAny::deserialize(&mut json).and_then(|_| json.end());
    if stopped.get() {
        return Err(DatasetError::Cancelled);
    }
    read.map_err(|error| match error.io_error_kind() {
        Some(kind) if kind != ErrorKind::InvalidData => DatasetError::io(path)(kind.into()),
        _ => DatasetError::Parse {
            path: path.to_owned(),
            line: Some(error.line()).filter(|line| *line > 0),
            problem: format!("no JSON: {error}"),
        },
    })
}

fn table(path: &Path, progress: &mut Progress<'_>) -> Result<(), DatasetError> {
    let dialect = csv::Dialect::of(path, &Columns::default(), progress)?;
    let mut table = csv::Table::open(path, dialect, progress)?;
    let mut row = StringRecord::new();
    while table.next(&mut row)?.is_some() {}
    Ok(())
}
