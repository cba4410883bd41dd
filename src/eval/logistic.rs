//! Logistic regression of truth on one score: scale and offset of a probability (Platt's method).

/// p = sigmoid(scale * (s - offset)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic {
    /// Above 0: a higher score is more probable.
    pub scale: f64,
    /// The score of probability 0.5.
    pub offset: f64,
}

/// Newton steps at most.
const ROUNDS: usize = 50;

/// Fits scale and offset to known pairs (truth 1 or 0; others are left out) by maximum likelihood where positives and
/// negatives weigh half each, as the training losses balance them: with few positives among many pairs no probability would reach 0.5
/// otherwise. `fallback` is returned
/// where nothing can be learned: one kind of pairs only, or scores that fall with the truth.
///
/// Targets are Platt's, (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) instead of 1 and 0: pairs that a threshold separates would drive the scale
/// to infinity otherwise.
pub fn fit_logistic(scores: &[f32], truth: &[i8], fallback: Logistic) -> Logistic {
    debug_assert_eq!(scores.len(), truth.len());
    let known: Vec<(f64, bool)> = scores
        .iter()
        .zip(truth)
        .filter(|(s, t)| **t >= 0 && s.is_finite())
        .map(|(s, t)| (f64::from(*s), *t == 1))
        .collect();
    let ones = known.iter().filter(|k| k.1).count() as f64;
    let zeros = known.len() as f64 - ones;
    if ones == 0.0 || zeros == 0.0 {
        return fallback;
    }
    let (high, low) = ((ones + 1.0) / (ones + 2.0), 1.0 / (zeros + 2.0));
    // Standardised, so that the two unknowns are of one size and the Hessian is well conditioned.
    let mean = known.iter().map(|k| k.0).sum::<f64>() / known.len() as f64;
    let variance = known.iter().map(|k| (k.0 - mean).powi(2)).sum::<f64>() / known.len() as f64;
    let spread = variance.sqrt();
    if spread < 1e-12 {
        return fallback;
    }
    let (of_one, of_zero) = (0.5 / ones, 0.5 / zeros);
    let pairs: Vec<(f64, f64, f64)> = known
        .iter()
        .map(|(s, t)| {
            let (target, weight) = if *t { (high, of_one) } else { (low, of_zero) };
            ((s - mean) / spread, target, weight)
        })
        .collect();
    // z = a x + b. The loss log(1 + e^z) - t z, in a form that does not overflow.
    let loss = |a: f64, b: f64| -> f64 {
        let of = |(x, t, w): &(f64, f64, f64)| {
            let z = a * x + b;
            w * (z.max(0.0) - t * z + (-z.abs()).exp().ln_1p())
        };
        pairs.iter().map(of).sum()
    };
    // The loss is convex: any start leads to the same place, and a moderate one leads there safely.
    let (mut a, mut b) = (1.0, 0.0);
    let mut current = loss(a, b);
    for _ in 0..ROUNDS {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for (x, t, w) in &pairs {
            let p = 1.0 / (1.0 + (-(a * x + b)).exp());
            let (error, weight) = (w * (p - t), w * p * (1.0 - p));
            ga += error * x;
            gb += error;
            haa += weight * x * x;
            hab += weight * x;
            hbb += weight;
        }
        let determinant = haa * hbb - hab * hab;
        let (da, db) = if determinant > 1e-18 {
            ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant)
        } else {
            // A flat place, far from the optimum: the gradient points the way.
            (ga, gb)
        };
        let mut step = 1.0;
        let mut next = loss(a - da, b - db);
        while (next > current || next.is_nan()) && step > 1e-10 {
            step /= 2.0;
            next = loss(a - step * da, b - step * db);
        }
        if next >= current || next.is_nan() {
            break;
        }
        let gained = current - next;
        (a, b, current) = (a - step * da, b - step * db, next);
        if gained < 1e-12 * current.abs().max(1.0) {
            break;
        }
    }
    let scale = a / spread;
    let offset = mean - b * spread / a;
    if scale > 1e-6 && scale.is_finite() && offset.is_finite() {
        Logistic { scale, offset }
    } else {
        fallback
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::rng::{self, Rng};

    const FALLBACK: Logistic = Logistic {
        scale: 20.0,
        offset: 0.1,
    };

    #[test]
    fn known_scale_and_offset_are_found_again() {
        let wanted = Logistic {
            scale: 35.0,
            offset: 0.22,
        };
        let mut rng = rng::stream(1, "logistic", 0);
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for i in 0..20_000 {
            let s: f64 = rng.random_range(0.05..0.3);
            let p = 1.0 / (1.0 + (-wanted.scale * (s - wanted.offset)).exp());
            scores.push(s as f32);
            truth.push(if i % 7 == 0 { -1 } else { i8::from(rng.random_bool(p)) });
        }
        let found = fit_logistic(&scores, &truth, FALLBACK);
        assert!((found.scale - wanted.scale).abs() < 1.5, "{found:?}");
        // Balancing moves the logit by the logarithm of negatives over positives, and nothing else.
        let count = |kind: i8| truth.iter().filter(|t| **t == kind).count() as f64;
        let offset = wanted.offset - (count(0) / count(1)).ln() / wanted.scale;
        assert!((found.offset - offset).abs() < 0.003, "{found:?}, expected {offset}");
    }

    #[test]
    fn separable_pairs_stay_finite_and_hopeless_ones_change_nothing() {
        let found = fit_logistic(&[0.1, 0.2, 0.3, 0.4], &[0, 0, 1, 1], FALLBACK);
        assert!(
            found.scale.is_finite() && (0.2..0.3).contains(&found.offset),
            "{found:?}"
        );
        for (scores, truth) in [
            (vec![0.1, 0.2], vec![1, 1]),
            (vec![0.1, 0.2], vec![0, -1]),
            (vec![0.3, 0.3], vec![0, 1]),
            (vec![0.1, 0.2, 0.3, 0.4], vec![1, 1, 0, 0]),
            (vec![f32::NAN, 0.1], vec![1, 0]),
            (vec![], vec![]),
        ] {
            assert_eq!(fit_logistic(&scores, &truth, FALLBACK), FALLBACK, "{scores:?}");
        }
    }

    #[test]
    fn no_scale_or_offset_is_better() {
        let scores = [0.1, 0.2, 0.15, 0.3, 0.25, 0.4];
        let truth = [0, 0, 1, 0, 1, 1];
        let found = fit_logistic(&scores, &truth, FALLBACK);
        // Platt's targets for three of each.
        let loss = |l: Logistic| -> f64 {
            let pairs = scores.iter().zip(&truth);
            pairs
                .map(|(s, t)| {
                    let (z, t) = (l.scale * (f64::from(*s) - l.offset), if *t == 1 { 0.8 } else { 0.2 });
                    z.exp().ln_1p() - t * z
                })
                .sum()
        };
        for (scale, offset) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 1e-4), (0.0, -1e-4)] {
            let moved = Logistic {
                scale: found.scale + scale,
                offset: found.offset + offset,
            };
            assert!(loss(moved) > loss(found), "{moved:?} is better than {found:?}");
        }
    }
}
