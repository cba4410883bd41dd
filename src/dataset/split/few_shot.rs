//! K shots for multi-label sets: every class gets at least K positives, with as few pictures as a greedy choice finds.

use crate::support::rng::{self, SliceRandom};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Draws pictures of `pool` so that every class has at least `shots` positives (all it has, where that is fewer); returns their
/// indices, ascending. Greedy: the picture that serves most classes in need comes first; superfluous ones are dropped
/// at the end.
pub fn few_shot(positives: &[Vec<usize>], labels: usize, pool: &[usize], shots: usize, seed: u64) -> Vec<usize> {
    let mut order = pool.to_vec();
    order.sort_unstable();
    order.dedup();
    order.retain(|picture| *picture < positives.len());
    order.shuffle(&mut rng::stream(seed, "split few-shot", 0));
    let members = super::by_label(positives, labels, &order);
    let need: Vec<usize> = members.iter().map(|m| m.len().min(shots)).collect();
    let mut count = vec![0; labels];
    let known = |picture: usize| positives[picture].iter().copied().filter(|l| *l < labels);
    let gain = |picture: usize, count: &[usize]| known(picture).filter(|l| count[*l] < need[*l]).count();

    // Gains only fall, so a stale entry is put back with its new gain when it comes up. Places break ties: they are shuffled.
    let mut queue: BinaryHeap<(usize, Reverse<usize>)> = order
        .iter()
        .enumerate()
        .map(|(place, picture)| (gain(*picture, &count), Reverse(place)))
        .collect();
    let mut chosen = Vec::new();
    while let Some((promised, Reverse(place))) = queue.pop() {
        let now = gain(order[place], &count);
        if now == 0 {
            continue;
        }
        if now < promised {
            queue.push((now, Reverse(place)));
            continue;
        }
        chosen.push(order[place]);
        known(order[place]).for_each(|l| count[l] += 1);
    }
    // Later pictures served fewer classes; they are tried first.
    let mut kept: Vec<usize> = Vec::with_capacity(chosen.len());
    for picture in chosen.into_iter().rev() {
        if known(picture).all(|l| count[l] > need[l]) {
            known(picture).for_each(|l| count[l] -= 1);
        } else {
            kept.push(picture);
        }
    }
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_gets_its_shots_and_no_picture_is_superfluous() {
        let data: Vec<Vec<usize>> = (0..400)
            .map(|i| (0..8).filter(|l| (i * (l + 3) + i / 7) % (2 * l + 3) == 0).collect())
            .collect();
        let pool: Vec<usize> = (0..400).filter(|i| i % 5 != 0).collect();
        let count = |set: &[usize], l: usize| set.iter().filter(|i| data[**i].contains(&l)).count();
        for shots in [1, 4, 16] {
            let chosen = few_shot(&data, 9, &pool, shots, 1);
            assert!(chosen.iter().all(|i| pool.contains(i)));
            let need = |l: usize| count(&pool, l).min(shots);
            assert!((0..9).all(|l| count(&chosen, l) >= need(l)));
            for without in &chosen {
                let fewer: Vec<usize> = chosen.iter().copied().filter(|i| i != without).collect();
                assert!((0..9).any(|l| count(&fewer, l) < need(l)), "{without} is superfluous");
            }
            assert_eq!(chosen, few_shot(&data, 9, &pool, shots, 1));
        }
        assert_ne!(few_shot(&data, 9, &pool, 4, 1), few_shot(&data, 9, &pool, 4, 2));
    }

    #[test]
    fn one_rich_picture_is_enough() {
        let data = vec![vec![0], vec![1], vec![0, 1, 2], vec![2], vec![]];
        assert_eq!(few_shot(&data, 4, &[0, 1, 2, 3, 4], 1, 0), [2]);
        assert_eq!(few_shot(&data, 4, &[0, 1, 3, 4], 5, 0), [0, 1, 3]);
        assert!(few_shot(&data, 4, &[0, 1], 0, 0).is_empty());
    }
}
