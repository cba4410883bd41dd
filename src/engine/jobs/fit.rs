//! Alpha and calibration chosen on the validation pictures once a stage is done: `fitted.json` in the run's folder.
//!
//! The offset belongs to the scores of one alpha, so scale and offset are fitted anew with it.

use super::data::Pictures;
use super::encode::ensure;
use super::run_folder::read_json;
use super::run_view::RunView;
use super::train::{cached_scores, validated};
use crate::compute::Compute;
use crate::engine::event::warnings;
use crate::engine::request::EvaluateRequest;
use crate::engine::scorer::Probability;
use crate::engine::{Context, Event, Failure};
use crate::eval::{Logistic, fit_logistic};
use crate::project::Project;
use crate::support::atomic;
use crate::train::checkpoint::Fallback;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fitted {
    /// Identity of the parameters that it was chosen for.
    pub model: String,
    /// The weight of the whole picture.
    pub alpha: f64,
    /// Logarithm of the scale.
    pub log_scale: f32,
    pub offset: f32,
    /// mAP on the validation pictures, in percent.
    pub map: f64,
    /// The same with the alpha that was trained with.
    pub map_before: f64,
    /// Validation pictures.
    pub pictures: usize,
}

/// Steps of alpha from 0 to 1.
const STEPS: usize = 20;

const NAME: &str = "fitted.json";

impl Fitted {
    /// What was fitted for the run in `folder`, where it was for these parameters. `passed_over` gets a word where the file is damaged
    /// and `fallback` allows to do without.
    ///
    /// # Errors
    /// [`Failure`] where the file is damaged and nothing may stand in for it.
    pub fn load(
        folder: &Path,
        model: &str,
        fallback: Fallback,
        passed_over: &mut Vec<String>,
    ) -> Result<Option<Self>, Failure> {
        match Self::read(&folder.join(NAME)) {
            Ok(fitted) => Ok(fitted.filter(|fitted| fitted.model == model)),
            Err(problem) if fallback == Fallback::Allowed => {
                passed_over.push(format!("{problem}; alpha and calibration are those of the training"));
                Ok(None)
            }
            Err(problem) => Err(Failure::new(
                format!("{problem}; without it the run would give other results"),
                "Restore the file from a backup. evaluate, compare, tag and export-model use what was trained without it with \
                 --allow-fallback.",
            )),
        }
    }

    /// The file, where there is one.
    fn read(path: &Path) -> Result<Option<Self>, String> {
        let found: Option<Self> = read_json(path)?;
        let sound = |fitted: &Self| {
            (0.0..=1.0).contains(&fitted.alpha) && fitted.log_scale.is_finite() && fitted.offset.is_finite()
        };
        if found.as_ref().is_none_or(sound) {
            Ok(found)
        } else {
            Err(format!("{} is damaged: its numbers are out of range", path.display()))
        }
    }

    fn save(&self, folder: &Path) -> Result<(), Failure> {
        let path = folder.join(NAME);
        let text = serde_json::to_vec_pretty(self).map_err(|e| Failure::io("write", &path, &e.into()))?;
        atomic::write(&path, &text).map_err(|e| Failure::io("write what was fitted to", &path, &e))
    }
}

