//! Models: every state of a card, and downloads that fail or are stopped.

use crate::support::*;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, ModelCommand, Place};
use patchlight::app::model::job::{Job, JobState, Spec};
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::prefs::Look;
use patchlight::engine::event::{ModelEntry, PhaseKind};
use patchlight::engine::{Failure, Request};
use std::io::{Read, Write};
use std::net::TcpListener;

/// A small model that has one source only: the hub, or the mirror that stands in for it.
const SMALL: &str = "tinyclip-vit-8m";

/// A mirror that answers each request with these bytes, then holds the connection for a while.
fn mirror(answer: &'static [u8], hold: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(answer);
                if hold {
                    std::thread::sleep(std::time::Duration::from_secs(30));
                }
            });
        }
    });
    address
}

/// A window on Models with a folder of its own for them.
fn models(mirror: String) -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(options(Look::Dark));
    let state = &mut harness.state_mut().model;
    state.models.cache = Some(folder.path().to_owned());
    state.prefs.mirror = mirror;
    state.prefs.proxy = "none".to_owned();
    harness.state_mut().command(Command::Do(Action::Models));
    wait(&mut harness, "the list", |w| w.model.models.entries.is_some());
    settle(&mut harness);
    (folder, harness)
}

#[test]
fn a_download_that_fails_says_why_and_can_be_tried_again() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = models(mirror(
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        false,
    ));
    assert_eq!(harness.state().model.place, Place::Models);
    harness.get_by_label(&format!("Download {SMALL}")).click_accesskit();
    harness.step();
    wait(&mut harness, "the failure", |w| {
        w.model.models.failed.contains_key(SMALL)
    });
    settle(&mut harness);
    assert!(harness.query_by_label(&format!("Try again {SMALL}")).is_some());
    assert!(harness.state().model.models.fetching.is_empty());
}

#[test]
fn a_download_that_is_stopped_goes_on_later() {
    if !can_draw() {
        return;
    }
    // It promises a body and never sends it.
    let (_folder, mut harness) = models(mirror(
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\netag: \"a\"\r\n\r\n{",
        true,
    ));
    harness.get_by_label(&format!("Download {SMALL}")).click_accesskit();
    harness.step();
    let running = |w: &Window| {
        w.model
            .jobs
            .list
            .iter()
            .any(|j| j.state == JobState::Running && j.spec.title.contains(SMALL))
    };
    wait(&mut harness, "the download", running);
    // Meanwhile other jobs run: a download has a worker of its own.
    harness.state_mut().command(Command::Models(ModelCommand::List));
    harness.step();
    wait(&mut harness, "the list again", |w| {
        !w.model.jobs.has(|kind| *kind == JobKind::ListModels)
    });
    assert!(running(harness.state()));
    harness.get_by_label(&format!("Cancel {SMALL}")).click_accesskit();
    harness.step();
    wait(&mut harness, "the stop", |w| w.model.models.fetching.is_empty());
    settle(&mut harness);
    assert_eq!(harness.state().model.models.stopped, [SMALL]);
    assert!(harness.query_by_label(&format!("Go on downloading {SMALL}")).is_some());
}

fn entry(name: &str, title: &str, path: Option<&str>) -> ModelEntry {
    ModelEntry {
        name: name.to_owned(),
        title: title.to_owned(),
        good_for: "The usual choice: good labels on photographs, and patches small enough to show where.".to_owned(),
        licence: "MIT".to_owned(),
        bytes: 351_000_000,
        clip: true,
        image_size: 224,
        patch: 16,
        path: path.map(str::to_owned),
        unverified: Vec::new(),
    }
}

#[test]
fn states() {
    if !can_draw() {
        return;
    }
    for (look, name) in [(Look::Dark, "dark"), (Look::Light, "light")] {
        let mut harness = window(options(look));
        let state = &mut harness.state_mut().model;
        state.place = Place::Models;
        state.models.folder = Some("/home/anna/.cache/patchlight/models".into());
        state.models.room = Some(48_000_000_000);
        state.models.entries = Some(vec![
            entry("clip-vit-b16", "CLIP ViT-B/16 (OpenAI)", None),
            entry("clip-vit-b32", "CLIP ViT-B/32 (OpenAI)", None),
            entry(
                SMALL,
                "TinyCLIP ViT-8M/16 (YFCC-15M)",
                Some("/home/anna/.cache/patchlight/models/tinyclip-vit-8m"),
            ),
        ]);
        settle(&mut harness);
        snapshot(&mut harness, &format!("models_list_{name}"));
        let state = &mut harness.state_mut().model;
        let failure = Failure::new(
            "huggingface.co cannot be reached: the connection was refused",
            "Check the network; behind a company's proxy name it below.",
        );
        state.models.failed.insert("clip-vit-b32".to_owned(), failure);
        state.models.removing = Some(SMALL.to_owned());
        let mut job = Job::new(
            9_000,
            Spec {
                request: Request::Doctor,
                title: "Downloading clip-vit-b16".to_owned(),
                kind: JobKind::Fetch {
                    name: "clip-vit-b16".to_owned(),
                },
                shared: None,
            },
        );
        job.state = JobState::Running;
        job.progress("downloading ViT-B-16.pt", 140_000_000, 351_000_000, state.now);
        job.phase.as_mut().unwrap().kind = PhaseKind::Downloading;
        state.jobs.list.push_back(job);
        state.models.fetching.insert("clip-vit-b16".to_owned(), 9_000);
        settle(&mut harness);
        snapshot(&mut harness, &format!("models_at_work_{name}"));
        let state = &mut harness.state_mut().model;
        state.jobs.list.clear();
        state.models.fetching.clear();
        state.models.entries = None;
        state.models.failure = Some(Failure::new(
            "the models' folder cannot be read",
            "Check its permissions.",
        ));
        settle(&mut harness);
        snapshot(&mut harness, &format!("models_failed_{name}"));
    }
}
