//! The one place that turns errors into words that a user can act on.

use crate::clip::checkpoint::CheckpointError;
use crate::clip::model::ClipError;
use crate::compute::ComputeError;
use crate::dataset::error::DatasetError;
use crate::models::FetchError;
use crate::project::ProjectError;
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
    /// Whether the request itself was wrong (exit code 2) rather than the job (exit code 1).
    pub usage: bool,
}

impl Failure {
    /// A failed job.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
            usage: false,
        }
    }

    /// A request that cannot be meant.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            usage: true,
            ..Self::new(message, hint)
        }
    }

    /// Stopped on request.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            usage: false,
        }
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
        Self::new(format!("cannot {action} {}: {error}", path.display()), hint)
    }

    fn of(error: &dyn std::error::Error, hint: Option<String>) -> Self {
        Self {
            message: error.to_string(),
            hint,
            usage: false,
        }
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        // A missing settings file is a failed job; an unknown or senseless setting is wrong usage.
        let usage = !matches!(error, SettingError::File { .. });
        Self {
            usage,
            ..Self::of(&error, error.hint())
        }
    }
}

impl From<ComputeError> for Failure {
    fn from(error: ComputeError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<ClipError> for Failure {
    fn from(error: ClipError) -> Self {
        let usage = matches!(error, ClipError::InputSize { .. });
        Self {
            usage,
            ..Self::of(&error, error.hint())
        }
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        Self::of(&error, Some(error.hint().to_owned()))
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let usage = matches!(error, FetchError::UnknownModel { .. });
        Self {
            usage,
            ..Self::of(&error, error.hint())
        }
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
        Self::of(&error, hint)
    }
}
