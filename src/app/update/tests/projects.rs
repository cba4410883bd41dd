//! A project opens, fails to open, is closed; its thread answers late; the demo.

use super::*;
use crate::app::model::command::{BrowseCommand, Place};
use crate::app::model::file_probe::Reply;
use crate::app::model::open::Slot;
use crate::app::model::project_messages::{DataReply, ValuesNow};
use crate::engine::Request;
use crate::engine::jobs::demo_settings;
use crate::engine::request::TrainRequest;

fn owls() -> Catalog {
    Catalog {
        folder: "/p/owls.patchlight".into(),
        ..birds()
    }
}

fn values(said: &str) -> ProjectReply {
    ProjectReply::Values(ValuesNow {
        rows: vec![(1, vec![0, 1], true)],
        undo: None,
        redo: None,
        said: said.to_owned(),
    })
}

#[test]
fn an_opened_project_is_shown_and_remembered() {
    let mut d = Driver::new();
    d.model.desk.path = BIRDS.to_owned();
    d.command(Command::Open(BIRDS.into()));
    assert!(matches!(&d.model.project, Slot::Opening(path) if path.to_str() == Some(BIRDS)));
    d.reply(ProjectReply::Opened(Box::new(birds()), None));
    d.did(&[]);
    assert_eq!(d.model.place, Place::Pictures);
    assert_eq!(d.model.browse.shown, [0, 1, 2, 3]);
    assert_eq!(d.model.desk.path, "", "what was typed was opened");
    let recent = &d.model.prefs.recent[0];
    assert_eq!((recent.path.to_str(), recent.counts), (Some(BIRDS), [4, 2]));
    d.command(Command::Forget(BIRDS.into()));
    assert!(d.model.prefs.recent.is_empty());
}

#[test]
fn a_project_that_cannot_be_opened_says_why_in_its_place() {
    let mut d = Driver::new();
    d.command(Command::Open(BIRDS.into()));
    d.reply(ProjectReply::NotOpened(failure("it is damaged")));
    assert!(matches!(&d.model.project, Slot::Failed(_, failure) if failure.message == "it is damaged"));
    assert_eq!(d.model.place, Place::Pictures);
    assert!(d.model.prefs.recent.is_empty());
    d.act(Action::CloseProject);
    d.did(&[]);
    d.command(Command::Open(BIRDS.into()));
    d.did(&["close", "clear textures", "open /p/birds.patchlight"]);
}

#[test]
fn closing_stops_the_jobs_of_the_project_and_forgets_what_was_chosen() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.command(Command::UseModel("/m/clip".to_owned()));
    d.command(Command::Browse(BrowseCommand::Travel { by: 2, extend: true }));
    d.act(Action::CloseProject);
    d.did(&["stop 1", "close", "clear textures"]);
    assert_eq!(d.model.place, Place::Home);
    assert!(matches!(d.model.project, Slot::Empty));
    assert!(d.model.browse.selection.is_empty() && d.model.browse.shown.is_empty());
}

#[test]
fn another_project_takes_the_place_of_the_open_one() {
    let mut d = Driver::at_birds();
    let before = d.model.open().map(|open| open.version);
    d.command(Command::Open("/p/owls.patchlight".into()));
    d.did(&["close", "clear textures", "open /p/owls.patchlight"]);
    d.reply(ProjectReply::Opened(Box::new(owls()), None));
    assert_eq!(d.catalog().name(), "owls");
    assert_ne!(
        d.model.open().map(|open| open.version),
        before,
        "no two projects share a version"
    );
    let recent: Vec<_> = d.model.prefs.recent.iter().map(|r| r.path.clone()).collect();
    assert_eq!(recent, paths(&["/p/owls.patchlight", BIRDS]));
}

