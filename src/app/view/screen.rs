//! What a screen is given: everything the window knows, to be read; textures; and where its commands go.

use super::textures::Textures;
use crate::app::model::command::Command;
use crate::app::model::state::Model;
use std::ops::Deref;

/// A frame's view of the window. Reading goes through to the [`Model`]; whatever is to change is a command.
pub struct Screen<'a> {
    /// What the window knows. A copy of this reference outlives borrows of the screen.
    pub model: &'a Model,
    pub textures: &'a mut Textures,
    commands: &'a mut Vec<Command>,
}

impl<'a> Screen<'a> {
    /// A screen whose commands go to `commands`.
    pub fn new(model: &'a Model, textures: &'a mut Textures, commands: &'a mut Vec<Command>) -> Self {
        Self {
            model,
            textures,
            commands,
        }
    }

    /// Asks for something: it is carried out once everything is drawn.
    pub fn command(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl Deref for Screen<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        self.model
    }
}
