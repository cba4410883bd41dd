//! Arguments of the commands that measure.

use super::at_least_one;
use crate::dataset::model::Split;
use crate::engine::Failure;
use crate::engine::request::{CompareRequest, DRAWS, EvaluateRequest, Request, ThresholdsRequest};
use crate::eval::Rule;
use clap::Args;
use std::path::PathBuf;

/// `evaluate`.
#[derive(Args, Debug)]
pub(crate) struct EvaluateArguments {
    /// The project's folder
    project: PathBuf,
    /// A run's id, or zero-shot for the untrained CLIP
    #[arg(long)]
    run: String,
    /// CLIP checkpoint for zero-shot (default: the project's)
    #[arg(long)]
    model: Option<String>,
    /// train, val or test (default: test, else val)
    #[arg(long)]
    split: Option<Split>,
    /// Write every score to a CSV file
    #[arg(long)]
    scores: Option<PathBuf>,
    /// A setting to score with, for example alpha=1
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Measure on another project, with its labels: how the run does on words that it never saw
    #[arg(long, value_name = "PROJECT")]
    on: Option<PathBuf>,
    /// Where the run's files are damaged, measure what is left of it, and say so in the result
    #[arg(long)]
    allow_fallback: bool,
    /// Write a report: a page where the name ends in .html, else a folder with page, tables, JSON and a card of the model
    #[arg(long, value_name = "FOLDER|FILE.html")]
    report: Option<PathBuf>,
    /// Draws of the bootstrap behind the intervals; 0: no intervals
    #[arg(long, default_value_t = DRAWS)]
    bootstrap: usize,
}

/// `thresholds`.
#[derive(Args, Debug)]
pub(crate) struct ThresholdsArguments {
    /// The project's folder
    project: PathBuf,
    /// A run's id
    #[arg(long)]
    run: String,
    /// What the thresholds are chosen for: f1 (the best F1), precision=X (the most found at this precision), recall=X (the most precise at this
    /// recall), fixed=X (this probability); X from 0 to 1
    #[arg(long)]
    rule: Rule,
    /// Only this label, by its name; may be given again
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Validation pictures that a label needs for a threshold of its own; with fewer it keeps 0.5
    #[arg(long, default_value_t = 5)]
    min_positives: usize,
}

/// `compare`.
#[derive(Args, Debug)]
pub(crate) struct CompareArguments {
    /// The project's folder
    project: PathBuf,
    /// A run's id, or zero-shot for the untrained CLIP
    #[arg(value_name = "RUN")]
    a: String,
    /// What it is compared with: another run's id, or zero-shot
    #[arg(value_name = "RUN")]
    b: String,
    /// train, val or test (default: test, else val)
    #[arg(long)]
    split: Option<Split>,
    /// Draws of the bootstrap behind the intervals; 0: no intervals
    #[arg(long, default_value_t = DRAWS)]
    bootstrap: usize,
    /// Labels of pictures to list that one judges rightly and the other wrongly, each way
    #[arg(long, default_value_t = 20)]
    flips: usize,
    /// Where a run's files are damaged, compare what is left of it, and say so in the result
    #[arg(long)]
    allow_fallback: bool,
}

impl EvaluateArguments {
    /// The request that the command means.
    pub fn request(self, seed: u64) -> Request {
        Request::Evaluate(EvaluateRequest {
            project: self.project,
            run: self.run,
            model: self.model,
            split: self.split,
            scores: self.scores,
            set: self.set,
            on: self.on,
            allow_fallback: self.allow_fallback,
            report: self.report,
            bootstrap: self.bootstrap,
            seed,
        })
    }
}

impl ThresholdsArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where an option is out of its range.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(Request::Thresholds(ThresholdsRequest {
            project: self.project,
            run: self.run,
            rule: self.rule,
            labels: self.label,
            min_positives: at_least_one("--min-positives", self.min_positives)?,
        }))
    }
}

impl CompareArguments {
    /// The request that the command means.
    pub fn request(self, seed: u64) -> Request {
        Request::Compare(CompareRequest {
            project: self.project,
            a: self.a,
            b: self.b,
            split: self.split,
            bootstrap: self.bootstrap,
            seed,
            flips: self.flips,
            allow_fallback: self.allow_fallback,
        })
    }
}
