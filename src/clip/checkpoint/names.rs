//! From the names that OpenAI, open_clip and transformers give their tensors to the canonical ones.

use super::error::{CheckpointError, damaged, unsupported};
use super::weights::RawTensor;
use std::collections::BTreeMap;
use std::path::Path;

type Tensors = BTreeMap<String, RawTensor>;

/// Whose names a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// transformers' `CLIPModel` or `CLIPVisionModel`: the canonical names.
    HuggingFace,
    /// OpenAI's and open_clip's.
    OpenClip,
    /// transformers' `ViTModel` or `ViTForImageClassification`.
    Vit,
}

/// Buffers that say nothing the configuration does not.
const HARMLESS: [&str; 5] = [
    "position_ids",
    "input_resolution",
    "context_length",
    "vocab_size",
    "attn_mask",
];

/// Prefixes that wrappers put before every name: DataParallel, torch.compile, and training programs' own.
const WRAPPERS: [&str; 4] = ["module.", "_orig_mod.", "model.", "clip."];

/// Renames, splits and transposes `tensors` into the canonical form. Unknown names are left as they are, for the
/// final comparison to list.
///
/// # Errors
/// [`CheckpointError::Unsupported`] for architectures that have no place here, [`CheckpointError::Damaged`].
pub(super) fn canonical(path: &Path, mut tensors: Tensors) -> Result<(Naming, Tensors), CheckpointError> {
    tensors.retain(|name, _| !HARMLESS.contains(&name.rsplit('.').next().unwrap_or(name)));
    while let Some(wrapper) = WRAPPERS
        .iter()
        .find(|w| !tensors.is_empty() && tensors.keys().all(|name| name.starts_with(**w)))
    {
        tensors = tensors
            .into_iter()
            .map(|(name, t)| (name[wrapper.len()..].to_owned(), t))
            .collect();
    }
    if let Some((what, instead)) = foreign(&tensors) {
        return Err(unsupported(path, what, instead));
    }
    let any = |prefix: &str| tensors.keys().any(|name| name.starts_with(prefix));
    let naming = if any("visual.") {
        Naming::OpenClip
    } else if any("vit.embeddings.") || any("embeddings.patch_embeddings.") {
        Naming::Vit
    } else if any("vision_model.") || any("embeddings.class_embedding") {
        Naming::HuggingFace
    } else {
        let some: Vec<&str> = tensors.keys().take(3).map(String::as_str).collect();
        let what = match some.as_slice() {
            [] => "a file without tensors".to_owned(),
            some => format!("a model with tensors such as {}", some.join(", ")),
        };
        return Err(unsupported(
            path,
            what,
            "Take a CLIP with a ViT image tower, or a ViT from Hugging Face.",
        ));
    };
    let mut out = Renamed {
        path,
        tensors: Tensors::new(),
    };
    for (name, tensor) in tensors {
        match naming {
            Naming::HuggingFace => out.hugging_face(name, tensor)?,
            Naming::OpenClip => out.open_clip(name, tensor)?,
            Naming::Vit => out.vit(name, tensor)?,
        }
    }
    Ok((naming, out.tensors))
}

