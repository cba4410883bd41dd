//! Scoring all pictures with a run.

use super::effect::Effects;
use super::{jobs, project};
use crate::app::model::job::Spec;
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::state::Model;
use crate::app::model::trainings;
use crate::engine::Request;
use crate::engine::jobs::ZERO_SHOT;
use crate::engine::request::PredictRequest;

/// Scores all pictures with a run.
pub fn predict(model: &mut Model, out: &mut Effects, run: &str) {
    if !project::may_write(model) {
        return;
    }
    let Some(open) = model.open() else { return };
    if open.catalog.labels.is_empty() {
        let hint = "Add labels in the panel on the right of the pictures: the model looks for their words.".to_owned();
        let words = "There are no labels to look for yet";
        model.notices.say(Level::Warning, words, Some(hint), None);
        return;
    }
    let folder = open.catalog.folder.clone();
    let kind = JobKind::Predict { run: run.to_owned() };
    stop_planning(model, out);
    if model.jobs.has(|k| *k == kind) {
        return;
    }
    let title = if run == ZERO_SHOT {
        "Looking at all pictures, untrained".to_owned()
    } else {
        let runs = model.open().map_or(&[][..], |open| &open.catalog.runs);
        // The project tells of a run that has just ended a moment later.
        let known = runs.iter().any(|known| known.id == run);
        let name = known.then(|| trainings::run_name(runs, run));
        let name = name.unwrap_or_else(|| "what was just learned".to_owned());
        format!("Looking at all pictures with {name}")
    };
    let spec = Spec {
        request: Request::Predict(PredictRequest {
            project: folder.clone(),
            run: run.to_owned(),
            model: None,
            allow_fallback: false,
        }),
        title,
        kind,
        shared: Some(folder),
    };
    jobs::start(model, out, spec);
}

/// Work that a user waits for comes before a look at what a training would do.
pub fn stop_planning(model: &mut Model, out: &mut Effects) {
    if let Some(id) = model.planning.job() {
        jobs::stop(model, out, id);
    }
}
