//! What scores pictures on the host, without a tensor library or a GPU: a run's text embeddings with everything that turns cached
//! features into scores, evidence and probabilities. A job writes it beside the predictions; a window reads it and follows a
//! slider with it.

pub use crate::explain::Probability;
use crate::explain::{self, LabelEvidence, PictureFeatures};
use crate::support::atomic;
use crate::train::features::{FeatureKey, FeatureStore};
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Everything of a [`Scorer`] but its embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorerConfig {
    /// The run, or `zero-shot`.
    pub run: String,
    /// Ids of the labels in the project, in order.
    pub labels: Vec<i64>,
    /// What the cached features depend on.
    pub key: FeatureKey,
    /// Size of the shared embedding.
    pub embed: usize,
    /// Patches per side.
    pub grid: usize,
    /// Patch side in model pixels.
    pub patch: usize,
    /// Weight of the global view.
    pub alpha: f64,
    /// K.
    pub top_k: usize,
    /// How a score becomes a probability.
    pub probability: Probability,
}

/// A run as something that scores pictures from their cached features.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorer {
    /// Sizes and settings.
    pub config: ScorerConfig,
    /// Text embeddings of both views, `[labels, embed]`.
    pub text: [Vec<f32>; 2],
    /// The neutral prompt in both views, `[1, embed]`; empty for a trained run.
    pub neutral: [Vec<f32>; 2],
}

/// One picture as a [`Scorer`] sees it; everything that sliders need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureScores {
    /// sG of each label.
    pub global: Vec<f32>,
    /// For each label its similarity with every patch.
    pub similarity: Vec<Vec<f32>>,
    /// `[patches]`, true for a patch that never enters the top K; may be empty.
    pub padding: Vec<bool>,
    /// sG and similarities of the neutral prompt, for an untrained CLIP.
    pub neutral: Option<(f32, Vec<f32>)>,
}

const NAMES: [&str; 4] = ["text.global", "text.local", "neutral.global", "neutral.local"];

impl Scorer {
    /// Where a project keeps the scorer of a run.
    pub fn path(project: &Path, run: &str) -> PathBuf {
        project.join("views").join(format!("{run}.safetensors"))
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// The error of writing.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let bytes: Vec<Vec<u8>> = self
            .text
            .iter()
            .chain(&self.neutral)
            .map(|t| little_endian(t))
            .collect();
        let embed = self.config.embed.max(1);
        let views = NAMES.iter().zip(&bytes).map(|(name, data)| {
            let shape = vec![data.len() / 4 / embed, embed];
            TensorView::new(Dtype::F32, shape, data).map(|view| (*name, view))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(io::Error::other)?;
        let config = HashMap::from([("patchlight.scorer".to_owned(), serde_json::to_string(&self.config)?)]);
        let file = safetensors::serialize(views, Some(config)).map_err(io::Error::other)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        atomic::write(path, &file)
    }

    /// Reads one.
    ///
    /// # Errors
    /// The error of reading; `InvalidData` where the file is no scorer of this program.
    pub fn load(path: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let bad = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(e.to_string()))?;
        let config = header.metadata().as_ref().and_then(|m| m.get("patchlight.scorer"));
        let config = config.ok_or_else(|| bad("it describes no scorer".to_owned()))?;
        let config: ScorerConfig = serde_json::from_str(config)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| bad(e.to_string()))?;
        let read = |name: &str, rows: Option<usize>| -> io::Result<Vec<f32>> {
            let view = file.tensor(name).map_err(|e| bad(e.to_string()))?;
            let numbers = view.data().chunks_exact(4);
            let values: Vec<f32> = numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            let fits = view.dtype() == Dtype::F32 && rows.is_none_or(|rows| values.len() == rows * config.embed);
            if fits {
                Ok(values)
            } else {
                Err(bad(format!("{name} has another size than its description")))
            }
        };
        let labels = Some(config.labels.len());
        let text = [read(NAMES[0], labels)?, read(NAMES[1], labels)?];
        let neutral = [read(NAMES[2], None)?, read(NAMES[3], None)?];
        Ok(Self { config, text, neutral })
    }

    /// Scores a picture from its cached features; `None` where they are not cached.
    ///
    /// # Errors
    /// The error of reading the cache.
    pub fn read(&self, store: &FeatureStore, hash: &str) -> io::Result<Option<PictureScores>> {
        let Some(record) = store.get(hash)? else {
            return Ok(None);
        };
        let picture = PictureFeatures {
            cls: &record.cls,
            patches: &record.patches,
            padding: &record.padding,
        };
        let embed = self.config.embed.max(1);
        let global = self.text[0].chunks_exact(embed).map(|t| picture.global(t)).collect();
        let similarity = self.text[1]
            .par_chunks_exact(embed)
            .map(|t| picture.similarities(t))
            .collect();
        let neutral = (!self.neutral[0].is_empty())
            .then(|| (picture.global(&self.neutral[0]), picture.similarities(&self.neutral[1])));
        Ok(Some(PictureScores {
            global,
            similarity,
            neutral,
            padding: record.padding,
        }))
    }
}

impl PictureScores {
    /// The score of a label with its evidence.
    pub fn evidence(&self, label: usize, alpha: f64, k: usize) -> LabelEvidence {
        explain::evidence(&self.similarity[label], &self.padding, self.global[label], alpha, k)
    }

    /// The neutral prompt's score; 0 for a trained run, which does not need it.
    pub fn neutral_score(&self, alpha: f64, k: usize) -> f32 {
        self.neutral.as_ref().map_or(0.0, |(global, similarity)| {
            explain::evidence(similarity, &self.padding, *global, alpha, k).fused
        })
    }
}

fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
