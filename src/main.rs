//! Patchlight.
fn main() {}
