//! Writing tables. A table is only written if it is read back as it is meant: what its columns would be taken for is tried first.

use super::super::export_request::{ExportRequest, PicturesAs, pictures_as};
use super::super::staging::{Plan, Staging, safe_name};
use super::super::valid::{self, Says, inexpressible};
use super::super::{Columns, Progress, TableShape, locate};
use super::infer_schema::{self, SEPARATORS, declaring};
use super::open::delimiter;
use super::quotes::holds_a_row;
use super::stats::Stats;
use crate::dataset::error::DatasetError;
use crate::dataset::model::{Absent, Dataset, Picture, Truth, Warning};
use crate::support::cell::is_formula;
use ::csv::{StringRecord, Writer, WriterBuilder};
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

/// How a data set becomes a table.
struct Sheet<'a> {
    dataset: &'a Dataset,
    shape: TableShape,
    /// Name of the column of file names.
    image: &'static str,
    /// Name of the column of splits.
    split: Option<&'static str>,
    /// The cell of a picture without a split. An empty one is usual, but a column of nothing else is not known for one of splits.
    none: &'static str,
    /// Between labels of a joined table.
    separator: char,
    /// The column of labels has to say so.
    declared: bool,
    /// A long table has scores.
    scores: bool,
}

impl<'a> Sheet<'a> {
    fn new(dataset: &'a Dataset, request: &ExportRequest) -> Result<Self, DatasetError> {
        let shape = request.table;
        let free = |names: &[&'static str]| {
            let taken = |name: &str| {
                dataset
                    .labels
                    .iter()
                    .any(|label| label.trim().eq_ignore_ascii_case(name))
            };
            let free = names.iter().find(|name| shape != TableShape::Wide || !taken(name));
            let clash = || inexpressible(request, format!("the label \"{}\"", names[0]), "a column has this name");
            free.copied().ok_or_else(clash)
        };
        // Without a column, a name would tell a split that the picture does not have.
        let announced = |p: &Picture| p.split.is_some() || locate::split_of_name(&p.name).is_some();
        let by_file = locate::split_of_file(&request.out, Path::new("")).is_some();
        let splits = by_file || dataset.pictures.iter().any(announced);
        let split = splits.then(|| free(&["split", "subset", "partition"])).transpose()?;
        let mut sheet = Self {
            dataset,
            shape,
            image: free(&["filename", "file", "image", "path"])?,
            split,
            none: if dataset.pictures.iter().any(|p| p.split.is_some()) {
                ""
            } else {
                "none"
            },
            separator: '|',
            declared: false,
            scores: false,
        };
        let has = |c: char| dataset.labels.iter().any(|label| label.contains(c));
        match shape {
            TableShape::Wide => {}
            TableShape::Joined => {
                sheet.declared = has('|') || has(';') || dataset.labels.iter().any(|label| label.trim() != label);
                if sheet.declared {
                    let free = SEPARATORS.into_iter().find(|c| !has(*c));
                    sheet.separator = free.ok_or_else(|| {
                        let all: Vec<String> = SEPARATORS.iter().map(char::to_string).collect();
                        let problem = format!("each of {} is in the name of a label", all.join(" "));
                        inexpressible(request, "labels in one column", problem)
                    })?;
                }
            }
            // A score says that a label with a separator in it is one label.
            TableShape::Long => sheet.scores = has('|') || has(';') || dataset.pictures.iter().any(|p| sheet.states(p)),
        }
        Ok(sheet)
    }

    /// A table that is read back as it is meant; what its columns would be taken for is tried.
    fn tried(dataset: &'a Dataset, request: &ExportRequest) -> Result<Self, DatasetError> {
        let mut sheet = Self::new(dataset, request)?;
        if request.spreadsheet_safe {
            return Ok(sheet);
        }
        let Err(error) = try_out(&sheet, request) else {
            return Ok(sheet);
        };
        // Names that could be several, or lists, have to be said to be names.
        let said = match sheet.shape {
            TableShape::Wide => true,
            TableShape::Joined => std::mem::replace(&mut sheet.declared, true),
            TableShape::Long => std::mem::replace(&mut sheet.scores, true),
        };
        if said {
            return Err(error);
        }
        try_out(&sheet, request).map(|()| sheet).map_err(|_| error)
    }

