//! `export`: a project's labels in another format.

use super::import::progress_of;
use super::tag::Outputs;
use crate::dataset::formats::{self, ExportReport, Format};
use crate::dataset::model::{Dataset, ImportReport, Split};
use crate::engine::request::{ExportLabels, ExportXmp, TagWrite};
use crate::engine::{Context, Event, Failure};
use crate::project::{Filter, Project};
use crate::tagging::model::{Tag, TaggedBy, Tags};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

/// Exports. The project is only read, so that a window or a training may go on.
pub(crate) fn run(request: &ExportLabels, context: &mut Context<'_>) -> Result<(), Failure> {
    let source = Project::open_read_only(&request.project)?;
    let dataset = dataset_of(&source, &request.splits)?;
    if dataset.pictures.is_empty() {
        return Err(Failure::new(
            "there is no picture to export",
            "Leave --split out for all pictures, or see `patchlight project info`.",
        ));
    }
    let report = if request.export.format == Format::Project {
        to_project(&dataset, request, &mut progress_of(context, "exporting"))?
    } else {
        formats::export(&dataset, &request.export, &mut progress_of(context, "exporting"))?
    };
    context.emit(Event::Exported {
        path: request.export.out.display().to_string(),
        report,
    });
    Ok(())
}

/// Writes the labels of a project into sidecars: what people and sources say, with certainty.
pub(crate) fn xmp(request: &ExportXmp, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let source = Project::open_read_only(&request.project)?;
    let dataset = dataset_of(&source, &request.splits)?;
    let paths: Vec<PathBuf> = dataset.pictures.iter().map(|p| p.path.clone()).collect();
    let name = source
        .folder()
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let by = TaggedBy {
        name,
        version: String::new(),
    };
    let write = [TagWrite::Xmp { stem: request.stem }];
    let outputs = Outputs::new(&write, by, &dataset.labels, &paths, request.dry_run)?;
    let (mut tagged, mut skipped) = (0, 0);
    for (i, picture) in dataset.pictures.iter().enumerate() {
        context.check_cancelled()?;
        let tags = picture.positives.iter();
        let tags = tags.map(|l| Tag::by_tagger(dataset.labels[*l].clone(), 1.0));
        let tags = Tags {
            image: picture.path.clone(),
            tags: tags.collect(),
        };
        match outputs.picture(&tags) {
            Ok(notes) => {
                tagged += 1;
                for note in notes {
                    context.emit(note.event(request.dry_run));
                }
            }
            Err(error) => {
                skipped += 1;
                context.emit(Event::Skipped {
                    image: picture.name.clone(),
                    reason: error.to_string(),
                });
            }
        }
        context.progress("writing sidecars", i + 1, paths.len());
    }
    context.emit(Event::Tagged {
        images: paths.len(),
        tagged,
        skipped,
        resumed: 0,
        seconds: start.elapsed().as_secs_f64(),
        fallback: Vec::new(),
    });
    Ok(())
}

/// The project's pictures of these splits; all where none is named.
fn dataset_of(source: &Project, splits: &[Split]) -> Result<Dataset, Failure> {
    let mut dataset = source.dataset(&Filter::default())?;
    if !splits.is_empty() {
        dataset
            .pictures
            .retain(|p| p.split.is_some_and(|s| splits.contains(&s)));
    }
    Ok(dataset)
}

/// A new project with the same pictures, labels and splits.
fn to_project(
    dataset: &Dataset,
    request: &ExportLabels,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<ExportReport, Failure> {
    let annotations = dataset.pictures.iter().map(|p| p.positives.len()).sum();
    let report = ImportReport {
        images: dataset.pictures.len(),
        labels: dataset.labels.len(),
        annotations,
        ..ImportReport::default()
    };
    let existed = request.export.out.exists();
    let mut target = Project::begin(&request.export.out)?;
    let filled = target
        .import_with(dataset, &report, progress)
        .and_then(|()| target.complete());
    if let Err(error) = filled {
        drop(target);
        if !existed && let Err(error) = std::fs::remove_dir_all(&request.export.out) {
            tracing::warn!(%error, "the unfinished project could not be removed");
        }
        return Err(error.into());
    }
    Ok(ExportReport {
        images: dataset.pictures.len(),
        labels: dataset.labels.len(),
        annotations,
        files: 1,
        warnings: Vec::new(),
    })
}
