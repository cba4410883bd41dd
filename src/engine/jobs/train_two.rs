//! Stage 2 as a job: cached features of the frozen student, prompts, the loop.

use super::data::Pictures;
use super::drive::{Looks, drive};
use super::encode::{Encoded, Encoder, ImageModel, ensure};
use super::model;
use super::reporter::{Snapshot, Validate};
use super::run_folder::RunConfig;
use super::train::{Ended, Job, plan, training_device};
use super::train_one::{student_preprocess, validated};
use super::watch::{Validated, Watch};
use super::watched::{Grids, Watched};
use crate::clip::model::Clip;
use crate::clip::text::TextTower;
use crate::clip::tokenizer::Tokenizer;
use crate::compute::Compute;
use crate::engine::{Context, Failure};
use crate::method::losses::ClassificationLoss;
use crate::method::prompts::{ContextPlan, Contexts, PromptFrame};
use crate::method::score::{Fusion, host_values};
use crate::method::student::{Calibration, INITIAL_SCALE, Student};
use crate::project::Project;
use crate::train::checkpoint::{Saved, Tensors, load_used};
use crate::train::features::{FeatureKey, FeatureStore};
use crate::train::loader::Item;
use crate::train::params;
use crate::train::stage1::rows;
use crate::train::stage2::{CachedBatch, Prompts, Stage2};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Cached pictures scored at once outside training.
const BATCH: usize = 64;

/// The parameters that a run is used with.
///
/// # Errors
/// [`Failure`] where the run has no usable checkpoint.
pub fn saved(project: &Project, run: &str) -> Result<Saved, Failure> {
    let (saved, warnings) = load_used(&project.run_folder(run))?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(saved)
}

/// The calibration that a run's parameters hold.
///
/// # Errors
/// [`Failure`] where they hold none.
pub fn calibration(model: &Tensors) -> Result<(f32, f32), Failure> {
    let value = |name: &str| {
        model
            .get(&format!("calibration.{name}"))
            .and_then(|t| t.data.first().copied())
    };
    match (value("log_scale"), value("offset")) {
        (Some(log_scale), Some(offset)) => Ok((log_scale, offset)),
        _ => Err(Failure::new(
            "the run's checkpoint holds no scale and offset",
            "Train again.",
        )),
    }
}

/// The parameters of the image tower that a run trained, by path in it.
///
/// # Errors
/// [`Failure`] where the run has no usable checkpoint.
pub fn student_tensors(project: &Project, run: &str) -> Result<Tensors, Failure> {
    let tensors = saved(project, run)?.model.into_iter();
    Ok(tensors
        .filter_map(|(name, tensor)| Some((name.strip_prefix("student.")?.to_owned(), tensor)))
        .collect())
}

/// The frozen encoder behind a run: `student_of` is the Stage 1 run that trained it, `None` the untrained CLIP. Built only
/// where a picture is not cached.
///
/// # Errors
/// [`Failure`] where the Stage 1 run's checkpoint cannot be used.
pub fn frozen_encoder<'a>(
    config: &'a RunConfig,
    project: &'a Project,
    student_of: Option<&'a str>,
) -> Result<Encoder<'a>, Failure> {
    let view = &config.student;
    let model = match student_of {
        Some(run) => saved(project, run)?.fingerprint,
        None => config.model_fingerprint.clone(),
    };
    let key = FeatureKey {
        model,
        preprocess: student_preprocess(config),
        patch_features: Some(config.patch_features),
        precision: config.settings.precision,
    };
    let build = move |device: &Device| match student_of {
        Some(run) => {
            let student = student_tensors(project, run)?;
            let blank = Student::blank(&view.vision, view.embed, device);
            let student = params::restore(blank, student, device)
                .map_err(|e| Failure::new(format!("run {run} does not fit: {e}"), "Train Stage 1 again."))?;
            Ok(ImageModel::Student(student))
        }
        None => {
            let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
            Ok(ImageModel::Teacher(
                Clip::load(checkpoint, config.settings.input_size, device)?.image,
            ))
        }
    };
    Ok(Encoder {
        key,
        embed: view.embed,
        grid: view.vision.grid(),
        patch: view.vision.patch,
        build: Box::new(build),
    })
}

/// A run's teacher.
///
/// # Errors
/// [`Failure`] where the checkpoint cannot be read.
pub fn teacher(config: &RunConfig, compute: &Compute) -> Result<Clip, Failure> {
    Ok(Clip::load(
        model::reopen(&config.model, &config.model_fingerprint)?,
        config.settings.input_size,
        compute.device(),
    )?)
}

