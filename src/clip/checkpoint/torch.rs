//! Reading what torch.save and torch.jit.save write: a zip archive with a pickle and raw memory.

use super::error::{CheckpointError, damaged, unsupported};
use super::numbers::Number;
use super::pickle::{self, PickleError, Tensor};
use super::weights::RawTensor;
use crate::clip::config::Activation;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

const MAX_ENTRIES: usize = 100_000;
const MAX_PICKLE: u64 = 64 << 20;
const MAX_SOURCE: u64 = 16 << 20;

/// What a weight file holds, before its names are understood.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// Float tensors under the file's own names.
    pub tensors: BTreeMap<String, RawTensor>,
    /// Names of integer tensors: buffers that tell where a file comes from.
    pub integers: Vec<String>,
    /// For a TorchScript archive, the activation that its code calls.
    pub script: Option<Activation>,
}

/// Reads `bytes`, a whole zip archive.
///
/// # Errors
/// Nearly every [`CheckpointError`].
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Raw, CheckpointError> {
    let mut archive = Archive::open(path, bytes)?;
    let source = archive.entry("data.pkl", MAX_PICKLE)?;
    let pickle = pickle::run(&source).map_err(|e| in_words(path, e))?;
    if let Ok(order) = archive.entry("byteorder", 16)
        && order.trim_ascii() == b"big"
    {
        return Err(unsupported(
            path,
            "a file with big-endian numbers",
            "Save it again on an ordinary computer.",
        ));
    }
    let mut raw = Raw {
        script: archive.activation()?,
        ..Raw::default()
    };
    let views = super::state::tensors(&pickle).map_err(|found| CheckpointError::NotAStateDict {
        path: path.to_owned(),
        found,
    })?;
    drop(pickle);
    let mut by_storage: BTreeMap<String, Vec<(String, Tensor)>> = BTreeMap::new();
    for (name, view) in views {
        match view.storage.number {
            Some(Number::Integer(_)) => raw.integers.push(name),
            _ => by_storage
                .entry(view.storage.key.to_string())
                .or_default()
                .push((name, view)),
        }
    }
    let mut values = 0;
    let mut read = 0;
    for (key, views) in by_storage {
        // One storage at a time: the file may be as large as the memory.
        let memory = archive.entry(&format!("data/{key}"), u64::MAX)?;
        read += memory.len();
        for (name, view) in views {
            let Some(number) = view.storage.number else {
                let dtype = view.storage.class.to_string();
                return Err(CheckpointError::UnsupportedType {
                    path: path.to_owned(),
                    tensor: name,
                    dtype,
                });
            };
            let tensor = gather(&memory, number, &view)
                .ok_or_else(|| damaged(path, format!("tensor {name} reaches beyond its memory")))?;
            values += tensor.data.len();
            // Sharing is fine, but many views of one large storage would multiply a small file without bound.
            if values > read.saturating_mul(2) {
                return Err(damaged(path, "its tensors share memory more often than any model does"));
            }
            raw.tensors.insert(name, tensor);
        }
    }
    Ok(raw)
}

/// Whether a bare pickle is worse than useless.
///
/// # Errors
/// Always: what it is.
pub(super) fn refuse_bare_pickle(path: &Path, bytes: &[u8]) -> CheckpointError {
    match pickle::run(bytes) {
        Err(error @ PickleError::Unsafe(_)) => in_words(path, error),
        _ => CheckpointError::NotWeights {
            path: path.to_owned(),
            found: "a bare pickle".to_owned(),
            remedy: "Take the model's .safetensors file, or save its state dictionary with torch.save.",
        },
    }
}

fn in_words(path: &Path, error: PickleError) -> CheckpointError {
    let path = path.to_owned();
    match error {
        PickleError::Unsafe(global) => CheckpointError::UnsafePickle { path, global },
        PickleError::Malformed(problem) => CheckpointError::Damaged { path, problem },
        PickleError::TooLarge { what, limit } => CheckpointError::TooLarge {
            path,
            what: what.to_owned(),
            limit,
        },
    }
}

