//! Finding and opening models by what the user wrote.

use crate::clip::checkpoint::{self, Checkpoint};
use crate::engine::Failure;
use std::path::{Path, PathBuf};

/// The checkpoint that `wanted` means: a folder or a file.
///
/// # Errors
/// [`Failure`] where there is none, or it cannot be read.
pub fn open(wanted: &str) -> Result<Checkpoint, Failure> {
    Ok(checkpoint::open(&locate(wanted)?)?)
}

/// The absolute path of the model that `wanted` means.
///
/// # Errors
/// [`Failure`] where nothing of that name exists.
pub fn locate(wanted: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(wanted);
    std::fs::canonicalize(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Failure::new(
            format!("there is no model at {}", path.display()),
            "Give the folder or file of a CLIP checkpoint (Hugging Face, open_clip or OpenAI layout).",
        ),
        _ => Failure::io("open the model", path, &e),
    })
}

/// The model to use: the one asked for, else the project's.
///
/// # Errors
/// [`Failure`] where neither is given.
pub fn choose(asked: Option<&str>, of_project: Option<String>) -> Result<String, Failure> {
    asked.map(str::to_owned).or(of_project).ok_or_else(|| {
        Failure::usage(
            "no model is given",
            "Add --model with the folder or file of a CLIP checkpoint, or give one to `project new`.",
        )
    })
}
