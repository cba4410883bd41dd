//! The jobs themselves, one file each.

mod data;
mod demo;
mod doctor;
mod encode;
mod evaluate;
mod inspect;
mod model;
mod project;
mod report;
mod run_folder;
mod run_view;
mod score;
mod starter;
mod starter_model;
mod train;
mod train_one;
mod train_two;

use super::{Context, Failure, Request};
use crate::compute::{Compute, DeviceChoice};

/// Runs a job in this process.
///
/// # Errors
/// [`Failure`], to be shown as it is.
pub fn run(request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    let open = |context: &mut Context<'_>| -> Result<Compute, Failure> {
        let compute = Compute::open(device)?;
        if let Some(notice) = &compute.notice {
            context.warn("no-gpu", notice.clone());
        }
        Ok(compute)
    };
    match request {
        Request::Score(request) => {
            let compute = open(context)?;
            score::run(request, &compute, context)
        }
        Request::ProjectNew(request) => project::new(request, context),
        Request::ProjectInfo { project } => project::info(project, context),
        Request::Split(request) => project::split(request, context),
        Request::Train(request) => {
            let compute = open(context)?;
            train::run(request, &compute, context)
        }
        Request::Evaluate(request) => {
            let compute = open(context)?;
            evaluate::run(request, &compute, context)
        }
        Request::Demo(request) => {
            let compute = open(context)?;
            demo::run(request, &compute, context)
        }
        Request::InspectModel { path } => inspect::run(path, context),
        Request::Doctor => doctor::run(device, context),
        Request::Starter(request) => {
            let compute = open(context)?;
            starter::run(request, &compute, context)
        }
    }
}
