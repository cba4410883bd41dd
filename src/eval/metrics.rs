//! The formulas.

use crate::dataset::split::Group;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Whether a picture's label is measured: its truth is known, and its score is a number. What is not finite is no measurement and
/// is left out of every number, as unknown truth (-1) is.
pub(super) fn is_measured(score: f32, truth: i8) -> bool {
    truth >= 0 && score.is_finite()
}

/// The higher score first. Scores are finite; 0 and -0 are equal.
pub(super) fn falling(a: f32, b: f32) -> Ordering {
    b.partial_cmp(&a).unwrap_or(Ordering::Equal)
}

/// The measured pairs of scores and truth: the score, and whether the label is there.
pub(super) fn measured<'a>(scores: &'a [f32], truth: &'a [i8]) -> impl Iterator<Item = (f32, bool)> + 'a {
    debug_assert_eq!(scores.len(), truth.len());
    let pairs = scores.iter().zip(truth).filter(|(s, t)| is_measured(**s, **t));
    pairs.map(|(s, t)| (*s, *t == 1))
}

/// Column `class` of a table `[rows * classes]`.
pub(crate) fn column<T: Copy>(table: &[T], class: usize, classes: usize) -> Vec<T> {
    table.iter().skip(class).step_by(classes.max(1)).copied().collect()
}

/// Average precision of one class: the area under the step-wise precision-recall curve, equal scores taken together, as
/// scikit-learn's `average_precision_score`. In [0, 1]; `None` without a positive; 1 without a negative. Unknown labels and scores that
/// are not finite are left out.
///
/// # Shapes
/// - scores, truth: one entry a picture; truth is 1, 0 or -1 (unknown)
pub fn average_precision(scores: &[f32], truth: &[i8]) -> Option<f64> {
    let mut ranked: Vec<(f32, bool)> = measured(scores, truth).collect();
    let positives = ranked.iter().filter(|(_, positive)| *positive).count();
    if positives == 0 {
        return None;
    }
    ranked.sort_by(|a, b| falling(a.0, b.0));
    let (mut hits, mut seen, mut area) = (0usize, 0usize, 0.0);
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let found = tied.iter().filter(|(_, positive)| *positive).count();
        hits += found;
        seen += tied.len();
        area += found as f64 / positives as f64 * (hits as f64 / seen as f64);
    }
    Some(area)
}

/// [`average_precision`] of each class.
///
/// # Shapes
/// - scores, truth: `[pictures * classes]`
/// - result: `[classes]`
pub fn average_precisions(scores: &[f32], truth: &[i8], classes: usize) -> Vec<Option<f64>> {
    let of = |c: usize| average_precision(&column(scores, c, classes), &column(truth, c, classes));
    (0..classes).map(of).collect()
}

/// Mean average precision in percent over all classes and by frequency group; `None` for a group without a class that has
/// a positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupMeans {
    /// All classes.
    pub total: Option<f64>,
    /// Classes with at least 100 training positives.
    pub head: Option<f64>,
    /// Classes with 20 to 99.
    pub medium: Option<f64>,
    /// Classes with fewer than 20.
    pub tail: Option<f64>,
}

/// Positives of each class in truth `[pictures, classes]`.
pub fn positives(truth: &[i8], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for row in truth.chunks_exact(classes.max(1)) {
        for (count, t) in counts.iter_mut().zip(row) {
            *count += usize::from(*t == 1);
        }
    }
    counts
}

/// Means of the classes' average precisions (in [0, 1]; `None` entries are left out), in percent.
pub fn group_means(ap: &[Option<f64>], groups: &[Group]) -> GroupMeans {
    debug_assert_eq!(ap.len(), groups.len());
    let mean = |wanted: Option<Group>| {
        let values: Vec<f64> = ap
            .iter()
            .zip(groups)
            .filter(|(_, g)| wanted.is_none_or(|w| w == **g))
            .filter_map(|(a, _)| *a)
            .collect();
        (!values.is_empty()).then(|| 100.0 * values.iter().sum::<f64>() / values.len() as f64)
    };
    GroupMeans {
        total: mean(None),
        head: mean(Some(Group::Head)),
        medium: mean(Some(Group::Medium)),
        tail: mean(Some(Group::Tail)),
    }
}

/// Right and wrong predictions of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Predicted and true.
    pub hit: usize,
    /// Predicted and not true.
    pub false_alarm: usize,
    /// True and not predicted.
    pub missed: usize,
    /// Neither.
    pub rejected: usize,
}

impl Counts {
    /// Pictures that have the label.
    pub fn positives(&self) -> usize {
        self.hit + self.missed
    }

    /// Pictures that do not have it.
    pub fn negatives(&self) -> usize {
        self.false_alarm + self.rejected
    }

