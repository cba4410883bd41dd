//! The one place that turns errors into words that a user can act on.

use crate::clip::checkpoint::CheckpointError;
use crate::clip::model::ClipError;
use crate::compute::ComputeError;
use crate::dataset::error::DatasetError;
use crate::models::FetchError;
use crate::project::ProjectError;
use crate::support::disk;
use crate::tagging::TaggingError;
use crate::tagging::tagger::TaggerError;
use crate::train::checkpoint::RunCheckpointError;
use crate::train::settings::SettingError;
use crate::train::trainer::TrainError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Why a job ended without its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened, to which file.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// What kind of failure it is, for a program that decides what follows.
    #[serde(default)]
    pub kind: FailureKind,
}

/// What a failure means for what follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The job could not do what was asked: a missing or bad file, a full disk, data that do not fit.
    #[default]
    Job,
    /// The request itself was wrong: exit code 2.
    Usage,
    /// Stopped on request.
    Cancelled,
    /// The device's memory was too small.
    OutOfMemory,
    /// The device does not answer any more; the process that used it cannot use it again.
    DeviceLost,
    /// The worker process ended without a word.
    WorkerDied,
}

impl FailureKind {
    /// Whether the worker process that it happened in is gone, or cannot run another job.
    pub fn ends_worker(self) -> bool {
        matches!(self, Self::OutOfMemory | Self::DeviceLost | Self::WorkerDied)
    }
}

impl Failure {
    /// A failed job.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
            kind: FailureKind::Job,
        }
    }

    /// A request that cannot be meant.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(message, hint).of_kind(FailureKind::Usage)
    }

    /// Stopped on request.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            kind: FailureKind::Cancelled,
        }
    }

    /// A job that panicked. On this stack that is a device that was lost or ran out of memory: nothing else is known of it but the
    /// panic's words.
    pub(crate) fn panicked(words: &str) -> Self {
        let kind = if ComputeError::speaks_of_memory(words) {
            FailureKind::OutOfMemory
        } else {
            FailureKind::DeviceLost
        };
        Self::new(
            format!("the device failed: {words}"),
            "Saved work can be resumed. If the GPU's memory was full, use smaller batches.",
        )
        .of_kind(kind)
    }

    /// The same failure as another kind.
    #[must_use]
    pub fn of_kind(self, kind: FailureKind) -> Self {
        Self { kind, ..self }
    }

    /// A file or folder that cannot be read or written.
    pub fn io(action: &str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let hint = match error.kind() {
            ErrorKind::NotFound => "Check the path: there is nothing of that name.",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "You have no permission there: choose another folder, or change its permissions."
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "The disk is full: free some space, then try again.",
            _ => "Check that the disk is connected and the path is right.",
        };
        Self::new(
            format!("cannot {action} {}: {}", path.display(), disk::words(path, error)),
            hint,
        )
    }

    fn of(error: &dyn std::error::Error, hint: Option<String>) -> Self {
        Self {
            message: error.to_string(),
            hint,
            kind: FailureKind::Job,
        }
    }

    fn usage_if(self, wrong_usage: bool) -> Self {
        if wrong_usage {
            self.of_kind(FailureKind::Usage)
        } else {
            self
        }
    }
}

/// What a device's failure means for what follows.
fn kind_of(error: &ComputeError) -> FailureKind {
    match error {
        _ if error.is_out_of_memory() => FailureKind::OutOfMemory,
        ComputeError::Execution(_) => FailureKind::DeviceLost,
        ComputeError::NoGpu | ComputeError::Open { .. } | ComputeError::NotFinite { .. } => FailureKind::Job,
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        // A missing settings file is a failed job; an unknown or senseless setting is wrong usage.
        Self::of(&error, error.hint()).usage_if(!matches!(error, SettingError::File { .. }))
    }
}

impl From<ComputeError> for Failure {
    fn from(error: ComputeError) -> Self {
        Self::of(&error, error.hint()).of_kind(kind_of(&error))
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<ClipError> for Failure {
    fn from(error: ClipError) -> Self {
        Self::of(&error, error.hint()).usage_if(matches!(error, ClipError::InputSize { .. }))
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        Self::of(&error, Some(error.hint().to_owned()))
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::of(&error, error.hint()).usage_if(matches!(error, FetchError::UnknownModel { .. }))
    }
}

impl From<TaggerError> for Failure {
    fn from(error: TaggerError) -> Self {
        Self::of(&error, Some(error.hint().to_owned()))
    }
}

impl From<TaggingError> for Failure {
    fn from(error: TaggingError) -> Self {
        Self::of(&error, Some(error.hint().to_owned()))
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        Self::of(&error, Some(error.hint()))
    }
}

impl From<RunCheckpointError> for Failure {
    fn from(error: RunCheckpointError) -> Self {
        match &error {
            RunCheckpointError::Io { path, source } => Self::io("write or read the checkpoint", path, source),
            RunCheckpointError::NotTheNamed { .. } => Self::of(
                &error,
                Some(
                    "Restore the run's folder from a backup, or train again. evaluate, compare, tag and export-model use what is left of the run with --allow-fallback, and say so in their results."
                        .to_owned(),
                ),
            ),
            RunCheckpointError::Damaged { .. } | RunCheckpointError::None { .. } => Self::of(
                &error,
                Some("Train again, or restore the run's folder from a backup.".to_owned()),
            ),
        }
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        let hint = match &error {
            TrainError::Compute { source, .. } => source.hint(),
            TrainError::Checkpoint(_) | TrainError::Features(_) => {
                Some("Free some space or mend the permissions of the project's folder, then resume the run.".to_owned())
            }
            TrainError::Foreign(_) => Some("Start a new run instead of resuming this one.".to_owned()),
            TrainError::Unreadable { .. } => {
                Some("Check that the pictures are where they were; then resume the run.".to_owned())
            }
            TrainError::NoData(_) => Some("See `patchlight project info` for what the project holds.".to_owned()),
        };
        let kind = match &error {
            TrainError::Compute { source, .. } => kind_of(source),
            _ => FailureKind::Job,
        };
        Self::of(&error, hint).of_kind(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_known_by_its_kind() {
        let of = |words: &str| {
            let source = ComputeError::Execution(words.to_owned());
            Failure::from(TrainError::Compute {
                stage: 1,
                step: 3,
                source,
            })
        };
        assert_eq!(of("wgpu error: Out of Memory").kind, FailureKind::OutOfMemory);
        assert_eq!(of("the parent device is lost").kind, FailureKind::DeviceLost);
        assert_eq!(
            Failure::panicked("can't allocate 12 bytes").kind,
            FailureKind::OutOfMemory
        );
        assert_eq!(Failure::panicked("device lost").kind, FailureKind::DeviceLost);
        assert_eq!(Failure::from(ComputeError::NoGpu).kind, FailureKind::Job);
        let unknown = SettingError::File {
            path: "x".into(),
            problem: "not there".into(),
        };
        assert_eq!(Failure::from(unknown).kind, FailureKind::Job);
        assert_eq!(Failure::cancelled("stopped").kind, FailureKind::Cancelled);
    }

    /// A worker of an older version does not tell the kind.
    #[test]
    fn a_failure_without_a_kind_is_a_failed_job() {
        let failure: Failure = serde_json::from_str(r#"{"message":"a","hint":null}"#).unwrap();
        assert_eq!(failure.kind, FailureKind::Job);
    }
}
