//! The text tower: causal, pooled at the end-of-text token, run only up to the longest prompt.

use super::checkpoint::WeightReader;
use super::config::TextConfig;
use super::layers::{Encoder, PackedLayout, TransformerShape, normalize, parameter, read_linear, read_norm};
use super::tokenizer::{SOT, Tokenizer};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, TensorData};

/// The prompt that names no label: its score is the zero of an untrained CLIP's probabilities.
pub const NEUTRAL_PROMPT: &str = "a photo.";

/// The layers of the text tower without its token table: what computes, and what the starter model's training trains.
#[derive(Module, Debug)]
pub struct TextLayers {
    position_embedding: Param<Tensor<2>>,
    encoder: Encoder,
    final_layer_norm: LayerNorm,
    text_projection: Linear,
}

impl TextLayers {
    /// Reads everything of `text_model.*` but the token table, and `text_projection`. Problems are noted in `reader`.
    pub fn read(reader: &mut WeightReader, config: &TextConfig, embed: usize, device: &Device) -> Self {
        let d = config.width;
        let shape = TransformerShape {
            width: d,
            layers: config.layers,
            heads: config.heads,
            mlp: config.mlp,
            activation: config.activation,
            epsilon: config.layer_norm_eps,
        };
        let position = reader.take("text_model.embeddings.position_embedding.weight", &[config.context, d]);
        Self {
            position_embedding: parameter(position, device),
            encoder: Encoder::read(reader, "text_model.encoder", &shape, device),
            final_layer_norm: read_norm(reader, "text_model.final_layer_norm", d, config.layer_norm_eps, device),
            text_projection: read_linear(reader, "text_projection", d, embed, false, device),
        }
    }

    /// See [`TextTower::forward`].
    pub fn forward(&self, tokens: Tensor<3>, end: &[usize]) -> Tensor<2> {
        let [prompts, length, width] = tokens.dims();
        let device = tokens.device();
        let position = self
            .position_embedding
            .val()
            .slice([0..length, 0..width])
            .unsqueeze::<3>();
        let x = self.encoder.forward(tokens + position, true);
        // Pooling as a product with a one-hot row: its backward pass needs no scatter, which is exact on every GPU.
        let mut pick = vec![0.0f32; prompts * length];
        for (p, e) in end.iter().enumerate() {
            pick[p * length + e] = 1.0;
        }
        let pick = Tensor::<3>::from_data(TensorData::new(pick, [prompts, length, 1]), &device);
        self.embedded((x * pick).sum_dim(1).reshape([prompts, width]))
    }

    /// # Shapes
    /// - pooled: `[prompts, width]`, each prompt's end of text
    /// - result: `[prompts, embed]`, L2-normalised
    fn embedded(&self, pooled: Tensor<2>) -> Tensor<2> {
        normalize(self.text_projection.forward(self.final_layer_norm.forward(pooled)))
    }
}

/// Prompts that begin alike within a view, ready for [`TextTower::forward_packed`].
pub struct PackedPrompts {
    layout: PackedLayout,
    /// Start of text with its position, `[1, width]`.
    start: Tensor<2>,
    /// Positions of the tokens that the prompts of a view share, without the start's, `[shared, width]`.
    shared: Tensor<2>,
    /// The prompts' own tokens with their positions, as [`PackedLayout`] orders them, `[rows, width]`.
    own: Tensor<2>,
}

/// CLIP's text tower. Frozen in every use, so it holds no trainable parameter.
pub struct TextTower {
    tower: TextLayers,
    /// `[vocabulary, width]`, kept on the host: a lookup needs a few rows of a table that is most of the model.
    table: Vec<f32>,
    width: usize,
    context: usize,
    device: Device,
}

/// Prompts as embedded tokens, trimmed to the longest one.
pub struct EmbeddedPrompts {
    /// `[prompts, tokens, width]`, without positions, zero after each prompt's end.
    pub tokens: Tensor<3>,
    /// Index of the end-of-text token of each prompt.
    pub end: Vec<usize>,
}

impl TextTower {
    /// Reads `text_model.*` and `text_projection`. Problems are noted in `reader`.
    pub fn read(reader: &mut WeightReader, config: &TextConfig, embed: usize, device: &Device) -> Self {
        let d = config.width;
        let table = reader
            .take("text_model.embeddings.token_embedding.weight", &[config.vocab, d])
            .data;
        let tower = TextLayers::read(reader, config, embed, device);
        Self {
            tower,
            table,
            width: d,
            context: config.context,
            device: device.clone(),
        }
    }

    /// Width of a token, D_text.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Where it computes, without differentiation.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Longest prompt in tokens, start and end included.
    pub fn context(&self) -> usize {
        self.context
    }

    /// The embedding rows of token ids, flattened: `[ids.len() * width]`.
    pub fn lookup(&self, ids: &[u32]) -> Vec<f32> {
        let rows = self.table.len() / self.width;
        let row = |id: u32| {
            let id = (id as usize).min(rows - 1);
            &self.table[id * self.width..(id + 1) * self.width]
        };
        ids.iter().flat_map(|id| row(*id)).copied().collect()
    }

