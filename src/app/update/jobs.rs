//! Starting and stopping jobs.

use super::effect::{Effect, Effects};
use crate::app::model::job::{Job, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::state::{Device, Model};
use crate::app::model::tag::source::Source;
use crate::engine::Request;
use std::path::PathBuf;

/// Queues a job; returns its number.
pub fn start(model: &mut Model, out: &mut Effects, spec: Spec) -> u64 {
    let id = model.jobs.add(spec.clone());
    out.push(Effect::StartJob {
        id,
        spec: Box::new(spec),
        device: model.jobs.device,
    });
    id
}

/// Asks a job to stop.
pub fn stop(model: &mut Model, out: &mut Effects, id: u64) {
    if let Some(job) = model.jobs.get_mut(id).filter(|j| !j.state.ended()) {
        job.stopping = true;
        out.push(Effect::StopJob(id));
    }
}

/// Asks the jobs to stop that something holds for.
pub fn stop_those(model: &mut Model, out: &mut Effects, which: impl Fn(&Job) -> bool) {
    for id in model.jobs.unfinished(which) {
        stop(model, out, id);
    }
}

/// Finds out which device there is.
pub fn find_device(model: &mut Model, out: &mut Effects) {
    model.device = Device::default();
    let spec = Spec {
        request: Request::Doctor,
        title: "Looking at the device".to_owned(),
        kind: JobKind::Device,
        shared: None,
    };
    start(model, out, spec);
}

/// The project that a job may share with the window.
pub fn shared(model: &Model, source: &Source) -> Option<PathBuf> {
    let folder = source.project()?;
    let open = model.open().map(|open| open.catalog.folder.as_path());
    (open == Some(folder)).then(|| folder.to_owned())
}
