//! Progress of a download: bytes, a smoothed speed, and the reason for a wait.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Asking the server.
    Connecting,
    Downloading,
    /// An attempt failed; the next one comes after a wait.
    Waiting {
        reason: String,
        wait: Duration,
    },
    /// Another place is tried.
    OtherSource {
        /// Why not the first one, in words.
        reason: String,
    },
    Verifying,
    Opening,
}

/// A report on a download. The first one names the source; then one comes about ten times a second and at every change of
/// phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub phase: Phase,
    pub file: String,
    /// Bytes of the whole model that are here, those of earlier tries included.
    pub bytes: u64,
    pub total: u64,
    /// Whether `total` is known, or still the list's rough number.
    pub exact: bool,
    /// Bytes per second over the last seconds; 0 while none arrive.
    pub bytes_per_second: f64,
}

/// Reports come no more often than this.
const EVERY: Duration = Duration::from_millis(100);
/// The speed forgets with this time constant.
const MEMORY: f64 = 3.0;

/// Counts for one model and reports.
pub(super) struct Meter<'a> {
    report: &'a mut dyn FnMut(&Progress),
    state: Progress,
    /// Bytes of the files before this one.
    before: u64,
    /// The list's rough number for the model.
    rough: u64,
    /// Whether this file is the model's last.
    last_file: bool,
    reported: Option<Instant>,
    measured: Option<(Instant, u64)>,
}

impl<'a> Meter<'a> {
    pub fn new(report: &'a mut dyn FnMut(&Progress), rough: u64) -> Self {
        Self {
            report,
            state: Progress {
                phase: Phase::Connecting,
                file: String::new(),
                bytes: 0,
                total: rough,
                exact: false,
                bytes_per_second: 0.0,
            },
            before: 0,
            rough,
            last_file: false,
            reported: None,
            measured: None,
        }
    }

    /// Starts over for another source of about `rough` bytes.
    pub fn restart(&mut self, rough: u64, reason: String) {
        self.before = 0;
        self.rough = rough;
        (self.state.bytes, self.state.total, self.state.exact) = (0, rough, false);
        self.phase(Phase::OtherSource { reason });
    }

    pub fn file(&mut self, name: &str, is_last: bool) {
        name.clone_into(&mut self.state.file);
        self.last_file = is_last;
    }

    /// Ends the file at hand, of `size` bytes.
    pub fn done(&mut self, size: u64) {
        self.before += size;
    }

    /// Turns to a phase and reports it.
    pub fn phase(&mut self, phase: Phase) {
        if phase != Phase::Downloading {
            self.state.bytes_per_second = 0.0;
            self.measured = None;
        }
        self.state.phase = phase;
        self.emit(Instant::now());
    }

    /// The file at hand has `here` bytes of `total`.
    pub fn bytes(&mut self, here: u64, total: Option<u64>) {
        self.state.bytes = self.before + here;
        let known = total.map(|total| self.before + total);
        self.state.exact = self.last_file && known.is_some();
        self.state.total = match known {
            Some(known) if self.last_file => known,
            _ => self.rough.max(known.unwrap_or(self.state.bytes)),
        };
        let now = Instant::now();
        match self.measured {
            None => self.measured = Some((now, self.state.bytes)),
            Some((then, bytes)) => {
                let seconds = now.duration_since(then).as_secs_f64();
                // A restart from zero makes the difference negative; it counts as nothing.
                let gained = self.state.bytes.saturating_sub(bytes) as f64;
                if seconds >= 0.05 {
                    let speed = gained / seconds;
                    let weight = if self.state.bytes_per_second == 0.0 {
                        1.0
                    } else {
                        1.0 - (-seconds / MEMORY).exp()
                    };
                    self.state.bytes_per_second += weight * (speed - self.state.bytes_per_second);
                    self.measured = Some((now, self.state.bytes));
                }
            }
        }
        let due = self.reported.is_none_or(|then| now.duration_since(then) >= EVERY);
        if due || total == Some(here) {
            self.emit(now);
        }
    }

    fn emit(&mut self, now: Instant) {
        self.reported = Some(now);
        (self.report)(&self.state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_become_exact_with_the_last_file() {
        let mut seen = Vec::new();
        let mut report = |p: &Progress| seen.push(p.clone());
        let mut meter = Meter::new(&mut report, 1_000);
        meter.file("config.json", false);
        meter.bytes(10, Some(10));
        meter.done(10);
        meter.file("weights", true);
        meter.phase(Phase::Downloading);
        meter.bytes(990, Some(990));
        assert_eq!((seen[0].bytes, seen[0].total, seen[0].exact), (10, 1_000, false));
        let last = seen.last().unwrap();
        assert_eq!((last.bytes, last.total, last.exact), (1_000, 1_000, true));
        assert_eq!(last.file, "weights");
    }
}
