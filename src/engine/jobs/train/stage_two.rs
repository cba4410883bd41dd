//! Stage 2 as a job: prompts and calibration learn on cached features of the frozen student.

use super::assembly::{
    OFFSET_IMAGES, classification_loss, fusion, mean, plan, prompt_frame, start_calibration, start_contexts,
    student_features, training_device,
};
use super::reporter::{Snapshot, Validate};
use super::run_stage::{Place, StageCallbacks, run_stage};
use super::trained::{calibration, saved, teacher};
use super::validation::{cached_scores, validated};
use super::{Ended, StageJob, choose_context};
use crate::clip::text::TextTower;
use crate::clip::tokenizer::Tokenizer;
use crate::engine::jobs::data::Pictures;
use crate::engine::jobs::evidence_snapshots::{EvidenceSnapshots, Grids};
use crate::engine::jobs::training_diagnostics::{TrainingDiagnostics, Validated};
use crate::engine::{Context, Failure};
use crate::method::prompts::Contexts;
use crate::method::score::host_values;
use crate::method::student::Calibration;
use crate::train::checkpoint::{self, Fallback};
use crate::train::features::FeatureStore;
use crate::train::settings::ContextChoice;
use crate::train::stage2::{CachedBatch, ClassPart, Prompts, Stage2};
use burn::module::Module;
use burn::tensor::Device;

/// What no training of Stage 2 changes.
pub(super) struct Frozen {
    /// The student's features of training and validation pictures.
    pub store: FeatureStore,
    pub text: TextTower,
    pub tokenizer: Tokenizer,
    /// Pictures that went through the student now.
    pub encoded: usize,
}

pub(super) fn run(mut job: StageJob<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let (store, encoded) = student_features(&mut job, context)?;
    let frozen = Frozen {
        store,
        text: teacher(&job.config, job.compute)?.text,
        tokenizer: Tokenizer::new(),
        encoded,
    };
    if job.config.settings.context == ContextChoice::Auto {
        return choose_context::run(job, &frozen, context);
    }
    train(&job, &frozen, None, context)
}

/// Trains a job whose kind of context is known. `place`: where it is one of several trainings that make a run.
pub(super) fn train(
    job: &StageJob<'_>,
    frozen: &Frozen,
    place: Option<Place>,
    context: &mut Context<'_>,
) -> Result<Ended, Failure> {
    let (config, device) = (&job.config, job.compute.device());
    let (settings, labels) = (&config.settings, config.labels.len());
    let Frozen { store, text, .. } = frozen;
    let positives = job.train.positives(labels);
    let stage = stage(job, frozen, &positives);
    let mut plan = plan(job, settings.batch_2, settings.epochs_2);
    if let Some(place) = &place {
        plan.folder.clone_from(&place.folder);
    }
    let training = training_device(job);
    let contexts = start_contexts(config, text, &frozen.tokenizer, &training)?;
    let calibration = if checkpoint::exists(&plan.folder) {
        // The checkpoint replaces it.
        Calibration::from_log(0.0, 0.0, &training)
    } else {
        first_calibration(job, &stage, &contexts, &training)?
    };
    let prompts_of = |model: &Prompts| stage.frame.encode(stage.text, &model.contexts);
    let validate = |model: &Prompts| -> Result<Validated, Failure> {
        let model = model.valid();
        let (scores, truth) = cached_scores(store, &job.val, labels, &prompts_of(&model), stage.fusion, device)?;
        let offset = host_values(model.calibration.tensors().1)?;
        Ok(validated(&scores.fused, &truth, &positives, offset.first().copied()))
    };
    let snapshots = EvidenceSnapshots::choose(job, labels);
    let snapshot = |model: &Prompts, epoch: usize| {
        let batch = CachedBatch::read(store, &snapshots.items, &snapshots.all());
        let scores = batch.scores(store.embed(), prompts_of(&model.valid()), stage.fusion, device)?;
        let grid = config.student.vision.grid();
        snapshots.save(&job.folder, epoch, &Grids::read(scores, batch.kept(), grid)?)
    };
    let watches = !snapshots.items.is_empty();
    let callbacks = StageCallbacks {
        validate: (!job.val.items.is_empty()).then(|| Box::new(validate) as Box<Validate<'_, Prompts>>),
        snapshot: watches.then(|| Box::new(snapshot) as Box<Snapshot<'_, Prompts>>),
        diagnostics: TrainingDiagnostics::default(),
        measures_start: true,
        place,
    };
    let model = Prompts { contexts, calibration };
    run_stage(
        job,
        (&stage, &plan),
        (model, &training),
        callbacks,
        frozen.encoded,
        context,
    )
}

/// The stage without what it trains. `positives`: of each label in the job's training pictures.
fn stage<'a>(job: &StageJob<'_>, frozen: &'a Frozen, positives: &[usize]) -> Stage2<'a> {
    let (config, device) = (&job.config, job.compute.device());
    let Frozen {
        store, text, tokenizer, ..
    } = frozen;
    let frame = prompt_frame(config, text, tokenizer, positives, device);
    let fixed = text.encode_labels(tokenizer, &config.settings.templates(), &config.words);
    Stage2 {
        settings: config.settings.clone(),
        items: job.train.items.clone(),
        truth: job.train.truth.clone(),
        features: store,
        parts: ClassPart::on(&frame, text, &fixed, job.compute),
        frame,
        fixed,
        text,
        loss: classification_loss(job, positives),
        fusion: fusion(config),
        device: device.clone(),
    }
}

/// What a stage that has learned nothing yet starts from.
pub(super) fn start(job: &StageJob<'_>, frozen: &Frozen) -> Result<Prompts, Failure> {
    let training = training_device(job);
    let stage = stage(job, frozen, &job.train.positives(job.config.labels.len()));
    let contexts = start_contexts(&job.config, &frozen.text, &frozen.tokenizer, &training)?;
    let calibration = first_calibration(job, &stage, &contexts, &training)?;
    Ok(Prompts { contexts, calibration })
}

/// Stage 2 goes on from the calibration of the Stage 1 run that it follows.
fn first_calibration(
    job: &StageJob<'_>,
    stage: &Stage2<'_>,
    contexts: &Contexts,
    training: &Device,
) -> Result<Calibration, Failure> {
    match job.config.parent.as_deref() {
        Some(run) => {
            let (saved, _) = saved(job.project, run, Fallback::Refused)?;
            let (log_scale, offset) = calibration(&saved.model)?;
            Ok(Calibration::from_log(log_scale, offset, training))
        }
        None => start_calibration(job, training, || first_offset(stage, contexts)),
    }
}

/// Mean of s over the first training pictures and all classes with the starting prompts.
fn first_offset(stage: &Stage2<'_>, contexts: &Contexts) -> Result<f32, Failure> {
    let text = stage.frame.encode(stage.text, &contexts.valid());
    let count = stage.items.len().min(OFFSET_IMAGES);
    let pictures = Pictures {
        items: stage.items[..count].to_vec(),
        truth: Vec::new(),
    };
    let (scores, _) = cached_scores(stage.features, &pictures, 0, &text, stage.fusion, &stage.device)?;
    Ok(mean(scores.fused.into_iter()))
}
