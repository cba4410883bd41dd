//! Where an export is made before it appears: files and pictures, none of which can land on another.

use super::export_request::{ExportReport, ExportRequest, PicturesAs, single_file};
use crate::dataset::error::DatasetError;
use crate::dataset::model::Picture;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// Paths that are taken in an export, so that a picture gets a number instead of falling on another one: also where their names
/// differ only in case or in the way accents are written, which some disks hold for the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    files: HashSet<String>,
    folders: HashSet<String>,
}

fn fold(path: &Path) -> String {
    path.to_string_lossy().to_lowercase().nfc().collect()
}

impl Plan {
    /// Keeps a folder free of files of that name.
    pub fn folder(&mut self, path: &Path) {
        self.folders.extend(path.ancestors().map(fold));
    }

    /// Takes `wanted`, or the first path with a number behind its name that is free.
    pub fn take(&mut self, wanted: &Path) -> PathBuf {
        let stem = wanted
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let end = wanted
            .extension()
            .map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
        // A file where this one needs a folder is in the way as well.
        let blocked = wanted
            .ancestors()
            .skip(1)
            .find(|folder| self.files.contains(&fold(folder)));
        let wanted = match blocked {
            Some(folder) => {
                let rest = wanted.strip_prefix(folder).unwrap_or(wanted);
                let mut free = folder.to_path_buf();
                for n in 2.. {
                    let name = folder
                        .file_name()
                        .map(|n| n.to_string_lossy().into_owned())
                        .unwrap_or_default();
                    free = folder.with_file_name(format!("{name} ({n})"));
                    if !self.files.contains(&fold(&free)) {
                        break;
                    }
                }
                free.join(rest)
            }
            None => wanted.to_owned(),
        };
        let mut free = wanted.clone();
        for n in 2.. {
            let key = fold(&free);
            if !self.folders.contains(&key) && self.files.insert(key) {
                break;
            }
            free = wanted.with_file_name(format!("{stem} ({n}){end}"));
        }
        if let Some(folder) = free.parent() {
            self.folder(folder);
        }
        free
    }
}

/// Where an export is made before it appears.
pub(crate) struct Staging<'a> {
    /// The folder to write into; for a single file, the file.
    pub path: PathBuf,
    /// The request.
    pub request: &'a ExportRequest,
    /// How pictures come along.
    pub pictures: PicturesAs,
    /// What was written so far.
    pub report: ExportReport,
    plan: Plan,
}

impl<'a> Staging<'a> {
    pub fn new(path: PathBuf, request: &'a ExportRequest, pictures: PicturesAs, report: ExportReport) -> Self {
        Self {
            path,
            request,
            pictures,
            report,
            plan: Plan::default(),
        }
    }

    /// Whether the export is one file rather than a folder.
    pub fn is_file(&self) -> bool {
        single_file(self.request)
    }

