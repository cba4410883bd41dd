//! The pictures that are tagged: what the model said of each, what a person changed, and which labels each has by that.

use super::item::{Given, Item, Standing, key_of};

use crate::engine::event::TagEvidence;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Labels of a picture whose patches are kept: those that may be given.
const KEPT: usize = 10;

/// Steps that can be taken back.
const STEPS: usize = 500;

type Edits = Vec<(String, bool)>;

/// A change by hand: the edits of pictures before and after it.
#[derive(Clone, Debug)]
struct Step {
    said: String,
    changed: Vec<(usize, Edits, Edits)>,
}

/// Pictures by label: of each column of the tagger, and of labels that only people gave.
#[derive(Clone, Debug, Default)]
struct Counts {
    columns: Vec<usize>,
    free: BTreeMap<String, usize>,
}

/// All pictures.
#[derive(Default)]
pub struct List {
    /// In the order in which they came.
    pub items: Vec<Item>,
    /// Who gives the labels, for people; empty before anybody did.
    pub tagger: String,
    /// How the thresholds were found, in words.
    pub found: String,
    /// The tagger's labels.
    pub labels: Vec<String>,
    /// From which probability each label is given.
    pub thresholds: Vec<f32>,
    /// The tagger's own thresholds.
    pub fitted: Vec<f32>,
    /// Grows with every change.
    pub version: u64,
    places: HashMap<PathBuf, usize>,
    columns: HashMap<String, usize>,
    counts: Option<Counts>,
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl List {
    /// Adds pictures that are not there yet; returns how many are new.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> usize {
        let before = self.items.len();
        for path in paths {
            if self.places.contains_key(&path) {
                continue;
            }
            self.places.insert(path.clone(), self.items.len());
            // Jobs are told in JSON, which has no letters for such names.
            let unreadable = (!is_text(&path)).then(|| "its name is no valid text: rename it".to_owned());
            let name = path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            self.items.push(Item {
                key: key_of(&path),
                name,
                path,
                standing: unreadable.map_or(Standing::Waiting, Standing::Failed),
                size: [0; 2],
                probability: Box::default(),
                patches: Vec::new(),
                edits: Vec::new(),
            });
        }
        self.version += 1;
        self.items.len() - before
    }

    /// A tagger begins. Where its labels are others than before, what was said so far means nothing any more.
    pub fn begin(&mut self, tagger: String, found: String, labels: Vec<String>, thresholds: Vec<f32>) {
        if labels != self.labels || tagger != self.tagger {
            for item in &mut self.items {
                if item.standing == Standing::Tagged {
                    item.standing = Standing::Waiting;
                }
                item.probability = Box::default();
                item.patches.clear();
            }
            self.columns = labels
                .iter()
                .cloned()
                .enumerate()
                .map(|(c, label)| (label, c))
                .collect();
            (self.thresholds, self.labels) = (thresholds.clone(), labels);
        }
        (self.tagger, self.found, self.fitted) = (tagger, found, thresholds);
        self.touch();
    }

