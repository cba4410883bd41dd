//! Patchlight: few-shot and long-tailed multi-label image tagging with CLIP, and the patches that made each label.

pub mod clip;
pub mod dataset;
pub mod project;
pub mod support;
