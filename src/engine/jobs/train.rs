//! `train`: prepares data and model, makes runs, runs the stages one after the other, resumes.

use super::data::{self, Pictures};
use super::model;
use super::project::open_for_work;
use super::propose::{self, Facts};
use super::run_folder::RunConfig;
use super::{environment, fit, memory, split, train_joint, train_one, train_two};
use crate::clip::vision::PatchFeatures;
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::request::{SplitRequest, Stages, TrainRequest};
use crate::engine::{Context, Event, Failure};
use crate::method::student::StudentInit;
use crate::project::{Project, Run, RunState};
use crate::support::hash;
use crate::train::schedule::Schedule;
use crate::train::settings::{Keep, Settings};
use crate::train::trainer::{Fault, Finish, Plan};
use burn::tensor::Device;
use std::path::PathBuf;
use std::time::Instant;

/// What one stage is given.
pub struct Job<'a> {
    /// The project.
    pub project: &'a Project,
    /// The device.
    pub compute: &'a Compute,
    /// The run's id.
    pub id: String,
    /// The run's folder.
    pub folder: PathBuf,
    /// What the run depends on.
    pub config: RunConfig,
    /// Training pictures.
    pub train: Pictures,
    /// Validation pictures; empty without a val split.
    pub val: Pictures,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Steps between checkpoints; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Ids of the watched pictures; empty: some are chosen.
    pub watch: Vec<i64>,
    /// Only try so many steps, to see how long they take; nothing is kept.
    pub rehearsal: Option<usize>,
}

impl Job<'_> {
    /// Where features are cached: a rehearsal leaves nothing in the project.
    pub fn features_folder(&self) -> PathBuf {
        match self.rehearsal {
            Some(_) => self.folder.join("features"),
            None => self.project.features_folder(),
        }
    }
}

/// What a stage gives back.
pub struct Ended {
    /// How it ended.
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

/// Trains.
pub fn run(request: &TrainRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut project = open_for_work(&request.project, context)?;
    project
        .notices()
        .iter()
        .for_each(|notice| context.warn("project", notice.clone()));
    watched(&project, &request.watch)?;
    let mut encoded = 0;
    let mut next = Some(match &request.resume {
        Some(id) => resumed(request, id, &project)?,
        None => fresh(request, compute, &mut project, context)?,
    });
    let mut last = String::new();
    while let Some((id, config)) = next.take() {
        encoded += one(request, id.clone(), &config, compute, &mut project, context)?;
        if config.then_stage_2 {
            let follow = TrainRequest {
                stages: Stages::Two,
                from: Some(id.clone()),
                resume: None,
                propose: false,
                // All that the pair was asked for is in the first run, also where it was resumed by another command.
                model: None,
                config: None,
                set: Vec::new(),
                seed: config.seed,
                ..request.clone()
            };
            // A resumed pair may already have its second run.
            let runs = project.runs()?;
            let second = runs
                .into_iter()
                .find(|r| r.config["of_pair"] == true && r.parent.as_deref() == Some(&id));
            next = Some(match second {
                Some(second) if request.resume.is_some() => resumed(request, &second.id, &project)?,
                _ => {
                    let config = follow_config(&follow, &config, true, compute, &project, context)?;
                    insert(&mut project, config)?
                }
            });
        }
        last = id;
    }
    context.emit(Event::Done {
        run: Some(last),
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded,
    });
    Ok(())
}

/// The ids of pictures to be watched, by their names or, where that is one picture's alone, by the last part of them.
///
/// # Errors
/// [`Failure`] (wrong usage) for a name that is no picture's, or that of a picture which training does not see.
pub fn watched(project: &Project, names: &[String]) -> Result<Vec<i64>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let pictures = project.pictures(None)?;
    let unsplit = data::unsplit(project)?;
    let of = |name: &String| {
        let whole = pictures.iter().find(|p| p.name == *name);
        let mut ends = pictures
            .iter()
            .filter(|p| p.path.file_name().is_some_and(|f| f == name.as_str()));
        let found = whole.or_else(|| ends.next().filter(|_| ends.next().is_none()));
        let picture = found.ok_or_else(|| {
            Failure::usage(
                format!("the project has no picture named {name}, or more than one"),
                "Name a training or validation picture as the project does, for example train/0001.jpg.",
            )
        })?;
        let watchable = [Some(Split::Train), Some(Split::Val)].contains(&picture.split) || unsplit;
        if !watchable {
            return Err(Failure::usage(
                format!("{name} is neither a training nor a validation picture: training does not look at it"),
                "Name a training or validation picture.",
            ));
        }
        Ok(picture.id)
    };
    names.iter().map(of).collect()
}

