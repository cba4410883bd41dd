//! Models: the list, downloads, removal, adding, and choosing one.

use super::*;
use crate::app::model::command::{ModelCommand, Place, Preference};
use crate::app::model::file_probe::Reply;
use crate::app::model::tag::source::Source;
use crate::engine::Request;
use crate::engine::event::ModelEntry;
use std::path::Path;

fn models(d: &mut Driver, command: ModelCommand) {
    d.command(Command::Models(command));
}

fn fetch(d: &mut Driver, name: &str) {
    models(d, ModelCommand::Fetch(name.to_owned()));
}

/// A window whose models are in a folder of their own.
fn driver() -> Driver {
    let mut d = Driver::new();
    d.model.models.cache = Some("/models".into());
    d
}

/// Models is shown; its list was read by job 1.
fn at_models() -> Driver {
    let mut d = driver();
    d.act(Action::Models);
    d.job_event(1, list(&["clip"]));
    d.job_done(1);
    d
}

fn list(names: &[&str]) -> Event {
    let entry = |name: &&str| ModelEntry {
        name: (*name).to_owned(),
        title: name.to_uppercase(),
        clip: true,
        path: Some(format!("/models/{name}")),
        ..ModelEntry::default()
    };
    Event::Models {
        models: names.iter().map(entry).collect(),
    }
}

fn is_a_model() -> Event {
    Event::Model {
        layout: "huggingface".to_owned(),
        image_size: 224,
        patch: 16,
        width: 768,
        layers: 12,
        embed: 512,
        text_layers: 12,
        parameters: 150_000_000,
        heads: 12,
        activation: "gelu".to_owned(),
        mean: [0.0; 3],
        std: [1.0; 3],
    }
}

