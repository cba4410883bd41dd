//! Lists of `path id id ..`, as VOC-LT and COCO-LT come, with a file of label names (`name id` a line).

mod write;

pub(crate) use write::{check, write};

use super::NO_SPLIT;
use super::collect::{Entry, Findings};
use super::lines::{self, Line};
use super::locate::Locator;
use super::lookup::Tree;
use super::{ImportRequest, Progress};
use crate::dataset::error::DatasetError;
use crate::dataset::files::by_bytes;
use crate::dataset::model::{Split, Warning};
use crate::dataset::split::official;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Text files in a folder (not below), byte-sorted, without files of label names.
pub(crate) fn list_files(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    Ok(texts(folder)?.into_iter().filter(|path| !is_label_file(path)).collect())
}

fn texts(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        let extension = path
            .extension()
            .map(|e| e.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        if path.is_file() && ["txt", "lst", "list", "names"].contains(&extension.as_str()) {
            found.push(path);
        }
    }
    found.sort_by(|a, b| by_bytes(a, b));
    Ok(found)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}

fn words(path: &Path) -> Vec<String> {
    stem(path).split(['_', '-', '.', ' ']).map(str::to_owned).collect()
}

pub(crate) fn is_label_file(path: &Path) -> bool {
    let named = ["label", "labels", "class", "classes", "names", "categories"];
    path.extension().is_some_and(|e| e == "names") || words(path).iter().any(|word| named.contains(&word.as_str()))
}

/// What a list is of: its name without the split, such as `voc_lt`.
fn set_of(path: &Path) -> String {
    if stem(path) == NO_SPLIT {
        return String::new();
    }
    words(path)
        .into_iter()
        .filter(|word| Split::of_name(word).is_none())
        .collect::<Vec<_>>()
        .join("_")
}

/// Reads the lists.
pub(crate) fn read(request: &ImportRequest, progress: &mut Progress<'_>) -> Result<Findings, DatasetError> {
    let (folder, lists) = lists_of(request)?;
    let mut found = Findings::default();
    let read: Vec<(PathBuf, Vec<Line>)> = lists
        .into_iter()
        .map(|path| Ok((path.clone(), lines::read_with(&path, progress)?)))
        .collect::<Result<_, DatasetError>>()?;
    for (path, lines) in &read {
        found.warnings.extend(official::notice(path, lines));
    }
    let label_file = match &request.labels {
        Some(file) => Some(file.clone()),
        None => label_file_beside(&folder, &read[0].0)?,
    };
    let ids = match &label_file {
        Some(file) => read_labels(file, &mut found.labels)?,
        None => numbers(&read, &mut found),
    };
    let mut reader = Reader {
        pictures: Pictures::new(request, &folder),
        ids,
        label_file,
        at: HashMap::new(),
        repeated: Repeats::default(),
        found,
    };
    for (list, lines) in &read {
        reader.list(list, lines, progress)?;
    }
    reader.finish(request)
}

/// The folder of the lists and the lists, which are of one set.
fn lists_of(request: &ImportRequest) -> Result<(PathBuf, Vec<PathBuf>), DatasetError> {
    let (folder, lists) = if request.data.is_dir() {
        (request.data.clone(), list_files(&request.data)?)
    } else {
        let folder = request.data.parent().map(Path::to_path_buf).unwrap_or_default();
        (folder, vec![request.data.clone()])
    };
    let sets: BTreeSet<String> = lists.iter().map(|path| set_of(path)).collect();
    if sets.len() > 1 {
        let sets: Vec<String> = sets.into_iter().collect();
        let problem = format!("lists of several sets are here ({})", sets.join(", "));
        return Err(DatasetError::Layout { path: folder, problem });
    }
    if lists.is_empty() {
        let problem = "no list (*.txt with lines of `path id id`) is here".to_owned();
        return Err(DatasetError::Layout { path: folder, problem });
    }
    Ok((folder, lists))
}

struct Reader {
    pictures: Pictures,
    /// Indices of labels by class numbers.
    ids: HashMap<i64, usize>,
    label_file: Option<PathBuf>,
    /// Entries by path.
    at: HashMap<PathBuf, usize>,
    repeated: Repeats,
    found: Findings,
}

impl Reader {
    fn list(&mut self, list: &Path, lines: &[Line], progress: &mut Progress<'_>) -> Result<(), DatasetError> {
        let split = words(list).iter().find_map(|word| Split::of_name(word));
        for (i, line) in lines.iter().enumerate() {
            if i % 4096 == 0 && progress(0, 0).is_break() {
                return Err(DatasetError::Cancelled);
            }
            self.line(list, line, split, progress)?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        list: &Path,
        line: &Line,
        split: Option<Split>,
        progress: &mut Progress<'_>,
    ) -> Result<(), DatasetError> {
        let label = |id: &i64| {
            let known = self.ids.get(id).copied();
            known.ok_or_else(|| unknown(list, line, *id, self.label_file.as_deref()))
        };
        let positives: Vec<usize> = line.ids.iter().map(label).collect::<Result<_, _>>()?;
        let name = line.path.to_string_lossy().into_owned();
        let Some(path) = self.pictures.find(line, progress)? else {
            self.pictures.locator.miss(&mut self.found.unmatched, name);
            return Ok(());
        };
        let new = self.found.entries.len();
        let index = *self.at.entry(path.clone()).or_insert(new);
        if index == new {
            self.found.entries.push(Entry {
                path,
                name,
                split,
                positives,
                ..Entry::default()
            });
            return Ok(());
        }
        let first = &mut self.found.entries[index];
        let within = first.split == split;
        if within {
            first.positives.extend(positives);
        }
        self.repeated.add(within, name);
        Ok(())
    }

    fn finish(self, request: &ImportRequest) -> Result<Findings, DatasetError> {
        let mut found = self.found;
        self.repeated.warn(&mut found.warnings);
        let locator = self.pictures.locator;
        locator.complete(found, &request.data, "listed", "(the lists are empty)")
    }
}

/// Pictures that are listed more than once.
#[derive(Default)]
struct Repeats {
    within: Vec<String>,
    across: Vec<String>,
}

impl Repeats {
    fn add(&mut self, within: bool, name: String) {
        if within {
            self.within.push(name)
        } else {
            self.across.push(name)
        }
    }

