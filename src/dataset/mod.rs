//! Pictures and labels from disk.

pub mod model;
pub mod scenes;
