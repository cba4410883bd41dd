//! Metrics (METHOD section 8): average precision by class and group with bootstrap intervals, precision, recall and F1, ranking and calibration;
//! thresholds. Pure functions of numbers. Unknown truth (-1) and scores that are not finite are left out of all of them.

mod bootstrap;
mod calibration;
mod curve;
mod linear_probe;
mod logistic;
mod metrics;
mod ranking;
#[cfg(test)]
mod reference;
mod rules;
mod thresholds;

pub use calibration::ReliabilityBin;
pub use metrics::{F1, GroupMeans};
pub use rules::{NoRule, Rule};

pub(crate) use bootstrap::{Draws, FEW_POSITIVES};
pub(crate) use calibration::{BINS, calibration};
pub(crate) use curve::precision_recall;
pub(crate) use linear_probe::fit_linear_probe;
pub(crate) use logistic::{Logistic, fit_logistic};
pub(crate) use metrics::{
    Counts, average_precision, average_precisions, column, counts_at_probability, counts_at_top, group_means, positives,
};
pub(crate) use ranking::ranking;
pub(crate) use rules::choose_threshold;
pub(crate) use thresholds::fit_thresholds;
