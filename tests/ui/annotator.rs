//! An annotator's task from a fresh start, by mouse and keys alone: corrects labels, compares runs, exports.

use crate::support::*;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::catalog::Catalog;
use patchlight::app::model::command::Place;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::dataset::model::Truth;
use patchlight::project::Project;
use std::path::Path;

/// What the task may take.
const MOST: usize = 30;

/// Pictures that are wrongly said to show a fish, and one with a fish that is not said to.
const WRONG: [&str; 2] = ["train/scene 00.png", "train/scene 04.png"];
const MISSED: &str = "train/scene 03.png";

/// The fourth label.
const FISH: usize = 3;

/// Somebody at the window: every click, key and drop is an action.
struct Hand {
    harness: Harness<'static, Window>,
    actions: usize,
}

impl Hand {
    #[track_caller]
    fn click(&mut self, name: &str) {
        click(&mut self.harness, name);
        self.did();
    }

    fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.did();
    }

    fn did(&mut self) {
        self.actions += 1;
        settle(&mut self.harness);
    }

    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&Window) -> bool) {
        wait(&mut self.harness, what, holds);
        settle(&mut self.harness);
    }
}

fn catalog(window: &Window) -> &Catalog {
    match &window.model.project {
        Slot::Open(open) => &open.catalog,
        _ => panic!("no project is open"),
    }
}

fn is_fish(window: &Window, picture: &str) -> bool {
    says(window, picture, FISH)
}

fn says(window: &Window, picture: &str, label: usize) -> bool {
    let catalog = catalog(window);
    let index = catalog.pictures.iter().position(|p| p.name == picture).unwrap();
    catalog.truth_of(index)[label] == 1
}

/// Somebody before made mistakes.
fn mistakes(project: &Path) {
    let mut project = Project::open(project).unwrap();
    let rows = project.pictures(None).unwrap();
    let id = |name: &str| rows.iter().find(|p| p.name == name).unwrap().id;
    let fish = project.labels().unwrap()[FISH].id;
    project.set_label(&WRONG.map(id), fish, Truth::Positive).unwrap();
    project.set_label(&[id(MISSED)], fish, Truth::Negative).unwrap();
}

#[test]
fn corrects_compares_and_exports_in_few_actions() {
    if !can_draw() {
        return;
    }
    let (folder, project) = trained_project();
    mistakes(&project);
    let mut hand = Hand {
        harness: sized(options(Look::Light), [1600.0, 1000.0], 1.0),
        actions: 0,
    };
    drop_paths(&mut hand.harness, [project]);
    hand.did();
    hand.wait("the project", |w| matches!(w.model.project, Slot::Open(_)));

    // Correct: the pictures of one label, and one that is missing among them.
    hand.click("Filter by fish");
    for wrong in WRONG {
        hand.click(wrong);
        hand.key(Modifiers::NONE, Key::Num4);
        hand.wait("the label to go", |w| !is_fish(w, wrong));
    }
    hand.click("Filter by fish");
    hand.click(MISSED);
    hand.key(Modifiers::NONE, Key::Num4);
    hand.wait("the label", |w| is_fish(w, MISSED));
    // A slip, found at once: the picture comes back into view.
    hand.key(Modifiers::NONE, Key::Num1);
    let apple = |w: &Window| says(w, MISSED, 0);
    hand.wait("the slip", apple);
    hand.key(Modifiers::NONE, Key::End);
    hand.key(Modifiers::COMMAND, Key::Z);
    hand.wait("undo", |w| !apple(w));
    let state = &hand.harness.state().model;
    let at = state.browse.current().unwrap();
    assert_eq!(catalog(hand.harness.state()).pictures[at].name, MISSED);
    assert!(hand.harness.query_by_label(MISSED).is_some(), "it is in view");

    // Compare: the runs side by side, on pictures that are named.
    hand.click("Results");
    hand.click("All runs side by side");
    hand.wait("the comparison", |w| {
        !w.model.results.stale && catalog(w).compared.len() == 3
    });
    for words in ["Training 1, Stage 1", "Training 1, Stage 2"] {
        assert!(
            hand.harness.query_all_by_label_contains(words).next().is_some(),
            "{words}"
        );
    }
    let set = "mAP in % on 6 test pictures. Differences are percentage points from untrained";
    assert!(hand.harness.query_by_label_contains(set).is_some());
    assert!(hand.harness.query_all_by_label_contains(" points").next().is_some());

    // Export: a table beside the project.
    hand.key(Modifiers::COMMAND, Key::E);
    assert_eq!(hand.harness.state().model.place, Place::Data);
    hand.click("Format of the export");
    hand.click("Table (CSV)");
    hand.click("Export now");
    hand.wait("the export", |w| w.model.data.export.done.is_some());
    assert!(hand.actions <= MOST, "{} actions", hand.actions);
    assert_eq!(hand.actions, 18);

    let (path, report) = hand.harness.state().model.data.export.done.clone().unwrap();
    assert_eq!(report.images, 24);
    assert!(Path::new(&path).starts_with(folder.path()), "{path}");
    let table = std::fs::read_to_string(path).unwrap();
    let mut lines = table.lines();
    let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
    let fish = heads.iter().position(|head| *head == "fish").unwrap();
    let said = |picture: &str| {
        let name = picture.rsplit('/').next().unwrap();
        let line = table
            .lines()
            .find(|line| line.contains("train") && line.contains(name))
            .unwrap();
        line.split(',').nth(fish).unwrap().to_owned()
    };
    assert_eq!(
        (said(WRONG[0]), said(WRONG[1]), said(MISSED)),
        ("0".into(), "0".into(), "1".into())
    );
}
