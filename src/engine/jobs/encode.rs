//! Frozen image encoders: the teacher or a trained student, run once over each picture, its features cached on disk.

use crate::clip::model::{Features, ImageEncoder};
use crate::clip::vision::PatchFeatures;
use crate::compute::{Compute, Work};
use crate::engine::event::PhaseKind;
use crate::engine::{Context, Failure};
use crate::method::score::host_values;
use crate::method::student::Student;
use crate::project::Project;
use crate::train::features::{FeatureKey, FeatureStore, Record};
use crate::train::loader::{Item, Loader, Pixels, on_threads, prefetch};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;
use std::time::{Duration, Instant};

/// An image tower with its heads, not training.
pub(crate) enum ImageModel {
    /// Both views through CLIP's own projection.
    Teacher(ImageEncoder),
    /// A head for each view.
    Student(Student),
}

impl ImageModel {
    /// # Shapes
    /// - pixels: `[batch, 3, size, size]`
    pub fn forward(&self, pixels: Tensor<4>, mode: PatchFeatures) -> Features {
        match self {
            Self::Teacher(encoder) => encoder.forward(pixels, mode),
            Self::Student(student) => student.forward(pixels, mode),
        }
    }
}

/// Builds an image tower on a device.
pub(crate) type Build<'a> = dyn FnOnce(&Device) -> Result<ImageModel, Failure> + 'a;

/// What identifies and builds an encoder. The tower is built only where a picture is not cached yet.
pub(crate) struct Encoder<'a> {
    /// What its numbers depend on.
    pub key: FeatureKey,
    /// Size of the shared embedding.
    pub embed: usize,
    /// Patches per side.
    pub grid: usize,
    /// Patch side in model pixels.
    pub patch: usize,
    /// Builds the tower on a device.
    pub build: Box<Build<'a>>,
}

/// Pictures that go through a tower at once.
const BATCH: usize = 16;

/// Pictures under which a part of them is not worth a thread.
pub(crate) const SMALLEST_PART: usize = 2;

/// Time between commits of the cache.
const COMMIT: Duration = Duration::from_secs(20);

/// What [`ensure`] did.
pub(crate) struct Encoded {
    /// The cache, holding every picture that could be read.
    pub store: FeatureStore,
    /// Index and reason of each picture that could not.
    pub failed: Vec<(usize, String)>,
    /// Pictures that went through the tower now.
    pub computed: usize,
}

impl Encoded {
    /// The whole-picture features of pictures that could be read, `[items, embed]`. `root` is where they are cached.
    ///
    /// # Errors
    /// [`Failure`] where the cache cannot be read or is damaged.
    pub fn whole_pictures(&self, items: &[Item], root: &Path) -> Result<Vec<f32>, Failure> {
        let mut features = Vec::with_capacity(items.len() * self.store.embed());
        for item in items {
            let cached = self.store.get(&item.hash);
            let record = cached.map_err(|e| Failure::io("read the feature cache in", root, &e))?;
            let damaged = || Failure::new("cached features are damaged", "Resume the run, or start again.");
            features.extend(record.ok_or_else(damaged)?.cls);
        }
        Ok(features)
    }
}

