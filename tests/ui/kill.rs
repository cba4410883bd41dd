//! The worker is killed in each job: the window lives, says so, offers to go on, and the project is whole.

use crate::data::open;
use crate::support::*;
use patchlight::app::Window;
use patchlight::app::model::command::{Command, DataCommand};
use patchlight::app::model::job::JobState;
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::notices::Level;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::engine::event::warnings::RESTARTED;
use patchlight::engine::jobs;
use patchlight::engine::request::{Stages, TrainRequest};
use patchlight::project::{Project, RunState};
use std::path::Path;

fn kill(harness: &mut egui_kittest::Harness<'static, Window>, after: std::time::Duration) {
    wait(harness, "a worker", |w| {
        w.model.jobs.workers.iter().any(Option::is_some)
    });
    std::thread::sleep(after);
    for pid in harness.state().model.jobs.workers.iter().flatten() {
        // The worker may have ended by itself.
        let _ = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status();
    }
    wait(harness, "the end of the job", |w| !w.model.jobs.busy());
}

/// A training of both stages.
fn training(project: &Path, set: [&str; 3]) -> TrainRequest {
    TrainRequest {
        set: set.map(str::to_owned).to_vec(),
        seed: 3,
        ..TrainRequest::new(project)
    }
}

#[test]
#[cfg(unix)]
fn the_window_survives_its_worker() {
    if !can_draw() {
        return;
    }
    // Moments are spread over each job's life; they are not random, so that a failure can be repeated.
    for (i, millis) in [0u64, 40, 150, 400, 900].into_iter().enumerate() {
        let after = std::time::Duration::from_millis(millis);
        let (folder, mut harness) = opened("plain", Look::Dark);
        let project = open(harness.state()).catalog.folder.clone();
        let command = if i % 2 == 0 {
            Command::Train(training(&project, ["epochs_1=60", "epochs_2=60", "batch_1=4"]))
        } else {
            Command::Predict(jobs::ZERO_SHOT.to_owned())
        };
        harness.state_mut().command(command);
        harness.step();
        kill(&mut harness, after);
        let state = &harness.state().model;
        let last = state.jobs.list.back().unwrap().state.clone();
        assert!(
            matches!(last, JobState::Crashed(_) | JobState::Done),
            "{millis} ms: {last:?}"
        );
        if matches!(last, JobState::Crashed(_)) {
            let notice = state
                .notices
                .list
                .iter()
                .find(|n| n.text.contains("ended unexpectedly"));
            assert!(notice.is_some_and(|n| n.action.is_some()), "the notice offers to go on");
        }
        // Labels can still be changed, and the project opens again, whole.
        harness.state_mut().command(Command::ToggleLabel(3));
        wait(&mut harness, "the edit", |w| match &w.model.project {
            Slot::Open(open) => open.catalog.pictures.iter().any(|p| p.edited),
            _ => false,
        });
        drop(harness);
        std::thread::sleep(std::time::Duration::from_millis(200));
        let project = Project::open(&folder.path().join("birds.patchlight")).unwrap();
        assert_eq!(project.pictures(None).unwrap().len(), 24);
        assert_eq!(project.edited_pictures().unwrap().len(), 1);
        for run in project.runs().unwrap() {
            assert!(matches!(
                run.state,
                RunState::Running | RunState::Stopped | RunState::Done
            ));
        }
    }
}

#[test]
#[cfg(unix)]
fn a_killed_training_resumes_from_the_window() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("plain", Look::Dark);
    let project = open(harness.state()).catalog.folder.clone();
    let request = training(&project, ["epochs_1=12", "epochs_2=2", "batch_1=4"]);
    harness.state_mut().command(Command::Train(request));
    harness.step();
    wait(&mut harness, "some steps", |w| {
        w.model
            .training
            .as_ref()
            .and_then(|t| t.current())
            .is_some_and(|l| l.done > 6)
    });
    kill(&mut harness, std::time::Duration::ZERO);
    let notice = harness.state().model.notices.list.iter().find_map(|n| n.action.clone());
    let (words, command) = notice.expect("a way to go on");
    assert_eq!(words, "Resume");
    harness.state_mut().command(command);
    harness.step();
    let done = |w: &Window| {
        w.model
            .training
            .as_ref()
            .and_then(|t| w.model.jobs.get(t.job))
            .is_some_and(|j| j.state == JobState::Done)
    };
    wait(&mut harness, "the training", done);
    wait(&mut harness, "what follows", |w| !w.model.jobs.busy());
    let Slot::Open(open) = &harness.state().model.project else {
        panic!()
    };
    assert!(open.catalog.runs.iter().all(|r| r.state == RunState::Done));
}

