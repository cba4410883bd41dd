//! The vision tower: a ViT that returns the final tokens of the whole picture and of every patch.

use super::checkpoint::{RawTensor, WeightReader};
use super::config::VisionConfig;
use super::layers::{Encoder, TransformerShape, linear_tokens, parameter, read_norm, transpose};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where patch features come from (METHOD section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchFeatures {
    /// The last block's tokens: what training shapes.
    Token,
    /// MaskCLIP's value path in the last block: localises without training.
    Value,
}

impl fmt::Display for PatchFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Token { "token" } else { "value" })
    }
}

impl FromStr for PatchFeatures {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "token" => Ok(Self::Token),
            "value" => Ok(Self::Value),
            _ => Err(format!("`{s}` is neither token nor value")),
        }
    }
}

/// Final tokens, after the last layer normalisation.
pub struct Tokens {
    /// The [CLS] token, `[batch, width]`.
    pub cls: Tensor<2>,
    /// The patches in row-major order, `[batch, patches, width]`.
    pub patches: Tensor<3>,
}

#[derive(Module, Debug)]
struct Embeddings {
    class_embedding: Param<Tensor<1>>,
    patch_embedding: Linear,
    position_embedding: Param<Tensor<2>>,
}

/// A ViT image tower; see [`VisionConfig`] for its sizes.
#[derive(Module, Debug)]
pub struct VisionTower {
    embeddings: Embeddings,
    pre_layrnorm: Option<LayerNorm>,
    encoder: Encoder,
    post_layernorm: LayerNorm,
    #[module(skip)]
    patch: usize,
    #[module(skip)]
    grid: usize,
}

impl VisionTower {
    /// Reads `vision_model.*`. With an `input_size` other than the checkpoint's the position embedding's grid is
    /// interpolated (bicubic, a = -0.75, no antialias, corners not aligned). What is missing or misshapen is noted in
    /// `reader`, whose `finish` reports it.
    pub fn read(reader: &mut WeightReader, config: &VisionConfig, input_size: usize, device: &Device) -> Self {
        let (d, p) = (config.width, config.patch);
        let (trained_grid, grid) = (config.image_size / p, input_size / p);
        let shape = TransformerShape {
            width: d,
            layers: config.layers,
            heads: config.heads,
            mlp: config.mlp,
            activation: config.activation,
            epsilon: config.layer_norm_eps,
        };
        // The convolution with stride = kernel is a linear map of the flattened patch.
        let kernel = reader.take("vision_model.embeddings.patch_embedding.weight", &[d, 3, p, p]);
        let kernel = transpose(&kernel);
        let bias = config.patch_bias.then(|| {
            parameter(
                reader.take("vision_model.embeddings.patch_embedding.bias", &[d]),
                device,
            )
        });
        let position = reader.take(
            "vision_model.embeddings.position_embedding.weight",
            &[trained_grid * trained_grid + 1, d],
        );
        let embeddings = Embeddings {
            class_embedding: parameter(reader.take("vision_model.embeddings.class_embedding", &[d]), device),
            patch_embedding: Linear {
                weight: parameter(kernel, device),
                bias,
            },
            position_embedding: parameter(interpolate_positions(position, trained_grid, grid), device),
        };
        let mut norm = |name: &str| {
            read_norm(
                reader,
                &format!("vision_model.{name}"),
                d,
                config.layer_norm_eps,
                device,
            )
        };
        let pre_layrnorm = config.pre_layer_norm.then(|| norm("pre_layrnorm"));
        let post_layernorm = norm("post_layernorm");
        let encoder = Encoder::read(reader, "vision_model.encoder", &shape, device);
        Self {
            embeddings,
            pre_layrnorm,
            encoder,
            post_layernorm,
            patch: p,
            grid,
        }
    }

    /// Patches per side of the input.
    pub fn grid(&self) -> usize {
        self.grid
    }

    /// # Shapes
    /// - pixels: `[batch, 3, grid * patch, grid * patch]`, normalised with the tower's own mean and std
    /// - result: [`Tokens`] with `patches = grid * grid`
    pub fn forward(&self, pixels: Tensor<4>, mode: PatchFeatures) -> Tokens {
        let x = self.embed(pixels);
        let [batch, tokens, width] = x.dims();
        match mode {
            PatchFeatures::Token => self.split(self.encoder.forward(x, false)),
            PatchFeatures::Value => {
                let (x, last) = self.encoder.forward_to_last(x);
                let Some(last) = last else { return self.split(x) };
                let patches = x.clone().slice([0..batch, 1..tokens, 0..width]);
                let cls = self.split(last.forward(x, false)).cls;
                Tokens {
                    cls,
                    patches: self.post_layernorm.forward(last.forward_value(patches)),
                }
            }
        }
    }

