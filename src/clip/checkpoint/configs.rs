//! Configuration files of transformers and open_clip, and OpenAI's sizes from the shapes of the tensors.

use super::error::{CheckpointError, bad_config, unsupported};
use super::section::Section;
use super::weights::RawTensor;
use crate::clip::config::{
    Activation, CLIP_MEAN, CLIP_STD, CLIP_VOCABULARY, EotRule, INITIAL_LOGIT_SCALE, ModelConfig, PreprocessSource,
    TextConfig, VIT_MEAN_STD, VisionConfig,
};
use std::collections::BTreeMap;
use std::path::Path;

const CLIP: &str = "Take an ordinary CLIP with a ViT image tower, such as ViT-B/16 from OpenAI or LAION.";

/// What kind of model a transformers configuration describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HfKind {
    /// Both towers.
    Clip,
    /// CLIP's image tower alone.
    ClipVision,
    /// A plain ViT.
    Vit,
}

/// Which model transformers' `config.json` describes.
///
/// # Errors
/// [`CheckpointError::Unsupported`] for any other model.
pub(super) fn hf_kind(file: Section) -> Result<HfKind, CheckpointError> {
    match file.text("model_type")? {
        Some("clip") => Ok(HfKind::Clip),
        Some("clip_vision_model") => Ok(HfKind::ClipVision),
        Some("vit") => Ok(HfKind::Vit),
        None if file.get("vision_config").is_some() => Ok(HfKind::Clip),
        None => Err(bad_config(file.path(), "there is no `model_type`")),
        Some(other) => Err(unsupported(file.path(), format!("a model of type {other}"), CLIP)),
    }
}

/// Reads transformers' `config.json`. Absent keys have transformers' documented defaults, on which old files rely.
///
/// # Errors
/// [`CheckpointError::Config`], [`CheckpointError::Unsupported`], [`CheckpointError::ForeignVocabulary`].
pub(super) fn hugging_face(file: Section) -> Result<ModelConfig, CheckpointError> {
    let kind = hf_kind(file)?;
    let (vision, text) = match kind {
        HfKind::Clip => (hf_part(file, "vision_config")?, Some(hf_part(file, "text_config")?)),
        HfKind::ClipVision => (file.object("vision_config")?.unwrap_or(file), None),
        HfKind::Vit => (file, None),
    };
    let vit = kind == HfKind::Vit;
    if vit && !file.flag("qkv_bias", true)? {
        return Err(unsupported(
            file.path(),
            "a ViT without biases in its attention",
            "Take an ordinary ViT.",
        ));
    }
    let channels = vision.size("num_channels", 3)?;
    if channels != 3 {
        return Err(unsupported(
            file.path(),
            format!("a picture of {channels} channels"),
            CLIP,
        ));
    }
    let vision = VisionConfig {
        image_size: vision.side("image_size", 224)?,
        patch: vision.side("patch_size", if vit { 16 } else { 32 })?,
        width: vision.size("hidden_size", 768)?,
        layers: vision.size("num_hidden_layers", 12)?,
        heads: vision.size("num_attention_heads", 12)?,
        mlp: vision.size("intermediate_size", 3072)?,
        activation: hf_activation(vision, if vit { "gelu" } else { "quick_gelu" })?,
        layer_norm_eps: vision.number("layer_norm_eps", if vit { 1e-12 } else { 1e-5 })?,
        pre_layer_norm: !vit,
        patch_bias: vit,
    };
    let text = text.map(hf_text).transpose()?;
    let embed = match kind {
        HfKind::Vit => 0,
        // The image tower alone keeps the width of the projection among its own keys.
        HfKind::Clip | HfKind::ClipVision => file.size("projection_dim", 512)?,
    };
    Ok(model(vision, text, embed, vit))
}

/// `text_config`, or the older `text_config_dict`, which transformers lets win with its defaults and all.
fn hf_part<'a>(file: Section<'a>, key: &str) -> Result<Section<'a>, CheckpointError> {
    if let Some(old) = file.object(&format!("{key}_dict"))? {
        return Ok(old);
    }
    Ok(file.object(key)?.unwrap_or(file.empty()))
}

