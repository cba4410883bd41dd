//! Base and novel classes: some classes are kept out of training, to see what a model makes of classes it never met.

use crate::dataset::error::DatasetError;
use crate::dataset::model::Split;
use crate::support::rng::{self, SliceRandom};

/// How many of the classes are novel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Novel {
    /// A share of them, 0 to 1, rounded to whole classes.
    Fraction(f64),
    /// So many.
    Count(usize),
}

/// Draws which of `labels` classes are novel.
///
/// # Errors
/// A fraction that is no number from 0 to 1, or more classes than there are.
pub fn base_novel(labels: usize, novel: Novel, seed: u64) -> Result<Vec<bool>, DatasetError> {
    let count = match novel {
        Novel::Count(count) if count <= labels => count,
        Novel::Fraction(share) if (0.0..=1.0).contains(&share) => (share * labels as f64).round() as usize,
        Novel::Count(count) => {
            let problem = format!("{count} novel classes were asked for, but there are {labels} classes");
            return Err(DatasetError::Setting { problem });
        }
        Novel::Fraction(share) => {
            let problem = format!("the share of novel classes is {share}; it must be from 0 to 1");
            return Err(DatasetError::Setting { problem });
        }
    };
    let mut order: Vec<usize> = (0..labels).collect();
    order.shuffle(&mut rng::stream(seed, "split base-novel", 0));
    let mut is_novel = vec![false; labels];
    order.iter().take(count).for_each(|label| is_novel[*label] = true);
    Ok(is_novel)
}

/// The splits for training on base classes alone: a training picture with labels, all of them novel, leaves training and has no split
/// then. One that has base classes as well stays, and its novel labels have to be taken for unknown; one without labels
/// stays. Other splits stay as they are.
pub fn leave_training(positives: &[Vec<usize>], novel: &[bool], splits: &[Option<Split>]) -> Vec<Option<Split>> {
    let only_novel = |labels: &[usize]| {
        let is_novel = |label: &usize| novel.get(*label).copied().unwrap_or(false);
        !labels.is_empty() && labels.iter().all(is_novel)
    };
    let empty = Vec::new();
    let split = |(i, split): (usize, &Option<Split>)| {
        let leaves = *split == Some(Split::Train) && only_novel(positives.get(i).unwrap_or(&empty));
        split.filter(|_| !leaves)
    };
    splits.iter().enumerate().map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_classes_are_novel_and_a_seed_repeats_them() {
        let count = |novel: Vec<bool>| novel.iter().filter(|n| **n).count();
        for (novel, wanted) in [
            (Novel::Fraction(0.25), 5),
            (Novel::Fraction(0.0), 0),
            (Novel::Fraction(1.0), 20),
            (Novel::Count(7), 7),
            (Novel::Fraction(0.49), 10),
        ] {
            assert_eq!(count(base_novel(20, novel, 1).unwrap()), wanted, "{novel:?}");
        }
        let draw = |seed| base_novel(20, Novel::Count(7), seed).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(base_novel(0, Novel::Fraction(0.5), 0).unwrap().is_empty());
        for wrong in [
            Novel::Count(21),
            Novel::Fraction(1.1),
            Novel::Fraction(-0.1),
            Novel::Fraction(f64::NAN),
        ] {
            assert!(
                matches!(base_novel(20, wrong, 0), Err(DatasetError::Setting { .. })),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn only_training_pictures_of_nothing_but_novel_classes_leave() {
        let (train, test) = (Some(Split::Train), Some(Split::Test));
        let positives = [vec![0], vec![1], vec![0, 1], vec![], vec![1], vec![1, 9]];
        let splits = [train, train, train, train, test, train];
        let left = leave_training(&positives, &[false, true], &splits);
        assert_eq!(left, [train, None, train, train, test, train]);
    }
}
