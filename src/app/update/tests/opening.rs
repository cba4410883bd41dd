//! What is brought: paths, pasted text and pictures, answers of dialogs.

use super::*;
use crate::app::model::command::{DataCommand, Field, Pick, Pixels, Place, TagCommand};
use crate::app::model::file_probe::{Holds, LeftOut, PathKind, Reply};
use crate::app::model::tag::source::Source;
use crate::app::update::begin;
use std::sync::Arc;

fn kind(d: &mut Driver, kind: PathKind, found: &[&str]) {
    d.probe(Reply::Kind(kind, paths(found)));
}

fn file(path: &str) -> Source {
    Source::File { path: path.into() }
}

#[test]
fn what_was_dropped_is_looked_at_before_anything_else() {
    let mut d = Driver::new();
    d.command(Command::OpenPaths(paths(&["/p/a.png", "/p/b.png"])));
    d.did(&[r#"probe Kind(["/p/a.png", "/p/b.png"])"#]);
    assert_eq!(d.model.place, Place::Home);
}

#[test]
fn a_dropped_project_is_opened() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::Project, &[BIRDS]);
    d.did(&["clear textures", "open /p/birds.patchlight"]);
    assert_eq!(d.model.place, Place::Pictures);
}

#[test]
fn a_dropped_annotation_file_is_looked_at_for_an_import() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::Annotations, &["/d/birds.json"]);
    d.did(&[r#"probe ProjectFor("/d/birds.json")"#, "start 1 Data(Look)"]);
    assert_eq!(d.model.place, Place::Import);
}

#[test]
fn a_dropped_checkpoint_folder_is_looked_at_as_a_model() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::ModelFolder, &["/m/clip"]);
    d.did(&[r#"start 1 Model { path: "/m/clip" }"#]);
}

#[test]
fn a_dropped_model_file_may_be_a_tagger_and_is_used_as_one() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::ModelFile, &["/m/birds.safetensors"]);
    d.did(&[r#"probe File("/m/birds.safetensors")"#]);
    d.probe(Reply::Tagger("/m/birds.safetensors".into(), "Birds".to_owned(), 12));
    d.did(&[]);
    assert_eq!(d.says(), (Level::Done, "Birds gives 12 labels"));
    assert_eq!(d.model.tagging.source, file("/m/birds.safetensors"));
    assert_eq!(d.model.prefs.taggers[0].name, "Birds");
    assert_eq!(d.model.place, Place::Tag);
}

#[test]
fn a_model_file_that_is_no_tagger_is_looked_at_as_a_checkpoint() {
    let mut d = Driver::new();
    d.probe(Reply::NoTagger("/m/clip.safetensors".into(), failure("no tagger")));
    d.did(&[r#"start 1 Model { path: "/m/clip.safetensors" }"#]);
    assert!(d.is_silent());
}

#[test]
fn in_tag_a_file_that_is_no_tagger_is_an_error() {
    let mut d = Driver::new();
    d.act(Action::Tag);
    d.probe(Reply::NoTagger("/m/clip.safetensors".into(), failure("no tagger")));
    d.did(&[]);
    assert_eq!(d.says(), (Level::Error, "no tagger"));
}

#[test]
fn a_folder_is_looked_into_but_in_tag_its_pictures_are_added() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::Folder, &["/p"]);
    d.did(&[r#"probe Folder("/p")"#]);
    d.act(Action::Tag);
    kind(&mut d, PathKind::Folder, &["/p", "/q"]);
    d.did(&[r#"probe Pictures(["/p", "/q"])"#]);
    assert!(d.model.tagging.looking);
}

#[test]
fn a_folder_with_labels_is_imported() {
    let mut d = Driver::new();
    d.probe(Reply::Folder("/d/birds".into(), Holds::Labels));
    d.did(&[r#"probe ProjectFor("/d/birds")"#, "start 1 Data(Look)"]);
}

#[test]
fn a_folder_of_bare_pictures_opens_a_page_that_asks_and_stays() {
    let mut d = Driver::new();
    let holiday = PathBuf::from("/d/holiday");
    d.probe(Reply::Folder(holiday.clone(), Holds::Pictures));
    d.did(&[]);
    assert!(d.is_silent(), "it is asked by a page, not by a message");
    d.tick(3600.0);
    assert_eq!(d.model.place, Place::Unlabelled);
    // It can be left and found again.
    d.act(Action::Home);
    d.command(Command::Data(DataCommand::Unlabelled));
    assert_eq!(d.model.place, Place::Unlabelled);
    assert_eq!(d.model.data.unlabelled, Some(holiday.clone()));
    d.command(Command::Import {
        data: holiday,
        project: None,
    });
    d.did(&[r#"probe ProjectFor("/d/holiday")"#, "start 1 Data(Look)"]);
    assert_eq!(d.model.data.unlabelled, None, "it was answered");
}

#[test]
fn a_folder_of_bare_pictures_that_is_for_nothing_leads_back() {
    let mut d = Driver::at_birds();
    d.probe(Reply::Folder("/d/holiday".into(), Holds::Pictures));
    d.command(Command::Data(DataCommand::LeaveUnlabelled));
    d.did(&[]);
    assert_eq!(d.model.place, Place::Pictures);
    assert_eq!(d.model.data.unlabelled, None);
}

#[test]
fn a_folder_without_pictures_says_so() {
    let mut d = Driver::new();
    d.probe(Reply::Folder("/d/empty".into(), Holds::Nothing));
    d.did(&[]);
    assert_eq!(d.says(), (Level::Warning, "There are no pictures in /d/empty"));
}

#[test]
fn a_picture_of_the_project_is_shown_not_tagged() {
    let mut d = Driver::at_birds();
    kind(&mut d, PathKind::Picture, &["/p/3.jpg"]);
    d.did(&["ask Examine(3)"]);
    assert_eq!(d.model.inspect.picture, Some(3));
    assert_eq!(d.model.place, Place::Pictures);
    assert!(d.is_silent());
}

#[test]
fn other_pictures_are_tagged_and_a_project_of_their_folder_is_offered() {
    let mut d = Driver::at_birds();
    kind(&mut d, PathKind::Picture, &["/q/9.jpg"]);
    d.did(&[r#"probe Pictures(["/q/9.jpg"])"#]);
    assert_eq!(d.model.place, Place::Tag);
    d.press("Make a project of it instead");
    d.did(&[r#"probe ProjectFor("/q")"#, "start 1 Data(Look)"]);
}

#[test]
fn several_pictures_of_the_project_are_tagged() {
    let mut d = Driver::at_birds();
    kind(&mut d, PathKind::Picture, &["/p/1.jpg", "/p/2.jpg"]);
    d.did(&[r#"probe Pictures(["/p/1.jpg", "/p/2.jpg"])"#]);
}

#[test]
fn in_tag_a_picture_of_the_project_is_tagged_without_another_offer() {
    let mut d = Driver::at_birds();
    d.act(Action::Tag);
    kind(&mut d, PathKind::Picture, &["/p/3.jpg"]);
    d.did(&[r#"probe Pictures(["/p/3.jpg"])"#]);
    assert_eq!(d.model.inspect.picture, None);
    assert!(d.is_silent());
}

#[test]
fn what_nobody_can_open_is_a_warning_and_what_is_missing_an_error_that_stays() {
    let mut d = Driver::new();
    kind(&mut d, PathKind::Unknown, &["/d/song.mp3"]);
    d.did(&[]);
    let words = "/d/song.mp3 is nothing that Patchlight can open";
    assert_eq!(d.says(), (Level::Warning, words));
    kind(&mut d, PathKind::Missing, &["/d/gone"]);
    assert_eq!(d.says(), (Level::Error, "There is nothing at /d/gone"));
    d.tick(3600.0);
    assert_eq!(d.model.notices.list.len(), 1);
}

#[test]
fn paths_in_pasted_text_are_opened_and_other_text_is_not() {
    let mut d = Driver::new();
    d.command(Command::PasteText("/p/a.png".to_owned()));
    d.did(&[r#"probe Pasted("/p/a.png")"#]);
    d.probe(Reply::Pasted(paths(&["/p/a.png"])));
    d.did(&[r#"probe Kind(["/p/a.png"])"#]);
    d.probe(Reply::Pasted(Vec::new()));
    d.did(&[]);
    assert!(d.is_silent());
}

#[test]
fn a_pasted_picture_is_kept_in_a_file_then_tagged() {
    let mut d = Driver::new();
    let picture = Arc::new(Pixels {
        size: [1, 1],
        rgb: vec![1, 2, 3],
    });
    d.command(Command::PastePicture(picture));
    d.did(&["probe Keep(Pixels { size: [1, 1], rgb: [1, 2, 3] })"]);
    d.probe(Reply::Kept(Ok("/kept/1.png".into())));
    d.did(&[r#"probe Pictures(["/kept/1.png"])"#]);
    d.probe(Reply::Kept(Err(failure("the disk is full"))));
    d.did(&[]);
    assert_eq!(d.says(), (Level::Error, "the disk is full"));
}

#[test]
fn what_was_left_out_of_a_drop_is_said() {
    let mut d = Driver::new();
    let left_out = vec![
        LeftOut::Foreign("2 HEIC pictures were left out".to_owned()),
        LeftOut::Other("1 file was left out".to_owned()),
    ];
    d.probe(Reply::Pictures(Vec::new(), left_out));
    let said: Vec<_> = d
        .model
        .notices
        .list
        .iter()
        .map(|n| (n.text.as_str(), n.hint.is_some()))
        .collect();
    assert_eq!(
        said,
        [("2 HEIC pictures were left out", true), ("1 file was left out", false)]
    );
}

#[test]
fn actions_open_the_dialog_that_fits() {
    let mut d = Driver::at_birds();
    for (action, dialog) in [
        (Action::OpenProject, "dialog Project"),
        (Action::ImportFolder, "dialog DataFolder"),
        (Action::ImportFile, "dialog DataFile"),
        (Action::OpenModel, "dialog ModelFolder"),
        (Action::TagFiles, "dialog TagFiles"),
        (Action::TagFolder, "dialog TagFolder"),
        (Action::WatchFolder, "dialog WatchFolder"),
        (Action::AddData, "dialog For(Add)"),
    ] {
        d.act(action);
        d.did(&[dialog]);
    }
    d.command(Command::Pick(Pick::TaggerFile));
    d.did(&["dialog TaggerFile"]);
}

#[test]
fn an_answered_dialog_asks_for_what_it_was_opened_for() {
    for (pick, effect) in [
        (Pick::Project, r#"probe Kind(["/x"])"#),
        (Pick::DataFolder, r#"probe DataChosen("/x")"#),
        (Pick::DataFile, r#"probe DataChosen("/x")"#),
        (Pick::ModelFolder, r#"start 1 Model { path: "/x" }"#),
        (Pick::ModelFile, r#"start 1 Model { path: "/x" }"#),
        (Pick::TagFiles, r#"probe Pictures(["/x"])"#),
        (Pick::TagFolder, r#"probe Pictures(["/x"])"#),
        (Pick::TaggerFile, r#"probe File("/x")"#),
    ] {
        let mut d = Driver::new();
        d.command(Command::Picked(pick, paths(&["/x"])));
        assert_eq!(d.outline(), [effect], "{pick:?}");
    }
}

#[test]
fn an_answered_dialog_fills_the_field_it_was_opened_for() {
    let mut d = Driver::new();
    d.command(Command::Picked(Pick::WatchFolder, paths(&["/inbox"])));
    d.command(Command::Picked(Pick::WriteFolder, paths(&["/out"])));
    d.command(Command::Picked(Pick::AddModel, paths(&["/m/My CLIP.pt"])));
    d.did(&[]);
    assert_eq!(d.model.tagging.watch.folder, "/inbox");
    assert_eq!(d.model.prefs.write.out, "/out");
    assert_eq!(d.model.models.adding, ["/m/My CLIP.pt", "my-clip"]);
}

#[test]
fn data_chosen_in_a_dialog_are_imported_unless_they_are_a_project() {
    let mut d = Driver::new();
    d.probe(Reply::DataChosen("/d/birds".into(), false));
    d.did(&[r#"probe ProjectFor("/d/birds")"#, "start 1 Data(Look)"]);
    d.probe(Reply::DataChosen(BIRDS.into(), true));
    d.did(&["clear textures", "open /p/birds.patchlight"]);
}

#[test]
fn a_dialog_that_was_cancelled_only_leaves_a_line_in_the_log() {
    let mut d = Driver::new();
    d.command(Command::PickedNothing { at_once: false });
    d.command(Command::Picked(Pick::For(Field::Add), Vec::new()));
    d.did(&[]);
    assert!(d.is_silent());
    assert_eq!(d.model.notices.log.len(), 1);
}

#[test]
fn a_desktop_without_dialogs_is_told_about_typed_paths() {
    let mut d = Driver::new();
    d.command(Command::PickedNothing { at_once: true });
    assert_eq!(d.says(), (Level::Warning, "This desktop shows no file dialogs"));
    assert!(
        d.model.notices.list[0]
            .hint
            .as_ref()
            .is_some_and(|h| h.starts_with("Type the path"))
    );
}

#[test]
fn a_window_begins_with_its_device_and_the_paths_of_the_command_line() {
    let mut d = Driver::new();
    d.effects = begin(&mut d.model, true, paths(&[BIRDS]));
    d.did(&["start 1 Device", r#"probe Kind(["/p/birds.patchlight"])"#]);
    assert!(d.is_silent());
    let mut quiet = Driver::new();
    quiet.effects = begin(&mut quiet.model, false, Vec::new());
    quiet.did(&[]);
}

#[test]
fn a_tagger_that_is_known_is_moved_to_the_front_and_can_be_forgotten() {
    let mut d = Driver::new();
    for name in ["a", "b", "a"] {
        d.probe(Reply::Tagger(format!("/m/{name}").into(), name.to_owned(), 2));
    }
    let names = |d: &Driver| d.model.prefs.taggers.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&d), ["a", "b"]);
    d.command(Command::Tag(TagCommand::Forget("/m/a".into())));
    assert_eq!(names(&d), ["b"]);
}
