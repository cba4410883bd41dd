//! The main work, by clicks and keys.

use crate::support::*;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::job::JobState;
use patchlight::app::model::job_kind::JobKind;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::project::Project;
use std::path::{Path, PathBuf};

/// A picture with an apple and a car.
const FIRST: &str = "train/scene 00.png";

#[test]
fn select_inspect_label_undo_and_find_it_after_a_restart() {
    if !can_draw() {
        return;
    }
    let (folder, mut harness) = opened("scored", Look::Dark);
    // The first picture by a click, then large by Enter.
    click(&mut harness, FIRST);
    assert_eq!(harness.state().model.browse.selection.len(), 1);
    harness.key_press(Key::Enter);
    wait(&mut harness, "the inspector", |w| w.model.inspect.examined.is_some());
    settle(&mut harness);
    // Toggle "fish", the fourth label, by its digit.
    let truth = |w: &Window, label: usize| match &w.model.project {
        Slot::Open(open) => {
            let index = open.catalog.pictures.iter().position(|p| p.name == FIRST).unwrap();
            open.catalog.truth_of(index)[label]
        }
        _ => panic!("no project"),
    };
    assert_eq!(truth(harness.state(), 3), 0);
    harness.key_press(Key::Num4);
    wait(&mut harness, "the label", |w| truth(w, 3) == 1);
    // And "apple" by its tick.
    assert_eq!(truth(harness.state(), 0), 1);
    click(&mut harness, "apple is there");
    wait(&mut harness, "the label to go", |w| truth(w, 0) == 0);
    // Undo the tick, not the digit.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "undo", |w| truth(w, 0) == 1);
    // Back to the grid, close the window: the edit is in the project, and can still be undone.
    harness.key_press(Key::Escape);
    harness.step();
    assert!(harness.state().model.inspect.picture.is_none());
    drop(harness);
    let path = folder.path().join("birds.patchlight");
    let mut project = open_again(&path);
    let id = project
        .pictures(None)
        .unwrap()
        .iter()
        .find(|p| p.name == FIRST)
        .unwrap()
        .id;
    assert_eq!(project.truth(&[id]).unwrap().values, [1, 1, 0, 1]);
    project.undo().unwrap();
    assert_eq!(project.truth(&[id]).unwrap().values, [1, 1, 0, 0]);
    project.redo().unwrap();
    project.redo().unwrap();
    assert_eq!(project.truth(&[id]).unwrap().values, [0, 1, 0, 1]);
}

/// The thread of a closed window gives the lock back a moment later.
fn open_again(path: &Path) -> Project {
    for _ in 0..100 {
        if let Ok(project) = Project::open(path) {
            return project;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Project::open(path).unwrap()
}

#[test]
fn a_label_on_many_pictures_is_one_step() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness.step();
    assert_eq!(harness.state().model.browse.selection.len(), 24);
    let fish = |w: &Window| match &w.model.project {
        Slot::Open(open) => open.catalog.positives(None)[3],
        _ => 0,
    };
    let before = fish(harness.state());
    harness.key_press(Key::Num4);
    wait(&mut harness, "all fish", |w| fish(w) == 24);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "as before", |w| fish(w) == before);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    wait(&mut harness, "all fish again", |w| fish(w) == 24);
}

#[test]
fn alpha_follows_the_slider_and_changes_the_scores() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    harness.key_press(Key::Enter);
    wait(&mut harness, "the inspector", |w| w.model.inspect.examined.is_some());
    settle(&mut harness);
    assert_eq!(harness.state().model.inspect.alpha, None);
    let slider = harness.get_by_label("alpha, weight of the whole picture").rect();
    harness.drag_at(slider.center());
    harness.step();
    harness.hover_at(slider.left_center() + egui::vec2(4.0, 0.0));
    harness.step();
    harness.drop_at(slider.left_center() + egui::vec2(4.0, 0.0));
    harness.step();
    let alpha = harness.state().model.inspect.alpha.expect("the slider moved");
    assert!(alpha < 0.4, "{alpha}");
    click(&mut harness, "As trained");
    assert_eq!(harness.state().model.inspect.alpha, None);
}

/// Pictures side by side in the grid, as they are drawn.
fn columns(harness: &Harness<'static, Window>) -> usize {
    let Slot::Open(open) = &harness.state().model.project else {
        panic!("no project")
    };
    let shown = &harness.state().model.browse.shown;
    let top = |i: &u32| {
        let drawn = harness.query_by_label(&open.catalog.pictures[*i as usize].name)?;
        Some(drawn.rect().top())
    };
    let first = top(&shown[0]).expect("the first picture is drawn");
    shown.iter().filter(|i| top(i) == Some(first)).count()
}

