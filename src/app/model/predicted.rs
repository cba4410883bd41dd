//! The predictions of a run as the window shows them. Made on the project's thread: of a large project that takes a while.

use super::order::{Spread, USUAL};
use crate::engine::jobs::ZERO_SHOT;

/// What a run says of every picture. Matrices are `[pictures, labels]`, row by row.
#[derive(Clone, Debug, Default)]
pub struct Predicted {
    /// The run; empty where it has no predictions.
    pub run: String,
    /// As in the catalog.
    pub probability: Vec<f32>,
    /// As in the catalog.
    pub score: Vec<f32>,
    /// As in the catalog.
    pub spread: Option<Spread>,
}

impl Predicted {
    /// Of a run's kept predictions; `probability` is empty where there are none. `truth`: of the same pictures, for an untrained model.
    pub fn of(run: &str, probability: Vec<f32>, score: Vec<f32>, labels: usize, truth: &[i8]) -> Self {
        if probability.is_empty() {
            return Self::default();
        }
        let spread = (run == ZERO_SHOT).then(|| {
            let rows: Vec<&[f32]> = score.chunks_exact(labels.max(1)).collect();
            Spread::of(&rows, labels, usual_labels(truth, labels))
        });
        let probability = match &spread {
            Some(spread) => {
                let columns = (0..labels).cycle();
                columns.zip(&score).map(|(c, s)| spread.share(c, *s)).collect()
            }
            None => probability,
        };
        Self {
            run: run.to_owned(),
            probability,
            score,
            spread,
        }
    }
}

/// Labels that a labelled picture has on average.
fn usual_labels(truth: &[i8], labels: usize) -> f32 {
    let counts = truth.chunks_exact(labels.max(1));
    let counts = counts.map(|row| row.iter().filter(|t| **t == 1).count());
    let (pictures, labels) = counts.filter(|n| *n > 0).fold((0usize, 0), |(p, l), n| (p + 1, l + n));
    match pictures {
        0 => USUAL,
        pictures => labels as f32 / pictures as f32,
    }
}
