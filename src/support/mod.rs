//! Small things every room may use and that use no room: whole-or-nothing file writes, seeded random numbers,
//! content hashes.

pub mod atomic;
pub mod cell;
pub mod hash;
pub mod rng;
