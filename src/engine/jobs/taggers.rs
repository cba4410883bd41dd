//! Making taggers: of a run, or of an untrained CLIP with words that the user typed.

use super::data::Pictures;
use super::encode::{Encoded, ensure_of};
use super::model;
use super::run_view::{RunView, ZERO_SHOT};
use super::thresholds::{DEFAULT, Kept};
use super::train::unix_seconds;
use crate::clip::checkpoint::Checkpoint;
use crate::clip::model::{Clip, checked_input_size};
use crate::clip::text::{NEUTRAL_PROMPT, TextTower};
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::PatchFeatures;
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::dataset::preprocess::Mode;
use crate::engine::request::EvaluateRequest;
use crate::engine::{Context, Failure};
use crate::eval::{average_precisions, fit_thresholds};
use crate::explain::Probability;
use crate::method::evidence;
use crate::method::score::host_values;
use crate::method::student::{Student, StudentConfig};
use crate::project::Project;
use crate::tagging::tagger::{FORMAT, Provenance, Tagger, TaggerConfig};
use crate::train::params;
use std::collections::BTreeMap;
use std::path::Path;

/// A tagger made of a run, or of the untrained CLIP of a project. Thresholds: those that were set by hand, else those that the run keeps
/// (`patchlight thresholds`), else fitted on the validation pictures, else 0.5. What of the run is damaged, and what stands in for it
/// where that is allowed, its provenance says.
///
/// # Errors
/// [`Failure`] where there is no such run, what it is used with is damaged, the device fails, or the user cancels.
pub(crate) fn of_run(
    project: &Project,
    (run, allow_fallback): (&str, bool),
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Tagger, Failure> {
    let asked = EvaluateRequest {
        allow_fallback,
        ..EvaluateRequest::on_test(project.folder(), run)
    };
    let view = RunView::open(&asked, project, project, compute)?;
    view.warn_of_fallback(context);
    let config = &view.config;
    let student = match &view.tower {
        Some(tower) => tower.tensors(project)?,
        None => {
            let checkpoint = model::reopen(&config.model, &config.model_fingerprint)?;
            params::collect(&Student::from_clip(
                &checkpoint,
                config.student.vision.image_size,
                compute.device(),
            )?)?
        }
    };
    let [text, neutral] = view.host_texts()?;
    let mut tagger = Tagger {
        config: TaggerConfig {
            format: FORMAT,
            name: name_of(project.folder(), run),
            labels: view.labels.clone(),
            words: config.words.clone(),
            thresholds: vec![DEFAULT; view.labels.len()],
            student: config.student.clone(),
            patch_features: config.patch_features,
            preprocess: config.settings.preprocess,
            alpha: view.fusion().alpha,
            top_k: view.fusion().top_k,
            probability: view.probability,
            provenance: Provenance {
                program: env!("CARGO_PKG_VERSION").to_owned(),
                run: if run == ZERO_SHOT {
                    String::new()
                } else {
                    run.to_owned()
                },
                // 0 stands for the untrained CLIP.
                stage: if view.is_untrained() { 0 } else { config.stage.number() },
                model: config.model_fingerprint.clone(),
                model_name: file_name(&config.model),
                data: config.data.clone(),
                images: config.images,
                positives: config.positives.clone(),
                settings: config.settings.values(),
                seed: config.seed,
                created: unix_seconds(),
                fallback: view.fallback.clone(),
                ..Provenance::default()
            },
        },
        student,
        text,
        neutral,
        fingerprint: String::new(),
    };
    fit(&mut tagger, &view, project, compute, context)?;
    Ok(tagger)
}

/// Fits thresholds and notes average precisions on the validation pictures.
fn fit(
    tagger: &mut Tagger,
    view: &RunView,
    project: &Project,
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let classes = view.labels.len();
    let val = Pictures::of(project, Some(Split::Val), context)?;
    let config = &mut tagger.config;
    if val.items.is_empty() {
        "0.5: there are no validation pictures".clone_into(&mut config.provenance.thresholds);
    } else {
        let Encoded { store, failed, .. } = ensure_of(project, view.encoder(project), &val.items, compute, context)?;
        let val = val.without(&failed, classes, context);
        let (scores, truth, probability) = view.score(&store, &val, compute)?;
        config.thresholds = fit_thresholds(&probability, &truth, classes);
        let ap = average_precisions(&scores.fused, &truth, classes);
        config.provenance.average_precision = ap.into_iter().map(|ap| ap.map(|ap| 100.0 * ap)).collect();
        config.provenance.thresholds = format!("best F1 on {} validation pictures", val.items.len());
    }
    // What the run keeps overrides what was fitted here, and what a person chose overrides both.
    let kept = Kept::load(project, view, &mut config.provenance.fallback, context)?;
    let mut by_rule: BTreeMap<String, usize> = BTreeMap::new();
    for (threshold, label) in config.thresholds.iter_mut().zip(project.labels()?) {
        let of_run = kept.as_ref().and_then(|kept| kept.label(label.id));
        if let Some(chosen) = label.threshold {
            *threshold = chosen;
        } else if let Some(of_run) = of_run {
            *threshold = of_run.threshold;
            *by_rule.entry(of_run.rule()).or_default() += 1;
        }
    }
    let rules: Vec<String> = by_rule.iter().map(|(rule, n)| format!("{rule} for {n}")).collect();
    let words = &mut config.provenance.thresholds;
    match by_rule.values().sum::<usize>() {
        0 => {}
        all if all == classes => *words = format!("kept with the run: {}", rules.join(", ")),
        _ => *words = format!("kept with the run: {}; the others: {words}", rules.join(", ")),
    }
    Ok(())
}

/// What words of an untrained CLIP need.
pub(crate) struct Words<'a> {
    /// Checkpoint: file, folder or known name.
    pub model: Option<&'a str>,
    /// Labels in order.
    pub labels: &'a [String],
    /// Templates, separated by `|`.
    pub template: &'a str,
    /// How a picture becomes a square.
    pub preprocess: Mode,
}

