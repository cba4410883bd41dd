//! Iterative stratification (Sechidis et al., 2011): labels are shared out evenly, the rarest first.

use crate::dataset::error::DatasetError;
use crate::dataset::model::Split;
use crate::support::rng::{self, SliceRandom};

/// Shares pictures out among train, val and test so that every label is shared in the same proportions. What `fractions` leave
/// over of 1 stays without a split. `positives` are the label indices of each picture.
///
/// # Errors
/// Fractions that are negative, not finite, all 0, or more than 1 together.
pub fn random(
    positives: &[Vec<usize>],
    labels: usize,
    fractions: [f64; 3],
    seed: u64,
) -> Result<Vec<Option<Split>>, DatasetError> {
    let sum: f64 = fractions.iter().sum();
    if fractions.iter().any(|f| !f.is_finite() || *f < 0.0) || sum <= 0.0 || sum > 1.0 + 1e-6 {
        let problem = format!(
            "the shares of train, val and test are {}, {} and {}; they must not be negative and make at most 1",
            fractions[0], fractions[1], fractions[2]
        );
        return Err(DatasetError::Setting { problem });
    }
    let rest = if sum > 1.0 - 1e-6 { 0.0 } else { 1.0 - sum };
    let bins = [fractions[0], fractions[1], fractions[2], rest];

    let mut order: Vec<usize> = (0..positives.len()).collect();
    order.shuffle(&mut rng::stream(seed, "split random", 0));
    let mut members = super::by_label(positives, labels, &order);
    let mut wanted: Vec<[f64; 4]> = members
        .iter()
        .map(|m| bins.map(|share| share * m.len() as f64))
        .collect();
    let mut room = bins.map(|share| share * positives.len() as f64);
    let mut assigned: Vec<Option<usize>> = vec![None; positives.len()];

    let mut assign = |picture: usize, label: Option<usize>, assigned: &mut Vec<Option<usize>>| {
        let want = |bin: usize| label.map_or(0.0, |l| wanted[l][bin]);
        let open = (0..bins.len()).filter(|bin| bins[*bin] > 0.0);
        // The first bin wins a tie, so only numbers decide.
        let best = open.reduce(|best, bin| {
            let (a, b) = ((want(best), room[best]), (want(bin), room[bin]));
            if b.0 > a.0 + 1e-9 || ((b.0 - a.0).abs() <= 1e-9 && b.1 > a.1 + 1e-9) {
                bin
            } else {
                best
            }
        });
        let Some(bin) = best else { return };
        assigned[picture] = Some(bin);
        room[bin] -= 1.0;
        for l in positives[picture].iter().filter(|l| **l < labels) {
            wanted[*l][bin] -= 1.0;
        }
    };
    loop {
        for list in &mut members {
            list.retain(|picture| assigned[*picture].is_none());
        }
        let rarest = (0..labels)
            .filter(|l| !members[*l].is_empty())
            .min_by_key(|l| members[*l].len());
        let Some(label) = rarest else { break };
        for picture in std::mem::take(&mut members[label]) {
            assign(picture, Some(label), &mut assigned);
        }
    }
    for picture in order {
        if assigned[picture].is_none() {
            assign(picture, None, &mut assigned);
        }
    }
    Ok(assigned
        .into_iter()
        .map(|bin| bin.and_then(|b| Split::ALL.get(b).copied()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 pictures: label 0 everywhere, label 1 on a tenth, label 2 on 20, label 3 on 10; every seventh without any.
    fn data() -> Vec<Vec<usize>> {
        let of = |i: usize| match i {
            _ if i % 7 == 3 => vec![],
            _ => [(0, true), (1, i % 10 == 1), (2, i % 50 == 4), (3, i % 100 == 9)]
                .into_iter()
                .filter_map(|(label, there)| there.then_some(label))
                .collect(),
        };
        (0..1000).map(of).collect()
    }

    #[test]
    fn every_label_is_shared_out_evenly() {
        let data = data();
        let splits = random(&data, 4, [0.7, 0.1, 0.2], 3).unwrap();
        let count = |label: Option<usize>, split: Split| {
            let has = |i: usize| label.is_none_or(|l| data[i].contains(&l));
            (0..1000).filter(|i| splits[*i] == Some(split) && has(*i)).count() as f64
        };
        for (split, share) in Split::ALL.into_iter().zip([0.7, 0.1, 0.2]) {
            assert!((count(None, split) - 1000.0 * share).abs() <= 4.0, "{split}");
            for label in 0..4 {
                let all = data.iter().filter(|p| p.contains(&label)).count() as f64;
                assert!(
                    (count(Some(label), split) - all * share).abs() <= 2.0,
                    "{split} {label}"
                );
            }
        }
        assert_eq!(splits, random(&data, 4, [0.7, 0.1, 0.2], 3).unwrap());
        assert_ne!(splits, random(&data, 4, [0.7, 0.1, 0.2], 4).unwrap());
    }

    #[test]
    fn a_rest_stays_without_a_split_and_zero_gets_nothing() {
        let splits = random(&data(), 4, [0.5, 0.0, 0.25], 0).unwrap();
        let rest = splits.iter().filter(|s| s.is_none()).count();
        assert!((245..=255).contains(&rest), "{rest}");
        assert!(!splits.contains(&Some(Split::Val)));
    }

    #[test]
    fn impossible_shares_are_refused() {
        for wrong in [
            [0.8, 0.2, 0.2],
            [-0.1, 0.5, 0.5],
            [0.0; 3],
            [f64::NAN, 0.5, 0.1],
            [f64::INFINITY, 0.0, 0.0],
        ] {
            assert!(
                matches!(random(&data(), 4, wrong, 0), Err(DatasetError::Setting { .. })),
                "{wrong:?}"
            );
        }
        assert!(random(&[], 0, [0.8, 0.1, 0.1], 0).unwrap().is_empty());
    }
}
