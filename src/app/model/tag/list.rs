//! The pictures that are tagged: what the model said of each, what a person changed, and which labels each has by that.

use super::history::{History, Step};
use super::item::{Counts, Given, Item, Standing, Sure, is_text, key_of};
use super::kept::Kept;
use super::source::Source;
use crate::app::model::order::{Ranges, flattened, starting_thresholds};
use crate::engine::event::TagEvidence;
use crate::engine::request::TaggedPicture;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Labels of a picture whose patches are kept: those that may be given.
const KEPT: usize = 10;

/// Pictures up to which patches are kept for the next start of the program: of more they would take too long.
const WITH_PATCHES: usize = 500;

/// All pictures.
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
    /// The thresholds that it began with: the tagger's own where they were fitted.
    pub fitted: Vec<f32>,
    /// Whether the tagger's values are probabilities. Else they only order pictures.
    pub calibrated: bool,
    /// The values of each label, where they only order pictures.
    pub ranges: Ranges,
    /// Grows with every change.
    pub version: u64,
    places: HashMap<PathBuf, usize>,
    columns: HashMap<String, usize>,
    counts: Option<Counts>,
    history: History,
}

impl Default for List {
    fn default() -> Self {
        Self::restored(Kept {
            calibrated: true,
            ..Kept::default()
        })
    }
}

impl List {
    /// The list as it was kept.
    pub fn restored(kept: Kept) -> Self {
        let kept = kept.sane();
        let columns = kept.labels.iter().cloned().enumerate();
        let places = kept.items.iter().enumerate();
        let tagged = kept.items.iter().filter(|i| !i.probability.is_empty());
        Self {
            ranges: Ranges::of_all(tagged.map(|i| &*i.probability)),
            columns: columns.map(|(c, label)| (label, c)).collect(),
            places: places.map(|(i, item)| (item.path.clone(), i)).collect(),
            items: kept.items,
            tagger: kept.tagger,
            found: kept.found,
            labels: kept.labels,
            thresholds: kept.thresholds,
            fitted: kept.fitted,
            calibrated: kept.calibrated,
            version: 1,
            counts: None,
            history: kept.history,
        }
    }

