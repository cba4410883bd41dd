//! Choosing among rows by clicks.

/// How a click chooses among rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choose {
    /// This one alone.
    Only,
    /// This one too, or no longer.
    Toggle,
    /// All from where the selection began.
    Range,
    /// The cursor goes there; the selection stays.
    Point,
}