fn hf_text(text: Section) -> Result<TextConfig, CheckpointError> {
    Ok(TextConfig {
        vocab: vocabulary(text.path(), text.size("vocab_size", CLIP_VOCABULARY)?)?,
        context: text.size("max_position_embeddings", 77)?,
        width: text.size("hidden_size", 512)?,
        layers: text.size("num_hidden_layers", 12)?,
        heads: text.size("num_attention_heads", 8)?,
        mlp: text.size("intermediate_size", 2048)?,
        activation: hf_activation(text, "quick_gelu")?,
        layer_norm_eps: text.number("layer_norm_eps", 1e-5)?,
        // The 2 is a slip in the first files, and transformers takes the highest id for them.
        eot: if text.get("eos_token_id").and_then(|id| id.as_u64()) == Some(2) {
            EotRule::Argmax
        } else {
            EotRule::FirstEot
        },
    })
}

fn hf_activation(part: Section, default: &str) -> Result<Activation, CheckpointError> {
    let name = part.text("hidden_act")?.unwrap_or(default);
    Activation::from_hidden_act(name).ok_or_else(|| unsupported(part.path(), format!("the activation `{name}`"), CLIP))
}

/// Checks that a text tower uses CLIP's vocabulary.
///
/// # Errors
/// [`CheckpointError::ForeignVocabulary`].
pub(super) fn vocabulary(path: &Path, found: usize) -> Result<usize, CheckpointError> {
    if found != CLIP_VOCABULARY {
        return Err(CheckpointError::ForeignVocabulary {
            path: path.to_owned(),
            found,
        });
    }
    Ok(found)
}

fn model(vision: VisionConfig, text: Option<TextConfig>, embed: usize, vit: bool) -> ModelConfig {
    ModelConfig {
        vision,
        text,
        embed,
        mean: if vit { VIT_MEAN_STD } else { CLIP_MEAN },
        std: if vit { VIT_MEAN_STD } else { CLIP_STD },
        logit_scale: INITIAL_LOGIT_SCALE,
        preprocess_source: if vit {
            PreprocessSource::VitDefault
        } else {
            PreprocessSource::ClipDefault
        },
    }
}

/// Takes mean and deviation from transformers' preprocessor file.
///
/// # Errors
/// [`CheckpointError::Config`].
pub(super) fn hf_preprocessor(file: Section, config: &mut ModelConfig) -> Result<(), CheckpointError> {
    // transformers 5 may nest it in `processor_config.json`.
    let file = file.object("image_processor")?.unwrap_or(file);
    if !file.flag("do_normalize", true)? {
        (config.mean, config.std) = ([0.0; 3], [1.0; 3]);
        config.preprocess_source = PreprocessSource::Checkpoint;
        return Ok(());
    }
    take_channels(file, "image_mean", "image_std", config)
}

fn take_channels(file: Section, mean: &str, std: &str, config: &mut ModelConfig) -> Result<(), CheckpointError> {
    let (mean, std) = (file.channels(mean)?, file.channels(std)?);
    if mean.is_some() || std.is_some() {
        config.preprocess_source = PreprocessSource::Checkpoint;
    }
    config.mean = mean.unwrap_or(config.mean);
    config.std = std.unwrap_or(config.std);
    Ok(())
}

/// Options of open_clip's towers that change the arithmetic, and their harmless values.
const VISION_OPTIONS: [(&str, &str); 7] = [
    ("timm_model_name", "an image tower from timm"),
    ("ls_init_value", "an image tower with LayerScale"),
    ("attentional_pool", "attentional pooling"),
    (
        "final_ln_after_pool",
        "an image tower that pools before its last layer norm",
    ),
    ("block_type", "an image tower of custom blocks"),
    ("qk_norm", "attention with normalised queries and keys"),
    ("timm_proj", "an image tower from timm"),
];
const TEXT_OPTIONS: [(&str, &str); 8] = [
    ("hf_model_name", "a text tower other than CLIP's"),
    ("hf_tokenizer_name", "a tokenizer other than CLIP's"),
    ("ls_init_value", "a text tower with LayerScale"),
    ("embed_cls", "a text tower with a class token"),
    ("no_causal_mask", "a text tower without causal mask"),
    (
        "final_ln_after_pool",
        "a text tower that pools before its last layer norm",
    ),
    ("proj_bias", "a text projection with a bias"),
    ("qk_norm", "attention with normalised queries and keys"),
];
const BOTH_OPTIONS: [&str; 5] = [
    "scaled_cosine_attn",
    "scale_heads",
    "scale_attn_inner",
    "scale_attn",
    "scale_fc",
];

