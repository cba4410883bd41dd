//! The list of Tag on the disk.

use crate::app::model::tag::kept::Kept;
use crate::engine::Failure;
use crate::support::atomic;
use std::path::Path;

/// Reads the list of the last session; `None` where there is none, or it cannot be read.
pub fn read(file: &Path) -> Option<Kept> {
    let bytes = std::fs::read(file).ok()?;
    serde_json::from_slice(&bytes)
        .inspect_err(|error| tracing::warn!(%error, file = %file.display(), "the list of Tag cannot be read"))
        .ok()
}

/// Writes the list, whole or not at all; an empty one needs no file.
///
/// # Errors
/// [`Failure`] where the file cannot be written.
pub fn write(file: &Path, kept: &Kept) -> Result<(), Failure> {
    let failed = |e: std::io::Error| {
        Failure::new(
            format!("the list of Tag cannot be kept in {}: {e}", file.display()),
            "Write the tags before you close the program, or make room on the disk.",
        )
    };
    if kept.is_empty() {
        return match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let bytes = serde_json::to_vec(kept).map_err(|e| failed(e.into()))?;
    atomic::write(file, &bytes).map_err(failed)
}
