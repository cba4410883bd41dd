//! Tag the next day: what was watched, what was kept, what is shown of an untrained model, and what stands where.

use crate::support::*;
use eframe::egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::model::choose::Choose;
use patchlight::app::model::command::{Command, Place, TagCommand};
use patchlight::app::model::job::{Job, JobState, Spec};
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::prefs::{Look, Recent};
use patchlight::app::model::tag::source::Source;
use patchlight::app::model::tag::state::Panel;
use patchlight::app::model::tag::watch::Watched;
use patchlight::app::{Options, Window};
use patchlight::engine::Request;
use patchlight::tagging::xmp::read_keywords;
use std::path::{Path, PathBuf};

fn act(harness: &mut Harness<'static, Window>, command: TagCommand) {
    harness.state_mut().command(Command::Tag(command));
    harness.step();
    harness.step();
}

fn words(look: Look) -> Options {
    let mut options = options(look);
    if let Some(prefs) = &mut options.prefs {
        prefs.tag_source = Some(Source::Words {
            model: None,
            words: "apple, car, guitar, fish".to_owned(),
        });
    }
    options
}

/// Some pictures in a folder of their own.
fn pictures(names: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let copied = names.iter().enumerate().map(|(i, name)| {
        let to = folder.path().join(name);
        std::fs::copy(data().join(format!("train/scene {i:02}.png")), &to).unwrap();
        to
    });
    let copied = copied.collect();
    (folder, copied)
}

/// Drops pictures in Tag and waits for their labels.
fn tagged(harness: &mut Harness<'static, Window>, pictures: &[PathBuf]) {
    harness.state_mut().model.place = Place::Tag;
    drop_paths(harness, pictures.to_vec());
    let count = pictures.len();
    wait(harness, "the labels", move |w| {
        w.model.tagging.list.standings() == [0, count, 0] && w.model.tagging.job.is_none()
    });
    harness.state_mut().model.notices.list.clear();
    settle(harness);
}

/// Clicks a field and types.
fn write(harness: &mut Harness<'static, Window>, field: &str, text: &str) {
    harness.get_by_label(field).click();
    harness.step();
    harness.event(egui::Event::Text(text.to_owned()));
    harness.step();
    harness.step();
}

fn sidecar(picture: &Path) -> PathBuf {
    picture.with_extension("png.xmp")
}

#[test]
fn a_watched_folder_gives_labels_from_the_thresholds_that_are_shown() {
    if !can_draw() {
        return;
    }
    let (_folder, listed) = pictures(&["a.png", "b.png", "c.png"]);
    let (inbox, there) = pictures(&["new.png"]);
    let mut harness = window(words(Look::Dark));
    settle(&mut harness);
    tagged(&mut harness, &listed);
    // Everything but the apple is given, whatever the picture.
    for column in 0..4 {
        act(
            &mut harness,
            TagCommand::Threshold(column, if column == 0 { 1.0 } else { 0.0 }),
        );
    }
    click(&mut harness, "Watch a folder");
    write(&mut harness, "Folder to watch", &inbox.path().display().to_string());
    click(&mut harness, "See what will be written");
    wait(&mut harness, "what it will write", |w| {
        w.model.tagging.watch.look.as_ref().is_some_and(|look| look.whole)
    });
    settle(&mut harness);
    assert!(
        harness.query_by_label("new.png.xmp").is_some(),
        "the file is named before it is written"
    );
    assert!(!sidecar(&there[0]).exists());
    click(&mut harness, "Start watching");
    wait(&mut harness, "the first picture", |w| w.model.tagging.watch.settled);
    let second = inbox.path().join("second.png");
    std::fs::copy(data().join("val/scene 00.png"), &second).unwrap();
    wait(&mut harness, "the second picture", |w| {
        w.model.prefs.watch_log.counts == [2, 0]
    });
    for picture in [&there[0], &second] {
        let path = sidecar(picture);
        wait(&mut harness, "the sidecar", move |_| path.exists());
        let mut found = read_keywords(&sidecar(picture)).unwrap().keywords.subject;
        found.sort();
        assert_eq!(found, ["car", "fish", "guitar"]);
    }
    act(&mut harness, TagCommand::EndWatch);
    wait(&mut harness, "the end", |w| w.model.tagging.watch.job.is_none());
}

