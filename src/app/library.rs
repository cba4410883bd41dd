//! The thread that owns the open project. The window sends orders and never waits; what changed comes back as replies.
//!
//! An edit is on the disk before its reply is sent, so what the window shows as done is done.

mod data;

pub use data::{Ask, LabelChange, LabelsInfo, Report, Told};

use super::catalog::{Catalog, Picture};
use crate::dataset::model::{Split, Truth};
use crate::engine::scorer::{PictureScores, Scorer};
use crate::engine::{Failure, jobs};
use crate::eval::GroupMeans;
use crate::project::{BoxRow, EditGroup, LabelRow, LabelValue, Project, ProjectError, Run};
use crate::train::features::FeatureStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

/// Runs that are compared, beside the untrained model.
const COMPARED: usize = 12;

/// What the window asks of the project.
#[derive(Debug)]
pub enum Order {
    /// Give a label on pictures a value; one step of undo.
    SetLabel {
        /// Ids.
        pictures: Vec<i64>,
        /// The label's id.
        label: i64,
        /// Its new value.
        truth: Truth,
    },
    /// Take the newest step back.
    Undo,
    /// Do the step again that was taken back last.
    Redo,
    /// Load the predictions of a run, and show them from now on.
    Predictions(String),
    /// Read runs and measures again: a job has ended. A run: show its predictions from now on.
    Refresh(Option<String>),
    /// Everything about one picture.
    Examine(i64),
    /// A new label, after the others.
    AddLabel(String),
    /// Keep a setting.
    Setting(String, String),
    /// What the pages of the data ask for.
    Data(Ask),
}

/// What comes back.
#[derive(Debug)]
pub enum Reply {
    /// The project is open.
    Opened(Box<Catalog>, Option<Arc<Scorer>>),
    /// It could not be opened.
    NotOpened(Failure),
    /// Labels of these pictures are now so; each with its row of the truth matrix and whether a person edited it.
    Values {
        /// Id, truth `[labels]`, edited.
        rows: Vec<(i64, Vec<i8>, bool)>,
        /// The step that undo would take back.
        undo: Option<EditGroup>,
        /// The step that redo would do again.
        redo: Option<EditGroup>,
        /// What was done, for people.
        said: String,
    },
    /// The predictions of a run.
    Predictions {
        /// The run.
        run: String,
        /// As in the catalog.
        probability: Vec<f32>,
        /// As in the catalog.
        score: Vec<f32>,
        /// What scored them.
        scorer: Option<Arc<Scorer>>,
    },
    /// The runs as they are now.
    Runs(Vec<Run>),
    /// The labels as they are now, and truth by them.
    Labels {
        /// In order.
        labels: Vec<LabelRow>,
        /// As in the catalog.
        truth: Vec<i8>,
        /// As in the catalog.
        probability: Vec<f32>,
        /// As in the catalog.
        score: Vec<f32>,
        /// The step that undo would take back.
        undo: Option<EditGroup>,
        /// The step that redo would do again.
        redo: Option<EditGroup>,
        /// What was done, for people.
        said: String,
    },
    /// How the runs with predictions do, the untrained model first.
    Compared(Vec<RunMeasure>),
    /// Everything about one picture.
    Examined(Box<Examined>),
    /// For the pages of the data.
    Data(Told),
    /// An order failed.
    Failed {
        /// What was asked for, for people.
        what: &'static str,
        /// Why it failed.
        failure: Failure,
    },
}

/// How a run does on a split, by its kept predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct RunMeasure {
    /// Its name.
    pub run: String,
    /// Pictures measured.
    pub images: usize,
    /// The split: index into [`Split::ALL`], 3 for all pictures.
    pub split: usize,
    /// In percent.
    pub map: GroupMeans,
    /// Average precision of each label in percent.
    pub ap: Vec<Option<f64>>,
}

/// What the inspector needs of a picture.
#[derive(Debug, Default)]
pub struct Examined {
    /// Its id.
    pub id: i64,
    /// Its scores by the run that is shown; `None` where it was not scored.
    pub scores: Option<Arc<PictureScores>>,
    /// Boxes of the source.
    pub boxes: Vec<BoxRow>,
    /// Who said what.
    pub values: Vec<LabelValue>,
}

/// The window's end.
pub struct Library {
    orders: Option<Sender<Order>>,
    replies: Receiver<Reply>,
    thread: Option<JoinHandle<()>>,
}

