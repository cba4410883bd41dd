//! `project new`, `project add`, `project preview`: data into projects.

use super::model;
use super::project::open_for_work;
use super::starter_model::NAME;
use crate::dataset::formats::{self, Format, ImportRequest, Preview, PreviewRow};
use crate::dataset::model::{Dataset, ImportReport};
use crate::engine::event::ImportWarning;
use crate::engine::request::{ProjectAdd, ProjectNew};
use crate::engine::{Context, Event, Failure};
use crate::project::{Filter, Project};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

/// Imports data into a new project.
pub(crate) fn new(request: &ProjectNew, context: &mut Context<'_>) -> Result<(), Failure> {
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
    let mut project = Project::begin(&request.project)?;
    let result = (|| {
        let report = read_into(&mut project, &request.import, context)?;
        if let Some(model) = &model {
            project.set_setting("model", &model.to_string_lossy())?;
        }
        project.complete()?;
        Ok(report)
    })();
    match result {
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

/// Imports into a project that exists: the source's data is updated, people's answers stay, nothing is removed.
pub(crate) fn add(request: &ProjectAdd, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut project = open_for_work(&request.project, context)?;
    let (dataset, report) = read(&request.import, context)?;
    let diff = project.plan_import(&dataset, &mut progress_of(context, "comparing"))?;
    context.emit(Event::ImportDiff {
        diff,
        dry_run: request.dry_run,
    });
    if request.dry_run {
        return Ok(());
    }
    project.import_with(&dataset, &report, &mut progress_of(context, "storing pictures"))?;
    context.emit(import_event(report));
    Ok(())
}

/// Looks at data without importing them.
pub(crate) fn preview(import: &ImportRequest, rows: usize, context: &mut Context<'_>) -> Result<(), Failure> {
    let preview = if is_project(import) {
        of_project(&import.data, rows)?
    } else {
        formats::preview(import, rows, &mut progress_of(context, "looking at the data"))?
    };
    context.emit(Event::Preview(preview));
    Ok(())
}

fn read_into(
    project: &mut Project,
    import: &ImportRequest,
    context: &mut Context<'_>,
) -> Result<ImportReport, Failure> {
    let (dataset, report) = read(import, context)?;
    project.import_with(&dataset, &report, &mut progress_of(context, "storing pictures"))?;
    Ok(report)
}

fn read(import: &ImportRequest, context: &mut Context<'_>) -> Result<(Dataset, ImportReport), Failure> {
    if is_project(import) {
        let source = Project::open_read_only(&import.data)?;
        let dataset = source.dataset(&Filter::default())?;
        let mut splits = BTreeMap::new();
        for split in dataset.pictures.iter().filter_map(|p| p.split) {
            *splits.entry(split.name().to_owned()).or_default() += 1;
        }
        let report = ImportReport {
            images: dataset.pictures.len(),
            labels: dataset.labels.len(),
            annotations: dataset.pictures.iter().map(|p| p.positives.len()).sum(),
            splits,
            ..ImportReport::default()
        };
        return Ok((dataset, report));
    }
    Ok(formats::import(import, &mut progress_of(context, "reading pictures"))?)
}

/// Whether the data are a project of this program.
fn is_project(import: &ImportRequest) -> bool {
    let told = import.format == Format::Project;
    told || (import.format == Format::Auto && import.data.join("project.db").is_file())
}

fn of_project(path: &Path, rows: usize) -> Result<Preview, Failure> {
    let dataset = Project::open_read_only(path)?.dataset(&Filter::default())?;
    let mut preview = Preview {
        format: Format::Project,
        images: dataset.pictures.len(),
        labels: dataset.labels.iter().map(|name| (name.clone(), 0)).collect(),
        ..Preview::default()
    };
    let step = dataset.pictures.len().div_ceil(rows.max(1)).max(1);
    for (i, picture) in dataset.pictures.iter().enumerate() {
        preview.annotations += picture.positives.len();
        preview.boxes += picture.boxes.len();
        preview.without_labels += usize::from(picture.positives.is_empty());
        picture.positives.iter().for_each(|l| preview.labels[*l].1 += 1);
        if let Some(split) = picture.split {
            *preview.splits.entry(split.name().to_owned()).or_default() += 1;
        }
        if i % step == 0 && rows > 0 {
            preview.rows.push(PreviewRow {
                name: picture.name.clone(),
                path: picture.path.clone(),
                labels: picture.positives.iter().map(|l| dataset.labels[*l].clone()).collect(),
                split: picture.split.map(|s| s.name().to_owned()),
                boxes: picture.boxes.len(),
            });
        }
    }
    Ok(preview)
}

/// Passes an importer's progress on as events of a job, which can be cancelled.
pub(crate) fn progress_of<'c, 'a>(
    context: &'c mut Context<'a>,
    phase: &'static str,
) -> impl FnMut(usize, usize) -> ControlFlow<()> + use<'c, 'a> {
    move |done, total| {
        context.progress(phase, done, total);
        if context.cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
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
    more.insert("left_out".to_owned(), serde_json::json!(report.left_out));
    more.insert("needs_look".to_owned(), serde_json::json!(report.needs_look));
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
