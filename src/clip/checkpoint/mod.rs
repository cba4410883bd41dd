//! Opening CLIP checkpoints as people have them: Hugging Face folders, open_clip folders, OpenAI's archives, and plain
//! ViTs. Whatever the source, tensors get one set of names and the configuration one form, and nothing is loaded that
//! does not fit completely.

mod configs;
mod error;
mod expected;
mod files;
mod names;
mod numbers;
mod pickle;
mod section;
mod sniff;
mod state;
mod tensors;
mod torch;
mod weights;

#[cfg(test)]
mod tests;

pub use error::CheckpointError;
pub use weights::RawTensor;
pub(crate) use weights::{WeightReader, Weights};

use super::config::{Activation, ModelConfig, PreprocessSource};
use crate::support::hash;
use configs::HfKind;
use error::{bad_config, io_error, unsupported};
use files::Files;
use names::Naming;
use section::Section;
use serde::{Deserialize, Serialize};
use sniff::Kind;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where a checkpoint comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// CLIP as transformers saves it.
    HuggingFace,
    /// CLIP as open_clip saves it, with its configuration.
    OpenClip,
    /// CLIP as OpenAI published it, without configuration.
    OpenAi,
    /// A plain ViT as transformers saves it.
    Vit,
}

impl Layout {
    /// The layout's name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::HuggingFace => "Hugging Face CLIP",
            Self::OpenClip => "open_clip",
            Self::OpenAi => "OpenAI CLIP",
            Self::Vit => "Hugging Face ViT",
        }
    }
}

/// An opened checkpoint. Its weights have been compared with its configuration: names and shapes agree, and every
/// number is finite.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Where it comes from.
    pub layout: Layout,
    /// Sizes and conventions.
    pub config: ModelConfig,
    /// The tensors under canonical names.
    pub weights: Weights,
    /// The path it was opened by.
    pub path: PathBuf,
    /// SHA-256 over weights and configuration files, in hexadecimal.
    pub fingerprint: String,
}

impl Checkpoint {
    /// How many numbers the weights hold.
    pub fn parameters(&self) -> usize {
        self.weights.parameters()
    }
}

/// Opens the checkpoint at `path`: a folder, a weight file with its configuration beside it, or one of OpenAI's
/// archives.
///
/// # Errors
/// A [`CheckpointError`] that says what was expected and found; [`CheckpointError::hint`] says what to do. Nothing in
/// the files is ever executed.
pub fn open(path: &Path) -> Result<Checkpoint, CheckpointError> {
    let Files { weights: files, folder } = files::locate(path)?;
    let mut raw = torch::Raw::default();
    let mut digests = String::new();
    for file in &files {
        let (part, digest) = read(file)?;
        raw.tensors.extend(part.tensors);
        raw.integers.extend(part.integers);
        raw.script = raw.script.or(part.script);
        digests.push_str(&digest);
    }
    // Errors about the weights name the one file, or the folder of all shards.
    let named = match files.as_slice() {
        [one] => one.as_path(),
        _ => folder.as_path(),
    };
    let torch::Raw {
        tensors,
        integers,
        script,
    } = raw;
    let (naming, tensors) = names::canonical(named, tensors)?;
    let (layout, mut config) = configure(named, &folder, naming, &tensors, &integers, script, &mut digests)?;
    config.check().map_err(|problem| bad_config(&folder, problem))?;
    refuse_not_finite(named, &tensors)?;
    if config.text.is_none() && !tensors.contains_key("visual_projection.weight") {
        // An image tower saved alone may or may not bring its projection.
        config.embed = 0;
    }
    expected::compare(named, &config, &tensors)?;
    if let Some([scale]) = tensors.get("logit_scale").map(|t| t.data.as_slice()) {
        config.logit_scale = scale.exp();
    }
    let weights = Weights::new(named, tensors);
    let fingerprint = hash::of_bytes(digests.as_bytes());
    Ok(Checkpoint {
        layout,
        config,
        weights,
        path: path.to_owned(),
        fingerprint,
    })
}

