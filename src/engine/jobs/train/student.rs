//! The image tower that a run trains: its sizes, how it sees pictures, what it starts from.

use crate::clip::checkpoint::{self, Checkpoint, Layout};
use crate::clip::model::{ClipError, checked_input_size};
use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::Preprocess;
use crate::engine::Failure;
use crate::engine::jobs::run_folder::RunConfig;
use crate::method::evidence;
use crate::method::student::{Student, StudentConfig, StudentInit};
use crate::train::settings::Settings;
use burn::tensor::Device;

/// The teacher's own tower as a student configuration, at the run's input size.
///
/// # Errors
/// [`Failure`] where the checkpoint is no CLIP or the size does not fit.
pub(crate) fn teacher_config(checkpoint: &Checkpoint, settings: &Settings) -> Result<StudentConfig, Failure> {
    let config = &checkpoint.config;
    if config.text.is_none() {
        return Err(ClipError::NotClip {
            path: checkpoint.path.clone(),
        }
        .into());
    }
    let size = checked_input_size(&config.vision, settings.input_size)?;
    let mut vision = config.vision.clone();
    vision.image_size = size;
    Ok(StudentConfig {
        vision,
        embed: config.embed,
        mean: config.mean,
        std: config.std,
    })
}

/// K for a tower.
pub(crate) fn top_k(settings: &Settings, student: &StudentConfig) -> usize {
    let patches = student.vision.patches();
    settings
        .top_k
        .unwrap_or_else(|| evidence::default_top_k(patches))
        .clamp(1, patches)
}

/// The student that a run's settings ask for: its sizes, patch mode and K.
///
/// # Errors
/// [`Failure`] where the ViT of `student_init=imagenet` cannot be used.
pub(crate) fn plan_student(config: &RunConfig) -> Result<(StudentConfig, PatchFeatures, usize), Failure> {
    let settings = &config.settings;
    let mut student = config.student.clone();
    if settings.student_init == StudentInit::Imagenet {
        let vit = open_vit(settings)?;
        let size = checked_input_size(&vit.config.vision, settings.input_size)?;
        student.vision = vit.config.vision.clone();
        student.vision.image_size = size;
        (student.mean, student.std) = (vit.config.mean, vit.config.std);
    }
    let top_k = top_k(settings, &student);
    Ok((student, settings.patch_features.unwrap_or(PatchFeatures::Token), top_k))
}

fn open_vit(settings: &Settings) -> Result<Checkpoint, Failure> {
    let path = settings.student_path.clone().unwrap_or_default();
    let vit = checkpoint::open(&path)?;
    if vit.layout != Layout::Vit {
        return Err(Failure::new(
            format!("{} is not a ViT in Hugging Face's layout", path.display()),
            "Give the folder of for example google/vit-base-patch16-224 as student_path.",
        ));
    }
    Ok(vit)
}

/// How the student sees pictures.
pub(crate) fn student_preprocess(config: &RunConfig) -> Preprocess {
    let StudentConfig { vision, mean, std, .. } = &config.student;
    Preprocess {
        mode: config.settings.preprocess,
        size: vision.image_size,
        mean: *mean,
        std: *std,
    }
}

/// The student on `device` as it is before the first step.
///
/// # Errors
/// [`Failure`] where its checkpoint cannot be used.
pub(crate) fn build_student(config: &RunConfig, teacher: &Checkpoint, device: &Device) -> Result<Student, Failure> {
    let StudentConfig { vision, embed, .. } = &config.student;
    let size = vision.image_size;
    Ok(match config.settings.student_init {
        StudentInit::Clip => Student::from_clip(teacher, size, device)?,
        StudentInit::Imagenet => Student::from_vit(&open_vit(&config.settings)?, *embed, size, config.seed, device)?,
        StudentInit::Random => Student::random(vision, *embed, size, config.seed, device)?,
    })
}
