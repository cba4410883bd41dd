//! Small things every room may use and that use no room: whole-or-nothing file writes, seeded random numbers,
//! content hashes.

pub(crate) mod atomic;
pub mod cell;
pub(crate) mod disk;
pub(crate) mod hash;
pub(crate) mod leftovers;
pub mod rng;

/// The program's folder among the user's caches; what lies there can be made again.
pub fn cache_folder() -> std::path::PathBuf {
    dirs::cache_dir().unwrap_or_else(std::env::temp_dir).join("patchlight")
}
