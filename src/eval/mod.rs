//! Metrics (METHOD section 8): average precision by class and group, precision, recall and F1. Pure functions of numbers.

mod linear_probe;
mod logistic;
mod metrics;
mod thresholds;

pub use metrics::GroupMeans;

pub(crate) use linear_probe::fit_linear_probe;
pub(crate) use logistic::{Logistic, fit_logistic};
pub(crate) use metrics::{average_precision, average_precisions, f1_at_probability, f1_at_top, group_means, positives};
pub(crate) use thresholds::fit_thresholds;
