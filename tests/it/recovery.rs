//! A worker whose memory was too small, or whose device was lost, is followed by another; the run goes on.

use crate::support::{program, training_project};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_worker_that_dies_of_its_memory_is_followed_by_one_that_needs_less() {
    use patchlight::compute::DeviceChoice;
    use patchlight::engine::client::{Worker, Workers};
    use patchlight::engine::request::{Request, Stages, TrainRequest};
    use patchlight::engine::{Context, Event};
    let (_folder, project) = training_project();
    let request = Request::Train(TrainRequest {
        stages: Stages::One,
        set: vec!["max_steps=4".into(), "batch_1=8".into()],
        log_every: 1,
        checkpoint_every: Some(1),
        ..TrainRequest::new(&project)
    });
    let mut workers = 0;
    let mut start = || {
        workers += 1;
        let mut command = program();
        command
            .arg("worker")
            .env("PATCHLIGHT_FAIL", "oom-lost:2:2")
            .stderr(Stdio::null());
        Worker::start_with(command)
    };
    let mut events = Vec::new();
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let mut emit = |event: Event| events.push(event);
    Workers::new(&mut start)
        .run(&request, DeviceChoice::Cpu, &mut Context::new(&mut emit, &cancel))
        .unwrap();
    assert_eq!(workers, 3, "8 pictures, then 4, then 2");
    let at: Vec<usize> = events
        .iter()
        .filter_map(|e| match e {
            Event::Run { resumed_at, .. } => Some(*resumed_at),
            _ => None,
        })
        .collect();
    assert_eq!(at, [0, 2, 2]);
    assert!(matches!(events.last(), Some(Event::Done { .. })));
}

/// A GPU worker that dies in its first step without a word is followed by one that goes on with its run; one that dies later is not.
#[cfg(unix)]
#[test]
fn a_worker_that_dies_at_once_is_followed_by_another() {
    use patchlight::compute::DeviceChoice;
    use patchlight::engine::client::{Worker, Workers};
    use patchlight::engine::request::{Request, Stages, TrainRequest};
    use patchlight::engine::{Context, Event};
    let request = Request::Train(TrainRequest {
        stages: Stages::One,
        set: vec!["batch_1=8".into()],
        log_every: 1,
        ..TrainRequest::new(Path::new("nowhere"))
    });
    let run = r#"echo '{"event":"run","run":"run-4","stage":1}'"#;
    let step =
        r#"echo '{"event":"step","stage":1,"epoch":0,"step":0,"loss":1,"cls":1,"lr":1,"images_per_s":1,"steps":9}'"#;
    let well = r#"case "$order" in *'"resume":"run-4"'*) echo '{"finished":1,"failure":null}';; *) exit 3;; esac"#;
    let play = |scripts: &[String], device: DeviceChoice| {
        let mut started = 0;
        let mut start = || {
            let mut command = std::process::Command::new("sh");
            command.args([
                "-c",
                &format!("read -r order; {}", scripts[started.min(scripts.len() - 1)]),
            ]);
            started += 1;
            Worker::start_with(command)
        };
        let cancel = std::sync::atomic::AtomicBool::new(false);
        let mut emit = |_: Event| {};
        let result = Workers::new(&mut start).run(&request, device, &mut Context::new(&mut emit, &cancel));
        (started, result.is_ok())
    };
    let dies = format!("{run}; exit 1");
    assert_eq!(play(&[dies.clone(), well.to_owned()], DeviceChoice::Gpu), (2, true));
    assert_eq!(
        play(std::slice::from_ref(&dies), DeviceChoice::Gpu),
        (4, false),
        "not for ever"
    );
    assert_eq!(play(&[dies, well.to_owned()], DeviceChoice::Cpu), (1, false));
    let later = format!("{run}; {step}; exit 1");
    assert_eq!(play(&[later, well.to_owned()], DeviceChoice::Gpu), (1, false));
    // A device that is lost in the middle, as after a suspended night: the run goes on, but not for ever where nothing comes through.
    let loss =
        r#"echo '{"finished":1,"failure":{"message":"the device failed","hint":null,"kind":"device_lost"}}'; exit 1"#;
    let lost = format!("{run}; {step}; {loss}");
    assert_eq!(
        play(&[lost.clone(), lost.clone(), well.to_owned()], DeviceChoice::Gpu),
        (3, true)
    );
    let gone = format!("{run}; {loss}");
    let (started, well) = play(&[lost, gone], DeviceChoice::Gpu);
    assert!(!well && started <= 6, "{started} workers were started");
}

