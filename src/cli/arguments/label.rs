//! Arguments of `label`.

use crate::engine::request::{EditLabel, LabelEdit, Request};
use clap::Args;
use std::path::PathBuf;

/// `label`.
#[derive(Args, Debug)]
pub(crate) struct LabelArguments {
    /// The project's folder
    project: PathBuf,
    /// What to do
    #[command(subcommand)]
    edit: LabelEdit,
}

impl LabelArguments {
    /// The request that the command means.
    pub fn request(self) -> Request {
        Request::EditLabel(EditLabel {
            project: self.project,
            edit: self.edit,
        })
    }
}
