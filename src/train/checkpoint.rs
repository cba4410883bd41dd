//! A run's checkpoints on disk: a folder each, its manifest written last, so that a crash at any moment leaves the
//! previous one or the new one, never a mix.
//!
//! ```text
//! checkpoints/00000040/model.safetensors      parameters by path
//! checkpoints/00000040/optimizer.safetensors  moments by path (absent once the stage is done)
//! checkpoints/00000040/manifest.json          step, and size and SHA-256 of each file; written last
//! ```

use crate::clip::checkpoint::RawTensor;
use crate::support::{atomic, hash};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tensors by name.
pub type Tensors = BTreeMap<String, RawTensor>;

/// What a checkpoint holds.
pub struct Saved {
    /// Steps done.
    pub step: usize,
    /// Whether the stage is finished.
    pub finished: bool,
    /// Parameters by path.
    pub model: Tensors,
    /// The optimizer's state; `None` once the stage is finished.
    pub optimizer: Option<Tensors>,
    /// SHA-256 of the parameters' file, the identity of this model.
    pub fingerprint: String,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    step: usize,
    finished: bool,
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
    /// The disk refuses.
    #[error("checkpoint {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The content is not what the manifest says.
    #[error("checkpoint {} is damaged: {problem}", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// There is none.
    #[error("there is no usable checkpoint in {}", path.display())]
    None {
        /// The run's folder.
        path: PathBuf,
    },
}

const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";

/// Checkpoints kept: the newest, and one to fall back to.
const KEEP: usize = 2;

/// Writes a checkpoint under `run`, then removes all but the newest two.
///
/// # Errors
/// [`RunCheckpointError::Io`]; earlier checkpoints are untouched then.
pub fn save(
    run: &Path,
    step: usize,
    model: &Tensors,
    optimizer: Option<&Tensors>,
) -> Result<String, RunCheckpointError> {
    let folder = folder_of(run, step);
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RunCheckpointError::Io { path, source }
    };
    // A leftover of an interrupted write, or the same step once more: without its manifest it does not count.
    let manifest_path = folder.join(MANIFEST);
    if manifest_path.exists() {
        std::fs::remove_file(&manifest_path).map_err(io(&manifest_path))?;
        atomic::sync_folder(&folder);
    }
    std::fs::create_dir_all(&folder).map_err(io(&folder))?;
    let mut files = BTreeMap::new();
    let mut fingerprint = String::new();
    for (name, tensors) in [(MODEL, Some(model)), (OPTIMIZER, optimizer)] {
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
        finished: optimizer.is_none(),
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| io(&manifest_path)(e.into()))?;
    atomic::write(&manifest_path, &text).map_err(io(&manifest_path))?;
    let all = steps(run);
    for old in all.iter().rev().skip(KEEP) {
        // Not worth failing for: it is only space.
        let _ = std::fs::remove_dir_all(folder_of(run, *old));
    }
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

fn load(folder: &Path) -> Result<Saved, RunCheckpointError> {
    let damaged = |problem: String| RunCheckpointError::Damaged {
        path: folder.to_owned(),
        problem,
    };
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|source| RunCheckpointError::Io { path, source })
    };
    let manifest: Manifest = serde_json::from_slice(&read(MANIFEST)?).map_err(|e| damaged(e.to_string()))?;
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
    Ok(Saved {
        step: manifest.step,
        finished: manifest.finished,
        model,
        optimizer,
        fingerprint,
    })
}

fn folder_of(run: &Path, step: usize) -> PathBuf {
    run.join("checkpoints").join(format!("{step:08}"))
}

/// Steps that have a folder, rising.
fn steps(run: &Path) -> Vec<usize> {
    let Ok(entries) = std::fs::read_dir(run.join("checkpoints")) else {
        return Vec::new();
    };
    let mut steps: Vec<usize> = entries
        .flatten()
        .filter_map(|e| e.file_name().to_str().and_then(|name| name.parse().ok()))
        .collect();
    steps.sort_unstable();
    steps
}

fn to_safetensors(tensors: &Tensors) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let bytes: Vec<(&String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, t)| {
            (
                name,
                t.shape.clone(),
                t.data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, data)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    safetensors::serialize(views, None)
}

fn from_safetensors(bytes: &[u8]) -> Result<Tensors, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(format!("{name} is not f32"));
            }
            let data = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            Ok((
                name,
                RawTensor {
                    shape: view.shape().to_vec(),
                    data,
                },
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors(value: f32) -> Tensors {
        [(
            "a.b".to_owned(),
            RawTensor {
                shape: vec![2, 2],
                data: vec![value, -0.0, f32::MIN_POSITIVE, 3.5],
            },
        )]
        .into()
    }

    #[test]
    fn the_newest_whole_checkpoint_is_found() {
        let run = tempfile::tempdir().unwrap();
        for step in [2, 4, 6] {
            save(run.path(), step, &tensors(step as f32), Some(&tensors(0.0))).unwrap();
        }
        assert_eq!(steps(run.path()), [4, 6], "two are kept");
        let (saved, warnings) = load_newest(run.path()).unwrap();
        assert_eq!((saved.step, saved.finished, warnings.len()), (6, false, 0));
        assert_eq!(saved.model, tensors(6.0));

        // A flipped bit in the newest: the previous one, with a word.
        let file = folder_of(run.path(), 6).join(MODEL);
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let (saved, warnings) = load_newest(run.path()).unwrap();
        assert_eq!((saved.step, warnings.len()), (4, 1));
    }

    #[test]
    fn a_write_cut_short_anywhere_leaves_the_old_set() {
        let run = tempfile::tempdir().unwrap();
        save(run.path(), 2, &tensors(2.0), Some(&tensors(0.0))).unwrap();
        // What SIGKILL leaves at each moment of a second write: the files so far, and no manifest.
        let folder = folder_of(run.path(), 4);
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
        std::fs::write(folder.join(".patchlight-half"), b"half").unwrap();
        assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
        std::fs::write(folder.join(MODEL), to_safetensors(&tensors(4.0)).unwrap()).unwrap();
        assert_eq!(load_newest(run.path()).unwrap().0.step, 2);
        save(run.path(), 4, &tensors(4.0), None).unwrap();
        let (saved, _) = load_newest(run.path()).unwrap();
        assert_eq!((saved.step, saved.finished), (4, true));
        assert!(saved.optimizer.is_none());
    }

    #[test]
    fn no_checkpoint_is_an_error() {
        let run = tempfile::tempdir().unwrap();
        assert!(!exists(run.path()));
        assert!(matches!(load_newest(run.path()), Err(RunCheckpointError::None { .. })));
    }
}
