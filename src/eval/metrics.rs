//! The formulas.

use crate::dataset::split::Group;
use serde::{Deserialize, Serialize};

/// Average precision of one class: the area under the step-wise precision-recall curve, equal scores taken together, as
/// scikit-learn's `average_precision_score`. In [0, 1]; `None` without a positive. Unknown labels are left out.
///
/// # Shapes
/// - scores, truth: one entry a picture; truth is 1, 0 or -1 (unknown)
pub fn average_precision(scores: &[f32], truth: &[i8]) -> Option<f64> {
    debug_assert_eq!(scores.len(), truth.len());
    let mut ranked: Vec<(f32, bool)> = scores
        .iter()
        .zip(truth)
        .filter(|(_, t)| **t >= 0)
        .map(|(s, t)| (*s, *t == 1))
        .collect();
    let positives = ranked.iter().filter(|(_, positive)| *positive).count();
    if positives == 0 {
        return None;
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
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
    let column = |c: usize| {
        let s: Vec<f32> = scores.iter().skip(c).step_by(classes).copied().collect();
        let t: Vec<i8> = truth.iter().skip(c).step_by(classes).copied().collect();
        average_precision(&s, &t)
    };
    (0..classes).map(column).collect()
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
}

/// Precision, recall and F1 over classes (C) and over all labels (O), in percent; 0/0 = 0.
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
    fn of(counts: &[Counts]) -> Self {
        let precision = |c: &Counts| ratio(c.hit as f64, (c.hit + c.false_alarm) as f64);
        let recall = |c: &Counts| ratio(c.hit as f64, (c.hit + c.missed) as f64);
        let classes = counts.len() as f64;
        let cp = 100.0 * ratio(counts.iter().map(precision).sum(), classes);
        let cr = 100.0 * ratio(counts.iter().map(recall).sum(), classes);
        let sum = counts.iter().fold(Counts::default(), |a, c| Counts {
            hit: a.hit + c.hit,
            false_alarm: a.false_alarm + c.false_alarm,
            missed: a.missed + c.missed,
        });
        let (op, or) = (100.0 * precision(&sum), 100.0 * recall(&sum));
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

fn count(predicted: impl Fn(usize) -> bool, truth: &[i8], classes: usize) -> F1 {
    let mut counts = vec![Counts::default(); classes];
    for (i, t) in truth.iter().enumerate().filter(|(_, t)| **t >= 0) {
        let c = &mut counts[i % classes];
        match (predicted(i), *t == 1) {
            (true, true) => c.hit += 1,
            (true, false) => c.false_alarm += 1,
            (false, true) => c.missed += 1,
            (false, false) => {}
        }
    }
    F1::of(&counts)
}

/// F1 where a label is predicted at or above its probability threshold.
///
/// # Shapes
/// - probability, truth: `[pictures * classes]`
/// - thresholds: `[classes]`
pub fn f1_at_probability(probability: &[f32], truth: &[i8], thresholds: &[f32]) -> F1 {
    let classes = thresholds.len().max(1);
    count(|i| probability[i] >= thresholds[i % classes], truth, classes)
}

/// F1 where the `k` best-scored labels of each picture are predicted; of equal scores the earlier label.
///
/// # Shapes
/// - scores, truth: `[pictures * classes]`
pub fn f1_at_top(scores: &[f32], truth: &[i8], classes: usize, k: usize) -> F1 {
    let classes = classes.max(1);
    let mut chosen = vec![false; scores.len()];
    for (row, chosen) in scores.chunks_exact(classes).zip(chosen.chunks_exact_mut(classes)) {
        let mut order: Vec<usize> = (0..classes).collect();
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
        order.into_iter().take(k).for_each(|c| chosen[c] = true);
    }
    count(|i| chosen[i], truth, classes)
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
        let f = f1_at_probability(&probability, &truth, &[0.5; 3]);
        // Class 0: 2 hits; class 1: 1 false alarm; class 2: 1 missed, unknown left out.
        assert!((f.cp - 100.0 / 3.0).abs() < 1e-9 && (f.cr - 100.0 / 3.0).abs() < 1e-9);
        assert!((f.op - 200.0 / 3.0).abs() < 1e-9 && (f.or - 200.0 / 3.0).abs() < 1e-9);
        assert_eq!(f1_at_probability(&[0.1], &[0], &[0.5]), F1::default(), "0/0 = 0");
        let top = f1_at_top(&[0.3, 0.3, 0.1], &[0, 1, 0], 3, 1);
        assert_eq!(top.of1, 0.0, "the tie goes to the earlier label");
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
