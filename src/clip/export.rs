//! Writing a CLIP in Hugging Face's layout, so that transformers and this program's own reader open it.

use super::checkpoint::{RawTensor, Weights};
use super::config::{Activation, CLIP_MEAN, ModelConfig, TextConfig};
use crate::support::atomic;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Writes `config.json`, `preprocessor_config.json` and `model.safetensors` (f16) into `folder`, the weights last.
///
/// # Errors
/// The error of making the folder or writing a file.
pub fn hugging_face(folder: &Path, config: &ModelConfig, text: &TextConfig, weights: &Weights) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let write = |name: &str, value: &Value| atomic::write(&folder.join(name), &serde_json::to_vec_pretty(value)?);
    write("config.json", &config_json(config, text))?;
    write("preprocessor_config.json", &preprocessor_json(config))?;
    let bytes: Vec<(&str, Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, t)| {
            (
                name,
                t.shape.clone(),
                t.data.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, data)| Ok((*name, TensorView::new(Dtype::F16, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(io::Error::other)?;
    // transformers refuses a file without this word.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let file = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;
    atomic::write(&folder.join("model.safetensors"), &file)
}

/// The word that transformers has for a nonlinearity.
pub fn activation(activation: Activation) -> &'static str {
    match activation {
        Activation::QuickGelu => "quick_gelu",
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu_pytorch_tanh",
    }
}

fn config_json(config: &ModelConfig, text: &TextConfig) -> Value {
    let v = &config.vision;
    json!({
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": config.embed,
        "logit_scale_init_value": config.logit_scale.ln(),
        "vision_config": {
            "model_type": "clip_vision_model", "image_size": v.image_size, "patch_size": v.patch, "num_channels": 3,
            "hidden_size": v.width, "num_hidden_layers": v.layers, "num_attention_heads": v.heads,
            "intermediate_size": v.mlp, "hidden_act": activation(v.activation), "layer_norm_eps": v.layer_norm_eps,
            "projection_dim": config.embed,
        },
        "text_config": {
            "model_type": "clip_text_model", "vocab_size": text.vocab, "max_position_embeddings": text.context,
            "hidden_size": text.width, "num_hidden_layers": text.layers, "num_attention_heads": text.heads,
            "intermediate_size": text.mlp, "hidden_act": activation(text.activation),
            "layer_norm_eps": text.layer_norm_eps, "projection_dim": config.embed,
            "bos_token_id": super::tokenizer::SOT, "eos_token_id": super::tokenizer::EOT, "pad_token_id": 1,
        },
    })
}

fn preprocessor_json(config: &ModelConfig) -> Value {
    let side = config.vision.image_size;
    json!({
        "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": true,
        "do_resize": true, "size": {"shortest_edge": side}, "resample": 3,
        "do_center_crop": true, "crop_size": {"height": side, "width": side},
        "do_rescale": true, "rescale_factor": 1.0 / 255.0,
        "do_normalize": true, "image_mean": config.mean, "image_std": config.std,
    })
}

/// Canonical tensors of parameters as [`crate::train`] collects them: Burn keeps a linear layer as `[inputs, outputs]` and
/// calls a norm's weight gamma; checkpoints have `[outputs, inputs]` and `weight`. `prefix` becomes `canonical` in names.
pub fn canonical(
    parameters: &BTreeMap<String, RawTensor>,
    prefix: &str,
    canonical: &str,
    patch: usize,
) -> BTreeMap<String, RawTensor> {
    let mut out = BTreeMap::new();
    for (name, tensor) in parameters {
        let Some(rest) = name.strip_prefix(prefix) else {
            continue;
        };
        let rest = rest.replace(".gamma", ".weight").replace(".beta", ".bias");
        let rest = if rest.ends_with("position_embedding") {
            format!("{rest}.weight")
        } else {
            rest
        };
        let is_linear = rest.ends_with(".weight") && tensor.shape.len() == 2 && !rest.contains("_embedding.weight");
        let tensor = if rest.ends_with("patch_embedding.weight") {
            let mut kernel = tensor.transposed().unwrap_or_else(|| tensor.clone());
            kernel.shape = vec![kernel.shape[0], CLIP_MEAN.len(), patch, patch];
            kernel
        } else if is_linear || rest == "weight" {
            tensor.transposed().unwrap_or_else(|| tensor.clone())
        } else {
            tensor.clone()
        };
        out.insert(format!("{canonical}{rest}"), tensor);
    }
    out
}
