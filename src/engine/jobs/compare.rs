//! `compare`: two runs on the same pictures, label by label, and where they judge differently.

use super::data::groups;
use super::evaluate::{Scored, choose_split, score, train_positives};
use super::measure::{is_uncertain, warn_of_unscored, without_unscored};
use super::project::open_to_read;
use super::run_view::RunView;
use super::thresholds::LabelThresholds;
use crate::compute::Compute;
use crate::dataset::split::Group;
use crate::engine::event::{ClassDifference, Comparison, Difference, Flip, Flipped, GroupDifference};
use crate::engine::request::{CompareRequest, EvaluateRequest};
use crate::engine::{Context, Event, Failure};
use crate::eval::{Draws, average_precisions, counts_at_probability, group_means};
use std::collections::{HashMap, HashSet};

/// One of the two runs, on the pictures that both have scored.
struct Side {
    scores: Vec<f32>,
    probability: Vec<f32>,
    thresholds: Vec<f32>,
}

/// What both are measured on.
struct Shared {
    names: Vec<String>,
    /// Names of the pictures.
    images: Vec<String>,
    /// `[images, names]`.
    truth: Vec<i8>,
    /// Frequency groups of the labels.
    groups: Vec<Group>,
}

pub(crate) fn run(request: &CompareRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let project = open_to_read(&request.project, context)?;
    let (split, pictures) = choose_split(&project, request.split, context)?;
    let mut sides = Vec::new();
    let mut fallback: Vec<String> = Vec::new();
    for run in [&request.a, &request.b] {
        let asked = EvaluateRequest {
            allow_fallback: request.allow_fallback,
            ..EvaluateRequest::on_test(&request.project, run)
        };
        let view = RunView::open(&asked, &project, &project, compute)?;
        view.warn_of_fallback(context);
        fallback.extend(view.fallback.iter().cloned());
        let thresholds = LabelThresholds::of(&project, (&view, false), &mut fallback, context)?;
        let positives = train_positives(&view, None, &project, context)?;
        let mut found = score(&view, (&project, &project), pictures.clone(), compute, context)?;
        let (truth, unscored) = without_unscored(&found.scores.fused, &found.probability, &found.truth);
        warn_of_unscored(run, unscored, context);
        found.truth = truth;
        sides.push((found, thresholds.values, positives, view.labels));
    }
    let (Some((b, b_thresholds, positives, names)), Some((a, a_thresholds, ..))) = (sides.pop(), sides.pop()) else {
        return Err(Failure::new("two runs are compared", "Name two runs."));
    };
    let (rows, images) = common(&a, &b);
    let side = |found: &Scored, thresholds: Vec<f32>, rows: &[usize]| Side {
        scores: picked(&found.scores.fused, names.len(), rows),
        probability: picked(&found.probability, names.len(), rows),
        thresholds,
    };
    let (a_rows, b_rows): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
    // What either could not score is unknown to both.
    let b_truth = picked(&b.truth, names.len(), &b_rows);
    let mut truth = picked(&a.truth, names.len(), &a_rows);
    truth.iter_mut().zip(b_truth).for_each(|(t, b)| *t = (*t).min(b));
    let shared = Shared {
        groups: groups(&positives),
        images,
        truth,
        names: names.clone(),
    };
    let (a, b) = (side(&a, a_thresholds, &a_rows), side(&b, b_thresholds, &b_rows));
    // Both may follow the same Stage 1 run.
    let mut told = HashSet::new();
    fallback.retain(|words| told.insert(words.clone()));
    let comparison = Comparison {
        split: split.to_string(),
        fallback,
        ..compared(request, &shared, &a, &b)
    };
    context.emit(Event::Comparison(Box::new(comparison)));
    Ok(())
}

/// Rows of the pictures that both have scored, and the pictures' names, in `a`'s order.
fn common(a: &Scored, b: &Scored) -> (Vec<(usize, usize)>, Vec<String>) {
    let of_b = b.scores.kept.iter().enumerate();
    let rows: HashMap<i64, usize> = of_b.map(|(row, index)| (b.pictures.items[*index].id, row)).collect();
    let of_a = a.scores.kept.iter().enumerate();
    of_a.filter_map(|(row, index)| {
        let item = &a.pictures.items[*index];
        let name = item.path.to_string_lossy().into_owned();
        Some(((row, *rows.get(&item.id)?), name))
    })
    .unzip()
}

