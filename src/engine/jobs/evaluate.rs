//! `evaluate`: metrics of the untrained CLIP or of a run on a split.

use super::data::{Pictures, groups};
use super::encode::{Encoded, ensure_of};
use super::project::open_to_read;
use super::run_view::{RunView, ZERO_SHOT};
use super::train::{HostScores, identity, student_preprocess};
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::event::{ClassMetrics, Metrics, warnings};
use crate::engine::request::EvaluateRequest;
use crate::engine::{Context, Event, Failure};
use crate::eval::{average_precisions, f1_at_probability, f1_at_top, group_means, positives};
use crate::explain::{PictureFeatures, points_at};
use crate::method::score::host_values;
use crate::project::Project;
use crate::support::atomic;
use crate::train::features::FeatureStore;
use std::io::Write;
use std::path::Path;

/// Probability from which a label is given, until thresholds are fitted.
const THRESHOLD: f32 = 0.5;
pub(crate) fn run(request: &EvaluateRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    if request.model.is_some() && request.run != ZERO_SHOT {
        return Err(Failure::usage(
            "--model belongs to --run zero-shot",
            "A trained run has a model of its own: leave --model out.",
        ));
    }
    let folder = request
        .scores
        .as_deref()
        .and_then(Path::parent)
        .filter(|p| !p.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|f| !f.is_dir()) {
        // Said now, not after all pictures have been encoded.
        return Err(Failure::new(
            format!("there is no folder {} to write the scores to", folder.display()),
            "Make the folder, or name another place with --scores.",
        ));
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
    let (split, pictures) = choose_split(data, request.split, context)?;
    let encoded = ensure_of(data, view.encoder(&project), &pictures.items, compute, context)?;
    let Encoded { store, failed, .. } = encoded;
    let pictures = pictures.without(&failed, names.len(), context);

    let (scores, truth, probabilities) = view.score(&store, &pictures, compute)?;
    let mut metrics = measure(request, split, names, &train_positives, &scores, &probabilities, &truth);
    metrics.fallback.clone_from(&view.fallback);
    metrics.pointing = pointing(&view, data, &store, &pictures, &truth, &scores.kept)?;
    if let Some(path) = &request.scores {
        write_scores(path, &pictures, names, &scores, &truth)?;
    }
    context.emit(Event::Metrics(metrics));
    Ok(())
}

/// Positives of each label in the run's own training data; for an untrained model in the project's training split; none for
/// labels of another project.
fn train_positives(
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
fn pointing(
    view: &RunView,
    project: &Project,
    store: &FeatureStore,
    pictures: &Pictures,
    truth: &[i8],
    kept: &[usize],
) -> Result<Option<f64>, Failure> {
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
fn choose_split(
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

fn measure(
    request: &EvaluateRequest,
    split: Split,
    names: &[String],
    train_positives: &[usize],
    scores: &HostScores,
    probabilities: &[f32],
    truth: &[i8],
) -> Metrics {
    let classes = names.len();
    let groups = groups(train_positives);
    let ap = average_precisions(&scores.fused, truth, classes);
    let counts = positives(truth, classes);
    let f1 = f1_at_probability(probabilities, truth, &vec![THRESHOLD; classes]);
    let top3 = f1_at_top(&scores.fused, truth, classes, 3);
    let per_class = (0..classes).map(|c| ClassMetrics {
        label: names[c].clone(),
        ap: ap[c].map(|ap| 100.0 * ap),
        positives: counts[c],
        train_positives: train_positives[c],
        group: groups[c].to_string(),
        threshold: THRESHOLD,
    });
    Metrics {
        run: request.run.clone(),
        split: split.to_string(),
        images: scores.kept.len(),
        map: group_means(&ap, &groups),
        cf1: f1.cf1,
        of1: f1.of1,
        cf1_top3: top3.cf1,
        of1_top3: top3.of1,
        cp: f1.cp,
        cr: f1.cr,
        op: f1.op,
        or: f1.or,
        pointing: None,
        fallback: Vec::new(),
        per_class: per_class.collect(),
    }
}

/// Writes `image,label,score,global,local,truth`; truth is 1, 0 or empty for unknown.
fn write_scores(
    path: &Path,
    pictures: &Pictures,
    names: &[String],
    scores: &HostScores,
    truth: &[i8],
) -> Result<(), Failure> {
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

/// A field as RFC 4180 has it.
fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
