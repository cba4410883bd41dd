//! A trained model leaves the project.

use super::*;
use crate::app::model::command::{Pick, Place, TaggerCommand};
use crate::app::model::file_probe::Reply;
use crate::engine::Request;
use crate::engine::request::ModelFormat;

fn export(d: &mut Driver, command: TaggerCommand) {
    d.command(Command::Tagger(command));
}

fn at_trained() -> Driver {
    let mut d = Driver::new();
    d.opened(Catalog {
        runs: vec![run("run-1", 1, RunState::Done), run("run-2", 2, RunState::Done)],
        ..birds()
    });
    d.hush();
    d
}

#[test]
fn the_newest_run_is_offered_under_a_free_name_beside_the_project() {
    let mut d = at_trained();
    d.act(Action::ExportTagger);
    assert_eq!(d.model.place, Place::Models);
    d.did(&[
        "start 1 ListModels",
        r#"probe TaggerName("/p", "birds run-2", ".safetensors")"#,
    ]);
    d.probe(Reply::TaggerName("/p/birds run-2.safetensors".into()));
    assert_eq!(d.model.tagger_export.out, "/p/birds run-2.safetensors");
    // A name that nobody changed follows the run and the format; one that was typed stays.
    export(&mut d, TaggerCommand::Format(ModelFormat::HuggingFace));
    d.did(&[r#"probe TaggerName("/p", "birds run-2", "")"#]);
    d.probe(Reply::TaggerName("/p/birds run-2".into()));
    export(&mut d, TaggerCommand::Out("/out/mine".to_owned()));
    export(&mut d, TaggerCommand::Run("run-1".to_owned()));
    d.did(&[]);
    export(&mut d, TaggerCommand::Start);
    d.did(&["start 2 ExportTagger"]);
    let (_, spec) = d.start();
    assert_eq!(spec.shared, Some(BIRDS.into()));
    assert!(matches!(spec.request, Request::ExportModel(r)
        if r.run == "run-1" && r.format == ModelFormat::HuggingFace && r.out == std::path::Path::new("/out/mine")));
    export(&mut d, TaggerCommand::Start);
    d.did(&[]);
}

#[test]
fn a_tagger_that_was_written_can_be_used_at_once_and_a_failure_stays_beside_the_button() {
    let mut d = at_trained();
    export(&mut d, TaggerCommand::Show(Some("run-1".to_owned())));
    d.probe(Reply::TaggerName("/p/t.safetensors".into()));
    export(&mut d, TaggerCommand::Start);
    d.job_failed(2, "the disk is full");
    assert!(matches!(&d.model.tagger_export.result, Some(Err(f)) if f.message == "the disk is full"));
    assert!(d.is_silent());
    export(&mut d, TaggerCommand::Start);
    d.job_done(3);
    assert_eq!(d.says(), (Level::Done, "The tagger is in /p/t.safetensors"));
    d.press("Tag with it");
    d.did(&[r#"probe File("/p/t.safetensors")"#]);
}

#[test]
fn a_dialog_names_the_place() {
    let mut d = at_trained();
    d.command(Command::Picked(
        Pick::TaggerOut(ModelFormat::Tagger),
        paths(&["/x/y.safetensors"]),
    ));
    assert_eq!(d.model.tagger_export.out, "/x/y.safetensors");
    d.act(Action::CloseProject);
    assert!(d.model.tagger_export.out.is_empty());
}
