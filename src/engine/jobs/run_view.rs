//! A run, or the untrained CLIP, as something that scores pictures: its encoder, text embeddings and probabilities.

use super::data::{self, Pictures};
use super::encode::Encoder;
use super::fit::Fitted;
use super::model;
use super::run_folder::RunConfig;
use super::train::{
    HostScores, TextPair, TrainedTower, cached_scores, calibration, frozen_encoder, learned_texts, run_config, saved,
    teacher, teacher_config, top_k,
};
use crate::clip::model::Clip;
use crate::clip::text::NEUTRAL_PROMPT;
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::PatchFeatures;
use crate::compute::Compute;
use crate::engine::event::warnings;
use crate::engine::request::EvaluateRequest;
use crate::engine::scorer::Probability;
use crate::engine::{Context, Failure, Stage};
use crate::method::prompts::ContextKind;
use crate::method::score::{Fusion, host_values};
use crate::project::Project;
use crate::train::checkpoint::{Fallback, Saved};
use crate::train::features::FeatureStore;
use crate::train::settings::Settings;
use burn::tensor::Tensor;

/// The name of the untrained CLIP where a run is asked for.
pub const ZERO_SHOT: &str = "zero-shot";

/// Settings that change how a trained run is scored without training it again.
const SCORING: [&str; 2] = ["alpha", "top_k"];

/// What scores pictures.
pub(crate) struct RunView {
    /// How it was trained, with what is scored differently now.
    pub config: RunConfig,
    /// The labels that it scores.
    pub labels: Vec<String>,
    /// Text embeddings of both views, `[labels, embed]`.
    pub text: TextPair,
    /// The neutral prompt in both views, `[1, embed]`: for an untrained CLIP.
    pub neutral: Option<TextPair>,
    /// How a score becomes a probability.
    pub probability: Probability,
    /// Identity of the parameters; empty for an untrained CLIP.
    pub fingerprint: String,
    /// What was fitted on the validation pictures, where it is used.
    pub fitted: Option<Fitted>,
    /// What of the run is damaged, and that something else stands in for it; nothing unless the request allows it.
    pub fallback: Vec<String>,
    /// Whether something else may stand in for what is damaged.
    pub allowed: Fallback,
    /// The image tower that a run trained; `None`: it is the untrained CLIP's.
    pub tower: Option<TrainedTower>,
    run: String,
}

impl RunView {
    /// Opens the run of `project` that is asked for, to score the labels of `data` (the same project, or another one:
    /// words that the run never saw).
    ///
    /// # Errors
    /// [`Failure`] where there is no such run, or it cannot score these labels.
    pub fn open(
        request: &EvaluateRequest,
        project: &Project,
        data: &Project,
        compute: &Compute,
    ) -> Result<Self, Failure> {
        let (labels, words) = data::labels(data)?;
        let foreign = request.on.is_some();
        let mut config = scored_config(request, project, &labels, foreign)?;
        if foreign {
            if config.context() != ContextKind::Shared && config.has_learned_prompts() {
                return Err(Failure::new(
                    "this run learned a context for each of its own labels",
                    "Only a run with context=shared can score labels that it never saw.",
                ));
            }
            config.words = words;
            config.positives = vec![1; labels.len()];
        }
        let allowed = Fallback::allowed_if(request.allow_fallback);
        let (saved, mut fallback) = if request.run == ZERO_SHOT {
            (None, Vec::new())
        } else {
            let (saved, passed_over) = saved(project, &request.run, allowed)?;
            (Some(saved), passed_over)
        };
        let fingerprint = saved
            .as_ref()
            .map(|saved| saved.fingerprint.clone())
            .unwrap_or_default();
        // An alpha that is asked for overrides the fitted one, and the calibration that was fitted for that.
        let asks = |pair: &String| pair.split('=').next().is_some_and(|name| name.trim() == "alpha");
        let fitted = match saved.as_ref().filter(|_| !request.set.iter().any(asks)) {
            Some(saved) => {
                let folder = project.run_folder(&request.run);
                Fitted::load(&folder, &saved.fingerprint, allowed, &mut fallback)?
            }
            None => None,
        };
        let tower = match (&saved, config.parent.as_deref()) {
            (Some(saved), _) if config.stage.trains_student() => {
                Some(TrainedTower::new(&request.run, &saved.fingerprint, allowed))
            }
            (Some(_), Some(parent)) => {
                let (tower, passed_over) = TrainedTower::of(project, parent, allowed)?;
                fallback.extend(passed_over);
                Some(tower)
            }
            _ => None,
        };
        let (text, neutral, mut probability) = text_and_probability(request, &config, saved, compute)?;
        if let Some(Fitted {
            alpha,
            log_scale,
            offset,
            ..
        }) = fitted
        {
            config.settings.alpha = alpha;
            probability = Probability::Calibrated { log_scale, offset };
        }
        Ok(Self {
            fingerprint,
            fitted,
            config,
            labels,
            text,
            neutral,
            probability,
            fallback,
            allowed,
            tower,
            run: request.run.clone(),
        })
    }

