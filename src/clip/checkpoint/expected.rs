//! The tensors a configuration calls for, and their comparison with what a file holds.

use super::error::CheckpointError;
use super::weights::{RawTensor, mismatch};
use crate::clip::config::ModelConfig;
use std::collections::BTreeMap;
use std::path::Path;

/// Name and shape of every tensor of `config`, except the optional `logit_scale`.
pub(super) fn tensors(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let v = &config.vision;
    let d = v.width;
    let mut list = List(Vec::new());
    list.add("vision_model.embeddings.class_embedding", &[d]);
    list.add(
        "vision_model.embeddings.patch_embedding.weight",
        &[d, 3, v.patch, v.patch],
    );
    if v.patch_bias {
        list.add("vision_model.embeddings.patch_embedding.bias", &[d]);
    }
    list.add(
        "vision_model.embeddings.position_embedding.weight",
        &[v.patches() + 1, d],
    );
    if v.pre_layer_norm {
        list.pair("vision_model.pre_layrnorm", &[d], d);
    }
    list.blocks("vision_model", v.layers, d, v.mlp);
    list.pair("vision_model.post_layernorm", &[d], d);
    if config.embed > 0 {
        list.add("visual_projection.weight", &[config.embed, d]);
    }
    if let Some(t) = &config.text {
        list.add("text_model.embeddings.token_embedding.weight", &[t.vocab, t.width]);
        list.add("text_model.embeddings.position_embedding.weight", &[t.context, t.width]);
        list.blocks("text_model", t.layers, t.width, t.mlp);
        list.pair("text_model.final_layer_norm", &[t.width], t.width);
        list.add("text_projection.weight", &[config.embed, t.width]);
    }
    list.0
}

struct List(Vec<(String, Vec<usize>)>);

impl List {
    fn add(&mut self, name: &str, shape: &[usize]) {
        self.0.push((name.to_owned(), shape.to_vec()));
    }

    /// A weight of this shape, and a bias of `out` numbers.
    fn pair(&mut self, name: &str, weight: &[usize], out: usize) {
        self.add(&format!("{name}.weight"), weight);
        self.add(&format!("{name}.bias"), &[out]);
    }

    fn blocks(&mut self, tower: &str, layers: usize, width: usize, mlp: usize) {
        for layer in 0..layers {
            let block = format!("{tower}.encoder.layers.{layer}");
            self.pair(&format!("{block}.layer_norm1"), &[width], width);
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                self.pair(&format!("{block}.self_attn.{projection}"), &[width, width], width);
            }
            self.pair(&format!("{block}.layer_norm2"), &[width], width);
            self.pair(&format!("{block}.mlp.fc1"), &[mlp, width], mlp);
            self.pair(&format!("{block}.mlp.fc2"), &[width, mlp], width);
        }
    }
}

/// Compares names and shapes without allocating anything of the size that the configuration claims.
///
/// # Errors
/// [`CheckpointError::Mismatch`].
pub(super) fn compare(
    path: &Path,
    config: &ModelConfig,
    found: &BTreeMap<String, RawTensor>,
) -> Result<(), CheckpointError> {
    let expected: BTreeMap<String, Vec<usize>> = tensors(config).into_iter().collect();
    let missing = expected
        .keys()
        .filter(|name| !found.contains_key(*name))
        .cloned()
        .collect();
    let misshapen = expected
        .iter()
        .filter_map(|(name, shape)| {
            let tensor = found.get(name).filter(|tensor| tensor.shape != *shape)?;
            Some((name.clone(), shape.clone(), tensor.shape.clone()))
        })
        .collect();
    let unused = found
        .keys()
        .filter(|name| *name != "logit_scale" && !expected.contains_key(*name))
        .cloned()
        .collect();
    mismatch(path.to_owned(), missing, misshapen, unused)
}
