//! `train`: runs the stages of a training one after the other, each as a run of the project that can be stopped and resumed.
//!
//! [`new_run`] makes runs, [`assembly`] puts a stage together, [`run_stage`] drives its trainer; [`choose_context`] trains several Stages 2
//! and keeps one.

mod assembly;
mod choose_context;
mod new_run;
mod reporter;
mod run_stage;
mod stage_joint;
mod stage_one;
mod stage_two;
mod student;
mod trained;
mod validation;

pub(crate) use assembly::learned_texts;
pub(crate) use choose_context::contexts_tried;
pub(crate) use new_run::{first_config, identity, proposes, run_config, unix_seconds};
pub(crate) use student::{student_preprocess, teacher_config, top_k};
pub(crate) use trained::{TrainedTower, calibration, frozen_encoder, saved, teacher};
pub(crate) use validation::{HostScores, cached_scores, validated};

use super::data::{self, Pictures};
use super::project::open_for_work;
use super::run_folder::RunConfig;
use super::{environment, evidence_snapshots, fit};
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::event::warnings;
use crate::engine::request::TrainRequest;
use crate::engine::{Context, Event, Failure, Stage};
use crate::project::{Project, RunState};
use crate::train::trainer::Finish;
use burn::tensor::Tensor;
use std::path::PathBuf;
use std::time::Instant;

/// Text embeddings of both views, (tG, tL), each `[classes, embed]`.
pub(crate) type TextPair = (Tensor<2>, Tensor<2>);

/// What one stage is given.
#[derive(Clone)]
pub(crate) struct StageJob<'a> {
    pub project: &'a Project,
    pub compute: &'a Compute,
    pub id: String,
    pub folder: PathBuf,
    pub config: RunConfig,
    pub train: Pictures,
    /// Empty without a val split.
    pub val: Pictures,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Steps between checkpoints; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Ids of the pictures whose evidence is kept after each epoch; empty: some are chosen.
    pub watch: Vec<i64>,
    /// Only try so many steps, to see how long they take; nothing is kept.
    pub rehearsal: Option<usize>,
}

impl StageJob<'_> {
    /// Where features are cached: a rehearsal leaves nothing in the project.
    pub fn features_folder(&self) -> PathBuf {
        match self.rehearsal {
            Some(_) => self.folder.join("features"),
            None => self.project.features_folder(),
        }
    }

    /// Trains the stage.
    ///
    /// # Errors
    /// [`Failure`]; the newest checkpoint is kept.
    pub fn run(self, context: &mut Context<'_>) -> Result<Ended, Failure> {
        match self.config.stage {
            Stage::One => stage_one::run(self, context),
            Stage::Two => stage_two::run(self, context),
            Stage::Joint => stage_joint::run(self, context),
        }
    }
}

/// What a stage gives back.
pub(crate) struct Ended {
    pub finish: Finish,
    /// Pictures that went through an image tower outside training.
    pub encoded: usize,
    /// Seconds of each step of a rehearsal.
    pub tried: Vec<f64>,
}

impl Ended {
    /// A training that was no rehearsal.
    pub fn new(finish: Finish, encoded: usize) -> Self {
        Self {
            finish,
            encoded,
            tried: Vec::new(),
        }
    }
}

pub(crate) fn run(request: &TrainRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut project = open_for_work(&request.project, context)?;
    project
        .notices()
        .iter()
        .for_each(|notice| context.warn(warnings::PROJECT, notice.clone()));
    evidence_snapshots::picture_ids(&project, &request.watch)?;
    let mut encoded = 0;
    let mut next = Some(match &request.resume {
        Some(id) => new_run::resumed(request, id, &project)?,
        None => new_run::fresh(request, compute, &mut project, context)?,
    });
    let mut last = String::new();
    while let Some((id, config)) = next.take() {
        encoded += to_its_end(request, &id, &config, compute, &mut project, context)?;
        if config.then_stage_2 {
            let first = (id.as_str(), &config);
            next = Some(new_run::second_of_pair(request, first, compute, &mut project, context)?);
        }
        last = id;
    }
    context.emit(Event::Done {
        run: Some(last),
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded,
        fallback: Vec::new(),
    });
    Ok(())
}

/// Trains one run to its end, keeping its state in the project. Pictures that went through an image tower outside training.
fn to_its_end(
    request: &TrainRequest,
    id: &str,
    config: &RunConfig,
    compute: &Compute,
    project: &mut Project,
    context: &mut Context<'_>,
) -> Result<usize, Failure> {
    project.set_run_state(id, RunState::Running, None)?;
    let result = train_and_fit(request, id, config, compute, project, context);
    match result {
        Ok(Ended {
            finish: Finish::Done(_),
            encoded,
            ..
        }) => {
            project.set_run_state(id, RunState::Done, None)?;
            Ok(encoded)
        }
        Ok(Ended {
            finish: Finish::Stopped(step),
            ..
        }) => {
            project.set_run_state(id, RunState::Stopped, None)?;
            Err(Failure {
                hint: Some(format!(
                    "Go on with: patchlight train {} --resume {id}",
                    request.project.display()
                )),
                ..Failure::cancelled(format!("run {id} was stopped after step {step}; it is saved"))
            })
        }
        Err(failure) => {
            let state = if context.cancelled() {
                RunState::Stopped
            } else {
                RunState::Failed
            };
            project.set_run_state(id, state, Some(&failure.message))?;
            Err(failure)
        }
    }
}

/// Trains one run, and chooses alpha and calibration on the validation pictures where that is asked for.
fn train_and_fit(
    request: &TrainRequest,
    id: &str,
    config: &RunConfig,
    compute: &Compute,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<Ended, Failure> {
    let (names, _) = data::labels(project)?;
    let train = data::training_pictures(project, context)?;
    if !config.knows(&names, &data::label_ids(project)?) || identity(&train) != config.data {
        return Err(Failure::new(
            format!("the training data has changed since run {id} began"),
            "Start a new run: a resumed one must see the same pictures and labels.",
        ));
    }
    let val = Pictures::of(project, Some(Split::Val), context)?;
    let folder = project.run_folder(id);
    let job = StageJob {
        project,
        compute,
        id: id.to_owned(),
        folder: folder.clone(),
        config: config.clone(),
        train,
        val: val.clone(),
        log_every: request.log_every.max(1),
        checkpoint_every: request.checkpoint_every,
        watch: evidence_snapshots::picture_ids(project, &request.watch)?,
        rehearsal: None,
    };
    environment::note(&job)?;
    let fits = config.settings.fits_alpha(!val.items.is_empty());
    let mut ended = job.run(context)?;
    if fits && matches!(ended.finish, Finish::Done(_)) {
        ended.encoded += fit::run(project, (id, &folder), val, compute, context)?;
    }
    Ok(ended)
}
