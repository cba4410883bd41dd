//! Class-aware sampling (METHOD section 5), for which the distribution-balanced loss was made: labels are walked through in a shuffled
//! cycle, and each visit takes three pictures of the label from that label's own shuffled cycle.
//!
//! The walk has no end; a pass is a piece of it, and the next pass goes on where it stopped, so that no label is left behind where a
//! pass ends. Every shuffle is a function of seed, stage, cycle and round alone: a resumed run walks as the uninterrupted one
//! would have done, without anything in its checkpoint.

use super::settings::Sampler;
use crate::support::rng::{self, Rng};

/// Pictures that a visit to a label takes.
const VISIT: usize = 3;

/// The number of labels times the most frequent one's pictures is this many passes.
const PASSES: usize = 4;

/// Draws of a pass: max_c n_c * C / 4, rounded down, at least 1, where C counts the labels that have a positive (the others cannot be
/// visited). `None` where none has one.
pub fn draws(positives: &[usize]) -> Option<usize> {
    let most = positives.iter().copied().max().filter(|n| *n > 0)?;
    let visited = positives.iter().filter(|n| **n > 0).count();
    Some((most * visited / PASSES).max(1))
}

/// Pictures that a pass draws, of `images` with so many positives of each label.
pub fn draws_of(sampler: Sampler, positives: &[usize], images: usize) -> usize {
    match sampler {
        Sampler::Uniform => images,
        Sampler::ClassAware => draws(positives).unwrap_or(images),
    }
}

/// Which pictures show which label, and how many a pass draws.
#[derive(Clone, Debug)]
pub struct ClassAware {
    /// Index of each label that has a positive, and its pictures; neither list is empty.
    labels: Vec<(usize, Vec<usize>)>,
    draws: usize,
}

impl ClassAware {
    /// Of truth `[pictures, classes]`: 1, 0, -1 (unknown, which is no positive). `None` where no picture has a label.
    pub fn new(truth: &[i8], classes: usize) -> Option<Self> {
        let pictures = |class: usize| -> Vec<usize> {
            let column = truth.iter().skip(class).step_by(classes.max(1));
            let marked = column.enumerate().filter(|(_, truth)| **truth == 1);
            marked.map(|(picture, _)| picture).collect()
        };
        let all: Vec<Vec<usize>> = (0..classes).map(pictures).collect();
        let counts: Vec<usize> = all.iter().map(Vec::len).collect();
        let draws = draws(&counts)?;
        let labels = all.into_iter().enumerate().filter(|(_, found)| !found.is_empty());
        Some(Self {
            labels: labels.collect(),
            draws,
        })
    }

    /// Pictures that a pass draws; some more than once, those without a label never.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// The walk of a stage from its beginning. Without `shuffle` labels and pictures come in their order.
    pub fn walk(&self, seed: u64, stage: u8, shuffle: bool) -> Walk {
        let cycle = |of: Vec<usize>, what: &str| Cycle {
            seed,
            purpose: shuffle.then(|| format!("class-aware stage {stage} {what}")),
            order: Vec::with_capacity(of.len()),
            all: of,
            at: 0,
            round: 0,
        };
        Walk {
            labels: cycle((0..self.labels.len()).collect(), "labels"),
            pictures: (self.labels.iter())
                .map(|(label, pictures)| cycle(pictures.clone(), &format!("label {label}")))
                .collect(),
            visited: 0,
            left: 0,
        }
    }
}

/// An endless series of pictures.
#[derive(Debug)]
pub struct Walk {
    /// Places in `pictures`.
    labels: Cycle,
    /// One cycle for each label.
    pictures: Vec<Cycle>,
    /// The label that is being visited.
    visited: usize,
    /// Pictures that the visit still takes.
    left: usize,
}

impl Iterator for Walk {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            self.visited = self.labels.take_one()?;
            self.left = VISIT;
        }
        self.left -= 1;
        self.pictures.get_mut(self.visited)?.take_one()
    }
}

/// Things in an order that is shuffled anew whenever all have been taken.
#[derive(Debug)]
struct Cycle {
    all: Vec<usize>,
    /// Those of this round.
    order: Vec<usize>,
    at: usize,
    /// Rounds that have begun.
    round: u64,
    seed: u64,
    /// What the random stream is for; `None`: not shuffled.
    purpose: Option<String>,
}

impl Cycle {
    fn take_one(&mut self) -> Option<usize> {
        if self.at == self.order.len() {
            self.order.clone_from(&self.all);
            if let Some(purpose) = &self.purpose {
                shuffle(&mut self.order, &mut rng::stream(self.seed, purpose, self.round));
            }
            (self.at, self.round) = (0, self.round + 1);
        }
        let found = self.order.get(self.at).copied();
        self.at += 1;
        found
    }
}

/// Fisher-Yates from the end; a place among n is the upper half of n times 64 random bits. Written out so that a reference in another
/// language can repeat it.
fn shuffle(order: &mut [usize], rng: &mut impl Rng) {
    for last in (1..order.len()).rev() {
        let place = (u128::from(rng.random::<u64>()) * (last as u128 + 1)) >> 64;
        order.swap(last, place as usize);
    }
}

#[cfg(test)]
mod tests;
