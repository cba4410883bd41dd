//! Checkpoints by name, and trained models on their way out.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A layout of a trained model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// One file for Patchlight
    Tagger,
    /// A folder for transformers
    #[value(name = "huggingface")]
    HuggingFace,
}

/// See [`Request::ExportModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportModel {
    /// The project's folder.
    pub project: PathBuf,
    /// A run's id, or `zero-shot`.
    pub run: String,
    /// The new file or folder.
    pub out: PathBuf,
    /// Its layout.
    pub format: ModelFormat,
    /// A name for people; unset: made of project and run.
    pub name: Option<String>,
    /// Whether something else of the run may stand in for what is damaged; the model then says so.
    #[serde(default)]
    pub allow_fallback: bool,
}

/// Where models are kept, and how servers are reached; what is unset the environment decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelPlace {
    /// The folder of all models.
    pub cache: Option<PathBuf>,
    /// Address of a mirror of the Hugging Face hub.
    pub mirror: Option<String>,
    /// Address of a proxy; `none` for none.
    pub proxy: Option<String>,
}

/// See [`Request::ModelFetch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FetchModel {
    /// A known name.
    pub name: String,
    /// Whether a model that is here is fetched again.
    pub again: bool,
    /// Where to, and how.
    pub place: ModelPlace,
}
