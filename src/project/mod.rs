//! The project store: a folder `NAME.patchlight/` with an SQLite database and the files that belong to it.
//!
//! ```text
//! NAME.patchlight/
//!   project.db   pictures, labels, boxes, edits with undo, predictions, runs, settings
//!   lock         held by the one program that may write
//!   backup/      the newest copies of the database
//!   features/    cached features
//!   runs/ID/     settings, metrics and checkpoints of a run
//! ```
//!
//! The pictures themselves stay where they are; the store only refers to them and never changes them.
//! What is known of a label on a picture comes from three places: the **source** (an import), a **human** edit, which
//! goes before the source, and the **machine**, whose suggestions never count as truth.

mod backup;
mod edits;
mod error;
mod import;
mod labels;
mod open;
mod pictures;
mod place;
mod predictions;
mod query;
mod rows;
mod runs;
mod schema;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod truth;

pub use edits::EditGroup;
pub use error::{ProjectError, Result};
pub use query::{Filter, LabelTest, Sort, SplitFilter};
pub use rows::{
    BoxRow, LabelMatrix, LabelRow, LabelSummary, LabelValue, PictureRow, PredictionRow, Provenance, Run, RunState,
    RunSummary, Summary,
};
pub use store::Project;
