//! The jobs behind the pages of the data.

use super::effect::Effects;
use super::jobs;
use super::project::{folder, may_write};
use crate::app::model::data_forms::{ImportForm, ROWS};
use crate::app::model::job::Spec;
use crate::app::model::job_kind::{DataTask, JobKind};
use crate::app::model::state::Model;
use crate::dataset::formats::ExportRequest;
use crate::engine::Request;
use crate::engine::request::{ExportLabels, ExportXmp, ProjectAdd, ProjectNew, Relink, Scheme, SplitRequest};
use std::path::PathBuf;

/// Starts a job. A check of the content gives way to whatever a person asks for, and goes on afterwards.
fn start(model: &mut Model, out: &mut Effects, task: DataTask, title: String, request: Request) -> u64 {
    let checking = |p: &JobKind| *p == JobKind::Data(DataTask::Check);
    if task != DataTask::Check && model.jobs.has(checking) {
        stop(model, out, DataTask::Check);
        model.data.check_again = true;
    }
    // A look at other data needs nothing of the project.
    let shared = match task {
        DataTask::Look => None,
        _ => model.open().map(|open| open.catalog.folder.clone()),
    };
    jobs::start(
        model,
        out,
        Spec {
            request,
            title,
            kind: JobKind::Data(task),
            shared,
        },
    )
}

/// Stops what is at work for a task.
pub fn stop(model: &mut Model, out: &mut Effects, task: DataTask) {
    if task == DataTask::Check {
        model.data.check_again = false;
    }
    jobs::stop_those(model, out, |job| job.spec.kind == JobKind::Data(task));
}

/// Looks at the data of the form.
pub fn look(model: &mut Model, out: &mut Effects) {
    let Some(form) = model.data.import.clone() else { return };
    for id in form.looking.into_iter().chain(form.comparing) {
        jobs::stop(model, out, id);
    }
    let request = Request::ProjectPreview {
        import: form.request(),
        rows: ROWS,
    };
    let id = start(
        model,
        out,
        DataTask::Look,
        format!("Looking at {}", form.name()),
        request,
    );
    model.data.import = Some(ImportForm {
        changed: None,
        looking: Some(id),
        comparing: None,
        difference: None,
        failure: None,
        ..form
    });
}

/// Compares the data of the form with the open project.
pub fn compare(model: &mut Model, out: &mut Effects) {
    let (Some(form), Some(project)) = (model.data.import.clone(), folder(model)) else {
        return;
    };
    if let Some(id) = form.comparing {
        jobs::stop(model, out, id);
    }
    let request = Request::ProjectAdd(ProjectAdd {
        project,
        import: form.request(),
        dry_run: true,
    });
    let id = start(
        model,
        out,
        DataTask::Compare,
        format!("Comparing {}", form.name()),
        request,
    );
    if let Some(form) = &mut model.data.import {
        (form.comparing, form.difference) = (Some(id), None);
    }
}

/// Imports the data of the form.
pub fn import(model: &mut Model, out: &mut Effects) {
    let Some(form) = model.data.import.clone() else { return };
    if form.importing.is_some() {
        return;
    }
    let id = if form.into_open {
        let Some(project) = folder(model).filter(|_| may_write(model)) else {
            return;
        };
        let request = Request::ProjectAdd(ProjectAdd {
            project,
            import: form.request(),
            dry_run: false,
        });
        start(model, out, DataTask::Merge, format!("Adding {}", form.name()), request)
    } else {
        let project = PathBuf::from(form.project.trim());
        if project.as_os_str().is_empty() {
            return;
        }
        let request = Request::ProjectNew(ProjectNew {
            project: project.clone(),
            import: form.request(),
            model: model.prefs.model.clone(),
        });
        jobs::start(
            model,
            out,
            Spec {
                request,
                title: format!("Importing {}", form.name()),
                kind: JobKind::Import { project },
                shared: None,
            },
        )
    };
    if let Some(form) = &mut model.data.import {
        (form.importing, form.failure) = (Some(id), None);
    }
}

/// Reads the pictures that were not checked yet.
pub fn check(model: &mut Model, out: &mut Effects) {
    let checking = |p: &JobKind| *p == JobKind::Data(DataTask::Check);
    if model.jobs.has(checking) || !may_write(model) {
        return;
    }
    if let Some(project) = folder(model) {
        let title = "Checking the pictures".to_owned();
        start(model, out, DataTask::Check, title, Request::ProjectCheck { project });
    }
}

/// Makes splits.
pub fn split(model: &mut Model, out: &mut Effects, scheme: Scheme, seed: u64) {
    let busy = model.jobs.has(|p| matches!(p, JobKind::Split));
    let Some(project) = folder(model).filter(|_| !busy && may_write(model)) else {
        return;
    };
    jobs::start(
        model,
        out,
        Spec {
            request: Request::Split(SplitRequest {
                project: project.clone(),
                scheme,
                seed,
            }),
            title: "Making splits".to_owned(),
            kind: JobKind::Split,
            shared: Some(project),
        },
    );
}

/// Saves the report of the imports.
pub fn save_report(model: &mut Model, out: &mut Effects) {
    let place = PathBuf::from(model.data.found.out.trim());
    if let Some(project) = folder(model) {
        let request = Request::ProjectReport { project, out: place };
        start(model, out, DataTask::Report, "Saving the report".to_owned(), request);
    }
}

/// Looks for moved pictures, or takes over what was found.
pub fn relink(model: &mut Model, out: &mut Effects, take: bool) {
    let to = PathBuf::from(model.data.relink.to.trim());
    let Some(project) = folder(model).filter(|_| may_write(model)) else {
        return;
    };
    let request = Request::Relink(Relink {
        project,
        from: None,
        to,
        dry_run: !take,
    });
    let (task, title) = if take {
        (DataTask::Relink, "Taking over moved pictures")
    } else {
        (DataTask::Find, "Looking for moved pictures")
    };
    model.data.relink.failure = None;
    if !take {
        model.data.relink.plan = None;
    }
    start(model, out, task, title.to_owned(), request);
}

/// Exports as the form says.
pub fn export(model: &mut Model, out: &mut Effects) {
    let Some(project) = folder(model) else { return };
    let form = &mut model.data.export;
    (form.done, form.failure) = (None, None);
    form.sidecars.clear();
    let splits = form.splits.iter().copied().collect();
    match form.format {
        Some(format) => {
            let export = ExportRequest {
                pictures: form.pictures,
                table: form.table,
                spreadsheet_safe: form.safe,
                replace: form.replace,
                ..ExportRequest::new(format, &PathBuf::from(form.out.trim()))
            };
            let title = format!("Exporting as {}", format.title());
            let request = Request::Export(ExportLabels {
                project,
                export,
                splits,
            });
            start(model, out, DataTask::Export, title, request);
        }
        None => {
            let request = Request::ExportXmp(ExportXmp {
                project,
                splits,
                stem: form.stem,
                dry_run: false,
            });
            start(model, out, DataTask::Sidecars, "Writing sidecars".to_owned(), request);
        }
    }
}
