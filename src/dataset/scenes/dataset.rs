//! Demo pictures on disk: an ordinary COCO data set with a long tail, and a second one with labels never trained on.

use super::error::SceneError;
use super::glyphs::{self, Role};
use super::plan::{self, MOST_OBJECTS};
use super::{Scene, SceneConfig, curriculum, scene_of};
use crate::dataset::model::Split;
use crate::support::{atomic, rng};
use image::codecs::jpeg::JpegEncoder;
use rand::Rng;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;

/// Noise in the grounds makes PNG files four times as large; at this quality the objects' edges stay clean.
const JPEG_QUALITY: u8 = 92;
/// Pictures between two calls of `progress`.
const BATCH: usize = 32;

/// Which demo set to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRequest {
    /// Decides everything that is drawn by chance.
    pub seed: u64,
    /// Training pictures; from 200.
    pub train: usize,
    /// Test pictures.
    pub test: usize,
    /// Pictures with novel labels, for [`write_novel`].
    pub novel: usize,
    /// Width and height in pixels.
    pub side: u32,
    /// Whether every label is on about as many training pictures, instead of a long tail.
    pub even: bool,
}

impl DemoRequest {
    /// The whole demo: 900 training, 800 test and 300 novel pictures of 160 px.
    pub fn full(seed: u64) -> Self {
        Self {
            seed,
            train: 900,
            test: 800,
            novel: 300,
            side: 160,
            even: false,
        }
    }

    /// A small one for a first look and for tests: 250, 200 and 80 pictures.
    pub fn quick(seed: u64) -> Self {
        Self {
            seed,
            train: 250,
            test: 200,
            novel: 80,
            side: 160,
            even: false,
        }
    }

