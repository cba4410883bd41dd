//! Which pictures are meant: files as they are, folders with all below them.

use crate::dataset::files::{absolute, walk};
use crate::engine::jobs::import::progress_of;
use crate::engine::{Context, Event, Failure};
use std::collections::HashSet;
use std::path::PathBuf;

/// The pictures of `paths`, each once: files in the order given, those of a folder sorted by bytes. What is missing or not followed
/// is told as an event.
///
/// # Errors
/// [`Failure`] where the user cancels, or nothing is left.
pub(crate) fn pictures(paths: &[PathBuf], context: &mut Context<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut missing = 0;
    for path in paths {
        let path = absolute(path)?;
        match std::fs::metadata(&path) {
            Ok(about) if about.is_dir() => {
                let walked = {
                    let mut progress = progress_of(context, "looking for pictures");
                    walk(&path, &mut |seen| progress(seen, 0))?
                };
                walked
                    .warnings
                    .into_iter()
                    .for_each(|w| context.warn(&w.code, w.message));
                for left in walked.left_out {
                    context.emit(Event::Skipped {
                        image: left.file,
                        reason: left.reason,
                    });
                }
                found.extend(walked.pictures.into_iter().filter(|p| seen.insert(p.clone())));
            }
            // A file that was named is tried whatever its name: its content decides.
            Ok(_) => found.extend(seen.insert(path.clone()).then_some(path)),
            Err(error) => {
                missing += 1;
                context.emit(Event::Skipped {
                    image: path.to_string_lossy().into_owned(),
                    reason: error.to_string(),
                });
            }
        }
    }
    if found.is_empty() {
        let problem = if missing > 0 {
            "none of the pictures is there"
        } else {
            "there is no picture in there"
        };
        return Err(Failure::new(
            problem,
            "Give picture files, or folders that hold some (JPEG, PNG, HEIC, GIF, WebP, BMP, TIFF).",
        ));
    }
    Ok(found)
}
