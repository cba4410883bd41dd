//! Whole checkpoints made on the fly, and the small PyTorch files of `tests/fixtures`.

mod faults;
mod layouts;
mod mutations;

use super::*;
use ::safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Shapes by name.
type Shapes = BTreeMap<String, Vec<usize>>;

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/pickles")
        .join(name)
}

/// Element `i` of the `k`-th tensor by name, exact in every format. `tests/fixtures/make_pickles.py` does the same.
fn value(k: usize, i: usize) -> f32 {
    ((3 * k + i) % 17) as f32 / 16.0 - 0.5
}

/// A safetensors file with numbered values; `change` sees each tensor's bytes.
fn safetensors_bytes(shapes: &Shapes, change: impl Fn(&str, &mut Vec<f32>)) -> Vec<u8> {
    let data: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .iter()
        .enumerate()
        .map(|(k, (name, shape))| {
            let mut values: Vec<f32> = (0..shape.iter().product()).map(|i| value(k, i)).collect();
            change(name, &mut values);
            (
                name.clone(),
                shape.clone(),
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = data
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    ::safetensors::serialize(views, None).unwrap()
}

/// A folder with files of these names and contents.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn write_json(folder: &TempDir, name: &str, value: &Value) {
    std::fs::write(folder.path().join(name), value.to_string()).unwrap();
}

/// transformers' configuration of the smallest CLIP: its text tower is two wide, so that the vocabulary stays small.
fn hf_config() -> Value {
    json!({
        "model_type": "clip", "projection_dim": 4,
        "vision_config": {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 6, "patch_size": 2, "hidden_act": "gelu"},
        "text_config": {"hidden_size": 2, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1,
            "max_position_embeddings": 7, "eos_token_id": 2},
    })
}

/// The tensors that `config` of this kind of file calls for.
fn shapes_of(config: &Value) -> Shapes {
    let section = Section::new(Path::new("config.json"), config).unwrap();
    let config = if config.get("model_cfg").is_some() {
        configs::open_clip(section).unwrap()
    } else {
        configs::hugging_face(section).unwrap()
    };
    let mut shapes: Shapes = expected::tensors(&config).into_iter().collect();
    if config.text.is_some() {
        shapes.insert("logit_scale".to_owned(), Vec::new());
    }
    shapes
}

/// A whole Hugging Face CLIP with finite weights.
fn hf_folder() -> TempDir {
    let config = hf_config();
    let weights = safetensors_bytes(&shapes_of(&config), |_, _| ());
    let folder = folder(&[("model.safetensors", &weights)]);
    write_json(&folder, "config.json", &config);
    folder
}
