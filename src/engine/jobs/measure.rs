//! All numbers of a run on a split, from its scores.

use super::data::groups;
use super::thresholds::{DEFAULT, LabelThresholds};
use crate::dataset::split::Group;
use crate::engine::Context;
use crate::engine::event::{ClassMetrics, Metrics, warnings};
use crate::eval::{
    BINS, Counts, Draws, F1, FEW_POSITIVES, GroupMeans, average_precisions, calibration, column, counts_at_probability,
    counts_at_top, group_means, ranking,
};

/// Labels that a picture is given where the best ones are counted.
const TOP: usize = 3;

/// What is measured: tables of `[pictures * labels]`, and what belongs to each label.
pub(crate) struct Sheet<'a> {
    pub names: &'a [String],
    pub train_positives: &'a [usize],
    pub thresholds: &'a LabelThresholds,
    pub scores: &'a [f32],
    pub probability: &'a [f32],
    /// Without what was not scored: see [`without_unscored`].
    pub truth: &'a [i8],
}

/// Truth in which pairs without a finite score and probability are unknown, as they cannot be judged; and how many known ones that
/// were.
pub(crate) fn without_unscored(scores: &[f32], probability: &[f32], truth: &[i8]) -> (Vec<i8>, usize) {
    let scored = |i: usize| scores[i].is_finite() && probability[i].is_finite();
    let masked: Vec<i8> = (0..truth.len())
        .map(|i| if scored(i) { truth[i] } else { -1 })
        .collect();
    let lost = masked.iter().zip(truth).filter(|(m, t)| m != t).count();
    (masked, lost)
}

/// Says that scores are no numbers, where some are.
pub(crate) fn warn_of_unscored(run: &str, unscored: usize, context: &mut Context<'_>) {
    if unscored > 0 {
        context.warn(
            warnings::NOT_FINITE,
            format!("{unscored} scores of {run} are no numbers: these labels of pictures are left out of all metrics"),
        );
    }
}

/// Who is measured, on what, and how.
pub(crate) struct About<'a> {
    pub run: &'a str,
    pub split: String,
    pub images: usize,
    pub calibrated: bool,
    /// Draws and their seed.
    pub bootstrap: (usize, u64),
    /// Known pairs that are left out.
    pub unscored: usize,
}

/// Measures a run.
pub(crate) fn measure(about: &About<'_>, sheet: &Sheet<'_>) -> Metrics {
    let classes = sheet.names.len();
    let groups = groups(sheet.train_positives);
    let (scores, truth) = (sheet.scores, sheet.truth);
    let ap = average_precisions(scores, truth, classes);
    let (draws, seed) = about.bootstrap;
    let drawn = Draws::of(scores, truth, classes, draws, seed);
    let counts = counts_at_probability(sheet.probability, truth, &sheet.thresholds.values);
    let at = F1::of(&counts);
    let at_half = F1::of(&counts_at_probability(
        sheet.probability,
        truth,
        &vec![DEFAULT; classes],
    ));
    let top3 = F1::of(&counts_at_top(scores, truth, classes, TOP));
    let order = ranking(scores, truth, classes);
    let all = calibration(sheet.probability, truth, BINS);
    let per_class: Vec<ClassMetrics> = (0..classes)
        .map(|c| ClassMetrics {
            ap: ap[c].map(|ap| 100.0 * ap),
            group: groups[c].to_string(),
            ..of_class(sheet, c, &counts[c], &drawn)
        })
        .collect();
    let errors: Vec<f64> = per_class.iter().filter_map(|c| c.ece).collect();
    let (map_low, map_high) = intervals(&drawn, &groups);
    Metrics {
        run: about.run.to_owned(),
        split: about.split.clone(),
        images: about.images,
        map: group_means(&ap, &groups),
        cf1: at.cf1,
        of1: at.of1,
        cf1_top3: top3.cf1,
        of1_top3: top3.of1,
        cp: at.cp,
        cr: at.cr,
        op: at.op,
        or: at.or,
        pointing: None,
        map_low,
        map_high,
        bootstrap: draws,
        top3,
        at_half,
        thresholds: sheet.thresholds.words(),
        ranking_loss: order.map(|o| 100.0 * o.ranking_loss),
        coverage_error: order.map(|o| o.coverage_error),
        one_error: order.and_then(|o| o.one_error).map(|e| 100.0 * e),
        ece: all.as_ref().map(|c| c.ece),
        ece_labels: (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64),
        reliability: all.map(|c| c.bins).unwrap_or_default(),
        calibrated: about.calibrated,
        unknown: truth.iter().filter(|t| **t < 0).count() - about.unscored,
        unscored: about.unscored,
        fallback: Vec::new(),
        per_class,
    }
}

