//! Telling a format from the data: by names and by the beginnings of a few files.

use super::split_lists::{self, Says};
use super::{Format, coco, csv, cvat, label_studio, lines, list, voc, xml, yolo};
use crate::dataset::error::DatasetError;
use crate::dataset::files::{by_bytes, is_picture_name};
use crate::dataset::model::{Split, Warning};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// How many files of a kind are looked into before they are taken for something else.
const TRIES: usize = 20;

/// The format of `data` (an absolute path of a file or folder). Says in `notices` which it took where there was a choice.
pub(crate) fn format(data: &Path, notices: &mut Vec<Warning>) -> Result<Format, DatasetError> {
    if data.is_file() {
        return file(data);
    }
    let folder = Folder::new(data)?;
    let lists = folder.lists();
    let has = |says: Says| lists.iter().any(|(_, said)| *said == says);
    let mut found = Vec::new();
    // The first that fits is taken: formats that say more come first.
    for (fits, format) in [
        (!coco::annotation_files(data)?.0.is_empty(), Format::Coco),
        (folder.is_voc(), Format::Voc),
        (!cvat::annotation_files(data)?.is_empty(), Format::Cvat),
        (!label_studio::export_files(data)?.is_empty(), Format::LabelStudio),
        (folder.is_yolo(), Format::Yolo),
        (has(Says::Labels), Format::List),
        (!csv::tables(data)?.is_empty(), Format::Csv),
    ] {
        if fits {
            found.push(format);
        }
    }
    // YOLO's lists name pictures, but no labels.
    if found.contains(&Format::Yolo) {
        found.retain(|format| *format != Format::List);
    }
    if let [taken, others @ ..] = &found[..]
        && !others.is_empty()
    {
        let others: Vec<String> = others.iter().map(|f| format!("{} (--format {f})", f.title())).collect();
        let text = format!(
            "{} holds {} and {}; {} was taken",
            data.display(),
            taken.title(),
            others.join(", "),
            taken.title()
        );
        notices.push(Warning::new("format", text));
    }
    // Lists of names alone are of splits where anything else has the labels.
    let lists_alone = has(Says::Splits) && !folder.lists_name_label_folders(&lists);
    let last = if lists_alone { Format::List } else { Format::Folder };
    Ok(found.first().copied().unwrap_or(last))
}

fn file(data: &Path) -> Result<Format, DatasetError> {
    if csv::is_table_name(data) || csv::is_counted_table(data) {
        return Ok(Format::Csv);
    }
    if is_picture_name(data) {
        let problem = "this is a picture; a folder of pictures or an annotation file was expected".to_owned();
        return Err(DatasetError::Layout {
            path: data.to_owned(),
            problem,
        });
    }
    if yolo::is_yaml(data) {
        return Ok(Format::Yolo);
    }
    let head = coco::head(data)?;
    if head.is_empty() {
        return Err(DatasetError::Empty { path: data.to_owned() });
    }
    if split_lists::is_partition_list(data) {
        return Err(DatasetError::Layout {
            path: data.to_owned(),
            problem: "this list says which split a picture is of, and has no labels; name the folder, or the file with the labels"
                .to_owned(),
        });
    }
    if label_studio::looks_like(&head) {
        return Ok(Format::LabelStudio);
    }
    let text = String::from_utf8_lossy(&head);
    let first = text.trim_start_matches('\u{feff}').trim_start().chars().next();
    let is_json = data.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    Ok(match first {
        Some('{') => Format::Coco,
        _ if is_json => Format::Coco,
        _ if voc::is_annotation(data) => Format::Voc,
        _ if cvat::is_annotations(data) => Format::Cvat,
        Some('<') => match xml::root(&head).as_deref() {
            Some("annotation") => Format::Voc,
            Some("annotations") => Format::Cvat,
            root => {
                let root = root.map_or("no element".to_owned(), |root| format!("<{root}>"));
                return Err(DatasetError::Layout {
                    path: data.to_owned(),
                    problem: format!(
                        "XML with <annotation> (VOC) or <annotations> (CVAT) was expected, and it begins with {root}"
                    ),
                });
            }
        },
        _ => Format::List,
    })
}

