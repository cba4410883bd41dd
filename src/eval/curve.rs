//! The precision-recall curve, for drawing.

use super::metrics::{falling, measured};

/// Steps of recall that a curve tells apart.
const STEPS: f64 = 200.0;

/// Recall and precision, both in [0, 1], from the highest threshold down, equal scores taken together: the corners whose step-wise area is the
/// average precision, thinned to about 200. Empty without a positive. Unknown labels and scores that are not finite are left out.
pub(crate) fn precision_recall(scores: &[f32], truth: &[i8]) -> Vec<[f64; 2]> {
    let mut ranked: Vec<(f32, bool)> = measured(scores, truth).collect();
    let positives = ranked.iter().filter(|(_, positive)| *positive).count();
    if positives == 0 {
        return Vec::new();
    }
    ranked.sort_by(|a, b| falling(a.0, b.0));
    let (mut hits, mut seen) = (0usize, 0usize);
    let mut curve: Vec<[f64; 2]> = Vec::new();
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let found = tied.iter().filter(|(_, positive)| *positive).count();
        (hits, seen) = (hits + found, seen + tied.len());
        let recall = hits as f64 / positives as f64;
        let far = curve.last().is_none_or(|last| recall - last[0] >= 1.0 / STEPS);
        if found > 0 && (far || hits == positives) {
            curve.push([recall, hits as f64 / seen as f64]);
        }
        if hits == positives {
            break;
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::average_precision;

    #[test]
    fn its_area_is_the_average_precision() {
        let scores = [0.9, 0.8, 0.8, 0.6, 0.3, 0.2, 0.1];
        let truth = [0, 1, 0, -1, 1, 1, 0];
        let curve = precision_recall(&scores, &truth);
        let (mut area, mut before) = (0.0, 0.0);
        for [recall, precision] in &curve {
            area += (recall - before) * precision;
            before = *recall;
        }
        assert!((area - average_precision(&scores, &truth).unwrap()).abs() < 1e-12);
        assert_eq!(curve.last(), Some(&[1.0, 0.6]));
        assert!(precision_recall(&[0.5], &[0]).is_empty());
        let many: Vec<f32> = (0..10_000).map(|i| i as f32).collect();
        let curve = precision_recall(&many, &vec![1; 10_000]);
        assert!(
            curve.len() < 250 && curve.last() == Some(&[1.0, 1.0]),
            "{}",
            curve.len()
        );
    }
}
