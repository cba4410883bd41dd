//! What a training would do, and how long it would take on this device: a few real steps are tried, and nothing is kept.

use super::data;
use super::model;
use super::project::open_for_work;
use super::propose::{self, Facts};
use super::run_folder::RunConfig;
use super::train::{self, Job};
use super::{data::Pictures, split, train_joint, train_one, train_two};
use crate::clip::vision::PatchFeatures;
use crate::compute::{Compute, Kind};
use crate::dataset::model::Split;
use crate::engine::event::{PlannedStage, TrainingPlan};
use crate::engine::request::{PlanRequest, Scheme, SplitRequest, Stages, TrainRequest};
use crate::engine::{Context, Event, Failure};
use crate::project::Project;
use crate::train::schedule::Schedule;
use crate::train::settings::Settings;
use std::time::Instant;

/// Steps that are tried; the first one says little.
const TRIED: usize = 3;

/// Pictures a step while Stage 1 is tried: its time grows with them.
const TRIED_PICTURES: usize = 8;

/// A picture's way through a tower, as a share of a training step's: the way back costs twice as much.
const FORWARD: f64 = 1.0 / 3.0;

/// Tells the plan.
pub fn run(request: &PlanRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = open_for_work(&request.train.project, context)?;
    let wanted = model::choose(request.train.model.as_deref(), project.setting("model")?);
    let (labels, _) = data::labels(&project)?;
    let (train, val, test, split) = pictures(&request.train, &project, context)?;
    let facts = Facts::of(&train, labels.len(), &wanted);
    let asked = request.train.propose.then_some(&facts);
    let mut config = train::first_config(&request.train, asked, compute, &project, context)?;
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
        proposed: propose::propose(&facts),
        settings: changed.filter(|(name, value)| usual.get(name) != Some(value)).collect(),
        stages: Vec::new(),
        seconds: None,
    };
    for stage in stages(request.train.stages) {
        let s = &config.settings;
        let (batch, epochs) = if *stage == 2 {
            (s.batch_2, s.epochs_2)
        } else {
            (s.batch_1, s.epochs_1)
        };
        let schedule = Schedule::new(plan.train, batch, epochs, s.max_steps, s.warmup);
        plan.stages.push(PlannedStage {
            stage: *stage,
            epochs: schedule.epochs(),
            batch: batch.min(plan.train),
            steps: schedule.total,
            seconds: None,
        });
    }
    if request.try_steps {
        let rehearsal = Rehearsal {
            project: &project,
            compute,
            config: &config,
            train: &train,
            val: plan.val,
        };
        for planned in &mut plan.stages {
            context.check_cancelled()?;
            context.progress("trying a few steps", usize::from(planned.stage == 2), 2);
            planned.seconds = Some(rehearsal.seconds(planned, context)?);
        }
        plan.seconds = Some(plan.stages.iter().filter_map(|s| s.seconds).sum());
    }
    context.emit(Event::Plan(plan));
    Ok(())
}

/// What is learned from, how many pictures choose settings and test, and the command of the split that would be made for that.
type Shared = (Pictures, usize, usize, Option<String>);

/// The pictures as the training would see them.
fn pictures(request: &TrainRequest, project: &Project, context: &mut Context<'_>) -> Result<Shared, Failure> {
    let rows = project.pictures(None)?;
    let ids: Vec<i64> = rows.iter().map(|p| p.id).collect();
    let truth = project.truth(&ids)?;
    let scheme = match request.propose && train::unsplit(project)? {
        true => propose::split(&truth.positives(), truth.cols),
        false => None,
    };
    let quietly = |context: &mut Context<'_>, split: Option<Split>| {
        context.part(&mut |_| false, |context| match split {
            None => data::training_pictures(project, context),
            Some(split) => Pictures::of(project, Some(split), context),
        })
    };
    let all = quietly(context, None)?;
    let Some(Scheme::Random { fractions, labelled }) = scheme else {
        let count = |split| rows.iter().filter(|p| p.split == Some(split)).count();
        return Ok((all, count(Split::Val), count(Split::Test), None));
    };
    let splits = split::at_random(&truth.positives(), truth.cols, (fractions, labelled), request.seed)?;
    let count = |split| splits.iter().filter(|s| **s == Some(split)).count();
    let learned: std::collections::HashSet<i64> = (ids.iter().zip(&splits))
        .filter(|(_, s)| **s == Some(Split::Train))
        .map(|(id, _)| *id)
        .collect();
    let mut train = Pictures::default();
    for (i, item) in all
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| learned.contains(&item.id))
    {
        train.items.push(item.clone());
        train
            .truth
            .extend_from_slice(&all.truth[i * truth.cols..(i + 1) * truth.cols]);
    }
    let request = SplitRequest {
        project: request.project.clone(),
        scheme: Scheme::Random { fractions, labelled },
        seed: request.seed,
    };
    Ok((
        train,
        count(Split::Val),
        count(Split::Test),
        Some(split::command(&request)),
    ))
}

