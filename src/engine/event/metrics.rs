//! How well a model does.

use crate::eval::{F1, GroupMeans, ReliabilityBin};
use serde::{Deserialize, Serialize};

/// Metrics; all in percent but thresholds, counts, the ends of bins and the coverage error. Unknown labels are left out of all of them, and so
/// are scores that are not finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// `zero-shot` or a run's id.
    pub run: String,
    /// The split measured on.
    pub split: String,
    /// Pictures measured.
    pub images: usize,
    /// Mean average precision over the labels with a positive.
    pub map: GroupMeans,
    /// CF1 at the labels' probability thresholds.
    pub cf1: f64,
    /// OF1 at the labels' probability thresholds.
    pub of1: f64,
    /// CF1 of the three best-scored labels of each picture.
    pub cf1_top3: f64,
    /// OF1 of the three best-scored labels of each picture.
    pub of1_top3: f64,
    /// Precision and recall over the classes with a positive and over all labels, at the labels' thresholds.
    pub cp: f64,
    /// See `cp`.
    pub cr: f64,
    /// See `cp`.
    pub op: f64,
    /// See `cp`.
    pub or: f64,
    /// How often a true label's best patch lies in its box (pointing game); `None` where the data has no boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointing: Option<f64>,
    /// Lower end of the 95 % bootstrap interval of `map`.
    pub map_low: GroupMeans,
    /// Upper end of it.
    pub map_high: GroupMeans,
    /// Draws of the bootstrap; 0: no intervals.
    pub bootstrap: usize,
    /// All six of the three best-scored labels of each picture.
    pub top3: F1,
    /// All six at a probability of 0.5, whatever the labels' thresholds.
    pub at_half: F1,
    /// Where the labels' thresholds come from, in words.
    pub thresholds: String,
    /// Pairs of a true and an untrue label of a picture in the wrong order; `None` where nothing is known.
    pub ranking_loss: Option<f64>,
    /// Labels that one has to go through, on average, to find all true ones of a picture.
    pub coverage_error: Option<f64>,
    /// Pictures with labels whose best-scored label is not true; `None` without any.
    pub one_error: Option<f64>,
    /// Expected calibration error over all pairs of picture and label; `None` where nothing is known.
    pub ece: Option<f64>,
    /// Mean of the labels' own calibration errors.
    pub ece_labels: Option<f64>,
    /// The bins of the reliability diagram that hold something.
    pub reliability: Vec<ReliabilityBin>,
    /// Whether the probabilities were fitted on pictures: an untrained CLIP's were not.
    pub calibrated: bool,
    /// Pairs of picture and label whose truth is unknown.
    pub unknown: usize,
    /// Pairs whose score is not finite.
    pub unscored: usize,
    /// What of the run is damaged, so that something else was measured in its place (`--allow-fallback`); empty where the run was
    /// measured as its record names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// Each label.
    pub per_class: Vec<ClassMetrics>,
}

/// Metrics of a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The label.
    pub label: String,
    /// Average precision in percent; `None` without a positive.
    pub ap: Option<f64>,
    /// Positives in the split measured on.
    pub positives: usize,
    /// Positives in the training split.
    pub train_positives: usize,
    /// `head`, `medium` or `tail`.
    pub group: String,
    /// Probability from which the label is given.
    pub threshold: f32,
    /// How the threshold was found: `default`, a rule such as `precision=0.9`, or `by hand`.
    pub rule: String,
    /// Lower end of the 95 % bootstrap interval of `ap`.
    pub ap_low: Option<f64>,
    /// Upper end of it.
    pub ap_high: Option<f64>,
    /// Whether there are too few positives (under ten), or no negatives, for the numbers to say much.
    pub uncertain: bool,
    /// Pictures that do not have the label.
    pub negatives: usize,
    /// Pictures of which it is not known.
    pub unknown: usize,
    /// Precision at the threshold; `None` without a positive, 0 where the label is never given.
    pub precision: Option<f64>,
    /// Recall at the threshold; `None` without a positive.
    pub recall: Option<f64>,
    /// F1 at the threshold; `None` without a positive.
    pub f1: Option<f64>,
    /// Pictures that are given the label and have it.
    pub hits: usize,
    /// Pictures that are given the label and do not have it.
    pub false_alarms: usize,
    /// Expected calibration error; `None` where nothing is known.
    pub ece: Option<f64>,
    /// Mean probability; beside `frequency` it says whether the label is over- or underestimated.
    pub probability: Option<f64>,
    /// How many of the pictures have the label.
    pub frequency: Option<f64>,
}

/// See [`Event::Thresholds`](super::Event::Thresholds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedThresholds {
    /// The run that keeps them.
    pub run: String,
    /// The rule: see [`Rule`](crate::eval::Rule).
    pub rule: String,
    /// Validation pictures.
    pub images: usize,
    /// The labels that the rule was asked for.
    pub labels: Vec<FittedThreshold>,
    /// Those of them that keep the default.
    pub kept_default: Vec<String>,
}