#[test]
fn late_answers_of_a_closed_project_change_nothing() {
    let mut d = Driver::at_birds();
    d.act(Action::CloseProject);
    d.reply(ProjectReply::Opened(Box::new(birds()), None));
    d.reply(ProjectReply::NotOpened(failure("late")));
    d.reply(ProjectReply::Runs(vec![run("run-1", 1, RunState::Done)]));
    d.reply(values("late"));
    d.reply(ProjectReply::Data(DataReply::Pictures {
        splits: vec![(1, None)],
        edited: Vec::new(),
    }));
    d.did(&[]);
    assert!(matches!(d.model.project, Slot::Empty));
    assert!(d.is_silent());
}

#[test]
fn a_late_word_on_opening_does_not_take_the_open_project_away() {
    let mut d = Driver::at_birds();
    d.reply(ProjectReply::NotOpened(failure("late")));
    d.reply(ProjectReply::Opened(Box::new(owls()), None));
    assert_eq!(d.catalog().name(), "birds");
}

#[test]
fn jobs_that_end_after_their_project_was_closed_start_nothing() {
    let mut d = Driver::at_birds();
    d.command(Command::Train(TrainRequest::new(BIRDS.as_ref())));
    let (id, _) = d.start();
    d.opened(owls());
    d.hush();
    d.job_event(
        id,
        Event::Split {
            splits: Default::default(),
            unmatched: Vec::new(),
        },
    );
    d.did(&[]);
    d.job_done(id);
    d.did(&[]);
    assert!(d.is_silent());
    assert_eq!(d.model.notices.log.back().unwrap().1, "ended: Training both stages");
}

#[test]
fn a_message_about_a_closed_project_stays_but_no_longer_acts() {
    let mut d = Driver::at_birds();
    d.command(Command::Predict("run-1".to_owned()));
    d.job_died(1, "the worker died");
    assert_eq!(d.buttons(), ["Try again"]);
    d.opened(owls());
    assert!(d.buttons().is_empty(), "run-1 is no run of this project");
    assert_eq!(d.says(), (Level::Error, "the worker died"));
}

#[test]
fn a_run_that_was_stopped_last_can_go_on() {
    let mut d = Driver::new();
    let runs = vec![run("run-1", 1, RunState::Done), run("run-2", 2, RunState::Stopped)];
    d.opened(Catalog { runs, ..birds() });
    assert_eq!(
        d.says(),
        (Level::Note, "Training 2, Stage 2 was stopped before its end")
    );
    d.press("Resume");
    d.did(&["start 1 Train"]);
    assert!(matches!(&d.start().1.request, Request::Train(r) if r.resume.as_deref() == Some("run-2")));
}

#[test]
fn a_run_that_was_stopped_before_another_one_is_not_offered() {
    let mut d = Driver::new();
    let runs = vec![run("run-1", 1, RunState::Stopped), run("run-2", 1, RunState::Done)];
    d.opened(Catalog { runs, ..birds() });
    assert!(d.is_silent());
}

#[test]
fn what_was_odd_about_opening_is_said() {
    let mut d = Driver::new();
    let notices = vec!["Another window works on it".to_owned()];
    d.opened(Catalog { notices, ..birds() });
    assert_eq!(d.says(), (Level::Warning, "Another window works on it"));
}

