//! `context=auto`: Stage 2 is trained with each kind of context on the cached features, each is measured on the validation pictures, and so
//! is what the stage started from; the best is kept.
//!
//! Each training has a folder of its own for its checkpoints (`candidates/KIND/` in the run's), so that a run that was killed goes on
//! within the one, or between the two, that it had come to. The run's own checkpoint, and with it the run's end, comes last.

use super::assembly::{drawn, fusion, learned_texts};
use super::run_stage::Place;
use super::stage_two::{self, Frozen};
use super::validation::{HostScores, cached_scores, validated};
use super::{Ended, StageJob, TextPair};
use crate::engine::event::{ContextChosen, ContextName, TriedContext};
use crate::engine::jobs::data::Pictures;
use crate::engine::jobs::fit;
use crate::engine::jobs::run_folder::MetricsLog;
use crate::engine::{Context, Event, Failure};
use crate::method::prompts::ContextKind;
use crate::method::score::Fusion;
use crate::train::checkpoint::{self, Content, Fallback, Progress, Saved, Tensors};
use crate::train::features::FeatureStore;
use crate::train::params;
use crate::train::schedule::Schedule;
use crate::train::settings::{ContextChoice, Sampler, Settings};
use crate::train::trainer::Finish;
use burn::tensor::Device;
use std::path::Path;

/// What is tried, the plainest first: of equal ones it is kept.
const KINDS: [ContextKind; 3] = [ContextKind::Shared, ContextKind::Rarity, ContextKind::PerClass];

/// The folder in the run's that holds the trainings' checkpoints.
const FOLDER: &str = "candidates";

/// What a Stage 2 with these settings trains, one after the other: contexts and how their pictures are drawn. `validates`: whether there is
/// anything to choose on. A context of each label was measured to gain with class-aware draws, the shared one with uniform ones (METHOD
/// section 7).
pub(crate) fn contexts_tried(settings: &Settings, validates: bool) -> Vec<(ContextKind, Sampler)> {
    let asked = settings.sampler;
    let alone = |kind| vec![(kind, asked.unwrap_or(Sampler::Uniform))];
    match settings.context.kind() {
        Some(kind) => alone(kind),
        None if !validates => alone(ContextKind::Shared),
        None => {
            let usual = |kind| match kind {
                ContextKind::Shared => Sampler::Uniform,
                ContextKind::PerClass | ContextKind::Rarity => Sampler::ClassAware,
            };
            KINDS.map(|kind| (kind, asked.unwrap_or(usual(kind)))).to_vec()
        }
    }
}

/// A training among those that are compared.
struct Candidate<'a> {
    name: ContextName,
    sampler: Sampler,
    job: StageJob<'a>,
    place: Place,
    schedule: Schedule,
}

pub(super) fn run(mut job: StageJob<'_>, frozen: &Frozen, context: &mut Context<'_>) -> Result<Ended, Failure> {
    if job.rehearsal.is_some() {
        // The text tower is nearly all of a step, whatever the context.
        job.config.settings.context = ContextChoice::PerClass;
        return stage_two::train(&job, frozen, None, context);
    }
    let (step, finished) = progress(&job.folder)?;
    if finished {
        announce(&job, step, context);
        tidy(&job.folder);
        return Ok(Ended::new(Finish::Done(String::new()), frozen.encoded));
    }
    let judge = Judge::of(&job);
    let fixed = {
        let (s, words) = (&job.config.settings, &job.config.words);
        let fixed = frozen.text.encode_labels(&frozen.tokenizer, &s.templates(), words);
        (fixed.clone(), fixed)
    };
    let Some(start) = judge.measure(&frozen.store, &job.val, &fixed)? else {
        return without_choice(job, frozen, step, context);
    };
    let candidates = candidates(&job);
    announce(&job, going_on(&candidates)?, context);
    for candidate in &candidates {
        if progress(&candidate.place.folder)?.1 {
            continue;
        }
        let ended = stage_two::train(&candidate.job, frozen, Some(candidate.place.clone()), context)?;
        if matches!(ended.finish, Finish::Stopped(_)) {
            return Ok(ended);
        }
    }
    let mut tried = Vec::new();
    for candidate in &candidates {
        let saved = used(candidate)?;
        let tools = (&frozen.text, &frozen.tokenizer);
        let text = learned_texts(&candidate.job.config, (&job.id, &saved.model), tools, &judge.device)?;
        let map = judge.measure(&frozen.store, &job.val, &text)?;
        tried.extend(map.map(|map| TriedContext {
            context: candidate.name,
            sampler: candidate.sampler,
            map,
        }));
    }
    let kept = best(start, &tried);
    let began = if job.config.parent.is_some() {
        "Stage 1"
    } else {
        "the untrained model"
    };
    let chosen = ContextChosen {
        run: job.id.clone(),
        kept,
        start: Some(start),
        why: why(kept, (began, start), &tried),
        tried,
    };
    let fingerprint = keep(&mut job, frozen, &candidates, chosen, context)?;
    Ok(Ended::new(Finish::Done(fingerprint), frozen.encoded))
}

