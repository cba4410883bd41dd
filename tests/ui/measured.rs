//! Numbers that say what they are measured on, trainings with their names, pages that stay where they were left.

use crate::support::*;
use eframe::egui::{self, Event, Key, Modifiers, MouseWheelSource};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::action::Action;
use patchlight::app::model::command::{Command, Place};
use patchlight::app::model::data::Page;
use patchlight::app::model::open::{Open, Slot};
use patchlight::app::model::prefs::Look;

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

fn has(harness: &Harness<'static, Window>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Every picture is in a split, or in none.
fn splits(harness: &mut Harness<'static, Window>, split: Option<patchlight::dataset::model::Split>) {
    if let Slot::Open(open) = &mut harness.state_mut().model.project {
        for picture in &mut open.catalog.pictures {
            picture.split = split;
        }
        open.version += 1;
    }
    settle(harness);
}

#[test]
fn every_number_of_results_names_its_pictures() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened_trained(Look::Dark);
    run(&mut harness, Command::Do(Action::Results));
    assert_eq!(harness.query_all_by_label("mAP in % on 6 test pictures").count(), 4);
    assert!(has(&harness, "Each label on 6 test pictures"));
    assert!(!has(&harness, "learned from these") && !has(&harness, "No pictures are held back"));
    assert!(has(&harness, "Sort by Learned from"));
    click(&mut harness, "training");
    settle(&mut harness);
    assert_eq!(
        harness.query_all_by_label("mAP in % on 14 training pictures").count(),
        4
    );
    assert!(has(&harness, "It has learned from these pictures"));
    snapshot(&mut harness, "results_learned_from_dark");
    // The untrained model has learned from none of them.
    run(&mut harness, Command::ShowRun("zero-shot".to_owned()));
    wait(&mut harness, "its predictions", |w| open(w).catalog.run == "zero-shot");
    settle(&mut harness);
    assert!(!has(&harness, "learned from these") && !has(&harness, "Learned from"));
}

#[test]
fn results_without_held_out_pictures_say_so_first_and_lead_to_a_split() {
    if !can_draw() {
        return;
    }
    for (look, name) in [(Look::Dark, "dark"), (Look::Light, "light")] {
        let (_folder, mut harness) = opened_trained(look);
        run(&mut harness, Command::Do(Action::Results));
        splits(&mut harness, Some(patchlight::dataset::model::Split::Train));
        let first = harness
            .get_by_label_contains("No pictures are held back to test on")
            .rect();
        let numbers = harness.query_all_by_label("mAP in % on all 24 pictures");
        let tops: Vec<f32> = numbers.map(|node| node.rect().top()).collect();
        assert!(tops.len() == 4 && tops.iter().all(|top| *top > first.bottom()));
        assert!(has(&harness, "It has learned from 24 of them"));
        snapshot(&mut harness, &format!("results_nothing_held_back_{name}"));
        harness.get_by_label_contains("Split the pictures…").click();
        harness.step();
        settle(&mut harness);
        let model = &harness.state().model;
        assert_eq!((model.place, model.data.page), (Place::Data, Page::Splits));
    }
}

