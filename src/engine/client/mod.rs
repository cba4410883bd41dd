//! The other side of the worker: starts it, sends requests, reads events, cancels, kills. [`Workers`] survives its death.

mod recovery;
mod workers;

pub use workers::Workers;

use super::failure::FailureKind;
use super::worker::{Finished, Reply, UNREADABLE, WorkerCommand, raw_lines};
use super::{Context, Failure, Request};
use crate::compute::DeviceChoice;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a worker may take to stop on request before it is killed.
const GRACE: Duration = Duration::from_secs(20);

/// How often a waiting client looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// A running worker process.
pub struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    jobs: u64,
}

impl Worker {
    /// Starts `patchlight worker` from the running executable.
    ///
    /// # Errors
    /// [`Failure`] where the process cannot be started.
    pub fn start() -> Result<Self, Failure> {
        let hint = "Check that the program file is still where it was started from.";
        let exe = std::env::current_exe().map_err(|e| Failure::new(format!("cannot find this program: {e}"), hint))?;
        let mut command = Command::new(exe);
        command.arg("worker");
        Self::start_with(command)
    }

    /// Starts a worker by a command of one's own.
    ///
    /// # Errors
    /// [`Failure`] where the process cannot be started.
    pub fn start_with(mut command: Command) -> Result<Self, Failure> {
        let hint = "Check that the program file is still where it was started from.";
        let failed = |e: std::io::Error| Failure::new(format!("the worker process cannot be started: {e}"), hint);
        // A Ctrl-C in the terminal reaches the whole process group; the client passes it on in its own time instead.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take();
        let output = child.stdout.take();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.into_iter().flat_map(|o| raw_lines(BufReader::new(o))) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
            jobs: 0,
        })
    }

    /// The worker's process id.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Runs a job to its end, passing its events on. A cancelled job gets time to checkpoint, then the worker is killed.
    ///
    /// # Errors
    /// The job's [`Failure`], or one that says how the worker died. After one whose kind [ends the worker](FailureKind::ends_worker) this
    /// value is of no use any more: start a new one.
    pub fn run(&mut self, request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
        self.jobs += 1;
        let id = self.jobs;
        self.send(&WorkerCommand::Job {
            id,
            device,
            request: Box::new(request.clone()),
            shared: context.shared().map(Path::to_owned),
        })?;
        let mut cancelled_at: Option<Instant> = None;
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => match serde_json::from_slice(&line) {
                    // What the worker could not read was this job: there is no other.
                    Ok(Reply::Finished(Finished { finished, failure })) if [id, UNREADABLE].contains(&finished) => {
                        return failure.map_or(Ok(()), Err);
                    }
                    Ok(Reply::Finished(_)) => {}
                    Ok(Reply::Event(event)) => context.emit(*event),
                    // A driver may print to standard output; it is no event, but may explain a failure.
                    Err(_) => tracing::debug!(line = %String::from_utf8_lossy(&line), "the worker printed"),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
            }
            match cancelled_at {
                None if context.cancelled() => {
                    self.send(&WorkerCommand::Cancel { cancel: true })?;
                    cancelled_at = Some(Instant::now());
                }
                Some(at) if at.elapsed() > GRACE => {
                    self.kill();
                    return Err(Failure::cancelled(
                        "cancelled; the worker did not stop in time and was ended",
                    ));
                }
                _ => {}
            }
        }
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the process at once.
    pub fn kill(&mut self) {
        // It may be dead already; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn send(&mut self, command: &WorkerCommand) -> Result<(), Failure> {
        let line = serde_json::to_string(command).map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?;
        let written = match &mut self.input {
            Some(input) => writeln!(input, "{line}").and_then(|()| input.flush()),
            None => Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe)),
        };
        written.map_err(|_| self.died())
    }

    fn died(&mut self) -> Failure {
        let how = self
            .child
            .wait()
            .map_or_else(|e| e.to_string(), |status| describe(&status));
        Failure::new(
            format!("the worker process ended unexpectedly ({how})"),
            "Your project is intact. Start the job again; a training resumes from its last checkpoint.",
        )
        .of_kind(FailureKind::WorkerDied)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without its input the worker ends by itself, after a checkpoint if it is at work.
        self.input = None;
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(TICK),
                _ => return,
            }
        }
        self.kill();
    }
}

/// Runs one job in a worker of its own, which goes away afterwards. See [`Workers::run`] for what happens where it dies.
///
/// # Errors
/// As [`Workers::run`].
pub fn run_once(request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    Workers::new(Worker::start).run(request, device, context)
}

fn describe(status: &ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(status) {
        return match signal {
            9 => "killed, signal 9; perhaps the memory was full".to_owned(),
            11 => "crashed, signal 11; perhaps the graphics driver".to_owned(),
            other => format!("signal {other}"),
        };
    }
    status
        .code()
        .map_or_else(|| "unknown".to_owned(), |code| format!("exit code {code}"))
}
