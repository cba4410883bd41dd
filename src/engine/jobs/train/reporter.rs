//! What the trainer says, as events and in the run's log.

use super::run_stage::Place;
use crate::engine::event::{PhaseKind, warnings};
use crate::engine::jobs::memory;
use crate::engine::jobs::run_folder::MetricsLog;
use crate::engine::jobs::training_diagnostics::{TrainingDiagnostics, Validated};
use crate::engine::{Context, Event, Failure, Stage};
use crate::train::checkpoint::Best;
use crate::train::trainer::{Hooks, Kept, StepReport, TrainError};
use std::path::PathBuf;

/// Measures a model on the validation pictures after an epoch.
pub(super) type Validate<'a, M> = dyn Fn(&M) -> Result<Validated, Failure> + 'a;

/// Keeps the evidence of a few pictures after an epoch. Returns the file.
pub(super) type Snapshot<'a, M> = dyn Fn(&M, usize) -> Result<PathBuf, Failure> + 'a;

/// Turns what the trainer says into events, and keeps the run's log.
pub(super) struct Reporter<'a, 'c, M> {
    pub context: &'a mut Context<'c>,
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's curves.
    pub log: MetricsLog,
    pub stage: Stage,
    /// Where the training stands, where it is one of several that make the run.
    pub place: Option<Place>,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Measures on validation pictures, where there are any.
    pub validate: Option<Box<Validate<'a, M>>>,
    /// Keeps the evidence of a few pictures.
    pub snapshot: Option<Box<Snapshot<'a, M>>>,
    pub diagnostics: TrainingDiagnostics,
    /// Whether no step is done yet.
    pub first: bool,
    /// Why measuring after an epoch failed: the trainer passes on its words alone.
    pub failure: Option<Failure>,
}

impl<M> Reporter<'_, '_, M> {
    /// Steps and epochs of the trainings of the run before this one.
    fn before(&self) -> (usize, usize) {
        self.place.as_ref().map_or((0, 0), |place| place.before)
    }

    /// Measures where the stage starts, so that what it loses is seen.
    ///
    /// # Errors
    /// [`Failure`] where measuring fails.
    pub fn measure_start(&mut self, model: &M) -> Result<(), Failure> {
        if let Some(validate) = &self.validate {
            self.diagnostics.floor = Some(validate(model)?.map);
        }
        Ok(())
    }
}

impl<M> Hooks<M> for Reporter<'_, '_, M> {
    fn step(&mut self, r: &StepReport) {
        if std::mem::take(&mut self.first) {
            memory::proven(&self.folder);
        }
        let (kd, sc) = match self.stage {
            Stage::Two => (None, Some(r.extra)),
            Stage::One | Stage::Joint => (Some(r.extra), r.second),
        };
        let (steps_before, epochs_before) = self.before();
        let (step, steps) = (
            steps_before + r.step,
            self.place.as_ref().map_or(r.steps, |place| place.steps),
        );
        let event = Event::Step {
            stage: self.stage,
            epoch: epochs_before + r.epoch,
            step,
            loss: r.loss,
            cls: r.cls,
            kd,
            sc,
            lr: r.lr,
            images_per_s: r.images_per_s,
            steps,
        };
        self.log.write(&event);
        if let Some((code, words)) = self.diagnostics.step(r) {
            self.context.warn(code, words);
        }
        if r.step.is_multiple_of(self.log_every) || r.step + 1 == r.steps {
            self.context.emit(event);
        }
        let name = self.place.as_ref().map_or(self.stage.name(), |place| &place.name);
        self.context.phase(PhaseKind::Training, name, step + 1, steps);
    }

    fn epoch(&mut self, epoch: usize, model: &M, best: Option<&Best>) -> Result<Option<f64>, TrainError> {
        let measured = match self.validate.as_ref().map(|validate| validate(model)).transpose() {
            Ok(measured) => measured,
            Err(failure) => {
                let words = failure.message.clone();
                self.failure = Some(failure);
                return Err(TrainError::NoData(words));
            }
        };
        let total = measured.and_then(|v| v.map.total);
        let best = match total {
            Some(total) if Best::is_beaten(best, total) => Some(epoch),
            _ => best.map(|best| best.epoch),
        };
        // From here on as the run counts.
        let before = self.before().1;
        let epoch = before + epoch;
        let event = Event::Epoch {
            stage: self.stage,
            epoch,
            map: measured.map(|v| v.map),
            best: best.map(|best| before + best),
        };
        self.log.write(&event);
        self.context.emit(event);
        for (code, words) in measured.map(|v| self.diagnostics.epoch(&v)).unwrap_or_default() {
            self.context.warn(code, words);
        }
        match self.snapshot.as_ref().map(|snapshot| snapshot(model, epoch)) {
            Some(Ok(path)) => self.context.emit(Event::Watched {
                stage: self.stage,
                epoch,
                path: path.to_string_lossy().into_owned(),
            }),
            // Not worth ending a training for: nothing depends on it.
            Some(Err(failure)) => self.context.warn(warnings::WATCHED, failure.message),
            None => {}
        }
        Ok(total)
    }

    fn memory(&mut self, step: usize, failed: usize, next: usize) {
        memory::note(&self.folder, self.before().0 + step, failed, next);
        self.context.warn(
            warnings::MEMORY,
            format!(
                "{failed} pictures at once do not fit into the memory: going on with {next}; the batch stays the same"
            ),
        );
    }

    fn kept(&mut self, kept: &Kept) {
        // Whether the run is used with it is not known before all are measured.
        if self.place.as_ref().is_some_and(|place| !place.only) {
            return;
        }
        let event = Event::Kept {
            stage: self.stage,
            epoch: kept.epoch,
            map: kept.map,
            best: kept.best,
            stopped_early: kept.stopped_early,
        };
        self.log.write(&event);
        self.context.emit(event);
    }

    fn warning(&mut self, code: &str, message: String) {
        self.context.warn(code, message);
    }

    fn should_stop(&mut self) -> bool {
        self.context.cancelled()
    }
}