#[test]
fn after_a_restart_the_list_and_the_last_project_are_there() {
    if !can_draw() {
        return;
    }
    let (folder, listed) = pictures(&["a.png", "b.png"]);
    let (_kept, project) = project("scored");
    let file = folder.path().join("kept/tags.json");
    let mut options = words(Look::Light);
    options.tag_list = Some(file.clone());
    let mut harness = window(options.clone());
    settle(&mut harness);
    tagged(&mut harness, &listed);
    act(&mut harness, TagCommand::Set(vec![1], "still life".to_owned(), true));
    let before = harness.state().model.tagging.list.kept(None);
    wait(&mut harness, "the list on the disk", |w| {
        w.model.tagging.keeping.version == w.model.tagging.list.version
    });
    wait(&mut harness, "the file", move |_| file.exists());
    drop(harness);
    // The next day.
    if let Some(prefs) = &mut options.prefs {
        let recent = |path: PathBuf| Recent {
            path,
            pictures: Vec::new(),
            counts: [24, 4],
        };
        prefs.recent = vec![recent(project.clone()), recent("/p/older.patchlight".into())];
    }
    let mut harness = window(options);
    wait(&mut harness, "the list", |w| w.model.tagging.list.items.len() == 2);
    harness.state_mut().model.notices.list.clear();
    settle(&mut harness);
    assert_eq!(harness.state().model.tagging.list.kept(None), before);
    let top = |harness: &Harness<'static, Window>, name: &str| harness.get_by_label(name).rect().top();
    let drop_here = top(&harness, "Drop pictures to tag them, or a data set to teach");
    assert!(top(&harness, "Open birds") < drop_here, "the last project stands first");
    assert!(top(&harness, "Open older") > drop_here);
    // Where the test's own folder is differs from run to run.
    let shown = std::mem::replace(
        &mut harness.state_mut().model.prefs.recent[0].path,
        "/home/anna/birds.patchlight".into(),
    );
    settle(&mut harness);
    snapshot(&mut harness, "home_again_light");
    harness.state_mut().model.prefs.recent[0].path = shown;
    settle(&mut harness);
    harness
        .get_by_label_contains("2 pictures in Tag, 1 changed by you")
        .click();
    harness.step();
    harness.step();
    assert_eq!(harness.state().model.place, Place::Tag);
    assert!(harness.query_by_label("still life by hand on b.png").is_some());
    // A click on the very name of a project opens it.
    harness.state_mut().model.place = Place::Home;
    settle(&mut harness);
    click(&mut harness, "birds");
    wait(&mut harness, "the project", |w| w.model.open().is_some());
}

#[test]
fn an_untrained_model_orders_and_says_why() {
    if !can_draw() {
        return;
    }
    let (_folder, listed) = pictures(&["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"]);
    let mut harness = window(words(Look::Dark));
    settle(&mut harness);
    tagged(&mut harness, &listed);
    assert!(
        harness
            .query_by_label_contains("never trained on your labels")
            .is_some()
    );
    let list = &harness.state().model.tagging.list;
    let given: Vec<Vec<String>> = (0..6)
        .map(|i| list.given(i).iter().map(|g| g.label.to_owned()).collect())
        .collect();
    let all: usize = given.iter().map(Vec::len).sum();
    assert!((9..=15).contains(&all), "about two of each: {given:?}");
    let spoken = harness.query_all_by_label_contains(" on a.png").count();
    assert!(spoken >= given[0].len());
    assert!(harness.query_by_label_contains("%").is_none(), "no percentage is shown");
    snapshot(&mut harness, "tag_untrained_dark");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(harness.state().model.tagging.large);
    snapshot(&mut harness, "tag_untrained_large_dark");
}

