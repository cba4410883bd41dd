//! What is measured with: a model, labels, pictures on the disk, cached features.

use super::Scale;
use crate::clip::random;
use crate::clip::text::TextTower;
use crate::clip::tokenizer::Tokenizer;
use crate::compute::Compute;
use crate::dataset::preprocess::Mode;
use crate::engine::Failure;
use crate::engine::jobs::model;
use crate::engine::jobs::taggers::{Words, untrained};
use crate::engine::request::BenchUnits;
use crate::support::leftovers;
use crate::support::rng::{self, Rng};
use crate::tagging::tagger::Tagger;
use crate::train::features::{FeatureKey, FeatureStore, Record};
use crate::train::loader::Item;
use crate::train::settings::{Precision, Settings};
use image::RgbImage;
use std::path::{Path, PathBuf};

/// The 80 labels of COCO.
#[rustfmt::skip]
const LABELS: [&str; 80] = [
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant", "stop sign",
    "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
    "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove",
    "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
    "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
];

/// Width and height of the pictures, in pixels.
const SIZE: (u32, u32) = (640, 480);

/// One model with everything that is done with it.
pub(super) struct Subject {
    pub scale: Scale,
    pub seed: u64,
    /// The default settings.
    pub settings: Settings,
    pub labels: Vec<String>,
    pub tokenizer: Tokenizer,
    /// Image tower, embeddings of the labels, sizes.
    pub tagger: Tagger,
    pub text: TextTower,
    /// Pictures on the disk.
    pub pictures: Vec<PathBuf>,
    /// Features as of an image tower, but drawn at random.
    pub store: FeatureStore,
    /// Where both lie, and what a training may leave.
    pub folder: leftovers::Folder,
}

impl Subject {
    /// Opens or draws the model, draws pictures and features.
    ///
    /// # Errors
    /// [`Failure`] where the model cannot be read, the disk refuses, or the device fails.
    pub fn new(request: &BenchUnits, scale: Scale, compute: &Compute) -> Result<Self, Failure> {
        let (checkpoint, name) = match &request.model {
            Some(wanted) => (model::open(wanted)?, wanted.clone()),
            None => {
                let sizes = if request.small {
                    random::tiny()
                } else {
                    random::vit_b16()
                };
                (random::checkpoint(&sizes, request.seed), "random".to_owned())
            }
        };
        let settings = Settings::default();
        let labels = LABELS.map(str::to_owned).to_vec();
        let words = Words {
            model: None,
            labels: &labels,
            template: &settings.template,
            preprocess: Mode::Stretch,
        };
        let (tagger, text) = untrained(checkpoint, name, &words, compute)?;
        let folder = leftovers::Folder::new(&std::env::temp_dir())
            .map_err(|e| Failure::io("make a folder in", &std::env::temp_dir(), &e))?;
        Ok(Self {
            pictures: draw_pictures(folder.path(), scale.pictures, request.seed)?,
            store: draw_features(folder.path(), &tagger, scale.cached, request.seed)?,
            scale,
            seed: request.seed,
            settings,
            labels,
            tokenizer: Tokenizer::new(),
            tagger,
            text,
            folder,
        })
    }

    /// The pictures on the disk, as many as a training asks for, the same ones again where there are fewer.
    pub fn items(&self, count: usize) -> Vec<Item> {
        let all = self.pictures.iter().cycle().take(count).enumerate();
        all.map(|(i, path)| Item {
            id: i as i64,
            path: path.clone(),
            hash: String::new(),
        })
        .collect()
    }

    /// Pictures with cached features, likewise.
    pub fn cached(&self, count: usize) -> Vec<Item> {
        let item = |i: usize| Item {
            id: i as i64,
            path: PathBuf::new(),
            hash: content(i % self.scale.cached),
        };
        (0..count).map(item).collect()
    }

    /// Truth of so many pictures, `[pictures, labels]`: every label is on one picture of 29.
    pub fn truth(&self, pictures: usize) -> Vec<i8> {
        (0..pictures * self.labels.len())
            .map(|i| i8::from((i * 7) % 29 == 0))
            .collect()
    }

    /// How often each label is given among so many pictures.
    pub fn positives(&self, pictures: usize) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        for row in self.truth(pictures).chunks_exact(self.labels.len()) {
            for (count, truth) in counts.iter_mut().zip(row) {
                *count += usize::from(*truth == 1);
            }
        }
        counts
    }

    /// Rows of unit length, drawn at random.
    pub fn directions(&self, rows: usize) -> Vec<f32> {
        let mut rng = rng::stream(self.seed, "bench directions", 0);
        directions(&mut rng, rows, self.tagger.config.student.embed)
    }
}

fn content(picture: usize) -> String {
    format!("picture {picture}")
}

fn directions(rng: &mut impl Rng, rows: usize, embed: usize) -> Vec<f32> {
    let mut values: Vec<f32> = (0..rows * embed).map(|_| rng::normal(rng)).collect();
    for row in values.chunks_exact_mut(embed) {
        let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        row.iter_mut().for_each(|v| *v /= norm);
    }
    values
}

/// Waves of colour with noise: as much to decode as a photo of the size.
fn draw_pictures(folder: &Path, count: usize, seed: u64) -> Result<Vec<PathBuf>, Failure> {
    let draw = |picture: usize| {
        let mut rng = rng::stream(seed, "bench picture", picture as u64);
        let waves: [f32; 3] = std::array::from_fn(|_| rng.random_range(0.01..0.1));
        let colours = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            image::Rgb(waves.map(|wave| {
                let value = 127.0 + 90.0 * (wave * (x as f32 + 0.7 * y as f32)).sin();
                (value + rng.random_range(-20.0..20.0f32)) as u8
            }))
        });
        let path = folder.join(format!("{picture}.jpg"));
        let failed = |e: image::ImageError| Failure::io("write", &path, &std::io::Error::other(e));
        colours.save(&path).map_err(failed)?;
        Ok(path)
    };
    (0..count).map(draw).collect()
}

fn draw_features(folder: &Path, tagger: &Tagger, count: usize, seed: u64) -> Result<FeatureStore, Failure> {
    let config = &tagger.config;
    let (embed, patches) = (config.student.embed, config.student.vision.patches());
    let key = FeatureKey {
        model: "random".to_owned(),
        preprocess: config.preprocess(),
        patch_features: Some(config.patch_features),
        precision: Precision::F32,
    };
    let failed = |e: std::io::Error| Failure::io("keep features in", folder, &e);
    let mut store = FeatureStore::open(folder, &key, embed, patches).map_err(failed)?;
    for picture in 0..count {
        let mut rng = rng::stream(seed, "bench features", picture as u64);
        let record = Record {
            cls: directions(&mut rng, 1, embed),
            patches: directions(&mut rng, patches, embed),
            padding: vec![false; patches],
        };
        store.append(&[(content(picture), record)]).map_err(failed)?;
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn labels_are_eighty_different_ones() {
        assert_eq!(LABELS.iter().collect::<HashSet<_>>().len(), 80);
    }
}
