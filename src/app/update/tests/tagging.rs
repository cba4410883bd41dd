//! Tag: pictures come, get labels, are edited; the list is emptied and brought back.

use super::*;
use crate::app::model::choose::Choose;
use crate::app::model::command::{Place, TagCommand};
use crate::app::model::file_probe::Reply;
use crate::app::model::tag::item::Standing;
use crate::app::model::tag::source::Source;
use crate::app::model::tag::state::{Only, Panel, Shown};
use crate::engine::Request;
use crate::engine::event::{TagEvidence, Tags};
use crate::engine::request::TagSource;

pub(super) fn tag(d: &mut Driver, command: TagCommand) {
    d.command(Command::Tag(command));
}

pub(super) fn words(typed: &str) -> Source {
    Source::Words {
        model: None,
        words: typed.to_owned(),
    }
}

/// Pictures were found. That their keywords are read is left out of what it did: a test of its own holds it.
pub(super) fn found(d: &mut Driver, pictures: &[&str]) {
    d.probe(Reply::Pictures(paths(pictures), Vec::new()));
    d.effects
        .retain(|e| !matches!(e, Effect::Probe(file_probe::Request::Keywords(_))));
}

/// Tag is shown, and looks for cats and dogs.
pub(super) fn at_tag() -> Driver {
    let mut d = Driver::new();
    d.act(Action::Tag);
    tag(&mut d, TagCommand::Use(words("cat, dog")));
    d
}

/// Two pictures are being tagged by job 1.
pub(super) fn at_work() -> Driver {
    let mut d = at_tag();
    found(&mut d, &["/q/a.png", "/q/b.png"]);
    d.job_event(1, tagger("words", &["cat", "dog"]));
    d
}

/// The first picture shows a cat, the second both.
pub(super) fn tagged() -> Driver {
    let mut d = at_work();
    d.job_event(1, tags("/q/a.png", &[0.9, 0.1]));
    d.job_event(1, tags("/q/b.png", &[0.6, 0.7]));
    d.job_done(1);
    d.hush();
    d.tick(0.0);
    d
}

pub(super) fn tagger(name: &str, labels: &[&str]) -> Event {
    Event::Tagger {
        name: name.to_owned(),
        labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        thresholds: vec![0.5; labels.len()],
        found: "the usual ones".to_owned(),
        calibrated: true,
    }
}

pub(super) fn tags(image: &str, probability: &[f32]) -> Event {
    Event::Tags(Tags {
        image: image.to_owned(),
        tags: Vec::new(),
        resumed: false,
        evidence: Some(TagEvidence {
            width: 4,
            height: 3,
            probability: probability.to_vec(),
            patches: vec![Vec::new(); probability.len()],
            log_odds: Vec::new(),
        }),
    })
}

