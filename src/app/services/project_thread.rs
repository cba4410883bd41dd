//! The thread that owns the open project. The window sends requests and never waits; what changed comes back as replies.
//!
//! An edit is on the disk before its reply is sent, so what the window shows as done is done.

mod data;
mod runs;
mod shelf;

use crate::app::model::project_messages::{ProjectReply, ProjectRequest};
use shelf::Shelf;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

/// The window's end.
pub struct ProjectThread {
    requests: Option<Sender<ProjectRequest>>,
    replies: Receiver<ProjectReply>,
    thread: Option<JoinHandle<()>>,
}

/// Threads of projects that were closed and may still have requests to carry out.
static CLOSING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Waits until every closed project has carried out its requests: no edit is lost, and the locks are free.
pub fn finish() {
    let threads = std::mem::take(&mut *CLOSING.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        // A panic there was logged; the edits before it are on the disk.
        let _ = thread.join();
    }
}

impl Drop for ProjectThread {
    fn drop(&mut self) {
        // The end of the requests ends the thread, once it has carried them out.
        self.requests = None;
        let thread = self.thread.take();
        CLOSING.lock().unwrap_or_else(PoisonError::into_inner).extend(thread);
    }
}

impl ProjectThread {
    /// Opens a project on a thread of its own; `wake` is called after each reply. Where it cannot be written it is opened for reading.
    pub fn open(path: &Path, wake: impl Fn() + Send + 'static) -> Self {
        let (requests, inbox) = channel();
        let (sender, replies) = channel();
        let path = path.to_owned();
        let body = move || {
            // It may be one of those that are just being closed.
            finish();
            // Where nobody listens any more, requests are still carried out.
            let send = |reply| {
                let _ = sender.send(reply);
                wake();
            };
            match Shelf::open(&path) {
                Ok((mut shelf, catalog)) => {
                    let scorer = shelf.scorer.clone();
                    send(ProjectReply::Opened(Box::new(catalog), scorer));
                    if let Ok(reply) = shelf.compare() {
                        send(reply);
                    }
                    for request in inbox {
                        shelf.answer(request).into_iter().for_each(&send);
                    }
                }
                Err(failure) => send(ProjectReply::NotOpened(failure)),
            }
        };
        let thread = std::thread::Builder::new().name("library".to_owned()).spawn(body);
        if let Err(error) = &thread {
            tracing::error!(%error, "the project's thread cannot be started");
        }
        Self {
            requests: Some(requests),
            replies,
            thread: thread.ok(),
        }
    }

    /// Sends a request; false where the project's thread is gone.
    pub fn send(&self, request: ProjectRequest) -> bool {
        self.requests
            .as_ref()
            .is_some_and(|requests| requests.send(request).is_ok())
    }

    /// The next reply, without waiting.
    pub fn next(&self) -> Option<ProjectReply> {
        self.replies.try_recv().ok()
    }
}
