//! Units without training: towers, tags, scores.

use super::Timed;
use super::subject::Subject;
use crate::compute::Compute;
use crate::engine::jobs::data::Pictures;
use crate::engine::jobs::encode::SMALLEST_PART;
use crate::engine::jobs::tag::Judging;
use crate::engine::jobs::train::cached_scores;
use crate::engine::{Context, Failure};
use crate::method::score::{Fusion, host_values};
use crate::train::loader::on_threads;
use burn::tensor::{Tensor, TensorData};

/// Pictures that go through the image tower at once.
const BATCHES: [usize; 3] = [1, 8, 32];

/// Both views' features of pictures in memory, read back to the host; on the CPU in parts, as pictures are encoded.
pub(super) fn image_forward(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let config = &subject.tagger.config;
    let student = subject.tagger.build(compute.device())?;
    let size = config.student.vision.image_size;
    let numbers = 3 * size * size;
    let pixel = |i: usize| ((i * 37) % 101) as f32 / 50.0 - 1.0;
    let pixels: Vec<f32> = (0..BATCHES[2] * numbers).map(pixel).collect();
    for batch in BATCHES {
        let part = batch.div_ceil(compute.parts().max(1)).max(SMALLEST_PART).min(batch);
        let parts: Vec<usize> = (0..batch).step_by(part).map(|from| part.min(batch - from)).collect();
        let timed = Timed::rounds(subject.scale.rounds, context, |_| {
            let read = on_threads(parts.clone(), |count| -> Result<(), Failure> {
                let values = pixels[..count * numbers].to_vec();
                let data = TensorData::new(values, [count, 3, size, size]);
                let features = student.forward(Tensor::from_data(data, compute.device()), config.patch_features);
                host_values(features.cls)?;
                host_values(features.patches)?;
                Ok(())
            });
            read.into_iter().collect()
        })?;
        let value = batch as f64 / timed.median();
        timed.tell(context, &format!("image_forward_b{batch}"), value, "images/s");
    }
    Ok(())
}

/// The fixed prompts of all labels.
pub(super) fn text_forward(subject: &Subject, _: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let timed = Timed::rounds(subject.scale.rounds, context, |_| {
        let templates = subject.settings.templates();
        let encoded = subject
            .text
            .encode_labels(&subject.tokenizer, &templates, &subject.labels);
        host_values(encoded)?;
        Ok(())
    })?;
    let count = subject.labels.len();
    let value = count as f64 / timed.median();
    timed.tell(context, &format!("text_forward_{count}"), value, "prompts/s");
    Ok(())
}

/// From files to labels, reading and computing at the same time.
pub(super) fn pictures_to_tags(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let judging = Judging::new(&subject.tagger, compute)?;
    let count = subject.pictures.len();
    let rounds = subject.scale.rounds.min(3);
    let timed = Timed::rounds(rounds, context, |context| {
        judged(judging.all(&subject.pictures, context)?, count)
    })?;
    timed.tell(context, "pictures_to_tags", count as f64 / timed.median(), "images/s");
    Ok(())
}

/// From one picture's file to the patches behind its labels: what an overlay shows.
pub(super) fn first_overlay(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let judging = Judging::new(&subject.tagger, compute)?;
    let timed = Timed::rounds(subject.scale.rounds, context, |context| {
        judged(judging.all(&subject.pictures[..1], context)?, 1)
    })?;
    timed.tell(context, "first_overlay", timed.median(), "s");
    Ok(())
}

/// Fails where a picture was left out: the time would be of less work than is said.
fn judged(found: usize, expected: usize) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(
        format!("{found} of {expected} pictures of the benchmark were judged"),
        "Report this as a bug.",
    ))
}

/// Scores of all labels from cached features, reading them included.
pub(super) fn score_cached(subject: &Subject, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let config = &subject.tagger.config;
    let (labels, embed) = (subject.labels.len(), config.student.embed);
    let device = compute.device();
    let [global, local] = &subject.tagger.text;
    let place = |values: &Vec<f32>| Tensor::<2>::from_data(TensorData::new(values.clone(), [labels, embed]), device);
    let text = (place(global), place(local));
    let fusion = Fusion {
        alpha: config.alpha,
        top_k: config.top_k,
    };
    let of = |count: usize| Pictures {
        items: subject.cached(count),
        truth: Vec::new(),
    };
    let score = |pictures: &Pictures| -> Result<(), Failure> {
        let (scores, _) = cached_scores(&subject.store, pictures, 0, &text, fusion, device)?;
        judged(scores.kept.len(), pictures.items.len())
    };
    score(&of(subject.scale.cached))?;
    let all = of(1000 * subject.scale.scored_k);
    let timed = Timed::of(|| {
        let start = std::time::Instant::now();
        score(&all)?;
        Ok(vec![start.elapsed().as_secs_f64()])
    })?;
    let name = format!("score_{}k", subject.scale.scored_k);
    timed.tell(context, &name, timed.median(), "s");
    Ok(())
}