/// Nothing can be measured: one context for all labels, in the run's own folder as if it had been asked for. `step`: where it goes on.
fn without_choice(
    mut job: StageJob<'_>,
    frozen: &Frozen,
    step: usize,
    context: &mut Context<'_>,
) -> Result<Ended, Failure> {
    let nothing = if job.val.items.is_empty() {
        "there are no validation pictures to choose a context on"
    } else {
        "no validation picture has a label to choose a context by"
    };
    let chosen = ContextChosen {
        run: job.id.clone(),
        kept: ContextName::Shared,
        start: None,
        tried: Vec::new(),
        why: format!("{nothing}: {} is learned", ContextName::Shared.words()),
    };
    job.config.chosen = Some(chosen.clone());
    job.config.save(&job.folder)?;
    announce(&job, step, context);
    context.emit(Event::ContextChosen(chosen));
    let settings = &job.config.settings;
    let place = Place {
        folder: job.folder.clone(),
        before: (0, 0),
        steps: drawn(&job, settings.batch_2, settings.epochs_2).1.total,
        name: job.config.stage.name().to_owned(),
        only: true,
    };
    stage_two::train(&job, frozen, Some(place), context)
}

/// The trainings, each as a Stage 2 of its own.
fn candidates<'a>(job: &StageJob<'a>) -> Vec<Candidate<'a>> {
    let settings = &job.config.settings;
    let mut found: Vec<Candidate<'a>> = Vec::new();
    let mut before = (0, 0);
    for (kind, sampler) in contexts_tried(settings, true) {
        let mut own = job.clone();
        own.config.settings.context = ContextChoice::from(kind);
        own.config.settings.sampler = Some(sampler);
        own.config.chosen = None;
        let (_, schedule) = drawn(&own, settings.batch_2, settings.epochs_2);
        let name = ContextName::from(kind);
        found.push(Candidate {
            name,
            sampler,
            place: Place {
                folder: job.folder.join(FOLDER).join(folder_name(kind)),
                before,
                steps: 0,
                name: format!("{}: {}", job.config.stage.name(), name.words()),
                only: false,
            },
            job: own,
            schedule,
        });
        before = (before.0 + schedule.total, before.1 + schedule.epochs());
    }
    for candidate in &mut found {
        candidate.place.steps = before.0;
    }
    found
}

fn folder_name(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::Shared => "shared",
        ContextKind::Rarity => "rarity",
        ContextKind::PerClass => "per-class",
    }
}

/// Steps that the newest checkpoint in a folder has done, and whether the training there is finished.
fn progress(folder: &Path) -> Result<(usize, bool), Failure> {
    if !checkpoint::exists(folder) {
        return Ok((0, false));
    }
    let (saved, _) = checkpoint::load_newest(folder)?;
    Ok((saved.step, saved.finished))
}

/// The parameters that a finished training is used with. Others would be measured, and chosen, otherwise: nothing stands in for them.
fn used(candidate: &Candidate<'_>) -> Result<Saved, Failure> {
    let (saved, _) = checkpoint::load_used(&candidate.place.folder, true, Fallback::Refused)?;
    Ok(saved)
}