/// A tagger made of an untrained CLIP and words; its probabilities are not calibrated (METHOD section 4).
///
/// # Errors
/// [`Failure`] where the model cannot be read.
pub(crate) fn of_words(words: &Words<'_>, compute: &Compute, context: &mut Context<'_>) -> Result<Tagger, Failure> {
    let wanted = model::choose(words.model, None);
    model::note_starter(&wanted, words.model, context);
    let path = model::locate(&wanted)?;
    let checkpoint = model::open(&wanted)?;
    Ok(untrained(checkpoint, file_name(&path), words, compute)?.0)
}

/// The same of a checkpoint that was read, `name` for people, with the text tower that made it.
///
/// # Errors
/// [`Failure`] where the checkpoint does not fit or the device fails.
pub(crate) fn untrained(
    checkpoint: Checkpoint,
    name: String,
    words: &Words<'_>,
    compute: &Compute,
) -> Result<(Tagger, TextTower), Failure> {
    let size = checked_input_size(&checkpoint.config.vision, None)?;
    let student = Student::from_clip(&checkpoint, size, compute.device())?;
    let (fingerprint, config) = (checkpoint.fingerprint.clone(), checkpoint.config.clone());
    let clip = Clip::load(checkpoint, None, compute.device())?;
    let tokenizer = Tokenizer::new();
    let templates: Vec<String> = words.template.split('|').map(|t| t.trim().to_owned()).collect();
    let text = host_values(clip.text.encode_labels(&tokenizer, &templates, words.labels))?;
    let neutral = host_values(clip.text.encode_texts(&tokenizer, &[NEUTRAL_PROMPT.to_owned()]))?;
    let settings: BTreeMap<String, String> = [("template".to_owned(), words.template.to_owned())].into();
    let tagger = Tagger {
        config: TaggerConfig {
            format: FORMAT,
            name: name.clone(),
            labels: words.labels.to_vec(),
            words: words.labels.to_vec(),
            thresholds: vec![DEFAULT; words.labels.len()],
            student: StudentConfig {
                vision: config.vision.clone(),
                embed: config.embed,
                mean: config.mean,
                std: config.std,
            },
            patch_features: PatchFeatures::Value,
            preprocess: words.preprocess,
            alpha: 0.5,
            top_k: evidence::default_top_k(config.vision.patches()),
            probability: Probability::Uncalibrated {
                scale: clip.logit_scale,
            },
            provenance: Provenance {
                program: env!("CARGO_PKG_VERSION").to_owned(),
                model: fingerprint,
                model_name: name,
                thresholds: "0.5: not calibrated".to_owned(),
                settings,
                created: unix_seconds(),
                ..Provenance::default()
            },
        },
        student: params::collect(&student)?,
        text: [text.clone(), text],
        neutral: [neutral.clone(), neutral],
        fingerprint: String::new(),
    };
    Ok((tagger, clip.text))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn name_of(project: &Path, run: &str) -> String {
    let name = project
        .file_stem()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    format!("{name} {run}")
}
