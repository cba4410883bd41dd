//! Trainings: starting, pausing, going on, what they tell, what follows; predictions; presets; earlier runs.

use super::*;
use crate::app::model::command::Place;
use crate::app::model::file_probe::Reply;
use crate::app::model::training::Lane;
use crate::app::model::training_form::{Preset, TrainForm};
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::engine::Request;
use crate::engine::Stage;
use crate::engine::event::warnings::MEMORY;
use crate::engine::jobs::WatchedEpoch;
use crate::engine::request::{Stages, TrainRequest};
use std::collections::BTreeMap;
use std::path::Path;

fn request() -> TrainRequest {
    TrainRequest::new(Path::new(BIRDS))
}

/// A training of [`birds`] is at work as job 1.
fn at_work() -> Driver {
    let mut d = Driver::at_birds();
    d.command(Command::Train(request()));
    d.job_started(1);
    d
}

fn begins(run: &str, stage: Stage, resumed_at: usize) -> Event {
    Event::Run {
        run: run.to_owned(),
        stage,
        resumed_at,
    }
}

fn step(stage: Stage, step: usize) -> Event {
    Event::Step {
        stage,
        epoch: 0,
        step,
        loss: 1.0,
        cls: 0.75,
        kd: Some(0.25),
        sc: None,
        lr: 0.1,
        images_per_s: 5.0,
        steps: 8,
    }
}

fn epoch(number: usize) -> WatchedEpoch {
    WatchedEpoch {
        epoch: number,
        preprocess: Preprocess {
            mode: Mode::Stretch,
            size: 32,
            mean: [0.5; 3],
            std: [0.5; 3],
        },
        patch: 8,
        top_k: 1,
        pictures: Vec::new(),
    }
}

fn lanes(d: &Driver) -> &[Lane] {
    &d.model.training.as_ref().expect("a training").lanes
}

/// The run that a started training goes on with.
fn resumed(d: &Driver) -> Option<String> {
    match &d.start().1.request {
        Request::Train(request) => request.resume.clone(),
        other => panic!("no training: {other:?}"),
    }
}

fn own(value: &str) -> Option<BTreeMap<String, String>> {
    Some(BTreeMap::from([("epochs_1".to_owned(), value.to_owned())]))
}

#[test]
fn a_training_starts_as_it_is_asked_for() {
    let mut d = Driver::at_birds();
    d.model.train.again = true;
    d.command(Command::Train(TrainRequest {
        stages: Stages::One,
        seed: 7,
        ..request()
    }));
    d.did(&["start 1 Train"]);
    let (_, spec) = d.start();
    assert_eq!(spec.title, "Training, Stage 1");
    assert_eq!(spec.shared.as_deref(), Some(Path::new(BIRDS)));
    assert!(matches!(&spec.request, Request::Train(r) if r.seed == 7 && r.log_every == 2));
    assert!(d.model.trains() && !d.model.train.again);
}

#[test]
fn a_project_that_is_open_for_looking_only_is_neither_trained_nor_scored() {
    let mut d = Driver::new();
    d.opened(small());
    for command in [
        Command::Train(request()),
        Command::Resume("run-1".to_owned()),
        Command::Predict("run-1".to_owned()),
    ] {
        d.hush();
        d.command(command);
        d.did(&[]);
        assert_eq!(d.says().1, "This project is open for looking only");
    }
}

#[test]
fn a_pause_stops_the_training_which_keeps_its_checkpoint() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.act(Action::Stop);
    d.did(&["stop 1"]);
    assert!(d.model.jobs.get(1).unwrap().stopping && d.model.trains());
    d.job_failed(1, "stopped on request");
    d.did(&["ask Refresh(None)"]);
    assert_eq!(d.says(), (Level::Note, "Stopped: Training both stages"));
    assert_eq!(lanes(&d).len(), 1, "its curves stay in sight");
}

