//! Splitting a set: stratified at random, long-tailed, few-shot, base and novel classes, by lists. Everything is a pure function
//! of its seed.

mod base_novel;
mod few_shot;
mod lists;
pub mod official;
mod pareto;
mod random;

pub use base_novel::{Novel, base_novel, leave_training};
pub use few_shot::few_shot;
pub use lists::{Assigned, assign_lists, export_lists};
pub use pareto::{Pareto, pareto};
pub use random::random;

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a class stands in a long tail, by its training positives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// At least 100.
    Head,
    /// 20 to 99.
    Medium,
    /// Under 20.
    Tail,
}

impl Group {
    /// The group of a class with `n` training positives.
    pub fn of(n: usize) -> Self {
        match n {
            100.. => Self::Head,
            20..=99 => Self::Medium,
            _ => Self::Tail,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Medium => "medium",
            Self::Tail => "tail",
        })
    }
}

/// For each label, the members of `pool` that have it, in the order of `pool`. Indices beyond the data are left out.
fn by_label(positives: &[Vec<usize>], labels: usize, pool: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); labels];
    for picture in pool {
        for label in positives.get(*picture).into_iter().flatten() {
            if let Some(list) = members.get_mut(*label) {
                list.push(*picture);
            }
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_usual_borders() {
        let found: Vec<String> = [0, 19, 20, 99, 100, 5000].map(|n| Group::of(n).to_string()).to_vec();
        assert_eq!(found, ["tail", "tail", "medium", "medium", "head", "head"]);
        assert_eq!(serde_json::to_string(&Group::Head).unwrap(), "\"head\"");
    }
}
