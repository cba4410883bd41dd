//! What a training would do, and how long it would take on this device: a few real steps are tried, and nothing is kept.

use super::data::{self, Pictures};
use super::model;
use super::project::open_for_work;
use super::propose::{self, Facts, Proposal};
use super::run_folder::RunConfig;
use super::train::{self, StageJob, teacher_config, top_k};
use super::{evidence_snapshots, split};
use crate::clip::vision::PatchFeatures;
use crate::compute::{Compute, Kind};
use crate::dataset::model::Split;
use crate::engine::event::{PhaseKind, PlannedStage, TrainingPlan, warnings};
use crate::engine::request::{SplitRequest, TrainRequest};
use crate::engine::{Context, Event, Failure, Stage};
use crate::project::Project;
use crate::support::leftovers;
use crate::train::sampler::draws_of;
use crate::train::schedule::Schedule;
use crate::train::settings::{Sampler, Settings};
use std::time::Instant;

/// Steps that are tried; the first one says little.
const TRIED: usize = 3;

/// Pictures a step while Stage 1 is tried: its time grows with them.
const TRIED_PICTURES: usize = 8;

/// The text tower's way forward, as a share of a Stage 2 step, which is little else: the way back costs twice as much.
const FORWARD: f64 = 1.0 / 3.0;

/// Tells the plan.
pub(crate) fn run(request: &TrainRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = open_for_work(&request.project, context)?;
    evidence_snapshots::picture_ids(&project, &request.watch)?;
    let wanted = model::choose(request.model.as_deref(), project.setting("model")?);
    let (labels, _) = data::labels(&project)?;
    let proposes = train::proposes(request);
    let Seen {
        train,
        val,
        test,
        split,
    } = seen(request, proposes, &project, context)?;
    let facts = Facts::of(&train, labels.len(), &wanted);
    let quiet = &mut |event: &Event| !matches!(event, Event::Warning { code, .. } if code == warnings::NO_SPLITS && split.is_some());
    let mut config = context.part(quiet, |context| {
        train::first_config(request, proposes.then_some(&facts), compute, &project, context)
    })?;
    if config.labels != labels {
        return Err(Failure::new(
            "the labels have changed while the plan was made",
            "Ask again.",
        ));
    }
    config.positives.clone_from(&facts.positives);
    let usual = Settings::default().values();
    let changed = config.settings.values().into_iter();
    let mut plan = TrainingPlan {
        train: train.items.len(),
        val,
        test,
        split,
        labels: config.labels.len(),
        without: config.positives.iter().filter(|n| **n == 0).count(),
        device: compute.name.clone(),
        // A Stage 2 that goes on from a run keeps that run's settings.
        proposed: match request.from {
            None => propose::propose(&facts),
            Some(_) => Vec::new(),
        },
        settings: changed.filter(|(name, value)| usual.get(name) != Some(value)).collect(),
        stages: Vec::new(),
        seconds: None,
    };
    let stages = request.stages.in_order().iter();
    let (planned, learned): (Vec<_>, Vec<_>) = stages.map(|stage| planned(*stage, &config, plan.train, val)).unzip();
    plan.stages = planned;
    let rehearsal = Rehearsal {
        project: &project,
        compute,
        config: &config,
        train: &train,
        val,
    };
    for (i, (planned, learned)) in plan.stages.iter_mut().zip(learned).enumerate() {
        context.progress("trying a few steps", i, 2);
        planned.seconds = rehearsal.seconds(planned, learned, context)?;
        context.check_cancelled()?;
    }
    // Where one stage has no time, there is none for all.
    plan.seconds = plan.stages.iter().map(|s| s.seconds).sum();
    context.emit(Event::Plan(plan));
    Ok(())
}

