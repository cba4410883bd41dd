//! A watched folder: it says what it will write, keeps its thresholds, and goes on over a restart.

use super::tag_writing::{form, skipped, written};
use super::tagging::{at_tag, tag, tagged, words};
use super::*;
use crate::app::model::command::{Preference, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::tag::source::Source;
use crate::app::model::tag::watch::Watched;
use crate::app::model::tag::write::WriteForm;
use crate::app::update::begin;
use crate::engine::Request;
use crate::engine::event::{Tag, Tags};
use std::time::SystemTime;

/// A folder is watched by job 1.
fn watching() -> Driver {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Use(file()));
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(Vec::new())));
    tag(&mut d, TagCommand::StartWatch);
    d
}

fn file() -> Source {
    Source::File {
        path: "/t.safetensors".into(),
    }
}

fn watched() -> Watched {
    Watched {
        folder: "/inbox".into(),
        source: file(),
        form: WriteForm::default(),
        thresholds: Default::default(),
        calibrated: true,
    }
}

#[test]
fn watching_needs_labels_a_way_to_write_and_a_folder() {
    let watch = TagCommand::Watch("/inbox".into());
    let mut d = Driver::new();
    tag(&mut d, watch.clone());
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "Watching needs something that gives labels"));
    tag(&mut d, TagCommand::Use(words("cat")));
    d.command(Command::Prefer(Preference::Write(WriteForm {
        xmp: false,
        ..WriteForm::default()
    })));
    tag(&mut d, watch.clone());
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "Watching needs a way to write"));
    d.command(Command::Prefer(Preference::Write(WriteForm::default())));
    tag(&mut d, watch);
    d.did(&[r#"probe WatchFolder("/inbox")"#]);
    d.probe(Reply::WatchFolder("/inbox".into(), None));
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "There is no folder /inbox"));
    assert_eq!(d.model.prefs.watch, None);
}

#[test]
fn a_folder_is_watched_with_what_is_chosen_then() {
    let mut d = watching();
    d.did(&["start 1 Watch"]);
    assert_eq!(d.model.prefs.watch, Some(watched()));
    let (_, spec) = d.start();
    assert_eq!(spec.title, "Watching inbox");
    assert!(matches!(&spec.request, Request::Tag(r)
        if r.watch && !r.fresh && !r.evidence && r.paths == paths(&["/inbox"]) && r.write.len() == 1));
    tag(&mut d, TagCommand::Use(words("owl")));
    d.command(Command::Prefer(Preference::Write(form())));
    assert_eq!(
        d.model.prefs.watch,
        Some(watched()),
        "what is chosen later is for the list"
    );
}

#[test]
fn what_comes_to_a_watched_folder_is_logged_with_its_time() {
    let mut d = watching();
    d.outside.wall = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60));
    d.tick(1.0);
    let tags = |tags: Vec<Tag>| {
        Event::Tags(Tags {
            image: "/inbox/a.png".to_owned(),
            tags,
            resumed: false,
            evidence: None,
        })
    };
    let cat = Tag::by_tagger("cat".to_owned(), 0.876);
    d.job_event(1, tags(vec![cat]));
    d.job_event(1, tags(Vec::new()));
    d.job_event(1, skipped("/inbox/b.png", "it is empty"));
    let lines: Vec<_> = d
        .model
        .prefs
        .watch_log
        .lines
        .iter()
        .map(|l| (l.name.as_str(), l.said.clone()))
        .collect();
    assert_eq!(
        lines,
        [
            ("a.png", Ok("cat 88 %".to_owned())),
            ("a.png", Ok("no label found".to_owned())),
            ("b.png", Err("it is empty".to_owned())),
        ]
    );
    assert_eq!(
        d.model.prefs.watch_log.lines[0].time,
        SystemTime::UNIX_EPOCH + Duration::from_secs(60)
    );
    assert_eq!(d.model.prefs.watch_log.counts, [2, 1]);
    assert!(!d.model.tagging.watch.settled);
    d.job_event(1, progress("encoding pictures", 1, 2));
    assert!(!d.model.tagging.watch.settled);
    d.job_event(
        1,
        Event::Progress {
            phase: "watching for new pictures".to_owned(),
            done: 0,
            total: 0,
            kind: PhaseKind::Watching,
        },
    );
    assert!(d.model.tagging.watch.settled);
}