/// Trains one run to its end, keeping its state in the project.
fn one(
    request: &TrainRequest,
    id: String,
    config: &RunConfig,
    compute: &Compute,
    project: &mut Project,
    context: &mut Context<'_>,
) -> Result<usize, Failure> {
    let folder = project.run_folder(&id);
    project.set_run_state(&id, RunState::Running, None)?;
    let result = train_run(request, id.clone(), folder, config, compute, project, context);
    match result {
        Ok(Ended {
            finish: Finish::Done(_),
            encoded,
            ..
        }) => {
            project.set_run_state(&id, RunState::Done, None)?;
            Ok(encoded)
        }
        Ok(Ended {
            finish: Finish::Stopped(step),
            ..
        }) => {
            project.set_run_state(&id, RunState::Stopped, None)?;
            Err(Failure::new(
                format!("run {id} was stopped after step {step}; it is saved"),
                format!(
                    "Go on with: patchlight train {} --resume {id}",
                    request.project.display()
                ),
            ))
        }
        Err(failure) => {
            let state = if context.cancelled() {
                RunState::Stopped
            } else {
                RunState::Failed
            };
            project.set_run_state(&id, state, Some(&failure.message))?;
            Err(failure)
        }
    }
}

fn train_run(
    request: &TrainRequest,
    id: String,
    folder: PathBuf,
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
    let job = Job {
        project,
        compute,
        id,
        folder,
        config: config.clone(),
        train,
        val,
        log_every: request.log_every.max(1),
        checkpoint_every: request.checkpoint_every,
        watch: watched(project, &request.watch)?,
        rehearsal: None,
    };
    environment::note(&job)?;
    let fits = config.settings.fits_alpha(!job.val.items.is_empty());
    let val = job.val.clone();
    let (id, folder) = (job.id.clone(), job.folder.clone());
    let mut ended = match config.stage {
        1 => train_one::run(job, context)?,
        2 => train_two::run(job, context)?,
        _ => train_joint::run(job, context)?,
    };
    if fits && matches!(ended.finish, Finish::Done(_)) {
        ended.encoded += fit::run(project, (&id, &folder), val, compute, context)?;
    }
    Ok(ended)
}

/// Makes the run that the request begins with.
fn fresh(
    request: &TrainRequest,
    compute: &Compute,
    project: &mut Project,
    context: &mut Context<'_>,
) -> Result<(String, RunConfig), Failure> {
    let facts = if proposes(request) {
        split_what_is_not(request, project, context)?;
        // The split may have made a test picture of it.
        watched(project, &request.watch)?;
        let (labels, _) = data::labels(project)?;
        let train = data::training_pictures(project, context)?;
        let wanted = model::choose(request.model.as_deref(), project.setting("model")?);
        Some(Facts::of(&train, labels.len(), &wanted))
    } else {
        None
    };
    let config = first_config(request, facts.as_ref(), compute, project, context)?;
    insert(project, config)
}

/// Whether the program's proposal goes under what is asked for: not where Stage 2 goes on from a run, whose settings and pictures it keeps.
pub fn proposes(request: &TrainRequest) -> bool {
    request.propose && request.from.is_none()
}

/// Makes the proposed split; it is kept in the history like any other.
fn split_what_is_not(request: &TrainRequest, project: &mut Project, context: &mut Context<'_>) -> Result<(), Failure> {
    match propose::split_of(project, request.seed)? {
        Some(propose::Proposal { scheme, .. }) => {
            let split = SplitRequest {
                project: request.project.clone(),
                scheme,
                seed: request.seed,
            };
            split::make(&split, project, context)
        }
        None => Ok(()),
    }
}

