//! Changes by hand that can be taken back.

use serde::{Deserialize, Serialize};

/// Steps that can be taken back.
const STEPS: usize = 500;

/// What a person said of a picture: label, and whether it is there.
pub type Edits = Vec<(String, bool)>;

/// A change by hand: the edits of pictures before and after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, in words.
    pub said: String,
    /// Places in the list, with the edits before and after.
    pub changed: Vec<(usize, Edits, Edits)>,
}

/// Steps that were made, and those that were taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// A new step; what was taken back before is gone.
    pub fn push(&mut self, step: Step) {
        self.done.push(step);
        if self.done.len() > STEPS {
            self.done.remove(0);
        }
        self.undone.clear();
    }

    /// Takes the newest step back (`undo`), or does it again; returns it.
    pub fn step(&mut self, undo: bool) -> Option<&Step> {
        let (from, to) = if undo {
            (&mut self.done, &mut self.undone)
        } else {
            (&mut self.undone, &mut self.done)
        };
        to.push(from.pop()?);
        to.last()
    }

    /// What undo would take back.
    pub fn next_undo(&self) -> Option<&str> {
        self.done.last().map(|step| step.said.as_str())
    }
}
