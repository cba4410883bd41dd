//! CLIP: configuration, checkpoint readers, tokenizer, towers.

pub mod checkpoint;
pub mod config;
pub mod export;
pub mod random;
pub mod tokenizer;

#[cfg(feature = "compute")]
pub mod layers;
#[cfg(feature = "compute")]
pub mod model;
#[cfg(feature = "compute")]
pub mod text;
#[cfg(feature = "compute")]
pub mod vision;
