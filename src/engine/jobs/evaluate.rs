//! `evaluate`: metrics of the untrained CLIP or of a run on a split.

use super::data::Pictures;
use super::encode::{Encoded, ensure_of};
use super::evaluation_report::{self, Report};
use super::measure::{About, Sheet, measure, warn_of_unscored, without_unscored};
use super::project::open_to_read;
use super::run_view::{RunView, ZERO_SHOT};
use super::text::csv_field;
use super::thresholds::LabelThresholds;
use super::train::{HostScores, identity, student_preprocess};
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::event::warnings;
use crate::engine::request::EvaluateRequest;
use crate::engine::{Context, Event, Failure};
use crate::explain::{PictureFeatures, points_at};
use crate::method::score::host_values;
use crate::project::Project;
use crate::support::atomic;
use crate::train::features::FeatureStore;
use std::io::Write;
use std::path::Path;

pub(crate) fn run(request: &EvaluateRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    if request.model.is_some() && request.run != ZERO_SHOT {
        return Err(Failure::usage(
            "--model belongs to --run zero-shot",
            "A trained run has a model of its own: leave --model out.",
        ));
    }
    for (path, what) in [(&request.scores, "the scores"), (&request.report, "the report")] {
        check_place(path.as_deref(), what)?;
    }
    let project = open_to_read(&request.project, context)?;
    // Another project's pictures and labels, or the run's own.
    let other = request
        .on
        .as_deref()
        .map(|path| open_to_read(path, context))
        .transpose()?;
    let data = other.as_ref().unwrap_or(&project);
    let view = RunView::open(request, &project, data, compute)?;
    view.warn_of_fallback(context);
    let names = &view.labels;
    let train_positives = train_positives(&view, other.as_ref(), data, context)?;
    let mut fallback = view.fallback.clone();
    let thresholds = LabelThresholds::of(&project, (&view, other.is_some()), &mut fallback, context)?;
    let (split, pictures) = choose_split(data, request.split, context)?;
    let found = score(&view, (&project, data), pictures, compute, context)?;
    let (scores, probability) = (&found.scores.fused, &found.probability);
    let (truth, unscored) = without_unscored(scores, probability, &found.truth);
    warn_of_unscored(&request.run, unscored, context);
    let sheet = Sheet {
        names,
        train_positives: &train_positives,
        thresholds: &thresholds,
        scores,
        probability,
        truth: &truth,
    };
    let about = About {
        run: &request.run,
        split: split.to_string(),
        images: found.scores.kept.len(),
        calibrated: view.probability.is_calibrated(),
        bootstrap: (request.bootstrap, request.seed),
        unscored,
    };
    let mut metrics = measure(&about, &sheet);
    metrics.fallback = fallback;
    metrics.pointing = pointing(&view, data, &found, &truth)?;
    if let Some(path) = &request.scores {
        write_scores(path, &found, names)?;
    }
    if let Some(path) = &request.report {
        let report = Report {
            project: &project,
            data,
            view: &view,
            metrics: &metrics,
            sheet: &sheet,
            seed: request.seed,
        };
        for (path, what) in evaluation_report::write(path, &report)? {
            context.emit(Event::Written {
                path: path.to_string_lossy().into_owned(),
                what: what.to_owned(),
                dry_run: false,
                deleted: false,
            });
        }
    }
    context.emit(Event::Metrics(Box::new(metrics)));
    Ok(())
}

/// Refuses a place in a folder that is not there: said now, not after all pictures have been encoded.
fn check_place(path: Option<&Path>, what: &str) -> Result<(), Failure> {
    let folder = path.and_then(Path::parent).filter(|p| !p.as_os_str().is_empty());
    match folder.filter(|f| !f.is_dir()) {
        Some(folder) => Err(Failure::new(
            format!("there is no folder {} to write {what} to", folder.display()),
            "Make the folder, or name another place.",
        )),
        None => Ok(()),
    }
}

/// A run's scores of pictures.
pub(super) struct Scored {
    pub store: FeatureStore,
    /// Those that could be encoded.
    pub pictures: Pictures,
    /// Those of them that were scored, and how.
    pub scores: HostScores,
    /// Truth of those that were scored, `[pictures, labels]`.
    pub truth: Vec<i8>,
    /// Their probabilities, `[pictures, labels]`.
    pub probability: Vec<f32>,
}

