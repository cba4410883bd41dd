//! Everything the window knows: what screens read, and the little they keep for themselves.

use super::catalog::Catalog;
use super::command::{Command, Place};
use super::filter::{Filter, Sort};
use super::jobs::Jobs;
use super::library::{Examined, Library};
use super::notices::Notices;
use super::prefs::Prefs;
use super::thumbs::Thumbs;
use super::training::Training;
use crate::engine::Failure;
use crate::engine::event::Check;
use crate::engine::request::Stages;
use crate::engine::scorer::Scorer;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which device there is.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// `gpu` or `cpu`; empty while it is being found out.
    pub kind: String,
    /// For people.
    pub name: String,
    /// What was checked.
    pub checks: Vec<Check>,
    /// Why it is not a GPU.
    pub notice: Option<String>,
}

/// The place of the project.
#[derive(Default)]
pub enum Slot {
    /// None is open.
    #[default]
    Empty,
    /// One is being opened.
    Opening(PathBuf, Library),
    /// One is open.
    Open(Box<Open>),
    /// It could not be opened.
    Failed(PathBuf, Failure),
}

/// An open project.
pub struct Open {
    /// Its content.
    pub catalog: Catalog,
    /// The thread behind it.
    pub library: Library,
    /// What scores pictures on the host.
    pub scorer: Option<Arc<Scorer>>,
    /// Grows with every change of the catalog, so that what is computed from it knows when it is stale.
    pub version: u64,
}

/// The version that an opened project begins with: no two of one session share a version, so that nothing computed from one is taken for
/// another's.
pub fn first_version() -> u64 {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    (OPENED.fetch_add(1, Ordering::Relaxed) << 32) + 1
}

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
    /// Asks the grid to bring the cursor into view.
    pub reveal: bool,
    /// Pictures in a row, as last drawn.
    pub columns: usize,
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
            self.reveal = true;
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
}

/// What the inspector keeps.
#[derive(Clone, Debug)]
pub struct Inspect {
    /// The picture's id; `None`: it is closed.
    pub picture: Option<i64>,
    /// What is known of it; `None` while it is loaded.
    pub examined: Option<Arc<Examined>>,
    /// Chosen labels (columns), in the order of their colours.
    pub pinned: Vec<usize>,
    /// The label under the pointer.
    pub hovered: Option<usize>,
    /// A patch that the user chose.
    pub patch: Option<usize>,
    /// Weight of the whole picture; `None`: as the run has it.
    pub alpha: Option<f64>,
    /// K; `None`: as the run has it.
    pub top_k: Option<usize>,
    /// A threshold for all labels; `None`: each label's own.
    pub threshold: Option<f32>,
    /// Whether all patches are coloured by their similarity.
    pub heat: bool,
    /// Whether boxes of the source are drawn.
    pub boxes: bool,
    /// Whether the panel with the numbers is open.
    pub numbers: bool,
    /// Zoom: 1 fits the picture.
    pub zoom: f32,
    /// Middle of the view, as a share of the picture.
    pub center: [f32; 2],
}

impl Default for Inspect {
    fn default() -> Self {
        Self {
            picture: None,
            examined: None,
            pinned: Vec::new(),
            hovered: None,
            patch: None,
            alpha: None,
            top_k: None,
            threshold: None,
            heat: false,
            boxes: false,
            numbers: false,
            zoom: 1.0,
            center: [0.5, 0.5],
        }
    }
}

/// Where the settings come from that nobody changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// What the program proposes for these pictures.
    #[default]
    Proposed,
    /// A ready-made one: a place in `screens::choices::PRESETS`.
    Ready(usize),
    /// One that the user kept under this name.
    Own(String),
}

