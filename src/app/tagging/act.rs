//! Everything that can be done in Tag.

use super::source::{KNOWN, Known, Source};
use super::watch::Watched;
use super::{Panel, Tagging};
use crate::app::bring;
use crate::app::command::{Command, Place};
use crate::app::jobs::{Purpose, Spec};
use crate::app::notices::Level;
use crate::app::state::State;
use crate::engine::Request;
use crate::engine::request::{RemoveTags, TagRequest, WriteTags};
use std::path::{Path, PathBuf};

/// Something to do in Tag.
#[derive(Clone, Debug)]
pub enum Act {
    /// Pictures, and folders with pictures: they are looked for, then tagged.
    Add(Vec<PathBuf>),
    /// These pictures were found.
    Found(Vec<PathBuf>),
    /// What gives the labels from now on.
    Use(Source),
    /// A tagger file was looked at.
    Known(Known),
    /// Forgets a tagger file (it stays on the disk).
    Forget(PathBuf),
    /// Tags what waits; all, where another tagger was chosen.
    Start,
    /// Stops tagging; what is done stays.
    Cancel,
    /// Empties the list.
    Clear,
    /// Brings back the list that was emptied.
    BringBack,
    /// Gives pictures a label (`true`), or takes it away.
    Set(Vec<usize>, String, bool),
    /// Takes the newest change back (`true`), or does it again.
    Step(bool),
    /// Gives a label (a column) from this probability on.
    Threshold(usize, f32),
    /// The tagger's own thresholds.
    ResetThresholds,
    /// Shows the picture at the cursor large, or the list.
    Large(bool),
    /// What the panel shows.
    Show(Panel),
    /// Looks what writing would do; `true`: what taking our tags away would do.
    Preview(bool),
    /// Does what the preview says.
    Write,
    /// Watches a folder from now on.
    Watch(PathBuf),
    /// Stops watching for now.
    PauseWatch,
    /// Goes on watching.
    ContinueWatch,
    /// Watches no longer.
    EndWatch,
}

/// Carries it out.
pub fn act(state: &mut State, act: Act) {
    match act {
        Act::Add(paths) => {
            state.place = Place::Tag;
            state.tagging.looking = true;
            state.scout.pictures(paths);
        }
        Act::Found(pictures) => {
            let tagging = &mut state.tagging;
            tagging.looking = false;
            let new = tagging.list.add(pictures);
            tagging.large = false;
            if new > 0 {
                start(state, false);
            }
        }
        Act::Use(source) => {
            state.prefs.tag_source = Some(source.clone());
            state.tagging.source = source;
        }
        Act::Known(known) => {
            let path = known.path.clone();
            state.prefs.taggers.retain(|k| k.path != path);
            state.prefs.taggers.insert(0, known);
            state.prefs.taggers.truncate(KNOWN);
            state.command(Command::Tagging(Act::Use(Source::File { path })));
            state.place = Place::Tag;
        }
        Act::Forget(path) => state.prefs.taggers.retain(|k| k.path != path),
        Act::Start => start(state, true),
        Act::Cancel => {
            if let Some(id) = state.tagging.job {
                state.jobs.stop(id);
            }
        }
        Act::Clear => clear(state),
        Act::BringBack => {
            if let Some(list) = state.tagging.emptied.take() {
                let new: Vec<PathBuf> = state.tagging.list.items.iter().map(|i| i.path.clone()).collect();
                state.tagging.list = list;
                state.tagging.list.add(new);
            }
        }
        Act::Set(items, label, on) => {
            if let Some(said) = state.tagging.list.set(&items, &label, on) {
                state.notices.edited(said);
            }
        }
        Act::Step(undo) => {
            let verb = if undo { "Undone" } else { "Done again" };
            if let Some(said) = state.tagging.list.step(undo) {
                state.notices.edited(format!("{verb}: {said}"));
            }
        }
        Act::Threshold(column, threshold) => state.tagging.list.set_threshold(column, threshold),
        Act::ResetThresholds => state.tagging.list.reset_thresholds(),
        Act::Large(large) => {
            state.tagging.large = large && state.tagging.current().is_some();
            state.tagging.hovered = None;
            state.tagging.reveal = true;
        }
        Act::Show(panel) => {
            state.place = Place::Tag;
            state.tagging.panel = panel;
        }
        Act::Preview(removal) => preview(state, removal),
        Act::Write => write(state),
        Act::Watch(folder) => watch(state, folder),
        Act::PauseWatch => {
            if let Some(id) = state.tagging.watch.job {
                state.jobs.stop(id);
            }
        }
        Act::ContinueWatch => continue_watching(state),
        Act::EndWatch => {
            if let Some(id) = state.tagging.watch.job {
                state.jobs.stop(id);
            }
            state.prefs.watch = None;
        }
    }
}

fn clear(state: &mut State) {
    for id in [state.tagging.job, state.tagging.preview.job].into_iter().flatten() {
        state.jobs.stop(id);
    }
    let kept = std::mem::replace(&mut state.tagging, Tagging::new(Source::default()));
    state.tagging.source = kept.source;
    state.tagging.watch = kept.watch;
    // Tagging anew is the only use of what was used before, and changes by hand come back with the list.
    state.tagging.used = kept.used;
    state.tagging.emptied = Some(kept.list);
    let back = ("Bring it back".to_owned(), Command::Tagging(Act::BringBack));
    state.notices.say(
        Level::Done,
        "The list was emptied; no file was touched",
        None,
        Some(back),
    );
}