#[test]
fn keys_travel_and_the_palette_finds_places() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    harness.key_press(Key::ArrowRight);
    harness.step();
    harness.step();
    assert_eq!(harness.state().model.browse.cursor, 1);
    harness.key_press(Key::ArrowDown);
    harness.step();
    harness.step();
    let columns = columns(&harness);
    assert_eq!(harness.state().model.browse.cursor, 1 + columns);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.step();
    harness.step();
    harness.event(egui::Event::Text("results".to_owned()));
    harness.step();
    harness.step();
    harness.key_press(Key::Enter);
    harness.step();
    harness.step();
    assert_eq!(harness.state().model.place, Place::Results);
    harness.key_press(Key::F1);
    harness.step();
    harness.step();
    assert!(harness.state().model.desk.keys);
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
    assert!(!harness.state().model.desk.keys);
}

#[test]
fn a_number_leads_to_its_pictures() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    click(&mut harness, "Results");
    settle(&mut harness);
    click(&mut harness, "Pictures with guitar");
    settle(&mut harness);
    let state = &harness.state().model;
    assert_eq!(state.place, Place::Pictures);
    let Slot::Open(open) = &state.project else { panic!() };
    assert!(!state.browse.shown.is_empty());
    for i in &state.browse.shown {
        assert_eq!(open.catalog.truth_of(*i as usize)[2], 1);
    }
}

#[test]
fn dropped_data_becomes_a_project_and_the_source_stays_as_it_was() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("my birds");
    copy(&data(), &here);
    let before = listing(&here);
    let mut harness = window(options(Look::Light));
    harness.step();
    drop_paths(&mut harness, [here.clone()]);
    // First a look: nothing is written before it was asked for.
    wait(&mut harness, "the preview", crate::data::previewed);
    assert!(!folder.path().join("my birds.patchlight").exists());
    click(&mut harness, "Import");
    wait(&mut harness, "the import", |w| matches!(w.model.project, Slot::Open(_)));
    let Slot::Open(open) = &harness.state().model.project else {
        panic!()
    };
    assert_eq!(open.catalog.pictures.len(), 24);
    assert_eq!(open.catalog.name(), "my birds");
    assert_eq!(listing(&here), before);
    // A picture of the project that is dropped is shown.
    let picture = here.join("val/scene 01.png");
    drop_paths(&mut harness, [picture]);
    wait(&mut harness, "the picture", |w| w.model.inspect.picture.is_some());
    // And what is nothing says so.
    drop_paths(&mut harness, ["/nowhere/at all".into()]);
    wait(&mut harness, "the message", |w| {
        w.model
            .notices
            .list
            .iter()
            .any(|n| n.text.contains("There is nothing at"))
    });
}

pub fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn train_pause_resume_and_see_what_changed() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    click(&mut harness, "Train");
    settle(&mut harness);
    for (name, value) in [("epochs_1", "40"), ("epochs_2", "2"), ("batch_1", "4")] {
        harness
            .state_mut()
            .model
            .train
            .changed
            .insert(name.to_owned(), value.to_owned());
    }
    harness.step();
    harness.get_by_label_contains("Start training").click_accesskit();
    wait(&mut harness, "the first steps", |w| {
        w.model
            .training
            .as_ref()
            .and_then(|t| t.current())
            .is_some_and(|l| l.done > 4)
    });
    harness.get_by_label_contains("Pause").click();
    let ended = |w: &Window| {
        w.model
            .training
            .as_ref()
            .and_then(|t| w.model.jobs.get(t.job))
            .map(|j| j.state.clone())
    };
    wait(&mut harness, "the pause", |w| ended(w) == Some(JobState::Stopped));
    wait(&mut harness, "the list of runs", |w| match &w.model.project {
        Slot::Open(open) => open
            .catalog
            .runs
            .iter()
            .any(|r| r.state == patchlight::project::RunState::Stopped),
        _ => false,
    });
    // Fewer steps are left than it would take to wait for; the next training is short.
    harness.get_by_label_contains("New training").click();
    harness.step();
    for (name, value) in [("epochs_1", "1"), ("epochs_2", "2")] {
        harness
            .state_mut()
            .model
            .train
            .changed
            .insert(name.to_owned(), value.to_owned());
    }
    harness.step();
    harness.step();
    harness.get_by_label_contains("Start training").click_accesskit();
    harness.step();
    wait(&mut harness, "the training", |w| ended(w) == Some(JobState::Done));
    wait(&mut harness, "the predictions of both runs", |w| {
        match &w.model.project {
            Slot::Open(open) => open.catalog.compared.len() == 3 && !w.model.jobs.busy(),
            _ => false,
        }
    });
    settle(&mut harness);
    assert!(harness.query_by_label("What changed").is_some());
    let Slot::Open(open) = &harness.state().model.project else {
        panic!()
    };
    assert_eq!(open.catalog.run, "run-3", "the newest run is shown");
}

