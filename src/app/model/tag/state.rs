//! Tag: pictures get labels, are edited, and are written where other programs read them; folders are watched.

use super::item::Standing;
use super::kept::Keeping;
use super::list::List;
use super::source::Source;
use super::watch::{Watch, Watched};
use super::write::{Preview, WriteForm};
use crate::app::model::choose::Choose;
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the panel at the right shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Labels with their thresholds.
    #[default]
    Labels,
    /// Writing.
    Write,
    /// A watched folder.
    Watch,
}

/// Which pictures are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Words in the name or in a label.
    pub words: String,
    /// Only pictures with this label.
    pub label: Option<String>,
    /// Only of this kind.
    pub only: Only,
}

/// Kinds of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// All.
    #[default]
    All,
    /// Tagged, and no label was found.
    Bare,
    /// Changed by hand.
    Edited,
    /// Cannot be read.
    Failed,
}

/// Pictures of which it takes a while to find out which are shown.
const MANY: usize = 2_000;

/// The time between two looks at which of many pictures are shown, while they keep changing.
const REFRESH: Duration = Duration::from_millis(250);

/// Everything of the place Tag.
pub struct Tagging {
    /// The pictures.
    pub list: List,
    /// What gives the labels next.
    pub source: Source,
    /// What gave them last.
    pub used: Option<Source>,
    /// The job that tags.
    pub job: Option<u64>,
    /// Whether pictures are still being looked for.
    pub looking: bool,
    /// What the panel shows.
    pub panel: Panel,
    /// Which pictures are shown.
    pub filter: Shown,
    /// Their places in the list, in order.
    pub shown: Vec<u32>,
    /// The cursor: a position in `shown`.
    pub cursor: usize,
    /// Where a range of the selection began.
    pub anchor: usize,
    /// Chosen pictures (places in the list).
    pub selection: BTreeSet<u32>,
    /// Grows when the list is to bring the cursor into view.
    pub reveal: u64,
    /// Whether the picture at the cursor is shown large.
    pub large: bool,
    /// The label under the pointer.
    pub hovered: Option<String>,
    /// A label as typed, to be given.
    pub label: String,
    /// A search among labels.
    pub search: String,
    /// A path as typed.
    pub path: String,
    /// Whether only the chosen pictures are written.
    pub only_chosen: bool,
    /// What writing would do.
    pub preview: Preview,
    /// The watched folder.
    pub watch: Watch,
    /// The list as it was before it was emptied.
    pub emptied: Option<List>,
    /// What is known of the list on the disk.
    pub keeping: Keeping,
    /// Pictures whose keywords were not read yet.
    pub unread: VecDeque<PathBuf>,
    stamp: Option<(Shown, u64)>,
    refreshed: Option<Duration>,
}

impl Tagging {
    /// Nothing there yet.
    pub fn new(source: Source) -> Self {
        Self {
            list: List::default(),
            source,
            used: None,
            job: None,
            looking: false,
            panel: Panel::default(),
            filter: Shown::default(),
            shown: Vec::new(),
            cursor: 0,
            anchor: 0,
            selection: BTreeSet::new(),
            reveal: 0,
            large: false,
            hovered: None,
            label: String::new(),
            search: String::new(),
            path: String::new(),
            only_chosen: false,
            preview: Preview::default(),
            watch: Watch::default(),
            emptied: None,
            keeping: Keeping::default(),
            unread: VecDeque::new(),
            stamp: None,
            refreshed: None,
        }
    }

    /// Words are looked for with this model from now on; `None`: the built-in one.
    pub fn use_model(&mut self, path: Option<&str>) {
        if let Source::Words { model, .. } = &mut self.source {
            *model = path.map(str::to_owned);
        }
    }

    /// The pictures that are to be written: `None` for all.
    pub fn only(&self) -> Option<BTreeSet<u32>> {
        (self.only_chosen && !self.selection.is_empty()).then(|| self.selection.clone())
    }

