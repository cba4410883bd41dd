//! The starter model: a small CLIP of our own, trained by `patchlight starter` on generated scenes of pictograms, so that
//! the program can show everything it does without a download. It knows pictograms, not photographs.

pub mod model;
pub mod objective;
pub mod probe;
pub mod train;
