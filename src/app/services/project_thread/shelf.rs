//! The open project with what was loaded of it, and how requests are answered.

use crate::app::model::catalog::{Catalog, Picture, RunMeasure};
use crate::app::model::measure::average_precisions;
use crate::app::model::predicted::Predicted;
use crate::app::model::project_messages::{Examined, LabelsNow, ProjectReply, ProjectRequest, ValuesNow};
use crate::dataset::model::{Split, Truth};
use crate::engine::scorer::Scorer;
use crate::engine::{Failure, jobs};
use crate::project::{EditGroup, Project, ProjectError, Run};
use crate::train::features::FeatureStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs that are compared, beside the untrained model.
const COMPARED: usize = 12;

/// The project with what was loaded of it.
pub(super) struct Shelf {
    pub(super) project: Project,
    ids: Vec<i64>,
    /// The run whose predictions are shown; empty for none.
    pub(super) shown: String,
    pub(super) scorer: Option<Arc<Scorer>>,
    features: Option<FeatureStore>,
}

impl Shelf {
    pub(super) fn open(path: &Path) -> Result<(Self, Catalog), Failure> {
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
            shelf.shown.clone_from(&run);
            catalog.take(shelf.predicted(&run)?);
        }
        Ok((shelf, catalog))
    }

    /// The newest run whose predictions are kept, else the untrained model's; opens its scorer.
    pub(super) fn newest_scored(&mut self, runs: &[Run]) -> Option<String> {
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

    /// A run's predictions as the window shows them.
    fn predicted(&self, run: &str) -> Result<Predicted, Failure> {
        let (probability, score) = self.predictions(run)?;
        let labels = self.project.labels()?.len();
        let truth = match run == jobs::ZERO_SHOT {
            true => self.project.truth(&self.ids)?.values,
            false => Vec::new(),
        };
        Ok(Predicted::of(run, probability, score, labels, &truth))
    }

    pub(super) fn answer(&mut self, request: ProjectRequest) -> Vec<ProjectReply> {
        let (what, result) = match request {
            ProjectRequest::SetLabel { pictures, label, truth } => {
                ("changing a label", self.set_label(&pictures, label, truth))
            }
            ProjectRequest::Undo => ("undoing", self.step(Project::undo, "Undone")),
            ProjectRequest::Redo => ("redoing", self.step(Project::redo, "Redone")),
            ProjectRequest::Predictions(run) => ("loading predictions", self.show(run).map(|reply| vec![reply])),
            ProjectRequest::Refresh(run) => ("reading the project", self.refresh(run)),
            ProjectRequest::Examine(id) => ("looking at a picture", self.examine(id)),
            ProjectRequest::Data(request) => ("looking at the data", self.answer_data(request)),
            ProjectRequest::AddLabel(name) => ("adding a label", self.add_label(&name)),
            ProjectRequest::Compare => ("comparing runs", self.compare().map(|reply| vec![reply])),
            ProjectRequest::NameRuns(ids, name) => ("naming a training", self.name_runs(&ids, &name)),
            ProjectRequest::DeleteRuns(ids) => ("deleting a training", self.delete_runs(&ids)),
            ProjectRequest::Setting(key, value) => {
                let kept = self.project.set_setting(&key, &value).map_err(Failure::from);
                ("keeping a setting", kept.map(|()| Vec::new()))
            }
        };
        result.unwrap_or_else(|failure| vec![ProjectReply::Failed { what, failure }])
    }

    fn set_label(&mut self, pictures: &[i64], label: i64, truth: Truth) -> Result<Vec<ProjectReply>, Failure> {
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
    ) -> Result<Vec<ProjectReply>, Failure> {
        let before = self.project.labels()?;
        let Some(group) = step(&mut self.project)? else {
            return Ok(Vec::new());
        };
        let said = format!("{verb}: {}", group.description);
        // A name, a colour or a request may be another although the labels are the same ones.
        if self.project.labels()? != before {
            return self.everything(said);
        }
        if self.project.edit_changes_runs(group.id)? {
            return self.runs_now(said);
        }
        let pictures = self.project.pictures_of_edit(group.id)?;
        let values = self.values(&pictures, said)?;
        Ok(if self.project.edit_moves_splits(group.id)? {
            vec![values, self.splits_now()?]
        } else {
            vec![values, ProjectReply::Changed(pictures)]
        })
    }

    pub(super) fn values(&self, pictures: &[i64], said: String) -> Result<ProjectReply, Failure> {
        let edited: std::collections::HashSet<i64> = self.project.edited_pictures()?.into_iter().collect();
        let truth = self.project.truth(pictures)?;
        let rows = truth.values.chunks_exact(truth.cols.max(1)).zip(pictures);
        Ok(ProjectReply::Values(ValuesNow {
            rows: rows.map(|(row, id)| (*id, row.to_vec(), edited.contains(id))).collect(),
            undo: self.project.next_undo()?,
            redo: self.project.next_redo()?,
            said,
        }))
    }

    fn add_label(&mut self, name: &str) -> Result<Vec<ProjectReply>, Failure> {
        self.project.add_label(name, None)?;
        Ok(vec![self.labels(format!("added “{name}”"))?])
    }

    /// Everything that has a column for each label.
    pub(super) fn labels(&self, said: String) -> Result<ProjectReply, Failure> {
        Ok(ProjectReply::Labels(LabelsNow {
            labels: self.project.labels()?,
            truth: self.project.truth(&self.ids)?.values,
            predicted: self.predicted(&self.shown)?,
            undo: self.project.next_undo()?,
            redo: self.project.next_redo()?,
            said,
        }))
    }

    /// Measures every run whose predictions are kept on what is held back: the test pictures, else val; else on all.
    pub(super) fn compare(&mut self) -> Result<ProjectReply, Failure> {
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
            let (ap, map) = average_precisions(&picked, &truth, &positives);
            measures.push(RunMeasure {
                run,
                images: chosen.len(),
                split: slot,
                map,
                ap,
            });
        }
        Ok(ProjectReply::Compared(measures))
    }

    pub(super) fn show(&mut self, run: String) -> Result<ProjectReply, Failure> {
        self.open_scorer(&run);
        self.shown.clone_from(&run);
        Ok(ProjectReply::Predictions {
            predicted: self.predicted(&run)?,
            scorer: self.scorer.clone(),
        })
    }

    fn refresh(&mut self, run: Option<String>) -> Result<Vec<ProjectReply>, Failure> {
        let runs = self.project.runs()?;
        let mut replies = vec![ProjectReply::Runs(runs.clone())];
        if let Some(run) = run {
            replies.push(self.show(run)?);
        }
        replies.push(self.compare()?);
        Ok(replies)
    }

    fn examine(&mut self, id: i64) -> Result<Vec<ProjectReply>, Failure> {
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
        Ok(vec![ProjectReply::Examined(Box::new(Examined {
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
