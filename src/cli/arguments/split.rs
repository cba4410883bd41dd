//! Arguments of `split`.

use crate::engine::Failure;
use crate::engine::request::{Request, Scheme, SplitRequest};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `split`.
#[derive(Args, Debug)]
pub(crate) struct SplitArguments {
    /// The project's folder
    project: PathBuf,
    /// How to split
    #[arg(long, value_enum, required_unless_present_any = ["export", "restore", "history"])]
    scheme: Option<SchemeArgument>,
    /// Share of the labels that are novel (base-novel)
    #[arg(long, default_value_t = 0.25)]
    novel: f64,
    /// Write train.txt, val.txt and test.txt of the splits as they are into this new folder
    #[arg(long, conflicts_with = "scheme")]
    export: Option<PathBuf>,
    /// Go back to a split that was made before, by its number
    #[arg(long, conflicts_with_all = ["scheme", "export"])]
    restore: Option<i64>,
    /// List every split that was made, with the command that makes it again
    #[arg(long, conflicts_with_all = ["scheme", "export", "restore"])]
    history: bool,
    /// Shares of train, val and test (random)
    #[arg(long, value_delimiter = ',', default_values_t = [0.7, 0.1, 0.2])]
    fractions: Vec<f64>,
    /// Only pictures that have a label; the others are left without a split (random)
    #[arg(long)]
    labelled: bool,
    /// Positives of the most frequent label (pareto)
    #[arg(long, default_value_t = 500)]
    max: usize,
    /// Positives of the rarest label (pareto)
    #[arg(long, default_value_t = 4)]
    min: usize,
    /// Exponent of the curve (pareto)
    #[arg(long, default_value_t = 6.0)]
    exponent: f64,
    /// Positives of every label (few-shot)
    #[arg(long)]
    shots: Option<usize>,
    /// List of training pictures (list)
    #[arg(long)]
    train: Option<PathBuf>,
    /// List of validation pictures (list)
    #[arg(long)]
    val: Option<PathBuf>,
    /// List of test pictures (list)
    #[arg(long)]
    test: Option<PathBuf>,
}

/// `--scheme`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemeArgument {
    /// At random, each label in its share
    Random,
    /// A long tail cut from the training pictures
    Pareto,
    /// A few pictures of every label
    FewShot,
    /// From list files
    List,
    /// Some labels are kept out of training
    BaseNovel,
    /// Labelled pictures that are in no split join the training pictures
    Join,
}

impl SplitArguments {
    /// The request that the command means.
    ///
    /// # Errors
    /// [`Failure`] (wrong usage) where options do not fit together.
    pub fn request(self, seed: u64) -> Result<Request, Failure> {
        let (project, scheme) = (self.project.clone(), scheme(self)?);
        Ok(Request::Split(SplitRequest { project, scheme, seed }))
    }
}

fn scheme(a: SplitArguments) -> Result<Scheme, Failure> {
    if let Some(out) = a.export {
        return Ok(Scheme::Export { out });
    }
    if let Some(id) = a.restore {
        return Ok(Scheme::Restore { id });
    }
    let Some(scheme) = a.scheme.filter(|_| !a.history) else {
        return Ok(Scheme::History);
    };
    Ok(match scheme {
        SchemeArgument::BaseNovel if !(0.0..=1.0).contains(&a.novel) => {
            return Err(Failure::usage(
                "--novel is the share of novel labels, between 0 and 1",
                "For example: --novel 0.25",
            ));
        }
        SchemeArgument::BaseNovel => Scheme::BaseNovel { fraction: a.novel },
        SchemeArgument::Random => match a.fractions.as_slice() {
            &[train, val, test] if [train, val, test].iter().all(|f| (0.0..=1.0).contains(f)) => Scheme::Random {
                fractions: [train, val, test],
                labelled: a.labelled,
            },
            _ => {
                return Err(Failure::usage(
                    "--fractions needs three numbers between 0 and 1",
                    "For example: --fractions 0.7,0.1,0.2 for train, val and test",
                ));
            }
        },
        SchemeArgument::Join => Scheme::Join,
        SchemeArgument::Pareto if a.min > a.max || !(a.exponent.is_finite() && a.exponent > 0.0) => {
            return Err(Failure::usage(
                "pareto needs --min up to --max and an --exponent above 0",
                "For example: --max 100 --min 4 --exponent 6",
            ));
        }
        SchemeArgument::Pareto => Scheme::Pareto {
            max: a.max,
            min: a.min,
            exponent: a.exponent,
        },
        SchemeArgument::FewShot => Scheme::FewShot {
            shots: a
                .shots
                .filter(|shots| *shots > 0)
                .ok_or_else(|| Failure::usage("few-shot needs --shots, at least 1", "For example: --shots 4"))?,
        },
        SchemeArgument::List => {
            if a.train.is_none() && a.val.is_none() && a.test.is_none() {
                return Err(Failure::usage(
                    "list needs at least one of --train, --val and --test",
                    "For example: --train voc_lt_train.txt --test voc_lt_test.txt",
                ));
            }
            Scheme::List {
                train: a.train,
                val: a.val,
                test: a.test,
            }
        }
    })
}
