//! CLIP: configuration, checkpoint readers, tokenizer, towers.
