//! A run's checkpoints on disk: a folder each, its manifest written last, so that a crash at any moment leaves the
//! previous one or the new one, never a mix.
//!
//! ```text
//! checkpoints/00000040/model.safetensors      parameters by path
//! checkpoints/00000040/optimizer.safetensors  moments by path (absent once the stage is done)
//! checkpoints/00000040/average.safetensors    the moving average of the parameters, where there is one
//! checkpoints/00000040/manifest.json          step, best epoch, and size and SHA-256 of each file; written last
//! checkpoints/best-00000032/                  the parameters of the best epoch, with a manifest of their own
//! ```
//!
//! The best epoch's parameters stay as long as one of the newest checkpoints names them: a run that goes on from the older of the
//! two still finds its own.

mod file;
mod used;

pub use used::{Fallback, load_used};

use crate::clip::checkpoint::RawTensor;
use crate::support::{atomic, disk, hash};
use file::{from_safetensors, to_safetensors};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub type Tensors = BTreeMap<String, RawTensor>;

pub struct Saved {
    pub step: usize,
    /// Whether the stage is finished.
    pub finished: bool,
    /// Parameters by path.
    pub model: Tensors,
    /// The optimizer's state; `None` once the stage is finished.
    pub optimizer: Option<Tensors>,
    /// The moving average of the parameters, where there is one.
    pub average: Option<Tensors>,
    average_fingerprint: Option<String>,
    /// What the stage knows beside its tensors.
    pub progress: Progress,
    /// SHA-256 of the parameters' file, the identity of this model.
    pub fingerprint: String,
}

pub struct Content<'a> {
    /// Parameters by path.
    pub model: &'a Tensors,
    /// The optimizer's state; `None` once the stage is finished.
    pub optimizer: Option<&'a Tensors>,
    /// The moving average of the parameters, where there is one.
    pub average: Option<&'a Tensors>,
}

/// What a stage knows beside its tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
    /// Factor on the loss of a half-precision run, and steps since it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_scale: Option<(f32, usize)>,
}

/// An epoch that did best on the validation pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Steps done at its end.
    pub step: usize,
    /// Its mAP in percent.
    pub map: f64,
    /// Whether its parameters are kept.
    pub kept: bool,
}

impl Best {
    /// Whether `map` is better than that of `best`. Compared in millionths, so that a number that was written and read again counts as
    /// the same.
    pub fn is_beaten(best: Option<&Self>, map: f64) -> bool {
        let rounded = |value: f64| (value * 1e6).round();
        best.is_none_or(|best| rounded(map) > rounded(best.map))
    }
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    step: usize,
    finished: bool,
    #[serde(default)]
    progress: Progress,
    files: BTreeMap<String, FileMark>,
}

#[derive(Serialize, Deserialize)]
struct FileMark {
    bytes: u64,
    sha256: String,
}

/// A checkpoint cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RunCheckpointError {
    #[error("checkpoint {}: {}", path.display(), disk::words(path, source))]
    Io { path: PathBuf, source: std::io::Error },
    #[error("checkpoint {} is damaged: {problem}", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error("there is no usable checkpoint in {}", path.display())]
    None { path: PathBuf },
    /// What the run's record names is damaged, and nothing else may stand in for it.
    #[error("{damage}; any other checkpoint of the run would give other results")]
    NotTheNamed { damage: Box<RunCheckpointError> },
}

const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const AVERAGE: &str = "average.safetensors";
const BEST: &str = "best-";

/// Checkpoints kept: the newest, and one to fall back to.
const KEEP: usize = 2;

/// Writes a checkpoint under `run`, then removes all but the newest two and the best epochs that they name.
///
/// # Errors
/// [`RunCheckpointError::Io`]; earlier checkpoints are untouched then.
pub fn save(run: &Path, step: usize, content: &Content<'_>, progress: &Progress) -> Result<String, RunCheckpointError> {
    let fingerprint = write(&folder_of(run, step), step, content, progress)?;
    tidy(run);
    Ok(fingerprint)
}

/// Removes all checkpoints but the newest two and the best epochs that they name. A program that was killed right after [`save`] had written
/// may have left some of them.
pub fn tidy(run: &Path) {
    for old in steps(run).iter().rev().skip(KEEP) {
        // Not worth failing for: it is only space.
        let _ = std::fs::remove_dir_all(folder_of(run, *old));
    }
    let named: Vec<usize> = steps(run)
        .into_iter()
        .filter_map(|step| manifest(&folder_of(run, step)).ok()?.progress.best)
        .map(|best| best.step)
        .collect();
    for old in bests(run).into_iter().filter(|step| !named.contains(step)) {
        let _ = std::fs::remove_dir_all(best_folder(run, old));
    }
}

/// Writes the parameters of the best epoch so far, which ends at `step`. Earlier ones stay until the next [`save`].
///
/// # Errors
/// [`RunCheckpointError::Io`].
pub fn save_best(run: &Path, step: usize, model: &Tensors) -> Result<String, RunCheckpointError> {
    let content = Content {
        model,
        optimizer: None,
        average: None,
    };
    write(&best_folder(run, step), step, &content, &Progress::default())
}