    /// Writes a file of the export, at a path below the folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, relative: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
        self.write_with(relative, |file| file.write_all(bytes))
    }

    /// Writes a file of the export, at a path below the folder, through `fill`.
    ///
    /// # Errors
    /// The file cannot be written, or `fill` failed.
    pub fn write_with(
        &mut self,
        relative: &Path,
        fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<(), DatasetError> {
        let (mut file, path) = self.open(relative)?;
        fill(&mut file).map_err(DatasetError::io(&path))?;
        Output { file, path }.finish()
    }

    fn open(&mut self, relative: &Path) -> Result<(BufWriter<File>, PathBuf), DatasetError> {
        let path = if self.is_file() {
            self.path.clone()
        } else {
            self.path.join(relative)
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(DatasetError::io(folder))?;
        }
        // Never through what is there: it may be a hard link to a picture.
        let file = File::create_new(&path).map_err(DatasetError::io(&path))?;
        self.report.files += 1;
        Ok((BufWriter::with_capacity(1 << 16, file), path))
    }

    /// Brings a picture along, below `folder` in the export, and returns its path there, relative to `folder`. Pictures that are only
    /// named are not touched, and called what they are called.
    ///
    /// # Errors
    /// The picture cannot be read, or its copy not written.
    pub fn picture(&mut self, folder: &Path, picture: &Picture) -> Result<PathBuf, DatasetError> {
        if self.pictures == PicturesAs::Named {
            return Ok(PathBuf::from(&picture.name));
        }
        let place = self.bring(&folder.join(safe_name(&picture.name)), picture)?;
        Ok(place.strip_prefix(folder).map(Path::to_path_buf).unwrap_or(place))
    }

    /// As [`picture`](Self::picture), under a name of the caller's choice, which stays below the folder.
    ///
    /// # Errors
    /// As [`picture`](Self::picture).
    pub fn picture_as(&mut self, folder: &Path, picture: &Picture, name: PathBuf) -> Result<PathBuf, DatasetError> {
        if self.pictures == PicturesAs::Named {
            return Ok(name);
        }
        let place = self.bring(&folder.join(name), picture)?;
        Ok(place.strip_prefix(folder).map(Path::to_path_buf).unwrap_or(place))
    }

    /// Begins a file of the export, at a path below the folder, for content that need not be in memory at once.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(&mut self, relative: &Path) -> Result<Output, DatasetError> {
        let (file, path) = self.open(relative)?;
        Ok(Output { file, path })
    }

    /// Brings a picture to `wanted` in the export, or to a path with a number where that is taken, and returns the path.
    ///
    /// # Errors
    /// The picture cannot be read, or its copy not written.
    pub fn bring(&mut self, wanted: &Path, picture: &Picture) -> Result<PathBuf, DatasetError> {
        let relative = self.plan.take(wanted);
        let target = self.path.join(&relative);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(DatasetError::io(parent))?;
        }
        // A link to a link would move with it, so the file itself is taken.
        let source = picture.path.canonicalize().map_err(DatasetError::io(&picture.path))?;
        if !source.metadata().is_ok_and(|about| about.is_file()) {
            return Err(DatasetError::NotAFile { path: source });
        }
        let linked = self.pictures == PicturesAs::Links && std::fs::hard_link(&source, &target).is_ok();
        if !linked {
            copy(&source, &target)?;
        }
        Ok(relative)
    }

    /// Makes an empty folder of the export, which no picture takes the name of.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn folder(&mut self, relative: &Path) -> Result<(), DatasetError> {
        self.plan.folder(relative);
        let path = self.path.join(relative);
        std::fs::create_dir_all(&path).map_err(DatasetError::io(&path))
    }
}

/// A file of an export that is being written.
pub(crate) struct Output {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Output {
    /// Adds a text.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, text: &str) -> Result<(), DatasetError> {
        self.file
            .write_all(text.as_bytes())
            .map_err(DatasetError::io(&self.path))
    }

    /// Writes what is still held back, and waits for the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<(), DatasetError> {
        let Self { file, path } = self;
        let file = file.into_inner().map_err(|e| DatasetError::io(&path)(e.into_error()))?;
        file.sync_all().map_err(DatasetError::io(&path))
    }
}

/// Copies to a new file, never over one: what is there could be a hard link to another picture.
fn copy(source: &Path, target: &Path) -> Result<(), DatasetError> {
    let mut from = File::open(source).map_err(DatasetError::io(source))?;
    let mut to = File::create_new(target).map_err(DatasetError::io(target))?;
    std::io::copy(&mut from, &mut to).map_err(DatasetError::io(target))?;
    Ok(())
}

/// A picture's name as a path that stays below a folder: no root, no `..`.
pub(crate) fn safe_name(name: &str) -> PathBuf {
    let kept: PathBuf = Path::new(name)
        .components()
        .filter(|c| matches!(c, Component::Normal(_)))
        .collect();
    if kept.as_os_str().is_empty() {
        PathBuf::from("picture")
    } else {
        kept
    }
}
