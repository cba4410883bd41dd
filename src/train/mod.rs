//! Training: settings, schedule, optimizer, checkpoints, cached features and the two stages.
//!
//! [`trainer`] runs the steps of either stage; [`stage1`], [`stage2`] and [`joint`] say what a batch and its losses are.

pub mod checkpoint;
pub mod features;
pub mod joint;
pub mod loader;
pub mod optimizer;
pub mod params;
pub mod schedule;
pub mod settings;
pub mod stage1;
pub mod stage2;
pub mod trainer;
pub mod variation;