fn skipped(image: &str, reason: &str) -> Event {
    Event::Skipped {
        image: image.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The labels of a picture, by its place in the list.
pub(super) fn given(d: &Driver, item: usize) -> Vec<&str> {
    d.model
        .tagging
        .list
        .given(item)
        .iter()
        .map(|given| given.label)
        .collect()
}

fn selection(d: &Driver) -> Vec<u32> {
    d.model.tagging.selection.iter().copied().collect()
}

#[test]
fn pictures_are_looked_for_then_tagged() {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Add(paths(&["/q"])));
    d.did(&[r#"probe Pictures(["/q"])"#]);
    assert!(d.model.tagging.looking);
    found(&mut d, &["/q/a.png", "/q/b.png"]);
    d.did(&["start 1 Tag"]);
    assert!(!d.model.tagging.looking);
    let (_, spec) = d.start();
    assert_eq!(spec.title, "Tagging 2 pictures");
    let Request::Tag(request) = spec.request else {
        panic!("no tagging")
    };
    assert_eq!(request.paths, paths(&["/q/a.png", "/q/b.png"]));
    assert!(matches!(&request.source, TagSource::Words { labels, .. } if labels == &["cat", "dog"]));
    assert!(request.evidence && request.fresh && !request.watch && !request.dry_run && request.write.is_empty());
}

#[test]
fn a_picture_is_in_the_list_once_and_tagged_once() {
    let mut d = tagged();
    found(&mut d, &["/q/a.png"]);
    d.did(&[]);
    assert_eq!(d.model.tagging.list.items.len(), 2);
    found(&mut d, &["/q/a.png", "/q/c.png"]);
    assert!(matches!(&d.start().1.request, Request::Tag(r) if r.paths == paths(&["/q/c.png"])));
}

#[test]
fn pictures_wait_while_words_are_missing_and_the_button_says_so() {
    let mut d = Driver::new();
    found(&mut d, &["/q/a.png"]);
    d.did(&[]);
    assert!(d.is_silent());
    tag(&mut d, TagCommand::Start);
    d.did(&[]);
    let asked = "Type the labels to look for first, separated by commas";
    assert_eq!(d.says(), (Level::Warning, asked));
    tag(&mut d, TagCommand::Use(words("cat")));
    tag(&mut d, TagCommand::Start);
    d.did(&["start 1 Tag"]);
}

#[test]
fn pictures_that_come_meanwhile_are_tagged_afterwards() {
    let mut d = at_work();
    found(&mut d, &["/q/c.png"]);
    d.did(&[]);
    d.job_event(1, tags("/q/a.png", &[0.9, 0.1]));
    d.job_event(1, tags("/q/b.png", &[0.9, 0.1]));
    d.job_done(1);
    d.did(&["start 2 Tag"]);
    assert!(matches!(&d.start().1.request, Request::Tag(r) if r.paths == paths(&["/q/c.png"])));
}

#[test]
fn labels_are_given_from_their_thresholds_on() {
    let mut d = tagged();
    assert_eq!((given(&d, 0), given(&d, 1)), (vec!["cat"], vec!["dog", "cat"]));
    tag(&mut d, TagCommand::Threshold(0, 0.8));
    assert_eq!((given(&d, 0), given(&d, 1)), (vec!["cat"], vec!["dog"]));
    tag(&mut d, TagCommand::ResetThresholds);
    assert_eq!(given(&d, 1), ["dog", "cat"]);
    d.did(&[]);
}

#[test]
fn a_picture_that_cannot_be_read_says_why_and_is_counted() {
    let mut d = at_work();
    d.job_event(1, tags("/q/a.png", &[0.9, 0.1]));
    d.job_event(1, skipped("/q/b.png", "/q/b.png: it is empty"));
    assert_eq!(
        d.model.tagging.list.items[1].standing,
        Standing::Failed("it is empty".to_owned())
    );
    assert!(d.is_silent());
    d.job_done(1);
    d.did(&[]);
    assert_eq!(d.says(), (Level::Done, "1 picture tagged, 1 could not be read"));
}

#[test]
fn another_source_tags_all_anew_and_the_same_one_only_what_waits() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Start);
    d.did(&[]);
    tag(&mut d, TagCommand::Use(words("owl")));
    assert_eq!(given(&d, 0), ["cat"], "until it is asked for");
    tag(&mut d, TagCommand::Start);
    d.did(&["start 2 Tag"]);
    assert!(matches!(&d.start().1.request, Request::Tag(r) if r.paths.len() == 2));
}

#[test]
fn what_a_person_says_goes_before_the_tagger_and_can_be_taken_back() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Set(vec![0, 1], "cat".to_owned(), false));
    assert_eq!(d.says(), (Level::Done, "took “cat” from 2 pictures"));
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    assert_eq!((given(&d, 0), given(&d, 1)), (vec!["owl"], vec!["dog"]));
    tag(&mut d, TagCommand::Undo);
    tag(&mut d, TagCommand::Undo);
    assert_eq!(d.says().1, "Undone: took “cat” from 2 pictures");
    assert_eq!(given(&d, 1), ["dog", "cat"]);
    tag(&mut d, TagCommand::Redo);
    assert_eq!(d.says().1, "Done again: took “cat” from 2 pictures");
    assert_eq!(given(&d, 1), ["dog"]);
    assert_eq!(d.model.notices.list.len(), 1, "only the newest word is in sight");
}

#[test]
fn nothing_is_said_where_nothing_changes() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Set(vec![0], "cat".to_owned(), true));
    tag(&mut d, TagCommand::Undo);
    tag(&mut d, TagCommand::Redo);
    d.did(&[]);
    assert!(d.is_silent());
}

#[test]
fn in_tag_undo_means_the_list_and_elsewhere_the_project() {
    let mut d = tagged();
    d.opened(birds());
    d.act(Action::Tag);
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    d.act(Action::Undo);
    d.did(&[]);
    assert_eq!(given(&d, 0), ["cat"]);
    d.act(Action::Redo);
    assert_eq!(given(&d, 0), ["owl", "cat"]);
    d.act(Action::Pictures);
    d.act(Action::Undo);
    d.did(&["ask Undo"]);
    assert_eq!(given(&d, 0), ["owl", "cat"]);
}

