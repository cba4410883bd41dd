//! Jobs of the window: one after the other, in a worker process that may die without harm. A thread waits for the worker; the
//! window reads what came since its last frame.

pub use super::purpose::Purpose;

use super::purpose::LANES;
use crate::compute::DeviceChoice;
use crate::engine::client::{Worker, Workers};
use crate::engine::{Context, Event, Failure, Request};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// A job to be done.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What to do.
    pub request: Request,
    /// For people.
    pub title: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The project that the window holds and shares.
    pub shared: Option<PathBuf>,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Others come first.
    Waiting,
    /// At work.
    Running,
    /// Well done.
    Done,
    /// Stopped by the user.
    Stopped,
    /// Failed; the worker lives.
    Failed(Failure),
    /// The worker died.
    Crashed(Failure),
}

impl State {
    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// How far a phase of a job is.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// For people.
    pub name: String,
    /// Parts done.
    pub done: usize,
    /// All parts.
    pub total: usize,
    began: Instant,
    began_at: usize,
}

impl Phase {
    /// From 0 to 1.
    pub fn share(&self) -> f32 {
        self.done as f32 / self.total.max(1) as f32
    }

    /// Time left at the pace so far; `None` before there is one.
    pub fn left(&self) -> Option<Duration> {
        let done = self.done.saturating_sub(self.began_at);
        let elapsed = self.began.elapsed();
        (done > 0 && elapsed > Duration::from_secs(1))
            .then(|| elapsed.mul_f64((self.total - self.done.min(self.total)) as f64 / done as f64))
    }

    /// Parts a second so far; `None` before there is a pace.
    pub fn pace(&self) -> Option<f64> {
        let done = self.done.saturating_sub(self.began_at);
        let elapsed = self.began.elapsed().as_secs_f64();
        (done > 0 && elapsed > 0.5).then(|| done as f64 / elapsed)
    }
}

/// A job of this session.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// What it does.
    pub spec: Spec,
    /// Where it stands.
    pub state: State,
    /// Its current phase.
    pub phase: Option<Phase>,
    /// Whether the user asked to stop it.
    pub stopping: bool,
    /// What it made.
    pub made: Made,
    cancel: Arc<AtomicBool>,
}

/// What a job has made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// The run, by its id.
    pub run: Option<String>,
    /// The project's folder.
    pub project: Option<PathBuf>,
}

/// What the thread tells.
enum Message {
    Started(u64),
    Event(u64, Box<Event>),
    Ended(u64, Result<(), Failure>, bool),
}

/// News for the window.
pub enum News {
    /// A job said something.
    Event(u64, Box<Event>),
    /// A job ended; its state says how.
    Ended(u64),
}

type Order = (u64, Spec, DeviceChoice, Arc<AtomicBool>);

/// The window's jobs.
pub struct Jobs {
    /// Oldest first; ended ones are kept for the log, up to a limit.
    pub list: VecDeque<Job>,
    /// The device that is asked for.
    pub device: DeviceChoice,
    next: u64,
    /// To the worker of each lane.
    orders: [Sender<Order>; LANES],
    messages: Receiver<Message>,
    workers: [Arc<AtomicU32>; LANES],
}

/// Ended jobs that are remembered.
const REMEMBERED: usize = 50;

/// Messages read in one frame: a burst must not make it late.
const PER_FRAME: usize = 2_000;

impl Jobs {
    /// Starts the thread. `program` is the executable whose `worker` command serves; `wake` is called when there are news, with
    /// whether they are urgent.
    pub fn new(program: Option<PathBuf>, wake: impl Fn(bool) + Clone + Send + 'static) -> Self {
        let (sender, messages) = channel();
        let workers: [Arc<AtomicU32>; LANES] = Default::default();
        let serve = |name: &str, pid: Arc<AtomicU32>| {
            let (orders, inbox) = channel::<Order>();
            let (program, wake, sender) = (program.clone(), wake.clone(), sender.clone());
            let body = move || {
                serve(&inbox, program.as_ref(), pid, |message, urgent| {
                    let sent = sender.send(message).is_ok();
                    wake(urgent);
                    sent
                })
            };
            if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(body) {
                tracing::error!(%error, "a thread for jobs cannot be started");
            }
            orders
        };
        let orders = [
            serve("jobs", workers[0].clone()),
            serve("small jobs", workers[1].clone()),
            serve("tagging", workers[2].clone()),
            serve("watching", workers[3].clone()),
            serve("downloads", workers[4].clone()),
        ];
        Self {
            list: VecDeque::new(),
            device: DeviceChoice::Auto,
            next: 1,
            orders,
            messages,
            workers,
        }
    }

    /// Queues a job; returns its number.
    pub fn start(&mut self, spec: Spec) -> u64 {
        let id = self.next;
        self.next += 1;
        let mut job = Job::new(id, spec.clone());
        let lane = spec.purpose.lane();
        let order = (id, spec, self.device, job.cancel.clone());
        if self.orders[lane].send(order).is_err() {
            job.state = State::Failed(Failure::new(
                "the program can no longer start jobs",
                "Close the window and start it again; your project is intact.",
            ));
        }
        self.list.push_back(job);
        while self.list.len() > REMEMBERED && self.list.front().is_some_and(|j| j.state.ended()) {
            self.list.pop_front();
        }
        id
    }

