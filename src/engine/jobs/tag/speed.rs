//! How fast tagging is, and how fast its parts are alone.

use super::pipeline::{Machine, Outcome};
use super::{gather, open};
use crate::compute::Compute;
use crate::engine::request::{BenchTag, TagRequest};
use crate::engine::{Context, Failure};
use crate::tagging::tagger::Tagger;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Pictures a second of tagging and of its parts.
pub(crate) struct Speed {
    /// Pictures of a round.
    pub images: usize,
    /// Reading and resizing alone.
    pub decode: f64,
    /// Image tower and judging alone.
    pub forward: f64,
    /// All of it, as a batch does it.
    pub whole: f64,
}

/// A tagger on a device, to be timed.
pub(crate) struct Judging<'a>(Machine<'a>);

impl<'a> Judging<'a> {
    /// Brings a tagger to a device.
    ///
    /// # Errors
    /// [`Failure`] where its parameters do not fit its sizes.
    pub fn new(tagger: &'a Tagger, compute: &'a Compute) -> Result<Self, Failure> {
        Ok(Self(Machine::new(tagger, compute)?))
    }

    /// From files to labels with the patches behind them, as a batch does it. Returns how many pictures were judged.
    ///
    /// # Errors
    /// [`Failure`] where the device fails or the user cancels.
    pub fn all(&self, pictures: &[PathBuf], context: &mut Context<'_>) -> Result<usize, Failure> {
        let mut judged = 0;
        let mut count = |_: &Path, outcome: Outcome, _: &mut Context<'_>| -> Result<(), Failure> {
            judged += usize::from(outcome.is_ok());
            Ok(())
        };
        self.0.judge(pictures, context, &mut count)?;
        Ok(judged)
    }
}

/// Measures [`Speed`], each part after a warm-up.
///
/// # Errors
/// [`Failure`] where the device fails or the user cancels.
pub(crate) fn speed(request: &BenchTag, compute: &Compute, context: &mut Context<'_>) -> Result<Speed, Failure> {
    let asked = TagRequest {
        source: request.source.clone(),
        paths: request.paths.clone(),
        write: Vec::new(),
        threshold: None,
        thresholds: Default::default(),
        log_odds: Default::default(),
        dry_run: true,
        evidence: false,
        watch: false,
        fresh: true,
    };
    let tagger = open(&asked, compute, context)?;
    let machine = Machine::new(&tagger, compute)?;
    let pictures = gather::pictures(&request.paths, context)?;
    let rounds = request.rounds.max(1);
    let many: Vec<PathBuf> = std::iter::repeat_n(&pictures, rounds).flatten().cloned().collect();
    let batch = machine.prepare(&pictures);
    machine.forward_again(&batch, 1, context)?;
    let timed = |count: usize, start: Instant| count as f64 / start.elapsed().as_secs_f64().max(1e-9);
    let start = Instant::now();
    let decode = timed(machine.read_all(&many), start);
    let start = Instant::now();
    let forward = timed(
        machine.forward_again(&batch, many.len().div_ceil(batch.len()), context)?,
        start,
    );
    let mut judged = 0;
    let mut count = |_: &Path, outcome: Outcome, _: &mut Context<'_>| -> Result<(), Failure> {
        judged += usize::from(outcome.is_ok());
        Ok(())
    };
    let start = Instant::now();
    machine.judge(&many, context, &mut count)?;
    let whole = timed(judged, start);
    Ok(Speed {
        images: many.len(),
        decode,
        forward,
        whole,
    })
}
