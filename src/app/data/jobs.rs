//! The jobs behind the pages of the data.

use super::form::{ImportForm, ROWS};
use crate::app::execute::may_write;
use crate::app::jobs::{Purpose, Spec};
use crate::app::state::State;
use crate::dataset::formats::ExportRequest;
use crate::engine::Request;
use crate::engine::request::{ExportLabels, ExportXmp, ProjectAdd, ProjectNew, Relink, Scheme, SplitRequest};
use std::path::PathBuf;

/// What a job of these pages does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Looks at data that may be imported.
    Look,
    /// Compares data with the open project.
    Compare,
    /// Merges data into the open project.
    Merge,
    /// Reads the content of pictures.
    Check,
    /// Looks for moved pictures.
    Find,
    /// Takes over what was found.
    Relink,
    /// Saves the report of the imports.
    Report,
    /// Writes labels in another format.
    Export,
    /// Writes sidecars.
    Sidecars,
}

/// Starts a job. A check of the content gives way to whatever a person asks for, and goes on afterwards.
fn start(state: &mut State, task: Task, title: String, request: Request) -> u64 {
    let checking = |p: &Purpose| *p == Purpose::Data(Task::Check);
    if task != Task::Check && state.jobs.has(checking) {
        stop(state, Task::Check);
        state.data.check_again = true;
    }
    // A look at other data needs nothing of the project.
    let shared = match task {
        Task::Look => None,
        _ => state.open().map(|open| open.catalog.folder.clone()),
    };
    state.jobs.start(Spec {
        request,
        title,
        purpose: Purpose::Data(task),
        shared,
    })
}

/// Stops what is at work for a task.
pub fn stop(state: &mut State, task: Task) {
    if task == Task::Check {
        state.data.check_again = false;
    }
    let of_it = |j: &&crate::app::jobs::Job| !j.state.ended() && j.spec.purpose == Purpose::Data(task);
    let ids: Vec<u64> = state.jobs.list.iter().filter(of_it).map(|j| j.id).collect();
    ids.into_iter().for_each(|id| state.jobs.stop(id));
}

fn folder(state: &State) -> Option<PathBuf> {
    state.open().map(|open| open.catalog.folder.clone())
}

/// Looks at the data of the form.
pub fn look(state: &mut State) {
    let Some(form) = state.data.import.clone() else { return };
    form.looking
        .into_iter()
        .chain(form.comparing)
        .for_each(|id| state.jobs.stop(id));
    let request = Request::ProjectPreview {
        import: form.request(),
        rows: ROWS,
    };
    let id = start(state, Task::Look, format!("Looking at {}", form.name()), request);
    state.data.import = Some(ImportForm {
        changed: None,
        looking: Some(id),
        comparing: None,
        difference: None,
        failure: None,
        ..form
    });
}

/// Compares the data of the form with the open project.
pub fn compare(state: &mut State) {
    let (Some(form), Some(project)) = (state.data.import.clone(), folder(state)) else {
        return;
    };
    form.comparing.into_iter().for_each(|id| state.jobs.stop(id));
    let request = Request::ProjectAdd(ProjectAdd {
        project,
        import: form.request(),
        dry_run: true,
    });
    let id = start(state, Task::Compare, format!("Comparing {}", form.name()), request);
    if let Some(form) = &mut state.data.import {
        (form.comparing, form.difference) = (Some(id), None);
    }
}

/// Imports the data of the form.
pub fn import(state: &mut State) {
    let Some(form) = state.data.import.clone() else { return };
    if form.importing.is_some() {
        return;
    }
    let id = if form.into_open {
        let Some(project) = folder(state).filter(|_| may_write(state)) else {
            return;
        };
        let request = Request::ProjectAdd(ProjectAdd {
            project,
            import: form.request(),
            dry_run: false,
        });
        start(state, Task::Merge, format!("Adding {}", form.name()), request)
    } else {
        let project = PathBuf::from(form.project.trim());
        let request = Request::ProjectNew(ProjectNew {
            project: project.clone(),
            import: form.request(),
            model: state.prefs.model.clone(),
        });
        state.jobs.start(Spec {
            request,
            title: format!("Importing {}", form.name()),
            purpose: Purpose::Import { project },
            shared: None,
        })
    };
    if let Some(form) = &mut state.data.import {
        (form.importing, form.failure) = (Some(id), None);
    }
}

/// Reads the pictures that were not checked yet.
pub fn check(state: &mut State) {
    let checking = |p: &Purpose| *p == Purpose::Data(Task::Check);
    if state.jobs.has(checking) || !may_write(state) {
        return;
    }
    if let Some(project) = folder(state) {
        let title = "Checking the pictures".to_owned();
        start(state, Task::Check, title, Request::ProjectCheck { project });
    }
}

/// Makes splits.
pub fn split(state: &mut State, scheme: Scheme, seed: u64) {
    let busy = state.jobs.has(|p| matches!(p, Purpose::Split));
    let Some(project) = folder(state).filter(|_| !busy && may_write(state)) else {
        return;
    };
    state.jobs.start(Spec {
        request: Request::Split(SplitRequest {
            project: project.clone(),
            scheme,
            seed,
        }),
        title: "Making splits".to_owned(),
        purpose: Purpose::Split,
        shared: Some(project),
    });
}

/// Saves the report of the imports.
pub fn save_report(state: &mut State) {
    let out = PathBuf::from(state.data.found.out.trim());
    if let Some(project) = folder(state) {
        let request = Request::ProjectReport { project, out };
        start(state, Task::Report, "Saving the report".to_owned(), request);
    }
}

/// Looks for moved pictures, or takes over what was found.
pub fn relink(state: &mut State, take: bool) {
    let to = PathBuf::from(state.data.relink.to.trim());
    let Some(project) = folder(state).filter(|_| may_write(state)) else {
        return;
    };
    let request = Request::Relink(Relink {
        project,
        from: None,
        to,
        dry_run: !take,
    });
    let (task, title) = if take {
        (Task::Relink, "Taking over moved pictures")
    } else {
        (Task::Find, "Looking for moved pictures")
    };
    state.data.relink.failure = None;
    if !take {
        state.data.relink.plan = None;
    }
    start(state, task, title.to_owned(), request);
}

/// Exports as the form says.
pub fn export(state: &mut State) {
    let Some(project) = folder(state) else { return };
    let form = &mut state.data.export;
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
            start(state, Task::Export, title, request);
        }
        None => {
            let request = Request::ExportXmp(ExportXmp {
                project,
                splits,
                stem: form.stem,
                dry_run: false,
            });
            start(state, Task::Sidecars, "Writing sidecars".to_owned(), request);
        }
    }
}
