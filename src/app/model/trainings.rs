//! The trainings of a project: one run each, or the two runs of both stages.

use crate::engine::Stage;
use crate::engine::jobs::ZERO_SHOT;
use crate::project::{Run, RunState};

/// A training with its runs, in the order of their stages.
pub struct Trained<'a> {
    pub number: usize,
    pub runs: Vec<&'a Run>,
}

impl Trained<'_> {
    /// What a person calls it, else its number.
    pub fn name(&self) -> String {
        name_of(self.runs[0])
    }

    /// The stage that came last.
    pub fn newest(&self) -> &Run {
        self.runs[self.runs.len() - 1]
    }

    pub fn ids(&self) -> Vec<String> {
        self.runs.iter().map(|run| run.id.clone()).collect()
    }

    /// Why it cannot be deleted now.
    pub fn kept_by(&self, all: &[Run]) -> Option<String> {
        if self.runs.iter().any(|run| run.state == RunState::Running) {
            return Some("It is at work: stop it first".to_owned());
        }
        let goes_on = |other: &&Run| {
            let parent = other.parent.as_ref();
            other.training != self.number && parent.is_some_and(|id| self.runs.iter().any(|run| run.id == *id))
        };
        let other = all.iter().find(goes_on)?;
        Some(format!("{} goes on from it: delete that one first", name_of(other)))
    }
}

fn name_of(run: &Run) -> String {
    run.name.clone().unwrap_or_else(|| format!("Training {}", run.training))
}

/// The trainings that runs make up, oldest first.
pub fn trainings(runs: &[Run]) -> Vec<Trained<'_>> {
    let mut found: Vec<Trained<'_>> = Vec::new();
    for run in runs {
        match found.iter_mut().find(|known| known.number == run.training) {
            Some(known) => known.runs.push(run),
            None => found.push(Trained {
                number: run.training,
                runs: vec![run],
            }),
        }
    }
    found
}

/// A run for people: its training's name and its stage.
pub fn run_name(runs: &[Run], id: &str) -> String {
    if id == ZERO_SHOT {
        return "untrained".to_owned();
    }
    match runs.iter().find(|run| run.id == id) {
        Some(run) => {
            let stage = match Stage::try_from(run.stage) {
                Ok(Stage::Joint) => "both at once",
                Ok(stage) => stage.name(),
                Err(_) => "a stage of a newer version",
            };
            format!("{}, {stage}", name_of(run))
        }
        // Of this moment: the project tells its runs when a training ends.
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, stage: u8, training: usize, parent: Option<&str>) -> Run {
        Run {
            id: id.to_owned(),
            stage,
            state: RunState::Done,
            created: 0,
            config: serde_json::Value::Null,
            parent: parent.map(str::to_owned),
            error: None,
            training,
            name: None,
        }
    }

    #[test]
    fn both_stages_are_one_entry_with_one_name() {
        let mut runs = vec![
            run("run-1", 1, 1, None),
            run("run-3", 1, 2, None),
            run("run-2", 2, 1, Some("run-1")),
            run("run-4", 2, 3, Some("run-3")),
        ];
        runs[1].name = Some("marsh".to_owned());
        let found = trainings(&runs);
        let listed: Vec<_> = found.iter().map(|t| (t.name(), t.ids().join(" "))).collect();
        let expected = [
            ("Training 1", "run-1 run-2"),
            ("marsh", "run-3"),
            ("Training 3", "run-4"),
        ];
        assert_eq!(listed, expected.map(|(name, ids)| (name.to_owned(), ids.to_owned())));
        assert_eq!(found[0].newest().id, "run-2");
        assert_eq!(run_name(&runs, "run-2"), "Training 1, Stage 2");
        assert_eq!(run_name(&runs, "run-3"), "marsh, Stage 1");
        assert_eq!(run_name(&runs, ZERO_SHOT), "untrained");
        assert_eq!(found[0].kept_by(&runs), None);
        assert_eq!(
            found[1].kept_by(&runs).as_deref(),
            Some("Training 3 goes on from it: delete that one first")
        );
    }
}
