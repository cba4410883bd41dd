//! Pictures as model input: decoding and resizing on all cores, the next batches prepared while one is computed.

use super::settings::AugmentSet;
use super::variation::vary;
use crate::dataset::decode::{Limits, decode};
use crate::dataset::preprocess::{Mode, Preprocess};
use crate::support::rng;
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

/// A picture of the project, as training and evaluation need it.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: i64,
    pub path: PathBuf,
    /// SHA-256 of the file's content.
    pub hash: String,
}

#[derive(Clone, Debug, Default)]
pub struct Pixels {
    /// Indices into the loader's items of the pictures that could be read, in order.
    pub kept: Vec<usize>,
    /// `[kept.len(), 3, size, size]`, normalised.
    pub values: Vec<f32>,
    /// `[kept.len(), patches]`: patches wholly in padding; `None` outside pad mode.
    pub padding: Option<Vec<bool>>,
    /// The same pictures, varied alike, as the teacher sees them, `[kept.len(), 3, size, size]`; `None` where it does not look.
    pub teacher: Option<Vec<f32>>,
    /// Index and reason of each picture that could not be read.
    pub failed: Vec<(usize, String)>,
}

impl Pixels {
    /// The read pictures in at most `parts` runs of at least `smallest` pictures (but for a short batch), in order.
    pub fn split(self, parts: usize, smallest: usize) -> Vec<Self> {
        let size = self.part_size(parts, smallest);
        if size >= self.kept.len() {
            return vec![self];
        }
        self.runs(size)
    }

    /// Pictures of a part where there are at most `parts`, each of at least `smallest`.
    pub fn part_size(&self, parts: usize, smallest: usize) -> usize {
        self.kept.len().div_ceil(parts.max(1)).max(smallest).max(1)
    }

    /// The read pictures in runs of `size`, the last one shorter, in order.
    pub fn runs(&self, size: usize) -> Vec<Self> {
        let count = self.kept.len();
        let cut = |all: &[f32], start: usize, end: usize| {
            let each = all.len() / count.max(1);
            all[start * each..end * each].to_vec()
        };
        (0..count)
            .step_by(size.max(1))
            .map(|start| {
                let end = (start + size.max(1)).min(count);
                Self {
                    kept: self.kept[start..end].to_vec(),
                    values: cut(&self.values, start, end),
                    padding: self.padding.as_ref().map(|all| {
                        let each = all.len() / count;
                        all[start * each..end * each].to_vec()
                    }),
                    teacher: self.teacher.as_ref().map(|all| cut(all, start, end)),
                    failed: Vec::new(),
                }
            })
            .collect()
    }
}

/// Reads pictures for one tower.
#[derive(Clone, Debug)]
pub struct Loader {
    /// All pictures that may be asked for.
    pub items: Vec<Item>,
    /// How a picture becomes input.
    pub preprocess: Preprocess,
    /// How it becomes the teacher's input, where the teacher sees the same view.
    pub teacher: Option<Preprocess>,
    /// Patch side in model pixels.
    pub patch: usize,
    /// Patches per side.
    pub grid: usize,
}

/// Random variation of training pictures: seed, picture, and how often it was taken before choose it.
#[derive(Clone, Copy, Debug)]
pub struct Variation<'a> {
    pub seed: u64,
    /// How often each of the pictures was taken before, in their order.
    pub before: &'a [usize],
    pub set: AugmentSet,
}

/// A picture's values, the patches in padding, and the teacher's values.
type Loaded = (Vec<f32>, Option<Vec<bool>>, Option<Vec<f32>>);

impl Loader {
    /// Reads pictures, varied where `variation` is given. A picture that cannot be read is reported, not fatal.
    pub fn load(&self, indices: &[usize], variation: Option<Variation<'_>>) -> Pixels {
        let read = |(place, index): (usize, &usize)| -> Result<Loaded, String> {
            let picture = decode(&self.items[*index].path, &Limits::default()).map_err(|e| e.to_string())?;
            let rgb = match variation {
                Some(v) => {
                    // One stream for each time that a picture is taken: what is drawn does not depend on batches or resuming.
                    let before = v.before.get(place).copied().unwrap_or(0);
                    let counter = ((before as u64) << 32) | *index as u64;
                    vary(v.set, picture.rgb, &mut rng::stream(v.seed, "augment", counter))
                }
                None => picture.rgb,
            };
            let padding = (self.preprocess.mode == Mode::Pad).then(|| {
                self.preprocess
                    .geometry(rgb.width(), rgb.height())
                    .patch_in_padding(self.grid, self.patch)
            });
            let values = self.preprocess.apply(&rgb);
            let teacher = self.teacher.as_ref().map(|teacher| {
                if *teacher == self.preprocess {
                    values.clone()
                } else {
                    teacher.apply(&rgb)
                }
            });
            Ok((values, padding, teacher))
        };
        let loaded: Vec<_> = indices.par_iter().enumerate().map(read).collect();
        let mut pixels = Pixels::default();
        for (index, result) in indices.iter().zip(loaded) {
            match result {
                Ok((values, padding, teacher)) => {
                    pixels.kept.push(*index);
                    pixels.values.extend(values);
                    if let Some(padding) = padding {
                        pixels.padding.get_or_insert_default().extend(padding);
                    }
                    if let Some(teacher) = teacher {
                        pixels.teacher.get_or_insert_default().extend(teacher);
                    }
                }
                Err(reason) => pixels.failed.push((*index, reason)),
            }
        }
        pixels
    }
}

