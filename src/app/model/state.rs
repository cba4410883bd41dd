//! Everything the window knows, as data: [`crate::app::update`] changes it, screens read it.

use super::browse::Browse;
use super::command::Place;
use super::data::Data;
use super::downloads::Downloads;
use super::inspector::Inspector;
use super::job::Jobs;
use super::notices::Notices;
use super::open::{Open, Slot};
use super::planning::Planning;
use super::prefs::Prefs;
use super::results::ResultsView;
use super::tag::source::Source;
use super::tag::state::Tagging;
use super::tagger_export::TaggerExport;
use super::training::Training;
use super::training_form::TrainForm;
use crate::engine::Failure;
use crate::engine::event::Check;
use crate::project::Run;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Which device there is.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// `gpu` or `cpu`; empty while it is being found out.
    pub kind: String,
    /// For people.
    pub name: String,
    pub checks: Vec<Check>,
    /// Why it is not a GPU.
    pub notice: Option<String>,
}

/// Text fields and overlays that belong to no place.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// A path typed at Home.
    pub path: String,
    /// A new label's name as typed.
    pub label: String,
    /// A path of a model as typed.
    pub model_path: String,
    /// What is typed in the palette, and the chosen line; `None`: it is closed.
    pub palette: Option<(String, usize)>,
    /// What is typed to find a label of the chosen pictures, and the chosen line; `None`: that box is closed.
    pub label_box: Option<(String, usize)>,
    /// Whether the page of keys is shown.
    pub keys: bool,
    /// Whether the log is shown.
    pub log: bool,
    /// Whether leaving during a job is being asked about.
    pub leaving: bool,
    /// The demo is being opened: train on it, with fewer epochs (`true`) or with all.
    pub demo: Option<bool>,
    /// Since when the window waits for its jobs to end before it closes.
    pub leave_when_idle: Option<Duration>,
}

/// What is done without being asked.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Small projects are scored, and plans of trainings are made.
    pub score_at_once: bool,
}

/// The window's state.
pub struct Model {
    /// Time since the window began, as of the last input: the only clock there is here.
    pub now: Duration,
    /// The time of day then.
    pub wall: SystemTime,
    /// Whether the dark look is on.
    pub dark: bool,
    pub habits: Habits,
    pub prefs: Prefs,
    pub place: Place,
    pub project: Slot,
    pub jobs: Jobs,
    /// The newest training.
    pub training: Option<Training>,
    pub notices: Notices,
    pub device: Device,
    /// What the model that the user chose is, in words; or why it is none.
    pub model: Option<Result<String, Failure>>,
    pub browse: Browse,
    pub inspect: Inspector,
    pub tagging: Tagging,
    pub models: Downloads,
    pub train: TrainForm,
    /// What the training that the form describes would do.
    pub planning: Planning,
    pub results: ResultsView,
    /// The pages of the data, and the import that is looked at.
    pub data: Data,
    pub desk: Desk,
    /// Memory of the worker and of the window in bytes, now and then.
    pub memory: [u64; 2],
    /// The export of a trained model.
    pub tagger_export: TaggerExport,
}

impl Model {
    /// A window with nothing open.
    pub fn new(prefs: Prefs, habits: Habits) -> Self {
        let source = prefs.tag_source.clone().unwrap_or_else(|| Source::Words {
            model: prefs.model.clone(),
            words: String::new(),
        });
        let jobs = Jobs::new(prefs.device);
        Self {
            now: Duration::ZERO,
            wall: SystemTime::UNIX_EPOCH,
            dark: false,
            habits,
            prefs,
            place: Place::Home,
            project: Slot::Empty,
            jobs,
            training: None,
            notices: Notices::default(),
            device: Device::default(),
            model: None,
            browse: Browse::default(),
            inspect: Inspector::default(),
            tagging: Tagging::new(source),
            models: Downloads::default(),
            train: TrainForm::default(),
            planning: Planning::default(),
            results: ResultsView::default(),
            data: Data::default(),
            desk: Desk::default(),
            memory: [0; 2],
            tagger_export: TaggerExport::default(),
        }
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

    /// The pictures (indices) whose labels keys and ticks change: the one that is shown large, else the chosen ones.
    pub fn pictures_to_label(&self) -> Vec<usize> {
        let Some(open) = self.open() else { return Vec::new() };
        match self.inspect.picture.and_then(|id| open.catalog.index_of(id)) {
            Some(index) => vec![index],
            None => self.browse.targets(),
        }
    }

    /// The folder and the runs of the open project.
    pub fn runs(&self) -> Option<(&Path, &[Run])> {
        let catalog = &self.open()?.catalog;
        Some((&catalog.folder, &catalog.runs))
    }

    /// Whether a training is at work or waits.
    pub fn trains(&self) -> bool {
        self.jobs.has(|kind| matches!(kind, super::job_kind::JobKind::Train))
    }
}
