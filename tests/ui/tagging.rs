//! Tag: pictures are dropped, get labels, are changed, and are written; a folder is watched.

use crate::flows::listing;
use crate::support::*;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::command::{Action, Command, Place};
use patchlight::app::jobs::{Job, Purpose, Spec, State as JobState};
use patchlight::app::prefs::Look;
use patchlight::app::tagging::list::Standing;
use patchlight::app::tagging::source::Source;
use patchlight::app::tagging::{Act, Panel};
use patchlight::app::{Options, Window};
use patchlight::engine::event::TagEvidence;
use patchlight::engine::{Failure, Request};
use patchlight::tagging::xmp::read_keywords;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const WORDS: &str = "apple, car, guitar, fish";

/// A window that tags with words and the built-in model.
fn tagging(look: Look) -> Options {
    let mut options = options(look);
    if let Some(prefs) = &mut options.prefs {
        prefs.tag_source = Some(words());
    }
    options
}

fn words() -> Source {
    Source::Words {
        model: None,
        words: WORDS.to_owned(),
    }
}

/// A folder of a few pictures, and one file that is none.
fn folder(count: usize) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let pictures = (0..count).map(|i| {
        let to = folder.path().join(format!("scene {i:02}.png"));
        std::fs::copy(data().join(format!("train/scene {i:02}.png")), &to).unwrap();
        to
    });
    let pictures = pictures.collect();
    (folder, pictures)
}

fn act(harness: &mut Harness<'static, Window>, act: Act) {
    harness.state_mut().state.command(Command::Tagging(act));
    harness.step();
    harness.step();
}

fn standings(window: &Window) -> [usize; 3] {
    window.state.tagging.list.standings()
}

/// The labels of the first picture.
fn first(window: &Window) -> Vec<String> {
    let list = &window.state.tagging.list;
    list.given(0).iter().map(|g| g.label.to_owned()).collect()
}