/// The configuration of the run that the request begins with, over what is proposed for `facts`; the project stays as it is.
///
/// # Errors
/// [`Failure`] where the request cannot be trained.
pub fn first_config(
    request: &TrainRequest,
    facts: Option<&Facts>,
    compute: &Compute,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<RunConfig, Failure> {
    match (&request.from, request.stages) {
        (Some(id), Stages::Two) => {
            let parent = run_config(project, id)?;
            if parent.stage != 1 {
                return Err(Failure::usage(
                    format!("run {id} is not a Stage 1 run"),
                    "Give a Stage 1 run to --from.",
                ));
            }
            let done = project.runs()?.iter().any(|r| r.id == *id && r.state == RunState::Done);
            if !done {
                return Err(Failure::new(
                    format!("run {id} has not come to its end"),
                    format!(
                        "Finish it first: patchlight train {} --resume {id}",
                        request.project.display()
                    ),
                ));
            }
            follow_config(request, &parent, false, compute, project, context)
        }
        (Some(_), _) => Err(Failure::usage(
            "--from belongs to --stage 2",
            "Leave it out, or train with --stage 2.",
        )),
        (None, stages) => {
            let wanted = model::choose(request.model.as_deref(), project.setting("model")?);
            let mut settings = Settings::default();
            if let Some(facts) = facts {
                settings = settings.with_overrides(None, &propose::pairs(&propose::propose(facts)))?;
            }
            let settings = settings.with_overrides(request.config.as_deref(), &request.set)?;
            model::note_starter(&wanted, request.model.as_deref(), context);
            let mut config = begin(request, settings, &wanted, compute, project, context)?;
            config.then_stage_2 = stages == Stages::Both;
            if stages == Stages::Two {
                config.stage = 2;
                config.patch_features = config.settings.patch_features.unwrap_or(PatchFeatures::Value);
            } else {
                let (student, patch_features, top_k) = train_one::plan_student(&config)?;
                (config.student, config.patch_features, config.top_k) = (student, patch_features, top_k);
                if stages == Stages::Joint {
                    config.stage = 3;
                }
            }
            Ok(config)
        }
    }
}

/// The Stage 2 run that follows a Stage 1 run: its settings, unless overridden.
fn follow_config(
    request: &TrainRequest,
    parent: &RunConfig,
    of_pair: bool,
    compute: &Compute,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<RunConfig, Failure> {
    let settings = parent
        .settings
        .clone()
        .with_overrides(request.config.as_deref(), &request.set)?;
    let wanted = request
        .model
        .clone()
        .unwrap_or_else(|| parent.model.to_string_lossy().into_owned());
    let mut config = begin(request, settings, &wanted, compute, project, context)?;
    if config.model_fingerprint != parent.model_fingerprint {
        return Err(Failure::usage(
            "Stage 2 needs the very model that its Stage 1 run was aligned with",
            "Leave out --model, or train Stage 1 with the other model.",
        ));
    }
    let same_view = |s: &Settings| (s.input_size, s.student_init, s.student_path.clone());
    if same_view(&config.settings) != same_view(&parent.settings) {
        return Err(Failure::usage(
            "input_size, student_init and student_path belong to Stage 1",
            "Leave them out for Stage 2, or train Stage 1 again with them.",
        ));
    }
    config.stage = 2;
    config.of_pair = of_pair;
    config.parent = request.from.clone();
    config.student = parent.student.clone();
    config.patch_features = config.settings.patch_features.unwrap_or(parent.patch_features);
    config.top_k = train_one::top_k(&config.settings, &config.student);
    Ok(config)
}

/// The parts of a run's configuration that both stages share.
fn begin(
    request: &TrainRequest,
    settings: Settings,
    wanted: &str,
    compute: &Compute,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<RunConfig, Failure> {
    let path = model::locate(wanted)?;
    let checkpoint = model::open(wanted)?;
    let (labels, words) = data::labels(project)?;
    let train = data::training_pictures(project, context)?;
    let student = train_one::teacher_config(&checkpoint, &settings)?;
    warn_of_settings(&settings, context);
    Ok(RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stage: 1,
        then_stage_2: false,
        of_pair: false,
        seed: request.seed,
        model: path,
        model_fingerprint: checkpoint.fingerprint.clone(),
        parent: None,
        positives: train.positives(labels.len()),
        images: train.items.len(),
        data: identity(&train),
        labels,
        label_ids: data::label_ids(project)?,
        words,
        top_k: train_one::top_k(&settings, &student),
        student,
        patch_features: PatchFeatures::Token,
        device: compute.name.clone(),
        settings,
    })
}

/// The failure signatures that settings alone show (METHOD section 10).
fn warn_of_settings(settings: &Settings, context: &mut Context<'_>) {
    if settings.alpha == 1.0 {
        context.warn("global-only", "alpha is 1, global only: small objects will be missed");
    } else if settings.alpha == 0.0 {
        context.warn(
            "local-only",
            "alpha is 0, local only: the picture as a whole does not count",
        );
    }
    if settings.lambda_sc == 0.0 {
        context.warn(
            "no-anchor",
            "lambda_sc is 0: nothing holds the prompts to CLIP's words, head classes may be forgotten",
        );
    }
    if settings.student_init != StudentInit::Clip && settings.epochs_1 == 0 {
        context.warn(
            "not-aligned",
            "the student does not start from CLIP and Stage 1 is skipped: it is not aligned",
        );
    }
}

fn insert(project: &mut Project, config: RunConfig) -> Result<(String, RunConfig), Failure> {
    let newest = project
        .runs()?
        .iter()
        .filter_map(|r| r.id.strip_prefix("run-")?.parse::<usize>().ok())
        .max();
    let id = format!("run-{}", newest.unwrap_or(0) + 1);
    config.save(&project.run_folder(&id))?;
    let json = serde_json::to_value(&config).map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?;
    let run = Run {
        id: id.clone(),
        stage: config.stage,
        state: RunState::Running,
        created: unix_seconds(),
        config: json,
        parent: config.parent.clone(),
        error: None,
    };
    project.insert_run(&run)?;
    Ok((id, config))
}

/// For people only: nothing depends on the clock.
pub fn unix_seconds() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64)
}

