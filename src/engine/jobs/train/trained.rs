//! What finished runs hold: their parameters, and the frozen encoder that these make.

use super::student::student_preprocess;
use crate::clip::model::Clip;
use crate::compute::Compute;
use crate::engine::Failure;
use crate::engine::jobs::encode::{Encoder, ImageModel};
use crate::engine::jobs::model;
use crate::engine::jobs::run_folder::RunConfig;
use crate::method::student::Student;
use crate::project::Project;
use crate::train::checkpoint::{Saved, Tensors, load_used};
use crate::train::features::FeatureKey;
use crate::train::params;
use burn::tensor::Device;

/// The parameters that a run is used with.
///
/// # Errors
/// [`Failure`] where the run has no usable checkpoint.
pub(crate) fn saved(project: &Project, run: &str) -> Result<Saved, Failure> {
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
pub(crate) fn calibration(model: &Tensors) -> Result<(f32, f32), Failure> {
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
pub(crate) fn student_tensors(project: &Project, run: &str) -> Result<Tensors, Failure> {
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
pub(crate) fn frozen_encoder<'a>(
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
pub(crate) fn teacher(config: &RunConfig, compute: &Compute) -> Result<Clip, Failure> {
    Ok(Clip::load(
        model::reopen(&config.model, &config.model_fingerprint)?,
        config.settings.input_size,
        compute.device(),
    )?)
}
