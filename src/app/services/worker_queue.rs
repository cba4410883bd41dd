//! The queue of jobs: in each lane one after the other, in a worker process that may die without harm. A thread waits for each worker;
//! the window reads what came since its last frame.

use crate::app::model::job::{JobEvent, Spec};
use crate::app::model::job_kind::LANES;
use crate::compute::DeviceChoice;
use crate::engine::client::{Worker, Workers};
use crate::engine::{Context, Event, Failure};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// A job in the queue.
struct Queued {
    id: u64,
    spec: Box<Spec>,
    device: DeviceChoice,
    /// Set where it is to stop.
    cancel: Arc<AtomicBool>,
}

/// The window's end of the queue.
pub struct WorkerQueue {
    /// To the worker of each lane.
    lanes: [Sender<Queued>; LANES],
    events: Receiver<JobEvent>,
    /// Where a lane's thread is gone, its jobs end here.
    own: Sender<JobEvent>,
    workers: [Arc<AtomicU32>; LANES],
    cancels: HashMap<u64, Arc<AtomicBool>>,
}

impl WorkerQueue {
    /// Starts the threads. `program` is the executable whose `worker` command serves; `wake` is called when there are events, with
    /// whether they are urgent.
    pub fn new(program: Option<PathBuf>, wake: impl Fn(bool) + Clone + Send + 'static) -> Self {
        let (sender, events) = channel();
        let workers: [Arc<AtomicU32>; LANES] = Default::default();
        let serve = |name: &str, pid: Arc<AtomicU32>| {
            let (lane, inbox) = channel::<Queued>();
            let (program, wake, sender) = (program.clone(), wake.clone(), sender.clone());
            let body = move || {
                serve(&inbox, program.as_ref(), pid, |event, urgent| {
                    let sent = sender.send(event).is_ok();
                    wake(urgent);
                    sent
                })
            };
            if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(body) {
                tracing::error!(%error, "a thread for jobs cannot be started");
            }
            lane
        };
        let lanes = [
            serve("jobs", workers[0].clone()),
            serve("small jobs", workers[1].clone()),
            serve("tagging", workers[2].clone()),
            serve("watching", workers[3].clone()),
            serve("downloads", workers[4].clone()),
        ];
        Self {
            lanes,
            events,
            own: sender,
            workers,
            cancels: HashMap::new(),
        }
    }

    /// Queues a job.
    pub fn start(&mut self, id: u64, spec: Box<Spec>, device: DeviceChoice) {
        let cancel = Arc::new(AtomicBool::new(false));
        self.cancels.insert(id, cancel.clone());
        let lane = spec.kind.lane();
        let job = Queued {
            id,
            spec,
            device,
            cancel,
        };
        if self.lanes[lane].send(job).is_err() {
            let failure = Failure::new(
                "the program can no longer start jobs",
                "Close the window and start it again; your project is intact.",
            );
            let ended = JobEvent::Ended {
                id,
                result: Err(failure),
                died: false,
            };
            // The receiver is this very value.
            let _ = self.own.send(ended);
        }
    }

    /// Asks a job to stop at the next safe point. A waiting one never begins its work.
    pub fn stop(&self, id: u64) {
        if let Some(cancel) = self.cancels.get(&id) {
            cancel.store(true, Ordering::Relaxed);
        }
    }

    /// The next event, without waiting.
    pub fn next(&mut self) -> Option<JobEvent> {
        let event = self.events.try_recv().ok()?;
        if let JobEvent::Ended { id, .. } = &event {
            self.cancels.remove(id);
        }
        Some(event)
    }

    /// The process ids of the workers that live, by lane; the first is the one that computes.
    pub fn workers(&self) -> Vec<Option<u32>> {
        let id = |pid: &Arc<AtomicU32>| Some(pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0);
        self.workers.iter().map(id).collect()
    }
}

/// How long a worker without a job is kept.
const IDLE: Duration = Duration::from_secs(180);

/// Runs jobs in a worker, one after the other, until nobody asks any more. `pid` is the worker's process id while there is one.
fn serve(
    inbox: &Receiver<Queued>,
    program: Option<&PathBuf>,
    pid: Arc<AtomicU32>,
    tell: impl Fn(JobEvent, bool) -> bool,
) {
    let start = || match program {
        Some(program) => {
            let mut command = Command::new(program);
            command.arg("worker");
            Worker::start_with(command)
        }
        None => Worker::start(),
    };
    let mut workers = Workers::new(start).showing(pid);
    loop {
        let Queued {
            id,
            spec,
            device,
            cancel,
        } = match inbox.recv_timeout(IDLE) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                // A worker that nobody needs gives its memory back, and that of the device.
                workers.release();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        tell(JobEvent::Started(id), true);
        let mut emit = |event: Event| {
            tell(JobEvent::Event(id, Box::new(event)), false);
        };
        let mut context = Context::new(&mut emit, &cancel).sharing(spec.shared.clone());
        let result = workers.run(&spec.request, device, &mut context);
        let died = result.is_err() && !workers.is_running() && !cancel.load(Ordering::Relaxed);
        if !tell(JobEvent::Ended { id, result, died }, true) {
            return;
        }
    }
}