/// Ends of the intervals of the mean average precisions.
fn intervals(drawn: &Draws, groups: &[Group]) -> (GroupMeans, GroupMeans) {
    let of = |wanted: Option<Group>| drawn.of_mean(|c| wanted.is_none_or(|g| groups[c] == g));
    let all = [None, Some(Group::Head), Some(Group::Medium), Some(Group::Tail)].map(of);
    let end = |i: usize| GroupMeans {
        total: all[0].map(|v| v[i]),
        head: all[1].map(|v| v[i]),
        medium: all[2].map(|v| v[i]),
        tail: all[3].map(|v| v[i]),
    };
    (end(0), end(1))
}

/// Whether a label has too few positives, or no negatives, for its numbers to say much.
pub(crate) fn is_uncertain(counts: &Counts) -> bool {
    counts.positives() < FEW_POSITIVES || counts.negatives() == 0
}

/// A label's numbers but its average precision and its group.
fn of_class(sheet: &Sheet<'_>, class: usize, counts: &Counts, drawn: &Draws) -> ClassMetrics {
    let classes = sheet.names.len();
    let truth = column(sheet.truth, class, classes);
    let reliability = calibration(&column(sheet.probability, class, classes), &truth, BINS);
    let share = |value: f64| (counts.positives() > 0).then_some(100.0 * value);
    let interval = drawn.of_class(class);
    ClassMetrics {
        label: sheet.names[class].clone(),
        ap: None,
        positives: counts.positives(),
        train_positives: sheet.train_positives[class],
        group: String::new(),
        threshold: sheet.thresholds.values[class],
        rule: sheet.thresholds.rules[class].clone(),
        ap_low: interval.map(|i| i[0]),
        ap_high: interval.map(|i| i[1]),
        uncertain: is_uncertain(counts),
        negatives: counts.negatives(),
        unknown: truth.iter().filter(|t| **t < 0).count(),
        precision: share(counts.precision()),
        recall: share(counts.recall()),
        f1: share(counts.f1()),
        hits: counts.hit,
        false_alarms: counts.false_alarm,
        ece: reliability.as_ref().map(|r| r.ece),
        probability: reliability.as_ref().map(|r| r.probability),
        frequency: reliability.as_ref().map(|r| r.frequency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(values: &[f32]) -> LabelThresholds {
        LabelThresholds {
            values: values.to_vec(),
            rules: vec!["f1".to_owned(); values.len()],
        }
    }

    #[test]
    fn labels_at_the_edges_are_marked_and_out_of_the_means() {
        let names = ["none", "all", "one", "unknown", "usual"].map(str::to_owned);
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for i in 0..40u8 {
            let there = i % 2 == 0;
            scores.extend([0.9, 0.6, 0.2, 0.7, if there { 0.8 } else { 0.4 }]);
            truth.extend([0, 1, i8::from(i == 0), -1, i8::from(there)]);
        }
        scores[4] = f32::NAN;
        let (masked, unscored) = without_unscored(&scores, &scores, &truth);
        let sheet = Sheet {
            names: &names,
            train_positives: &[0, 200, 5, 0, 50],
            thresholds: &thresholds(&[0.5; 5]),
            scores: &scores,
            probability: &scores,
            truth: &masked,
        };
        let about = About {
            run: "run-1",
            split: "test".to_owned(),
            images: 40,
            calibrated: true,
            bootstrap: (200, 0),
            unscored,
        };
        let m = measure(&about, &sheet);
        let of = |name: &str| m.per_class.iter().find(|c| c.label == name).unwrap();
        assert_eq!((m.unscored, m.unknown), (1, 40));
        assert_eq!(
            (of("none").ap, of("none").precision, of("none").false_alarms),
            (None, None, 40)
        );
        assert_eq!(
            (of("all").ap, of("all").recall, of("all").ap_low),
            (Some(100.0), Some(100.0), Some(100.0))
        );
        assert_eq!((of("one").positives, of("one").recall), (1, Some(0.0)));
        assert_eq!(
            (of("unknown").ap, of("unknown").ece, of("unknown").unknown),
            (None, None, 40)
        );
        assert_eq!((of("usual").ap, of("usual").positives), (Some(100.0), 19));
        let uncertain: Vec<&str> = m.per_class.iter().filter(|c| c.uncertain).map(|c| &*c.label).collect();
        assert_eq!(uncertain, ["none", "all", "one", "unknown"]);
        // All ties: the one positive among 40 has an AP of 1/40; the mean is over three labels.
        let map = m.map.total.unwrap();
        assert!((map - (100.0 + 2.5 + 100.0) / 3.0).abs() < 1e-9, "{map}");
        assert!(
            (m.cr - 200.0 / 3.0).abs() < 1e-9 && (m.cp - 200.0 / 3.0).abs() < 1e-9,
            "{m:?}"
        );
        // In some draws the one positive is missing, and the mean is over two labels.
        let (low, high) = (m.map_low.total.unwrap(), m.map_high.total.unwrap());
        assert!(low <= map + 1e-9 && map < high, "{low} {map} {high}");
        assert_eq!((m.map_low.head, m.map_high.head), (Some(100.0), Some(100.0)));
        assert_eq!(m.thresholds, "f1 for 5 of 5 labels");
        assert_eq!(measure(&about, &sheet), m, "and it repeats");
    }
}
