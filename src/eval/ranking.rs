//! How well a picture's labels are ordered.

use super::metrics::{falling, is_measured};

/// Means over pictures of how the labels of each are ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranking {
    /// Share of the pairs of a true and an untrue label that are in the wrong order or tied, in [0, 1]; as scikit-learn's
    /// `label_ranking_loss`. A picture without a true or without an untrue label counts as 0.
    pub ranking_loss: f64,
    /// How far down the list one has to go to find all true labels, in labels; those tied with the last are gone through too. As
    /// scikit-learn's `coverage_error`: a picture without a true label counts as 0.
    pub coverage_error: f64,
    /// Share of the pictures whose best-scored label is not true, in [0, 1]; of equal scores the earlier label. Over the pictures with
    /// a true label; `None` without any.
    pub one_error: Option<f64>,
}

/// The ranking of labels `[pictures * classes]`. In each picture only labels count whose truth is known and whose score is finite; pictures
/// without any are left out. `None` where all are.
pub(crate) fn ranking(scores: &[f32], truth: &[i8], classes: usize) -> Option<Ranking> {
    let classes = classes.max(1);
    let (mut pictures, mut with_labels) = (0usize, 0usize);
    let (mut loss, mut coverage, mut errors) = (0.0, 0usize, 0usize);
    for (scores, truth) in scores.chunks_exact(classes).zip(truth.chunks_exact(classes)) {
        let of = |wanted: i8| -> Vec<f32> {
            let pairs = scores.iter().zip(truth);
            let pairs = pairs.filter(|(s, t)| is_measured(**s, **t) && **t == wanted);
            pairs.map(|(s, _)| *s).collect()
        };
        let (there, absent) = (of(1), of(0));
        if there.is_empty() && absent.is_empty() {
            continue;
        }
        pictures += 1;
        let Some(lowest) = there.iter().copied().reduce(f32::min) else {
            continue;
        };
        with_labels += 1;
        coverage += there.len() + absent.iter().filter(|s| **s >= lowest).count();
        if !absent.is_empty() {
            let wrong: usize = there.iter().map(|t| absent.iter().filter(|a| *a >= t).count()).sum();
            loss += wrong as f64 / (there.len() * absent.len()) as f64;
        }
        let known = (0..classes).filter(|c| is_measured(scores[*c], truth[*c]));
        let best = known.min_by(|a, b| falling(scores[*a], scores[*b]).then(a.cmp(b)));
        errors += usize::from(best.is_none_or(|c| truth[c] != 1));
    }
    let all = pictures as f64;
    (pictures > 0).then(|| Ranking {
        ranking_loss: loss / all,
        coverage_error: coverage as f64 / all,
        one_error: (with_labels > 0).then(|| errors as f64 / with_labels as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // scikit-learn's examples: label_ranking_loss 0.75, coverage_error 2.5.
        let found = ranking(&[0.75, 0.5, 1.0, 1.0, 0.2, 0.1], &[1, 0, 0, 0, 0, 1], 3).unwrap();
        assert!((found.ranking_loss - 0.75).abs() < 1e-12 && (found.coverage_error - 2.5).abs() < 1e-12);
        assert_eq!(found.one_error, Some(1.0));
    }

    #[test]
    fn ties_count_as_wrong_but_for_the_first_of_the_best() {
        let found = ranking(&[0.5, 0.5], &[1, 0], 2).unwrap();
        assert_eq!(
            (found.ranking_loss, found.coverage_error, found.one_error),
            (1.0, 2.0, Some(0.0))
        );
        assert_eq!(ranking(&[0.5, 0.5], &[0, 1], 2).unwrap().one_error, Some(1.0));
    }

    #[test]
    fn the_edges() {
        // Nothing known, or nothing finite: no picture at all.
        assert_eq!(ranking(&[0.5, f32::NAN], &[-1, 1], 2), None);
        assert_eq!(ranking(&[], &[], 0), None);
        // A picture without a true label counts as well ordered, and has no best label to be right.
        let found = ranking(&[0.5, 0.1], &[0, 0], 2).unwrap();
        assert_eq!(
            (found.ranking_loss, found.coverage_error, found.one_error),
            (0.0, 0.0, None)
        );
        // One whose labels are all true is covered at its end.
        let found = ranking(&[0.5, 0.1], &[1, 1], 2).unwrap();
        assert_eq!(
            (found.ranking_loss, found.coverage_error, found.one_error),
            (0.0, 2.0, Some(0.0))
        );
        // The unknown best label is passed over.
        assert_eq!(ranking(&[0.9, 0.5, 0.1], &[-1, 1, 0], 3).unwrap().one_error, Some(0.0));
    }
}
