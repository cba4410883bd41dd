//! Integration tests, one binary so that the tensor library is linked once. What a test compares with was written by the
//! scripts in `tests/fixtures`, or is made on the spot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../skips/mod.rs"]
mod skips;
mod support;

mod bench;
mod cli;
mod contexts;
mod demo;
mod evaluation;
mod fallback;
mod full_disk;
mod gpu;
mod gradients;
mod guided;
mod large_pictures;
mod lasting;
mod losses;
mod recovery;
mod scores;
mod stopping;
mod tagging;
mod tokens;
mod towers;
mod training;
mod variants;
mod workflow;