/// The step of the whole run that is next.
fn going_on(candidates: &[Candidate<'_>]) -> Result<usize, Failure> {
    let mut done = 0;
    for candidate in candidates {
        let (step, finished) = progress(&candidate.place.folder)?;
        if !finished {
            return Ok(candidate.place.before.0 + step);
        }
        done = candidate.place.before.0 + candidate.schedule.total;
    }
    Ok(done)
}

fn announce(job: &StageJob<'_>, step: usize, context: &mut Context<'_>) {
    context.emit(Event::Run {
        run: job.id.clone(),
        stage: job.config.stage,
        resumed_at: step,
    });
}

/// Writes what was chosen into the run's record and curves, and its parameters as the run's own. The checkpoint comes last: a run that
/// is killed before it chooses again, and chooses the same.
fn keep(
    job: &mut StageJob<'_>,
    frozen: &Frozen,
    candidates: &[Candidate<'_>],
    chosen: ContextChosen,
    context: &mut Context<'_>,
) -> Result<String, Failure> {
    let steps = candidates.iter().map(|c| c.schedule.total).sum();
    let epochs = candidates.iter().map(|c| c.schedule.epochs()).sum();
    let winner = candidates.iter().find(|c| c.name == chosen.kept);
    let (model, epoch) = match winner {
        Some(winner) => (used(winner)?.model, kept_epoch(winner)?),
        None => (params::collect(&stage_two::start(job, frozen)?)?, None),
    };
    job.config.chosen = Some(chosen.clone());
    job.config.save(&job.folder)?;
    let mut log = MetricsLog::open(&job.folder, steps, epochs)?;
    for event in [Some(Event::ContextChosen(chosen)), epoch].into_iter().flatten() {
        log.write(&event);
        context.emit(event);
    }
    let fingerprint = save(&job.folder, steps, &model)?;
    tidy(&job.folder);
    Ok(fingerprint)
}

fn save(folder: &Path, steps: usize, model: &Tensors) -> Result<String, Failure> {
    let content = Content {
        model,
        optimizer: None,
        average: None,
    };
    Ok(checkpoint::save(folder, steps, &content, &Progress::default())?)
}

/// The event that says which of its epochs a finished training is used with; `None` where it had no steps.
fn kept_epoch(candidate: &Candidate<'_>) -> Result<Option<Event>, Failure> {
    let (newest, _) = checkpoint::load_newest(&candidate.place.folder)?;
    let schedule = &candidate.schedule;
    let Some(last) = newest.step.div_ceil(schedule.per_epoch.max(1)).checked_sub(1) else {
        return Ok(None);
    };
    let best = newest.progress.best.filter(|best| best.kept);
    Ok(Some(Event::Kept {
        stage: candidate.job.config.stage,
        epoch: candidate.place.before.1 + best.as_ref().map_or(last, |best| best.epoch),
        map: best.as_ref().map(|best| best.map),
        best: best.is_some(),
        stopped_early: newest.step < schedule.total,
    }))
}

/// Removes the trainings' checkpoints once one of them is the run's.
fn tidy(folder: &Path) {
    // Not worth failing for: it is only space.
    let _ = std::fs::remove_dir_all(folder.join(FOLDER));
}

/// How what is compared is measured.
struct Judge {
    fusion: Fusion,
    /// Whether alpha is chosen at the end: then each is measured with the alpha that is best for it, as it will be used.
    fits: bool,
    /// Of each label in the training pictures.
    positives: Vec<usize>,
    device: Device,
}

impl Judge {
    fn of(job: &StageJob<'_>) -> Self {
        Self {
            fusion: fusion(&job.config),
            fits: job.config.settings.fits_alpha(true),
            positives: job.config.positives.clone(),
            device: job.compute.device().clone(),
        }
    }

    /// mAP with these text embeddings, in percent; `None` without a picture that has a label.
    fn measure(&self, store: &FeatureStore, val: &Pictures, text: &TextPair) -> Result<Option<f64>, Failure> {
        if val.items.is_empty() {
            return Ok(None);
        }
        let labels = self.positives.len();
        let (scores, truth) = cached_scores(store, val, labels, text, self.fusion, &self.device)?;
        let HostScores {
            fused, global, local, ..
        } = &scores;
        let total = |scores: &[f32]| validated(scores, &truth, &self.positives, None).map.total;
        Ok(if self.fits {
            fit::choose((global, local), self.fusion.alpha, total).map(|choice| choice.map)
        } else {
            total(fused)
        })
    }
}

/// The best, in millionths of a percent; of equal ones the first, and nothing learned where that does as well.
fn best(start: f64, tried: &[TriedContext]) -> ContextName {
    let rounded = |map: f64| (map * 1e6).round();
    let mut best = (ContextName::Start, start);
    for candidate in tried {
        if rounded(candidate.map) > rounded(best.1) {
            best = (candidate.context, candidate.map);
        }
    }
    best.0
}

/// The choice in a sentence. `start`: what the stage started from, and its mAP.
fn why(kept: ContextName, (began, start): (&str, f64), tried: &[TriedContext]) -> String {
    let others: Vec<String> = (tried.iter().filter(|t| t.context != kept))
        .map(|t| format!("{} {:.1}", t.context.words(), t.map))
        .collect();
    let others = others.join(", ");
    match tried.iter().find(|t| t.context == kept) {
        Some(t) => {
            let drawn = match t.sampler {
                Sampler::ClassAware => ", with pictures drawn label by label,",
                Sampler::Uniform => "",
            };
            let words = t.context.words();
            format!(
                "{words}{drawn} did best on the validation pictures: mAP {:.1} ({others}, {began} {start:.1})",
                t.map
            )
        }
        None => format!(
            "no learned context did better on the validation pictures than {began} with mAP {start:.1} ({others}): the prompts stay as they were"
        ),
    }
}

#[cfg(test)]
mod tests;
