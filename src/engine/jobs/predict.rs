//! `predict`: scores all pictures of a project with a run, and keeps what a window needs to show why.

use super::data::Pictures;
use super::encode::{Encoded, ensure};
use super::project::open_for_work;
use super::run_view::RunView;
use crate::compute::Compute;
use crate::engine::request::{EvaluateRequest, PredictRequest};
use crate::engine::scorer::{Scorer, ScorerConfig};
use crate::engine::{Context, Event, Failure};
use std::time::Instant;

/// Pictures whose predictions are written in one transaction.
const COMMIT: usize = 4096;

pub(crate) fn run(request: &PredictRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut project = open_for_work(&request.project, context)?;
    let asked = EvaluateRequest {
        model: request.model.clone(),
        allow_fallback: request.allow_fallback,
        ..EvaluateRequest::on_test(&request.project, &request.run)
    };
    let view = RunView::open(&asked, &project, &project, compute)?;
    view.warn_of_fallback(context);
    let labels: Vec<i64> = project.labels()?.into_iter().map(|l| l.id).collect();
    let pictures = Pictures::all(&project, context)?;
    let encoder = view.encoder(&project);
    let config = ScorerConfig {
        run: request.run.clone(),
        labels: labels.clone(),
        key: encoder.key.clone(),
        embed: encoder.embed,
        grid: encoder.grid,
        patch: encoder.patch,
        alpha: view.fusion().alpha,
        top_k: view.fusion().top_k,
        probability: view.probability,
    };
    let Encoded {
        store,
        failed,
        computed,
    } = ensure(encoder, &project.features_folder(), &pictures.items, compute, context)?;
    let pictures = pictures.without(&failed, labels.len(), context);

    let [text, neutral] = view.host_texts()?;
    let scorer = Scorer { config, text, neutral };
    let path = Scorer::path(project.folder(), &request.run);
    scorer
        .save(&path)
        .map_err(|e| Failure::io("keep the run's embeddings in", &path, &e))?;

    let (count, width) = (pictures.items.len(), labels.len());
    for first in (0..count).step_by(COMMIT) {
        context.check_cancelled()?;
        let part = Pictures {
            items: pictures.items[first..(first + COMMIT).min(count)].to_vec(),
            truth: pictures.truth[first * width..(first + COMMIT).min(count) * width].to_vec(),
        };
        let (scores, _, probabilities) = view.score(&store, &part, compute)?;
        let mut rows = Vec::with_capacity(scores.fused.len());
        for (row, index) in scores.kept.iter().enumerate() {
            for (column, label) in labels.iter().enumerate() {
                let i = row * width + column;
                rows.push((part.items[*index].id, *label, scores.fused[i], probabilities[i]));
            }
        }
        project.set_predictions(&request.run, &rows)?;
        context.progress("keeping what was found", (first + COMMIT).min(count), count);
    }
    context.emit(Event::Done {
        run: Some(request.run.clone()),
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded: computed,
        fallback: view.fallback.clone(),
    });
    Ok(())
}
