//! Long work on all cores that can be stopped: it has a thread of its own while the caller's asks, several times a second, whether to
//! go on.

use super::Progress;
use crate::dataset::error::DatasetError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Time between two questions.
const ASK: Duration = Duration::from_millis(50);

/// Told to work that is long: whether it is still wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted(AtomicBool);

impl Wanted {
    /// Whether to go on. Work asks before each piece of itself, none of which takes long.
    pub fn still(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }

    /// Nobody wants the result any more.
    pub fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does `work`; `progress` hears `done` of `total` all the while.
///
/// # Errors
/// [`DatasetError::Cancelled`] where `progress` stopped it, as soon as `work` has come to its next question.
pub(crate) fn watched<T: Send>(
    progress: &mut Progress<'_>,
    (done, total): (usize, usize),
    work: impl FnOnce(&Wanted) -> T + Send,
) -> Result<T, DatasetError> {
    if progress(done, total).is_break() {
        return Err(DatasetError::Cancelled);
    }
    let wanted = Wanted::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        let of_worker = &wanted;
        let worker = scope.spawn(move || {
            let result = work(of_worker);
            // The other end waits for it.
            let _ = sender.send(());
            result
        });
        while let Err(RecvTimeoutError::Timeout) = receiver.recv_timeout(ASK) {
            if progress(done, total).is_break() {
                wanted.give_up();
            }
        }
        let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if wanted.still() {
            Ok(result)
        } else {
            Err(DatasetError::Cancelled)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use std::time::Instant;

    #[test]
    fn work_ends_soon_after_it_is_not_wanted_any_more() {
        let mut asked = 0;
        let mut progress = |_, _| {
            asked += 1;
            if asked < 3 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let start = Instant::now();
        let result = watched(&mut progress, (0, 1), |wanted| {
            // Without the flag this would be a minute.
            while wanted.still() && start.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert!(matches!(result, Err(DatasetError::Cancelled)));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert_eq!(
            watched(&mut |_, _| ControlFlow::Continue(()), (0, 1), |_| 7).unwrap(),
            7
        );
    }

    #[test]
    fn nothing_is_begun_that_is_not_wanted() {
        let mut begun = false;
        let result = watched(&mut |_, _| ControlFlow::Break(()), (0, 1), |_| begun = true);
        assert!(matches!(result, Err(DatasetError::Cancelled)) && !begun);
    }
}
