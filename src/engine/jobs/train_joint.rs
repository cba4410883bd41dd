//! Joint training as a job: student and prompts in one run.

use super::drive::{Looks, drive};
use super::reporter::{Snapshot, Validate};
use super::train::{Ended, Job, plan, training_device};
use super::train_one::{Prepared, Validation, build_student, first_offset, prepare};
use super::train_two::start_contexts;
use super::watch::Watch;
use super::watched::{Grids, Watched};
use crate::clip::model::Clip;
use crate::clip::tokenizer::Tokenizer;
use crate::engine::{Context, Failure};
use crate::method::prompts::PromptFrame;
use crate::method::student::{Calibration, INITIAL_SCALE, StudentInit};
use crate::train::joint::{Joint, Whole};
use burn::module::Module;

/// Runs joint training.
///
/// # Errors
/// [`Failure`]; the newest checkpoint is kept.
pub fn run(mut job: Job<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let Prepared {
        stage,
        teacher,
        encoded,
    } = prepare(&mut job, context)?;
    let (config, device) = (job.config.clone(), job.compute.device().clone());
    let settings = &config.settings;
    let plan = plan(&job, settings.batch_1, settings.epochs_1);
    let training = training_device(&job);
    let student = build_student(&config, &teacher, &training)?;
    let text = Clip::load(teacher, settings.input_size, &device)?.text;
    let tokenizer = Tokenizer::new();
    let joint = Joint {
        frame: PromptFrame::new(
            &text,
            &tokenizer,
            &config.words,
            settings.context_tokens,
            settings.context,
            &config.positives,
            &device,
        ),
        text: &text,
        steps: plan.schedule.total,
        pictures: stage,
    };
    let stage = &joint.pictures;
    let contexts = start_contexts(&config, &text, &tokenizer, &training)?;
    let offset = if crate::train::checkpoint::exists(&job.folder) {
        0.0
    } else {
        let prompts = joint.frame.encode(joint.text, &contexts.valid());
        first_offset(stage, &student, &prompts, context)?
    };
    let model = Whole {
        student,
        contexts,
        calibration: Calibration::new(INITIAL_SCALE, offset, &training),
    };
    let val = Validation::new(stage, &job);
    let watched = Watched::choose(&job, config.labels.len());
    let looked = val.loader_of(&watched.items).load(&watched.all(), None);
    let validate = |model: &Whole| {
        let model = model.valid();
        let prompts = joint.frame.encode(joint.text, &model.contexts);
        val.measure(stage, &model.student, &prompts, &model.calibration)
    };
    let snapshot = |model: &Whole, epoch: usize| {
        let model = model.valid();
        let prompts = joint.frame.encode(joint.text, &model.contexts);
        let (scores, _) = stage.scores_with(&model.student, &looked, prompts, &device)?;
        let grid = config.student.vision.grid();
        watched.save(&job.folder, epoch, &Grids::read(scores, &looked.kept, grid)?)
    };
    let from_clip = settings.student_init == StudentInit::Clip;
    let looks = Looks {
        validate: (!job.val.items.is_empty()).then(|| Box::new(validate) as Box<Validate<'_, Whole>>),
        snapshot: (!looked.kept.is_empty()).then(|| Box::new(snapshot) as Box<Snapshot<'_, Whole>>),
        watch: Watch::distilling(from_clip),
        from_start: from_clip,
    };
    drive(&job, (&joint, &plan), (model, &training), looks, encoded, context)
}