/// Copies a view out of `memory`; `None` where it reaches outside or repeats elements.
fn gather(memory: &[u8], number: Number, view: &Tensor) -> Option<RawTensor> {
    let available = memory.len() / number.size();
    let count = view
        .shape
        .iter()
        .try_fold(1usize, |product, size| product.checked_mul(*size))?;
    if count == 0 {
        return Some(RawTensor {
            shape: view.shape.clone(),
            data: Vec::new(),
        });
    }
    let reach = view
        .shape
        .iter()
        .zip(&view.strides)
        .try_fold(view.offset, |last, (size, stride)| {
            last.checked_add((size - 1).checked_mul(*stride)?)
        })?;
    if reach >= available || count > available {
        return None;
    }
    let data = if is_contiguous(&view.shape, &view.strides) {
        let start = view.offset * number.size();
        number.to_f32(memory.get(start..start + count * number.size())?)
    } else {
        let mut place = vec![0usize; view.shape.len()];
        let mut data = Vec::with_capacity(count);
        for _ in 0..count {
            let steps: usize = place.iter().zip(&view.strides).map(|(p, s)| p * s).sum();
            data.push(number.read(memory, (view.offset + steps) * number.size())?);
            for (p, size) in place.iter_mut().zip(&view.shape).rev() {
                *p += 1;
                if *p < *size {
                    break;
                }
                *p = 0;
            }
        }
        data
    };
    Some(RawTensor {
        shape: view.shape.clone(),
        data,
    })
}

fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1usize;
    shape.iter().zip(strides).rev().all(|(size, stride)| {
        // The step along a side of one element is never taken, and PyTorch leaves any number there.
        let fits = *size == 1 || *stride == expected;
        expected = expected.saturating_mul(*size);
        fits
    })
}

/// A zip archive below the one folder that PyTorch makes in it.
struct Archive<'a> {
    path: &'a Path,
    zip: ZipArchive<Cursor<&'a [u8]>>,
    folder: String,
    /// Bytes that may still be unpacked. torch.save does not compress; a bomb does.
    budget: u64,
}

impl<'a> Archive<'a> {
    fn open(path: &'a Path, bytes: &'a [u8]) -> Result<Self, CheckpointError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| {
            damaged(
                path,
                format!("the zip archive cannot be read ({e}); the file may be cut off"),
            )
        })?;
        if zip.len() > MAX_ENTRIES {
            let what = format!("the archive has {} entries", zip.len());
            return Err(CheckpointError::TooLarge {
                path: path.to_owned(),
                what,
                limit: MAX_ENTRIES as u64,
            });
        }
        let folder = zip
            .file_names_raw()
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter_map(|name| name.strip_suffix("data.pkl"))
            .filter(|folder| folder.is_empty() || (folder.ends_with('/') && folder.matches('/').count() == 1))
            .min_by_key(|folder| folder.len())
            .map(str::to_owned);
        let Some(folder) = folder else {
            let arrays = zip.file_names_raw().any(|name| name.ends_with(b".npy"));
            let found = if arrays {
                "a NumPy archive"
            } else {
                "a zip archive that PyTorch did not write"
            };
            return Err(CheckpointError::NotWeights {
                path: path.to_owned(),
                found: found.to_owned(),
                remedy: "Unpack it if it holds a model's folder; else take the .safetensors, .bin or .pt file.",
            });
        };
        let budget = (bytes.len() as u64).saturating_mul(20).max(64 << 20);
        Ok(Self {
            path,
            zip,
            folder,
            budget,
        })
    }

    /// Unpacks one entry of at most `limit` bytes.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, CheckpointError> {
        let full = format!("{}{name}", self.folder);
        let entry = self
            .zip
            .by_name(&full)
            .map_err(|e| damaged(self.path, format!("{full} is not in the archive ({e})")))?;
        let limit = limit.min(self.budget);
        let size = entry.size();
        if size > limit {
            let what = format!("{full} unpacks to {size} bytes");
            return Err(CheckpointError::TooLarge {
                path: self.path.to_owned(),
                what,
                limit,
            });
        }
        let mut bytes = Vec::new();
        // The declared size may lie, so the reading itself is bounded too, and memory grows with what comes.
        entry
            .take(size)
            .read_to_end(&mut bytes)
            .map_err(|e| damaged(self.path, format!("{full} cannot be unpacked ({e})")))?;
        self.budget -= bytes.len() as u64;
        Ok(bytes)
    }

    /// For a TorchScript archive, what its code calls between the layers of an MLP.
    fn activation(&mut self) -> Result<Option<Activation>, CheckpointError> {
        let code = format!("{}code/", self.folder);
        let sources: Vec<String> = self
            .zip
            .file_names_raw()
            .filter_map(|name| std::str::from_utf8(name).ok()?.strip_prefix(&self.folder))
            .filter(|name| name.starts_with("code/") && name.ends_with(".py"))
            .map(str::to_owned)
            .collect();
        if sources.is_empty() && !self.zip.file_names_raw().any(|name| name.starts_with(code.as_bytes())) {
            return Ok(None);
        }
        for source in sources {
            let text = self.entry(&source, MAX_SOURCE)?;
            if text.windows(11).any(|piece| piece == b"torch.gelu(") {
                return Ok(Some(Activation::Gelu));
            }
        }
        // OpenAI's own archives spell the function out as x * sigmoid(1.702 * x).
        Ok(Some(Activation::QuickGelu))
    }
}