/// Threads of projects that were closed and may still have orders to carry out.
static CLOSING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Waits until every closed project has carried out its orders: no edit is lost, and the locks are free.
pub fn finish() {
    let threads = std::mem::take(&mut *CLOSING.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        // A panic there was logged; the edits before it are on the disk.
        let _ = thread.join();
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // The end of the orders ends the thread, once it has carried them out.
        self.orders = None;
        let thread = self.thread.take();
        CLOSING.lock().unwrap_or_else(PoisonError::into_inner).extend(thread);
    }
}

impl Library {
    /// Opens a project on a thread of its own; `wake` is called after each reply. Where it cannot be written it is opened for reading.
    pub fn open(path: &Path, wake: impl Fn() + Send + 'static) -> Self {
        let (orders, inbox) = channel();
        let (sender, replies) = channel();
        let path = path.to_owned();
        let body = move || {
            // It may be one of those that are just being closed.
            finish();
            // Where nobody listens any more, orders are still carried out.
            let send = |reply| {
                let _ = sender.send(reply);
                wake();
            };
            match Shelf::open(&path) {
                Ok((mut shelf, catalog)) => {
                    let scorer = shelf.scorer.clone();
                    send(Reply::Opened(Box::new(catalog), scorer));
                    if let Ok(reply) = shelf.compare() {
                        send(reply);
                    }
                    for order in inbox {
                        shelf.obey(order).into_iter().for_each(&send);
                    }
                }
                Err(failure) => send(Reply::NotOpened(failure)),
            }
        };
        let thread = std::thread::Builder::new().name("library".to_owned()).spawn(body);
        if let Err(error) = &thread {
            tracing::error!(%error, "the project's thread cannot be started");
        }
        Self {
            orders: Some(orders),
            replies,
            thread: thread.ok(),
        }
    }

    /// A library without a project behind it: for drawing what is in memory.
    pub fn closed() -> Self {
        Self {
            orders: None,
            replies: channel().1,
            thread: None,
        }
    }

    /// Sends an order; false where the project's thread is gone.
    pub fn send(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }

    /// The next reply, without waiting.
    pub fn next(&self) -> Option<Reply> {
        self.replies.try_recv().ok()
    }
}

/// The project with what was loaded of it.
struct Shelf {
    project: Project,
    ids: Vec<i64>,
    /// The run whose predictions are shown; empty for none.
    shown: String,
    scorer: Option<Arc<Scorer>>,
    features: Option<FeatureStore>,
}

impl Shelf {
    fn open(path: &Path) -> Result<(Self, Catalog), Failure> {
        let project = match jobs::open_for_work(path) {
            Ok(project) => project,
            // Another window works on it, or the disk cannot be written: looking is still possible.
            Err(error) => match Project::open_read_only(path) {
                Ok(project) => project,
                Err(_) => return Err(error.into()),
            },
        };
        let mut notices = project.notices().to_vec();
        if !project.is_writable() {
            notices.push(
                "opened for looking only: another window works on this project, or its folder cannot be written"
                    .to_owned(),
            );
        }
        let rows = project.pictures(None)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let edited: std::collections::HashSet<i64> = project.edited_pictures()?.into_iter().collect();
        let pictures = rows.into_iter().map(|row| Picture {
            modified: modified(&row.path),
            edited: edited.contains(&row.id),
            id: row.id,
            path: row.path,
            name: row.name,
            size: [row.width, row.height],
            split: row.split,
        });
        let mut catalog = Catalog {
            folder: project.folder().to_owned(),
            writable: project.is_writable(),
            model: project.setting("model")?,
            notices,
            pictures: pictures.collect(),
            labels: project.labels()?,
            truth: project.truth(&ids)?.values,
            runs: project.runs()?,
            undo: project.next_undo()?,
            redo: project.next_redo()?,
            ..Catalog::default()
        };
        let mut shelf = Self {
            project,
            ids,
            shown: String::new(),
            scorer: None,
            features: None,
        };
        if let Some(run) = shelf.newest_scored(&catalog.runs) {
            (catalog.probability, catalog.score) = shelf.predictions(&run)?;
            shelf.shown.clone_from(&run);
            catalog.run = run;
        }
        Ok((shelf, catalog))
    }

