//! `demo`: draws the demo pictures, imports them as anyone would, measures the starter model, trains both stages, measures
//! again, and writes a report.

use super::report::{self, Report};
use super::run_view::ZERO_SHOT;
use super::{evaluate, import as importing, starter_model, train};
use crate::compute::Compute;
use crate::dataset::formats::{Format, ImportRequest};
use crate::dataset::scenes::SceneError;
use crate::dataset::scenes::dataset::{self as scenes, DemoReport, DemoRequest as Plan};
use crate::engine::event::Metrics;
use crate::engine::request::{DemoRequest, EvaluateRequest, ProjectNew, Stages, TrainRequest};
use crate::engine::{Context, Event, Failure};
use crate::project::Project;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The project's folder in the demo's.
const PROJECT: &str = "demo.patchlight";

/// Settings of the demo beside the defaults; docs/demo.md has what was measured. The starter model is small and wants larger rates
/// and more steps. Its objects cover few patches and are told better by these than by the whole picture, so `top_k` and `alpha` are
/// low. The teacher has never seen an old print either, so `lambda_kd` is low.
const SETTINGS: [&str; 10] = [
    "alpha=0.15",
    "top_k=6",
    "batch_1=16",
    "lr_encoder=2e-4",
    "lr_heads=2e-4",
    "lambda_kd=1",
    "epochs_1=4",
    "epochs_2=30",
    "lambda_sc=0.03",
    "lr_prompts=1e-2",
];

/// With `--quick`.
const QUICK: [&str; 3] = ["epochs_1=5", "epochs_2=15", "lr_prompts=2e-4"];

pub(crate) fn run(request: &DemoRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let out = place(request.out.as_deref())?;
    let pictures = draw(request, &out, context)?;
    let project = out.join(PROJECT);
    import(&pictures.demo, &project, context)?;
    let zero_shot = measure(&project, ZERO_SHOT, None, context, compute)?;
    let [first, second] = both_stages(request, &project, compute, context)?;
    let stage_1 = measure(&project, &first, None, context, compute)?;
    let stage_2 = measure(&project, &second, None, context, compute)?;
    // Words that neither stage saw: part of the report, not of the demo's own result.
    let unseen = out.join("unseen.patchlight");
    let novel: Result<Vec<Metrics>, Failure> =
        context.part(&mut |event| matches!(event, Event::Progress { .. }), |context| {
            import(&pictures.novel, &unseen, context)?;
            [ZERO_SHOT, &first, &second]
                .iter()
                .map(|run| measure(&project, run, Some(&unseen), context, compute))
                .collect()
        });
    let novel = novel?;
    let report = report::write(
        &Report {
            folder: &out,
            project: &project,
            run: &second,
            metrics: [&zero_shot, &stage_1, &stage_2],
            novel: &novel,
            seed: request.seed,
            seconds: start.elapsed().as_secs_f64(),
        },
        compute,
        context,
    )?;
    context.emit(Event::Done {
        run: None,
        project: Some(project.to_string_lossy().into_owned()),
        report: Some(report.to_string_lossy().into_owned()),
        seconds: start.elapsed().as_secs_f64(),
        encoded: 0,
        fallback: Vec::new(),
    });
    Ok(())
}

/// Draws the pictures and makes the project, and leaves the rest to the caller.
pub(crate) fn data(request: &DemoRequest, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let out = place(request.out.as_deref())?;
    let pictures = draw(request, &out, context)?;
    let project = out.join(PROJECT);
    import(&pictures.demo, &project, context)?;
    context.emit(Event::Done {
        run: None,
        project: Some(project.to_string_lossy().into_owned()),
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded: 0,
        fallback: Vec::new(),
    });
    Ok(())
}

/// The settings that the demo trains with.
pub fn settings(quick: bool) -> Vec<String> {
    let quick = if quick { &QUICK[..] } else { &[] };
    SETTINGS.iter().chain(quick).map(|s| (*s).to_owned()).collect()
}

/// The folder to work in: the one asked for, which must be free, or the first free `patchlight-demo` here.
///
/// # Errors
/// [`Failure`] where it is not free or cannot be made.
pub(crate) fn place(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    let is_free = |path: &Path| match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    let out = match asked {
        Some(path) if is_free(path) => path.to_owned(),
        Some(path) => {
            return Err(Failure::new(
                format!("{} already exists and is not empty", path.display()),
                "Name a new folder with --out, or delete this one.",
            ));
        }
        None => (1..)
            .map(|n| {
                PathBuf::from(if n == 1 {
                    "patchlight-demo".to_owned()
                } else {
                    format!("patchlight-demo-{n}")
                })
            })
            .find(|path| is_free(path))
            .unwrap_or_default(),
    };
    std::fs::create_dir_all(&out).map_err(|e| Failure::io("make the folder", &out, &e))?;
    std::fs::canonicalize(&out).map_err(|e| Failure::io("use the folder", &out, &e))
}

