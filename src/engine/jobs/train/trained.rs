//! What finished runs hold: their parameters, and the frozen encoder that these make.

use super::student::student_preprocess;
use crate::clip::model::Clip;
use crate::compute::Compute;
use crate::engine::Failure;
use crate::engine::jobs::encode::{Encoder, ImageModel};
use crate::engine::jobs::model;
use crate::engine::jobs::run_folder::RunConfig;
use crate::method::student::Student;
use crate::project::{Project, RunState};
use crate::train::checkpoint::{Fallback, Saved, Tensors, load_used};
use crate::train::features::FeatureKey;
use crate::train::params;
use burn::tensor::Device;

/// The parameters that a run is used with, and what was passed over for them, in words: nothing where `fallback` is refused.
///
/// # Errors
/// [`Failure`] where the run has no usable checkpoint, or another one than it names and `fallback` is refused.
pub(crate) fn saved(project: &Project, run: &str, fallback: Fallback) -> Result<(Saved, Vec<String>), Failure> {
    let runs = project.runs()?;
    let done = runs.iter().any(|r| r.id == run && r.state == RunState::Done);
    Ok(load_used(&project.run_folder(run), done, fallback)?)
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

/// The image tower that a run trained.
#[derive(Clone)]
pub(crate) struct TrainedTower {
    run: String,
    /// SHA-256 of the run's parameters.
    fingerprint: String,
    fallback: Fallback,
}

impl TrainedTower {
    /// The tower of `run`, whose parameters have this fingerprint.
    pub fn new(run: &str, fingerprint: &str, fallback: Fallback) -> Self {
        Self {
            run: run.to_owned(),
            fingerprint: fingerprint.to_owned(),
            fallback,
        }
    }

    /// The tower of `run`, and what was passed over for it.
    ///
    /// # Errors
    /// [`Failure`] as [`saved`].
    pub fn of(project: &Project, run: &str, fallback: Fallback) -> Result<(Self, Vec<String>), Failure> {
        let (saved, passed_over) = saved(project, run, fallback)?;
        Ok((Self::new(run, &saved.fingerprint, fallback), passed_over))
    }

    /// Its parameters, by path in it.
    ///
    /// # Errors
    /// [`Failure`] as [`saved`], and where they are others than before.
    pub fn tensors(&self, project: &Project) -> Result<Tensors, Failure> {
        let (saved, _) = saved(project, &self.run, self.fallback)?;
        if saved.fingerprint != self.fingerprint {
            return Err(Failure::new(
                format!("the checkpoint of {} has changed while it was used", self.run),
                "Wait until its training has stopped, then try again.",
            ));
        }
        let tensors = saved.model.into_iter();
        Ok(tensors
            .filter_map(|(name, tensor)| Some((name.strip_prefix("student.")?.to_owned(), tensor)))
            .collect())
    }
}

/// The frozen encoder behind a run: `tower` is what a Stage 1 run trained, `None` the untrained CLIP. Built only where a picture is
/// not cached.
pub(crate) fn frozen_encoder<'a>(
    config: &'a RunConfig,
    project: &'a Project,
    tower: Option<TrainedTower>,
) -> Encoder<'a> {
    let view = &config.student;
    let model = match &tower {
        Some(tower) => tower.fingerprint.clone(),
        None => config.model_fingerprint.clone(),
    };
    let key = FeatureKey {
        model,
        preprocess: student_preprocess(config),
        patch_features: Some(config.patch_features),
        precision: config.settings.precision,
    };
    let build = move |device: &Device| match tower {
        Some(tower) => {
            let student = tower.tensors(project)?;
            let blank = Student::blank(&view.vision, view.embed, device);
            let student = params::restore(blank, student, device)
                .map_err(|e| Failure::new(format!("run {} does not fit: {e}", tower.run), "Train Stage 1 again."))?;
            Ok(ImageModel::Student(student))
        }
        None => {
            let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
            Ok(ImageModel::Teacher(
                Clip::load(checkpoint, config.settings.input_size, device)?.image,
            ))
        }
    };
    Encoder {
        key,
        embed: view.embed,
        grid: view.vision.grid(),
        patch: view.vision.patch,
        build: Box::new(build),
    }
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
