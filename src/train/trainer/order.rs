//! Which pictures each step takes, and how fast they go by.

use super::{Plan, SPEED_WINDOW};
use crate::support::rng::{self, SliceRandom};
use std::time::Instant;

/// A step that is to be done, and its pictures.
pub struct PlannedStep {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The step in the stage, from 0.
    pub step: usize,
    pub indices: Vec<usize>,
    /// How often the stage took each of them before: what varies a picture. Where a pass takes every picture once, the epoch.
    pub before: Vec<usize>,
    pub ends_epoch: bool,
}

/// Every step of a stage in order.
pub fn planned_steps(plan: &Plan, stage: u8, images: usize) -> Vec<PlannedStep> {
    let mut steps = Vec::with_capacity(plan.schedule.total);
    let mut taken = vec![0; images];
    let sampler = plan.sampler.as_ref();
    let mut walk = sampler.map(|sampler| (sampler.walk(plan.seed, stage, plan.shuffle), sampler.draws()));
    for epoch in 0..plan.schedule.epochs() {
        let order: Vec<usize> = match &mut walk {
            // The next pass goes on where this one stops.
            Some((walk, draws)) => walk.by_ref().take(*draws).collect(),
            None => every_picture(plan, stage, epoch, images),
        };
        let batches = order.chunks(plan.batch.max(1));
        let last = batches.len().saturating_sub(1);
        for (i, indices) in batches.enumerate() {
            let step = steps.len();
            if step == plan.schedule.total {
                break;
            }
            let ends_epoch = i == last || step + 1 == plan.schedule.total;
            let mut before = Vec::with_capacity(indices.len());
            for index in indices {
                before.push(taken[*index]);
                taken[*index] += 1;
            }
            steps.push(PlannedStep {
                epoch,
                step,
                indices: indices.to_vec(),
                before,
                ends_epoch,
            });
        }
    }
    steps
}

/// Every picture once, in an order of this epoch's own where that is asked for.
fn every_picture(plan: &Plan, stage: u8, epoch: usize, images: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..images).collect();
    if plan.shuffle {
        let purpose = format!("shuffle stage {stage}");
        order.shuffle(&mut rng::stream(plan.seed, &purpose, epoch as u64));
    }
    order
}

/// Pictures a second over the last steps; monotonic, so a changed clock does no harm.
pub struct Pace {
    marks: Vec<(Instant, usize)>,
}

impl Pace {
    pub fn new() -> Self {
        Self {
            marks: vec![(Instant::now(), 0)],
        }
    }

    /// Another step of so many pictures is done: pictures a second.
    pub fn after(&mut self, images: usize) -> f64 {
        let total = self.marks.last().map_or(0, |m| m.1) + images;
        self.marks.push((Instant::now(), total));
        if self.marks.len() > SPEED_WINDOW + 1 {
            self.marks.remove(0);
        }
        let (first, last) = (self.marks[0], self.marks[self.marks.len() - 1]);
        (last.1 - first.1) as f64 / last.0.duration_since(first.0).as_secs_f64().max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::sampler::ClassAware;
    use crate::train::schedule::Schedule;
    use burn::tensor::Device;
    use std::path::PathBuf;

    fn plan(shuffle: bool, max_steps: Option<usize>) -> Plan {
        Plan {
            batch: 4,
            shuffle,
            seed: 7,
            parts: 1,
            ..Plan::new(PathBuf::new(), Schedule::new(10, 4, 3, max_steps, 0.05), Device::flex())
        }
    }

    #[test]
    fn a_short_last_batch_is_kept_and_every_epoch_sees_all() {
        let steps = planned_steps(&plan(true, None), 1, 10);
        assert_eq!(steps.len(), 9);
        assert_eq!(
            steps.iter().map(|s| s.indices.len()).collect::<Vec<_>>(),
            [4, 4, 2, 4, 4, 2, 4, 4, 2]
        );
        for epoch in 0..3 {
            let mut seen: Vec<usize> = steps
                .iter()
                .filter(|s| s.epoch == epoch)
                .flat_map(|s| s.indices.clone())
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
        assert!(
            steps.iter().all(|s| s.before.iter().all(|before| *before == s.epoch)),
            "each was taken once in every epoch before"
        );
        assert_ne!(steps[0].indices, steps[3].indices, "each epoch has its own order");
    }

    #[test]
    fn class_aware_passes_follow_the_walk() {
        // Picture i has label i % 3; the last of the ten has none.
        let truth: Vec<i8> = (0..10)
            .flat_map(|i| (0..3).map(move |c| i8::from(i != 9 && i % 3 == c)))
            .collect();
        let sampler = ClassAware::new(&truth, 3).unwrap();
        let walk: Vec<usize> = sampler.walk(7, 1, true).take(4 * 2).collect();
        assert_eq!(
            sampler.draws(),
            2,
            "three pictures of three labels, a quarter of their product"
        );
        let schedule = Schedule::new(sampler.draws(), 4, 4, None, 0.05);
        let steps = planned_steps(
            &Plan {
                sampler: Some(sampler),
                schedule,
                ..plan(true, None)
            },
            1,
            10,
        );
        assert_eq!(steps.iter().map(|s| s.epoch).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(steps.iter().all(|s| s.ends_epoch && s.indices.len() == 2));
        let taken: Vec<usize> = steps.iter().flat_map(|s| s.indices.clone()).collect();
        assert_eq!(taken, walk);
        let before = steps.iter().flat_map(|s| s.before.clone());
        for (place, before) in before.enumerate() {
            let earlier = walk[..place].iter().filter(|p| **p == walk[place]).count();
            assert_eq!(before, earlier, "what was taken {place} draws in");
        }
    }

    #[test]
    fn max_steps_ends_inside_an_epoch() {
        let steps = planned_steps(&plan(false, Some(5)), 1, 10);
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[0].indices, [0, 1, 2, 3]);
        assert_eq!(
            steps.iter().map(|s| s.ends_epoch).collect::<Vec<_>>(),
            [false, false, true, false, true]
        );
    }
}