    /// How the two views are pooled and fused.
    pub fn fusion(&self) -> Fusion {
        Fusion {
            alpha: self.config.settings.alpha,
            top_k: self.config.top_k,
        }
    }

    /// Scores of pictures from cached features, with their truth and probabilities in the same order, `[pictures, labels]`.
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn score(
        &self,
        store: &FeatureStore,
        pictures: &Pictures,
        compute: &Compute,
    ) -> Result<(HostScores, Vec<i8>, Vec<f32>), Failure> {
        let (width, device) = (self.labels.len(), compute.device());
        let (scores, truth) = cached_scores(store, pictures, width, &self.text, self.fusion(), device)?;
        let neutral = match &self.neutral {
            Some(neutral) => {
                cached_scores(store, pictures, 0, neutral, self.fusion(), device)?
                    .0
                    .fused
            }
            None => Vec::new(),
        };
        let of = |(i, s): (usize, &f32)| {
            let neutral = neutral.get(i / width).copied().unwrap_or(0.0);
            self.probability.of(*s, neutral)
        };
        let probabilities = scores.fused.iter().enumerate().map(of).collect();
        Ok((scores, truth, probabilities))
    }

    /// The image encoder behind it.
    pub fn encoder<'a>(&'a self, project: &'a Project) -> Encoder<'a> {
        frozen_encoder(&self.config, project, self.tower.clone())
    }

    /// Warns of what stands in for something that is damaged.
    pub fn warn_of_fallback(&self, context: &mut Context<'_>) {
        for words in &self.fallback {
            context.warn(warnings::CHECKPOINT, words.clone());
        }
    }

    /// The run's id, or [`ZERO_SHOT`].
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Whether it is the untrained CLIP.
    pub fn is_untrained(&self) -> bool {
        self.run == ZERO_SHOT
    }

    /// The text embeddings of both views, `[labels, embed]`, and those of the neutral prompt, `[1, embed]` (empty without one).
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn host_texts(&self) -> Result<[[Vec<f32>; 2]; 2], Failure> {
        let host = |pair: &TextPair| -> Result<[Vec<f32>; 2], Failure> {
            Ok([host_values(pair.0.clone())?, host_values(pair.1.clone())?])
        };
        let neutral = self.neutral.as_ref().map(host).transpose()?;
        Ok([host(&self.text)?, neutral.unwrap_or_default()])
    }
}

/// The configuration to score with: the run's with the request's overrides, or one made for the untrained CLIP.
fn scored_config(
    request: &EvaluateRequest,
    project: &Project,
    names: &[String],
    foreign: bool,
) -> Result<RunConfig, Failure> {
    if request.run != ZERO_SHOT {
        let mut config = run_config(project, &request.run)?;
        if !foreign && !config.knows(names, &data::label_ids(project)?) {
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
    let wanted = model::choose(request.model.as_deref(), project.setting("model")?);
    let path = model::locate(&wanted)?;
    let checkpoint = model::open(&wanted)?;
    let student = teacher_config(&checkpoint, &settings)?;
    let (labels, words) = data::labels(project)?;
    Ok(RunConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        // It is scored as a Stage 1 run is: with fixed prompts.
        stage: Stage::One,
        then_stage_2: false,
        of_pair: false,
        seed: 0,
        model: path,
        model_fingerprint: checkpoint.fingerprint.clone(),
        parent: None,
        labels,
        label_ids: data::label_ids(project)?,
        words,
        positives: Vec::new(),
        images: 0,
        data: String::new(),
        top_k: top_k(&settings, &student),
        student,
        patch_features: settings.patch_features.unwrap_or(PatchFeatures::Value),
        chosen: None,
        device: String::new(),
        settings,
    })
}

/// Embeddings of the labels in both views, the neutral prompt where it is needed, and how scores become probabilities.
type Texts = (TextPair, Option<TextPair>, Probability);

fn text_and_probability(
    request: &EvaluateRequest,
    config: &RunConfig,
    saved: Option<Saved>,
    compute: &Compute,
) -> Result<Texts, Failure> {
    // One reading of the checkpoint gives both: it may be a gigabyte, and is hashed as it is read.
    let Clip {
        text: tower,
        logit_scale,
        ..
    } = teacher(config, compute)?;
    let tokenizer = Tokenizer::new();
    let fixed = || tower.encode_labels(&tokenizer, &config.settings.templates(), &config.words);
    let Some(Saved { model, .. }) = saved else {
        let (text, neutral) = (fixed(), tower.encode_texts(&tokenizer, &[NEUTRAL_PROMPT.to_owned()]));
        let both = |t: Tensor<2>| (t.clone(), t);
        return Ok((
            both(text),
            Some(both(neutral)),
            Probability::Uncalibrated { scale: logit_scale },
        ));
    };
    let (log_scale, offset) = calibration(&model)?;
    let probability = Probability::Calibrated { log_scale, offset };
    if !config.has_learned_prompts() {
        let text = fixed();
        return Ok(((text.clone(), text), None, probability));
    }
    let text = learned_texts(
        config,
        (request.run.as_str(), &model),
        (&tower, &tokenizer),
        compute.device(),
    )?;
    Ok((text, None, probability))
}
