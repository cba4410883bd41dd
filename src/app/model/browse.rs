//! The grid of pictures: which are shown, which are chosen.

use super::choose::Choose;
use super::filter::{Filter, Sort};
use super::open::Open;
use std::collections::BTreeSet;

/// What the screen of pictures keeps.
#[derive(Default)]
pub struct Browse {
    /// Which are shown.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Indices into the catalog, in order.
    pub shown: Vec<u32>,
    /// What `shown` was computed from.
    pub stamp: Option<(Filter, Sort, u64)>,
    /// Chosen pictures (catalog indices).
    pub selection: BTreeSet<u32>,
    /// The cursor: a position in `shown`.
    pub cursor: usize,
    /// Where a range of the selection began.
    pub anchor: usize,
    /// The label (a column) that pictures are picked for by clicking them.
    pub picking: Option<usize>,
    /// Grows when the grid is to bring the cursor into view.
    pub reveal: u64,
}

impl Browse {
    /// The picture at the cursor.
    pub fn current(&self) -> Option<usize> {
        self.shown.get(self.cursor).map(|i| *i as usize)
    }

    /// Computes which pictures are shown, where anything has changed.
    pub fn refresh(&mut self, open: &Open) {
        let stamp = (self.filter.clone(), self.sort, open.version);
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        let current = self.current();
        // An edit may take the picture at the cursor out of the filter; while the filter stays, it stays in view.
        let only_values = self
            .stamp
            .as_ref()
            .is_some_and(|(f, s, _)| *f == stamp.0 && *s == stamp.1);
        let found = self.filter.apply(&open.catalog, self.sort);
        let gone = current.is_some_and(|c| !found.contains(&(c as u32)));
        if only_values && gone && self.shown.len() == found.len() + 1 {
            self.stamp = Some(stamp);
            return;
        }
        self.shown = found;
        self.cursor = current
            .and_then(|c| self.shown.iter().position(|i| *i as usize == c))
            .unwrap_or_else(|| self.cursor.min(self.shown.len().saturating_sub(1)));
        if !only_values {
            self.reveal += 1;
        }
        let shown: BTreeSet<u32> = self.shown.iter().copied().collect();
        self.selection.retain(|i| shown.contains(i));
        self.stamp = Some(stamp);
    }

    /// The chosen pictures, or the one at the cursor.
    pub fn targets(&self) -> Vec<usize> {
        if self.selection.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.selection.iter().map(|i| *i as usize).collect()
        }
    }

    /// Moves the cursor; `extend`: selects all between it and where the selection began.
    pub fn travel(&mut self, by: isize, extend: bool) {
        let Some(last) = self.shown.len().checked_sub(1) else {
            return;
        };
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.reveal += 1;
        if extend {
            self.range();
        } else {
            self.selection.clear();
            self.anchor = self.cursor;
        }
    }

    /// A click on a position among the pictures that are shown.
    pub fn choose(&mut self, place: usize, how: Choose) {
        let Some(index) = self.shown.get(place).copied() else {
            return;
        };
        self.cursor = place;
        match how {
            Choose::Point => {}
            Choose::Range => self.range(),
            Choose::Toggle => {
                if !self.selection.remove(&index) {
                    self.selection.insert(index);
                }
                self.anchor = place;
            }
            Choose::Only => {
                self.selection = BTreeSet::from([index]);
                self.anchor = place;
            }
        }
    }

    fn range(&mut self) {
        let (low, high) = (self.anchor.min(self.cursor), self.anchor.max(self.cursor));
        self.selection = self.shown.iter().skip(low).take(high - low + 1).copied().collect();
    }
}
