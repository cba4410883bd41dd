//! How the window changes: [`update`] takes an input, changes the model, and tells what is to be done outside of it. No egui, no threads,
//! no files, no clock but what an input carries: everything that the window does can be tested as a sequence of inputs.

mod browse;
mod commands;
mod data;
mod data_events;
mod data_jobs;
mod downloads;
mod effect;
mod job_events;
mod jobs;
mod leaving;
mod open_paths;
mod predict;
mod project;
mod project_replies;
mod tag;
mod tag_events;
mod tag_keep;
mod tag_watch;
mod tagger_export;
#[cfg(test)]
mod tests;
mod training;

pub use effect::{Effect, Effects};

use crate::app::model::command::{Command, TagCommand};
use crate::app::model::file_probe;
use crate::app::model::job::JobEvent;
use crate::app::model::notices::Level;
use crate::app::model::project_messages::ProjectReply;
use crate::app::model::state::Model;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A screen, a key or a dialog asks for something.
    Command(Command),
    /// A job said something.
    JobEvent(JobEvent),
    /// The thread that looks at files found something.
    ProbeReply(file_probe::Reply),
    /// The thread of the open project answered.
    ProjectReply(ProjectReply),
    /// Time went by: a frame begins.
    Tick(Tick),
}

/// The outside as it is when a frame begins.
#[derive(Clone, Debug, Default)]
pub struct Tick {
    /// Time since the window began.
    pub now: Duration,
    /// The time of day; `None`: as before.
    pub wall: Option<SystemTime>,
    /// Whether the dark look is on.
    pub dark: bool,
    /// Process ids of the workers that live, by lane.
    pub workers: Vec<Option<u32>>,
    /// Memory of the worker that computes and of the window in bytes, where it was looked at.
    pub memory: Option<[u64; 2]>,
    /// Whether the window was asked to close.
    pub closing: bool,
}

/// Commands that may follow from one input: more would go round in a circle.
const FOLLOWING: usize = 64;

/// Takes an input in; returns what is to be done outside of the model, in order.
pub fn update(model: &mut Model, input: Input) -> Vec<Effect> {
    let mut out = Effects::default();
    // Jobs tell many things in a frame; what is computed from them waits for its tick.
    let follows = !matches!(input, Input::JobEvent(_));
    match input {
        Input::Command(command) => commands::carry_out(model, &mut out, command),
        Input::JobEvent(event) => job_events::take(model, &mut out, event),
        Input::ProbeReply(reply) => open_paths::found(model, &mut out, reply),
        Input::ProjectReply(reply) => project_replies::take(model, &mut out, reply),
        Input::Tick(tick) => pass(model, &mut out, tick),
    }
    for _ in 0..FOLLOWING {
        let Some(command) = out.commands.pop_front() else { break };
        commands::carry_out(model, &mut out, command);
    }
    if follows {
        browse::refresh(model);
        tag::refresh(model, &mut out);
    }
    out.list
}

/// The window opens: what it says and does first.
pub fn begin(model: &mut Model, find_device: bool, paths: Vec<PathBuf>) -> Vec<Effect> {
    let mut out = Effects::default();
    if let Some(watched) = &model.prefs.watch {
        let words = format!("Watching {} is paused", watched.folder.display());
        let again = Command::Tag(TagCommand::ContinueWatch);
        model
            .notices
            .say(Level::Note, words, None, Some(("Continue".to_owned(), again)));
    }
    tag_keep::begin(model, &mut out);
    if find_device {
        jobs::find_device(model, &mut out);
    }
    if !paths.is_empty() {
        commands::carry_out(model, &mut out, Command::OpenPaths(paths));
    }
    out.list
}

/// The window is closed: what is to be done before the program ends.
pub fn end(model: &mut Model) -> Vec<Effect> {
    let mut out = Effects::default();
    tag_keep::keep(model, &mut out);
    out.list
}

/// Time goes by.
fn pass(model: &mut Model, out: &mut Effects, tick: Tick) {
    let time = tick.now.saturating_sub(model.now);
    model.now = tick.now;
    model.wall = tick.wall.unwrap_or(model.wall);
    model.dark = tick.dark;
    model.jobs.workers = tick.workers;
    model.memory = tick.memory.unwrap_or(model.memory);
    if let Some(next) = model.notices.pass(time) {
        out.push(Effect::Repaint(next));
    }
    data::tick(model, out);
    training::tick(model, out);
    tag_keep::tick(model, out);
    leaving::tick(model, out, tick.closing);
}
