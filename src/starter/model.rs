//! The starter model while it trains: an image tower, a text tower whose token table is cut down to the words that occur,
//! and the scales of its losses.

use crate::clip::checkpoint::{RawTensor, Weights};
use crate::clip::config::{
    Activation, CLIP_VOCABULARY, EotRule, ModelConfig, PreprocessSource, TextConfig, VisionConfig,
};
use crate::clip::export;
use crate::clip::layers::{linear_tokens, normalize, parameter, read_linear};
use crate::clip::random;
use crate::clip::text::TextLayers;
use crate::clip::tokenizer::Tokenizer;
use crate::clip::vision::VisionTower;
use crate::compute::ComputeError;
use crate::train::params;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// Scale of the exported model's logits, as CLIP's own training ends with.
const LOGIT_SCALE: f32 = 30.0;

/// Sizes of the starter model: 12 x 12 patches of 8 px, 0.85 million parameters in the image tower; most of the file is the
/// token table of CLIP's vocabulary.
pub fn config() -> (ModelConfig, TextConfig) {
    let text = TextConfig {
        vocab: CLIP_VOCABULARY,
        context: 77,
        width: 64,
        layers: 2,
        heads: 2,
        mlp: 256,
        activation: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
        eot: EotRule::FirstEot,
    };
    let vision = VisionConfig {
        image_size: 96,
        patch: 8,
        width: 128,
        layers: 4,
        heads: 2,
        mlp: 512,
        activation: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
        pre_layer_norm: true,
        patch_bias: false,
    };
    let config = ModelConfig {
        vision,
        text: Some(text.clone()),
        embed: 96,
        mean: [0.75; 3],
        std: [0.25; 3],
        logit_scale: LOGIT_SCALE,
        preprocess_source: PreprocessSource::Checkpoint,
    };
    (config, text)
}

/// L2-normalised features of a batch of scenes.
pub struct Views {
    /// The whole picture, `[batch, embed]`.
    pub cls: Tensor<2>,
    /// The last block's patches, `[batch, patches, embed]`.
    pub token: Tensor<3>,
    /// The value path's patches, `[batch, patches, embed]`.
    pub value: Tensor<3>,
}

/// Everything that is trained.
#[derive(Module, Debug)]
pub struct StarterModel {
    vision: VisionTower,
    projection: Linear,
    text: TextLayers,
    /// Rows of the token table that occur, `[words, text width]`.
    words: Param<Tensor<2>>,
    /// Log of the scale and the offset of the word logits of a picture, then of a patch, then the background's logit.
    scales: Param<Tensor<1>>,
}

impl StarterModel {
    /// Draws the model; `table` says which tokens occur.
    ///
    /// # Errors
    /// In words, where the drawn weights do not fit (a bug).
    pub fn new(table: &WordTable, seed: u64, device: &Device) -> Result<Self, String> {
        let (config, text) = config();
        let weights = random::clip(&config, &text, seed);
        let words = table.rows(&weights, text.width);
        let mut reader = weights.into_reader();
        let model = Self {
            vision: VisionTower::read(&mut reader, &config.vision, config.vision.image_size, device),
            projection: read_linear(
                &mut reader,
                "visual_projection",
                config.vision.width,
                config.embed,
                false,
                device,
            ),
            text: TextLayers::read(&mut reader, &text, config.embed, device),
            words: parameter(words, device),
            // Scale 10; a word is in a picture about once in a hundred times; the background wins at first.
            scales: parameter(
                RawTensor {
                    shape: vec![4],
                    data: vec![10f32.ln(), -4.0, 10f32.ln(), 3.0],
                },
                device,
            ),
        };
        reader.skip("text_model.embeddings.token_embedding");
        reader.finish().map_err(|e| e.to_string())?;
        Ok(model)
    }

    /// # Shapes
    /// - pixels: `[batch, 3, 96, 96]`
    pub fn image(&self, pixels: Tensor<4>) -> Views {
        let (tokens, value) = self.vision.forward_both(pixels);
        Views {
            cls: normalize(self.projection.forward(tokens.cls)),
            token: normalize(linear_tokens(&self.projection, tokens.patches)),
            value: normalize(linear_tokens(&self.projection, value)),
        }
    }

    /// Text embeddings.
    ///
    /// # Shapes
    /// - result: `[texts, embed]`
    pub fn texts(&self, table: &WordTable, texts: &[Vec<u32>]) -> Tensor<2> {
        let device = self.words.val().device();
        let longest = texts.iter().map(Vec::len).max().unwrap_or(1);
        let rows = table.len();
        // A product with one-hot rows: its backward pass is a product too.
        let mut pick = vec![0.0f32; texts.len() * longest * rows];
        for (t, ids) in texts.iter().enumerate() {
            for (i, id) in ids.iter().enumerate() {
                pick[(t * longest + i) * rows + table.row(*id)] = 1.0;
            }
        }
        let pick = Tensor::<2>::from_data(TensorData::new(pick, [texts.len() * longest, rows]), &device);
        let width = self.words.val().dims()[1];
        let tokens = pick.matmul(self.words.val()).reshape([texts.len(), longest, width]);
        let end: Vec<usize> = texts.iter().map(|t| t.len().saturating_sub(1)).collect();
        self.text.forward(tokens, &end)
    }

