//! Stage 1 as a job: teacher features, student, offset, the loop.

use super::data::groups;
use super::encode::{Encoder, ImageModel, SMALLEST_PART, ensure};
use super::model;
use super::run_folder::{MetricsLog, RunConfig};
use super::train::{Ended, Job, Reporter, plan};
use super::watch::{Validated, Watch};
use crate::clip::checkpoint::{self, Checkpoint, Layout};
use crate::clip::model::{Clip, checked_input_size};
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::Preprocess;
use crate::engine::{Context, Event, Failure};
use crate::eval::{average_precision, group_means};
use crate::method::evidence;
use crate::method::losses::ClassificationLoss;
use crate::method::score::{Fusion, host_values};
use crate::method::student::{Calibration, INITIAL_SCALE, Student, StudentConfig, StudentInit};
use crate::train::features::FeatureKey;
use crate::train::loader::{Loader, on_threads};
use crate::train::settings::Settings;
use crate::train::stage1::{DualView, Stage1};
use crate::train::trainer;
use burn::module::Module;
use burn::tensor::Device;

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
fn build_student(config: &RunConfig, teacher: &Checkpoint, device: &Device) -> Result<Student, Failure> {
    let StudentConfig { vision, embed, .. } = &config.student;
    let size = vision.image_size;
    Ok(match config.settings.student_init {
        StudentInit::Clip => Student::from_clip(teacher, size, device)?,
        StudentInit::Imagenet => Student::from_vit(&open_vit(&config.settings)?, *embed, size, config.seed, device)?,
        StudentInit::Random => Student::random(vision, *embed, size, config.seed, device)?,
    })
}

