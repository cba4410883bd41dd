//! What jobs are for, and which of them wait for each other.

use std::path::PathBuf;

/// What a job is for; decides what happens after it.
#[derive(Clone, Debug, PartialEq)]
pub enum JobKind {
    /// Which device there is.
    Device,
    /// A project from data.
    Import {
        /// Where it will be.
        project: PathBuf,
    },
    /// Pictures and project of the demo.
    DemoData {
        /// Fewer pictures and epochs.
        quick: bool,
    },
    /// Training.
    Train,
    /// What a training would do.
    Plan,
    /// Scores of all pictures by a run.
    Predict {
        run: String,
    },
    Split,
    /// A job of the data's pages.
    Data(DataTask),
    /// What a checkpoint is.
    Model {
        /// As the user wrote it.
        path: String,
    },
    /// Labels of the pictures in Tag.
    Tag,
    /// Tags into files.
    WriteTags {
        /// Only looks what would be written.
        dry_run: bool,
    },
    /// A watched folder.
    Watch,
    /// What watching a folder would write.
    LookWatch,
    /// A trained model as a file or a folder.
    ExportTagger,
    /// Which models there are.
    ListModels,
    /// A model's download.
    Fetch {
        name: String,
    },
    /// Adding or removing a model.
    ChangeModels {
        /// Its name; empty for one that is added.
        name: String,
    },
}

/// What a job of the data's pages does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataTask {
    /// Looks at data that may be imported.
    Look,
    /// Compares data with the open project.
    Compare,
    /// Merges data into the open project.
    Merge,
    /// Reads the content of pictures.
    Check,
    /// Looks for moved pictures.
    Find,
    /// Takes over what was found.
    Relink,
    /// Saves the report of the imports.
    Report,
    /// Writes labels in another format.
    Export,
    /// Writes sidecars.
    Sidecars,
}

/// Workers of the window: jobs of one lane wait for each other, those of different lanes do not.
pub const LANES: usize = 5;

impl JobKind {
    /// What computes for long, what imports and looks, tagging, a watched folder, downloads.
    pub fn lane(&self) -> usize {
        match self {
            Self::Train | Self::Plan | Self::Predict { .. } | Self::ExportTagger => 0,
            Self::Tag => 2,
            Self::Watch | Self::LookWatch => 3,
            Self::Fetch { .. } => 4,
            _ => 1,
        }
    }

    /// Whether it is work that a user waits for: not what only looks, nor what goes on for ever.
    pub fn is_work(&self) -> bool {
        let looks = matches!(
            self,
            Self::Device
                | Self::Plan
                | Self::Model { .. }
                | Self::ListModels
                | Self::LookWatch
                | Self::WriteTags { dry_run: true }
                | Self::Data(DataTask::Look | DataTask::Compare | DataTask::Check)
        );
        !looks && *self != Self::Watch
    }
}
