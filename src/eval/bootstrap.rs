//! How sure an average precision is: pictures are drawn anew, with replacement, as often as there are (Efron's percentile bootstrap).

use super::metrics::{column, falling, is_measured};
use crate::support::rng::{Rng, stream};
use rayon::prelude::*;

/// The share of draws that an interval holds.
const WITHIN: f64 = 0.95;

/// Test positives under which a label's numbers are marked uncertain: one picture more or less moves them by ten points and more.
pub(crate) const FEW_POSITIVES: usize = 10;

/// A picture in the order of a label's scores.
struct Ranked {
    picture: usize,
    positive: bool,
    /// Whether the next one has a lower score.
    ends_tie: bool,
}

/// A label's measured pictures by falling score.
fn rank(scores: &[f32], truth: &[i8]) -> Vec<Ranked> {
    let mut order: Vec<usize> = (0..truth.len())
        .filter(|i| is_measured(scores[*i], truth[*i]))
        .collect();
    order.sort_by(|a, b| falling(scores[*a], scores[*b]));
    let ends = |i: usize| order.get(i + 1).is_none_or(|next| scores[*next] != scores[order[i]]);
    let one = |(i, picture): (usize, &usize)| Ranked {
        picture: *picture,
        positive: truth[*picture] == 1,
        ends_tie: ends(i),
    };
    order.iter().enumerate().map(one).collect()
}

/// [`average_precision`](super::average_precision) where each picture is there as often as `times` says; `None` where no positive is.
fn repeated(ranked: &[Ranked], times: &[u32]) -> Option<f64> {
    let of = |r: &Ranked| u64::from(times[r.picture]);
    let positives: u64 = ranked.iter().filter(|r| r.positive).map(of).sum();
    if positives == 0 {
        return None;
    }
    let (mut seen, mut hits, mut found, mut area) = (0u64, 0u64, 0u64, 0.0);
    for r in ranked {
        seen += of(r);
        found += if r.positive { of(r) } else { 0 };
        if r.ends_tie && found > 0 {
            hits += found;
            area += found as f64 / positives as f64 * (hits as f64 / seen as f64);
            found = 0;
        }
    }
    Some(area)
}

/// Average precisions of each draw, in [0, 1]. Draws depend on the seed and the number of pictures alone: those of two models on the same
/// pictures are paired.
pub(crate) struct Draws {
    /// `[draws][classes]`.
    ap: Vec<Vec<Option<f64>>>,
}

impl Draws {
    /// Draws the pictures of scores and truth, `[pictures * classes]`, `draws` times.
    pub fn of(scores: &[f32], truth: &[i8], classes: usize, draws: usize, seed: u64) -> Self {
        let rankings: Vec<Vec<Ranked>> = (0..classes)
            .into_par_iter()
            .map(|c| rank(&column(scores, c, classes), &column(truth, c, classes)))
            .collect();
        let pictures = truth.len() / classes.max(1);
        let one = |draw: usize| {
            let mut times = vec![0u32; pictures];
            let mut random = stream(seed, "bootstrap", draw as u64);
            for _ in 0..pictures {
                times[random.random_range(0..pictures)] += 1;
            }
            rankings.iter().map(|ranked| repeated(ranked, &times)).collect()
        };
        Self {
            ap: (0..draws).into_par_iter().map(one).collect(),
        }
    }

    /// What is gained over `other`, draw by draw; where either has no positive there is nothing to compare.
    pub fn over(&self, other: &Self) -> Self {
        let of = |(a, b): (&Vec<Option<f64>>, &Vec<Option<f64>>)| {
            let pair = |(a, b): (&Option<f64>, &Option<f64>)| Some((*a)? - (*b)?);
            a.iter().zip(b).map(pair).collect()
        };
        Self {
            ap: self.ap.iter().zip(&other.ap).map(of).collect(),
        }
    }

    /// 95 % interval of a class, in percent, over the draws that have a positive of it; `None` where none has.
    pub fn of_class(&self, class: usize) -> Option<[f64; 2]> {
        interval(self.ap.iter().filter_map(|draw| draw[class]).collect())
    }

    /// 95 % interval of the mean over classes, in percent; a class counts in the draws that have a positive of it.
    pub fn of_mean(&self, wanted: impl Fn(usize) -> bool) -> Option<[f64; 2]> {
        let mean = |draw: &Vec<Option<f64>>| {
            let all = draw.iter().enumerate().filter(|(c, _)| wanted(*c));
            let all: Vec<f64> = all.filter_map(|(_, ap)| *ap).collect();
            (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
        };
        interval(self.ap.iter().filter_map(mean).collect())
    }
}

fn interval(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let outside = 0.5 * (1.0 - WITHIN);
    Some([
        100.0 * quantile(&values, outside)?,
        100.0 * quantile(&values, 1.0 - outside)?,
    ])
}

/// A quantile of sorted values, linear between neighbours, as NumPy's default.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = q * last as f64;
    let below = place.floor() as usize;
    let above = sorted[(below + 1).min(last)];
    Some(sorted[below] + (above - sorted[below]) * (place - below as f64))
}

