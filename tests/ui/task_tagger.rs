//! The task of a tagger, from a fresh start, by the mouse and the keyboard alone: fifty photos get their labels as XMP.

use crate::support::*;
use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight::app::Window;
use patchlight::app::model::prefs::{Look, Prefs};
use patchlight::compute::DeviceChoice;
use patchlight::tagging::xmp::read_keywords;
use std::path::PathBuf;

/// The most that the task may take.
const ACTIONS: usize = 15;

const PHOTOS: usize = 50;

/// A person at the window: whatever they do is counted. Nothing reaches the window but by its input.
struct Person {
    harness: Harness<'static, Window>,
    did: Vec<String>,
}

impl Person {
    fn settled(&mut self) {
        settle(&mut self.harness);
    }

    /// Clicks what is called so, where it is on the screen.
    #[track_caller]
    fn click(&mut self, name: &str) {
        self.did.push(format!("click “{name}”"));
        let screen = self.harness.ctx.content_rect();
        let rect = self.harness.get_by_label(name).rect();
        assert!(screen.contains_rect(rect), "“{name}” is out of sight: {rect:?}");
        click(&mut self.harness, name);
        self.settled();
    }

    fn types(&mut self, text: &str) {
        self.did.push(format!("type “{text}”"));
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.settled();
    }

    fn drops(&mut self, path: PathBuf) {
        self.did.push(format!("drop {}", path.display()));
        drop_paths(&mut self.harness, [path]);
        self.settled();
    }

    /// Waits, which is no action.
    #[track_caller]
    fn sees(&mut self, what: &str, holds: impl Fn(&Window) -> bool) {
        wait(&mut self.harness, what, holds);
        self.settled();
    }
}

#[test]
fn fifty_photos_get_their_labels_as_xmp() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let photo = |i: usize| folder.path().join(format!("photo {i:02}.png"));
    for i in 0..PHOTOS {
        std::fs::copy(data().join(format!("train/scene {:02}.png", i % 14)), photo(i)).unwrap();
    }
    // As after the installation: nothing was chosen, opened or kept.
    let mut fresh = options(Look::Light);
    fresh.prefs = Some(Prefs {
        motion: false,
        look: Look::Light,
        device: DeviceChoice::Cpu,
        ..Prefs::default()
    });
    let mut person = Person {
        harness: window(fresh),
        did: Vec::new(),
    };
    person.settled();
    person.click("Tag");
    person.click("Labels to look for");
    person.types("apple, car, guitar, fish");
    person.drops(folder.path().to_owned());
    person.sees("the labels", |w| {
        w.model.tagging.list.standings() == [0, PHOTOS, 0] && w.model.tagging.job.is_none()
    });
    person.click("Write…");
    person.click("See what will be written");
    person.sees("the preview", |w| w.model.tagging.preview.whole);
    let files = person.harness.state().model.tagging.preview.outcome.lines.len();
    person.click(&format!("Write {files} files"));
    person.sees("the files", |w| w.model.tagging.preview.written == Some(files));
    let written: Vec<PathBuf> = (0..PHOTOS).map(photo).map(|p| p.with_extension("png.xmp")).collect();
    let keywords = |path: &PathBuf| read_keywords(path).map_or(0, |said| said.keywords.subject.len());
    let labelled = written.iter().filter(|path| keywords(path) > 0).count();
    assert_eq!(labelled, files);
    assert!(labelled > PHOTOS / 2, "most photos have labels: {labelled}");
    let count = person.did.len();
    assert_eq!(count, 7, "{:#?}", person.did);
    assert!(count <= ACTIONS);
}