    /// How much of what is predicted is true, in [0, 1]; 0 where nothing is predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.hit as f64, (self.hit + self.false_alarm) as f64)
    }

    /// How much of what is true is predicted, in [0, 1]; 0 where nothing is true.
    pub fn recall(&self) -> f64 {
        ratio(self.hit as f64, self.positives() as f64)
    }

    /// 2 TP / (2 TP + FP + FN), in [0, 1]; 0 for 0/0.
    pub fn f1(&self) -> f64 {
        ratio(
            2.0 * self.hit as f64,
            (2 * self.hit + self.false_alarm + self.missed) as f64,
        )
    }
}

/// Precision, recall and F1 over classes (C) and over all labels (O), in percent; 0/0 = 0. A class without a positive has no recall, and is
/// out of the means over classes; what is wrongly predicted of it counts over all labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct F1 {
    /// Mean precision of the classes.
    pub cp: f64,
    /// Mean recall of the classes.
    pub cr: f64,
    /// 2*CP*CR/(CP+CR).
    pub cf1: f64,
    /// Precision over all labels.
    pub op: f64,
    /// Recall over all labels.
    pub or: f64,
    /// 2*OP*OR/(OP+OR).
    pub of1: f64,
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

impl F1 {
    /// Of the predictions of each class.
    pub fn of(counts: &[Counts]) -> Self {
        let with: Vec<&Counts> = counts.iter().filter(|c| c.positives() > 0).collect();
        let classes = with.len() as f64;
        let cp = 100.0 * ratio(with.iter().map(|c| c.precision()).sum(), classes);
        let cr = 100.0 * ratio(with.iter().map(|c| c.recall()).sum(), classes);
        let sum = counts.iter().fold(Counts::default(), |a, c| Counts {
            hit: a.hit + c.hit,
            false_alarm: a.false_alarm + c.false_alarm,
            missed: a.missed + c.missed,
            rejected: a.rejected + c.rejected,
        });
        let (op, or) = (100.0 * sum.precision(), 100.0 * sum.recall());
        Self {
            cp,
            cr,
            cf1: ratio(2.0 * cp * cr, cp + cr),
            op,
            or,
            of1: ratio(2.0 * op * or, op + or),
        }
    }
}

fn count(scores: &[f32], predicted: impl Fn(usize) -> bool, truth: &[i8], classes: usize) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); classes];
    for (i, t) in truth.iter().enumerate().filter(|(i, t)| is_measured(scores[*i], **t)) {
        let c = &mut counts[i % classes];
        match (predicted(i), *t == 1) {
            (true, true) => c.hit += 1,
            (true, false) => c.false_alarm += 1,
            (false, true) => c.missed += 1,
            (false, false) => c.rejected += 1,
        }
    }
    counts
}

/// Predictions of each class where a label is predicted from its probability threshold upwards: at the threshold itself it is.
/// Unknown labels and probabilities that are not finite are left out.
///
/// # Shapes
/// - probability, truth: `[pictures * classes]`
/// - thresholds: `[classes]`
pub fn counts_at_probability(probability: &[f32], truth: &[i8], thresholds: &[f32]) -> Vec<Counts> {
    let classes = thresholds.len();
    if classes == 0 {
        return Vec::new();
    }
    count(
        probability,
        |i| probability[i] >= thresholds[i % classes],
        truth,
        classes,
    )
}