    /// A pool to draw few shots from: 320 training pictures with about 35 of each label, and 400 test pictures.
    pub fn few_shot(seed: u64) -> Self {
        Self {
            train: 320,
            test: 400,
            even: true,
            ..Self::quick(seed)
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoReport {
    /// Label names in category order.
    pub labels: Vec<String>,
    /// Training pictures.
    pub train: usize,
    /// Test pictures.
    pub test: usize,
    /// Training pictures that show each label.
    pub train_counts: Vec<usize>,
    /// Test pictures that show each label.
    pub test_counts: Vec<usize>,
}

/// Writes `train/`, `test/` and `annotations/instances_{train,test}.json` under `folder`, which is created if need be.
/// Files with the same names are replaced; the same request writes the same content. Annotations come last, so their
/// presence means that the pictures are complete. `progress` gets pictures done and pictures in all.
///
/// # Errors
/// [`SceneError`]: files that cannot be written, sizes that make no sense, or `progress` asked to stop.
pub fn write_demo(
    folder: &Path,
    request: &DemoRequest,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<DemoReport, SceneError> {
    check(request)?;
    let labels = glyphs::indices(Role::Demo);
    let train_counts = if request.even {
        plan::balanced(request.train, labels.len())
    } else {
        plan::long_tail(request.train)?
    };
    let test_counts = plan::balanced(request.test, labels.len());
    let parts = [
        Part::plan(request, Split::Train, "train", &labels, &train_counts, &[])?,
        Part::plan(request, Split::Test, "test", &labels, &test_counts, &[])?,
    ];
    write_parts(folder, &parts, progress)?;
    Ok(DemoReport {
        labels: glyphs::names(Role::Demo).into_iter().map(str::to_owned).collect(),
        train: request.train,
        test: request.test,
        train_counts,
        test_counts,
    })
}

/// Writes `test/` and `annotations/instances_test.json` under `folder`: pictures that show novel labels among demo
/// ones. Only the novel labels are categories and annotated.
///
/// # Errors
/// As [`write_demo`].
pub fn write_novel(
    folder: &Path,
    request: &DemoRequest,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<DemoReport, SceneError> {
    check(request)?;
    let labels = glyphs::indices(Role::Novel);
    // Company of demo objects takes room on the picture: about half as many labels as in the demo's test part.
    let test_counts = plan::balanced(request.novel, labels.len() * 2)[..labels.len()].to_vec();
    let part = Part::plan(
        request,
        Split::Test,
        "novel",
        &labels,
        &test_counts,
        &glyphs::indices(Role::Demo),
    )?;
    write_parts(folder, &[part], progress)?;
    Ok(DemoReport {
        labels: glyphs::names(Role::Novel).into_iter().map(str::to_owned).collect(),
        train: 0,
        test: request.novel,
        train_counts: vec![0; labels.len()],
        test_counts,
    })
}

fn check(request: &DemoRequest) -> Result<(), SceneError> {
    let wrong = if !(64..=1024).contains(&request.side) {
        format!("pictures of {} px; 64 to 1024 px work", request.side)
    } else if request.test == 0 || request.novel == 0 {
        "a part without pictures".to_owned()
    } else {
        return Ok(());
    };
    Err(SceneError::Request { what: wrong })
}

/// A folder of pictures with one annotation file.
struct Part {
    split: Split,
    /// File names start with it.
    prefix: &'static str,
    seed: u64,
    config: SceneConfig,
    /// Glyphs of the categories, in order; category ids count from 1.
    labels: Vec<usize>,
    /// Glyphs on each picture, annotated or not.
    pictures: Vec<Vec<usize>>,
}

impl Part {
    /// Deals the labels out and adds repeats, company from `company` and by-standers.
    fn plan(
        request: &DemoRequest,
        split: Split,
        prefix: &'static str,
        labels: &[usize],
        counts: &[usize],
        company: &[usize],
    ) -> Result<Self, SceneError> {
        let pictures = match prefix {
            "train" => request.train,
            "test" => request.test,
            _ => request.novel,
        };
        let mut rng = rng::stream(request.seed, prefix, 0);
        let bystanders = glyphs::bystanders();
        let mut plan = plan::deal(&mut rng, counts, pictures)?;
        for picture in &mut plan {
            let shown: Vec<usize> = picture.iter().map(|&i| labels[i]).collect();
            *picture = shown.clone();
            let mut add = |rng: &mut _, chance: f64, from: &[usize]| {
                if picture.len() < MOST_OBJECTS && !from.is_empty() && Rng::random_bool(rng, chance) {
                    let glyph = from[Rng::random_range(rng, 0..from.len())];
                    picture.push(glyph);
                }
            };
            add(&mut rng, 0.7, company);
            add(&mut rng, 0.5, company);
            add(&mut rng, 0.3, &shown);
            add(&mut rng, 0.4, &bystanders);
            add(&mut rng, 0.2, &bystanders);
        }
        let config = curriculum::demo(request.side);
        Ok(Self {
            split,
            prefix,
            seed: request.seed,
            config,
            labels: labels.to_vec(),
            pictures: plan,
        })
    }

    fn file_name(&self, index: usize) -> String {
        format!("{}_{:05}.jpg", self.prefix, index + 1)
    }

    /// Draws and writes picture `index`; returns where its objects are.
    fn picture(&self, folder: &Path, index: usize) -> Result<Scene, SceneError> {
        // The prefix keeps the parts' pictures apart: no scene is in two of them.
        let seed = Rng::random(&mut rng::stream(self.seed, self.prefix, 1));
        let scene = scene_of(seed, index as u64, &self.config, &self.pictures[index]);
        let mut bytes = Vec::new();
        let path = folder.join(self.file_name(index));
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
            .encode_image(&scene.pixels)
            .map_err(|source| SceneError::Picture {
                path: path.clone(),
                source,
            })?;
        std::fs::write(&path, bytes).map_err(|source| SceneError::Write { path, source })?;
        Ok(scene)
    }

    /// The annotation file. Objects whose glyph is no category are left out.
    fn annotations(&self, scenes: &[Scene]) -> Value {
        let mut annotations: Vec<Value> = Vec::new();
        let mut images: Vec<Value> = Vec::with_capacity(scenes.len());
        for (index, scene) in scenes.iter().enumerate() {
            let image = index + 1;
            images.push(json!({
                "id": image, "file_name": self.file_name(index), "width": scene.width, "height": scene.height,
            }));
            let known = |glyph| self.labels.iter().position(|&label| label == glyph);
            let mut boxes: Vec<(usize, [u32; 4])> = scene
                .objects
                .iter()
                .filter_map(|o| Some((known(o.glyph)? + 1, o.bounds)))
                .collect();
            boxes.sort_unstable();
            for (category, [left, top, right, bottom]) in boxes {
                let (width, height) = (right - left, bottom - top);
                annotations.push(json!({
                    "id": annotations.len() + 1, "image_id": image, "category_id": category,
                    "bbox": [left, top, width, height], "area": width * height, "iscrowd": 0,
                }));
            }
        }
        let names = self.labels.iter().enumerate();
        let categories: Vec<Value> = names
            .map(|(i, &glyph)| json!({ "id": i + 1, "name": glyphs::all()[glyph].name }))
            .collect();
        json!({
            "info": { "description": "Patchlight demo: generated pictures of pictograms from the Noto Emoji font" },
            "images": images, "annotations": annotations, "categories": categories,
        })
    }
}

fn write_parts(
    folder: &Path,
    parts: &[Part],
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<(), SceneError> {
    let make = |path: &Path| {
        std::fs::create_dir_all(path).map_err(|source| SceneError::Write {
            path: path.to_owned(),
            source,
        })
    };
    let total: usize = parts.iter().map(|part| part.pictures.len()).sum();
    let mut done = 0;
    let mut files = Vec::with_capacity(parts.len());
    for part in parts {
        let pictures = folder.join(part.split.name());
        make(&pictures)?;
        let mut scenes = Vec::with_capacity(part.pictures.len());
        let indices: Vec<usize> = (0..part.pictures.len()).collect();
        for batch in indices.chunks(BATCH) {
            if progress(done, total).is_break() {
                return Err(SceneError::Cancelled);
            }
            let drawn: Result<Vec<Scene>, SceneError> =
                batch.par_iter().map(|&index| part.picture(&pictures, index)).collect();
            scenes.extend(drawn?.into_iter().map(|scene| Scene {
                pixels: image::RgbImage::new(0, 0),
                ..scene
            }));
            done += batch.len();
        }
        files.push((format!("instances_{}.json", part.split), part.annotations(&scenes)));
    }
    let folder = folder.join("annotations");
    make(&folder)?;
    for (name, content) in files {
        let path = folder.join(name);
        atomic::write(&path, content.to_string().as_bytes()).map_err(|source| SceneError::Write { path, source })?;
    }
    // All is written: a wish to stop comes too late to matter.
    let _ = progress(total, total);
    Ok(())
}