    /// What watching a folder would be by what is chosen now. `form`: how tags are written.
    pub fn to_watch(&self, folder: &Path, form: &WriteForm) -> Watched {
        // Of another tagger's labels nothing is known yet: each has its own threshold.
        let shown = self.used.as_ref() == Some(&self.source);
        let labels = self.list.labels.iter().filter(|_| shown).cloned();
        Watched {
            folder: folder.to_owned(),
            source: self.source.clone(),
            form: form.clone(),
            thresholds: labels.zip(self.list.thresholds.iter().copied()).collect(),
            calibrated: self.list.calibrated || !shown,
        }
    }

    /// The picture at the cursor: a place in the list.
    pub fn current(&self) -> Option<usize> {
        self.shown.get(self.cursor).map(|i| *i as usize)
    }

    /// The chosen pictures, or the one at the cursor.
    pub fn targets(&self) -> Vec<usize> {
        if self.large || self.selection.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.selection.iter().map(|i| *i as usize).collect()
        }
    }

    /// Computes which pictures are shown, where anything has changed. While the large view is open they stay.
    pub fn refresh(&mut self, now: Duration) {
        let same_filter = self.stamp.as_ref().is_some_and(|(f, _)| *f == self.filter);
        let same = same_filter && self.stamp.as_ref().is_some_and(|(_, v)| *v == self.list.version);
        let many = self.list.items.len() > MANY;
        let soon = many && self.refreshed.is_some_and(|at| now.saturating_sub(at) < REFRESH);
        if same || (same_filter && (self.large || soon) && self.shown.len() <= self.list.items.len()) {
            return;
        }
        let current = self.current();
        let words = self.filter.words.trim().to_lowercase();
        self.shown = (0..self.list.items.len())
            .filter(|i| self.lets_through(*i, &words))
            .map(|i| i as u32)
            .collect();
        self.cursor = current
            .and_then(|c| self.shown.binary_search(&(c as u32)).ok())
            .unwrap_or_else(|| self.cursor.min(self.shown.len().saturating_sub(1)));
        let shown = &self.shown;
        self.selection.retain(|i| shown.binary_search(i).is_ok());
        self.stamp = Some((self.filter.clone(), self.list.version));
        self.refreshed = Some(now);
    }

    /// Whether the filter shows an item. `words`: its words, trimmed and in lower case.
    fn lets_through(&self, i: usize, words: &str) -> bool {
        let (filter, item) = (&self.filter, &self.list.items[i]);
        let kind = match filter.only {
            Only::All => true,
            Only::Bare => item.standing == Standing::Tagged && self.list.given(i).is_empty(),
            Only::Edited => self.list.edited(i),
            Only::Failed => matches!(item.standing, Standing::Failed(_)),
        };
        let named = || {
            item.name.to_lowercase().contains(words)
                || self
                    .list
                    .given(i)
                    .iter()
                    .any(|g| g.label.to_lowercase().contains(words))
        };
        let label = || filter.label.as_ref().is_none_or(|label| self.list.has(i, label));
        kind && label() && (words.is_empty() || named())
    }

    /// Whether other pictures are shown than the list says by now, and looking again soon would help: under the large view they stay.
    pub fn is_behind(&self) -> bool {
        !self.large && self.stamp.as_ref().is_none_or(|(_, v)| *v != self.list.version)
    }

    /// Moves the cursor.
    pub fn travel(&mut self, by: isize, extend: bool) {
        let Some(last) = self.shown.len().checked_sub(1) else {
            return;
        };
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.reveal += 1;
        self.hovered = None;
        if extend {
            self.range();
        } else {
            self.selection.clear();
            self.anchor = self.cursor;
        }
    }

    /// Selects from the anchor to the cursor.
    fn range(&mut self) {
        let (low, high) = (self.anchor.min(self.cursor), self.anchor.max(self.cursor));
        self.selection = self.shown.iter().skip(low).take(high - low + 1).copied().collect();
    }

    /// A click on a position among the pictures that are shown.
    pub fn choose(&mut self, place: usize, how: Choose) {
        let Some(index) = self.shown.get(place).copied() else {
            return;
        };
        self.cursor = place;
        self.hovered = None;
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
}
