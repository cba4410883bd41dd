//! Metrics (METHOD section 8): average precision by class and group, precision, recall and F1. Pure functions of numbers.

mod linear_probe;
mod logistic;
mod metrics;
mod thresholds;

pub use linear_probe::{LinearProbe, fit_linear_probe};
pub use logistic::{Logistic, fit_logistic};
pub use metrics::{
    Counts, F1, GroupMeans, average_precision, average_precisions, f1_at_probability, f1_at_top, group_means, positives,
};
pub use thresholds::fit_thresholds;
