//! Stage 2 as a job: prompts and calibration learn on cached features of the frozen student.

use super::assembly::{
    OFFSET_IMAGES, classification_loss, fusion, mean, plan, prompt_frame, start_calibration, start_contexts,
    student_features, training_device,
};
use super::reporter::{Snapshot, Validate};
use super::run_stage::{StageCallbacks, run_stage};
use super::trained::{calibration, saved, teacher};
use super::validation::{cached_scores, validated};
use super::{Ended, StageJob};
use crate::clip::tokenizer::Tokenizer;
use crate::engine::jobs::data::Pictures;
use crate::engine::jobs::evidence_snapshots::{EvidenceSnapshots, Grids};
use crate::engine::jobs::training_diagnostics::{TrainingDiagnostics, Validated};
use crate::engine::{Context, Failure};
use crate::method::prompts::Contexts;
use crate::method::score::host_values;
use crate::method::student::Calibration;
use crate::train::checkpoint::{self, Fallback};
use crate::train::stage2::{CachedBatch, Prompts, Stage2};
use burn::module::Module;
use burn::tensor::Device;

pub(super) fn run(mut job: StageJob<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let (store, encoded) = student_features(&mut job, context)?;
    let (config, device) = (&job.config, job.compute.device());
    let (settings, labels) = (&config.settings, config.labels.len());
    let text = teacher(config, job.compute)?.text;
    let tokenizer = Tokenizer::new();
    let positives = job.train.positives(labels);
    let stage = Stage2 {
        settings: settings.clone(),
        items: job.train.items.clone(),
        truth: job.train.truth.clone(),
        features: &store,
        frame: prompt_frame(config, &text, &tokenizer, &positives, device),
        fixed: text.encode_labels(&tokenizer, &settings.templates(), &config.words),
        text: &text,
        loss: classification_loss(&job, &positives),
        fusion: fusion(config),
        device: device.clone(),
    };
    let plan = plan(&job, settings.batch_2, settings.epochs_2);
    let training = training_device(&job);
    let contexts = start_contexts(config, &text, &tokenizer, &training)?;
    let calibration = first_calibration(&job, &stage, &contexts, &training)?;
    let prompts_of = |model: &Prompts| stage.frame.encode(stage.text, &model.contexts);
    let validate = |model: &Prompts| -> Result<Validated, Failure> {
        let model = model.valid();
        let (scores, truth) = cached_scores(&store, &job.val, labels, &prompts_of(&model), stage.fusion, device)?;
        let offset = host_values(model.calibration.tensors().1)?;
        Ok(validated(&scores.fused, &truth, &positives, offset.first().copied()))
    };
    let snapshots = EvidenceSnapshots::choose(&job, labels);
    let snapshot = |model: &Prompts, epoch: usize| {
        let batch = CachedBatch::read(&store, &snapshots.items, &snapshots.all());
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
    };
    let model = Prompts { contexts, calibration };
    run_stage(&job, (&stage, &plan), (model, &training), callbacks, encoded, context)
}

/// Stage 2 goes on from the calibration of the Stage 1 run that it follows.
fn first_calibration(
    job: &StageJob<'_>,
    stage: &Stage2<'_>,
    contexts: &Contexts,
    training: &Device,
) -> Result<Calibration, Failure> {
    match job
        .config
        .parent
        .as_deref()
        .filter(|_| !checkpoint::exists(&job.folder))
    {
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
