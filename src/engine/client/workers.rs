//! Worker processes one after the other: one is kept across jobs, and replaced where it died, failed, or opened another device.

use super::recovery::{Heard, Next, Recovery};
use super::{TICK, Worker};
use crate::compute::DeviceChoice;
use crate::engine::event::warnings;
use crate::engine::{Context, Event, Failure, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Time that a lost device is given to come back.
const RECOVERY: Duration = Duration::from_secs(2);

/// Starts a worker.
type Start<'s> = Box<dyn FnMut() -> Result<Worker, Failure> + 's>;

/// Runs jobs in a worker process that is kept from one to the next.
///
/// A training whose worker dies of its memory goes on in a new one, with fewer pictures at once; one whose device is lost goes on in a new
/// one from its last checkpoint. The warning `restarted` says so. Any other job fails with its worker.
pub struct Workers<'s> {
    start: Start<'s>,
    current: Option<(Worker, DeviceChoice)>,
    process_id: Arc<AtomicU32>,
}

impl<'s> Workers<'s> {
    /// Workers made by `start`; the first is started by the first job.
    pub fn new(start: impl FnMut() -> Result<Worker, Failure> + 's) -> Self {
        Self {
            start: Box::new(start),
            current: None,
            process_id: Arc::default(),
        }
    }

    /// Keeps the current worker's process id in `process_id`, 0 while there is none.
    #[must_use]
    pub fn showing(self, process_id: Arc<AtomicU32>) -> Self {
        Self { process_id, ..self }
    }

    /// Whether a worker is there. After a failed job: whether it outlived the job.
    pub fn is_running(&mut self) -> bool {
        self.current.as_mut().is_some_and(|(worker, _)| worker.is_alive())
    }

    /// Lets the current worker go, which gives back its memory and the device's.
    pub fn release(&mut self) {
        self.current = None;
        self.process_id.store(0, Ordering::Relaxed);
    }

    /// Runs a job to its end, passing its events on; a training goes on in new workers where that helps. It can be cancelled at any time,
    /// also while a device is waited for.
    ///
    /// # Errors
    /// The job's [`Failure`], or one that says how the last worker died.
    pub fn run(&mut self, request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut recovery = Recovery::new(device);
        let mut request = request.clone();
        loop {
            let mut heard = Heard::default();
            let mut note = |event: &Event| {
                heard.note(event);
                true
            };
            let result = context.part(&mut note, |context| self.attempt(&request, device, context));
            let Err(failure) = result else { return Ok(()) };
            let (Request::Train(train), Some(run)) = (&request, heard.run.clone()) else {
                return Err(failure);
            };
            if context.cancelled() {
                return Err(failure);
            }
            let next = recovery.next(&heard, failure.kind);
            if next == Next::GiveUp {
                return Err(failure);
            }
            self.end();
            context.warn(
                warnings::RESTARTED,
                format!("{}; {run} goes on in a new process", failure.message),
            );
            if next == Next::WaitAndGoOn && !waited(RECOVERY, context) {
                return Err(Failure::cancelled(format!(
                    "cancelled; {run} is saved and can be resumed"
                )));
            }
            request = Request::Train(train.resuming(run));
        }
    }

    /// Runs a job once. Afterwards the current worker is one that can run another, or there is none.
    fn attempt(&mut self, request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
        let fits = |(worker, opened): &mut (Worker, DeviceChoice)| *opened == device && worker.is_alive();
        let (mut worker, _) = match self.current.take_if(fits) {
            Some(kept) => kept,
            None => {
                self.release();
                ((self.start)()?, device)
            }
        };
        self.process_id.store(worker.process_id(), Ordering::Relaxed);
        let result = worker.run(request, device, context);
        self.current = Some((worker, device));
        let spent = result.as_ref().is_err_and(|failure| failure.kind.ends_worker());
        if spent {
            self.end();
        } else if !self.is_running() {
            self.release();
        }
        result
    }

    /// Ends the current worker at once: it has told its failure, and the device that it holds is of no use to it.
    fn end(&mut self) {
        if let Some((worker, _)) = &mut self.current {
            worker.kill();
        }
        self.release();
    }
}

/// Waits; false where the user cancels meanwhile.
fn waited(time: Duration, context: &Context<'_>) -> bool {
    let until = Instant::now() + time;
    while Instant::now() < until {
        if context.cancelled() {
            return false;
        }
        std::thread::sleep(TICK);
    }
    !context.cancelled()
}