/// Fits a finished run, unless that was done already. Returns how many pictures went through an image tower for it.
///
/// # Errors
/// [`Failure`] where the pictures cannot be encoded or the result not be written.
pub(crate) fn run(
    project: &Project,
    (id, folder): (&str, &Path),
    val: Pictures,
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<usize, Failure> {
    if let Err(problem) = Fitted::read(&folder.join(NAME)) {
        tracing::warn!("{problem}; fitting anew");
        let path = folder.join(NAME);
        std::fs::remove_file(&path).map_err(|e| Failure::io("replace", &path, &e))?;
    }
    let view = RunView::open(
        &EvaluateRequest::on_test(project.folder(), id),
        project,
        project,
        compute,
    )?;
    let (Probability::Calibrated { log_scale, offset }, None) = (view.probability, &view.fitted) else {
        return Ok(0);
    };
    let encoder = view.encoder(project);
    let encoded = ensure(encoder, &project.features_folder(), &val.items, compute, context)?;
    let labels = view.labels.len();
    let val = val.without(&encoded.failed, labels, context);
    let fusion = view.fusion();
    let (scores, truth) = cached_scores(&encoded.store, &val, labels, &view.text, fusion, compute.device())?;
    let start = Logistic {
        scale: f64::from(log_scale).exp(),
        offset: f64::from(offset),
    };
    let measure = |s: &[f32]| validated(s, &truth, &view.config.positives, None).map.total;
    let Some(choice) = choose((&scores.global, &scores.local), fusion.alpha, measure) else {
        context.warn(
            warnings::NOT_FITTED,
            "no validation picture has a label: alpha stays as it was trained",
        );
        return Ok(encoded.computed);
    };
    let fitted = fit_logistic(&fuse((&scores.global, &scores.local), choice.alpha), &truth, start);
    let fitted = Fitted {
        model: view.fingerprint.clone(),
        alpha: choice.alpha,
        log_scale: fitted.scale.ln() as f32,
        offset: fitted.offset as f32,
        map: choice.map,
        map_before: choice.map_before,
        pictures: scores.kept.len(),
    };
    fitted.save(folder)?;
    context.emit(Event::Fitted {
        run: id.to_owned(),
        alpha: fitted.alpha,
        map: fitted.map,
        map_before: fitted.map_before,
    });
    Ok(encoded.computed)
}

pub(crate) struct Choice {
    alpha: f64,
    /// mAP with it, in percent.
    pub map: f64,
    map_before: f64,
}

/// s at an alpha.
fn fuse((global, local): (&[f32], &[f32]), alpha: f64) -> Vec<f32> {
    let alpha = alpha as f32;
    let pair = |(g, l): (&f32, &f32)| g * alpha + l * (1.0 - alpha);
    global.iter().zip(local).map(pair).collect()
}

/// The alpha of the grid with the highest mAP; of equal ones that nearest to `trained`, which is tried as well and wins a tie.
pub(crate) fn choose(views: (&[f32], &[f32]), trained: f64, measure: impl Fn(&[f32]) -> Option<f64>) -> Option<Choice> {
    let map_before = measure(&fuse(views, trained))?;
    let mut best = (trained, map_before);
    for step in 0..=STEPS {
        let alpha = step as f64 / STEPS as f64;
        let Some(map) = measure(&fuse(views, alpha)) else {
            continue;
        };
        let nearer = (alpha - trained).abs() < (best.0 - trained).abs();
        if map > best.1 + 1e-9 || ((map - best.1).abs() <= 1e-9 && nearer) {
            best = (alpha, map);
        }
    }
    Some(Choice {
        alpha: best.0,
        map: best.1,
        map_before,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::average_precision;

    #[test]
    fn the_better_view_is_found() {
        // The local view ranks rightly, the global one does not.
        let global = [0.4, 0.3, 0.2, 0.1];
        let local = [0.1, 0.2, 0.3, 0.4];
        let truth = [0, 0, 1, 1];
        let measure = |s: &[f32]| average_precision(s, &truth).map(|ap| 100.0 * ap);
        let choice = choose((&global, &local), 0.9, measure).unwrap();
        assert_eq!(choice.map, 100.0);
        assert!(choice.map_before < 60.0);
        assert!(
            (choice.alpha - 0.45).abs() < 1e-9,
            "the nearest that does as well: {}",
            choice.alpha
        );
        // Nothing gained: as trained, also off the grid.
        let choice = choose((&local, &local), 0.33, measure).unwrap();
        assert_eq!((choice.alpha, choice.map), (0.33, 100.0));
        assert!(choose((&local, &local), 0.5, |_| None).is_none());
    }

    #[test]
    fn what_belongs_to_other_parameters_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let fitted = Fitted {
            model: "a".into(),
            alpha: 0.25,
            log_scale: 3.0,
            offset: 0.1,
            map: 60.0,
            map_before: 50.0,
            pictures: 6,
        };
        fitted.save(folder.path()).unwrap();
        let load = |model: &str, fallback| {
            let mut passed_over = Vec::new();
            let found = Fitted::load(folder.path(), model, fallback, &mut passed_over)?;
            Ok::<_, Failure>((found, passed_over.len()))
        };
        assert_eq!(load("a", Fallback::Refused).unwrap(), (Some(fitted.clone()), 0));
        assert_eq!(load("b", Fallback::Refused).unwrap(), (None, 0));
        Fitted { alpha: 7.0, ..fitted }.save(folder.path()).unwrap();
        assert!(
            load("a", Fallback::Refused)
                .unwrap_err()
                .message
                .contains("out of range")
        );
        assert_eq!(load("a", Fallback::Allowed).unwrap(), (None, 1), "it is said");
    }
}
