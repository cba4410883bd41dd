//! Training: settings, schedule, optimizer, checkpoints, cached features and the two stages.
//!
//! [`trainer`] runs the steps of either stage; [`stage1`], [`stage2`] and [`joint`] say what a batch and its losses are.

pub(crate) mod checkpoint;
pub mod features;
pub(crate) mod joint;
pub(crate) mod loader;
pub(crate) mod optimizer;
pub mod params;
pub(crate) mod sampler;
pub mod schedule;
pub mod settings;
pub mod stage1;
pub mod stage2;
pub(crate) mod trainer;
pub(crate) mod variation;
