//! `evaluate`: metrics of the untrained CLIP or of a run on a split.

use super::data::{self, Pictures, groups};
use super::encode::{Encoded, ensure};
use super::model;
use super::project::open_for_work;
use super::run_folder::RunConfig;
use super::score::NEUTRAL_PROMPT;
use super::train::run_config;
use super::train_one::{teacher_config, top_k};
use super::train_two::{HostScores, cached_scores, calibration, frozen_encoder, saved, start_contexts, text_tower};
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::PatchFeatures;
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::event::{ClassMetrics, Metrics};
use crate::engine::request::EvaluateRequest;
use crate::engine::{Context, Event, Failure};
use crate::eval::{average_precision, f1_at_probability, f1_at_top, group_means};
use crate::method::prompts::PromptFrame;
use crate::method::score::Fusion;
use crate::project::Project;
use crate::support::atomic;
use crate::train::params;
use crate::train::settings::Settings;
use burn::tensor::Tensor;
use std::io::Write;
use std::path::Path;

/// The name of the untrained CLIP where a run is asked for.
pub const ZERO_SHOT: &str = "zero-shot";

/// Settings that change how a trained run is scored without training it again.
const SCORING: [&str; 2] = ["alpha", "top_k"];

/// Probability from which a label is given, until thresholds are fitted.
const THRESHOLD: f32 = 0.5;

