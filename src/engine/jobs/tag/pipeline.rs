//! Pictures through a tagger: reading and resizing, the image tower, and judging overlap, with bounded queues between them.

use crate::clip::model::Features;
use crate::compute::{Compute, Kind};
use crate::dataset::decode::{Limits, decode};
use crate::dataset::preprocess::{Geometry, Mode, Preprocess};
use crate::engine::event::reason;
use crate::engine::{Context, Failure};
use crate::explain::{LabelEvidence, PictureFeatures};
use crate::method::score::host_values;
use crate::method::student::Student;
use crate::tagging::tagger::Tagger;
use crate::train::loader::{on_threads, prefetch};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Pictures that go through the tower at once.
const BATCH: usize = 16;

/// Pictures under which a part of them is not worth a thread.
const SMALLEST_PART: usize = 2;

/// A picture as the tower takes it.
#[derive(Clone)]
struct Prepared {
    values: Vec<f32>,
    padding: Vec<bool>,
    geometry: Geometry,
    size: (u32, u32),
    notices: Vec<String>,
}

/// A tagged picture.
pub(crate) struct Judged {
    /// Width and height as shown, in pixels.
    pub size: (u32, u32),
    /// Evidence of each label, and the logarithm of its odds.
    pub labels: Vec<(LabelEvidence, f32)>,
    /// Where patches lie in the picture.
    pub geometry: Geometry,
    /// What the user should know of the file.
    pub notices: Vec<String>,
}

/// What became of a picture: judged, or in words why not.
pub(crate) type Outcome = Result<Judged, String>;

/// A tagger on a device.
pub(crate) struct Machine<'a> {
    pub tagger: &'a Tagger,
    student: Student,
    preprocess: Preprocess,
    compute: &'a Compute,
}

/// A batch that was read.
pub(crate) struct Batch<'j> {
    paths: &'j [PathBuf],
    prepared: Vec<Result<Prepared, String>>,
}

impl Batch<'_> {
    /// Its pictures.
    pub fn len(&self) -> usize {
        self.paths.len()
    }
}

/// A batch on its way: its pictures, and what the tower made of those that could be read.
struct Flight<'j> {
    paths: &'j [PathBuf],
    prepared: Vec<Result<Prepared, String>>,
    features: Vec<Features>,
}

impl<'a> Machine<'a> {
    /// Brings a tagger to a device.
    ///
    /// # Errors
    /// [`Failure`] where its parameters do not fit its sizes.
    pub fn new(tagger: &'a Tagger, compute: &'a Compute) -> Result<Self, Failure> {
        Ok(Self {
            student: tagger.build(compute.device())?,
            preprocess: tagger.config.preprocess(),
            tagger,
            compute,
        })
    }