#[test]
fn a_paused_run_goes_on_with_its_curves() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    (0..4).for_each(|i| d.job_event(1, step(Stage::One, i)));
    d.command(Command::Stop(1));
    d.job_failed(1, "stopped on request");
    d.command(Command::Resume("run-1".to_owned()));
    d.did(&["start 2 Train"]);
    assert_eq!(resumed(&d).as_deref(), Some("run-1"));
    assert_eq!(d.model.place, Place::Train);
    d.job_event(2, begins("run-1", Stage::One, 2));
    assert_eq!(lanes(&d).len(), 1);
    assert_eq!(
        lanes(&d)[0].loss.points.len(),
        2,
        "steps after the checkpoint are done again"
    );
    d.job_event(2, step(Stage::One, 2));
    assert_eq!((lanes(&d)[0].done, lanes(&d)[0].loss.points.len()), (3, 3));
}

#[test]
fn another_run_goes_on_with_curves_of_its_own() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.job_done(1);
    d.command(Command::Resume("run-0".to_owned()));
    assert!(lanes(&d).is_empty());
}

#[test]
fn a_run_does_not_go_on_while_another_training_is_at_work() {
    let mut d = at_work();
    d.command(Command::Resume("run-0".to_owned()));
    d.did(&[]);
    assert_eq!(d.model.training.as_ref().map(|t| t.job), Some(1));
}

#[test]
fn a_worker_that_dies_in_a_run_leaves_a_way_to_go_on() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.job_event(1, begins("run-2", Stage::Two, 0));
    d.job_died(1, "the worker died");
    d.did(&["ask Refresh(None)"]);
    assert_eq!(d.says(), (Level::Error, "the worker died"));
    d.press("Resume");
    d.did(&["start 2 Train"]);
    assert_eq!(resumed(&d).as_deref(), Some("run-2"));
    assert!(d.buttons().is_empty(), "it is not offered twice");
    assert_eq!(lanes(&d).len(), 2);
}

#[test]
fn a_worker_that_dies_before_the_first_run_is_asked_again_for_the_same() {
    let mut d = Driver::at_birds();
    d.command(Command::Train(TrainRequest { seed: 7, ..request() }));
    d.job_died(1, "the worker died");
    d.press("Try again");
    d.did(&["start 2 Train"]);
    assert!(matches!(&d.start().1.request, Request::Train(r) if r.seed == 7));
}

#[test]
fn a_resumed_run_whose_worker_dies_at_once_can_be_resumed_again() {
    let mut d = Driver::at_birds();
    d.command(Command::Resume("run-1".to_owned()));
    d.job_died(1, "the worker died");
    d.press("Try again");
    assert_eq!(resumed(&d).as_deref(), Some("run-1"));
}

#[test]
fn memory_that_runs_out_and_a_restart_are_known_to_the_training_without_a_message() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.job_event(1, step(Stage::One, 0));
    for _ in 0..2 {
        d.job_event(1, warning(MEMORY, "the batch is smaller now"));
    }
    d.job_event(1, warning("restarted", "the worker was started again"));
    d.job_event(1, begins("run-1", Stage::One, 1));
    let warnings: Vec<_> = d
        .model
        .training
        .as_ref()
        .unwrap()
        .warnings
        .iter()
        .map(|w| w.1.as_str())
        .collect();
    assert_eq!(warnings, ["the batch is smaller now", "the worker was started again"]);
    assert!(d.is_silent());
    assert_eq!(d.model.notices.log.len(), 3);
    assert_eq!((lanes(&d).len(), lanes(&d)[0].loss.points.len()), (1, 1));
    assert!(d.model.trains());
}

#[test]
fn a_training_that_fails_says_why() {
    let mut d = at_work();
    d.job_failed(1, "label robin has no picture");
    d.did(&["ask Refresh(None)"]);
    assert_eq!(d.says(), (Level::Error, "label robin has no picture"));
    assert!(d.buttons().is_empty());
}

