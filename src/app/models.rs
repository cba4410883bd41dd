//! Models by name: what there is, what is here, what is being downloaded.

use super::command::{Command, Place};
use super::jobs::{Job, Purpose, Spec, State as JobState};
use super::notices::Level;
use super::state::State;
use crate::engine::event::ModelEntry;
use crate::engine::request::{FetchModel, ModelPlace};
use crate::engine::{Event, Failure, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Something to do in Models.
#[derive(Clone, Debug)]
pub enum Act {
    /// Reads the list again.
    List,
    /// Downloads a model, or goes on with it.
    Fetch(String),
    /// Asks whether to remove a model; `None`: no longer.
    AskRemove(Option<String>),
    /// Removes a model.
    Remove(String),
    /// Gives a checkpoint on the disk a name.
    Add {
        /// File or folder.
        path: PathBuf,
        /// Its name.
        name: String,
    },
}

/// What the place Models keeps.
#[derive(Debug, Default)]
pub struct Models {
    /// The list; `None` before it was read.
    pub entries: Option<Vec<ModelEntry>>,
    /// Why the list cannot be read.
    pub failure: Option<Failure>,
    /// Downloads that are at work or wait.
    pub fetching: BTreeMap<String, u64>,
    /// Downloads that were stopped: they go on where they are.
    pub stopped: Vec<String>,
    /// Downloads and removals that failed.
    pub failed: BTreeMap<String, Failure>,
    /// The model that is asked about.
    pub removing: Option<String>,
    /// A path and a name as typed.
    pub adding: [String; 2],
    /// The folder of all models, where another one is wanted than the environment says.
    pub cache: Option<PathBuf>,
    /// The folder of all models.
    pub folder: Option<PathBuf>,
    /// Free room there, in bytes.
    pub room: Option<u64>,
}

impl Models {
    /// Models that find labels by their names and are here: name and path.
    pub fn usable(&self) -> Vec<(&str, &str)> {
        let here = self.entries.iter().flatten().filter(|m| m.clip);
        here.filter_map(|m| Some((m.title.as_str(), m.path.as_deref()?)))
            .collect()
    }
}

/// How servers are reached, as the preferences say; what they leave open the environment decides.
fn place(state: &State) -> ModelPlace {
    let set = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    ModelPlace {
        cache: state.models.cache.clone(),
        mirror: set(&state.prefs.mirror),
        proxy: set(&state.prefs.proxy),
    }
}

/// Carries it out.
pub fn act(state: &mut State, act: Act) {
    let place = place(state);
    match act {
        Act::List => {
            let usual = || crate::models::Settings::from_environment().map(|s| s.cache).ok();
            let folder = place.cache.clone().or_else(usual);
            if let Some(folder) = folder.clone() {
                state.scout.room(folder);
            }
            state.models.folder = folder;
            start(
                state,
                Request::ModelList(place),
                "Looking which models are here",
                Purpose::ListModels,
            );
        }
        Act::Fetch(name) => {
            if state.models.fetching.contains_key(&name) {
                return;
            }
            state.models.failed.remove(&name);
            state.models.stopped.retain(|n| *n != name);
            let request = FetchModel {
                name: name.clone(),
                again: false,
                place,
            };
            let purpose = Purpose::Fetch { name: name.clone() };
            let id = start(
                state,
                Request::ModelFetch(request),
                &format!("Downloading {name}"),
                purpose,
            );
            state.models.fetching.insert(name, id);
        }
        Act::AskRemove(name) => state.models.removing = name,
        Act::Remove(name) => {
            state.models.removing = None;
            let purpose = Purpose::ChangeModels { name: name.clone() };
            start(state, Request::ModelRemove { name, place }, "Removing a model", purpose);
        }
        Act::Add { path, name } => {
            let path = super::bring::expand(&path);
            let name = name.trim().to_owned();
            state.models.failed.remove("");
            let purpose = Purpose::ChangeModels { name: String::new() };
            start(
                state,
                Request::ModelAdd { path, name, place },
                "Looking at a model",
                purpose,
            );
        }
    }
}

fn start(state: &mut State, request: Request, title: &str, purpose: Purpose) -> u64 {
    state.jobs.start(Spec {
        request,
        title: title.to_owned(),
        purpose,
        shared: None,
    })
}

/// Opens the place, and reads the list where that was not done yet.
pub fn open(state: &mut State) {
    state.place = Place::Models;
    if state.models.entries.is_none() && !state.jobs.has(|p| *p == Purpose::ListModels) {
        act(state, Act::List);
    }
}

/// A job of Models said something.
pub fn event(state: &mut State, purpose: &Purpose, event: &Event) {
    match (purpose, event) {
        (Purpose::ListModels, Event::Models { models }) => {
            state.models.entries = Some(models.clone());
            state.models.failure = None;
        }
        (_, Event::Fetched { name, path, .. }) => {
            let words = format!("{name} is here");
            let used = ("Use it".to_owned(), Command::UseModel(path.clone()));
            state.notices.say(Level::Done, words, None, Some(used));
        }
        (_, Event::Warning { message, .. }) => state.notices.note(Level::Note, message.clone()),
        _ => {}
    }
}

/// A job of Models has ended; true where that is all that follows from it.
pub fn ended(state: &mut State, job: &Job) -> bool {
    let name = match &job.spec.purpose {
        Purpose::ListModels => {
            if let JobState::Failed(failure) | JobState::Crashed(failure) = &job.state {
                state.models.failure = Some(failure.clone());
            }
            return true;
        }
        Purpose::Fetch { name } => {
            state.models.fetching.remove(name);
            if job.state == JobState::Stopped {
                state.models.stopped.push(name.clone());
            }
            name
        }
        Purpose::ChangeModels { name } => {
            if name.is_empty() && job.state == JobState::Done {
                state.models.adding = Default::default();
            }
            name
        }
        _ => return false,
    };
    match &job.state {
        // The place shows it where the button is; beside it a message for those who are elsewhere.
        JobState::Failed(failure) | JobState::Crashed(failure) => {
            state.models.failed.insert(name.clone(), failure.clone());
            if state.place != Place::Models {
                state.notices.failed(failure, None);
            }
        }
        _ => act(state, Act::List),
    }
    true
}

/// A name for a checkpoint on the disk.
pub fn name_for(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().to_lowercase());
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '-'
        }
    };
    stem.chars().map(kept).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_made_of_paths() {
        assert_eq!(super::name_for("/m/My CLIP (old).pt".as_ref()), "my-clip--old");
    }
}
