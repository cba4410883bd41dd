//! Whether probabilities mean what they say: reliability and expected calibration error.

use super::metrics::measured;
use serde::{Deserialize, Serialize};

/// Bins of a reliability diagram.
pub(crate) const BINS: usize = 15;

/// A bin of a reliability diagram, which holds the probabilities over `low` up to `high` (the first also those at `low`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// A probability.
    pub low: f64,
    /// A probability.
    pub high: f64,
    /// Pairs of picture and label in it.
    pub count: usize,
    /// Their mean probability, in percent.
    pub probability: f64,
    /// How many of them are true, in percent.
    pub frequency: f64,
}

/// How probabilities and truth compare.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// By rising probability; bins that hold nothing are left out.
    pub bins: Vec<ReliabilityBin>,
    /// The expected calibration error, in percent: the mean of |frequency - probability| over the bins, each weighted by what it holds.
    pub ece: f64,
    /// Mean probability, in percent.
    pub probability: f64,
    /// How many are true, in percent.
    pub frequency: f64,
}

/// Compares probabilities with truth (1, 0, -1 for unknown) in `bins` bins of equal width, each with its upper end and without its lower one,
/// as Guo et al. 2017 and scikit-learn's `calibration_curve` have it. Unknown labels and probabilities that are not finite are left out;
/// `None` where all are.
pub(crate) fn calibration(probability: &[f32], truth: &[i8], bins: usize) -> Option<Calibration> {
    let bins = bins.max(1);
    let upper: Vec<f64> = (1..=bins).map(|i| i as f64 / bins as f64).collect();
    // Number, sum of probabilities, number of true ones.
    let mut sums = vec![(0usize, 0.0, 0usize); bins];
    for (p, is_true) in measured(probability, truth) {
        let p = f64::from(p);
        let bin = upper.partition_point(|end| *end < p).min(bins - 1);
        let sum = &mut sums[bin];
        *sum = (sum.0 + 1, sum.1 + p, sum.2 + usize::from(is_true));
    }
    let all = sums.iter().fold((0, 0.0, 0), |a, s| (a.0 + s.0, a.1 + s.1, a.2 + s.2));
    let share = |value: f64, count: usize| 100.0 * value / count as f64;
    let filled = sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0);
    let found: Vec<ReliabilityBin> = filled
        .map(|(i, (count, probability, positives))| ReliabilityBin {
            low: i as f64 / bins as f64,
            high: upper[i],
            count: *count,
            probability: share(*probability, *count),
            frequency: share(*positives as f64, *count),
        })
        .collect();
    let gap = |b: &ReliabilityBin| b.count as f64 * (b.frequency - b.probability).abs();
    (all.0 > 0).then(|| Calibration {
        ece: found.iter().map(gap).sum::<f64>() / all.0 as f64,
        probability: share(all.1, all.0),
        frequency: share(all.2 as f64, all.0),
        bins: found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let found = calibration(&[0.25, 0.25, 0.75, 1.0], &[0, 1, 1, 1], 2).unwrap();
        assert_eq!(found.bins.len(), 2);
        assert_eq!(
            (found.bins[0].probability, found.bins[0].frequency, found.bins[0].count),
            (25.0, 50.0, 2)
        );
        assert_eq!((found.bins[1].probability, found.bins[1].frequency), (87.5, 100.0));
        assert!((found.ece - (0.5 * 25.0 + 0.5 * 12.5)).abs() < 1e-12);
        assert_eq!((found.probability, found.frequency), (56.25, 75.0));
    }

    #[test]
    fn a_bin_has_its_upper_end() {
        let found = calibration(&[0.0, 0.5, 0.500_000_1, 1.0], &[0, 0, 1, 1], 2).unwrap();
        assert_eq!(found.bins.iter().map(|b| b.count).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn what_is_unknown_or_not_finite_is_left_out() {
        let found = calibration(&[0.9, f32::NAN, 0.9], &[-1, 1, 1], BINS).unwrap();
        assert_eq!(found.bins.iter().map(|b| b.count).sum::<usize>(), 1);
        assert_eq!(calibration(&[0.9, f32::INFINITY], &[-1, 1], BINS), None);
    }
}
