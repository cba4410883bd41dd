//! How many pictures a run computes at once, and what it learned about the memory: `memory.json` in its folder outlives the process
//! that ran out of it.

use super::train::StageJob;
use crate::compute::Kind;
use crate::support::atomic;
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// The largest number that is tried.
    micro_batch: Option<usize>,
    /// What did not fit, and at which step.
    failed: Option<(usize, usize)>,
    /// The number that a GPU is trying in its first step.
    trying: Option<usize>,
}

const NAME: &str = "memory.json";

fn read(folder: &Path) -> Memory {
    let bytes = std::fs::read(folder.join(NAME)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn write(folder: &Path, memory: &Memory) {
    // Only an aid: without it the next process finds out by itself.
    if let Ok(text) = serde_json::to_vec_pretty(memory)
        && let Err(error) = atomic::write(&folder.join(NAME), &text)
    {
        tracing::warn!(%error, "what was learned about the memory could not be kept");
    }
}

/// Notes that `failed` pictures did not fit at `step` and `next` are tried.
pub(crate) fn note(folder: &Path, step: usize, failed: usize, next: usize) {
    let memory = Memory {
        micro_batch: Some(next),
        failed: Some((failed, step)),
        trying: None,
    };
    write(folder, &memory);
}

/// Notes that a step has come through.
pub(crate) fn proven(folder: &Path) {
    let memory = read(folder);
    if memory.trying.is_some() {
        write(folder, &Memory { trying: None, ..memory });
    }
}

/// Pictures computed at once in a job's stage: what was asked for, at most what is known to fit; unset: the whole batch.
///
/// On a GPU a process that died in its first step is taken to have died of its memory: half as many are tried then.
pub(crate) fn micro_batch(job: &StageJob<'_>, batch: usize) -> Option<usize> {
    let asked = job.config.settings.micro_batch.filter(|n| *n > 0);
    let known = read(&job.folder);
    let mut sizes: Vec<usize> = asked.into_iter().chain(known.micro_batch).collect();
    if job.compute.kind == Kind::Gpu {
        sizes.extend(known.trying.map(|n| n.div_ceil(2)));
        sizes.extend(fitting(job, batch));
        let trying = sizes.iter().copied().chain([batch]).min();
        write(&job.folder, &Memory { trying, ..known });
    }
    sizes.into_iter().min().filter(|n| *n < batch)
}

/// The most pictures whose largest tensor the GPU takes as one buffer; `None`: the whole batch.
fn fitting(job: &StageJob<'_>, batch: usize) -> Option<usize> {
    if !job.config.stage.trains_student() {
        return None;
    }
    let vision = &job.config.student.vision;
    let tokens = (vision.patches() + 1) as u64;
    // In 32-bit floats: the attention of every head, or the hidden layer of the MLP.
    let attention = vision.heads as u64 * tokens * tokens;
    let hidden = tokens * vision.mlp as u64;
    let most = job.compute.max_binding? / (4 * attention.max(hidden)).max(1);
    let most = (most as usize).max(1);
    (most < batch).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), Memory::default());
        note(folder.path(), 7, 32, 16);
        let memory = read(folder.path());
        assert_eq!((memory.micro_batch, memory.failed), (Some(16), Some((32, 7))));
        write(
            folder.path(),
            &Memory {
                trying: Some(16),
                ..memory
            },
        );
        proven(folder.path());
        assert_eq!(
            (read(folder.path()).trying, read(folder.path()).micro_batch),
            (None, Some(16))
        );
        std::fs::write(folder.path().join(NAME), b"{half").unwrap();
        assert_eq!(read(folder.path()), Memory::default(), "a damaged note is no note");
    }
}