/// Reads open_clip's `open_clip_config.json`, or the model part of it alone.
///
/// # Errors
/// [`CheckpointError::Config`], [`CheckpointError::Unsupported`], [`CheckpointError::ForeignVocabulary`].
pub(super) fn open_clip(file: Section) -> Result<ModelConfig, CheckpointError> {
    let cfg = file.object("model_cfg")?.unwrap_or(file);
    let missing = |key: &str| bad_config(file.path(), format!("there is no `{key}`"));
    let vision = cfg.object("vision_cfg")?.ok_or_else(|| missing("vision_cfg"))?;
    let text = cfg.object("text_cfg")?.ok_or_else(|| missing("text_cfg"))?;
    if cfg.get("embed_dim").is_none() {
        return Err(missing("embed_dim"));
    }
    let refuse = |what: &str| Err(unsupported(file.path(), what, CLIP));
    if cfg.get("multimodal_cfg").is_some() {
        return refuse("a CoCa model");
    }
    if cfg.get("init_logit_bias").is_some() {
        return refuse("a SigLIP model");
    }
    if vision.get("layers").is_some_and(serde_json::Value::is_array) {
        return Err(unsupported(
            file.path(),
            "a ResNet CLIP",
            "Take one with a ViT image tower, such as ViT-B/16.",
        ));
    }
    refuse_options(vision, &VISION_OPTIONS)?;
    refuse_options(text, &TEXT_OPTIONS)?;
    for part in [vision, text] {
        refuse_options(part, &BOTH_OPTIONS.map(|key| (key, "attention with additional scales")))?;
    }
    let pool = vision.text("pool_type")?.unwrap_or("tok");
    if pool != "tok" {
        return refuse(&format!("an image tower with pooling `{pool}`"));
    }
    let pool = text.text("pool_type")?.unwrap_or("argmax");
    if pool != "argmax" {
        return refuse(&format!("a text tower with pooling `{pool}`"));
    }
    let projection = text.text("proj_type")?.unwrap_or("linear");
    if projection != "linear" {
        return refuse(&format!("a text projection of type `{projection}`"));
    }
    if let Some(clean) = text
        .object("tokenizer_kwargs")?
        .map(|kwargs| kwargs.text("clean"))
        .transpose()?
        .flatten()
        && clean != "lower"
    {
        return refuse(&format!("text cleaned by the rule `{clean}`"));
    }
    let quick = cfg.flag("quick_gelu", false)?;
    let (width, text_width) = (vision.size("width", 768)?, text.size("width", 512)?);
    let head_width = vision.size("head_width", 64)?;
    let vision = VisionConfig {
        image_size: vision.side("image_size", 224)?,
        patch: vision.side("patch_size", 16)?,
        width,
        layers: vision.size("layers", 12)?,
        heads: width.checked_div(head_width).unwrap_or(0),
        mlp: open_clip_mlp(vision, width)?,
        activation: open_clip_activation(vision, quick)?,
        layer_norm_eps: open_clip_epsilon(vision)?,
        pre_layer_norm: !vision.flag("no_ln_pre", false)?,
        patch_bias: false,
    };
    let text = TextConfig {
        vocab: vocabulary(text.path(), text.size("vocab_size", CLIP_VOCABULARY)?)?,
        context: text.size("context_length", 77)?,
        width: text_width,
        layers: text.size("layers", 12)?,
        heads: text.size("heads", 8)?,
        mlp: open_clip_mlp(text, text_width)?,
        activation: open_clip_activation(text, quick)?,
        layer_norm_eps: open_clip_epsilon(text)?,
        eot: EotRule::Argmax,
    };
    let mut config = model(vision, Some(text), cfg.size("embed_dim", 512)?, false);
    if let Some(preprocess) = file.object("preprocess_cfg")? {
        take_channels(preprocess, "mean", "std", &mut config)?;
    }
    Ok(config)
}

