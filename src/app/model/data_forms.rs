//! What is typed and chosen on the pages of the data.

use crate::dataset::formats::{
    Columns, Contents, ExportReport, Format, ImportRequest, PicturesAs, Preview, TableShape,
};
use crate::dataset::labels::look_alike_key;
use crate::dataset::model::{Absent, Split};
use crate::engine::Failure;
use crate::project::{ImportDiff, RelinkPlan};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long typing rests before the data are looked at again.
pub const REST: Duration = Duration::from_millis(350);

/// Rows of a preview.
pub const ROWS: usize = 20;

/// What is shown of a preview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Some of the pictures.
    #[default]
    Pictures,
    Labels,
    /// Warnings, and names without a picture.
    Problems,
    /// What would change in the open project.
    Difference,
}

/// An import before it is one.
#[derive(Clone, Debug)]
pub struct ImportForm {
    pub data: PathBuf,
    pub format: Format,
    /// Where the pictures are, as typed; empty: found out.
    pub images: String,
    /// File of label names, as typed; empty: none.
    pub names: String,
    /// What silence means.
    pub absent: Absent,
    /// What the columns of a table mean.
    pub columns: Columns,
    /// The new project's folder, as typed.
    pub project: String,
    /// Whether the data go into the open project.
    pub into_open: bool,
    /// Groups of similar labels (by their key) that become one.
    pub one: BTreeSet<String>,
    /// When something was changed that makes the preview an old one.
    pub changed: Option<Duration>,
    /// The job that looks.
    pub looking: Option<u64>,
    /// What it found.
    pub preview: Option<Arc<Preview>>,
    /// Why it found nothing.
    pub failure: Option<Failure>,
    /// The job that compares with the open project.
    pub comparing: Option<u64>,
    /// What would change in the open project.
    pub difference: Option<Arc<ImportDiff>>,
    /// The job that imports.
    pub importing: Option<u64>,
    /// What is shown.
    pub shown: Shown,
}

impl ImportForm {
    /// A look at data that would go into a new project.
    pub fn new(data: &Path, project: &Path) -> Self {
        Self {
            data: data.to_owned(),
            format: Format::Auto,
            images: String::new(),
            names: String::new(),
            absent: Absent::default(),
            columns: Columns::default(),
            project: project.to_string_lossy().into_owned(),
            into_open: false,
            one: BTreeSet::new(),
            changed: None,
            looking: None,
            preview: None,
            failure: None,
            comparing: None,
            difference: None,
            importing: None,
            shown: Shown::default(),
        }
    }

    /// What is to be imported. The content of pictures is checked later, so that nobody waits for it.
    pub fn request(&self) -> ImportRequest {
        let path = |text: &str| (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()));
        ImportRequest {
            format: self.format,
            images: path(&self.images),
            labels: path(&self.names),
            absent: self.absent,
            columns: self.columns.clone(),
            contents: Contents::Later,
            ..ImportRequest::new(&self.data)
        }
    }

    /// Something was changed: the data are looked at again once that rests.
    pub fn change(&mut self, now: Duration) {
        self.changed = Some(now);
    }

    /// The data's name for people.
    pub fn name(&self) -> String {
        self.data
            .file_name()
            .map_or_else(|| self.data.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    /// Labels that become one: the one that goes, the one that stays.
    pub fn merges(&self) -> Vec<(String, String)> {
        let Some(preview) = &self.preview else {
            return Vec::new();
        };
        let groups = similar(preview.labels.iter().map(|(name, count)| (name.as_str(), *count)));
        let chosen = groups.into_iter().filter(|(key, _)| self.one.contains(key));
        chosen
            .flat_map(|(_, names)| {
                let stays = names[0].clone();
                names.into_iter().skip(1).map(move |name| (name, stays.clone()))
            })
            .collect()
    }
}

/// Groups of names that may mean the same, each with its key, the most frequent name first.
pub fn similar<'a>(labels: impl Iterator<Item = (&'a str, usize)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<(String, usize)>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, count) in labels {
        let key = look_alike_key(name);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push((name.to_owned(), count));
    }
    groups.retain(|(_, names)| names.len() > 1);
    let sorted = groups.into_iter().map(|(key, mut names)| {
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        (key, names.into_iter().map(|(name, _)| name).collect())
    });
    sorted.collect()
}

/// The page of labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelsForm {
    /// The chosen label's id.
    pub chosen: Option<i64>,
    /// The label whose texts are in the fields, and the version of the project they are from.
    pub loaded: Option<(i64, u64)>,
    /// Its name as typed.
    pub name: String,
    /// Its description as typed.
    pub description: String,
    /// What CLIP reads instead of the name, as typed.
    pub words: String,
    /// Name of the label that is split off, as typed.
    pub part: String,
    /// Words to find labels by.
    pub search: String,
}

