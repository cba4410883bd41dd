//! The worker process (`patchlight worker`): owns the GPU, takes one command a line on its input, writes one event a line.
//!
//! ```text
//! in   {"id":1,"device":"gpu","request":{"job":"train",..}}     {"cancel":true}
//! out  {"event":"step",..}  ..  {"finished":1,"failure":null}
//! ```
//!
//! A line that cannot be read is answered with `{"finished":0,"failure":..}`, and the worker goes on. A job that panics (out of memory
//! or a lost device on this stack) ends the worker: the runtime cannot be trusted after it. The end of the input means that the client is
//! gone: the job is cancelled, which checkpoints, and the worker ends.

use super::{Context, Event, Failure, Request, jobs};
use crate::compute::{self, DeviceChoice};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What a client writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WorkerCommand {
    /// Run a job.
    Job {
        /// Comes back in [`Finished`]; from 1.
        id: u64,
        /// The device that the worker opens with its first job.
        device: DeviceChoice,
        /// The job.
        request: Box<Request>,
        /// The project whose lock the client holds and shares with the job.
        #[serde(default)]
        shared: Option<PathBuf>,
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
    /// The job's id, or [`UNREADABLE`].
    pub finished: u64,
    /// `None`: it ended well.
    pub failure: Option<Failure>,
}

/// Stands for the id of a job that could not be read.
pub const UNREADABLE: u64 = 0;

/// A line from the worker.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// A job has ended.
    Finished(Finished),
    /// An event of the running job.
    Event(Box<Event>),
}

/// A job that waits for its turn.
struct Waiting {
    id: u64,
    device: DeviceChoice,
    request: Box<Request>,
    shared: Option<PathBuf>,
    cancel: Arc<AtomicBool>,
}

/// Serves commands from `input` until it ends. Returns the process's exit code.
pub fn serve(input: impl BufRead + Send + 'static, mut output: impl Write) -> u8 {
    let (sender, inbox) = channel();
    std::thread::spawn(move || listen(input, &sender));
    answer(&inbox, &mut output)
}

/// Reads commands: jobs go to `sender`, with what could not be read in words; a cancel goes to the jobs before it.
fn listen(input: impl BufRead, sender: &Sender<Result<Waiting, String>>) {
    // Each job has a flag of its own from the moment it is read: a cancel means the jobs sent before it, and none is lost because its
    // job has not begun.
    let mut flags: Vec<Arc<AtomicBool>> = Vec::new();
    let cancel_all = |flags: &mut Vec<Arc<AtomicBool>>| {
        flags.drain(..).for_each(|flag| flag.store(true, Ordering::Relaxed));
    };
    for line in raw_lines(input).filter(|line| !line.trim_ascii().is_empty()) {
        let job = match serde_json::from_slice(&line) {
            Ok(WorkerCommand::Cancel { .. }) => {
                cancel_all(&mut flags);
                continue;
            }
            Ok(WorkerCommand::Job {
                id,
                device,
                request,
                shared,
            }) => {
                let cancel = Arc::new(AtomicBool::new(false));
                flags.push(cancel.clone());
                Ok(Waiting {
                    id,
                    device,
                    request,
                    shared,
                    cancel,
                })
            }
            Err(error) => Err(error.to_string()),
        };
        if sender.send(job).is_err() {
            return;
        }
    }
    // The client is gone: nobody will read the result, but a checkpoint keeps the work.
    cancel_all(&mut flags);
}

/// Runs jobs in their order. Returns the process's exit code.
fn answer(inbox: &Receiver<Result<Waiting, String>>, output: &mut impl Write) -> u8 {
    for job in inbox {
        let written = match job {
            Ok(job) => run(&job, output),
            Err(problem) => {
                let failure = Failure::usage(
                    format!("the worker got a request it cannot read: {problem}"),
                    "Use the same version of Patchlight on both sides.",
                );
                finish(UNREADABLE, Some(failure), output).map(|()| false)
            }
        };
        // Without a reader there is nobody to work for; after a lost device there is nothing to work with.
        if !matches!(written, Ok(false)) {
            return 1;
        }
    }
    0
}

/// Runs a job; true where the worker cannot run another after it.
fn run(job: &Waiting, output: &mut impl Write) -> io::Result<bool> {
    let mut broken = None;
    let result = {
        let mut emit = |event: Event| {
            if let Err(error) = write_line(output, &event) {
                broken = Some(error);
                job.cancel.store(true, Ordering::Relaxed);
            }
        };
        let mut context = Context::new(&mut emit, &job.cancel).sharing(job.shared.clone());
        catch_unwind(AssertUnwindSafe(|| jobs::run(&job.request, job.device, &mut context)))
    };
    if let Some(error) = broken {
        return Err(error);
    }
    let failure = match result {
        Ok(result) => result.err(),
        Err(panic) => Some(Failure::panicked(&compute::panic_text(&panic))),
    };
    let ends = failure.as_ref().is_some_and(|failure| failure.kind.ends_worker());
    finish(job.id, failure, output)?;
    Ok(ends)
}

fn finish(finished: u64, failure: Option<Failure>, output: &mut impl Write) -> io::Result<()> {
    write_line(output, &Finished { finished, failure })
}

fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

/// Lines as bytes, without their ends: one that is not UTF-8 must not pass for the end of the input.
pub(super) fn raw_lines(input: impl BufRead) -> impl Iterator<Item = Vec<u8>> {
    input.split(b'\n').map_while(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::FailureKind;

    /// Everything that a worker says to an input.
    fn served(input: &[u8]) -> (u8, Vec<serde_json::Value>) {
        let mut output = Vec::new();
        let code = serve(io::Cursor::new(input.to_vec()), &mut output);
        let said = String::from_utf8(output).unwrap();
        let said = said.lines().map(|line| serde_json::from_str(line).unwrap());
        (code, said.collect())
    }

    #[test]
    fn a_line_that_cannot_be_read_is_answered_and_the_next_is_served() {
        let info = r#"{"id":3,"device":"cpu","request":{"job":"project_info","project":"/nowhere"}}"#;
        for wrong in [
            &b"\xff\xfe{\"id\":1}"[..],
            b"{\"id\":\"\xc3\x28\"}",
            b"{\"id\":1",
            b"hello",
        ] {
            let (code, said) = served(&[wrong, b"\n\n", info.as_bytes(), b"\n"].concat());
            assert_eq!(code, 0, "{said:?}");
            assert_eq!(said.len(), 2, "{said:?}");
            assert_eq!((&said[0]["finished"], &said[1]["finished"]), (&0.into(), &3.into()));
            let failure: Failure = serde_json::from_value(said[0]["failure"].clone()).unwrap();
            assert_eq!(failure.kind, FailureKind::Usage);
            assert!(failure.message.contains("cannot read"), "{failure:?}");
            assert!(said[1]["failure"]["message"].is_string(), "there is no such project");
        }
    }

    /// What clients and workers of other versions know each other by.
    #[test]
    fn commands_have_their_form() {
        let cancel = serde_json::to_string(&WorkerCommand::Cancel { cancel: true }).unwrap();
        assert_eq!(cancel, r#"{"cancel":true}"#);
        let job = WorkerCommand::Job {
            id: 1,
            device: DeviceChoice::Gpu,
            request: Box::new(Request::Doctor),
            shared: None,
        };
        assert_eq!(
            serde_json::to_string(&job).unwrap(),
            r#"{"id":1,"device":"gpu","request":{"job":"doctor"},"shared":null}"#
        );
    }
}