#[test]
fn dropped_pictures_get_labels_are_changed_and_written() {
    if !can_draw() {
        return;
    }
    let (folder, mut pictures) = folder(3);
    let phone = folder.path().join("phone.heic");
    std::fs::write(&phone, b"\0\0\0\x18ftypheic____").unwrap();
    pictures.push(phone);
    let before = listing(folder.path());
    let mut harness = window(tagging(Look::Dark));
    settle(&mut harness);
    // From Home: the place is Tag at once, and the other meaning is offered.
    drop_paths(&mut harness, pictures.clone());
    assert_eq!(harness.state().state.place, Place::Tag);
    assert!(harness.query_by_label("Make a project of it instead").is_some());
    wait(&mut harness, "the labels", |w| standings(w) == [0, 3, 1]);
    wait(&mut harness, "the end", |w| w.state.tagging.job.is_none());
    settle(&mut harness);
    let Standing::Failed(reason) = &harness.state().state.tagging.list.items[3].standing else {
        panic!("a HEIC picture was read")
    };
    assert!(reason.starts_with("a HEIC picture"), "{reason}");
    // A threshold that everything reaches gives every label, without a job.
    for column in 0..4 {
        act(&mut harness, Act::Threshold(column, 0.0));
    }
    assert_eq!(first(harness.state()).len(), 4);
    assert!(!harness.state().state.jobs.busy(), "no model was asked");
    act(&mut harness, Act::Threshold(3, 1.0));
    assert_eq!(first(harness.state()).len(), 3, "fish is not that sure");
    // The slider does the same.
    harness.state_mut().state.notices.list.clear();
    settle(&mut harness);
    let slider = harness.get_by_label("Threshold of car").rect();
    harness.drag_at(slider.left_center() + egui::vec2(4.0, 0.0));
    harness.step();
    harness.hover_at(slider.right_center() - egui::vec2(20.0, 0.0));
    harness.step();
    harness.drop_at(slider.right_center() - egui::vec2(20.0, 0.0));
    harness.step();
    harness.step();
    let threshold = harness.state().state.tagging.list.thresholds[1];
    assert!(threshold > 0.3, "{threshold}");
    act(&mut harness, Act::Threshold(1, 0.0));
    // Take a chip, give a label, take it back, give it again.
    click(&mut harness, "Picture scene 00.png");
    harness.get_by_label("Take apple from scene 00.png").click();
    harness.step();
    harness.step();
    assert!(!first(harness.state()).contains(&"apple".to_owned()));
    harness.state_mut().state.tagging.label = "still life".to_owned();
    harness.step();
    click(&mut harness, "Give the label");
    assert!(first(harness.state()).contains(&"still life".to_owned()));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.step();
    harness.step();
    assert!(!first(harness.state()).contains(&"still life".to_owned()));
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.step();
    harness.step();
    assert!(first(harness.state()).contains(&"still life".to_owned()));
    // Large, with the patches of a label under the pointer, and back.
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(harness.state().state.tagging.large);
    let plain = harness.render().unwrap();
    let place = harness.get_by_label("car is there").rect().center();
    harness.hover_at(place);
    settle(&mut harness);
    assert_eq!(harness.state().state.tagging.hovered.as_deref(), Some("car"));
    assert!(harness.render().unwrap() != plain, "the patches are drawn");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert!(!harness.state().state.tagging.large);
    // What would be written is what is written.
    act(&mut harness, Act::Show(Panel::Write));
    click(&mut harness, "See what will be written");
    wait(&mut harness, "the preview", |w| w.state.tagging.preview.whole);
    let lines = harness.state().state.tagging.preview.lines.clone();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(listing(folder.path()), before, "looking writes nothing");
    settle(&mut harness);
    click(&mut harness, "Write 3 files");
    wait(&mut harness, "the files", |w| {
        w.state.tagging.preview.written == Some(3)
    });
    let said = read_keywords(&folder.path().join("scene 00.png.xmp"))
        .unwrap()
        .keywords
        .subject;
    let mut expected = first(harness.state());
    let mut found = said.clone();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let pictures_now: Vec<_> = listing(folder.path())
        .into_iter()
        .filter(|(p, _)| p.extension().unwrap() != "xmp")
        .collect();
    assert_eq!(pictures_now, before, "the pictures are as they were");
    // The list can be emptied, and comes back with what was changed.
    let labels = first(harness.state());
    act(&mut harness, Act::Clear);
    assert!(harness.state().state.tagging.list.items.is_empty());
    settle(&mut harness);
    click(&mut harness, "Bring it back");
    assert_eq!(first(harness.state()), labels);
    // And taken away again.
    act(&mut harness, Act::Preview(true));
    wait(&mut harness, "the preview", |w| w.state.tagging.preview.whole);
    act(&mut harness, Act::Write);
    wait(&mut harness, "the removal", |w| {
        w.state.tagging.preview.written == Some(3)
    });
    assert_eq!(listing(folder.path()), before);
}

#[test]
fn words_are_asked_for_and_pasted_paths_are_taken() {
    if !can_draw() {
        return;
    }
    let (_folder, pictures) = folder(2);
    let mut harness = window(options(Look::Light));
    settle(&mut harness);
    // A path as a file manager copies it, pasted on another place.
    let address = format!("file://{}", pictures[0].display().to_string().replace(' ', "%20"));
    harness.event(egui::Event::Paste(address));
    harness.step();
    wait(&mut harness, "the picture", |w| standings(w) == [1, 0, 0]);
    assert_eq!(harness.state().state.place, Place::Tag);
    assert!(harness.state().state.tagging.job.is_none(), "there are no words yet");
    assert!(harness.query_by_label_contains("drawn pictograms only").is_some());
    act(&mut harness, Act::Use(words()));
    click(&mut harness, "Tag 1 picture");
    wait(&mut harness, "the labels", |w| standings(w) == [0, 1, 0]);
    wait(&mut harness, "the end", |w| w.state.tagging.job.is_none());
    // A picture itself, as a screenshot program copies it.
    let before = harness.state().state.tagging.list.items.len();
    let image = egui::ColorImage::filled([24, 24], egui::Color32::from_rgb(200, 30, 30));
    harness.event(egui::Event::PasteImage(std::sync::Arc::new(image)));
    harness.step();
    wait(&mut harness, "the pasted picture", |w| {
        w.state.tagging.list.items.len() == before + 1
    });
    wait(&mut harness, "its labels", |w| standings(w) == [0, 2, 0]);
    let kept = harness.state().state.tagging.list.items[before].path.clone();
    std::fs::remove_file(kept).unwrap();
    // A folder of plain pictures, dropped elsewhere, may mean two things.
    harness.state_mut().state.command(Command::Do(Action::Home));
    harness.step();
    drop_paths(&mut harness, [pictures[0].parent().unwrap().to_owned()]);
    wait(&mut harness, "the offer", |w| {
        w.state.notices.list.iter().any(|n| n.text.contains("without labels"))
    });
    settle(&mut harness);
    click(&mut harness, "Tag them");
    wait(&mut harness, "both", |w| w.state.tagging.list.items.len() == 3);
}

