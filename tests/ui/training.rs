//! The guided way: pictures are picked, a plan is told, a training is watched.

use crate::support::*;
use eframe::egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::job::JobState;
use patchlight::app::model::open::{Open, Slot};
use patchlight::app::model::prefs::Look;
use patchlight::app::model::training_form::Preset;
use patchlight::engine::Stage;
use patchlight::engine::request::Stages;

fn run(harness: &mut Harness<'static, Window>, command: Command) {
    harness.state_mut().command(command);
    harness.step();
    settle(harness);
}

fn open(window: &Window) -> &Open {
    match &window.model.project {
        Slot::Open(open) => open,
        _ => panic!("no project is open"),
    }
}

/// Brings what the training would do into view.
fn to_the_end(harness: &mut Harness<'static, Window>) {
    harness.get_by_label("Go").scroll_to_me();
    settle(harness);
}

/// Asks for the plan and waits for it; times are set to what every machine shows alike.
fn plan(harness: &mut Harness<'static, Window>) {
    harness.get_by_label_contains("What will it do").click_accesskit();
    wait(harness, "the plan", |w| w.model.planning.plan().is_some());
    let plan = harness.state_mut().model.planning.plan_mut().unwrap();
    assert!(plan.seconds.is_some_and(|s| s > 0.0));
    plan.seconds = Some(195.0);
    plan.device = "CPU, 8 threads".to_owned();
    for (stage, seconds) in plan.stages.iter_mut().zip([150.0, 45.0]) {
        stage.seconds = Some(seconds);
    }
    to_the_end(harness);
}

#[test]
fn a_plan_is_told_before_it_is_begun() {
    if !can_draw() {
        return;
    }
    for (look, name) in [(Look::Dark, "dark"), (Look::Light, "light")] {
        let (_folder, mut harness) = opened("scored", look);
        run(&mut harness, Command::Do(Action::Train));
        plan(&mut harness);
        assert!(harness.query_by_label_contains("All in all about 3 min 15 s").is_some());
        snapshot(&mut harness, &format!("train_plan_{name}"));
        // Another setting: the plan no longer fits, and is asked for again.
        harness.state_mut().model.train.stages = Stages::Joint;
        settle(&mut harness);
        assert!(harness.query_by_label_contains("What will it do").is_some());
        let problem = ("epochs_1".to_owned(), "many".to_owned());
        harness.state_mut().model.train.changed.extend([problem]);
        settle(&mut harness);
        assert!(harness.query_by_label_contains("What will it do").is_none());
        to_the_end(&mut harness);
        snapshot(&mut harness, &format!("train_wrong_{name}"));
    }
}

#[test]
fn settings_are_kept_under_a_name() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    run(&mut harness, Command::Do(Action::Train));
    let form = &mut harness.state_mut().model.train;
    form.advanced = true;
    form.preset = Preset::Ready(0);
    form.changed.insert("alpha".to_owned(), "0.3".to_owned());
    form.name = " mine ".to_owned();
    settle(&mut harness);
    harness.get_by_label_contains("Keep these settings").click_accesskit();
    harness.step();
    settle(&mut harness);
    let state = &harness.state().model;
    assert_eq!(state.train.preset, Preset::Own("mine".to_owned()));
    let kept = &state.prefs.presets["mine"];
    assert_eq!(
        (kept["alpha"].as_str(), kept["epochs_1"].as_str(), kept.len()),
        ("0.3", "3", 3)
    );
    snapshot(&mut harness, "train_kept_dark");
    run(&mut harness, Command::SavePreset("mine".to_owned(), None));
    assert!(harness.state().model.prefs.presets.is_empty());
    // The newest message's, after the top bar's.
    harness.query_all_by_label("Undo").last().unwrap().click_accesskit();
    harness.step();
    settle(&mut harness);
    assert_eq!(harness.state().model.prefs.presets["mine"]["alpha"], "0.3");
}

#[test]
fn pictures_are_picked_by_clicks_and_keys() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Light);
    run(&mut harness, Command::Do(Action::Train));
    harness
        .get_by_label_contains("Pick pictures for each label")
        .click_accesskit();
    harness.step();
    settle(&mut harness);
    let label = harness.state().model.browse.picking.unwrap();
    let has = |w: &Window, picture: usize| open(w).catalog.truth_of(picture)[label] == 1;
    let picture = (0..24).find(|i| !has(harness.state(), *i)).unwrap();
    let name = open(harness.state()).catalog.pictures[picture].name.clone();
    harness.get_by_label(&name).click();
    wait(&mut harness, "the label", |w| has(w, picture));
    settle(&mut harness);
    snapshot(&mut harness, "picking_light");
    // Once more takes it away; the keys do the same at the cursor.
    harness.get_by_label(&name).click();
    wait(&mut harness, "the label to go", |w| !has(w, picture));
    harness.key_press(Key::Space);
    wait(&mut harness, "the label by a key", |w| has(w, picture));
    run(&mut harness, Command::Do(Action::Undo));
    wait(&mut harness, "undo", |w| !has(w, picture));
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
    assert!(harness.state().model.browse.picking.is_none());
    assert_eq!(harness.state().model.place, Place::Train);
}

#[test]
fn a_training_is_watched_and_can_be_looked_at_later() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    run(&mut harness, Command::Do(Action::Train));
    for (name, value) in [("epochs_1", "2"), ("epochs_2", "2"), ("batch_1", "8")] {
        let form = &mut harness.state_mut().model.train;
        form.changed.insert(name.to_owned(), value.to_owned());
    }
    settle(&mut harness);
    harness.get_by_label_contains("Start training").click_accesskit();
    let done = |w: &Window| {
        let job = w.model.training.as_ref().and_then(|t| w.model.jobs.get(t.job));
        job.is_some_and(|j| j.state == JobState::Done)
    };
    wait(&mut harness, "the training", done);
    let watched = |w: &Window| -> Vec<usize> {
        let lanes = w.model.training.iter().flat_map(|t| &t.lanes);
        lanes.map(|l| l.watched.len()).collect()
    };
    wait(&mut harness, "the watched pictures", |w| watched(w) == [2, 2]);
    settle(&mut harness);
    let pictures = &harness.state().model.training.as_ref().unwrap().lanes[1].watched[1].pictures;
    assert_eq!(pictures.len(), 4, "every validation picture is watched");
    assert!(harness.query_by_label_contains("Tag with it").is_some());
    wait(&mut harness, "the predictions", |w| !w.model.jobs.busy());
    // As if the window had been started again.
    harness.state_mut().model.training = None;
    settle(&mut harness);
    let run_1 = Command::ShowTraining("run-1".to_owned());
    harness.state_mut().command(run_1);
    wait(&mut harness, "the curves of both stages", |w| watched(w) == [2, 2]);
    settle(&mut harness);
    let lane = &harness.state().model.training.as_ref().unwrap().lanes[0];
    assert_eq!((lane.run.as_str(), lane.stage), ("run-1", Stage::One));
    // Where the patches are is not looked at here: another processor may learn another way in the last digits.
    assert!(!lane.loss.points.is_empty() && !lane.map[0].points.is_empty());
}
