//! Metrics of the predictions that are shown, computed in the window from the catalog: they follow every edit.

use super::catalog::Catalog;
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use crate::eval::{GroupMeans, average_precision, group_means};

/// A label's numbers on the measured pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelNumbers {
    /// Average precision in percent; `None` without a positive.
    pub ap: Option<f64>,
    /// Training positives.
    pub trained: usize,
    /// Pictures that have the label.
    pub positives: usize,
    /// Of them, predicted.
    pub hits: usize,
    /// Of them, not predicted.
    pub missed: usize,
    /// Predicted without having it.
    pub false_alarms: usize,
}

/// All numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub labels: Vec<LabelNumbers>,
    /// Mean average precision in percent.
    pub map: GroupMeans,
    /// The groups of the labels.
    pub groups: Vec<Group>,
    /// Pictures measured.
    pub images: usize,
}

/// Average precision of each label in percent, and the means by frequency group. Pictures that were not scored (NaN) count as
/// unknown.
///
/// # Shapes
/// - scores, truth: `[pictures, labels]` flattened; trained: `[labels]`
pub fn average_precisions(scores: &[f32], truth: &[i8], trained: &[usize]) -> (Vec<Option<f64>>, GroupMeans) {
    let labels = trained.len();
    let ap: Vec<Option<f64>> = (0..labels)
        .map(|c| {
            let known = (scores.iter().skip(c).step_by(labels)).zip(truth.iter().skip(c).step_by(labels));
            let (s, t): (Vec<f32>, Vec<i8>) = known.filter(|(s, _)| !s.is_nan()).map(|(s, t)| (*s, *t)).unzip();
            average_precision(&s, &t)
        })
        .collect();
    let groups: Vec<Group> = trained.iter().map(|n| Group::of(*n)).collect();
    let means = group_means(&ap, &groups);
    (ap.into_iter().map(|v| v.map(|v| 100.0 * v)).collect(), means)
}

impl Measured {
    /// Measures the catalog's predictions on a split (`None`: on all pictures).
    pub fn of(catalog: &Catalog, split: Option<Split>) -> Self {
        let n = catalog.labels.len();
        let trained = catalog.training_positives();
        let chosen: Vec<usize> = (0..catalog.pictures.len())
            .filter(|i| {
                (split.is_none() || catalog.pictures[*i].split == split) && catalog.probability_of(*i).is_some()
            })
            .collect();
        let scores: Vec<f32> = chosen
            .iter()
            .flat_map(|i| &catalog.score[i * n..(i + 1) * n])
            .copied()
            .collect();
        let truth: Vec<i8> = chosen.iter().flat_map(|i| catalog.truth_of(*i)).copied().collect();
        let (ap, map) = average_precisions(&scores, &truth, &trained);
        let mut labels: Vec<LabelNumbers> = (ap.into_iter().zip(&trained))
            .map(|(ap, trained)| LabelNumbers {
                ap,
                trained: *trained,
                ..LabelNumbers::default()
            })
            .collect();
        for i in &chosen {
            let row = &catalog.probability[i * n..(i + 1) * n];
            for (c, numbers) in labels.iter_mut().enumerate() {
                let predicted = row[c] >= catalog.threshold(c);
                match (catalog.truth_of(*i)[c], predicted) {
                    (1, true) => numbers.hits += 1,
                    (1, false) => numbers.missed += 1,
                    (0, true) => numbers.false_alarms += 1,
                    _ => {}
                }
            }
        }
        for numbers in &mut labels {
            numbers.positives = numbers.hits + numbers.missed;
        }
        Self {
            labels,
            map,
            groups: trained.into_iter().map(Group::of).collect(),
            images: chosen.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::tests::small;
    use super::*;

    #[test]
    fn counts_follow_truth_and_threshold() {
        let mut catalog = small();
        catalog.score = catalog.probability.clone();
        let all = Measured::of(&catalog, None);
        assert_eq!(all.images, 3, "the unscored picture is left out");
        let owl = &all.labels[0];
        assert_eq!((owl.hits, owl.missed, owl.false_alarms, owl.positives), (1, 1, 0, 2));
        assert_eq!(owl.ap, Some(100.0));
        let train = Measured::of(&catalog, Some(Split::Train));
        assert_eq!(train.labels[1].ap, None, "no positive there");
        // A change of the truth changes the numbers.
        catalog.truth[2] = 0;
        assert_eq!(Measured::of(&catalog, None).labels[0].missed, 0);
    }
}