#[test]
fn a_watched_folder_tags_what_comes_and_nothing_twice() {
    if !can_draw() {
        return;
    }
    let (folder, pictures) = folder(1);
    let mut harness = window(tagging(Look::Dark));
    settle(&mut harness);
    act(&mut harness, Act::Watch(folder.path().to_owned()));
    let sidecar = |picture: &Path| picture.with_extension("png.xmp");
    wait(&mut harness, "the first picture", |w| {
        w.state.tagging.watch.settled && w.state.tagging.watch.counts == [1, 0]
    });
    assert!(!harness.state().state.jobs.busy(), "watching keeps nobody waiting");
    let second = folder.path().join("scene new.png");
    std::fs::copy(data().join("val/scene 00.png"), &second).unwrap();
    wait(&mut harness, "the second picture", |w| {
        w.state.tagging.watch.counts == [2, 0]
    });
    let written = |path: &Path| path.exists();
    wait(&mut harness, "its sidecar", |_| {
        written(&sidecar(&second)) || !second.exists()
    });
    act(&mut harness, Act::PauseWatch);
    wait(&mut harness, "the pause", |w| w.state.tagging.watch.job.is_none());
    let stamp = |p: &Path| std::fs::metadata(sidecar(p)).map(|m| m.modified().unwrap()).ok();
    let before = (stamp(&pictures[0]), stamp(&second));
    let prefs = harness.state().state.prefs.clone();
    drop(harness);
    // Another session: it is paused, and goes on without doing anything twice.
    let mut options = tagging(Look::Dark);
    options.prefs = Some(prefs);
    let mut harness = window(options);
    settle(&mut harness);
    assert!(harness.state().state.tagging.watch.job.is_none(), "it asks first");
    click(&mut harness, "Continue");
    wait(&mut harness, "the look", |w| w.state.tagging.watch.settled);
    assert_eq!((stamp(&pictures[0]), stamp(&second)), before);
    act(&mut harness, Act::EndWatch);
    wait(&mut harness, "the end", |w| w.state.tagging.watch.job.is_none());
    assert!(harness.state().state.prefs.watch.is_none());
}

/// Pictures as they look in the middle of tagging, without a worker.
fn pretend(harness: &mut Harness<'static, Window>) {
    let state = &mut harness.state_mut().state;
    let list = &mut state.tagging.list;
    let paths: Vec<PathBuf> = (0..9).map(|i| data().join(format!("train/scene {i:02}.png"))).collect();
    list.add(paths.clone());
    let labels = ["apple", "car", "guitar", "fish", "traffic light", "animal/bird/owl"].map(str::to_owned);
    list.begin(
        "birds run-3".to_owned(),
        "best F1 on 40 validation pictures".to_owned(),
        labels.to_vec(),
        vec![0.4; 6],
    );
    for (i, path) in paths.iter().enumerate().take(6) {
        let p = |c: usize| ((i * 7 + c * 5) % 11) as f32 / 10.5;
        let patches = |c: usize| {
            (0..6)
                .map(|k| {
                    (
                        [20.0 + 22.0 * k as f32, 30.0, 42.0 + 22.0 * k as f32, 52.0],
                        0.3 + 0.02 * (k + c) as f32,
                    )
                })
                .collect()
        };
        list.note(
            path,
            &TagEvidence {
                width: 224,
                height: 224,
                probability: (0..6).map(p).collect(),
                patches: (0..6).map(patches).collect(),
            },
        );
    }
    list.fail(
        &paths[6],
        &format!(
            "{}: a HEIC picture, not a picture that can be read (JPEG, PNG, GIF, WebP, BMP, TIFF)",
            paths[6].display()
        ),
    );
    list.set(&[0, 2], "still life", true);
    list.set(&[1], "car", false);
    state.tagging.source = words();
    state.tagging.used = Some(words());
    state.place = Place::Tag;
}