#[test]
fn emptying_the_list_stops_its_jobs_and_what_they_still_say_is_not_heard() {
    let mut d = at_work();
    tag(&mut d, TagCommand::Clear);
    d.did(&["stop 1"]);
    assert_eq!(d.says(), (Level::Done, "The list was emptied; no file was touched"));
    found(&mut d, &["/q/a.png"]);
    d.did(&["start 2 Tag"]);
    d.job_event(1, tags("/q/a.png", &[0.9, 0.9]));
    d.job_failed(1, "stopped");
    assert_eq!(d.model.tagging.list.standings(), [1, 0, 0]);
    assert_eq!(d.model.tagging.job, Some(2));
}

#[test]
fn an_emptied_list_comes_back_with_its_edits_and_what_came_since() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Set(vec![0], "owl".to_owned(), true));
    tag(&mut d, TagCommand::Clear);
    assert!(d.model.tagging.shown.is_empty());
    found(&mut d, &["/q/c.png", "/q/a.png"]);
    d.press("Bring it back");
    let names: Vec<_> = d.model.tagging.list.items.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["a.png", "b.png", "c.png"]);
    assert_eq!(given(&d, 0), ["owl", "cat"]);
    tag(&mut d, TagCommand::Undo);
    assert_eq!(given(&d, 0), ["cat"]);
    tag(&mut d, TagCommand::BringBack);
    assert_eq!(d.model.tagging.list.items.len(), 3, "once");
}

#[test]
fn a_list_that_came_back_is_shown_whole() {
    let mut d = Driver::new();
    d.act(Action::Tag);
    found(&mut d, &["/q/a.png", "/q/b.png", "/q/c.png"]);
    tag(&mut d, TagCommand::Clear);
    found(&mut d, &["/q/d.png"]);
    found(&mut d, &["/q/d.png"]);
    assert_eq!(d.model.tagging.shown, [0]);
    tag(&mut d, TagCommand::BringBack);
    assert_eq!(d.model.tagging.shown, [0, 1, 2, 3]);
}

#[test]
fn tagging_that_was_stopped_keeps_what_is_done() {
    let mut d = at_work();
    d.job_event(1, tags("/q/a.png", &[0.9, 0.1]));
    tag(&mut d, TagCommand::Cancel);
    d.did(&["stop 1"]);
    d.job_failed(1, "stopped");
    d.did(&[]);
    assert_eq!(d.says(), (Level::Note, "Stopped; what is tagged stays"));
    assert_eq!(d.model.tagging.list.standings(), [1, 1, 0]);
    tag(&mut d, TagCommand::Start);
    assert!(matches!(&d.start().1.request, Request::Tag(r) if r.paths == paths(&["/q/b.png"])));
}

#[test]
fn tagging_that_failed_or_whose_worker_died_can_be_tried_again() {
    for died in [false, true] {
        let mut d = at_work();
        d.job_event(1, tags("/q/a.png", &[0.9, 0.1]));
        d.job_ended(1, Err(failure("out of memory")), died);
        assert_eq!(d.says(), (Level::Error, "out of memory"));
        d.press("Try again");
        d.did(&["start 2 Tag"]);
        assert!(matches!(&d.start().1.request, Request::Tag(r) if r.paths == paths(&["/q/b.png"])));
    }
}

#[test]
fn a_run_of_the_open_project_shares_it_with_the_job() {
    let source = |project: &str| Source::Run {
        project: project.into(),
        run: "run-1".to_owned(),
    };
    let mut d = Driver::at_birds();
    tag(&mut d, TagCommand::Use(source(BIRDS)));
    found(&mut d, &["/q/a.png"]);
    assert_eq!(d.start().1.shared, Some(BIRDS.into()));
    let mut d = Driver::at_birds();
    tag(&mut d, TagCommand::Use(source("/p/owls.patchlight")));
    found(&mut d, &["/q/a.png"]);
    assert_eq!(d.start().1.shared, None);
}

#[test]
fn only_the_pictures_that_are_asked_for_are_shown() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Set(vec![0], "cat".to_owned(), false));
    let mut show = |change: fn(&mut Shown)| {
        let mut shown = Shown::default();
        change(&mut shown);
        tag(&mut d, TagCommand::Filter(shown));
        d.model.tagging.shown.clone()
    };
    assert_eq!(show(|s| s.only = Only::Bare), [0]);
    assert_eq!(show(|s| s.only = Only::Edited), [0]);
    assert!(show(|s| s.only = Only::Failed).is_empty());
    assert_eq!(show(|s| s.label = Some("dog".to_owned())), [1]);
    assert_eq!(show(|s| s.words = " A.P".to_owned()), [0]);
    assert_eq!(show(|s| s.words = "dog".to_owned()), [1], "words look at labels too");
    d.act(Action::ClearFilters);
    assert_eq!(d.model.tagging.shown, [0, 1]);
}

