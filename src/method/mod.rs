//! The method, HP-DVAL (arXiv 2509.17747): dual-view score, losses, the student and its prompts. Pure functions of
//! tensors; no file, no thread, no progress.

pub mod evidence;
pub mod losses;
pub mod packing;
pub mod prompts;
pub mod score;
pub mod student;
