//! Tests of the scene generator, and contact sheets to look at.

mod pictures;
mod sets;
mod sheets;
mod words;