/// Some rows of a table, `[rows * width]`.
fn picked<T: Copy>(table: &[T], width: usize, rows: &[usize]) -> Vec<T> {
    let row = |r: &usize| table[r * width..(r + 1) * width].iter().copied();
    rows.iter().flat_map(row).collect()
}

fn compared(request: &CompareRequest, shared: &Shared, a: &Side, b: &Side) -> Comparison {
    let classes = shared.names.len();
    let draws = |side: &Side| Draws::of(&side.scores, &shared.truth, classes, request.bootstrap, request.seed);
    // The same pictures are drawn for both, so their draws are paired.
    let gain = draws(b).over(&draws(a));
    let ap = |side: &Side| average_precisions(&side.scores, &shared.truth, classes);
    let (ap_a, ap_b) = (ap(a), ap(b));
    let maps = (group_means(&ap_a, &shared.groups), group_means(&ap_b, &shared.groups));
    let over = |group: Option<Group>| gain.of_mean(|c| group.is_none_or(|g| shared.groups[c] == g));
    let (flips, flipped) = flips(request.flips, shared, a, b);
    let counts = counts_at_probability(&b.probability, &shared.truth, &b.thresholds);
    let per_class = (0..classes).map(|c| ClassDifference {
        label: shared.names[c].clone(),
        ap: difference(
            ap_a[c].map(|ap| 100.0 * ap),
            ap_b[c].map(|ap| 100.0 * ap),
            gain.of_class(c),
        ),
        positives: counts[c].positives(),
        uncertain: is_uncertain(&counts[c]),
        gained: flips[c].0,
        lost: flips[c].1,
    });
    let group = |group: Group, a: Option<f64>, b: Option<f64>| GroupDifference {
        group: group.to_string(),
        map: difference(a, b, over(Some(group))),
    };
    Comparison {
        a: request.a.clone(),
        b: request.b.clone(),
        split: String::new(),
        images: shared.images.len(),
        bootstrap: request.bootstrap,
        fallback: Vec::new(),
        map: difference(maps.0.total, maps.1.total, over(None)),
        groups: vec![
            group(Group::Head, maps.0.head, maps.1.head),
            group(Group::Medium, maps.0.medium, maps.1.medium),
            group(Group::Tail, maps.0.tail, maps.1.tail),
        ],
        per_class: per_class.collect(),
        flipped,
    }
}

fn difference(a: Option<f64>, b: Option<f64>, interval: Option<[f64; 2]>) -> Difference {
    Difference {
        a,
        b,
        difference: a.zip(b).map(|(a, b)| b - a),
        low: interval.map(|i| i[0]),
        high: interval.map(|i| i[1]),
    }
}

