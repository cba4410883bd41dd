//! Losses (METHOD sections 5 to 7): distribution-balanced, BCE, ASL; distillation; semantic consistency.

use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

/// Which classification loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossKind {
    /// Distribution-balanced (Wu et al., ECCV 2020).
    Db,
    /// Plain binary cross-entropy.
    Bce,
    /// Asymmetric loss (Ridnik et al., ICCV 2021): gamma_neg 4, gamma_pos 1, clip 0.05.
    Asl,
}

/// Parameters of the distribution-balanced loss; names as in METHOD section 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DbParameters {
    /// Smallest re-balancing weight.
    pub tau: f64,
    /// Slope of the weight.
    pub beta: f64,
    /// Centre of the weight.
    pub mu: f64,
    /// Strength of the class bias.
    pub kappa: f64,
    /// Scale of the negatives.
    pub lambda: f64,
    /// Whether the focal factor is applied.
    pub focal: bool,
}

/// The classification loss with what it needs to know of the training split.
#[derive(Clone, Debug)]
pub struct ClassificationLoss {
    kind: LossKind,
    db: DbParameters,
    /// 1 / n_c per class.
    inverse: Vec<f32>,
    /// nu_c per class.
    bias: Vec<f32>,
}

impl ClassificationLoss {
    /// `positives[c]` is n_c in the training split (taken as at least 1), `images` is N_train.
    pub fn new(kind: LossKind, db: DbParameters, positives: &[usize], images: usize) -> Self {
        let n_train = images.max(1) as f64;
        let count = |n: &usize| (*n).max(1) as f64;
        let inverse = positives.iter().map(|n| (1.0 / count(n)) as f32).collect();
        let bias = positives
            .iter()
            .map(|n| (-(n_train / count(n) - 1.0).max(1.0 / n_train).ln() * db.kappa / db.lambda) as f32)
            .collect();
        Self {
            kind,
            db,
            inverse,
            bias,
        }
    }

    /// The loss of a batch, a scalar as `[1]`.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`
    /// - truth: `[batch * classes]`, 1 positive, 0 negative, -1 unknown (left out of the mean)
    pub fn forward(&self, logits: Tensor<2>, truth: &[i8]) -> Tensor<1> {
        let classes: Vec<usize> = (0..self.inverse.len()).collect();
        self.forward_classes(logits, truth, &classes)
    }

    /// The loss over some of the classes: the mean of their known labels. Those of parts, weighted with their numbers of known labels,
    /// add up to the loss of all.
    ///
    /// # Shapes
    /// - logits: `[batch, some]`, in the order of `classes`
    /// - truth: `[batch * all classes]`, as in [`Self::forward`]: how often a picture is drawn depends on all of its labels
    /// - classes: `[some]`
    pub fn forward_classes(&self, logits: Tensor<2>, truth: &[i8], classes: &[usize]) -> Tensor<1> {
        let [batch, some] = logits.dims();
        let device = logits.device().without_autodiff();
        let place = |values: Vec<f32>| constant(values, [batch, some], &device);
        let columns = Columns {
            all: self.inverse.len(),
            chosen: classes,
        };
        let labels = columns.of(truth);
        let known: Vec<f32> = labels.iter().map(|t| f32::from(u8::from(*t >= 0))).collect();
        let count = known.iter().sum::<f32>().max(1.0);
        let positive: Vec<f32> = labels.iter().map(|t| f32::from(u8::from(*t == 1))).collect();
        let per_label = match self.kind {
            LossKind::Bce => cross_entropy(logits, &positive, &device).0,
            LossKind::Asl => asymmetric(logits, place(positive)),
            LossKind::Db => {
                let lambda = self.db.lambda as f32;
                // Negatives: z' *= lambda and w /= lambda.
                let scale: Vec<f32> = positive.iter().map(|y| if *y > 0.0 { 1.0 } else { lambda }).collect();
                let weight: Vec<f32> = columns
                    .of(&self.rebalancing(truth, columns.all))
                    .iter()
                    .zip(&scale)
                    .map(|(w, s)| w / s)
                    .collect();
                let bias = constant(columns.of(&self.bias), [1, some], &device);
                let (bce, margin) = cross_entropy((logits + bias) * place(scale), &positive, &device);
                let weighted = bce * place(weight);
                if self.db.focal {
                    // pt = exp(-bce) = sigmoid(margin), so 1 - pt = sigmoid(-margin) without cancellation.
                    weighted * activation::sigmoid(margin.neg()).square().mul_scalar(2.0)
                } else {
                    weighted
                }
            }
        };
        (per_label * place(known)).sum().div_scalar(count)
    }