/// Runs Stage 2.
///
/// # Errors
/// [`Failure`]; the newest checkpoint is kept.
pub fn run(mut job: Job<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let config = job.config.clone();
    let settings = &config.settings;
    let labels = config.labels.len();
    let device = job.compute.device().clone();
    let parent = config.parent.as_deref();

    let everything: Vec<Item> = job.train.items.iter().chain(&job.val.items).cloned().collect();
    let encoder = frozen_encoder(&config, job.project, parent)?;
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
    if job.train.items.is_empty() {
        return Err(Failure::new(
            "no training picture can be read",
            "Check that the pictures are where they were.",
        ));
    }

    let text = teacher(&config, job.compute)?.text;
    let tokenizer = Tokenizer::new();
    let positives = job.train.positives(labels);
    let stage = Stage2 {
        settings: settings.clone(),
        items: job.train.items.clone(),
        truth: job.train.truth.clone(),
        features: &store,
        frame: PromptFrame::new(
            &text,
            &tokenizer,
            &config.words,
            settings.context_tokens,
            settings.context,
            &positives,
            &device,
        ),
        fixed: text.encode_labels(&tokenizer, &settings.templates(), &config.words),
        text: &text,
        loss: ClassificationLoss::new(settings.loss, settings.db(), &positives, job.train.items.len()),
        fusion: Fusion {
            alpha: settings.alpha,
            top_k: config.top_k,
        },
        device: device.clone(),
    };

    let plan = plan(&job, settings.batch_2, settings.epochs_2);
    let training = training_device(&job);
    let contexts = start_contexts(&config, &text, &tokenizer, &training)?;
    let has_checkpoint = crate::train::checkpoint::exists(&job.folder);
    let calibration = match parent {
        _ if has_checkpoint => Calibration::new(INITIAL_SCALE, 0.0, &training),
        Some(run) => {
            let (log_scale, offset) = calibration(&saved(job.project, run)?.model)?;
            Calibration::from_log(log_scale, offset, &training)
        }
        None => Calibration::new(INITIAL_SCALE, first_offset(&stage, &contexts)?, &training),
    };
    let validate = |model: &Prompts| -> Result<Validated, Failure> {
        let model = model.valid();
        let text = stage.frame.encode(stage.text, &model.contexts);
        let (scores, truth) = cached_scores(&store, &job.val, labels, &text, stage.fusion, &device)?;
        let offset = host_values(model.calibration.tensors().1)?;
        Ok(validated(&scores.fused, &truth, &positives, offset.first().copied()))
    };
    let watched = Watched::choose(&job, labels);
    let snapshot = |model: &Prompts, epoch: usize| {
        let model = model.valid();
        let text = stage.frame.encode(stage.text, &model.contexts);
        let grid = config.student.vision.grid();
        let batch = CachedBatch::read(&store, &watched.items, &watched.all());
        let scores = batch.scores(store.embed(), text, stage.fusion, &device)?;
        watched.save(&job.folder, epoch, &Grids::read(scores, batch.kept(), grid)?)
    };
    let watches = !watched.items.is_empty();
    let looks = Looks {
        validate: (!job.val.items.is_empty()).then(|| Box::new(validate) as Box<Validate<'_, Prompts>>),
        snapshot: watches.then_some(Box::new(snapshot) as Box<Snapshot<'_, Prompts>>),
        watch: Watch::default(),
        from_start: true,
    };
    let fresh = (Prompts { contexts, calibration }, &training);
    drive(&job, (&stage, &plan), fresh, looks, computed, context)
}

/// The contexts that a run starts from.
///
/// # Errors
/// [`Failure`] (wrong usage) where start and number of tokens do not fit together.
pub fn start_contexts(
    config: &RunConfig,
    text: &TextTower,
    tokenizer: &Tokenizer,
    device: &Device,
) -> Result<Contexts, Failure> {
    let s = &config.settings;
    Contexts::start(
        text,
        tokenizer,
        ContextPlan {
            kind: s.context,
            init: s.context_init,
            tokens: s.context_tokens,
        },
        config.labels.len(),
        config.seed,
        device,
    )
    .map_err(|message| Failure::usage(message, "For example: --set context_init=random --set context_tokens=8"))
}

/// Mean of s over the first training pictures and all classes with the starting prompts.
fn first_offset(stage: &Stage2<'_>, contexts: &Contexts) -> Result<f32, Failure> {
    let text = stage.frame.encode(stage.text, &contexts.valid());
    let count = stage.items.len().min(super::train_one::OFFSET_IMAGES);
    let pictures = Pictures {
        items: stage.items[..count].to_vec(),
        truth: Vec::new(),
    };
    let (scores, _) = cached_scores(stage.features, &pictures, 0, &text, stage.fusion, &stage.device)?;
    Ok((scores.fused.iter().map(|v| f64::from(*v)).sum::<f64>() / scores.fused.len().max(1) as f64) as f32)
}

/// Host scores of pictures, each `[pictures, classes]`.
#[derive(Default)]
pub struct HostScores {
    /// s.
    pub fused: Vec<f32>,
    /// sG.
    pub global: Vec<f32>,
    /// sL.
    pub local: Vec<f32>,
    /// Indices of the pictures that were scored.
    pub kept: Vec<usize>,
}

/// Scores pictures from cached features, and their truth (`labels` columns) in the same order.
///
/// # Errors
/// [`Failure`] where the device fails.
pub fn cached_scores(
    store: &FeatureStore,
    pictures: &Pictures,
    labels: usize,
    text: &(Tensor<2>, Tensor<2>),
    fusion: Fusion,
    device: &Device,
) -> Result<(HostScores, Vec<i8>), Failure> {
    let all: Vec<usize> = (0..pictures.items.len()).collect();
    let mut host = HostScores::default();
    let mut truth = Vec::new();
    for indices in all.chunks(BATCH) {
        let batch = CachedBatch::read(store, &pictures.items, indices);
        if batch.kept().is_empty() {
            continue;
        }
        let scores = batch.scores(store.embed(), text.clone(), fusion, device)?;
        host.fused.extend(host_values(scores.fused)?);
        host.global.extend(host_values(scores.global)?);
        host.local.extend(host_values(scores.local)?);
        truth.extend(rows(&pictures.truth, labels, batch.kept()));
        host.kept.extend_from_slice(batch.kept());
    }
    Ok((host, truth))
}
