//! The other side of the worker: starts it, sends requests, reads events, cancels, kills, and survives its death.

use super::request::TrainRequest;
use super::worker::{DEVICE_FAILED, Finished, Order, Reply};
use super::{Context, Event, Failure, Request, jobs};
use crate::compute::DeviceChoice;
use std::io::{BufRead, BufReader, Write};
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
    lines: Receiver<String>,
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
            for line in output
                .into_iter()
                .flat_map(|o| BufReader::new(o).lines())
                .map_while(Result::ok)
            {
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
    /// The job's [`Failure`], or one that says how the worker died; start a new one then.
    pub fn run(&mut self, request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
        self.jobs += 1;
        let id = self.jobs;
        self.send(&Order::Job {
            id,
            device,
            request: Box::new(request.clone()),
            shared: context.shared().map(Path::to_owned),
        })?;
        let mut cancelled_at: Option<Instant> = None;
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => match serde_json::from_str(&line) {
                    Ok(Reply::Finished(Finished { finished, failure })) if finished == id => {
                        return failure.map_or(Ok(()), Err);
                    }
                    Ok(Reply::Finished(_)) => {}
                    Ok(Reply::Event(event)) => context.emit(*event),
                    // A driver may print to standard output; it is no event, but may explain a failure.
                    Err(_) => tracing::debug!(%line, "the worker printed"),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
            }
            match cancelled_at {
                None if context.cancelled() => {
                    self.send(&Order::Cancel { cancel: true })?;
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

    fn send(&mut self, order: &Order) -> Result<(), Failure> {
        let line = serde_json::to_string(order).map_err(|e| Failure::new(e.to_string(), "Report this as a bug."))?;
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

/// New workers that a training may need before it fits into the memory: each halves what is computed at once.
const RESTARTS: usize = 8;

/// New workers where the old one died in its first step on a GPU without a word: of its memory, as far as one can tell.
const BLIND_RESTARTS: usize = 3;

/// New workers where the device was lost (a reset, a suspended machine) and no step came through since the last time.
const LOST_RESTARTS: usize = 2;

/// Time that a lost device is given to come back.
const RECOVERY: Duration = Duration::from_secs(2);

/// Runs one job in a worker of its own. A training whose worker dies of its memory goes on in a new one, with fewer pictures at once; one
/// whose device is lost goes on in a new one from its last checkpoint.
///
/// # Errors
/// As [`Worker::run`].
pub fn run_once(request: &Request, device: DeviceChoice, context: &mut Context<'_>) -> Result<(), Failure> {
    run_resuming(&mut Worker::start, request, device, context)
}

/// Whether a failure says that the device failed, so that its worker is about to end.
pub fn is_of_device(failure: &Failure) -> bool {
    failure.message.starts_with(DEVICE_FAILED)
}

/// [`run_once`] with workers made by `start`.
///
/// # Errors
/// As [`Worker::run`].
pub fn run_resuming(
    start: &mut dyn FnMut() -> Result<Worker, Failure>,
    request: &Request,
    device: DeviceChoice,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let mut request = request.clone();
    let (mut restarts, mut losses) = (0, 0);
    loop {
        let (mut run, mut of_memory, mut stepped) = (None, false, false);
        let mut note = |event: &Event| {
            match event {
                Event::Run { run: id, .. } => run = Some(id.clone()),
                // A step came through: what ends the worker later is something else.
                Event::Step { .. } => (of_memory, stepped) = (false, true),
                Event::Warning { code, .. } => of_memory |= code == jobs::MEMORY_WARNING,
                _ => {}
            }
            true
        };
        let (mut alive, mut lost) = (true, false);
        let result = context.part(&mut note, |context| {
            let mut worker = start()?;
            let result = worker.run(&request, device, context);
            // One that has said that its device failed is about to end.
            lost = result.as_ref().is_err_and(is_of_device);
            alive = worker.is_alive() && !lost;
            result
        });
        let (Err(failure), Request::Train(train), Some(run)) = (&result, &request, run) else {
            return result;
        };
        let blind = device != DeviceChoice::Cpu && !alive && !stepped && restarts < BLIND_RESTARTS;
        if stepped {
            losses = 0;
        }
        // As long as steps come through, a device may be lost as often as it likes.
        let comes_back = lost && !of_memory && (stepped || losses > 0) && losses < LOST_RESTARTS;
        let fits = (of_memory || blind) && restarts < RESTARTS;
        if !(comes_back || fits) || context.cancelled() {
            return result;
        }
        if comes_back {
            losses += 1;
            std::thread::sleep(RECOVERY);
        } else {
            restarts += 1;
        }
        context.warn(
            "restarted",
            format!("{}; {run} goes on in a new process", failure.message),
        );
        // All that the run was asked for is in its folder.
        request = Request::Train(TrainRequest {
            resume: Some(run),
            from: None,
            model: None,
            config: None,
            set: Vec::new(),
            propose: false,
            ..train.clone()
        });
    }
}
