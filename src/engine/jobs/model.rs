//! Finding and opening models by what the user wrote.

use super::starter_model;
use crate::clip::checkpoint::{self, Checkpoint};
use crate::engine::event::warnings;
use crate::engine::{Context, Failure};
use std::path::{Path, PathBuf};

/// The checkpoint that `wanted` means: a folder or a file.
///
/// # Errors
/// [`Failure`] where there is none, or it cannot be read.
pub(crate) fn open(wanted: &str) -> Result<Checkpoint, Failure> {
    Ok(checkpoint::open(&locate(wanted)?)?)
}

/// Opens the model that a run was made with. The starter model's unpacked copy may have been cleared away since.
///
/// # Errors
/// [`Failure`] as [`open`], and where another model now lies in its place: its scores would mean nothing, and its features
/// would be cached under the old one's name.
pub(crate) fn reopen(path: &Path, fingerprint: &str) -> Result<Checkpoint, Failure> {
    let gone = !path.exists();
    let starter = if gone { Some(starter_model::folder()?) } else { None };
    let place = starter
        .filter(|s| s.file_name() == path.file_name())
        .unwrap_or_else(|| path.to_owned());
    let checkpoint = open(&place.to_string_lossy())?;
    if checkpoint.fingerprint != fingerprint {
        return Err(Failure::new(
            format!(
                "the model at {} is not the one that this run was made with",
                place.display()
            ),
            "Put the original files back, or train again with the new ones.",
        ));
    }
    Ok(checkpoint)
}

/// The absolute path of the model that `wanted` means.
///
/// # Errors
/// [`Failure`] where nothing of that name exists.
pub(crate) fn locate(wanted: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(wanted);
    // The word means the built-in model, even where a folder has that name: that one is `./starter`.
    if wanted == starter_model::NAME {
        return starter_model::folder();
    }
    // A name of the list means the model that was downloaded; a folder of that name is `./name`.
    if let Some(place) = super::models::resolve(wanted) {
        return Ok(place);
    }
    // Symbolic links are not resolved: the configuration may lie beside the link and not beside its target.
    let absolute = std::path::absolute(path).map_err(|e| Failure::io("open the model", path, &e))?;
    match std::fs::metadata(&absolute) {
        Ok(_) => Ok(absolute),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let known = crate::models::find(wanted);
            Err(Failure::new(
                format!("there is no model at {}", path.display()),
                match known {
                    Some(_) => format!("Download it with: patchlight model fetch {wanted}"),
                    None => "Give the folder or file of a CLIP checkpoint (Hugging Face, open_clip or OpenAI layout), or a name from `patchlight model list`.".to_owned(),
                },
            ))
        }
        Err(e) => Err(Failure::io("open the model", path, &e)),
    }
}

/// The model to use: the one asked for, else the project's, else the starter model inside the program.
pub(crate) fn choose(asked: Option<&str>, of_project: Option<String>) -> String {
    asked
        .map(str::to_owned)
        .or(of_project)
        .unwrap_or_else(|| starter_model::NAME.to_owned())
}

/// Says what the starter model can do, where it was not chosen but taken for want of another.
pub(crate) fn note_starter(wanted: &str, asked: Option<&str>, context: &mut Context<'_>) {
    if wanted == starter_model::NAME && asked != Some(starter_model::NAME) {
        context.warn(
            warnings::STARTER_MODEL,
            "no model is given: using the built-in starter model, which knows pictograms only; for photographs give a CLIP with --model",
        );
    }
}
