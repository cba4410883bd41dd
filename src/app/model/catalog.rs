//! The open project in memory: what the window shows without asking the disk. The project's thread loads it and tells every change.

use super::order::Spread;
use super::predicted::Predicted;
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use crate::engine::jobs::ZERO_SHOT;
use crate::eval::GroupMeans;
use crate::project::{EditGroup, LabelRow, Run, RunState};
use std::path::PathBuf;

/// A picture in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its id in the project.
    pub id: i64,
    /// Its file.
    pub path: PathBuf,
    /// As the source names it.
    pub name: String,
    /// Width and height as shown, in pixels.
    pub size: [u32; 2],
    pub split: Option<Split>,
    /// When the file was last changed, in Unix seconds; 0 where that is not known.
    pub modified: i64,
    /// Whether a person changed a label here.
    pub edited: bool,
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

impl RunMeasure {
    /// The split; `None`: all pictures.
    pub fn on(&self) -> Option<Split> {
        Split::ALL.get(self.split).copied()
    }
}

/// A project's content. Matrices are `[pictures, labels]`, row by row.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The project's folder.
    pub folder: PathBuf,
    /// Whether this window may change it.
    pub writable: bool,
    /// The model that the project names.
    pub model: Option<String>,
    /// What the user should know about how it was opened.
    pub notices: Vec<String>,
    /// In data order.
    pub pictures: Vec<Picture>,
    /// In order.
    pub labels: Vec<LabelRow>,
    /// 1 positive, 0 negative, -1 unknown.
    pub truth: Vec<i8>,
    /// The run whose predictions these are; empty for none.
    pub run: String,
    /// Probabilities, NaN where there is none; empty without predictions. Of an untrained model how high each score stands among those of
    /// the other pictures, from 0 to 1: its scores are no probabilities.
    pub probability: Vec<f32>,
    /// Scores, likewise.
    pub score: Vec<f32>,
    /// How the scores of an untrained model are spread over the pictures; `None` for a run, whose probabilities are calibrated.
    pub spread: Option<Spread>,
    /// Runs, oldest first.
    pub runs: Vec<Run>,
    /// How the runs do whose predictions are kept.
    pub compared: Vec<RunMeasure>,
    /// The step that undo would take back.
    pub undo: Option<EditGroup>,
    /// The step that redo would do again.
    pub redo: Option<EditGroup>,
}

/// Probability from which a label is given where none was chosen for it.
pub const THRESHOLD: f32 = 0.5;

/// What a picture's truth and prediction say of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Every label as predicted.
    Right,
    /// At least one label is not.
    Wrong,
    /// There is no prediction.
    Unscored,
}

impl Catalog {
    /// The project's name for people.
    pub fn name(&self) -> String {
        self.folder
            .file_stem()
            .map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Truth of a picture, `[labels]`.
    pub fn truth_of(&self, picture: usize) -> &[i8] {
        let n = self.labels.len();
        &self.truth[picture * n..(picture + 1) * n]
    }

    /// Probabilities of a picture, `[labels]`; `None` where it was never scored.
    pub fn probability_of(&self, picture: usize) -> Option<&[f32]> {
        let n = self.labels.len();
        let row = self.probability.get(picture * n..(picture + 1) * n)?;
        row.iter().any(|p| !p.is_nan()).then_some(row)
    }

    /// Takes the predictions of a run in.
    pub fn take(&mut self, predicted: Predicted) {
        self.run = predicted.run;
        self.probability = predicted.probability;
        self.score = predicted.score;
        self.spread = predicted.spread;
    }

    /// The probability from which a label is given; those chosen for labels are of trained runs.
    pub fn threshold(&self, label: usize) -> f32 {
        if self.spread.is_some() {
            return THRESHOLD;
        }
        self.labels[label].threshold.unwrap_or(THRESHOLD)
    }

    /// Whether anything was predicted.
    pub fn scored(&self) -> bool {
        !self.probability.is_empty()
    }

    /// Whether prediction and truth of a picture agree; unknown labels count for neither.
    pub fn agreement(&self, picture: usize) -> Agreement {
        let Some(row) = self.probability_of(picture) else {
            return Agreement::Unscored;
        };
        let truth = self.truth_of(picture);
        let wrong = row
            .iter()
            .zip(truth)
            .enumerate()
            .any(|(c, (p, t))| *t >= 0 && (*p >= self.threshold(c)) != (*t == 1));
        if wrong { Agreement::Wrong } else { Agreement::Right }
    }

    /// How unsure the model is of a picture: 1 where a probability lies at its threshold, 0 where all lie far from it.
    pub fn uncertainty(&self, picture: usize) -> Option<f32> {
        let row = self.probability_of(picture)?;
        let nearest = row
            .iter()
            .enumerate()
            .map(|(c, p)| (p - self.threshold(c)).abs())
            .fold(1.0f32, f32::min);
        Some((1.0 - 2.0 * nearest).max(0.0))
    }

    /// Positives of each label in a split (`None`: in all pictures).
    pub fn positives(&self, split: Option<Split>) -> Vec<usize> {
        let n = self.labels.len();
        let mut counts = vec![0; n];
        for (row, picture) in self.truth.chunks_exact(n.max(1)).zip(&self.pictures) {
            if split.is_none() || picture.split == split {
                for (count, truth) in counts.iter_mut().zip(row) {
                    *count += usize::from(*truth == 1);
                }
            }
        }
        counts
    }

    /// Pictures of each split: train, val, test, none.
    pub fn split_counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for picture in &self.pictures {
            let slot = picture
                .split
                .map_or(3, |s| Split::ALL.iter().position(|o| *o == s).unwrap_or(3));
            counts[slot] += 1;
        }
        counts
    }

