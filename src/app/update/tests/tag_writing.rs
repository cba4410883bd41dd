//! Tags into files: only what was shown is written.

use super::tagging::{found, tag, tagged};
use super::*;
use crate::app::model::choose::Choose;
use crate::app::model::command::{Preference, TagCommand};
use crate::app::model::prefs::Look;
use crate::app::model::tag::write::WriteForm;
use crate::engine::Request;
use crate::engine::request::TagWrite;

/// What would be written is known to its end; the look was job 2.
fn previewed() -> Driver {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(false));
    d.job_event(2, written("/q/a.png.xmp"));
    d.job_event(2, written("/q/b.png.xmp"));
    d.job_done(2);
    d
}

pub(super) fn written(path: &str) -> Event {
    Event::Written {
        path: path.to_owned(),
        what: "new".to_owned(),
        dry_run: true,
        deleted: false,
    }
}

fn deleted(path: &str) -> Event {
    Event::Written {
        path: path.to_owned(),
        what: "deleted: it held only “cat”".to_owned(),
        dry_run: false,
        deleted: true,
    }
}

pub(super) fn skipped(image: &str, reason: &str) -> Event {
    Event::Skipped {
        image: image.to_owned(),
        reason: reason.to_owned(),
    }
}

pub(super) fn form() -> WriteForm {
    WriteForm {
        csv: true,
        ..WriteForm::default()
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
    assert_eq!(
        request.items[0].1,
        [("owl".to_owned(), None), ("cat".to_owned(), Some(0.9))]
    );
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
    assert_eq!(d.model.tagging.preview.outcome.lines.len(), 2);
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
        if r.dry_run && r.stem.is_none() && r.paths == paths(&["/q/a.png", "/q/b.png"])));
    d.job_event(2, written("/q/a.png.xmp"));
    d.job_done(2);
    tag(&mut d, TagCommand::Write);
    d.did(&["start 3 WriteTags { dry_run: false }"]);
    assert!(matches!(d.start().1.request, Request::RemoveTags(r) if !r.dry_run));
    d.job_event(3, written("/q/a.png.xmp"));
    d.job_event(3, deleted("/q/b.xmp"));
    d.job_done(3);
    assert_eq!(d.says(), (Level::Done, "Changed 1 file, deleted 1 file"));
}

#[test]
fn a_new_preview_stops_the_one_before_whose_lines_no_longer_count() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Preview(false));
    tag(&mut d, TagCommand::Preview(true));
    d.did(&["stop 2", "start 3 WriteTags { dry_run: true }"]);
    d.job_event(2, written("/q/stale.xmp"));
    d.job_failed(2, "stopped");
    assert!(d.model.tagging.preview.outcome.lines.is_empty());
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
    assert!(preview.removal && !preview.whole && preview.outcome.lines.is_empty());
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
}

#[test]
fn the_chosen_pictures_alone_are_written() {
    let mut d = tagged();
    tag(&mut d, TagCommand::OnlyChosen(true));
    tag(&mut d, TagCommand::Preview(false));
    assert!(
        matches!(d.start().1.request, Request::WriteTags(r) if r.items.len() == 2),
        "nothing is chosen"
    );
    tag(&mut d, TagCommand::Choose(1, Choose::Only));
    tag(&mut d, TagCommand::Preview(false));
    assert!(
        matches!(d.start().1.request, Request::WriteTags(r) if r.items.len() == 1 && r.items[0].0 == paths(&["/q/b.png"])[0])
    );
    d.job_done(3);
    // Another choice: what was shown is not what would be written.
    tag(&mut d, TagCommand::Choose(0, Choose::Only));
    tag(&mut d, TagCommand::Write);
    d.did(&[]);
    tag(&mut d, TagCommand::Choose(1, Choose::Only));
    tag(&mut d, TagCommand::Write);
    d.did(&["start 4 WriteTags { dry_run: false }"]);
    tag(&mut d, TagCommand::Preview(true));
    assert!(matches!(d.start().1.request, Request::RemoveTags(r) if r.paths == paths(&["/q/b.png"])));
}