    /// What is kept of the list. `used`: what gave the labels.
    pub fn kept(&self, used: Option<Source>) -> Kept {
        let with_patches = self.items.len() <= WITH_PATCHES;
        let item = |item: &Item| Item {
            path: item.path.clone(),
            name: item.name.clone(),
            standing: item.standing.clone(),
            probability: item.probability.clone(),
            patches: if with_patches { item.patches.clone() } else { Vec::new() },
            edits: item.edits.clone(),
            carries: item.carries.clone(),
            ..*item
        };
        // A name that is no text cannot be kept as one; such a picture cannot be tagged either.
        Kept {
            items: self.items.iter().filter(|i| is_text(&i.path)).map(item).collect(),
            tagger: self.tagger.clone(),
            found: self.found.clone(),
            labels: self.labels.clone(),
            thresholds: self.thresholds.clone(),
            fitted: self.fitted.clone(),
            calibrated: self.calibrated,
            history: if self.items.iter().all(|i| is_text(&i.path)) {
                self.history.clone()
            } else {
                History::default()
            },
            used,
        }
    }

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
                carries: Vec::new(),
            });
        }
        self.version += 1;
        self.items.len() - before
    }

    /// A tagger begins. Where its labels are others than before, what was said so far means nothing any more.
    pub fn begin(
        &mut self,
        tagger: String,
        found: String,
        labels: Vec<String>,
        thresholds: Vec<f32>,
        calibrated: bool,
    ) {
        // Values that are no probabilities have thresholds of their own, once there are some.
        let thresholds = if calibrated {
            thresholds
        } else {
            vec![0.5; labels.len()]
        };
        let other = labels != self.labels || tagger != self.tagger || calibrated != self.calibrated;
        if other {
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
            self.ranges = Ranges::default();
        }
        if other || calibrated {
            self.fitted = thresholds;
        }
        (self.tagger, self.found, self.calibrated) = (tagger, found, calibrated);
        self.touch();
    }

    /// Thresholds of values that only order pictures, where nobody has moved one: as many labels are given as pictures usually have.
    pub fn start_thresholds(&mut self) {
        if self.calibrated || self.thresholds != self.fitted {
            return;
        }
        let tagged = self.items.iter().filter(|i| i.probability.len() == self.labels.len());
        let rows: Vec<&[f32]> = tagged.map(|i| &*i.probability).collect();
        if !rows.is_empty() {
            self.fitted = starting_thresholds(&rows, self.labels.len());
            self.thresholds.clone_from(&self.fitted);
            self.touch();
        }
    }

    /// Keywords that a picture has from other programs.
    pub fn carry(&mut self, image: &Path, keywords: Vec<String>) {
        if let Some(i) = self.places.get(image).copied() {
            self.items[i].carries = keywords;
        }
    }

    /// The model has looked at a picture.
    pub fn note(&mut self, image: &Path, evidence: &TagEvidence) {
        let Some(i) = self.places.get(image).copied() else {
            return;
        };
        let values: Box<[f32]> = if self.calibrated {
            evidence.probability.clone().into()
        } else {
            evidence.log_odds.iter().map(|z| flattened(*z)).collect()
        };
        if values.len() != self.labels.len() {
            return;
        }
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        self.ranges.note(&values);
        let item = &mut self.items[i];
        let seen = item.standing == Standing::Tagged;
        item.standing = Standing::Tagged;
        item.size = [evidence.width, evidence.height];
        item.probability = values;
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
        // Among more pictures a value means another thing.
        if !self.calibrated && self.standings()[1].is_power_of_two() {
            self.start_thresholds();
        }
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
        self.ranges = Ranges::default();
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

    /// The labels of a picture, most likely first, those given by hand before them.
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
                    sure: if added { Sure::ByHand } else { self.sure(c, *p) },
                    column: Some(c),
                });
            }
        }
        let known = |label: &str| !item.probability.is_empty() && self.columns.contains_key(label);
        for (label, _) in item.edits.iter().filter(|(label, on)| *on && !known(label)) {
            given.push(Given {
                label,
                sure: Sure::ByHand,
                column: self.columns.get(label).copied(),
            });
        }
        given.sort_by(|a, b| b.rank().total_cmp(&a.rank()));
        given
    }

    /// What a value of a label means.
    pub fn sure(&self, column: usize, value: f32) -> Sure {
        if self.calibrated {
            Sure::Probability(value)
        } else {
            Sure::Order(value, self.ranges.share(column, value))
        }
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
            ..Counts::default()
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
        let whom = match changed.as_slice() {
            [(i, ..)] => self.items[*i].name.clone(),
            many => crate::app::model::words::counted(many.len(), "picture", "pictures"),
        };
        let said = match on {
            true => format!("gave {whom} “{label}”"),
            false => format!("took “{label}” from {whom}"),
        };
        let (step, said) = (
            Step {
                said: said.clone(),
                changed,
            },
            said,
        );
        self.history.push(step);
        self.touch();
        Some(said)
    }

    /// Takes the newest change back, or does it again; returns which.
    pub fn step(&mut self, undo: bool) -> Option<String> {
        let step = self.history.step(undo)?;
        for (i, before, after) in &step.changed {
            if let Some(item) = self.items.get_mut(*i) {
                item.edits.clone_from(if undo { before } else { after });
            }
        }
        let said = step.said.clone();
        self.touch();
        Some(said)
    }

    /// What undo would take back.
    pub fn next_undo(&self) -> Option<&str> {
        self.history.next_undo()
    }

    /// Pictures with their labels, as they are to be written: all, or those at some places. What a person gave has no probability.
    pub fn to_write(&self, only: Option<&BTreeSet<u32>>) -> Vec<TaggedPicture> {
        let ready = |i: &usize| {
            let item = &self.items[*i];
            is_text(&item.path) && (item.standing == Standing::Tagged || self.edited(*i))
        };
        (0..self.items.len())
            .filter(|i| only.is_none_or(|only| only.contains(&(*i as u32))))
            .filter(ready)
            .map(|i| {
                let tags = self.given(i).into_iter().map(|g| (g.label.to_owned(), g.written()));
                (self.items[i].path.clone(), tags.collect())
            })
            .collect()
    }

    fn touch(&mut self) {
        self.counts = None;
        self.version += 1;
    }
}

#[cfg(test)]
mod tests;
