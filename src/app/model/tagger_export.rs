//! A trained model on its way out of the project: as one file for this program, or as a folder for others.

use crate::engine::Failure;
use crate::engine::request::ModelFormat;
use std::path::{Path, PathBuf};

/// The form of the export, and what became of it.
#[derive(Clone, Debug)]
pub struct TaggerExport {
    /// The run; `None`: the newest one.
    pub run: Option<String>,
    /// What is written.
    pub format: ModelFormat,
    /// The new file or folder, as typed.
    pub out: String,
    /// The name that was proposed last: one that nobody changed gives way to another.
    pub proposed: String,
    /// The job at work.
    pub job: Option<u64>,
    /// What became of the last one.
    pub result: Option<Result<PathBuf, Failure>>,
    /// Grows when the form is to be brought into view.
    pub reveal: u64,
}

impl Default for TaggerExport {
    fn default() -> Self {
        Self {
            run: None,
            format: ModelFormat::Tagger,
            out: String::new(),
            proposed: String::new(),
            job: None,
            result: None,
            reveal: 0,
        }
    }
}

/// A name for what is written, without its ending.
pub fn name_for(project: &Path, run: &str) -> String {
    let project = project
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    format!("{project} {run}")
}

/// The ending of what is written.
pub fn ending(format: ModelFormat) -> &'static str {
    match format {
        ModelFormat::Tagger => ".safetensors",
        ModelFormat::HuggingFace => "",
    }
}
