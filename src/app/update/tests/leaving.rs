//! Closing the window: at rest, during work, and what may still happen on the way out.

use super::tagging::{at_work, found};
use super::*;
use crate::app::model::command::{DataCommand, ModelCommand, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::job_kind::DataTask;
use crate::app::model::tag::source::Source;
use crate::engine::Stage;
use crate::engine::request::TrainRequest;

fn train(d: &mut Driver) {
    d.command(Command::Train(TrainRequest::new(BIRDS.as_ref())));
}

/// Someone closes the window, so many seconds later.
fn close(d: &mut Driver, seconds: f64) {
    d.outside.closing = true;
    d.tick(seconds);
    d.outside.closing = false;
}

/// A training, job 1, is at work; the window is asked to close, and someone says that it may.
fn on_the_way_out() -> Driver {
    let mut d = Driver::at_birds();
    train(&mut d);
    close(&mut d, 1.0);
    d.command(Command::Leave(true));
    d
}

fn tagger() -> Source {
    Source::File {
        path: "/t.safetensors".into(),
    }
}

#[test]
fn a_window_at_rest_closes() {
    let mut d = Driver::at_birds();
    close(&mut d, 1.0);
    d.did(&[]);
    assert!(!d.model.desk.leaving);
}

#[test]
fn closing_during_work_is_asked_about() {
    let mut d = Driver::at_birds();
    train(&mut d);
    close(&mut d, 1.0);
    d.did(&["keep window"]);
    assert!(d.model.desk.leaving);
}

#[test]
fn looks_checks_and_a_watched_folder_do_not_keep_the_window() {
    let mut d = Driver::at_birds();
    d.command(Command::UseModel("/m/clip".to_owned()));
    d.command(Command::Import {
        data: "/d/birds.csv".into(),
        project: None,
    });
    d.command(Command::Plan(TrainRequest::new(BIRDS.as_ref())));
    d.command(Command::Tag(TagCommand::Use(tagger())));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(Vec::new())));
    d.command(Command::Tag(TagCommand::StartWatch));
    assert_eq!(d.model.jobs.unfinished(|_| true).len(), 4);
    close(&mut d, 1.0);
    d.did(&[]);
}

#[test]
fn one_who_stays_is_asked_again_the_next_time() {
    let mut d = Driver::at_birds();
    train(&mut d);
    close(&mut d, 1.0);
    d.command(Command::Leave(false));
    d.did(&[]);
    assert!(!d.model.desk.leaving && d.model.desk.leave_when_idle.is_none());
    d.tick(60.0);
    d.did(&[]);
    close(&mut d, 1.0);
    d.did(&["keep window"]);
}

#[test]
fn leaving_stops_every_job_and_waits_for_their_ends() {
    let mut d = Driver::at_birds();
    train(&mut d);
    d.command(Command::Predict("run-1".to_owned()));
    close(&mut d, 1.0);
    d.command(Command::Leave(true));
    d.did(&["stop 1", "stop 2"]);
    assert!(!d.model.desk.leaving);
    d.tick(0.1);
    d.did(&["repaint 100 ms"]);
    d.job_failed(1, "stopped");
    d.tick(0.1);
    d.did(&["repaint 100 ms"]);
    d.job_failed(2, "stopped");
    d.tick(0.1);
    d.did(&["close window"]);
}

#[test]
fn leaving_does_not_wait_for_ever() {
    let mut d = on_the_way_out();
    d.tick(25.0);
    d.did(&["repaint 100 ms"]);
    d.tick(0.1);
    d.did(&["close window"]);
}

#[test]
fn on_the_way_out_closing_is_not_asked_about_again() {
    let mut d = on_the_way_out();
    close(&mut d, 0.1);
    d.did(&["repaint 100 ms"]);
    assert!(!d.model.desk.leaving);
}

#[test]
fn a_watched_folder_is_stopped_but_not_waited_for() {
    let mut d = Driver::at_birds();
    train(&mut d);
    d.command(Command::Tag(TagCommand::Use(tagger())));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(Vec::new())));
    d.command(Command::Tag(TagCommand::StartWatch));
    d.command(Command::Leave(true));
    d.did(&["stop 1", "stop 2"]);
    d.job_failed(1, "stopped");
    d.tick(0.1);
    d.did(&["close window"]);
}

#[test]
fn a_training_that_ends_on_the_way_out_starts_no_predictions() {
    let mut d = on_the_way_out();
    d.job_event(
        1,
        Event::Run {
            run: "run-1".to_owned(),
            stage: Stage::One,
            resumed_at: 0,
        },
    );
    d.job_done(1);
    d.did(&[]);
    assert_eq!(d.model.notices.log.back().unwrap().1, "ended: Training both stages");
}

#[test]
fn an_import_that_ends_on_the_way_out_is_not_opened() {
    let mut d = Driver::new();
    d.command(Command::Import {
        data: "/d/birds.csv".into(),
        project: Some("/d/birds.patchlight".into()),
    });
    d.command(Command::Data(DataCommand::Import));
    d.command(Command::Leave(true));
    d.job_done(2);
    d.did(&[]);
}

#[test]
fn a_check_that_gave_way_does_not_go_on_on_the_way_out() {
    let mut d = Driver::at_birds();
    d.command(Command::Data(DataCommand::Check));
    d.command(Command::Import {
        data: "/d/birds.csv".into(),
        project: None,
    });
    d.command(Command::Leave(true));
    d.job_failed(1, "stopped");
    d.job_failed(2, "stopped");
    d.did(&[]);
    assert!(!d.model.jobs.has(|kind| *kind == JobKind::Data(DataTask::Check)));
}

#[test]
fn pictures_that_wait_are_not_tagged_on_the_way_out() {
    let mut d = at_work();
    found(&mut d, &["/q/c.png"]);
    d.command(Command::Leave(true));
    d.did(&["stop 1"]);
    d.job_done(1);
    d.did(&[]);
    d.hush();
    d.tick(0.1);
    d.did(&["close window"]);
}

#[test]
fn models_are_not_listed_on_the_way_out() {
    let mut d = Driver::new();
    d.command(Command::Models(ModelCommand::Fetch("big".to_owned())));
    d.command(Command::Leave(true));
    d.job_failed(1, "stopped");
    d.did(&[]);
    assert_eq!(d.model.models.stopped, ["big"]);
}

#[test]
fn quitting_closes_the_window_which_then_asks_where_it_must() {
    let mut d = Driver::at_birds();
    train(&mut d);
    d.act(Action::Quit);
    d.did(&["close window"]);
    assert!(!d.model.desk.leaving);
    close(&mut d, 0.1);
    d.did(&["keep window"]);
}
