//! Making runs: the configuration that follows from a request, and its place in the project.

use super::student::{plan_student, teacher_config, top_k};
use crate::clip::vision::PatchFeatures;
use crate::compute::Compute;
use crate::engine::event::warnings;
use crate::engine::jobs::data::{self, Pictures};
use crate::engine::jobs::propose::{self, Facts};
use crate::engine::jobs::run_folder::RunConfig;
use crate::engine::jobs::{evidence_snapshots, model, split};
use crate::engine::request::{SplitRequest, Stages, TrainRequest};
use crate::engine::{Context, Failure, Stage};
use crate::method::student::StudentInit;
use crate::project::{Project, Run, RunState};
use crate::support::hash;
use crate::train::settings::{ContextChoice, Settings};

/// Makes the run that the request begins with.
pub(super) fn fresh(
    request: &TrainRequest,
    compute: &Compute,
    project: &mut Project,
    context: &mut Context<'_>,
) -> Result<(String, RunConfig), Failure> {
    let facts = if proposes(request) {
        split_what_is_not(request, project, context)?;
        // The split may have made a test picture of it.
        evidence_snapshots::picture_ids(project, &request.watch)?;
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

/// Whether the settings that the program proposes take the place of the defaults: not where Stage 2 goes on from a run, whose settings and
/// pictures it keeps.
pub(crate) fn proposes(request: &TrainRequest) -> bool {
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

/// The configuration of the run that the request begins with; the project stays as it is. Where there are `facts`, the settings proposed
/// for them replace the defaults.
///
/// # Errors
/// [`Failure`] where the request cannot be trained.
pub(crate) fn first_config(
    request: &TrainRequest,
    facts: Option<&Facts>,
    compute: &Compute,
    project: &Project,
    context: &mut Context<'_>,
) -> Result<RunConfig, Failure> {
    match (&request.from, request.stages) {
        (Some(id), Stages::Two) => {
            let parent = run_config(project, id)?;
            if parent.stage != Stage::One {
                return Err(Failure::usage(
                    format!("run {id} is not a Stage 1 run"),
                    "Give a Stage 1 run to --from.",
                ));
            }
            let done = project.runs()?.iter().any(|r| r.id == *id && r.state == RunState::Done);
            if !done {
                return Err(Failure::new(
                    format!("run {id} is not finished"),
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
                config.stage = Stage::Two;
                config.patch_features = config.settings.patch_features.unwrap_or(PatchFeatures::Value);
            } else {
                let (student, patch_features, top_k) = plan_student(&config)?;
                (config.student, config.patch_features, config.top_k) = (student, patch_features, top_k);
                if stages == Stages::Joint {
                    joint_can(&config.settings)?;
                    config.stage = Stage::Joint;
                }
            }
            Ok(config)
        }
    }
}

/// Contexts are chosen among runs of Stage 2, which take seconds each; a joint training is one run.
fn joint_can(settings: &Settings) -> Result<(), Failure> {
    if settings.context == ContextChoice::Auto {
        return Err(Failure::usage(
            "context=auto belongs to Stage 2, which a joint training has not",
            "Choose shared, per-class or rarity, or train with --stage both.",
        ));
    }
    Ok(())
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
    config.stage = Stage::Two;
    config.of_pair = of_pair;
    config.parent = request.from.clone();
    config.student = parent.student.clone();
    config.patch_features = config.settings.patch_features.unwrap_or(parent.patch_features);
    config.top_k = top_k(&config.settings, &config.student);
    Ok(config)
}

/// The second run of a pair, after its first one: the one that an interrupted training has already made, else a new one.
pub(super) fn second_of_pair(
    request: &TrainRequest,
    (id, first): (&str, &RunConfig),
    compute: &Compute,
    project: &mut Project,
    context: &mut Context<'_>,
) -> Result<(String, RunConfig), Failure> {
    let made = project
        .runs()?
        .into_iter()
        .find(|r| r.config["of_pair"] == true && r.parent.as_deref() == Some(id));
    match made {
        Some(second) if request.resume.is_some() => resumed(request, &second.id, project),
        _ => {
            let follow = request.following(id, first.seed);
            let config = follow_config(&follow, first, true, compute, project, context)?;
            insert(project, config)
        }
    }
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
    let student = teacher_config(&checkpoint, &settings)?;
    warn_of_settings(&settings, context);
    Ok(RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stage: Stage::One,
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
        top_k: top_k(&settings, &student),
        student,
        patch_features: PatchFeatures::Token,
        chosen: None,
        device: compute.name.clone(),
        settings,
    })
}

/// The failure signatures that settings alone show (METHOD section 10).
fn warn_of_settings(settings: &Settings, context: &mut Context<'_>) {
    if settings.alpha == 1.0 {
        context.warn(
            warnings::GLOBAL_ONLY,
            "alpha is 1, global only: small objects will be missed",
        );
    } else if settings.alpha == 0.0 {
        context.warn(
            warnings::LOCAL_ONLY,
            "alpha is 0, local only: the picture as a whole does not count",
        );
    }
    if settings.lambda_sc == 0.0 {
        context.warn(
            warnings::NO_ANCHOR,
            "lambda_sc is 0: nothing holds the prompts to CLIP's words, head classes may be forgotten",
        );
    }
    if settings.student_init != StudentInit::Clip && settings.epochs_1 == 0 {
        context.warn(
            warnings::NOT_ALIGNED,
            "the student does not start from CLIP and Stage 1 is skipped: it is not aligned",
        );
    }
}

/// Writes the run into its folder and the project.
pub(super) fn insert(project: &mut Project, config: RunConfig) -> Result<(String, RunConfig), Failure> {
    let newest = project
        .run_ids()?
        .iter()
        .filter_map(|id| id.strip_prefix("run-")?.parse::<usize>().ok())
        .max();
    let id = format!("run-{}", newest.unwrap_or(0) + 1);
    config.save(&project.run_folder(&id))?;
    let json = serde_json::to_value(&config).map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?;
    // The second stage of a pair belongs to the training of the first.
    let first = match config.parent.as_ref().filter(|_| config.of_pair) {
        Some(first) => project.runs()?.into_iter().find(|r| r.id == *first),
        None => None,
    };
    let run = Run {
        id: id.clone(),
        stage: config.stage.number(),
        state: RunState::Running,
        created: unix_seconds(),
        config: json,
        parent: config.parent.clone(),
        error: None,
        training: first.as_ref().map_or(0, |first| first.training),
        name: first.and_then(|first| first.name),
    };
    project.insert_run(&run)?;
    Ok((id, config))
}

/// For people only: nothing depends on the clock.
pub(crate) fn unix_seconds() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64)
}

/// The run that the request goes on with.
pub(super) fn resumed(request: &TrainRequest, id: &str, project: &Project) -> Result<(String, RunConfig), Failure> {
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
pub(crate) fn run_config(project: &Project, id: &str) -> Result<RunConfig, Failure> {
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
pub(crate) fn identity(pictures: &Pictures) -> String {
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
