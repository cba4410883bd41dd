//! `tag`: pictures get their labels, and the labels are written where other programs read them.
//!
//! Reading, the image tower, judging and writing overlap; a journal makes a batch go on after a kill, and a watched folder do nothing
//! twice.

mod batch;
mod gather;
mod journal;
mod output;
mod pipeline;
mod speed;
mod write;

pub(crate) use output::Outputs;
pub(crate) use speed::{Judging, Speed, speed};
pub(crate) use write::{remove, write};

use super::project::open_to_read;
use super::taggers::{self, Words};
use crate::compute::Compute;
use crate::engine::request::{TagRequest, TagSource, TagWrite};
use crate::engine::{Context, Event, Failure};
use crate::support::hash;
use crate::tagging::model;
use crate::tagging::tagger::Tagger;
use batch::{Batch, Counts};
use journal::Journal;
use pipeline::Machine;
use std::path::PathBuf;
use std::time::Instant;

pub(crate) fn run(request: &TagRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let tagger = open(request, compute, context)?;
    if request.watch && !request.paths.iter().any(|p| p.is_dir()) {
        return Err(Failure::usage(
            "there is no folder to watch",
            "Give at least one folder with --watch.",
        ));
    }
    if request.evidence {
        context.emit(Event::Tagger {
            name: tagger.config.name.clone(),
            labels: tagger.config.labels.clone(),
            thresholds: tagger.config.thresholds.clone(),
            found: tagger.config.provenance.thresholds.clone(),
            calibrated: tagger.config.probability.is_calibrated(),
        });
    }
    let machine = Machine::new(&tagger, compute)?;
    let identity = identity(request, &tagger)?;
    let by = model::TaggedBy {
        name: tagger.config.name.clone(),
        version: tagger.fingerprint.chars().take(12).collect(),
    };
    let pictures = match gather::pictures(&request.paths, context) {
        // An empty folder may fill.
        Err(_) if request.watch && !context.cancelled() => Vec::new(),
        found => found?,
    };
    let pictures = without_outputs(pictures, request);
    let outputs = Outputs::new(&request.write, by, &tagger.config.labels, &pictures, request.dry_run)?;
    let journal = if outputs.keeps() {
        let path = journal::place(&identity, &absolute(&request.paths)?);
        let journal = Journal::open(&path, &identity, request.fresh);
        Some(journal.map_err(|e| Failure::io("keep the batch's journal in", &path, &e))?)
    } else {
        None
    };
    let mut batch = Batch::new(request, machine, outputs, journal);
    let result = batch.pass(&pictures, context);
    let result = match result {
        Ok(()) if request.watch => batch.watch(context),
        other => other,
    };
    let (done, journal) = batch.end();
    let fallback = tagger.config.provenance.fallback.clone();
    if request.watch && context.cancelled() {
        // Stopping is how watching ends.
        emit_end(&done, fallback, start, context);
        return Ok(());
    }
    result?;
    emit_end(&done, fallback, start, context);
    if let Some(journal) = journal {
        journal.finish();
    }
    Ok(())
}

fn emit_end(done: &Counts, fallback: Vec<String>, start: Instant, context: &mut Context<'_>) {
    context.emit(Event::Tagged {
        images: done.images,
        tagged: done.tagged,
        skipped: done.skipped,
        resumed: done.resumed,
        seconds: start.elapsed().as_secs_f64(),
        fallback,
    });
}

/// The tagger that is asked for, with the thresholds that are.
fn open(request: &TagRequest, compute: &Compute, context: &mut Context<'_>) -> Result<Tagger, Failure> {
    let mut tagger = match &request.source {
        TagSource::Tagger { path } => Tagger::load(path)?,
        TagSource::Run {
            project,
            run,
            allow_fallback,
        } => {
            let project = open_to_read(project, context)?;
            taggers::of_run(&project, (run, *allow_fallback), compute, context)?
        }
        TagSource::Words {
            model,
            labels,
            template,
            preprocess,
        } => {
            let words = Words {
                model: model.as_deref(),
                labels,
                template,
                preprocess: *preprocess,
            };
            taggers::of_words(&words, compute, context)?
        }
    };
    let config = &mut tagger.config;
    if let Some(threshold) = request.threshold {
        config.thresholds.fill(threshold);
    }
    for label in request.thresholds.keys().chain(request.log_odds.keys()) {
        let place = config.labels.iter().position(|l| l == label).ok_or_else(|| {
            Failure::usage(
                format!("the tagger has no label {label}"),
                format!("Its labels are: {}.", config.labels.join(", ")),
            )
        })?;
        if let Some(threshold) = request.thresholds.get(label) {
            config.thresholds[place] = *threshold;
        }
    }
    Ok(tagger)
}

/// What the result of a picture depends on, beside the picture.
fn identity(request: &TagRequest, tagger: &Tagger) -> Result<String, Failure> {
    let mut config = tagger.config.clone();
    config.provenance.created = 0;
    let bug = |e: serde_json::Error| Failure::new(e.to_string(), "Report this as a bug.");
    let config = serde_json::to_string(&config).map_err(bug)?;
    let write = serde_json::to_string(&request.write).map_err(bug)?;
    let fingerprint = &tagger.fingerprint;
    let mut text = format!("{fingerprint}\n{config}\n{write}\n{}", request.watch);
    if !request.log_odds.is_empty() {
        text.push_str(&format!("\n{}", serde_json::to_string(&request.log_odds).map_err(bug)?));
    }
    Ok(hash::of_bytes(text.as_bytes()))
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let all = paths.iter().map(|p| crate::dataset::files::absolute(p));
    Ok(all.collect::<Result<Vec<_>, _>>()?)
}

/// Pictures but those that an earlier batch put into its own folders by label.
fn without_outputs(mut pictures: Vec<PathBuf>, request: &TagRequest) -> Vec<PathBuf> {
    for write in &request.write {
        if let TagWrite::Folders { out, .. } = write
            && let Ok(out) = crate::dataset::files::absolute(out)
        {
            pictures.retain(|p| !p.starts_with(&out));
        }
    }
    pictures
}