fn resumed(request: &TrainRequest, id: &str, project: &Project) -> Result<(String, RunConfig), Failure> {
    let changes =
        !request.set.is_empty() || request.config.is_some() || request.model.is_some() || request.from.is_some();
    if changes || request.propose {
        return Err(Failure::usage(
            "a resumed run keeps its settings and its model",
            "Leave out --set, --config, --model, --from and --propose, or start a new run with them.",
        ));
    }
    Ok((id.to_owned(), run_config(project, id)?))
}

/// The configuration of a run.
///
/// # Errors
/// [`Failure`] where the project has no such run.
pub fn run_config(project: &Project, id: &str) -> Result<RunConfig, Failure> {
    let runs = project.runs()?;
    if !runs.iter().any(|r| r.id == id) {
        let known: Vec<&str> = runs.iter().map(|r| r.id.as_str()).collect();
        let hint = if known.is_empty() {
            "The project has no runs yet.".to_owned()
        } else {
            format!("Runs are: {}.", known.join(", "))
        };
        return Err(Failure::new(format!("the project has no run {id}"), hint));
    }
    RunConfig::load(&project.run_folder(id))
}

/// Identity of training data: contents in order, and truth.
pub fn identity(pictures: &Pictures) -> String {
    let mut text = String::new();
    for item in &pictures.items {
        text.push_str(&item.hash);
    }
    text.extend(pictures.truth.iter().map(|t| match t {
        1 => '1',
        0 => '0',
        _ => '?',
    }));
    hash::of_bytes(text.as_bytes())
}

/// The stage's plan.
pub fn plan(job: &Job<'_>, batch: usize, epochs: usize) -> Plan {
    let s = &job.config.settings;
    let schedule = Schedule::new(job.train.items.len(), batch, epochs, s.max_steps, s.warmup);
    let validates = !job.val.items.is_empty();
    let device = job.compute.device().clone();
    Plan {
        batch,
        shuffle: s.shuffle,
        seed: job.config.seed,
        clip_norm: s.clip_norm,
        checkpoint_every: job.checkpoint_every,
        parts: job.compute.parts(),
        micro_batch: memory::micro_batch(job, batch),
        keep_best: s.keeps(validates) == Keep::Best,
        early_stop: s.early_stop,
        ema: s.ema,
        fault: Fault::from_environment(),
        ..Plan::new(job.folder.clone(), schedule, device)
    }
}

/// The device that a stage trains on.
pub fn training_device(job: &Job<'_>) -> Device {
    let device = job.compute.training_device();
    if job.config.settings.checkpointing {
        device.gradient_checkpointing()
    } else {
        device
    }
}
