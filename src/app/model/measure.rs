//! Metrics of the predictions that are shown, computed in the window from the catalog: they follow every edit.

use super::catalog::Catalog;
use super::words;
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use crate::engine::jobs::ZERO_SHOT;
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

/// The pictures that nothing is learned from, where there are any: those to test on, else those that choose settings.
pub fn held_back(catalog: &Catalog) -> Option<Split> {
    let [_, val, test, _] = catalog.split_counts();
    match (val, test) {
        (0, 0) => None,
        (_, 0) => Some(Split::Val),
        _ => Some(Split::Test),
    }
}

/// What is to be known of numbers that a run gets on a split (`None`: on all pictures): whether it has learned from these pictures.
pub fn caveat(catalog: &Catalog, run: &str, split: Option<Split>) -> Option<String> {
    if run == ZERO_SHOT || run.is_empty() {
        return None;
    }
    let training = catalog.split_counts()[0];
    let counted = |n: usize| words::counted(n, "picture", "pictures");
    match split {
        Some(Split::Train) => Some("It has learned from these pictures: on new ones it does worse.".to_owned()),
        None if training > 0 => Some(format!(
            "It has learned from {} of them, the training pictures: on new ones it does worse.",
            words::count(training)
        )),
        None => Some("It has learned from those that had a label: on new ones it does worse.".to_owned()),
        Some(_) => {
            let config = &catalog.runs.iter().find(|known| known.id == run)?.config;
            let learned = config["images"].as_u64()? as usize;
            (learned > training).then(|| {
                format!(
                    "It was trained before this split: on {}, where {} in the training split now. It may know some of these.",
                    counted(learned),
                    match training {
                        1 => "only 1 is".to_owned(),
                        n => format!("only {} are", words::count(n)),
                    }
                )
            })
        }
    }
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
        assert_eq!(held_back(&catalog), Some(Split::Test));
        // A change of the truth changes the numbers.
        catalog.truth[2] = 0;
        assert_eq!(Measured::of(&catalog, None).labels[0].missed, 0);
    }

    #[test]
    fn numbers_on_pictures_that_were_learned_from_say_so() {
        let mut catalog = small();
        let says = |catalog: &Catalog, split| caveat(catalog, "run-1", split);
        assert_eq!(says(&catalog, Some(Split::Test)), None);
        assert!(
            says(&catalog, Some(Split::Train))
                .unwrap()
                .starts_with("It has learned from these pictures")
        );
        assert!(says(&catalog, None).unwrap().contains("from 2 of them"));
        assert_eq!(
            caveat(&catalog, ZERO_SHOT, Some(Split::Train)),
            None,
            "the untrained model learned from none"
        );
        catalog.runs = vec![crate::project::Run {
            id: "run-1".to_owned(),
            stage: 1,
            state: crate::project::RunState::Done,
            created: 0,
            config: serde_json::json!({"images": 4}),
            parent: None,
            error: None,
            training: 1,
            name: None,
        }];
        let split_later = says(&catalog, Some(Split::Test)).expect("a caveat");
        assert!(
            split_later.contains("on 4 pictures, where only 2 are in the training split now"),
            "{split_later}"
        );
        for picture in &mut catalog.pictures {
            picture.split = None;
        }
        assert_eq!(held_back(&catalog), None);
        assert!(says(&catalog, None).unwrap().contains("those that had a label"));
    }
}
