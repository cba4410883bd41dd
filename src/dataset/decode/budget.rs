//! Memory for pictures that are open at the same time. [`Limits`](super::Limits) bound each picture; this bounds all threads together:
//! who opens a picture waits until there is room for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// Bytes that open pictures may take together. Photos of 24 megapixels take about 140 MB while they are decoded.
pub(crate) static PICTURES: Budget = Budget::new(1 << 30);

/// How long a picture waits while none of the others is closed. Whoever holds them may be waiting for it: it is opened then all the same.
const PATIENCE: Duration = Duration::from_secs(120);

/// So many bytes, shared by all threads.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    held: Mutex<Held>,
    freed: Condvar,
}

#[derive(Debug)]
struct Held {
    bytes: u64,
    /// The threads that hold some of them, once for each time.
    by: Vec<ThreadId>,
    /// Who waits, the first first: a large picture gets its turn among many small ones.
    waiting: VecDeque<u64>,
    /// Who comes next.
    next: u64,
    /// How often some were given back.
    given_back: u64,
}

impl Budget {
    const fn new(limit: u64) -> Self {
        Self {
            limit,
            held: Mutex::new(Held {
                bytes: 0,
                by: Vec::new(),
                waiting: VecDeque::new(),
                next: 0,
                given_back: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Waits until there is room for `bytes`, and takes it. There always is where nobody holds any, and for a thread that holds some: it
    /// would wait for itself.
    pub fn reserve(&self, bytes: u64) -> Room<'_> {
        let thread = std::thread::current().id();
        let mut held = self.lock();
        let ticket = held.next;
        held.next += 1;
        held.waiting.push_back(ticket);
        let (mut begun, mut seen) = (Instant::now(), held.given_back);
        loop {
            let fits = held.bytes == 0 || held.bytes.saturating_add(bytes) <= self.limit;
            if held.by.contains(&thread) || (fits && held.waiting.front() == Some(&ticket)) {
                break;
            }
            if held.given_back != seen {
                (begun, seen) = (Instant::now(), held.given_back);
            }
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if left.is_zero() {
                tracing::warn!(bytes, "a picture found no room for long and is opened beside others");
                break;
            }
            held = self
                .freed
                .wait_timeout(held, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        held.waiting.retain(|other| *other != ticket);
        held.bytes = held.bytes.saturating_add(bytes);
        held.by.push(thread);
        drop(held);
        // The next one may fit as well.
        self.freed.notify_all();
        Room {
            budget: self,
            bytes,
            thread,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for a picture, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room<'b> {
    budget: &'b Budget,
    bytes: u64,
    thread: ThreadId,
}

impl Room<'_> {
    /// Gives back all but `bytes`.
    pub fn shrink_to(&mut self, bytes: u64) {
        let kept = bytes.min(self.bytes);
        let mut held = self.budget.lock();
        held.bytes -= self.bytes - kept;
        held.given_back += 1;
        drop(held);
        self.bytes = kept;
        self.budget.freed.notify_all();
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut held = self.budget.lock();
        held.bytes -= self.bytes;
        held.given_back += 1;
        if let Some(place) = held.by.iter().position(|thread| *thread == self.thread) {
            held.by.swap_remove(place);
        }
        drop(held);
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn all_threads_together_stay_within_the_budget() {
        let budget = Budget::new(1000);
        let (now, most, done) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8u64 {
                let (budget, now, most, done) = (&budget, &now, &most, &done);
                scope.spawn(move || {
                    for round in 0..20 {
                        let bytes = 100 + (thread * 131 + round * 71) % 600;
                        let room = budget.reserve(bytes);
                        let held = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        most.fetch_max(held, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_micros(200));
                        now.fetch_sub(bytes, Ordering::SeqCst);
                        drop(room);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let (most, done) = (most.into_inner(), done.into_inner());
        assert_eq!(done, 160);
        assert!(most <= 1000, "{most} at once");
        assert!(most > 700, "more than one at once: {most}");
        let held = budget.lock();
        assert_eq!((held.bytes, held.by.len()), (0, 0));
    }

    #[test]
    fn what_is_too_large_for_the_budget_comes_alone_and_nobody_waits_for_himself() {
        let budget = Budget::new(1000);
        let mut large = budget.reserve(5000);
        // On this thread it would never end otherwise.
        let second = budget.reserve(10);
        drop(second);
        let waited = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let begun = Instant::now();
                drop(budget.reserve(600));
                begun.elapsed()
            });
            std::thread::sleep(Duration::from_millis(200));
            assert!(!other.is_finished(), "there is no room beside 5000");
            large.shrink_to(400);
            other.join().unwrap()
        });
        assert!(waited >= Duration::from_millis(100), "{waited:?}");
        drop(large);
        assert_eq!(budget.lock().bytes, 0);
    }
}
