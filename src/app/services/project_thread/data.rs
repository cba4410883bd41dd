//! What the project's thread does for the pages of the data: numbers, labels, splits, what imports found.

use super::shelf::Shelf;
use crate::app::model::project_messages::{DataReply, DataRequest, LabelChange, LabelsInfo, ProjectReply, Report};
use crate::engine::Failure;

/// Pairs of labels in the overview.
const PAIRS: usize = 40;

/// Labels of the overview's matrix.
const TOGETHER: usize = 12;

impl Shelf {
    /// Answers what the pages of the data ask for.
    pub(super) fn answer_data(&mut self, request: DataRequest) -> Result<Vec<ProjectReply>, Failure> {
        let told = match request {
            DataRequest::Overview => DataReply::Overview(Box::new(self.project.overview(PAIRS, TOGETHER)?)),
            DataRequest::PicturesOf(bin, name) => DataReply::PicturesOf(name, self.project.pictures_of(bin)?),
            DataRequest::Label(change) => return self.change_label(change),
            DataRequest::Tree => DataReply::Tree(LabelsInfo {
                tree: self.project.label_tree()?,
                similar: (self.project.similar_labels()?.iter())
                    .map(|group| group.iter().map(|label| label.id).collect())
                    .collect(),
            }),
            DataRequest::Report => DataReply::Report(Box::new(self.report()?)),
            DataRequest::SplitsMade => DataReply::SplitsMade(self.project.splits_made()?),
            DataRequest::Reload(said) => return self.everything(said),
        };
        Ok(vec![ProjectReply::Data(told)])
    }

    /// Labels, truth, splits, who edited what.
    pub(super) fn everything(&mut self, said: String) -> Result<Vec<ProjectReply>, Failure> {
        Ok(vec![self.labels(said)?, self.splits_now()?])
    }

    /// The split of each picture, and those that a person changed.
    pub(super) fn splits_now(&self) -> Result<ProjectReply, Failure> {
        let rows = self.project.pictures(None)?;
        Ok(ProjectReply::Data(DataReply::Pictures {
            splits: rows.into_iter().map(|row| (row.id, row.split)).collect(),
            edited: self.project.edited_pictures()?,
        }))
    }

    fn change_label(&mut self, change: LabelChange) -> Result<Vec<ProjectReply>, Failure> {
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