/// Folders of pictures.
struct Drawn {
    demo: PathBuf,
    novel: PathBuf,
}

/// Draws the pictures.
fn draw(request: &DemoRequest, out: &Path, context: &mut Context<'_>) -> Result<Drawn, Failure> {
    let drawn = Drawn {
        demo: out.join("pictures"),
        novel: out.join("unseen pictures"),
    };
    let plan = if request.quick {
        Plan::quick(request.seed)
    } else {
        Plan::full(request.seed)
    };
    draw_set(scenes::write_demo, &drawn.demo, &plan, context)?;
    draw_set(scenes::write_novel, &drawn.novel, &plan, context)?;
    Ok(drawn)
}

/// What draws a set into a folder.
type Writer = fn(&Path, &Plan, &mut dyn FnMut(usize, usize) -> ControlFlow<()>) -> Result<DemoReport, SceneError>;

/// Draws a set, telling how far it is.
///
/// # Errors
/// [`Failure`] where it cannot be written, or the user cancels.
pub(crate) fn draw_set(write: Writer, folder: &Path, plan: &Plan, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut progress = |done, total| {
        context.progress("drawing the demo's pictures", done, total);
        if context.cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    write(folder, plan, &mut progress)
        .map(|_| ())
        .map_err(|e| Failure::new(e.to_string(), e.hint()))
}

/// Makes a project of drawn pictures, through the importer that everyone uses.
///
/// # Errors
/// [`Failure`] where it cannot be made.
pub(crate) fn import(pictures: &Path, project: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let request = ProjectNew {
        project: project.to_owned(),
        import: ImportRequest {
            format: Format::Coco,
            ..ImportRequest::new(pictures)
        },
        model: Some(starter_model::NAME.to_owned()),
    };
    importing::new(&request, context)
}

/// Measures a run on the test pictures, of another project where `on` names one.
///
/// # Errors
/// [`Failure`] where the run cannot be measured.
pub(crate) fn measure(
    project: &Path,
    run: &str,
    on: Option<&Path>,
    context: &mut Context<'_>,
    compute: &Compute,
) -> Result<Metrics, Failure> {
    let request = EvaluateRequest {
        on: on.map(Path::to_owned),
        ..EvaluateRequest::on_test(project, run)
    };
    let mut found = None;
    let mut note = |event: &Event| {
        if let Event::Metrics(metrics) = event {
            found = Some(Metrics::clone(metrics));
        }
        true
    };
    context.part(&mut note, |context| evaluate::run(&request, compute, context))?;
    found.ok_or_else(|| Failure::new(format!("{run} gave no metrics"), "Report this as a bug."))
}

/// Trains both stages, one training as everyone makes it; returns the ids of their runs. Its `done` is not the demo's.
fn both_stages(
    request: &DemoRequest,
    project: &Path,
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<[String; 2], Failure> {
    let mut set = settings(request.quick);
    set.extend(request.set.iter().cloned());
    let train = TrainRequest {
        stages: Stages::Both,
        set,
        seed: request.seed,
        ..TrainRequest::new(project)
    };
    let second = trained(&train, compute, context)?;
    let runs = Project::open_read_only(project)?.runs()?;
    let parent = runs.into_iter().find(|run| run.id == second).and_then(|run| run.parent);
    let first = parent.ok_or_else(|| Failure::new("the demo's Stage 2 follows no Stage 1", "Report this as a bug."))?;
    Ok([first, second])
}

/// Trains without the event `done`. Returns the id of the last run.
///
/// # Errors
/// [`Failure`] where the training fails or is stopped.
pub(crate) fn trained(train: &TrainRequest, compute: &Compute, context: &mut Context<'_>) -> Result<String, Failure> {
    let mut id = None;
    let mut keep = |event: &Event| match event {
        Event::Done { run, .. } => {
            id.clone_from(run);
            false
        }
        _ => true,
    };
    context.part(&mut keep, |context| train::run(train, compute, context))?;
    id.ok_or_else(|| Failure::new("the training gave no run", "Report this as a bug."))
}
