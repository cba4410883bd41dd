//! `project relink`: finds pictures that were moved.

use super::import::progress_of;
use super::project::open_for_work;
use crate::engine::request::Relink;
use crate::engine::{Context, Event, Failure};

pub(crate) fn run(request: &Relink, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    let plan = {
        let mut progress = progress_of(context, "looking for pictures");
        project.plan_relink(request.from.as_deref(), &request.to, &mut progress)?
    };
    let linked = if request.dry_run { 0 } else { project.relink(&plan)? };
    context.emit(Event::Relink {
        linked,
        plan,
        dry_run: request.dry_run,
    });
    Ok(())
}
