//! A watched folder: new pictures are tagged and written as they come.

use super::source::Source;
use super::write::WriteForm;
use crate::engine::Failure;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::SystemTime;

/// Lines of the log that are kept.
const LINES: usize = 2_000;

/// What is watched; kept between sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    pub folder: PathBuf,
    /// What gives the labels.
    pub source: Source,
    /// How they are written.
    pub form: WriteForm,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub time: SystemTime,
    /// The picture's name.
    pub name: String,
    /// Its tags in words, or why it has none.
    pub said: Result<String, String>,
}

/// A watched folder in this session.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The folder as typed.
    pub folder: String,
    /// The job at work.
    pub job: Option<u64>,
    /// Whether it has looked through the folder once.
    pub settled: bool,
    /// Newest last.
    pub lines: VecDeque<Line>,
    /// Pictures tagged, and those that could not be.
    pub counts: [usize; 2],
    /// Why it ended by itself.
    pub failure: Option<Failure>,
}

impl Watch {
    /// Adds a line to the log.
    pub fn say(&mut self, time: SystemTime, name: String, said: Result<String, String>) {
        self.counts[usize::from(said.is_err())] += 1;
        self.lines.push_back(Line { time, name, said });
        while self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }
}
