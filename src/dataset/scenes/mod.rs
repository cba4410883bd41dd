//! Generated pictures for the built-in demo: pictograms of the Noto Emoji font on busy grounds, with names, boxes and
//! captions. The starter model learns from an endless stream of them; the demo set is an ordinary COCO data set.
//!
//! Everything is a pure function of a seed, a counter and a configuration.

mod canvas;
pub mod captions;
mod clutter;
pub mod curriculum;
pub mod dataset;
mod error;
pub mod glyphs;
mod ground;
mod plan;
mod raster;
mod scene;
mod table;
#[cfg(test)]
mod tests;

pub use error::SceneError;
pub use scene::{Age, Object, Scene, SceneConfig, scene, scene_of};
