//! `thresholds`: from which probability a label is given, chosen by a rule on the validation pictures and kept with the run as
//! `thresholds.json`. `evaluate`, `compare` and taggers use what is kept.

use super::data::{self, Pictures};
use super::evaluate::score;
use super::project::open_for_work;
use super::run_folder::read_json;
use super::run_view::{RunView, ZERO_SHOT};
use crate::compute::Compute;
use crate::dataset::model::Split;
use crate::engine::event::{FittedThreshold, FittedThresholds, warnings};
use crate::engine::request::{EvaluateRequest, ThresholdsRequest};
use crate::engine::{Context, Event, Failure};
use crate::eval::{Counts, Rule, choose_threshold, column, counts_at_probability};
use crate::explain::Probability;
use crate::project::Project;
use crate::support::atomic;
use crate::train::checkpoint::Fallback;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Probability from which a label is given where nothing was chosen.
pub(crate) const DEFAULT: f32 = 0.5;

/// The rule of labels that have the default.
const DEFAULT_RULE: &str = "default";

const NAME: &str = "thresholds.json";

/// The thresholds that a run keeps, for the parameters and the calibration that they were chosen with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Identity of the parameters.
    model: String,
    /// The weight of the whole picture.
    alpha: f64,
    top_k: usize,
    probability: Probability,
    labels: Vec<KeptLabel>,
}

/// A label that a rule was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptLabel {
    /// Its id in the project, which it keeps under another name.
    id: i64,
    /// Its name when the threshold was chosen, for people who read the file.
    label: String,
    pub threshold: f32,
    /// `None`: the rule could not be kept, and the label has the default.
    rule: Option<Rule>,
    /// Validation pictures.
    images: usize,
}

impl Kept {
    fn of(view: &RunView) -> Self {
        Self {
            model: view.fingerprint.clone(),
            alpha: view.fusion().alpha,
            top_k: view.fusion().top_k,
            probability: view.probability,
            labels: Vec::new(),
        }
    }

    /// What the run in `folder` keeps, where it keeps any.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    fn read(folder: &Path) -> Result<Option<Self>, String> {
        let path = folder.join(NAME);
        let found: Option<Self> = read_json(&path)?;
        let sound = |kept: &Self| kept.labels.iter().all(|l| (0.0..=1.0).contains(&l.threshold));
        if found.as_ref().is_none_or(sound) {
            Ok(found)
        } else {
            Err(format!("{} is damaged: a threshold is out of range", path.display()))
        }
    }

    /// Whether it was chosen for the probabilities that a view gives.
    fn belongs_to(&self, view: &RunView) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() <= 1e-5 * a.abs().max(1.0);
        let same = match (self.probability, view.probability) {
            (
                Probability::Calibrated {
                    log_scale: a,
                    offset: b,
                },
                Probability::Calibrated { log_scale, offset },
            ) => near(a, log_scale) && near(b, offset),
            (Probability::Uncalibrated { scale: a }, Probability::Uncalibrated { scale: b }) => near(a, b),
            _ => false,
        };
        let fusion = view.fusion();
        same && self.model == view.fingerprint && (self.alpha - fusion.alpha).abs() < 1e-6 && self.top_k == fusion.top_k
    }

    /// What the run of a view keeps, where it belongs to what the view computes; else a warning, and nothing. `passed_over` gets a word, and
    /// so does the reader, where the file is damaged and the view may do without.
    ///
    /// # Errors
    /// [`Failure`] where the file is damaged and nothing may stand in for it.
    pub fn load(
        project: &Project,
        view: &RunView,
        passed_over: &mut Vec<String>,
        context: &mut Context<'_>,
    ) -> Result<Option<Self>, Failure> {
        if view.is_untrained() {
            return Ok(None);
        }
        let kept = match Self::read(&project.run_folder(view.run())) {
            Ok(Some(kept)) => kept,
            Ok(None) => return Ok(None),
            Err(problem) if view.allowed == Fallback::Allowed => {
                let words = format!("{problem}; labels are given as if the run kept no thresholds");
                context.warn(warnings::CHECKPOINT, words.clone());
                passed_over.push(words);
                return Ok(None);
            }
            Err(problem) => {
                return Err(Failure::new(
                    format!("{problem}; without it the run would give labels from other probabilities on"),
                    "Choose thresholds for all labels anew with `patchlight thresholds`, or restore the file from a backup. evaluate, compare, tag \
                     and export-model do without it with --allow-fallback.",
                ));
            }
        };
        if kept.belongs_to(view) {
            return Ok(Some(kept));
        }
        context.warn(
            warnings::THRESHOLDS,
            format!(
                "the thresholds that {} keeps were chosen for another alpha or other parameters: they are not used",
                view.run()
            ),
        );
        Ok(None)
    }

    /// What the run of a view keeps already of what is chosen now. A damaged file goes where every label gets a new threshold.
    fn so_far(
        request: &ThresholdsRequest,
        folder: &Path,
        view: &RunView,
        context: &mut Context<'_>,
    ) -> Result<Self, Failure> {
        let old = match Self::read(folder) {
            Ok(old) => old,
            Err(problem) if request.labels.is_empty() => {
                context.warn(
                    warnings::CHECKPOINT,
                    format!("{problem}; all thresholds are chosen anew"),
                );
                None
            }
            Err(problem) => {
                return Err(Failure::new(
                    format!("{problem}; the thresholds of the other labels would be lost"),
                    "Choose thresholds for all labels anew: leave --label out. Or restore the file from a backup.",
                ));
            }
        };
        Ok(old
            .filter(|kept| kept.belongs_to(view))
            .unwrap_or_else(|| Self::of(view)))
    }

    /// The label's entry.
    pub fn label(&self, id: i64) -> Option<&KeptLabel> {
        self.labels.iter().find(|l| l.id == id)
    }

    fn put(&mut self, label: KeptLabel) {
        match self.labels.iter_mut().find(|l| l.id == label.id) {
            Some(old) => *old = label,
            None => self.labels.push(label),
        }
    }

    fn save(&self, folder: &Path) -> Result<(), Failure> {
        let path = folder.join(NAME);
        let text = serde_json::to_vec_pretty(self).map_err(|e| Failure::io("write", &path, &e.into()))?;
        atomic::write(&path, &text).map_err(|e| Failure::io("keep the thresholds in", &path, &e))
    }
}

