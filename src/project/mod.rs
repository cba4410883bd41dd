//! The project store: a folder `NAME.patchlight/` with an SQLite database and the files that belong to it.
//!
//! ```text
//! NAME.patchlight/
//!   project.db   pictures, labels, boxes, edits with undo, splits, content checks, predictions, runs, settings
//!   lock         held by the one program that may write
//!   backup/      the newest copies of the database
//!   features/    cached features
//!   runs/ID/     settings, metrics and checkpoints of a run
//! ```
//!
//! The pictures themselves stay where they are; the store only refers to them and never changes them.
//! What is known of a label on a picture comes from three places: the **source** (an import), a **human** edit, which
//! goes before the source, and the **machine**, whose suggestions never count as truth.

mod assignment;
mod backup;
mod boxes;
mod checks;
mod dataset;
mod diff;
mod duplicates;
mod edits;
mod error;
mod hierarchy;
mod import;
mod label_state;
mod labels;
mod matching;
mod merging;
mod open;
mod overview;
mod pictures;
mod place;
mod predictions;
mod query;
mod relink;
mod rows;
mod runs;
mod schema;
mod source;
mod splits;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod truth;

pub use checks::Checked;
pub use diff::{Conflict, ImportDiff, PictureChange, PictureName, SplitChange, Suspect};
pub use duplicates::{Duplicate, DuplicateGroup};
pub use edits::EditGroup;
pub use error::{ProjectError, Result};
pub use hierarchy::LabelNode;
pub use import::ImportRecord;
pub use overview::{ASPECTS, Bin, LabelFrequency, LabelPair, MEGAPIXELS, Overview};
pub use query::{Filter, LabelTest, Sort, SplitFilter};
pub use relink::{Ambiguous, FoundBy, Lost, RelinkPlan, Relinked, Sameness};
pub use rows::{
    BoxRow, LabelMatrix, LabelRow, LabelSummary, LabelValue, PictureRow, PredictionRow, Provenance, Run, RunState,
    RunSummary, Summary,
};
pub use splits::{SplitRecipe, SplitRecord};
pub use store::Project;