/// Runs Stage 1.
///
/// # Errors
/// [`Failure`]; the newest checkpoint is kept.
pub fn run(mut job: Job<'_>, context: &mut Context<'_>) -> Result<Ended, Failure> {
    let config = job.config.clone();
    let (settings, device) = (&config.settings, job.compute.device().clone());
    let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
    let teacher_view = teacher_config(&checkpoint, settings)?;
    let labels = config.labels.len();

    // The teacher sees each picture once; a picture that it cannot read is not trained on.
    let key = FeatureKey {
        model: checkpoint.fingerprint.clone(),
        preprocess: Preprocess {
            mode: settings.preprocess,
            size: teacher_view.vision.image_size,
            mean: teacher_view.mean,
            std: teacher_view.std,
        },
        patch_features: None,
        precision: settings.precision,
    };
    let fresh = || Clip::load(checkpoint.clone(), settings.input_size, &device);
    let encoder = Encoder {
        key,
        embed: config.student.embed,
        grid: teacher_view.vision.grid(),
        patch: teacher_view.vision.patch,
        build: Box::new(|_| Ok(ImageModel::Teacher(fresh()?.image))),
    };
    let cached = ensure(
        encoder,
        &job.project.features_folder(),
        &job.train.items,
        job.compute,
        context,
    )?;
    job.train = std::mem::take(&mut job.train).without(&cached.failed, labels, context);
    if job.train.items.is_empty() {
        return Err(Failure::new(
            "no training picture can be read",
            "Check that the pictures are where they were.",
        ));
    }
    let mut teacher = Vec::with_capacity(job.train.items.len() * config.student.embed);
    for item in &job.train.items {
        let record = cached
            .store
            .get(&item.hash)
            .map_err(|e| Failure::io("read the feature cache in", &job.folder, &e))?;
        teacher.extend(
            record
                .ok_or_else(|| Failure::new("cached features are damaged", "Resume the run."))?
                .cls,
        );
    }
    let text = {
        let clip = fresh()?;
        clip.text
            .encode_labels(&Tokenizer::new(), &settings.templates(), &config.words)
    };
    let positives = job.train.positives(labels);
    let stage = Stage1 {
        settings: settings.clone(),
        loader: Loader {
            items: job.train.items.clone(),
            preprocess: student_preprocess(&config),
            patch: config.student.vision.patch,
            grid: config.student.vision.grid(),
        },
        truth: job.train.truth.clone(),
        teacher,
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

    let plan = plan(&job, settings.batch_1, settings.epochs_1);
    let training = job.compute.training_device();
    let student = build_student(&config, &checkpoint, &training)?;
    drop(checkpoint);
    let has_checkpoint = crate::train::checkpoint::exists(&job.folder);
    let offset = if has_checkpoint {
        0.0
    } else {
        first_offset(&stage, &student, &device, context)?
    };
    let model = DualView {
        student,
        calibration: Calibration::new(INITIAL_SCALE, offset, &training),
    };
    let mut warnings = Vec::new();
    let (state, finished) = trainer::resume(&plan, model, &training, &mut |w| warnings.push(w))?;
    warnings.into_iter().for_each(|w| context.warn("checkpoint", w));
    context.emit(Event::Run {
        run: job.id.clone(),
        stage: 1,
        resumed_at: state.step,
    });
    if finished {
        return Ok(Ended {
            finish: trainer::Finish::Done(String::new()),
            encoded: cached.computed,
        });
    }
    let epochs_done = state.step / plan.schedule.per_epoch.max(1);
    let val = Validation::new(&stage, &job, &positives);
    let mut reporter = Reporter {
        context,
        log: MetricsLog::open(&job.folder, state.step, epochs_done)?,
        stage: 1,
        log_every: job.log_every,
        validate: (!job.val.items.is_empty()).then(|| {
            Box::new(|model: &DualView| val.measure(&stage, &model.valid(), &device))
                as Box<super::train::Validate<'_, DualView>>
        }),
        watch: Watch::distilling(settings.student_init == StudentInit::Clip),
    };
    if state.step == 0 && settings.student_init == StudentInit::Clip {
        reporter.measure_start(&state.model)?;
    }
    let finish = trainer::run(&stage, &plan, state, &mut reporter)?;
    Ok(Ended {
        finish,
        encoded: cached.computed,
    })
}

/// Mean of s over the first pictures and all classes, unaugmented.
fn first_offset(stage: &Stage1, student: &Student, device: &Device, context: &mut Context<'_>) -> Result<f32, Failure> {
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
        let (scores, _) = stage.scores(&student, &pixels, device)?;
        let values = host_values(scores.fused)?;
        sum += values.iter().map(|v| f64::from(*v)).sum::<f64>();
        n += values.len();
        context.progress("looking at the pictures", batch.last().map_or(0, |i| i + 1), count);
    }
    Ok((sum / n.max(1) as f64) as f32)
}

/// The validation split in Stage 1, where features change with every step.
struct Validation {
    parts: usize,
    loader: Loader,
    truth: Vec<i8>,
    positives: Vec<usize>,
}

impl Validation {
    fn new(stage: &Stage1, job: &Job<'_>, positives: &[usize]) -> Self {
        let loader = Loader {
            items: job.val.items.clone(),
            ..stage.loader.clone()
        };
        Self {
            parts: job.compute.parts(),
            loader,
            truth: job.val.truth.clone(),
            positives: positives.to_vec(),
        }
    }

    fn measure(&self, stage: &Stage1, model: &DualView, device: &Device) -> Result<Validated, Failure> {
        let student = &model.student;
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
                host_values(stage.scores(student, &part, device)?.0.fused)
            });
            for values in found {
                scores.extend(values?);
            }
        }
        let offset = host_values(model.calibration.tensors().1)?;
        Ok(validated(&scores, &truth, &self.positives, offset.first().copied()))
    }
}

/// Fused scores `[pictures, classes]` measured by group of training frequency; `offset` is the score of probability 0.5.
pub fn validated(scores: &[f32], truth: &[i8], train_positives: &[usize], offset: Option<f32>) -> Validated {
    let classes = train_positives.len();
    let column = |c: usize| {
        let s: Vec<f32> = scores.iter().skip(c).step_by(classes).copied().collect();
        let t: Vec<i8> = truth.iter().skip(c).step_by(classes).copied().collect();
        average_precision(&s, &t)
    };
    let ap: Vec<Option<f64>> = (0..classes).map(column).collect();
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
