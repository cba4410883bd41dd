//! The starter model's training: scenes drawn as they are needed, seeded, checkpointed, resumable.

use super::model::{ExportError, StarterModel, WordTable, config};
use super::objective::{Targets, terms};
use super::probe::{Held, Probe};
use crate::clip::tokenizer::{self, Tokenizer};
use crate::compute::{Compute, ComputeError, Kind};
use crate::dataset::scenes::captions::{self, scene_caption};
use crate::dataset::scenes::glyphs::{self, Role};
use crate::dataset::scenes::{Scene, SceneConfig, curriculum, scene};
use crate::method::score::host_values;
use crate::support::rng::{self, Rng};
use crate::train::checkpoint::{self, RunCheckpointError};
use crate::train::loader::{on_threads, prefetch};
use crate::train::optimizer::{AdamW, Group, NamedGradients};
use crate::train::params;
use crate::train::schedule::Schedule;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

/// The template of the fixed prompts (METHOD section 3).
pub const DEMO_TEMPLATE: &str = "a photo of a {c}.";

/// What a word is said in during training.
const TEMPLATES: [&str; 6] = [
    DEMO_TEMPLATE,
    "a photo of the {c}.",
    "a picture of a {c}",
    "a drawing of a {c}.",
    "{c}",
    "a {c}",
];

#[derive(Clone, Debug)]
pub struct Plan {
    /// Checkpoints, the curve and the finished model go here.
    pub out: PathBuf,
    pub steps: usize,
    pub batch: usize,
    /// Peak learning rate of the image tower; the text tower has a tenth of it.
    pub lr: f64,
    /// Seed of weights and scenes.
    pub seed: u64,
    /// Steps between checkpoints and probes.
    pub probe_every: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub step: usize,
    pub loss: f32,
    pub contrast: f32,
    pub words: f32,
    pub patches: f32,
    pub images_per_s: f64,
}

