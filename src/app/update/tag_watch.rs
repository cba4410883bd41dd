//! A watched folder: what it would write is looked at first, then it goes on until it is paused or ended.

use super::effect::Effects;
use super::{jobs, tag};
use crate::app::model::file_probe;
use crate::app::model::job::{Job, JobState, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::paths::{expand, name_of};
use crate::app::model::state::Model;
use crate::app::model::tag::source::Source;
use crate::app::model::tag::watch::{LOOKED_AT, Log, Look, Watched};
use crate::engine::Request;
use crate::engine::request::TagRequest;
use std::path::{Path, PathBuf};

/// Looks what watching a folder would write, once it is known to be there.
pub fn look(model: &mut Model, out: &mut Effects, folder: &Path) {
    let missing = if model.tagging.source.request().is_none() {
        let hint = "Choose a tagger, or type the labels to look for.";
        Some(("Watching needs something that gives labels", hint))
    } else if !model.prefs.write.writes() {
        Some(("Watching needs a way to write", "Tick at least one under Write."))
    } else {
        None
    };
    match missing {
        Some((words, hint)) => model.notices.say(Level::Warning, words, Some(hint.to_owned()), None),
        None => out.probe(file_probe::Request::WatchFolder(expand(folder))),
    }
}

/// The folder that is to be watched was looked for. `pictures`: those that it holds; `None`: it is not there.
pub fn found(model: &mut Model, out: &mut Effects, folder: PathBuf, pictures: Option<Vec<PathBuf>>) {
    let Some(pictures) = pictures else {
        let words = format!("There is no folder {}", folder.display());
        let hint = "Choose the folder that new pictures come to.".to_owned();
        return model.notices.say(Level::Warning, words, Some(hint), None);
    };
    if let Some(id) = model.tagging.watch.look.as_ref().and_then(|look| look.job) {
        jobs::stop(model, out, id);
    }
    let asked = model.tagging.to_watch(&folder, &model.prefs.write);
    let untrained = matches!(asked.source, Source::Words { .. });
    if untrained && asked.thresholds.is_empty() && pictures.is_empty() {
        let words = "A model that was never trained on these labels has to see some pictures first";
        let hint = "Tag a few of the kind that will come, move the thresholds until the labels look right, then watch."
            .to_owned();
        return model.notices.say(Level::Warning, words, Some(hint), None);
    }
    let mut look = Look {
        asked,
        told: None,
        untrained: Default::default(),
        pictures: pictures.len(),
        looked_at: Vec::new(),
        job: None,
        outcome: Default::default(),
        whole: pictures.is_empty(),
        failure: None,
    };
    look.looked_at = pictures.into_iter().take(LOOKED_AT).collect();
    if !look.whole {
        look.job = look_job(model, out, &look);
    }
    model.tagging.watch.folder = folder.to_string_lossy().into_owned();
    model.tagging.watch.look = Some(look);
}

/// Starts the job that looks what would be written.
fn look_job(model: &mut Model, out: &mut Effects, look: &Look) -> Option<u64> {
    let watched = look.watched();
    let request = TagRequest {
        paths: look.looked_at.clone(),
        dry_run: true,
        fresh: true,
        watch: false,
        // Which thresholds the tagger has is told with the evidence alone.
        evidence: true,
        ..request(watched)?
    };
    let title = format!("Looking what watching {} would write", name_of(&watched.folder));
    Some(start(model, out, watched, request, JobKind::LookWatch, title))
}

/// The look has ended. One of an untrained model that nobody has seen at work gave its first thresholds: what they write is looked at then.
pub fn look_ended(model: &mut Model, out: &mut Effects, job: &Job) {
    let Some(mut look) = model.tagging.watch.look.take() else {
        return;
    };
    if look.job == Some(job.id) {
        look.job = None;
        match &job.state {
            JobState::Done if look.find_thresholds() => {
                look.outcome = Default::default();
                look.job = look_job(model, out, &look);
            }
            JobState::Done => look.whole = true,
            JobState::Failed(failure) | JobState::Crashed(failure) => look.failure = Some(failure.clone()),
            _ => {}
        }
    }
    model.tagging.watch.look = Some(look);
}

/// Watches the folder that was looked at, where nothing has changed since.
pub fn begin(model: &mut Model, out: &mut Effects) {
    let tagging = &model.tagging;
    let Some(look) = tagging.watch.look.as_ref().filter(|look| look.whole) else {
        return;
    };
    let folder = expand(Path::new(tagging.watch.folder.trim()));
    if look.asked != tagging.to_watch(&folder, &model.prefs.write) {
        return;
    }
    let watched = look.watched().clone();
    // What is watched already is watched no longer.
    pause(model, out);
    model.prefs.watch = Some(watched);
    model.prefs.watch_log = Log::default();
    model.tagging.watch = Default::default();
    go_on(model, out);
}

/// Stops watching for now.
pub fn pause(model: &mut Model, out: &mut Effects) {
    if let Some(id) = model.tagging.watch.job {
        jobs::stop(model, out, id);
    }
}

/// Watches no longer. The folder stays in its field.
pub fn end(model: &mut Model, out: &mut Effects) {
    pause(model, out);
    if let Some(watched) = model.prefs.watch.take() {
        model.tagging.watch.folder = watched.folder.to_string_lossy().into_owned();
    }
    model.prefs.watch_log = Log::default();
}

/// Goes on watching what was watched. What was done before is not done again: the batch's journal knows.
pub fn go_on(model: &mut Model, out: &mut Effects) {
    let Some(watched) = model.prefs.watch.clone() else {
        return;
    };
    let Some(request) = request(&watched).filter(|_| model.tagging.watch.job.is_none()) else {
        return;
    };
    let title = format!("Watching {}", name_of(&watched.folder));
    let id = start(model, out, &watched, request, JobKind::Watch, title);
    let watch = &mut model.tagging.watch;
    watch.job = Some(id);
    (watch.settled, watch.failure) = (false, None);
}

/// What the engine is asked for; `None` where nothing gives labels.
fn request(watched: &Watched) -> Option<TagRequest> {
    let [thresholds, log_odds] = watched.request();
    Some(TagRequest {
        source: watched.source.request()?,
        paths: vec![watched.folder.clone()],
        write: watched.form.request(Some(&watched.folder)),
        threshold: None,
        thresholds,
        log_odds,
        dry_run: false,
        evidence: false,
        watch: true,
        fresh: false,
    })
}

fn start(
    model: &mut Model,
    out: &mut Effects,
    watched: &Watched,
    request: TagRequest,
    kind: JobKind,
    title: String,
) -> u64 {
    let shared = tag::shared(model, &watched.source);
    let spec = Spec {
        request: Request::Tag(request),
        title,
        kind,
        shared,
    };
    jobs::start(model, out, spec)
}
