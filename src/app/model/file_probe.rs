//! What is asked of the thread that looks at files, and what it answers.

use super::command::Pixels;
use super::tag::kept::Kept;
use crate::engine::jobs::WatchedEpoch;
use crate::engine::{Event, Failure};
use std::path::PathBuf;
use std::sync::Arc;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A project's folder, or its database.
    Project,
    /// A checkpoint's folder.
    ModelFolder,
    /// A file that is a checkpoint or a tagger.
    ModelFile,
    /// A folder that may hold pictures.
    Folder,
    /// A file that may hold annotations.
    Annotations,
    Picture,
    /// Nothing that the program knows.
    Unknown,
    /// It is not there.
    Missing,
}

/// What a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Annotations, or a folder for each label: a data set.
    Labels,
    /// Pictures alone.
    Pictures,
    /// No picture.
    Nothing,
}

/// What the thread is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// What the first of these paths is; the others come along.
    Kind(Vec<PathBuf>),
    /// Pictures of files and folders.
    Pictures(Vec<PathBuf>),
    /// What a folder holds.
    Folder(PathBuf),
    /// Whether a file is a tagger.
    File(PathBuf),
    /// Whether a folder that is to be watched is there, and what it holds.
    WatchFolder(PathBuf),
    /// A free name for a project of these data.
    ProjectFor(PathBuf),
    /// A free folder for the demo; whether it is the quick one.
    DemoFolder(bool),
    /// Paths in pasted text.
    Pasted(String),
    /// Whether data that were chosen in a dialog are a project.
    DataChosen(PathBuf),
    /// A free name for an export: folder, name, ending.
    ExportName(PathBuf, String, &'static str),
    /// Keep a pasted picture in a file.
    Keep(Arc<Pixels>),
    /// Free room on the disk of a folder.
    Room(PathBuf),
    /// The evidence snapshots of a training job's run after an epoch.
    Watched(u64, PathBuf),
    /// What a run's folder says of its training.
    History(PathBuf),
    /// The list of Tag of the last session.
    KeptTags(PathBuf),
    /// Keep the list of Tag in a file.
    KeepTags(PathBuf, Arc<Kept>),
    /// Keywords that pictures have from other programs.
    Keywords(Vec<PathBuf>),
    /// A free name for a tagger: folder, name, ending.
    TaggerName(PathBuf, String, &'static str),
}

/// What the thread found.
#[derive(Debug)]
pub enum Reply {
    /// What the first path is, and all that were brought; the first with `~` replaced, and of a project its folder.
    Kind(PathKind, Vec<PathBuf>),
    /// Pictures, each an absolute path, and what is to be said about the rest.
    Pictures(Vec<PathBuf>, Vec<LeftOut>),
    Folder(PathBuf, Holds),
    /// A tagger: its file, name and labels.
    Tagger(PathBuf, String, usize),
    /// A file that may hold a model, and why it is no tagger.
    NoTagger(PathBuf, Failure),
    /// The folder that is to be watched, and its pictures; `None`: it is not there.
    WatchFolder(PathBuf, Option<Vec<PathBuf>>),
    /// A new project's folder for data.
    ProjectFor {
        data: PathBuf,
        project: PathBuf,
    },
    /// A new folder for the demo; whether it is the quick one.
    DemoFolder(PathBuf, bool),
    /// Paths in pasted text; none where it is something else.
    Pasted(Vec<PathBuf>),
    /// Data that were chosen in a dialog, and whether they are a project.
    DataChosen(PathBuf, bool),
    /// A free place for an export, and the name and ending that were asked for.
    ExportName(PathBuf, String, &'static str),
    /// A pasted picture was kept in a file.
    Kept(Result<PathBuf, Failure>),
    /// Free room on the disk of a folder, in bytes.
    Room(u64),
    /// The evidence snapshots of a training job's run after an epoch.
    Watched(u64, String, Result<WatchedEpoch, Failure>),
    /// What a run's folder says of its training: what was told, and the evidence snapshots.
    History(PathBuf, Result<(Vec<Event>, Vec<WatchedEpoch>), Failure>),
    /// The list of Tag of the last session.
    KeptTags(Option<Box<Kept>>),
    /// The list of Tag was kept.
    TagsKept(Result<(), Failure>),
    /// Keywords that pictures have from other programs.
    Keywords(Vec<(PathBuf, Vec<String>)>),
    /// A free place for a tagger.
    TaggerName(PathBuf),
}

/// Why something that was brought is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Pictures of a kind that is not read, in words.
    Foreign(String),
    /// Anything else, in words.
    Other(String),
}
