//! The project store.
