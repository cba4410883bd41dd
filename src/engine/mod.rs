//! Jobs: functions from a request to a stream of typed events. The command line and the window are readers of the same
//! stream; neither is known here.
//!
//! On a GPU a job runs in a [`worker`] process, which can be killed and restarted; on the CPU it runs in this process.
//! [`run`] decides.

pub mod client;
pub mod event;
pub mod failure;
pub mod jobs;
pub mod request;
pub mod scorer;
mod stage;
pub mod worker;

pub use event::Event;
pub use failure::{Failure, FailureKind};
pub use request::Request;
pub use stage::{Stage, UnknownStage};

use crate::compute::{self, DeviceChoice, Kind};
use event::PhaseKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a job is given besides its request: where events go, and whether to stop.
pub struct Context<'a> {
    emit: &'a mut dyn FnMut(Event),
    cancel: &'a AtomicBool,
    shared: Option<PathBuf>,
}

impl<'a> Context<'a> {
    /// Events go to `emit`; setting `cancel` asks the job to stop at the next safe point.
    pub fn new(emit: &'a mut dyn FnMut(Event), cancel: &'a AtomicBool) -> Self {
        Self {
            emit,
            cancel,
            shared: None,
        }
    }

    /// The caller holds the right to write this project and shares it with the job: a window that goes on editing while its worker
    /// trains.
    #[must_use]
    pub fn sharing(mut self, project: Option<PathBuf>) -> Self {
        self.shared = project;
        self
    }

    /// The project that the caller holds, if any.
    pub fn shared(&self) -> Option<&Path> {
        self.shared.as_deref()
    }

    /// Sends an event.
    pub fn emit(&mut self, event: Event) {
        (self.emit)(event);
    }

    /// Sends a warning. `code` is one of [`event::warnings`], or that of an importer.
    pub fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.emit(Event::Warning {
            code: code.to_owned(),
            message: message.into(),
        });
    }

    /// Tells how far a phase is that no reader tells from others.
    pub fn progress(&mut self, phase: &str, done: usize, total: usize) {
        self.phase(PhaseKind::Other, phase, done, total);
    }

    /// Tells how far a phase of a kind is.
    pub fn phase(&mut self, kind: PhaseKind, phase: &str, done: usize, total: usize) {
        self.emit(Event::Progress {
            phase: phase.to_owned(),
            kind,
            done,
            total,
        });
    }

    /// Tells that a GPU is about to compile its kernels, unless an earlier start did.
    pub fn preparing(&mut self, compute: &compute::Compute, work: compute::Work) {
        if compute.is_new_to(work) {
            self.progress("preparing the GPU (only once)", 0, 1);
        }
    }

    /// Runs a part of a job. Its events pass through `keep`, which may note them and returns whether they are sent.
    pub fn part<T>(&mut self, keep: &mut dyn FnMut(&Event) -> bool, job: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let emit = &mut *self.emit;
        let mut filtered = |event: Event| {
            if keep(&event) {
                emit(event);
            }
        };
        job(&mut Context {
            emit: &mut filtered,
            cancel: self.cancel,
            shared: self.shared.clone(),
        })
    }

    /// Set where the user wants to stop.
    pub fn cancel_flag(&self) -> &'a AtomicBool {
        self.cancel
    }

    /// Whether the user wants to stop.
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// An error where the user wants to stop: for jobs that keep nothing.
    ///
    /// # Errors
    /// [`FailureKind::Cancelled`].
    pub fn check_cancelled(&self) -> Result<(), Failure> {
        if self.cancelled() {
            Err(Failure::cancelled("cancelled; nothing was changed"))
        } else {
            Ok(())
        }
    }
}

/// Runs a job where it belongs: in a worker process where it computes on a GPU, else here.
///
/// # Errors
/// [`Failure`], to be shown as it is.
pub fn run(request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    if request.computes() && compute::resolve(device)? == Kind::Gpu {
        return client::run_once(request, DeviceChoice::Gpu, context);
    }
    jobs::run(request, device, context)
}
