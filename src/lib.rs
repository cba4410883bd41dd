//! Patchlight: few-shot and long-tailed multi-label image tagging with CLIP, and the patches that made each label.
//!
//! The rooms (modules), and which of them may import which, stand in the table of `ARCHITECTURE.md`; a test holds the code to it.
//! The window is [`app`], the command line is [`cli`]; both speak to [`engine`], where a job is a function from a
//! [`engine::Request`] to a stream of [`engine::Event`]s: start reading at `engine::jobs`.
//!
//! Where a formula comes from METHOD, that is the description of HP-DVAL (arXiv 2509.17747) that `docs/method.md` sums up.
//!
//! Without the feature `compute` only the rooms that need no tensor library are built.

// Built without the commands or the window, a room offers more than is used.
#![cfg_attr(not(all(feature = "compute", feature = "window")), allow(dead_code, unused_imports))]

#[cfg(feature = "window")]
pub mod app;
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
pub(crate) mod explain;
#[cfg(feature = "compute")]
pub mod method;
pub(crate) mod models;
pub mod project;
#[cfg(feature = "compute")]
pub(crate) mod starter;
pub mod support;
pub mod tagging;
#[cfg(feature = "compute")]
pub mod train;

#[cfg(test)]
#[path = "../tests/skips/mod.rs"]
mod skips;
