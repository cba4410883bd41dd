//! The window, driven as a user would: every place in its states with snapshots in both looks, clicks through the main work, the
//! geometry of overlays, and the death of the worker.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod annotator;
mod data;
mod data_screens;
mod export_tagger;
mod flows;
mod geometry;
mod kill;
mod measured;
mod models;
mod screens;
mod shell;
#[path = "../skips/mod.rs"]
mod skips;
mod support;
mod tag_again;
mod tagging;
mod task_expert;
mod task_tagger;
mod training;
