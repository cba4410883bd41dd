//! `project new`, `project info`, `split`.

use super::model;
use super::starter_model::NAME;
use crate::dataset::formats::{self, ImportRequest};
use crate::dataset::model::{Dataset, ImportReport, Split};
use crate::dataset::split::{self, Pareto};
use crate::engine::event::{ImportWarning, LabelCounts, RunSummary};
use crate::engine::request::{ProjectNew, Scheme, SplitRequest};
use crate::engine::{Context, Event, Failure};
use crate::project::{PictureRow, Project, ProjectError, RunState};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Imports data into a new project.
pub fn new(request: &ProjectNew, context: &mut Context<'_>) -> Result<(), Failure> {
    let model = match &request.model {
        Some(wanted) => {
            model::open(wanted)?;
            // The starter model is meant by its name: its unpacked copy may go away.
            Some(if wanted == NAME {
                NAME.into()
            } else {
                model::locate(wanted)?
            })
        }
        None => None,
    };
    // A taken or unwritable place is found before a long import.
    let existed = request.project.exists();
    let mut project = Project::create(&request.project)?;
    match read_into(&mut project, &request.import, model.as_deref(), context) {
        Ok(report) => {
            context.emit(import_event(report));
            Ok(())
        }
        Err(failure) => {
            // Half a project would be mistaken for a whole one.
            drop(project);
            if !existed && let Err(error) = std::fs::remove_dir_all(&request.project) {
                tracing::warn!(%error, "the unfinished project could not be removed");
            }
            Err(failure)
        }
    }
}

fn read_into(
    project: &mut Project,
    import: &ImportRequest,
    model: Option<&Path>,
    context: &mut Context<'_>,
) -> Result<ImportReport, Failure> {
    let mut progress = |done: usize, total: usize| {
        context.progress("reading pictures", done, total);
        if context.cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let (dataset, report): (Dataset, ImportReport) = formats::import(import, &mut progress)?;
    project.import(&dataset, &report)?;
    if let Some(model) = model {
        project.set_setting("model", &model.to_string_lossy())?;
    }
    Ok(report)
}

fn import_event(report: ImportReport) -> Event {
    let warnings = report.warnings.into_iter().map(|w| ImportWarning {
        code: w.code,
        message: w.message,
        file: w.file,
        line: w.line,
    });
    let mut more = serde_json::Map::new();
    more.insert("duplicates".to_owned(), serde_json::json!(report.duplicates));
    more.insert("quarantined".to_owned(), serde_json::json!(report.quarantined));
    Event::Import {
        images: report.images,
        labels: report.labels,
        annotations: report.annotations,
        splits: report.splits,
        unmatched: report.unmatched,
        warnings: warnings.collect(),
        more,
    }
}

/// Opens a project for writing and marks runs that a kill left `running`: whoever ran them held the lock we have now.
///
/// # Errors
/// [`Failure`] as [`Project::open`].
pub fn open_for_work(path: &Path, context: &Context<'_>) -> Result<Project, Failure> {
    let mut project = match context.shared() {
        Some(held) if same_folder(held, path) => Project::open_shared(path)?,
        _ => Project::open(path)?,
    };
    stop_interrupted(&mut project)?;
    Ok(project)
}

/// Marks runs as stopped that a program which is gone left as running.
///
/// # Errors
/// Where the database cannot be written.
pub fn stop_interrupted(project: &mut Project) -> Result<(), ProjectError> {
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
pub fn info(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = match open_for_work(path, context) {
        Ok(project) => project,
        Err(_) => Project::open_read_only(path)?,
    };
    project
        .notices()
        .iter()
        .for_each(|notice| context.warn("project", notice.clone()));
    let summary = project.summary()?;
    let labels = summary.labels.into_iter().map(|l| LabelCounts {
        label: l.label,
        train: l.train,
        val: l.val,
        test: l.test,
    });
    let runs = summary.runs.into_iter().map(|r| RunSummary {
        run: r.run,
        stage: r.stage,
        state: r.state.name().to_owned(),
    });
    context.emit(Event::Project {
        images: summary.images,
        splits: summary.splits,
        labels: labels.collect(),
        runs: runs.collect(),
        model: project.setting("model")?,
    });
    Ok(())
}

/// Makes splits and stores them.
pub fn split(request: &SplitRequest, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    let pictures = project.pictures(None)?;
    let ids: Vec<i64> = pictures.iter().map(|p| p.id).collect();
    let truth = project.truth(&ids)?;
    let (positives, labels) = (truth.positives(), truth.cols);
    let mut unmatched = Vec::new();
    let splits: Vec<Option<Split>> = match &request.scheme {
        Scheme::Random { fractions } => split::random(&positives, labels, *fractions, request.seed)?,
        Scheme::Pareto { max, min, exponent } => {
            let curve = Pareto {
                max: *max,
                min: *min,
                exponent: *exponent,
            };
            sampled(&pictures, |pool| {
                split::pareto(&positives, labels, pool, &curve, request.seed)
            })
        }
        Scheme::FewShot { shots } => sampled(&pictures, |pool| {
            split::few_shot(&positives, labels, pool, *shots, request.seed)
        }),
        Scheme::List { train, val, test } => {
            let lists: Vec<(Split, PathBuf)> = [(Split::Train, train), (Split::Val, val), (Split::Test, test)]
                .into_iter()
                .filter_map(|(split, path)| Some((split, path.clone()?)))
                .collect();
            let named: Vec<(PathBuf, String)> = pictures.iter().map(|p| (p.path.clone(), p.name.clone())).collect();
            let assigned = split::assign_lists(&named, &lists)?;
            assigned
                .warnings
                .into_iter()
                .for_each(|w| context.warn(&w.code, w.message));
            unmatched = assigned.unmatched;
            assigned.splits
        }
    };
    let pairs: Vec<(i64, Option<Split>)> = ids.into_iter().zip(splits).collect();
    project.set_splits(&pairs)?;
    let mut splits = project.summary()?.splits;
    for split in Split::ALL {
        splits.entry(split.name().to_owned()).or_default();
    }
    context.emit(Event::Split { splits, unmatched });
    Ok(())
}

/// Draws training pictures from those that the source meant for training (all, where it has no splits). Its val and test
/// stay; without any, what was not drawn becomes test.
fn sampled(pictures: &[PictureRow], draw: impl FnOnce(&[usize]) -> Vec<usize>) -> Vec<Option<Split>> {
    let has_train = pictures.iter().any(|p| p.source_split == Some(Split::Train));
    let is_pool = |p: &PictureRow| {
        if has_train {
            p.source_split == Some(Split::Train)
        } else {
            p.source_split.is_none()
        }
    };
    let pool: Vec<usize> = (0..pictures.len()).filter(|i| is_pool(&pictures[*i])).collect();
    let has_held_out = pictures
        .iter()
        .any(|p| matches!(p.source_split, Some(Split::Val | Split::Test)));
    let rest = if has_held_out { None } else { Some(Split::Test) };
    let mut splits: Vec<Option<Split>> = pictures
        .iter()
        .map(|p| if is_pool(p) { rest } else { p.source_split })
        .collect();
    for index in draw(&pool) {
        splits[index] = Some(Split::Train);
    }
    splits
}
