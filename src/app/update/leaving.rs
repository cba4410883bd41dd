//! Leaving the program.

use super::effect::{Effect, Effects};
use crate::app::model::job_kind::JobKind;
use crate::app::model::state::Model;
use std::time::Duration;

/// How long closing waits for a checkpoint.
const LEAVE_WITHIN: Duration = Duration::from_secs(25);

/// Time between two looks whether the jobs have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Closing during a job asks; leaving waits for the checkpoint, but not for ever.
pub fn tick(model: &mut Model, out: &mut Effects, closing: bool) {
    if closing && model.jobs.has(JobKind::is_work) && model.desk.leave_when_idle.is_none() {
        out.push(Effect::KeepWindow);
        model.desk.leaving = true;
    }
    if let Some(since) = model.desk.leave_when_idle {
        if !model.jobs.busy() || model.now.saturating_sub(since) > LEAVE_WITHIN {
            out.push(Effect::CloseWindow);
        } else {
            out.push(Effect::Repaint(LOOK_AGAIN));
        }
    }
}