/// Why training cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum StarterError {
    #[error(transparent)]
    Compute(#[from] ComputeError),
    #[error(transparent)]
    Checkpoint(#[from] RunCheckpointError),
    #[error("the checkpoint in the folder is of another training: {0}")]
    Foreign(String),
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// What is told of the training; `false` asks to stop.
pub trait Watch {
    fn step(&mut self, step: &Step) -> bool;
    /// After a probe, at this many steps.
    fn probe(&mut self, steps: usize, probe: &Probe);
    /// A damaged checkpoint is passed over: the training goes on from the one before.
    fn passed_over(&mut self, words: String);
}

/// A batch on the host.
struct Batch {
    pixels: Vec<f32>,
    captions: Vec<Vec<u32>>,
    words: Vec<Vec<u32>>,
    targets: Targets,
}

/// Trains, or goes on from the folder's newest checkpoint; returns whether it came to its end. The model is written in
/// Hugging Face's layout to `out/model` at every checkpoint.
///
/// # Errors
/// [`StarterError`]; the newest checkpoint is kept.
pub fn train(plan: &Plan, compute: &Compute, watch: &mut dyn Watch) -> Result<bool, StarterError> {
    let device = compute.training_device();
    let tokenizer = Tokenizer::new();
    let vocabulary = vocabulary();
    let names: Vec<&str> = vocabulary.iter().map(|g| glyphs::all()[*g].name).collect();
    let table = words(&tokenizer, &names);
    let held = Held::new(&tokenizer, plan.seed);
    let mut model = StarterModel::new(&table, plan.seed, &device).map_err(StarterError::Foreign)?;
    let mut optimizer = AdamW::new(1.0);
    let mut start = 0;
    if checkpoint::exists(&plan.out) {
        let (saved, warnings) = checkpoint::load_newest(&plan.out)?;
        warnings.into_iter().for_each(|words| watch.passed_over(words));
        model = params::restore(model, saved.model, &device).map_err(StarterError::Foreign)?;
        if let Some(moments) = saved.optimizer {
            optimizer
                .restore(moments, compute.device())
                .map_err(StarterError::Foreign)?;
        }
        start = saved.step;
    }
    let mut current = Some((params::trainable(model), optimizer));
    let schedule = Schedule::new(plan.steps, 1, 1, None, 0.01);
    let steps: Vec<usize> = (start..plan.steps).collect();
    let mut clock = Instant::now();
    let mut ended = true;
    let group = |path: &str, rank: usize| {
        let text = path.starts_with("text") || path.starts_with("words");
        let decays = rank >= 2 && !path.contains("position_embedding") && !path.starts_with("words");
        Group {
            lr: if text { 0.1 * plan.lr } else { plan.lr },
            decay: if decays { 0.05 } else { 0.0 },
        }
    };
    prefetch(
        &steps,
        |step| batch(plan, *step, &tokenizer, &vocabulary, &names),
        |step, shards| -> Result<bool, StarterError> {
            let Some((model, mut optimizer)) = current.take() else {
                return Ok(false);
            };
            let (values, gradients) = learn(&model, shards, &table, compute)?;
            if !values[0].is_finite() {
                return Err(ComputeError::NotFinite {
                    what: "the loss".to_owned(),
                }
                .into());
            }
            let model = optimizer.step(model, gradients, &group, schedule.factor(*step))?;
            let seconds = clock.elapsed().as_secs_f64().max(1e-9);
            clock = Instant::now();
            let go_on = watch.step(&Step {
                step: *step,
                loss: values[0],
                contrast: values[1],
                words: values[2],
                patches: values[3],
                images_per_s: plan.batch as f64 / seconds,
            });
            let done = step + 1;
            if done.is_multiple_of(plan.probe_every) || done == plan.steps || !go_on {
                let content = checkpoint::Content {
                    model: &params::collect(&model)?,
                    optimizer: Some(&optimizer.save()?),
                    average: None,
                };
                checkpoint::save(&plan.out, done, &content, &checkpoint::Progress::default())?;
                let frozen = model.valid();
                frozen.export(&table, plan.seed, &plan.out.join("model"))?;
                watch.probe(done, &held.measure(&frozen, &table, compute.device())?);
                clock = Instant::now();
            }
            current = Some((model, optimizer));
            ended = go_on;
            Ok(go_on)
        },
    )?;
    Ok(ended)
}

/// Mean of the shards' losses (total, captions, words, patches) and gradients. On the CPU each shard has a thread: much of a small
/// transformer is element by element, which the tensor library computes on one core.
fn learn(
    model: &StarterModel,
    shards: Vec<Batch>,
    table: &WordTable,
    compute: &Compute,
) -> Result<([f32; 4], NamedGradients), ComputeError> {
    let share = 1.0 / shards.len() as f64;
    let one = |batch: Batch| -> Result<(Vec<f32>, NamedGradients), ComputeError> {
        // Leaves of its own keep the shards' graphs apart.
        let model = params::trainable(model.clone());
        let side = config().0.vision.image_size;
        let count = batch.captions.len();
        let pixels = TensorData::new(batch.pixels, [count, 3, side, side]);
        let views = model.image(Tensor::from_data(pixels, compute.device()));
        let captions = model.texts(table, &batch.captions);
        let words = model.texts(table, &batch.words);
        let terms = terms(&model, &views, &captions, &words, &batch.targets);
        let total = terms.total();
        let parts = vec![total.clone(), terms.contrast, terms.words, terms.patches];
        let values = host_values(Tensor::cat(parts, 0).detach())?;
        let mut gradients = total.mul_scalar(share).backward();
        Ok((values, NamedGradients::take(&model, &mut gradients)))
    };
    let results = match compute.kind {
        Kind::Cpu => on_threads(shards, one),
        Kind::Gpu => shards.into_iter().map(one).collect(),
    };
    let (mut sums, mut all) = ([0.0; 4], NamedGradients::default());
    for result in results {
        let (values, gradients) = result?;
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += share as f32 * value;
        }
        all = all.plus(gradients);
    }
    Ok((sums, all))
}

/// Glyphs that are learned: the demo's labels, the novel ones, and every third of the others (all of them would take several
/// times as long, and most are there to be told apart from, not to be recognised).
pub fn vocabulary() -> Vec<usize> {
    let others = glyphs::bystanders().into_iter().step_by(3);
    glyphs::indices(Role::Demo)
        .into_iter()
        .chain(glyphs::indices(Role::Novel))
        .chain(others)
        .collect()
}

/// Every token that a caption or a prompt may hold.
fn words(tokenizer: &Tokenizer, names: &[&str]) -> WordTable {
    let mut texts: Vec<String> = names
        .iter()
        .flat_map(|name| TEMPLATES.iter().map(move |template| tokenizer::prompt(template, name)))
        .collect();
    texts.extend(captions::vocabulary());
    texts.push(crate::clip::text::NEUTRAL_PROMPT.to_owned());
    WordTable::new(tokenizer, texts.iter().map(String::as_str), names)
}

/// Parts of a batch that are computed apart.
const SHARDS: usize = 2;

/// The scenes of a step in shards: easy ones first, then all levels mixed.
fn batch(plan: &Plan, step: usize, tokenizer: &Tokenizer, vocabulary: &[usize], names: &[&str]) -> Vec<Batch> {
    let (model, _) = config();
    let (side, grid) = (model.vision.image_size, model.vision.grid());
    let reach = (step as f32 / (0.5 * plan.steps as f32)).min(1.0);
    let made: Vec<(Scene, Vec<u32>)> = (0..plan.batch)
        .into_par_iter()
        .map(|i| {
            let index = (step * plan.batch + i) as u64;
            let mut rng = rng::stream(plan.seed, "starter level", index);
            let level = reach * rng.random::<f32>().sqrt();
            let look = SceneConfig {
                side: side as u32,
                glyphs: vocabulary.to_vec(),
                ..curriculum::starter(level)
            };
            let scene = scene(plan.seed, index, &look);
            let text = scene_caption(&mut rng, &scene);
            let ids = tokenizer.encode(&text, 77);
            (scene, ids)
        })
        .collect();
    let mut rng = rng::stream(plan.seed, "starter words", step as u64);
    let words: Vec<Vec<u32>> = names
        .iter()
        .map(|name| {
            let usual = rng.random::<f32>() < 0.5;
            let template = TEMPLATES[if usual { 0 } else { rng.random_range(0..TEMPLATES.len()) }];
            tokenizer.encode(&tokenizer::prompt(template, name), 77)
        })
        .collect();
    made.chunks(plan.batch.div_ceil(SHARDS).max(1))
        .map(|part| {
            let (scenes, captions): (Vec<Scene>, Vec<Vec<u32>>) = part.iter().cloned().unzip();
            let (pixels, _) = pixels_of(&scenes);
            Batch {
                pixels,
                captions,
                words: words.clone(),
                targets: targets(&scenes, grid, side, vocabulary),
            }
        })
        .collect()
}

/// Scenes as the model's input, and their side.
///
/// # Shapes
/// - result: `[scenes, 3, side, side]`, normalised
pub fn pixels_of(scenes: &[Scene]) -> (Vec<f32>, usize) {
    let (model, _) = config();
    let side = scenes.first().map_or(0, |s| s.pixels.width() as usize);
    let mut data = Vec::with_capacity(scenes.len() * 3 * side * side);
    for scene in scenes {
        for channel in 0..3 {
            let (mean, std) = (model.mean[channel], model.std[channel]);
            data.extend(
                scene
                    .pixels
                    .pixels()
                    .map(|p| (f32::from(p[channel]) / 255.0 - mean) / std),
            );
        }
    }
    (data, side)
}

/// The word of each patch (that of the smallest box that holds its middle), and the words of each picture.
fn targets(scenes: &[Scene], grid: usize, side: usize, vocabulary: &[usize]) -> Targets {
    let words = vocabulary.len();
    let word = |glyph: usize| vocabulary.iter().position(|g| *g == glyph);
    let cell = side as f32 / grid as f32;
    let mut patches = Vec::with_capacity(scenes.len() * grid * grid);
    let mut there = vec![0.0; scenes.len() * words];
    for (i, scene) in scenes.iter().enumerate() {
        for object in &scene.objects {
            if let Some(word) = word(object.glyph) {
                there[i * words + word] = 1.0;
            }
        }
        for j in 0..grid * grid {
            let (x, y) = (((j % grid) as f32 + 0.5) * cell, ((j / grid) as f32 + 0.5) * cell);
            let area = |b: &[u32; 4]| (b[2] - b[0]) * (b[3] - b[1]);
            let inside = scene.objects.iter().filter(|o| {
                let b = o.bounds.map(|v| v as f32);
                x >= b[0] && x < b[2] && y >= b[1] && y < b[3]
            });
            let smallest = inside.min_by_key(|o| area(&o.bounds));
            patches.push(smallest.and_then(|o| word(o.glyph)).unwrap_or(words));
        }
    }
    Targets { patches, words: there }
}
