//! What the starter model learns from: captions against pictures, words against pictures, words against patches.

use super::model::{StarterModel, Views};
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Which word each patch shows, and which words each picture shows.
pub struct Targets {
    /// `[batch * patches]`: index of the word, or `words` for the background.
    pub patches: Vec<usize>,
    /// `[batch * words]`: 1 where the word is in the picture.
    pub words: Vec<f32>,
}

/// Weight of the penalty on the squared mean text embedding: without it the text tower collapses to one vector.
const SPREAD: f64 = 0.5;

/// Weight of the image-text contrast over a batch.
const CONTRAST: f64 = 0.5;

/// Weight of the words of a whole picture.
const WORDS: f64 = 0.3;

/// Weight of each of the two patch views.
const PATCHES: f64 = 0.7;

/// The terms of the loss, each `[1]`.
pub struct Terms {
    /// Captions against pictures: symmetric InfoNCE (Radford et al., 2021).
    pub contrast: Tensor<1>,
    /// Words against pictures: sigmoid loss (Zhai et al., 2023).
    pub words: Tensor<1>,
    /// Words against patches: softmax over all words and the background, mean of both patch views.
    pub patches: Tensor<1>,
    /// Squared mean text embedding.
    pub spread: Tensor<1>,
}

impl Terms {
    pub fn total(&self) -> Tensor<1> {
        self.contrast.clone().mul_scalar(CONTRAST)
            + self.words.clone().mul_scalar(WORDS)
            + self.patches.clone().mul_scalar(2.0 * PATCHES)
            + self.spread.clone().mul_scalar(SPREAD)
    }
}

/// The loss of a batch.
///
/// # Shapes
/// - captions: `[batch, embed]`, the texts of the pictures in order
/// - words: `[words, embed]`
pub fn terms(model: &StarterModel, views: &Views, captions: &Tensor<2>, words: &Tensor<2>, targets: &Targets) -> Terms {
    let device = captions.device();
    let [batch, embed] = captions.dims();
    let [count, _] = words.dims();
    let [word_scale, word_offset, patch_scale, background] = model.scales();

    let scale = word_scale.clone().exp().unsqueeze::<2>();
    let similarity = views.cls.clone().matmul(captions.clone().transpose()) * scale.clone();
    let eye = Tensor::<2>::eye(batch, &device);
    let log_p = activation::log_softmax(similarity.clone(), 1) + activation::log_softmax(similarity, 0);
    let contrast = (log_p * eye).sum().mul_scalar(-0.5 / batch as f64);

    let logits = views.cls.clone().matmul(words.clone().transpose()) * scale + word_offset.unsqueeze::<2>();
    let truth = Tensor::<2>::from_data(TensorData::new(targets.words.clone(), [batch, count]), &device);
    // -log sigmoid(z) for words that are there, -log sigmoid(-z) for the others, summed over words as in SigLIP.
    let sign = truth.mul_scalar(2.0).sub_scalar(1.0);
    let word_loss = activation::log_sigmoid(logits * sign)
        .sum()
        .mul_scalar(-1.0 / batch as f64);

    let target = one_hot(&targets.patches, count + 1, &device);
    let patch_loss = |features: &Tensor<3>| {
        let [batch, patches, _] = features.dims();
        let rows = batch * patches;
        let features = features.clone().reshape([rows, embed]);
        let logits = features.matmul(words.clone().transpose()) * patch_scale.clone().exp().unsqueeze::<2>();
        let ground = background.clone().unsqueeze::<2>().expand([rows, 1]);
        let log_p = activation::log_softmax(Tensor::cat(vec![logits, ground], 1), 1);
        (log_p * target.clone()).sum()
    };
    // Background and objects weigh the same, whatever their shares of the patches.
    let patches = patch_loss(&views.token) + patch_loss(&views.value);
    let weight: f32 = weights(&targets.patches, count).iter().sum();
    let mean = words.clone().mean_dim(0);
    Terms {
        contrast,
        words: word_loss,
        patches: patches.mul_scalar(-0.5 / f64::from(weight.max(1.0))),
        spread: (mean.square()).sum(),
    }
}

/// 1 for a patch of an object; for the background as much as all objects together, shared among its patches.
fn weights(patches: &[usize], background: usize) -> Vec<f32> {
    let objects = patches.iter().filter(|p| **p != background).count().max(1);
    let ground = (patches.len() - objects.min(patches.len())).max(1);
    let share = (objects as f32 / ground as f32).min(1.0);
    patches
        .iter()
        .map(|p| if *p == background { share } else { 1.0 })
        .collect()
}

/// Rows of the targets, weighted: `[patches, classes]`.
fn one_hot(patches: &[usize], classes: usize, device: &Device) -> Tensor<2> {
    let mut data = vec![0.0f32; patches.len() * classes];
    for (i, (class, weight)) in patches.iter().zip(weights(patches, classes - 1)).enumerate() {
        data[i * classes + class] = weight;
    }
    Tensor::from_data(TensorData::new(data, [patches.len(), classes]), device)
}
