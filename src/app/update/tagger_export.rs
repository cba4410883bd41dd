//! Exporting a trained model: the form, the job, and what becomes of it.

use super::effect::Effects;
use super::{downloads, jobs};
use crate::app::model::catalog::newest_run;
use crate::app::model::command::{Command, Pick, TaggerCommand};
use crate::app::model::file_probe;
use crate::app::model::job::{Job, JobState, Spec};
use crate::app::model::job_kind::JobKind;
use crate::app::model::notices::Level;
use crate::app::model::paths::expand;
use crate::app::model::state::Model;
use crate::app::model::tagger_export::{ending, name_for};
use crate::engine::Request;
use crate::engine::request::{ExportModel, ModelFormat};
use std::path::{Path, PathBuf};

/// Carries a command out.
pub fn carry_out(model: &mut Model, out: &mut Effects, command: TaggerCommand) {
    let export = &mut model.tagger_export;
    match command {
        TaggerCommand::Show(run) => {
            export.run = run.or(export.run.take());
            export.reveal += 1;
            downloads::open(model, out);
            propose(model, out);
        }
        TaggerCommand::Run(run) => {
            export.run = Some(run);
            propose(model, out);
        }
        TaggerCommand::Format(format) => {
            export.format = format;
            propose(model, out);
        }
        TaggerCommand::Out(typed) => export.out = typed,
        TaggerCommand::Start => start(model, out),
    }
}

/// The run that is exported: the chosen one, else the newest.
fn run(model: &Model) -> Option<String> {
    let runs = &model.open()?.catalog.runs;
    let chosen = model.tagger_export.run.clone();
    let known = |id: &String| runs.iter().any(|r| r.id == *id);
    Some(chosen.filter(known).unwrap_or_else(|| newest_run(runs)))
}

/// Asks for a free name beside the project, where nobody typed another.
fn propose(model: &mut Model, out: &mut Effects) {
    model.tagger_export.result = None;
    let export = &model.tagger_export;
    let (Some(open), Some(run)) = (model.open(), run(model)) else {
        return;
    };
    if export.out.trim().is_empty() || export.out == export.proposed {
        let folder = open.catalog.folder.parent().unwrap_or(Path::new("")).to_owned();
        let name = name_for(&open.catalog.folder, &run);
        out.probe(file_probe::Request::TaggerName(folder, name, ending(export.format)));
    }
}

/// A free name was found.
pub fn named(model: &mut Model, path: &Path) {
    let export = &mut model.tagger_export;
    if export.out.trim().is_empty() || export.out == export.proposed {
        export.out = path.to_string_lossy().into_owned();
        export.proposed.clone_from(&export.out);
    }
}

fn start(model: &mut Model, out: &mut Effects) {
    let typed = model.tagger_export.out.trim().to_owned();
    let (Some(project), Some(run)) = (model.open().map(|open| open.catalog.folder.clone()), run(model)) else {
        return;
    };
    if typed.is_empty() || model.tagger_export.job.is_some() {
        return;
    }
    let spec = Spec {
        title: format!("Exporting {run}"),
        request: Request::ExportModel(ExportModel {
            project: project.clone(),
            run,
            out: expand(Path::new(&typed)),
            format: model.tagger_export.format,
            name: None,
            allow_fallback: false,
        }),
        kind: JobKind::ExportTagger,
        shared: Some(project),
    };
    let id = jobs::start(model, out, spec);
    let export = &mut model.tagger_export;
    (export.job, export.result) = (Some(id), None);
}

/// A job has ended; true where it was an export.
pub fn ended(model: &mut Model, job: &Job) -> bool {
    let (JobKind::ExportTagger, Request::ExportModel(request)) = (&job.spec.kind, &job.spec.request) else {
        return false;
    };
    let path: PathBuf = request.out.clone();
    let is_file = request.format == ModelFormat::Tagger;
    let ours = model.tagger_export.job.take_if(|id| *id == job.id).is_some();
    let result = match &job.state {
        JobState::Done => Some(Ok(path.clone())),
        JobState::Failed(failure) | JobState::Crashed(failure) => Some(Err(failure.clone())),
        _ => None,
    };
    match &result {
        Some(Ok(_)) => {
            let words = format!("The tagger is in {}", path.display());
            let tag = Command::Picked(Pick::TaggerFile, vec![path]);
            let tag = is_file.then(|| ("Tag with it".to_owned(), tag));
            model.notices.say(Level::Done, words, None, tag);
        }
        // The form says it where the button is.
        Some(Err(failure)) if !ours => model.notices.failed(failure, None),
        _ => {}
    }
    if ours {
        let export = &mut model.tagger_export;
        export.result = result;
        if matches!(export.result, Some(Ok(_))) {
            // The name is taken now: the next export gets another.
            export.proposed = std::mem::take(&mut export.out);
        }
    }
    true
}
