//! The codes of [`Event::Warning`](super::Event::Warning): stable words that programs tell warnings apart by.

/// Alpha is 1: only the whole picture counts.
pub const GLOBAL_ONLY: &str = "global-only";
/// Alpha is 0: only patches count.
pub const LOCAL_ONLY: &str = "local-only";
/// Nothing holds the learned prompts to CLIP's own words.
pub const NO_ANCHOR: &str = "no-anchor";
/// The student's scores mean nothing yet.
pub const NOT_ALIGNED: &str = "not-aligned";
/// The frequent labels do worse than at the start of the stage.
pub const HEAD_FORGOTTEN: &str = "head-forgotten";
/// The distance from CLIP's features keeps rising.
pub const KD_RISING: &str = "kd-rising";
/// All probabilities lie on one side of the threshold.
pub const ONE_SIDED: &str = "one-sided";
/// The GPU computes no 16-bit floats.
pub const NO_F16: &str = "no-f16";
/// No GPU was found or opened: the CPU is used.
pub const NO_GPU: &str = "no-gpu";
/// No model was chosen: the built-in one is used.
pub const STARTER_MODEL: &str = "starter-model";
/// Fewer pictures are computed at once from now on.
pub const MEMORY: &str = "memory";
/// A run goes on in a new worker process.
pub const RESTARTED: &str = "restarted";
/// A damaged checkpoint, or what was fitted to one or chosen for it, was passed over.
pub const CHECKPOINT: &str = "checkpoint";
/// The project has something to say about itself.
pub const PROJECT: &str = "project";
/// There are no splits: every picture is trained on.
pub const NO_SPLITS: &str = "no-splits";
/// Splits or labels have changed since a run was trained.
pub const SPLIT_CHANGED: &str = "split-changed";
/// There are no test pictures: measured on validation pictures.
pub const VAL_NOT_TEST: &str = "val-not-test";
/// Labels that a split keeps out of training.
pub const NOVEL: &str = "novel";
/// Alpha could not be fitted.
pub const NOT_FITTED: &str = "not-fitted";
/// The evidence of the chosen pictures could not be kept after an epoch.
pub const WATCHED: &str = "watched";
/// Something about a picture's file.
pub const PICTURE: &str = "picture";
/// A label's folder has another name than the label.
pub const FOLDER_RENAMED: &str = "folder-renamed";
/// A download goes on from another source.
pub const OTHER_SOURCE: &str = "other-source";
/// A source declares no checksum for a file.
pub const UNVERIFIED: &str = "unverified";
/// Scores that are no numbers were left out.
pub const NOT_FINITE: &str = "not-finite";
/// The thresholds that a run keeps belong to other parameters, and are not used.
pub const THRESHOLDS: &str = "thresholds";