    /// Judges pictures and hands each outcome on, in order, until all are done or `each` fails.
    ///
    /// # Errors
    /// [`Failure`] where the device fails, the user cancels, or `each` fails.
    pub fn judge(
        &self,
        pictures: &[PathBuf],
        context: &mut Context<'_>,
        each: &mut dyn FnMut(&Path, Outcome, &mut Context<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let batches: Vec<&[PathBuf]> = pictures.chunks(BATCH).collect();
        let mut done = 0;
        let mut flying: Option<Flight<'_>> = None;
        let mut land = |flight: Flight<'_>, context: &mut Context<'_>| -> Result<(), Failure> {
            done += flight.paths.len();
            self.land(flight, context, each)?;
            context.progress("tagging pictures", done, pictures.len());
            Ok(())
        };
        prefetch(
            &batches,
            |paths| paths.par_iter().map(|path| self.read(path)).collect::<Vec<_>>(),
            |paths, prepared| -> Result<bool, Failure> {
                context.check_cancelled()?;
                let flight = self.launch(paths, prepared)?;
                if let Some(flight) = self.follow(&mut flying, flight) {
                    land(flight, context)?;
                }
                Ok(true)
            },
        )?;
        match flying {
            Some(flight) => land(flight, context),
            None => Ok(()),
        }
    }

    /// Reads and prepares pictures alone, as [`Self::judge`] does, and forgets them.
    pub fn read_all(&self, pictures: &[PathBuf]) -> usize {
        let batches = pictures.chunks(BATCH);
        batches
            .map(|paths| paths.par_iter().filter(|path| self.read(path).is_ok()).count())
            .sum()
    }

    /// The first batch of some pictures, read and prepared.
    pub fn prepare<'j>(&self, pictures: &'j [PathBuf]) -> Batch<'j> {
        let paths = &pictures[..pictures.len().min(BATCH)];
        Batch {
            paths,
            prepared: paths.par_iter().map(|path| self.read(path)).collect(),
        }
    }

    /// Sends the same prepared batch through the tower and judges it, `rounds` times. Returns how many pictures were judged.
    ///
    /// # Errors
    /// [`Failure`] where the device fails.
    pub fn forward_again(&self, batch: &Batch<'_>, rounds: usize, context: &mut Context<'_>) -> Result<usize, Failure> {
        let mut judged = 0;
        let mut flying: Option<Flight<'_>> = None;
        let mut count = |_: &Path, outcome: Outcome, _: &mut Context<'_>| -> Result<(), Failure> {
            judged += usize::from(outcome.is_ok());
            Ok(())
        };
        for _ in 0..rounds {
            let flight = self.launch(batch.paths, batch.prepared.clone())?;
            if let Some(flight) = self.follow(&mut flying, flight) {
                self.land(flight, context, &mut count)?;
            }
        }
        if let Some(flight) = flying {
            self.land(flight, context, &mut count)?;
        }
        Ok(judged)
    }

    /// The batch to be read back and judged now that another one is on its way. A GPU works on that one meanwhile; on the CPU there is
    /// nothing to wait for.
    fn follow<'j>(&self, flying: &mut Option<Flight<'j>>, flight: Flight<'j>) -> Option<Flight<'j>> {
        match self.compute.kind {
            Kind::Gpu => flying.replace(flight),
            Kind::Cpu => Some(flight),
        }
    }

    fn read(&self, path: &Path) -> Result<Prepared, String> {
        let picture = decode(path, &Limits::default()).map_err(|e| reason(path, &e))?;
        let size = picture.rgb.dimensions();
        let geometry = self.preprocess.geometry(size.0, size.1);
        let vision = &self.tagger.config.student.vision;
        let padding = match self.preprocess.mode {
            Mode::Pad => geometry.patch_in_padding(vision.grid(), vision.patch),
            _ => Vec::new(),
        };
        Ok(Prepared {
            values: self.preprocess.apply(&picture.rgb),
            padding,
            geometry,
            size,
            notices: picture.notices,
        })
    }

    /// Sends a batch to the tower. On the CPU in parts, each on a thread.
    fn launch<'j>(
        &self,
        paths: &'j [PathBuf],
        mut prepared: Vec<Result<Prepared, String>>,
    ) -> Result<Flight<'j>, Failure> {
        let size = self.preprocess.size;
        let mut pixels: Vec<Vec<f32>> = prepared
            .iter_mut()
            .filter_map(|p| p.as_mut().ok())
            .map(|p| std::mem::take(&mut p.values))
            .collect();
        let part = pixels.len().div_ceil(self.compute.parts().max(1)).max(SMALLEST_PART);
        let mut parts = Vec::new();
        while !pixels.is_empty() {
            let rest = pixels.split_off(part.min(pixels.len()));
            parts.push(std::mem::replace(&mut pixels, rest));
        }
        let mode = self.tagger.config.patch_features;
        let features = on_threads(parts, |part| {
            let shape = [part.len(), 3, size, size];
            let data = TensorData::new(part.concat(), shape);
            self.student
                .forward(Tensor::from_data(data, self.compute.device()), mode)
        });
        Ok(Flight {
            paths,
            prepared,
            features,
        })
    }

    /// Reads a batch back and judges its pictures.
    fn land(
        &self,
        flight: Flight<'_>,
        context: &mut Context<'_>,
        each: &mut dyn FnMut(&Path, Outcome, &mut Context<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let embed = self.tagger.config.student.embed;
        let numbers = self.tagger.config.student.vision.patches() * embed;
        let (mut cls, mut patches) = (Vec::new(), Vec::new());
        for features in flight.features {
            cls.extend(host_values(features.cls)?);
            patches.extend(host_values(features.patches)?);
        }
        if cls.iter().chain(&patches).any(|v| !v.is_finite()) {
            return Err(crate::compute::ComputeError::NotFinite {
                what: "a picture feature".to_owned(),
            }
            .into());
        }
        let mut rows = cls.chunks_exact(embed).zip(patches.chunks_exact(numbers));
        let paired: Vec<_> = flight
            .prepared
            .into_iter()
            .map(|prepared| prepared.map(|p| (p, rows.next())))
            .collect();
        let outcomes: Vec<Outcome> = paired
            .into_par_iter()
            .map(|prepared| {
                let (p, row) = prepared?;
                let (cls, patches) = row.ok_or_else(|| "the device returned too few features".to_owned())?;
                let labels = self.tagger.judge(&PictureFeatures {
                    cls,
                    patches,
                    padding: &p.padding,
                });
                Ok(Judged {
                    size: p.size,
                    labels,
                    geometry: p.geometry,
                    notices: p.notices,
                })
            })
            .collect();
        for (path, outcome) in flight.paths.iter().zip(outcomes) {
            each(path, outcome, context)?;
        }
        Ok(())
    }
}
