//! XMP sidecars: keywords merged into `dc:subject`, `lr:hierarchicalSubject` and `digiKam:TagsList`, everything else left as it is.
//!
//! [`Sidecars::resolve`] looks at all pictures of a request, [`Sidecars::plan_write`] and [`Sidecars::plan_removal`] say what would
//! happen to one, and [`SidecarPlan::apply`] does exactly that. A change is a set of splices of the file's text, so what is not ours
//! keeps its bytes. `docs/xmp.md` says what is written where.

mod difference;
mod document;
mod edit;
mod embedded;
mod fault;
mod keywords;
mod merge;
mod names;
mod naming;
mod plan;
mod rdf;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod text;

pub use embedded::carried;
pub use naming::{SidecarStyle, Sidecars};
pub use plan::read_keywords;

pub(crate) use keywords::Keywords;
pub(crate) use plan::{Action, SidecarPlan};
