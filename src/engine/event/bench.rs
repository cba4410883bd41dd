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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Event;

    #[test]
    fn both_forms_come_back_from_a_worker() {
        let unit = UnitOfWork {
            unit: "image_forward_b8".to_owned(),
            value: 5.5,
            per: "images/s".to_owned(),
            samples: 5,
            peak_memory_mb: Some(900.0),
        };
        let events = [
            Event::Bench(Benchmark::Job {
                name: "import".to_owned(),
                values: [("images".to_owned(), 3.0)].into(),
            }),
            Event::Bench(Benchmark::Unit(UnitOfWork {
                peak_memory_mb: None,
                ..unit.clone()
            })),
            Event::Bench(Benchmark::Unit(unit)),
        ];
        let lines = events.clone().map(|event| serde_json::to_string(&event).unwrap());
        assert_eq!(lines[0], r#"{"event":"bench","name":"import","values":{"images":3.0}}"#);
        assert_eq!(
            lines[1],
            r#"{"event":"bench","unit":"image_forward_b8","value":5.5,"per":"images/s","samples":5}"#
        );
        let read = lines.map(|line| serde_json::from_str::<Event>(&line).unwrap());
        assert_eq!(read, events);
    }
}
