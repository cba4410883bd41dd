//! `score`: the dual-view score of an untrained CLIP, with the patches that made it.

use super::model;
use crate::clip::model::{Clip, checked_input_size};
use crate::clip::text::NEUTRAL_PROMPT;
use crate::clip::tokenizer::Tokenizer;
use crate::compute::Compute;
use crate::dataset::decode::{Limits, decode};
use crate::dataset::preprocess::Preprocess;
use crate::engine::event::{LabelScore, PatchEvidence, Score};
use crate::engine::request::ScoreRequest;
use crate::engine::{Context, Event, Failure};
use crate::explain::{LabelEvidence, PictureFeatures};
use crate::method::evidence;
use crate::method::score::host_values;
use burn::tensor::{Tensor, TensorData};
use std::path::Path;

/// Scores every picture; one that cannot be read is reported, and the job fails at its end.
pub(crate) fn run(request: &ScoreRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let wanted = model::choose(request.model.as_deref(), None);
    model::note_starter(&wanted, request.model.as_deref(), context);
    let checkpoint = model::open(&wanted)?;
    let config = checkpoint.config.clone();
    let size = checked_input_size(&config.vision, request.input_size)?;
    let clip = Clip::load(
        checkpoint,
        Some(size).filter(|s| *s != config.vision.image_size),
        compute.device(),
    )?;
    let preprocess = Preprocess {
        mode: request.preprocess,
        size,
        mean: config.mean,
        std: config.std,
    };
    let tokenizer = Tokenizer::new();
    let templates: Vec<String> = request.template.split('|').map(|t| t.trim().to_owned()).collect();
    let text = clip.text.encode_labels(&tokenizer, &templates, &request.labels);
    let neutral = clip.text.encode_texts(&tokenizer, &[NEUTRAL_PROMPT.to_owned()]);
    let text = host_values(Tensor::cat(vec![text, neutral], 0))?;
    let scorer = Scorer {
        request,
        clip: &clip,
        preprocess,
        text,
        compute,
    };
    let mut failed = 0;
    let mut last = None;
    for path in &request.images {
        context.check_cancelled()?;
        match scorer.score(path) {
            Ok(score) => context.emit(Event::Score(score)),
            Err(failure) => {
                let image = path.to_string_lossy().into_owned();
                context.emit(Event::Skipped {
                    image,
                    reason: failure.message.clone(),
                });
                failed += 1;
                last = Some(failure);
            }
        }
    }
    match last {
        None => Ok(()),
        Some(failure) if request.images.len() == 1 => Err(failure),
        Some(_) => Err(Failure::new(
            format!("{failed} of {} pictures could not be scored", request.images.len()),
            "See the skipped pictures above for the reasons.",
        )),
    }
}

struct Scorer<'a> {
    request: &'a ScoreRequest,
    clip: &'a Clip,
    preprocess: Preprocess,
    /// `[labels + 1, embed]`, the neutral prompt last.
    text: Vec<f32>,
    compute: &'a Compute,
}

impl Scorer<'_> {
    fn score(&self, path: &Path) -> Result<Score, Failure> {
        let picture = decode(path, &Limits::default())?;
        let (width, height) = picture.rgb.dimensions();
        let (grid, patch, size) = (self.clip.image.grid(), self.clip.vision.patch, self.preprocess.size);
        let geometry = self.preprocess.geometry(width, height);
        let pixels = TensorData::new(self.preprocess.apply(&picture.rgb), [1, 3, size, size]);
        let features = self.clip.image.forward(
            Tensor::from_data(pixels, self.compute.device()),
            self.request.patch_features,
        );
        let (cls, patches) = (host_values(features.cls)?, host_values(features.patches)?);
        let count = grid * grid;
        let top_k = self
            .request
            .top_k
            .unwrap_or_else(|| evidence::default_top_k(count))
            .clamp(1, count);
        let padding = geometry.patch_in_padding(grid, patch);
        let alpha = self.request.alpha;
        let picture = PictureFeatures {
            cls: &cls,
            patches: &patches,
            padding: &padding,
        };
        let view = |text: &[f32]| picture.evidence(text, text, alpha, top_k);
        let rows: Vec<&[f32]> = self.text.chunks_exact(self.clip.embed).collect();
        let neutral = rows.last().map_or(0.0, |text| view(text).fused);
        let labels = self.request.labels.iter().zip(&rows).map(|(label, text)| {
            let LabelEvidence {
                global,
                local,
                fused: score,
                patches,
            } = view(text);
            let patches = patches.into_iter().map(|(j, similarity)| {
                let (row, col) = (j / grid, j % grid);
                PatchEvidence {
                    row,
                    col,
                    similarity,
                    bounds: geometry.patch_box(row, col, patch),
                }
            });
            LabelScore {
                label: label.clone(),
                score,
                global,
                local,
                probability: 1.0 / (1.0 + (-self.clip.logit_scale * (score - neutral)).exp()),
                patches: patches.collect(),
            }
        });
        Ok(Score {
            image: path.to_string_lossy().into_owned(),
            width,
            height,
            grid: [grid, grid],
            alpha,
            top_k,
            labels: labels.collect(),
        })
    }
}
