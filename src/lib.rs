//! Patchlight: few-shot and long-tailed multi-label image tagging with CLIP, and the patches that made each label.
//!
//! # The map
//!
//! | Room | What it holds | May import |
//! |---|---|---|
//! | [`app`] | the window: the only room that knows egui; speaks to the engine in requests and events alone | `engine`, `project`, and the types they speak of |
//! | [`cli`] | arguments to requests, events to lines; the only room that prints | `engine`, and the types it speaks of |
//! | [`engine`] | requests, events, failures in words, jobs, the worker process and its client | everything below |
//! | [`starter`] | training of the built-in model on generated scenes | `train`, `eval`, `method`, `clip`, `dataset`, `compute` |
//! | [`train`] | settings, schedule, optimizer, feature cache, checkpoints, the loop, both stages | `method`, `clip`, `dataset`, `compute` |
//! | [`explain`] | a picture's score from its features on the host, with its patches | `method` |
//! | [`eval`] | average precision, F1, group means | `dataset` |
//! | [`method`] | dual-view score, patch evidence, losses, prompts, student | `clip`, `compute` |
//! | [`clip`] | configuration, checkpoint readers and writer, tokenizer, both towers | `compute` |
//! | [`project`] | the SQLite store: pictures, labels, edits and undo, splits, copies, predictions, runs | `dataset` |
//! | [`models`] | known checkpoints: the list, downloads, the folder they are kept in | `clip`'s readers |
//! | [`tagging`] | taggers, and tags on their way out: XMP sidecars, CSV, JSON, COCO, folders by label | `train`, `method`, `explain`, `clip`, `dataset` |
//! | [`dataset`] | importers, decoding, preprocessing, augmentation, splits, demo scenes | |
//! | [`compute`] | devices: the only room that makes one | |
//! | [`support`] | whole-or-nothing writes, hashes, seeded random streams; free for all | |
//!
//! A job is a function from a [`engine::Request`] to a stream of [`engine::Event`]s: start reading at `engine::jobs`. Where a
//! formula comes from METHOD, that is the description of HP-DVAL (arXiv 2509.17747) that `docs/method.md` sums up.
//!
//! Without the feature `compute` only the rooms that need no tensor library are built.

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
pub mod explain;
#[cfg(feature = "compute")]
pub mod method;
pub mod models;
pub mod project;
#[cfg(feature = "compute")]
pub mod starter;
pub mod support;
pub mod tagging;
#[cfg(feature = "compute")]
pub mod train;
