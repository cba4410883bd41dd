//! `project info`, `project overview`, and how jobs open a project.

use crate::engine::event::{LabelCounts, RunSummary, warnings};
use crate::engine::{Context, Event, Failure, Stage};
use crate::project::{self, Project, ProjectError, RunState};
use std::path::Path;

/// Opens a project for writing and marks runs that a kill left `running`: whoever ran them held the lock we have now.
///
/// # Errors
/// [`Failure`] as [`Project::open`].
pub(crate) fn open_for_work(path: &Path, context: &Context<'_>) -> Result<Project, Failure> {
    let mut project = match context.shared() {
        Some(held) if same_folder(held, path) => Project::open_shared(path)?,
        _ => Project::open(path)?,
    };
    stop_interrupted(&mut project)?;
    Ok(project)
}

/// Opens a project for a job that changes nothing in it: also beside a window that works on it, and on a disk that cannot be written.
///
/// # Errors
/// [`Failure`] as [`Project::open`], where the project cannot even be read.
pub(crate) fn open_to_read(path: &Path, context: &Context<'_>) -> Result<Project, Failure> {
    open_for_work(path, context).or_else(|error| Project::open_read_only(path).map_err(|_| error))
}

/// Marks runs as stopped that a program which is gone left as running.
///
/// # Errors
/// Where the database cannot be written.
pub(crate) fn stop_interrupted(project: &mut Project) -> Result<(), ProjectError> {
    let runs = project.runs()?;
    for run in runs.iter().filter(|r| r.state == RunState::Running) {
        let why = "interrupted: the program ended while it ran";
        project.set_run_state(&run.id, RunState::Stopped, Some(why))?;
    }
    Ok(())
}

fn same_folder(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Tells what a project holds, also while another program works on it.
pub(crate) fn info(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = open_to_read(path, context)?;
    project
        .notices()
        .iter()
        .for_each(|notice| context.warn(warnings::PROJECT, notice.clone()));
    let summary = project.summary()?;
    let labels = summary.labels.into_iter().map(|l| LabelCounts {
        label: l.label,
        train: l.train,
        val: l.val,
        test: l.test,
    });
    let run_of = |r: project::RunSummary| -> Result<RunSummary, Failure> {
        Ok(RunSummary {
            run: r.run,
            stage: Stage::try_from(r.stage)?,
            state: r.state.name().to_owned(),
        })
    };
    let runs = summary.runs.into_iter().map(run_of).collect::<Result<_, _>>()?;
    context.emit(Event::Project {
        images: summary.images,
        splits: summary.splits,
        labels: labels.collect(),
        runs,
        model: project.setting("model")?,
    });
    Ok(())
}

/// Pairs of labels that an overview lists.
const PAIRS: usize = 50;

/// Labels whose co-occurrence an overview counts.
const TOGETHER: usize = 40;

/// Tells frequencies, co-occurrence and sizes, also while another program works on the project.
pub(crate) fn overview(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = Project::open_read_only(path)?;
    let overview = project.overview(PAIRS, TOGETHER)?;
    let names = project.labels()?.into_iter().map(|l| (l.id, l.name)).collect();
    context.emit(Event::Overview { overview, names });
    Ok(())
}
