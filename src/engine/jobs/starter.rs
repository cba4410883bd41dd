//! `starter`: trains the built-in model, keeping its curve.

use crate::compute::Compute;
use crate::engine::event::warnings;
use crate::engine::request::StarterRequest;
use crate::engine::{Context, Event, Failure};
use crate::starter::probe::Probe;
use crate::starter::train::{self, Plan, StarterError, Step, Watch};
use crate::train::trainer::TrainError;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

/// Steps between reported steps.
const LOG_EVERY: usize = 10;

/// Trains, or goes on where an earlier call stopped.
pub(crate) fn run(request: &StarterRequest, compute: &Compute, context: &mut Context<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    std::fs::create_dir_all(&request.out).map_err(|e| Failure::io("make the folder", &request.out, &e))?;
    let path = request.out.join("curve.jsonl");
    let curve = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| Failure::io("write", &path, &e))?;
    let plan = Plan {
        out: request.out.clone(),
        steps: request.steps,
        batch: request.batch,
        lr: request.lr,
        seed: request.seed,
        probe_every: request.probe_every,
    };
    let mut told = Told {
        context,
        curve,
        steps: request.steps,
    };
    let ended = train::train(&plan, compute, &mut told).map_err(explain)?;
    if !ended {
        return Err(Failure::new(
            "the training was stopped; it is saved",
            "Run the same command again to go on.",
        ));
    }
    context.emit(Event::Done {
        run: None,
        project: None,
        report: None,
        seconds: start.elapsed().as_secs_f64(),
        encoded: 0,
        fallback: Vec::new(),
    });
    Ok(())
}

fn explain(error: StarterError) -> Failure {
    match error {
        StarterError::Compute(e) => e.into(),
        StarterError::Checkpoint(e) => e.into(),
        StarterError::Foreign(e) => TrainError::Foreign(e).into(),
        StarterError::Export(e) => Failure::new(e.to_string(), "Check the folder's permissions and space."),
    }
}

struct Told<'a, 'c> {
    context: &'a mut Context<'c>,
    curve: File,
    steps: usize,
}

impl Told<'_, '_> {
    fn keep(&mut self, event: Event) {
        // The curve is for people; losing a line of it is not worth ending hours of training.
        if let Err(error) = serde_json::to_string(&event)
            .map_err(std::io::Error::from)
            .and_then(|l| writeln!(self.curve, "{l}"))
        {
            tracing::warn!(%error, "the curve could not be written");
        }
        self.context.emit(event);
    }
}

impl Watch for Told<'_, '_> {
    fn step(&mut self, s: &Step) -> bool {
        if s.step.is_multiple_of(LOG_EVERY) || s.step + 1 == self.steps {
            self.keep(Event::StarterStep {
                step: s.step,
                steps: self.steps,
                loss: s.loss,
                contrast: s.contrast,
                words: s.words,
                patches: s.patches,
                images_per_s: s.images_per_s,
            });
        }
        self.context
            .progress("training the starter model", s.step + 1, self.steps);
        !self.context.cancelled()
    }

    fn passed_over(&mut self, words: String) {
        self.context.warn(warnings::CHECKPOINT, words);
    }

    fn probe(&mut self, step: usize, p: &Probe) {
        self.keep(Event::StarterProbe {
            step,
            map: p.map,
            global: p.global,
            local: p.local,
            pointing: p.pointing,
            pointing_token: p.pointing_token,
        });
    }
}