    /// The training positives that decide on a label's group: those of the training split, or of all pictures where there is none.
    pub fn training_positives(&self) -> Vec<usize> {
        let split = (self.split_counts()[0] > 0).then_some(Split::Train);
        self.positives(split)
    }

    /// The frequency group of each label.
    pub fn groups(&self) -> Vec<Group> {
        self.training_positives().into_iter().map(Group::of).collect()
    }

    /// Pictures that a person changed.
    pub fn edited(&self) -> usize {
        self.pictures.iter().filter(|p| p.edited).count()
    }

    /// Labels of a picture to show first: predicted ones by falling probability, else the true ones.
    pub fn top_labels(&self, picture: usize, most: usize) -> Vec<usize> {
        let mut found: Vec<usize>;
        match self.probability_of(picture) {
            Some(row) => {
                found = (0..row.len()).filter(|c| row[*c] >= self.threshold(*c)).collect();
                found.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            }
            None => {
                let truth = self.truth_of(picture);
                found = (0..truth.len()).filter(|c| truth[*c] == 1).collect();
            }
        }
        found.truncate(most);
        found
    }

    /// The place of a picture.
    pub fn index_of(&self, id: i64) -> Option<usize> {
        // Ids ascend in most projects, but an import may have given them otherwise.
        let near = self.pictures.binary_search_by_key(&id, |p| p.id).ok();
        near.or_else(|| self.pictures.iter().position(|p| p.id == id))
    }
}

/// The newest finished run, else the untrained model.
pub fn newest_run(runs: &[Run]) -> String {
    let done = runs.iter().rev().find(|r| r.state == RunState::Done);
    done.map_or_else(|| ZERO_SHOT.to_owned(), |r| r.id.clone())
}

#[cfg(test)]
pub(in crate::app) mod tests {
    use super::*;

    /// Pictures with two labels: right, wrong, unsure, unscored.
    pub fn small() -> Catalog {
        let picture = |id: i64, split| Picture {
            id,
            path: PathBuf::from(format!("/p/{id}.jpg")),
            name: format!("Picture {id}.jpg"),
            size: [40, 30],
            split,
            modified: 100 - id,
            edited: id == 2,
        };
        let label = |id: i64, name: &str| LabelRow {
            id,
            name: name.to_owned(),
            prompt_words: None,
            description: None,
            colour: None,
            position: id,
            threshold: None,
            novel: false,
        };
        Catalog {
            folder: PathBuf::from("/p/birds.patchlight"),
            pictures: vec![
                picture(1, Some(Split::Train)),
                picture(2, Some(Split::Train)),
                picture(3, Some(Split::Test)),
                picture(4, None),
            ],
            labels: vec![label(10, "owl"), label(11, "robin")],
            truth: vec![1, 0, 1, 0, 0, 1, -1, 1],
            run: "run-1".to_owned(),
            probability: vec![0.9, 0.1, 0.2, 0.1, 0.05, 0.55, f32::NAN, f32::NAN],
            score: vec![0.0; 8],
            ..Catalog::default()
        }
    }

    #[test]
    fn scores_of_an_untrained_model_are_an_order_and_no_probability() {
        let mut catalog = small();
        catalog.pictures = (0..8)
            .map(|i| Picture {
                id: i,
                ..catalog.pictures[0].clone()
            })
            .collect();
        catalog.truth = vec![1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1];
        catalog.labels[0].threshold = Some(0.9);
        let score: Vec<f32> = (0..16)
            .map(|i| if i == 15 { f32::NAN } else { 0.3 - 0.01 * (i % 5) as f32 })
            .collect();
        let truth = catalog.truth.clone();
        let predicted = |run, probability, score| Predicted::of(run, probability, score, 2, &truth);
        catalog.take(predicted(ZERO_SHOT, vec![1.0; 16], score.clone()));
        assert_eq!(
            catalog.threshold(0),
            THRESHOLD,
            "a run's threshold is not the untrained model's"
        );
        let given: usize = (0..8).map(|i| catalog.top_labels(i, 9).len()).sum();
        assert!(
            (6..=9).contains(&given),
            "{given}: labelled pictures have one label each"
        );
        let of = |i: usize| catalog.probability[i];
        assert!(of(0) > of(2) && of(0) < 1.0 && of(15).is_nan());
        assert_eq!(catalog.score[..15], score[..15]);
        catalog.take(predicted("run-1", vec![0.25; 16], vec![0.1; 16]));
        assert_eq!((catalog.threshold(0), catalog.probability[0]), (0.9, 0.25));
        catalog.take(predicted(ZERO_SHOT, Vec::new(), Vec::new()));
        assert!(!catalog.scored() && catalog.run.is_empty() && catalog.spread.is_none());
    }

    #[test]
    fn agreement_and_uncertainty() {
        let c = small();
        assert_eq!(c.agreement(0), Agreement::Right);
        assert_eq!(c.agreement(1), Agreement::Wrong);
        assert_eq!(c.agreement(3), Agreement::Unscored);
        assert!(c.uncertainty(2).unwrap() > c.uncertainty(0).unwrap());
        assert_eq!(c.uncertainty(3), None);
        assert_eq!(c.positives(Some(Split::Train)), [2, 0]);
        assert_eq!(c.positives(None), [2, 2]);
        assert_eq!(c.split_counts(), [2, 0, 1, 1]);
        assert_eq!(c.top_labels(0, 3), [0]);
        assert_eq!(c.top_labels(3, 3), [1], "without predictions the true labels");
        assert_eq!(c.index_of(3), Some(2));
        assert_eq!(c.name(), "birds");
    }
}