#[test]
fn one_training_is_one_entry_that_is_named_deleted_and_brought_back() {
    if !can_draw() {
        return;
    }
    let (folder, mut harness) = opened_trained(Look::Light);
    run(&mut harness, Command::Do(Action::Train));
    assert_eq!(harness.query_all_by_label("Training 1").count(), 1);
    assert!(!has(&harness, "run-1") && !has(&harness, "run-2"));
    harness.get_by_label("Training 1").scroll_to_me();
    settle(&mut harness);
    snapshot(&mut harness, "train_past_light");
    let name = |w: &Window| {
        open(w)
            .catalog
            .runs
            .iter()
            .filter_map(|r| r.name.clone())
            .collect::<Vec<_>>()
    };
    click(&mut harness, "Rename Training 1");
    settle(&mut harness);
    harness.event(Event::Text("marsh".to_owned()));
    harness.step();
    harness.key_press(Key::Enter);
    wait(&mut harness, "the name", |w| name(w) == ["marsh", "marsh"]);
    settle(&mut harness);
    click(&mut harness, "Delete marsh");
    wait(&mut harness, "the training to go", |w| {
        open(w).catalog.runs.is_empty() && open(w).catalog.run == "zero-shot"
    });
    settle(&mut harness);
    assert!(!has(&harness, "Past trainings"));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    wait(&mut harness, "the training to come back", |w| name(w).len() == 2);
    assert_eq!(harness.state().model.place, Place::Train);
    drop(harness);
    let mut options = options(Look::Light);
    options.paths = vec![folder.path().join("birds.patchlight")];
    let mut harness = window(options);
    wait(&mut harness, "the project", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    assert_eq!(name(harness.state()), ["marsh", "marsh"], "also after a restart");
}

#[test]
fn a_training_starts_from_every_height_of_the_page_and_bars_have_names() {
    if !can_draw() {
        return;
    }
    let (_folder, project) = project("scored");
    let mut options = options(Look::Dark);
    options.paths = vec![project];
    let mut harness = sized(options, [1024.0, 640.0], 1.0);
    wait(&mut harness, "the project", |w| {
        matches!(w.model.project, Slot::Open(_))
    });
    run(&mut harness, Command::Do(Action::Train));
    let in_view = |harness: &Harness<'static, Window>| {
        let rect = harness.get_by_label_contains("Start training").rect();
        rect.bottom() < 640.0 && rect.top() > 0.0
    };
    assert!(in_view(&harness));
    assert!(has(&harness, "guitar: ") && has(&harness, "training pictures"));
    scroll(&mut harness, -4_000.0);
    assert!(in_view(&harness));
    harness.get_by_label_contains("Start training").click();
    wait(&mut harness, "the training", |w| w.model.trains());
    for job in harness.state().model.jobs.unfinished(|_| true) {
        harness.state_mut().command(Command::Stop(job));
    }
    wait(&mut harness, "the end", |w| !w.model.jobs.busy());
}

/// Turns the wheel over the middle of the window.
fn scroll(harness: &mut Harness<'static, Window>, by: f32) {
    harness.hover_at(egui::pos2(640.0, 360.0));
    harness.step();
    harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, by),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: MouseWheelSource::Wheel,
    });
    for _ in 0..30 {
        harness.step();
    }
}

#[test]
fn each_page_stays_where_it_was_left() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    let top = |harness: &Harness<'static, Window>, words: &str| harness.get_by_label(words).rect().top();
    run(&mut harness, Command::Do(Action::Home));
    let home = top(&harness, "What shall we look at?");
    run(&mut harness, Command::Do(Action::Train));
    let train = top(&harness, "Teach it your labels");
    scroll(&mut harness, -300.0);
    let scrolled = top(&harness, "Teach it your labels");
    assert!(scrolled < train - 100.0, "{scrolled} after {train}");
    run(&mut harness, Command::Do(Action::Home));
    assert_eq!(top(&harness, "What shall we look at?"), home);
    run(&mut harness, Command::Do(Action::Train));
    assert_eq!(top(&harness, "Teach it your labels"), scrolled);
}

#[test]
fn keys_do_not_reach_what_another_place_hides() {
    if !can_draw() {
        return;
    }
    let (_folder, mut harness) = opened("scored", Look::Dark);
    click(&mut harness, "train/scene 01.png");
    let chosen = harness.state().model.browse.selection.clone();
    assert_eq!(chosen.len(), 1);
    for place in [
        Action::Results,
        Action::Train,
        Action::Overview,
        Action::Home,
        Action::Settings,
    ] {
        run(&mut harness, Command::Do(place));
        for (modifiers, key) in [
            (Modifiers::COMMAND, Key::A),
            (Modifiers::COMMAND, Key::F),
            (Modifiers::COMMAND, Key::L),
            (Modifiers::NONE, Key::Num4),
            (Modifiers::NONE, Key::ArrowRight),
            (Modifiers::NONE, Key::Enter),
            (Modifiers::NONE, Key::Escape),
        ] {
            let here = harness.state().model.place;
            harness.key_press_modifiers(modifiers, key);
            settle(&mut harness);
            let model = &harness.state().model;
            assert_eq!(
                (model.place, &model.browse.selection),
                (here, &chosen),
                "{key:?} in {here:?}"
            );
            assert!(
                model.prefs.filters_open && model.prefs.labels_open,
                "{key:?} in {here:?}"
            );
            assert_eq!(open(harness.state()).catalog.edited(), 0, "{key:?} in {here:?}");
        }
    }
}