/// A stage on so many training and validation pictures, and how many pictures go through its steps together.
fn planned(stage: Stage, config: &RunConfig, images: usize, val: usize) -> (PlannedStage, usize) {
    let s = &config.settings;
    let (batch, epochs) = if stage.trains_student() {
        (s.batch_1, s.epochs_1)
    } else {
        (s.batch_2, s.epochs_2)
    };
    let samplers: Vec<Sampler> = match stage {
        Stage::Two => train::contexts_tried(s, val > 0)
            .into_iter()
            .map(|(_, sampler)| sampler)
            .collect(),
        Stage::One | Stage::Joint => vec![s.sampler.unwrap_or(Sampler::Uniform)],
    };
    let mut planned = PlannedStage {
        stage,
        epochs: 0,
        batch: 0,
        steps: 0,
        trainings: samplers.len(),
        seconds: None,
    };
    let mut pictures = 0;
    for sampler in samplers {
        let draws = draws_of(sampler, &config.positives, images);
        let schedule = Schedule::new(draws, batch, epochs, s.max_steps, s.warmup);
        planned.epochs += schedule.epochs();
        planned.steps += schedule.total;
        planned.batch = planned.batch.max(batch.min(draws));
        pictures += (schedule.total * batch).min(schedule.epochs() * draws);
    }
    (planned, pictures)
}

/// The pictures as the training would see them.
struct Seen {
    /// What is learned from.
    train: Pictures,
    /// How many choose settings.
    val: usize,
    /// How many test.
    test: usize,
    /// The command of the split that would be made for that.
    split: Option<String>,
}

fn seen(request: &TrainRequest, proposes: bool, project: &Project, context: &mut Context<'_>) -> Result<Seen, Failure> {
    let proposal = match proposes {
        true => propose::split_of(project, request.seed)?,
        false => None,
    };
    // Skipped pictures are reported when the configuration is made.
    let quietly = &mut |_: &Event| false;
    let Some(Proposal { scheme, splits }) = proposal else {
        let train = context.part(quietly, |context| data::training_pictures(project, context))?;
        let rows = project.pictures(None)?;
        let count = |split| rows.iter().filter(|p| p.split == Some(split)).count();
        return Ok(Seen {
            train,
            val: count(Split::Val),
            test: count(Split::Test),
            split: None,
        });
    };
    let all = context.part(quietly, |context| Pictures::all(project, context))?;
    let rows = project.pictures(None)?;
    let learned: std::collections::HashSet<i64> = (rows.iter().zip(&splits))
        .filter(|(_, s)| **s == Some(Split::Train))
        .map(|(p, _)| p.id)
        .collect();
    let columns = all.truth.len() / all.items.len().max(1);
    let mut train = Pictures::default();
    for (i, item) in all.items.iter().enumerate() {
        if learned.contains(&item.id) {
            train.items.push(item.clone());
            train
                .truth
                .extend_from_slice(&all.truth[i * columns..(i + 1) * columns]);
        }
    }
    if train.items.is_empty() {
        return Err(Failure::new(
            "there is no picture to train on",
            "Check that the labelled pictures are where they were.",
        ));
    }
    let count = |split| splits.iter().filter(|s| **s == Some(split)).count();
    let made = SplitRequest {
        project: request.project.clone(),
        scheme,
        seed: request.seed,
    };
    Ok(Seen {
        train,
        val: count(Split::Val),
        test: count(Split::Test),
        split: Some(split::command(&made)),
    })
}

struct Rehearsal<'a> {
    project: &'a Project,
    compute: &'a Compute,
    config: &'a RunConfig,
    train: &'a Pictures,
    val: usize,
}

