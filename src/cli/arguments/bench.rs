//! Arguments of `bench`.

use super::{Action, at_least_one};
use crate::dataset::preprocess::Mode;
use crate::engine::Failure;
use crate::engine::request::{BenchFewShot, BenchImport, BenchTag, BenchUnits, Request, TagSource};
use clap::Subcommand;
use std::path::PathBuf;

/// `bench`.
#[derive(Subcommand, Debug)]
pub(crate) enum BenchCommand {
    /// Units of work side by side: towers, training steps, pictures to tags, scoring; see docs/performance.md
    Units {
        /// Checkpoint of a CLIP (default: one drawn at random, of the sizes of ViT-B/16)
        #[arg(long)]
        model: Option<String>,
        /// Little work, and a tiny model where none is named: to see that it runs
        #[arg(long)]
        small: bool,
    },
    /// Import of a generated COCO set: time and memory
    Import {
        /// Pictures
        #[arg(long, default_value_t = 100_000)]
        images: usize,
        /// Boxes
        #[arg(long, default_value_t = 1_000_000)]
        annotations: usize,
    },
    /// Tagging from end to end, and the speed of its parts
    Tag {
        /// Pictures, and folders with pictures
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// A tagger (default: the built-in model with a few words)
        #[arg(long)]
        tagger: Option<PathBuf>,
        /// Checkpoint of an untrained CLIP
        #[arg(long)]
        model: Option<String>,
        /// Times that the pictures are gone through
        #[arg(long, default_value_t = 1)]
        rounds: usize,
    },
    /// What K pictures of each label are worth: untrained, linear probe, a global prompt alone, both stages
    FewShot {
        /// Pictures of each label
        #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
        shots: Vec<usize>,
        /// Draws of pictures, from --seed on
        #[arg(long, default_value_t = 3)]
        draws: u64,
        /// A setting for both stages, for example lambda_kd=10
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Keep pictures and projects in this new folder
        #[arg(long)]
        out: Option<PathBuf>,
        /// Leave the simpler ways out: to compare settings
        #[arg(long)]
        ours_alone: bool,
    },
    #[cfg(feature = "window")]
    /// CPU time of a frame: a grid of 100,000 pictures, and the inspector with 80 labels
    Window {
        /// Frames of each
        #[arg(long, default_value_t = 300)]
        frames: usize,
    },
}

impl BenchCommand {
    /// What the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where an option is out of its range.
    pub fn action(self, seed: u64) -> Result<Action, Failure> {
        let request = match self {
            Self::Import { images, annotations } => Request::BenchImport(BenchImport {
                images,
                annotations,
                seed,
            }),
            Self::Units { model, small } => Request::BenchUnits(BenchUnits { model, small, seed }),
            Self::Tag {
                paths,
                tagger,
                model,
                rounds,
            } => Request::BenchTag(BenchTag {
                source: match tagger {
                    Some(path) => TagSource::Tagger { path },
                    None => TagSource::Words {
                        model,
                        labels: ["person", "dog", "cat", "car", "tree"].map(str::to_owned).to_vec(),
                        template: "a photo of a {c}.".to_owned(),
                        preprocess: Mode::Stretch,
                    },
                },
                paths,
                rounds,
            }),
            Self::FewShot {
                shots,
                draws,
                set,
                out,
                ours_alone,
            } => Request::BenchFewShot(BenchFewShot {
                shots: shots
                    .into_iter()
                    .map(|k| at_least_one("--shots", k))
                    .collect::<Result<_, _>>()?,
                draws,
                seed,
                set,
                out,
                ours_alone,
            }),
            #[cfg(feature = "window")]
            Self::Window { frames } => return Ok(Action::MeasureWindow { frames }),
        };
        Ok(Action::job(request))
    }
}