    fn warn(self, warnings: &mut Vec<Warning>) {
        if let Some(first) = self.within.first() {
            let text = format!(
                "{} lines repeat a picture, such as {first}; its labels were joined",
                self.within.len()
            );
            warnings.push(Warning::new("repeated", text));
        }
        if let Some(first) = self.across.first() {
            let text = format!(
                "{} pictures are in several lists, such as {first}; the first list counts",
                self.across.len()
            );
            warnings.push(Warning::new("leakage", text));
        }
    }
}

fn unknown(list: &Path, line: &Line, id: i64, labels: Option<&Path>) -> DatasetError {
    let names = labels.map_or("the class numbers".to_owned(), |path| path.display().to_string());
    let problem = format!("class {id} is not in {names}");
    DatasetError::Parse {
        path: list.to_owned(),
        line: Some(line.number),
        problem,
    }
}

/// The only file of label names in the folder, or the only one that starts with the same word as the list.
fn label_file_beside(folder: &Path, list: &Path) -> Result<Option<PathBuf>, DatasetError> {
    let all: Vec<PathBuf> = texts(folder)?.into_iter().filter(|path| is_label_file(path)).collect();
    let same: Vec<&PathBuf> = all
        .iter()
        .filter(|path| words(path).first() == words(list).first())
        .collect();
    Ok(match (&all[..], &same[..]) {
        ([one], _) => Some(one.clone()),
        (_, [one]) => Some((*one).clone()),
        _ => None,
    })
}

/// Label names in the file's order, and the index of each id. Without ids, lines count from 0.
pub(crate) fn read_labels(file: &Path, labels: &mut Vec<String>) -> Result<HashMap<i64, usize>, DatasetError> {
    let lines = lines::read(file)?;
    let error = |line: &Line, problem: String| DatasetError::Parse {
        path: file.to_owned(),
        line: Some(line.number),
        problem,
    };
    let mut ids = HashMap::new();
    let numbered = lines.iter().filter(|line| !line.ids.is_empty()).count();
    let all_numbered = numbered == lines.len();
    for (i, line) in lines.iter().enumerate() {
        let whole = line.whole();
        let whole = whole
            .to_str()
            .ok_or_else(|| error(line, "a label name must be UTF-8 text".to_owned()))?;
        // The last word is the id; a name may itself end in a number.
        let (name, id) = match whole.rsplit_once(char::is_whitespace).filter(|_| all_numbered) {
            Some((name, id)) => (name.trim_end(), id.parse().unwrap_or(-1)),
            None => (whole, i as i64),
        };
        // `class 1` beside `background` is a name; only when most lines have ids is one without a mistake.
        if !all_numbered && numbered * 2 > lines.len() && line.ids.is_empty() {
            return Err(error(line, format!("`name id` was expected, but {whole} has no id")));
        }
        if id < 0 {
            return Err(error(line, format!("the id {id} of {name} is negative")));
        }
        if let Some(first) = ids.insert(id, i) {
            let (first, second) = (labels[first].clone(), name.to_owned());
            return Err(DatasetError::DuplicateId {
                path: file.to_owned(),
                what: "label",
                id: id.to_string(),
                first,
                second,
            });
        }
        labels.push(name.to_owned());
    }
    Ok(ids)
}

/// Without names, the class numbers that occur are the names.
fn numbers(read: &[(PathBuf, Vec<Line>)], found: &mut Findings) -> HashMap<i64, usize> {
    let ids: BTreeSet<i64> = read
        .iter()
        .flat_map(|(_, lines)| lines)
        .flat_map(|l| &l.ids)
        .copied()
        .filter(|id| *id >= 0)
        .collect();
    if !ids.is_empty() {
        let text = "no file of label names was found beside the lists; labels are named by their numbers (--labels FILE names them)";
        found.warnings.push(Warning::new("label-names", text));
    }
    found.labels = ids.iter().map(i64::to_string).collect();
    ids.into_iter().zip(0..).collect()
}

/// Where listed pictures are.
struct Pictures {
    locator: Locator,
    /// The folder above that of the lists, where these may lie in one of their own.
    above: Option<Tree>,
}

impl Pictures {
    fn new(request: &ImportRequest, folder: &Path) -> Self {
        let above = folder.parent().filter(|_| request.images.is_none());
        Self {
            locator: Locator::below(request.images.as_deref().unwrap_or(folder)),
            above: above.map(Tree::new),
        }
    }

    fn find(&mut self, line: &Line, progress: &mut Progress<'_>) -> Result<Option<PathBuf>, DatasetError> {
        let root = PathBuf::new();
        // What lies below the lists comes first, then what lies beside their folder, then any picture of this name.
        if let Some(path) = self.locator.at(&line.path) {
            return Ok(Some(path));
        }
        if let Some(Ok(Some(path))) = self.above.as_mut().map(|above| above.find(&line.path)) {
            return Ok(Some(path));
        }
        self.locator.find_at(&[&line.path], &[root], None, progress)
    }
}
