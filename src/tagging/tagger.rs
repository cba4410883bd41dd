//! A tagger: one file with all that gives labels to pictures. Image tower in f16, text embeddings of its labels, weights of the two
//! views, K, thresholds, preprocessing, and where it comes from. It needs no text tower and no project; it is what people pass on.
//!
//! The file is safetensors: `student.*` (f16, parameters by path), `text.global`, `text.local` (f32, `[labels, embed]`), for an
//! untrained CLIP `neutral.global` and `neutral.local` (f32, `[1, embed]`), and everything else as JSON under the metadata key
//! `patchlight.tagger`.

use crate::clip::checkpoint::{CheckpointError, RawTensor, read_tensors};
use crate::clip::vision::PatchFeatures;
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::explain::{LabelEvidence, PictureFeatures, Probability};
use crate::method::student::{Student, StudentConfig};
use crate::support::{atomic, hash};
use burn::tensor::Device;
use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The format that this program writes.
pub const FORMAT: u32 = 1;

/// The metadata key of the description.
const KEY: &str = "patchlight.tagger";

/// Names of the embeddings in the file.
const TEXTS: [&str; 4] = ["text.global", "text.local", "neutral.global", "neutral.local"];

/// Where a tagger comes from: enough to find out years later what it was taught, with what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Version of the program that made it.
    pub program: String,
    /// The run that trained it; empty for an untrained CLIP.
    pub run: String,
    /// 1, 2, or 0 for an untrained CLIP.
    pub stage: u8,
    /// SHA-256 of the CLIP that it was taught from.
    pub model: String,
    /// The name of that CLIP's file or folder.
    pub model_name: String,
    /// SHA-256 of the training data: contents, order and labels.
    pub data: String,
    /// Training pictures.
    pub images: usize,
    /// Training positives of each label.
    pub positives: Vec<usize>,
    /// Average precision of each label on the validation pictures in percent, where they were measured.
    pub average_precision: Vec<Option<f64>>,
    /// How the thresholds were found, in words.
    pub thresholds: String,
    /// The run's settings by name.
    pub settings: BTreeMap<String, String>,
    /// Seed of the training.
    pub seed: u64,
    /// When the tagger was written, in Unix seconds.
    pub created: i64,
    /// What of the run was damaged when the tagger was made, so that something else stands in for it; empty for a tagger that is
    /// what its run names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
}

/// Everything of a [`Tagger`] but its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaggerConfig {
    /// The file's format.
    pub format: u32,
    /// For people.
    pub name: String,
    /// Label names in order; `A/B` is the label B below A.
    pub labels: Vec<String>,
    /// What the prompts said for each label.
    pub words: Vec<String>,
    /// From which probability each label is given.
    pub thresholds: Vec<f32>,
    /// The image tower's sizes, and how it wants its colours.
    pub student: StudentConfig,
    /// Where patch features come from.
    pub patch_features: PatchFeatures,
    /// How a picture becomes a square.
    pub preprocess: Mode,
    /// Weight of the whole picture against its parts.
    pub alpha: f64,
    /// Patches that count for each label.
    pub top_k: usize,
    /// How a score becomes a probability.
    pub probability: Probability,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A tagger's numbers with their description.
#[derive(Clone, Debug)]
pub struct Tagger {
    /// Sizes, settings, labels.
    pub config: TaggerConfig,
    /// Parameters of the image tower with its two heads, by path.
    pub student: BTreeMap<String, RawTensor>,
    /// Text embeddings of both views, `[labels, embed]`.
    pub text: [Vec<f32>; 2],
    /// The neutral prompt in both views, `[1, embed]`; empty for a trained tagger.
    pub neutral: [Vec<f32>; 2],
    /// SHA-256 of the file: its identity. Empty for one that is not in a file.
    pub fingerprint: String,
}

/// A tagger that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TaggerError {
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is no Patchlight tagger: {problem}", path.display())]
    NotATagger {
        /// The file.
        path: PathBuf,
        /// What it is, or what it lacks.
        problem: String,
    },
    /// A newer program wrote it.
    #[error("{} has format {format}, this program reads up to {FORMAT}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// Its numbers do not fit its description.
    #[error("{} is damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// Its tensors cannot be read.
    #[error(transparent)]
    Tensors(#[from] CheckpointError),
}

impl TaggerError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "Check the path; nothing is there.",
            Self::Io { .. } => "Check that the file can be read, and the disk.",
            Self::NotATagger { .. } => {
                "Give a tagger written by `patchlight export-model`; a CLIP checkpoint is given with --model and --labels."
            }
            Self::Newer { .. } => "Update Patchlight.",
            Self::Damaged { .. } | Self::Tensors(_) => "Copy or export the tagger again.",
        }
    }
}