impl KeptLabel {
    /// How the threshold was found.
    pub fn rule(&self) -> String {
        self.rule
            .map_or_else(|| DEFAULT_RULE.to_owned(), |rule| rule.to_string())
    }
}

/// From which probability each label is given, and how that was found.
pub(crate) struct LabelThresholds {
    /// `[labels]`.
    pub values: Vec<f32>,
    /// `[labels]`: a rule, `default` or `by hand`.
    pub rules: Vec<String>,
}

impl LabelThresholds {
    /// Of the labels that a view scores: what a person set for the label, else what the run keeps, else the default. Labels of another
    /// project (`foreign`) have the default. `passed_over` gets a word where what the run keeps is damaged and the view may do without.
    ///
    /// # Errors
    /// [`Failure`] where the project cannot be read, or what the run keeps is damaged and nothing may stand in for it.
    pub fn of(
        project: &Project,
        (view, foreign): (&RunView, bool),
        passed_over: &mut Vec<String>,
        context: &mut Context<'_>,
    ) -> Result<Self, Failure> {
        let count = view.labels.len();
        let mut found = Self {
            values: vec![DEFAULT; count],
            rules: vec![DEFAULT_RULE.to_owned(); count],
        };
        if foreign {
            return Ok(found);
        }
        let kept = Kept::load(project, view, passed_over, context)?;
        for (i, label) in project.labels()?.into_iter().enumerate().take(count) {
            let (value, rule) = match (label.threshold, kept.as_ref().and_then(|k| k.label(label.id))) {
                (Some(by_hand), _) => (by_hand, "by hand".to_owned()),
                (None, Some(kept)) => (kept.threshold, kept.rule()),
                (None, None) => continue,
            };
            (found.values[i], found.rules[i]) = (value, rule);
        }
        Ok(found)
    }

    /// How they were found, in words.
    pub fn words(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for rule in &self.rules {
            match counts.iter_mut().find(|(name, _)| name == rule) {
                Some((_, count)) => *count += 1,
                None => counts.push((rule, 1)),
            }
        }
        let show = |(rule, count): &(&str, usize)| match (*rule, count) {
            (DEFAULT_RULE, n) => format!("0.5 (default) for {n}"),
            (rule, n) => format!("{rule} for {n}"),
        };
        let all: Vec<String> = counts.iter().map(show).collect();
        format!("{} of {} labels", all.join(", "), self.rules.len())
    }
}