    /// The newest run whose predictions are kept, else the untrained model's; opens its scorer.
    fn newest_scored(&mut self, runs: &[Run]) -> Option<String> {
        let names = runs.iter().rev().map(|r| r.id.as_str()).chain([jobs::ZERO_SHOT]);
        let names: Vec<String> = names.map(str::to_owned).collect();
        names.into_iter().find(|run| self.open_scorer(run))
    }

    fn open_scorer(&mut self, run: &str) -> bool {
        self.features = None;
        let path = Scorer::path(self.project.folder(), run);
        self.scorer = Scorer::load(&path)
            .inspect_err(|error| {
                if path.exists() {
                    tracing::warn!(%error, run, "the run's embeddings cannot be read");
                }
            })
            .ok()
            .map(Arc::new);
        self.scorer.is_some()
    }

    fn predictions(&self, run: &str) -> Result<(Vec<f32>, Vec<f32>), Failure> {
        let labels = self.project.labels()?;
        let columns: std::collections::HashMap<i64, usize> =
            labels.iter().enumerate().map(|(c, l)| (l.id, c)).collect();
        let places: std::collections::HashMap<i64, usize> =
            self.ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let rows = self.project.predictions(run, &self.ids)?;
        if rows.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut probability = vec![f32::NAN; self.ids.len() * labels.len()];
        let mut score = probability.clone();
        for row in rows {
            if let (Some(place), Some(column)) = (places.get(&row.picture), columns.get(&row.label)) {
                probability[place * labels.len() + column] = row.probability;
                score[place * labels.len() + column] = row.score;
            }
        }
        Ok((probability, score))
    }

    fn obey(&mut self, order: Order) -> Vec<Reply> {
        let (what, result) = match order {
            Order::SetLabel { pictures, label, truth } => ("changing a label", self.set_label(&pictures, label, truth)),
            Order::Undo => ("undoing", self.step(Project::undo, "Undone")),
            Order::Redo => ("redoing", self.step(Project::redo, "Done again")),
            Order::Predictions(run) => ("loading predictions", self.show(run).map(|reply| vec![reply])),
            Order::Refresh(run) => ("reading the project", self.refresh(run)),
            Order::Examine(id) => ("looking at a picture", self.examine(id)),
            Order::Data(ask) => ("looking at the data", self.answer(ask)),
            Order::AddLabel(name) => ("adding a label", self.add_label(&name)),
            Order::Setting(key, value) => {
                let kept = self.project.set_setting(&key, &value).map_err(Failure::from);
                ("keeping a setting", kept.map(|()| Vec::new()))
            }
        };
        result.unwrap_or_else(|failure| vec![Reply::Failed { what, failure }])
    }

    fn set_label(&mut self, pictures: &[i64], label: i64, truth: Truth) -> Result<Vec<Reply>, Failure> {
        self.project.set_label(pictures, label, truth)?;
        let said = self
            .project
            .next_undo()?
            .map_or_else(String::new, |group| group.description);
        Ok(vec![self.values(pictures, said)?])
    }

    fn step(
        &mut self,
        step: impl FnOnce(&mut Project) -> Result<Option<EditGroup>, ProjectError>,
        verb: &str,
    ) -> Result<Vec<Reply>, Failure> {
        let before = self.project.labels()?;
        let Some(group) = step(&mut self.project)? else {
            return Ok(Vec::new());
        };
        let said = format!("{verb}: {}", group.description);
        // A name, a colour or an order may be another although the labels are the same ones.
        if self.project.labels()? != before {
            return self.everything(said);
        }
        let pictures = self.project.pictures_of_edit(group.id)?;
        let mut replies = vec![self.values(&pictures, said)?];
        if self.project.edit_moves_splits(group.id)? {
            replies.push(self.splits_now()?);
        }
        Ok(replies)
    }

    fn values(&self, pictures: &[i64], said: String) -> Result<Reply, Failure> {
        let edited: std::collections::HashSet<i64> = self.project.edited_pictures()?.into_iter().collect();
        let truth = self.project.truth(pictures)?;
        let rows = truth.values.chunks_exact(truth.cols.max(1)).zip(pictures);
        Ok(Reply::Values {
            rows: rows.map(|(row, id)| (*id, row.to_vec(), edited.contains(id))).collect(),
            undo: self.project.next_undo()?,
            redo: self.project.next_redo()?,
            said,
        })
    }