#[test]
fn watching_is_paused_continued_and_ended() {
    let mut d = watching();
    tag(&mut d, TagCommand::PauseWatch);
    d.did(&["stop 1"]);
    tag(&mut d, TagCommand::ContinueWatch);
    d.did(&[]);
    d.job_failed(1, "stopped");
    assert!(d.is_silent());
    assert_eq!(
        (d.model.tagging.watch.job, d.model.prefs.watch.clone()),
        (None, Some(watched()))
    );
    tag(&mut d, TagCommand::ContinueWatch);
    d.did(&["start 2 Watch"]);
    tag(&mut d, TagCommand::EndWatch);
    d.did(&["stop 2"]);
    d.job_failed(2, "stopped");
    assert_eq!(d.model.prefs.watch, None);
    tag(&mut d, TagCommand::ContinueWatch);
    d.did(&[]);
}

#[test]
fn another_folder_takes_the_place_of_the_one_that_is_watched() {
    let mut d = watching();
    d.probe(Reply::WatchFolder("/other".into(), Some(Vec::new())));
    tag(&mut d, TagCommand::StartWatch);
    d.did(&["stop 1", "start 2 Watch"]);
    d.job_event(1, skipped("/inbox/b.png", "it is empty"));
    d.job_failed(1, "stopped");
    assert!(d.model.prefs.watch_log.lines.is_empty());
    assert_eq!(d.model.tagging.watch.job, Some(2));
}

#[test]
fn watching_that_ends_by_itself_says_why_and_can_be_continued() {
    for died in [false, true] {
        let mut d = watching();
        d.job_ended(1, Err(failure("the folder is gone")), died);
        assert_eq!(d.says(), (Level::Error, "the folder is gone"));
        assert!(d.model.tagging.watch.failure.is_some());
        d.press("Continue");
        d.did(&["start 2 Watch"]);
        assert!(d.model.tagging.watch.failure.is_none());
    }
}

#[test]
fn a_folder_watched_in_the_last_session_is_paused_until_someone_continues() {
    let prefs = Prefs {
        watch: Some(watched()),
        ..Prefs::default()
    };
    let mut d = Driver::with(prefs, true);
    d.effects = begin(&mut d.model, false, Vec::new());
    d.did(&[]);
    assert_eq!(d.says(), (Level::Note, "Watching /inbox is paused"));
    d.press("Continue");
    d.did(&["start 1 Watch"]);
}

#[test]
fn watching_says_what_it_will_write_before_it_writes() {
    let mut d = tagged();
    tag(&mut d, TagCommand::StartWatch);
    d.did(&[]);
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    let there: Vec<PathBuf> = (0..60).map(|i| format!("/inbox/{i}.png").into()).collect();
    d.probe(Reply::WatchFolder("/inbox".into(), Some(there)));
    d.did(&["start 2 LookWatch"]);
    let Request::Tag(request) = d.start().1.request else {
        panic!("no look")
    };
    assert!(request.dry_run && !request.watch && request.paths.len() == 50);
    d.job_event(2, written("/inbox/0.png.xmp"));
    tag(&mut d, TagCommand::StartWatch);
    d.did(&[]);
    d.job_done(2);
    assert_eq!(d.model.tagging.watch.look.as_ref().unwrap().outcome.lines.len(), 1);
    // Another threshold: what was looked at no longer holds.
    tag(&mut d, TagCommand::Threshold(0, 0.95));
    tag(&mut d, TagCommand::StartWatch);
    d.did(&[]);
    tag(&mut d, TagCommand::Threshold(0, 0.5));
    tag(&mut d, TagCommand::StartWatch);
    d.did(&["start 3 Watch"]);
}

