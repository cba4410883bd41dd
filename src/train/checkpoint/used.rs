//! The parameters that a run is used with. Others would give other results, so they are taken in their place only where that was
//! allowed, and it is said.

use super::{RunCheckpointError, Saved, best_folder, folder_of, load, manifest, steps};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// Whether another checkpoint of a run may stand in for a damaged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    Refused,
    Allowed,
}

impl Fallback {
    pub fn allowed_if(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Refused }
    }
}

/// The parameters that a run is used with, as its newest manifest names them: those of its best epoch where they are kept, else of the
/// newest checkpoint, the moving average where there is one. `done`: the run came to its end, so that its newest checkpoint is the
/// last one. With what was passed over, in words: never anything where `fallback` is refused.
///
/// A folder without a manifest is a write that was cut short and never counted.
///
/// # Errors
/// [`RunCheckpointError::NotTheNamed`] where what the run names is damaged and `fallback` is refused, [`RunCheckpointError::None`]
/// where no checkpoint is usable.
pub fn load_used(run: &Path, done: bool, fallback: Fallback) -> Result<(Saved, Vec<String>), RunCheckpointError> {
    let mut passed = PassedOver {
        fallback,
        words: Vec::new(),
    };
    let mut tried = BTreeSet::new();
    let mut newest = true;
    for step in steps(run).into_iter().rev() {
        let folder = folder_of(run, step);
        let read = manifest(&folder);
        if matches!(&read, Err(RunCheckpointError::Io { source, .. }) if source.kind() == ErrorKind::NotFound) {
            continue;
        }
        let is_newest = std::mem::replace(&mut newest, false);
        let manifest = match read {
            Ok(manifest) => manifest,
            Err(error) => {
                passed.over(error)?;
                continue;
            }
        };
        if is_newest && done && !manifest.finished {
            passed.over(RunCheckpointError::Damaged {
                path: run.to_owned(),
                problem: "the run is done, and its last checkpoint is gone".to_owned(),
            })?;
        }
        let best = manifest.progress.best.as_ref().filter(|best| best.kept);
        if let Some(best) = best.filter(|best| tried.insert(best.step)) {
            match load(&best_folder(run, best.step)) {
                Ok(saved) => {
                    let progress = manifest.progress;
                    return Ok((Saved { progress, ..saved }, passed.words));
                }
                Err(error) => passed.over(error)?,
            }
        }
        match load(&folder) {
            Ok(saved) => return Ok((shown(saved), passed.words)),
            Err(error) => passed.over(error)?,
        }
    }
    Err(RunCheckpointError::None { path: run.to_owned() })
}

/// The moving average as the parameters, where there is one.
fn shown(mut saved: Saved) -> Saved {
    if let Some((average, fingerprint)) = saved.average.take().zip(saved.average_fingerprint.take()) {
        (saved.model, saved.fingerprint) = (average, fingerprint);
    }
    saved
}

struct PassedOver {
    fallback: Fallback,
    words: Vec<String>,
}

impl PassedOver {
    fn over(&mut self, damage: RunCheckpointError) -> Result<(), RunCheckpointError> {
        match self.fallback {
            Fallback::Refused => Err(RunCheckpointError::NotTheNamed {
                damage: Box::new(damage),
            }),
            Fallback::Allowed => {
                self.words
                    .push(format!("{damage}; another checkpoint of the run is used in its place"));
                Ok(())
            }
        }
    }
}