    /// The model has looked at a picture.
    pub fn note(&mut self, image: &Path, evidence: &TagEvidence) {
        let Some(i) = self.places.get(image).copied() else {
            return;
        };
        if evidence.probability.len() != self.labels.len() {
            return;
        }
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|a, b| evidence.probability[*b].total_cmp(&evidence.probability[*a]));
        let item = &mut self.items[i];
        let seen = item.standing == Standing::Tagged;
        item.standing = Standing::Tagged;
        item.size = [evidence.width, evidence.height];
        item.probability = evidence.probability.clone().into();
        let kept = order.into_iter().take(KEPT);
        item.patches = kept
            .filter_map(|c| Some((c, evidence.patches.get(c)?.clone())))
            .collect();
        // A count that is there goes on being right without counting anew.
        if seen || !self.items[i].edits.is_empty() {
            self.counts = None;
        } else if let Some(mut counts) = self.counts.take() {
            self.tally(i, &mut counts);
            self.counts = Some(counts);
        }
        self.version += 1;
    }

    /// A picture cannot be read.
    pub fn fail(&mut self, image: &Path, reason: &str) {
        if let Some(i) = self.places.get(image).copied() {
            // The name stands beside it already.
            let front = format!("{}: ", image.display());
            let reason = reason.strip_prefix(&front).unwrap_or(reason);
            self.items[i].standing = Standing::Failed(reason.to_owned());
            self.touch();
        }
    }

    /// Pictures that nobody has looked at.
    pub fn waiting(&self) -> Vec<PathBuf> {
        let waits = self.items.iter().filter(|i| i.standing == Standing::Waiting);
        waits.map(|i| i.path.clone()).collect()
    }

    /// All are to be looked at again.
    pub fn again(&mut self) {
        for item in self.items.iter_mut().filter(|i| is_text(&i.path)) {
            item.standing = Standing::Waiting;
            item.probability = Box::default();
            item.patches.clear();
        }
        self.touch();
    }

    /// How many wait, are tagged, and failed.
    pub fn standings(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for item in &self.items {
            counts[match item.standing {
                Standing::Waiting => 0,
                Standing::Tagged => 1,
                Standing::Failed(_) => 2,
            }] += 1;
        }
        counts
    }

    /// The labels of a picture by falling probability, those given by hand first.
    pub fn given(&self, i: usize) -> Vec<Given<'_>> {
        let item = &self.items[i];
        let hand = |label: &str| item.edits.iter().find(|(l, _)| l == label).map(|(_, on)| *on);
        let mut given: Vec<Given<'_>> = Vec::new();
        for (c, p) in item.probability.iter().enumerate() {
            let by_model = *p >= self.thresholds[c];
            let by_hand = hand(&self.labels[c]);
            if by_hand.unwrap_or(by_model) {
                let added = by_hand == Some(true) && !by_model;
                given.push(Given {
                    label: &self.labels[c],
                    probability: if added { 1.0 } else { *p },
                    column: Some(c),
                    by_hand: added,
                });
            }
        }
        let known = |label: &str| !item.probability.is_empty() && self.columns.contains_key(label);
        for (label, _) in item.edits.iter().filter(|(label, on)| *on && !known(label)) {
            given.push(Given {
                label,
                probability: 1.0,
                column: self.columns.get(label).copied(),
                by_hand: true,
            });
        }
        given.sort_by(|a, b| b.by_hand.cmp(&a.by_hand).then(b.probability.total_cmp(&a.probability)));
        given
    }

    /// Whether a picture has a label.
    pub fn has(&self, i: usize, label: &str) -> bool {
        let item = &self.items[i];
        if let Some((_, on)) = item.edits.iter().find(|(l, _)| l == label) {
            return *on;
        }
        let column = self.columns.get(label).copied();
        column.is_some_and(|c| item.probability.get(c).is_some_and(|p| *p >= self.thresholds[c]))
    }

    /// Whether a person changed a picture's labels.
    pub fn edited(&self, i: usize) -> bool {
        !self.items[i].edits.is_empty()
    }

    /// How many pictures have each label; labels of the tagger first in its order, then those given by hand.
    pub fn counts(&self) -> Vec<(String, usize)> {
        let made;
        let counts = match &self.counts {
            Some(counts) => counts,
            None => {
                made = self.count();
                &made
            }
        };
        let known = self.labels.iter().cloned().zip(counts.columns.iter().copied());
        known.chain(counts.free.iter().map(|(l, n)| (l.clone(), *n))).collect()
    }

    /// Counts where that was not done since the last change: so that no frame has to.
    pub fn keep_counts(&mut self) {
        if self.counts.is_none() {
            self.counts = Some(self.count());
        }
    }

    fn count(&self) -> Counts {
        let mut counts = Counts {
            columns: vec![0; self.labels.len()],
            free: BTreeMap::new(),
        };
        (0..self.items.len()).for_each(|i| self.tally(i, &mut counts));
        counts
    }

    /// Counts the labels of a picture in.
    fn tally(&self, i: usize, counts: &mut Counts) {
        let item = &self.items[i];
        for (c, count) in counts.columns.iter_mut().enumerate() {
            *count += usize::from(self.has_column(item, c));
        }
        for (label, _) in item
            .edits
            .iter()
            .filter(|(label, on)| *on && !self.columns.contains_key(label))
        {
            *counts.free.entry(label.clone()).or_default() += 1;
        }
    }

    /// Whether a picture has a label of the tagger.
    fn has_column(&self, item: &Item, column: usize) -> bool {
        let by_hand = item.edits.iter().find(|(l, _)| *l == self.labels[column]);
        by_hand.map_or_else(
            || {
                item.probability
                    .get(column)
                    .is_some_and(|p| *p >= self.thresholds[column])
            },
            |(_, on)| *on,
        )
    }

    /// A label is given from another probability on: no model is asked.
    pub fn set_threshold(&mut self, column: usize, threshold: f32) {
        if let Some(t) = self.thresholds.get_mut(column) {
            *t = threshold.clamp(0.0, 1.0);
            self.version += 1;
            // Only this label is counted anew: a threshold may move in every frame.
            if let Some(mut counts) = self.counts.take() {
                if let Some(count) = counts.columns.get_mut(column) {
                    *count = self.items.iter().filter(|i| self.has_column(i, column)).count();
                }
                self.counts = Some(counts);
            }
        }
    }

    /// The tagger's own thresholds again.
    pub fn reset_thresholds(&mut self) {
        self.thresholds.clone_from(&self.fitted);
        self.touch();
    }

    /// Gives pictures a label, or takes it away: one step of undo. Returns what was done, or `None` where nothing is new.
    pub fn set(&mut self, items: &[usize], label: &str, on: bool) -> Option<String> {
        let label = label.trim();
        if label.is_empty() || label.chars().any(char::is_control) {
            return None;
        }
        let mut changed = Vec::new();
        let all = self.items.len();
        for i in items.iter().copied().filter(|i| *i < all) {
            if self.has(i, label) == on {
                continue;
            }
            let before = self.items[i].edits.clone();
            let mut after = before.clone();
            after.retain(|(l, _)| l != label);
            self.items[i].edits.clone_from(&after);
            // What the model says anyway needs no word of a person.
            if self.has(i, label) != on {
                after.push((label.to_owned(), on));
            }
            self.items[i].edits.clone_from(&after);
            changed.push((i, before, after));
        }
        if changed.is_empty() {
            return None;
        }
        let verb = if on { "gave" } else { "took" };
        let on_what = match changed.as_slice() {
            [(i, ..)] => self.items[*i].name.clone(),
            many => crate::app::model::words::counted(many.len(), "picture", "pictures"),
        };
        let said = match on {
            true => format!("{verb} {on_what} “{label}”"),
            false => format!("{verb} “{label}” from {on_what}"),
        };
        self.done.push(Step {
            said: said.clone(),
            changed,
        });
        if self.done.len() > STEPS {
            self.done.remove(0);
        }
        self.undone.clear();
        self.touch();
        Some(said)
    }

    /// Takes the newest change back, or does it again; returns which.
    pub fn step(&mut self, undo: bool) -> Option<String> {
        let step = if undo { self.done.pop() } else { self.undone.pop() }?;
        for (i, before, after) in &step.changed {
            self.items[*i].edits.clone_from(if undo { before } else { after });
        }
        let said = step.said.clone();
        if undo {
            self.undone.push(step);
        } else {
            self.done.push(step);
        }
        self.touch();
        Some(said)
    }

    /// What undo would take back.
    pub fn next_undo(&self) -> Option<&str> {
        self.done.last().map(|step| step.said.as_str())
    }

    /// Pictures with their labels, as they are to be written.
    pub fn to_write(&self) -> Vec<(PathBuf, Vec<(String, f32)>)> {
        let ready = |i: &usize| {
            let item = &self.items[*i];
            is_text(&item.path) && (item.standing == Standing::Tagged || self.edited(*i))
        };
        (0..self.items.len())
            .filter(ready)
            .map(|i| {
                let tags = self.given(i).into_iter().map(|g| (g.label.to_owned(), g.probability));
                (self.items[i].path.clone(), tags.collect())
            })
            .collect()
    }

    fn touch(&mut self) {
        self.counts = None;
        self.version += 1;
    }
}

