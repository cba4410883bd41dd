//! What the project's thread does to trainings: names and deletions.

use super::shelf::Shelf;
use crate::app::model::project_messages::ProjectReply;
use crate::engine::Failure;
use crate::engine::jobs::ZERO_SHOT;

impl Shelf {
    pub(super) fn name_runs(&mut self, ids: &[String], name: &str) -> Result<Vec<ProjectReply>, Failure> {
        self.project.name_runs(ids, name)?;
        self.newest_step()
    }

    pub(super) fn delete_runs(&mut self, ids: &[String]) -> Result<Vec<ProjectReply>, Failure> {
        self.project.delete_runs(ids)?;
        self.newest_step()
    }

    fn newest_step(&mut self) -> Result<Vec<ProjectReply>, Failure> {
        let step = self.project.next_undo()?;
        self.runs_now(step.map_or_else(String::new, |group| group.description))
    }

    /// The runs as they are now, with the step that undo would take back.
    pub(super) fn runs_now(&mut self, said: String) -> Result<Vec<ProjectReply>, Failure> {
        let runs = self.project.runs()?;
        let mut replies = vec![ProjectReply::Runs(runs.clone()), self.values(&[], said)?];
        // Numbers of a run that is gone are not shown.
        let gone = ![ZERO_SHOT, ""].contains(&self.shown.as_str()) && !runs.iter().any(|run| run.id == self.shown);
        if gone {
            let next = self.newest_scored(&runs).unwrap_or_else(|| ZERO_SHOT.to_owned());
            replies.push(self.show(next)?);
        }
        replies.push(self.compare()?);
        Ok(replies)
    }
}
