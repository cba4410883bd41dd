//! Tag: pictures are dropped, get labels, are changed, and are written; a folder is watched.

use crate::flows::listing;
use crate::support::*;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place, TagCommand};
use patchlight::app::model::job::{Job, JobState, Spec};
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::prefs::Look;
use patchlight::app::model::tag::item::Standing;
use patchlight::app::model::tag::source::Source;
use patchlight::app::model::tag::state::Panel;
use patchlight::app::model::tag::watch::Watched;
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

fn act(harness: &mut Harness<'static, Window>, command: TagCommand) {
    harness.state_mut().command(Command::Tag(command));
    harness.step();
    harness.step();
}

fn standings(window: &Window) -> [usize; 3] {
    window.model.tagging.list.standings()
}

/// The labels of the first picture.
fn first(window: &Window) -> Vec<String> {
    let list = &window.model.tagging.list;
    list.given(0).iter().map(|g| g.label.to_owned()).collect()
}

/// Drops pictures on Home, the last of them a HEIC one, and waits for their labels.
fn drop_and_tag(harness: &mut Harness<'static, Window>, pictures: Vec<PathBuf>) {
    let home = harness.state().model.place;
    assert_eq!(home, Place::Home);
    // The place is Tag as soon as it is known what was dropped, and the other meaning is offered.
    drop_paths(harness, pictures);
    wait(harness, "the place", |w| w.model.place != home);
    assert_eq!(harness.state().model.place, Place::Tag);
    assert!(harness.query_by_label("Make a project of it instead").is_some());
    wait(harness, "the labels", |w| standings(w) == [0, 3, 1]);
    wait(harness, "the end", |w| w.model.tagging.job.is_none());
    settle(harness);
    let Standing::Failed(reason) = &harness.state().model.tagging.list.items[3].standing else {
        panic!("a HEIC picture was read")
    };
    assert!(reason.contains("HEIC"), "{reason}");
}

/// Thresholds by commands and by the slider.
fn move_thresholds(harness: &mut Harness<'static, Window>) {
    // A threshold that everything reaches gives every label, without a job.
    for column in 0..4 {
        act(harness, TagCommand::Threshold(column, 0.0));
    }
    assert_eq!(first(harness.state()).len(), 4);
    assert!(!harness.state().model.jobs.busy(), "no model was asked");
    act(harness, TagCommand::Threshold(3, 1.0));
    assert_eq!(first(harness.state()).len(), 3, "fish is not that sure");
    // The slider does the same: the model is untrained, so it goes from the least to the most likely picture.
    harness.state_mut().model.notices.list.clear();
    settle(harness);
    let slider = harness.get_by_label("How likely car has to be").rect();
    harness.drag_at(slider.left_center() + egui::vec2(4.0, 0.0));
    harness.step();
    harness.hover_at(slider.right_center() - egui::vec2(20.0, 0.0));
    harness.step();
    harness.drop_at(slider.right_center() - egui::vec2(20.0, 0.0));
    harness.step();
    harness.step();
    let list = &harness.state().model.tagging.list;
    let ([low, high], threshold) = (list.ranges.of(1).unwrap(), list.thresholds[1]);
    assert!(threshold > 0.5 * (low + high), "{threshold} of {low} to {high}");
    act(harness, TagCommand::Threshold(1, 0.0));
}

/// Takes a chip, gives a label, takes it back, gives it again.
fn change_by_hand(harness: &mut Harness<'static, Window>) {
    let has = |harness: &Harness<'static, Window>, label: &str| first(harness.state()).iter().any(|l| l == label);
    click(harness, "Picture scene 00.png");
    harness.get_by_label("Take apple from scene 00.png").click();
    harness.step();
    harness.step();
    assert!(!has(harness, "apple"));
    harness.state_mut().model.tagging.label = "still life".to_owned();
    harness.step();
    click(harness, "Give the label");
    assert!(has(harness, "still life"));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.step();
    harness.step();
    assert!(!has(harness, "still life"));
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.step();
    harness.step();
    assert!(has(harness, "still life"));
}

