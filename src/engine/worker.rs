//! The worker process (`patchlight worker`): owns the GPU, takes one request a line on its input, writes one event a line.
//!
//! ```text
//! in   {"id":1,"device":"gpu","request":{"job":"train",..}}     {"cancel":true}
//! out  {"event":"step",..}  ..  {"finished":1,"failure":null}
//! ```
//!
//! A job that panics (an out-of-memory or a lost device on this stack) ends the worker: the runtime cannot be trusted after
//! it. The end of the input means that the client is gone: the job is cancelled, which checkpoints, and the worker ends.

use super::{Context, Event, Failure, Request, jobs};
use crate::compute::{self, DeviceChoice};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

/// What a client writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Order {
    /// Run a job.
    Job {
        /// Comes back in [`Finished`].
        id: u64,
        /// The device that the worker opens with its first job.
        device: DeviceChoice,
        /// The job.
        request: Box<Request>,
        /// The project whose lock the client holds and shares with the job.
        #[serde(default)]
        shared: Option<std::path::PathBuf>,
    },
    /// Stop the running job at the next safe point.
    Cancel {
        /// Always true.
        cancel: bool,
    },
}

/// What a worker writes after a job's events.
#[derive(Debug, Serialize, Deserialize)]
pub struct Finished {
    /// The job's id.
    pub finished: u64,
    /// `None`: it ended well.
    pub failure: Option<Failure>,
}

/// A line from the worker.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// A job has ended.
    Finished(Finished),
    /// An event of the running job.
    Event(Box<Event>),
}

/// How the failure of a job that panicked begins; its worker ends with it.
pub const DEVICE_FAILED: &str = "the device failed";

/// Serves requests from `input` until it ends. Returns the process's exit code.
pub fn serve(input: impl BufRead + Send + 'static, mut output: impl Write) -> u8 {
    let (sender, orders) = channel();
    std::thread::spawn(move || {
        // Each job has a flag of its own from the moment it is read: a cancel means the jobs sent before it, and none is lost
        // because its job has not begun.
        let mut flags: Vec<Arc<AtomicBool>> = Vec::new();
        let cancel_all = |flags: &mut Vec<Arc<AtomicBool>>| {
            flags.drain(..).for_each(|flag| flag.store(true, Ordering::Relaxed));
        };
        for line in input.lines().map_while(Result::ok).filter(|l| !l.trim().is_empty()) {
            match serde_json::from_str(&line) {
                Ok(Order::Cancel { .. }) => cancel_all(&mut flags),
                Ok(Order::Job {
                    id,
                    device,
                    request,
                    shared,
                }) => {
                    let flag = Arc::new(AtomicBool::new(false));
                    flags.push(flag.clone());
                    if sender.send(Ok((id, device, request, shared, flag))).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    if sender.send(Err(error.to_string())).is_err() {
                        return;
                    }
                }
            }
        }
        // The client is gone: nobody will read the result, but a checkpoint keeps the work.
        cancel_all(&mut flags);
    });
    for order in orders {
        let (id, device, request, shared, cancel) = match order {
            Ok(order) => order,
            Err(problem) => {
                let failure = Failure::usage(
                    format!("the worker got a request it cannot read: {problem}"),
                    "Use the same version of Patchlight on both sides.",
                );
                if write_line(
                    &mut output,
                    &Finished {
                        finished: 0,
                        failure: Some(failure),
                    },
                )
                .is_err()
                {
                    return 1;
                }
                continue;
            }
        };
        let mut broken = false;
        let result = {
            let mut emit = |event: Event| {
                if write_line(&mut output, &event).is_err() {
                    broken = true;
                    cancel.store(true, Ordering::Relaxed);
                }
            };
            let mut context = Context::new(&mut emit, &cancel).sharing(shared);
            catch_unwind(AssertUnwindSafe(|| jobs::run(&request, device, &mut context)))
        };
        let (failure, poisoned) = match result {
            Ok(result) => (result.err(), false),
            Err(panic) => {
                let message = format!("{DEVICE_FAILED}: {}", compute::panic_text(&panic));
                let hint = "Saved work can be resumed. If the GPU's memory was full, use smaller batches.";
                (Some(Failure::new(message, hint)), true)
            }
        };
        if write_line(&mut output, &Finished { finished: id, failure }).is_err() || broken || poisoned {
            return 1;
        }
    }
    0
}

fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