fn is_text(path: &Path) -> bool {
    path.to_str().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let mut list = List::default();
        list.add(["/p/a.png", "/p/b.png", "/p/a.png"].map(PathBuf::from));
        list.begin(
            "t".into(),
            String::new(),
            vec!["cat".into(), "dog".into()],
            vec![0.5, 0.5],
        );
        for (name, p) in [("/p/a.png", [0.9, 0.3]), ("/p/b.png", [0.6, 0.7])] {
            let evidence = TagEvidence {
                width: 4,
                height: 4,
                probability: p.to_vec(),
                patches: vec![vec![([0.0; 4], 0.5)]; 2],
            };
            list.note(Path::new(name), &evidence);
        }
        list
    }

    fn names(list: &List, i: usize) -> Vec<String> {
        list.given(i).iter().map(|g| g.label.to_owned()).collect()
    }

    #[test]
    fn thresholds_give_labels_without_a_model() {
        let mut list = list();
        assert_eq!(list.items.len(), 2, "a picture is there once");
        assert_eq!(
            (names(&list, 0), names(&list, 1)),
            (vec!["cat".into()], vec!["dog".to_owned(), "cat".into()])
        );
        assert_eq!(list.counts(), [("cat".to_owned(), 2), ("dog".to_owned(), 1)]);
        list.set_threshold(0, 0.8);
        assert_eq!(list.counts(), [("cat".to_owned(), 1), ("dog".to_owned(), 1)]);
        list.set_threshold(1, 0.2);
        assert_eq!(names(&list, 0), ["cat", "dog"]);
        list.reset_thresholds();
        assert_eq!(names(&list, 0), ["cat"]);
    }

    #[test]
    fn what_a_person_says_goes_before_the_model_and_can_be_taken_back() {
        let mut list = list();
        assert!(list.set(&[0, 1], "cat", false).is_some());
        assert!(list.set(&[0], "  owl ", true).is_some());
        assert!(list.set(&[0], "owl", true).is_none(), "nothing new");
        assert!(list.set(&[0], "a\nb", true).is_none());
        assert_eq!(
            (names(&list, 0), names(&list, 1)),
            (vec!["owl".into()], vec!["dog".to_owned()])
        );
        assert_eq!(list.counts()[2], ("owl".to_owned(), 1));
        assert_eq!(list.to_write()[0].1, [("owl".to_owned(), 1.0)]);
        assert!(list.step(true).is_some());
        assert_eq!(list.next_undo(), Some("took “cat” from 2 pictures"));
        assert!(list.step(true).is_some());
        assert_eq!(names(&list, 0), ["cat"]);
        assert!(list.step(true).is_none());
        assert!(list.step(false).is_some());
        assert!(names(&list, 0).is_empty());
        // Giving it again is what the model says: no edit is left.
        list.set(&[0], "cat", true);
        assert!(!list.edited(0));
    }

    #[test]
    fn another_tagger_begins_anew_and_keeps_what_people_said() {
        let mut list = list();
        list.set(&[0], "owl", true);
        list.fail(Path::new("/p/b.png"), "/p/b.png: it is empty");
        assert_eq!(list.items[1].standing, Standing::Failed("it is empty".to_owned()));
        list.begin("u".into(), String::new(), vec!["owl".into()], vec![0.5]);
        assert_eq!(list.waiting(), [PathBuf::from("/p/a.png")]);
        assert_eq!(names(&list, 0), ["owl"]);
        assert_eq!(list.standings(), [1, 0, 1]);
    }
}