    fn add_label(&mut self, name: &str) -> Result<Vec<Reply>, Failure> {
        self.project.add_label(name, None)?;
        Ok(vec![self.labels(format!("added “{name}”"))?])
    }

    /// Everything that has a column for each label.
    fn labels(&self, said: String) -> Result<Reply, Failure> {
        let (probability, score) = self.predictions(&self.shown)?;
        Ok(Reply::Labels {
            labels: self.project.labels()?,
            truth: self.project.truth(&self.ids)?.values,
            probability,
            score,
            undo: self.project.next_undo()?,
            redo: self.project.next_redo()?,
            said,
        })
    }

    /// Measures every run whose predictions are kept on the test pictures, else on val, else on all.
    fn compare(&mut self) -> Result<Reply, Failure> {
        let rows = self.project.pictures(None)?;
        let has = |split| rows.iter().any(|r| r.split == Some(split));
        let split = [Split::Test, Split::Val].into_iter().find(|s| has(*s));
        let slot = split.map_or(3, |s| Split::ALL.iter().position(|o| *o == s).unwrap_or(3));
        let chosen: Vec<usize> = (0..rows.len())
            .filter(|i| split.is_none() || rows[*i].split == split)
            .collect();
        let labels = self.project.labels()?.len();
        let ids: Vec<i64> = chosen.iter().map(|i| rows[*i].id).collect();
        let truth = self.project.truth(&ids)?.values;
        let trained: Vec<i64> = (rows.iter())
            .filter(|r| !has(Split::Train) || r.split == Some(Split::Train))
            .map(|r| r.id)
            .collect();
        let positives = crate::eval::positives(&self.project.truth(&trained)?.values, labels);
        let runs = self.project.runs()?;
        let newest = runs.iter().rev().take(COMPARED).rev().map(|r| r.id.clone());
        let mut measures = Vec::new();
        for run in std::iter::once(jobs::ZERO_SHOT.to_owned()).chain(newest) {
            if !Scorer::path(self.project.folder(), &run).exists() {
                continue;
            }
            let (_, score) = self.predictions(&run)?;
            if score.is_empty() {
                continue;
            }
            let picked: Vec<f32> = chosen
                .iter()
                .flat_map(|i| &score[i * labels..(i + 1) * labels])
                .copied()
                .collect();
            let (ap, map) = super::measure::average_precisions(&picked, &truth, &positives);
            measures.push(RunMeasure {
                run,
                images: chosen.len(),
                split: slot,
                map,
                ap,
            });
        }
        Ok(Reply::Compared(measures))
    }

    fn show(&mut self, run: String) -> Result<Reply, Failure> {
        self.open_scorer(&run);
        self.shown.clone_from(&run);
        let (probability, score) = self.predictions(&run)?;
        Ok(Reply::Predictions {
            run,
            probability,
            score,
            scorer: self.scorer.clone(),
        })
    }

    fn refresh(&mut self, run: Option<String>) -> Result<Vec<Reply>, Failure> {
        let runs = self.project.runs()?;
        let mut replies = vec![Reply::Runs(runs.clone())];
        if let Some(run) = run {
            replies.push(self.show(run)?);
        }
        replies.push(self.compare()?);
        Ok(replies)
    }

    fn examine(&mut self, id: i64) -> Result<Vec<Reply>, Failure> {
        let io = |e: std::io::Error, folder: PathBuf| Failure::io("read the feature cache in", &folder, &e);
        let folder = self.project.features_folder();
        if self.features.is_none()
            && let Some(scorer) = &self.scorer
        {
            let config = &scorer.config;
            let store = FeatureStore::open(&folder, &config.key, config.embed, config.grid * config.grid);
            self.features = Some(store.map_err(|e| io(e, folder.clone()))?);
        }
        let scores = match (&self.scorer, &self.features) {
            (Some(scorer), Some(store)) => {
                let hash = self.project.content_hash(id).ok();
                let read = hash.map(|hash| scorer.read(store, &hash)).transpose();
                read.map_err(|e| io(e, folder))?.flatten().map(Arc::new)
            }
            _ => None,
        };
        Ok(vec![Reply::Examined(Box::new(Examined {
            id,
            scores,
            boxes: self.project.boxes(id)?,
            values: self.project.values(id)?,
        }))])
    }
}

/// When a file was last changed, in Unix seconds; 0 where that is not known.
fn modified(path: &Path) -> i64 {
    let time = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    time.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |d| d.as_secs() as i64)
}
