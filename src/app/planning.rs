//! What a training would do and how long it would take: asked of the engine a moment after the form or the project has changed, while
//! the page of training is shown.

use super::command::Setup;
use super::jobs::{Purpose, Spec};
use super::state::State;
use crate::compute::DeviceChoice;
use crate::engine::Failure;
use crate::engine::event::{Proposed, TrainingPlan};
use crate::engine::request::Request;
use std::time::{Duration, Instant};

/// Time without a change after which the engine is asked.
const QUIET: Duration = Duration::from_millis(700);

/// What a plan depends on.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    /// Of the catalog.
    version: u64,
    model: Option<String>,
    device: DeviceChoice,
    setup: Setup,
}

/// The plan of the training that the form describes.
#[derive(Debug, Default)]
pub struct Planning {
    auto: bool,
    plan: Option<(Stamp, Result<TrainingPlan, Failure>)>,
    asked: Option<(Stamp, u64)>,
    changed: Option<(Stamp, Instant)>,
}

/// Where the plan for what the form says stands.
pub enum Planned<'a> {
    /// Nobody asked.
    Unknown,
    /// Something else is at work: it comes after that.
    Later,
    /// It is being found out.
    Asked,
    /// It is known.
    Known(&'a TrainingPlan),
    /// There is none, and why.
    Failed(&'a Failure),
}

impl Planning {
    /// Nothing is known yet; `auto`: the engine is asked without being told to.
    pub fn new(auto: bool) -> Self {
        Self {
            auto,
            ..Self::default()
        }
    }

    /// The engine's answer to a job.
    pub fn planned(&mut self, job: u64, plan: Result<TrainingPlan, Failure>) {
        if let Some((stamp, _)) = self.asked.take_if(|(_, id)| *id == job) {
            self.plan = Some((stamp, plan));
        }
    }

    /// A job for a plan has ended without one.
    pub fn ended(&mut self, job: u64, failure: Option<Failure>) {
        match failure {
            Some(failure) => self.planned(job, Err(failure)),
            None => drop(self.asked.take_if(|(_, id)| *id == job)),
        }
    }

    /// The job that finds out, while it does.
    pub fn job(&self) -> Option<u64> {
        self.asked.as_ref().map(|(_, id)| *id)
    }

    /// The newest plan, whatever the form says now.
    pub fn plan(&self) -> Option<&TrainingPlan> {
        self.plan.as_ref().and_then(|(_, plan)| plan.as_ref().ok())
    }

    /// The newest plan, to be changed: a test shows times that no machine measured.
    pub fn plan_mut(&mut self) -> Option<&mut TrainingPlan> {
        self.plan.as_mut().and_then(|(_, plan)| plan.as_mut().ok())
    }

    /// What the program proposes, as far as it is known: it does not depend on the form.
    pub fn proposed(&self) -> &[Proposed] {
        self.plan().map_or(&[], |plan| &plan.proposed)
    }

    /// Forgets everything: another project.
    pub fn clear(&mut self) {
        *self = Self::new(self.auto);
    }
}

fn stamp(state: &State, setup: &Setup) -> Option<Stamp> {
    let open = state.open()?;
    Some(Stamp {
        version: open.version,
        model: open.catalog.model.clone(),
        device: state.jobs.device,
        setup: setup.clone(),
    })
}

/// The plan for a setup, asked for where that is due.
pub fn look<'a>(state: &'a mut State, setup: &Setup) -> Planned<'a> {
    let Some(stamp) = stamp(state, setup) else {
        return Planned::Unknown;
    };
    let planning = &mut state.planning;
    let known = planning.plan.as_ref().is_some_and(|(s, _)| *s == stamp);
    let asked = planning.asked.as_ref().is_some_and(|(s, _)| *s == stamp);
    if !known && !asked && planning.auto {
        let since = match &planning.changed {
            Some((s, since)) if *s == stamp => *since,
            _ => planning.changed.insert((stamp, Instant::now())).1,
        };
        if since.elapsed() >= QUIET && !state.jobs.busy() {
            ask(state, setup);
        }
    }
    let busy = state.jobs.busy();
    let planning = &state.planning;
    match &planning.plan {
        _ if asked => Planned::Asked,
        Some((_, Ok(plan))) if known => Planned::Known(plan),
        Some((_, Err(failure))) if known => Planned::Failed(failure),
        _ if planning.auto && busy => Planned::Later,
        _ if planning.auto || planning.asked.is_some() => Planned::Asked,
        _ => Planned::Unknown,
    }
}

/// Asks the engine; what was asked before no longer matters.
pub fn ask(state: &mut State, setup: &Setup) {
    let Some(stamp) = stamp(state, setup) else { return };
    if let Some(id) = state.planning.job() {
        state.jobs.stop(id);
    }
    let Some(open) = state.open() else { return };
    let folder = open.catalog.folder.clone();
    let id = state.jobs.start(Spec {
        request: Request::Plan(setup.request(&folder)),
        title: "Trying a few steps".to_owned(),
        purpose: Purpose::Plan,
        shared: Some(folder),
    });
    state.planning.asked = Some((stamp, id));
}
