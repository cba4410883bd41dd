//! The jobs themselves, one file each.

mod bench;
mod bench_units;
mod check_pictures;
mod compare;
mod data;
mod demo;
mod doctor;
mod edit_labels;
mod encode;
mod environment;
mod evaluate;
mod evaluation_report;
mod evidence_snapshots;
mod export;
mod export_model;
mod few_shot;
mod fit;
mod import;
mod import_report;
mod inspect;
mod measure;
mod memory;
mod model;
mod models;
mod plan;
mod predict;
mod project;
mod propose;
mod relink;
mod report;
mod run_folder;
mod run_view;
mod score;
mod split;
mod starter;
mod starter_model;
mod tag;
mod taggers;
mod text;
mod thresholds;
mod train;
mod training_diagnostics;

pub use crate::tagging::xmp::carried as carried_keywords;
pub use demo::settings as demo_settings;
pub use evidence_snapshots::{WatchedEpoch, WatchedPicture, read_watched};
pub use run_folder::history;
pub use run_view::ZERO_SHOT;
pub use starter_model::NAME as STARTER;

use super::event::warnings;
use super::{Context, Failure, Request};
use crate::compute::{Compute, DeviceChoice};

/// Opens a project for a window: runs that a dead program left as running are marked as stopped.
///
/// # Errors
/// As [`crate::project::Project::open`].
pub fn open_for_work(path: &std::path::Path) -> Result<crate::project::Project, crate::project::ProjectError> {
    let mut project = crate::project::Project::open(path)?;
    project::stop_interrupted(&mut project)?;
    Ok(project)
}

/// Runs a job in this process.
///
/// # Errors
/// [`Failure`], to be shown as it is.
pub fn run(request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    let open = |context: &mut Context<'_>| -> Result<Compute, Failure> {
        let compute = Compute::open(device)?;
        if let Some(notice) = &compute.notice {
            context.warn(warnings::NO_GPU, notice.clone());
        }
        Ok(compute)
    };
    match request {
        Request::Score(request) => {
            let compute = open(context)?;
            score::run(request, &compute, context)
        }
        Request::ProjectNew(request) => import::new(request, context),
        Request::ProjectPreview { import, rows } => import::preview(import, *rows, context),
        Request::ProjectAdd(request) => import::add(request, context),
        Request::ProjectCheck { project } => check_pictures::run(project, context),
        Request::Relink(request) => relink::run(request, context),
        Request::ProjectReport { project, out } => import_report::run(project, out, context),
        Request::Overview { project } => project::overview(project, context),
        Request::Export(request) => export::run(request, context),
        Request::ExportXmp(request) => export::xmp(request, context),
        Request::EditLabel(request) => edit_labels::run(request, context),
        Request::ProjectInfo { project } => project::info(project, context),
        Request::Split(request) => split::run(request, context),
        Request::Train(request) => {
            let compute = open(context)?;
            train::run(request, &compute, context)
        }
        Request::Plan(request) => {
            let compute = open(context)?;
            plan::run(request, &compute, context)
        }
        Request::Evaluate(request) => {
            let compute = open(context)?;
            evaluate::run(request, &compute, context)
        }
        Request::Thresholds(request) => {
            let compute = open(context)?;
            thresholds::run(request, &compute, context)
        }
        Request::Compare(request) => {
            let compute = open(context)?;
            compare::run(request, &compute, context)
        }
        Request::Predict(request) => {
            let compute = open(context)?;
            predict::run(request, &compute, context)
        }
        Request::DemoData(request) => demo::data(request, context),
        Request::Demo(request) => {
            let compute = open(context)?;
            demo::run(request, &compute, context)
        }
        Request::Tag(request) => {
            let compute = open(context)?;
            tag::run(request, &compute, context)
        }
        Request::WriteTags(request) => tag::write(request, context),
        Request::RemoveTags(request) => tag::remove(request, context),
        Request::ModelList(place) => models::list(place, context),
        Request::ModelFetch(request) => models::fetch(request, context),
        Request::ModelAdd { path, name, place } => models::add(path, name, place, context),
        Request::ModelRemove { name, place } => models::remove(name, place, context),
        Request::BenchImport(request) => bench::import_at_scale(request, context),
        Request::BenchTag(request) => {
            let compute = open(context)?;
            bench::tagging(request, &compute, context)
        }
        Request::BenchUnits(request) => {
            let compute = open(context)?;
            bench_units::run(request, &compute, context)
        }
        Request::BenchFewShot(request) => {
            let compute = open(context)?;
            few_shot::run(request, &compute, context)
        }
        Request::ExportModel(request) => {
            let compute = open(context)?;
            export_model::run(request, &compute, context)
        }
        Request::InspectModel { path } => inspect::run(path, context),
        Request::Doctor => doctor::run(device, context),
        Request::Starter(request) => {
            let compute = open(context)?;
            starter::run(request, &compute, context)
        }
    }
}
