//! What the stages are put together from: models, preprocessing, feature caches, the start of the calibration, what is measured and
//! kept after an epoch. Each stage itself (`stage_one`, `stage_two`, `stage_joint`) only says what it trains.

use super::reporter::{Snapshot, Validate};
use super::run_stage::{StageCallbacks, run_stage};
use super::student::{student_preprocess, teacher_config};
use super::trained::{TrainedTower, frozen_encoder};
use super::validation::{ENCODED_AT_ONCE, Inference, Validation};
use super::{Ended, StageJob, TextPair};
use crate::clip::checkpoint::Checkpoint;
use crate::clip::model::Clip;
use crate::clip::text::TextTower;
use crate::clip::tokenizer::Tokenizer;
use crate::compute::Kind;
use crate::dataset::preprocess::Preprocess;
use crate::engine::event::warnings;
use crate::engine::jobs::encode::{Encoded, Encoder, ImageModel, ensure};
use crate::engine::jobs::evidence_snapshots::{EvidenceSnapshots, Grids};
use crate::engine::jobs::run_folder::RunConfig;
use crate::engine::jobs::training_diagnostics::TrainingDiagnostics;
use crate::engine::jobs::{memory, model};
use crate::engine::{Context, Failure};
use crate::method::losses::ClassificationLoss;
use crate::method::prompts::{ContextPlan, Contexts, PromptFrame};
use crate::method::score::{Fusion, host_values};
use crate::method::student::{Calibration, INITIAL_SCALE, Student, StudentInit};
use crate::train::checkpoint::{self, Fallback, Tensors};
use crate::train::features::{FeatureKey, FeatureStore};
use crate::train::loader::{Item, Loader};
use crate::train::params;
use crate::train::sampler::ClassAware;
use crate::train::schedule::Schedule;
use crate::train::settings::{KdView, Keep, Precision, Sampler};
use crate::train::stage1::Stage1;
use crate::train::trainer::{Fault, Plan, Stage};
use burn::module::Module;
use burn::tensor::Device;

/// Training pictures whose scores set the first offset (METHOD section 4).
pub(super) const OFFSET_IMAGES: usize = 512;

/// How a stage goes through its pictures.
pub(super) fn plan(job: &StageJob<'_>, batch: usize, epochs: usize) -> Plan {
    let s = &job.config.settings;
    let (sampler, schedule) = drawn(job, batch, epochs);
    let validates = !job.val.items.is_empty();
    let device = job.compute.device().clone();
    Plan {
        batch,
        shuffle: s.shuffle,
        sampler,
        seed: job.config.seed,
        clip_norm: s.clip_norm,
        checkpoint_every: job.checkpoint_every,
        parts: job.compute.parts(),
        micro_batch: memory::micro_batch(job, batch),
        keep_best: s.keeps(validates) == Keep::Best,
        early_stop: s.early_stop,
        ema: s.ema,
        fault: Fault::from_environment(),
        ..Plan::new(job.folder.clone(), schedule, device)
    }
}

/// How a stage draws its pictures (`None`: every picture once a pass, also where class-aware draws find no label), and the steps that
/// follow.
pub(super) fn drawn(job: &StageJob<'_>, batch: usize, epochs: usize) -> (Option<ClassAware>, Schedule) {
    let s = &job.config.settings;
    let sampler = match s.sampler {
        Some(Sampler::ClassAware) => ClassAware::new(&job.train.truth, job.config.labels.len()),
        Some(Sampler::Uniform) | None => None,
    };
    let draws = sampler.as_ref().map_or(job.train.items.len(), ClassAware::draws);
    (sampler, Schedule::new(draws, batch, epochs, s.max_steps, s.warmup))
}

/// The device that a stage trains on.
pub(super) fn training_device(job: &StageJob<'_>) -> Device {
    let device = job.compute.training_device();
    if job.config.settings.checkpointing {
        device.gradient_checkpointing()
    } else {
        device
    }
}

