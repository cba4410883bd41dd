//! A long-tailed sample: class sizes follow a Pareto curve from the most frequent class to the rarest.

use crate::support::rng::{self, SliceRandom};

/// The curve of class sizes. The class of rank r (0 is the most frequent in the pool) of C classes gets
/// `max * (1 + t * ((max/min)^(1/exponent) - 1))^(-exponent)` positives, t = r/(C-1): exactly `max` at the head and `min` at the
/// end of the tail. A larger exponent comes closer to an exponential curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// Positives of the most frequent class.
    pub max: usize,
    /// Positives of the rarest class.
    pub min: usize,
    /// Exponent of the curve, over 0.
    pub exponent: f64,
}

impl Pareto {
    /// Positives wanted for the class of `rank` among `classes`.
    pub fn target(&self, rank: usize, classes: usize) -> usize {
        let (max, min) = (self.max.max(1) as f64, self.min.clamp(1, self.max.max(1)) as f64);
        let exponent = if self.exponent.is_finite() && self.exponent > 0.0 {
            self.exponent
        } else {
            1.0
        };
        let t = rank as f64 / classes.saturating_sub(1).max(1) as f64;
        (max * (1.0 + t * ((max / min).powf(1.0 / exponent) - 1.0)).powf(-exponent)).round() as usize
    }
}

/// Draws pictures of `pool` along the curve; returns their indices, ascending. Classes are filled from the tail up, with pictures
/// that push no other class over its size; only to reach the curve's minimum may a picture push others over, as few as
/// possible, so frequent companions (a person beside everything) can end above the curve, never a class below its
/// minimum while it has pictures.
pub fn pareto(positives: &[Vec<usize>], labels: usize, pool: &[usize], curve: &Pareto, seed: u64) -> Vec<usize> {
    let mut order = pool.to_vec();
    order.sort_unstable();
    order.dedup();
    order.shuffle(&mut rng::stream(seed, "split pareto", 0));
    let members = super::by_label(positives, labels, &order);
    let mut ranked: Vec<usize> = (0..labels).filter(|label| !members[*label].is_empty()).collect();
    ranked.sort_by_key(|label| (std::cmp::Reverse(members[*label].len()), *label));
    let mut target = vec![0; labels];
    for (rank, label) in ranked.iter().enumerate() {
        target[*label] = curve.target(rank, ranked.len());
    }

    let mut count = vec![0; labels];
    let mut taken = vec![false; positives.len()];
    let minimum = curve.min.max(1);
    for label in ranked.iter().rev() {
        for most in 0..=labels {
            // Beyond pictures that fit, only the minimum is worth pushing other classes over.
            let goal = if most == 0 {
                target[*label]
            } else {
                target[*label].min(minimum)
            };
            if count[*label] >= goal {
                break;
            }
            for picture in &members[*label] {
                if count[*label] >= goal {
                    break;
                }
                let over = positives[*picture]
                    .iter()
                    .filter(|l| **l < labels && count[**l] >= target[**l])
                    .count();
                if !taken[*picture] && over <= most {
                    taken[*picture] = true;
                    positives[*picture]
                        .iter()
                        .filter(|l| **l < labels)
                        .for_each(|l| count[*l] += 1);
                }
            }
        }
    }
    (0..positives.len()).filter(|picture| taken[*picture]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(data: &[Vec<usize>], chosen: &[usize], labels: usize) -> Vec<usize> {
        (0..labels)
            .map(|l| chosen.iter().filter(|i| data[**i].contains(&l)).count())
            .collect()
    }

    #[test]
    fn the_curve_goes_from_max_to_min() {
        let curve = Pareto {
            max: 500,
            min: 4,
            exponent: 2.0,
        };
        let sizes: Vec<usize> = (0..20).map(|rank| curve.target(rank, 20)).collect();
        assert_eq!((sizes[0], sizes[19]), (500, 4));
        assert!(sizes.windows(2).all(|w| w[0] >= w[1]) && sizes[1] < 300, "{sizes:?}");
        assert_eq!(
            Pareto {
                max: 5,
                min: 9,
                exponent: f64::NAN
            }
            .target(0, 1),
            5
        );
    }

    #[test]
    fn single_labels_follow_the_curve_exactly() {
        let data: Vec<Vec<usize>> = (0..5000).map(|i| vec![i % 10]).collect();
        let pool: Vec<usize> = (0..5000).collect();
        let curve = Pareto {
            max: 200,
            min: 3,
            exponent: 1.0,
        };
        let chosen = pareto(&data, 10, &pool, &curve, 7);
        let expected: Vec<usize> = (0..10).map(|rank| curve.target(rank, 10)).collect();
        assert_eq!(counts(&data, &chosen, 10), expected);
        assert_eq!(chosen, pareto(&data, 10, &pool, &curve, 7));
        assert_ne!(chosen, pareto(&data, 10, &pool, &curve, 8));
        assert!(chosen.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn companions_cannot_starve_the_tail() {
        // Label 0 is on every picture; labels 1 to 5 never come without it.
        let data: Vec<Vec<usize>> = (0..600).map(|i| vec![0, 1 + i % 5]).collect();
        let pool: Vec<usize> = (0..300).collect();
        let chosen = pareto(
            &data,
            6,
            &pool,
            &Pareto {
                max: 10,
                min: 4,
                exponent: 1.0,
            },
            0,
        );
        let found = counts(&data, &chosen, 6);
        assert!(found[1..].iter().all(|n| *n >= 4), "{found:?}");
        assert!(chosen.iter().all(|i| *i < 300));
    }
}
