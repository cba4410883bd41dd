//! Tags into files: only what was shown is written; watched folders.

use super::tagging::{at_tag, found, tag, tagged, words};
use super::*;
use crate::app::model::command::{Preference, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::prefs::Look;
use crate::app::model::tag::watch::Watched;
use crate::app::model::tag::write::WriteForm;
use crate::app::update::begin;
use crate::engine::Request;
use crate::engine::event::{Tag, Tags};
use crate::engine::request::TagWrite;
use std::time::SystemTime;

/// What would be written is known to its end; the look was job 2.
fn previewed() -> Driver {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(false));
    d.job_event(2, written("/q/a.png.xmp"));
    d.job_event(2, written("/q/b.png.xmp"));
    d.job_done(2);
    d
}

fn written(path: &str) -> Event {
    Event::Written {
        path: path.to_owned(),
        what: "new".to_owned(),
        dry_run: true,
    }
}

fn skipped(image: &str, reason: &str) -> Event {
    Event::Skipped {
        image: image.to_owned(),
        reason: reason.to_owned(),
    }
}

fn form() -> WriteForm {
    WriteForm {
        csv: true,
        ..WriteForm::default()
    }
}

/// A folder is watched by job 1.
fn watching() -> Driver {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Watch("/inbox".into()));
    d.probe(Reply::WatchFolder("/inbox".into(), true));
    d
}

fn watched() -> Watched {
    Watched {
        folder: "/inbox".into(),
        source: words("cat, dog"),
        form: WriteForm::default(),
    }
}

#[test]
fn what_would_be_written_is_looked_at_first() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    d.command(Command::Prefer(Preference::Write(form())));
    tag(&mut d, TagCommand::Preview(false));
    d.did(&["start 2 WriteTags { dry_run: true }"]);
    let Request::WriteTags(request) = d.start().1.request else {
        panic!("no writing")
    };
    assert!(request.dry_run);
    assert_eq!(request.by, "words");
    assert_eq!(request.items[0].0, PathBuf::from("/q/a.png"));
    assert_eq!(request.items[0].1, [("owl".to_owned(), 1.0), ("cat".to_owned(), 0.9)]);
    assert!(
        matches!(&request.write[..], [TagWrite::Xmp { stem: false }, TagWrite::Csv { out: Some(out), .. }]
        if out.to_str() == Some("/q/tags.csv"))
    );
}

#[test]
fn labels_that_nobody_but_a_person_gave_are_written_as_given_by_hand() {
    let mut d = Driver::new();
    found(&mut d, &["/q/a.png"]);
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    tag(&mut d, TagCommand::Preview(false));
    assert!(matches!(d.start().1.request, Request::WriteTags(r) if r.by == "by hand" && r.items.len() == 1));
}

#[test]
fn nothing_is_written_before_all_of_it_was_shown() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
    tag(&mut d, TagCommand::Preview(false));
    d.job_event(2, written("/q/a.png.xmp"));
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
    d.job_done(2);
    tag(&mut d, TagCommand::Write);
    d.did(&["start 3 WriteTags { dry_run: false }"]);
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
}

#[test]
fn an_edit_a_threshold_or_another_form_after_the_preview_writes_nothing() {
    let changes = [
        Command::Tag(TagCommand::Set(vec![0], "owl".to_owned(), true)),
        Command::Tag(TagCommand::Threshold(0, 0.95)),
        Command::Prefer(Preference::Write(form())),
    ];
    for change in changes {
        let mut d = previewed();
        d.command(change);
        tag(&mut d, TagCommand::Write);
        d.did(&[]);
    }
    let mut d = previewed();
    d.command(Command::Prefer(Preference::Look(Look::Dark)));
    tag(&mut d, TagCommand::Write);
    d.did(&["start 3 WriteTags { dry_run: false }"]);
}

#[test]
fn a_preview_of_one_list_does_not_write_the_one_that_is_brought_back() {
    let mut d = Driver::new();
    found(&mut d, &["/q/a.png"]);
    tag(&mut d, TagCommand::Clear);
    found(&mut d, &["/q/b.png"]);
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    tag(&mut d, TagCommand::Preview(false));
    d.job_done(1);
    tag(&mut d, TagCommand::BringBack);
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
}