    /// Asks a job to stop at the next safe point. A waiting one never begins its work.
    pub fn stop(&mut self, id: u64) {
        if let Some(job) = self.get_mut(id).filter(|j| !j.state.ended()) {
            job.cancel.store(true, Ordering::Relaxed);
            job.stopping = true;
        }
    }

    /// Asks all jobs to stop.
    pub fn stop_all(&mut self) {
        let open: Vec<u64> = self.list.iter().filter(|j| !j.state.ended()).map(|j| j.id).collect();
        open.into_iter().for_each(|id| self.stop(id));
    }

    /// Forgets a job that has ended.
    pub fn forget(&mut self, id: u64) {
        self.list.retain(|j| j.id != id || !j.state.ended());
    }

    /// A job.
    pub fn get(&self, id: u64) -> Option<&Job> {
        self.list.iter().find(|j| j.id == id)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Job> {
        self.list.iter_mut().find(|j| j.id == id)
    }

    /// The job at work, but for the quiet ones that only look, and a watched folder.
    pub fn running(&self) -> Option<&Job> {
        self.list
            .iter()
            .find(|j| j.state == State::Running && j.spec.purpose.is_work())
    }

    /// Whether anything is at work or waits, but for a watched folder and a look at what a training would do.
    pub fn busy(&self) -> bool {
        self.has(|p| !matches!(p, Purpose::Watch | Purpose::Plan))
    }

    /// Whether a job for this purpose is at work or waits.
    pub fn has(&self, purpose: impl Fn(&Purpose) -> bool) -> bool {
        self.list.iter().any(|j| !j.state.ended() && purpose(&j.spec.purpose))
    }

    /// The process id of the worker that computes, while there is one.
    pub fn worker(&self) -> Option<u32> {
        self.workers().first().copied().flatten()
    }

    /// The process ids of the workers; the first is the one that computes.
    pub fn workers(&self) -> Vec<Option<u32>> {
        let id = |pid: &Arc<AtomicU32>| Some(pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0);
        self.workers.iter().map(id).collect()
    }

    /// What happened since the last call.
    pub fn news(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        for _ in 0..PER_FRAME {
            let Ok(message) = self.messages.try_recv() else { break };
            match message {
                Message::Started(id) => {
                    if let Some(job) = self.get_mut(id) {
                        job.state = State::Running;
                    }
                }
                Message::Event(id, event) => {
                    if let (Some(job), Event::Progress { phase, done, total, .. }) = (self.get_mut(id), event.as_ref())
                    {
                        job.progress(phase, *done, *total);
                    }
                    if let (Some(job), Event::Done { run, project, .. }) = (self.get_mut(id), event.as_ref()) {
                        job.made = Made {
                            run: run.clone(),
                            project: project.as_ref().map(PathBuf::from),
                        };
                    }
                    news.push(News::Event(id, event));
                }
                Message::Ended(id, result, crashed) => {
                    if let Some(job) = self.get_mut(id) {
                        job.state = match result {
                            Ok(()) => State::Done,
                            Err(failure) if crashed => State::Crashed(failure),
                            Err(_) if job.stopping => State::Stopped,
                            Err(failure) => State::Failed(failure),
                        };
                        job.phase = None;
                        job.spec.request.shed();
                    }
                    news.push(News::Ended(id));
                }
            }
        }
        news
    }
}

impl Job {
    /// A job that waits.
    pub fn new(id: u64, spec: Spec) -> Self {
        Self {
            id,
            spec,
            state: State::Waiting,
            phase: None,
            stopping: false,
            made: Made::default(),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Takes in how far it is.
    pub fn progress(&mut self, name: &str, done: usize, total: usize) {
        match &mut self.phase {
            Some(phase) if phase.name == name && phase.total == total && phase.done <= done => phase.done = done,
            _ => {
                self.phase = Some(Phase {
                    name: name.to_owned(),
                    done,
                    total,
                    began: Instant::now(),
                    began_at: done,
                });
            }
        }
    }
}

/// How long a worker without a job is kept.
const IDLE: Duration = Duration::from_secs(180);

/// Runs jobs in a worker, one after the other, until nobody asks any more. `pid` is the worker's process id while there is one.
fn serve(
    inbox: &Receiver<Order>,
    program: Option<&PathBuf>,
    pid: Arc<AtomicU32>,
    tell: impl Fn(Message, bool) -> bool,
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
        let (id, spec, device, cancel) = match inbox.recv_timeout(IDLE) {
            Ok(order) => order,
            Err(RecvTimeoutError::Timeout) => {
                // A worker that nobody needs gives its memory back, and that of the device.
                workers.release();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        tell(Message::Started(id), true);
        let mut emit = |event: Event| {
            tell(Message::Event(id, Box::new(event)), false);
        };
        let mut context = Context::new(&mut emit, &cancel).sharing(spec.shared.clone());
        let result = workers.run(&spec.request, device, &mut context);
        let crashed = result.is_err() && !workers.is_running() && !cancel.load(Ordering::Relaxed);
        if !tell(Message::Ended(id, result, crashed), true) {
            return;
        }
    }
}

/// `3 min 20 s`, for people.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=599 => format!("{} min {} s", seconds / 60, seconds % 60),
        600..=3599 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let say = |s| duration(Duration::from_secs(s));
        assert_eq!(say(7), "7 s");
        assert_eq!(say(200), "3 min 20 s");
        assert_eq!(say(1500), "25 min");
        assert_eq!(say(3700), "1 h 1 min");
    }
}
