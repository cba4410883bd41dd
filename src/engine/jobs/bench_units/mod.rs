//! `bench units`: units of work side by side in one run, each alone, with the memory that it takes. See docs/performance.md.

mod inference;
mod subject;
mod training;

use super::bench::{forget_peak_memory, peak_memory};
use crate::compute::Compute;
use crate::engine::event::{Benchmark, UnitOfWork};
use crate::engine::request::BenchUnits;
use crate::engine::{Context, Event, Failure};
use std::time::Instant;
use subject::Subject;

/// How much of each unit is measured.
#[derive(Clone, Copy)]
struct Scale {
    /// Times that a short unit is measured.
    rounds: usize,
    /// Pictures on the disk.
    pictures: usize,
    /// Steps of Stage 1 that are measured.
    steps_1: usize,
    /// Pictures of a Stage 1 step.
    batch_1: usize,
    /// Of these, how many the CPU computes at once.
    at_once: usize,
    /// Steps of an epoch of Stage 2 in the shared way.
    steps_2: usize,
    /// Steps of Stage 2 in each of the other ways.
    steps_2_other: usize,
    /// Pictures of a Stage 2 step.
    batch_2: usize,
    /// Pictures with cached features.
    cached: usize,
    /// Pictures that are scored, in thousands; the cached ones again and again.
    scored_k: usize,
}

const FULL: Scale = Scale {
    rounds: 5,
    pictures: 64,
    steps_1: 2,
    batch_1: 32,
    at_once: 8,
    steps_2: 30,
    steps_2_other: 5,
    batch_2: 64,
    cached: 128,
    scored_k: 100,
};

const SMALL: Scale = Scale {
    rounds: 2,
    pictures: 4,
    steps_1: 2,
    batch_1: 4,
    at_once: 2,
    steps_2: 3,
    steps_2_other: 2,
    batch_2: 8,
    cached: 12,
    scored_k: 1,
};

pub(crate) fn run(request: &BenchUnits, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let scale = if request.small { SMALL } else { FULL };
    context.progress("making model, pictures and features", 0, 1);
    let subject = Subject::new(request, scale, compute)?;
    let units = [
        inference::image_forward,
        inference::text_forward,
        training::stage_one,
        training::stage_two,
        inference::pictures_to_tags,
        inference::score_cached,
        inference::first_overlay,
    ];
    for (done, unit) in units.iter().enumerate() {
        context.check_cancelled()?;
        context.progress("measuring", done, units.len());
        unit(&subject, compute, context)?;
    }
    context.progress("measuring", units.len(), units.len());
    Ok(())
}

/// Seconds of each time that a unit was done, and the process's peak of memory meanwhile.
struct Timed {
    seconds: Vec<f64>,
    peak: Option<f64>,
}

impl Timed {
    /// Notes the peak of memory of something that tells its own times.
    fn of(work: impl FnOnce() -> Result<Vec<f64>, Failure>) -> Result<Self, Failure> {
        let tells = forget_peak_memory();
        let seconds = work()?;
        let peak = Some(peak_memory()).filter(|bytes| tells && *bytes > 0.0);
        Ok(Self { seconds, peak })
    }

    /// Does something once to warm up and then `rounds` times.
    fn rounds(
        rounds: usize,
        context: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        Self::of(|| {
            work(context)?;
            let mut seconds = Vec::with_capacity(rounds);
            for _ in 0..rounds {
                context.check_cancelled()?;
                let start = Instant::now();
                work(context)?;
                seconds.push(start.elapsed().as_secs_f64());
            }
            Ok(seconds)
        })
    }

    /// The median time, in seconds.
    fn median(&self) -> f64 {
        median(&self.seconds)
    }

    /// Tells a unit with a value made of the times.
    fn tell(&self, context: &mut Context<'_>, unit: &str, value: f64, per: &str) {
        context.emit(Event::Bench(Benchmark::Unit(UnitOfWork {
            unit: unit.to_owned(),
            value,
            per: per.to_owned(),
            samples: self.seconds.len(),
            peak_memory_mb: self.peak.map(|bytes| bytes / 1e6),
        })));
    }
}

/// The middle value, of an even number the mean of the middle two; 0 of none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (n, half) if n.is_multiple_of(2) => (sorted[half - 1] + sorted[half]) / 2.0,
        (_, half) => sorted[half],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
    }

    #[test]
    fn the_peak_of_memory_is_that_of_the_work() {
        if !forget_peak_memory() {
            crate::skips::note("the system does not forget a peak of memory");
            return;
        }
        let peak_of = |bytes: usize| {
            let timed = Timed::of(|| {
                let block = vec![1u8; bytes];
                Ok(vec![f64::from(std::hint::black_box(&block)[bytes / 2])])
            });
            timed.unwrap().peak.unwrap()
        };
        // Other tests run beside this one and take memory of their own, but not so much.
        let large = peak_of(1 << 29);
        assert!(large > f64::from(1 << 29), "{large}");
        assert!(peak_of(1) < large, "what came before is forgotten");
    }
}
