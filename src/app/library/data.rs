//! What the project's thread does for the pages of the data: numbers, labels, splits, what imports found.

use super::{Reply, Shelf};
use crate::dataset::model::{ImportReport, Split};
use crate::engine::Failure;
use crate::project::{Bin, DuplicateGroup, LabelNode, Overview, SplitRecord};

/// Pairs of labels in the overview.
const PAIRS: usize = 40;

/// Labels of the overview's matrix.
const TOGETHER: usize = 12;

/// A change of a label, by ids. Each is one step of undo.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelChange {
    /// Another name; labels below go along.
    Rename(i64, String),
    /// Another name for a level that is no label itself.
    RenameLevel(String, String),
    /// Everything of the first becomes the second's.
    Merge(i64, i64),
    /// Merges by name, after an import: the one that goes, the one that stays.
    MergeNamed(Vec<(String, String)>),
    /// The label on these pictures becomes a new one.
    Split {
        /// The label.
        label: i64,
        /// The new one's name.
        name: String,
        /// Ids.
        pictures: Vec<i64>,
    },
    /// Red, green, blue; `None`: the program's choice.
    Colour(i64, Option<[u8; 3]>),
    /// What it means, for people.
    Describe(i64, Option<String>),
    /// What CLIP reads instead of the name.
    Words(i64, Option<String>),
    /// To a place in the order, from 0.
    Move(i64, usize),
    /// It goes.
    Delete(i64),
}

/// What the pages of the data ask for.
#[derive(Clone, Debug)]
pub enum Ask {
    /// The data in numbers.
    Overview,
    /// The pictures behind a number, and its name.
    PicturesOf(Bin, String),
    /// A change of a label.
    Label(LabelChange),
    /// The labels as a tree.
    Tree,
    /// What imports and checks found.
    Report,
    /// The splits that were made.
    SplitsMade,
    /// Labels and splits again: a job changed them. What was done, for people.
    Reload(String),
}

/// The labels as a tree, and which may be one.
#[derive(Clone, Debug, Default)]
pub struct LabelsInfo {
    /// Depth first.
    pub tree: Vec<LabelNode>,
    /// Groups of ids whose names differ only in case, spaces and accents.
    pub similar: Vec<Vec<i64>>,
}

/// What imports and checks found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What each import found, oldest first.
    pub imports: Vec<ImportReport>,
    /// Pictures that the check could not read: name and reason.
    pub unusable: Vec<(String, String)>,
    /// Groups of copies among the pictures that were checked.
    pub copies: Vec<DuplicateGroup>,
    /// Names of pictures whose files are gone, and where they were.
    pub missing: Vec<(String, String)>,
    /// Pictures that were not checked yet.
    pub unchecked: usize,
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Told {
    /// The data in numbers.
    Overview(Box<Overview>),
    /// The pictures behind a number.
    PicturesOf(String, Vec<i64>),
    /// The labels as a tree.
    Tree(LabelsInfo),
    /// What imports and checks found.
    Report(Box<Report>),
    /// The splits that were made, oldest first.
    SplitsMade(Vec<SplitRecord>),
    /// The split of each picture, and those that a person changed, by ids.
    Pictures {
        /// Id and split.
        splits: Vec<(i64, Option<Split>)>,
        /// Ids.
        edited: Vec<i64>,
    },
}

impl Shelf {
    /// Answers what the pages of the data ask for.
    pub(super) fn answer(&mut self, ask: Ask) -> Result<Vec<Reply>, Failure> {
        let told = match ask {
            Ask::Overview => Told::Overview(Box::new(self.project.overview(PAIRS, TOGETHER)?)),
            Ask::PicturesOf(bin, name) => Told::PicturesOf(name, self.project.pictures_of(bin)?),
            Ask::Label(change) => return self.change_label(change),
            Ask::Tree => Told::Tree(LabelsInfo {
                tree: self.project.label_tree()?,
                similar: (self.project.similar_labels()?.iter())
                    .map(|group| group.iter().map(|label| label.id).collect())
                    .collect(),
            }),
            Ask::Report => Told::Report(Box::new(self.report()?)),
            Ask::SplitsMade => Told::SplitsMade(self.project.splits_made()?),
            Ask::Reload(said) => return self.everything(said),
        };
        Ok(vec![Reply::Data(told)])
    }

    /// Labels, truth, splits, who edited what.
    pub(super) fn everything(&mut self, said: String) -> Result<Vec<Reply>, Failure> {
        Ok(vec![self.labels(said)?, self.splits_now()?])
    }

    /// The split of each picture, and those that a person changed.
    pub(super) fn splits_now(&self) -> Result<Reply, Failure> {
        let rows = self.project.pictures(None)?;
        Ok(Reply::Data(Told::Pictures {
            splits: rows.into_iter().map(|row| (row.id, row.split)).collect(),
            edited: self.project.edited_pictures()?,
        }))
    }

    fn change_label(&mut self, change: LabelChange) -> Result<Vec<Reply>, Failure> {
        let before = self.project.next_undo()?.map(|group| group.id);
        let project = &mut self.project;
        // An empty text is none.
        let text = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        match change {
            LabelChange::Rename(id, name) => project.rename_label_tree(id, &name)?,
            LabelChange::RenameLevel(old, name) => project.rename_level(&old, &name)?,
            LabelChange::Merge(from, into) => project.merge_labels(from, into)?,
            LabelChange::MergeNamed(pairs) => {
                for (from, into) in pairs {
                    let labels = project.labels()?;
                    let id = |name: &str| labels.iter().find(|l| l.name == name).map(|l| l.id);
                    if let (Some(from), Some(into)) = (id(&from), id(&into)) {
                        project.merge_labels(from, into)?;
                    }
                }
            }
            LabelChange::Split { label, name, pictures } => {
                project.split_label(label, &name, &pictures)?;
            }
            LabelChange::Colour(id, colour) => project.set_colour(id, colour)?,
            LabelChange::Describe(id, words) => project.set_description(id, text(words).as_deref())?,
            LabelChange::Words(id, words) => project.set_prompt_words(id, text(words).as_deref())?,
            LabelChange::Move(id, place) => project.move_label(id, place)?,
            LabelChange::Delete(id) => project.delete_label(id)?,
        }
        match self.project.next_undo()? {
            Some(group) if Some(group.id) != before => self.everything(group.description),
            _ => Ok(Vec::new()),
        }
    }

    fn report(&self) -> Result<Report, Failure> {
        let names: std::collections::HashMap<i64, String> = (self.project.pictures(None)?.into_iter())
            .map(|row| (row.id, row.name))
            .collect();
        let name = |id: i64| names.get(&id).cloned().unwrap_or_default();
        let missing = self.project.missing_pictures()?;
        Ok(Report {
            imports: self.project.import_reports()?,
            unusable: (self.project.unusable_pictures()?.into_iter())
                .map(|(id, reason)| (name(id), reason))
                .collect(),
            copies: self.project.duplicates()?,
            missing: (missing.into_iter())
                .map(|row| (row.name, row.path.display().to_string()))
                .collect(),
            unchecked: self.project.pending_checks()?.len(),
        })
    }
}