/// Workers that play roles: each runs its script for every job that it is given. What they said, and how many were started.
#[cfg(unix)]
struct Troupe {
    scripts: Vec<String>,
    started: std::cell::Cell<usize>,
    process_id: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

#[cfg(unix)]
mod roles {
    pub const RUN: &str = r#"echo '{"event":"run","run":"run-4","stage":1}'"#;
    pub const STEP: &str =
        r#"echo '{"event":"step","stage":1,"epoch":0,"step":0,"loss":1,"cls":1,"lr":1,"images_per_s":1,"steps":9}'"#;
    pub const MEMORY: &str = r#"echo '{"event":"warning","code":"memory","message":"8 do not fit: going on with 4"}'"#;
    /// Ends a job well. The number of the job is in `$n`.
    pub const WELL: &str = r#"echo "{\"finished\":$n,\"failure\":null}""#;

    /// Ends a job with a failure of a kind.
    pub fn fails(kind: &str) -> String {
        format!(
            r#"echo "{{\"finished\":$n,\"failure\":{{\"message\":\"it failed\",\"hint\":null,\"kind\":\"{kind}\"}}}}""#
        )
    }

    /// Answers jobs that resume the run with `then`, others with `first`.
    pub fn resumed(first: &str, then: &str) -> String {
        format!(r#"case "$job" in *'"resume":"run-4"'*) {then};; *) {first};; esac"#)
    }
}

#[cfg(unix)]
impl Troupe {
    fn new(scripts: &[String]) -> Self {
        Self {
            scripts: scripts.to_vec(),
            started: std::cell::Cell::new(0),
            process_id: Default::default(),
        }
    }