/// Recognises other architectures by a tensor that only they have: what they are, and what to take instead.
fn foreign(tensors: &Tensors) -> Option<(&'static str, &'static str)> {
    const VIT: &str = "Take one with a ViT image tower, such as ViT-B/16.";
    const CLIP: &str = "Take an ordinary CLIP, such as ViT-B/16 from OpenAI or LAION.";
    const HF: &str = "Take the model as Hugging Face's transformers stores it (config.json and model.safetensors).";
    let marks: [(&str, &'static str, &'static str); 16] = [
        ("visual.layer1.", "a ResNet CLIP", VIT),
        ("visual.attnpool.", "a ResNet CLIP", VIT),
        ("visual.trunk.", "an image tower from timm", VIT),
        ("visual.attn_pool", "attentional pooling", CLIP),
        ("text_decoder.", "a CoCa model", CLIP),
        ("logit_bias", "a SigLIP model", CLIP),
        ("vision_model.head.", "a SigLIP model", CLIP),
        ("text.transformer.embeddings.", "a text tower other than CLIP's", CLIP),
        ("text.transformer.encoder.", "a text tower other than CLIP's", CLIP),
        ("text_model.encoder.layer.", "a text tower other than CLIP's", CLIP),
        ("text_projection.bias", "a text projection with a bias", CLIP),
        ("text.text_projection.bias", "a text projection with a bias", CLIP),
        ("layer1.0.", "a ResNet", VIT),
        ("blocks.0.attn.qkv.", "a ViT as timm stores it", HF),
        ("embeddings.distillation_token", "a DeiT with a distillation token", HF),
        (
            "base_model.model.",
            "an adapter (LoRA) without the model it belongs to",
            "Merge it into its model first.",
        ),
    ];
    let marked = marks
        .iter()
        .find(|(mark, ..)| tensors.keys().any(|name| name.starts_with(mark)));
    if let Some((_, what, instead)) = marked {
        return Some((what, instead));
    }
    if tensors.keys().any(|name| name.ends_with(".ls_1.gamma")) {
        return Some(("a transformer with LayerScale", CLIP));
    }
    None
}

struct Renamed<'a> {
    path: &'a Path,
    tensors: Tensors,
}