/// Reads one weight file: its tensors and its SHA-256.
fn read(path: &Path) -> Result<(torch::Raw, String), CheckpointError> {
    let kind = std::fs::metadata(path).map_err(io_error(path))?;
    if !kind.is_file() {
        return Err(CheckpointError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(io_error(path))?;
    // SAFETY: the map is read-only and dropped before this function returns. Another program that shortens the file
    // meanwhile could end this process, which is the price of not holding every checkpoint in memory twice.
    let bytes = unsafe { memmap2::Mmap::map(&file) }.map_err(io_error(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok((parse(path, &name, &bytes)?, hash::of_bytes(&bytes)))
}

/// The tensors in `bytes`, a whole weight file of any supported format, under the file's own names. `path` tells
/// formats without a mark apart and is named in errors; nothing is read from it.
///
/// # Errors
/// Every [`CheckpointError`] that concerns a weight file alone.
pub fn read_tensors(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, RawTensor>, CheckpointError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(parse(path, &name, bytes)?.tensors)
}

/// Reads the tensors out of `bytes`, a whole weight file called `name`.
fn parse(path: &Path, name: &str, bytes: &[u8]) -> Result<torch::Raw, CheckpointError> {
    match sniff::recognise(bytes, name) {
        Kind::SafeTensors => Ok(torch::Raw {
            tensors: tensors::read(path, bytes)?,
            ..torch::Raw::default()
        }),
        Kind::Zip => torch::read(path, bytes),
        Kind::LegacyTorch => Err(CheckpointError::LegacyTorch { path: path.to_owned() }),
        Kind::Pickle => Err(torch::refuse_bare_pickle(path, bytes)),
        Kind::Other(found, remedy) => Err(CheckpointError::NotWeights {
            path: path.to_owned(),
            found: found.to_owned(),
            remedy,
        }),
    }
}

/// Finds layout and configuration for tensors of this `naming`, and appends the digests of the files used.
fn configure(
    weights: &Path,
    folder: &Path,
    naming: Naming,
    tensors: &BTreeMap<String, RawTensor>,
    integers: &[String],
    script: Option<Activation>,
    digests: &mut String,
) -> Result<(Layout, ModelConfig), CheckpointError> {
    let mut json = |name: &str| -> Result<Option<(PathBuf, serde_json::Value)>, CheckpointError> {
        let path = folder.join(name);
        let Some((value, bytes)) = files::json(&path)? else {
            return Ok(None);
        };
        digests.push_str(&hash::of_bytes(&bytes));
        Ok(Some((path, value)))
    };
    if naming == Naming::OpenClip {
        if let Some(activation) = script {
            return Ok((Layout::OpenAi, configs::openai(weights, tensors, activation)?));
        }
        if let Some((path, value)) = json("open_clip_config.json")? {
            return Ok((Layout::OpenClip, configs::open_clip(Section::new(&path, &value)?)?));
        }
        // Only OpenAI's models carry these numbers among their tensors, and all of them use quick_gelu.
        let of_openai = |name: &String| name == "input_resolution" || name.ends_with(".input_resolution");
        if integers.iter().any(of_openai) {
            return Ok((
                Layout::OpenAi,
                configs::openai(weights, tensors, Activation::QuickGelu)?,
            ));
        }
        return Err(CheckpointError::NoConfig {
            path: weights.to_owned(),
            expected: "open_clip_config.json",
        });
    }
    let Some((path, value)) = json("config.json")? else {
        return Err(CheckpointError::NoConfig {
            path: weights.to_owned(),
            expected: "config.json",
        });
    };
    let file = Section::new(&path, &value)?;
    let kind = configs::hf_kind(file)?;
    if (kind == HfKind::Vit) != (naming == Naming::Vit) {
        let (config, weights) = if kind == HfKind::Vit {
            ("a ViT", "a CLIP")
        } else {
            ("a CLIP", "a ViT")
        };
        return Err(bad_config(
            &path,
            format!("it describes {config}, but the weights are those of {weights}"),
        ));
    }
    let mut config = configs::hugging_face(file)?;
    for name in ["preprocessor_config.json", "processor_config.json"] {
        if let Some((path, value)) = json(name)?
            && config.preprocess_source != PreprocessSource::Checkpoint
        {
            configs::hf_preprocessor(Section::new(&path, &value)?, &mut config)?;
        }
    }
    if config.text.is_some() {
        check_vocabulary(folder)?;
    }
    Ok((
        if kind == HfKind::Vit {
            Layout::Vit
        } else {
            Layout::HuggingFace
        },
        config,
    ))
}

/// Compares the size of `vocab.json`, where there is one, with CLIP's.
fn check_vocabulary(folder: &Path) -> Result<(), CheckpointError> {
    let path = folder.join("vocab.json");
    let Some((value, _)) = files::json(&path)? else {
        return Ok(());
    };
    let Some(entries) = value.as_object() else {
        return Err(unsupported(
            &path,
            "a vocabulary that is no list of tokens",
            "Take a model with CLIP's tokenizer.",
        ));
    };
    configs::vocabulary(&path, entries.len()).map(|_| ())
}

fn refuse_not_finite(path: &Path, tensors: &BTreeMap<String, RawTensor>) -> Result<(), CheckpointError> {
    for (name, tensor) in tensors {
        let count = tensor.data.iter().filter(|value| !value.is_finite()).count();
        if count > 0 {
            return Err(CheckpointError::NotFinite {
                path: path.to_owned(),
                tensor: name.clone(),
                count,
            });
        }
    }
    Ok(())
}
