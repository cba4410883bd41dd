//! Pictures and truth of a project, as training and evaluation need them.

use crate::dataset::labels::leaf;
use crate::dataset::model::Split;
use crate::dataset::split::Group;
use crate::engine::event::warnings;
use crate::engine::{Context, Failure};
use crate::eval::positives;
use crate::project::{PictureRow, Project};
use crate::train::loader::Item;

/// Pictures of a split with their truth.
#[derive(Clone, Default)]
pub(crate) struct Pictures {
    /// In data order.
    pub items: Vec<Item>,
    /// `[items, labels]`: 1, 0, -1.
    pub truth: Vec<i8>,
}

impl Pictures {
    /// The usable pictures of `split`, hashed by content; those that cannot be read are reported and left out.
    ///
    /// # Errors
    /// [`Failure`] where the project cannot be read or the user cancels.
    pub fn of(project: &Project, split: Option<Split>, context: &mut Context<'_>) -> Result<Self, Failure> {
        let mut rows = project.pictures(split)?;
        if split.is_none() {
            rows.retain(|row| row.split.is_none());
        }
        Self::read(project, rows, context)
    }

    /// All usable pictures, whatever their split.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn all(project: &Project, context: &mut Context<'_>) -> Result<Self, Failure> {
        Self::read(project, project.pictures(None)?, context)
    }

    fn read(project: &Project, rows: Vec<PictureRow>, context: &mut Context<'_>) -> Result<Self, Failure> {
        let mut items = Vec::with_capacity(rows.len());
        for (i, row) in rows.into_iter().enumerate() {
            if i % 64 == 0 {
                context.check_cancelled()?;
            }
            match project.content_hash(row.id) {
                Ok(hash) => items.push(Item {
                    id: row.id,
                    path: row.path,
                    hash,
                }),
                Err(error) => context.emit(crate::engine::Event::Skipped {
                    image: row.name,
                    reason: error.to_string(),
                }),
            }
        }
        let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
        let truth = project.truth(&ids)?.values;
        Ok(Self { items, truth })
    }

    /// Without the pictures at `failed`, each of which is reported.
    pub fn without(self, failed: &[(usize, String)], labels: usize, context: &mut Context<'_>) -> Self {
        if failed.is_empty() {
            return self;
        }
        let mut kept = Self::default();
        for (i, item) in self.items.into_iter().enumerate() {
            match failed.iter().find(|(index, _)| *index == i) {
                Some((_, reason)) => context.emit(crate::engine::Event::Skipped {
                    image: item.path.to_string_lossy().into_owned(),
                    reason: reason.clone(),
                }),
                None => {
                    kept.truth.extend_from_slice(&self.truth[i * labels..(i + 1) * labels]);
                    kept.items.push(item);
                }
            }
        }
        kept
    }

    /// Positives of each label, n_c.
    pub fn positives(&self, labels: usize) -> Vec<usize> {
        positives(&self.truth, labels)
    }
}

/// The frequency group of each label.
pub(crate) fn groups(train_positives: &[usize]) -> Vec<Group> {
    train_positives.iter().map(|n| Group::of(*n)).collect()
}

/// Names of the labels, and the words that a prompt says for each: its own, else the last level of its name (`Dog` of `Animal/Dog`).
///
/// # Errors
/// [`Failure`] where the project has none.
pub(crate) fn labels(project: &Project) -> Result<(Vec<String>, Vec<String>), Failure> {
    let labels = project.labels()?;
    if labels.is_empty() {
        return Err(Failure::new(
            "the project has no labels",
            "Import data with labels: an annotation file, a list, or a folder for each label.",
        ));
    }
    let words = labels
        .iter()
        .map(|l| l.prompt_words.clone().unwrap_or_else(|| leaf(&l.name).to_owned()))
        .collect();
    Ok((labels.into_iter().map(|l| l.name).collect(), words))
}

/// Whether no picture of the project has a split.
///
/// # Errors
/// [`Failure`] where the project cannot be read.
pub(crate) fn unsplit(project: &Project) -> Result<bool, Failure> {
    let splits = project.summary()?.splits;
    Ok(splits.keys().all(|name| Split::ALL.iter().all(|s| s.name() != name)))
}

/// Ids of the labels in their order.
///
/// # Errors
/// [`Failure`] where the project cannot be read.
pub(crate) fn label_ids(project: &Project) -> Result<Vec<i64>, Failure> {
    Ok(project.labels()?.into_iter().map(|l| l.id).collect())
}

/// The pictures to train on: the training split, or all of a project without splits.
///
/// # Errors
/// [`Failure`] where there are none.
pub(crate) fn training_pictures(project: &Project, context: &mut Context<'_>) -> Result<Pictures, Failure> {
    let train = Pictures::of(project, Some(Split::Train), context)?;
    if !train.items.is_empty() {
        return Ok(train);
    }
    let all = if unsplit(project)? {
        Pictures::of(project, None, context)?
    } else {
        Pictures::default()
    };
    if all.items.is_empty() {
        return Err(Failure::new(
            "there is no picture to train on",
            "Make a training split with `patchlight split`, or import pictures.",
        ));
    }
    context.warn(
        warnings::NO_SPLITS,
        "the project has no splits: training uses every picture; `patchlight split` makes some",
    );
    Ok(all)
}