/// Measures.
pub fn run(request: &EvaluateRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = open_for_work(&request.project)?;
    let (names, _) = data::labels(&project)?;
    let train_positives = match data::training_pictures(&project, context) {
        Ok(train) => train.positives(names.len()),
        Err(_) => vec![0; names.len()],
    };
    let (split, pictures) = choose_split(&project, request.split, context)?;
    let config = scored_config(request, &project, &names)?;
    let student_of = match (request.run.as_str(), config.stage) {
        (ZERO_SHOT, _) => None,
        (run, 1) => Some(run),
        _ => config.parent.as_deref(),
    };
    let encoder = frozen_encoder(&config, &project, student_of)?;
    let Encoded { store, failed, .. } = ensure(encoder, &project.features_folder(), &pictures.items, compute, context)?;
    let pictures = pictures.without(&failed, names.len(), context);

    let (text, probability) = text_and_probability(request, &config, &project, compute)?;
    let fusion = Fusion {
        alpha: config.settings.alpha,
        top_k: config.top_k,
    };
    let pick = |range: std::ops::Range<usize>, t: &Tensor<2>| t.clone().slice([range, 0..config.student.embed]);
    let classes = names.len();
    let of_labels = (pick(0..classes, &text.0), pick(0..classes, &text.1));
    let (scores, truth) = cached_scores(&store, &pictures, classes, &of_labels, fusion, compute.device())?;
    let probabilities: Vec<f32> = match probability {
        Probability::Calibrated { log_scale, offset } => {
            let scale = log_scale.exp();
            scores.fused.iter().map(|s| sigmoid(scale * (s - offset))).collect()
        }
        Probability::Uncalibrated { scale } => {
            let neutral = (pick(classes..classes + 1, &text.0), pick(classes..classes + 1, &text.1));
            let (zero, _) = cached_scores(&store, &pictures, 0, &neutral, fusion, compute.device())?;
            scores
                .fused
                .iter()
                .enumerate()
                .map(|(i, s)| sigmoid(scale * (s - zero.fused[i / classes])))
                .collect()
        }
    };
    let metrics = measure(
        request,
        split,
        &names,
        &train_positives,
        &scores,
        &probabilities,
        &truth,
    );
    if let Some(path) = &request.scores {
        write_scores(path, &pictures, &names, &scores, &truth)?;
    }
    context.emit(Event::Metrics(metrics));
    Ok(())
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The split asked for; else test, else val with a warning.
fn choose_split(
    project: &Project,
    asked: Option<Split>,
    context: &mut Context<'_>,
) -> Result<(Split, Pictures), Failure> {
    let hint = "Make splits with `patchlight split`, or name another one with --split.";
    if let Some(split) = asked {
        let pictures = Pictures::of(project, Some(split), context)?;
        if pictures.items.is_empty() {
            return Err(Failure::new(format!("the project has no {split} pictures"), hint));
        }
        return Ok((split, pictures));
    }
    for split in [Split::Test, Split::Val] {
        let pictures = Pictures::of(project, Some(split), context)?;
        if !pictures.items.is_empty() {
            if split == Split::Val {
                context.warn(
                    "val-not-test",
                    "there are no test pictures: measured on val, which may have chosen settings",
                );
            }
            return Ok((split, pictures));
        }
    }
    Err(Failure::new("the project has neither test nor val pictures", hint))
}

/// The configuration to score with: the run's with the request's overrides, or one made for the untrained CLIP.
fn scored_config(request: &EvaluateRequest, project: &Project, names: &[String]) -> Result<RunConfig, Failure> {
    if request.run != ZERO_SHOT {
        let mut config = run_config(project, &request.run)?;
        if config.labels != names {
            return Err(Failure::new(
                format!("the project's labels have changed since {} was trained", request.run),
                "Train again with the labels as they are now.",
            ));
        }
        for pair in &request.set {
            let name = pair.split('=').next().unwrap_or_default().trim();
            if !SCORING.contains(&name)
                && Settings::default()
                    .with_overrides(None, std::slice::from_ref(pair))
                    .is_ok()
            {
                return Err(Failure::usage(
                    format!("{name} cannot change after training"),
                    format!("Only {} can be set when a run is evaluated.", SCORING.join(" and ")),
                ));
            }
        }
        config.settings = config.settings.with_overrides(None, &request.set)?;
        config.top_k = if request.set.is_empty() {
            config.top_k
        } else {
            top_k(&config.settings, &config.student)
        };
        return Ok(config);
    }
    let settings = Settings::default().with_overrides(None, &request.set)?;
    let wanted = model::choose(request.model.as_deref(), project.setting("model")?)?;
    let path = model::locate(&wanted)?;
    let checkpoint = model::open(&wanted)?;
    let student = teacher_config(&checkpoint, &settings)?;
    let (labels, words) = data::labels(project)?;
    Ok(RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stage: 0,
        then_stage_2: false,
        seed: 0,
        model: path,
        model_fingerprint: checkpoint.fingerprint.clone(),
        parent: None,
        labels,
        words,
        positives: Vec::new(),
        images: 0,
        data: String::new(),
        top_k: top_k(&settings, &student),
        student,
        patch_features: settings.patch_features.unwrap_or(PatchFeatures::Value),
        device: String::new(),
        settings,
    })
}

/// How a score becomes a probability.
enum Probability {
    /// By the learned scale and offset.
    Calibrated { log_scale: f32, offset: f32 },
    /// By CLIP's own scale and the score of the neutral prompt.
    Uncalibrated { scale: f32 },
}

