//! What benchmarks measure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Benchmark {
    /// Of a whole job.
    Job {
        /// The benchmark.
        name: String,
        /// Numbers by name.
        values: BTreeMap<String, f64>,
    },
    /// Of a unit of work alone.
    Unit(UnitOfWork),
}

/// How fast a unit of work is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitOfWork {
    /// Its name, for example `image_forward_b8`.
    pub unit: String,
    /// The median of what was measured.
    pub value: f64,
    /// What the value counts: `images/s`, `prompts/s`, `s`, or `times` for a ratio.
    pub per: String,
    /// How often it was measured.
    pub samples: usize,
    /// The most memory that the process had meanwhile, in megabytes (10^6 bytes), the model included; none where the system does not
    /// tell, and for a ratio. What lies on a GPU does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_mb: Option<f64>,
}