/// [`average_precision`](super::average_precision) where each picture is there as often as `times` says.
#[cfg(test)]
pub(super) fn weighted(scores: &[f32], truth: &[i8], times: &[u32]) -> Option<f64> {
    repeated(&rank(scores, truth), times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::average_precision;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_repeated_picture_counts_as_often(
            rows in prop::collection::vec((0u8..6, -1i8..2, 0u32..4), 1..20)
        ) {
            let scores: Vec<f32> = rows.iter().map(|r| if r.0 == 5 { f32::NAN } else { f32::from(r.0) / 5.0 }).collect();
            let truth: Vec<i8> = rows.iter().map(|r| r.1).collect();
            let times: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let (mut long_scores, mut long_truth) = (Vec::new(), Vec::new());
            for (i, n) in times.iter().enumerate() {
                for _ in 0..*n {
                    long_scores.push(scores[i]);
                    long_truth.push(truth[i]);
                }
            }
            match (weighted(&scores, &truth, &times), average_precision(&long_scores, &long_truth)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    /// 60 pictures; the first class is ranked well, the second badly, the third has no positive.
    fn data() -> (Vec<f32>, Vec<i8>) {
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for i in 0..60u32 {
            let noise = (i * 37 % 60) as f32 / 60.0;
            let there = i % 3 == 0;
            scores.extend([if there { 0.4 } else { 0.0 } + 0.7 * noise, noise, noise]);
            truth.extend([i8::from(there), i8::from(there), 0]);
        }
        (scores, truth)
    }

    #[test]
    fn intervals_repeat_and_hold_what_was_measured() {
        let (scores, truth) = data();
        let draws = Draws::of(&scores, &truth, 3, 400, 7);
        let again = Draws::of(&scores, &truth, 3, 400, 7);
        let other = Draws::of(&scores, &truth, 3, 400, 8);
        assert_eq!(draws.ap, again.ap);
        assert_ne!(draws.ap, other.ap);
        for class in 0..2 {
            let ap = 100.0 * average_precision(&column(&scores, class, 3), &column(&truth, class, 3)).unwrap();
            let [low, high] = draws.of_class(class).unwrap();
            assert!(low < ap && ap < high && high - low > 5.0, "{class}: {low} {ap} {high}");
        }
        assert_eq!(draws.of_class(2), None, "no positive, no interval");
        let [low, high] = draws.of_mean(|_| true).unwrap();
        let [own_low, own_high] = draws.of_class(1).unwrap();
        assert!(high - low < own_high - own_low, "a mean is surer than a class");
        assert_eq!(draws.of_mean(|c| c == 2), None);
        assert_eq!(Draws::of(&scores, &truth, 3, 0, 7).of_class(0), None, "without draws");
    }

    #[test]
    fn differences_are_paired() {
        let (scores, truth) = data();
        let draws = Draws::of(&scores, &truth, 3, 200, 7);
        assert_eq!(draws.over(&draws).of_class(0), Some([0.0, 0.0]));
        // A little worse in every draw: the pair knows, though the intervals of the two overlap.
        let mut worse = scores.clone();
        for row in worse.chunks_mut(3).skip(3).step_by(12) {
            row[0] -= 0.3;
        }
        let below = Draws::of(&worse, &truth, 3, 200, 7);
        let [low, high] = draws.over(&below).of_class(0).unwrap();
        let [a, _] = draws.of_class(0).unwrap();
        let [_, b] = below.of_class(0).unwrap();
        assert!(low >= 0.0 && high > 0.0 && a < b, "{low} {high}; {a} {b}");
    }

    #[test]
    fn one_positive_and_no_negative() {
        // One positive on top of two: AP is 1 in every draw that holds it.
        let draws = Draws::of(&[0.9, 0.1, 0.2], &[1, 0, 0], 1, 50, 0);
        assert_eq!(draws.of_class(0), Some([100.0, 100.0]));
        let held = draws.ap.iter().filter(|d| d[0].is_some()).count();
        assert!(held > 0 && held < 50, "{held}");
        let draws = Draws::of(&[0.9, 0.1], &[1, 1], 1, 20, 0);
        assert_eq!(draws.of_class(0), Some([100.0, 100.0]));
    }

    #[test]
    fn quantiles_as_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.9])
        let values = [1.0, 2.0, 4.0, 8.0];
        for (q, wanted) in [(0.025, 1.075), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, q).unwrap() - wanted).abs() < 1e-12);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }
}
