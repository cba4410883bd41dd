//! Stage 1 as a job: teacher features, student, offset, the loop.

use super::data::groups;
use super::drive::{Looks, drive};
use super::encode::{Encoder, ImageModel, SMALLEST_PART, ensure};
use super::model;
use super::reporter::{Snapshot, Validate};
use super::run_folder::RunConfig;
use super::train::{Ended, Job, plan, training_device};
use super::watch::{Validated, Watch};
use super::watched::{Grids, Watched};
use crate::clip::checkpoint::{self, Checkpoint, Layout};
use crate::clip::model::{Clip, checked_input_size};
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::PatchFeatures;
use crate::compute::Kind;
use crate::dataset::preprocess::Preprocess;
use crate::engine::{Context, Failure};
use crate::eval::{average_precisions, group_means};
use crate::method::evidence;
use crate::method::losses::ClassificationLoss;
use crate::method::score::{Fusion, host_values};
use crate::method::student::{Calibration, INITIAL_SCALE, Student, StudentConfig, StudentInit};
use crate::train::features::FeatureKey;
use crate::train::loader::{Item, Loader, on_threads};
use crate::train::settings::{KdView, Precision, Settings};
use crate::train::stage1::{DualView, Stage1};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Training pictures whose scores set the first offset (METHOD section 4).
pub const OFFSET_IMAGES: usize = 512;

/// Pictures scored at once outside training.
const BATCH: usize = 16;