/// Runs `make` for each of `jobs` on a thread of its own, at most two results ahead, and `consume` here, in order, until it
/// says to stop.
///
/// # Errors
/// The first error of `consume`.
pub fn prefetch<J: Sync, T: Send, E>(
    jobs: &[J],
    make: impl Fn(&J) -> T + Send,
    mut consume: impl FnMut(&J, T) -> Result<bool, E>,
) -> Result<(), E> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        scope.spawn(move || {
            for job in jobs {
                // The receiver is gone once the consumer has stopped.
                if sender.send(make(job)).is_err() {
                    break;
                }
            }
        });
        for (job, made) in jobs.iter().zip(receiver) {
            if !consume(job, made)? {
                break;
            }
        }
        Ok(())
    })
}

/// Runs `work` on each item, each on a thread of its own; results in order. A panic is passed on to the caller.
///
/// Not for the pool: a pool thread that waits for a matrix product would begin another item on top of the one it has.
pub fn on_threads<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_splits_without_loss() {
        let batch = Pixels {
            kept: (0..9).collect(),
            values: (0..18).map(|v| v as f32).collect(),
            padding: Some(vec![false; 27]),
            teacher: Some((0..9).map(|v| v as f32).collect()),
            failed: Vec::new(),
        };
        assert_eq!(batch.clone().split(1, 4).len(), 1);
        let parts = batch.clone().split(2, 4);
        assert_eq!(parts.iter().map(|p| p.kept.len()).collect::<Vec<_>>(), [5, 4]);
        assert_eq!(parts[1].values, (10..18).map(|v| v as f32).collect::<Vec<_>>());
        assert_eq!(parts[1].padding.as_ref().map(Vec::len), Some(12));
        assert_eq!(parts[1].teacher.as_deref(), Some(&[5.0, 6.0, 7.0, 8.0][..]));
        assert_eq!(
            batch.runs(2).iter().map(|p| p.kept.len()).collect::<Vec<_>>(),
            [2, 2, 2, 2, 1]
        );
        // No part is too small to be worth it.
        assert_eq!(
            batch.split(8, 4).iter().map(|p| p.kept.len()).collect::<Vec<_>>(),
            [4, 4, 1]
        );
    }

    #[test]
    fn a_picture_that_is_taken_again_varies_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let picture = image::RgbImage::from_fn(24, 24, |x, y| {
            image::Rgb([(x * 10) as u8, (y * 10) as u8, (x * y) as u8])
        });
        picture.save(&path).unwrap();
        let loader = Loader {
            items: vec![Item {
                id: 1,
                path,
                hash: String::new(),
            }],
            preprocess: Preprocess {
                mode: Mode::Stretch,
                size: 16,
                mean: [0.5; 3],
                std: [0.5; 3],
            },
            teacher: None,
            patch: 8,
            grid: 2,
        };
        let load = |before: &[usize]| {
            let variation = Variation {
                seed: 3,
                before,
                set: AugmentSet::Light,
            };
            let pixels = loader.load(&vec![0; before.len()], Some(variation));
            assert_eq!(pixels.kept.len(), before.len(), "{:?}", pixels.failed);
            let each = pixels.values.len() / before.len();
            pixels.values.chunks(each).map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        let three = load(&[0, 1, 0]);
        assert_ne!(three[0], three[1], "twice in a batch");
        assert_eq!(three[0], three[2]);
        assert_eq!(load(&[1])[0], three[1], "whatever else is in the batch");
    }

    #[test]
    fn threads_keep_order() {
        assert_eq!(
            on_threads((0..20).collect(), |v: usize| v * v),
            (0..20).map(|v| v * v).collect::<Vec<_>>()
        );
    }

    #[test]
    fn prefetch_keeps_order_and_stops() {
        let jobs: Vec<usize> = (0..100).collect();
        let mut seen = Vec::new();
        let done: Result<(), ()> = prefetch(
            &jobs,
            |j| j * 2,
            |_, v| {
                seen.push(v);
                Ok(v < 10)
            },
        );
        assert!(done.is_ok());
        assert_eq!(seen, [0, 2, 4, 6, 8, 10]);
        assert_eq!(
            prefetch(&jobs, |j| *j, |_, v| if v == 3 { Err("three") } else { Ok(true) }),
            Err("three")
        );
    }
}