#[test]
fn labels_behind_the_edge_can_be_taken_away_and_the_chosen_alone_are_written() {
    if !can_draw() {
        return;
    }
    let (folder, listed) = pictures(&["a.png", "b.png"]);
    let mut harness = sized(words(Look::Dark), [900.0, 720.0], 1.0);
    settle(&mut harness);
    tagged(&mut harness, &listed);
    for label in ["a first long label", "a second long label", "a third long label"] {
        act(&mut harness, TagCommand::Set(vec![0], label.to_owned(), true));
    }
    harness.state_mut().model.notices.list.clear();
    settle(&mut harness);
    let count = |w: &Window| w.model.tagging.list.given(0).len();
    let before = count(harness.state());
    harness.get_by_label_contains("more labels of a.png").click();
    settle(&mut harness);
    let last = {
        let given = harness.state().model.tagging.list.given(0);
        given.last().unwrap().label.to_owned()
    };
    click(&mut harness, &format!("Take {last} from a.png"));
    assert_eq!(count(harness.state()), before - 1);
    // Only what is chosen is written.
    settle(&mut harness);
    act(&mut harness, TagCommand::Choose(1, Choose::Only));
    act(&mut harness, TagCommand::Show(Panel::Write));
    settle(&mut harness);
    click(&mut harness, "Only the 1 chosen");
    click(&mut harness, "See what will be written");
    wait(&mut harness, "the preview", |w| w.model.tagging.preview.whole);
    settle(&mut harness);
    click(&mut harness, "Write 1 file");
    wait(&mut harness, "the file", |w| w.model.tagging.preview.written == Some(1));
    assert!(sidecar(&listed[1]).exists() && !sidecar(&listed[0]).exists());
    // What is deleted is said deleted.
    act(&mut harness, TagCommand::Preview(true));
    wait(&mut harness, "the preview", |w| w.model.tagging.preview.whole);
    settle(&mut harness);
    assert!(
        harness
            .query_all_by_label_contains("will be deleted: it holds only")
            .next()
            .is_some()
    );
    click(&mut harness, "Delete 1 file");
    wait(&mut harness, "the removal", |w| {
        w.model.tagging.preview.written == Some(1)
    });
    settle(&mut harness);
    assert!(harness.query_all_by_label_contains("Deleted 1 file").next().is_some());
    assert!(!sidecar(&listed[1]).exists());
    drop(folder);
}

#[test]
fn the_status_bar_writes_nothing_over_anything() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    harness.set_size(egui::vec2(1024.0, 640.0));
    let long = "a label with a long name that goes on and on as labels of museums and archives do";
    harness.state_mut().command(Command::AddLabel(long.to_owned()));
    wait(&mut harness, "the label", |w| {
        w.model.open().is_some_and(|open| open.catalog.undo.is_some())
    });
    let model = &mut harness.state_mut().model;
    model.notices.list.clear();
    let mut job = Job::new(
        9_001,
        Spec {
            request: Request::Doctor,
            title: "Watching".to_owned(),
            kind: JobKind::Watch,
            shared: None,
        },
    );
    job.state = JobState::Running;
    model.jobs.list.push_back(job);
    model.tagging.watch.job = Some(9_001);
    model.prefs.watch = Some(Watched {
        folder: "/home/anna/camera uploads".into(),
        source: Source::default(),
        form: model.prefs.write.clone(),
        thresholds: Default::default(),
        calibrated: true,
    });
    settle(&mut harness);
    let undo = harness.get_by_label_contains("undo: ").rect();
    let watch = harness.get_by_label_contains("“camera uploads” is watched").rect();
    assert!(undo.right() <= watch.left(), "{undo:?} {watch:?}");
}

#[test]
fn a_threshold_next_to_certain_is_shown_as_it_was_typed() {
    if !can_draw() {
        return;
    }
    let mut harness = window(options(Look::Dark));
    let list = &mut harness.state_mut().model.tagging.list;
    list.add([PathBuf::from("/p/a.png")]);
    list.begin("birds".into(), String::new(), vec!["owl".into()], vec![0.5], true);
    let evidence = patchlight::engine::event::TagEvidence {
        width: 4,
        height: 4,
        probability: vec![0.9996],
        ..Default::default()
    };
    list.note(Path::new("/p/a.png"), &evidence);
    harness.state_mut().model.place = Place::Tag;
    act(&mut harness, TagCommand::Threshold(0, 0.999));
    settle(&mut harness);
    assert!(harness.query_by_value("99.9 %").is_some() || harness.query_by_label("99.9 %").is_some());
    assert!(harness.query_by_label("owl 99.96 % on a.png").is_some());
}