/// The project that a job may share with the window.
fn shared(state: &State, source: &Source) -> Option<PathBuf> {
    let folder = source.project()?;
    let open = state.open().map(|open| open.catalog.folder.as_path());
    (open == Some(folder)).then(|| folder.to_owned())
}

/// Tags what waits. `asked`: the user pressed the button, and is told what is missing.
fn start(state: &mut State, asked: bool) {
    let source = state.tagging.source.clone();
    let Some(request) = source.request() else {
        if asked {
            let hint = "For example: apple, car, guitar".to_owned();
            let words = "Type the labels to look for first, separated by commas";
            state.notices.say(Level::Warning, words, Some(hint), None);
        }
        return;
    };
    if state.tagging.job.is_some() {
        // The job at work goes first; what waits is asked for when it has ended.
        return;
    }
    if state.tagging.used.as_ref().is_some_and(|used| *used != source) {
        state.tagging.list.again();
    }
    let paths = state.tagging.list.waiting();
    if paths.is_empty() {
        return;
    }
    let title = format!(
        "Tagging {}",
        crate::app::widgets::counted(paths.len(), "picture", "pictures")
    );
    let shared = shared(state, &source);
    let id = state.jobs.start(Spec {
        request: Request::Tag(TagRequest {
            source: request,
            paths,
            write: Vec::new(),
            threshold: None,
            thresholds: Default::default(),
            dry_run: false,
            evidence: true,
            watch: false,
            fresh: true,
        }),
        title,
        purpose: Purpose::Tag,
        shared,
    });
    state.tagging.used = Some(source);
    state.tagging.job = Some(id);
}

/// Where the pictures are: of the first one.
pub fn beside(state: &State) -> Option<PathBuf> {
    let first = state.tagging.list.items.first()?;
    first.path.parent().map(Path::to_owned)
}

fn preview(state: &mut State, removal: bool) {
    if let Some(id) = state.tagging.preview.job.take() {
        state.jobs.stop(id);
    }
    job(state, removal, true);
}

fn write(state: &mut State) {
    let removal = state.tagging.preview.removal;
    let stamp = (state.tagging.list.version, state.prefs.write.clone());
    // Only what was shown is done.
    if state.tagging.preview.whole && state.tagging.preview.stamp.as_ref() == Some(&stamp) {
        job(state, removal, false);
    }
}

fn job(state: &mut State, removal: bool, dry_run: bool) {
    let form = state.prefs.write.clone();
    let stamp = Some((state.tagging.list.version, form.clone()));
    let request = if removal {
        Request::RemoveTags(RemoveTags {
            paths: state.tagging.list.items.iter().map(|i| i.path.clone()).collect(),
            stem: form.stem,
            dry_run,
        })
    } else {
        Request::WriteTags(WriteTags {
            items: state.tagging.list.to_write(),
            write: form.request(beside(state).as_deref()),
            dry_run,
            by: match state.tagging.list.tagger.as_str() {
                "" => "by hand".to_owned(),
                name => name.to_owned(),
            },
        })
    };
    let title = match (dry_run, removal) {
        (true, _) => "Looking what would be written",
        (false, true) => "Taking tags away",
        (false, false) => "Writing tags",
    };
    let id = state.jobs.start(Spec {
        request,
        title: title.to_owned(),
        purpose: Purpose::WriteTags { dry_run },
        shared: None,
    });
    state.tagging.preview = super::write::Preview {
        removal,
        job: Some(id),
        stamp,
        ..Default::default()
    };
}

fn watch(state: &mut State, folder: PathBuf) {
    let folder = bring::expand(&folder);
    let warn = |state: &mut State, words: &str, hint: &str| {
        state.notices.say(Level::Warning, words, Some(hint.to_owned()), None);
    };
    if !folder.is_dir() {
        let words = format!("There is no folder {}", folder.display());
        return warn(state, &words, "Choose the folder that new pictures come to.");
    }
    if state.tagging.source.request().is_none() {
        let hint = "Choose a tagger, or type the labels to look for.";
        return warn(state, "Watching needs something that gives labels", hint);
    }
    if !state.prefs.write.writes() {
        return warn(state, "Watching needs a way to write", "Tick at least one under Write.");
    }
    state.prefs.watch = Some(Watched {
        folder,
        source: state.tagging.source.clone(),
        form: state.prefs.write.clone(),
    });
    state.tagging.watch = Default::default();
    continue_watching(state);
}

/// Goes on watching what was watched. What was done before is not done again: the batch's journal knows.
pub fn continue_watching(state: &mut State) {
    let Some(watched) = state.prefs.watch.clone() else {
        return;
    };
    if state.tagging.watch.job.is_some() {
        return;
    }
    let Some(source) = watched.source.request() else { return };
    let shared = shared(state, &watched.source);
    let name = watched
        .folder
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let id = state.jobs.start(Spec {
        request: Request::Tag(TagRequest {
            source,
            paths: vec![watched.folder.clone()],
            write: watched.form.request(Some(&watched.folder)),
            threshold: None,
            thresholds: Default::default(),
            dry_run: false,
            evidence: false,
            watch: true,
            fresh: false,
        }),
        title: format!("Watching {name}"),
        purpose: Purpose::Watch,
        shared,
    });
    let watch = &mut state.tagging.watch;
    watch.job = Some(id);
    (watch.settled, watch.failure) = (false, None);
}