/// The validation pictures as a run sees them.
struct Validation {
    probability: Vec<f32>,
    truth: Vec<i8>,
    images: usize,
}

pub(crate) fn run(request: &ThresholdsRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    if request.run == ZERO_SHOT {
        return Err(Failure::usage(
            "thresholds are kept with a run, and the untrained model is none",
            "Train first, or give labels their thresholds when tagging: --label-threshold.",
        ));
    }
    let project = open_for_work(&request.project, context)?;
    let view = RunView::open(
        &EvaluateRequest::on_test(&request.project, &request.run),
        &project,
        &project,
        compute,
    )?;
    let columns = columns(&request.labels, &view.labels)?;
    let ids = data::label_ids(&project)?;
    let folder = project.run_folder(&request.run);
    let mut kept = Kept::so_far(request, &folder, &view, context)?;
    let val = validation(&project, &view, compute, context)?;
    if val.images == 0 && !matches!(request.rule, Rule::Fixed(_)) {
        return Err(Failure::new(
            "there are no validation pictures to choose thresholds on",
            "Make splits with `patchlight split`, or set a threshold: --rule fixed=0.5.",
        ));
    }
    let mut labels = Vec::with_capacity(columns.len());
    for c in columns {
        let (fitted, rule) = fit_one(request, &view.labels[c], c, view.labels.len(), &val);
        kept.put(KeptLabel {
            id: ids[c],
            label: fitted.label.clone(),
            threshold: fitted.threshold,
            rule,
            images: val.images,
        });
        labels.push(fitted);
    }
    kept.save(&folder)?;
    let without = labels.iter().filter(|l| l.why_default.is_some());
    context.emit(Event::Thresholds(FittedThresholds {
        run: request.run.clone(),
        rule: request.rule.to_string(),
        images: val.images,
        kept_default: without.map(|l| l.label.clone()).collect(),
        labels,
    }));
    Ok(())
}

/// The columns of the labels that are asked for, in the labels' order; all where none are.
fn columns(asked: &[String], labels: &[String]) -> Result<Vec<usize>, Failure> {
    if let Some(missing) = asked.iter().find(|name| !labels.contains(name)) {
        return Err(Failure::new(
            format!("the project has no label {missing}"),
            "`patchlight project info` lists the labels.",
        ));
    }
    let wanted = |c: &usize| asked.is_empty() || asked.contains(&labels[*c]);
    Ok((0..labels.len()).filter(wanted).collect())
}

fn validation(
    project: &Project,
    view: &RunView,
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Validation, Failure> {
    let pictures = Pictures::of(project, Some(Split::Val), context)?;
    if pictures.items.is_empty() {
        return Ok(Validation {
            probability: Vec::new(),
            truth: Vec::new(),
            images: 0,
        });
    }
    let scored = score(view, (project, project), pictures, compute, context)?;
    Ok(Validation {
        images: scored.scores.kept.len(),
        probability: scored.probability,
        truth: scored.truth,
    })
}

/// A label's threshold with what it does, and the rule where it could be kept.
fn fit_one(
    request: &ThresholdsRequest,
    label: &str,
    class: usize,
    classes: usize,
    val: &Validation,
) -> (FittedThreshold, Option<Rule>) {
    let probability = column(&val.probability, class, classes);
    let truth = column(&val.truth, class, classes);
    let chosen = choose_threshold(request.rule, &probability, &truth, request.min_positives);
    let threshold = chosen.unwrap_or(DEFAULT);
    let counts: Counts = counts_at_probability(&probability, &truth, &[threshold])
        .into_iter()
        .next()
        .unwrap_or_default();
    let share = |value: f64| (counts.positives() > 0).then_some(100.0 * value);
    let fitted = FittedThreshold {
        label: label.to_owned(),
        threshold,
        precision: share(counts.precision()),
        recall: share(counts.recall()),
        f1: share(counts.f1()),
        positives: counts.positives(),
        why_default: chosen.err().map(|unfit| unfit.to_string()),
    };
    (fitted, chosen.ok().map(|_| request.rule))
}