/// Checks that checkpoints can be written under `run`.
///
/// # Errors
/// [`RunCheckpointError::Io`].
pub fn probe(run: &Path) -> Result<(), RunCheckpointError> {
    let path = run.join("checkpoints").join(".probe");
    let io = |source| RunCheckpointError::Io {
        path: path.clone(),
        source,
    };
    atomic::write(&path, b"").map_err(io)?;
    std::fs::remove_file(&path).map_err(io)
}

fn write(folder: &Path, step: usize, content: &Content<'_>, progress: &Progress) -> Result<String, RunCheckpointError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RunCheckpointError::Io { path, source }
    };
    // A leftover of an interrupted write, or the same step once more: without its manifest it does not count.
    let manifest_path = folder.join(MANIFEST);
    if manifest_path.exists() {
        std::fs::remove_file(&manifest_path).map_err(io(&manifest_path))?;
        atomic::sync_folder(folder);
    }
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let mut files = BTreeMap::new();
    let mut fingerprint = String::new();
    let parts = [
        (MODEL, Some(content.model)),
        (OPTIMIZER, content.optimizer),
        (AVERAGE, content.average),
    ];
    for (name, tensors) in parts {
        let path = folder.join(name);
        let Some(tensors) = tensors else {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path)(e)),
                _ => continue,
            }
        };
        let bytes = to_safetensors(tensors).map_err(|e| io(&path)(std::io::Error::other(e)))?;
        atomic::write(&path, &bytes).map_err(io(&path))?;
        let sha256 = hash::of_bytes(&bytes);
        if name == MODEL {
            fingerprint.clone_from(&sha256);
        }
        files.insert(
            name.to_owned(),
            FileMark {
                bytes: bytes.len() as u64,
                sha256,
            },
        );
    }
    let manifest = Manifest {
        version: 1,
        step,
        finished: content.optimizer.is_none(),
        progress: progress.clone(),
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| io(&manifest_path)(e.into()))?;
    atomic::write(&manifest_path, &text).map_err(io(&manifest_path))?;
    Ok(fingerprint)
}

/// The newest checkpoint that is whole, and a warning for each newer one that is not.
///
/// # Errors
/// [`RunCheckpointError::None`] where no checkpoint is usable.
pub fn load_newest(run: &Path) -> Result<(Saved, Vec<String>), RunCheckpointError> {
    let mut warnings = Vec::new();
    for step in steps(run).into_iter().rev() {
        match load(&folder_of(run, step)) {
            Ok(saved) => return Ok((saved, warnings)),
            Err(error) => warnings.push(format!("{error}; going back to the one before")),
        }
    }
    Err(RunCheckpointError::None { path: run.to_owned() })
}

/// Whether `run` has a checkpoint whose manifest was written.
pub fn exists(run: &Path) -> bool {
    steps(run)
        .into_iter()
        .any(|step| folder_of(run, step).join(MANIFEST).is_file())
}

fn manifest(folder: &Path) -> Result<Manifest, RunCheckpointError> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(|source| RunCheckpointError::Io { path, source })?;
    serde_json::from_slice(&bytes).map_err(|e| RunCheckpointError::Damaged {
        path: folder.to_owned(),
        problem: e.to_string(),
    })
}

fn load(folder: &Path) -> Result<Saved, RunCheckpointError> {
    let damaged = |problem: String| RunCheckpointError::Damaged {
        path: folder.to_owned(),
        problem,
    };
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|source| RunCheckpointError::Io { path, source })
    };
    let manifest = manifest(folder)?;
    let open = |name: &str| -> Result<Option<(Tensors, String)>, RunCheckpointError> {
        let Some(mark) = manifest.files.get(name) else {
            return Ok(None);
        };
        let bytes = read(name)?;
        if bytes.len() as u64 != mark.bytes || hash::of_bytes(&bytes) != mark.sha256 {
            return Err(damaged(format!("{name} is not what its manifest says")));
        }
        from_safetensors(&bytes)
            .map(|t| Some((t, mark.sha256.clone())))
            .map_err(damaged)
    };
    let (model, fingerprint) = open(MODEL)?.ok_or_else(|| damaged("it holds no model".to_owned()))?;
    let optimizer = open(OPTIMIZER)?.map(|(tensors, _)| tensors);
    let (average, average_fingerprint) = open(AVERAGE)?.unzip();
    Ok(Saved {
        step: manifest.step,
        finished: manifest.finished,
        model,
        optimizer,
        average,
        average_fingerprint,
        progress: manifest.progress,
        fingerprint,
    })
}

fn folder_of(run: &Path, step: usize) -> PathBuf {
    run.join("checkpoints").join(format!("{step:08}"))
}

fn best_folder(run: &Path, step: usize) -> PathBuf {
    run.join("checkpoints").join(format!("{BEST}{step:08}"))
}

/// Steps that have a folder, rising.
fn steps(run: &Path) -> Vec<usize> {
    named_steps(run, "")
}

/// Steps that have a folder as a best epoch, rising.
fn bests(run: &Path) -> Vec<usize> {
    named_steps(run, BEST)
}

fn named_steps(run: &Path, prefix: &str) -> Vec<usize> {
    let Ok(entries) = std::fs::read_dir(run.join("checkpoints")) else {
        return Vec::new();
    };
    let mut steps: Vec<usize> = entries
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.strip_prefix(prefix)?.parse().ok())
        .collect();
    steps.sort_unstable();
    steps
}

#[cfg(test)]
mod tests;
