//! Stage 1 as a job: student and calibration learn, with fixed prompts.

use super::assembly::{Prepared, first_offset, plan, prepare, start_calibration, train_student, training_device};
use super::student::build_student;
use super::validation::Inference;
use super::{Ended, StageJob};
use crate::engine::{Context, Failure};
use crate::train::stage1::DualView;
use burn::module::Module;

pub(super) fn run(mut job: StageJob<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let Prepared {
        stage,
        teacher,
        encoded,
    } = prepare(&mut job, context)?;
    let settings = &job.config.settings;
    let plan = plan(&job, settings.batch_1, settings.epochs_1);
    let training = training_device(&job);
    let student = build_student(&job.config, &teacher, &training)?;
    // It may be a gigabyte.
    drop(teacher);
    let text = (stage.text.clone(), stage.text.clone());
    let calibration = start_calibration(&job, &training, || first_offset(&stage, &student, &text, context))?;
    let inference = |model: &DualView| {
        let DualView { student, calibration } = model.valid();
        Inference {
            student,
            calibration,
            text: text.clone(),
        }
    };
    let model = DualView { student, calibration };
    train_student(
        &job,
        (&stage, &stage, &plan),
        (model, &training),
        &inference,
        encoded,
        context,
    )
}
