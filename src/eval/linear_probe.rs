//! A linear probe: logistic regression of each label on fixed features, the baseline that any training must beat.

/// A linear classifier for each label.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearProbe {
    /// `[classes, width + 1]`: weights, then the intercept.
    weights: Vec<f64>,
    width: usize,
}

/// Newton steps at most; a dozen are usual.
const ROUNDS: usize = 60;

/// Fits a classifier to each label on its own by minimising `|w|^2 / 2 + strength * sum of log losses`, as scikit-learn's
/// `LogisticRegression(C=strength)` does: a small `strength` holds the weights near 0, the intercept is free. Unknown
/// pairs are left out; a label with positives only or negatives only scores everything alike.
///
/// # Shapes
/// - features: `[pictures, width]`
/// - truth: `[pictures, classes]`: 1, 0 or -1 (unknown)
pub fn fit_linear_probe(features: &[f32], width: usize, truth: &[i8], classes: usize, strength: f64) -> LinearProbe {
    let mut weights = Vec::with_capacity(classes * (width + 1));
    for class in 0..classes {
        let rows: Vec<(&[f32], f64)> = features
            .chunks_exact(width.max(1))
            .zip(truth.iter().skip(class).step_by(classes.max(1)))
            .filter(|(_, t)| **t >= 0)
            .map(|(x, t)| (x, f64::from(*t)))
            .collect();
        let ones = rows.iter().filter(|r| r.1 > 0.5).count();
        if ones == 0 || ones == rows.len() {
            weights.extend(std::iter::repeat_n(0.0, width + 1));
        } else {
            weights.extend(newton(&rows, width, strength));
        }
    }
    LinearProbe { weights, width }
}

impl LinearProbe {
    /// Logits.
    ///
    /// # Shapes
    /// - features: `[pictures, width]`
    /// - result: `[pictures, classes]`
    pub fn scores(&self, features: &[f32]) -> Vec<f32> {
        let rows = features.chunks_exact(self.width.max(1));
        rows.flat_map(|x| self.weights.chunks_exact(self.width + 1).map(|w| logit(w, x) as f32))
            .collect()
    }
}

/// w.x plus the intercept, which is the last of `w`.
fn logit(w: &[f64], x: &[f32]) -> f64 {
    let (intercept, w) = w.split_last().map_or((0.0, w), |(b, w)| (*b, w));
    w.iter().zip(x).map(|(w, x)| w * f64::from(*x)).sum::<f64>() + intercept
}

fn objective(w: &[f64], rows: &[(&[f32], f64)], strength: f64) -> f64 {
    let losses = rows.iter().map(|(x, t)| {
        let z = logit(w, x);
        // log(1 + e^z) - t z, in a form that does not overflow.
        z.max(0.0) - t * z + (-z.abs()).exp().ln_1p()
    });
    let norm: f64 = w[..w.len() - 1].iter().map(|w| w * w).sum();
    0.5 * norm + strength * losses.sum::<f64>()
}

/// Damped Newton: the objective is strictly convex but for the intercept, so it ends at the one minimum.
fn newton(rows: &[(&[f32], f64)], width: usize, strength: f64) -> Vec<f64> {
    let n = width + 1;
    let mut w = vec![0.0; n];
    let mut current = objective(&w, rows, strength);
    for _ in 0..ROUNDS {
        let mut gradient: Vec<f64> = w.clone();
        gradient[width] = 0.0;
        let mut hessian = vec![0.0; n * n];
        for i in 0..width {
            hessian[i * n + i] = 1.0;
        }
        // The intercept has no penalty; this keeps the matrix definite where all probabilities are near 0 or 1.
        hessian[width * n + width] = 1e-9;
        let mut x1 = vec![1.0; n];
        for (x, t) in rows {
            x1.iter_mut().zip(*x).for_each(|(a, x)| *a = f64::from(*x));
            let p = 1.0 / (1.0 + (-logit(&w, x)).exp());
            let (error, curve) = (strength * (p - t), strength * p * (1.0 - p));
            for i in 0..n {
                gradient[i] += error * x1[i];
                let c = curve * x1[i];
                // The lower triangle is all that is read.
                hessian[i * n..=i * n + i]
                    .iter_mut()
                    .zip(&x1)
                    .for_each(|(h, x)| *h += c * x);
            }
        }
        let Some(step) = solve(&mut hessian, &gradient) else {
            break;
        };
        let along = |size: f64| -> Vec<f64> { w.iter().zip(&step).map(|(w, s)| w - size * s).collect() };
        let mut size = 1.0;
        let mut next = along(size);
        let mut value = objective(&next, rows, strength);
        while (value > current || value.is_nan()) && size > 1e-8 {
            size /= 2.0;
            next = along(size);
            value = objective(&next, rows, strength);
        }
        if value >= current || value.is_nan() {
            break;
        }
        let gained = current - value;
        (w, current) = (next, value);
        if gained < 1e-10 * current.max(1e-3) {
            break;
        }
    }
    w
}

