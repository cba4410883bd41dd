//! `export-model`: a trained model as one file for Patchlight, or as a folder for transformers.

use super::project::open_to_read;
use super::taggers;
use crate::compute::Compute;
use crate::engine::request::{ExportModel, ModelFormat};
use crate::engine::{Context, Event, Failure};
use crate::tagging::hugging_face;
use std::path::Path;
use std::time::Instant;

pub(crate) fn run(request: &ExportModel, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let out = &request.out;
    let taken = |hint: &str| Failure::new(format!("{}: something is there already", out.display()), hint);
    if out.is_dir() || (request.format == ModelFormat::HuggingFace && out.symlink_metadata().is_ok()) {
        return Err(taken("Name a new file (tagger) or a new folder (huggingface)."));
    }
    let folder = out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // Said now, not after the pictures have been encoded.
    std::fs::create_dir_all(folder).map_err(|e| Failure::io("make the folder", folder, &e))?;
    let project = open_to_read(&request.project, context)?;
    let mut tagger = taggers::of_run(&project, (&request.run, request.allow_fallback), compute, context)?;
    if let Some(name) = &request.name {
        tagger.config.name.clone_from(name);
    }
    context.check_cancelled()?;
    let io = |e: std::io::Error| Failure::io("write", out, &e);
    let what = match request.format {
        ModelFormat::Tagger => {
            tagger.save(out).map_err(io)?;
            format!("tagger with {} labels", tagger.config.labels.len())
        }
        ModelFormat::HuggingFace => {
            hugging_face::save(&tagger, out).map_err(io)?;
            format!("model for transformers with {} labels", tagger.config.labels.len())
        }
    };
    context.emit(Event::Written {
        path: out.to_string_lossy().into_owned(),
        what,
        dry_run: false,
        deleted: false,
    });
    context.emit(Event::Done {
        run: Some(request.run.clone()),
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded: 0,
        fallback: tagger.config.provenance.fallback,
    });
    Ok(())
}
