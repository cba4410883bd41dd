//! Joint training as a job: student, prompts and calibration learn in one run.

use super::assembly::{
    Prepared, first_offset, plan, prepare, prompt_frame, start_calibration, start_contexts, train_student,
    training_device,
};
use super::student::build_student;
use super::validation::Inference;
use super::{Ended, StageJob};
use crate::clip::model::Clip;
use crate::clip::tokenizer::Tokenizer;
use crate::engine::{Context, Failure};
use crate::train::joint::{Joint, Whole};
use burn::module::Module;

pub(super) fn run(mut job: StageJob<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let Prepared {
        stage,
        teacher,
        encoded,
    } = prepare(&mut job, context)?;
    let (config, device) = (&job.config, job.compute.device());
    let plan = plan(&job, config.settings.batch_1, config.settings.epochs_1);
    let training = training_device(&job);
    let student = build_student(config, &teacher, &training)?;
    let text = Clip::load(teacher, config.settings.input_size, device)?.text;
    let tokenizer = Tokenizer::new();
    let joint = Joint {
        frame: prompt_frame(config, &text, &tokenizer, &config.positives, device),
        text: &text,
        steps: plan.schedule.total,
        pictures: stage,
    };
    let pictures = &joint.pictures;
    let contexts = start_contexts(config, &text, &tokenizer, &training)?;
    let calibration = start_calibration(&job, &training, || {
        let prompts = joint.frame.encode(joint.text, &contexts.valid());
        first_offset(pictures, &student, &prompts, context)
    })?;
    let inference = |model: &Whole| {
        let Whole {
            student,
            contexts,
            calibration,
        } = model.valid();
        Inference {
            student,
            calibration,
            text: joint.frame.encode(joint.text, &contexts),
        }
    };
    let model = Whole {
        student,
        contexts,
        calibration,
    };
    train_student(
        &job,
        (&joint, pictures, &plan),
        (model, &training),
        &inference,
        encoded,
        context,
    )
}