const RELIST: [&str; 2] = [r#"probe Room("/models")"#, "start 3 ListModels"];

#[test]
fn the_list_is_read_once() {
    let mut d = driver();
    d.act(Action::Models);
    d.did(&[r#"probe Room("/models")"#, "start 1 ListModels"]);
    d.act(Action::Models);
    d.did(&[]);
    d.probe(Reply::Room(5_000));
    d.job_event(1, list(&["clip"]));
    d.job_done(1);
    d.act(Action::Models);
    d.did(&[]);
    assert_eq!((d.model.place, d.model.models.room), (Place::Models, Some(5_000)));
    assert_eq!(d.model.models.usable(), [("CLIP", "/models/clip")]);
}

#[test]
fn a_list_that_cannot_be_read_says_so_in_its_place_and_is_read_again_next_time() {
    for died in [false, true] {
        let mut d = driver();
        d.act(Action::Models);
        d.job_ended(1, Err(failure("the folder is gone")), died);
        d.did(&[]);
        assert_eq!(d.model.models.failure.as_ref().unwrap().message, "the folder is gone");
        assert!(d.is_silent());
        d.act(Action::Models);
        d.did(&[r#"probe Room("/models")"#, "start 2 ListModels"]);
        d.job_event(2, list(&["clip"]));
        assert!(d.model.models.failure.is_none());
    }
}

#[test]
fn a_download_is_asked_for_once_by_way_of_the_mirror_that_was_typed() {
    let mut d = at_models();
    d.command(Command::Prefer(Preference::Mirror(" https://mirror ".to_owned())));
    d.command(Command::Prefer(Preference::Proxy("  ".to_owned())));
    fetch(&mut d, "big");
    d.did(&[r#"start 2 Fetch { name: "big" }"#]);
    let Request::ModelFetch(request) = d.start().1.request else {
        panic!("no download")
    };
    assert_eq!(request.place.mirror.as_deref(), Some("https://mirror"));
    assert_eq!((request.place.proxy, request.again), (None, false));
    fetch(&mut d, "big");
    d.did(&[]);
}

#[test]
fn a_downloaded_model_is_listed_and_can_be_used_at_once() {
    let mut d = at_models();
    fetch(&mut d, "big");
    d.job_event(
        2,
        Event::Fetched {
            name: "big".to_owned(),
            path: "/models/big".to_owned(),
            bytes: 9,
            unverified: Vec::new(),
        },
    );
    d.job_done(2);
    d.did(&RELIST);
    assert!(d.model.models.fetching.is_empty());
    assert_eq!(d.says(), (Level::Done, "big is here"));
    d.press("Use it");
    d.did(&[r#"start 4 Model { path: "/models/big" }"#]);
}

#[test]
fn a_stopped_download_goes_on_where_it_is() {
    let mut d = at_models();
    fetch(&mut d, "big");
    d.command(Command::Stop(2));
    d.did(&["stop 2"]);
    d.job_failed(2, "stopped");
    d.did(&RELIST);
    assert_eq!(d.model.models.stopped, ["big"]);
    assert!(d.is_silent() && d.model.models.failed.is_empty());
    fetch(&mut d, "big");
    d.did(&[r#"start 4 Fetch { name: "big" }"#]);
    assert!(d.model.models.stopped.is_empty());
}

#[test]
fn a_download_that_fails_says_so_where_its_button_is_and_elsewhere_in_a_message() {
    let mut d = at_models();
    fetch(&mut d, "big");
    d.job_failed(2, "no network");
    d.did(&[]);
    assert_eq!(d.model.models.failed["big"].message, "no network");
    assert!(d.is_silent());
    fetch(&mut d, "big");
    assert!(d.model.models.failed.is_empty());
    d.act(Action::Home);
    d.job_died(3, "the worker died");
    assert_eq!(d.says(), (Level::Error, "the worker died"));
    assert_eq!(d.model.models.failed["big"].message, "the worker died");
}

#[test]
fn removing_a_model_asks_first() {
    let mut d = at_models();
    models(&mut d, ModelCommand::AskRemove(Some("clip".to_owned())));
    d.did(&[]);
    assert_eq!(d.model.models.removing.as_deref(), Some("clip"));
    models(&mut d, ModelCommand::AskRemove(None));
    assert_eq!(d.model.models.removing, None);
    models(&mut d, ModelCommand::AskRemove(Some("clip".to_owned())));
    models(&mut d, ModelCommand::Remove("clip".to_owned()));
    d.did(&[r#"start 2 ChangeModels { name: "clip" }"#]);
    assert_eq!(d.model.models.removing, None);
    d.job_done(2);
    d.did(&RELIST);
}

#[test]
fn an_added_model_empties_the_fields_and_a_refused_one_keeps_them() {
    let mut d = at_models();
    let typed = ["/m/clip.pt".to_owned(), " mine ".to_owned()];
    models(&mut d, ModelCommand::Adding(typed.clone()));
    let add = || ModelCommand::Add {
        path: "/m/clip.pt".into(),
        name: " mine ".to_owned(),
    };
    models(&mut d, add());
    d.did(&[r#"start 2 ChangeModels { name: "" }"#]);
    assert!(matches!(d.start().1.request, Request::ModelAdd { path, name, .. }
        if path == Path::new("/m/clip.pt") && name == "mine"));
    d.job_failed(2, "it is no checkpoint");
    assert_eq!(d.model.models.adding, typed);
    assert_eq!(d.model.models.failed[""].message, "it is no checkpoint");
    models(&mut d, add());
    assert!(d.model.models.failed.is_empty());
    d.job_done(3);
    assert_eq!(d.model.models.adding, ["", ""]);
}

#[test]
fn a_chosen_model_is_looked_at_then_used_by_the_project_by_new_ones_and_by_tag() {
    let mut d = Driver::at_birds();
    d.command(Command::UseModel("/m/clip".to_owned()));
    d.did(&[r#"start 1 Model { path: "/m/clip" }"#]);
    assert_eq!(d.model.prefs.model, None, "it may be none");
    d.job_event(1, is_a_model());
    d.did(&[r#"ask Setting("model", "/m/clip")"#]);
    assert_eq!(d.model.prefs.model.as_deref(), Some("/m/clip"));
    assert_eq!(d.catalog().model.as_deref(), Some("/m/clip"));
    let words = "huggingface, 224 px, patches of 16 px, 12 blocks, 150 million numbers";
    assert_eq!(d.model.model, Some(Ok(words.to_owned())));
    assert!(matches!(&d.model.tagging.source, Source::Words { model: Some(model), .. } if model == "/m/clip"));
    assert_eq!(d.says().1, "This project and new ones use this model");
    d.press("Score the pictures");
    d.did(&[r#"start 2 Predict { run: "zero-shot" }"#]);
}

#[test]
fn without_a_project_to_change_a_model_is_for_new_ones() {
    let mut read_only = Driver::new();
    read_only.opened(small());
    for mut d in [Driver::new(), read_only] {
        d.command(Command::UseModel("/m/clip".to_owned()));
        d.job_event(1, is_a_model());
        d.did(&[]);
        assert_eq!(d.says(), (Level::Done, "New projects use this model"));
    }
}

#[test]
fn what_is_no_model_says_so_in_the_place_of_the_model_and_is_not_used() {
    let mut d = Driver::new();
    d.command(Command::UseModel("/m/song.mp3".to_owned()));
    d.job_failed(1, "it is no checkpoint");
    assert_eq!(d.model.model, Some(Err(failure("it is no checkpoint"))));
    assert_eq!(d.model.prefs.model, None);
    assert!(d.is_silent());
    d.command(Command::UseModel("/m/clip".to_owned()));
    assert_eq!(d.model.model, None);
    d.job_died(2, "the worker died");
    d.press("Try again");
    d.did(&[r#"start 3 Model { path: "/m/clip" }"#]);
}

#[test]
fn one_can_go_back_to_the_built_in_model() {
    let mut d = Driver::at_birds();
    d.command(Command::UseModel("/m/clip".to_owned()));
    d.job_event(1, is_a_model());
    d.command(Command::UseStarter);
    d.did(&[r#"ask Setting("model", "starter")"#]);
    assert_eq!((d.model.prefs.model.as_deref(), d.model.model.as_ref()), (None, None));
    assert!(d.model.tagging.source.is_starter());
}