    fn workers(&self) -> patchlight::engine::client::Workers<'_> {
        let start = || {
            let number = self.started.get();
            self.started.set(number + 1);
            let script = &self.scripts[number.min(self.scripts.len() - 1)];
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &format!("n=0; while read -r job; do n=$((n+1)); {script}; done")]);
            patchlight::engine::client::Worker::start_with(command)
        };
        patchlight::engine::client::Workers::new(start).showing(self.process_id.clone())
    }

    fn process_id(&self) -> u32 {
        self.process_id.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[cfg(unix)]
fn training_somewhere() -> patchlight::engine::Request {
    use patchlight::engine::request::{Request, TrainRequest};
    Request::Train(TrainRequest {
        set: vec!["batch_1=8".into()],
        ..TrainRequest::new(Path::new("nowhere"))
    })
}

/// Runs a job with workers that live on; the codes of its warnings.
#[cfg(unix)]
fn play(
    workers: &mut patchlight::engine::client::Workers<'_>,
    request: &patchlight::engine::Request,
) -> (Result<(), patchlight::engine::Failure>, Vec<String>) {
    use patchlight::engine::{Context, Event};
    let mut warnings = Vec::new();
    let mut emit = |event: Event| {
        if let Event::Warning { code, .. } = event {
            warnings.push(code);
        }
    };
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let mut context = Context::new(&mut emit, &cancel);
    let result = workers.run(request, patchlight::compute::DeviceChoice::Gpu, &mut context);
    (result, warnings)
}

/// A worker that is kept from one job to the next is replaced where the memory was too small or its device is lost, and kept where a job
/// merely failed.
#[cfg(unix)]
#[test]
fn a_worker_that_lives_on_is_replaced_where_it_must_be() {
    use patchlight::engine::FailureKind;
    use patchlight::engine::Request;
    use roles::{MEMORY, RUN, STEP, WELL, fails, resumed};
    let job = Request::ModelList(Default::default());
    // Three jobs in one worker, the second of which fails.
    let sometimes = format!(r#"if [ $n = 2 ]; then {}; else {WELL}; fi"#, fails("job"));
    let troupe = Troupe::new(&[sometimes]);
    let mut workers = troupe.workers();
    assert_eq!(troupe.process_id(), 0, "none is started before the first job");
    play(&mut workers, &job).0.unwrap();
    let first = troupe.process_id();
    let failure = play(&mut workers, &job).0.unwrap_err();
    assert_eq!((failure.kind, workers.is_running()), (FailureKind::Job, true));
    play(&mut workers, &job).0.unwrap();
    assert_eq!((troupe.started.get(), troupe.process_id()), (1, first));
    workers.release();
    assert_eq!((workers.is_running(), troupe.process_id()), (false, 0));

    // Memory ran out: another worker goes on with fewer pictures at once, and serves the next job too.
    let full = resumed(&format!("{RUN}; {MEMORY}; {}", fails("out_of_memory")), "exit 3");
    let whole = format!("{RUN}; {WELL}");
    let troupe = Troupe::new(&[full, whole.clone()]);
    let mut workers = troupe.workers();
    let (result, warnings) = play(&mut workers, &training_somewhere());
    assert!(
        result.is_ok() && warnings == ["memory", "restarted"],
        "{result:?}, {warnings:?}"
    );
    assert!(workers.is_running() && troupe.process_id() != 0);
    play(&mut workers, &job).0.unwrap();
    assert_eq!(troupe.started.get(), 2);

    // The device was lost in the second job of a worker.
    let lost = format!(
        "if [ $n = 1 ]; then {WELL}; else {RUN}; {STEP}; {}; fi",
        fails("device_lost")
    );
    let troupe = Troupe::new(&[lost, whole]);
    let mut workers = troupe.workers();
    play(&mut workers, &job).0.unwrap();
    let (result, warnings) = play(&mut workers, &training_somewhere());
    assert!(result.is_ok() && warnings == ["restarted"], "{result:?}, {warnings:?}");
    assert_eq!(troupe.started.get(), 2);

    // Another job has nothing to go on from: it fails with its worker, and the next one gets another.
    let troupe = Troupe::new(&[fails("device_lost"), WELL.to_owned()]);
    let mut workers = troupe.workers();
    let failure = play(&mut workers, &job).0.unwrap_err();
    assert_eq!((failure.kind, workers.is_running()), (FailureKind::DeviceLost, false));
    assert_eq!(troupe.process_id(), 0);
    play(&mut workers, &job).0.unwrap();

    // One that dies without a word is known by that.
    let troupe = Troupe::new(&["exit 7".to_owned()]);
    let failure = play(&mut troupe.workers(), &job).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::WorkerDied);
    assert!(failure.message.contains("exit code 7"), "{failure:?}");
}

/// Whoever waits for a device can stop at once.
#[cfg(unix)]
#[test]
fn a_training_that_waits_for_its_device_can_be_cancelled() {
    use patchlight::compute::DeviceChoice;
    use patchlight::engine::{Context, Event, FailureKind};
    use roles::{RUN, STEP, fails};
    use std::sync::atomic::{AtomicBool, Ordering};
    let troupe = Troupe::new(&[format!("{RUN}; {STEP}; {}", fails("device_lost"))]);
    let cancel = AtomicBool::new(false);
    // The user stops as soon as the window says that the run goes on in a new process.
    let mut emit = |event: Event| {
        if matches!(&event, Event::Warning { code, .. } if code == "restarted") {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let start = std::time::Instant::now();
    let result = troupe.workers().run(
        &training_somewhere(),
        DeviceChoice::Gpu,
        &mut Context::new(&mut emit, &cancel),
    );
    let failure = result.unwrap_err();
    assert_eq!((failure.kind, troupe.started.get()), (FailureKind::Cancelled, 1));
    assert!(failure.message.contains("run-4"), "{failure:?}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
