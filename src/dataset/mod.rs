//! Pictures and labels from disk: reading pictures, preparing them for a model, importing sets, and splitting them.

pub mod augment;
pub mod decode;
pub mod error;
pub mod files;
pub mod formats;
pub mod model;
pub mod preprocess;
pub mod scale;
pub mod scenes;
pub mod split;