    /// w[b,c] = tau + sigmoid(beta*(r[b,c] - mu)); tau + 1 for a picture without positives. Constant to the gradient.
    fn rebalancing(&self, truth: &[i8], classes: usize) -> Vec<f32> {
        let (tau, beta, mu) = (self.db.tau, self.db.beta, self.db.mu);
        let mut weights = Vec::with_capacity(truth.len());
        for row in truth.chunks_exact(classes.max(1)) {
            let repeat: f64 = row
                .iter()
                .zip(&self.inverse)
                .filter(|(t, _)| **t == 1)
                .map(|(_, inv)| f64::from(*inv))
                .sum();
            for inverse in &self.inverse {
                let w = if repeat > 0.0 {
                    tau + 1.0 / (1.0 + (-beta * (f64::from(*inverse) / repeat - mu)).exp())
                } else {
                    tau + 1.0
                };
                weights.push(w as f32);
            }
        }
        weights
    }
}

/// Some of the columns of matrices with `all` columns.
struct Columns<'a> {
    all: usize,
    chosen: &'a [usize],
}

impl Columns<'_> {
    /// The chosen columns of a row-major matrix, in their order.
    fn of<T: Copy>(&self, matrix: &[T]) -> Vec<T> {
        let rows = matrix.chunks_exact(self.all.max(1));
        rows.flat_map(|row| self.chosen.iter().map(|c| row[*c])).collect()
    }
}

/// Binary cross-entropy per label from logits, and the margin m = z for positives, -z for negatives (bce = -log
/// sigmoid(m), exact for large |z|).
fn cross_entropy(logits: Tensor<2>, positive: &[f32], device: &Device) -> (Tensor<2>, Tensor<2>) {
    let sign: Vec<f32> = positive.iter().map(|y| 2.0 * y - 1.0).collect();
    let margin = logits.clone() * constant(sign, logits.dims(), device);
    (activation::log_sigmoid(margin.clone()).neg(), margin)
}

/// ASL per label, all factors differentiated.
fn asymmetric(logits: Tensor<2>, positive: Tensor<2>) -> Tensor<2> {
    const CLIP: f64 = 0.05;
    let p = activation::sigmoid(logits.clone());
    let q = activation::sigmoid(logits.clone().neg());
    // p_m = max(p - clip, 0); its complement is min(1 - p + clip, 1).
    let shifted = p.sub_scalar(CLIP).clamp_min(0.0);
    let for_negative = shifted.clone().neg().add_scalar(1.0).clamp_min(1e-8).log().neg() * shifted.powi_scalar(4);
    let for_positive = activation::log_sigmoid(logits).neg() * q;
    positive.clone() * for_positive + positive.neg().add_scalar(1.0) * for_negative
}

/// Distance between the student's and the teacher's global features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distillation {
    /// Mean absolute difference.
    L1,
    /// Mean squared difference.
    Mse,
    /// One minus the cosine.
    Cosine,
}

impl Distillation {
    /// L_kd, a scalar as `[1]`.
    ///
    /// # Shapes
    /// - student, teacher: `[batch, embed]`, L2-normalised
    pub fn forward(self, student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
        match self {
            Self::L1 => absolute_difference(student, teacher).mean(),
            Self::Mse => (student - teacher).square().mean(),
            Self::Cosine => (student * teacher).sum_dim(1).mean().neg().add_scalar(1.0),
        }
    }
}

/// L_sc, the semantic consistency of global prompts with CLIP's own: mean over classes and embedding of |tG - t0|.
///
/// # Shapes
/// - prompts, fixed: `[classes, embed]`, L2-normalised
pub fn semantic_consistency(prompts: Tensor<2>, fixed: Tensor<2>) -> Tensor<1> {
    absolute_difference(prompts, fixed).mean()
}

/// |a - b| where a difference under 1e-6 counts as zero, so that rounding noise gives no gradient.
fn absolute_difference(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let difference = a - b;
    let noise = difference.clone().detach().abs().lower_scalar(1e-6);
    difference.abs().mask_fill(noise, 0.0)
}

fn constant<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