/// Labels of pictures that one judges rightly and the other wrongly, each at its own thresholds: how many each label gained and lost, and all
/// together with the largest `most` each way.
fn flips(most: usize, shared: &Shared, a: &Side, b: &Side) -> (Vec<(usize, usize)>, Flipped) {
    let classes = shared.names.len();
    let mut of_class = vec![(0usize, 0usize); classes];
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    let mut flipped = Flipped::default();
    let given = |side: &Side, i: usize, c: usize| side.probability[i] >= side.thresholds[c];
    for (row, truth) in shared.truth.chunks_exact(classes.max(1)).enumerate() {
        let before = (gained.len(), lost.len());
        for (c, t) in truth.iter().enumerate().filter(|(_, t)| **t >= 0) {
            let i = row * classes + c;
            let (in_a, in_b) = (given(a, i, c), given(b, i, c));
            if in_a == in_b {
                continue;
            }
            if in_b == (*t == 1) {
                of_class[c].0 += 1;
                gained.push((row, c));
            } else {
                of_class[c].1 += 1;
                lost.push((row, c));
            }
        }
        flipped.images_gained += usize::from(gained.len() > before.0);
        flipped.images_lost += usize::from(lost.len() > before.1);
    }
    (flipped.gained, flipped.lost) = (gained.len(), lost.len());
    for (mut list, is_gain) in [(gained, true), (lost, false)] {
        let far = |(row, c): &(usize, usize)| {
            let i = row * classes + c;
            (a.probability[i] - b.probability[i]).abs()
        };
        // A stable sort: of equal ones the earlier picture.
        list.sort_by(|x, y| far(y).total_cmp(&far(x)));
        flipped
            .examples
            .extend(list.into_iter().take(most).map(|(row, c)| Flip {
                image: shared.images[row].clone(),
                label: shared.names[c].clone(),
                truth: shared.truth[row * classes + c] == 1,
                a: a.probability[row * classes + c],
                b: b.probability[row * classes + c],
                gained: is_gain,
            }));
    }
    (of_class, flipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CompareRequest {
        CompareRequest {
            project: "p".into(),
            a: "run-1".into(),
            b: "run-2".into(),
            split: None,
            bootstrap: 200,
            seed: 0,
            flips: 1,
            allow_fallback: false,
        }
    }

    fn side(probability: &[f32], thresholds: &[f32]) -> Side {
        Side {
            scores: probability.to_vec(),
            probability: probability.to_vec(),
            thresholds: thresholds.to_vec(),
        }
    }

    #[test]
    fn what_flipped_is_counted_both_ways_at_each_ones_thresholds() {
        let shared = Shared {
            names: vec!["x".into(), "y".into()],
            images: ["1", "2", "3"].map(str::to_owned).to_vec(),
            truth: vec![1, 0, 1, -1, 0, 1],
            groups: vec![Group::Tail; 2],
        };
        let a = side(&[0.2, 0.9, 0.6, 0.9, 0.4, 0.9], &[0.5, 0.5]);
        // x: found in 1, still found in 2 at the threshold itself, given wrongly in 3; y: no longer given in 1 (right) and 3 (wrong).
        let b = side(&[0.9, 0.3, 0.5, 0.1, 0.6, 0.2], &[0.5, 0.5]);
        let (classes, flipped) = flips(1, &shared, &a, &b);
        assert_eq!(classes, [(1, 1), (1, 1)]);
        assert_eq!((flipped.gained, flipped.lost), (2, 2));
        assert_eq!((flipped.images_gained, flipped.images_lost), (1, 1));
        // The largest each way.
        let shown: Vec<(&str, &str, bool, bool)> = flipped
            .examples
            .iter()
            .map(|f| (&*f.image, &*f.label, f.truth, f.gained))
            .collect();
        assert_eq!(shown, [("1", "x", true, true), ("3", "y", true, false)]);
        // A threshold of its own decides, not the other one's.
        let (_, none) = flips(9, &shared, &a, &side(&a.probability, &[0.5, 0.9]));
        assert_eq!((none.gained, none.lost), (0, 0));
        let (_, one) = flips(9, &shared, &a, &side(&a.probability, &[0.2, 0.5]));
        assert_eq!((one.gained, one.lost), (1, 1), "x in 1 and in 3");
    }

    #[test]
    fn a_run_against_itself_differs_in_nothing() {
        let shared = Shared {
            names: vec!["x".into(), "without".into()],
            images: (0..20).map(|i| i.to_string()).collect(),
            truth: (0..20).flat_map(|i| [i8::from(i % 3 == 0), 0]).collect(),
            groups: vec![Group::Tail; 2],
        };
        let values: Vec<f32> = (0..40).map(|i| (i * 17 % 40) as f32 / 40.0).collect();
        let a = side(&values, &[0.5, 0.5]);
        let same = compared(&request(), &shared, &a, &side(&values, &[0.5, 0.5]));
        let zero = (Some(0.0), Some(0.0), Some(0.0));
        assert_eq!((same.map.difference, same.map.low, same.map.high), zero);
        assert!(!same.map.is_clear() && same.flipped == Flipped::default());
        let without = &same.per_class[1].ap;
        assert_eq!((without.a, without.difference, without.low), (None, None, None));
        // Every picture with x moved to the top.
        let better: Vec<f32> = (0..40)
            .map(|i| {
                if i % 2 == 0 && i / 2 % 3 == 0 {
                    1.0
                } else {
                    0.9 * values[i]
                }
            })
            .collect();
        let found = compared(&request(), &shared, &a, &side(&better, &[0.5, 0.5]));
        assert_eq!(found.per_class[0].ap.b, Some(100.0));
        assert!(found.map.is_clear() && found.map.low > Some(0.0), "{:?}", found.map);
        assert_eq!((found.groups[0].map.a, found.groups[2].map.b), (None, Some(100.0)));
        assert!(found.per_class[0].gained > 0 && found.per_class[0].uncertain);
    }
}
