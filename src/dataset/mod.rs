//! Pictures and labels from disk.
pub mod scenes;
