//! Training: runs of a project, the demo, the built-in model.

use crate::engine::Stage;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Which stages to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Stages {
    /// Dual-view alignment
    #[serde(rename = "1")]
    #[value(name = "1")]
    One,
    /// Prompt tuning
    #[serde(rename = "2")]
    #[value(name = "2")]
    Two,
    /// One after the other, as two runs
    Both,
    /// Student and prompts together, as one run
    Joint,
}

impl Stages {
    /// The stages in their order.
    pub fn in_order(self) -> &'static [Stage] {
        match self {
            Self::One => &[Stage::One],
            Self::Two => &[Stage::Two],
            Self::Both => &[Stage::One, Stage::Two],
            Self::Joint => &[Stage::Joint],
        }
    }
}

/// See [`Request::Train`] and [`Request::Plan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// What to train.
    pub stages: Stages,
    /// Checkpoint; unset: the parent run's, else the project's.
    pub model: Option<String>,
    /// Stage 1 run that Stage 2 starts from.
    pub from: Option<String>,
    /// Run to go on with.
    pub resume: Option<String>,
    /// Settings file.
    pub config: Option<PathBuf>,
    /// `key=value` settings.
    pub set: Vec<String>,
    /// Seed of all random choices.
    pub seed: u64,
    /// Steps between reported steps.
    pub log_every: usize,
    /// Steps between checkpoints; unset: by time.
    pub checkpoint_every: Option<usize>,
    /// Names of pictures whose evidence is kept after each epoch; empty: four are chosen.
    #[serde(default)]
    pub watch: Vec<String>,
    /// Whether the settings that the program proposes for these pictures replace the defaults; `config` and `set` still override them.
    #[serde(default)]
    pub propose: bool,
}

impl TrainRequest {
    /// Both stages with the project's model and default settings.
    pub fn new(project: &Path) -> Self {
        Self {
            project: project.to_owned(),
            stages: Stages::Both,
            model: None,
            from: None,
            resume: None,
            config: None,
            set: Vec::new(),
            seed: 0,
            log_every: 10,
            checkpoint_every: None,
            watch: Vec::new(),
            propose: false,
        }
    }

    /// The request that goes on with `run`. Everything that a run was asked for stands in its folder, so that nothing here may contradict
    /// it; how often to report and which pictures to watch stays as asked.
    #[must_use]
    pub fn resuming(&self, run: impl Into<String>) -> Self {
        Self {
            resume: Some(run.into()),
            from: None,
            ..self.without_settings()
        }
    }

    /// The request for the Stage 2 run that follows the Stage 1 run `run` of a pair, with that run's settings, model and seed.
    #[must_use]
    pub fn following(&self, run: impl Into<String>, seed: u64) -> Self {
        Self {
            stages: Stages::Two,
            from: Some(run.into()),
            resume: None,
            seed,
            ..self.without_settings()
        }
    }

    fn without_settings(&self) -> Self {
        Self {
            model: None,
            config: None,
            set: Vec::new(),
            propose: false,
            ..self.clone()
        }
    }
}

/// See [`Request::Demo`] and [`Request::DemoData`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoRequest {
    /// A new folder; unset: `patchlight-demo` where the program runs.
    pub out: Option<PathBuf>,
    /// Fewer pictures and epochs.
    pub quick: bool,
    /// Seed of pictures and training.
    pub seed: u64,
    /// `key=value` settings over the demo's.
    pub set: Vec<String>,
}

/// See [`Request::Starter`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StarterRequest {
    /// Folder of checkpoints, curve and finished model.
    pub out: PathBuf,
    /// Steps.
    pub steps: usize,
    /// Scenes a step.
    pub batch: usize,
    /// Peak learning rate of the image tower.
    pub lr: f64,
    /// Steps between checkpoints and probes.
    pub probe_every: usize,
    /// Seed of weights and scenes.
    pub seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_with_a_run_contradicts_nothing_in_its_folder() {
        let asked = TrainRequest {
            model: Some("clip".into()),
            from: Some("run-1".into()),
            config: Some("settings.toml".into()),
            set: vec!["alpha=1".into()],
            propose: true,
            seed: 7,
            log_every: 3,
            watch: vec!["a.jpg".into()],
            ..TrainRequest::new(Path::new("p"))
        };
        let plain = TrainRequest {
            seed: 7,
            log_every: 3,
            watch: vec!["a.jpg".into()],
            ..TrainRequest::new(Path::new("p"))
        };
        let resuming = TrainRequest {
            resume: Some("run-2".into()),
            ..plain.clone()
        };
        assert_eq!(asked.resuming("run-2"), resuming);
        assert_eq!(resuming.resuming("run-2"), resuming);
        let following = TrainRequest {
            stages: Stages::Two,
            from: Some("run-4".into()),
            seed: 9,
            ..plain
        };
        assert_eq!(resuming.following("run-4", 9), following);
    }
}
