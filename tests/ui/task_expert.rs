//! The task of an expert: five own labels from forty pictures that nobody labelled, up to a trained run. From a window that was just
//! opened, by what hands do: drops, clicks, keys. Each of them is counted.

use crate::data::{open, previewed};
use crate::support::*;
use eframe::egui::{Event, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::command::Place;
use patchlight::app::model::open::Slot;
use patchlight::app::model::prefs::Look;
use patchlight::project::RunState;
use std::path::{Path, PathBuf};

/// Actions that the task may take.
const MOST: usize = 40;

/// The expert's labels, and the pictogram that each of them is.
const KINDS: [(&str, &str); 5] = [
    ("my apple", "apple"),
    ("my car", "car"),
    ("my guitar", "guitar"),
    ("my fish", "fish"),
    ("my umbrella", "umbrella"),
];

/// Forty pictures, eight of each kind, one kind after the other as they were taken.
fn photos(folder: &Path) {
    use patchlight::dataset::scenes::{curriculum, glyphs, scene_of};
    let config = curriculum::starter(0.6);
    std::fs::create_dir_all(folder).unwrap();
    for i in 0..40 {
        let wanted = glyphs::all().iter().position(|g| g.name == KINDS[i / 8].1).unwrap();
        let scene = scene_of(11, i as u64, &config, &[wanted]);
        scene.pixels.save(folder.join(photo(i))).unwrap();
    }
}

fn photo(i: usize) -> String {
    format!("photo {i:02}.png")
}

/// Somebody in front of the window.
struct Person {
    harness: Harness<'static, Window>,
    actions: usize,
}

impl Person {
    fn settle(&mut self) {
        self.actions += 1;
        for _ in 0..4 {
            self.harness.step();
        }
        settle(&mut self.harness);
    }

    fn drop(&mut self, path: PathBuf) {
        drop_paths(&mut self.harness, [path]);
        self.settle();
    }

    #[track_caller]
    fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.settle();
    }

    #[track_caller]
    fn click_up_to(&mut self, name: &str) {
        self.harness.get_by_label(name).click_modifiers(Modifiers::SHIFT);
        self.settle();
    }

    #[track_caller]
    fn click_about(&mut self, words: &str) {
        self.harness.get_by_label_contains(words).click();
        self.settle();
    }

    /// Drags a slider to its beginning.
    #[track_caller]
    fn drag_to_begin(&mut self, name: &str) {
        let slider = self.harness.get_by_label(name).rect();
        let end = slider.left_center() + vec2(2.0, 0.0);
        self.harness.drag_at(slider.center());
        self.harness.step();
        self.harness.hover_at(end);
        self.harness.step();
        self.harness.drop_at(end);
        self.settle();
    }

    /// A line with Enter at its end.
    fn line(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.key_press(Key::Enter);
        self.settle();
    }

    fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&Window) -> bool) {
        wait(&mut self.harness, what, holds);
        settle(&mut self.harness);
    }
}

#[test]
fn five_labels_from_forty_photos_are_learned_in_at_most_forty_actions() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("photos");
    photos(&here);
    let mut person = Person {
        harness: sized(options(Look::Light), [1600.0, 900.0], 1.0),
        actions: 0,
    };
    person.drop(here);
    person.wait("the question", |w| w.model.place == Place::Unlabelled);
    person.click("Make a project");
    person.wait("the look", previewed);
    person.click("Import");
    person.wait("the project", |w| matches!(w.model.project, Slot::Open(_)));
    person.click("Name of a new label");
    for (label, _) in KINDS {
        person.line(label);
    }
    person.wait("the labels", |w| open(w).catalog.labels.len() == 5);
    // All forty are in sight once they are small.
    person.drag_to_begin("Size of the thumbnails");
    // Pictures that follow each other are chosen together; the digit of a label gives it to them.
    let digits = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
    for (kind, digit) in digits.into_iter().enumerate() {
        person.click(&photo(kind * 8));
        person.click_up_to(&photo(kind * 8 + 7));
        person.key(digit);
        person.wait("the label", |w| open(w).catalog.positives(None)[kind] == 8);
    }
    person.click("Train");
    // Fewer epochs than a person would take: the test is of the way, not of the patience.
    for (name, value) in [("epochs_1", "1"), ("epochs_2", "1")] {
        let form = &mut person.harness.state_mut().model.train;
        form.changed.insert(name.to_owned(), value.to_owned());
    }
    person.harness.step();
    person.click_about("Start training");
    person.wait("a trained run", |w| {
        let runs = &open(w).catalog.runs;
        runs.iter().filter(|r| r.state == RunState::Done).count() >= 2 && !w.model.jobs.busy()
    });
    let catalog = &open(person.harness.state()).catalog;
    assert_eq!(
        catalog.labels.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(),
        KINDS.map(|k| k.0)
    );
    assert_eq!(person.actions, 27, "the way has another length: say so here");
    assert!(person.actions <= MOST);
}