/// Predictions of each class where the `k` best-scored labels of each picture are predicted; of equal scores the earlier label. A label whose
/// truth is unknown takes its place among the `k` and is not judged: what is predicted does not depend on what is known. A score
/// that is not finite takes none.
///
/// # Shapes
/// - scores, truth: `[pictures * classes]`
pub fn counts_at_top(scores: &[f32], truth: &[i8], classes: usize, k: usize) -> Vec<Counts> {
    if classes == 0 {
        return Vec::new();
    }
    let mut chosen = vec![false; scores.len()];
    for (row, chosen) in scores.chunks_exact(classes).zip(chosen.chunks_exact_mut(classes)) {
        let mut order: Vec<usize> = (0..classes).filter(|c| row[*c].is_finite()).collect();
        order.sort_by(|a, b| falling(row[*a], row[*b]).then(a.cmp(b)));
        order.into_iter().take(k).for_each(|c| chosen[c] = true);
    }
    count(scores, |i| chosen[i], truth, classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_as_scikit_learn() {
        // sklearn.metrics.average_precision_score([0,0,1,1], [0.1,0.4,0.35,0.8]) = 0.8333..
        let ap = average_precision(&[0.1, 0.4, 0.35, 0.8], &[0, 0, 1, 1]).unwrap();
        assert!((ap - 0.833_333_333_333).abs() < 1e-9);
        // Ties: ([1,0,1,0,1], [0.5,0.5,0.5,0.2,0.2]) = 0.64
        let ap = average_precision(&[0.5, 0.5, 0.5, 0.2, 0.2], &[1, 0, 1, 0, 1]).unwrap();
        assert!((ap - (2.0 / 3.0 * 2.0 / 3.0 + 1.0 / 3.0 * 3.0 / 5.0)).abs() < 1e-9);
        // Unknown labels do not count.
        assert_eq!(average_precision(&[0.9, 0.8, 0.1], &[-1, 1, 0]), Some(1.0));
        assert_eq!(average_precision(&[0.9], &[0]), None);
    }

    #[test]
    fn f1_by_hand() {
        let truth = [1, 0, 1, 1, 0, -1];
        let probability = [0.9, 0.6, 0.4, 0.7, 0.1, 0.9];
        let counts = counts_at_probability(&probability, &truth, &[0.5; 3]);
        let f = F1::of(&counts);
        // Class 0: 2 hits; class 1: 1 false alarm, no positive, so out of the means; class 2: 1 missed, unknown left out.
        assert!((f.cp - 50.0).abs() < 1e-9 && (f.cr - 50.0).abs() < 1e-9);
        assert_eq!((counts[1].positives(), counts[1].negatives()), (0, 2));
        assert_eq!((counts[2].positives(), counts[2].negatives()), (1, 0));
        assert!((f.op - 200.0 / 3.0).abs() < 1e-9 && (f.or - 200.0 / 3.0).abs() < 1e-9);
        let none = counts_at_probability(&[0.1], &[0], &[0.5]);
        assert_eq!(F1::of(&none), F1::default(), "0/0 = 0");
        let top = counts_at_top(&[0.3, 0.3, 0.1], &[0, 1, 0], 3, 1);
        assert_eq!(F1::of(&top).of1, 0.0, "the tie goes to the earlier label");
        assert!(counts_at_probability(&[], &[], &[]).is_empty() && counts_at_top(&[], &[], 0, 3).is_empty());
    }

    #[test]
    fn a_label_is_given_at_its_threshold_itself() {
        let counts = counts_at_probability(&[0.5, 0.499_999_97], &[1, 1], &[0.5]);
        assert_eq!((counts[0].hit, counts[0].missed), (1, 1));
        let counts = counts_at_probability(&[0.0, 1.0], &[1, 0], &[0.0]);
        assert_eq!(
            (counts[0].hit, counts[0].false_alarm),
            (1, 1),
            "from 0 on all are given"
        );
    }

    #[test]
    fn what_is_not_finite_is_not_measured() {
        let scores = [f32::NAN, 0.9, f32::INFINITY, 0.2, f32::NEG_INFINITY, 0.1];
        let truth = [1, 1, 0, 0, 1, -1];
        assert_eq!(average_precision(&scores, &truth), Some(1.0));
        let counts = counts_at_probability(&scores, &truth, &[0.5]);
        assert_eq!((counts[0].hit, counts[0].rejected), (1, 1));
        assert_eq!(counts[0].positives() + counts[0].negatives(), 2);
        // One picture, six labels: the two best that are numbers.
        let top = counts_at_top(&scores, &truth, 6, 2);
        let hits: Vec<usize> = top.iter().map(|c| c.hit + c.false_alarm).collect();
        assert_eq!(hits, [0, 1, 0, 1, 0, 0]);
    }

    #[test]
    fn an_unknown_label_takes_its_place_among_the_best() {
        let top = counts_at_top(&[0.9, 0.8, 0.7], &[-1, 1, 1], 3, 2);
        assert_eq!((top[1].hit, top[2].missed), (1, 1));
        assert_eq!(top[0], Counts::default(), "and is not judged");
    }

    #[test]
    fn labels_at_the_edges() {
        // Without a positive; without a negative; one positive; unknown everywhere.
        let truth = [0, 1, 1, -1, 0, 1, 0, -1, 0, 1, 0, -1];
        let scores = [0.9, 0.1, 0.7, 0.5, 0.1, 0.2, 0.9, 0.5, 0.2, 0.3, 0.1, 0.5];
        let ap = average_precisions(&scores, &truth, 4);
        assert_eq!(ap, [None, Some(1.0), Some(0.5), None]);
        let f = F1::of(&counts_at_probability(&scores, &truth, &[0.5; 4]));
        // Means over the second (nothing given) and the third (right once, wrong once).
        assert!((f.cp - 25.0).abs() < 1e-9 && (f.cr - 50.0).abs() < 1e-9, "{f:?}");
        // Over all: given 0 (wrong), 2 twice; four positives.
        assert!((f.op - 100.0 / 3.0).abs() < 1e-9 && (f.or - 25.0).abs() < 1e-9, "{f:?}");
        let means = group_means(&ap, &[Group::Tail; 4]);
        assert_eq!(means.total, Some(75.0));
    }

    #[test]
    fn empty_groups_are_none() {
        let means = group_means(
            &[Some(0.5), None, Some(1.0)],
            &[Group::Tail, Group::Head, Group::Medium],
        );
        assert_eq!((means.total, means.head), (Some(75.0), None));
        assert_eq!((means.medium, means.tail), (Some(100.0), Some(50.0)));
    }
}
