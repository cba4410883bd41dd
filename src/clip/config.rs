//! The sizes and conventions of a CLIP model or a plain ViT, as the checkpoint states them. Nothing here is guessed.

use serde::{Deserialize, Serialize};

/// CLIP's channel means, for values in 0..1, red first.
pub const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// CLIP's channel deviations, for values in 0..1, red first.
#[expect(clippy::excessive_precision, reason = "as published, to be found by searching")]
pub const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];
/// Mean and deviation of transformers' ViT where the checkpoint brings no preprocessor file.
pub const VIT_MEAN_STD: [f32; 3] = [0.5; 3];
/// Entries of CLIP's byte-pair vocabulary, the two markers included.
pub const CLIP_VOCABULARY: usize = 49_408;
/// `exp(logit_scale)` of a freshly initialised CLIP: what a checkpoint without the parameter gets.
pub const INITIAL_LOGIT_SCALE: f32 = 1.0 / 0.07;

/// The nonlinearity of an MLP. The three differ enough to ruin a model quietly, so it always comes from the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x * sigmoid(1.702 x)`: OpenAI's models.
    QuickGelu,
    /// `x * Phi(x)` with the error function: most open_clip models and every ViT.
    Gelu,
    /// GELU by its tanh approximation.
    GeluTanh,
}

impl Activation {
    /// Reads transformers' `hidden_act`; `None` for a function that no tower here has.
    pub fn from_hidden_act(name: &str) -> Option<Self> {
        match name {
            "quick_gelu" => Some(Self::QuickGelu),
            "gelu" | "gelu_python" => Some(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" | "gelu_python_tanh" => Some(Self::GeluTanh),
            _ => None,
        }
    }
}

/// Which token of a text is its summary.
///
/// For ids made by CLIP's own tokenizer all rules name the same place: EOT has the highest id, and the first EOT comes
/// before any padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EotRule {
    /// The place of the highest id (OpenAI, open_clip, and transformers files that say `eos_token_id: 2`).
    Argmax,
    /// The place of the first EOT (transformers).
    FirstEot,
}

/// Where mean and deviation came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreprocessSource {
    /// A file beside the weights states them.
    Checkpoint,
    /// CLIP's own: no file states others.
    ClipDefault,
    /// 0.5 and 0.5, transformers' values for a ViT without a preprocessor file.
    VitDefault,
}

/// Sizes of the image tower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// Side of a patch in pixels; it divides `image_size` rounded down.
    pub patch: usize,
    /// Width of a token, D.
    pub width: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads; they divide `width`.
    pub heads: usize,
    /// Width of the MLP's hidden layer.
    pub mlp: usize,
    /// Nonlinearity of the MLP.
    pub activation: Activation,
    /// Epsilon of every layer norm.
    pub layer_norm_eps: f64,
    /// Whether a layer norm comes before the first block (`pre_layrnorm`): CLIP has one, a plain ViT does not.
    pub pre_layer_norm: bool,
    /// Whether the patch embedding has a bias: a plain ViT does, CLIP does not.
    pub patch_bias: bool,
}

impl VisionConfig {
    /// Patches along one side of the input.
    pub fn grid(&self) -> usize {
        self.image_size / self.patch
    }

    /// Patches of the input, N; the tower sees N + 1 tokens.
    pub fn patches(&self) -> usize {
        self.grid() * self.grid()
    }
}

/// Sizes of the text tower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextConfig {
    /// Entries of the vocabulary: always [`CLIP_VOCABULARY`].
    pub vocab: usize,
    /// Longest text in tokens, both markers included.
    pub context: usize,
    /// Width of a token.
    pub width: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads; they divide `width`.
    pub heads: usize,
    /// Width of the MLP's hidden layer.
    pub mlp: usize,
    /// Nonlinearity of the MLP.
    pub activation: Activation,
    /// Epsilon of every layer norm.
    pub layer_norm_eps: f64,
    /// Which token is the summary.
    pub eot: EotRule,
}

/// A whole model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The image tower.
    pub vision: VisionConfig,
    /// The text tower; `None` for a plain ViT and for image-only checkpoints.
    pub text: Option<TextConfig>,
    /// Width of the shared embedding, E; 0 where the checkpoint has no projection (a plain ViT).
    pub embed: usize,
    /// Channel means for values in 0..1, red first.
    pub mean: [f32; 3],
    /// Channel deviations for values in 0..1, red first.
    pub std: [f32; 3],
    /// `exp(logit_scale)`; [`INITIAL_LOGIT_SCALE`] where the checkpoint has none.
    pub logit_scale: f32,
    /// Where `mean` and `std` came from.
    pub preprocess_source: PreprocessSource,
}

/// No real checkpoint exceeds these; they keep a damaged file from asking for absurd amounts of memory.
const MAX_SIDE: usize = 8_192;
const MAX_WIDTH: usize = 16_384;
const MAX_LAYERS: usize = 256;
const MAX_MLP: usize = 131_072;
const MAX_CONTEXT: usize = 8_192;

impl ModelConfig {
    /// Checks that the sizes fit together and lie in a sane range.
    ///
    /// # Errors
    /// One sentence on the first size that does not fit.
    pub fn check(&self) -> Result<(), String> {
        let v = &self.vision;
        within("the image size", v.image_size, MAX_SIDE)?;
        within("the patch size", v.patch, v.image_size)?;
        check_tower("image", v.width, v.layers, v.heads, v.mlp, v.layer_norm_eps)?;
        if let Some(t) = &self.text {
            within("the context length", t.context, MAX_CONTEXT)?;
            check_tower("text", t.width, t.layers, t.heads, t.mlp, t.layer_norm_eps)?;
        }
        // A plain ViT embeds nothing.
        if self.text.is_some() || self.embed > 0 {
            within("the embedding width", self.embed, MAX_WIDTH)?;
        }
        if !self.mean.iter().all(|m| m.is_finite()) {
            return Err(format!("the image mean {:?} is not finite", self.mean));
        }
        if !self.std.iter().all(|s| s.is_finite() && *s > 0.0) {
            return Err(format!("the image deviation {:?} is not positive", self.std));
        }
        Ok(())
    }
}

fn check_tower(tower: &str, width: usize, layers: usize, heads: usize, mlp: usize, eps: f64) -> Result<(), String> {
    within(&format!("the {tower} tower's width"), width, MAX_WIDTH)?;
    within(&format!("the {tower} tower's number of layers"), layers, MAX_LAYERS)?;
    within(&format!("the {tower} tower's MLP width"), mlp, MAX_MLP)?;
    if heads == 0 || !width.is_multiple_of(heads) {
        return Err(format!(
            "the {tower} tower's width {width} is no multiple of its {heads} heads"
        ));
    }
    if !(eps > 0.0 && eps < 1.0) {
        return Err(format!("the {tower} tower's layer norm epsilon is {eps}"));
    }
    Ok(())
}

fn within(what: &str, value: usize, most: usize) -> Result<(), String> {
    if value == 0 || value > most {
        return Err(format!("{what} is {value}; it should be between 1 and {most}"));
    }
    Ok(())
}