/// What the screen of training keeps.
#[derive(Clone, Debug)]
pub struct TrainForm {
    /// Which stages.
    pub stages: Stages,
    /// The Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// Settings as typed, by name; missing: the default.
    pub changed: std::collections::BTreeMap<String, String>,
    /// What the settings are that nobody changed.
    pub preset: Preset,
    /// A name for the settings as typed.
    pub name: String,
    /// Whether all settings are shown.
    pub advanced: bool,
    /// Seed.
    pub seed: u64,
    /// Whether the form is shown although a training has ended.
    pub again: bool,
}

impl Default for TrainForm {
    fn default() -> Self {
        Self {
            stages: Stages::Both,
            from: None,
            changed: std::collections::BTreeMap::new(),
            preset: Preset::Proposed,
            name: String::new(),
            advanced: false,
            seed: 0,
            again: false,
        }
    }
}

/// What the screen of results keeps.
#[derive(Clone, Debug, Default)]
pub struct ResultsView {
    /// Which split is measured: 0 test, 1 val, 2 train, 3 all; `None`: the first that has pictures.
    pub split: Option<usize>,
    /// Column the table is sorted by, and whether the largest comes first.
    pub order: (usize, bool),
    /// The label whose pictures are counted beside the table.
    pub label: Option<usize>,
    /// What was computed, and from what.
    pub cache: Option<(u64, usize, Arc<super::measure::Measured>)>,
}

/// Text fields and overlays.
#[derive(Default)]
pub struct Desk {
    /// A path typed at Home.
    pub path: String,
    /// A new label's name as typed.
    pub label: String,
    /// A path of a model.
    pub model_path: String,
    /// Whether the palette is open, what is typed there, and the chosen line.
    pub palette: Option<(String, usize)>,
    /// Whether the keys are shown.
    pub keys: bool,
    /// Whether the log is shown.
    pub log: bool,
    /// Whether leaving during a job is being asked about.
    pub leaving: bool,
    /// The demo is being opened: train on it, with fewer epochs or with all.
    pub demo: Option<bool>,
    /// Leave as soon as the jobs have ended.
    pub leave_when_idle: Option<std::time::Instant>,
    /// Files are held over the window.
    pub hovering: bool,
}

/// The window's state.
pub struct State {
    /// Preferences.
    pub prefs: Prefs,
    /// Where the user is.
    pub place: Place,
    /// The project.
    pub project: Slot,
    /// Jobs.
    pub jobs: Jobs,
    /// The newest training.
    pub training: Option<Training>,
    /// Messages.
    pub notices: Notices,
    /// Textures.
    pub thumbs: Thumbs,
    /// The device.
    pub device: Device,
    /// What the model that the user chose is, in words; or why it is none.
    pub model: Option<Result<String, Failure>>,
    /// The screen of pictures.
    pub browse: Browse,
    /// The inspector.
    pub inspect: Inspect,
    /// The place Tag.
    pub tagging: super::tagging::Tagging,
    /// The place Models.
    pub models: super::models::Models,
    /// The thread that looks at files.
    pub scout: super::scout::Scout,
    /// The screen of training.
    pub train: TrainForm,
    /// What the training that it describes would do.
    pub planning: super::planning::Planning,
    /// The screen of results.
    pub results: ResultsView,
    /// The pages of the data, and the import that is looked at.
    pub data: super::data::Data,
    /// Fields and overlays.
    pub desk: Desk,
    /// Memory of the worker and of the window in bytes, now and then.
    pub memory: [u64; 2],
    /// Commands of this frame.
    pub queue: Vec<Command>,
}

impl State {
    /// Queues a command.
    pub fn command(&mut self, command: Command) {
        self.queue.push(command);
    }

    /// The open project.
    pub fn open(&self) -> Option<&Open> {
        match &self.project {
            Slot::Open(open) => Some(open),
            _ => None,
        }
    }

    /// The open project, to be changed.
    pub fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.project {
            Slot::Open(open) => Some(open),
            _ => None,
        }
    }

    /// Whether a training is at work or waits.
    pub fn trains(&self) -> bool {
        self.jobs.has(|p| matches!(p, super::jobs::Purpose::Train))
    }
}
