//! What is chosen in Results, and whether its measures are still true.

/// The place Results.
#[derive(Clone, Debug, Default)]
pub struct ResultsView {
    /// Which split is measured: 0 test, 1 val, 2 train, 3 all; `None`: what is held back, else all.
    pub split: Option<usize>,
    /// Column the table is sorted by, and whether the largest comes first.
    pub order: (usize, bool),
    /// The label whose pictures are counted beside the table.
    pub label: Option<usize>,
    /// Labels or splits have changed since the runs were compared.
    pub stale: bool,
}