/// Scores pictures of `data` with a run of `project` (most often the same), encoding those that are not in the cache. What cannot be read is reported and left out.
///
/// # Errors
/// [`Failure`] where the device fails or the user cancels.
pub(super) fn score(
    view: &RunView,
    (project, data): (&Project, &Project),
    pictures: Pictures,
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Scored, Failure> {
    let Encoded { store, failed, .. } = ensure_of(data, view.encoder(project), &pictures.items, compute, context)?;
    let pictures = pictures.without(&failed, view.labels.len(), context);
    let (scores, truth, probability) = view.score(&store, &pictures, compute)?;
    Ok(Scored {
        store,
        pictures,
        scores,
        truth,
        probability,
    })
}

/// Positives of each label in the run's own training data; for an untrained model in the project's training split; none for
/// labels of another project.
pub(super) fn train_positives(
    view: &RunView,
    other: Option<&Project>,
    data: &Project,
    context: &mut Context<'_>,
) -> Result<Vec<usize>, Failure> {
    if other.is_some() {
        return Ok(vec![0; view.labels.len()]);
    }
    let train = Pictures::of(data, Some(Split::Train), context)?;
    if view.is_untrained() {
        return Ok(train.positives(view.labels.len()));
    }
    if !train.items.is_empty() && identity(&train) != view.config.data {
        context.warn(
            warnings::SPLIT_CHANGED,
            "splits or labels have changed since the run was trained: it may have seen pictures that it is measured on",
        );
    }
    Ok(view.config.positives.clone())
}

/// How often a true label's best patch lies in one of its boxes, in percent; `None` where no picture has boxes.
fn pointing(view: &RunView, project: &Project, found: &Scored, truth: &[i8]) -> Result<Option<f64>, Failure> {
    let (store, pictures, kept) = (&found.store, &found.pictures, &found.scores.kept);
    let ids: Vec<i64> = project.labels()?.into_iter().map(|l| l.id).collect();
    let text = host_values(view.text.1.clone())?;
    let embed = store.embed();
    let preprocess = student_preprocess(&view.config);
    let (grid, patch) = (view.config.student.vision.grid(), view.config.student.vision.patch);
    let (mut hits, mut all) = (0usize, 0usize);
    for (row, index) in kept.iter().enumerate() {
        let item = &pictures.items[*index];
        let boxes = project.boxes(item.id)?;
        if boxes.is_empty() {
            continue;
        }
        let cached = store
            .get(&item.hash)
            .map_err(|e| Failure::io("read the feature cache in", &project.features_folder(), &e))?;
        let Some(record) = cached else { continue };
        let size = project.picture(item.id)?;
        let geometry = preprocess.geometry(size.width, size.height);
        let features = PictureFeatures {
            cls: &record.cls,
            patches: &record.patches,
            padding: &record.padding,
        };
        for (c, id) in ids.iter().enumerate() {
            let objects: Vec<[f32; 4]> = boxes.iter().filter(|b| b.label == *id).map(|b| b.bounds).collect();
            if objects.is_empty() || truth[row * ids.len() + c] != 1 {
                continue;
            }
            let label = &text[c * embed..(c + 1) * embed];
            if let Some((best, _)) = features.evidence(label, label, 0.0, 1).patches.first() {
                all += 1;
                hits += usize::from(points_at(geometry.patch_box(best / grid, best % grid, patch), &objects));
            }
        }
    }
    Ok((all > 0).then(|| 100.0 * hits as f64 / all as f64))
}

/// The split asked for; else test, else val with a warning.
pub(super) fn choose_split(
    project: &Project,
    asked: Option<Split>,
    context: &mut Context<'_>,
) -> Result<(Split, Pictures), Failure> {
    let hint = "Make splits with `patchlight split`, or name another one with --split.";
    if let Some(split) = asked {
        let pictures = Pictures::of(project, Some(split), context)?;
        if pictures.items.is_empty() {
            return Err(Failure::new(format!("the project has no {split} pictures"), hint));
        }
        return Ok((split, pictures));
    }
    for split in [Split::Test, Split::Val] {
        let pictures = Pictures::of(project, Some(split), context)?;
        if !pictures.items.is_empty() {
            if split == Split::Val {
                context.warn(
                    warnings::VAL_NOT_TEST,
                    "there are no test pictures: measured on val, which may have chosen settings",
                );
            }
            return Ok((split, pictures));
        }
    }
    Err(Failure::new("the project has neither test nor val pictures", hint))
}

/// Writes `image,label,score,global,local,truth`; truth is 1, 0 or empty for unknown.
fn write_scores(path: &Path, found: &Scored, names: &[String]) -> Result<(), Failure> {
    let (pictures, scores, truth) = (&found.pictures, &found.scores, &found.truth);
    let result = atomic::write_with(path, |out| {
        writeln!(out, "image,label,score,global,local,truth")?;
        for (row, index) in scores.kept.iter().enumerate() {
            let image = csv_field(&pictures.items[*index].path.to_string_lossy());
            for (c, name) in names.iter().enumerate() {
                let i = row * names.len() + c;
                let truth = match truth[i] {
                    1 => "1",
                    0 => "0",
                    _ => "",
                };
                let (s, g, l) = (scores.fused[i], scores.global[i], scores.local[i]);
                writeln!(out, "{image},{},{s},{g},{l},{truth}", csv_field(name))?;
            }
        }
        Ok::<(), std::io::Error>(())
    });
    result.map_err(|e| Failure::io("write the scores to", path, &e))
}
