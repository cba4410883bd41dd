//! `model inspect`: what a checkpoint is.

use super::model;
use crate::clip::checkpoint::Layout;
use crate::engine::{Context, Event, Failure};
use std::path::Path;

/// Opens the checkpoint, tensors and all, and tells its sizes.
pub(crate) fn run(path: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
    let checkpoint = model::open(&path.to_string_lossy())?;
    let config = &checkpoint.config;
    let layout = match checkpoint.layout {
        Layout::HuggingFace => "huggingface",
        Layout::OpenClip => "open_clip",
        Layout::OpenAi => "openai",
        Layout::Vit => "vit",
    };
    let name = |value: serde_json::Result<serde_json::Value>| {
        value
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    context.emit(Event::Model {
        layout: layout.to_owned(),
        image_size: config.vision.image_size,
        patch: config.vision.patch,
        width: config.vision.width,
        layers: config.vision.layers,
        embed: config.embed,
        text_layers: config.text.as_ref().map_or(0, |t| t.layers),
        parameters: checkpoint.parameters(),
        heads: config.vision.heads,
        activation: name(serde_json::to_value(config.vision.activation)),
        mean: config.mean,
        std: config.std,
    });
    Ok(())
}