/// Solves `matrix * x = right` by Cholesky's factorisation of the lower triangle, in place; `None` where it is not definite.
fn solve(matrix: &mut [f64], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    for j in 0..n {
        for k in 0..j {
            let factor = matrix[j * n + k];
            for i in j..n {
                matrix[i * n + j] -= factor * matrix[i * n + k];
            }
        }
        let pivot = matrix[j * n + j];
        if pivot.is_nan() || pivot <= 0.0 {
            return None;
        }
        let root = pivot.sqrt();
        (j..n).for_each(|i| matrix[i * n + j] /= root);
    }
    let mut x = right.to_vec();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| matrix[i * n + k] * x[k]).sum();
        x[i] = (x[i] - known) / matrix[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| matrix[k * n + i] * x[k]).sum();
        x[i] = (x[i] - known) / matrix[i * n + i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::rng::{self, Rng};

    /// Two labels that depend on the features, a third that all pictures have, and some unknown pairs.
    fn made(pictures: usize) -> (Vec<f32>, Vec<i8>) {
        let mut rng = rng::stream(5, "probe", 0);
        let (mut features, mut truth) = (Vec::new(), Vec::new());
        for i in 0..pictures {
            let x: Vec<f32> = (0..6).map(|_| rng.random_range(-1.0..1.0)).collect();
            truth.push(if i % 9 == 4 {
                -1
            } else {
                i8::from(x[0] - 0.5 * x[2] > 0.2)
            });
            truth.push(i8::from(x[4] + 0.3 * rng.random_range(-1.0f32..1.0) > 0.0));
            truth.push(1);
            features.extend(x);
        }
        (features, truth)
    }

    #[test]
    fn it_ends_where_the_gradient_is_zero() {
        let (features, truth) = made(80);
        let strength = 3.0;
        let probe = fit_linear_probe(&features, 6, &truth, 3, strength);
        for class in 0..2 {
            let rows: Vec<(&[f32], f64)> = features
                .chunks_exact(6)
                .zip(truth.iter().skip(class).step_by(3))
                .filter(|(_, t)| **t >= 0)
                .map(|(x, t)| (x, f64::from(*t)))
                .collect();
            let w = &probe.weights[class * 7..][..7];
            for i in 0..7 {
                let moved = |by: f64| {
                    let mut w = w.to_vec();
                    w[i] += by;
                    objective(&w, &rows, strength)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(slope.abs() < 1e-4, "weight {i} of label {class} has slope {slope}");
            }
        }
    }

    #[test]
    fn it_ranks_pictures_that_it_has_not_seen() {
        let (features, truth) = made(300);
        let probe = fit_linear_probe(&features[..200 * 6], 6, &truth[..200 * 3], 3, 10.0);
        let scores = probe.scores(&features[200 * 6..]);
        let ap = crate::eval::average_precisions(&scores, &truth[200 * 3..], 3);
        assert!(ap[0].unwrap() > 0.95 && ap[1].unwrap() > 0.85, "{ap:?}");
        assert!(scores.iter().skip(2).step_by(3).all(|s| *s == 0.0), "nothing to learn");
    }

    #[test]
    fn separable_labels_and_wide_features_stay_finite() {
        // More weights than pictures, and a strength that hardly holds them.
        let features: Vec<f32> = (0..4 * 40).map(|i| ((i * 37 % 17) as f32) / 17.0).collect();
        let probe = fit_linear_probe(&features, 40, &[1, 0, 0, 1], 1, 1e4);
        let scores = probe.scores(&features);
        assert!(scores.iter().all(|s| s.is_finite()));
        assert!(
            scores[0] > 0.0 && scores[3] > 0.0 && scores[1] < 0.0 && scores[2] < 0.0,
            "{scores:?}"
        );
    }
}
