//! What goes wrong in a training, seen while it runs (METHOD section 10): each is said once, in words.

use crate::engine::event::warnings;
use crate::eval::GroupMeans;
use crate::train::trainer::StepReport;

/// A model on the validation pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Validated {
    /// Mean average precision in percent.
    pub map: GroupMeans,
    /// What scoring by chance gives, in percent: the mean share of positives.
    pub chance: f64,
    /// Share of all probabilities at 0.5 and more.
    pub given: f64,
}

/// Head mAP that may be lost against the start without a warning, in points.
const HEAD_LOSS: f64 = 5.0;

/// mAP under this many times the chance level counts as not aligned.
const NEAR_CHANCE: f64 = 1.25;

/// Share of a stage after which a rising L_kd counts: it begins at zero where the student begins as CLIP, and must rise first.
const SETTLED: f64 = 0.4;

/// Share of a stage's steps over which it must have risen, and at least so many steps.
const RISING: (f64, usize) = (0.15, 40);

/// By which factor.
const RISE: f64 = 1.25;

/// What goes wrong in a stage, told from its steps and epochs.
#[derive(Debug, Default)]
pub(crate) struct TrainingDiagnostics {
    /// mAP at the start of the stage, where it was measured.
    pub floor: Option<GroupMeans>,
    /// Whether the stage measures its distance from CLIP's pictures.
    distils: bool,
    smooth: Option<f64>,
    /// Where the rise began: the step and the value there.
    low: Option<(usize, f64)>,
    said: Vec<&'static str>,
}

impl TrainingDiagnostics {
    /// For a stage whose student may drift from the CLIP that it started as.
    pub fn distilling(distils: bool) -> Self {
        Self {
            distils,
            ..Self::default()
        }
    }

    /// After a step.
    pub fn step(&mut self, r: &StepReport) -> Option<(&'static str, String)> {
        if !self.distils {
            return None;
        }
        let value = f64::from(r.extra);
        let smooth = self.smooth.map_or(value, |s| 0.95 * s + 0.05 * value);
        self.smooth = Some(smooth);
        let settled = r.step as f64 >= SETTLED * r.steps as f64;
        if !settled || self.low.is_none_or(|(_, low)| smooth <= low) {
            self.low = Some((r.step, smooth));
            return None;
        }
        let (since, low) = self.low?;
        let long = RISING.1.max((RISING.0 * r.steps as f64) as usize);
        if r.step - since < long || smooth < RISE * low {
            return None;
        }
        self.once(
            warnings::KD_RISING,
            "the distance from CLIP (L_kd) keeps rising: the pictures are being learned by forgetting; smaller learning rates or a larger lambda_kd hold it",
        )
    }

    /// After an epoch.
    pub fn epoch(&mut self, v: &Validated) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if let (Some(head), Some(floor)) = (v.map.head, self.floor.and_then(|f| f.head))
            && head < floor - HEAD_LOSS
        {
            let words =
                format!("head classes are being forgotten: {head:.1} mAP now, {floor:.1} at the start of this stage");
            found.extend(self.once(warnings::HEAD_FORGOTTEN, &words));
        }
        if let Some(total) = v.map.total
            && total < NEAR_CHANCE * v.chance
        {
            let words = format!(
                "not aligned: {total:.1} mAP is near what chance gives ({:.1}); run Stage 1, or start from clip",
                v.chance
            );
            found.extend(self.once(warnings::NOT_ALIGNED, &words));
        }
        if v.given == 0.0 || v.given == 1.0 {
            let side = if v.given == 0.0 { "under" } else { "over" };
            let words = format!("all probabilities lie {side} 0.5: ranking works, but no threshold does yet");
            found.extend(self.once(warnings::ONE_SIDED, &words));
        }
        found
    }

    fn once(&mut self, code: &'static str, words: &str) -> Option<(&'static str, String)> {
        if self.said.contains(&code) {
            return None;
        }
        self.said.push(code);
        Some((code, words.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(step: usize, extra: f32) -> StepReport {
        StepReport {
            epoch: 0,
            step,
            steps: 400,
            loss: 1.0,
            cls: 1.0,
            extra,
            second: None,
            lr: 0.1,
            images_per_s: 1.0,
        }
    }

    fn kd(curve: impl Fn(usize) -> f32) -> usize {
        let mut diagnostics = TrainingDiagnostics::distilling(true);
        (0..400)
            .filter(|step| diagnostics.step(&report(*step, curve(*step))).is_some())
            .count()
    }

    #[test]
    fn a_rise_is_said_once_and_only_where_it_lasts() {
        assert_eq!(kd(|step| 0.01 + step as f32 * 0.001), 1);
        assert_eq!(
            kd(|step| 0.05 * (1.0 - (-(step as f32) / 30.0).exp())),
            0,
            "the first rise is the start"
        );
        assert_eq!(kd(|step| 0.05 + 0.02 * (step as f32).sin()), 0, "noise");
        assert_eq!(kd(|step| 0.3 / (1.0 + step as f32)), 0);
    }

    #[test]
    fn signs_of_an_epoch_are_said_once() {
        let mut diagnostics = TrainingDiagnostics {
            floor: Some(GroupMeans {
                head: Some(60.0),
                ..GroupMeans::default()
            }),
            ..TrainingDiagnostics::default()
        };
        let v = |head, total, given| Validated {
            map: GroupMeans {
                head: Some(head),
                total: Some(total),
                ..GroupMeans::default()
            },
            chance: 20.0,
            given,
        };
        assert!(diagnostics.epoch(&v(58.0, 50.0, 0.1)).is_empty());
        let codes: Vec<_> = diagnostics
            .epoch(&v(50.0, 22.0, 0.0))
            .into_iter()
            .map(|w| w.0)
            .collect();
        assert_eq!(codes, ["head-forgotten", "not-aligned", "one-sided"]);
        assert!(diagnostics.epoch(&v(50.0, 22.0, 0.0)).is_empty());
    }
}