#[test]
fn what_was_written_and_left_out_is_said() {
    let mut d = previewed();
    assert_eq!(d.model.tagging.preview.lines.len(), 2);
    tag(&mut d, TagCommand::Write);
    d.job_event(3, written("/q/a.png.xmp"));
    d.job_event(3, skipped("/q/b.png", "it is read-only"));
    d.job_done(3);
    assert_eq!(d.says(), (Level::Done, "Wrote 1 file, 1 picture left out"));
    assert_eq!(d.model.tagging.preview.written, Some(1));
}

#[test]
fn a_removal_takes_away_what_was_shown_and_no_more() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(true));
    assert!(matches!(d.start().1.request, Request::RemoveTags(r)
        if r.dry_run && r.paths == paths(&["/q/a.png", "/q/b.png"])));
    d.job_event(2, written("/q/a.png.xmp"));
    d.job_done(2);
    tag(&mut d, TagCommand::Write);
    d.did(&["start 3 WriteTags { dry_run: false }"]);
    assert!(matches!(d.start().1.request, Request::RemoveTags(r) if !r.dry_run));
    d.job_event(3, written("/q/a.png.xmp"));
    d.job_done(3);
    assert_eq!(d.says(), (Level::Done, "Changed 1 file"));
}

#[test]
fn a_new_preview_stops_the_one_before_whose_lines_no_longer_count() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(false));
    tag(&mut d, TagCommand::Preview(true));
    d.did(&["stop 2", "start 3 WriteTags { dry_run: true }"]);
    d.job_event(2, written("/q/stale.xmp"));
    d.job_failed(2, "stopped");
    assert!(d.model.tagging.preview.lines.is_empty());
    assert_eq!(d.model.tagging.preview.job, Some(3));
}

#[test]
fn a_preview_that_fails_says_so_in_its_panel_and_writing_that_fails_everywhere() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(false));
    d.job_failed(2, "the folder is read-only");
    assert!(d.model.tagging.preview.failure.is_some() && !d.model.tagging.preview.whole);
    assert!(d.is_silent());
    let mut d = previewed();
    tag(&mut d, TagCommand::Write);
    d.job_failed(3, "the disk is full");
    assert!(d.model.tagging.preview.failure.is_some());
    assert_eq!(d.says(), (Level::Error, "the disk is full"));
}

#[test]
fn writing_that_was_stopped_says_that_files_are_whole() {
    let mut d = previewed();
    tag(&mut d, TagCommand::Write);
    d.command(Command::Stop(3));
    d.job_failed(3, "stopped");
    let words = "Writing was stopped; every file that was written is whole";
    assert_eq!(d.says(), (Level::Note, words));
}

#[test]
fn leaving_the_preview_forgets_it() {
    let mut d = previewed();
    tag(&mut d, TagCommand::Prepare(true));
    let preview = &d.model.tagging.preview;
    assert!(preview.removal && !preview.whole && preview.lines.is_empty());
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
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
    d.probe(Reply::WatchFolder("/inbox".into(), false));
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
            evidence: None,
        })
    };
    let cat = Tag {
        label: "cat".to_owned(),
        probability: 0.876,
    };
    d.job_event(1, tags(vec![cat]));
    d.job_event(1, tags(Vec::new()));
    d.job_event(1, skipped("/inbox/b.png", "/inbox/b.png: it is empty"));
    let lines: Vec<_> = d
        .model
        .tagging
        .watch
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
        d.model.tagging.watch.lines[0].time,
        SystemTime::UNIX_EPOCH + Duration::from_secs(60)
    );
    assert_eq!(d.model.tagging.watch.counts, [2, 1]);
    assert!(!d.model.tagging.watch.settled);
    d.job_event(1, progress("watching for new pictures", 0, 0));
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
    d.probe(Reply::WatchFolder("/other".into(), true));
    d.did(&["stop 1", "start 2 Watch"]);
    d.job_event(1, skipped("/inbox/b.png", "it is empty"));
    d.job_failed(1, "stopped");
    assert!(d.model.tagging.watch.lines.is_empty());
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