    /// Embeds token sequences (each `[SOT, .., EOT]`), padded with zeros to the longest.
    pub fn embed(&self, prompts: &[Vec<u32>]) -> EmbeddedPrompts {
        let longest = prompts.iter().map(Vec::len).max().unwrap_or(1);
        let mut data = vec![0.0; prompts.len() * longest * self.width];
        for (prompt, row) in prompts.iter().zip(data.chunks_exact_mut((longest * self.width).max(1))) {
            let values = self.lookup(prompt);
            row[..values.len()].copy_from_slice(&values);
        }
        let tokens = TensorData::new(data, [prompts.len(), longest, self.width]);
        EmbeddedPrompts {
            tokens: Tensor::from_data(tokens, &self.device),
            end: prompts.iter().map(|p| p.len().saturating_sub(1)).collect(),
        }
    }

    /// Runs the tower on embedded prompts.
    ///
    /// # Shapes
    /// - tokens: `[prompts, tokens, width]` with `tokens <= context`; may carry gradients (learned context)
    /// - end: index of each prompt's end-of-text token
    /// - result: `[prompts, embed]`, L2-normalised
    pub fn forward(&self, tokens: Tensor<3>, end: &[usize]) -> Tensor<2> {
        self.tower.forward(tokens, end)
    }

    /// Prepares prompts that share everything between start of text and their own tokens.
    ///
    /// # Shapes
    /// - views: how many kinds of shared tokens there are; every prompt comes in each
    /// - shared: tokens between start of text and each prompt's own
    /// - groups: own token ids of each prompt, up to its end of text; neither a group nor a prompt may be empty. Within a group prompts
    ///   are padded to the longest, so one of equally long prompts computes nothing that is not needed
    pub fn pack(&self, views: usize, shared: usize, groups: &[Vec<Vec<u32>>]) -> PackedPrompts {
        let width = self.width;
        let position = |from: usize, count: usize| {
            let all = self.tower.position_embedding.val();
            all.slice([from..from + count, 0..width])
        };
        let start = self.embed(&[vec![SOT]]).tokens.reshape([1, width]) + position(0, 1);
        let (mut own, mut ends) = (Vec::new(), Vec::new());
        for prompts in groups {
            let EmbeddedPrompts { tokens, end } = self.embed(prompts);
            let [count, length, _] = tokens.dims();
            let placed = tokens + position(shared + 1, length).unsqueeze::<3>();
            own.extend(std::iter::repeat_n(placed.reshape([count * length, width]), views));
            ends.push(end);
        }
        PackedPrompts {
            layout: PackedLayout::new(views, shared + 1, &ends, &self.device),
            start,
            shared: position(1, shared),
            own: Tensor::cat(own, 0),
        }
    }

    /// Runs the tower on packed prompts: what they share once for each view, then their own tokens alone. The same as
    /// [`Self::forward`] on each whole prompt, up to rounding, and several times cheaper.
    ///
    /// # Shapes
    /// - shared: of each view the tokens after start of text, `[shared, width]`; may carry gradients (learned context)
    /// - result: `[views, prompts, embed]`, L2-normalised, prompts in the order of the groups
    pub fn forward_packed(&self, shared: Vec<Tensor<2>>, prompts: &PackedPrompts) -> Tensor<3> {
        let mut rows = Vec::with_capacity(2 * shared.len() + 1);
        for tokens in shared {
            rows.push(prompts.start.clone());
            rows.push(tokens + prompts.shared.clone());
        }
        rows.push(prompts.own.clone());
        let tower = &self.tower;
        let ends = tower.encoder.forward_packed(Tensor::cat(rows, 0), &prompts.layout);
        prompts.layout.by_view(&tower.embedded(ends))
    }

    /// The fixed text embeddings t0 of labels: each template filled in, encoded, averaged, normalised again.
    ///
    /// # Shapes
    /// - result: `[labels, embed]`
    pub fn encode_labels(&self, tokenizer: &Tokenizer, templates: &[String], labels: &[String]) -> Tensor<2> {
        let mut sum: Option<Tensor<2>> = None;
        for template in templates {
            let encoded = self.encode_texts(
                tokenizer,
                &labels
                    .iter()
                    .map(|label| super::tokenizer::prompt(template, label))
                    .collect::<Vec<_>>(),
            );
            sum = Some(match sum {
                Some(sum) => sum + encoded,
                None => encoded,
            });
        }
        let sum = sum.unwrap_or_else(|| Tensor::zeros([labels.len(), 1], &self.device));
        if templates.len() == 1 { sum } else { normalize(sum) }
    }

    /// Encodes whole sentences, in pieces so that thousands of labels stay within memory.
    ///
    /// # Shapes
    /// - result: `[texts, embed]`, L2-normalised
    pub fn encode_texts(&self, tokenizer: &Tokenizer, texts: &[String]) -> Tensor<2> {
        const PIECE: usize = 128;
        let parts = texts
            .chunks(PIECE)
            .map(|piece| {
                let ids: Vec<Vec<u32>> = piece.iter().map(|text| tokenizer.encode(text, self.context)).collect();
                let embedded = self.embed(&ids);
                self.forward(embedded.tokens, &embedded.end)
            })
            .collect::<Vec<_>>();
        Tensor::cat(parts, 0)
    }
}
