//! Benchmarks.

use super::TagSource;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// See [`Request::BenchImport`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchImport {
    /// Pictures to generate.
    pub images: usize,
    /// Boxes to generate.
    pub annotations: usize,
    /// Seed of the generated set.
    pub seed: u64,
}

/// See [`Request::BenchTag`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchTag {
    /// What gives labels.
    pub source: TagSource,
    /// Pictures, and folders with pictures below.
    pub paths: Vec<PathBuf>,
    /// Times that the pictures are gone through.
    pub rounds: usize,
}

/// See [`Request::BenchUnits`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchUnits {
    /// The model: file, folder or known name; unset: a CLIP drawn at random, of the sizes of ViT-B/16.
    pub model: Option<String>,
    /// Little work, and where no model is named a tiny one.
    pub small: bool,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// See [`Request::BenchFewShot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchFewShot {
    /// Numbers of training pictures of each label, K.
    pub shots: Vec<usize>,
    /// Draws of pictures, from `seed` on.
    pub draws: u64,
    /// The first seed.
    pub seed: u64,
    /// `key=value` settings for ours, over those that the program proposes.
    pub set: Vec<String>,
    /// A new folder that keeps pictures and projects; unset: nothing is kept.
    pub out: Option<PathBuf>,
    /// Whether the simpler ways are left out.
    pub ours_alone: bool,
}