    /// Whether a picture says more of a label than its absence would.
    fn states(&self, picture: &Picture) -> bool {
        match self.dataset.absent {
            Absent::Negative => !picture.unknowns.is_empty(),
            Absent::Unknown => !picture.negatives.is_empty(),
        }
    }

    fn header(&self) -> Vec<Cow<'a, str>> {
        let mut names: Vec<Cow<'a, str>> = vec![self.image.into()];
        names.extend(self.split.map(Cow::from));
        match self.shape {
            TableShape::Wide => names.extend(self.dataset.labels.iter().map(|label| Cow::from(label.as_str()))),
            TableShape::Joined if self.declared => names.push(declaring(self.separator).into()),
            TableShape::Joined => names.push("labels".into()),
            TableShape::Long => names.push("label".into()),
        }
        if self.scores {
            names.push("score".into());
        }
        names
    }

    /// The rows of a picture.
    fn rows(&self, picture: &'a Picture, name: &'a str) -> Vec<Vec<Cow<'a, str>>> {
        let mut start: Vec<Cow<'a, str>> = vec![name.into()];
        if self.split.is_some() {
            start.push(picture.split.map_or(self.none, |split| split.name()).into());
        }
        let labels = &self.dataset.labels;
        match self.shape {
            TableShape::Wide => {
                let absent = match self.dataset.absent {
                    Absent::Negative => "0",
                    Absent::Unknown => "",
                };
                let mut cells = vec![absent; labels.len()];
                let values = [
                    (&picture.unknowns, ""),
                    (&picture.negatives, "0"),
                    (&picture.positives, "1"),
                ];
                for (list, cell) in values {
                    list.iter().for_each(|label| cells[*label] = cell);
                }
                start.extend(cells.into_iter().map(Cow::from));
                vec![start]
            }
            TableShape::Joined => {
                let names: Vec<&str> = picture.positives.iter().map(|label| labels[*label].as_str()).collect();
                start.push(names.join(&self.separator.to_string()).into());
                vec![start]
            }
            TableShape::Long => {
                let (stated, truth) = match self.dataset.absent {
                    Absent::Negative => (&picture.unknowns, Truth::Unknown),
                    Absent::Unknown => (&picture.negatives, Truth::Negative),
                };
                let positives = picture.positives.iter().map(|label| (label, Truth::Positive));
                let said = positives.chain(stated.iter().map(|label| (label, truth)));
                let mut rows: Vec<Vec<Cow<'a, str>>> = said
                    .map(|(label, truth)| {
                        let score = match truth {
                            Truth::Positive => "1",
                            Truth::Negative => "0",
                            Truth::Unknown => "",
                        };
                        let mut row = start.clone();
                        row.push(labels[*label].as_str().into());
                        row.extend(self.scores.then_some(score.into()));
                        row
                    })
                    .collect();
                if rows.is_empty() {
                    start.push("".into());
                    start.extend(self.scores.then_some("".into()));
                    rows.push(start);
                }
                rows
            }
        }
    }
}

/// Refuses what a table cannot say, and a table that would be read as something else.
pub(crate) fn check(dataset: &Dataset, request: &ExportRequest) -> Result<Vec<Warning>, DatasetError> {
    if let Some(label) = dataset
        .labels
        .iter()
        .find(|label| label.is_empty() || label.contains('\0'))
    {
        return Err(inexpressible(
            request,
            format!("the label {label:?}"),
            "it is empty or has a zero byte",
        ));
    }
    if let Some(picture) = dataset.pictures.iter().find(|p| p.name.trim().is_empty()) {
        return Err(inexpressible(
            request,
            format!("the picture {}", picture.path.display()),
            "it has no name",
        ));
    }
    let sheet = Sheet::tried(dataset, request)?;
    let wide = sheet.shape == TableShape::Wide;
    let says = Says {
        boxes: false,
        truths: sheet.shape != TableShape::Joined,
        all: wide,
        splits: true,
        unused: wide,
    };
    Ok(valid::losses(dataset, says))
}