#[test]
#[cfg(unix)]
fn a_killed_import_leaves_nothing_half_made_open() {
    if !can_draw() {
        return;
    }
    for millis in [0u64, 15, 60] {
        let folder = tempfile::tempdir().unwrap();
        let mut harness = window(options(Look::Dark));
        harness.state_mut().command(Command::Import {
            data: data(),
            project: Some(folder.path().join("new.patchlight")),
        });
        wait(&mut harness, "the preview", crate::data::previewed);
        harness.state_mut().command(Command::Data(DataCommand::Import));
        harness.step();
        kill(&mut harness, std::time::Duration::from_millis(millis));
        // A check of the pictures may follow a finished import.
        let mut jobs = harness.state().model.jobs.list.iter().rev();
        let import = jobs.find(|j| matches!(j.spec.kind, JobKind::Import { .. }));
        match import.unwrap().state.clone() {
            JobState::Done => wait(&mut harness, "the project", |w| {
                matches!(w.model.project, Slot::Open(_))
            }),
            JobState::Crashed(_) => {
                // It may have told what it found just before.
                let mut offers = harness
                    .state()
                    .model
                    .notices
                    .list
                    .iter()
                    .filter_map(|n| n.action.clone());
                let offer = offers.find(|(words, _)| words == "Try again");
                let (_, command) = offer.expect("a way to go on");
                // Again, into a place of its own.
                let Command::Import { data, .. } = command else {
                    panic!("{command:?}")
                };
                let project = folder.path().join("again.patchlight");
                harness.state_mut().command(Command::Import {
                    data,
                    project: Some(project),
                });
                harness.step();
                wait(&mut harness, "the preview", crate::data::previewed);
                harness.state_mut().command(Command::Data(DataCommand::Import));
                wait(&mut harness, "the project", |w| {
                    matches!(w.model.project, Slot::Open(_))
                });
            }
            other => panic!("{other:?}"),
        }
        let Slot::Open(open) = &harness.state().model.project else {
            panic!()
        };
        assert_eq!(open.catalog.pictures.len(), 24);
    }
}

/// A worker whose memory is too small, and that dies of it: a program that says so to the real one.
#[cfg(unix)]
fn worker_with_little_memory(folder: &Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("little memory");
    let program = env!("CARGO_BIN_EXE_patchlight");
    let script = format!("#!/bin/sh\nPATCHLIGHT_FAIL=oom-lost:2:2 exec '{program}' \"$@\"\n");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
#[cfg(unix)]
fn a_training_whose_memory_is_too_small_goes_on_by_itself_in_the_window() {
    if !can_draw() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (_folder, project) = project("plain");
    let mut options = options(Look::Dark);
    options.paths = vec![project];
    options.worker = Some(worker_with_little_memory(place.path()));
    let mut harness = window(options);
    wait(&mut harness, "the project", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    let folder = open(harness.state()).catalog.folder.clone();
    let request = TrainRequest {
        stages: Stages::One,
        checkpoint_every: Some(1),
        ..training(&folder, ["max_steps=4", "batch_1=8", "epochs_1=4"])
    };
    harness.state_mut().command(Command::Train(request));
    harness.step();
    wait(&mut harness, "the training", |w| !w.model.jobs.busy());
    let model = &harness.state().model;
    let trained = model.jobs.list.iter().find(|j| j.spec.kind == JobKind::Train).unwrap();
    assert_eq!(trained.state, JobState::Done, "the job went on by itself");
    let training = model.training.as_ref().unwrap();
    assert_eq!(
        (training.lanes.len(), training.lanes[0].done),
        (1, 4),
        "one run, all its steps"
    );
    let restarts = training.warnings.iter().filter(|(code, _)| code == RESTARTED).count();
    assert!(restarts > 0, "it is told: {:?}", training.warnings);
    assert!(
        model.notices.list.iter().all(|n| n.level != Level::Error),
        "nothing to be done by hand"
    );
}