/// Large, with the patches of a label under the pointer, and back.
fn look_large(harness: &mut Harness<'static, Window>) {
    harness.key_press(Key::Enter);
    settle(harness);
    assert!(harness.state().model.tagging.large);
    let plain = harness.render().unwrap();
    let place = harness.get_by_label("car is there").rect().center();
    harness.hover_at(place);
    settle(harness);
    assert_eq!(harness.state().model.tagging.hovered.as_deref(), Some("car"));
    assert!(harness.render().unwrap() != plain, "the patches are drawn");
    harness.key_press(Key::Escape);
    settle(harness);
    assert!(!harness.state().model.tagging.large);
}

/// What would be written is what is written. `before`: the folder's files so far.
fn look_and_write(harness: &mut Harness<'static, Window>, folder: &Path, before: &[(PathBuf, Vec<u8>)]) {
    act(harness, TagCommand::Show(Panel::Write));
    click(harness, "See what will be written");
    wait(harness, "the preview", |w| w.model.tagging.preview.whole);
    let lines = harness.state().model.tagging.preview.outcome.lines.clone();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(listing(folder), before, "looking writes nothing");
    settle(harness);
    click(harness, "Write 3 files");
    wait(harness, "the files", |w| w.model.tagging.preview.written == Some(3));
    let said = read_keywords(&folder.join("scene 00.png.xmp")).unwrap();
    let mut found = said.keywords.subject;
    let mut expected = first(harness.state());
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let pictures_now: Vec<_> = listing(folder)
        .into_iter()
        .filter(|(p, _)| p.extension().unwrap() != "xmp")
        .collect();
    assert_eq!(pictures_now, before, "the pictures are as they were");
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
    drop_and_tag(&mut harness, pictures);
    move_thresholds(&mut harness);
    change_by_hand(&mut harness);
    look_large(&mut harness);
    look_and_write(&mut harness, folder.path(), &before);
    // The list can be emptied, and comes back with what was changed.
    let labels = first(harness.state());
    act(&mut harness, TagCommand::Clear);
    assert!(harness.state().model.tagging.list.items.is_empty());
    settle(&mut harness);
    click(&mut harness, "Bring it back");
    assert_eq!(first(harness.state()), labels);
    // And taken away again.
    act(&mut harness, TagCommand::Preview(true));
    wait(&mut harness, "the preview", |w| w.model.tagging.preview.whole);
    act(&mut harness, TagCommand::Write);
    wait(&mut harness, "the removal", |w| {
        w.model.tagging.preview.written == Some(3)
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
    assert_eq!(harness.state().model.place, Place::Tag);
    assert!(harness.state().model.tagging.job.is_none(), "there are no words yet");
    assert!(harness.query_by_label_contains("drawn pictograms only").is_some());
    act(&mut harness, TagCommand::Use(words()));
    click(&mut harness, "Tag 1 picture");
    wait(&mut harness, "the labels", |w| standings(w) == [0, 1, 0]);
    wait(&mut harness, "the end", |w| w.model.tagging.job.is_none());
    // A picture itself, as a screenshot program copies it.
    let before = harness.state().model.tagging.list.items.len();
    let image = egui::ColorImage::filled([24, 24], egui::Color32::from_rgb(200, 30, 30));
    harness.event(egui::Event::PasteImage(std::sync::Arc::new(image)));
    harness.step();
    wait(&mut harness, "the pasted picture", |w| {
        w.model.tagging.list.items.len() == before + 1
    });
    wait(&mut harness, "its labels", |w| standings(w) == [0, 2, 0]);
    let kept = harness.state().model.tagging.list.items[before].path.clone();
    std::fs::remove_file(kept).unwrap();
    // A folder of plain pictures, dropped elsewhere, may mean two things.
    harness.state_mut().command(Command::Do(Action::Home));
    harness.step();
    drop_paths(&mut harness, [pictures[0].parent().unwrap().to_owned()]);
    wait(&mut harness, "the choice", |w| w.model.place == Place::Unlabelled);
    settle(&mut harness);
    click(&mut harness, "Tag them");
    wait(&mut harness, "both", |w| w.model.tagging.list.items.len() == 3);
}

#[test]
fn a_watched_folder_tags_what_comes_and_nothing_twice() {
    if !can_draw() {
        return;
    }
    let (folder, pictures) = folder(1);
    let mut harness = window(tagging(Look::Dark));
    settle(&mut harness);
    let before = listing(folder.path());
    act(&mut harness, TagCommand::Watch(folder.path().to_owned()));
    wait(&mut harness, "what it will write", |w| {
        w.model.tagging.watch.look.as_ref().is_some_and(|look| look.whole)
    });
    assert_eq!(listing(folder.path()), before, "looking writes nothing");
    act(&mut harness, TagCommand::StartWatch);
    let sidecar = |picture: &Path| picture.with_extension("png.xmp");
    wait(&mut harness, "the first picture", |w| {
        w.model.tagging.watch.settled && w.model.prefs.watch_log.counts == [1, 0]
    });
    assert!(!harness.state().model.jobs.busy(), "watching keeps nobody waiting");
    let second = folder.path().join("scene new.png");
    std::fs::copy(data().join("val/scene 00.png"), &second).unwrap();
    wait(&mut harness, "the second picture", |w| {
        w.model.prefs.watch_log.counts == [2, 0]
    });
    let written = |path: &Path| path.exists();
    wait(&mut harness, "its sidecar", |_| {
        written(&sidecar(&second)) || !second.exists()
    });
    act(&mut harness, TagCommand::PauseWatch);
    wait(&mut harness, "the pause", |w| w.model.tagging.watch.job.is_none());
    let stamp = |p: &Path| std::fs::metadata(sidecar(p)).map(|m| m.modified().unwrap()).ok();
    let before = (stamp(&pictures[0]), stamp(&second));
    let prefs = harness.state().model.prefs.clone();
    drop(harness);
    // Another session: it is paused, and goes on without doing anything twice.
    let mut options = tagging(Look::Dark);
    options.prefs = Some(prefs);
    let mut harness = window(options);
    settle(&mut harness);
    assert!(harness.state().model.tagging.watch.job.is_none(), "it asks first");
    click(&mut harness, "Continue");
    wait(&mut harness, "the look", |w| w.model.tagging.watch.settled);
    assert_eq!((stamp(&pictures[0]), stamp(&second)), before);
    // What came in the last session is still told, and not told twice.
    act(&mut harness, TagCommand::Show(Panel::Watch));
    settle(&mut harness);
    assert_eq!(harness.state().model.prefs.watch_log.counts, [2, 0]);
    assert!(harness.query_by_label("2 tagged").is_some());
    assert!(harness.query_by_label("scene new.png").is_some());
    act(&mut harness, TagCommand::EndWatch);
    wait(&mut harness, "the end", |w| w.model.tagging.watch.job.is_none());
    assert!(harness.state().model.prefs.watch.is_none());
}

/// Pictures as they look in the middle of tagging, without a worker.
fn pretend(harness: &mut Harness<'static, Window>) {
    let state = &mut harness.state_mut().model;
    let list = &mut state.tagging.list;
    let paths: Vec<PathBuf> = (0..9).map(|i| data().join(format!("train/scene {i:02}.png"))).collect();
    list.add(paths.clone());
    let labels = ["apple", "car", "guitar", "fish", "traffic light", "animal/bird/owl"].map(str::to_owned);
    list.begin(
        "birds run-3".to_owned(),
        "best F1 on 40 validation pictures".to_owned(),
        labels.to_vec(),
        vec![0.4; 6],
        true,
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
                log_odds: Vec::new(),
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
    list.carry(&paths[0], vec!["Rome".to_owned(), "holiday 2025".to_owned()]);
    list.carry(&paths[7], vec!["birthday".to_owned()]);
    state.tagging.source = words();
    state.tagging.used = Some(words());
    state.place = Place::Tag;
}

/// A job in the list that no worker has.
fn at_work(harness: &mut Harness<'static, Window>, kind: JobKind, title: &str) -> u64 {
    let mut job = Job::new(
        9_001,
        Spec {
            request: Request::Doctor,
            title: title.to_owned(),
            kind,
            shared: None,
        },
    );
    job.state = JobState::Running;
    job.progress("tagging pictures", 6, 9, harness.state().model.now);
    harness.state_mut().model.jobs.list.push_back(job);
    9_001
}

/// The list and the large picture.
fn list_states(harness: &mut Harness<'static, Window>, name: &str) {
    harness.state_mut().model.place = Place::Tag;
    settle(harness);
    snapshot(harness, &format!("tag_empty_{name}"));
    pretend(harness);
    settle(harness);
    snapshot(harness, &format!("tag_list_{name}"));
    let id = at_work(harness, JobKind::Tag, "Tagging 9 pictures");
    harness.state_mut().model.tagging.job = Some(id);
    settle(harness);
    snapshot(harness, &format!("tag_at_work_{name}"));
    let state = &mut harness.state_mut().model;
    (state.tagging.job, state.jobs.list) = (None, Default::default());
    harness.state_mut().model.tagging.filter.words = "no such word".to_owned();
    settle(harness);
    snapshot(harness, &format!("tag_filtered_empty_{name}"));
    harness.state_mut().model.tagging.filter.words.clear();
    settle(harness);
    act(harness, TagCommand::Large(true));
    settle(harness);
    let place = harness.get_by_label("apple is there").rect().center();
    harness.hover_at(place);
    settle(harness);
    snapshot(harness, &format!("tag_large_{name}"));
    act(harness, TagCommand::Large(false));
    harness.hover_at(egui::pos2(5.0, 5.0));
}

/// The panel of writing: as it begins, with a preview, with a failure.
fn write_states(harness: &mut Harness<'static, Window>, name: &str) {
    act(harness, TagCommand::Show(Panel::Write));
    settle(harness);
    snapshot(harness, &format!("tag_write_{name}"));
    {
        let state = &mut harness.state_mut().model;
        let preview = &mut state.tagging.preview;
        preview.stamp = Some((state.tagging.list.version, state.prefs.write.clone()));
        preview.whole = true;
        preview.outcome.lines = (0..5)
            .map(|i| (format!("/p/scene {i:02}.png.xmp"), "new, with apple, car".to_owned()))
            .collect();
        preview.outcome.skipped = vec![(
            "/p/scene 05.png".to_owned(),
            "its sidecar cannot be read: line 3, column 7: a tag is not closed".to_owned(),
        )];
    }
    settle(harness);
    snapshot(harness, &format!("tag_preview_{name}"));
    {
        let state = &mut harness.state_mut().model;
        state.prefs.write.csv = true;
        state.prefs.write.folders = true;
        state.prefs.write.out = "/p/out".to_owned();
        let preview = &mut state.tagging.preview;
        preview.stamp = Some((state.tagging.list.version, state.prefs.write.clone()));
        (preview.whole, preview.outcome) = (false, Default::default());
        let hint = "Make the folder, or name another place.";
        preview.failure = Some(Failure::new("there is no folder /p/out to write the tags to", hint));
    }
    settle(harness);
    snapshot(harness, &format!("tag_write_failed_{name}"));
}

/// The panel of the watched folder: as it begins, paused, at work, failed.
fn watch_states(harness: &mut Harness<'static, Window>, name: &str) {
    act(harness, TagCommand::Show(Panel::Watch));
    settle(harness);
    snapshot(harness, &format!("tag_watch_begin_{name}"));
    {
        let state = &mut harness.state_mut().model;
        state.prefs.watch = Some(Watched {
            folder: "/home/anna/camera uploads".into(),
            source: words(),
            form: state.prefs.write.clone(),
            thresholds: [("apple".to_owned(), 0.4), ("car".to_owned(), 0.999)].into(),
            calibrated: true,
        });
        let watch = &mut state.prefs.watch_log;
        let time = SystemTime::now() - Duration::from_secs(130);
        watch.say(time, "IMG_1042.jpg".to_owned(), Ok("apple 93 %, car 71 %".to_owned()));
        watch.say(
            time,
            "IMG_1043.heic".to_owned(),
            Err("a HEIC picture, not a picture that can be read".to_owned()),
        );
    }
    settle(harness);
    snapshot(harness, &format!("tag_watch_paused_{name}"));
    let id = at_work(harness, JobKind::Watch, "Watching camera uploads");
    let watch = &mut harness.state_mut().model.tagging.watch;
    (watch.job, watch.settled) = (Some(id), true);
    settle(harness);
    snapshot(harness, &format!("tag_watching_{name}"));
    let watch = &mut harness.state_mut().model.tagging.watch;
    let hint = "Check that the file can be read, and the disk.";
    (watch.job, watch.failure) = (
        None,
        Some(Failure::new("/home/anna/birds.safetensors: not found", hint)),
    );
    settle(harness);
    snapshot(harness, &format!("tag_watch_failed_{name}"));
}

#[test]
fn states() {
    if !can_draw() {
        return;
    }
    for (look, name) in [(Look::Dark, "dark"), (Look::Light, "light")] {
        let mut harness = window(options(look));
        list_states(&mut harness, name);
        write_states(&mut harness, name);
        watch_states(&mut harness, name);
    }
}
