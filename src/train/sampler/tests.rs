//! The walk against a reference in another language, and what must hold for any truth.

use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// What `tests/fixtures/make_sampler.py` wrote.
#[derive(Deserialize)]
struct Case {
    name: String,
    seed: u64,
    stage: u8,
    shuffle: bool,
    classes: usize,
    truth: Vec<i8>,
    /// Draws of a pass; null where nothing can be visited.
    draws: Option<usize>,
    /// The walk over some passes.
    walk: Vec<usize>,
}

#[test]
fn the_walk_is_that_of_the_reference() {
    let text = include_str!("../../../tests/fixtures/sampler.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let sampler = ClassAware::new(&case.truth, case.classes);
        assert_eq!(
            sampler.as_ref().map(ClassAware::draws),
            case.draws,
            "{}: draws of a pass",
            case.name
        );
        let Some(sampler) = sampler else {
            assert!(case.walk.is_empty(), "{}", case.name);
            continue;
        };
        assert!(case.walk.len() >= 3 * sampler.draws(), "{}: some passes", case.name);
        let walk: Vec<usize> = sampler
            .walk(case.seed, case.stage, case.shuffle)
            .take(case.walk.len())
            .collect();
        assert_eq!(walk, case.walk, "{}", case.name);
    }
}

#[test]
fn each_stage_and_seed_has_its_own_walk_that_repeats() {
    let truth: Vec<i8> = (0..60).map(|i| i8::from(i % 3 == 0 || i % 7 == 1)).collect();
    let sampler = ClassAware::new(&truth, 3).unwrap();
    let walk = |seed, stage| -> Vec<usize> { sampler.walk(seed, stage, true).take(60).collect() };
    assert_eq!(walk(1, 1), walk(1, 1));
    assert_ne!(walk(1, 1), walk(2, 1));
    assert_ne!(walk(1, 1), walk(1, 2));
}

#[test]
fn what_cannot_be_visited_does_not_count() {
    // Three labels, of which the second has no positive; the third picture has no label, the fourth an unknown one.
    let truth = [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 1];
    let sampler = ClassAware::new(&truth, 3).unwrap();
    let drawn: Vec<usize> = sampler.walk(5, 2, true).take(200).collect();
    assert!(drawn.iter().all(|picture| [0, 1, 4].contains(picture)), "{drawn:?}");
    assert_eq!(
        sampler.draws(),
        1,
        "two pictures of two labels, a quarter of their product"
    );
    assert!(ClassAware::new(&[0, 0, -1, 0], 2).is_none());
    assert!(ClassAware::new(&[], 2).is_none() && ClassAware::new(&[], 0).is_none());
    // A label that only one picture has is visited three times in a row.
    let one = ClassAware::new(&[1], 1).unwrap();
    assert_eq!(
        (one.draws(), one.walk(0, 1, true).take(4).collect::<Vec<_>>()),
        (1, vec![0; 4])
    );
}

proptest! {
    /// Labels are visited evenly, a label's pictures are taken evenly, and nothing else is drawn.
    #[test]
    fn a_walk_is_even(
        (classes, truth) in (1usize..6, 1usize..30).prop_flat_map(|(classes, pictures)| {
            (Just(classes), proptest::collection::vec(prop_oneof![3 => Just(0i8), 2 => Just(1i8), 1 => Just(-1i8)], classes * pictures))
        }),
        seed: u64,
        shuffle: bool,
        rounds in 1usize..8,
    ) {
        let positives: Vec<usize> = (0..classes)
            .map(|c| truth.iter().skip(c).step_by(classes).filter(|t| **t == 1).count())
            .collect();
        let visited: Vec<usize> = (0..classes).filter(|c| positives[*c] > 0).collect();
        let sampler = ClassAware::new(&truth, classes);
        prop_assert_eq!(sampler.as_ref().map(ClassAware::draws), draws(&positives));
        let Some(sampler) = sampler else {
            prop_assert!(visited.is_empty());
            return Ok(());
        };
        let most = positives.iter().max().copied().unwrap_or(0);
        prop_assert_eq!(sampler.draws(), (most * visited.len() / 4).max(1));
        // Visit by visit: each takes three pictures of one label.
        let walk: Vec<usize> = sampler.walk(seed, 1, shuffle).take(3 * visited.len() * rounds).collect();
        let mut counts = vec![vec![0usize; truth.len() / classes]; classes];
        let mut inner = sampler.walk(seed, 1, shuffle);
        for (i, picture) in walk.iter().enumerate() {
            prop_assert_eq!(inner.next(), Some(*picture));
            let label = sampler.labels[inner.visited].0;
            prop_assert_eq!(truth[picture * classes + label], 1);
            counts[label][*picture] += 1;
            // A round of labels ends with every label taken three times as often as there were rounds.
            if (i + 1) % (3 * visited.len()) == 0 {
                let round = (i + 1) / (3 * visited.len());
                for label in &visited {
                    prop_assert_eq!(counts[*label].iter().sum::<usize>(), 3 * round);
                }
            }
        }
        // No picture of a label is taken twice more than another.
        for label in visited {
            let of = |picture: &usize| truth[picture * classes + label] == 1;
            let taken = (0..truth.len() / classes).filter(of).map(|picture| counts[label][picture]);
            let (least, most) = (taken.clone().min().unwrap_or(0), taken.max().unwrap_or(0));
            prop_assert!(most - least <= 1, "{least} and {most}");
        }
    }
}