impl TaggerConfig {
    /// What its pictures go through.
    pub fn preprocess(&self) -> Preprocess {
        Preprocess {
            mode: self.preprocess,
            size: self.student.vision.image_size,
            mean: self.student.mean,
            std: self.student.std,
        }
    }

    /// In words what is wrong with the description; sizes are bounded, so that a forged one costs nothing.
    fn check(&self) -> Result<(), String> {
        let v = &self.student.vision;
        let sizes = [
            ("image_size", v.image_size, 4096),
            ("patch", v.patch, v.image_size),
            ("width", v.width, 8192),
            ("layers", v.layers, 256),
            ("heads", v.heads, 256),
            ("mlp", v.mlp, 65_536),
            ("embed", self.student.embed, 16_384),
            ("top_k", self.top_k, v.image_size * v.image_size),
            ("labels", self.labels.len(), 1_000_000),
        ];
        for (name, value, most) in sizes {
            if value == 0 || value > most {
                return Err(format!("{name} is {value}, not from 1 to {most}"));
            }
        }
        if !v.width.is_multiple_of(v.heads) {
            return Err("its heads do not divide its width".to_owned());
        }
        if self.thresholds.len() != self.labels.len() || self.words.len() != self.labels.len() {
            return Err("labels, words and thresholds have different numbers".to_owned());
        }
        let good = |t: &f32| (0.0..=1.0).contains(t);
        let colours = self.student.std.iter().all(|s| s.is_finite() && *s > 0.0)
            && self.student.mean.iter().all(|m| m.is_finite());
        if !self.thresholds.iter().all(good) || !(0.0..=1.0).contains(&self.alpha) || !colours {
            return Err("a threshold, alpha or a colour is out of range".to_owned());
        }
        let unique: std::collections::HashSet<&String> = self.labels.iter().collect();
        if unique.len() != self.labels.len() {
            return Err("a label is there twice".to_owned());
        }
        Ok(())
    }
}