fn refuse_options(part: Section, options: &[(&str, &str)]) -> Result<(), CheckpointError> {
    let set = |key: &str| {
        part.get(key)
            .is_some_and(|v| !matches!(v.as_bool(), Some(false)) && v.as_str() != Some(""))
    };
    // `default` blocks and timm's own defaults in a file without a timm tower mean nothing.
    let harmless = |key: &str| {
        let value = part.get(key).and_then(|v| v.as_str());
        (key == "block_type" && value == Some("default"))
            || (key == "timm_proj" && part.get("timm_model_name").is_none())
    };
    match options.iter().find(|(key, _)| set(key) && !harmless(key)) {
        Some((_, what)) => Err(unsupported(part.path(), *what, CLIP)),
        None => Ok(()),
    }
}

/// As Python's `int(width * mlp_ratio)`.
fn open_clip_mlp(part: Section, width: usize) -> Result<usize, CheckpointError> {
    Ok((width as f64 * part.number("mlp_ratio", 4.0)?) as usize)
}

fn open_clip_activation(part: Section, quick: bool) -> Result<Activation, CheckpointError> {
    let kwargs = part.object("act_kwargs")?.unwrap_or(part.empty());
    match kwargs.text("approximate")? {
        _ if quick => Ok(Activation::QuickGelu),
        None | Some("none") => Ok(Activation::Gelu),
        Some("tanh") => Ok(Activation::GeluTanh),
        Some(other) => Err(unsupported(
            part.path(),
            format!("GELU with the approximation `{other}`"),
            CLIP,
        )),
    }
}

fn open_clip_epsilon(part: Section) -> Result<f64, CheckpointError> {
    part.object("norm_kwargs")?.unwrap_or(part.empty()).number("eps", 1e-5)
}

/// The sizes of a model by OpenAI, from its canonical tensors: its files bring no configuration.
///
/// # Errors
/// [`CheckpointError::Damaged`] where a tensor needed for that is missing, [`CheckpointError::ForeignVocabulary`].
pub(super) fn openai(
    path: &Path,
    tensors: &BTreeMap<String, RawTensor>,
    activation: Activation,
) -> Result<ModelConfig, CheckpointError> {
    let size = |name: &str, side: usize| {
        let found = tensors.get(name).and_then(|t| t.shape.get(side)).copied();
        found.ok_or_else(|| {
            let missing = vec![name.to_owned()];
            CheckpointError::Mismatch {
                path: path.to_owned(),
                missing,
                misshapen: Vec::new(),
                unused: Vec::new(),
            }
        })
    };
    let layers = |tower: &str| {
        let is_block = |name: &&String| {
            name.starts_with(&format!("{tower}.encoder.layers.")) && name.ends_with(".self_attn.q_proj.weight")
        };
        tensors.keys().filter(is_block).count()
    };
    let width = size("vision_model.embeddings.patch_embedding.weight", 0)?;
    let patch = size("vision_model.embeddings.patch_embedding.weight", 3)?;
    let tokens = size("vision_model.embeddings.position_embedding.weight", 0)?;
    let text_width = size("text_model.final_layer_norm.weight", 0)?;
    let vision = VisionConfig {
        image_size: tokens.saturating_sub(1).isqrt().saturating_mul(patch),
        patch,
        width,
        layers: layers("vision_model"),
        heads: width / 64,
        mlp: size("vision_model.encoder.layers.0.mlp.fc1.weight", 0)?,
        activation,
        layer_norm_eps: 1e-5,
        pre_layer_norm: true,
        patch_bias: false,
    };
    let text = TextConfig {
        vocab: vocabulary(path, size("text_model.embeddings.token_embedding.weight", 0)?)?,
        context: size("text_model.embeddings.position_embedding.weight", 0)?,
        width: text_width,
        layers: layers("text_model"),
        heads: text_width / 64,
        mlp: size("text_model.encoder.layers.0.mlp.fc1.weight", 0)?,
        activation,
        layer_norm_eps: 1e-5,
        eot: EotRule::Argmax,
    };
    Ok(model(vision, Some(text), size("text_projection.weight", 0)?, false))
}
