//! A tagger as a folder that `transformers` opens: the image tower with the projection of the whole picture under the usual names, the
//! projection of its parts as one tensor more, the labels' text embeddings beside it, and a model card.
//!
//! A tower that began as a CLIP becomes a `CLIPVisionModelWithProjection`; one that began as an ImageNet ViT becomes a `ViTModel`
//! without pooler, both projections as further tensors. All numbers are f32 and those of the tagger.

use super::tagger::{Tagger, TaggerConfig};
use crate::clip::checkpoint::RawTensor;
use crate::clip::export::{activation, canonical};
use crate::dataset::preprocess::Mode;
use crate::explain::Probability;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Writes the folder `out`, which must not exist: whole or not at all.
///
/// # Errors
/// The error of writing; `AlreadyExists` where something is at `out`.
pub fn save(tagger: &Tagger, out: &Path) -> io::Result<()> {
    if out.symlink_metadata().is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something is there already",
        ));
    }
    let parent = out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    let staged = crate::support::leftovers::Folder::new(parent)?;
    let folder = staged.path().join("model");
    std::fs::create_dir(&folder)?;
    let config = &tagger.config;
    let vit = !config.student.vision.pre_layer_norm;
    let json = |name: &str, value: &Value| std::fs::write(folder.join(name), serde_json::to_vec_pretty(value)?);
    json(
        "config.json",
        &if vit { vit_config(config) } else { clip_config(config) },
    )?;
    json("preprocessor_config.json", &preprocessor(config, vit))?;
    json("patchlight.json", &serde_json::to_value(config)?)?;
    write_tensors(&folder.join("model.safetensors"), &tower(tagger, vit))?;
    write_tensors(&folder.join("labels.safetensors"), &labels(tagger))?;
    std::fs::write(folder.join("README.md"), card(config, vit))?;
    std::fs::rename(&folder, out)?;
    crate::support::atomic::sync_folder(parent);
    Ok(())
}

