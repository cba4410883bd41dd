//! What the trainer says, as events and in the run's log.

use super::memory;
use super::run_folder::MetricsLog;
use super::watch::{Validated, Watch};
use crate::engine::event::stage_name;
use crate::engine::{Context, Event, Failure};
use crate::train::checkpoint::Best;
use crate::train::trainer::{Hooks, Kept, StepReport, TrainError};
use std::path::PathBuf;

/// Measures a model on the validation pictures after an epoch.
pub type Validate<'a, M> = dyn Fn(&M) -> Result<Validated, Failure> + 'a;

/// Keeps the evidence of the watched pictures after an epoch; the file.
pub type Snapshot<'a, M> = dyn Fn(&M, usize) -> Result<PathBuf, Failure> + 'a;

/// Turns what the trainer says into events, and keeps the run's log.
pub struct Reporter<'a, 'c, M> {
    /// Where events go.
    pub context: &'a mut Context<'c>,
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's curves.
    pub log: MetricsLog,
    /// 1, 2, or 3 for both at once.
    pub stage: u8,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Measures on validation pictures, where there are any.
    pub validate: Option<Box<Validate<'a, M>>>,
    /// Keeps the evidence of watched pictures.
    pub snapshot: Option<Box<Snapshot<'a, M>>>,
    /// Sees what goes wrong.
    pub watch: Watch,
    /// Whether no step has come to its end yet.
    pub first: bool,
}

impl<M> Reporter<'_, '_, M> {
    /// Measures where the stage starts, so that what it loses is seen.
    ///
    /// # Errors
    /// [`Failure`] where measuring fails.
    pub fn measure_start(&mut self, model: &M) -> Result<(), Failure> {
        if let Some(validate) = &self.validate {
            self.watch.floor = Some(validate(model)?.map);
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
            2 => (None, Some(r.extra)),
            _ => (Some(r.extra), r.second),
        };
        let event = Event::Step {
            stage: self.stage,
            epoch: r.epoch,
            step: r.step,
            loss: r.loss,
            cls: r.cls,
            kd,
            sc,
            lr: r.lr,
            images_per_s: r.images_per_s,
            steps: r.steps,
        };
        self.log.write(&event);
        if let Some((code, words)) = self.watch.step(r) {
            self.context.warn(code, words);
        }
        if r.step.is_multiple_of(self.log_every) || r.step + 1 == r.steps {
            self.context.emit(event);
        }
        self.context.progress(stage_name(self.stage), r.step + 1, r.steps);
    }

    fn epoch(&mut self, epoch: usize, model: &M, best: Option<&Best>) -> Result<Option<f64>, TrainError> {
        let measured = match &self.validate {
            Some(validate) => Some(validate(model).map_err(|f| TrainError::NoData(f.message))?),
            None => None,
        };
        let total = measured.and_then(|v| v.map.total);
        let event = Event::Epoch {
            stage: self.stage,
            epoch,
            map: measured.map(|v| v.map),
            best: match total {
                Some(total) if Best::is_beaten(best, total) => Some(epoch),
                _ => best.map(|best| best.epoch),
            },
        };
        self.log.write(&event);
        self.context.emit(event);
        for (code, words) in measured.map(|v| self.watch.epoch(&v)).unwrap_or_default() {
            self.context.warn(code, words);
        }
        match self.snapshot.as_ref().map(|snapshot| snapshot(model, epoch)) {
            Some(Ok(path)) => self.context.emit(Event::Watched {
                stage: self.stage,
                epoch,
                path: path.to_string_lossy().into_owned(),
            }),
            // Not worth a training: it is only to look at.
            Some(Err(failure)) => self.context.warn("watched", failure.message),
            None => {}
        }
        Ok(total)
    }

    fn memory(&mut self, step: usize, failed: usize, next: usize) {
        memory::note(&self.folder, step, failed, next);
        self.context.warn(
            memory::CODE,
            format!(
                "{failed} pictures at once do not fit into the memory: going on with {next}; the batch stays the same"
            ),
        );
    }

    fn kept(&mut self, kept: &Kept) {
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
