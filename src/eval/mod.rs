//! Metrics (METHOD section 8): average precision by class and group, precision, recall and F1. Pure functions of numbers.

mod logistic;
mod metrics;
mod thresholds;

pub use logistic::{Logistic, fit_logistic};
pub use metrics::{
    Counts, F1, GroupMeans, average_precision, average_precisions, f1_at_probability, f1_at_top, group_means, positives,
};
pub use thresholds::fit_thresholds;