/// The teacher's own tower as a student configuration, at the run's input size.
///
/// # Errors
/// [`Failure`] where the checkpoint is no CLIP or the size does not fit.
pub fn teacher_config(checkpoint: &Checkpoint, settings: &Settings) -> Result<StudentConfig, Failure> {
    let config = &checkpoint.config;
    if config.text.is_none() {
        return Err(crate::clip::model::ClipError::NotClip {
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
pub fn top_k(settings: &Settings, student: &StudentConfig) -> usize {
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
pub fn plan_student(config: &RunConfig) -> Result<(StudentConfig, PatchFeatures, usize), Failure> {
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
pub fn student_preprocess(config: &RunConfig) -> Preprocess {
    let StudentConfig { vision, mean, std, .. } = &config.student;
    Preprocess {
        mode: config.settings.preprocess,
        size: vision.image_size,
        mean: *mean,
        std: *std,
    }
}

/// Builds the student on `device`: from its start, not from a checkpoint of the run.
///
/// # Errors
/// [`Failure`] where its checkpoint cannot be used.
pub fn build_student(config: &RunConfig, teacher: &Checkpoint, device: &Device) -> Result<Student, Failure> {
    let StudentConfig { vision, embed, .. } = &config.student;
    let size = vision.image_size;
    Ok(match config.settings.student_init {
        StudentInit::Clip => Student::from_clip(teacher, size, device)?,
        StudentInit::Imagenet => Student::from_vit(&open_vit(&config.settings)?, *embed, size, config.seed, device)?,
        StudentInit::Random => Student::random(vision, *embed, size, config.seed, device)?,
    })
}

/// What Stage 1 and joint training begin with.
pub struct Prepared {
    /// Pictures, teacher and losses.
    pub stage: Stage1,
    /// The teacher's checkpoint.
    pub teacher: Checkpoint,
    /// Pictures that went through the teacher now.
    pub encoded: usize,
}

/// Shows the teacher the pictures and makes the stage; pictures that cannot be read leave the job.
///
/// # Errors
/// [`Failure`] where the teacher or the pictures cannot be used.
pub fn prepare(job: &mut Job<'_>, context: &mut Context<'_>) -> Result<Prepared, Failure> {
    let config = job.config.clone();
    let (settings, device) = (&config.settings, job.compute.device().clone());
    let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
    let teacher_view = teacher_config(&checkpoint, settings)?;
    let labels = config.labels.len();

    let teacher_preprocess = Preprocess {
        mode: settings.preprocess,
        size: teacher_view.vision.image_size,
        mean: teacher_view.mean,
        std: teacher_view.std,
    };
    let fresh = || Clip::load(checkpoint.clone(), settings.input_size, &device);
    let same_view = settings.kd_view == KdView::Same;
    let (mut teacher, mut computed) = (Vec::new(), 0);
    if !same_view {
        // The teacher sees each picture once; a picture that it cannot read is not trained on.
        let encoder = Encoder {
            key: FeatureKey {
                model: checkpoint.fingerprint.clone(),
                preprocess: teacher_preprocess.clone(),
                patch_features: None,
                precision: settings.precision,
            },
            embed: config.student.embed,
            grid: teacher_view.vision.grid(),
            patch: teacher_view.vision.patch,
            build: Box::new(|_| Ok(ImageModel::Teacher(fresh()?.image))),
        };
        let root = job.features_folder();
        let cached = ensure(encoder, &root, &job.train.items, job.compute, context)?;
        job.train = std::mem::take(&mut job.train).without(&cached.failed, labels, context);
        teacher = cached.whole_pictures(&job.train.items, &root)?;
        computed = cached.computed;
    }
    if job.train.items.is_empty() {
        return Err(Failure::new(
            "no training picture can be read",
            "Check that the pictures are where they were.",
        ));
    }
    let text = {
        let clip = fresh()?;
        clip.text
            .encode_labels(&Tokenizer::new(), &settings.templates(), &config.words)
    };
    let tower = if same_view { Some(fresh()?.image) } else { None };
    let positives = job.train.positives(labels);
    let stage = Stage1 {
        settings: settings.clone(),
        loader: Loader {
            items: job.train.items.clone(),
            preprocess: student_preprocess(&config),
            teacher: same_view.then_some(teacher_preprocess),
            patch: config.student.vision.patch,
            grid: config.student.vision.grid(),
        },
        truth: job.train.truth.clone(),
        teacher,
        tower,
        layers: config.student.vision.layers,
        half: half(job, context),
        text,
        loss: ClassificationLoss::new(settings.loss, settings.db(), &positives, job.train.items.len()),
        fusion: Fusion {
            alpha: settings.alpha,
            top_k: config.top_k,
        },
        patch_features: config.patch_features,
        seed: config.seed,
        device: device.clone(),
    };

    Ok(Prepared {
        stage,
        teacher: checkpoint,
        encoded: computed,
    })
}

/// Runs Stage 1.
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
    let plan = plan(&job, config.settings.batch_1, config.settings.epochs_1);
    let training = training_device(&job);
    let student = build_student(&config, &teacher, &training)?;
    drop(teacher);
    let offset = if crate::train::checkpoint::exists(&job.folder) {
        0.0
    } else {
        first_offset(&stage, &student, &(stage.text.clone(), stage.text.clone()), context)?
    };
    let model = DualView {
        student,
        calibration: Calibration::new(INITIAL_SCALE, offset, &training),
    };
    let val = Validation::new(&stage, &job);
    let watched = Watched::choose(&job, config.labels.len());
    // Read once: they are looked at unvaried.
    let looked = val.loader_of(&watched.items).load(&watched.all(), None);
    let fixed = || (stage.text.clone(), stage.text.clone());
    let validate = |model: &DualView| {
        let model = model.valid();
        val.measure(&stage, &model.student, &fixed(), &model.calibration)
    };
    let snapshot = |model: &DualView, epoch: usize| {
        let (scores, _) = stage.scores(&model.valid().student, &looked, &device)?;
        let grid = config.student.vision.grid();
        watched.save(&job.folder, epoch, &Grids::read(scores, &looked.kept, grid)?)
    };
    let from_clip = config.settings.student_init == StudentInit::Clip;
    let looks = Looks {
        validate: (!job.val.items.is_empty()).then(|| Box::new(validate) as Box<Validate<'_, DualView>>),
        snapshot: (!looked.kept.is_empty()).then(|| Box::new(snapshot) as Box<Snapshot<'_, DualView>>),
        watch: Watch::distilling(from_clip),
        from_start: from_clip,
    };
    drive(&job, (&stage, &plan), (model, &training), looks, encoded, context)
}

/// Whether the tower trains in 16-bit floats: on a GPU that can, where it is asked for.
fn half(job: &Job<'_>, context: &mut Context<'_>) -> bool {
    let asked = job.config.settings.precision == Precision::F16 && job.compute.kind == Kind::Gpu;
    if asked && !job.compute.supports_f16() {
        context.warn(
            "no-f16",
            "this GPU computes no 16-bit floats: precision=f16 halves the feature caches alone",
        );
    }
    asked && job.compute.supports_f16()
}

/// Mean of s over the first pictures and all classes, unaugmented, with the text embeddings (tG, tL).
pub fn first_offset(
    stage: &Stage1,
    student: &Student,
    text: &(Tensor<2>, Tensor<2>),
    context: &mut Context<'_>,
) -> Result<f32, Failure> {
    let student = student.valid();
    let count = stage.loader.items.len().min(OFFSET_IMAGES);
    let indices: Vec<usize> = (0..count).collect();
    let (mut sum, mut n) = (0.0, 0usize);
    for batch in indices.chunks(BATCH) {
        context.check_cancelled()?;
        let pixels = stage.loader.load(batch, None);
        if pixels.kept.is_empty() {
            continue;
        }
        let (scores, _) = stage.scores_with(&student, &pixels, text.clone(), &stage.device)?;
        let values = host_values(scores.fused)?;
        sum += values.iter().map(|v| f64::from(*v)).sum::<f64>();
        n += values.len();
        context.progress("looking at the pictures", batch.last().map_or(0, |i| i + 1), count);
    }
    Ok((sum / n.max(1) as f64) as f32)
}

/// The validation split where features change with every step.
pub struct Validation {
    parts: usize,
    loader: Loader,
    truth: Vec<i8>,
    positives: Vec<usize>,
}

impl Validation {
    /// The job's validation pictures, read as the stage reads its own.
    pub fn new(stage: &Stage1, job: &Job<'_>) -> Self {
        let loader = Loader {
            items: job.val.items.clone(),
            teacher: None,
            ..stage.loader.clone()
        };
        Self {
            parts: job.compute.parts(),
            loader,
            truth: job.val.truth.clone(),
            positives: job.train.positives(job.config.labels.len()),
        }
    }

    /// Reads other pictures the same way.
    pub fn loader_of(&self, items: &[Item]) -> Loader {
        Loader {
            items: items.to_vec(),
            ..self.loader.clone()
        }
    }

    /// Measures a student, not training, with the text embeddings (tG, tL).
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn measure(
        &self,
        stage: &Stage1,
        student: &Student,
        text: &(Tensor<2>, Tensor<2>),
        calibration: &Calibration,
    ) -> Result<Validated, Failure> {
        let classes = self.positives.len();
        let all: Vec<usize> = (0..self.loader.items.len()).collect();
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for batch in all.chunks(BATCH) {
            let pixels = self.loader.load(batch, None);
            if pixels.kept.is_empty() {
                continue;
            }
            truth.extend(crate::train::stage1::rows(&self.truth, classes, &pixels.kept));
            let found = on_threads(pixels.split(self.parts, SMALLEST_PART), |part| {
                let scores = stage.scores_with(student, &part, text.clone(), &stage.device)?.0;
                host_values(scores.fused)
            });
            for values in found {
                scores.extend(values?);
            }
        }
        let offset = host_values(calibration.tensors().1)?;
        Ok(validated(&scores, &truth, &self.positives, offset.first().copied()))
    }
}

/// Fused scores `[pictures, classes]` measured by group of training frequency; `offset` is the score of probability 0.5.
pub fn validated(scores: &[f32], truth: &[i8], train_positives: &[usize], offset: Option<f32>) -> Validated {
    let classes = train_positives.len();
    let ap = average_precisions(scores, truth, classes);
    let share = |c: usize| {
        let known: Vec<i8> = (truth.iter().skip(c).step_by(classes).copied())
            .filter(|t| *t >= 0)
            .collect();
        let positives = known.iter().filter(|t| **t == 1).count();
        (positives > 0).then(|| 100.0 * positives as f64 / known.len() as f64)
    };
    let shares: Vec<f64> = (0..classes).filter_map(share).collect();
    let given = offset.map_or(0, |offset| scores.iter().filter(|s| **s >= offset).count());
    Validated {
        map: group_means(&ap, &groups(train_positives)),
        chance: shares.iter().sum::<f64>() / shares.len().max(1) as f64,
        given: given as f64 / scores.len().max(1) as f64,
    }
}