/// Text embeddings of both views, `[labels + 1, embed]` (the last row is the neutral prompt).
fn text_and_probability(
    request: &EvaluateRequest,
    config: &RunConfig,
    project: &Project,
    compute: &Compute,
) -> Result<((Tensor<2>, Tensor<2>), Probability), Failure> {
    let tower = text_tower(config, compute)?;
    let tokenizer = Tokenizer::new();
    let neutral = tower.encode_texts(&tokenizer, &[NEUTRAL_PROMPT.to_owned()]);
    let with_neutral = |t: Tensor<2>| Tensor::cat(vec![t, neutral.clone()], 0);
    let fixed = || with_neutral(tower.encode_labels(&tokenizer, &config.settings.templates(), &config.words));
    if request.run == ZERO_SHOT {
        let text = fixed();
        let checkpoint = model::open(&config.model.to_string_lossy())?;
        return Ok((
            (text.clone(), text),
            Probability::Uncalibrated {
                scale: checkpoint.config.logit_scale,
            },
        ));
    }
    let model = saved(project, &request.run)?.model;
    let (log_scale, offset) = calibration(&model)?;
    let probability = Probability::Calibrated { log_scale, offset };
    if config.stage == 1 {
        let text = fixed();
        return Ok(((text.clone(), text), probability));
    }
    let device = compute.device();
    let learned = model
        .into_iter()
        .filter_map(|(n, t)| Some((n.strip_prefix("contexts.")?.to_owned(), t)))
        .collect();
    let contexts = params::restore(start_contexts(config, &tower, &tokenizer, device)?, learned, device)
        .map_err(|e| Failure::new(format!("run {} does not fit: {e}", request.run), "Train Stage 2 again."))?;
    let s = &config.settings;
    let frame = PromptFrame::new(
        &tower,
        &tokenizer,
        &config.words,
        s.context_tokens,
        s.context,
        &config.positives,
        device,
    );
    let (global, local) = frame.encode(&tower, &contexts);
    Ok(((with_neutral(global), with_neutral(local)), probability))
}

fn measure(
    request: &EvaluateRequest,
    split: Split,
    names: &[String],
    train_positives: &[usize],
    scores: &HostScores,
    probabilities: &[f32],
    truth: &[i8],
) -> Metrics {
    let classes = names.len();
    let groups = groups(train_positives);
    let column = |c: usize| {
        let s: Vec<f32> = scores.fused.iter().skip(c).step_by(classes).copied().collect();
        let t: Vec<i8> = truth.iter().skip(c).step_by(classes).copied().collect();
        (average_precision(&s, &t), t.iter().filter(|t| **t == 1).count())
    };
    let columns: Vec<(Option<f64>, usize)> = (0..classes).map(column).collect();
    let ap: Vec<Option<f64>> = columns.iter().map(|c| c.0).collect();
    let f1 = f1_at_probability(probabilities, truth, &vec![THRESHOLD; classes]);
    let top3 = f1_at_top(&scores.fused, truth, classes, 3);
    let per_class = (0..classes).map(|c| ClassMetrics {
        label: names[c].clone(),
        ap: ap[c].map(|ap| 100.0 * ap),
        positives: columns[c].1,
        train_positives: train_positives[c],
        group: groups[c].to_string(),
        threshold: THRESHOLD,
    });
    Metrics {
        run: request.run.clone(),
        split: split.to_string(),
        images: scores.kept.len(),
        map: group_means(&ap, &groups),
        cf1: f1.cf1,
        of1: f1.of1,
        cf1_top3: top3.cf1,
        of1_top3: top3.of1,
        cp: f1.cp,
        cr: f1.cr,
        op: f1.op,
        or: f1.or,
        per_class: per_class.collect(),
    }
}

/// Writes `image,label,score,global,local,truth`; truth is 1, 0 or empty for unknown.
fn write_scores(
    path: &Path,
    pictures: &Pictures,
    names: &[String],
    scores: &HostScores,
    truth: &[i8],
) -> Result<(), Failure> {
    let result = atomic::write_with(path, |out| {
        writeln!(out, "image,label,score,global,local,truth")?;
        for (row, index) in scores.kept.iter().enumerate() {
            let image = csv_field(&pictures.items[*index].path.to_string_lossy());
            for (c, name) in names.iter().enumerate() {
                let i = row * names.len() + c;
                let truth = match truth[i] {
                    1 => "1",
                    0 => "0",
                    _ => "",
                };
                let (s, g, l) = (scores.fused[i], scores.global[i], scores.local[i]);
                writeln!(out, "{image},{},{s},{g},{l},{truth}", csv_field(name))?;
            }
        }
        Ok::<(), std::io::Error>(())
    });
    result.map_err(|e| Failure::io("write the scores to", path, &e))
}

/// A field as RFC 4180 has it.
fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
