//! A trained model leaves the window, and the command line reads beside it.

use crate::support::*;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::prefs::Look;
use patchlight::engine::jobs::ZERO_SHOT;
use patchlight::engine::request::{EvaluateRequest, ExportModel, ModelFormat, Request};
use std::path::Path;

/// Exports as the form is now, and waits.
fn export(harness: &mut Harness<'static, Window>) {
    wait(harness, "a name", |w| !w.model.tagger_export.out.is_empty());
    settle(harness);
    click(harness, "Export the tagger");
    wait(harness, "the export", |w| {
        w.model.tagger_export.job.is_none() && w.model.tagger_export.result.is_some()
    });
    let result = harness.state().model.tagger_export.result.clone().unwrap();
    assert!(result.is_ok(), "{result:?}");
    settle(harness);
}

#[test]
fn a_tagger_is_exported_by_clicks_as_a_file_and_as_a_folder() {
    if !can_draw() {
        return;
    }
    let (folder, mut harness) = opened("scored", Look::Dark);
    click(&mut harness, "Results");
    settle(&mut harness);
    harness.get_by_label_contains("Export tagger").click();
    wait(&mut harness, "the place", |w| w.model.place == Place::Models);
    export(&mut harness);
    let file = folder.path().join("birds zero-shot.safetensors");
    assert!(file.is_file());
    // Where the test's own folder is differs from run to run.
    let model = &mut harness.state_mut().model;
    model.tagger_export.result = Some(Ok("/home/anna/birds zero-shot.safetensors".into()));
    model.notices.list.clear();
    settle(&mut harness);
    snapshot(&mut harness, "models_export_dark");
    click(&mut harness, "A Hugging Face folder");
    export(&mut harness);
    let model = folder.path().join("birds zero-shot");
    assert!(model.join("config.json").is_file());
    // The file tags at once.
    let use_it = Command::Picked(patchlight::app::model::command::Pick::TaggerFile, vec![file]);
    harness.state_mut().command(use_it);
    wait(&mut harness, "the tagger", |w| w.model.prefs.taggers.len() == 1);
    assert_eq!(harness.state().model.place, Place::Tag);
}

#[test]
fn the_palette_finds_the_export() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Light);
    harness.state_mut().command(Command::Do(Action::Palette));
    settle(&mut harness);
    harness.event(egui::Event::Text("export tagger".to_owned()));
    settle(&mut harness);
    harness.key_press(egui::Key::Enter);
    wait(&mut harness, "the place", |w| w.model.place == Place::Models);
    assert!(harness.state().model.tagger_export.reveal > 0);
}

/// Everything in a folder but what the window itself writes.
fn features(project: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    crate::flows::listing(&project.join("features"))
}

#[test]
fn what_only_reads_works_beside_an_open_window() {
    if !can_draw() {
        return;
    }
    for name in ["plain", "scored"] {
        let (folder, harness) = opened(name, Look::Dark);
        assert!(
            harness.state().model.open().unwrap().catalog.writable,
            "the window has the lock"
        );
        let project = folder.path().join("birds.patchlight");
        let before = features(&project);
        job(&Request::ProjectInfo {
            project: project.clone(),
        });
        job(&Request::Evaluate(EvaluateRequest::on_test(&project, ZERO_SHOT)));
        let out = folder.path().join("beside.safetensors");
        job(&Request::ExportModel(ExportModel {
            project: project.clone(),
            run: ZERO_SHOT.to_owned(),
            out: out.clone(),
            format: ModelFormat::Tagger,
            name: None,
            allow_fallback: false,
        }));
        assert!(out.is_file());
        assert_eq!(features(&project), before, "the window's cache is as it was");
    }
}