/// A job in the list that no worker has.
fn at_work(harness: &mut Harness<'static, Window>, purpose: Purpose, title: &str) -> u64 {
    let mut job = Job::new(
        9_001,
        Spec {
            request: Request::Doctor,
            title: title.to_owned(),
            purpose,
            shared: None,
        },
    );
    job.state = JobState::Running;
    job.progress("tagging pictures", 6, 9);
    harness.state_mut().state.jobs.list.push_back(job);
    9_001
}

#[test]
fn states() {
    if !can_draw() {
        return;
    }
    for (look, name) in [(Look::Dark, "dark"), (Look::Light, "light")] {
        let mut harness = window(options(look));
        harness.state_mut().state.place = Place::Tag;
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_empty_{name}"));
        pretend(&mut harness);
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_list_{name}"));
        let id = at_work(&mut harness, Purpose::Tag, "Tagging 9 pictures");
        harness.state_mut().state.tagging.job = Some(id);
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_at_work_{name}"));
        let state = &mut harness.state_mut().state;
        (state.tagging.job, state.jobs.list) = (None, Default::default());
        harness.state_mut().state.tagging.filter.words = "no such word".to_owned();
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_filtered_empty_{name}"));
        harness.state_mut().state.tagging.filter.words.clear();
        settle(&mut harness);
        act(&mut harness, Act::Large(true));
        settle(&mut harness);
        let place = harness.get_by_label("apple is there").rect().center();
        harness.hover_at(place);
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_large_{name}"));
        act(&mut harness, Act::Large(false));
        harness.hover_at(egui::pos2(5.0, 5.0));
        act(&mut harness, Act::Show(Panel::Write));
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_write_{name}"));
        {
            let state = &mut harness.state_mut().state;
            let preview = &mut state.tagging.preview;
            preview.stamp = Some((state.tagging.list.version, state.prefs.write.clone()));
            preview.whole = true;
            preview.lines = (0..5)
                .map(|i| (format!("/p/scene {i:02}.png.xmp"), "new, with apple, car".to_owned()))
                .collect();
            preview.skipped = vec![(
                "/p/scene 05.png".to_owned(),
                "its sidecar cannot be read: line 3, column 7: a tag is not closed".to_owned(),
            )];
        }
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_preview_{name}"));
        {
            let state = &mut harness.state_mut().state;
            state.prefs.write.csv = true;
            state.prefs.write.folders = true;
            state.prefs.write.out = "/p/out".to_owned();
            let preview = &mut state.tagging.preview;
            preview.stamp = Some((state.tagging.list.version, state.prefs.write.clone()));
            (preview.whole, preview.lines, preview.skipped) = (false, Vec::new(), Vec::new());
            let hint = "Make the folder, or name another place.";
            preview.failure = Some(Failure::new("there is no folder /p/out to write the tags to", hint));
        }
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_write_failed_{name}"));
        act(&mut harness, Act::Show(Panel::Watch));
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_watch_begin_{name}"));
        {
            let state = &mut harness.state_mut().state;
            state.prefs.watch = Some(patchlight::app::tagging::watch::Watched {
                folder: "/home/anna/camera uploads".into(),
                source: words(),
                form: state.prefs.write.clone(),
            });
            let watch = &mut state.tagging.watch;
            watch.say("IMG_1042.jpg".to_owned(), Ok("apple 93 %, car 71 %".to_owned()));
            watch.say(
                "IMG_1043.heic".to_owned(),
                Err("a HEIC picture, not a picture that can be read".to_owned()),
            );
            for line in &mut watch.lines {
                line.time = SystemTime::now() - Duration::from_secs(130);
            }
        }
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_watch_paused_{name}"));
        let id = at_work(&mut harness, Purpose::Watch, "Watching camera uploads");
        let watch = &mut harness.state_mut().state.tagging.watch;
        (watch.job, watch.settled) = (Some(id), true);
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_watching_{name}"));
        let watch = &mut harness.state_mut().state.tagging.watch;
        let hint = "Check that the file can be read, and the disk.";
        (watch.job, watch.failure) = (
            None,
            Some(Failure::new("/home/anna/birds.safetensors: not found", hint)),
        );
        settle(&mut harness);
        snapshot(&mut harness, &format!("tag_watch_failed_{name}"));
    }
}