    /// Log-scale and offset of the pictures' word logits, the patches' log-scale, the background's logit; each `[1]`.
    pub fn scales(&self) -> [Tensor<1>; 4] {
        let s = self.scales.val();
        [
            s.clone().narrow(0, 0, 1),
            s.clone().narrow(0, 1, 1),
            s.clone().narrow(0, 2, 1),
            s.narrow(0, 3, 1),
        ]
    }

    /// Writes the model in Hugging Face's layout.
    ///
    /// # Errors
    /// Where the device fails or a file cannot be written.
    pub fn export(&self, table: &WordTable, seed: u64, folder: &Path) -> Result<(), ExportError> {
        let (config, text) = config();
        let parameters = params::collect(self)?;
        let patch = config.vision.patch;
        let mut tensors: BTreeMap<String, RawTensor> =
            export::canonical(&parameters, "vision.", "vision_model.", patch);
        tensors.extend(export::canonical(
            &parameters,
            "projection.",
            "visual_projection.",
            patch,
        ));
        tensors.extend(export::canonical(
            &parameters,
            "text.text_projection.",
            "text_projection.",
            patch,
        ));
        let rest: BTreeMap<String, RawTensor> = parameters
            .iter()
            .filter(|(name, _)| !name.starts_with("text.text_projection"))
            .map(|(n, t)| {
                (
                    n.replace("text.position_embedding", "text.embeddings.position_embedding"),
                    t.clone(),
                )
            })
            .collect();
        tensors.extend(export::canonical(&rest, "text.", "text_model.", patch));
        // Words that never occurred stay as they were drawn: apart from each other, and meaningless.
        let drawn = random::clip(&config, &text, seed);
        let name = "text_model.embeddings.token_embedding.weight";
        let mut whole = drawn
            .get(name)
            .cloned()
            .unwrap_or_else(|| RawTensor::zeros(&[text.vocab, text.width]));
        if let Some(words) = parameters.get("words") {
            table.put_back(&words.data, &mut whole.data, text.width);
        }
        tensors.insert(name.to_owned(), whole);
        tensors.insert(
            "logit_scale".to_owned(),
            RawTensor {
                shape: Vec::new(),
                data: vec![config.logit_scale.ln()],
            },
        );
        export::hugging_face(folder, &config, &text, &Weights::new(folder, tensors))?;
        Ok(())
    }
}

/// The model cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Compute(#[from] ComputeError),
    #[error("the model cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The token ids that occur in any text of the training, rising: row i of the trained table is the i-th of them.
pub struct WordTable {
    ids: Vec<u32>,
    /// Whether the token is part of a name.
    is_name: Vec<bool>,
}

/// Scale of the drawn embedding of a token that names something.
const NAME_SCALE: f32 = 3.0;

/// Scale of every other token's.
const FRAME_SCALE: f32 = 0.1;

impl WordTable {
    /// The tokens of `texts`, some of which are those of `names`.
    pub fn new<'a>(tokenizer: &Tokenizer, texts: impl Iterator<Item = &'a str>, names: &[&str]) -> Self {
        let mut ids: Vec<u32> = texts.flat_map(|text| tokenizer.encode(text, 77)).collect();
        ids.sort_unstable();
        ids.dedup();
        let named: HashSet<u32> = names.iter().flat_map(|name| tokenizer.encode_words(name)).collect();
        let is_name = ids.iter().map(|id| named.contains(id)).collect();
        Self { ids, is_name }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The row of a token; the first for one that was never announced.
    fn row(&self, id: u32) -> usize {
        self.ids.binary_search(&id).unwrap_or(0)
    }

    fn rows(&self, weights: &Weights, width: usize) -> RawTensor {
        let whole = weights.get("text_model.embeddings.token_embedding.weight");
        let data = self.ids.iter().flat_map(|id| {
            let start = *id as usize * width;
            whole.map_or(&[][..], |t| &t.data[start..start + width]).iter().copied()
        });
        let mut data: Vec<f32> = data.collect();
        // Words of names begin far apart and loud, the words around them quiet: at the end of a text, where the tower looks, all
        // prompts would otherwise be nearly the same vector, and pictures could not begin to tell them apart.
        for (row, is_name) in data.chunks_exact_mut(width).zip(&self.is_name) {
            let scale = if *is_name { NAME_SCALE } else { FRAME_SCALE };
            row.iter_mut().for_each(|v| *v *= scale);
        }
        RawTensor {
            shape: vec![self.ids.len(), width],
            data,
        }
    }

    fn put_back(&self, rows: &[f32], whole: &mut [f32], width: usize) {
        for (id, row) in self.ids.iter().zip(rows.chunks_exact(width)) {
            whole[*id as usize * width..(*id as usize + 1) * width].copy_from_slice(row);
        }
    }
}