impl Tagger {
    /// Writes it, whole or not at all, and gives it the file's fingerprint.
    ///
    /// # Errors
    /// The error of writing.
    pub fn save(&mut self, path: &Path) -> io::Result<()> {
        let half = |t: &RawTensor| -> Vec<u8> { t.data.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect() };
        let single = |t: &[f32]| -> Vec<u8> { t.iter().flat_map(|v| v.to_le_bytes()).collect() };
        let mut parts: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, tensor) in &self.student {
            parts.push((
                format!("student.{name}"),
                Dtype::F16,
                tensor.shape.clone(),
                half(tensor),
            ));
        }
        let embed = self.config.student.embed.max(1);
        for (name, values) in TEXTS.iter().zip(self.text.iter().chain(&self.neutral)) {
            let shape = vec![values.len() / embed, embed];
            parts.push(((*name).to_owned(), Dtype::F32, shape, single(values)));
        }
        let views = parts
            .iter()
            .map(|(name, dtype, shape, data)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(io::Error::other)?;
        let metadata = [(KEY.to_owned(), serde_json::to_string(&self.config)?)].into();
        let file = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;
        atomic::write(path, &file)?;
        self.fingerprint = hash::of_bytes(&file);
        Ok(())
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`TaggerError`] in every case but a whole, consistent file with finite numbers.
    pub fn load(path: &Path) -> Result<Self, TaggerError> {
        let io = |source| TaggerError::Io {
            path: path.to_owned(),
            source,
        };
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(TaggerError::NotATagger {
                path: path.to_owned(),
                problem: "it is not a file".to_owned(),
            });
        }
        let bytes = std::fs::read(path).map_err(io)?;
        let config = description(path, &bytes)?;
        let damaged = |problem: String| TaggerError::Damaged {
            path: path.to_owned(),
            problem,
        };
        config.check().map_err(damaged)?;
        let mut tensors = read_tensors(path, &bytes)?;
        let embed = config.student.embed;
        let mut take = |name: &str, rows: Option<usize>| -> Result<Vec<f32>, TaggerError> {
            let tensor = tensors
                .remove(name)
                .ok_or_else(|| damaged(format!("{name} is missing")))?;
            let fits = rows.is_none_or(|rows| tensor.data.len() == rows * embed);
            if fits {
                Ok(tensor.data)
            } else {
                Err(damaged(format!("{name} has another size than its description")))
            }
        };
        let labels = Some(config.labels.len());
        let neutral = match config.probability {
            Probability::Uncalibrated { .. } => Some(1),
            Probability::Calibrated { .. } => None,
        };
        let text = [take(TEXTS[0], labels)?, take(TEXTS[1], labels)?];
        let neutral = [take(TEXTS[2], neutral)?, take(TEXTS[3], neutral)?];
        let student: BTreeMap<String, RawTensor> = tensors
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix("student.")?.to_owned(), tensor)))
            .collect();
        let numbers = student
            .values()
            .flat_map(|t| &t.data)
            .chain(text.iter().chain(&neutral).flatten());
        if numbers.into_iter().any(|v| !v.is_finite()) {
            return Err(damaged("it holds a number that is not finite".to_owned()));
        }
        Ok(Self {
            config,
            student,
            text,
            neutral,
            fingerprint: hash::of_bytes(&bytes),
        })
    }

    /// Reads only the description, from the head of the file: for lists of taggers.
    ///
    /// # Errors
    /// As [`Self::load`], but for the numbers.
    pub fn describe(path: &Path) -> Result<TaggerConfig, TaggerError> {
        let io = |source| TaggerError::Io {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(TaggerError::NotATagger {
                path: path.to_owned(),
                problem: "it is not a file".to_owned(),
            });
        }
        let mut head = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, HEAD), &mut head).map_err(io)?;
        let config = description(path, &head)?;
        config.check().map_err(|problem| TaggerError::Damaged {
            path: path.to_owned(),
            problem,
        })?;
        Ok(config)
    }

    /// The image tower on a device.
    ///
    /// # Errors
    /// [`TaggerError::Damaged`] where its parameters do not fit its sizes.
    pub fn build(&self, device: &Device) -> Result<Student, TaggerError> {
        let student = &self.config.student;
        self.check_sizes().map_err(|problem| TaggerError::Damaged {
            path: PathBuf::from(&self.config.name),
            problem,
        })?;
        let blank = Student::blank(&student.vision, student.embed, device);
        crate::train::params::restore(blank, self.student.clone(), device).map_err(|problem| TaggerError::Damaged {
            path: PathBuf::from(&self.config.name),
            problem,
        })
    }

    /// In words where the file holds less than its description says. Before anything of the described size is allocated.
    fn check_sizes(&self) -> Result<(), String> {
        let (v, embed) = (&self.config.student.vision, self.config.student.embed);
        let numbers = |end: &str| -> Vec<usize> {
            let named = self.student.iter().filter(|(name, _)| name.ends_with(end));
            named.map(|(_, tensor)| tensor.data.len()).collect()
        };
        let expected = [
            ("mlp.fc1.weight", v.layers, v.width * v.mlp),
            ("head_global.weight", 1, embed * v.width),
            ("head_local.weight", 1, embed * v.width),
            ("position_embedding", 1, (v.patches() + 1) * v.width),
            ("patch_embedding.weight", 1, 3 * v.patch * v.patch * v.width),
        ];
        for (end, count, size) in expected {
            if numbers(end) != vec![size; count] {
                return Err(format!("{end} is not there {count} times with {size} numbers"));
            }
        }
        Ok(())
    }

    /// Evidence and probability of each label on a picture.
    pub fn judge(&self, picture: &PictureFeatures<'_>) -> Vec<(LabelEvidence, f32)> {
        let config = &self.config;
        let embed = config.student.embed.max(1);
        let view = |text: &[f32], local: &[f32]| picture.evidence(text, local, config.alpha, config.top_k);
        let neutral = if self.neutral[0].is_empty() {
            0.0
        } else {
            view(&self.neutral[0], &self.neutral[1]).fused
        };
        let rows = self.text[0].chunks_exact(embed).zip(self.text[1].chunks_exact(embed));
        rows.map(|(global, local)| {
            let evidence = view(global, local);
            let log_odds = config.probability.log_odds(evidence.fused, neutral);
            (evidence, log_odds)
        })
        .collect()
    }
}

/// As much of a file as can hold a description: names of a million labels fit.
const HEAD: u64 = 64 << 20;

fn description(path: &Path, bytes: &[u8]) -> Result<TaggerConfig, TaggerError> {
    let not = |problem: &str| TaggerError::NotATagger {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let length: [u8; 8] = bytes.first_chunk().copied().ok_or_else(|| not("it is too short"))?;
    if u64::from_le_bytes(length) > (bytes.len() as u64).saturating_sub(8) {
        return Err(not("it is no safetensors file, or its header is cut off"));
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|_| not("it is no safetensors file"))?;
    let text = header.metadata().as_ref().and_then(|m| m.get(KEY).cloned());
    let text = text.ok_or_else(|| not("it describes no tagger"))?;
    // The format first: a newer description may have other fields.
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|_| not("its description is no JSON"))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if format > u64::from(FORMAT) {
        return Err(TaggerError::Newer {
            path: path.to_owned(),
            format: u32::try_from(format).unwrap_or(u32::MAX),
        });
    }
    serde_json::from_value(value).map_err(|e| TaggerError::Damaged {
        path: path.to_owned(),
        problem: format!("its description cannot be read: {e}"),
    })
}