/// A label's threshold, and what it does on the validation pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedThreshold {
    /// The label.
    pub label: String,
    /// Probability from which it is given.
    pub threshold: f32,
    /// In percent, on validation pictures; `None` where none has the label.
    pub precision: Option<f64>,
    /// See `precision`.
    pub recall: Option<f64>,
    /// See `precision`.
    pub f1: Option<f64>,
    /// Validation pictures that have it.
    pub positives: usize,
    /// Why it keeps the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_default: Option<String>,
}

/// Two runs on the same pictures; all in percent but counts and probabilities. Differences are `b` less `a`, intervals are 95 % paired
/// bootstrap intervals of the difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// A run's id or `zero-shot`.
    pub a: String,
    /// The other.
    pub b: String,
    /// The split measured on.
    pub split: String,
    /// Pictures that both have scored.
    pub images: usize,
    /// Draws of the bootstrap.
    pub bootstrap: usize,
    /// See [`Metrics::fallback`]; of both runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// Mean average precision over all labels.
    pub map: Difference,
    /// The same over head, medium and tail labels, by the training positives of `b`.
    pub groups: Vec<GroupDifference>,
    /// Each label.
    pub per_class: Vec<ClassDifference>,
    /// Labels of pictures that one gives rightly and the other does not.
    pub flipped: Flipped,
}

/// A number of both runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// `a`'s; `None` where it cannot be measured.
    pub a: Option<f64>,
    /// `b`'s.
    pub b: Option<f64>,
    /// `b` less `a`.
    pub difference: Option<f64>,
    /// Lower end of the difference's interval.
    pub low: Option<f64>,
    /// Upper end of it.
    pub high: Option<f64>,
}

impl Difference {
    /// Whether the interval lies on one side of 0.
    pub fn is_clear(&self) -> bool {
        matches!((self.low, self.high), (Some(low), Some(high)) if low > 0.0 || high < 0.0)
    }
}

/// The mAP of a frequency group in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupDifference {
    /// `head`, `medium` or `tail`.
    pub group: String,
    /// Its mAP.
    #[serde(flatten)]
    pub map: Difference,
}

/// A label in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassDifference {
    /// The label.
    pub label: String,
    /// Its average precision.
    #[serde(flatten)]
    pub ap: Difference,
    /// Positives in the split measured on.
    pub positives: usize,
    /// Whether there are too few of them to say much.
    pub uncertain: bool,
    /// Pictures that `b` judges rightly and `a` wrongly.
    pub gained: usize,
    /// Pictures that `a` judges rightly and `b` wrongly.
    pub lost: usize,
}

/// Labels of pictures that the runs judge differently, each at its own thresholds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flipped {
    /// Right in `b` and wrong in `a`.
    pub gained: usize,
    /// Right in `a` and wrong in `b`.
    pub lost: usize,
    /// Pictures with a label that was gained.
    pub images_gained: usize,
    /// Pictures with a label that was lost.
    pub images_lost: usize,
    /// The largest of both ways, by the difference of the probabilities.
    pub examples: Vec<Flip>,
}

/// A label of a picture that the runs judge differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The picture.
    pub image: String,
    /// The label.
    pub label: String,
    /// Whether the picture has it.
    pub truth: bool,
    /// `a`'s probability.
    pub a: f32,
    /// `b`'s probability.
    pub b: f32,
    /// Whether `b` is right.
    pub gained: bool,
}

/// See [`Event::FewShot`](super::Event::FewShot).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    /// Training pictures of each label at least, K.
    pub shots: usize,
    /// The way of learning.
    pub way: String,
    /// Training pictures, on average over the draws.
    pub images: f64,
    /// mAP on the test pictures in percent, on average over the draws.
    pub map: f64,
    /// mAP of each draw.
    pub maps: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    #[test]
    fn a_comparison_is_read_as_it_is_written() {
        let difference = Difference {
            a: Some(50.0),
            b: Some(60.0),
            difference: Some(10.0),
            low: Some(1.0),
            high: Some(19.0),
        };
        let event = Event::Comparison(Box::new(Comparison {
            a: "run-1".into(),
            b: "run-2".into(),
            split: "test".into(),
            images: 4,
            bootstrap: 100,
            fallback: Vec::new(),
            map: difference,
            groups: vec![GroupDifference {
                group: "head".into(),
                map: Difference::default(),
            }],
            per_class: vec![ClassDifference {
                label: "dog".into(),
                ap: difference,
                positives: 2,
                uncertain: true,
                gained: 1,
                lost: 0,
            }],
            flipped: Flipped::default(),
        }));
        let text = serde_json::to_string(&event).unwrap();
        assert!(
            text.starts_with("{\"event\":\"compare\",\"a\":\"run-1\",\"b\":\"run-2\""),
            "{text}"
        );
        assert!(text.contains("{\"label\":\"dog\",\"a\":50.0,\"b\":60.0"), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert!(difference.is_clear() && !Difference::default().is_clear());
    }
}