#[test]
fn a_small_project_is_scored_at_once_where_that_is_the_habit() {
    let mut d = Driver::with(Prefs::default(), true);
    d.opened(unscored());
    d.did(&[r#"start 1 Predict { run: "zero-shot" }"#]);
    assert_eq!(d.says(), (Level::Note, "The built-in model knows pictograms only"));
    assert_eq!(d.buttons(), ["Get a better model"]);
    let mut asked = Driver::new();
    asked.opened(unscored());
    asked.did(&[]);
    assert!(asked.is_silent());
}

#[test]
fn the_newest_finished_run_scores_and_a_chosen_model_needs_no_advice() {
    let mut d = Driver::with(Prefs::default(), true);
    d.opened(Catalog {
        model: Some("/m/clip".to_owned()),
        runs: vec![run("run-1", 1, RunState::Done), run("run-2", 2, RunState::Failed)],
        ..unscored()
    });
    d.did(&[r#"start 1 Predict { run: "run-1" }"#]);
    assert!(d.is_silent());
}

#[test]
fn nothing_is_scored_at_once_that_is_scored_read_only_or_without_labels() {
    let bare = Catalog {
        labels: Vec::new(),
        truth: Vec::new(),
        ..unscored()
    };
    let read_only = Catalog {
        writable: false,
        ..unscored()
    };
    for catalog in [birds(), bare, read_only] {
        let mut d = Driver::with(Prefs::default(), true);
        d.opened(catalog);
        d.did(&[]);
    }
}

#[test]
fn the_demo_is_drawn_opened_scored_and_trained() {
    let mut d = Driver::new();
    d.act(Action::Demo);
    d.did(&["probe DemoFolder(false)"]);
    d.probe(Reply::DemoFolder("/d/demo".into(), true));
    d.did(&["start 1 DemoData { quick: true }"]);
    d.job_event(
        1,
        Event::Done {
            run: None,
            project: Some("/d/demo/birds.patchlight".to_owned()),
            report: None,
            seconds: 1.0,
            encoded: 0,
            fallback: Vec::new(),
        },
    );
    d.job_done(1);
    d.did(&["clear textures", "open /d/demo/birds.patchlight"]);
    let folder = PathBuf::from("/d/demo/birds.patchlight");
    d.reply(ProjectReply::Opened(
        Box::new(Catalog {
            folder: folder.clone(),
            ..unscored()
        }),
        None,
    ));
    d.did(&[r#"start 2 Predict { run: "zero-shot" }"#, "start 3 Train"]);
    let Request::Train(request) = &d.started()[1].1.request else {
        panic!("no training")
    };
    assert_eq!((&request.project, &request.set), (&folder, &demo_settings(true)));
}

#[test]
fn the_demo_is_drawn_once_at_a_time() {
    let mut d = Driver::new();
    d.probe(Reply::DemoFolder("/d/demo".into(), true));
    d.command(Command::Demo { quick: true });
    d.did(&[]);
    d.probe(Reply::DemoFolder("/d/demo-2".into(), true));
    d.did(&[]);
}

/// The demo's pictures are drawn; its project is being opened.
fn demo_opening() -> Driver {
    let mut d = Driver::new();
    d.probe(Reply::DemoFolder("/d/demo".into(), true));
    d.job_event(
        1,
        Event::Done {
            run: None,
            project: Some("/d/demo/birds.patchlight".to_owned()),
            report: None,
            seconds: 1.0,
            encoded: 0,
            fallback: Vec::new(),
        },
    );
    d.job_done(1);
    d
}

#[test]
fn a_project_that_is_opened_instead_of_the_demo_is_not_trained() {
    let mut d = demo_opening();
    d.opened(birds());
    d.did(&[]);
}

#[test]
fn after_a_demo_that_cannot_be_opened_the_next_project_is_not_trained() {
    let mut d = demo_opening();
    d.reply(ProjectReply::NotOpened(failure("the disk is full")));
    assert_eq!(d.model.desk.demo, None);
    d.opened(birds());
    d.did(&[]);
}

#[test]
fn what_the_project_refuses_is_said() {
    let mut d = Driver::at_birds();
    d.reply(ProjectReply::Failed {
        what: "setting a label",
        failure: failure("the disk is full"),
    });
    assert_eq!(d.says(), (Level::Error, "the disk is full"));
    d.did(&[]);
}

#[test]
fn places_of_a_project_need_one() {
    let mut d = Driver::new();
    for action in [
        Action::Pictures,
        Action::Train,
        Action::Results,
        Action::Undo,
        Action::Predict,
        Action::CheckContent,
    ] {
        d.act(action);
        d.did(&[]);
        assert_eq!(d.model.place, Place::Home, "{action:?}");
    }
    d.act(Action::Settings);
    assert_eq!(d.model.place, Place::Settings);
}
