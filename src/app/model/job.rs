//! Jobs of this session: what they do, where they stand.

use super::job_kind::JobKind;
use crate::compute::DeviceChoice;
use crate::engine::event::PhaseKind;
use crate::engine::{Event, Failure, Request};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// A job to be done.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What to do.
    pub request: Request,
    /// For people.
    pub title: String,
    /// What it is for.
    pub kind: JobKind,
    /// The project that the window holds and shares.
    pub shared: Option<PathBuf>,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
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

impl JobState {
    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// How far a phase of a job is.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// What sort of work it is, where a reader tells it apart.
    pub kind: PhaseKind,
    /// For people.
    pub name: String,
    /// Parts done.
    pub done: usize,
    /// All parts.
    pub total: usize,
    /// When it began, and how far it was then.
    began: Duration,
    began_at: usize,
}

impl Phase {
    /// From 0 to 1.
    pub fn share(&self) -> f32 {
        self.done as f32 / self.total.max(1) as f32
    }

    /// Time left at the pace so far; `None` before there is one.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        let done = self.done.saturating_sub(self.began_at);
        let elapsed = now.saturating_sub(self.began);
        (done > 0 && elapsed > Duration::from_secs(1))
            .then(|| elapsed.mul_f64((self.total - self.done.min(self.total)) as f64 / done as f64))
    }

    /// Parts a second so far; `None` before there is a pace.
    pub fn pace(&self, now: Duration) -> Option<f64> {
        let done = self.done.saturating_sub(self.began_at);
        let elapsed = now.saturating_sub(self.began).as_secs_f64();
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
    pub state: JobState,
    /// Its current phase.
    pub phase: Option<Phase>,
    /// Whether the user asked to stop it.
    pub stopping: bool,
    pub made: Made,
}

/// What the queue of jobs tells.
#[derive(Debug)]
pub enum JobEvent {
    /// A job is at work.
    Started(u64),
    /// A job said something.
    Event(u64, Box<Event>),
    /// A job has ended.
    Ended {
        id: u64,
        result: Result<(), Failure>,
        /// Whether its worker died.
        died: bool,
    },
}

/// What a job made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// The newest run.
    pub run: Option<String>,
    /// The folder of a project.
    pub project: Option<PathBuf>,
}

impl Job {
    /// A job that waits.
    pub fn new(id: u64, spec: Spec) -> Self {
        Self {
            id,
            spec,
            state: JobState::Waiting,
            phase: None,
            stopping: false,
            made: Made::default(),
        }
    }

    /// Takes in how far it is.
    pub fn progress(&mut self, name: &str, done: usize, total: usize, now: Duration) {
        match &mut self.phase {
            Some(phase) if phase.name == name && phase.total == total && phase.done <= done => phase.done = done,
            _ => {
                self.phase = Some(Phase {
                    kind: PhaseKind::Other,
                    name: name.to_owned(),
                    done,
                    total,
                    began: now,
                    began_at: done,
                });
            }
        }
    }
}

/// The window's jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    /// Oldest first; ended ones are kept for the log, up to a limit.
    pub list: VecDeque<Job>,
    /// The device that is asked for.
    pub device: DeviceChoice,
    /// Process ids of the workers that live, by lane.
    pub workers: Vec<Option<u32>>,
    started: u64,
}

/// Ended jobs that are remembered.
const REMEMBERED: usize = 50;

impl Jobs {
    /// None yet; they are asked for on this device.
    pub fn new(device: DeviceChoice) -> Self {
        Self {
            device,
            ..Self::default()
        }
    }

    /// Adds a job that waits; returns its number.
    pub fn add(&mut self, spec: Spec) -> u64 {
        self.started += 1;
        self.list.push_back(Job::new(self.started, spec));
        while self.list.len() > REMEMBERED && self.list.front().is_some_and(|j| j.state.ended()) {
            self.list.pop_front();
        }
        self.started
    }

    /// Forgets a job that has ended.
    pub fn forget(&mut self, id: u64) {
        self.list.retain(|j| j.id != id || !j.state.ended());
    }

    pub fn get(&self, id: u64) -> Option<&Job> {
        self.list.iter().find(|j| j.id == id)
    }

    /// A job, to be changed.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Job> {
        self.list.iter_mut().find(|j| j.id == id)
    }

    /// Jobs that wait or are at work, by their numbers.
    pub fn unfinished(&self, which: impl Fn(&Job) -> bool) -> Vec<u64> {
        let open = self.list.iter().filter(|j| !j.state.ended() && which(j));
        open.map(|j| j.id).collect()
    }

    /// The job at work, but for the quiet ones that only look, and a watched folder.
    pub fn running(&self) -> Option<&Job> {
        let works = |j: &&Job| j.state == JobState::Running && j.spec.kind.is_work();
        self.list.iter().find(works)
    }

    /// Whether anything is at work or waits, but for a watched folder and a look at what a training would do.
    pub fn busy(&self) -> bool {
        self.has(|kind| !matches!(kind, JobKind::Watch | JobKind::Plan))
    }

    /// Whether a job of such a kind is at work or waits.
    pub fn has(&self, kind: impl Fn(&JobKind) -> bool) -> bool {
        self.list.iter().any(|j| !j.state.ended() && kind(&j.spec.kind))
    }
}