/// The calibration that a stage starts from; `offset` is asked for where no checkpoint of the run will replace it.
pub(super) fn start_calibration(
    job: &StageJob<'_>,
    training: &Device,
    offset: impl FnOnce() -> Result<f32, Failure>,
) -> Result<Calibration, Failure> {
    let offset = if checkpoint::exists(&job.folder) {
        0.0
    } else {
        offset()?
    };
    Ok(Calibration::new(INITIAL_SCALE, offset, training))
}

/// The mean of scores, as the first offset.
pub(super) fn mean(scores: impl Iterator<Item = f32>) -> f32 {
    let (sum, n) = scores.fold((0.0, 0usize), |(sum, n), score| (sum + f64::from(score), n + 1));
    (sum / n.max(1) as f64) as f32
}

/// The contexts that a run starts from.
///
/// # Errors
/// [`Failure`] (wrong usage) where start and number of tokens do not fit together.
pub(super) fn start_contexts(
    config: &RunConfig,
    text: &TextTower,
    tokenizer: &Tokenizer,
    device: &Device,
) -> Result<Contexts, Failure> {
    let s = &config.settings;
    let plan = ContextPlan {
        kind: config.context(),
        init: s.context_init,
        tokens: s.context_tokens,
    };
    Contexts::start(text, tokenizer, plan, config.labels.len(), config.seed, device)
        .map_err(|message| Failure::usage(message, "For example: --set context_init=random --set context_tokens=8"))
}

/// The words of a run's labels, ready for contexts before them. `positives`: of each label in the training pictures.
pub(super) fn prompt_frame(
    config: &RunConfig,
    text: &TextTower,
    tokenizer: &Tokenizer,
    positives: &[usize],
    device: &Device,
) -> PromptFrame {
    let s = &config.settings;
    PromptFrame::new(
        text,
        tokenizer,
        &config.words,
        s.context_tokens,
        config.context(),
        positives,
        device,
    )
}

/// The text embeddings of both views that a run's learned contexts (in `model`, its parameters) make of its labels.
///
/// # Errors
/// [`Failure`] where they are not those of such a run.
pub(crate) fn learned_texts(
    config: &RunConfig,
    (run, model): (&str, &Tensors),
    (text, tokenizer): (&TextTower, &Tokenizer),
    device: &Device,
) -> Result<TextPair, Failure> {
    let learned = (model.iter())
        .filter_map(|(name, tensor)| Some((name.strip_prefix("contexts.")?.to_owned(), tensor.clone())))
        .collect();
    let contexts = params::restore(start_contexts(config, text, tokenizer, device)?, learned, device)
        .map_err(|e| Failure::new(format!("run {run} does not fit: {e}"), "Train Stage 2 again."))?;
    let frame = prompt_frame(config, text, tokenizer, &config.positives, device);
    Ok(frame.encode(text, &contexts))
}

/// The classification loss for a job's training pictures.
pub(super) fn classification_loss(job: &StageJob<'_>, positives: &[usize]) -> ClassificationLoss {
    let s = &job.config.settings;
    ClassificationLoss::new(s.loss, s.db(), positives, job.train.items.len())
}

pub(super) fn fusion(config: &RunConfig) -> Fusion {
    Fusion {
        alpha: config.settings.alpha,
        top_k: config.top_k,
    }
}

/// What a stage whose student learns begins with.
pub(super) struct Prepared {
    /// Pictures, the teacher's features, losses.
    pub stage: Stage1,
    pub teacher: Checkpoint,
    /// Pictures that went through the teacher now.
    pub encoded: usize,
}

