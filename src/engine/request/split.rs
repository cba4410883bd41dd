//! Splits into training, validation and test pictures.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// See [`Request::Split`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SplitRequest {
    /// The project's folder.
    pub project: PathBuf,
    /// How.
    pub scheme: Scheme,
    /// Seed of the random schemes.
    pub seed: u64,
}

/// How splits are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case")]
pub enum Scheme {
    /// Random, stratified by label.
    Random {
        /// Shares of train, val and test.
        fractions: [f64; 3],
        /// Only pictures that have a label; the others are left without a split.
        #[serde(default)]
        labelled: bool,
    },
    /// Labelled pictures that are in no split join the training pictures; the others stay where they are.
    Join,
    /// A long tail cut from the training pictures.
    Pareto {
        /// Positives of the most frequent class.
        max: usize,
        /// Positives of the rarest class.
        min: usize,
        /// Exponent of the Pareto curve.
        exponent: f64,
    },
    /// Some labels are kept out of training: base and novel classes.
    BaseNovel {
        /// Share of the labels that are novel.
        fraction: f64,
    },
    /// Gives back the splits that were made before.
    Restore {
        /// Its number in the history.
        id: i64,
    },
    /// Tells every split that was made, with the command that makes it again; changes nothing.
    History,
    /// Writes train.txt, val.txt and test.txt; changes nothing.
    Export {
        /// A new folder.
        out: PathBuf,
    },
    /// K positives a class, as few pictures as possible.
    FewShot {
        /// K.
        shots: usize,
    },
    /// From list files.
    List {
        /// Training pictures.
        train: Option<PathBuf>,
        /// Validation pictures.
        val: Option<PathBuf>,
        /// Test pictures.
        test: Option<PathBuf>,
    },
}
