//! What can be wrong with a checkpoint, in words: what was expected, what was found, and what to do.

use std::io;
use std::path::PathBuf;

/// Why a checkpoint could not be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Reading failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A device, pipe or folder stands where a file was expected.
    #[error("{}: not a regular file", path.display())]
    NotAFile {
        /// What was opened.
        path: PathBuf,
    },
    /// A folder without weights.
    #[error("{}: no weights in this folder; looked for {looked_for}", path.display())]
    NoWeights {
        /// The folder.
        path: PathBuf,
        /// The names that would have done.
        looked_for: String,
    },
    /// A file that is something else.
    #[error("{}: {found}, not model weights", path.display())]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What it is, with an article.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The configuration is missing and cannot be derived from the weights.
    #[error("{}: no {expected} beside the weights", path.display())]
    NoConfig {
        /// The weights.
        path: PathBuf,
        /// The name of the missing file.
        expected: &'static str,
    },
    /// The configuration cannot be read or contradicts itself.
    #[error("{}: {problem}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong, in one sentence.
        problem: String,
    },
    /// A model of another kind.
    #[error("{}: {what} is not supported", path.display())]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// The part, with an article.
        what: String,
        /// What would do instead.
        instead: &'static str,
    },
    /// The text tower was trained on another vocabulary.
    #[error("{}: the vocabulary has {found} entries, CLIP's has 49408", path.display())]
    ForeignVocabulary {
        /// The file that says so.
        path: PathBuf,
        /// Entries found.
        found: usize,
    },
    /// The file is cut off or contradicts itself.
    #[error("{}: damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, in one sentence.
        problem: String,
    },
    /// The file asks for more memory or work than any real checkpoint.
    #[error("{}: {what}, more than the {limit} allowed", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large, and how large.
        what: String,
        /// The bound.
        limit: u64,
    },
    /// The format that PyTorch wrote before version 1.6.
    #[error("{}: written in PyTorch's format from before version 1.6", path.display())]
    LegacyTorch {
        /// The file.
        path: PathBuf,
    },
    /// The pickle wants to call something that no model needs. Nothing was run.
    #[error("{}: unsafe: loading this with Python would call `{global}`", path.display())]
    UnsafePickle {
        /// The file.
        path: PathBuf,
        /// Module and name.
        global: String,
    },
    /// A PyTorch file that holds no dictionary of tensors.
    #[error("{}: holds {found}, not a dictionary of tensors", path.display())]
    NotAStateDict {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
    },
    /// A tensor in a number format that weights never have.
    #[error("{}: tensor {tensor} is of type {dtype}; expected f16, bf16, f32 or f64", path.display())]
    UnsupportedType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// A tensor holds NaN or infinity.
    #[error("{}: tensor {tensor} holds {count} values that are NaN or infinite", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The first such tensor.
        tensor: String,
        /// How many of its values are bad.
        count: usize,
    },
    /// Weights and configuration disagree.
    #[error("{}: {}", path.display(), describe_mismatch(missing, misshapen, unused))]
    Mismatch {
        /// The weights.
        path: PathBuf,
        /// Tensors that the configuration asks for and the file lacks.
        missing: Vec<String>,
        /// Tensors of another shape: name, expected shape, found shape.
        misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
        /// Tensors that the configuration knows no use for.
        unused: Vec<String>,
    },
}

impl CheckpointError {
    /// What the user can do about it, in one or two sentences; `None` where the message says all there is to say.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "Check the path. A model is a folder as downloaded from Hugging Face, or a single weight file."
            }
            Self::Io { .. } => return None,
            Self::NotAFile { .. } => "Give a folder with a model, or a .safetensors, .bin or .pt file.",
            Self::NoWeights { .. } => {
                "Download the whole repository, the large files included (`git lfs pull`, or `huggingface-cli download`)."
            }
            Self::NotWeights { remedy, .. } => remedy,
            Self::NoConfig { expected, .. } if *expected == "config.json" => {
                "Put the config.json of the same model into the same folder."
            }
            Self::NoConfig { .. } => {
                "Put the model's open_clip_config.json into the same folder. The activation cannot be told from the \
                 weights: `quick_gelu` for OpenAI's models and the -quickgelu ones, plain GELU for the rest."
            }
            Self::Config { .. } => "Download the configuration file again; it must belong to the same model.",
            Self::Unsupported { instead, .. } => instead,
            Self::ForeignVocabulary { .. } => {
                "Take a model with CLIP's own tokenizer; multilingual and Chinese variants have others."
            }
            Self::Damaged { .. } => "Download the file again and compare its size with the source.",
            Self::TooLarge { .. } => "The file is damaged or was not made by a training program; download it again.",
            Self::LegacyTorch { .. } => {
                "Load it once with a current PyTorch and save the state dictionary again with torch.save, or better as \
                 safetensors."
            }
            Self::UnsafePickle { .. } => {
                "Nothing was run. Do not load this file with Python; get the model as safetensors from its author."
            }
            Self::NotAStateDict { .. } => {
                "Save the weights alone: torch.save(model.state_dict(), path), or safetensors."
            }
            Self::UnsupportedType { .. } => "Quantised weights cannot be used; take the f16 or f32 file of the model.",
            Self::NotFinite { .. } => "The training that made the file diverged, or the file is damaged; take another.",
            Self::Mismatch { .. } => "Check that weights and configuration belong to the same model.",
        };
        Some(text.to_owned())
    }
}

/// How many names a message spells out; the lists in the error are whole.
const NAMES_SHOWN: usize = 6;

fn describe_mismatch(missing: &[String], misshapen: &[(String, Vec<usize>, Vec<usize>)], unused: &[String]) -> String {
    let shapes: Vec<String> = misshapen
        .iter()
        .map(|(name, expected, found)| format!("{name} (expected {expected:?}, found {found:?})"))
        .collect();
    let parts: Vec<String> = [("missing", missing), ("of another shape", &shapes), ("unused", unused)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| {
            let shown = names.iter().take(NAMES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(NAMES_SHOWN);
            let tail = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("{} {what}: {shown}{tail}", names.len())
        })
        .collect();
    format!("weights and configuration disagree; {}", parts.join("; "))
}

/// The error of reading `path`.
pub(super) fn io_error(path: &std::path::Path) -> impl Fn(io::Error) -> CheckpointError + '_ {
    move |source| CheckpointError::Io {
        path: path.to_owned(),
        source,
    }
}

/// [`CheckpointError::Damaged`] at `path`.
pub(super) fn damaged(path: &std::path::Path, problem: impl Into<String>) -> CheckpointError {
    CheckpointError::Damaged {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

/// [`CheckpointError::Config`] at `path`.
pub(super) fn bad_config(path: &std::path::Path, problem: impl Into<String>) -> CheckpointError {
    CheckpointError::Config {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

/// [`CheckpointError::Unsupported`] at `path`.
pub(super) fn unsupported(path: &std::path::Path, what: impl Into<String>, instead: &'static str) -> CheckpointError {
    CheckpointError::Unsupported {
        path: path.to_owned(),
        what: what.into(),
        instead,
    }
}
