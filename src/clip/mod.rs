//! CLIP: configuration, checkpoint readers, tokenizer, towers.

pub mod checkpoint;
pub(crate) mod config;
pub(crate) mod export;
pub(crate) mod random;
pub mod tokenizer;

#[cfg(feature = "compute")]
pub mod layers;
#[cfg(feature = "compute")]
pub mod model;
#[cfg(feature = "compute")]
pub(crate) mod text;
#[cfg(feature = "compute")]
pub mod vision;
