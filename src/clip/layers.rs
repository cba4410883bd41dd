//! The transformer that both towers share: pre-norm blocks with self-attention and a two-layer MLP, named as in
//! Hugging Face's CLIP so that a parameter's path is its name in a checkpoint.

mod packed;

pub(crate) use packed::PackedLayout;

use super::checkpoint::{RawTensor, WeightReader};
use super::config::Activation;
use burn::module::{Module, Param, ParamId};
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Places a host tensor on `device` as a parameter.
///
/// # Shapes
/// - result: `raw.shape`, which must have rank `D` (the reader has checked it)
pub fn parameter<const D: usize>(raw: RawTensor, device: &Device) -> Param<Tensor<D>> {
    let data = TensorData::new(raw.data, raw.shape);
    Param::initialized(ParamId::new(), Tensor::from_data(data, device))
}

/// Reads a linear layer. Checkpoints hold `[d_out, d_in]`, Burn multiplies by `[d_in, d_out]`.
pub fn read_linear(
    reader: &mut WeightReader,
    name: &str,
    d_in: usize,
    d_out: usize,
    bias: bool,
    device: &Device,
) -> Linear {
    let weight = transpose(&reader.take(&format!("{name}.weight"), &[d_out, d_in]));
    let bias = bias.then(|| parameter(reader.take(&format!("{name}.bias"), &[d_out]), device));
    Linear {
        weight: parameter(weight, device),
        bias,
    }
}

/// Reads a layer normalisation.
pub fn read_norm(reader: &mut WeightReader, name: &str, width: usize, epsilon: f64, device: &Device) -> LayerNorm {
    let mut norm = LayerNormConfig::new(width).with_epsilon(epsilon).init(device);
    norm.gamma = parameter(reader.take(&format!("{name}.weight"), &[width]), device);
    norm.beta = Some(parameter(reader.take(&format!("{name}.bias"), &[width]), device));
    norm
}

/// Swaps the two axes of a tensor seen as a matrix `[shape[0], rest]`: `[rest, shape[0]]`.
pub fn transpose(raw: &RawTensor) -> RawTensor {
    let rows = raw.shape.first().copied().unwrap_or(1).max(1);
    let cols = raw.data.len() / rows;
    let mut data = Vec::with_capacity(raw.data.len());
    for c in 0..cols {
        data.extend((0..rows).map(|r| raw.data[r * cols + c]));
    }
    RawTensor {
        shape: vec![cols, rows],
        data,
    }
}

/// Applies a linear layer to every token as one matrix product. On three axes the weight's gradient would be a product for each
/// picture and a sum over them: several times slower, and as much memory as pictures times the weight.
///
/// # Shapes
/// - x: `[batch, tokens, d_in]`
/// - result: `[batch, tokens, d_out]`
pub fn linear_tokens(linear: &Linear, x: Tensor<3>) -> Tensor<3> {
    let [batch, tokens, d_in] = x.dims();
    let y = linear.forward(x.reshape([batch * tokens, d_in]));
    let d_out = y.dims()[1];
    y.reshape([batch, tokens, d_out])
}

/// L2-normalises the last axis. A zero vector stays zero instead of becoming NaN.
pub fn normalize<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let norm = x.clone().square().sum_dim(D - 1).sqrt().clamp_min(1e-12);
    x / norm
}

/// Self-attention.
#[derive(Module, Debug)]
pub struct SelfAttention {
    k_proj: Linear,
    v_proj: Linear,
    q_proj: Linear,
    out_proj: Linear,
    #[module(skip)]
    heads: usize,
}

impl SelfAttention {
    /// # Shapes
    /// - x: `[batch, tokens, width]`
    /// - result: the same
    fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let split = |t: Tensor<3>| {
            t.reshape([batch, tokens, self.heads, width / self.heads])
                .swap_dims(1, 2)
        };
        let q = split(linear_tokens(&self.q_proj, x.clone()));
        let k = split(linear_tokens(&self.k_proj, x.clone()));
        let v = split(linear_tokens(&self.v_proj, x));
        let options = AttentionModuleOptions {
            is_causal: causal,
            ..Default::default()
        };
        let mixed = burn::tensor::module::attention(q, k, v, None, None, options);
        linear_tokens(&self.out_proj, mixed.swap_dims(1, 2).reshape([batch, tokens, width]))
    }

    /// The value path of MaskCLIP: every token attends to itself alone.
    fn forward_value(&self, x: Tensor<3>) -> Tensor<3> {
        linear_tokens(&self.out_proj, linear_tokens(&self.v_proj, x))
    }
}

