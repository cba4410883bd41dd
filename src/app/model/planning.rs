//! What a training would do and how long it would take: asked of the engine a moment after the form or the project has changed, while
//! the page of training is shown.

use crate::compute::DeviceChoice;
use crate::engine::Failure;
use crate::engine::event::{Proposed, TrainingPlan};
use crate::engine::request::TrainRequest;
use std::time::Duration;

/// Time without a change after which the engine is asked.
const QUIET: Duration = Duration::from_millis(700);

/// What a plan depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// Of the catalog.
    pub version: u64,
    pub model: Option<String>,
    pub device: DeviceChoice,
    pub request: TrainRequest,
}

/// The plan of the training that the form describes.
#[derive(Debug, Default)]
pub struct Planning {
    plan: Option<(Stamp, Result<TrainingPlan, Failure>)>,
    asked: Option<(Stamp, u64)>,
    changed: Option<(Stamp, Duration)>,
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

    /// Where the plan for this training stands. `auto`: plans are asked for without being told to; `busy`: something else is at work.
    pub fn standing(&self, stamp: &Stamp, auto: bool, busy: bool) -> Planned<'_> {
        let asked = self.asked.as_ref().is_some_and(|(s, _)| s == stamp);
        match &self.plan {
            _ if asked => Planned::Asked,
            Some((s, Ok(plan))) if s == stamp => Planned::Known(plan),
            Some((s, Err(failure))) if s == stamp => Planned::Failed(failure),
            _ if auto && busy => Planned::Later,
            _ if auto || self.asked.is_some() => Planned::Asked,
            _ => Planned::Unknown,
        }
    }

    /// Whether the engine is to be asked for this plan now: nothing has changed for a moment. Otherwise the time to look again, where
    /// time alone is missing.
    pub fn is_due(&mut self, stamp: Stamp, now: Duration) -> Result<(), Option<Duration>> {
        let known = self.plan.as_ref().is_some_and(|(s, _)| *s == stamp);
        let asked = self.asked.as_ref().is_some_and(|(s, _)| *s == stamp);
        if known || asked {
            return Err(None);
        }
        let since = match &self.changed {
            Some((s, since)) if *s == stamp => *since,
            _ => self.changed.insert((stamp, now)).1,
        };
        match QUIET.checked_sub(now.saturating_sub(since)) {
            Some(left) if !left.is_zero() => Err(Some(left)),
            _ => Ok(()),
        }
    }

    /// A job was asked for this plan.
    pub fn ask(&mut self, stamp: Stamp, job: u64) {
        self.asked = Some((stamp, job));
    }
}
