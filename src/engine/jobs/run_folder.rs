//! A run's folder: what it was asked (`config.json`), what it measured (`metrics.jsonl`), its checkpoints.

use super::evidence_snapshots::{WatchedEpoch, read_watched};
use crate::clip::vision::PatchFeatures;
use crate::engine::event::{ContextChosen, ContextName};
use crate::engine::{Event, Failure, Stage};
use crate::method::prompts::ContextKind;
use crate::method::student::StudentConfig;
use crate::support::atomic;
use crate::train::settings::Settings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Everything that a run depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunConfig {
    /// Version of the program that made it.
    pub version: String,
    pub stage: Stage,
    /// Whether a Stage 2 run follows (`--stage both`).
    pub then_stage_2: bool,
    /// Whether it is the second of a pair (`--stage both`).
    #[serde(default)]
    pub of_pair: bool,
    pub seed: u64,
    pub settings: Settings,
    pub model: PathBuf,
    pub model_fingerprint: String,
    /// The Stage 1 run that it starts from.
    pub parent: Option<String>,
    /// Label names in order.
    pub labels: Vec<String>,
    /// Ids of the labels in the project, in the same order: a label keeps its id when it gets another name. Empty in older runs.
    #[serde(default)]
    pub label_ids: Vec<i64>,
    /// What the prompts say for each label.
    pub words: Vec<String>,
    /// Positives of each label in its training data.
    pub positives: Vec<usize>,
    /// Pictures it trains on.
    pub images: usize,
    /// Identity of its training data: contents, order and labels.
    pub data: String,
    /// The image tower: the student's in Stage 1, what Stage 2 starts from.
    pub student: StudentConfig,
    pub patch_features: PatchFeatures,
    pub top_k: usize,
    /// What `context=auto` kept; `None` until that is known, and where the settings name a context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<ContextChosen>,
    /// The device that it was started on.
    pub device: String,
}

impl RunConfig {
    /// The kind of context that it learns, or was used with.
    pub fn context(&self) -> ContextKind {
        let chosen = self.chosen.as_ref().and_then(|chosen| chosen.kept.kind());
        self.settings.context.kind().or(chosen).unwrap_or(ContextKind::Shared)
    }

    /// Whether the prompts are learned ones: not where `context=auto` found none that does better than what it started from.
    pub fn has_learned_prompts(&self) -> bool {
        let kept = self.chosen.as_ref().map(|chosen| chosen.kept);
        self.stage.trains_prompts() && kept != Some(ContextName::Start)
    }

    /// Whether a project's labels are those that the run knows, be it under other names.
    pub fn knows(&self, names: &[String], ids: &[i64]) -> bool {
        self.labels == names || (!self.label_ids.is_empty() && self.label_ids == ids)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`Failure`] where it is missing or damaged.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("config.json");
        let bytes = std::fs::read(&path).map_err(|e| Failure::io("read the run's settings", &path, &e))?;
        serde_json::from_slice(&bytes).map_err(|e| {
            Failure::new(
                format!("{} is damaged: {e}", path.display()),
                "Start a new run instead of this one.",
            )
        })
    }

    /// Writes `config.json`.
    ///
    /// # Errors
    /// [`Failure`] where the folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder).map_err(|e| Failure::io("make the run's folder", folder, &e))?;
        let path = folder.join("config.json");
        let text = serde_json::to_vec_pretty(self).map_err(|e| Failure::io("write", &path, &e.into()))?;
        atomic::write(&path, &text).map_err(|e| Failure::io("write the run's settings", &path, &e))
    }
}

/// What a JSON file of a run holds, where there is one: not every run has all of them.
///
/// # Errors
/// What is wrong with the file, in words.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("{} cannot be read: {e}", path.display())),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| format!("{} is damaged: {e}", path.display()))
}

/// The run's curves: an event a line, appended as it trains.
pub(crate) struct MetricsLog {
    file: File,
}

impl MetricsLog {
    /// Opens the log for a run that goes on at `step`: later lines belong to work that was lost, and are dropped.
    ///
    /// # Errors
    /// [`Failure`] where the folder cannot be written.
    pub fn open(folder: &Path, step: usize, epochs_done: usize) -> Result<Self, Failure> {
        let path = folder.join("metrics.jsonl");
        let at = |e: std::io::Error| Failure::io("write the run's metrics", &path, &e);
        if let Ok(old) = std::fs::read_to_string(&path) {
            let keep = |line: &&str| match serde_json::from_str::<Event>(line) {
                Ok(Event::Step { step: s, .. }) => s < step,
                Ok(Event::Epoch { epoch, .. }) => epoch < epochs_done,
                _ => false,
            };
            let kept: String = old.lines().filter(keep).flat_map(|line| [line, "\n"]).collect();
            atomic::write(&path, kept.as_bytes()).map_err(at)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(at)?;
        Ok(Self { file })
    }

    /// Appends an event. A full disk must not end the training, which the next checkpoint will say anyway.
    pub fn write(&mut self, event: &Event) {
        if let Ok(text) = serde_json::to_string(event)
            && let Err(error) = writeln!(self.file, "{text}")
        {
            tracing::warn!(%error, "the run's metrics could not be written");
        }
    }
}

/// What a run's folder says of its training: steps and epochs in order, and the watched pictures after each epoch. What cannot be read is
/// left out: nothing depends on it.
///
/// # Errors
/// [`Failure`] where the run has kept no curves.
pub fn history(folder: &Path) -> Result<(Vec<Event>, Vec<WatchedEpoch>), Failure> {
    let path = folder.join("metrics.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("read the run's curves", &path, &e))?;
    let events = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut watched: Vec<WatchedEpoch> = std::fs::read_dir(folder.join("watch"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| read_watched(&entry.path()).ok())
        .collect();
    watched.sort_by_key(|epoch| epoch.epoch);
    Ok((events, watched))
}
