//! The formulas against scikit-learn, on the thousand cases of `tests/fixtures/metrics.json` (`make_metrics.py` beside it wrote them).

use super::bootstrap::weighted;
use super::*;
use serde::Deserialize;

/// Half of the last digit that the file keeps, and rounding.
const CLOSE: f64 = 6e-7;

/// A case, and what the reference makes of it (shares, not percent).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Labels.
    c: usize,
    /// What `k` and `t` are divided by.
    d: u32,
    /// Scores `[pictures * labels]`; none: not a number.
    k: Vec<Option<u32>>,
    /// Truth, `-` for unknown.
    y: String,
    /// Thresholds.
    t: Vec<u32>,
    /// How often each picture is drawn.
    n: Vec<u32>,
    /// Average precision of each label, and with the pictures as drawn.
    ap: Vec<Option<f64>>,
    w: Vec<Option<f64>>,
    /// Precision, recall, F1 and calibration error of each label.
    p: Vec<Option<f64>>,
    r: Vec<Option<f64>>,
    f: Vec<Option<f64>>,
    e: Vec<Option<f64>>,
    /// CP, CR, CF1, OP, OR, OF1 at the thresholds, and of the three best.
    at: [f64; 6],
    top: [f64; 6],
    /// Ranking loss, coverage error, one-error.
    rank: [Option<f64>; 3],
    ece: Option<f64>,
}

impl Case {
    fn scores(&self) -> Vec<f32> {
        let of = |k: &Option<u32>| k.map_or(f32::NAN, |k| self.share(k));
        self.k.iter().map(of).collect()
    }

    fn share(&self, k: u32) -> f32 {
        (f64::from(k) / f64::from(self.d)) as f32
    }

    fn truth(&self) -> Vec<i8> {
        let of = |mark| match mark {
            '1' => 1,
            '0' => 0,
            '-' => -1,
            other => panic!("{other} is no truth"),
        };
        self.y.chars().map(of).collect()
    }
}

#[track_caller]
fn same(case: usize, what: &str, found: Option<f64>, wanted: Option<f64>) {
    let close = match (found, wanted) {
        (Some(a), Some(b)) => (a - b).abs() <= CLOSE,
        (a, b) => a.is_none() && b.is_none(),
    };
    assert!(close, "case {case}, {what}: {found:?} instead of {wanted:?}");
}

fn shares(f: F1) -> [f64; 6] {
    [f.cp, f.cr, f.cf1, f.op, f.or, f.of1].map(|v| v / 100.0)
}

fn check(number: usize, case: &Case) {
    let (scores, truth, classes) = (case.scores(), case.truth(), case.c);
    assert_eq!((scores.len(), truth.len()), (case.n.len() * classes, scores.len()));
    let thresholds: Vec<f32> = case.t.iter().map(|t| case.share(*t)).collect();
    let counts = counts_at_probability(&scores, &truth, &thresholds);
    let ap = average_precisions(&scores, &truth, classes);
    for c in 0..classes {
        let (s, t) = (column(&scores, c, classes), column(&truth, c, classes));
        let of = |value: f64| (counts[c].positives() > 0).then_some(value);
        same(number, "AP", ap[c], case.ap[c]);
        same(number, "AP as drawn", weighted(&s, &t, &case.n), case.w[c]);
        same(number, "precision", of(counts[c].precision()), case.p[c]);
        same(number, "recall", of(counts[c].recall()), case.r[c]);
        same(number, "F1", of(counts[c].f1()), case.f[c]);
        let error = calibration(&s, &t, BINS).map(|found| found.ece / 100.0);
        same(number, "a label's ECE", error, case.e[c]);
    }
    let top = counts_at_top(&scores, &truth, classes, 3);
    for (counts, wanted) in [(&counts, case.at), (&top, case.top)] {
        for (found, wanted) in shares(F1::of(counts)).into_iter().zip(wanted) {
            same(number, "CP CR CF1 OP OR OF1", Some(found), Some(wanted));
        }
    }
    let found = ranking(&scores, &truth, classes);
    same(number, "ranking loss", found.map(|r| r.ranking_loss), case.rank[0]);
    same(number, "coverage error", found.map(|r| r.coverage_error), case.rank[1]);
    same(number, "one-error", found.and_then(|r| r.one_error), case.rank[2]);
    let error = calibration(&scores, &truth, BINS).map(|found| found.ece / 100.0);
    same(number, "ECE", error, case.ece);
}

#[test]
fn a_thousand_cases_as_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/metrics.json");
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 1000);
    for (number, case) in cases.iter().enumerate() {
        check(number, case);
    }
    // The cases hold what they are there for.
    let with = |test: &dyn Fn(&Case) -> bool| cases.iter().filter(|c| test(c)).count();
    assert!(with(&|c| c.k.contains(&None)) > 20, "scores that are no numbers");
    assert!(with(&|c| c.y.contains('-')) > 500, "unknown labels");
    assert!(with(&|c| c.ap.contains(&None)) > 100, "labels without positives");
    assert!(with(&|c| c.e.contains(&None)) > 50, "labels of which nothing is known");
    assert!(
        with(&|c| c.t.iter().any(|t| c.k.contains(&Some(*t)))) > 300,
        "scores at a threshold"
    );
}
