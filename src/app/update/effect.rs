//! What the window is to do outside of its model: the shell carries it out.

use crate::app::model::command::{Command, Pick};
use crate::app::model::file_probe;
use crate::app::model::job::Spec;
use crate::app::model::project_messages::ProjectRequest;
use crate::compute::DeviceChoice;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// Something outside of the model.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Queues a job under its number.
    StartJob {
        id: u64,
        spec: Box<Spec>,
        device: DeviceChoice,
    },
    /// Asks a job to stop at the next safe point; a waiting one never begins.
    StopJob(u64),
    /// Opens a project on a thread of its own, in place of the one before.
    OpenProject(PathBuf),
    /// Closes the project once its requests are carried out.
    CloseProject,
    AskProject(ProjectRequest),
    Probe(file_probe::Request),
    /// Shows a native dialog.
    Dialog(Pick),
    /// Copies text.
    Copy(String),
    /// Draws again after this time at the latest.
    Repaint(Duration),
    /// Gives the textures of all pictures back.
    ClearTextures,
    CloseWindow,
    /// Does not close the window, which was asked for.
    KeepWindow,
}

/// What comes of an input: effects, and commands that follow from it.
#[derive(Debug, Default)]
pub struct Effects {
    pub(super) list: Vec<Effect>,
    pub(super) commands: VecDeque<Command>,
}

impl Effects {
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// A command that follows: it is carried out after the present one.
    pub fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }

    /// Asks the thread that looks at files.
    pub fn probe(&mut self, request: file_probe::Request) {
        self.push(Effect::Probe(request));
    }
}
