//! Joint training: student, heads, scale and prompts together in one run, to be compared with the two stages. The prompts may learn
//! alone at first, and the tower may unfreeze from the top.

use super::loader::Pixels;
use super::optimizer::Group;
use super::settings::Unfreeze;
use super::stage1::Stage1;
use super::trainer::{Losses, Shard, Stage};
use crate::clip::text::TextTower;
use crate::compute::ComputeError;
use crate::method::losses::semantic_consistency;
use crate::method::prompts::{Contexts, PromptFrame};
use crate::method::student::{Calibration, Student};
use burn::module::Module;

#[derive(Module, Debug)]
pub struct Whole {
    pub student: Student,
    pub contexts: Contexts,
    pub calibration: Calibration,
}

/// Everything that joint training keeps fixed.
pub struct Joint<'a> {
    /// Pictures, teacher and losses, as in Stage 1.
    pub pictures: Stage1,
    pub text: &'a TextTower,
    /// The fixed parts of the prompts.
    pub frame: PromptFrame,
    /// Steps of the run.
    pub steps: usize,
}

impl Stage for Joint<'_> {
    type Model = Whole;
    type Batch = Pixels;

    fn number(&self) -> u8 {
        3
    }

    fn images(&self) -> usize {
        self.pictures.images()
    }

    fn load(&self, indices: &[usize], before: &[usize]) -> Pixels {
        self.pictures.load(indices, before)
    }

    fn outcome(&self, batch: &Pixels) -> (usize, Vec<(usize, String)>) {
        self.pictures.outcome(batch)
    }

    fn shards<'a>(&self, batch: &'a Pixels, parts: usize) -> Vec<Shard<'a, Pixels>> {
        self.pictures.shards(batch, parts)
    }

    fn micro_batches<'a>(&self, batch: &'a Pixels, size: usize) -> Vec<Shard<'a, Pixels>> {
        self.pictures.micro_batches(batch, size)
    }

    fn is_half(&self) -> bool {
        self.pictures.is_half()
    }

    fn losses(&self, model: &Whole, batch: &Pixels) -> Result<Losses, ComputeError> {
        let text = self.frame.encode(self.text, &model.contexts);
        let sc = semantic_consistency(text.0.clone(), self.pictures.text.clone());
        let losses = self
            .pictures
            .losses_of(&model.student, &model.calibration, batch, text)?;
        Ok(Losses {
            second: Some((sc, self.pictures.settings.lambda_sc)),
            ..losses
        })
    }

    fn group(&self, path: &str, rank: usize) -> Group {
        if path.starts_with("contexts") {
            let lr = self.pictures.settings.lr_prompts;
            return Group { lr, decay: 0.0 };
        }
        self.pictures.group(path, rank)
    }

    fn share(&self, path: &str, step: usize) -> f64 {
        if !path.starts_with("student") {
            return 1.0;
        }
        let settings = &self.pictures.settings;
        let open = opened(
            (step, self.steps),
            settings.warm_prompts,
            settings.unfreeze,
            self.pictures.layers,
        );
        f64::from(u8::from(learns(path, open, self.pictures.layers)))
    }

    fn reported_lr(&self) -> f64 {
        self.pictures.reported_lr()
    }
}

/// Blocks that learn at a step, from the top; `None`: not even the heads.
fn opened((step, steps): (usize, usize), warm: f64, unfreeze: Unfreeze, layers: usize) -> Option<usize> {
    let begin = (warm * steps as f64).ceil() as usize;
    if step < begin {
        return None;
    }
    if unfreeze == Unfreeze::All {
        return Some(layers + 1);
    }
    // The embeddings come after the lowest block, as one more.
    let span = ((steps - begin) as f64 / 2.0).max(1.0);
    let share = ((step - begin) as f64 / span).min(1.0);
    Some((share * (layers + 1) as f64).floor() as usize)
}

/// Whether a parameter of the student learns where so many blocks do.
fn learns(path: &str, open: Option<usize>, layers: usize) -> bool {
    let Some(open) = open else { return false };
    let block = path
        .split_once(".layers.")
        .and_then(|(_, rest)| rest.split('.').next()?.parse::<usize>().ok());
    match block {
        Some(block) => block + open >= layers,
        None if path.contains("embedding") || path.contains("pre_layrnorm") => open > layers,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_learn_alone_then_all() {
        let at = |step| opened((step, 100), 0.2, Unfreeze::All, 12);
        assert_eq!((at(0), at(19), at(20)), (None, None, Some(13)));
        assert_eq!(opened((0, 100), 0.0, Unfreeze::All, 12), Some(13));
        assert!(!learns("student.head_global.weight", None, 12));
        for path in [
            "student.head_global.weight",
            "student.tower.encoder.layers.0.mlp.fc1.weight",
            "student.tower.embeddings.class_embedding",
        ] {
            assert!(learns(path, Some(13), 12), "{path}");
        }
    }

    #[test]
    fn blocks_open_from_the_top() {
        let at = |step| opened((step, 100), 0.2, Unfreeze::Gradual, 3);
        // 80 steps remain, 40 of them for three blocks and the embeddings.
        assert_eq!(
            [at(19), at(20), at(30), at(40), at(50), at(60), at(99)],
            [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(4)]
        );
        let block = |n: usize, open| {
            learns(
                &format!("student.tower.encoder.layers.{n}.mlp.fc1.weight"),
                Some(open),
                3,
            )
        };
        assert!(!block(2, 0) && block(2, 1) && !block(1, 1) && block(1, 2) && block(0, 3));
        assert!(learns("student.tower.post_layernorm.gamma", Some(0), 3));
        assert!(!learns("student.tower.embeddings.position_embedding", Some(3), 3));
        assert!(learns("student.tower.embeddings.position_embedding", Some(4), 3));
    }
}
