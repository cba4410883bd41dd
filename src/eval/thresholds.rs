//! Thresholds fitted on validation data: from which probability on a label is given.

use super::metrics::{column, measured};
use super::rules::{Rule, choose_threshold};

/// Positives that the common threshold counts as much as in a label's own: a label with four examples is half its own.
const COMMON_WEIGHT: f64 = 4.0;

/// Thresholds stay inside, so that a label can be given and withheld.
const RANGE: (f32, f32) = (0.01, 0.99);

/// For each class the probability from which it is given, chosen for the best F1 on these pictures. A class with few positives
/// leans on the common threshold (the best F1 over all classes together): their logits are averaged, weighted by its positives
/// and by 4. A class without positives has the common one; without any positive at all every threshold is 0.5.
///
/// # Shapes
/// - probability: `[pictures * classes]`; NaN (not scored) is left out
/// - truth: `[pictures * classes]`, 1, 0, or -1 (unknown, left out)
/// - result: `[classes]`
pub fn fit_thresholds(probability: &[f32], truth: &[i8], classes: usize) -> Vec<f32> {
    let Some(common) = best_f1(probability, truth) else {
        return vec![0.5; classes];
    };
    (0..classes)
        .map(|class| {
            let (probability, truth) = (column(probability, class, classes), column(truth, class, classes));
            let positives = measured(&probability, &truth).filter(|(_, p)| *p).count() as f64;
            let Some(best) = best_f1(&probability, &truth) else {
                return common;
            };
            let mixed = (positives * logit(best) + COMMON_WEIGHT * logit(common)) / (positives + COMMON_WEIGHT);
            (1.0 / (1.0 + (-mixed).exp())) as f32
        })
        .collect()
}

fn logit(p: f32) -> f64 {
    let p = f64::from(p.clamp(RANGE.0, RANGE.1));
    (p / (1.0 - p)).ln()
}

/// The threshold of the best F1; `None` without a positive.
fn best_f1(probability: &[f32], truth: &[i8]) -> Option<f32> {
    let found = choose_threshold(Rule::F1, probability, truth, 1).ok();
    found.map(|threshold| threshold.clamp(RANGE.0, RANGE.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_with_many_examples_has_its_own_threshold() {
        // Two classes, 40 pictures: the first is separated at 0.3, the second at 0.8.
        let (mut p, mut t) = (Vec::new(), Vec::new());
        for i in 0..40 {
            let positive = i % 2 == 0;
            p.extend(if positive { [0.4, 0.9] } else { [0.2, 0.7] });
            t.extend([i8::from(positive); 2]);
        }
        let fitted = fit_thresholds(&p, &t, 2);
        assert!((0.2..0.4).contains(&fitted[0]), "{fitted:?}");
        assert!((0.7..0.9).contains(&fitted[1]), "{fitted:?}");
        let f1 = crate::eval::F1::of(&crate::eval::counts_at_probability(&p, &t, &fitted));
        assert!(f1.cf1 > 99.9, "{f1:?}");
    }

    #[test]
    fn a_class_with_one_example_leans_on_the_others() {
        let (mut p, mut t) = (Vec::new(), Vec::new());
        for i in 0..40 {
            let positive = i % 2 == 0;
            p.extend([if positive { 0.6 } else { 0.4 }, if i == 0 { 0.95 } else { 0.05 }]);
            t.extend([i8::from(positive), i8::from(i == 0)]);
        }
        let fitted = fit_thresholds(&p, &t, 2);
        assert!((0.45..0.55).contains(&fitted[1]), "{fitted:?}");
        // A class without positives: the common one. Unknown and unscored entries do not count.
        p.extend([f32::NAN, 0.99]);
        t.extend([1, -1]);
        assert_eq!(fit_thresholds(&p, &t, 2), fitted);
        assert_eq!(fit_thresholds(&[0.2, 0.3], &[0, 0], 1), [0.5]);
        assert_eq!(fit_thresholds(&[], &[], 3), [0.5; 3]);
    }

    #[test]
    fn equal_probabilities_are_given_together() {
        let fitted = fit_thresholds(&[0.5, 0.5, 0.5, 0.1], &[1, 0, 1, 0], 1);
        assert!((0.1..0.5).contains(&fitted[0]), "{fitted:?}");
    }
}
