//! Patchlight: few-shot and long-tailed multi-label image tagging with CLIP, and the patches that made each label.

#[cfg(feature = "compute")]
pub mod cli;
pub mod clip;
#[cfg(feature = "compute")]
pub mod compute;
pub mod dataset;
#[cfg(feature = "compute")]
pub mod engine;
#[cfg(feature = "compute")]
pub mod eval;
#[cfg(feature = "compute")]
pub mod explain;
#[cfg(feature = "compute")]
pub mod method;
pub mod project;
#[cfg(feature = "compute")]
pub mod starter;
pub mod support;
#[cfg(feature = "compute")]
pub mod train;