#[test]
fn pictures_of_the_list_are_chosen_and_travelled_like_those_of_a_project() {
    let mut d = tagged();
    tag(&mut d, TagCommand::Choose(1, Choose::Only));
    assert_eq!((selection(&d), d.model.tagging.cursor), (vec![1], 1));
    tag(&mut d, TagCommand::Travel { by: -5, extend: true });
    assert_eq!((selection(&d), d.model.tagging.cursor), (vec![0, 1], 0));
    d.act(Action::Next);
    assert_eq!((selection(&d), d.model.tagging.cursor), (vec![], 1));
    d.act(Action::SelectAll);
    tag(
        &mut d,
        TagCommand::Filter(Shown {
            words: "b.png".to_owned(),
            ..Shown::default()
        }),
    );
    assert_eq!(selection(&d), [1], "what is hidden is not chosen");
    assert_eq!(d.model.tagging.current(), Some(1));
}

#[test]
fn a_picture_is_shown_large_until_others_come_or_the_rail_is_pressed() {
    let mut empty = at_tag();
    tag(&mut empty, TagCommand::Large(true));
    assert!(!empty.model.tagging.large, "there is no picture");
    let mut d = tagged();
    d.act(Action::Inspect);
    assert!(d.model.tagging.large);
    d.act(Action::Tag);
    assert!(!d.model.tagging.large);
    d.act(Action::Inspect);
    d.act(Action::Settings);
    d.act(Action::Tag);
    assert!(d.model.tagging.large, "one comes back to where one was");
    found(&mut d, &["/q/c.png"]);
    assert!(!d.model.tagging.large);
}

#[test]
fn under_the_large_picture_an_edit_does_not_change_which_are_shown() {
    let mut d = tagged();
    tag(
        &mut d,
        TagCommand::Filter(Shown {
            label: Some("cat".to_owned()),
            ..Shown::default()
        }),
    );
    tag(&mut d, TagCommand::Large(true));
    tag(&mut d, TagCommand::Set(vec![0], "cat".to_owned(), false));
    assert_eq!(d.model.tagging.shown, [0, 1]);
    tag(&mut d, TagCommand::Large(false));
    assert_eq!(d.model.tagging.shown, [1]);
}

#[test]
fn while_many_pictures_are_tagged_the_list_is_looked_through_now_and_then() {
    let mut d = at_tag();
    d.tick(1.0);
    let many: Vec<PathBuf> = (0..2_500).map(|i| format!("/q/{i}.png").into()).collect();
    d.probe(Reply::Pictures(many, Vec::new()));
    assert_eq!(d.model.tagging.shown.len(), 2_500);
    tag(
        &mut d,
        TagCommand::Filter(Shown {
            only: Only::Failed,
            ..Shown::default()
        }),
    );
    d.job_event(1, skipped("/q/7.png", "it is empty"));
    d.tick(0.1);
    d.did(&["repaint 100 ms"]);
    assert!(d.model.tagging.shown.is_empty());
    d.tick(0.2);
    d.did(&[]);
    assert_eq!(d.model.tagging.shown, [7]);
}

#[test]
fn what_gives_the_labels_is_kept_for_the_next_time() {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Show(Panel::Write));
    assert_eq!((d.model.tagging.panel, d.model.place), (Panel::Write, Place::Tag));
    let next = Driver::with(d.model.prefs.clone(), false);
    assert_eq!(next.model.tagging.source, words("cat, dog"));
}

#[test]
fn fields_of_tag_are_as_they_were_typed() {
    let mut d = at_tag();
    tag(&mut d, TagCommand::Search("ca".to_owned()));
    tag(&mut d, TagCommand::Label("owl".to_owned()));
    tag(&mut d, TagCommand::Path("/q".to_owned()));
    tag(&mut d, TagCommand::Hover(Some("cat".to_owned())));
    let t = &d.model.tagging;
    assert_eq!([&t.search, &t.label, &t.path], ["ca", "owl", "/q"]);
    assert_eq!(t.hovered.as_deref(), Some("cat"));
    d.did(&[]);
}
