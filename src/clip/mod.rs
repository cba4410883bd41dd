//! CLIP: configuration, checkpoint readers, tokenizer, towers.

pub mod checkpoint;
pub mod config;
pub mod tokenizer;
