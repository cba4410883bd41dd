//! Ways to choose the probability from which a label is given.

use super::metrics::{falling, measured};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a label's threshold is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rule {
    /// The best F1; of equal ones the highest threshold.
    F1,
    /// The highest recall at this precision or more, in [0, 1]; of equal ones the highest threshold.
    Precision(f64),
    /// The highest precision at this recall or more, in [0, 1]; of equal ones the higher recall.
    Recall(f64),
    /// This probability, in [0, 1], whatever was measured.
    Fixed(f32),
}

/// A rule that is none.
#[derive(Debug, thiserror::Error)]
#[error("{text} is no rule: f1, precision=X, recall=X or fixed=X, with X from 0 to 1")]
pub struct NoRule {
    text: String,
}

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(text: &str) -> Result<Self, NoRule> {
        let fault = || NoRule { text: text.to_owned() };
        let (name, value) = match text.trim().split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let number = || -> Result<f64, NoRule> {
            let number: f64 = value.and_then(|v| v.parse().ok()).ok_or_else(fault)?;
            if (0.0..=1.0).contains(&number) {
                Ok(number)
            } else {
                Err(fault())
            }
        };
        match name {
            "f1" if value.is_none() => Ok(Self::F1),
            "precision" => Ok(Self::Precision(number()?)),
            "recall" => Ok(Self::Recall(number()?)),
            "fixed" => Ok(Self::Fixed(number()? as f32)),
            _ => Err(fault()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F1 => f.write_str("f1"),
            Self::Precision(p) => write!(f, "precision={p}"),
            Self::Recall(r) => write!(f, "recall={r}"),
            Self::Fixed(t) => write!(f, "fixed={t}"),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = NoRule;

    fn try_from(text: String) -> Result<Self, NoRule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

/// Why a label has no threshold of its own by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Positives that there are: too few to choose on.
    FewPositives(usize),
    /// No threshold is precise enough.
    NoneIsPreciseEnough,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewPositives(0) => f.write_str("no validation picture has it"),
            Self::FewPositives(1) => f.write_str("only 1 validation picture has it"),
            Self::FewPositives(n) => write!(f, "only {n} validation pictures have it"),
            Self::NoneIsPreciseEnough => f.write_str("no threshold is that precise"),
        }
    }
}

/// The threshold of a label by a rule: it is given from there upwards. Every threshold that makes a difference is tried; the chosen one lies in the
/// middle between the last probability that is given and the next that is not. Unknown labels and probabilities that are not finite are left
/// out.
///
/// # Shapes
/// - probability, truth: one entry a picture; truth is 1, 0 or -1
///
/// # Errors
/// [`Unfit`] where the label has fewer than `least` positives (or none), or cannot be as precise.
pub(crate) fn choose_threshold(rule: Rule, probability: &[f32], truth: &[i8], least: usize) -> Result<f32, Unfit> {
    if let Rule::Fixed(threshold) = rule {
        return Ok(threshold);
    }
    let mut ranked: Vec<(f32, bool)> = measured(probability, truth).collect();
    let positives = ranked.iter().filter(|(_, positive)| *positive).count();
    if positives < least.max(1) {
        return Err(Unfit::FewPositives(positives));
    }
    ranked.sort_by(|a, b| falling(a.0, b.0));
    let (mut hits, mut best) = (0usize, None::<(f64, f32)>);
    for (i, (p, positive)) in ranked.iter().enumerate() {
        hits += usize::from(*positive);
        let next = ranked.get(i + 1).map(|n| n.0);
        if next == Some(*p) {
            // Equal probabilities are given together.
            continue;
        }
        let (precision, recall) = (hits as f64 / (i + 1) as f64, hits as f64 / positives as f64);
        let (allowed, value) = match rule {
            Rule::F1 => (true, 2.0 * hits as f64 / (i + 1 + positives) as f64),
            Rule::Precision(least) => (precision >= least, recall),
            Rule::Recall(least) => (recall >= least, precision),
            Rule::Fixed(_) => (false, 0.0),
        };
        let better = best.is_none_or(|(found, _)| value > found || (value == found && matches!(rule, Rule::Recall(_))));
        if allowed && better {
            best = Some((value, between(*p, next)));
        }
    }
    best.map(|(_, threshold)| threshold).ok_or(Unfit::NoneIsPreciseEnough)
}