#[test]
fn both_runs_of_a_training_that_is_done_score_the_pictures_the_newest_last() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.job_event(1, begins("run-2", Stage::Two, 0));
    d.job_done(1);
    d.did(&[
        "ask Refresh(None)",
        r#"start 2 Predict { run: "run-1" }"#,
        r#"start 3 Predict { run: "run-2" }"#,
    ]);
    assert_eq!(d.says(), (Level::Done, "The training is done"));
    d.job_done(2);
    d.did(&[r#"ask Refresh(Some("run-1"))"#]);
    d.job_done(3);
    d.did(&[r#"ask Refresh(Some("run-2"))"#]);
    d.press("See what changed");
    assert_eq!(d.model.place, Place::Results);
}

#[test]
fn splits_that_a_training_makes_are_read_again() {
    let mut d = at_work();
    d.model.data.splits_made.version = Some(1);
    d.job_event(
        1,
        Event::Split {
            splits: Default::default(),
            unmatched: Vec::new(),
        },
    );
    d.did(&[r#"ask Reload("The pictures were split")"#]);
    assert_eq!(d.model.data.splits_made.version, None);
}

#[test]
fn watched_pictures_of_an_epoch_are_read_and_taken_by_their_own_training() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.job_event(
        1,
        Event::Watched {
            stage: Stage::One,
            epoch: 0,
            path: "/p/watched/0".to_owned(),
        },
    );
    d.did(&[r#"probe Watched(1, "/p/watched/0")"#]);
    d.probe(Reply::Watched(9, "run-1".to_owned(), Ok(epoch(0))));
    d.probe(Reply::Watched(1, "run-9".to_owned(), Ok(epoch(0))));
    assert!(lanes(&d)[0].watched.is_empty());
    d.probe(Reply::Watched(1, "run-1".to_owned(), Ok(epoch(0))));
    d.probe(Reply::Watched(1, "run-1".to_owned(), Ok(epoch(1))));
    d.probe(Reply::Watched(1, "run-1".to_owned(), Ok(epoch(1))));
    let epochs: Vec<_> = lanes(&d)[0].watched.iter().map(|e| e.epoch).collect();
    assert_eq!(epochs, [0, 1], "an epoch that is done again is there once");
    d.probe(Reply::Watched(1, "run-1".to_owned(), Err(failure("gone"))));
    assert!(d.is_silent(), "it is only to look at");
}

#[test]
fn a_job_that_is_not_the_newest_training_does_not_draw_into_its_curves() {
    let mut d = at_work();
    d.job_event(1, begins("run-1", Stage::One, 0));
    d.command(Command::Stop(1));
    d.job_failed(1, "stopped");
    d.command(Command::Train(request()));
    d.job_event(2, begins("run-2", Stage::One, 0));
    d.job_event(1, step(Stage::One, 5));
    assert_eq!((lanes(&d).len(), lanes(&d)[0].done), (1, 0));
}

#[test]
fn an_earlier_run_shows_its_curves() {
    let mut d = Driver::new();
    let runs = vec![run("run-1", 2, RunState::Done)];
    d.opened(Catalog { runs, ..birds() });
    d.command(Command::ShowTraining("run-1".to_owned()));
    d.did(&[r#"probe History("/p/birds.patchlight/runs/run-1")"#]);
    let folder = PathBuf::from("/p/birds.patchlight/runs/run-1");
    d.probe(Reply::History(
        folder,
        Ok((vec![step(Stage::Two, 0), step(Stage::Two, 1)], vec![epoch(0)])),
    ));
    let lane = &lanes(&d)[0];
    assert_eq!(
        (
            lane.run.as_str(),
            lane.stage,
            lane.loss.points.len(),
            lane.watched.len()
        ),
        ("run-1", Stage::Two, 2, 1)
    );
}

#[test]
fn an_earlier_run_does_not_hide_a_training_at_work_nor_appear_in_another_project() {
    let history = |folder: &str| Reply::History(folder.into(), Ok((Vec::new(), Vec::new())));
    let mut d = at_work();
    d.model.open_mut().unwrap().catalog.runs = vec![run("run-0", 1, RunState::Done)];
    d.probe(history("/p/birds.patchlight/runs/run-0"));
    assert_eq!(d.model.training.as_ref().map(|t| t.job), Some(1));
    let mut d = Driver::at_birds();
    d.probe(history("/p/owls.patchlight/runs/run-0"));
    assert!(d.model.training.is_none());
    d.probe(Reply::History("/x".into(), Err(failure("the folder is gone"))));
    assert_eq!(d.says(), (Level::Error, "the folder is gone"));
}

#[test]
fn settings_are_kept_under_a_name_and_that_can_be_taken_back() {
    let mut d = Driver::new();
    d.command(Command::SavePreset("mine".to_owned(), own("3")));
    assert_eq!(d.says(), (Level::Done, "The settings are kept as “mine”"));
    assert_eq!(d.model.train.preset, Preset::Own("mine".to_owned()));
    d.press("Undo");
    assert!(d.model.prefs.presets.is_empty());
    assert_eq!(d.model.train.preset, Preset::Proposed);
    assert_eq!(d.says().1, "The settings “mine” are forgotten");
    d.press("Undo");
    assert_eq!(d.model.prefs.presets.get("mine").cloned(), own("3"));
}

#[test]
fn settings_that_are_replaced_come_back_with_undo() {
    let mut d = Driver::new();
    d.command(Command::SavePreset("mine".to_owned(), own("3")));
    d.hush();
    d.command(Command::SavePreset("mine".to_owned(), own("3")));
    assert!(d.is_silent(), "nothing is new");
    d.command(Command::SavePreset("mine".to_owned(), own("9")));
    assert_eq!(d.says().1, "The settings “mine” are replaced");
    d.press("Undo");
    assert_eq!(d.model.prefs.presets.get("mine").cloned(), own("3"));
}

#[test]
fn the_form_is_as_it_was_typed() {
    let mut d = Driver::at_birds();
    let form = TrainForm {
        stages: Stages::Joint,
        seed: 3,
        ..TrainForm::default()
    };
    d.command(Command::TrainForm(form.clone()));
    assert_eq!(d.model.train, form);
    d.act(Action::CloseProject);
    assert_eq!(d.model.train, TrainForm::default());
}

#[test]
fn pictures_are_scored_by_a_run_once_at_a_time() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.did(&[r#"start 1 Predict { run: "run-1" }"#]);
    assert_eq!(d.start().1.title, "Looking at all pictures with what was just learned");
    d.command(Command::Predict("run-1".to_owned()));
    d.did(&[]);
    d.act(Action::Predict);
    d.did(&[r#"start 2 Predict { run: "zero-shot" }"#]);
    assert_eq!(d.start().1.title, "Looking at all pictures, untrained");
}

#[test]
fn without_labels_there_is_nothing_to_look_for() {
    let mut d = Driver::new();
    d.opened(Catalog {
        labels: Vec::new(),
        truth: Vec::new(),
        ..unscored()
    });
    d.act(Action::Predict);
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "There are no labels to look for yet"));
}

#[test]
fn scoring_whose_worker_dies_can_be_tried_again() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.job_died(1, "the worker died");
    d.press("Try again");
    d.did(&[r#"start 2 Predict { run: "run-1" }"#]);
}

#[test]
fn stop_reaches_the_job_that_works_and_no_quiet_one() {
    let mut d = Driver::at_birds();
    d.command(Command::UseModel("/m/clip".to_owned()));
    d.job_started(1);
    d.act(Action::Stop);
    d.did(&[]);
    d.command(Command::Predict("run-1".to_owned()));
    d.command(Command::Stop(2));
    d.did(&["stop 2"]);
    d.job_failed(2, "stopped");
    d.command(Command::Stop(2));
    d.did(&[]);
}
