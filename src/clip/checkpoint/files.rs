//! Finding the files of a checkpoint: weights, shards, configuration.

use super::error::{CheckpointError, bad_config, io_error};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// What a folder is searched for, best first: safetensors before pickles, whole models before open_clip's copies.
const WEIGHTS: [&str; 6] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "open_clip_model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "open_clip_pytorch_model.bin",
];
const MAX_SHARDS: usize = 1_000;
/// Configurations have some kilobytes, vocabularies a few megabytes.
const MAX_JSON: u64 = 64 << 20;

/// Where a checkpoint lies.
#[derive(Debug)]
pub(super) struct Files {
    /// One weight file, or all shards in order of their names.
    pub weights: Vec<PathBuf>,
    /// The folder that holds the configuration.
    pub folder: PathBuf,
}

/// Finds the weights at `path`: a folder, a weight file, an index of shards, or a configuration beside the weights.
///
/// # Errors
/// [`CheckpointError::Io`], [`CheckpointError::NotAFile`], [`CheckpointError::NoWeights`], [`CheckpointError::Config`].
pub(super) fn locate(path: &Path) -> Result<Files, CheckpointError> {
    let kind = std::fs::metadata(path).map_err(io_error(path))?;
    if kind.is_dir() {
        return in_folder(path);
    }
    if !kind.is_file() {
        return Err(CheckpointError::NotAFile { path: path.to_owned() });
    }
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(".index.json") {
        return shards(path, folder);
    }
    if matches!(
        &*name,
        "config.json" | "open_clip_config.json" | "preprocessor_config.json"
    ) {
        return in_folder(folder);
    }
    Ok(Files {
        weights: vec![path.to_owned()],
        folder: folder.to_owned(),
    })
}

fn in_folder(folder: &Path) -> Result<Files, CheckpointError> {
    if let Some(name) = WEIGHTS.iter().find(|name| folder.join(name).exists()) {
        let path = folder.join(name);
        if name.ends_with(".index.json") {
            return shards(&path, folder);
        }
        return Ok(Files {
            weights: vec![path],
            folder: folder.to_owned(),
        });
    }
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        let extension = path.extension().map(|e| e.to_ascii_lowercase());
        let weights = extension.is_some_and(|e| ["safetensors", "pt", "pth", "bin"].iter().any(|known| e == *known));
        if weights && path.is_file() {
            others.push(path);
        }
    }
    if others.len() == 1 {
        return Ok(Files {
            weights: others,
            folder: folder.to_owned(),
        });
    }
    let looked_for = if others.is_empty() {
        format!("{} or a single .safetensors, .bin or .pt file", WEIGHTS.join(", "))
    } else {
        format!("one weight file and found {}; name the one you mean", others.len())
    };
    Err(CheckpointError::NoWeights {
        path: folder.to_owned(),
        looked_for,
    })
}

fn shards(index: &Path, folder: &Path) -> Result<Files, CheckpointError> {
    let json = json(index)?
        .ok_or_else(|| CheckpointError::NotAFile { path: index.to_owned() })?
        .0;
    let map = json.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| bad_config(index, "there is no `weight_map`"))?;
    let mut names = BTreeSet::new();
    for name in map.values() {
        let name = name
            .as_str()
            .ok_or_else(|| bad_config(index, "a shard's name is no string"))?;
        // A shard lies beside its index; anything else would read files the user never meant.
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(bad_config(
                index,
                format!("the shard {name:?} is not a plain file name"),
            ));
        }
        names.insert(name);
    }
    if names.is_empty() || names.len() > MAX_SHARDS {
        return Err(bad_config(index, format!("it lists {} shards", names.len())));
    }
    Ok(Files {
        weights: names.into_iter().map(|name| folder.join(name)).collect(),
        folder: folder.to_owned(),
    })
}

/// Reads a JSON file: the value and its bytes; `None` where there is no such file.
///
/// # Errors
/// [`CheckpointError::Io`], [`CheckpointError::Config`].
pub(super) fn json(path: &Path) -> Result<Option<(Value, Vec<u8>)>, CheckpointError> {
    match std::fs::metadata(path) {
        Ok(kind) if kind.is_file() => {}
        Ok(_) => return Err(CheckpointError::NotAFile { path: path.to_owned() }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_error(path)(e)),
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error(path))?;
    file.take(MAX_JSON + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error(path))?;
    if bytes.len() as u64 > MAX_JSON {
        let what = "it is a giant JSON file".to_owned();
        return Err(CheckpointError::TooLarge {
            path: path.to_owned(),
            what,
            limit: MAX_JSON,
        });
    }
    let value = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let value = value.map_err(|e| bad_config(path, format!("not valid JSON ({e})")))?;
    Ok(Some((value, bytes)))
}