/// The two-layer perceptron of a block.
#[derive(Module, Debug)]
pub struct Mlp {
    fc1: Linear,
    fc2: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Mlp {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        // Rows, for the reason of `linear_tokens`.
        self.forward_rows(x.reshape([batch * tokens, width]))
            .reshape([batch, tokens, width])
    }

    /// # Shapes
    /// - x, result: `[rows, width]`
    fn forward_rows(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = self.fc1.forward(x);
        let hidden = match self.activation {
            Activation::QuickGelu => {
                let gate = activation::sigmoid(hidden.clone().mul_scalar(1.702));
                hidden * gate
            }
            Activation::Gelu => activation::gelu(hidden),
            Activation::GeluTanh => activation::gelu_approximate(hidden),
        };
        self.fc2.forward(hidden)
    }
}

/// One pre-norm transformer block.
#[derive(Module, Debug)]
pub struct Block {
    layer_norm1: LayerNorm,
    self_attn: SelfAttention,
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

/// Sizes of a transformer.
#[derive(Clone, Copy, Debug)]
pub struct TransformerShape {
    /// Width of a token, D.
    pub width: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Attention heads; divides `width`.
    pub heads: usize,
    /// Width of the MLP's hidden layer.
    pub mlp: usize,
    /// The MLP's activation.
    pub activation: Activation,
    /// Epsilon of every layer normalisation.
    pub epsilon: f64,
}

impl Block {
    /// Reads the block whose tensors start with `prefix`.
    pub fn read(reader: &mut WeightReader, prefix: &str, shape: &TransformerShape, device: &Device) -> Self {
        let d = shape.width;
        let mut project = |name: &str| read_linear(reader, &format!("{prefix}.self_attn.{name}"), d, d, true, device);
        let (q_proj, k_proj, v_proj, out_proj) = (
            project("q_proj"),
            project("k_proj"),
            project("v_proj"),
            project("out_proj"),
        );
        Self {
            layer_norm1: read_norm(reader, &format!("{prefix}.layer_norm1"), d, shape.epsilon, device),
            self_attn: SelfAttention {
                k_proj,
                v_proj,
                q_proj,
                out_proj,
                heads: shape.heads,
            },
            layer_norm2: read_norm(reader, &format!("{prefix}.layer_norm2"), d, shape.epsilon, device),
            mlp: Mlp {
                fc1: read_linear(reader, &format!("{prefix}.mlp.fc1"), d, shape.mlp, true, device),
                fc2: read_linear(reader, &format!("{prefix}.mlp.fc2"), shape.mlp, d, true, device),
                activation: shape.activation,
            },
        }
    }

    /// # Shapes
    /// - x, result: `[batch, tokens, width]`
    pub fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        let x = x.clone() + self.self_attn.forward(self.layer_norm1.forward(x), causal);
        x.clone() + self.mlp.forward(self.layer_norm2.forward(x))
    }

    /// The block with attention replaced by its value path (METHOD section 2, `value`).
    ///
    /// # Shapes
    /// - x, result: `[batch, tokens, width]`
    pub fn forward_value(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.self_attn.forward_value(self.layer_norm1.forward(x));
        x.clone() + self.mlp.forward(self.layer_norm2.forward(x))
    }
}

/// A stack of blocks.
#[derive(Module, Debug)]
pub struct Encoder {
    layers: Vec<Block>,
}

impl Encoder {
    /// Reads `{prefix}.layers.0 ..`.
    pub fn read(reader: &mut WeightReader, prefix: &str, shape: &TransformerShape, device: &Device) -> Self {
        let layers = (0..shape.layers)
            .map(|i| Block::read(reader, &format!("{prefix}.layers.{i}"), shape, device))
            .collect();
        Self { layers }
    }

    /// Runs every block.
    ///
    /// # Shapes
    /// - x, result: `[batch, tokens, width]`
    pub fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        self.layers.iter().fold(x, |x, block| block.forward(x, causal))
    }

    /// Runs all blocks but the last, and returns the last beside the result (`None` for an empty stack).
    pub fn forward_to_last(&self, x: Tensor<3>) -> (Tensor<3>, Option<&Block>) {
        match self.layers.split_last() {
            Some((last, rest)) => (rest.iter().fold(x, |x, block| block.forward(x, false)), Some(last)),
            None => (x, None),
        }
    }
}
