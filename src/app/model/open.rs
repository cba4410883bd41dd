//! The project that is open, and the place for it.

use super::catalog::Catalog;
use crate::engine::Failure;
use crate::engine::scorer::Scorer;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The place of the project.
#[derive(Default)]
pub enum Slot {
    #[default]
    Empty,
    Opening(PathBuf),
    Open(Box<Open>),
    /// It could not be opened.
    Failed(PathBuf, Failure),
}

/// An open project.
pub struct Open {
    /// Its content.
    pub catalog: Catalog,
    /// What scores pictures on the host.
    pub scorer: Option<Arc<Scorer>>,
    /// Grows with every change of the catalog, so that what is computed from it knows when it is stale.
    pub version: u64,
}

/// The version that an opened project begins with: no two of one session share a version, so that nothing computed from one is taken for
/// another's.
pub fn first_version() -> u64 {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    (OPENED.fetch_add(1, Ordering::Relaxed) << 32) + 1
}
