//! Arguments of `project`.

use super::import::ImportArguments;
use crate::engine::Failure;
use crate::engine::request::{ProjectAdd, ProjectNew, Relink, Request};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `project`.
#[derive(Subcommand, Debug)]
pub(crate) enum ProjectCommand {
    /// See what an import would bring; nothing is written
    Preview {
        #[command(flatten)]
        import: ImportArguments,
        /// Pictures to show
        #[arg(long, default_value_t = 20)]
        rows: usize,
    },
    /// Import into a project that exists: merges, keeps what people said, tells the difference
    Add {
        /// The project's folder
        project: PathBuf,
        #[command(flatten)]
        import: ImportArguments,
        /// Tell the difference, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Read every picture: damage, copies, and copies in several splits
    Check {
        /// The project's folder
        project: PathBuf,
    },
    /// Find pictures that were moved
    Relink {
        /// The project's folder
        project: PathBuf,
        /// Where they are now
        #[arg(long)]
        to: PathBuf,
        /// Where they were (default: wherever pictures are missing)
        #[arg(long)]
        from: Option<PathBuf>,
        /// Tell what would be found, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write what the imports found to a file (.csv or .txt)
    Report {
        /// The project's folder
        project: PathBuf,
        /// The new file
        #[arg(long)]
        out: PathBuf,
    },
    /// Frequencies of labels, what occurs together, sizes of pictures
    Overview {
        /// The project's folder
        project: PathBuf,
    },
    /// Import data into a new project
    New(NewArguments),
    /// Tell pictures, splits, labels and runs
    Info {
        /// The project's folder
        project: PathBuf,
    },
}

/// `project new`.
#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// The project's folder, to be made
    project: PathBuf,
    #[command(flatten)]
    import: ImportArguments,
    /// The project's CLIP checkpoint
    #[arg(long)]
    model: Option<String>,
}

impl ProjectCommand {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Info { project } => Request::ProjectInfo { project },
            Self::Preview { import, rows } => Request::ProjectPreview {
                import: import.request()?,
                rows,
            },
            Self::Add {
                project,
                import,
                dry_run,
            } => Request::ProjectAdd(ProjectAdd {
                project,
                import: import.request()?,
                dry_run,
            }),
            Self::Check { project } => Request::ProjectCheck { project },
            Self::Relink {
                project,
                to,
                from,
                dry_run,
            } => Request::Relink(Relink {
                project,
                from,
                to,
                dry_run,
            }),
            Self::Report { project, out } => Request::ProjectReport { project, out },
            Self::Overview { project } => Request::Overview { project },
            Self::New(a) => Request::ProjectNew(ProjectNew {
                project: a.project,
                import: a.import.request()?,
                model: a.model,
            }),
        })
    }
}