impl Rehearsal<'_> {
    /// How long a stage would take, with what comes before it and after each pass: the teacher (Stage 1) or the student (Stage 2)
    /// sees every picture once, and the validation pictures are measured. `learned`: pictures in all steps together. `None` where too few steps could be tried.
    fn seconds(
        &self,
        planned: &PlannedStage,
        learned: usize,
        context: &mut Context<'_>,
    ) -> Result<Option<f64>, Failure> {
        if planned.steps == 0 {
            return Ok(Some(0.0));
        }
        let (job, count, _scratch) = self.job(planned)?;
        let begin = Instant::now();
        // How many pictures had gone through the tower, and when.
        let mut encoded: Vec<(Instant, usize)> = Vec::new();
        let mut note = |event: &Event| {
            if let Event::Progress {
                kind: PhaseKind::Encoding,
                done,
                ..
            } = event
            {
                encoded.push((Instant::now(), *done));
            }
            false
        };
        let tried = context.part(&mut note, |context| job.run(context))?;
        let Some(step) = tried.tried.iter().skip(1).copied().reduce(f64::min) else {
            return Ok(None);
        };
        let look = match (encoded.first(), encoded.last()) {
            (Some(first), Some(last)) if last.1 > first.1 => {
                last.0.duration_since(first.0).as_secs_f64() / (last.1 - first.1) as f64
            }
            _ => FORWARD * step / count.max(1) as f64,
        };
        // Reading the models and compiling kernels happen once, here as there.
        let spent: f64 = tried.tried.iter().sum::<f64>() + look * count as f64;
        let once = (begin.elapsed().as_secs_f64() - spent).max(0.0);
        let (train, val, passes) = (self.train.items.len() as f64, self.val as f64, planned.epochs as f64);
        Ok(Some(if planned.stage == Stage::Two {
            // After each pass the prompts are encoded again, for the watched pictures and for the validation pictures.
            let looks = if self.val > 0 { 2.0 } else { 1.0 };
            once + look * (train + val) + step * (planned.steps as f64 + FORWARD * looks * passes)
        } else {
            once + look * (train + val * (passes + 2.0)) + step / count as f64 * learned as f64
        }))
    }

    /// A stage of a few steps on a few pictures in a temporary folder, and how many pictures a step has.
    fn job(&self, planned: &PlannedStage) -> Result<(StageJob<'_>, usize, leftovers::Folder), Failure> {
        let scratch = leftovers::Folder::new(&std::env::temp_dir())
            .map_err(|e| Failure::io("make a folder in", &std::env::temp_dir(), &e))?;
        let labels = self.config.labels.len();
        let mut config = self.config.clone();
        let s = &mut config.settings;
        (s.shuffle, s.max_steps, s.early_stop) = (false, Some(TRIED), None);
        // A step takes as long whatever its pictures; a few of them may have no label to be drawn by.
        s.sampler = None;
        // The text tower costs the same however few pictures there are: where it is trained, steps are tried at their full size.
        let asked = match planned.stage {
            Stage::One => planned.batch.min(self.most()),
            Stage::Two | Stage::Joint => planned.batch,
        };
        let count = asked.clamp(1, self.train.items.len().max(1));
        (s.batch_1, s.batch_2) = (count, count);
        if planned.stage == Stage::Two && self.config.stage != Stage::Two {
            // There is no student yet; one of the teacher's shape costs the same.
            let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
            (config.stage, config.parent) = (Stage::Two, None);
            config.student = teacher_config(&checkpoint, &config.settings)?;
            config.patch_features = PatchFeatures::Token;
            config.top_k = top_k(&config.settings, &config.student);
        }
        let job = StageJob {
            project: self.project,
            compute: self.compute,
            id: "rehearsal".to_owned(),
            folder: scratch.path().to_owned(),
            config,
            train: Pictures {
                items: self.train.items.iter().take(count).cloned().collect(),
                truth: self.train.truth.iter().take(count * labels).copied().collect(),
            },
            val: Pictures::default(),
            log_every: 1,
            checkpoint_every: None,
            watch: Vec::new(),
            rehearsal: Some(TRIED),
        };
        Ok((job, count, scratch))
    }

    /// Pictures a step while Stage 1 is tried.
    fn most(&self) -> usize {
        match self.compute.kind {
            Kind::Gpu => 2 * TRIED_PICTURES,
            Kind::Cpu => TRIED_PICTURES.max(2 * self.compute.parts()),
        }
    }
}