/// Shows the teacher the pictures and makes the stage; pictures that cannot be read leave the job.
pub(super) fn prepare(job: &mut StageJob<'_>, context: &mut Context<'_>) -> Result<Prepared, Failure> {
    let config = job.config.clone();
    let (settings, device) = (&config.settings, job.compute.device().clone());
    let teacher = model::reopen(&config.model, &config.model_fingerprint)?;
    let preprocess = teacher_preprocess(&teacher, &config)?;
    let fresh = || Clip::load(teacher.clone(), settings.input_size, &device);
    let same_view = settings.kd_view == KdView::Same;
    let (features, encoded) = if same_view {
        (Vec::new(), 0)
    } else {
        teacher_features(job, &teacher, &preprocess, context)?
    };
    some_left(job)?;
    let text = fresh()?
        .text
        .encode_labels(&Tokenizer::new(), &settings.templates(), &config.words);
    let tower = if same_view { Some(fresh()?.image) } else { None };
    let positives = job.train.positives(config.labels.len());
    let stage = Stage1 {
        settings: settings.clone(),
        loader: Loader {
            items: job.train.items.clone(),
            preprocess: student_preprocess(&config),
            teacher: same_view.then_some(preprocess),
            patch: config.student.vision.patch,
            grid: config.student.vision.grid(),
        },
        truth: job.train.truth.clone(),
        teacher: features,
        tower,
        layers: config.student.vision.layers,
        half: half(job, context),
        text,
        loss: classification_loss(job, &positives),
        fusion: fusion(&config),
        patch_features: config.patch_features,
        seed: config.seed,
        device: device.clone(),
    };
    Ok(Prepared {
        stage,
        teacher,
        encoded,
    })
}

fn teacher_preprocess(teacher: &Checkpoint, config: &RunConfig) -> Result<Preprocess, Failure> {
    let view = teacher_config(teacher, &config.settings)?;
    Ok(Preprocess {
        mode: config.settings.preprocess,
        size: view.vision.image_size,
        mean: view.mean,
        std: view.std,
    })
}

/// The teacher's features of the training pictures, `[images, embed]`, each computed once; pictures that it cannot read leave the job.
/// With the number of those that went through it now.
fn teacher_features(
    job: &mut StageJob<'_>,
    teacher: &Checkpoint,
    preprocess: &Preprocess,
    context: &mut Context<'_>,
) -> Result<(Vec<f32>, usize), Failure> {
    let config = &job.config;
    let vision = teacher_config(teacher, &config.settings)?.vision;
    let input_size = config.settings.input_size;
    let encoder = Encoder {
        key: FeatureKey {
            model: teacher.fingerprint.clone(),
            preprocess: preprocess.clone(),
            patch_features: None,
            precision: config.settings.precision,
        },
        embed: config.student.embed,
        grid: vision.grid(),
        patch: vision.patch,
        build: Box::new(move |device: &Device| {
            Ok(ImageModel::Teacher(
                Clip::load(teacher.clone(), input_size, device)?.image,
            ))
        }),
    };
    let (root, labels) = (job.features_folder(), config.labels.len());
    let cached = ensure(encoder, &root, &job.train.items, job.compute, context)?;
    job.train = std::mem::take(&mut job.train).without(&cached.failed, labels, context);
    Ok((cached.whole_pictures(&job.train.items, &root)?, cached.computed))
}

/// The frozen student's features of training and validation pictures; pictures that cannot be read leave the job. With the number of
/// those that went through it now.
pub(super) fn student_features(
    job: &mut StageJob<'_>,
    context: &mut Context<'_>,
) -> Result<(FeatureStore, usize), Failure> {
    let config = job.config.clone();
    let labels = config.labels.len();
    let everything: Vec<Item> = job.train.items.iter().chain(&job.val.items).cloned().collect();
    // What is learned on other features is another model: nothing stands in for a damaged tower.
    let tower = config.parent.as_deref();
    let tower = tower
        .map(|run| TrainedTower::of(job.project, run, Fallback::Refused))
        .transpose()?;
    let encoder = frozen_encoder(&config, job.project, tower.map(|(tower, _)| tower));
    let Encoded {
        store,
        failed,
        computed,
    } = ensure(encoder, &job.features_folder(), &everything, job.compute, context)?;
    let count = job.train.items.len();
    let (of_train, of_val): (Vec<_>, Vec<_>) = failed.into_iter().partition(|(i, _)| *i < count);
    let of_val: Vec<_> = of_val.into_iter().map(|(i, reason)| (i - count, reason)).collect();
    job.train = std::mem::take(&mut job.train).without(&of_train, labels, context);
    job.val = std::mem::take(&mut job.val).without(&of_val, labels, context);
    some_left(job)?;
    Ok((store, computed))
}