/// Makes sure that the features of `items` are cached under `root`.
///
/// # Errors
/// [`Failure`] where the device or the disk fails, or the user cancels; what was computed stays cached.
pub(crate) fn ensure(
    encoder: Encoder<'_>,
    root: &Path,
    items: &[Item],
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Encoded, Failure> {
    let store = FeatureStore::open(root, &encoder.key, encoder.embed, encoder.grid * encoder.grid);
    let store = store.map_err(|e| Failure::io("use the feature cache in", root, &e))?;
    fill(store, encoder, root, items, compute, context)
}

/// Makes sure that the features of `items` are at hand: cached in the project where this job alone writes it, else only for this job.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn ensure_of(
    project: &Project,
    encoder: Encoder<'_>,
    items: &[Item],
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Encoded, Failure> {
    let root = project.features_folder();
    if project.holds_lock() {
        return ensure(encoder, &root, items, compute, context);
    }
    let store = FeatureStore::open_beside(&root, &encoder.key, encoder.embed, encoder.grid * encoder.grid);
    let store = store.map_err(|e| Failure::io("read the feature cache in", &root, &e))?;
    fill(store, encoder, &root, items, compute, context)
}

/// Encodes what is missing in a store.
fn fill(
    mut store: FeatureStore,
    encoder: Encoder<'_>,
    root: &Path,
    items: &[Item],
    compute: &Compute,
    context: &mut Context<'_>,
) -> Result<Encoded, Failure> {
    let Encoder {
        key,
        embed: _,
        grid,
        patch,
        build,
    } = encoder;
    let cache_error = |e: std::io::Error| Failure::io("use the feature cache in", root, &e);
    let mut missing = Vec::new();
    let mut asked = std::collections::HashSet::new();
    for (i, item) in items.iter().enumerate() {
        // A damaged record counts as missing; a picture listed twice is encoded once.
        let cached = store.get(&item.hash).map_err(cache_error)?.is_some();
        if !cached && asked.insert(item.hash.as_str()) {
            store.forget(&item.hash);
            missing.push(i);
        }
    }
    let mut failed: Vec<(usize, String)> = Vec::new();
    let mut computed = 0;
    if !missing.is_empty() {
        let model = build(compute.device())?;
        let mode = key.patch_features.unwrap_or(PatchFeatures::Token);
        let with_patches = key.patch_features.is_some();
        let loader = Loader {
            items: items.to_vec(),
            preprocess: key.preprocess.clone(),
            teacher: None,
            patch,
            grid,
        };
        let batches: Vec<&[usize]> = missing.chunks(BATCH).collect();
        let mut last_commit = Instant::now();
        context.phase(PhaseKind::Encoding, "encoding pictures", 0, missing.len());
        context.preparing(compute, Work::Encoding);
        let result = prefetch(
            &batches,
            |indices| loader.load(indices, None),
            |_, pixels| -> Result<bool, Failure> {
                context.check_cancelled()?;
                failed.extend(pixels.failed.iter().cloned());
                let size = key.preprocess.size;
                let encoded = on_threads(pixels.split(compute.parts(), SMALLEST_PART), |part| {
                    let records = records(&model, &part, size, mode, with_patches, compute.device())?;
                    let hashes = part.kept.iter().map(|i| items[*i].hash.clone());
                    Ok::<_, Failure>(hashes.zip(records).collect::<Vec<_>>())
                });
                for named in encoded {
                    let named = named?;
                    computed += named.len();
                    store.append(&named).map_err(cache_error)?;
                }
                if last_commit.elapsed() > COMMIT {
                    store.commit().map_err(cache_error)?;
                    last_commit = Instant::now();
                }
                context.phase(
                    PhaseKind::Encoding,
                    "encoding pictures",
                    computed + failed.len(),
                    missing.len(),
                );
                Ok(true)
            },
        );
        store.commit().map_err(cache_error)?;
        result?;
        if computed > 0 {
            compute.has_done(Work::Encoding);
        }
        // Copies of an unreadable picture are unreadable too.
        let reasons: std::collections::HashMap<&str, String> = failed
            .iter()
            .map(|(i, reason)| (items[*i].hash.as_str(), reason.clone()))
            .collect();
        failed = items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| reasons.get(item.hash.as_str()).map(|reason| (i, reason.clone())))
            .collect();
    }
    Ok(Encoded {
        store,
        failed,
        computed,
    })
}

fn records(
    model: &ImageModel,
    pixels: &Pixels,
    size: usize,
    mode: PatchFeatures,
    with_patches: bool,
    device: &Device,
) -> Result<Vec<Record>, Failure> {
    let count = pixels.kept.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    let data = TensorData::new(pixels.values.clone(), [count, 3, size, size]);
    let features = model.forward(Tensor::from_data(data, device), mode);
    let cls = host_values(features.cls)?;
    let patches = if with_patches {
        host_values(features.patches)?
    } else {
        Vec::new()
    };
    if cls.iter().chain(&patches).any(|v| !v.is_finite()) {
        return Err(crate::compute::ComputeError::NotFinite {
            what: "a picture feature".to_owned(),
        }
        .into());
    }
    let row = |values: &[f32], i: usize| values[i * values.len() / count..(i + 1) * values.len() / count].to_vec();
    Ok((0..count)
        .map(|i| Record {
            cls: row(&cls, i),
            patches: row(&patches, i),
            padding: pixels
                .padding
                .as_ref()
                .map(|p| p[i * p.len() / count..(i + 1) * p.len() / count].to_vec())
                .unwrap_or_default(),
        })
        .collect())
}
