//! What is chosen in Results.

/// The place Results.
#[derive(Clone, Debug, Default)]
pub struct ResultsView {
    /// Which split is measured: 0 test, 1 val, 2 train, 3 all; `None`: the first that has pictures.
    pub split: Option<usize>,
    /// Column the table is sorted by, and whether the largest comes first.
    pub order: (usize, bool),
    /// The label whose pictures are counted beside the table.
    pub label: Option<usize>,
}