/// The ways to make splits, in the order in which they are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Shares at random.
    #[default]
    Random,
    /// A long tail.
    Pareto,
    /// K positives a label.
    FewShot,
    /// Some labels are kept out of training.
    BaseNovel,
    /// From list files.
    Lists,
}

/// The page of splits.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitForm {
    /// How.
    pub way: Way,
    /// Percent of train and val; the rest is test.
    pub shares: [u32; 2],
    /// Only pictures that have a label are shared out.
    pub labelled: bool,
    /// Positives of the most and the least frequent label of a long tail.
    pub tail: [usize; 2],
    /// Exponent of the long tail.
    pub exponent: f64,
    /// K.
    pub shots: usize,
    /// Percent of the labels that are novel.
    pub novel: u32,
    /// List files of train, val and test, as typed.
    pub lists: [String; 3],
    pub seed: u64,
}

impl Default for SplitForm {
    fn default() -> Self {
        Self {
            way: Way::Random,
            shares: [60, 15],
            labelled: false,
            tail: [100, 5],
            exponent: 6.0,
            shots: 4,
            novel: 25,
            lists: Default::default(),
            seed: 0,
        }
    }
}

/// What is listed on the page of what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listed {
    /// The first list that has something.
    #[default]
    First,
    /// Files that are gone.
    Missing,
    /// Named by the source, not found.
    Unmatched,
    /// Cannot be read.
    Unreadable,
    /// Could be several pictures.
    Ambiguous,
    /// Copies in several splits.
    Leaks,
    Copies,
    /// Everything else.
    Warnings,
}

/// The page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportForm {
    /// What is listed.
    pub listed: Listed,
    /// Where the report is saved, as typed.
    pub out: String,
}

/// Finding moved pictures.
#[derive(Clone, Debug, Default)]
pub struct RelinkForm {
    /// Where the pictures are now, as typed.
    pub to: String,
    /// What would be found.
    pub plan: Option<Arc<RelinkPlan>>,
    /// Why nothing could be found out.
    pub failure: Option<Failure>,
}

/// How the files of a format end where it needs only one; empty: it needs a folder.
pub fn ending(format: Format) -> &'static str {
    match format {
        Format::Coco | Format::LabelStudio => ".json",
        Format::Csv => ".csv",
        Format::Project => ".patchlight",
        Format::Cvat => ".xml",
        _ => "",
    }
}

/// The page of exports.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportForm {
    /// The format; `None`: XMP sidecars.
    pub format: Option<Format>,
    /// Where, as typed.
    pub out: String,
    /// Whether the place was typed or chosen; else it follows the format.
    pub typed: bool,
    /// How pictures come along; `None`: as the format needs it.
    pub pictures: Option<PicturesAs>,
    pub table: TableShape,
    /// Whether cells are made safe for spreadsheets.
    pub safe: bool,
    /// Whether what is there may be replaced.
    pub replace: bool,
    /// Only these splits; empty: all pictures.
    pub splits: BTreeSet<Split>,
    /// `img.xmp` instead of `img.jpg.xmp`.
    pub stem: bool,
    /// What was written last: the place, what was written.
    pub done: Option<(String, Arc<ExportReport>)>,
    /// Sidecars that were written or left.
    pub sidecars: Vec<String>,
    /// Why it was not written.
    pub failure: Option<Failure>,
}

impl Default for ExportForm {
    fn default() -> Self {
        Self {
            format: Some(Format::Coco),
            out: String::new(),
            typed: false,
            pictures: None,
            table: TableShape::Wide,
            safe: false,
            replace: false,
            splits: BTreeSet::new(),
            stem: false,
            done: None,
            sidecars: Vec::new(),
            failure: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_become_the_most_frequent_one() {
        let mut form = ImportForm::new(Path::new("/d/birds.csv"), Path::new("/d/birds.patchlight"));
        let labels = [("cat", 3), ("owl", 2), ("Cat", 9), ("c at", 1)];
        form.preview = Some(Arc::new(Preview {
            labels: labels.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect(),
            ..Preview::default()
        }));
        assert!(form.merges().is_empty(), "only what was said to be one");
        form.one.insert("cat".to_owned());
        let merge = |from: &str| (from.to_owned(), "Cat".to_owned());
        assert_eq!(form.merges(), [merge("cat"), merge("c at")]);
    }

    #[test]
    fn empty_fields_ask_for_nothing() {
        let mut form = ImportForm::new(Path::new("/d/birds"), Path::new("/d/birds.patchlight"));
        form.images = "  ".to_owned();
        form.names = " /d/names.txt ".to_owned();
        let request = form.request();
        assert_eq!(request.images, None);
        assert_eq!(request.labels.as_deref(), Some(Path::new("/d/names.txt")));
        assert_eq!(request.contents, Contents::Later);
    }
}