fn write_tensors(path: &Path, tensors: &BTreeMap<String, RawTensor>) -> io::Result<()> {
    let bytes: Vec<(&String, &RawTensor, Vec<u8>)> = tensors
        .iter()
        .map(|(name, t)| (name, t, t.data.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, t, data)| Ok((name.as_str(), TensorView::new(Dtype::F32, t.shape.clone(), data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(io::Error::other)?;
    // transformers refuses a file without this word.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let file = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;
    std::fs::write(path, file)
}

/// The image tower and both projections.
fn tower(tagger: &Tagger, vit: bool) -> BTreeMap<String, RawTensor> {
    let patch = tagger.config.student.vision.patch;
    let student = &tagger.student;
    let mut tensors = canonical(student, "tower.", "vision_model.", patch);
    if vit {
        tensors = tensors
            .into_iter()
            .map(|(name, tensor)| vit_name(&name, tensor))
            .collect();
    }
    tensors.extend(canonical(student, "head_global.", "visual_projection.", patch));
    tensors.extend(canonical(student, "head_local.", "local_projection.", patch));
    tensors
}

/// The name that `ViTModel` has for a tensor, in its shape: the inverse of what the checkpoint reader does.
fn vit_name(name: &str, mut tensor: RawTensor) -> (String, RawTensor) {
    let short = name.strip_prefix("vision_model.").unwrap_or(name);
    for (from, to, batches) in [
        ("embeddings.class_embedding", "embeddings.cls_token", 2),
        (
            "embeddings.position_embedding.weight",
            "embeddings.position_embeddings",
            1,
        ),
        (
            "embeddings.patch_embedding.",
            "embeddings.patch_embeddings.projection.",
            0,
        ),
        ("post_layernorm.", "layernorm.", 0),
    ] {
        if let Some(rest) = short.strip_prefix(from) {
            tensor.shape.splice(0..0, std::iter::repeat_n(1, batches));
            return (format!("{to}{rest}"), tensor);
        }
    }
    let mut name = short.replace("encoder.layers.", "encoder.layer.");
    for (from, to) in [
        ("layer_norm1.", "layernorm_before."),
        ("layer_norm2.", "layernorm_after."),
        ("self_attn.q_proj.", "attention.attention.query."),
        ("self_attn.k_proj.", "attention.attention.key."),
        ("self_attn.v_proj.", "attention.attention.value."),
        ("self_attn.out_proj.", "attention.output.dense."),
        ("mlp.fc1.", "intermediate.dense."),
        ("mlp.fc2.", "output.dense."),
    ] {
        name = name.replace(from, to);
    }
    (name, tensor)
}

/// Text embeddings and thresholds, in the order of the labels.
fn labels(tagger: &Tagger) -> BTreeMap<String, RawTensor> {
    let embed = tagger.config.student.embed.max(1);
    let mut tensors = BTreeMap::new();
    let mut put = |name: &str, values: &[f32], width: usize| {
        if !values.is_empty() {
            let shape = if width == 1 {
                vec![values.len()]
            } else {
                vec![values.len() / width, width]
            };
            tensors.insert(
                name.to_owned(),
                RawTensor {
                    shape,
                    data: values.to_vec(),
                },
            );
        }
    };
    put("text_global", &tagger.text[0], embed);
    put("text_local", &tagger.text[1], embed);
    put("neutral_global", &tagger.neutral[0], embed);
    put("neutral_local", &tagger.neutral[1], embed);
    put("thresholds", &tagger.config.thresholds, 1);
    tensors
}

fn clip_config(config: &TaggerConfig) -> Value {
    let v = &config.student.vision;
    json!({
        "architectures": ["CLIPVisionModelWithProjection"], "model_type": "clip_vision_model", "torch_dtype": "float32",
        "image_size": v.image_size, "patch_size": v.patch, "num_channels": 3, "hidden_size": v.width,
        "num_hidden_layers": v.layers, "num_attention_heads": v.heads, "intermediate_size": v.mlp,
        "hidden_act": activation(v.activation), "layer_norm_eps": v.layer_norm_eps, "projection_dim": config.student.embed,
    })
}

fn vit_config(config: &TaggerConfig) -> Value {
    let v = &config.student.vision;
    json!({
        "architectures": ["ViTModel"], "model_type": "vit", "torch_dtype": "float32",
        "image_size": v.image_size, "patch_size": v.patch, "num_channels": 3, "hidden_size": v.width,
        "num_hidden_layers": v.layers, "num_attention_heads": v.heads, "intermediate_size": v.mlp,
        "hidden_act": activation(v.activation), "layer_norm_eps": v.layer_norm_eps, "qkv_bias": true,
        "projection_dim": config.student.embed,
    })
}

/// How the processors of transformers do what this program does. They have nothing like `pad`; the card says so.
fn preprocessor(config: &TaggerConfig, vit: bool) -> Value {
    let side = config.student.vision.image_size;
    let square = json!({"height": side, "width": side});
    let kind = if vit { "ViTImageProcessor" } else { "CLIPImageProcessor" };
    let mut value = json!({
        "image_processor_type": kind, "do_convert_rgb": true, "do_resize": true, "resample": 3,
        "do_rescale": true, "rescale_factor": 1.0 / 255.0, "do_normalize": true,
        "image_mean": config.student.mean, "image_std": config.student.std,
    });
    match config.preprocess {
        Mode::Crop => {
            value["size"] = json!({"shortest_edge": side});
            value["do_center_crop"] = json!(true);
            value["crop_size"] = square;
        }
        Mode::Stretch | Mode::Pad => {
            value["size"] = square;
            value["do_center_crop"] = json!(false);
        }
    }
    value
}

/// The model card.
fn card(config: &TaggerConfig, vit: bool) -> String {
    let p = &config.provenance;
    let mut text = String::new();
    let kind = if vit {
        "ViTModel"
    } else {
        "CLIPVisionModelWithProjection"
    };
    let trained = match p.stage {
        0 => "It is an untrained CLIP with the labels below.".to_owned(),
        stage => format!(
            "It was taught {} labels from {} pictures (HP-DVAL, arXiv 2509.17747, up to Stage {stage}), starting from `{}`.",
            config.labels.len(),
            p.images,
            p.model_name
        ),
    };
    let how = match config.probability {
        Probability::Calibrated { log_scale, offset } => {
            format!("probability = sigmoid({} * (score - {offset}))", log_scale.exp())
        }
        Probability::Uncalibrated { scale } => {
            format!("probability = sigmoid({scale} * (score - score of the neutral prompt)), not calibrated")
        }
    };
    let last = if vit {
        "last_hidden_state"
    } else {
        "post_layernorm of last_hidden_state"
    };
    let _ = write!(
        text,
        "---\nlibrary_name: transformers\npipeline_tag: image-classification\ntags: [multi-label, clip, patchlight]\n---\n\n# {}\n\n\
         A multi-label tagger made with Patchlight {}. {trained}\n\n\
         ## Files\n\n\
         - `model.safetensors`: the image tower (`{kind}`, f32); `visual_projection.weight` projects the [CLS] token, and the further tensor \
         `local_projection.weight` the patch tokens, both after the final LayerNorm ({last})\n\
         - `labels.safetensors`: `text_global`, `text_local` (normalised, one row a label), `thresholds`\n\
         - `patchlight.json`: everything else, with settings and origin\n\n\
         ## Scores\n\n\
         `score = {} * cos(whole picture, text_global) + {} * mean of the {} largest cos(patch, text_local)`, {how}.\n\
         Patch tokens are taken from the {:?} path. Pictures are prepared with `{}`{}.\n\n\
         Thresholds: {}.\n\n## Labels\n\n| Label | Threshold | Training pictures | AP on validation |\n|---|---|---|---|\n",
        config.name,
        p.program,
        config.alpha,
        1.0 - config.alpha,
        config.top_k,
        config.patch_features,
        config.preprocess,
        if config.preprocess == Mode::Pad {
            ", which no processor of transformers does"
        } else {
            ""
        },
        if p.thresholds.is_empty() {
            "as set"
        } else {
            &p.thresholds
        },
    );
    for (i, label) in config.labels.iter().enumerate() {
        let cell = label.replace(['\n', '\r'], " ").replace('|', "\\|");
        let positives = p.positives.get(i).map_or_else(String::new, ToString::to_string);
        let ap = p
            .average_precision
            .get(i)
            .copied()
            .flatten()
            .map_or_else(|| "n/a".to_owned(), |ap| format!("{ap:.1}"));
        let _ = writeln!(text, "| {cell} | {:.3} | {positives} | {ap} |", config.thresholds[i]);
    }
    text
}
