//! When a training goes on in a new worker after the old one failed: decided by what was heard from it, without any process.

use crate::compute::{self, DeviceChoice, Kind};
use crate::engine::Event;
use crate::engine::event::{PhaseKind, warnings};
use crate::engine::failure::FailureKind;

/// New workers that a training may need before it fits into the memory: each halves what is computed at once.
const RESTARTS: usize = 8;

/// New workers where the old one died in its first step on a GPU without a word: of its memory, as far as one can tell.
const BLIND_RESTARTS: usize = 3;

/// New workers where the device was lost (a reset, a suspended machine) and no step came through since the last time.
const LOST_RESTARTS: usize = 2;

/// What was heard of a training from one worker.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The newest run: the one to go on with.
    pub run: Option<String>,
    /// The memory was too small, and no step came through since.
    of_memory: bool,
    stepped: bool,
}

impl Heard {
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Run { run, .. } => self.run = Some(run.clone()),
            // A step came through: what ends the worker later is something else. Not every step is told by an event of its own.
            Event::Step { .. }
            | Event::Progress {
                kind: PhaseKind::Training,
                ..
            } => (self.of_memory, self.stepped) = (false, true),
            Event::Warning { code, .. } => self.of_memory |= code == warnings::MEMORY,
            _ => {}
        }
    }
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The failure stands.
    GiveUp,
    /// Another worker goes on.
    GoOn,
    /// The device is given time to come back, then another worker goes on.
    WaitAndGoOn,
}

/// Counts the workers of one training.
#[derive(Debug)]
pub(super) struct Recovery {
    device: DeviceChoice,
    restarts: usize,
    losses: usize,
}

impl Recovery {
    pub fn new(device: DeviceChoice) -> Self {
        Self {
            device,
            restarts: 0,
            losses: 0,
        }
    }

    /// Decides after a worker's failure, and counts the next worker.
    pub fn next(&mut self, heard: &Heard, failed: FailureKind) -> Next {
        if heard.stepped {
            self.losses = 0;
        }
        let lost = failed == FailureKind::DeviceLost;
        // As long as steps come through, a device may be lost as often as it likes.
        let comes_back = lost && !heard.of_memory && (heard.stepped || self.losses > 0) && self.losses < LOST_RESTARTS;
        if comes_back {
            self.losses += 1;
            return Next::WaitAndGoOn;
        }
        let died = lost || failed == FailureKind::WorkerDied;
        let blind = died && !heard.stepped && self.restarts < BLIND_RESTARTS && is_gpu(self.device);
        // Memory that another program takes for a while may run out long after the first step.
        let of_memory = heard.of_memory || (failed == FailureKind::OutOfMemory && heard.stepped);
        if (of_memory || blind) && self.restarts < RESTARTS {
            self.restarts += 1;
            return Next::GoOn;
        }
        Next::GiveUp
    }
}

/// Whether jobs compute on a GPU, where a smaller batch is tried after a death without a word.
fn is_gpu(device: DeviceChoice) -> bool {
    match device {
        DeviceChoice::Gpu => true,
        DeviceChoice::Cpu => false,
        DeviceChoice::Auto => compute::resolve(device).is_ok_and(|kind| kind == Kind::Gpu),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Stage;

    fn heard(events: &str) -> Heard {
        let mut heard = Heard::default();
        for event in events.chars() {
            heard.note(&match event {
                'r' => Event::Run {
                    run: "run-1".to_owned(),
                    stage: Stage::One,
                    resumed_at: 0,
                },
                's' => Event::Step {
                    stage: Stage::One,
                    epoch: 0,
                    step: 0,
                    loss: 1.0,
                    cls: 1.0,
                    kd: None,
                    sc: None,
                    lr: 1.0,
                    images_per_s: 1.0,
                    steps: 9,
                },
                _ => Event::Warning {
                    code: warnings::MEMORY.to_owned(),
                    message: String::new(),
                },
            });
        }
        heard
    }

    /// How many new workers follow where every one of them does the same.
    fn restarts(device: DeviceChoice, events: &str, failed: FailureKind) -> usize {
        let mut recovery = Recovery::new(device);
        let going_on = |_: &usize| recovery.next(&heard(events), failed) != Next::GiveUp;
        (0..100).take_while(going_on).count()
    }

    #[test]
    fn full_memory_is_met_with_smaller_steps_but_not_for_ever() {
        use FailureKind::{DeviceLost, Job, OutOfMemory, WorkerDied};
        for failed in [OutOfMemory, DeviceLost, WorkerDied, Job] {
            assert_eq!(restarts(DeviceChoice::Cpu, "rm", failed), RESTARTS, "{failed:?}");
        }
        assert_eq!(restarts(DeviceChoice::Gpu, "rsm", OutOfMemory), RESTARTS);
        assert_eq!(restarts(DeviceChoice::Gpu, "rs", OutOfMemory), RESTARTS);
        // One picture alone does not fit, which was known before.
        assert_eq!(restarts(DeviceChoice::Gpu, "r", OutOfMemory), 0);
    }

    #[test]
    fn a_lost_device_is_waited_for_as_long_as_steps_come_through() {
        use FailureKind::DeviceLost;
        assert_eq!(restarts(DeviceChoice::Gpu, "rs", DeviceLost), 100);
        let mut recovery = Recovery::new(DeviceChoice::Cpu);
        assert_eq!(recovery.next(&heard("rs"), DeviceLost), Next::WaitAndGoOn);
        assert_eq!(recovery.next(&heard("r"), DeviceLost), Next::WaitAndGoOn);
        assert_eq!(recovery.next(&heard("r"), DeviceLost), Next::GiveUp);
    }

    #[test]
    fn other_failures_stand() {
        use FailureKind::{Cancelled, Job, Usage, WorkerDied};
        for failed in [Job, Usage, Cancelled] {
            assert_eq!(restarts(DeviceChoice::Gpu, "rs", failed), 0, "{failed:?}");
            assert_eq!(restarts(DeviceChoice::Gpu, "r", failed), 0, "{failed:?}");
        }
        assert_eq!(restarts(DeviceChoice::Gpu, "rs", WorkerDied), 0, "killed by someone");
        assert_eq!(restarts(DeviceChoice::Gpu, "r", WorkerDied), BLIND_RESTARTS);
        assert_eq!(restarts(DeviceChoice::Cpu, "r", WorkerDied), 0);
    }
}