/// Tells the columns apart as a reader would.
fn try_out(sheet: &Sheet<'_>, request: &ExportRequest) -> Result<(), DatasetError> {
    let refuse = |problem: String| Err(inexpressible(request, "this table", problem));
    let header = sheet.header();
    let mut bytes = Writer::from_writer(Vec::new());
    let written = bytes.write_record(header.iter().map(|name| name.as_bytes()));
    let bytes = bytes.into_inner().unwrap_or_default();
    let wanted = Columns::default();
    if written.is_err() || delimiter(&bytes, &wanted) != b',' {
        return refuse("its first line would not be understood".to_owned());
    }
    let rows = |name: &&String| holds_a_row(name, b',');
    let names = sheet.dataset.pictures.iter().map(|picture| &picture.name);
    if let Some(name) = sheet.dataset.labels.iter().chain(names).find(rows) {
        return refuse(format!("the name {name:?} would be taken for rows of the table"));
    }
    let mut stats = Stats::new(&StringRecord::from_iter(header.iter()), b',', &wanted);
    let mut plan = Plan::default();
    let named = pictures_as(request) == PicturesAs::Named;
    for picture in &sheet.dataset.pictures {
        let name = if named {
            picture.name.clone()
        } else {
            plan.take(&Path::new("images").join(safe_name(&picture.name)))
                .to_string_lossy()
                .into_owned()
        };
        for row in sheet.rows(picture, &name) {
            stats.add(&StringRecord::from_iter(row.iter()));
        }
    }
    let (told, _) = match infer_schema::infer(&request.out, &stats, &wanted) {
        Ok(told) => told,
        Err(error) => return refuse(format!("it would not be read back: {error}")),
    };
    let after = 1 + usize::from(sheet.split.is_some());
    let labels: Vec<usize> = if sheet.shape == TableShape::Wide {
        Vec::new()
    } else {
        vec![after]
    };
    let flags = told.flags.iter().map(|(column, name)| (*column, name.as_str()));
    let wanted = sheet.dataset.labels.iter().filter(|_| labels.is_empty());
    let same = (told.shape, told.image, told.split.is_some(), &told.labels)
        == (sheet.shape, 0, sheet.split.is_some(), &labels)
        && !told.lists
        && told.negatives.is_none()
        && told.score.is_some() == sheet.scores
        && flags.eq(wanted.enumerate().map(|(i, name)| (i + after, name.as_str())))
        && (sheet.shape != TableShape::Joined || (told.separator, told.exact) == (sheet.separator, sheet.declared));
    if same {
        return Ok(());
    }
    refuse(format!(
        "names of labels or pictures are such that its columns ({}) would be taken for something else",
        header
            .iter()
            .take(8)
            .map(|name| name.as_ref())
            .collect::<Vec<_>>()
            .join(", ")
    ))
}

/// Writes the table.
pub(crate) fn write(
    dataset: &Dataset,
    staging: &mut Staging<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), DatasetError> {
    let request = staging.request;
    let sheet = Sheet::tried(dataset, request)?;
    let mut names = Vec::with_capacity(dataset.pictures.len());
    for (i, picture) in dataset.pictures.iter().enumerate() {
        if progress(i, dataset.pictures.len()).is_break() {
            return Err(DatasetError::Cancelled);
        }
        let name = staging.picture(Path::new("images"), picture)?;
        let name = if staging.pictures == PicturesAs::Named {
            name
        } else {
            Path::new("images").join(name)
        };
        let name = name.to_string_lossy().into_owned();
        names.push(if cfg!(windows) { name.replace('\\', "/") } else { name });
    }
    let mut guarded = 0;
    staging.write_with(Path::new("labels.csv"), |file| {
        if request.spreadsheet_safe {
            // Spreadsheets take a table without it for one in the system's old encoding.
            file.write_all(b"\xEF\xBB\xBF")?;
        }
        let mut table = WriterBuilder::new().from_writer(file);
        let mut put = |row: Vec<Cow<'_, str>>| {
            let cells = row
                .into_iter()
                .map(|cell| match request.spreadsheet_safe && is_formula(&cell) {
                    true => {
                        guarded += 1;
                        format!("'{cell}").into()
                    }
                    false => cell,
                });
            table
                .write_record(cells.map(|cell| cell.into_owned()))
                .map_err(io_error)
        };
        put(sheet.header())?;
        for (picture, name) in dataset.pictures.iter().zip(&names) {
            sheet.rows(picture, name).into_iter().try_for_each(&mut put)?;
        }
        table.flush()
    })?;
    if guarded > 0 {
        let text = format!("{guarded} cells got an apostrophe, so that no spreadsheet takes them for formulas");
        staging.report.warnings.push(Warning::new("spreadsheet-safe", text));
    }
    Ok(())
}

/// The disk's own error, where there is one: a full disk must be known as that.
fn io_error(error: ::csv::Error) -> std::io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}