fn some_left(job: &StageJob<'_>) -> Result<(), Failure> {
    if job.train.items.is_empty() {
        return Err(Failure::new(
            "no training picture can be read",
            "Check that the pictures are where they were.",
        ));
    }
    Ok(())
}

/// Whether the tower trains in 16-bit floats: on a GPU that can, where it is asked for.
fn half(job: &StageJob<'_>, context: &mut Context<'_>) -> bool {
    let asked = job.config.settings.precision == Precision::F16 && job.compute.kind == Kind::Gpu;
    if asked && !job.compute.supports_f16() {
        context.warn(
            warnings::NO_F16,
            "this GPU computes no 16-bit floats: precision=f16 halves the feature caches alone",
        );
    }
    asked && job.compute.supports_f16()
}

/// Mean of s over the first pictures and all classes, unaugmented.
pub(super) fn first_offset(
    stage: &Stage1,
    student: &Student,
    text: &TextPair,
    context: &mut Context<'_>,
) -> Result<f32, Failure> {
    let student = student.valid();
    let count = stage.loader.items.len().min(OFFSET_IMAGES);
    let indices: Vec<usize> = (0..count).collect();
    let mut all = Vec::new();
    for batch in indices.chunks(ENCODED_AT_ONCE) {
        context.check_cancelled()?;
        let pixels = stage.loader.load(batch, None);
        if pixels.kept.is_empty() {
            continue;
        }
        let (scores, _) = stage.scores_with(&student, &pixels, text.clone(), &stage.device)?;
        all.extend(host_values(scores.fused)?);
        context.progress("looking at the pictures", batch.last().map_or(0, |i| i + 1), count);
    }
    Ok(mean(all.into_iter()))
}

/// Trains a stage whose student learns: what is measured and kept after an epoch is computed from the pictures anew. `inference`: the
/// model as it scores pictures.
pub(super) fn train_student<S: Stage>(
    job: &StageJob<'_>,
    (stage, pictures, plan): (&S, &Stage1, &Plan),
    (model, training): (S::Model, &Device),
    inference: &dyn Fn(&S::Model) -> Inference,
    encoded: usize,
    context: &mut Context<'_>,
) -> Result<Ended, Failure> {
    let val = Validation::new(pictures, job);
    let snapshots = EvidenceSnapshots::choose(job, job.config.labels.len());
    // Read once: they are not augmented.
    let looked = val.loader_of(&snapshots.items).load(&snapshots.all(), None);
    let validate = |model: &S::Model| val.measure(pictures, &inference(model));
    let snapshot = |model: &S::Model, epoch: usize| {
        let Inference { student, text, .. } = inference(model);
        let (scores, _) = pictures.scores_with(&student, &looked, text, &pictures.device)?;
        let grid = job.config.student.vision.grid();
        snapshots.save(&job.folder, epoch, &Grids::read(scores, &looked.kept, grid)?)
    };
    let from_clip = job.config.settings.student_init == StudentInit::Clip;
    let callbacks = StageCallbacks {
        validate: (!job.val.items.is_empty()).then(|| Box::new(validate) as Box<Validate<'_, S::Model>>),
        snapshot: (!looked.kept.is_empty()).then(|| Box::new(snapshot) as Box<Snapshot<'_, S::Model>>),
        diagnostics: TrainingDiagnostics::distilling(from_clip),
        measures_start: from_clip,
        place: None,
    };
    run_stage(job, (stage, plan), (model, training), callbacks, encoded, context)
}
