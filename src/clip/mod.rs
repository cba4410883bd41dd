//! CLIP: configuration, checkpoint readers, tokenizer, towers.

pub mod config;
pub mod tokenizer;