impl Renamed<'_> {
    fn put(&mut self, name: String, tensor: RawTensor) -> Result<(), CheckpointError> {
        match self.tensors.insert(name.clone(), tensor) {
            None => Ok(()),
            Some(_) => Err(damaged(self.path, format!("two tensors are {name}"))),
        }
    }

    fn hugging_face(&mut self, name: String, tensor: RawTensor) -> Result<(), CheckpointError> {
        // transformers 5 saves a CLIPVisionModel without the prefix.
        let bare = ["embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm."];
        let name = if bare.iter().any(|part| name.starts_with(part)) {
            format!("vision_model.{name}")
        } else {
            name
        };
        let tensor = if name == "logit_scale" { scalar(tensor) } else { tensor };
        self.put(name, tensor)
    }

    fn open_clip(&mut self, name: String, tensor: RawTensor) -> Result<(), CheckpointError> {
        // CustomTextCLIP keeps its text tower below `text.`.
        let short = name.strip_prefix("text.").unwrap_or(&name);
        let renamed = match short {
            "visual.class_embedding" => "vision_model.embeddings.class_embedding",
            "visual.positional_embedding" => "vision_model.embeddings.position_embedding.weight",
            "visual.conv1.weight" => "vision_model.embeddings.patch_embedding.weight",
            "positional_embedding" => "text_model.embeddings.position_embedding.weight",
            "token_embedding.weight" => "text_model.embeddings.token_embedding.weight",
            "text_projection.weight" => "text_projection.weight",
            "visual.proj" | "text_projection" => {
                let to = if short == "visual.proj" {
                    "visual_projection.weight"
                } else {
                    "text_projection.weight"
                };
                let turned = tensor
                    .transposed()
                    .ok_or_else(|| damaged(self.path, format!("{name} is no matrix")))?;
                return self.put(to.to_owned(), turned);
            }
            "logit_scale" => return self.put(name, scalar(tensor)),
            _ => return self.open_clip_block(short, &name, tensor),
        };
        self.put(renamed.to_owned(), tensor)
    }

    fn open_clip_block(&mut self, short: &str, name: &str, tensor: RawTensor) -> Result<(), CheckpointError> {
        for (from, to) in [
            ("visual.ln_pre.", "vision_model.pre_layrnorm."),
            ("visual.ln_post.", "vision_model.post_layernorm."),
            ("ln_final.", "text_model.final_layer_norm."),
        ] {
            if let Some(rest) = short.strip_prefix(from) {
                return self.put(format!("{to}{rest}"), tensor);
            }
        }
        let (tower, rest) = match short.strip_prefix("visual.transformer.resblocks.") {
            Some(rest) => ("vision_model", rest),
            None => match short.strip_prefix("transformer.resblocks.") {
                Some(rest) => ("text_model", rest),
                None => return self.put(name.to_owned(), tensor),
            },
        };
        let Some((layer, part)) = rest.split_once('.') else {
            return self.put(name.to_owned(), tensor);
        };
        let layer = format!("{tower}.encoder.layers.{layer}");
        for (from, to) in [
            ("ln_1.", "layer_norm1."),
            ("ln_2.", "layer_norm2."),
            ("attn.out_proj.", "self_attn.out_proj."),
            ("mlp.c_fc.", "mlp.fc1."),
            ("mlp.c_proj.", "mlp.fc2."),
        ] {
            if let Some(rest) = part.strip_prefix(from) {
                return self.put(format!("{layer}.{to}{rest}"), tensor);
            }
        }
        let kind = match part {
            "attn.in_proj_weight" => "weight",
            "attn.in_proj_bias" => "bias",
            _ => return self.put(name.to_owned(), tensor),
        };
        let rows = tensor.shape.first().copied().unwrap_or(0);
        if rows == 0 || rows % 3 != 0 {
            let problem = format!("{name} should hold query, key and value, but has {rows} rows");
            return Err(damaged(self.path, problem));
        }
        let mut shape = tensor.shape.clone();
        shape[0] = rows / 3;
        let third = tensor.data.len() / 3;
        for (i, which) in ["q", "k", "v"].into_iter().enumerate() {
            let part = RawTensor {
                shape: shape.clone(),
                data: tensor.data[i * third..(i + 1) * third].to_vec(),
            };
            self.put(format!("{layer}.self_attn.{which}_proj.{kind}"), part)?;
        }
        Ok(())
    }

    fn vit(&mut self, name: String, mut tensor: RawTensor) -> Result<(), CheckpointError> {
        let short = name.strip_prefix("vit.").unwrap_or(&name);
        let dropped = ["pooler.", "classifier.", "decoder.", "embeddings.mask_token"];
        if dropped.iter().any(|part| short.starts_with(part)) {
            return Ok(());
        }
        // A leading batch side of one, which CLIP's tensors lack.
        let batches = match short {
            "embeddings.cls_token" => 2,
            "embeddings.position_embeddings" => 1,
            _ => 0,
        };
        if tensor.shape.len() > batches && tensor.shape[..batches].iter().all(|side| *side == 1) {
            tensor.shape.drain(..batches);
        }
        for (from, to) in [
            ("embeddings.cls_token", "embeddings.class_embedding"),
            ("embeddings.position_embeddings", "embeddings.position_embedding.weight"),
            ("embeddings.patch_embeddings.projection.", "embeddings.patch_embedding."),
            ("layernorm.", "post_layernorm."),
        ] {
            if let Some(rest) = short.strip_prefix(from) {
                return self.put(format!("vision_model.{to}{rest}"), tensor);
            }
        }
        // transformers 5 renamed the blocks in memory, but still saves the old names; both are read.
        let rest = short
            .strip_prefix("encoder.layer.")
            .or_else(|| short.strip_prefix("layers."));
        if let Some((layer, part)) = rest.and_then(|rest| rest.split_once('.')) {
            for (from, to) in [
                ("layernorm_before.", "layer_norm1."),
                ("layernorm_after.", "layer_norm2."),
                ("attention.attention.query.", "self_attn.q_proj."),
                ("attention.attention.key.", "self_attn.k_proj."),
                ("attention.attention.value.", "self_attn.v_proj."),
                ("attention.output.dense.", "self_attn.out_proj."),
                ("attention.q_proj.", "self_attn.q_proj."),
                ("attention.k_proj.", "self_attn.k_proj."),
                ("attention.v_proj.", "self_attn.v_proj."),
                ("attention.o_proj.", "self_attn.out_proj."),
                ("intermediate.dense.", "mlp.fc1."),
                ("output.dense.", "mlp.fc2."),
                ("mlp.", "mlp."),
            ] {
                if let Some(rest) = part.strip_prefix(from) {
                    return self.put(format!("vision_model.encoder.layers.{layer}.{to}{rest}"), tensor);
                }
            }
        }
        self.put(name, tensor)
    }
}

/// Some files store the one number as a list of one.
fn scalar(mut tensor: RawTensor) -> RawTensor {
    if tensor.data.len() == 1 {
        tensor.shape.clear();
    }
    tensor
}
