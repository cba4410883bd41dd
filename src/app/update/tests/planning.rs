//! What a training would do: asked once the form rests, stopped by work, asked again afterwards.

use super::*;
use crate::app::model::planning::{Planned, Stamp};
use crate::app::model::training_form::{self, TrainForm};
use crate::engine::event::TrainingPlan;
use crate::engine::request::TrainRequest;
use std::path::Path;

/// The form of a training is shown, and plans are made without being asked.
fn at_form() -> Driver {
    let mut d = Driver::with(Prefs::default(), true);
    d.opened(birds());
    d.act(Action::Train);
    d.tick(0.0);
    d
}

/// The plan is being made as job 1.
fn at_plan() -> Driver {
    let mut d = at_form();
    d.tick(0.7);
    d
}

/// Types a setting.
fn typed(d: &mut Driver, name: &str, value: &str) {
    let mut form = d.model.train.clone();
    form.changed.insert(name.to_owned(), value.to_owned());
    d.command(Command::TrainForm(form));
}

fn plan(pictures: usize) -> Event {
    Event::Plan(TrainingPlan {
        train: pictures,
        ..TrainingPlan::default()
    })
}

fn request() -> TrainRequest {
    TrainRequest::new(Path::new(BIRDS))
}

/// Where the plan for the form as it is now stands, in a word.
fn standing(d: &Driver) -> &'static str {
    let open = d.model.open().expect("an open project");
    let stamp = Stamp {
        version: open.version,
        model: open.catalog.model.clone(),
        device: d.model.jobs.device,
        request: training_form::request(&d.model.train, &d.model.prefs.presets, &open.catalog.folder),
    };
    let busy = d.model.jobs.busy();
    match d.model.planning.standing(&stamp, d.model.habits.score_at_once, busy) {
        Planned::Unknown => "unknown",
        Planned::Later => "later",
        Planned::Asked => "asked",
        Planned::Known(_) => "known",
        Planned::Failed(_) => "failed",
    }
}

#[test]
fn a_plan_is_made_once_the_form_rests() {
    let mut d = at_form();
    d.did(&["repaint 700 ms"]);
    d.tick(0.5);
    d.did(&["repaint 200 ms"]);
    d.tick(0.2);
    d.did(&["start 1 Plan"]);
    d.tick(1.0);
    d.did(&[]);
    assert_eq!(standing(&d), "asked");
}

#[test]
fn typing_begins_the_rest_anew() {
    let mut d = at_form();
    d.tick(0.5);
    typed(&mut d, "epochs_1", "3");
    d.tick(0.5);
    d.did(&["repaint 700 ms"]);
    d.tick(0.7);
    d.did(&["start 1 Plan"]);
}

#[test]
fn a_plan_that_is_known_is_not_asked_for_again_and_leaves_no_job_behind() {
    let mut d = at_plan();
    d.job_event(1, plan(40));
    d.job_done(1);
    d.tick(1.0);
    d.did(&[]);
    assert_eq!(d.model.planning.plan().map(|plan| plan.train), Some(40));
    assert_eq!(standing(&d), "known");
    assert!(d.model.jobs.list.is_empty());
}

#[test]
fn another_form_gets_another_plan_and_the_older_answer_is_not_taken_for_it() {
    let mut d = at_plan();
    typed(&mut d, "epochs_1", "3");
    d.tick(0.0);
    d.tick(0.7);
    d.did(&["stop 1", "start 2 Plan"]);
    d.job_event(1, plan(1));
    d.job_failed(1, "stopped");
    assert_eq!((d.model.planning.plan(), standing(&d)), (None, "asked"));
    d.job_event(2, plan(2));
    assert_eq!(standing(&d), "known");
}

#[test]
fn an_edit_of_labels_makes_a_plan_stale() {
    let mut d = at_plan();
    d.job_event(1, plan(40));
    d.job_done(1);
    d.model.open_mut().unwrap().version += 1;
    assert_eq!(standing(&d), "asked", "it will be");
    d.tick(0.0);
    d.tick(0.7);
    d.did(&["start 2 Plan"]);
}

#[test]
fn a_plan_that_cannot_be_made_says_why_where_it_would_be() {
    let mut d = at_plan();
    d.job_failed(1, "the model is gone");
    d.did(&[]);
    assert_eq!(standing(&d), "failed");
    assert!(d.is_silent());
    d.tick(5.0);
    d.did(&[]);
}

#[test]
fn a_training_stops_the_plan() {
    let mut d = at_plan();
    d.command(Command::Train(request()));
    d.did(&["stop 1", "start 2 Train"]);
    d.job_failed(1, "stopped");
    assert_eq!(d.model.planning.job(), None);
    d.tick(5.0);
    d.did(&[]);
}

#[test]
fn so_do_predictions_and_a_run_that_goes_on() {
    let mut d = at_plan();
    d.command(Command::Predict("run-1".to_owned()));
    d.did(&["stop 1", r#"start 2 Predict { run: "run-1" }"#]);
    let mut d = at_plan();
    d.command(Command::Resume("run-1".to_owned()));
    d.did(&["stop 1", "start 2 Train"]);
}

#[test]
fn a_plan_that_gave_way_is_made_after_the_work() {
    let mut d = at_plan();
    d.command(Command::Predict("run-1".to_owned()));
    d.job_failed(1, "stopped");
    d.tick(5.0);
    d.did(&[]);
    assert_eq!(standing(&d), "later");
    d.job_done(2);
    d.tick(0.1);
    d.did(&["start 3 Plan"]);
}

#[test]
fn no_plan_is_made_where_the_form_is_not_shown() {
    let mut d = at_form();
    d.act(Action::Pictures);
    d.tick(5.0);
    d.did(&[]);
    let mut d = at_form();
    d.command(Command::Train(request()));
    d.job_done(1);
    d.hush();
    d.tick(5.0);
    d.did(&[]);
    d.command(Command::TrainForm(TrainForm {
        again: true,
        ..TrainForm::default()
    }));
    d.tick(5.0);
    d.did(&["start 2 Plan"]);
}

#[test]
fn no_plan_is_made_without_the_habit_without_labels_or_of_a_read_only_project() {
    let unlabelled = Catalog {
        truth: vec![0; 8],
        ..birds()
    };
    for (habit, catalog) in [(false, birds()), (true, unlabelled), (true, small())] {
        let mut d = Driver::with(Prefs::default(), habit);
        d.opened(catalog);
        d.act(Action::Train);
        d.tick(0.0);
        d.tick(5.0);
        d.did(&[]);
    }
}

#[test]
fn settings_that_make_no_sense_are_not_planned() {
    let mut d = at_form();
    typed(&mut d, "epochs_1", "many");
    d.tick(5.0);
    d.did(&[]);
    typed(&mut d, "epochs_1", "2");
    d.tick(0.0);
    d.did(&["repaint 700 ms"]);
}

#[test]
fn a_plan_can_be_asked_for_by_hand_in_place_of_the_one_before() {
    let mut d = Driver::at_birds();
    d.command(Command::Plan(request()));
    d.did(&["start 1 Plan"]);
    d.command(Command::Plan(TrainRequest { seed: 1, ..request() }));
    d.did(&["stop 1", "start 2 Plan"]);
    let mut closed = Driver::new();
    closed.command(Command::Plan(request()));
    closed.did(&[]);
}