    /// [`VisionTower::forward`] in both modes at once: the tokens, and the patches of the value path.
    ///
    /// # Shapes
    /// - result: [`Tokens`], and `[batch, patches, width]`
    pub fn forward_both(&self, pixels: Tensor<4>) -> (Tokens, Tensor<3>) {
        let x = self.embed(pixels);
        let [batch, tokens, width] = x.dims();
        let (x, last) = self.encoder.forward_to_last(x);
        let Some(last) = last else {
            let tokens = self.split(x);
            let patches = tokens.patches.clone();
            return (tokens, patches);
        };
        let value = last.forward_value(x.clone().slice([0..batch, 1..tokens, 0..width]));
        (self.split(last.forward(x, false)), self.post_layernorm.forward(value))
    }

    fn embed(&self, pixels: Tensor<4>) -> Tensor<3> {
        let [batch, _, height, width] = pixels.dims();
        let (g, p) = (self.grid, self.patch);
        // A size that is no multiple of the patch loses its last rows and columns, as in a strided convolution.
        let pixels = if height == g * p && width == g * p {
            pixels
        } else {
            pixels.slice([0..batch, 0..3, 0..g * p, 0..g * p])
        };
        let patches = pixels
            .reshape([batch, 3, g, p, g, p])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch, g * g, 3 * p * p]);
        let patches = linear_tokens(&self.embeddings.patch_embedding, patches);
        let width = patches.dims()[2];
        let cls = self
            .embeddings
            .class_embedding
            .val()
            .reshape([1, 1, width])
            .expand([batch, 1, width]);
        let position = self.embeddings.position_embedding.val().unsqueeze::<3>();
        let x = Tensor::cat(vec![cls, patches], 1) + position;
        match &self.pre_layrnorm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }

    fn split(&self, x: Tensor<3>) -> Tokens {
        let [batch, tokens, width] = x.dims();
        let x = self.post_layernorm.forward(x);
        Tokens {
            cls: x.clone().slice([0..batch, 0..1, 0..width]).reshape([batch, width]),
            patches: x.slice([0..batch, 1..tokens, 0..width]),
        }
    }
}

/// Resamples the patch rows of a `[1 + n*n, width]` position embedding to `[1 + m*m, width]`; row 0 ([CLS]) stays.
/// The same numbers as PyTorch's `interpolate(mode="bicubic", align_corners=False)`.
pub fn interpolate_positions(raw: RawTensor, n: usize, m: usize) -> RawTensor {
    if n == m {
        return raw;
    }
    let width = raw.shape[1];
    let taps = bicubic_taps(n, m);
    let at = |row: usize, col: usize, d: usize| raw.data[(1 + row * n + col) * width + d];
    let mut data = raw.data[..width].to_vec();
    for y in &taps {
        for x in &taps {
            for d in 0..width {
                let mut sum = 0.0;
                for (row, wy) in y {
                    let line: f32 = x.iter().map(|(col, wx)| wx * at(*row, *col, d)).sum();
                    sum += wy * line;
                }
                data.push(sum);
            }
        }
    }
    RawTensor {
        shape: vec![1 + m * m, width],
        data,
    }
}

/// For each of `m` outputs the four inputs of `n` (clamped at the border) with their cubic weights (a = -0.75).
fn bicubic_taps(n: usize, m: usize) -> Vec<[(usize, f32); 4]> {
    const A: f64 = -0.75;
    let near = |t: f64| ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0;
    let far = |t: f64| ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A;
    (0..m)
        .map(|i| {
            let source = (i as f64 + 0.5) * n as f64 / m as f64 - 0.5;
            let base = source.floor();
            let t = source - base;
            let weights = [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)];
            std::array::from_fn(|k| {
                let index = (base as i64 - 1 + k as i64).clamp(0, n as i64 - 1) as usize;
                (index, weights[k] as f32)
            })
        })
        .collect()
}
