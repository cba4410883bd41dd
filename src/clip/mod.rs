//! CLIP: configuration, checkpoint readers, tokenizer, towers.

pub mod tokenizer;
