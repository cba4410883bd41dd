//! The dual-view score (METHOD section 4).

use super::evidence;
use crate::compute::ComputeError;
use burn::tensor::{Tensor, TensorData};

/// Scores of a batch; all are cosines, before scale and offset.
#[derive(Clone)]
pub struct Scores {
    /// sG, `[batch, classes]`.
    pub global: Tensor<2>,
    /// sL, `[batch, classes]`.
    pub local: Tensor<2>,
    /// s = alpha*sG + (1-alpha)*sL, `[batch, classes]`.
    pub fused: Tensor<2>,
    /// sim, each patch with each class, `[batch, patches, classes]`.
    pub similarity: Tensor<3>,
}

/// How the two views are pooled and fused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// Weight of the global view, in [0, 1].
    pub alpha: f64,
    /// Patches pooled per class, K.
    pub top_k: usize,
}

/// Computes both views and their fusion.
///
/// # Shapes
/// - cls: `[batch, embed]`, patches: `[batch, patches, embed]`; both L2-normalised
/// - text_global, text_local: `[classes, embed]`; both L2-normalised
/// - padding: `[batch * patches]`, true for a patch that must not enter the top K
///
/// # Errors
/// [`ComputeError::Execution`] where the device fails; the choice of the top K waits for it.
pub fn dual_view(
    cls: Tensor<2>,
    patches: Tensor<3>,
    text_global: Tensor<2>,
    text_local: Tensor<2>,
    fusion: Fusion,
    padding: Option<&[bool]>,
) -> Result<Scores, ComputeError> {
    let [batch, count, embed] = patches.dims();
    let classes = text_local.dims()[0];
    let global = cls.matmul(text_global.transpose());
    let similarity = patches
        .reshape([batch * count, embed])
        .matmul(text_local.transpose())
        .reshape([batch, count, classes]);
    // The choice is made on the host (ties must go to the lower patch index, which no device sort promises) and is a
    // constant to differentiation, as for a maximum.
    let host = host_values(similarity.clone().detach())?;
    let weights = evidence::pooling_weights(&host, [batch, count, classes], fusion.top_k, padding);
    let device = similarity.device().without_autodiff();
    let weights = Tensor::<3>::from_data(TensorData::new(weights, [batch, count, classes]), &device);
    let local = (similarity.clone() * weights).sum_dim(1).reshape([batch, classes]);
    let fused = global.clone().mul_scalar(fusion.alpha) + local.clone().mul_scalar(1.0 - fusion.alpha);
    Ok(Scores {
        global,
        local,
        fused,
        similarity,
    })
}

/// Reads a tensor back to the host as f32.
///
/// # Errors
/// [`ComputeError::Execution`] where the device fails.
pub fn host_values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ComputeError> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|e| ComputeError::Execution(e.to_string()))
}