/// What lies in a folder, by name.
struct Folder {
    path: PathBuf,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Folder {
    fn new(path: &Path) -> Result<Self, DatasetError> {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(path).map_err(DatasetError::io(path))? {
            let entry = entry.map_err(DatasetError::io(path))?.path();
            let list = if entry.is_dir() { &mut folders } else { &mut files };
            list.push(entry);
        }
        folders.sort_by(|a, b| by_bytes(a, b));
        files.sort_by(|a, b| by_bytes(a, b));
        Ok(Self {
            path: path.to_owned(),
            folders,
            files,
        })
    }

    fn below(&self, name: &str) -> Option<Self> {
        self.folders
            .iter()
            .find(|f| f.ends_with(name))
            .and_then(|f| Self::new(f).ok())
    }

    fn with(&self, extension: &'static str) -> impl Iterator<Item = &PathBuf> {
        let has = move |path: &&PathBuf| {
            path.extension()
                .and_then(OsStr::to_str)
                .is_some_and(|e| e.eq_ignore_ascii_case(extension))
        };
        self.files.iter().filter(has)
    }

    /// The folders of splits in it.
    fn splits(&self) -> impl Iterator<Item = Self> {
        let is_split = |folder: &&PathBuf| {
            folder
                .file_name()
                .is_some_and(|n| Split::of_name(&n.to_string_lossy()).is_some())
        };
        self.folders
            .iter()
            .filter(is_split)
            .filter_map(|folder| Self::new(folder).ok())
    }

    fn is_voc(&self) -> bool {
        let is_set = |folder: &Self| {
            let annotations = folder.below("Annotations");
            let lists = folder
                .below("ImageSets")
                .is_some_and(|sets| sets.below("Main").is_some() || sets.with("txt").next().is_some());
            lists
                || annotations
                    .is_some_and(|inner| inner.has_annotations() || inner.splits().any(|s| s.has_annotations()))
        };
        let is_inner = |folder: &&PathBuf| {
            folder
                .file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("VOC"))
        };
        let years = || {
            self.folders
                .iter()
                .filter(is_inner)
                .filter_map(|folder| Self::new(folder).ok())
        };
        self.has_annotations()
            || is_set(self)
            || years().any(|year| is_set(&year))
            || self.splits().any(|split| split.has_annotations() || is_set(&split))
    }

    /// The first XML files tell.
    fn has_annotations(&self) -> bool {
        self.with("xml").take(TRIES).any(|path| voc::is_annotation(path))
    }

    fn is_yolo(&self) -> bool {
        if yolo::config_file(&self.path).is_some() {
            return true;
        }
        let holds = |labels: &Self| labels.has_label_files() || labels.splits().any(|split| split.has_label_files());
        let in_labels = |folder: &Self| folder.below("labels").is_some_and(|labels| holds(&labels));
        let beside = |folder: &Self| folder.has_label_files_of_pictures();
        // Names of classes and a label file beside a picture; either alone may be something else.
        let named = self.files.iter().any(|path| yolo::is_class_file(path));
        let inner = || self.splits().chain(self.below("obj_train_data"));
        in_labels(self)
            || (self.path.ends_with("labels") && holds(self))
            || self.splits().any(|split| in_labels(&split))
            || (named && (beside(self) || inner().any(|folder| beside(&folder))))
    }

    fn has_label_files(&self) -> bool {
        self.with("txt").take(TRIES).any(|path| is_label_file(path))
    }

    fn has_label_files_of_pictures(&self) -> bool {
        let pictures = self.files.iter().filter(|path| is_picture_name(path)).take(TRIES);
        pictures
            .map(|path| path.with_extension("txt"))
            .any(|path| is_label_file(&path))
    }

    /// Its lists, with what they say.
    fn lists(&self) -> Vec<(PathBuf, Says)> {
        let files = list::list_files(&self.path).unwrap_or_default();
        let counted = |path: &PathBuf| csv::is_counted_table(path);
        let files = files.into_iter().filter(|path| !counted(path));
        files
            .filter_map(|path| split_lists::says(&path).map(|says| (path, says)))
            .collect()
    }

    /// Whether lists name pictures in folders of labels: `cat/1.jpg`, and not `images/1.jpg`.
    fn lists_name_label_folders(&self, lists: &[(PathBuf, Says)]) -> bool {
        let usual = ["images", "JPEGImages", "data", "img", "imgs", "pictures", "photos"];
        let folders = || {
            let first =
                |(path, _): &(PathBuf, Says)| lines::first(path)?.path.components().next().map(|c| self.path.join(c));
            lists.iter().filter_map(first)
        };
        let is_label = |folder: &PathBuf| {
            let name = folder
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            folder.is_dir() && !usual.contains(&name.as_str()) && Split::of_name(&name).is_none()
        };
        folders().next().is_some() && folders().all(|folder| is_label(&folder))
    }
}

/// Its first line is one of a YOLO file.
fn is_label_file(path: &Path) -> bool {
    let Ok(head) = coco::head(path) else { return false };
    let text = String::from_utf8_lossy(&head);
    path.is_file()
        && text
            .lines()
            .find(|line| !line.trim().is_empty())
            .is_some_and(yolo::looks_like_line)
}
