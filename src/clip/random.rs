//! Weights drawn at random, under canonical names: a student's start, the starter model's start, models to measure speed with.

use super::checkpoint::{Checkpoint, Layout, RawTensor, Weights};
use super::config::{
    Activation, CLIP_MEAN, CLIP_STD, CLIP_VOCABULARY, EotRule, INITIAL_LOGIT_SCALE, ModelConfig, PreprocessSource,
    TextConfig, VisionConfig,
};
use crate::support::rng::{self, Rng};
use std::collections::BTreeMap;
use std::path::Path;

/// Deviation of every weight of a student drawn at random.
const STUDENT_STD: f32 = 0.02;

/// Collects tensors by name.
struct Draw<R> {
    rng: R,
    prefix: &'static str,
    weights: BTreeMap<String, RawTensor>,
}

impl<R: Rng> Draw<R> {
    fn put(&mut self, name: &str, shape: &[usize], data: Vec<f32>) {
        self.weights.insert(
            format!("{}{name}", self.prefix),
            RawTensor {
                shape: shape.to_vec(),
                data,
            },
        );
    }

    fn normal(&mut self, name: &str, shape: &[usize], std: f32) {
        let data = (0..shape.iter().product())
            .map(|_| rng::normal(&mut self.rng) * std)
            .collect();
        self.put(name, shape, data);
    }

    fn fill(&mut self, name: &str, shape: &[usize], value: f32) {
        self.put(name, shape, vec![value; shape.iter().product()]);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.fill(&format!("{name}.weight"), &[width], 1.0);
        self.fill(&format!("{name}.bias"), &[width], 0.0);
    }

    /// Blocks whose weights have the deviation `std(d_in, ends a residual branch)`.
    fn blocks(&mut self, d: usize, mlp: usize, layers: usize, std: impl Fn(usize, bool) -> f32) {
        for layer in 0..layers {
            let prefix = format!("encoder.layers.{layer}");
            let linears = [
                ("self_attn.q_proj", d, d, false),
                ("self_attn.k_proj", d, d, false),
                ("self_attn.v_proj", d, d, false),
                ("self_attn.out_proj", d, d, true),
                ("mlp.fc1", d, mlp, false),
                ("mlp.fc2", mlp, d, true),
            ];
            for (name, d_in, d_out, ends) in linears {
                self.normal(&format!("{prefix}.{name}.weight"), &[d_out, d_in], std(d_in, ends));
                self.fill(&format!("{prefix}.{name}.bias"), &[d_out], 0.0);
            }
            self.norm(&format!("{prefix}.layer_norm1"), d);
            self.norm(&format!("{prefix}.layer_norm2"), d);
        }
    }
}

/// A vision tower for a student: weights N(0, 0.02), biases 0, norms 1.
pub fn student_tower(vision: &VisionConfig, seed: u64) -> Weights {
    let (d, p) = (vision.width, vision.patch);
    let mut draw = Draw {
        rng: rng::stream(seed, "student", 0),
        prefix: "vision_model.",
        weights: BTreeMap::new(),
    };
    draw.normal("embeddings.class_embedding", &[d], STUDENT_STD);
    draw.normal("embeddings.patch_embedding.weight", &[d, 3, p, p], STUDENT_STD);
    if vision.patch_bias {
        draw.fill("embeddings.patch_embedding.bias", &[d], 0.0);
    }
    draw.normal(
        "embeddings.position_embedding.weight",
        &[vision.patches() + 1, d],
        STUDENT_STD,
    );
    draw.norm("post_layernorm", d);
    if vision.pre_layer_norm {
        draw.norm("pre_layrnorm", d);
    }
    draw.blocks(d, vision.mlp, vision.layers, |_, _| STUDENT_STD);
    Weights::new(Path::new("random student"), draw.weights)
}

