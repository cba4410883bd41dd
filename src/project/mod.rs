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
mod connect;
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
mod trust;
mod truth;

pub use diff::{Conflict, ImportDiff, PictureChange};
pub use duplicates::{Duplicate, DuplicateGroup};
pub use overview::Bin;
pub use relink::{FoundBy, Lost, RelinkPlan, Relinked, Sameness};
pub use rows::RunState;
pub(crate) use rows::RunSummary;
pub use splits::{SplitRecipe, SplitRecord};
pub use store::Project;

pub(crate) use checks::Checked;
pub(crate) use edits::EditGroup;
pub(crate) use error::ProjectError;
pub(crate) use hierarchy::LabelNode;
pub(crate) use overview::{ASPECTS, MEGAPIXELS, Overview};
pub(crate) use query::Filter;
pub(crate) use rows::{BoxRow, LabelRow, LabelValue, PictureRow, Provenance, Run};