#[test]
fn watching_uses_the_thresholds_that_are_shown_and_keeps_them() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Threshold(0, 1.0));
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(Vec::new())));
    tag(&mut d, TagCommand::StartWatch);
    let thresholds = |d: &Driver| match d.start().1.request {
        Request::Tag(request) => request.thresholds,
        _ => panic!("no tagging"),
    };
    let shown = [("cat".to_owned(), 1.0), ("dog".to_owned(), 0.5)];
    assert_eq!(thresholds(&d), shown.clone().into());
    let told = d.model.prefs.watch.as_ref().unwrap().from_words();
    assert_eq!(told, "cat from 100 %, dog from 50 %");
    // What is moved afterwards is for the list; the next session watches as this one.
    tag(&mut d, TagCommand::Threshold(0, 0.2));
    let mut d = Driver::with(d.model.prefs.clone(), false);
    tag(&mut d, TagCommand::ContinueWatch);
    assert_eq!(thresholds(&d), shown.into());
}

#[test]
fn thresholds_that_nobody_saw_are_told_by_the_look() {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(paths(&["/inbox/a.png"]))));
    d.job_event(1, tagging::tagger("birds", &["owl"]));
    d.job_done(1);
    tag(&mut d, TagCommand::StartWatch);
    assert!(matches!(d.start().1.request, Request::Tag(r) if r.thresholds == [("owl".to_owned(), 0.5)].into()));
}

#[test]
fn the_log_of_a_watched_folder_goes_on_in_the_next_session() {
    let tags = |resumed| {
        Event::Tags(Tags {
            image: "/inbox/a.png".to_owned(),
            tags: Vec::new(),
            resumed,
            evidence: None,
        })
    };
    let mut d = watching();
    d.job_event(1, tags(false));
    d.job_event(1, skipped("/inbox/b.png", "it is empty"));
    let mut d = Driver::with(d.model.prefs.clone(), false);
    assert_eq!(d.model.prefs.watch_log.counts, [1, 1]);
    tag(&mut d, TagCommand::ContinueWatch);
    // What was done before is told again by the job, and not logged again.
    d.job_event(1, tags(true));
    d.job_event(1, skipped("/inbox/b.png", "it is empty"));
    assert_eq!(d.model.prefs.watch_log.counts, [1, 1]);
    d.job_event(1, tags(false));
    assert_eq!(d.model.prefs.watch_log.counts, [2, 1]);
    tag(&mut d, TagCommand::EndWatch);
    assert_eq!(d.model.prefs.watch_log, Default::default());
    assert_eq!(d.model.tagging.watch.folder, "/inbox", "it can be started again");
}

#[test]
fn an_untrained_model_finds_its_thresholds_by_looking() {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(Vec::new())));
    d.did(&[]);
    let words = "A model that was never trained on these labels has to see some pictures first";
    assert_eq!(d.says(), (Level::Warning, words));
    d.probe(Reply::WatchFolder("/inbox".into(), Some(paths(&["/inbox/a.png"]))));
    let (first, _) = d.start();
    let mut tagger = tagging::tagger("clip", &["cat", "dog"]);
    if let Event::Tagger { calibrated, .. } = &mut tagger {
        *calibrated = false;
    }
    d.job_event(first, tagger);
    let mut tags = tagging::tags("/inbox/a.png", &[1.0, 1.0]);
    if let Event::Tags(Tags {
        evidence: Some(evidence),
        ..
    }) = &mut tags
    {
        evidence.log_odds = vec![30.0, 20.0];
    }
    d.job_event(first, tags);
    d.job_done(first);
    d.did(&["start 2 LookWatch"]);
    let Request::Tag(request) = d.start().1.request else {
        panic!("no look")
    };
    let odds = &request.log_odds;
    assert!(
        request.thresholds.is_empty() && odds["cat"] < 30.0 && odds["dog"] > 20.0,
        "{odds:?}"
    );
    d.job_done(2);
    tag(&mut d, TagCommand::StartWatch);
    assert!(matches!(d.start().1.request, Request::Tag(r) if r.watch && r.log_odds == request.log_odds));
}