#[test]
fn an_edit_during_training_is_kept() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    for (name, value) in [("epochs_1", "30"), ("epochs_2", "1"), ("batch_1", "4")] {
        harness
            .state_mut()
            .model
            .train
            .changed
            .insert(name.to_owned(), value.to_owned());
    }
    click(&mut harness, "Train");
    settle(&mut harness);
    harness.get_by_label_contains("Start training").click_accesskit();
    wait(&mut harness, "the first steps", |w| {
        w.model
            .training
            .as_ref()
            .and_then(|t| t.current())
            .is_some_and(|l| l.done > 2)
    });
    click(&mut harness, "Pictures");
    harness.key_press(Key::Num4);
    wait(&mut harness, "the label", |w| match &w.model.project {
        Slot::Open(open) => open.catalog.pictures.iter().any(|p| p.edited),
        _ => false,
    });
    assert!(
        harness.state().model.jobs.has(|kind| matches!(kind, JobKind::Train)),
        "the training goes on"
    );
    for job in harness.state().model.jobs.unfinished(|_| true) {
        harness.state_mut().command(Command::Stop(job));
    }
    wait(&mut harness, "the end", |w| !w.model.jobs.busy());
}

#[test]
fn a_new_label_can_be_taken_back_and_given_again() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    let labels = |w: &Window| match &w.model.project {
        Slot::Open(open) => (
            open.catalog.labels.len(),
            open.catalog.truth.len(),
            open.catalog.probability.len(),
        ),
        _ => (0, 0, 0),
    };
    harness.state_mut().command(Command::AddLabel("owl".to_owned()));
    wait(&mut harness, "the label", |w| labels(w) == (5, 120, 120));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "undo", |w| labels(w) == (4, 96, 96));
    // The columns fit each other: a digit changes its own label.
    click(&mut harness, FIRST);
    harness.key_press(Key::Num4);
    wait(&mut harness, "the edit", |w| match &w.model.project {
        Slot::Open(open) => open.catalog.pictures.iter().any(|p| p.edited && p.name == FIRST),
        _ => false,
    });
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "undo of the edit", |w| match &w.model.project {
        Slot::Open(open) => !open.catalog.pictures.iter().any(|p| p.edited),
        _ => false,
    });
}

#[test]
fn what_the_arrows_reach_is_what_the_digits_change() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    let first = harness.state().model.browse.shown[0] as usize;
    let names: Vec<String> = match &harness.state().model.project {
        Slot::Open(open) => open.catalog.pictures.iter().map(|p| p.name.clone()).collect(),
        _ => panic!("no project"),
    };
    click(&mut harness, &names[first]);
    harness.key_press(Key::ArrowRight);
    harness.step();
    harness.step();
    let state = &harness.state().model;
    assert_eq!(
        state.browse.targets(),
        [state.browse.shown[1] as usize],
        "the selection moved along"
    );
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.step();
    harness.step();
    let state = &harness.state().model;
    assert_eq!(state.browse.targets().len(), 2, "Shift extends it");
}

#[test]
fn a_second_window_only_looks() {
    if !can_draw() {
        return;
    }
    let (folder, mut first) = opened("plain", Look::Dark);
    let mut options = options(Look::Light);
    options.paths = vec![folder.path().join("birds.patchlight")];
    let mut second = window(options);
    wait(&mut second, "the project", |w| matches!(w.model.project, Slot::Open(_)));
    settle(&mut second);
    second.key_press(Key::Num1);
    second.key_press_modifiers(Modifiers::COMMAND, Key::P);
    for _ in 0..20 {
        second.step();
    }
    assert!(!second.state().model.jobs.busy(), "nothing that writes was begun");
    let edited = |w: &Window| match &w.model.project {
        Slot::Open(open) => open.catalog.edited(),
        _ => 0,
    };
    assert_eq!(edited(second.state()), 0);
    first.key_press(Key::Num1);
    wait(&mut first, "the edit", |w| edited(w) == 1);
}