/// A threshold that gives `given` and, where there is one, not `next`, the lower neighbour.
fn between(given: f32, next: Option<f32>) -> f32 {
    let low = next.unwrap_or(0.0);
    let middle = (0.5 * (f64::from(given) + f64::from(low))) as f32;
    // Neighbours without a number between them, and probabilities that are 0.
    if middle > low { middle.min(given) } else { given }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Counts, counts_at_probability};
    use proptest::prelude::*;

    /// Every threshold that could be told apart: each value that occurs, those just beside it, and the ends.
    fn all_thresholds(probability: &[f32]) -> Vec<f32> {
        let known = probability.iter().copied().filter(|p| p.is_finite());
        let mut all: Vec<f32> = known.flat_map(|p| [p.next_down(), p, p.next_up()]).collect();
        all.extend([0.0, 0.5, 1.0, 2.0]);
        all
    }

    fn at(threshold: f32, probability: &[f32], truth: &[i8]) -> Counts {
        counts_at_probability(probability, truth, &[threshold])[0]
    }

    fn labels() -> impl Strategy<Value = (Vec<f32>, Vec<i8>)> {
        // Few values, so that many tie; some are neighbours with nothing between them, some no numbers.
        let probability = prop_oneof![
            8 => (0u8..=10).prop_map(|k| f32::from(k) / 10.0),
            2 => 0.0f32..=1.0,
            1 => Just(0.5f32.next_up()),
            1 => Just(f32::NAN),
        ];
        prop::collection::vec(
            (probability, prop_oneof![4 => Just(0i8), 3 => Just(1), 1 => Just(-1)]),
            1..30,
        )
        .prop_map(|rows| rows.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn no_threshold_has_a_better_f1((probability, truth) in labels()) {
            let found = choose_threshold(Rule::F1, &probability, &truth, 1);
            let best = all_thresholds(&probability).into_iter().map(|t| at(t, &probability, &truth).f1()).fold(0.0, f64::max);
            match found {
                Ok(threshold) => prop_assert_eq!(at(threshold, &probability, &truth).f1(), best),
                Err(unfit) => {
                    prop_assert_eq!(unfit, Unfit::FewPositives(0));
                    prop_assert_eq!(best, 0.0);
                }
            }
        }

        #[test]
        fn no_threshold_finds_more_at_that_precision((probability, truth) in labels(), least in 0u8..=20) {
            let least = f64::from(least) / 20.0;
            let found = choose_threshold(Rule::Precision(least), &probability, &truth, 1);
            let all = all_thresholds(&probability).into_iter().map(|t| at(t, &probability, &truth));
            // Without anything given there is no precision.
            let fine = all.filter(|c| c.hit + c.false_alarm > 0 && c.positives() > 0 && c.precision() >= least);
            let best = fine.map(|c| c.recall()).reduce(f64::max);
            match found {
                Ok(threshold) => {
                    let counts = at(threshold, &probability, &truth);
                    prop_assert!(counts.precision() >= least);
                    prop_assert_eq!(Some(counts.recall()), best);
                }
                Err(_) => prop_assert_eq!(best, None),
            }
        }

        #[test]
        fn no_threshold_is_preciser_at_that_recall((probability, truth) in labels(), least in 0u8..=20) {
            let least = f64::from(least) / 20.0;
            let found = choose_threshold(Rule::Recall(least), &probability, &truth, 1);
            let all = all_thresholds(&probability).into_iter().map(|t| at(t, &probability, &truth));
            let fine = all.filter(|c| c.positives() > 0 && c.recall() >= least);
            let best = fine.map(|c| c.precision()).reduce(f64::max);
            match found {
                Ok(threshold) => {
                    let counts = at(threshold, &probability, &truth);
                    prop_assert!(counts.recall() >= least);
                    prop_assert_eq!(Some(counts.precision()), best);
                }
                Err(unfit) => {
                    prop_assert_eq!(unfit, Unfit::FewPositives(0));
                    prop_assert_eq!(best, None);
                }
            }
        }
    }

    #[test]
    fn too_few_positives_are_said() {
        let (p, t) = ([0.9, 0.8, 0.1], [1, 1, 0]);
        assert_eq!(choose_threshold(Rule::F1, &p, &t, 3), Err(Unfit::FewPositives(2)));
        assert_eq!(choose_threshold(Rule::F1, &p, &[-1; 3], 0), Err(Unfit::FewPositives(0)));
        assert_eq!(choose_threshold(Rule::Fixed(0.3), &p, &[-1; 3], 9), Ok(0.3));
        let wrong = choose_threshold(Rule::Precision(0.9), &[0.9, 0.1], &[0, 1], 1);
        assert_eq!(wrong, Err(Unfit::NoneIsPreciseEnough));
        // In the middle between what is given and what is not.
        let middle = choose_threshold(Rule::F1, &p, &t, 2).unwrap();
        assert!((middle - 0.45).abs() < 1e-6, "{middle}");
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in ["f1", "precision=0.9", "recall=0.25", "fixed=0.3"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "f2",
            "precision",
            "precision=",
            "precision=90",
            "recall=-0.1",
            "fixed=nan",
            "f1=1",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
        let rule: Rule = serde_json::from_str("\"fixed=0.3\"").unwrap();
        assert_eq!(serde_json::to_string(&rule).unwrap(), "\"fixed=0.3\"");
    }
}