fn stages(asked: Stages) -> &'static [u8] {
    match asked {
        Stages::One => &[1],
        Stages::Two => &[2],
        Stages::Both => &[1, 2],
        Stages::Joint => &[3],
    }
}

struct Rehearsal<'a> {
    project: &'a Project,
    compute: &'a Compute,
    config: &'a RunConfig,
    train: &'a Pictures,
    val: usize,
}

impl Rehearsal<'_> {
    /// How long a stage would take, with what comes before it: the teacher (Stage 1) or the student (Stage 2) sees every picture once.
    fn seconds(&self, planned: &PlannedStage, context: &mut Context<'_>) -> Result<f64, Failure> {
        let labels = self.config.labels.len();
        let mut config = self.config.clone();
        let s = &mut config.settings;
        (s.shuffle, s.max_steps, s.early_stop) = (false, Some(TRIED), None);
        let asked = if planned.stage == 2 {
            s.batch_2
        } else {
            s.batch_1.min(self.most())
        };
        // Stage 2 costs its text tower, however few pictures there are; a picture may come twice in what is tried.
        let count = asked.min(self.train.items.len().max(1));
        (s.batch_1, s.batch_2) = (count, count);
        if planned.stage == 2 {
            (config.stage, config.parent) = (2, None);
            config.student = train_one::teacher_config(
                &model::reopen(&config.model, &config.model_fingerprint)?,
                &config.settings,
            )?;
            config.patch_features = PatchFeatures::Token;
            config.top_k = train_one::top_k(&config.settings, &config.student);
        }
        let scratch = tempfile::tempdir().map_err(|e| Failure::io("make a folder in", &std::env::temp_dir(), &e))?;
        let job = Job {
            project: self.project,
            compute: self.compute,
            id: "rehearsal".to_owned(),
            folder: scratch.path().to_owned(),
            config,
            train: Pictures {
                items: self.train.items[..count].to_vec(),
                truth: self.train.truth[..count * labels].to_vec(),
            },
            val: Pictures::default(),
            log_every: 1,
            checkpoint_every: None,
            watch: Vec::new(),
            rehearsal: Some(TRIED),
        };
        let begin = Instant::now();
        let tried = context.part(&mut |_| false, |context| match planned.stage {
            1 => train_one::run(job, context),
            2 => train_two::run(job, context),
            _ => train_joint::run(job, context),
        })?;
        let steps = tried.tried.get(1..).unwrap_or_default();
        let step = steps.iter().copied().fold(f64::INFINITY, f64::min);
        let all: f64 = tried.tried.iter().sum();
        // Reading the models, compiling kernels: once.
        let once = (begin.elapsed().as_secs_f64() - all).max(0.0);
        let of_pictures = (self.train.items.len() + self.val) as f64;
        Ok(once
            + if planned.stage == 2 {
                step * planned.steps as f64
            } else {
                let picture = step / count.max(1) as f64;
                // Every picture is learned from in each pass and seen by the teacher before and by the student after; the
                // validation pictures are measured after each pass.
                let seen = 2.0 * of_pictures + (planned.epochs * self.val) as f64;
                picture * (planned.epochs * self.train.items.len()) as f64 + FORWARD * picture * seen
            })
    }

    /// Pictures a step while Stage 1 is tried.
    fn most(&self) -> usize {
        match self.compute.kind {
            Kind::Gpu => 2 * TRIED_PICTURES,
            Kind::Cpu => TRIED_PICTURES.max(2 * self.compute.parts()),
        }
    }
}