/// A whole CLIP to train from nothing. Weights scale with their inputs, positions are sines (neighbours begin alike, which
/// a small ViT on few pictures would take long to find out), and words begin well apart.
pub fn clip(config: &ModelConfig, text: &TextConfig, seed: u64) -> Weights {
    let vision = &config.vision;
    let (d, p) = (vision.width, vision.patch);
    let mut draw = Draw {
        rng: rng::stream(seed, "starter vision", 0),
        prefix: "vision_model.",
        weights: BTreeMap::new(),
    };
    draw.normal("embeddings.class_embedding", &[d], 0.5);
    draw.normal(
        "embeddings.patch_embedding.weight",
        &[d, 3, p, p],
        ((3 * p * p) as f32).powf(-0.5) * 0.5,
    );
    if vision.patch_bias {
        draw.fill("embeddings.patch_embedding.bias", &[d], 0.0);
    }
    draw.put(
        "embeddings.position_embedding.weight",
        &[vision.patches() + 1, d],
        sine_positions(vision.grid(), d),
    );
    draw.norm("pre_layrnorm", d);
    draw.norm("post_layernorm", d);
    draw.blocks(d, vision.mlp, vision.layers, fan_in(vision.layers));
    let mut weights = draw.weights;
    // Keys begin as queries (after Trockman and Kolter, 2023): like attends to like, and by the sines to its neighbours.
    for layer in 0..vision.layers {
        let name = |part: &str| format!("vision_model.encoder.layers.{layer}.self_attn.{part}_proj.weight");
        if let Some(query) = weights.get(&name("q")).cloned() {
            weights.insert(name("k"), query);
        }
    }

    let t = text.width;
    let mut draw = Draw {
        rng: rng::stream(seed, "starter text", 0),
        prefix: "text_model.",
        weights: BTreeMap::new(),
    };
    draw.normal("embeddings.token_embedding.weight", &[text.vocab, t], 0.3);
    draw.normal("embeddings.position_embedding.weight", &[text.context, t], 0.05);
    draw.norm("final_layer_norm", t);
    draw.blocks(t, text.mlp, text.layers, fan_in(text.layers));
    weights.extend(draw.weights);

    let mut draw = Draw {
        rng: rng::stream(seed, "starter heads", 0),
        prefix: "",
        weights: BTreeMap::new(),
    };
    draw.normal("visual_projection.weight", &[config.embed, d], (d as f32).powf(-0.5));
    draw.normal("text_projection.weight", &[config.embed, t], (t as f32).powf(-0.5));
    draw.fill("logit_scale", &[], config.logit_scale.ln());
    weights.extend(draw.weights);
    Weights::new(Path::new("random CLIP"), weights)
}

/// The sizes of OpenAI's ViT-B/16.
pub fn vit_b16() -> (ModelConfig, TextConfig) {
    sizes((224, 16), (768, 12, 12), (512, 12, 8), 512)
}

/// Sizes that a test can wait for: 4 x 4 patches, two blocks in each tower.
pub fn tiny() -> (ModelConfig, TextConfig) {
    sizes((32, 8), (32, 2, 2), (32, 2, 2), 16)
}

/// Side of picture and patch in pixels; width, blocks and heads of the image tower and of the text tower; size of the shared embedding.
fn sizes(
    (image_size, patch): (usize, usize),
    vision: (usize, usize, usize),
    text: (usize, usize, usize),
    embed: usize,
) -> (ModelConfig, TextConfig) {
    let (activation, layer_norm_eps) = (Activation::QuickGelu, 1e-5);
    let text = TextConfig {
        vocab: CLIP_VOCABULARY,
        context: 77,
        width: text.0,
        layers: text.1,
        heads: text.2,
        mlp: 4 * text.0,
        activation,
        layer_norm_eps,
        eot: EotRule::Argmax,
    };
    let config = ModelConfig {
        vision: VisionConfig {
            image_size,
            patch,
            width: vision.0,
            layers: vision.1,
            heads: vision.2,
            mlp: 4 * vision.0,
            activation,
            layer_norm_eps,
            pre_layer_norm: true,
            patch_bias: false,
        },
        text: Some(text.clone()),
        embed,
        mean: CLIP_MEAN,
        std: CLIP_STD,
        logit_scale: INITIAL_LOGIT_SCALE,
        preprocess_source: PreprocessSource::ClipDefault,
    };
    (config, text)
}

/// A whole CLIP drawn at random, as if it had been read: as fast as a real one of its sizes, and worth nothing else.
pub fn checkpoint((config, text): &(ModelConfig, TextConfig), seed: u64) -> Checkpoint {
    Checkpoint {
        layout: Layout::HuggingFace,
        weights: clip(config, text, seed),
        config: config.clone(),
        path: Path::new("random CLIP").to_owned(),
        fingerprint: format!("drawn with seed {seed}"),
    }
}

/// 1/sqrt(inputs), smaller at the end of a residual branch so that depth does not add up.
fn fan_in(layers: usize) -> impl Fn(usize, bool) -> f32 {
    move |d_in, ends| {
        let std = (d_in as f32).powf(-0.5);
        if ends {
            std * (2.0 * layers as f32).powf(-0.5)
        } else {
            std
        }
    }
}

/// Sines and cosines of row and column at rising frequencies; the first row is that of [CLS], zero.
fn sine_positions(grid: usize, width: usize) -> Vec<f32> {
    let mut data = vec![0.0; width];
    let quarter = (width / 4).max(1);
    for row in 0..grid {
        for col in 0..grid {
            for i in 0..width {
                let frequency = 100f64.powf(-((i % quarter) as f64) / quarter as f64);
                let angle = frequency * if i / quarter < 2 { row as f64 } else { col as f64 };
                let value = if (i / quarter).is_multiple_of(2) {
                    angle.sin()
                } else {
                    angle.cos()
                };
                data.push((0.5 * value) as f32);
            }
        }
    }
    data
}
